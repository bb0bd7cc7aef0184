import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkOrder } from '../../src/domain/order';
import type { Entry } from '../../src/journal/kinds';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { Store } from '../../src/main/db/store';
import type { RunningKiosk } from '../../src/main/boot';
import type { TypedRule } from '../../src/shared/contract';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { typedRule } from '../helpers/price-rules';

const SOURDOUGH = '5012345010779';
const GINGER_BEER = '5012345014104';
const MINUTE_MS = 60_000;
/** A Saturday, 11:00 in London. */
const START_MS = Date.parse('2026-06-13T10:00:00.000Z');

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
/** By how much the machine's timers are late. */
let lateMs: number;
let running: RunningKiosk;
let till: TestClient;

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({
    dataDir: folder.path,
    demo: true,
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() + lateMs },
  }));
}
async function restart(): Promise<void> {
  till.close();
  await running.close();
  await start();
}

beforeEach(async () => {
  folder = temporaryFolder();
  clock = manualClock(START_MS);
  lateMs = 0;
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

const entries = (): Entry[] => [...exportFolder(folder.path)].map((line) => JSON.parse(line) as Entry);
const ofKind = <K extends Entry['kind']>(kind: K): Entry<K>[] =>
  entries().filter((entry) => entry.kind === kind) as unknown as Entry<K>[];

async function variantOf(
  code: string,
): Promise<{ variantId: string; itemId: string; priceMinor: number; category: string }> {
  const found = await till.call('catalogue.lookup', { code });
  const variant = found?.item.variants.find(({ variantId }) => variantId === found.variantId);
  if (!found || !variant) throw new Error(`nothing goes by ${code}`);
  const { itemId, category } = found.item;
  return { variantId: variant.variantId, itemId, priceMinor: variant.priceMinor, category };
}
const lines = () => till.topics.sale.cart.lines;
const prices = (): number[] => lines().map(({ unitPriceMinor }) => unitPriceMinor);
async function tilePrice(itemId: string): Promise<{ priceMinor: number; wasMinor?: number | undefined }> {
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 500 });
  const tile = tiles.find((one) => one.itemId === itemId);
  if (!tile) throw new Error('no such tile');
  return { priceMinor: tile.priceMinor, wasMinor: tile.wasMinor };
}
async function paidOrder() {
  const placed = await till.call('payment.cash', { givenMinor: 100_000 });
  const { order } = await till.call('order.get', { orderId: placed.orderId ?? '' });
  expect(checkOrder(order)).toEqual([]);
  return order;
}

