import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hidUsage,
  parseHidReportDescriptor,
  readHidBits,
  writeHidBits,
} from '../../src/hardware/drivers/hid-report-descriptor';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));

/** The boot keyboard of HID 1.11, appendix B.1: no report ids, ranges of usages, bits, constants, an output report. */
const KEYBOARD = bytes(`05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 01
  95 05 75 01 05 08 19 01 29 05 91 02 95 01 75 03 91 01 95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00 c0`);

/** Two reports under ids, a usage that names its own page, push and pop, a long item in between. */
const MIXED = bytes(`05 8c 09 02 a1 01 85 02 75 08 95 01 0b 3b 00 01 00 81 02 95 03 09 fb 81 02 95 38 09 fe 82 02 01
  fe 02 f0 aa bb a4 85 04 75 01 95 08 09 5e 09 5f 09 60 19 80 29 84 91 02 b4 75 01 95 01 09 ff 81 02 75 07 81 03
  85 fe 75 08 95 01 09 01 b1 02 c0`);

describe('HID report descriptor', () => {
  test('places usages of a device without report ids', () => {
    const keyboard = parseHidReportDescriptor(KEYBOARD);
    expect(keyboard?.applications).toEqual([hidUsage(1, 6)]);
    const control = keyboard?.find('input', hidUsage(7, 0xe2));
    expect(control).toEqual({ kind: 'input', reportId: 0, bitOffset: 2, bitSize: 1, count: 1 });
    expect(keyboard?.find('input', hidUsage(7, 0x04))).toMatchObject({ bitOffset: 16 + 4 * 8, bitSize: 8 });
    expect(keyboard?.find('output', hidUsage(8, 5))).toMatchObject({ bitOffset: 4, bitSize: 1, count: 1 });
    expect(keyboard?.find('output', hidUsage(8, 6))).toBeNull();
    expect([keyboard?.reportLength('input', 0), keyboard?.reportLength('output', 0)]).toEqual([8, 1]);
    expect(keyboard?.reportLength('feature', 0)).toBe(0);
  });

  test('places usages behind report ids, the last usage holding for the values that are left', () => {
    const mixed = parseHidReportDescriptor(MIXED);
    expect(mixed?.applications).toEqual([hidUsage(0x8c, 2)]);
    expect(mixed?.find('input', hidUsage(1, 0x3b))).toMatchObject({ reportId: 2, bitOffset: 8, bitSize: 8, count: 1 });
    expect(mixed?.find('input', hidUsage(0x8c, 0xfb))).toMatchObject({ bitOffset: 16, count: 3 });
    expect(mixed?.find('input', hidUsage(0x8c, 0xfe))).toMatchObject({ bitOffset: 40, bitSize: 8, count: 56 });
    expect(mixed?.find('input', hidUsage(0x8c, 0xff))).toMatchObject({ reportId: 2, bitOffset: 488, bitSize: 1 });
    expect(mixed?.find('input', hidUsage(0x8c, 0xff), 4)).toBeNull();
    expect(mixed?.find('output', hidUsage(0x8c, 0x83))).toMatchObject({ reportId: 4, bitOffset: 8 + 6 });
    expect(mixed?.find('feature', hidUsage(0x8c, 1))).toMatchObject({ reportId: 0xfe, bitOffset: 8 });
    expect([mixed?.reportLength('input', 2), mixed?.reportLength('output', 4)]).toEqual([62, 2]);
  });

  test.each([
    ['nothing', ''],
    ['an item cut short', '05 8c 09 02 a1 01 26 ff'],
    ['a collection left open', '05 8c 09 02 a1 01'],
    ['an end without a collection', 'c0'],
    ['a pop without a push', '05 8c 09 02 a1 01 b4 c0'],
    ['a report larger than any device has', '05 8c 09 02 a1 01 77 ff ff ff ff 97 ff ff ff ff 09 fe 81 02 c0'],
  ])('%s is no descriptor', (_, hex) => {
    expect(parseHidReportDescriptor(bytes(hex))).toBeNull();
  });

  test('never throws, whatever the bytes, and places nothing outside its report', () => {
    const item = fc.oneof(
      fc.constantFrom(...['05 8c', '09 fe', '85 02', '75 08', '95 38', '81 02', 'a1 01', 'c0', '19 00 29 ff', '91 02']),
      fc.uint8Array({ minLength: 1, maxLength: 5 }).map((random) => Buffer.from(random).toString('hex')),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), (items) => {
        const parsed = parseHidReportDescriptor(bytes(`0902a101${items.join('')}c0`));
        for (const kind of ['input', 'output', 'feature'] as const) {
          const field = parsed?.find(kind, hidUsage(0x8c, 0xfe));
          if (!parsed || !field) continue;
          const end = field.bitOffset + field.count * field.bitSize;
          expect(end).toBeLessThanOrEqual(parsed.reportLength(kind, field.reportId) * 8);
        }
      }),
    );
  });

  test('reads back the bits it wrote and touches no other', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.integer({ min: 0, max: 31 }),
        fc.integer({ min: 1, max: 32 }),
        fc.nat(),
        (before, offset, size, value) => {
          const report = Uint8Array.from(before);
          const wanted = value % 2 ** size;
          writeHidBits(report, offset, size, wanted);
          expect(readHidBits(report, offset, size)).toBe(wanted);
          writeHidBits(report, offset, size, readHidBits(before, offset, size));
          expect(report).toEqual(Uint8Array.from(before));
        },
      ),
    );
  });
});
