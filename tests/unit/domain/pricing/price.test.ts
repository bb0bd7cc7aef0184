import { describe, expect, it } from 'vitest';
import { startPrice } from '../../../../src/domain/pricing/matrix';
import { DEFAULT_POLICY } from '../../../../src/domain/pricing/policy';
import { priceOf } from '../../../../src/domain/pricing/price';
import type { PriceRule } from '../../../../src/domain/pricing/rule';
import { bookOf, MINUTE_MS, NOW_MS, ruleOf, subjectOf, timed } from '../../../helpers/price-rules';

function pricedBy(rules: readonly PriceRule[], said: Parameters<typeof subjectOf>[0] = {}) {
  return priceOf(bookOf(rules), subjectOf(said), 'everyone');
}

describe('the price of one piece', () => {
  it('is the catalogue’s without a rule, and says so in no more than its base', () => {
    const priced = pricedBy([]);
    expect(priced).toMatchObject({ unitPriceMinor: 1_000, wasMinor: null, looked: 0 });
    expect(priced.trace).toEqual({
      base: { source: 'catalogue', priceMinor: 1_000, observedAt: null, freshness: 'fresh' },
      steps: [],
    });
  });

  it('names the rule and its version with the amounts before and after', () => {
    const priced = pricedBy([ruleOf({ ruleId: 'bread', version: 3, name: 'Bread day' })]);
    expect(priced).toMatchObject({ unitPriceMinor: 900, wasMinor: 1_000 });
    expect(priced.trace.steps).toEqual([
      {
        kind: 'rule',
        ruleId: 'bread',
        version: 3,
        name: 'Bread day',
        origin: 'rule',
        beforeMinor: 1_000,
        afterMinor: 900,
      },
    ]);
  });

  it('between rules that contradict each other is that of the higher priority, then of the lower id', () => {
    const dear = ruleOf({ ruleId: 'b', effect: { kind: 'unit-price', priceMinor: 950 }, priority: 5 });
    const cheap = ruleOf({ ruleId: 'a', effect: { kind: 'unit-price', priceMinor: 700 }, priority: 5 });
    const urgent = ruleOf({ ruleId: 'z', effect: { kind: 'unit-price', priceMinor: 800 }, priority: 6 });
    expect(pricedBy([dear, cheap]).unitPriceMinor).toBe(700);
    expect(pricedBy([cheap, urgent, dear]).unitPriceMinor).toBe(800);
  });

  it('takes rules that stack one after the other and leaves out those that stand alone', () => {
    const stacks = (ruleId: string, said: Partial<PriceRule>) => ruleOf({ ruleId, stacking: 'stacks', ...said });
    const priced = pricedBy([
      stacks('a', { effect: { kind: 'percent-off', basisPoints: 1_000 } }),
      ruleOf({ ruleId: 'b', effect: { kind: 'unit-price', priceMinor: 1 } }),
      stacks('c', { effect: { kind: 'amount-off', amountMinor: 50 } }),
    ]);
    expect(priced.unitPriceMinor).toBe(850);
    expect(priced.trace.steps.map((step) => step.kind === 'rule' && step.ruleId)).toEqual(['a', 'c']);
  });

  it('never goes below what it cost, and says that it stopped there', () => {
    const priced = pricedBy([ruleOf({ effect: { kind: 'percent-off', basisPoints: 9_000 } })]);
    expect(priced.unitPriceMinor).toBe(400);
    expect(priced.trace.steps.at(-1)).toEqual({ kind: 'floor', floorMinor: 400, beforeMinor: 100, afterMinor: 400 });
  });

  it('of something priced below its cost stays as it was typed: rules take nothing more off', () => {
    const priced = pricedBy([ruleOf()], { priceMinor: 300, costMinor: 400 });
    expect(priced.unitPriceMinor).toBe(300);
    expect(priced.wasMinor).toBeNull();
  });

  it('stops at the lowest cap of the rules applied and of the stall', () => {
    const half = ruleOf({ effect: { kind: 'percent-off', basisPoints: 5_000 }, capBasisPoints: 3_000 });
    expect(pricedBy([half]).unitPriceMinor).toBe(700);
    const book = bookOf([half], { policy: { mostOffBasisPoints: 2_000 } });
    expect(priceOf(book, subjectOf(), 'everyone').trace.steps.at(-1)).toMatchObject({ kind: 'cap', afterMinor: 800 });
  });

  it('shows no price before a price test', () => {
    const arm = ruleOf({ origin: 'test', originId: 't1', arm: 'low', effect: { kind: 'unit-price', priceMinor: 900 } });
    const priced = pricedBy([arm]);
    expect(priced).toMatchObject({ unitPriceMinor: 900, wasMinor: null });
    expect(priced.trace.steps[0]).toMatchObject({ origin: 'test', originId: 't1', arm: 'low' });
  });

  it('depends on the audience, the stock, the words of the name and the place', () => {
    const trade = ruleOf({ audience: 'trade' });
    expect(pricedBy([trade]).unitPriceMinor).toBe(1_000);
    expect(priceOf(bookOf([trade]), subjectOf(), 'trade').unitPriceMinor).toBe(900);

    const lastOnes = ruleOf({ stock: { atLeast: 1, atMost: 5 } });
    expect(pricedBy([lastOnes], { stock: 6 }).unitPriceMinor).toBe(1_000);
    expect(pricedBy([lastOnes], { stock: 5 }).unitPriceMinor).toBe(900);
    expect(pricedBy([lastOnes], { stock: null }).unitPriceMinor).toBe(1_000);

    const words = ruleOf({ what: { kind: 'words', words: ['sourdough', 'large'] } });
    expect(pricedBy([words]).unitPriceMinor).toBe(1_000);
    expect(pricedBy([words], { nameWords: ['large', 'sourdough'] }).unitPriceMinor).toBe(900);

    const near = ruleOf({ where: { kind: 'radius', latitude: 51.5055, longitude: -0.0905, radiusMetres: 500 } });
    const at = (latitude: number) => ({ event: '', pitch: '', position: { latitude, longitude: -0.0905 } });
    expect(priceOf(bookOf([near], { place: at(51.509) }), subjectOf(), 'everyone').unitPriceMinor).toBe(900);
    expect(priceOf(bookOf([near], { place: at(51.511) }), subjectOf(), 'everyone').unitPriceMinor).toBe(1_000);
    expect(pricedBy([near]).unitPriceMinor).toBe(1_000);
  });

  it('is looked for among the rules about the goods alone', () => {
    const others = Array.from({ length: 10_000 }, (_, index) =>
      ruleOf({ ruleId: `other ${index}`, what: { kind: 'variants', variantIds: [`other ${index}`] } }),
    );
    const about = ruleOf({ ruleId: 'mine', what: { kind: 'variants', variantIds: ['v1'] } });
    expect(pricedBy([...others, about]).looked).toBe(1);
    // Ten thousand rules about everything: the first that applies alone ends the search.
    expect(pricedBy(others.map((rule) => ({ ...rule, what: { kind: 'everything' } }))).looked).toBe(1);
  });
});

