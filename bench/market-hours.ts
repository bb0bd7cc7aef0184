/** Made-up hours at a stall, for tests of tests: what each block of a price test sells is drawn by chance from one seed. */
import type { TestRound } from '../src/analysis/price-test/rounds';
import type { PriceTestPlan } from '../src/domain/experiment';
import { roundOrders, roundsOf } from '../src/domain/experiment';
import type { Random } from '../tests/sim/random';

/** What kind of market it is. */
export interface Market {
  readonly name: string;
  /** Pieces an hour at the first price, over a flat day. */
  readonly unitsPerHour: number;
  /** By how much the middle of the test is busier than its ends, 0 for a flat day: 1 for twice as busy as on average. */
  readonly peak: number;
  /** Variance of how busy one block is beyond chance, as a share of its square: 0 for Poisson sales. */
  readonly dispersion: number;
  /** Pieces that go with one buyer at most, all numbers equally likely; 1 for one each. */
  readonly mostAtOnce: number;
  /** How much of a gust is left in the next block, 0 to 1. */
  readonly gustsLast: number;
  /** Share of rounds something spoils. */
  readonly spoilt: number;
}

/** How busy each block is on average, against the whole test. */
export function shapeOfDay({ peak }: Market, blocks: number): number[] {
  const shape = Array.from(
    { length: blocks },
    (_, block) => 1 + peak * Math.sin((Math.PI * (block + 0.5)) / blocks) ** 2,
  );
  const average = shape.reduce((sum, busy) => sum + busy, 0) / blocks;
  return shape.map((busy) => busy / average);
}

/**
 * The rounds of one test.
 * @param factors by arm: by how much its price changes the number of buyers
 */
export function playRounds(
  plan: PriceTestPlan,
  market: Market,
  factors: readonly number[],
  random: Random,
): TestRound[] {
  const arms = plan.armsMinor.length;
  const shape = shapeOfDay(market, roundsOf(plan) * arms);
  const hours = (plan.blockMs - plan.washoutMs) / 3_600_000;
  const buyers = (market.unitsPerHour * hours * 2) / (1 + market.mostAtOnce);
  let gust = 1;
  return roundOrders(plan).map((order, round): TestRound => {
    const sold = plan.armsMinor.map(() => 0);
    for (const [position, arm] of order.entries()) {
      gust = market.gustsLast * gust + (1 - market.gustsLast) * gammaDraw(random, market.dispersion);
      const mean = buyers * (shape[round * arms + position] ?? 1) * gust * (factors[arm] ?? 1);
      for (let left = poissonDraw(random, mean); left > 0; left -= 1) {
        sold[arm] = (sold[arm] ?? 0) + 1 + random.below(market.mostAtOnce);
      }
    }
    return {
      round,
      from: '',
      to: '',
      spoiltBy: random.chance(market.spoilt) ? ['rain'] : [],
      strays: 0,
      arms: plan.armsMinor.map((priceMinor, arm) => ({
        units: sold[arm] ?? 0,
        revenueMinor: (sold[arm] ?? 0) * priceMinor,
        marginMinor: (sold[arm] ?? 0) * (priceMinor - (plan.costMinor ?? 0)),
      })),
    };
  });
}

/** A gamma variate of mean 1 and the given variance: Marsaglia and Tsang, ACM TOMS 26 (2000). */
function gammaDraw(random: Random, variance: number): number {
  if (variance === 0) return 1;
  const shape = 1 / variance;
  if (shape < 1) return standardGamma(random, shape + 1) * (1 - random.next()) ** (1 / shape) * variance;
  return standardGamma(random, shape) * variance;
}

function standardGamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Knuth's product of uniforms, in parts where the mean is large. */
function poissonDraw(random: Random, mean: number): number {
  if (mean > 30) return poissonDraw(random, mean / 2) + poissonDraw(random, mean / 2);
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}
