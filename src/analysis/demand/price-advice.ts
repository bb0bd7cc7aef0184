import { normalQuantile } from '../distributions';
import { forecast } from './forecast';
import { BASE, ELASTICITY } from './item-fit';
import type { DemandModel } from './model';
import { SIZE } from './shrink';

/** What a price is to bring: the most money, the most money after what the goods cost, or an empty table. */
export type PriceObjective = 'revenue' | 'margin' | 'sell-through';

export const PRICE_OBJECTIVES: readonly PriceObjective[] = ['revenue', 'margin', 'sell-through'];

export interface PriceQuestion {
  readonly objective: PriceObjective;
  /** Of one unit, in the unit of the prices; null when nobody knows. No price below it is recommended. */
  readonly cost: number | null;
  /** Units there are to sell in one usual stretch of time; null for as many as anybody wants. */
  readonly onHand: number | null;
  /** Smallest step of a price: 0.01. */
  readonly priceStep: number;
  /** Milliseconds since 1970 of the local clock: when the price is to hold. */
  readonly at: number;
  readonly confidence: number;
}

/** A figure with the interval in which the truth lies with the stated confidence. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface PriceAdvice {
  readonly elasticity: Interval;
  /** Price of the item's last observation. */
  readonly currentPrice: number;
  /** Prices tried so far; recommendations keep near them, since beyond nobody knows. */
  readonly lowestPrice: number;
  readonly highestPrice: number;
  readonly differentPrices: number;
  readonly observations: number;
  /** Null when no price is allowed, as when all are below cost. */
  readonly recommendedPrice: number | null;
  /** Units of one usual stretch of time at either price: typical, with the interval in which such a stretch falls. */
  readonly unitsAtCurrent: Interval;
  readonly unitsAtRecommended: Interval | null;
  /** What the objective gains by the recommended price, as a share of what the current price brings. */
  readonly gain: number | null;
  /** How sure it is that the recommended price is better for the objective than the current one; 0.5 is not at all. */
  readonly probabilityBetter: number | null;
  /** Whether to change at all: better by at least a hundredth, and surely enough. */
  readonly isWorthIt: boolean;
}

/** How far beyond the prices tried a recommendation may go. */
const BEYOND = 0.1;
const PRICES = 41;
const SCENARIOS = 25;
const SURE_ENOUGH = 0.8;
const GAIN_ENOUGH = 0.01;

/** Elasticity of one item and the price that serves an objective best, on average over what is not known. */
export function advisePrice(model: DemandModel, item: number, question: PriceQuestion): PriceAdvice {
  const fit = model.fits[item];
  const prices = model.histories[item]?.logPrice;
  if (fit === undefined || prices === undefined || prices.length === 0)
    throw new Error(`nothing was observed of item ${item}`);
  const currentPrice = rounded(Math.exp(prices[prices.length - 1] ?? 0), question.priceStep);
  const sorted = Float64Array.from(prices).sort();
  const lowestPrice = Math.exp(sorted[0] ?? 0);
  const highestPrice = Math.exp(sorted[sorted.length - 1] ?? 0);
  const deviations = normalQuantile(0.5 + question.confidence / 2);
  const unitsAt = (price: number): Interval => {
    const { logMedian, variance, restlessness } = forecast(model, item, {
      at: question.at,
      price,
      isPromoted: false,
      exposure: 1,
    });
    const typical = Math.exp(logMedian);
    const spread = deviations * Math.sqrt(variance + restlessness + 1 / (typical + 0.5));
    return {
      value: typical,
      low: Math.max(0, (typical + 0.5) * Math.exp(-spread) - 0.5),
      high: typical * Math.exp(spread) + 0.5,
    };
  };
  const scenarios = scenariosOf(model, item);
  const base = forecast(model, item, {
    at: question.at,
    price: Math.exp(model.usualLogPrice[item] ?? 0),
    isPromoted: false,
    exposure: 1,
  });
  const worth = (price: number, scenario: Scenario): number => {
    const wanted =
      base.meanUnits *
      Math.exp(scenario.base + scenario.elasticity * (Math.log(price) - (model.usualLogPrice[item] ?? 0)));
    const units = question.onHand === null ? wanted : atMost(wanted, question.onHand);
    switch (question.objective) {
      case 'revenue':
        return price * units;
      case 'margin':
        return (price - (question.cost ?? 0)) * units;
      case 'sell-through':
        // Every unit that goes counts; of prices that empty the table alike, the higher one.
        return units * (1 + 1e-3 * (price / highestPrice));
    }
  };
  const mean = (price: number): number =>
    scenarios.reduce((sum, scenario) => sum + worth(price, scenario), 0) / scenarios.length;
  const common = {
    elasticity: elasticityOf(model, item, question.confidence),
    currentPrice,
    lowestPrice: rounded(lowestPrice, question.priceStep),
    highestPrice: rounded(highestPrice, question.priceStep),
    differentPrices: new Set(prices).size,
    observations: prices.length,
    unitsAtCurrent: unitsAt(currentPrice),
  };
  const floor = Math.max(question.priceStep, question.cost ?? 0);
  const candidates = candidatePrices(lowestPrice, highestPrice, question.priceStep).filter((price) => price >= floor);
  if (currentPrice >= floor && !candidates.includes(currentPrice)) candidates.push(currentPrice);
  let best: number | null = null;
  for (const price of candidates) if (best === null || mean(price) > mean(best)) best = price;
  if (best === null) {
    // Everything tried so far is below cost: the cost itself is the least that may be asked.
    best = question.cost === null ? null : Math.ceil(question.cost / question.priceStep - 1e-9) * question.priceStep;
    if (best === null) {
      return {
        ...common,
        recommendedPrice: null,
        unitsAtRecommended: null,
        gain: null,
        probabilityBetter: null,
        isWorthIt: false,
      };
    }
  }
  const now = mean(currentPrice);
  const recommendedPrice = rounded(best, question.priceStep);
  const gain = now > 0 ? mean(recommendedPrice) / now - 1 : null;
  const better =
    recommendedPrice === currentPrice
      ? 0.5
      : scenarios.filter((scenario) => worth(recommendedPrice, scenario) > worth(currentPrice, scenario)).length /
        scenarios.length;
  return {
    ...common,
    recommendedPrice,
    unitsAtRecommended: unitsAt(recommendedPrice),
    gain,
    probabilityBetter: better,
    isWorthIt:
      recommendedPrice !== currentPrice &&
      (currentPrice < floor || (gain !== null && gain >= GAIN_ENOUGH && better >= SURE_ENOUGH)),
  };
}

