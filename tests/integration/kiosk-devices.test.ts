import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plugged } from '../../src/hardware/discovery/plugged';
import type { RunningKiosk } from '../../src/main/boot';
import { silentLog } from '../../src/main/core/log';
import { Store } from '../../src/main/db/store';
import type { DeviceSettings } from '../../src/shared/device-settings';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';

const SOURDOUGH = '5012345010779';
const link = { via: 'virtual' } as const;
const SCANNER: DeviceSettings = { kind: 'scanner', link, protocol: 'hid-pos' };
const OWN_DRAWER: DeviceSettings = { kind: 'drawer', link, profile: 'posiflex-7' };
const SCALE: DeviceSettings = { kind: 'scale', link, model: 'nci-8n1' };
const DISPLAY: DeviceSettings = { kind: 'line-display', link, model: 'epson-dm-d' };

const POS_SCANNER: Plugged = {
  bus: 'hid',
  address: 'hid:hidraw0',
  name: 'Honeywell Scanner',
  vendorId: 0x0c2e,
  productId: 0x0b81,
  serialNumber: null,
  usages: [0x008c_0002],
  permission: 'granted',
};
const SERIAL_PORT: Plugged = {
  bus: 'serial',
  address: 'serial:ttyUSB0',
  name: 'USB serial',
  path: '/dev/ttyUSB0',
  usb: { vendorId: 0x0403, productId: 0x6001, serialNumber: 'FT1' },
  permission: 'granted',
};

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;
/** What is plugged in, and the plug that tells of a change. */
let plugged: Plugged[];
let plug: () => void;

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({
    dataDir: folder.path,
    demo: true,
    look: () => Promise.resolve([...plugged]),
    hear: (onPlug) => {
      plug = onPlug;
      return Promise.resolve(() => undefined);
    },
  }));
}

beforeEach(async () => {
  folder = temporaryFolder();
  plugged = [];
  await start();
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

const virtual = () => running.virtualDevices ?? expect.fail('these tests have virtual devices');
const view = (deviceId: string) => till.topics.devices.devices.find((device) => device.deviceId === deviceId);

/** Sets a device up and waits until it is there. */
async function setUp(settings: DeviceSettings): Promise<string> {
  const { deviceId } = await till.call('device.configure', { deviceId: null, settings });
  await till.until(() => ['ready', 'degraded'].includes(view(deviceId)?.state ?? ''), `${settings.kind} is there`);
  return deviceId;
}

test('a scan of a device is told, sold once under its own id, and then told no more', async () => {
  const scanner = virtual().scanner(await setUp(SCANNER));
  scanner.scan({ text: SOURDOUGH, symbology: ']E0' });
  const { scan } = await till.until(({ scan }) => scan.scans.length === 1, 'the scan');
  const [{ scanId, code } = expect.fail('one scan')] = scan.scans;
  expect(code).toBe(`]E0${SOURDOUGH}`);
  // Two windows hear of it and both sell it.
  const both = await Promise.all([0, 1].map(() => till.client.call('cart.scan', { code }, scanId)));
  expect(both).toMatchObject([{ ok: true }, { ok: true }]);
  await till.until(({ scan }) => scan.scans.length === 0, 'the scan is answered');
  expect(till.topics.sale.cart.lines).toMatchObject([{ quantity: 1 }]);
  expect(scanner.errorBeeps()).toBe(0);
});

test('a scan that means nothing is refused at its scanner, and at that one alone', async () => {
  const [one, other] = [virtual().scanner(await setUp(SCANNER)), virtual().scanner(await setUp(SCANNER))];
  one.scan({ text: '96385074', symbology: ']E4' });
  const { scan } = await till.until(({ scan }) => scan.scans.length === 1, 'the scan');
  const [{ scanId, code } = expect.fail('one scan')] = scan.scans;
  expect(await till.client.call('cart.scan', { code }, scanId)).toMatchObject({ ok: false });
  await expect.poll(() => one.errorBeeps()).toBe(1);
  expect(other.errorBeeps()).toBe(0);
});

test('a scanner that ends its codes with a character of its own is read without it', async () => {
  const scanner = virtual().scanner(await setUp({ ...SCANNER, suffix: '#' }));
  scanner.scan({ text: `${SOURDOUGH}#`, symbology: ']E0' });
  const { scan } = await till.until(({ scan }) => scan.scans.length === 1, 'the scan');
  expect(scan.scans[0]?.code).toBe(`]E0${SOURDOUGH}`);
  const settings = { ...SCANNER, suffix: '££' };
  expect(await till.failure('device.configure', { deviceId: null, settings })).toBe('bad-request');
});

test('a scan nobody answers is not sold later: its scanner is told', async () => {
  const scanner = virtual().scanner(await setUp(SCANNER));
  scanner.scan({ text: SOURDOUGH, symbology: ']E0' });
  await till.until(({ scan }) => scan.scans.length === 1, 'the scan');
  await till.until(({ scan }) => scan.scans.length === 0, 'the scan is given up');
  await expect.poll(() => scanner.errorBeeps()).toBe(1);
  expect(till.topics.sale.cart.lines).toEqual([]);
});

test('a scan that a window refuses is told to its scanner at once', async () => {
  const scanner = virtual().scanner(await setUp(SCANNER));
  scanner.scan({ text: SOURDOUGH, symbology: ']E0' });
  const { scan } = await till.until(({ scan }) => scan.scans.length === 1, 'the scan');
  await till.call('scan.settle', { scanId: scan.scans[0]?.scanId ?? '', accepted: false });
  await expect.poll(() => scanner.errorBeeps()).toBe(1);
});

test('a drawer with a connection of its own opens for cash, and the one on the printer stays shut', async () => {
  const drawer = virtual().drawer(await setUp(OWN_DRAWER));
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 450 });
  await expect.poll(() => drawer.pulses()).toBe(1);
  await till.until(({ devices }) => devices.devices.some((one) => one.drawer === 'open'), 'the drawer is open');
  expect(running.virtualPrinter?.state().pulses).toEqual([]);
  await till.call('drawer.open', { reason: 'test', note: '' });
  await expect.poll(() => drawer.pulses()).toBe(2);
});