describe('a rule', () => {
  test('changes tile, docket and order at once; the order says why for ever; the log says who', async () => {
    const { variantId, itemId, priceMinor } = await variantOf(SOURDOUGH);
    await till.call('cart.scan', { code: SOURDOUGH });
    const { ruleId } = await till.call(
      'prices.put-rule',
      typedRule({ what: { kind: 'variants', variantIds: [variantId] } }),
    );
    const cheaper = priceMinor - Math.round(priceMinor / 10);
    await till.until(() => prices()[0] === cheaper, 'the docket has the price of now');
    expect(await tilePrice(itemId)).toEqual({ priceMinor: cheaper, wasMinor: priceMinor });
    const order = await paidOrder();
    expect(order.lines[0]).toMatchObject({
      unitPriceMinor: cheaper,
      wasMinor: priceMinor,
      trace: { steps: [{ kind: 'rule', ruleId, version: 1, beforeMinor: priceMinor, afterMinor: cheaper }] },
    });
    const [changed] = ofKind('price.changed');
    expect(changed?.actor).not.toBeNull();
    expect(changed?.body).toMatchObject({
      cause: { kind: 'rule', ids: [`${ruleId}@1`] },
      changes: [{ variantId, beforeMinor: priceMinor, afterMinor: cheaper }],
    });
    const { rows, volatility } = await till.call('prices.log', {
      from: null,
      until: null,
      kinds: [],
      staffId: null,
      limit: 100,
      before: null,
    });
    expect(rows.map(({ kind }) => kind).sort()).toEqual(['price', 'rule', 'sale']);
    expect(volatility).toMatchObject({ changes: 1, variants: 1, meanBasisPoints: 1_000 });
    const { text } = await till.call('prices.export-log', {
      from: null,
      until: null,
      kinds: ['price'],
      staffId: null,
      format: 'csv',
    });
    expect(text).toContain(`${ruleId}@1`);
  });

  test('in force by the clock of the event flips the till by itself, and an open cart keeps its price through the grace', async () => {
    const { variantId, itemId, priceMinor } = await variantOf(SOURDOUGH);
    await till.call(
      'prices.put-rule',
      typedRule({
        what: { kind: 'variants', variantIds: [variantId] },
        effect: { kind: 'unit-price', priceMinor: 100 },
        when: { from: null, until: null, weekly: [{ days: [6], from: '11:30', until: '12:00' }] },
      }),
    );
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([priceMinor]);
    await clock.advance(30 * MINUTE_MS);
    await till.until(() => prices()[0] !== priceMinor, 'the window opened');
    // A floor wins: the loaf cost more than the rule wants.
    const [shown = 0] = prices();
    expect(shown).toBeGreaterThan(100);
    expect(lines()[0]?.trace?.steps.at(-1)?.kind).toBe('floor');
    await clock.advance(30 * MINUTE_MS);
    await till.until(() => lines()[0]?.trace?.steps.at(-1)?.kind === 'grace', 'the window closed');
    expect(prices()).toEqual([shown]);
    expect((await tilePrice(itemId)).priceMinor).toBe(priceMinor);
    await clock.advance(2 * MINUTE_MS);
    await till.until(() => prices()[0] === priceMinor, 'the grace is over');
    expect(ofKind('price.changed').map(({ body }) => body.cause.kind)).toEqual(['rule', 'rule']);
  });

  test('that a full disk kept from an open cart is on it with the first tap that is saved', async () => {
    const { variantId, priceMinor } = await variantOf(SOURDOUGH);
    await till.call('cart.scan', { code: SOURDOUGH });
    const full = vi.spyOn(Store.prototype, 'saveSale').mockImplementation(() => {
      throw new Error('database or disk is full');
    });
    const cheap = typedRule({ what: { kind: 'variants', variantIds: [variantId] } });
    await expect(till.call('prices.put-rule', cheap)).rejects.toThrow('internal');
    await expect(till.call('cart.scan', { code: GINGER_BEER })).rejects.toThrow('internal');
    full.mockRestore();
    expect(prices()).toEqual([priceMinor]);
    await till.call('cart.scan', { code: GINGER_BEER });
    const cheaper = priceMinor - Math.round(priceMinor / 10);
    await till.until(() => prices()[0] === cheaper, 'the docket has the price of now');
    expect(lines()).toHaveLength(2);
  });

  test('does not touch a cart that is being paid', async () => {
    const { priceMinor } = await variantOf(SOURDOUGH);
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('payment.open', {});
    await till.call('prices.put-rule', typedRule());
    expect(prices()).toEqual([priceMinor]);
    await till.call('payment.cancel', {});
    await till.until(() => prices()[0] !== priceMinor, 'the price of now');
  });

  test('that makes no sense is refused, with the words for it', async () => {
    const bad: Partial<TypedRule>[] = [
      { effect: { kind: 'unit-price', priceMinor: -1 } },
      { effect: { kind: 'unit-price', priceMinor: 2_000_000_000 } },
      { effect: { kind: 'percent-off', basisPoints: 10_001 } },
      { name: ' ' },
      { when: { from: '2026-06-13T12:00:00.000Z', until: '2026-06-13T11:00:00.000Z', weekly: [] } },
    ];
    for (const said of bad)
      expect(await till.failure('prices.put-rule', typedRule(said))).toMatch(/bad-(rule|request)/);
    // A pattern is nothing but words.
    const hostile = `${'(a+)+'.repeat(7)}$`;
    const { ruleId } = await till.call('prices.put-rule', typedRule({ what: { kind: 'words', words: [hostile] } }));
    const { rules } = await till.call('prices.rules', {});
    expect(rules.find(({ rule }) => rule.ruleId === ruleId)?.rule.what).toEqual({ kind: 'words', words: ['a'] });
  });

  test('is tried out before it is written: goods, and what the last sales would have come to', async () => {
    const { variantId, priceMinor } = await variantOf(SOURDOUGH);
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('cart.scan', { code: GINGER_BEER });
    const { totalMinor } = await paidOrder();
    const rule = typedRule({
      what: { kind: 'variants', variantIds: [variantId] },
      when: { from: null, until: null, weekly: [{ days: [7], from: '10:00', until: '11:00' }] },
    });
    const preview = await till.call('prices.preview', { rule });
    const cheaper = priceMinor - Math.round(priceMinor / 10);
    expect(preview).toMatchObject({
      // Sunday, ten o'clock in London.
      at: '2026-06-14T09:00:00.000Z',
      goodsCount: 1,
      goods: [{ variantId, beforeMinor: priceMinor, afterMinor: cheaper }],
      carts: { count: 1, changedCount: 1, beforeMinor: totalMinor, afterMinor: totalMinor - (priceMinor - cheaper) },
    });
    expect(ofKind('price.rules-put')).toEqual([]);
  });

  test('for several pieces is an offer on the lines, on the receipt and in the order', async () => {
    const loaf = await variantOf(SOURDOUGH);
    const beer = await variantOf(GINGER_BEER);
    const part = (variantId: string) => ({ what: { kind: 'variants' as const, variantIds: [variantId] }, quantity: 1 });
    await till.call(
      'prices.put-rule',
      typedRule({
        name: 'Lunch',
        effect: {
          kind: 'bundle',
          parts: [part(loaf.variantId), part(beer.variantId)],
          at: { kind: 'amount-off', amountMinor: 100 },
          mostPerCart: null,
        },
      }),
    );
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('cart.scan', { code: GINGER_BEER });
    const fullMinor = loaf.priceMinor + beer.priceMinor;
    expect(till.topics.sale.cart).toMatchObject({ totalMinor: fullMinor - 100, savedMinor: 100 });
    const [, second] = lines();
    await till.call('cart.remove-line', { lineId: second?.lineId ?? '' });
    expect(till.topics.sale.cart.totalMinor).toBe(loaf.priceMinor);
    await till.call('cart.scan', { code: GINGER_BEER });
    const order = await paidOrder();
    expect(order.totalMinor).toBe(fullMinor - 100);
    const { receipt } = await till.call('order.get', { orderId: order.orderId });
    expect(JSON.stringify(receipt)).toContain('off, Lunch');
  });

  test('for trade is for a sale that was said to be for trade', async () => {
    const { priceMinor } = await variantOf(SOURDOUGH);
    await till.call('prices.put-rule', typedRule({ audience: 'trade' }));
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([priceMinor]);
    await till.call('cart.set-audience', { audience: 'trade' });
    expect(prices()[0]).toBeLessThan(priceMinor);
  });
});

