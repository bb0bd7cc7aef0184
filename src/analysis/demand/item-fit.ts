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
 * @param into arrays of at least one element per row that hold the new levels; the ones of `before` may be written over
 */
export function refit(
  rows: ItemRows,
  before: ItemFit,
  prior: Spread,
  wandering: Wandering,
  usual: { readonly restlessness: number; readonly smear: number },
  into: Pick<ItemFit, 'level' | 'levelVariance'>,
): ItemFit {
  const count = rows.units.length;
  const { response, noise, fixed, memory } = columnsFor(count);
  const levelVariance = wandering.share * before.restlessness;
  const shock = before.restlessness - levelVariance;
  remember(rows, wandering, memory);
  for (let row = 0; row < count; row += 1) {
    const logRate = clamp(linear(rows, before.coefficients, row) + (before.level[row] ?? 0), -12, 20);
    const score = countScore(logRate);
    const off = (Math.log((rows.units[row] ?? 0) + 0.5) - score.mean) / score.slope;
    const variance = score.variance / (score.slope * score.slope) + shock;
    response[row] = logRate - (rows.offset[row] ?? 0) + off;
    noise[row] = variance * Math.max(1, Math.abs(off) / (HUBER * Math.sqrt(variance + levelVariance * 0.5)));
  }

  // Normal equations of the whitened rows.
  let [base, price, promotion] = [0, 0, 0];
  let [baseRight, priceRight, promotionRight] = [0, 0, 0];
  let [baseBase, basePrice, basePromotion, pricePrice, pricePromotion, promotionPromotion] = [0, 0, 0, 0, 0, 0];
  let responseState = 0;
  let uncertainty = levelVariance;
  for (let row = 0; row < count; row += 1) {
    const kept = memory[row] ?? 0;
    uncertainty = kept * kept * uncertainty + levelVariance * (1 - kept * kept);
    const variance = uncertainty + (noise[row] ?? 1);
    const gain = uncertainty / variance;
    const responseOff = (response[row] ?? 0) - kept * responseState;
    responseState = kept * responseState + gain * responseOff;
    const baseOff = 1 - kept * base;
    const priceOff = (rows.logPrice[row] ?? 0) - kept * price;
    const promotionOff = (rows.isPromoted[row] ?? 0) - kept * promotion;
    base = kept * base + gain * baseOff;
    price = kept * price + gain * priceOff;
    promotion = kept * promotion + gain * promotionOff;
    const weight = 1 / variance;
    baseRight += baseOff * responseOff * weight;
    priceRight += priceOff * responseOff * weight;
    promotionRight += promotionOff * responseOff * weight;
    baseBase += baseOff * baseOff * weight;
    basePrice += baseOff * priceOff * weight;
    basePromotion += baseOff * promotionOff * weight;
    pricePrice += priceOff * priceOff * weight;
    pricePromotion += priceOff * promotionOff * weight;
    promotionPromotion += promotionOff * promotionOff * weight;
    uncertainty *= 1 - gain;
  }
  const normal = new Float64Array(SIZE * SIZE);
  normal[BASE * SIZE + BASE] = baseBase;
  normal[BASE * SIZE + ELASTICITY] = normal[ELASTICITY * SIZE + BASE] = basePrice;
  normal[BASE * SIZE + PROMOTION] = normal[PROMOTION * SIZE + BASE] = basePromotion;
  normal[ELASTICITY * SIZE + ELASTICITY] = pricePrice;
  normal[ELASTICITY * SIZE + PROMOTION] = normal[PROMOTION * SIZE + ELASTICITY] = pricePromotion;
  normal[PROMOTION * SIZE + PROMOTION] = promotionPromotion;
  const right = new Float64Array(SIZE);
  right[BASE] = baseRight;
  right[ELASTICITY] = priceRight;
  right[PROMOTION] = promotionRight;
  const evidence: Evidence = { normal, right };
  const { mean: coefficients, covariance } = lean(evidence, prior);

  // Where the base rate stood: filter forwards, smooth backwards (Rauch, Tung and Striebel 1965).
  const { level, levelVariance: smoothed } = into;
  let stand = 0;
  uncertainty = levelVariance;
  let surprise = 0;
  let logLikelihood = 0;
  for (let row = 0; row < count; row += 1) {
    const kept = memory[row] ?? 0;
    uncertainty = kept * kept * uncertainty + levelVariance * (1 - kept * kept);
    const variance = uncertainty + (noise[row] ?? 1);
    const expected = linear(rows, coefficients, row);
    fixed[row] = expected;
    const rest = (response[row] ?? 0) - expected + (rows.offset[row] ?? 0) - kept * stand;
    stand = kept * stand + (uncertainty / variance) * rest;
    uncertainty *= 1 - uncertainty / variance;
    level[row] = stand;
    smoothed[row] = uncertainty;
    surprise += (rest * rest) / variance;
    logLikelihood -= 0.5 * (Math.log(variance) + (rest * rest) / variance);
  }
  for (let row = count - 2; row >= 0; row -= 1) {
    const kept = memory[row + 1] ?? 0;
    const own = smoothed[row] ?? 0;
    const ahead = kept * kept * own + levelVariance * (1 - kept * kept);
    const back = ahead === 0 ? 0 : (own * kept) / ahead;
    level[row] = (level[row] ?? 0) + back * ((level[row + 1] ?? 0) - kept * (level[row] ?? 0));
    smoothed[row] = own + back * back * ((smoothed[row + 1] ?? 0) - ahead);
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
    const rate = Math.exp(clamp((fixed[row] ?? 0) + (level[row] ?? 0), -12, 20));
    const units = rows.units[row] ?? 0;
    // One absurd row is not to lift every forecast.
    sold += units <= rate ? units : Math.min(units, rate * Math.exp(3 * Math.sqrt(restlessness + 1 / (rate + 0.5))));
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

/** What each row remembers of the row before. Most rows are as far apart as the ones before them. */
function remember({ at }: ItemRows, { fadeMs }: Wandering, memory: Float64Array): void {
  let gapMs = 0;
  let kept = 1;
  memory[0] = 0;
  for (let row = 1; row < at.length; row += 1) {
    const ownMs = (at[row] ?? 0) - (at[row - 1] ?? 0);
    if (ownMs !== gapMs) {
      gapMs = ownMs;
      kept = Math.exp(-gapMs / fadeMs);
    }
    memory[row] = kept;
  }
}

/** What is worked out of each row on the way, and of use to no other round. */
interface Columns {
  readonly response: Float64Array;
  readonly noise: Float64Array;
  /** Logarithm of demand without the wandering of the base rate. */
  readonly fixed: Float64Array;
  readonly memory: Float64Array;
}

let columns: Columns | null = null;

/** The same columns for every item, since tens of thousands of rounds would leave theirs to be collected. */
function columnsFor(rows: number): Columns {
  if (columns === null || columns.memory.length < rows) {
    const column = (): Float64Array => new Float64Array(Math.max(256, 2 * rows));
    columns = { response: column(), noise: column(), fixed: column(), memory: column() };
  }
  return columns;
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
