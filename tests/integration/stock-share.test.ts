import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CallInput, SharedStock } from '../../src/shared/contract';
import { signOn, startTwoTills, type PairedTill, type TwoTills } from '../helpers/two-tills';

const LOAF = '5012345010779';

let stall: TwoTills;
let loaf: { readonly itemId: string; readonly variantId: string; readonly priceMinor: number };

beforeAll(async () => {
  stall = await startTwoTills();
  const found = await stall.first.client.call('catalogue.lookup', { code: LOAF });
  const variant = found?.item.variants.find(({ variantId }) => variantId === found.variantId);
  if (!found || !variant) throw new Error('the demo stall sells a loaf');
  loaf = { itemId: found.item.itemId, variantId: found.variantId, priceMinor: variant.priceMinor };
});
afterAll(() => stall.close());

async function sharedLoaf({ client }: PairedTill): Promise<SharedStock> {
  const { variants } = await client.call('stock.shared', { itemId: loaf.itemId });
  const one = variants.find(({ variantId }) => variantId === loaf.variantId);
  if (!one) throw new Error('the loaf is an item');
  return one;
}

const leftAt = ({ tills }: SharedStock, { deviceId }: PairedTill): number | undefined =>
  tills.find((till) => till.deviceId === deviceId)?.left;

async function divide(till: PairedTill, quantities: readonly [number, number]): Promise<void> {
  const { itemId, variantId } = loaf;
  const [quantity, other] = quantities;
  const shares: CallInput<'stock.share'>['shares'] = [
    { deviceId: stall.first.deviceId, quantity },
    { deviceId: stall.second.deviceId, quantity: other },
  ];
  await till.client.call('stock.share', { itemId, variantId, shares });
}

async function sell({ client }: PairedTill, count: number): Promise<void> {
  const { lineId } = await client.call('cart.add', { variantId: loaf.variantId });
  if (count > 1) await client.call('cart.set-quantity', { lineId, quantity: count });
  await client.call('payment.cash', { givenMinor: count * loaf.priceMinor });
}

beforeEach(async () => {
  const { itemId, variantId } = loaf;
  await stall.first.client.call('stock.share', { itemId, variantId, shares: [] });
  await stall.meet();
});

test('what is divided is known to both tills, which each sell their share and no more', async () => {
  await divide(stall.first, [3, 2]);
  await stall.meet();
  // Out of reach of each other from here on.
  await stall.switchOff('first');
  const { second } = stall;
  expect(await sharedLoaf(second)).toMatchObject({ isDivided: true, toGive: 2, toDivide: 0, oversold: 0 });
  const { tiles } = await second.client.call('catalogue.search', { text: 'sourdough', limit: 5 });
  expect(tiles.find(({ itemId }) => itemId === loaf.itemId)?.share).toBe(2);
  await sell(second, 2);
  const refused = await second.client.client.call('cart.add', { variantId: loaf.variantId });
  expect(refused).toMatchObject({ ok: false, error: { code: 'share-spent', variantId: loaf.variantId } });

  await stall.switchOn('first');
  const { first } = stall;
  await sell(first, 2);
  const { lineId } = await first.client.call('cart.add', { variantId: loaf.variantId });
  expect(await first.client.failure('cart.set-quantity', { lineId, quantity: 2 })).toBe('share-spent');
  await stall.meet();
  expect(leftAt(await sharedLoaf(first), second)).toBe(0);

  // What is on the docket may be paid for: it cannot be given away as well.
  const { itemId, variantId } = loaf;
  const gift = { itemId, variantId, toDevice: second.deviceId, quantity: 1 };
  expect(await first.client.failure('stock.give', gift)).toBe('share-spent');
  await first.client.call('cart.remove-line', { lineId });
  await first.client.call('stock.give', gift);
  expect(await first.client.failure('cart.add', { variantId })).toBe('share-spent');
  await stall.meet();
  await sell(second, 1);
  await stall.meet();
  expect((await sharedLoaf(first)).tills.map(({ left }) => left)).toEqual([0, 0]);
});

test('a share that another till holds is not divided again; the split can be ended', async () => {
  const { first, second } = stall;
  await divide(first, [1, 1]);
  await stall.meet();
  await expect(divide(second, [0, 2])).rejects.toThrow(/^share-held/);
  const { itemId, variantId } = loaf;
  await second.client.call('stock.share', { itemId, variantId, shares: [] });
  await stall.meet();
  expect(await sharedLoaf(first)).toMatchObject({ isDivided: false, toGive: 0 });
  const { tiles } = await first.client.call('catalogue.search', { text: 'sourdough', limit: 5 });
  expect(tiles.find(({ itemId: tile }) => tile === itemId)?.share).toBeNull();
});

test('no more is divided than was counted, and only among tills of the stall', async () => {
  const { first } = stall;
  const { onHand, toDivide } = await sharedLoaf(first);
  expect(toDivide).toBe(onHand);
  await expect(divide(first, [onHand ?? 0, 1])).rejects.toThrow(/^bad-quantity/);
  const { itemId, variantId } = loaf;
  const stranger = [{ deviceId: 'nobody', quantity: 1 }];
  expect(await first.client.failure('stock.share', { itemId, variantId, shares: stranger })).toBe('unknown-device');
  expect(await first.client.failure('stock.give', { itemId, variantId, toDevice: first.deviceId, quantity: 1 })).toBe(
    'unknown-device',
  );
});

test('a cashier gives and does not divide', async () => {
  const { first, second } = stall;
  await divide(first, [1, 1]);
  await signOn(first.client, 'cashier');
  const { itemId, variantId } = loaf;
  expect(await first.client.failure('stock.share', { itemId, variantId, shares: [] })).toBe('not-allowed');
  await first.client.call('stock.give', { itemId, variantId, toDevice: second.deviceId, quantity: 1 });
  await signOn(first.client);
  expect((await sharedLoaf(first)).tills.map(({ left }) => left)).toEqual([0, 2]);
});

test('what is left of a drop is given away, but not what is on the docket', async () => {
  const { first, second } = stall;
  await first.client.call('drop.schedule', {
    name: 'Warm bread',
    what: { kind: 'variants', variantIds: [loaf.variantId] },
    effect: { kind: 'percent-off', basisPoints: 2_000 },
    startsAt: null,
    minutes: 30,
    unitCap: 4,
    shares: [
      { deviceId: first.deviceId, quantity: 3 },
      { deviceId: second.deviceId, quantity: 1 },
    ],
    graceMs: null,
  });
  const { dropId } = (await first.client.call('drop.list', {})).drops[0] ?? { dropId: '' };
  await first.client.call('cart.add', { variantId: loaf.variantId });
  const give = (quantity: number) => ({ dropId, toDevice: second.deviceId, quantity });
  expect(await first.client.failure('drop.give', give(3))).toBe('drop-spent');
  await first.client.call('drop.give', give(2));
  expect((await first.client.call('drop.list', {})).drops[0]?.left).toBe(1);
  await stall.meet();
  expect((await second.client.call('drop.list', {})).drops[0]?.left).toBe(3);
  await first.client.call('drop.end', { dropId });
});
