// @ts-expect-error jStat (MIT) brings no types.
import jStat from 'jstat';

const { normal, gamma } = jStat as {
  readonly normal: { inv(probability: number, mean: number, deviation: number): number };
  readonly gamma: { inv(probability: number, shape: number, scale: number): number };
};

/** The value below which a standard normal variate lies with this probability. */
export function normalQuantile(probability: number): number {
  return normal.inv(probability, 0, 1);
}

/**
 * The value below which a gamma variate lies with this probability.
 * @param shape more than 0
 * @param rate one over the scale
 */
export function gammaQuantile(probability: number, shape: number, rate: number): number {
  return gamma.inv(probability, shape, 1 / rate);
}