test('when that drawer is unplugged, the one on the printer opens', async () => {
  const deviceId = await setUp(OWN_DRAWER);
  virtual().drawer(deviceId).wire.setFault('unplugged');
  await till.until(() => view(deviceId)?.state === 'absent', 'the drawer is gone');
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 450 });
  await till.until(() => running.virtualPrinter?.state().pulses.length === 1, 'the pulse of the printer');
});

test('a customer display follows the sale, also one that is set up in the middle of it', async () => {
  const first = virtual().lineDisplay(await setUp(DISPLAY));
  await till.call('cart.scan', { code: SOURDOUGH });
  await expect.poll(() => first.lines().join(' ')).toContain('4.50');
  const second = virtual().lineDisplay(await setUp(DISPLAY));
  await expect.poll(() => second.lines()).toEqual(first.lines());
  await till.call('payment.cash', { givenMinor: 500 });
  await expect.poll(() => first.lines().join(' ')).toContain('0.50');
});

test('a scanner that is plugged in is set up by itself, once, and known again when it comes back', async () => {
  plugged = [POS_SCANNER];
  plug();
  const { devices } = await till.until(({ devices }) => devices.devices.some(({ bySelf }) => bySelf), 'the scanner');
  const scanner = devices.devices.find(({ bySelf }) => bySelf);
  expect(scanner).toMatchObject({
    kind: 'scanner',
    settings: { kind: 'scanner', protocol: 'hid-pos', link: { via: 'hid', vendorId: 0x0c2e } },
  });
  plugged = [];
  plug();
  plugged = [{ ...POS_SCANNER, address: 'hid:hidraw3' }];
  plug();
  await till.call('device.look', {});
  till.close();
  await running.close();
  await start();
  await till.until(() => view(scanner?.deviceId ?? '') !== undefined, 'the same scanner');
  expect(till.topics.devices.devices.filter(({ bySelf }) => bySelf)).toHaveLength(1);
});

test('a device that a person took away stays away while it is plugged in, and is offered', async () => {
  plugged = [POS_SCANNER];
  plug();
  await till.until(({ devices }) => devices.devices.some(({ bySelf }) => bySelf), 'the scanner');
  const deviceId = till.topics.devices.devices.find(({ bySelf }) => bySelf)?.deviceId ?? '';
  await till.call('device.remove', { deviceId });
  await till.until(({ devices }) => devices.found.length === 1, 'it is offered');
  expect(view(deviceId)).toBeUndefined();
  const [suggestion] = till.topics.devices.found[0]?.suggestions ?? [];
  const again = await till.call('device.configure', {
    deviceId: null,
    settings: suggestion ?? expect.fail('how to set it up'),
  });
  await till.until(({ devices }) => devices.found.length === 0, 'it is set up');
  expect(view(again.deviceId)).toMatchObject({ bySelf: false });
});

test('a serial device is known again under another path', async () => {
  plugged = [SERIAL_PORT];
  plug();
  await till.until(({ devices }) => devices.found.length === 1, 'something on a serial port');
  const scale = till.topics.devices.found[0]?.suggestions.find(({ kind }) => kind === 'scale');
  const { deviceId } = await till.call('device.configure', {
    deviceId: null,
    settings: scale ?? expect.fail('a scale among the suggestions'),
  });
  plugged = [{ ...SERIAL_PORT, address: 'serial:ttyUSB1', path: '/dev/ttyUSB1' }];
  plug();
  await till.until(() => JSON.stringify(view(deviceId)?.settings).includes('/dev/ttyUSB1'), 'the new path');
  expect(till.topics.devices.found).toEqual([]);
});