describe('a drop', () => {
  const schedule = async (said: { unitCap?: number; startsAt?: string } = {}) => {
    const { variantId } = await variantOf(SOURDOUGH);
    return till.call('drop.schedule', {
      name: 'Warm bread',
      what: { kind: 'variants', variantIds: [variantId] },
      effect: { kind: 'percent-off', basisPoints: 2_000 },
      startsAt: said.startsAt ?? null,
      minutes: 30,
      unitCap: said.unitCap ?? null,
      shares: null,
      graceMs: null,
    });
  };
  const drop = () => till.topics.prices.drops[0];

  test('counts down, survives a restart and a clock set back, and ends when it should', async () => {
    const { priceMinor } = await variantOf(SOURDOUGH);
    await schedule({ startsAt: new Date(START_MS + 10 * MINUTE_MS).toISOString() });
    await till.until(() => drop()?.phase === 'planned', 'it is planned');
    await clock.advance(10 * MINUTE_MS);
    await till.until(() => drop()?.phase === 'running', 'it runs');
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()[0]).toBeLessThan(priceMinor);

    // Somebody sets the clock back by an hour, before its start.
    clock.set(-60 * MINUTE_MS);
    await clock.advance(15_000);
    await till.until(({ prices: { clockAheadMs } }) => clockAheadMs < 0, 'a person is told');
    expect(drop()?.phase).toBe('running');
    expect(ofKind('clock.jumped').map(({ body }) => Math.round(body.byMs / MINUTE_MS))).toEqual([-60]);
    await till.call('cart.set-quantity', { lineId: lines()[0]?.lineId ?? '', quantity: 2 });
    expect(prices()[0]).toBeLessThan(priceMinor);

    // The journal knows what time it was.
    await restart();
    expect(drop()?.phase).toBe('running');
    await clock.advance(30 * MINUTE_MS);
    await till.until(() => drop()?.phase === 'over', 'it is over');
    await clock.advance(5 * MINUTE_MS);
    await till.until(() => prices()[0] === priceMinor, 'and its grace');
    const { drops } = await till.call('drop.list', {});
    expect(drops[0]?.summary).toMatchObject({ units: 0, orders: 0 });
  });

  test('is not ended by a clock set forward, until a person says that it is right', async () => {
    await schedule();
    clock.set(3 * 60 * MINUTE_MS);
    await clock.advance(15_000);
    await till.until(({ prices: { clockAheadMs } }) => clockAheadMs > 0, 'a person is told');
    expect(drop()?.phase).toBe('running');
    await till.call('prices.accept-clock', {});
    await till.until(() => drop()?.phase === 'over', 'it is over by the right clock');
  });

  test('sells no more than its cap, and is over when all is sold', async () => {
    const { priceMinor, itemId } = await variantOf(SOURDOUGH);
    await schedule({ unitCap: 3 });
    await till.call('cart.scan', { code: SOURDOUGH });
    const [lineId] = lines().map((line) => line.lineId);
    expect(await till.failure('cart.set-quantity', { lineId: lineId ?? '', quantity: 4 })).toBe('drop-spent');
    await till.call('cart.set-quantity', { lineId: lineId ?? '', quantity: 3 });
    // One more costs the usual price, on a line of its own.
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([priceMinor - Math.round(priceMinor / 5), priceMinor]);
    const order = await paidOrder();
    expect(order.lines).toHaveLength(2);
    await till.until(() => drop()?.phase === 'over', 'it is sold out');
    expect(drop()).toMatchObject({ endedBy: 'sold-out', sold: 3, left: 0 });
    expect((await tilePrice(itemId)).priceMinor).toBe(priceMinor);
    const { drops } = await till.call('drop.list', {});
    const soldFor = 3 * (priceMinor - Math.round(priceMinor / 5));
    expect(drops[0]?.summary).toEqual({
      units: 3,
      orders: 1,
      revenueMinor: soldFor,
      savedMinor: 3 * priceMinor - soldFor,
    });
  });

  test('of which too few are left gives those, and says on the line of the others why they cost the usual price', async () => {
    const { priceMinor, variantId } = await variantOf(SOURDOUGH);
    await schedule({ unitCap: 3 });
    const { lineId } = await till.call('cart.add', { variantId, quantity: 5 });
    const dropMinor = priceMinor - Math.round(priceMinor / 5);
    const parts = () =>
      lines().map(({ quantity, unitPriceMinor, trace }) => [quantity, unitPriceMinor, trace?.spent?.name]);
    expect(parts()).toEqual([
      [3, dropMinor, undefined],
      [2, priceMinor, 'Warm bread'],
    ]);
    expect(till.topics.sale.markedLineId).toBe(lineId);
    expect(lines()[0]?.lineId).toBe(lineId);
    // One more joins those that cost the usual price; once the drop has pieces again, they cost its price.
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(parts()[1]).toEqual([3, priceMinor, 'Warm bread']);
    await till.call('cart.remove-line', { lineId });
    expect(parts()).toEqual([[3, dropMinor, undefined]]);
    await till.call('cart.add', { variantId, quantity: 1 });
    const order = await paidOrder();
    expect(order.lines.map(({ trace }) => trace?.spent?.name)).toEqual([undefined, 'Warm bread']);
    expect(order.totalMinor).toBe(3 * dropMinor + priceMinor);
  });

  test('counts what is weighed by the line, and what was saved on it by its weight', async () => {
    const { tiles } = await till.call('catalogue.search', { text: 'cave cheddar', limit: 1 });
    const [{ variantId, priceMinor } = { variantId: '', priceMinor: 0 }] = tiles;
    await till.call('drop.schedule', {
      name: 'Cheese',
      what: { kind: 'variants', variantIds: [variantId ?? ''] },
      effect: { kind: 'percent-off', basisPoints: 5_000 },
      startsAt: null,
      minutes: 30,
      unitCap: 2,
      shares: null,
      graceMs: null,
    });
    await till.call('cart.add', { variantId: variantId ?? '', quantity: 500 });
    // The price stops at what the cheese cost.
    const offMinor = priceMinor - (prices()[0] ?? 0);
    expect(offMinor).toBeGreaterThan(0);
    await till.call('cart.discount', { discount: { kind: 'percent', basisPoints: 1_000, reason: 'Regular' } });
    await paidOrder();
    const filter = { from: null, until: null, kinds: ['sale' as const, 'discount' as const], staffId: null };
    const { rows } = await till.call('prices.log', { ...filter, limit: 10, before: null });
    const [sale, discount] = [rows.find(({ kind }) => kind === 'sale'), rows.find(({ kind }) => kind === 'discount')];
    expect(sale).toMatchObject({ beforeMinor: priceMinor / 2, afterMinor: (priceMinor - offMinor) / 2 });
    expect(discount).toMatchObject({ beforeMinor: sale?.afterMinor, why: 'Regular' });
    const { drops } = await till.call('drop.list', {});
    expect(drops[0]).toMatchObject({ sold: 1, left: 1, summary: { units: 1, savedMinor: offMinor / 2 } });
  });

  test('is over for a sale that was open when the till was switched off, once its grace is', async () => {
    const { priceMinor } = await variantOf(SOURDOUGH);
    await schedule();
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()[0]).toBeLessThan(priceMinor);
    till.close();
    await running.close();
    await clock.advance(40 * MINUTE_MS);
    await start();
    expect(prices()).toEqual([priceMinor]);
  });

  test('holds for all of a sale in which something is tapped before a late timer tells of it', async () => {
    const { priceMinor } = await variantOf(SOURDOUGH);
    await schedule({ startsAt: new Date(START_MS + 10 * MINUTE_MS).toISOString() });
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([priceMinor]);
    lateMs = 10 * MINUTE_MS;
    const { variantId } = await variantOf(GINGER_BEER);
    await till.call('cart.add', { variantId });
    expect(prices()[0]).toBe(priceMinor - Math.round(priceMinor / 5));
    expect(lines()).toHaveLength(2);
  });

  test('takes its price from nobody who asks for more than is left, whatever else is on offer', async () => {
    const { priceMinor } = await variantOf(SOURDOUGH);
    const { variantId } = await variantOf(GINGER_BEER);
    const tiers = [{ fromQuantity: 12, charge: { kind: 'percent-off' as const, basisPoints: 500 } }];
    await till.call('prices.put-rule', {
      ...typedRule(),
      what: { kind: 'variants', variantIds: [variantId] },
      effect: { kind: 'tiers', unit: 'each', across: 'variant', tiers },
    });
    await schedule({ unitCap: 3 });
    await till.call('cart.scan', { code: SOURDOUGH });
    const lineId = lines()[0]?.lineId ?? '';
    expect(await till.failure('cart.set-quantity', { lineId, quantity: 4 })).toBe('drop-spent');
    expect(prices()).toEqual([priceMinor - Math.round(priceMinor / 5)]);
  });

  test('of an hour and a half at most; never in the past', async () => {
    const { variantId } = await variantOf(SOURDOUGH);
    const base = {
      name: 'X',
      what: { kind: 'variants' as const, variantIds: [variantId] },
      effect: { kind: 'percent-off' as const, basisPoints: 1 },
    };
    const rest = { unitCap: null, shares: null, graceMs: null };
    const refused = (startsAt: string | null, minutes: number) =>
      till.failure('drop.schedule', { ...base, ...rest, startsAt, minutes });
    expect(await refused(null, 29)).toBe('bad-drop');
    expect(await refused(null, 91)).toBe('bad-drop');
    expect(await refused('2026-06-12T10:00:00.000Z', 60)).toBe('bad-drop');
  });
});

