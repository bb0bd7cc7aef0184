import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../../src/journal/kinds';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { startTwoTills, type PairedTill, type TwoTills } from '../helpers/two-tills';

const LOAF = '5012345010779';

let stall: TwoTills;
let loaf: { readonly itemId: string; readonly variantId: string; readonly priceMinor: number; readonly photo: string };

beforeEach(async () => {
  stall = await startTwoTills();
  const { client, deviceId } = stall.first;
  const found = await client.call('catalogue.lookup', { code: LOAF });
  const [variant] = found?.item.variants ?? [];
  if (!found || !variant) throw new Error('the demo stall sells a loaf');
  const { itemId, photo } = found.item;
  loaf = { itemId, variantId: found.variantId, priceMinor: variant.priceMinor, photo: photo ?? '' };
  const shares = [
    { deviceId, quantity: 3 },
    { deviceId: stall.second.deviceId, quantity: 2 },
  ];
  await client.call('stock.share', { itemId, variantId: loaf.variantId, shares });
  await stall.meet();
});
afterEach(() => stall.close());

async function sell({ client }: PairedTill, quantity: number): Promise<void> {
  const { lineId } = await client.call('cart.add', { variantId: loaf.variantId });
  if (quantity > 1) await client.call('cart.set-quantity', { lineId, quantity });
  await client.call('payment.cash', { givenMinor: quantity * loaf.priceMinor });
}

async function shared({ client }: PairedTill) {
  const [stock] = (await client.call('stock.shared', { itemId: null })).variants;
  if (!stock) throw new Error('the loaf is divided');
  const left = Object.fromEntries(stock.tills.map((till) => [till.deviceId, till.left]));
  return { first: left[stall.first.deviceId], second: left[stall.second.deviceId], oversold: stock.oversold };
}

const otherTill = async ({ client }: PairedTill) =>
  (await client.call('backup.tills', {})).tills.find(({ isOwn }) => !isOwn);
const entriesOf = ({ dataDir }: PairedTill): Entry[] =>
  [...exportFolder(dataDir)].map((line) => JSON.parse(line) as Entry);

test('a till takes over what another one had: parked carts, open card payments, shares', async () => {
  const { client } = stall.first;
  await sell(stall.first, 1);
  await client.call('cart.scan', { code: LOAF });
  await client.call('cart.park', { label: 'lady in red' });
  await client.call('cart.add-amount', { name: 'Plate', amountMinor: 700, taxRateId: 'standard' });
  await client.call('payment.open', {});
  await client.call('payment.card-start', { amountMinor: 700, provider: 'SumUp' });
  await stall.meet();
  await stall.switchOff('first');

  const { second } = stall;
  const { deviceId } = stall.first;
  expect(await second.client.call('backup.look', { deviceId })).toMatchObject({
    missing: 0,
    shift: { floatMinor: 5_000, expectedCashMinor: 5_000 + loaf.priceMinor, orderCount: 1 },
    parked: { count: 1, totalMinor: loaf.priceMinor },
    openTenders: [{ amountMinor: 700, provider: 'SumUp' }],
    shares: [{ quantity: 2 }],
  });
  expect(second.client.topics.sale.strayTenders).toEqual([]);
  await second.client.call('backup.take-over', { deviceId });
  expect(await shared(second)).toEqual({ first: 0, second: 4, oversold: 0 });
  await second.client.until(({ sale }) => sale.strayTenders.length === 1, 'the open card payment of the other till');
  const [parked] = second.client.topics.sale.parked;
  await second.client.call('cart.unpark', { parkedCartId: parked?.parkedCartId ?? '' });
  await second.client.call('payment.cash', { givenMinor: loaf.priceMinor });
  expect(await otherTill(second)).toMatchObject({ takenOver: { byThis: true } });
  // A second tap, and a restart, change nothing.
  await second.client.call('backup.take-over', { deviceId });
  await stall.switchOff('second');
  expect(entriesOf(second).filter(({ kind }) => kind === 'device.taken-over')).toHaveLength(1);
  expect((await verifyFolder(second.dataDir)).findings).toEqual([]);
});