test('an unplugged printer is passed over by the next receipt', async () => {
  const absent: DeviceSettings = {
    kind: 'printer',
    link: { via: 'usb', vendorId: 0x04b8, productId: 0x0e28, serialNumber: null },
    model: 'generic-80',
    drawer: { pin: 2, switch: null, pulse: null },
  };
  const { deviceId } = await till.call('device.configure', { deviceId: null, settings: absent });
  const here = await setUp({ ...absent, link });
  await till.until(() => view(deviceId)?.state !== 'connecting', 'no USB printer is here');
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 450 });
  await till.until(({ sale }) => sale.lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
  expect(virtual().printer(here).papers()).toHaveLength(1);
});

test('the drawer on a printer is calibrated in two steps, and the finding is kept', async () => {
  const deviceId = await setUp({
    kind: 'printer',
    link,
    model: 'virtual-80',
    drawer: { pin: 2, switch: null, pulse: null },
  });
  expect(await till.call('device.sample-drawer', { deviceId, drawer: 'closed' })).toEqual({ finding: 'now-open' });
  virtual().printer(deviceId).openDrawer();
  expect(await till.call('device.sample-drawer', { deviceId, drawer: 'open' })).toEqual({ finding: 'wired' });
  expect(view(deviceId)?.settings).toMatchObject({ drawer: { pin: 2, switch: { wired: true } } });
  await till.until(() => view(`${deviceId}/drawer`)?.drawer === 'open', 'the drawer is known to be open');
});

test('what a printer answered is kept through a restart, and forgotten with another connection', async () => {
  const settings: DeviceSettings = {
    kind: 'printer',
    link,
    model: 'virtual-80',
    drawer: { pin: 2, switch: null, pulse: null },
  };
  const deviceId = await setUp(settings);
  await till.until(() => view(deviceId)?.answers?.proof === 'process-id', 'what it answers is known');
  till.close();
  await running.close();
  const store = Store.open({ dataDir: folder.path, now: () => new Date(), newId: () => 'x', log: silentLog() });
  expect(store.settings.get('printer-probes')).toMatchObject({ [deviceId]: { proof: 'process-id' } });
  store.close();
  await start();
  await till.call('device.configure', {
    deviceId,
    settings: { ...settings, link: { via: 'tcp', host: '127.0.0.1', port: 9 } },
  });
  expect(view(deviceId)?.answers).toBeNull();
});

test('printers of an older till are set up as they were', async () => {
  till.close();
  await running.close();
  const store = Store.open({ dataDir: folder.path, now: () => new Date(), newId: () => 'x', log: silentLog() });
  store.settings.delete('devices');
  store.settings.set('printers', [
    { deviceId: 'old', host: '127.0.0.1', port: 9, model: 'generic-80', paperWidthMm: 58, drawerPin: 5 },
    { nonsense: true },
  ]);
  store.close();
  await start();
  expect(view('old')?.settings).toEqual({
    kind: 'printer',
    link: { via: 'tcp', host: '127.0.0.1', port: 9 },
    model: 'generic-58',
    drawer: { pin: 5, switch: null, pulse: null },
  });
});

test('the report for support names devices and what they answered, and no person', async () => {
  plugged = [SERIAL_PORT];
  plug();
  await setUp(SCALE);
  await till.until(({ devices }) => devices.found.length === 1, 'the port');
  const { fileName, text } = await till.call('device.report', {});
  expect(fileName).toMatch(/^trestle-devices-\d{4}-\d{2}-\d{2}\.json$/);
  const report = JSON.parse(text) as { devices: unknown[]; plugged: unknown; history: { status: unknown }[] };
  expect(report.devices).toContainEqual(expect.objectContaining({ kind: 'scale', state: 'ready' }));
  expect(report.plugged).toEqual([SERIAL_PORT]);
  expect(report.history.length).toBeGreaterThan(0);
  for (const { name } of till.topics.session.staff) expect(text).not.toContain(name);
});

test('paper with a sign that no font has is refused, and says which', async () => {
  const { name, vatNumber, receiptFooter, taxRates } = till.topics.session.stall;
  await till.call('stall.change', {
    name,
    vatNumber,
    receiptFooter,
    taxRates: [...taxRates],
    place: 'Pitch \u{10fffd}',
  });
  const { jobId } = await till.call('device.test', { deviceId: 'virtual-printer' });
  const { jobs } = await till.until(({ jobs }) => jobs.unprinted.some(({ state }) => state === 'failed'), 'it failed');
  expect(jobs.unprinted).toMatchObject([{ jobId, reason: 'unprintable', detail: '\u{10fffd}' }]);
  expect(jobs.failedCount).toBe(1);
  expect(running.virtualPrinter?.papers()).toEqual([]);
});

test('only an operator sets devices up, and a device that is gone cannot be changed', async () => {
  expect(await till.failure('device.configure', { deviceId: 'gone', settings: SCALE })).toBe('unknown-device');
  expect(await till.failure('device.test', { deviceId: 'gone' })).toBe('unknown-device');
  const cashier = till.topics.session.staff.find(({ role }) => role === 'cashier');
  await till.call('staff.sign-on', { staffId: cashier?.staffId ?? '', pin: cashier?.demoPin ?? '' });
  expect(await till.failure('device.configure', { deviceId: null, settings: SCALE })).toBe('not-allowed');
});
