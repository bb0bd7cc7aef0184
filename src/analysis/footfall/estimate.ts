import { betaProbability, betaQuantile, gammaProbability } from '../distributions';

/** A number nobody knows exactly. */
export interface Estimate {
  /** As likely above as below. */
  readonly middle: number;
  /** With 95 % between the two. */
  readonly low: number;
  readonly high: number;
}

/** What share of those who come by a count catches, as far as second counts say: a beta distribution. */
export interface Caught {
  readonly hits: number;
  readonly misses: number;
}

/**
 * What is thought of a count before anybody counted a second time: four of five are caught, and it might be two of five or
 * nearly all.
 */
const UNCALIBRATED: Caught = { hits: 4, misses: 1 };
/** Points of the share caught over which is averaged. */
const POINTS = 40;
const TAIL = 0.025;

/** The share a count catches, from all its second counts: each person seen was caught or missed. */
export function caughtBy(calibrations: readonly { readonly counted: number; readonly seen: number }[]): Caught {
  return calibrations.reduce(
    ({ hits, misses }, { counted, seen }) => ({ hits: hits + counted, misses: misses + seen - counted }),
    UNCALIBRATED,
  );
}

/**
 * How many people could be expected in a stretch of time in which so many were counted.
 *
 * People come as a Poisson process of unknown rate (gamma, with Jeffreys' prior of shape ½); each is caught with the same
 * chance, so those counted are Poisson as well (Kingman, "Poisson Processes", 1993, §5.1). What the count misses is averaged
 * over what second counts leave open. So the interval has both in it: chance, and the counter.
 */
export function visitors(counted: number, caught: Caught): Estimate {
  const shares = sharesOf(caught);
  const most = (counted + 30 + 10 * Math.sqrt(counted + 1)) / Math.min(...shares);
  return estimateOf((people) => mean(shares.map((share) => gammaProbability(people * share, counted + 0.5, 1))), most);
}

/**
 * What share of the people who came by bought something: the ratio of two Poisson rates, buyers and people counted, both
 * with Jeffreys' prior. Of two gamma variates the share of one in both is beta distributed, so no random numbers are needed.
 */
export function conversion(buyers: number, counted: number, caught: Caught): Estimate {
  const shares = sharesOf(caught);
  return estimateOf(
    (ratio) =>
      ratio >= 1
        ? 1
        : mean(
            shares.map((share) => {
              const odds = ratio / share;
              return betaProbability(odds / (1 + odds), buyers + 0.5, counted + 0.5);
            }),
          ),
    1,
  );
}

function sharesOf({ hits, misses }: Caught): number[] {
  return Array.from({ length: POINTS }, (_, point) => betaQuantile((point + 0.5) / POINTS, hits, misses));
}

/** Median and tails of a distribution on 0 to `most`, by halving. */
function estimateOf(probabilityBelow: (value: number) => number, most: number): Estimate {
  const quantile = (wanted: number): number => {
    let [low, high] = [0, most];
    for (let halving = 0; halving < 40; halving += 1) {
      const middle = (low + high) / 2;
      if (probabilityBelow(middle) < wanted) low = middle;
      else high = middle;
    }
    return high;
  };
  return { middle: quantile(0.5), low: quantile(TAIL), high: quantile(1 - TAIL) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
