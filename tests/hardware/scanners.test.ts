import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHidPosScanner, type HidPosScannerOptions } from '../../src/hardware/drivers/hid-pos-scanner';
import { createOemScanner } from '../../src/hardware/drivers/oem-scanner';
import { createSerialScanner, type SerialScannerOptions } from '../../src/hardware/drivers/serial-scanner';
import type { Scan, ScanFault, ScannerPort } from '../../src/hardware/ports';
import {
  createVirtualHidPosScanner,
  createVirtualOemScanner,
  createVirtualSerialScanner,
  HID_POS_DESCRIPTOR,
  type VirtualScanner,
} from '../../src/hardware/virtual/scanner-device';
import { createVirtualWire, type VirtualWire } from '../../src/hardware/virtual/virtual-wire';
import { manualBench } from '../helpers/manual-bench';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { EAN, LONG_GS1, scannerConformance } from './scanner-conformance';

interface Options {
  readonly clock: ManualClock;
  readonly wire: VirtualWire;
}
type Driver = (options: Options) => ScannerPort;

const hidPos =
  (more: Partial<HidPosScannerOptions> = {}): Driver =>
  ({ clock, wire }) =>
    createHidPosScanner({ deviceId: 'scanner', transport: wire.transport, clock, ...more });
const oem: Driver = ({ clock, wire }) => createOemScanner({ deviceId: 'scanner', transport: wire.transport, clock });
const serial =
  (more: Partial<SerialScannerOptions> = {}): Driver =>
  ({ clock, wire }) =>
    createSerialScanner({ deviceId: 'scanner', transport: wire.transport, clock, ...more });

const settings: readonly [string, (clock: ManualClock) => VirtualScanner, Driver, boolean][] = [
  ['HID POS by its descriptor', (clock) => createVirtualHidPosScanner({ clock, suffix: '\r\n' }), hidPos(), true],
  ['HID POS by the table', (clock) => createVirtualHidPosScanner({ clock, describes: false }), hidPos(), true],
  ['IBM mode, hand-held', (clock) => createVirtualOemScanner({ clock, suffix: '\r' }), oem, true],
  ['IBM mode, table-top', (clock) => createVirtualOemScanner({ clock, model: 'table-top' }), oem, true],
  ['serial with identifiers', (clock) => createVirtualSerialScanner({ clock }), serial(), true],
  [
    'serial without identifiers',
    (clock) => createVirtualSerialScanner({ clock, sendsIdentifier: false, suffix: '\r\n' }),
    serial(),
    false,
  ],
];

for (const [name, device, driver, tellsSymbology] of settings) {
  scannerConformance(
    name,
    () => {
      const clock = manualClock();
      const scanner = device(clock);
      const port = driver({ clock, wire: scanner.wire });
      return Promise.resolve({
        ...manualBench(clock),
        port,
        scan: (label) => scanner.scan(label),
        scanHalf(label) {
          const reports = scanner.reportsOf(label);
          const [only = Uint8Array.of()] = reports;
          // A serial label is one run of bytes: half of them.
          if (reports.length === 1) scanner.wire.send(only.subarray(0, only.length / 2));
          else for (const report of reports.slice(0, -1)) scanner.wire.send(report);
        },
        errorBeeps: () => scanner.errorBeeps(),
        unplug: () => scanner.wire.setFault('unplugged'),
        plugIn: () => scanner.wire.clearFault(),
        close: () => port.close(),
      });
    },
    { tellsSymbology },
  );
}

