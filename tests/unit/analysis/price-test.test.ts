import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksSoFar, readOut, readRounds } from '../../../src/analysis/price-test/read-out';
import { sumRounds, type TestedSale, type TestRecord, type TestRound } from '../../../src/analysis/price-test/rounds';
import { errorSpent, intervalOfDifferences, swapRefutations } from '../../../src/analysis/price-test/swap-test';
import { blocksUntil, roundOrders, type PriceTestPlan } from '../../../src/domain/experiment';
import { playRounds } from '../../../bench/market-hours';
import { STALLS_ALIKE, winnerOf } from '../../../bench/test-honesty';
import { testPlan } from '../../helpers/price-test';
import { Random } from '../../sim/random';

/** All ways in which the prices of each pair might have been swapped. */
function* swaps(differences: readonly number[]): Generator<number[]> {
  for (let pattern = 0; pattern < 2 ** differences.length; pattern += 1) {
    yield differences.map((difference, pair) => ((pattern >> pair) & 1 ? -difference : difference));
  }
}

describe('the swap test', () => {
  it('finds something where there is nothing no more often than allowed, over all looks, whatever the sales', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ min: -1e4, max: 1e4, noNaN: true })), {
      minLength: 6,
      maxLength: 10,
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom(0.05, 0.2, 0.5), fc.integer({ min: 2, max: 5 }), (given, allowed, first) => {
        const looks = [first, first + 1, given.length].map((pairs) => ({
          pairs,
          spent: errorSpent(allowed, pairs / given.length),
        }));
        let found = 0;
        for (const swapped of swaps(given)) if (swapRefutations(swapped, looks).includes(true)) found += 1;
        expect(found / 2 ** given.length).toBeLessThanOrEqual(allowed + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it('spends what it may: of eight unlike pairs the most lopsided patterns and no others', () => {
    // 1 to 128: every pattern has a sum of its own, so the test can be as exact as 1 in 128.
    const powers = [1, 2, 4, 8, 16, 32, 64, 128].map((size) => size / 64);
    const found = [...swaps(powers)].filter((swapped) => swapRefutations(swapped, [{ pairs: 8, spent: 0.05 }])[0]);
    expect(found).toHaveLength(12);
    expect(found.every((swapped) => Math.abs(swapped.reduce((sum, one) => sum + one, 0)) > 3.5)).toBe(true);
  });

  it('says the same of an early look whatever comes after it', () => {
    const early = [{ pairs: 6, spent: 0.04 }];
    const both = [...early, { pairs: 9, spent: 0.05 }];
    const pairs = [3, 1, 2, 5, 1, 4];
    for (const after of [
      [0, 0, 0],
      [900, -900, 900],
      [-5, -5, -5],
    ]) {
      expect(swapRefutations([...pairs, ...after], both)[0]).toBe(swapRefutations(pairs, early)[0]);
    }
    expect(swapRefutations(pairs, early)).toEqual([true]);
  });

  it('finds nothing in nothing', () => {
    expect(swapRefutations([0, 0, 0, 0, 0, 0, 0, 0], [{ pairs: 8, spent: 0.05 }])).toEqual([false]);
    expect(swapRefutations([], [{ pairs: 0, spent: 0 }])).toEqual([false]);
    expect(swapRefutations([], [])).toEqual([]);
  });

  it('has no bounds while even the clearest pattern would be no finding', () => {
    expect(intervalOfDifferences([5, 6, 5, 7], [{ pairs: 4, spent: 0.05 }], 5.75)).toEqual({ low: null, high: null });
    // All alike: known as exactly as the search goes.
    const alike = intervalOfDifferences([5, 5, 5, 5, 5, 5, 5, 5], [{ pairs: 8, spent: 0.05 }], 5);
    expect([alike.low, alike.high].map((bound) => bound?.toFixed(3))).toEqual(['5.000', '5.000']);
    const { low, high } = intervalOfDifferences([5, 6, 5, 7, 6, 5, 6, 5], [{ pairs: 8, spent: 0.05 }], 5.625);
    expect(low).toBeGreaterThan(4.5);
    expect(high).toBeLessThan(7);
  });

  it('moves its bounds with the differences and turns them with the sign', () => {
    const look = [{ pairs: 12, spent: 0.05 }];
    const given = [1, 4, -2, 6, 3, 0, 5, 2, -1, 4, 3, 2];
    const mean = given.reduce((sum, one) => sum + one, 0) / 12;
    const bounds = intervalOfDifferences(given, look, mean);
    const { low, high } = intervalOfDifferences(
      given.map((one) => 100 - 10 * one),
      look,
      100 - 10 * mean,
    );
    expect(low).toBeCloseTo(100 - 10 * bounds.high!, 1);
    expect(high).toBeCloseTo(100 - 10 * bounds.low!, 1);
    // Student's interval for these twelve is 0.78 to 3.72; ours assumes nothing and is near it.
    expect(bounds.low).toBeGreaterThan(0.3);
    expect(bounds.low).toBeLessThan(1.1);
    expect(bounds.high).toBeGreaterThan(3.4);
    expect(bounds.high).toBeLessThan(4.2);
  });
});

const start = Date.UTC(2026, 5, 13, 9);
const at = (minutes: number): string => new Date(start + minutes * 60_000).toISOString();

/** One piece sold at a price, so many minutes after the start. */
function sale(minutes: number, unitPriceMinor: number, quantity = 1): TestedSale {
  const amountMinor = unitPriceMinor * quantity;
  return { at: at(minutes), quantity, unitPriceMinor, amountMinor, netMinor: Math.round(amountMinor / 1.2) };
}

function record(change: Partial<TestRecord> & { readonly plan: PriceTestPlan }): TestRecord {
  return { runs: [{ from: at(0), to: null }], notes: [], sales: [], ...change };
}

describe('the sums of a round', () => {
  const plan = testPlan();
  const priceAt = (minutes: number): number =>
    plan.armsMinor[blocksUntil(plan, [{ from: at(0), to: null }], at(minutes + 0.01)).at(-1)!.arm]!;
  const other = (priceMinor: number): number => (priceMinor === 450 ? 400 : 450);

  it('are what was sold at the price that was on, after the washout', () => {
    const sales = [
      sale(8, priceAt(8), 2),
      sale(0.9, priceAt(0.9)),
      sale(1, priceAt(1)),
      sale(4.99, priceAt(4.99)),
      sale(5.5, priceAt(5.5)),
      sale(6.5, other(priceAt(6.5))),
      sale(10.1, priceAt(10.1)),
    ];
    const [first, ...rest] = sumRounds(record({ plan, sales }), at(10));
    expect(rest).toEqual([]);
    const arm = blocksUntil(plan, [{ from: at(0), to: null }], at(1))[0]!.arm;
    const price = plan.armsMinor[arm]!;
    expect(first).toMatchObject({ round: 0, spoiltBy: [], strays: 1 });
    expect(first!.arms[arm]).toEqual({
      units: 2,
      revenueMinor: 2 * price,
      marginMinor: 2 * (Math.round(price / 1.2) - 150),
    });
    expect(first!.arms[1 - arm]).toMatchObject({ units: 2, revenueMinor: 2 * other(price) });
    expect(sumRounds(record({ plan, sales }), at(9.99))).toEqual([]);
  });

  it('count goods sold by weight in kilograms, and know no margin without a cost', () => {
    const byWeight = testPlan({ pricing: 'kg', costMinor: null });
    const [round] = sumRounds(record({ plan: byWeight, sales: [sale(2, priceAt(2), 350)] }), at(10));
    expect(round!.arms.toSorted((a, b) => b!.units - a!.units)[0]).toMatchObject({ units: 0.35, marginMinor: null });
  });

  it('say what spoilt it', () => {
    const notes = [{ noteId: 'n', kind: 'stock-out', from: at(18), to: at(22), text: '' }] as const;
    const runs = [
      { from: at(0), to: at(33) },
      { from: at(90), to: null },
    ];
    const rounds = sumRounds(record({ plan, notes, runs }), at(100));
    expect(rounds.map(({ round, spoiltBy }) => [round, spoiltBy])).toEqual([
      [0, []],
      [1, ['stock-out']],
      [2, ['stock-out']],
      [3, ['closed']],
      [4, []],
    ]);
    expect(rounds[3]!.arms).toContain(null);
  });
});

/** A day on which a block sells so many at each price, with so much up and down between rounds. */
function day(plan: PriceTestPlan, perBlock: readonly number[], swing: number): TestRound[] {
  return roundOrders(plan).map((_, round) => ({
    round,
    from: '',
    to: '',
    spoiltBy: [],
    strays: 0,
    arms: plan.armsMinor.map((priceMinor, arm) => {
      const units = perBlock[arm]! + swing * ((round + arm) % 3) + ((round * 7) % 5);
      return { units, revenueMinor: units * priceMinor, marginMinor: units * (priceMinor - 150) };
    }),
  }));
}

describe('a read-out', () => {
  it('names the price that does better on the measure', () => {
    const plan = testPlan();
    const { outcome, comparisons, arms, lookRound } = readRounds(plan, day(plan, [3, 6], 1));
    expect(outcome).toEqual({ kind: 'winner', arm: 1 });
    expect(lookRound).toBe(24);
    const { units } = comparisons[0]!;
    // Three more in four counted minutes.
    expect(units.estimate).toBeCloseTo(arms[1]!.units - arms[0]!.units);
    expect(units.low).toBeGreaterThan(0);
    expect(units.low).toBeLessThan(units.estimate);
    expect(units.high).toBeGreaterThan(units.estimate);
    expect(readRounds(plan, day(plan, [6, 3], 1)).outcome).toEqual({ kind: 'winner', arm: 0 });
    // More pieces, less money.
    const cheap = testPlan({ armsMinor: [450, 160], measure: 'margin' });
    expect(readRounds(cheap, day(cheap, [3, 6], 1)).outcome).toEqual({ kind: 'winner', arm: 0 });
  });

  it('says that there is no difference that matters', () => {
    const plan = testPlan({ minimumDifference: 60 });
    expect(readRounds(plan, day(plan, [4, 4], 2)).outcome).toEqual({ kind: 'no-difference' });
    // Found, and yet too small to matter.
    expect(readRounds(plan, day(plan, [4, 5], 1)).outcome).toEqual({ kind: 'no-difference' });
    expect(readRounds({ ...plan, minimumDifference: 1 }, day(plan, [4, 8], 1)).outcome).toEqual({
      kind: 'winner',
      arm: 1,
    });
  });

  it('does not take hardly any sales for knowing that there is no difference', () => {
    const plan = testPlan();
    const none = day(plan, [0, 0], 0).map((round): TestRound => ({
      ...round,
      arms: round.arms.map((sums) => ({ ...sums!, units: 0, revenueMinor: 0, marginMinor: 0 })),
    }));
    const { outcome, comparisons } = readRounds(plan, none);
    expect(outcome).toEqual({ kind: 'not-enough-data', moreRounds: null, moreMs: null });
    expect(comparisons[0]!.units.high).toBeGreaterThan(plan.minimumDifference);
  });

  it('says that there is not enough data, and how much longer', () => {
    const plan = testPlan();
    const { outcome } = readRounds(plan, day(plan, [4, 4], 4));
    if (outcome.kind !== 'not-enough-data' || outcome.moreRounds === null) throw new Error(outcome.kind);
    expect(outcome.moreMs).toBe(outcome.moreRounds * 10 * 60_000);
    // A difference half as large takes four times the sample.
    const half = readRounds({ ...plan, minimumDifference: 1 }, day(plan, [4, 4], 4)).outcome;
    expect(half).toMatchObject({ kind: 'not-enough-data' });
    expect((half as typeof outcome).moreRounds! + 24).toBeCloseTo(4 * (outcome.moreRounds + 24), -1);
  });

  it('settles nothing before the first look and nothing new between looks', () => {
    const plan = testPlan();
    const rounds = day(plan, [3, 9], 1);
    const early = readRounds(plan, rounds.slice(0, 8));
    expect(early).toMatchObject({ lookRound: null, roundsBehind: 8, outcome: { kind: 'not-enough-data' } });
    expect(early.comparisons[0]!.units).toMatchObject({ low: null, high: null });
    // Nine out of nine rounds, which chance does twice in five hundred: settled after an hour and a half.
    const look = readRounds(plan, rounds.slice(0, 9));
    expect(look).toMatchObject({ lookRound: 9, outcome: { kind: 'winner', arm: 1 } });
    expect(readRounds(plan, rounds.slice(0, 15)).comparisons).toMatchObject([{ units: look.comparisons[0]!.units }]);
  });

  it('leaves out what was spoilt, and shows what that did', () => {
    const plan = testPlan();
    const rounds = day(plan, [3, 6], 1).map((round, index): TestRound => {
      const [first, second] = round.arms;
      return index < 6 ? { ...round, spoiltBy: ['rain'], arms: [second!, first!] } : round;
    });
    const { outcome, comparisons, roundsCounted } = readRounds(plan, rounds);
    expect([outcome, roundsCounted]).toEqual([{ kind: 'winner', arm: 1 }, 18]);
    expect(comparisons[0]!.withSpoilt.units).toBeLessThan(0.6 * comparisons[0]!.units.estimate);
    expect(looksSoFar(plan, rounds).map(({ pairs }) => pairs)).toEqual([3, 10, 18]);
    expect(looksSoFar(plan, rounds).at(-1)!.spent).toBe(0.05);
  });

  it('compares every price with the first, and shares the error between them', () => {
    const plan = testPlan({ armsMinor: [450, 400, 350] });
    const rounds = day(plan, [3, 3, 8], 1);
    expect(readRounds(plan, rounds).outcome).toEqual({ kind: 'winner', arm: 2 });
    expect(readRounds(plan, rounds).comparisons.map(({ arm }) => arm)).toEqual([1, 2]);
    expect(looksSoFar(plan, rounds).at(-1)!.spent).toBe(0.025);
  });

  it('holds from the sale to the outcome', () => {
    const plan = testPlan({ armsMinor: [450, 400] });
    const runs = [{ from: at(0), to: null }];
    const sales = blocksUntil(plan, runs, at(240)).flatMap(({ arm, from }, block) =>
      // Word of a low price gets about: the minute after a change sells like the price before. Only the washout hides it.
      Array.from({ length: 3 + 3 * arm + (block % 2) }, (_, index) =>
        sale((Date.parse(from) - start) / 60_000 + 1.1 + index / 3, plan.armsMinor[arm]!),
      ),
    );
    expect(readOut(record({ plan, runs, sales }), at(240))).toMatchObject({
      roundsBehind: 24,
      roundsCounted: 24,
      strays: 0,
      outcome: { kind: 'winner', arm: 1 },
    });
  });
});

describe('what is left of the former price', () => {
  /** A market on which the minute after a change sells like the price before: three a minute at 4.50, six at 4.00. */
  function estimate(washoutMs: number): number {
    const plan = testPlan({ armsMinor: [450, 400], washoutMs });
    const runs = [{ from: at(0), to: null }];
    let former = 0;
    const sales = blocksUntil(plan, runs, at(240)).flatMap(({ arm, from }) => {
      const sold = [0, 1, 2, 3, 4].flatMap((minute) =>
        Array.from({ length: 3 + 3 * (minute === 0 ? former : arm) }, (_, index) =>
          sale((Date.parse(from) - start) / 60_000 + minute + index / 8, plan.armsMinor[arm]!),
        ),
      );
      former = arm;
      return sold;
    });
    return readOut(record({ plan, runs, sales }), at(240)).comparisons[0]!.units.estimate;
  }

  it('is not counted, so that the difference is not made small', () => {
    expect(estimate(60_000)).toBeCloseTo(180);
    expect(estimate(0)).toBeLessThan(165);
  });
});

describe('honesty, in small', () => {
  const honestPlan = (number: number, armsMinor: readonly number[]): PriceTestPlan =>
    testPlan({
      armsMinor,
      minimumDifference: 1e-9,
      seed: (number * 2_654_435_761).toString(16).padStart(32, '7').slice(-32),
    });

  it.each(STALLS_ALIKE)('names hardly ever a winner where there is none: $name', (market) => {
    const random = new Random(5);
    let named = 0;
    for (let test = 0; test < 200; test += 1) {
      const plan = honestPlan(test + 1, [450, 450]);
      if (winnerOf(plan, playRounds(plan, market, [1, 1], random)) !== null) named += 1;
    }
    // 10 expected at most; 20 has a chance of 1 in 1 000, and the seed is fixed.
    expect(named).toBeLessThan(20);
  });

  it('names the winner nearly always where half as many again buy at a busy stall', () => {
    const random = new Random(6);
    const market = { ...STALLS_ALIKE[0]!, unitsPerHour: 120 };
    let named = 0;
    for (let test = 0; test < 100; test += 1) {
      const plan = honestPlan(test + 1, [450, 400]);
      if (winnerOf(plan, playRounds(plan, market, [1, 1.6], random)) === 1) named += 1;
    }
    expect(named).toBeGreaterThan(90);
  });
});
