import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identify, isBehind } from '../../src/hardware/discovery/identify';
import { lookAtLinux } from '../../src/hardware/discovery/linux';
import { watchPlugs, type PlugWatch } from '../../src/hardware/discovery/plug-watch';
import { pluggedName, type Plugged } from '../../src/hardware/discovery/plugged';
import { speaksEscpos } from '../../src/hardware/models/usb-printers';
import { HID_POS_DESCRIPTOR } from '../../src/hardware/virtual/scanner-device';
import { fakeSysfs, type FakeSysfs } from '../helpers/fake-sysfs';
import { manualClock, type ManualClock } from '../helpers/manual-clock';

const VENDOR_DESCRIPTOR = Uint8Array.of(0x06, 0xa0, 0xff, 0x09, 0x01, 0xa1, 0x01, 0xc0);
const PRINTER = [7, 1, 2] as const;

const EPSON = { vendorId: '04b8', productId: '0e28', manufacturer: 'EPSON', product: 'TM-T20III', serial: 'X4C1' };

describe('on Linux', () => {
  let files: FakeSysfs;
  beforeEach(() => (files = fakeSysfs()));
  afterEach(() => files.remove());
  const look = (): Promise<readonly Plugged[]> => lookAtLinux(files);

  test('nothing is plugged into a machine without buses', async () => {
    expect(await look()).toEqual([]);
  });

  test('a printer is seen with its name, its number and what it said of itself', async () => {
    files.usb('1-2', { ...EPSON, interfaceClass: PRINTER, ieee1284Id: 'MFG:EPSON;CMD:ESC/POS;MDL:TM-T20III;' });
    expect(await look()).toEqual([
      {
        bus: 'usb',
        address: 'usb:1-2',
        vendorId: 0x04b8,
        productId: 0x0e28,
        serialNumber: 'X4C1',
        name: 'EPSON TM-T20III',
        isPrinterClass: true,
        ieee1284Id: 'MFG:EPSON;CMD:ESC/POS;MDL:TM-T20III;',
        permission: 'granted',
      },
    ]);
  });

  test('a device without an interface to print through is none of ours', async () => {
    files.usb('1-3', { vendorId: '0781', productId: '5567', interfaceClass: [8, 6, 80] });
    expect(await look()).toEqual([]);
  });

  test('a scanner is told by its descriptor, not by its numbers', async () => {
    files.hid('hidraw0', {
      id: '0003:00000C2E:00000B81',
      name: 'Honeywell Scanner',
      serial: 'S1',
      descriptor: HID_POS_DESCRIPTOR,
    });
    const [scanner] = await look();
    expect(scanner).toMatchObject({ bus: 'hid', vendorId: 0x0c2e, productId: 0x0b81, serialNumber: 'S1' });
    expect(scanner && identify(scanner)).toMatchObject({
      kind: 'scanner',
      isSure: true,
      suggestions: [{ kind: 'scanner', link: { via: 'hid', serialNumber: 'S1' }, protocol: 'hid-pos' }],
    });
  });

  test('serial ports are those with something behind them', async () => {
    files.usb('1-4', {
      vendorId: '05e0',
      productId: '1701',
      product: 'Symbol Bar Code Scanner',
      interfaceClass: [2, 2, 1],
    });
    files.tty('ttyACM0', { usb: '1-4' });
    files.tty('ttyS0', { boardType: 4 });
    files.tty('ttyS1', { boardType: 0 });
    files.tty('tty1', null);
    files.tty('rfcomm0', null);
    expect((await look()).map((one) => [one.address, one.name, 'usb' in one && one.usb?.vendorId])).toEqual([
      ['serial:rfcomm0', 'rfcomm0', undefined],
      ['serial:ttyACM0', 'Symbol Bar Code Scanner', 0x05e0],
      ['serial:ttyS0', 'ttyS0', undefined],
    ]);
  });

  test.skipIf(process.getuid?.() === 0)('what may not be opened is plugged in all the same', async () => {
    files.hid('hidraw0', { id: '0003:00000D3A:00000207', name: 'Posiflex', descriptor: VENDOR_DESCRIPTOR });
    files.deny('hidraw0');
    expect(await look()).toMatchObject([{ permission: 'denied' }]);
  });

  test('a folder that goes away while it is read, or holds nonsense, is passed over', async () => {
    files.usb('1-2', { ...EPSON, interfaceClass: PRINTER });
    files.hid('hidraw0', { id: 'nonsense', name: 'x', descriptor: Uint8Array.of(0xff) });
    files.hid('hidraw1', { id: '0003:00000001:00000002', name: '', descriptor: Uint8Array.of(0xff, 0xff) });
    expect((await look()).map(({ address }) => address)).toEqual(['usb:1-2', 'hid:hidraw1']);
  });
});

