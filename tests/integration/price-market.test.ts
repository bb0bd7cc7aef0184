/** Prices between the tills of a stall and their hub: rule sets that the hub signs, and a till that comes late to a drop. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRules } from '../../src/hub/sign-rules';
import type { RuleSet } from '../../src/journal/rule-set';
import { runHubCommand } from '../helpers/hub-process';
import type { TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { ruleOf } from '../helpers/price-rules';
import { TillMarket, type WifiTill } from '../helpers/till-market';

const SOURDOUGH = '5012345010779';
const MINUTE_MS = 60_000;

let market: TillMarket;
let first: WifiTill;
let till: TestClient;
let clock: ManualClock;

beforeAll(async () => {
  market = await TillMarket.lay();
  clock = manualClock(Date.now());
  first = await market.startTill('first', {
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() },
  });
  till = first.client;
  await market.join(first);
});
afterAll(() => market.close());

async function loaf(): Promise<{ variantId: string; itemId: string; priceMinor: number }> {
  const found = await till.call('catalogue.lookup', { code: SOURDOUGH });
  const variant = found?.item.variants.find(({ variantId }) => variantId === found.variantId);
  if (!found || !variant) throw new Error('the demo stall sells a loaf');
  return { variantId: variant.variantId, itemId: found.item.itemId, priceMinor: variant.priceMinor };
}
async function shownMinor(client: TestClient = till): Promise<number> {
  const { itemId, variantId } = await loaf();
  const { variants } = await client.call('prices.of', { itemId });
  return variants.find((one) => one.variantId === variantId)?.priceMinor ?? Number.NaN;
}

describe('a rule set', () => {
  /** Signed by the hub, as `trestle hub sign-rules` does. */
  const signed = async (rules: RuleSet['rules'], said: Partial<RuleSet> = {}): Promise<string> => {
    const { currency } = till.topics.session.stall;
    const content = { setId: 'co-op', version: 1, name: 'Co-op', currency, rules, ...said };
    const made = await signRules(JSON.stringify(content), market.hub.hub, { now: new Date(0) });
    if (!made.ok) throw new Error(made.error.message);
    return made.value.text;
  };
  const takeIn = (text: string) => till.failure('prices.take-in-rules', { text });

  test('that one till exported and the hub signed is taken in with its signature, and the last good one stays', async () => {
    const { variantId, priceMinor } = await loaf();
    const what = { kind: 'variants' as const, variantIds: [variantId] };
    const { ruleId } = await till.call('prices.put-rule', { ...ruleOf({ what }), ruleId: null });
    const exported = await till.call('prices.export-rules', { name: 'Mine' });
    await till.call('prices.remove-rule', { ruleId });
    const file = join(first.dataDir, exported.fileName);
    writeFileSync(file, exported.text);

    const sign = (...words: string[]) =>
      runHubCommand(['sign-rules', file, `${file}.signed`, '--set', 'co-op', ...words], {
        DATABASE_URL: market.databaseUrl,
      });
    const [told] = await sign('--name', 'Co-op');
    expect(told).toMatchObject({ setId: 'co-op', ruleCount: 1, signedBy: market.hub.hub.identity.serverId });
    const good = readFileSync(`${file}.signed`, 'utf8');
    expect(await till.call('prices.take-in-rules', { text: good })).toMatchObject({ setId: 'co-op', ruleCount: 1 });
    const { sets } = await till.call('prices.rules', {});
    expect(sets).toMatchObject([{ setId: 'co-op', name: 'Co-op', isOurs: false }]);
    expect(await shownMinor()).toBe(priceMinor - Math.round(priceMinor / 10));

    expect(await takeIn(good.slice(0, -30))).toBe('bad-rule-set');
    expect(await takeIn(good.replace('"basisPoints": 1000', '"basisPoints": 9000'))).toBe('bad-rule-set');
    expect(await takeIn(good)).toBe('rule-set-older');
    const ofAnotherMoney = await signed([ruleOf()], { currency: 'XAU', version: 2_000_000_000 });
    expect(await takeIn(ofAnotherMoney)).toBe('bad-rule-set');
    await expect(signed([ruleOf({ origin: 'drop' })])).rejects.toThrow('of a drop');
    expect(await shownMinor()).toBe(priceMinor - Math.round(priceMinor / 10));

    writeFileSync(file, 'no rules');
    await expect(sign()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('cut short') as string });
  });

  test('signed twice at one moment has two versions, and the later one is the newer everywhere', async () => {
    const { priceMinor } = await loaf();
    const offering = (amountMinor: number) =>
      signed([ruleOf({ ruleId: `off-${amountMinor}`, effect: { kind: 'amount-off', amountMinor } })], {
        version: 1_999_999_000,
      });
    const earlier = await offering(5);
    const later = await offering(6);
    await till.call('prices.take-in-rules', { text: earlier });
    await till.call('prices.take-in-rules', { text: later });
    expect(await shownMinor()).toBe(priceMinor - 6);
    expect(await takeIn(earlier)).toBe('rule-set-older');
    const together = await Promise.all([7, 8, 9].map(offering));
    const versions = together.map((text) => (JSON.parse(text) as RuleSet).version);
    expect(new Set(versions).size).toBe(3);
    expect(Math.min(...versions)).toBeGreaterThan((JSON.parse(later) as RuleSet).version);
  });

  test('with a pattern or a quotation mark for a word has words, and is looked up by them', async () => {
    const { priceMinor } = await loaf();
    const bomb = `${'(a+)+'.repeat(7)}$`;
    const rules = [
      ruleOf({ ruleId: 'bomb', what: { kind: 'words', words: [bomb, 'b"*'] }, priority: 300 }),
      ruleOf({
        ruleId: 'quoted',
        what: { kind: 'words', words: ['"SOURDOUGH" OR'] },
        effect: { kind: 'amount-off', amountMinor: 7 },
        priority: 200,
      }),
    ];
    // No name has the word `or`.
    await till.call('prices.take-in-rules', { text: await signed(rules, { version: 2_000_000_000 }) });
    const { rules: kept } = await till.call('prices.rules', {});
    expect(kept.map(({ rule: { what } }) => what)).toEqual([
      { kind: 'words', words: ['a', 'b'] },
      { kind: 'words', words: ['sourdough', 'or'] },
    ]);
    expect(await shownMinor()).toBe(priceMinor);
    const quoted = ruleOf({ ...rules[1], what: { kind: 'words', words: ['"Sourdough"'] } });
    await till.call('prices.take-in-rules', { text: await signed([quoted], { version: 2_000_000_001 }) });
    expect(await shownMinor()).toBe(priceMinor - 7);
    const wordless = signed([ruleOf({ what: { kind: 'words', words: ['"*"'] } })]);
    await expect(wordless).rejects.toThrow('Write the words');
  });

  test('of ten thousand rules is taken in, quoted from, saved beside and flips in time; one more is refused', async () => {
    const { variantId, priceMinor } = await loaf();
    const opensAt = new Date(clock.now() + 10 * MINUTE_MS).toISOString();
    const rules = Array.from({ length: 9_999 }, (_, index) =>
      ruleOf({
        ruleId: `rule-${index}`,
        name: `Rule ${index}`,
        what: { kind: 'variants', variantIds: index === 5_000 ? [variantId] : [`of another stall ${index}`] },
        effect: { kind: 'unit-price', priceMinor: 440 },
        when: index === 5_000 ? { from: opensAt, until: null, weekly: [] } : ruleOf().when,
      }),
    );
    const text = await signed(rules, { version: 2_000_000_002 });
    expect(await till.call('prices.take-in-rules', { text })).toMatchObject({ ruleCount: 9_999 });
    expect(till.topics.prices.ruleCount).toBe(9_999);
    await till.call('cart.scan', { code: SOURDOUGH });
    expect(till.topics.sale.cart.lines[0]?.unitPriceMinor).toBe(priceMinor);

    const own = { ...ruleOf({ effect: { kind: 'amount-off', amountMinor: 3 }, priority: 1 }), ruleId: null };
    const { ruleId } = await till.call('prices.put-rule', own);
    expect(till.topics.sale.cart.lines[0]?.unitPriceMinor).toBe(priceMinor - 3);
    expect(await till.failure('prices.put-rule', own)).toBe('too-many-rules');
    expect(await takeIn(await signed([...rules, ruleOf()], { version: 2_000_000_003 }))).toBe('too-many-rules');

    await clock.advance(10 * MINUTE_MS);
    await till.until(({ sale }) => sale.cart.lines[0]?.unitPriceMinor === 440, 'the window opened');
    expect(await shownMinor()).toBe(440);
    await till.call('payment.cash', { givenMinor: 1_000 });
    await till.call('prices.remove-rule', { ruleId });
    await till.call('prices.take-in-rules', { text: await signed([], { version: 2_000_000_004 }) });
  });
});

