/**
 * Whether price tests are honest, by simulation: tests in which the price makes no difference, and tests in which it makes a
 * known one. Seeded, so each run gives the same figures.
 *
 * The peer for power is the best anybody could do with the same sample: the likelihood-ratio test of two negative binomial
 * rates that is told the shape of the day and how much sales vary beyond chance, looks once, at the end, and has its critical
 * value from simulated tests without a difference. Ours is told neither, and looks three times.
 */
import { looksSoFar, readRounds } from '../src/analysis/price-test/read-out';
import type { TestRound } from '../src/analysis/price-test/rounds';
import { swapRefutations } from '../src/analysis/price-test/swap-test';
import { PRICE_TEST_DEFAULTS, roundOrders, roundsOf, type PriceTestPlan } from '../src/domain/experiment';
import { Random } from '../tests/sim/random';
import { figure, percentile, progress, type Figure } from './figure';
import { playRounds, shapeOfDay, type Market } from './market-hours';

const TESTS = 10_000;
/** Read out whole at every look, intervals and all. */
const READ_OUTS = 500;
const SEED = 20_261_123;

const flat: Market = {
  name: 'steady',
  unitsPerHour: 40,
  peak: 0,
  dispersion: 0,
  mostAtOnce: 1,
  gustsLast: 0,
  spoilt: 0,
};
const gusty: Market = { ...flat, name: 'gusty', unitsPerHour: 60, peak: 1, dispersion: 0.2 };

/** Stalls at which nothing but chance tells two prices apart. */
export const STALLS_ALIKE: readonly Market[] = [
  flat,
  gusty,
  { ...flat, name: 'slow', unitsPerHour: 5 },
  { ...gusty, name: 'gusts that last', gustsLast: 0.7, dispersion: 1 },
  { ...gusty, name: 'coach parties', mostAtOnce: 8, dispersion: 0.5 },
  { ...gusty, name: 'spoilt rounds', spoilt: 0.25 },
];

/** Stalls at which a difference is to be found, about four times out of five by who knows all there is to know. */
const DIFFERENT: readonly Market[] = [flat, gusty, { ...flat, name: 'busy', unitsPerHour: 120, dispersion: 0.1 }];