/** How an item's demand answers to its price: by so many per cent for one per cent. */
export function elasticityOf(model: DemandModel, item: number, confidence: number): Interval {
  const fit = model.fits[item];
  if (fit === undefined) throw new Error(`no item ${item}`);
  const value = fit.coefficients[ELASTICITY] ?? 0;
  const spread = normalQuantile(0.5 + confidence / 2) * Math.sqrt(fit.covariance[ELASTICITY * (SIZE + 1)] ?? 0);
  return { value, low: value - spread, high: value + spread };
}

/**
 * Where what is known of an item's elasticity comes from: how many other goods of its category lent strength, and how much of it
 * its own sales decide, as the share by which they narrowed what was believed of the category (0 to 1).
 */
export function strengthOf(
  model: DemandModel,
  item: number,
): { readonly likeGoods: number; readonly ownShare: number } {
  const category = model.categoryOf[item] ?? 0;
  const { variance, meanVariance } = model.spreads[category] ?? model.spread;
  const believed = (variance[ELASTICITY] ?? 0) + (meanVariance[ELASTICITY] ?? 0);
  const left = model.fits[item]?.covariance[ELASTICITY * (SIZE + 1)] ?? believed;
  let likeGoods = 0;
  model.histories.forEach(({ at }, other) => {
    if (other !== item && at.length > 0 && model.categoryOf[other] === category) likeGoods += 1;
  });
  return { likeGoods, ownShare: believed > 0 ? Math.min(1, Math.max(0, 1 - left / believed)) : 0 };
}

/** One way things may be: how much likelier or less likely than thought the item sells, and how it answers to its price. */
export interface Scenario {
  /** On the log scale, around the forecast at the item's usual price. */
  readonly base: number;
  readonly elasticity: number;
}

/**
 * Equally likely ways things may be, by quantiles of what the fit leaves open. Goods that sell better for being dearer are not
 * reckoned with: an elasticity above zero is noise to a price.
 */
export function scenariosOf(model: DemandModel, item: number): Scenario[] {
  const fit = model.fits[item];
  if (fit === undefined) throw new Error(`no item ${item}`);
  const slope = fit.coefficients[ELASTICITY] ?? 0;
  const variance = fit.covariance[ELASTICITY * (SIZE + 1)] ?? 0;
  const together = fit.covariance[BASE * SIZE + ELASTICITY] ?? 0;
  return Array.from({ length: SCENARIOS }, (_, place) => {
    const deviation = normalQuantile((place + 0.5) / SCENARIOS) * Math.sqrt(variance);
    return {
      base: variance === 0 ? 0 : (together / variance) * deviation,
      elasticity: Math.min(-0.01, slope + deviation),
    };
  });
}

/** Units sold on average of `onHand` when `wanted` are on average: demand beyond the stock is lost, and chance is Poisson's. */
export function atMost(wanted: number, onHand: number): number {
  if (onHand <= 0) return 0;
  if (wanted > 200) return Math.min(wanted, onHand);
  // Of more than ten standard deviations beyond, nothing is left in a double.
  if (onHand > wanted + 10 * Math.sqrt(wanted) + 12) return wanted;
  let probability = Math.exp(-wanted);
  let sold = 0;
  let below = 0;
  for (let count = 0; count < onHand; count += 1) {
    sold += count * probability;
    below += probability;
    probability *= wanted / (count + 1);
    if (count > wanted && probability < 1e-12) break;
  }
  return sold + onHand * Math.max(0, 1 - below);
}

function candidatePrices(lowest: number, highest: number, step: number): number[] {
  const [from, to] = [lowest * (1 - BEYOND), highest * (1 + BEYOND)];
  const prices = Array.from({ length: PRICES }, (_, place) =>
    rounded(from * (to / from) ** (place / (PRICES - 1)), step),
  );
  return [...new Set(prices)].filter((price) => price > 0);
}

function rounded(price: number, step: number): number {
  return Number((Math.round(price / step) * step).toFixed(6));
}