test('a till that comes late to a drop, its clock minutes fast, has the same drop, what is sold of it, and the pieces it is given', async () => {
  const { variantId, priceMinor } = await loaf();
  const { dropId } = await till.call('drop.schedule', {
    name: 'Warm bread',
    what: { kind: 'variants', variantIds: [variantId] },
    effect: { kind: 'percent-off', basisPoints: 2_000 },
    startsAt: null,
    minutes: 30,
    unitCap: 4,
    shares: null,
    graceMs: null,
  });
  const dropMinor = priceMinor - Math.round(priceMinor / 5);
  const sell = async (client: TestClient, quantity: number): Promise<number[]> => {
    await client.call('cart.add', { variantId, quantity });
    const paid = client.topics.sale.cart.lines.map(({ unitPriceMinor }) => unitPriceMinor);
    await client.call('payment.cash', { givenMinor: 10_000 });
    return paid;
  };
  expect(await sell(till, 1)).toEqual([dropMinor]);

  const aheadMs = 7 * MINUTE_MS;
  const fast = manualClock(clock.now() + aheadMs);
  const second = await market.startTill('second', {
    now: () => new Date(fast.now()),
    prices: { clock: fast, steadyMs: () => fast.steady() },
  });
  await market.join(second);
  await market.open(second);
  const { client } = second;
  const dropAt = (where: TestClient) => where.topics.prices.drops.find((one) => one.dropId === dropId);
  await client.until(() => dropAt(client)?.sold === 1, 'the drop and its sale');
  const here = dropAt(client);
  expect(here).toMatchObject({ phase: 'running', left: 0, overAt: dropAt(till)?.overAt });
  // It counts down by its own clock, which is fast: never longer than the stall does.
  const countdownMs = (where: TestClient) =>
    Date.parse(dropAt(where)?.overAt ?? '') - Date.parse(where.topics.prices.now);
  expect(countdownMs(till) - countdownMs(client)).toBe(aheadMs);
  // Nothing of the cap is its own yet, and it says so.
  await client.call('cart.add', { variantId });
  expect(client.topics.sale.cart.lines[0]).toMatchObject({
    unitPriceMinor: priceMinor,
    trace: { spent: { name: 'Warm bread' } },
  });

  await till.call('drop.give', { dropId, toDevice: second.running.kiosk.deviceId, quantity: 2 });
  await client.until(() => dropAt(client)?.left === 2, 'its share');
  await client.until(({ sale }) => sale.cart.lines[0]?.unitPriceMinor === dropMinor, 'a lower price holds at once');
  await client.call('payment.cash', { givenMinor: 10_000 });
  expect(await sell(client, 2)).toEqual([dropMinor, priceMinor]);
  await till.until(() => dropAt(till)?.sold === 3, 'what the other till sold');
  expect(dropAt(till)?.left).toBe(1);
  expect(await sell(till, 2)).toEqual([dropMinor, priceMinor]);
  for (const where of [till, client]) {
    await where.until(() => dropAt(where)?.phase === 'over', 'it is sold out');
    expect(dropAt(where)).toMatchObject({ sold: 4, left: 0, endedBy: 'sold-out' });
  }
  expect(await shownMinor(client)).toBe(priceMinor);
});