describe('a feed', () => {
  const observe = async (priceMinor: number) => {
    return till.call('prices.observe', {
      source: 'bakery',
      observedAt: new Date(clock.now()).toISOString(),
      rows: [
        { code: SOURDOUGH, priceMinor, stock: null },
        { code: 'no such thing', priceMinor: 5, stock: null },
        { code: GINGER_BEER, priceMinor: -4, stock: null },
      ],
    });
  };

  test('says the price until it is stale, and then the till asks for it; what is wrong in it is refused by row', async () => {
    const { variantId, category } = await variantOf(SOURDOUGH);
    const { policy } = till.topics.prices;
    const categoryFallbacks = [{ category, rung: 'ask' as const, holdbackBasisPoints: 0 }];
    await till.call('prices.set-policy', { policy: { ...policy, categoryFallbacks } });
    const told = await observe(999);
    expect(told).toEqual({
      taken: 1,
      refused: [
        { row: 2, code: 'no such thing', why: 'nothing here goes by this code' },
        { row: 3, code: GINGER_BEER, why: 'this is no price' },
      ],
    });
    const { rows } = await till.call('prices.log', {
      ...{ from: null, until: null, kinds: ['price'], staffId: null },
      ...{ limit: 1, before: null },
    });
    expect(rows).toMatchObject([{ variantId, beforeMinor: 450, afterMinor: 999, why: 'feed' }]);
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([999]);
    expect(lines()[0]?.trace?.base).toMatchObject({ source: 'feed', feed: 'bakery', freshness: 'fresh' });
    // It goes stale while the cart is open: the line keeps what it was shown with.
    await clock.advance(25 * 60 * MINUTE_MS);
    await till.until(({ prices: { feeds } }) => feeds[0]?.freshness === 'stale', 'the feed is stale');
    expect(prices()).toEqual([999]);
    expect(await till.call('cart.scan', { code: SOURDOUGH })).toMatchObject({
      kind: 'price-needed',
      variantId,
      lastMinor: 999,
    });
    expect(await till.failure('cart.add', { variantId })).toBe('price-needed');
    await till.call('cart.add', { variantId, priceMinor: 1_050 });
    expect(lines().map(({ priceSource, unitPriceMinor }) => [priceSource, unitPriceMinor])).toEqual([
      ['catalogue', 999],
      ['typed', 1_050],
    ]);
    await paidOrder();
  });
});

