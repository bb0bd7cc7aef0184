import type { ObservationTable } from './observations';
import { SharedEffects } from './shared-effects';
import { BASE, clamp, refit, startingFit, type ItemFit, type ItemRows, type Wandering } from './item-fit';
import { spreadsOfGroups, type Belief, type Spread } from './shrink';

/**
 * What is held before the stall's own sales are seen.
 *
 * Elasticity: own-price elasticities average -2.6 with a standard deviation of 2.2 over 1 851 studies (Bijmolt, van Heerde and
 * Pieters, Journal of Marketing Research 42, 2005) and -1.8 over the 367 of Tellis (same journal 25, 1988).
 * Promotion: signs and places at the front sell about half as much again, with great spread.
 */
const BELIEFS = {
  elasticity: { mean: -2, meanVariance: 1.5 ** 2, variance: 0.8 ** 2, items: 3 },
  promotion: { mean: 0.4, meanVariance: 0.5 ** 2, variance: 0.3 ** 2, items: 3 },
} as const satisfies Record<string, Belief>;

const USUAL = { restlessness: 0.3, smear: 1.1 };
const ROUNDS = 12;
/** Rounds after which the way base rates wander is chosen, again with better fits. */
const CHOOSING_ROUNDS = [3, 7];
/** Of the rows of a table, so many items at most decide how base rates wander. */
const DECIDING_ITEMS = 150;

/** What was learned of the demand for a stall's items. */
export interface DemandModel {
  readonly table: ObservationTable;
  readonly fits: readonly ItemFit[];
  /** Mean of the logarithm of each item's prices: elasticities are around it. */
  readonly usualLogPrice: Float64Array;
  readonly categories: readonly string[];
  readonly categoryOf: Int32Array;
  /** Of all items, and by category. */
  readonly spread: Spread;
  readonly spreads: readonly Spread[];
  readonly wandering: Wandering;
  readonly shared: SharedEffects;
  readonly usual: { readonly restlessness: number; readonly smear: number };
}

/**
 * Learns how demand answers to price, item by item, with strength shared between items: base rates, elasticities and
 * effects of promotion are drawn from those of the item's category and of the stall, by as much as the item's own sales leave
 * open (empirical Bayes). Weekday, hour, season and good and bad days are effects that all items share.
 */
export function learnDemand(table: ObservationTable): DemandModel {
  const { items, start } = table;
  const categories = [...new Set(items.map(({ category }) => category))];
  const place = new Map(categories.map((category, index) => [category, index]));
  const categoryOf = Int32Array.from(items, ({ category }) => place.get(category) ?? 0);
  const usualLogPrice = meansOf(table);
  const shared = new SharedEffects(table);
  const rows = items.map((_, item) => rowsOf(table, item, usualLogPrice[item] ?? 0, shared));
  let fits = rows.map(startingFit);
  let usual = USUAL;
  let { all: spread, group: spreads } = spreadsFrom(fits, categoryOf, categories.length);
  const gapMs = usualGapMs(table);
  let wandering: Wandering = { share: 0.5, fadeMs: 8 * gapMs };
  for (let round = 0; round < ROUNDS; round += 1) {
    if (CHOOSING_ROUNDS.includes(round)) {
      wandering = likeliestWandering(rows, fits, spreads, categoryOf, usual, gapMs) ?? wandering;
    }
    fits = fits.map((fit, item) => refit(at(rows, item), fit, at(spreads, categoryOf[item] ?? 0), wandering, usual));
    ({ all: spread, group: spreads } = spreadsFrom(fits, categoryOf, categories.length, spread));
    usual = usualOf(fits, start);
    shared.learn(rows, fits);
  }
  return { table, fits, usualLogPrice, categories, categoryOf, spread, spreads, wandering, shared, usual };
}

/** Learns anew the items that sold since, and leaves what all items share as it was. */
export function relearnItems(before: DemandModel, table: ObservationTable, changed: readonly number[]): DemandModel {
  const known = before.table.items.length;
  const fits = [...before.fits];
  const usualLogPrice = new Float64Array(table.items.length);
  usualLogPrice.set(before.usualLogPrice);
  const place = new Map(before.categories.map((category, index) => [category, index]));
  const categoryOf = Int32Array.from(table.items, ({ category }) => place.get(category) ?? 0);
  const shared = before.shared.over(table);
  for (const item of changed) {
    usualLogPrice[item] = meanLogPrice(table, item);
    const rows = rowsOf(table, item, usualLogPrice[item] ?? 0, shared);
    let fit = startingFit(rows);
    for (let round = 0; round < RELEARNING_ROUNDS; round += 1) {
      fit = refit(rows, fit, at(before.spreads, categoryOf[item] ?? 0), before.wandering, before.usual);
    }
    fits[item] = fit;
  }
  if (table.items.length < known) throw new Error('items are only ever added');
  return { ...before, table, fits, usualLogPrice, categoryOf, shared };
}