describe('the book', () => {
  const drop = ruleOf({ ruleId: 'drop' });
  const window = { fromMs: NOW_MS, untilMs: NOW_MS + 30 * MINUTE_MS };

  it('holds from one boundary to the next', () => {
    const before = bookOf([timed(drop, window)], { nowMs: NOW_MS - 1 });
    expect(before).toMatchObject({ fromMs: Number.NEGATIVE_INFINITY, untilMs: NOW_MS });
    expect(priceOf(before, subjectOf(), 'everyone').unitPriceMinor).toBe(1_000);
    const during = bookOf([timed(drop, window)]);
    expect(during).toMatchObject({ fromMs: window.fromMs, untilMs: window.untilMs });
    expect(priceOf(during, subjectOf(), 'everyone').unitPriceMinor).toBe(900);
    const after = bookOf([timed(drop, window)], { nowMs: window.untilMs });
    expect(priceOf(after, subjectOf(), 'everyone').unitPriceMinor).toBe(1_000);
  });

  it('takes what a markdown says in its present step', () => {
    const markdown = ruleOf({ effect: { kind: 'markdown', closesAt: '16:00', steps: [] } });
    const steps = [
      { fromMs: NOW_MS, untilMs: NOW_MS + MINUTE_MS, step: { beforeCloseMinutes: 60, basisPoints: 2_000 } },
      {
        fromMs: NOW_MS + MINUTE_MS,
        untilMs: NOW_MS + 2 * MINUTE_MS,
        step: { beforeCloseMinutes: 30, basisPoints: 5_000 },
      },
    ];
    const at = (nowMs: number) => priceOf(bookOf([timed(markdown, ...steps)], { nowMs }), subjectOf(), 'everyone');
    expect(at(NOW_MS).unitPriceMinor).toBe(800);
    expect(at(NOW_MS + MINUTE_MS).unitPriceMinor).toBe(500);
    expect(at(NOW_MS + 2 * MINUTE_MS).unitPriceMinor).toBe(1_000);
  });

  it('leaves out a rule that is off', () => {
    expect(pricedBy([ruleOf({ isOn: false })]).unitPriceMinor).toBe(1_000);
  });
});