describe('what it is', () => {
  const usb = (over: Partial<Extract<Plugged, { bus: 'usb' }>>): Plugged => ({
    bus: 'usb',
    address: 'usb:1-1',
    name: '',
    permission: 'granted',
    vendorId: 0x1234,
    productId: 1,
    serialNumber: null,
    isPrinterClass: true,
    ieee1284Id: null,
    ...over,
  });
  const hid = (vendorId: number, productId: number, usages: readonly number[]): Plugged => ({
    bus: 'hid',
    address: 'hid:0',
    name: '',
    permission: 'granted',
    vendorId,
    productId,
    serialNumber: null,
    usages,
  });

  test.each([
    ['a TM-T20', usb({ vendorId: 0x04b8, productId: 0x0e28 }), true],
    ['an Epson inkjet, whose class is a printer all the same', usb({ vendorId: 0x04b8, productId: 0x1129 }), false],
    ['an unknown printer that says it speaks ESC/POS', usb({ ieee1284Id: 'MFG:Acme;CMD:ESC/POS;' }), true],
    ['an unknown printer that says it speaks PCL', usb({ ieee1284Id: 'MFG:HP;CMD:PJL,PCL;' }), false],
    ['an unknown printer that says nothing', usb({}), false],
    ['a clone with a class of its own', usb({ vendorId: 0x0416, productId: 0x5011, isPrinterClass: false }), true],
  ])('%s', (_what, plugged, isSure) => {
    expect(identify(plugged)).toMatchObject({ kind: 'printer', isSure });
  });

  test('bulk endpoints alone make no printer', () => {
    expect(identify(usb({ isPrinterClass: false }))).toBeNull();
  });

  test('a keyboard is none of ours, one of a maker of scanners is a scanner that types', () => {
    expect(identify(hid(0x046d, 0xc31c, [0x0001_0006]))).toBeNull();
    expect(identify(hid(0x0c2e, 0x0901, [0x0001_0006]))).toMatchObject({ kind: 'keyboard-scanner', suggestions: [] });
  });

  test('a scanner on no page of scanners is known by its name, and a person says yes', () => {
    const named = (name: string, usage = 0xff00_0001): Plugged => ({ ...hid(0x0b5b, 0x0001, [usage]), name });
    expect(identify(named('Microscan MS-3'))).toMatchObject({
      isSure: false,
      suggestions: [{ kind: 'scanner', protocol: 'hid-pos', layout: 'microscan' }],
    });
    expect(identify(named('Gadget'))).toBeNull();
    expect(identify(named('Microscan MS-3', 0x0001_0006))).toBeNull();
  });

  test('scanners in IBM mode are known by their numbers', () => {
    expect(identify(hid(0x05e0, 0x1300, []))).toMatchObject({ isSure: true, suggestions: [{ protocol: 'oem' }] });
  });

  test('a drawer is opened by its profile, and one without a public protocol is named and left alone', () => {
    expect(identify(hid(0x0d3a, 0x0207, []))).toMatchObject({ kind: 'drawer', isSure: true });
    expect(identify(hid(0x07c5, 0x0500, []))).toEqual({
      kind: 'drawer',
      suggestions: [],
      isSure: false,
      unsupported: 'no-public-protocol',
    });
  });

  test('behind a plain serial port may be anything, so a person is asked', () => {
    const port: Plugged = {
      bus: 'serial',
      address: 'a',
      name: '',
      permission: 'granted',
      path: '/dev/ttyUSB0',
      usb: null,
    };
    const found = identify(port);
    expect(found).toMatchObject({ kind: 'unknown', isSure: false });
    expect(found?.suggestions.map(({ kind }) => kind)).toEqual(['scanner', 'printer', 'scale', 'line-display']);
    const ofScanner = { ...port, usb: { vendorId: 0x0c2e, productId: 1, serialNumber: null } };
    expect(identify(ofScanner)).toMatchObject({ kind: 'scanner', isSure: true });
  });

  test.each([
    ['MFG:EPSON;CMD:ESC/POS;MDL:TM-T20;', true],
    ['MANUFACTURER:X;COMMAND SET:ESC/POS;', true],
    ['MFG:X;CMD:PCL,ESCPOS;', true],
    ['MFG:EPSON;CMD:ESCPL2,BDC,D4;MDL:ET-2750;', false],
    ['', false],
  ])('the device id %j', (id, isEscpos) => expect(speaksEscpos(id)).toBe(isEscpos));

  test('names repeat no maker and hold no padding', () => {
    expect(pluggedName('EPSON', 'EPSON TM-T20')).toBe('EPSON TM-T20');
    expect(pluggedName('Star  ', ' TSP\u0000143 ')).toBe('Star TSP 143');
    expect(pluggedName('', '')).toBe('');
  });

  test('a device is the same again on another port, by its number or as the only one of its kind', () => {
    const link = { via: 'usb', vendorId: 0x1234, productId: 1, serialNumber: 'A' } as const;
    expect(isBehind(link, usb({ serialNumber: 'A', address: 'usb:3-1' }), 'same-number')).toBe(true);
    expect(isBehind(link, usb({ serialNumber: 'B' }), 'same-kind')).toBe(false);
    expect(isBehind({ ...link, serialNumber: null }, usb({ serialNumber: 'B' }), 'same-number')).toBe(false);
    expect(isBehind({ ...link, serialNumber: null }, usb({ serialNumber: 'B' }), 'same-kind')).toBe(true);
    expect(isBehind({ via: 'tcp', host: 'a', port: 9100 }, usb({}), 'same-kind')).toBe(false);
  });
});