const RELEARNING_ROUNDS = 6;

function spreadsFrom(
  fits: readonly ItemFit[],
  categoryOf: Int32Array,
  categories: number,
  from?: Spread,
): ReturnType<typeof spreadsOfGroups> {
  const bases = fits.map((fit) => fit.coefficients[BASE] ?? 0);
  const base = {
    mean: bases.reduce((sum, one) => sum + one, 0) / Math.max(1, bases.length),
    meanVariance: 9,
    variance: 1,
    items: 2,
  };
  return spreadsOfGroups(
    fits.map(({ evidence }) => evidence),
    categoryOf,
    categories,
    [base, BELIEFS.elasticity, BELIEFS.promotion],
    from,
  );
}

/** The wandering under which the rows are likeliest, of a few; null when there is nothing to tell it by. */
function likeliestWandering(
  rows: readonly ItemRows[],
  fits: readonly ItemFit[],
  spreads: readonly Spread[],
  categoryOf: Int32Array,
  usual: DemandModel['usual'],
  gapMs: number,
): Wandering | null {
  const telling = rows.map((row, item) => ({ row, item })).filter(({ row }) => row.units.length >= 8);
  if (telling.length === 0) return null;
  const stride = Math.ceil(telling.length / DECIDING_ITEMS);
  const deciding = telling.filter((_, index) => index % stride === 0);
  let best: Wandering | null = null;
  let most = -Infinity;
  for (const share of [0.05, 0.3, 0.6, 0.85, 0.95]) {
    for (const gaps of [3, 12, 48, 200]) {
      const wandering = { share, fadeMs: gaps * gapMs };
      let sum = 0;
      for (const { row, item } of deciding) {
        const prior = at(spreads, categoryOf[item] ?? 0);
        const once = refit(row, at(fits, item), prior, wandering, usual);
        sum += refit(row, { ...once, level: at(fits, item).level }, prior, wandering, usual).logLikelihood;
      }
      if (sum > most) {
        most = sum;
        best = wandering;
      }
    }
  }
  return best;
}

function usualOf(fits: readonly ItemFit[], start: Int32Array): DemandModel['usual'] {
  let weights = 8;
  let restlessness = 8 * Math.log(USUAL.restlessness);
  let smear = 8 * USUAL.smear;
  fits.forEach((fit, item) => {
    const weight = Math.min(50, (start[item + 1] ?? 0) - (start[item] ?? 0));
    weights += weight;
    restlessness += weight * Math.log(fit.restlessness);
    smear += weight * fit.smear;
  });
  return { restlessness: Math.exp(restlessness / weights), smear: clamp(smear / weights, 0.8, 2) };
}

function rowsOf(table: ObservationTable, item: number, usualLogPrice: number, shared: SharedEffects): ItemRows {
  const [from, to] = [table.start[item] ?? 0, table.start[item + 1] ?? 0];
  return {
    at: table.at.subarray(from, to),
    logPrice: table.logPrice.slice(from, to).map((logPrice) => logPrice - usualLogPrice),
    units: table.units.subarray(from, to),
    isPromoted: table.isPromoted.subarray(from, to),
    offset: shared.offsets.subarray(from, to),
  };
}

function meansOf(table: ObservationTable): Float64Array {
  return Float64Array.from(table.items, (_, item) => meanLogPrice(table, item));
}

function meanLogPrice({ start, logPrice }: ObservationTable, item: number): number {
  const own = logPrice.subarray(start[item] ?? 0, start[item + 1] ?? 0);
  return own.length === 0 ? 0 : own.reduce((sum, value) => sum + value, 0) / own.length;
}

/** Median time between two rows of one item. */
export function usualGapMs({ items, start, at: times }: ObservationTable): number {
  const gaps: number[] = [];
  for (let item = 0; item < items.length && gaps.length < 20_000; item += 1) {
    for (let row = (start[item] ?? 0) + 1; row < (start[item + 1] ?? 0); row += 1) {
      const gap = (times[row] ?? 0) - (times[row - 1] ?? 0);
      if (gap > 0) gaps.push(gap);
    }
  }
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 86_400_000;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`no element ${index} of ${list.length}`);
  return found;
}