describe('the price a feed said', () => {
  const writtenMs = NOW_MS - 10 * MINUTE_MS;
  const start = (said: { ageMs: number; rung?: 'last-known' | 'last-known-plus' | 'floor' | 'ask' }) =>
    startPrice(
      {
        category: 'Fish',
        priceMinor: 1_000,
        costMinor: 700,
        writtenMs: NOW_MS - 100 * 24 * 60 * MINUTE_MS,
        observation: { source: 'harbour', priceMinor: 1_200, stock: null, observedMs: NOW_MS - said.ageMs },
      },
      {
        ...DEFAULT_POLICY,
        categoryFallbacks: said.rung ? [{ category: 'Fish', rung: said.rung, holdbackBasisPoints: 500 }] : [],
      },
      NOW_MS,
    );

  it('counts before an older one of the catalogue, and not before a newer', () => {
    expect(start({ ageMs: 0 })).toMatchObject({
      priceMinor: 1_200,
      base: { source: 'feed', feed: 'harbour', freshness: 'fresh' },
    });
    const observation = { source: 'harbour', priceMinor: 1_200, stock: null, observedMs: writtenMs - 1 };
    const given = { category: '', priceMinor: 1_000, costMinor: null, writtenMs, observation };
    expect(startPrice(given, DEFAULT_POLICY, NOW_MS)).toMatchObject({
      priceMinor: 1_000,
      base: { source: 'catalogue' },
    });
  });

  it('ages, and once stale goes down the ladder of its category', () => {
    const hours = (count: number) => count * 60 * MINUTE_MS;
    expect(start({ ageMs: hours(1) }).base.freshness).toBe('ageing');
    expect(start({ ageMs: hours(24) })).toMatchObject({
      priceMinor: 1_200,
      base: { freshness: 'stale' },
      mustAsk: false,
    });
    expect(start({ ageMs: hours(24), rung: 'last-known-plus' })).toMatchObject({
      priceMinor: 1_260,
      steps: [{ kind: 'fallback', rung: 'last-known-plus', beforeMinor: 1_200, afterMinor: 1_260 }],
    });
    expect(start({ ageMs: hours(24), rung: 'floor' }).priceMinor).toBe(700);
    expect(start({ ageMs: hours(24), rung: 'ask' }).mustAsk).toBe(true);
    expect(start({ ageMs: hours(23), rung: 'ask' }).mustAsk).toBe(false);
  });
});