describe('a rule set', () => {
  test('signed by this stall comes back whole; changed, older or by a stranger it is refused and the last good one stays', async () => {
    const { ruleId } = await till.call('prices.put-rule', typedRule());
    const first = await till.call('prices.export-rules', { name: 'Summer' });
    await clock.advance(2_000);
    const second = await till.call('prices.export-rules', { name: 'Summer' });
    expect(second.version).toBeGreaterThan(first.version);
    const takeIn = (text: string) => till.failure('prices.take-in-rules', { text });
    // Its rules are here already, written by hand.
    expect(await takeIn(second.text)).toBe('bad-rule-set');
    await till.call('prices.remove-rule', { ruleId });
    expect(await takeIn(second.text.replace('Ten off', 'Everything'))).toBe('bad-rule-set');
    expect(await takeIn(second.text.slice(0, -20))).toBe('bad-rule-set');
    expect(await till.call('prices.take-in-rules', { text: second.text })).toMatchObject({ ruleCount: 1 });
    expect(await takeIn(first.text)).toBe('rule-set-older');
    const { rules, sets } = await till.call('prices.rules', {});
    expect(rules.map(({ rule, isOn }) => [rule.ruleId, isOn])).toEqual([[ruleId, true]]);
    expect(sets).toMatchObject([{ version: second.version, isOurs: true }]);
    const { priceMinor } = await variantOf(SOURDOUGH);
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()[0]).toBeLessThan(priceMinor);
  });
});

