import { countScore } from './count-score';
import { lean, SIZE, type Evidence, type Spread } from './shrink';

/** Place of each coefficient: logarithm of the base rate at the item's usual price, price elasticity, effect of promotion. */
export const BASE = 0;
export const ELASTICITY = 1;
export const PROMOTION = 2;

/** Rows of one item, in order of time. */
export interface ItemRows {
  readonly at: Float64Array;
  /** Less the item's own mean. */
  readonly logPrice: Float64Array;
  readonly units: Float64Array;
  readonly isPromoted: Uint8Array;
  readonly logExposure: Float64Array;
  /** What is known of the row besides: exposure, weekday, hour, what all items shared that day. On the log scale. */
  readonly offset: Float64Array;
}

/** How an item's base rate wanders: a stationary process that forgets (Ornstein-Uhlenbeck), beside noise without memory. */
export interface Wandering {
  /** Of the variance beyond chance, the part that has memory. */
  readonly share: number;
  /** Time in which the memory fades to 1/e. */
  readonly fadeMs: number;
}

export interface ItemFit {
  readonly coefficients: Float64Array;
  /** Row by row, 3 × 3. */
  readonly covariance: Float64Array;
  /** What the item's own rows say of the coefficients, apart from other items. */
  readonly evidence: Evidence;
  /** Variance of the logarithm of demand beyond chance. */
  readonly restlessness: number;
  /** Where the base rate stood at each row against its mean, and the variance of that. */
  readonly level: Float64Array;
  readonly levelVariance: Float64Array;
  /** Log likelihood of the rows, up to what no parameter changes. */
  readonly logLikelihood: number;
  /** Mean demand over median demand: the part of a skewed distribution that the median does not see. */
  readonly smear: number;
}

const HUBER = 2.5;
const LEAST_RESTLESSNESS = 0.005;
const MOST_RESTLESSNESS = 6;
/** Rows that the stall's usual restlessness counts for against an item's own. */
const RESTLESSNESS_ROWS = 8;
/** Rows that the stall's usual smear counts for. */
const SMEAR_ROWS = 10;

export function startingFit(rows: ItemRows): ItemFit {
  const count = rows.units.length;
  let units = 0.5;
  let exposure = 0.5;
  for (let row = 0; row < count; row += 1) {
    units += rows.units[row] ?? 0;
    exposure += Math.exp(rows.offset[row] ?? 0);
  }
  return {
    coefficients: Float64Array.of(Math.log(units / exposure), 0, 0),
    covariance: new Float64Array(SIZE * SIZE),
    evidence: { normal: new Float64Array(SIZE * SIZE), right: new Float64Array(SIZE) },
    restlessness: 0.3,
    level: new Float64Array(count),
    levelVariance: new Float64Array(count),
    logLikelihood: 0,
    smear: 1,
  };
}

/**
 * One round of fitting an item: a log-linear regression of demand on price and promotion with a base rate that wanders.
 * Counts are scored on the log scale around the fit so far (penalised quasi-likelihood, Breslow and Clayton 1993), rows far
 * off count less (Huber 1964), a Kalman filter whitens what has memory, and the rest is least squares with a normal prior.
 */