function planOf(armsMinor: readonly number[], seed: Random): PriceTestPlan {
  const { blockMs, washoutMs, lookRounds, falseWinnerBasisPoints } = PRICE_TEST_DEFAULTS;
  return {
    testId: 'test',
    name: 'Honesty',
    itemId: 'item',
    variantIds: ['variant'],
    pricing: 'each',
    costMinor: null,
    armsMinor,
    measure: 'units',
    minimumDifference: 1e-9,
    falseWinnerBasisPoints,
    blockMs,
    washoutMs,
    stop: { lookRounds, whenSettled: true },
    seed: Array.from({ length: 4 }, () =>
      Math.floor(seed.next() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join(''),
    registeredAt: '2026-06-13T08:00:00.000Z',
  };
}

/** The arm a test names as the winner, as the till would: at the first look that finds one, or null. */
export function winnerOf(plan: PriceTestPlan, rounds: readonly TestRound[]): number | null {
  const looks = looksSoFar(plan, rounds);
  const counted = rounds.filter(({ spoiltBy }) => spoiltBy.length === 0);
  // What no look refutes has no winner: the intervals all hold nothing. So the whole read-out is for the others.
  const found = plan.armsMinor.slice(1).map((_, index) => {
    const units = counted.map(({ arms }) => (arms[index + 1]?.units ?? 0) - (arms[0]?.units ?? 0));
    return swapRefutations(units, looks);
  });
  for (const [look, round] of plan.stop.lookRounds.entries()) {
    if (!found.some((refuted) => refuted[look])) continue;
    const { outcome } = readRounds(plan, rounds.slice(0, round));
    if (outcome.kind === 'winner') return outcome.arm;
  }
  return null;
}

export async function measure(): Promise<Figure[]> {
  return [...falseWinners(), ...DIFFERENT.map(power), missedByIntervals()];
}

/** The share of tests without a difference that name a winner, in all and at the worst stall. */
function falseWinners(): Figure[] {
  const nominal = PRICE_TEST_DEFAULTS.falseWinnerBasisPoints / 10_000;
  const cases = [
    ...STALLS_ALIKE.map((market) => ({ market, armsMinor: [450, 450] })),
    { market: { ...gusty, name: 'three prices' }, armsMinor: [450, 450, 450] },
  ];
  const shares = cases.map(({ market, armsMinor }) => {
    progress(`${TESTS.toLocaleString('en')} tests without a difference, ${market.name}`);
    const random = new Random(SEED);
    let named = 0;
    for (let test = 0; test < TESTS; test += 1) {
      const plan = planOf(armsMinor, random);
      if (winnerOf(plan, playRounds(plan, market, [1, 1, 1], random)) !== null) named += 1;
    }
    progress(`  ${((100 * named) / TESTS).toFixed(2)} % name a winner`);
    return named / TESTS;
  });
  const worst = Math.max(...shares);
  const standardError = Math.sqrt((nominal * (1 - nominal)) / TESTS);
  return [
    figure({
      id: 'test-honesty/false-winners',
      what: `tests without a difference that name a winner, ${cases.length} kinds of stall, ${TESTS.toLocaleString('en')} tests each`,
      value: (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length,
      unit: '%',
      reference: 100 * nominal,
      referenceWhat: 'nominal',
      target: { atMost: 1 },
    }),
    figure({
      id: 'test-honesty/false-winners-worst',
      what: `the same at the worst of these stalls, ${cases[shares.indexOf(worst)]?.market.name}`,
      value: 100 * worst,
      unit: '%',
      reference: 100 * (nominal + 3 * standardError),
      referenceWhat: `nominal and three standard errors of ${TESTS.toLocaleString('en')} tests`,
      target: { atMost: 1 },
    }),
  ];
}

/** How often a known difference is found, beside the oracle on the same sales. */
function power(market: Market): Figure {
  progress(`${(2 * TESTS).toLocaleString('en')} tests for power, ${market.name}`);
  const random = new Random(SEED + 1);
  const shape = shapeOfDay(market, 2 * PRICE_TEST_DEFAULTS.lookRounds[2]);
  const mean = (market.unitsPerHour * (PRICE_TEST_DEFAULTS.blockMs - PRICE_TEST_DEFAULTS.washoutMs)) / 3_600_000;
  // By what an analysis of information expects, found four times out of five at a level of 5 %.
  const information = shape.reduce((sum, busy) => sum + (busy * mean) / (1 + market.dispersion * busy * mean), 0) / 2;
  const factor = Math.exp(2.8 * Math.sqrt(2 / information));
  const play = (factors: readonly number[]): { readonly plan: PriceTestPlan; readonly rounds: TestRound[] } => {
    const plan = planOf([450, 400], random);
    return { plan, rounds: playRounds(plan, market, factors, random) };
  };
  const critical = percentile(
    Array.from({ length: TESTS }, () => likelihoodRatio(play([1, 1]), market)),
    0.95,
  );
  let ours = 0;
  let best = 0;
  for (let test = 0; test < TESTS; test += 1) {
    const { plan, rounds } = play([1, factor]);
    if (winnerOf(plan, rounds) === 1) ours += 1;
    if (likelihoodRatio({ plan, rounds }, market) > critical) best += 1;
  }
  return figure({
    id: `test-honesty/power-${market.name}`,
    what: `tests of ${Math.round(100 * (factor - 1))} % more buyers that find it, ${market.name} stall`,
    value: (100 * ours) / TESTS,
    unit: '%',
    reference: (100 * best) / TESTS,
    referenceWhat: 'the likelihood-ratio test that is told day and dispersion and looks once',
    target: { atLeast: 0.9 },
  });
}

/** Twice the logarithm of how much likelier two rates make the sales than one, day and dispersion known. */
function likelihoodRatio(
  { plan, rounds }: { readonly plan: PriceTestPlan; readonly rounds: readonly TestRound[] },
  market: Market,
): number {
  const shape = shapeOfDay(market, 2 * roundsOf(plan));
  const blocks = roundOrders(plan).flatMap((order, round) =>
    order.map((arm, position) => ({
      arm,
      busy: shape[2 * round + position] ?? 1,
      units: rounds[round]?.arms[arm]?.units ?? 0,
    })),
  );
  const fitted = (arms: readonly number[]): number => {
    const own = blocks.filter(({ arm }) => arms.includes(arm));
    return logLikelihood(own, rateOf(own, market.dispersion), market.dispersion);
  };
  return 2 * (fitted([0]) + fitted([1]) - fitted([0, 1]));
}

interface Sold {
  readonly busy: number;
  readonly units: number;
}

/** The likeliest number of units in a block as busy as the average, by Newton's method on its logarithm. */
function rateOf(blocks: readonly Sold[], dispersion: number): number {
  const units = blocks.reduce((sum, block) => sum + block.units, 0);
  let rate = units / blocks.reduce((sum, { busy }) => sum + busy, 0);
  if (rate === 0) return 0;
  for (let step = 1; Math.abs(step) > 1e-9;) {
    let slope = 0;
    let information = 0;
    for (const block of blocks) {
      const mean = rate * block.busy;
      slope += (block.units - mean) / (1 + dispersion * mean);
      information += mean / (1 + dispersion * mean);
    }
    step = Math.max(-1, Math.min(1, slope / information));
    rate *= Math.exp(step);
  }
  return rate;
}

/** But for what does not depend on the rate. */
function logLikelihood(blocks: readonly Sold[], rate: number, dispersion: number): number {
  if (rate === 0) return 0;
  return blocks.reduce((sum, { busy, units }) => {
    const mean = rate * busy;
    const excess = dispersion === 0 ? mean : (units + 1 / dispersion) * Math.log(1 + dispersion * mean);
    return sum + units * Math.log(mean) - excess;
  }, 0);
}

/** How often any of the looks of a test has an interval that misses the true difference. */
function missedByIntervals(): Figure {
  progress(`${READ_OUTS} tests read out at every look`);
  const random = new Random(SEED + 2);
  const factor = 1.3;
  let missed = 0;
  for (let test = 0; test < READ_OUTS; test += 1) {
    const plan = planOf([450, 400], random);
    const rounds = playRounds(plan, { ...gusty, peak: 0 }, [1, factor], random);
    const truth = gusty.unitsPerHour * (factor - 1);
    const isMissed = plan.stop.lookRounds.some((round) => {
      const { low, high } = readRounds(plan, rounds.slice(0, round)).comparisons[0]?.units ?? { low: null, high: null };
      return (low ?? -Infinity) > truth || (high ?? Infinity) < truth;
    });
    if (isMissed) missed += 1;
  }
  const nominal = PRICE_TEST_DEFAULTS.falseWinnerBasisPoints / 10_000;
  return figure({
    id: 'test-honesty/missed',
    what: `tests of which an interval at any look misses the true difference, ${READ_OUTS} tests`,
    value: (100 * missed) / READ_OUTS,
    unit: '%',
    reference: 100 * (nominal + 3 * Math.sqrt((nominal * (1 - nominal)) / READ_OUTS)),
    referenceWhat: `nominal and three standard errors of ${READ_OUTS} tests`,
    target: { atMost: 1 },
  });
}