describe('watching', () => {
  let clock: ManualClock;
  let plugged: Plugged[];
  let looks: number;
  let isWaiting: boolean;
  let changes: string[][];
  let plug: (() => void) | null;
  let watch: PlugWatch;

  const device = (address: string): Plugged => ({
    bus: 'queue',
    address,
    queue: address,
    name: '',
    permission: 'granted',
  });
  async function begin(hasEvents: boolean): Promise<void> {
    watch = watchPlugs({
      clock,
      look: () => {
        looks += 1;
        return Promise.resolve([...plugged]);
      },
      hear: (onPlug) => {
        plug = hasEvents ? onPlug : null;
        return Promise.resolve(hasEvents ? () => (plug = null) : null);
      },
      onChange: (now) => changes.push(now.map(({ address }) => address)),
      isWaiting: () => isWaiting,
    });
    await clock.advance(1_000);
  }

  beforeEach(() => {
    clock = manualClock();
    plugged = [device('a')];
    looks = 0;
    isWaiting = false;
    changes = [];
  });
  afterEach(() => watch.stop());

  test('looks once after the start, and then only when something is plugged in or out', async () => {
    await begin(true);
    expect(changes).toEqual([['a']]);
    await clock.advance(60_000);
    expect(looks).toBe(1);
    plugged = [device('a'), device('b')];
    plug?.();
    await clock.advance(400);
    expect(changes.at(-1)).toEqual(['a', 'b']);
  });

  test('looks again after a moment, when drivers have bound and rights are given', async () => {
    await begin(true);
    plug?.();
    await clock.advance(400);
    expect(changes).toHaveLength(1);
    plugged = [device('a'), device('late')];
    await clock.advance(1_500);
    expect(changes.at(-1)).toEqual(['a', 'late']);
  });

  test('without events it looks while something is missing, and not otherwise', async () => {
    await begin(false);
    await clock.advance(30_000);
    expect(looks).toBe(1);
    isWaiting = true;
    plugged = [];
    await clock.advance(6_000);
    expect(looks).toBeGreaterThan(1);
    expect(changes.at(-1)).toEqual([]);
  });

  test('tells a change once, however often it is looked', async () => {
    await begin(true);
    await clock.advance(2_000);
    await watch.look();
    await clock.advance(2_000);
    await watch.look();
    expect(looks).toBe(3);
    expect(changes).toHaveLength(1);
  });

  test('many who ask at once look once, and a fresh look is not repeated', async () => {
    await begin(true);
    await clock.advance(5_000);
    await Promise.all([watch.look(), watch.look(), watch.look()]);
    await watch.look();
    expect(looks).toBe(2);
  });

  test('after the end nothing is looked at or told', async () => {
    await begin(false);
    isWaiting = true;
    watch.stop();
    await clock.advance(10_000);
    expect(looks).toBe(1);
  });
});
