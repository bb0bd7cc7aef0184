import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;

beforeEach(async () => {
  folder = temporaryFolder();
  ({ running, till } = await startTestTill({ dataDir: folder.path, demo: true }));
  await readyToSell(till);
});

afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

/** Sets up a device made of nothing and waits until the till knows how it is. */
async function setUp(kind: 'scale' | 'line-display', model: string, state: string): Promise<string> {
  const settings = { kind, link: { via: 'virtual' as const }, model };
  const { deviceId } = await till.call('device.configure', { deviceId: null, settings });
  const isThere = (device: { deviceId: string; state: string }): boolean =>
    device.deviceId === deviceId && device.state === state;
  await till.until(({ devices }) => devices.devices.some(isThere), `the ${kind} is ${state}`);
  return deviceId;
}

test('without a scale nothing is weighed, and with one what lies on it', async () => {
  expect(await till.call('scale.weigh', {})).toEqual({ kind: 'none', reason: 'no-scale' });
  const deviceId = await setUp('scale', 'nci-8n1', 'ready');
  const scale = running.virtualDevices!.scale(deviceId);
  scale.put(350);
  expect(await till.call('scale.weigh', {})).toEqual({ kind: 'weight', weightGrams: 350 });
  scale.shake(true);
  expect(await till.call('scale.weigh', {})).toEqual({ kind: 'none', reason: 'unstable' });
  scale.wire.setFault('unplugged');
  expect(await till.call('scale.weigh', {})).toEqual({ kind: 'none', reason: 'disconnected' });
});

test('the customer display follows the sale, and no dead display delays it', async () => {
  const deviceId = await setUp('line-display', 'epson-dm-d', 'degraded');
  const display = running.virtualDevices!.lineDisplay(deviceId);
  const reads = async (upper: RegExp, lower: RegExp): Promise<void> => {
    await expect
      .poll(() => display.lines().join('|'))
      .toMatch(new RegExp(`^${upper.source}\\s*\\|${lower.source}\\s*$`));
  };
  await reads(/ +[^|]+/, / +Welcome/);
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 50 });
  const tile = tiles.find(({ variantId, pricing }) => variantId !== null && pricing === 'each');
  if (!tile?.variantId) throw new Error('the demo stall sells something by the piece');
  await till.call('cart.add', { variantId: tile.variantId });
  const price = `£${(tile.priceMinor / 100).toFixed(2)}`;
  await reads(new RegExp(`${tile.name.slice(0, 5)}.* ${price}`), new RegExp(`Total +${price}`));
  await till.call('payment.cash', { givenMinor: tile.priceMinor + 100 });
  await reads(new RegExp(`Paid +${price}`), /Change +£1.00/);

  display.wire.setFault('stalled');
  await till.call('cart.add', { variantId: tile.variantId });
  await till.call('payment.cash', { givenMinor: tile.priceMinor });
  expect(till.topics.sale.done?.changeMinor ?? 0).toBe(0);
  display.wire.clearFault();
  await reads(new RegExp(`Paid +${price}`), / +Thank you/);
});
