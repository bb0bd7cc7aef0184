import { describe, expect, test } from 'vitest';
import { parseUsbDescriptors, printerInterface } from '../../src/hardware/transports/usb-descriptors';

const DEVICE = [18, 1, 0, 2, 0, 0, 0, 64, 0xb8, 0x04, 0x02, 0x02, 0, 1, 1, 2, 3, 1];
const configuration = (value: number): number[] => [9, 2, 0, 0, 1, value, 0, 0xc0, 0];
const setting = (number: number, alternate: number, ...classes: [number, number, number]): number[] => [
  9,
  4,
  number,
  alternate,
  2,
  ...classes,
  0,
];
const endpoint = (address: number, attributes: number, packetBytes: number): number[] => [
  7,
  5,
  address,
  attributes,
  packetBytes & 255,
  packetBytes >> 8,
  0,
];
const read = (...parts: number[][]): ReturnType<typeof parseUsbDescriptors> =>
  parseUsbDescriptors(Uint8Array.from(parts.flat()));
const oneWay = [...setting(0, 0, 7, 1, 1), ...endpoint(0x01, 2, 64)];
const twoWay = [...setting(0, 1, 7, 1, 2), ...endpoint(0x01, 2, 64), ...endpoint(0x82, 2, 512)];
const vendor = [...setting(0, 0, 0xff, 0, 0), ...endpoint(0x03, 2, 64), ...endpoint(0x81, 2, 64)];

describe('USB descriptors', () => {
  test('a printer of both ways, with its endpoints', () => {
    expect(printerInterface(read(DEVICE, configuration(1), twoWay))).toEqual({
      configuration: 1,
      number: 0,
      alternate: 1,
      interfaceClass: 7,
      subclass: 1,
      protocol: 2,
      bulkOut: { number: 1, packetBytes: 64 },
      bulkIn: { number: 2, packetBytes: 512 },
    });
  });

  test('two ways are better than one, a printer better than a vendor’s own', () => {
    expect(printerInterface(read(DEVICE, configuration(1), oneWay, twoWay))?.protocol).toBe(2);
    expect(printerInterface(read(DEVICE, configuration(1), vendor, oneWay))?.interfaceClass).toBe(7);
    expect(printerInterface(read(DEVICE, configuration(1), vendor))?.bulkOut?.number).toBe(3);
  });

  test('what takes no bulk data is no printer: keyboards, memory sticks, an interrupt-only vendor device', () => {
    const keyboard = [...setting(0, 0, 3, 1, 1), ...endpoint(0x81, 3, 8)];
    const stick = [...setting(0, 0, 8, 6, 0x50), ...endpoint(0x01, 2, 512), ...endpoint(0x82, 2, 512)];
    const odd = [...setting(0, 0, 0xff, 0, 0), ...endpoint(0x01, 3, 64)];
    for (const device of [keyboard, stick, odd, []]) {
      expect(printerInterface(read(DEVICE, configuration(1), device))).toBeNull();
    }
  });

  test('only the first configuration counts, and class descriptors in between are passed over', () => {
    const classSpecific = [9, 0x21, 0x11, 1, 0, 1, 0x22, 0x40, 0];
    const found = read(DEVICE, configuration(1), classSpecific, vendor, configuration(2), twoWay);
    expect(found.map((each) => each.interfaceClass)).toEqual([0xff]);
  });

  test('cut off or nonsense at any byte: an end, never a crash or a loop', () => {
    const whole = [...DEVICE, ...configuration(1), ...twoWay];
    for (let length = 0; length < whole.length; length += 1) {
      const found = parseUsbDescriptors(Uint8Array.from(whole.slice(0, length)));
      expect(found.length).toBeLessThanOrEqual(1);
      const zeroed = [...whole];
      zeroed[length] = 0;
      parseUsbDescriptors(Uint8Array.from(zeroed));
    }
  });
});
