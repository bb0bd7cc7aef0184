import { BASE, clamp, ELASTICITY, PROMOTION } from './item-fit';
import type { DemandModel } from './model';
import { SIZE } from './shrink';

/** What an item sells at a price, on the log scale: its median, the variance of what is not known of it, and its spread. */
export interface Forecast {
  readonly logMedian: number;
  /** Of our knowledge of the mean. */
  readonly variance: number;
  /** Of demand itself beyond chance. */
  readonly restlessness: number;
  /** Units on average, over everything that is not known. */
  readonly meanUnits: number;
}

export interface Moment {
  /** Milliseconds since 1970 of the stall's local clock. */
  readonly at: number;
  readonly price: number;
  readonly isPromoted: boolean;
  /** Against the usual stretch of time. */
  readonly exposure: number;
}

/** What `item` (its place in the model's list, or -1 for one never seen) is expected to sell in a stretch of time. */
export function forecast(model: DemandModel, item: number, { at, price, isPromoted, exposure }: Moment): Forecast {
  const fit = model.fits[item];
  const { effect, isSeen } = model.shared.effectAt(at);
  const offset = effect + Math.log(exposure);
  const beyondDay = isSeen ? 0 : model.shared.periodVariance;
  const level = fit === undefined ? null : levelAt(model, item, at);
  const prior = model.spreads[model.categoryOf[item] ?? 0];
  const coefficients = fit?.coefficients ?? prior?.mean ?? new Float64Array(SIZE);
  const covariance =
    fit?.covariance ??
    Float64Array.from({ length: SIZE * SIZE }, (_, place) =>
      place % (SIZE + 1) === 0 ? (prior?.variance[place / (SIZE + 1)] ?? 1) : 0,
    );
  const values = [1, fit === undefined ? 0 : Math.log(price) - (model.usualLogPrice[item] ?? 0), isPromoted ? 1 : 0];
  let variance = (level?.variance ?? 0) + beyondDay;
  for (let row = 0; row < SIZE; row += 1)
    for (let column = 0; column < SIZE; column += 1)
      variance += (values[row] ?? 0) * (values[column] ?? 0) * (covariance[row * SIZE + column] ?? 0);
  const logMedian = clamp(
    offset +
      (coefficients[BASE] ?? 0) +
      (coefficients[ELASTICITY] ?? 0) * (values[ELASTICITY] ?? 0) +
      (coefficients[PROMOTION] ?? 0) * (values[PROMOTION] ?? 0) +
      (level?.stand ?? 0),
    -20,
    25,
  );
  return {
    logMedian,
    variance,
    restlessness: (1 - model.wandering.share) * (fit?.restlessness ?? model.usual.restlessness),
    meanUnits: Math.exp(logMedian + Math.min(1, variance) / 2) * (fit?.smear ?? model.usual.smear),
  };
}

/** Where an item's base rate stands at an instant, between or beyond its rows. */
function levelAt(model: DemandModel, item: number, at: number): { stand: number; variance: number } {
  const { wandering } = model;
  const fit = model.fits[item];
  const times = model.histories[item]?.at;
  if (fit === undefined || times === undefined) throw new Error(`no item ${item}`);
  const stationary = wandering.share * fit.restlessness;
  // First row after the instant.
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  const before = low - 1;
  const after = low;
  const keptOf = (row: number): number => Math.exp(-Math.abs(at - (times[row] ?? 0)) / wandering.fadeMs);
  const one = (row: number): { stand: number; variance: number } => {
    const kept = keptOf(row);
    return {
      stand: kept * (fit.level[row] ?? 0),
      variance: kept * kept * (fit.levelVariance[row] ?? 0) + stationary * (1 - kept * kept),
    };
  };
  if (times.length === 0) return { stand: 0, variance: stationary };
  if (before < 0) return one(after);
  if (low >= times.length) return one(before);
  // Between two rows: what a process that forgets is on the way from one to the other.
  const [a, b] = [keptOf(before), keptOf(after)];
  const both = 1 - a * a * b * b;
  if (both < 1e-9) return one(before);
  const [left, right] = [(a * (1 - b * b)) / both, (b * (1 - a * a)) / both];
  return {
    stand: left * (fit.level[before] ?? 0) + right * (fit.level[after] ?? 0),
    variance:
      (stationary * (1 - a * a) * (1 - b * b)) / both +
      left * left * (fit.levelVariance[before] ?? 0) +
      right * right * (fit.levelVariance[after] ?? 0),
  };
}