describe('where this till sells', () => {
  test('decides on rules for a market, a pitch and a neighbourhood; a change of place flips prices and is logged', async () => {
    const { variantId, priceMinor } = await variantOf(SOURDOUGH);
    const only = { kind: 'variants' as const, variantIds: [variantId] };
    const near = { kind: 'radius' as const, latitude: 51.5055, longitude: -0.091, radiusMetres: 500 };
    await till.call('prices.put-rule', typedRule({ what: only, where: near }));
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([priceMinor]);
    // 330 m to the north, then a kilometre.
    const standAt = (latitude: number) =>
      till.call('prices.set-place', { place: { event: '', pitch: '', position: { latitude, longitude: -0.091 } } });
    await standAt(51.5085);
    const cheaper = priceMinor - Math.round(priceMinor / 10);
    await till.until(() => prices()[0] === cheaper, 'the rule holds within its reach');
    await till.call('cart.void', { reason: 'a test' });
    await standAt(51.5145);
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([priceMinor]);
    await till.call('cart.void', { reason: 'a test' });
    expect(ofKind('price.changed').map(({ body: { cause, changes } }) => [cause.kind, changes[0]?.afterMinor])).toEqual(
      [
        ['place', cheaper],
        ['place', priceMinor],
      ],
    );

    // A market that nobody named is where the stall stands, and moves with it.
    await till.call('prices.put-rule', typedRule({ what: only, where: { kind: 'event', event: 'borough market' } }));
    const { name, vatNumber, receiptFooter, taxRates } = till.topics.session.stall;
    const rates = taxRates.map(({ id, name: words, basisPoints }) => ({ id, name: words, basisPoints }));
    await till.call('stall.change', { name, vatNumber, receiptFooter, taxRates: rates, place: 'Borough Market' });
    await till.until(({ prices: { place } }) => place.event === 'Borough Market', 'the place is the stall’s');
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(prices()).toEqual([cheaper]);
  });
});