export function refit(
  rows: ItemRows,
  before: ItemFit,
  prior: Spread,
  wandering: Wandering,
  usual: { readonly restlessness: number; readonly smear: number },
): ItemFit {
  const count = rows.units.length;
  const response = new Float64Array(count);
  const noise = new Float64Array(count);
  const levelVariance = wandering.share * before.restlessness;
  const shock = before.restlessness - levelVariance;
  for (let row = 0; row < count; row += 1) {
    const logRate = clamp(linear(rows, before.coefficients, row) + (before.level[row] ?? 0), -12, 20);
    const score = countScore(logRate);
    const off = (Math.log((rows.units[row] ?? 0) + 0.5) - score.mean) / score.slope;
    const variance = score.variance / (score.slope * score.slope) + shock;
    response[row] = logRate - (rows.offset[row] ?? 0) + off;
    noise[row] = variance * Math.max(1, Math.abs(off) / (HUBER * Math.sqrt(variance + levelVariance * 0.5)));
  }

  // Normal equations of the whitened rows.
  const normal = new Float64Array(SIZE * SIZE);
  const right = new Float64Array(SIZE);
  const state = new Float64Array(SIZE);
  const off = new Float64Array(SIZE);
  let responseState = 0;
  let uncertainty = levelVariance;
  for (let row = 0; row < count; row += 1) {
    const kept = row === 0 ? 0 : memory(rows, row, wandering);
    uncertainty = kept * kept * uncertainty + levelVariance * (1 - kept * kept);
    const variance = uncertainty + (noise[row] ?? 1);
    const gain = uncertainty / variance;
    const responseOff = (response[row] ?? 0) - kept * responseState;
    responseState = kept * responseState + gain * responseOff;
    for (let one = 0; one < SIZE; one += 1) {
      const value = one === BASE ? 1 : one === ELASTICITY ? (rows.logPrice[row] ?? 0) : (rows.isPromoted[row] ?? 0);
      const carried = kept * (state[one] ?? 0);
      off[one] = value - carried;
      state[one] = carried + gain * (value - carried);
    }
    for (let one = 0; one < SIZE; one += 1) {
      right[one] = (right[one] ?? 0) + ((off[one] ?? 0) * responseOff) / variance;
      for (let other = 0; other < SIZE; other += 1) {
        const place = one * SIZE + other;
        normal[place] = (normal[place] ?? 0) + ((off[one] ?? 0) * (off[other] ?? 0)) / variance;
      }
    }
    uncertainty *= 1 - gain;
  }
  const evidence: Evidence = { normal, right };
  const { mean: coefficients, covariance } = lean(evidence, prior);

  // Where the base rate stood: filter forwards, smooth backwards (Rauch, Tung and Striebel 1965).
  const level = new Float64Array(count);
  const after = new Float64Array(count);
  const smoothed = new Float64Array(count);
  let stand = 0;
  uncertainty = levelVariance;
  let surprise = 0;
  let logLikelihood = 0;
  for (let row = 0; row < count; row += 1) {
    const kept = row === 0 ? 0 : memory(rows, row, wandering);
    uncertainty = kept * kept * uncertainty + levelVariance * (1 - kept * kept);
    const variance = uncertainty + (noise[row] ?? 1);
    const rest = (response[row] ?? 0) - linear(rows, coefficients, row) + (rows.offset[row] ?? 0) - kept * stand;
    stand = kept * stand + (uncertainty / variance) * rest;
    uncertainty *= 1 - uncertainty / variance;
    level[row] = stand;
    after[row] = uncertainty;
    surprise += (rest * rest) / variance;
    logLikelihood -= 0.5 * (Math.log(variance) + (rest * rest) / variance);
  }
  smoothed.set(after);
  for (let row = count - 2; row >= 0; row -= 1) {
    const kept = memory(rows, row + 1, wandering);
    const ahead = kept * kept * (after[row] ?? 0) + levelVariance * (1 - kept * kept);
    const back = ahead === 0 ? 0 : ((after[row] ?? 0) * kept) / ahead;
    level[row] = (level[row] ?? 0) + back * ((level[row + 1] ?? 0) - kept * (level[row] ?? 0));
    smoothed[row] = (after[row] ?? 0) + back * back * ((smoothed[row + 1] ?? 0) - ahead);
  }

  const seen = surprise / Math.max(1, count - 1);
  const restlessness = Math.exp(
    (count * Math.log(clamp(before.restlessness * seen, LEAST_RESTLESSNESS, MOST_RESTLESSNESS)) +
      RESTLESSNESS_ROWS * Math.log(usual.restlessness)) /
      (count + RESTLESSNESS_ROWS),
  );
  let sold = 0;
  let expected = 0;
  for (let row = 0; row < count; row += 1) {
    const rate = Math.exp(clamp(linear(rows, coefficients, row) + (level[row] ?? 0), -12, 20));
    // One absurd row is not to lift every forecast.
    sold += Math.min(rows.units[row] ?? 0, rate * Math.exp(3 * Math.sqrt(restlessness + 1 / (rate + 0.5))));
    expected += rate;
  }
  const pretended = (SMEAR_ROWS * (expected + 0.5)) / Math.max(1, count);
  const smear = clamp((sold + pretended * usual.smear) / (expected + pretended), 0.5, 3);
  return { coefficients, covariance, evidence, restlessness, level, levelVariance: smoothed, logLikelihood, smear };
}

/** Logarithm of the demand of a row without the wandering of its base rate. */
export function linear(rows: ItemRows, coefficients: Float64Array, row: number): number {
  return (
    (rows.offset[row] ?? 0) +
    (coefficients[BASE] ?? 0) +
    (coefficients[ELASTICITY] ?? 0) * (rows.logPrice[row] ?? 0) +
    (coefficients[PROMOTION] ?? 0) * (rows.isPromoted[row] ?? 0)
  );
}

/** What a row remembers of the row before. */
function memory(rows: ItemRows, row: number, { fadeMs }: Wandering): number {
  return Math.exp(-((rows.at[row] ?? 0) - (rows.at[row - 1] ?? 0)) / fadeMs);
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