/** A driver on a bare wire: what is sent is not what any scanner would send. */
async function listen(driver: Driver, descriptor: Uint8Array | null = null) {
  const clock = manualClock();
  const wire = createVirtualWire('bare wire', clock, descriptor);
  const port = driver({ clock, wire });
  const scans: Scan[] = [];
  const faults: ScanFault[] = [];
  port.onScan((scan) => scans.push(scan));
  port.onFault((fault) => faults.push(fault));
  await manualBench(clock).until(() => port.status.state === 'ready');
  return {
    clock,
    wire,
    port,
    scans,
    faults,
    async send(...reports: readonly Uint8Array[]) {
      for (const report of reports) wire.send(report);
      await clock.advance(0);
    },
  };
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
function report(length: number, parts: Readonly<Record<number, Uint8Array | number>>): Uint8Array {
  const made = new Uint8Array(length);
  for (const [at, part] of Object.entries(parts)) made.set(typeof part === 'number' ? [part] : part, Number(at));
  return made;
}

const hidReports = createVirtualHidPosScanner().reportsOf;

describe('HID POS', () => {
  test('the report of the published example', async () => {
    const { send, scans } = await listen(hidPos());
    const head = bytes('02 0d 5d 45 30 34 30 30 36 33 38 31 33 33 33 39 33 31');
    await send(report(64, { 0: head, 61: 0x64 }));
    expect(scans).toEqual([EAN]);
  });

  test.each([
    ['standard', 'an identifier one byte late', report(64, { 0: bytes('02 0d'), 3: ascii(']E04006381333931') }), ']E0'],
    ['standard', 'no identifier at all', report(64, { 0: bytes('02 0d'), 5: ascii(EAN.text) }), null],
    ['quio', 'data where others have the identifier', report(64, { 0: bytes('02 0d'), 2: ascii(EAN.text) }), null],
    ['microscan', 'another report', report(64, { 0: bytes('01 0d'), 2: ascii(EAN.text) }), null],
  ] as const)('%s: %s', async (layout, _, sent, symbology) => {
    const { send, scans, faults } = await listen(hidPos({ layout }));
    await send(sent);
    expect({ scans, faults }).toEqual({ scans: [{ text: EAN.text, symbology }], faults: [] });
  });

  test('a layout without a flag goes on while its reports are full', async () => {
    const { send, scans } = await listen(hidPos({ layout: 'microscan' }));
    await send(
      report(64, { 0: bytes('01 3e'), 2: ascii('A'.repeat(62)) }),
      report(64, { 0: bytes('01 02'), 2: ascii('BC') }),
    );
    expect(scans).toEqual([{ text: `${'A'.repeat(62)}BC`, symbology: null }]);
  });

  test('follows a descriptor that puts everything elsewhere', async () => {
    // No report id; the flag first in a byte of its own, 20 bytes of data, the identifiers as one row at the end.
    const descriptor = bytes(`05 8c 09 02 a1 01 15 00 25 01 75 01 95 01 09 ff 81 02 75 07 81 03
      26 ff 00 75 08 95 14 09 fe 82 02 01 95 03 09 fb 81 02
      75 01 95 03 91 03 95 01 09 85 91 02 95 04 91 03 c0`);
    const { send, scans, wire, port, clock } = await listen(hidPos(), descriptor);
    const part = (continued: number, text: string): Uint8Array =>
      report(24, { 0: continued, 1: ascii(text), 21: ascii(']C1') });
    await send(part(1, 'ABCDEFGHIJKLMNOPQRST'), part(0, '10B\x1d21C'));
    // Without a byte count the padding ends the label.
    expect(scans).toEqual([{ text: 'ABCDEFGHIJKLMNOPQRST10B\x1d21C', symbology: ']C1' }]);
    const received: string[] = [];
    wire.onReceive((sent) => received.push(Buffer.from(sent).toString('hex')));
    await manualBench(clock).settle(port.signalRejected());
    expect(received).toEqual(['0008']);
  });

  test.each([
    ['descriptor', HID_POS_DESCRIPTOR],
    ['table', null],
  ])('by the %s: asks for its data once a connection, and beeps with report 04 bit 5', async (_, descriptor) => {
    const clock = manualClock();
    const wire = createVirtualWire('bare wire', clock, descriptor);
    const sent: string[] = [];
    wire.onFeature((feature) => sent.push(`feature ${Buffer.from(feature).toString('hex')}`));
    wire.onReceive((output) => sent.push(Buffer.from(output).toString('hex')));
    const port = hidPos()({ clock, wire });
    const { until, settle } = manualBench(clock);
    await until(() => port.status.state === 'ready');
    await settle(port.signalRejected());
    expect(sent).toEqual(['feature fe01', '0420']);
    wire.setFault('unplugged');
    await until(() => port.status.state === 'absent');
    wire.clearFault();
    await until(() => port.status.state === 'ready');
    expect(sent).toEqual(['feature fe01', '0420', 'feature fe01']);
  });

  test('labels of two scanners that come interleaved stay apart', async () => {
    const [one, other] = [await listen(hidPos()), await listen(hidPos())];
    const second = { text: LONG_GS1.text.replaceAll('2', '7').replaceAll('A', 'Z'), symbology: ']C1' };
    const [reports, others] = [hidReports(LONG_GS1), hidReports(second)];
    expect(reports.length).toBeGreaterThan(1);
    for (const [index, each] of reports.entries()) {
      await one.send(each);
      await other.send(others[index] ?? new Uint8Array(64));
    }
    expect([one.scans, other.scans]).toEqual([[LONG_GS1], [second]]);
    expect([one.faults, other.faults]).toEqual([[], []]);
  });

  test('a continuation of another symbology is refused with what it continued, and the next label is read', async () => {
    const { send, scans, faults } = await listen(hidPos());
    const [first = new Uint8Array(64)] = hidReports(LONG_GS1);
    const [otherFirst = new Uint8Array(64), otherLast = new Uint8Array(64)] = hidReports({
      ...LONG_GS1,
      symbology: ']Q1',
    });
    await send(first, otherFirst, otherLast);
    expect({ scans, faults }).toEqual({ scans: [], faults: ['mismatched-continuation'] });
    await send(...hidReports(EAN));
    expect(scans).toEqual([EAN]);
  });

  test('a part that comes late does not pass for a label', async () => {
    const { send, scans, faults, clock } = await listen(hidPos());
    const [first = new Uint8Array(64), last = new Uint8Array(64)] = hidReports(LONG_GS1);
    await send(first);
    await clock.advance(499);
    expect(faults).toEqual([]);
    await clock.advance(2);
    expect(faults).toEqual(['half-label']);
    await send(last);
    await send(...hidReports(EAN));
    expect({ scans, faults }).toEqual({ scans: [EAN], faults: ['half-label'] });
  });

  test('4 KB are a label, one byte more is none', async () => {
    const { send, scans, faults } = await listen(hidPos());
    const longest = { text: '7'.repeat(4_096), symbology: ']Q1' };
    await send(...hidReports(longest));
    expect(scans).toEqual([longest]);
    await send(...hidReports({ text: '7'.repeat(9_000), symbology: ']Q1' }), ...hidReports(EAN));
    expect(faults).toEqual(['too-long']);
    expect(scans).toEqual([longest, EAN]);
  });

  test.each([
    ['more data than the report has room for', report(64, { 0: bytes('02 39 5d 45 30') })],
    ['an identifier that is none', report(64, { 0: bytes('02 03 41 42 43 44 45 46 47 48') })],
    ['a report cut short', ascii('\x02\x03]E0123')],
    ['nothing', report(64, { 0: bytes('02 00 5d 45 30') })],
  ])('refuses %s', async (_, sent) => {
    for (const descriptor of [null, HID_POS_DESCRIPTOR]) {
      const { send, scans, faults } = await listen(hidPos(), descriptor);
      await send(sent);
      expect({ scans, faults }).toEqual({ scans: [], faults: ['malformed-report'] });
    }
  });

  test('takes one suffix off and nothing else', async () => {
    const { send, scans } = await listen(hidPos());
    for (const text of ['1234\r', '1234\r\n', '1234\n\n', '\x1d1234\x1d', '1234 \t', '123\r4']) {
      await send(...hidReports({ text, symbology: ']C0' }));
    }
    expect(scans.map(({ text }) => text)).toEqual(['1234', '1234', '1234\n', '\x1d1234\x1d', '1234 \t', '123\r4']);
    const kept = await listen(hidPos({ suffixes: [] }));
    await kept.send(...hidReports({ text: '1234\r\n', symbology: ']C0' }));
    expect(kept.scans.map(({ text }) => text)).toEqual(['1234\r\n']);
  });

  test('reads UTF-8, and Latin-1 where it is none', async () => {
    const { send, scans } = await listen(hidPos());
    await send(report(64, { 0: bytes('02 06'), 2: ascii(']Q1'), 5: bytes('e2 82 ac c3 bc 31') }));
    await send(report(64, { 0: bytes('02 03'), 2: ascii(']Q1'), 5: bytes('a3 fc 31') }));
    expect(scans.map(({ text }) => text)).toEqual(['€ü1', '£ü1']);
  });

  test('what nobody may open is told from what is not there', async () => {
    const clock = manualClock();
    const wire = createVirtualWire('bare wire', clock);
    wire.setFault('no-permission');
    const port = hidPos()({ clock, wire });
    await manualBench(clock).until(() => port.status.state === 'no-permission');
    wire.clearFault();
    await manualBench(clock).until(() => port.status.state === 'ready');
  });

  test('unplugged after every report of a label, it never makes a scan of the part', async () => {
    const label = { text: 'L'.repeat(56 * 6 + 10), symbology: ']Q1' };
    const reports = hidReports(label);
    for (let sent = 0; sent <= reports.length; sent += 1) {
      const { send, scans, faults, wire, port, clock } = await listen(hidPos(), HID_POS_DESCRIPTOR);
      await send(...reports.slice(0, sent));
      wire.setFault('unplugged');
      await manualBench(clock).until(() => port.status.state === 'absent');
      wire.clearFault();
      await manualBench(clock).until(() => port.status.state === 'ready');
      await send(...hidReports(EAN));
      const isWhole = sent === reports.length;
      expect(scans).toEqual(isWhole ? [label, EAN] : [EAN]);
      expect(faults).toEqual(sent === 0 || isWhole ? [] : ['half-label']);
    }
  });
});

describe('IBM mode', () => {
  test.each<[string, string, Scan]>([
    ['EAN-13, characters', '12 00 02 00 34303036333831333333393331 16', EAN],
    ['EAN-13, numbers', '12 00 02 00 04000006030801030303090301 16', EAN],
    ['UPC-A', '11 00 02 00 303336303030323931343532 0d', { text: '036000291452', symbology: ']E0' }],
    ['UPC-E', '0d 00 02 00 3034323532363134 0a', { text: '04252614', symbology: ']E0' }],
    ['EAN-8', '0d 00 02 00 3936333835303734 0c', { text: '96385074', symbology: ']E4' }],
    [
      'EAN-13 with two more',
      '16 00 02 00 343030363338313333333933313132 00130b',
      { text: '400638133393112', symbology: ']E3' },
    ],
    ['Code 39', '0a 00 02 00 414243 000a0b', { text: 'ABC', symbology: ']A0' }],
    ['GS1 DataMatrix', '0c 00 02 00 31301d3231 00360b', { text: '10\x1d21', symbology: ']d2' }],
    ['an identifier nobody knows', '0a 00 02 00 414243 00770b', { text: 'ABC', symbology: null }],
    ['one of four bytes', '0b 00 02 00 414243 00112200', { text: 'ABC', symbology: null }],
  ])('%s', async (_, hex, expected) => {
    const { send, scans, faults } = await listen(oem);
    await send(report(64, { 0: bytes(hex) }));
    expect({ scans, faults }).toEqual({ scans: [expected], faults: [] });
  });

  test.each([
    ['a status', '04 00 02 00'],
    ['a configuration', '10 02 02 00 303132333435363738393031 16'],
    ['the answer to a command', '10 40 02 00 303132333435363738393031 16'],
  ])('%s is no label and no fault', async (_, hex) => {
    const { send, scans, faults } = await listen(oem);
    await send(report(64, { 0: bytes(hex) }));
    expect({ scans, faults }).toEqual({ scans: [], faults: [] });
  });

  test.each([
    ['a length beyond the report', 'ff 00 02 00 34'],
    ['a length of nothing', '00'],
    ['no label before the identifier', '05 00 02 00 16'],
    ['an EAN-13 of eleven digits', '10 00 02 00 3430303633383133333339 16'],
    ['an EAN-13 with a letter', '12 00 02 00 34303036333831333333393341 16'],
  ])('refuses %s', async (_, hex) => {
    const { send, scans, faults } = await listen(oem);
    await send(report(64, { 0: bytes(hex) }));
    expect({ scans, faults }).toEqual({ scans: [], faults: ['malformed-report'] });
  });
});

describe('serial', () => {
  test.each(['\r', '\n', '\r\n', '\t', '\x03'])('a label ends with %j', async (end) => {
    const { send, scans, faults, clock } = await listen(serial());
    await send(ascii(`]E04006381333931${end}`), ascii(`${LONG_GS1.text}${end}`));
    await clock.advance(5_000);
    expect(scans).toEqual([EAN, { ...LONG_GS1, symbology: null }]);
    expect(faults).toEqual([]);
  });

  test('in pieces of any size', async () => {
    const { wire, clock, scans } = await listen(serial());
    for (const byte of ascii('\x02]E04006381333931\x03')) {
      wire.send(Uint8Array.of(byte));
      await clock.advance(30);
    }
    expect(scans).toEqual([EAN]);
  });

  test('silence ends the label of a scanner that sends no terminator', async () => {
    const { send, scans, clock } = await listen(serial());
    for (let count = 0; count < 2; count += 1) {
      await send(ascii('4006381'));
      await clock.advance(200);
      await send(ascii('333931'));
      await clock.advance(300);
    }
    expect(scans.map(({ text }) => text)).toEqual([EAN.text, EAN.text]);
  });

  test('once it has sent terminators, a label that breaks off is refused with its late rest', async () => {
    const { send, scans, faults, clock } = await listen(serial());
    await send(ascii('4006381333931\r'), ascii('400638'));
    await clock.advance(600);
    await send(ascii('1333931\r'), ascii('96385074\r'));
    expect(scans.map(({ text }) => text)).toEqual([EAN.text, '96385074']);
    expect(faults).toEqual(['half-label']);
    await send(ascii('400638'));
    await clock.advance(2_000);
    await send(ascii('96385074\r'));
    expect(scans).toHaveLength(3);
  });

  test('4 KB are a label, more are refused to their end', async () => {
    const { send, scans, faults } = await listen(serial());
    await send(ascii(`]Q1${'7'.repeat(4_096)}\r`), ascii(`${'7'.repeat(100_000)}\r`), ascii('4006381333931\r'));
    expect(scans.map(({ text }) => text.length)).toEqual([4_096, 13]);
    expect(faults).toEqual(['too-long']);
  });

  test.each([
    ['a wrong speed', 'f8 00 e0 1c 80 fe'],
    ['a break', '00 00 00'],
    ['control characters', '31 32 1b 5b 33'],
  ])('%s makes no scan', async (_, hex) => {
    const { send, scans, faults } = await listen(serial());
    await send(bytes(hex), ascii('\r'), ascii('4006381333931\r'));
    expect({ scans: scans.map(({ text }) => text), faults }).toEqual({
      scans: [EAN.text],
      faults: ['malformed-report'],
    });
  });

  test('terminators can be set, and so can the complaint', async () => {
    const { send, scans, wire, port, clock } = await listen(serial({ terminators: [0x3b], errorBeep: 'honeywell' }));
    await send(ascii('4006381333931;96385074;'));
    expect(scans.map(({ text }) => text)).toEqual([EAN.text, '96385074']);
    const received: string[] = [];
    wire.onReceive((sent) => received.push(Buffer.from(sent).toString('hex')));
    await manualBench(clock).settle(port.signalRejected());
    expect(received).toEqual(['16070d']);
  });
});

describe('whatever comes', () => {
  const noise = fc.uint8Array({ maxLength: 70 });
  const nearly = fc
    .tuple(
      fc.constantFrom(0, 1, 2, 4),
      fc.integer({ min: 0, max: 70 }),
      fc.constantFrom(']E0', ']C1', '\0\0\0', 'abc'),
      noise,
    )
    .map(([id, length, aim, rest]) => Uint8Array.from([id, length, ...ascii(aim), ...rest]).subarray(0, 64));
  const reports = fc.array(fc.oneof(noise, nearly, fc.constantFrom(...hidReports(LONG_GS1), ...hidReports(EAN))), {
    maxLength: 30,
  });

  test.each<[string, Driver, Uint8Array | null]>([
    ['HID POS by its descriptor', hidPos(), HID_POS_DESCRIPTOR],
    ['HID POS by the table', hidPos(), null],
    ['IBM mode', oem, null],
  ])('%s never throws, and no scan is longer than the reports it came in', async (_, driver, descriptor) => {
    await fc.assert(
      fc.asyncProperty(reports, async (sent) => {
        const { send, scans, port } = await listen(driver, descriptor);
        await send(...sent);
        const room = sent.length * 60;
        for (const { text, symbology } of scans) {
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(Math.min(room, 4_096));
          if (symbology !== null) expect(symbology).toMatch(/^\][A-Za-z][0-9A-Za-z]$/);
        }
        expect(port.status).toEqual({ state: 'ready' });
        await port.close();
      }),
      { numRuns: 60 },
    );
  });

  test('a label among noise is read as it is or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(nearly, { maxLength: 5 }), async (before) => {
        const { send, scans, clock } = await listen(hidPos());
        await send(...before);
        const others = scans.length;
        // Long enough for any label that noise has begun to be given up.
        await clock.advance(2_000);
        await send(...hidReports(LONG_GS1));
        expect(scans.slice(others)).toEqual([LONG_GS1]);
      }),
      { numRuns: 60 },
    );
  });

  test('serial noise never makes a control character a scan', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), async (pieces) => {
        const { send, scans, clock } = await listen(serial());
        await send(...pieces);
        await clock.advance(3_000);
        for (const { text } of scans) expect(text).toMatch(/^[\P{Cc}\x04\x1c-\x1f]+$/u);
      }),
      { numRuns: 60 },
    );
  });
});
