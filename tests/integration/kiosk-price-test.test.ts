import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { verifyFolder } from '../../src/main/db/inspect';
import type { PriceTestView } from '../../src/shared/contract';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';

const SOURDOUGH = '5012345010779';
const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-06-13T10:00:00.000Z');

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let running: RunningKiosk;
let till: TestClient;

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({
    dataDir: folder.path,
    demo: true,
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() },
  }));
}

beforeEach(async () => {
  folder = temporaryFolder();
  clock = manualClock(START_MS);
  await start();
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  const { findings } = await verifyFolder(folder.path);
  folder.remove();
  expect(findings).toEqual([]);
});

const view = async (): Promise<PriceTestView> => (await till.call('state.get', {})).priceTests.tests[0]!;
async function shown(itemId: string): Promise<number> {
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 500 });
  return tiles.find((tile) => tile.itemId === itemId)!.priceMinor;
}

async function register(): Promise<{ testId: string; itemId: string; priceMinor: number; otherMinor: number }> {
  const { item } = (await till.call('catalogue.lookup', { code: SOURDOUGH }))!;
  const { itemId } = item;
  const priceMinor = item.variants[0]!.priceMinor;
  // Enough that nothing sells out.
  const { name, category, description, photo, backdrop } = item;
  const variants = item.variants.map((variant) => ({ ...variant, barcodes: [...variant.barcodes], stock: 900 }));
  await till.call('catalogue.put-item', { itemId, name, category, description, photo, backdrop, variants });
  const otherMinor = priceMinor - 50;
  const { testId } = await till.call('price-test.register', {
    itemId,
    variantIds: null,
    name: null,
    otherPricesMinor: [otherMinor],
    measure: 'units',
    minimumDifference: 5,
    blockMs: null,
    washoutMs: null,
    lookRounds: null,
    falseWinnerBasisPoints: null,
    startNow: true,
  });
  return { testId, itemId, priceMinor, otherMinor };
}

test('shows the price of the block, charges it, says why in the order, and gives the old price back when it is settled', async () => {
  const { testId, itemId, priceMinor, otherMinor } = await register();
  const seen = new Set<number>();
  // Two buyers in each block at today's price and five at the other.
  for (let block = 0; block < 18; block += 1) {
    const { block: on, plan } = await view();
    const price = plan.armsMinor[on!.arm]!;
    seen.add(price);
    expect(await shown(itemId)).toBe(price);
    await clock.advance(2 * MINUTE_MS);
    for (let buyer = 0; buyer < (price === otherMinor ? 5 : 2); buyer += 1) {
      await till.call('cart.scan', { code: SOURDOUGH });
      const { orderId } = await till.call('payment.cash', { givenMinor: 100_000 });
      if (buyer > 0) continue;
      const { order } = await till.call('order.get', { orderId: orderId ?? '' });
      expect(order.lines[0]).toMatchObject({ unitPriceMinor: price });
      expect(order.lines[0]!.trace?.steps.at(-1)).toMatchObject({
        origin: 'test',
        originId: testId,
        arm: String(on!.arm),
        afterMinor: price,
      });
    }
    await clock.advance(3 * MINUTE_MS);
  }
  expect([...seen].toSorted()).toEqual([otherMinor, priceMinor].toSorted());
  expect(await view()).toMatchObject({ phase: 'over', stopped: { end: 'settled' }, readOutRounds: [9] });
  const { readOut } = await till.call('price-test.read-out', { testId });
  expect(readOut).toMatchObject({ outcome: { kind: 'winner', arm: 1 }, roundsCounted: 9, strays: 0 });
  expect(readOut.comparisons[0]!.units.estimate).toBeCloseTo(45);
  expect(await shown(itemId)).toBe(priceMinor);

  // The winner becomes the catalogue's price in one step, the log says of which test, and the way back is the same.
  const use = (arm: number) => till.call('price-test.use', { testId, arm });
  expect(await till.failure('price-test.use', { testId, arm: 2 })).toBe('unknown-price-test');
  await use(1);
  expect(await shown(itemId)).toBe(otherMinor);
  await use(0);
  expect(await shown(itemId)).toBe(priceMinor);
  const { rows } = await till.call('prices.log', {
    ...{ from: null, until: null, kinds: ['price'], staffId: null },
    ...{ limit: 2, before: null },
  });
  const { session } = till.topics;
  const by = { why: 'test', rules: [testId], staffName: session.signedOn?.name };
  expect(rows).toMatchObject([
    { ...by, beforeMinor: otherMinor, afterMinor: priceMinor },
    { ...by, beforeMinor: priceMinor, afterMinor: otherMinor },
  ]);
});

test('after a jump of the clock that nobody has judged yet, sales count in the block whose price they had', async () => {
  const { testId } = await register();
  await clock.advance(MINUTE_MS);
  clock.set(-6 * MINUTE_MS);
  await clock.advance(MINUTE_MS);
  const sell = async () => {
    await till.call('cart.scan', { code: SOURDOUGH });
    const { orderId } = await till.call('payment.cash', { givenMinor: 100_000 });
    return (await till.call('order.get', { orderId: orderId ?? '' })).order;
  };
  // The round into which the jump fell, and the one after it.
  for (let block = 0; block < 4; block += 1) {
    const order = await sell();
    expect(order.pricedAt).toBe(new Date(clock.steady()).toISOString());
    expect(order.placedAt).toBe(new Date(clock.now()).toISOString());
    await clock.advance(5 * MINUTE_MS);
  }
  const { rounds } = await till.call('price-test.read-out', { testId });
  expect(rounds.map(({ arms, strays, spoiltBy }) => [spoiltBy, strays, arms.map((arm) => arm?.units)])).toEqual([
    [['clock-jump'], 0, [1, 1]],
    [[], 0, [1, 1]],
  ]);
  await till.call('prices.accept-clock', {});
  expect((await sell()).pricedAt).toBeUndefined();
});

test('a drop has precedence, and the rounds it falls into do not count', async () => {
  const { testId, itemId, priceMinor } = await register();
  expect(await till.failure('price-test.use', { testId, arm: 1 })).toBe('price-test-running');
  await clock.advance(12 * MINUTE_MS);
  await till.call('drop.schedule', {
    name: 'Lunch bread',
    what: { kind: 'items', itemIds: [itemId] },
    effect: { kind: 'unit-price', priceMinor: priceMinor - 100 },
    startsAt: null,
    minutes: 30,
    unitCap: null,
    shares: null,
    graceMs: null,
  });
  expect(await shown(itemId)).toBe(priceMinor - 100);
  await clock.advance(31 * MINUTE_MS);
  const { block, plan } = await view();
  expect(await shown(itemId)).toBe(plan.armsMinor[block!.arm]);
  await clock.advance(17 * MINUTE_MS);
  const { rounds } = await till.call('price-test.read-out', { testId });
  expect(rounds.map(({ spoiltBy }) => spoiltBy[0] ?? '')).toEqual(['', 'drop', 'drop', 'drop', 'drop', '']);
});

test('a till that restarts shows the price of the block that is on by then', async () => {
  const { itemId } = await register();
  const { plan } = await view();
  till.close();
  await running.close();
  await clock.advance(7 * MINUTE_MS);
  await start();
  const { block } = await view();
  expect(block).toMatchObject({ round: 0, position: 1 });
  expect(await shown(itemId)).toBe(plan.armsMinor[block!.arm]);
});
