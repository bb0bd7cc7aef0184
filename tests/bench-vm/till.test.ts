import { execFile } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connect,
  readyToSell,
  startKioskProcess,
  temporaryFolder,
  type KioskProcess,
  type TestClient,
} from '../helpers/kiosk-process';
import { GINGER_BEER, stallDrawer, stallPrinter, stallScanner } from './devices/stall';
import { reloadUdevRules, startUdev, stopUdev, udevSettled } from './udev';
import { until } from './waiting';

/** Debian's `nobody` in its group `plugdev`, as a till that runs as a service: without a rule it may open nothing. */
const SERVICE = { uid: 65_534, gid: 46 };

/** The built till, headless, on devices it was told nothing of; one stall for all, since making one takes longest. */
const folder = temporaryFolder();
afterAll(() => folder.remove());
let kiosk: KioskProcess;
let till: TestClient;

async function start(user: typeof SERVICE | undefined = undefined): Promise<void> {
  kiosk = await startKioskProcess(folder.path, ['--demo', '--devices', 'real'], { env: { HOME: folder.path }, user });
  till = await connect({ socketUrl: kiosk.socket, token: kiosk.token, patienceMs: 60_000 });
}
async function stop(): Promise<void> {
  till.close();
  await kiosk.stop();
}

/** Does with the scans of the till's own scanners what its window does. */
function answerScans({ client }: TestClient): void {
  const answered = new Set<string>();
  client.onChange(() => {
    for (const { scanId, code } of client.topics?.scan.scans ?? []) {
      if (answered.has(scanId)) continue;
      answered.add(scanId);
      void client.call('cart.scan', { code }, scanId);
    }
  });
}

/** What the till says of its devices of one kind, as `state reason`; of drawers with a plug of their own. */
const states = (kind: string): string[] =>
  till.topics.devices.devices
    .filter((device) => device.kind === kind && device.settings !== null)
    .map(({ state, reason }) => `${state} ${reason}`.trim());
const becomes = (kind: string, expected: string): Promise<unknown> =>
  till.until(() => states(kind).includes(expected), `the ${kind} to be ${expected}`);

async function sellScanned(scan: () => void): Promise<{ orderId: string; number: string }> {
  scan();
  await till.until(({ sale }) => sale.cart.lines.length === 1, 'the scan on the docket');
  const { orderId, number } = await till.call('payment.cash', { givenMinor: till.topics.sale.cart.totalMinor });
  if (orderId === null || number === null) throw new Error('the sale was not complete');
  return { orderId, number };
}
const receiptOf = async (orderId: string): Promise<string> =>
  (await till.call('order.get', { orderId })).summary.receipt;
const receiptBecomes = async (orderId: string, expected: string): Promise<void> =>
  void (await till.until(
    ({ sale }) => sale.lastOrder?.orderId === orderId && sale.lastOrder.receipt === expected,
    `the receipt to be ${expected}`,
  ));

describe.each([
  ['told of plugs by udev', true],
  ['without udev, looking for what it knows', false],
])('the till on a real kernel, %s', (_, hasUdev) => {
  const [scanner, printer, drawer] = [stallScanner(), stallPrinter(), stallDrawer()];

  beforeAll(async () => {
    if (!hasUdev) await stopUdev();
    await start();
    answerScans(till);
    await readyToSell(till);
  });
  afterAll(async () => {
    for (const { plug } of [scanner, printer, drawer]) await plug.unplug();
    await stop();
    if (!hasUdev) await startUdev();
  });

  test('plugged in in any order, everything sells', async () => {
    for (const { plug } of hasUdev ? [scanner, printer, drawer] : [drawer, scanner, printer]) await plug.plugIn();
    await becomes('scanner', 'ready');
    await becomes('printer', 'ready');
    await becomes('drawer', 'ready');

    const { orderId, number } = await sellScanned(() => scanner.device.scan(GINGER_BEER));
    await receiptBecomes(orderId, 'acknowledged');
    const paper = printer.device.papers().at(-1);
    expect(paper?.isCut).toBe(true);
    expect(paper?.text).toContain(number);
    await until(() => drawer.device.pulses() === 1, 'the drawer to open');
    drawer.device.push();
  });

  test('the printer dies in the middle of a receipt, and the queue does not notice', async () => {
    printer.device.faultAfter(200, 'refuse');
    const torn = await sellScanned(() => scanner.device.scan(GINGER_BEER));
    await becomes('printer', 'absent');
    expect(printer.device.papers().at(-1)?.isCut).toBe(false);
    const sold = await sellScanned(() => scanner.device.scan(GINGER_BEER));
    expect(['failed', 'unknown']).toContain(await receiptOf(torn.orderId));
    expect(await receiptOf(sold.orderId)).not.toBe('acknowledged');
    expect(await till.call('order.list', { text: '', beforeSequence: null, limit: 2 })).toMatchObject({
      orders: [{ orderId: sold.orderId }, { orderId: torn.orderId }],
    });
    await until(() => drawer.device.pulses() === 3, 'the drawer to open for every sale');

    printer.device.clearFault('refuse');
    await becomes('printer', 'ready');
    const next = await sellScanned(() => scanner.device.scan(GINGER_BEER));
    await receiptBecomes(next.orderId, 'acknowledged');
    // The torn one is asked about, never printed again by itself.
    expect(['failed', 'unknown']).toContain(await receiptOf(torn.orderId));
    const whole = printer.device.papers().filter(({ isCut }) => isCut);
    expect(whole.filter(({ text }) => text.includes(torn.number))).toEqual([]);
    expect(whole.at(-1)?.text).toContain(next.number);
  });

  test('unplugged, a device is absent; plugged in again it is the same device', async () => {
    const devices = (): unknown =>
      till.topics.devices.devices.map(({ deviceId, kind, settings }) => ({ deviceId, kind, settings }));
    const before = devices();
    for (const { plug } of [scanner, drawer]) await plug.unplug();
    await becomes('scanner', 'absent');
    await becomes('drawer', 'absent');
    for (const { plug } of [drawer, scanner]) await plug.plugIn();
    await becomes('scanner', 'ready');
    await becomes('drawer', 'ready');
    expect(devices()).toEqual(before);
    await sellScanned(() => scanner.device.scan(GINGER_BEER));
  });
});

test('a user without rights is told so, and by the doctor how to mend it; our udev rules do', async () => {
  const devices = [stallScanner(), stallPrinter(), stallDrawer()];
  const replug = async (): Promise<void> => {
    for (const { plug } of devices) await plug.unplug();
    for (const { plug } of devices) await plug.plugIn();
    await udevSettled();
  };
  await replug();
  for (const file of ['', ...readdirSync(folder.path, { recursive: true, encoding: 'utf8' })])
    chownSync(join(folder.path, file), SERVICE.uid, SERVICE.gid);
  await start(SERVICE);
  await becomes('scanner', 'no-permission access-denied');
  await becomes('printer', 'no-permission access-denied');
  await becomes('drawer', 'no-permission access-denied');

  const doctor = ['out/main/trestle.js', 'doctor', '--data', folder.path];
  // Not `spawnSync`: the devices live in this process, and would stand still.
  const told = promisify(execFile)(process.execPath, doctor, SERVICE);
  await expect(told).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('60-trestle.rules') as string });

  mkdirSync('/etc/udev/rules.d', { recursive: true });
  copyFileSync('resources/udev/60-trestle.rules', '/etc/udev/rules.d/60-trestle.rules');
  await reloadUdevRules();
  await replug();
  await becomes('scanner', 'ready');
  await becomes('drawer', 'ready');
  await stop();
  for (const { plug } of devices) await plug.unplug();
});