test('a till that comes back hears of it, sells nothing of what went over, and goes on with one tap', async () => {
  await stall.switchOff('first');
  const { second } = stall;
  const { deviceId } = stall.first;
  await second.client.call('backup.take-over', { deviceId });
  await sell(second, 4);
  await stall.switchOn('first');
  await stall.meet();
  const { client } = stall.first;
  await client.until(({ sync }) => sync.takenOver !== null, 'word that it was taken over');
  expect(client.topics.sync.takenOver).toMatchObject({ by: 'T1A', byThis: false });
  expect(await client.failure('cart.add', { variantId: loaf.variantId })).toBe('share-spent');
  await client.call('backup.hand-back', { deviceId });
  await client.until(({ sync }) => sync.takenOver === null, 'the end of it');
  await stall.meet();
  expect(await otherTill(second)).toMatchObject({ takenOver: null });
  expect(await shared(second)).toEqual({ first: 0, second: 1, oversold: 0 });
});

test('who took over hands back what is left of the shares', async () => {
  await stall.switchOff('first');
  const { second } = stall;
  const { deviceId } = stall.first;
  await second.client.call('backup.take-over', { deviceId });
  await sell(second, 3);
  await second.client.call('cart.add', { variantId: loaf.variantId });
  await second.client.call('backup.hand-back', { deviceId });
  // One was sold of the other's three, and one is on the docket.
  expect(await shared(second)).toEqual({ first: 1, second: 1, oversold: 0 });
  await stall.switchOn('first');
  await stall.meet();
  expect(stall.first.client.topics.sync.takenOver).toBeNull();
  await sell(stall.first, 1);
});

test('a till that sold on without knowing that it was taken over: too much was sold, and both say so', async () => {
  await stall.switchOff('first');
  await sell(stall.second, 2);
  await stall.switchOff('second');
  await stall.switchOn('first');
  const { first } = stall;
  await first.client.call('backup.take-over', { deviceId: stall.second.deviceId });
  expect(await shared(first)).toEqual({ first: 5, second: 0, oversold: 0 });
  await stall.switchOn('second');
  await stall.meet();
  expect(await shared(first)).toEqual({ first: 5, second: 0, oversold: 2 });
  expect(await shared(stall.second)).toEqual({ first: 5, second: 0, oversold: 2 });
});

test('a rehearsal looks at everything for real, changes nothing, and is kept with its date', async () => {
  const { second } = stall;
  const { deviceId } = stall.first;
  // Photos follow the goods.
  await expect.poll(() => second.kiosk.kiosk.findPhoto(loaf.photo), { timeout: 30_000 }).not.toBeNull();
  const passed = async () => {
    const { checks } = await second.client.call('backup.rehearse', { deviceId });
    return Object.fromEntries(checks.map(({ check, passed: isPassed }) => [check, isPassed]));
  };
  const all = { heard: true, goods: true, photos: true, people: true, printer: true, sale: true };
  await expect.poll(passed, { timeout: 30_000 }).toEqual(all);
  const before = await shared(second);
  second.kiosk.virtualPrinter?.setFault('paper-out');
  await second.client.until(({ devices }) => devices.devices.some(({ state }) => state === 'faulted'), 'no paper');
  rmSync(second.kiosk.kiosk.findPhoto(loaf.photo)?.path ?? '');
  expect(await passed()).toEqual({ ...all, printer: false, photos: false });

  expect(await shared(second)).toEqual(before);
  const after = await otherTill(second);
  expect(after?.takenOver).toBeNull();
  expect(after?.rehearsal?.checks.filter((one) => !one.passed).map(({ check }) => check)).toEqual([
    'photos',
    'printer',
  ]);
  await stall.meet();
  expect(stall.first.client.topics.sync.takenOver).toBeNull();
  await stall.switchOff('second');
  await stall.switchOn('second');
  expect((await otherTill(stall.second))?.rehearsal).toEqual(after?.rehearsal);
  expect(entriesOf(stall.second).some(({ kind }) => kind === 'order.placed')).toBe(false);
});

test('a till takes over another till of its stall, and nothing else', async () => {
  const { client, deviceId } = stall.first;
  for (const call of ['backup.take-over', 'backup.rehearse'] as const) {
    expect(await client.failure(call, { deviceId })).toBe('unknown-device');
    expect(await client.failure(call, { deviceId: 'nobody' })).toBe('unknown-device');
  }
  await client.call('staff.sign-off', {});
  expect(await client.failure('backup.take-over', { deviceId: stall.second.deviceId })).toBe('not-signed-on');
});
