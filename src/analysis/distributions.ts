// @ts-expect-error jStat (MIT) brings no types.
import jStat from 'jstat';

interface Distribution {
  cdf(value: number, ...parameters: number[]): number;
  inv(probability: number, ...parameters: number[]): number;
}
const { normal, gamma, beta } = jStat as Readonly<Record<'normal' | 'gamma' | 'beta', Distribution>>;

/** The value below which a standard normal variate lies with this probability. */
export function normalQuantile(probability: number): number {
  return normal.inv(probability, 0, 1);
}

/** With which probability a standard normal variate lies below a value. */
export function normalProbability(value: number): number {
  return normal.cdf(value, 0, 1);
}

/** The value below which a gamma variate lies with this probability. */
export function gammaQuantile(probability: number, shape: number, scale: number): number {
  return gamma.inv(probability, shape, scale);
}

/**
 * With which probability a gamma variate lies below a value.
 * @param shape more than 0
 * @param scale more than 0
 */
export function gammaProbability(value: number, shape: number, scale: number): number {
  return gamma.cdf(value, shape, scale);
}

/** With which probability a beta variate lies below a value from 0 to 1. */
export function betaProbability(value: number, hits: number, misses: number): number {
  return beta.cdf(value, hits, misses);
}

/** The value below which a beta variate lies with this probability. */
export function betaQuantile(probability: number, hits: number, misses: number): number {
  return beta.inv(probability, hits, misses);
}
