import { goOn, type GiveWay } from '../give-way';
import { historyOf, type DemandItem, type ItemHistory, type ObservationTable } from './observations';
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
  readonly items: readonly DemandItem[];
  readonly histories: readonly ItemHistory[];
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
export function learnDemand(table: ObservationTable, giveWay: GiveWay = goOn): DemandModel {
  const { items, histories } = table;
  const categories = [...new Set(items.map(({ category }) => category))];
  const place = new Map(categories.map((category, index) => [category, index]));
  const categoryOf = Int32Array.from(items, ({ category }) => place.get(category) ?? 0);
  const usualLogPrice = Float64Array.from(histories, meanLogPrice);
  const shared = new SharedEffects(histories, giveWay);
  const rows = histories.map((history, item) => {
    giveWay();
    return rowsOf(history, usualLogPrice[item] ?? 0, shared);
  });
  let fits = rows.map(startingFit);
  let usual = USUAL;
  let { all: spread, group: spreads } = spreadsFrom(fits, categoryOf, categories.length, giveWay);
  const gapMs = usualGapMs(histories);
  let wandering: Wandering = { share: 0.5, fadeMs: 8 * gapMs };
  for (let round = 0; round < ROUNDS; round += 1) {
    if (CHOOSING_ROUNDS.includes(round)) {
      wandering = likeliestWandering(rows, fits, spreads, categoryOf, usual, gapMs, giveWay) ?? wandering;
    }
    fits = fits.map((fit, item) => {
      giveWay();
      return refit(at(rows, item), fit, at(spreads, categoryOf[item] ?? 0), wandering, usual, fit);
    });
    ({ all: spread, group: spreads } = spreadsFrom(fits, categoryOf, categories.length, giveWay, spread));
    usual = usualOf(fits);
    shared.learn(rows, fits, giveWay);
  }
  return {
    items,
    histories,
    fits,
    usualLogPrice,
    categories,
    categoryOf,
    spread,
    spreads,
    wandering,
    shared,
    usual,
  };
}

/**
 * Learns anew the items that sold since, and leaves all others and what they share as they were.
 * @param items those known before at the places they had, and new ones after them
 * @param changed the whole history of each item that is learned anew
 */
export function relearnItems(
  before: DemandModel,
  items: readonly DemandItem[],
  changed: ReadonlyMap<number, ItemHistory>,
): DemandModel {
  const place = new Map(before.categories.map((category, index) => [category, index]));
  const histories = items.map((_, item) => before.histories[item] ?? historyOf([]));
  const usualLogPrice = Float64Array.from(items, (_, item) => before.usualLogPrice[item] ?? 0);
  const categoryOf = Int32Array.from(items, ({ category }) => place.get(category) ?? 0);
  const fits = items.map((_, item) => before.fits[item] ?? startingFit(rowsOf(at(histories, item), 0, before.shared)));
  for (const [item, history] of changed) {
    histories[item] = history;
    usualLogPrice[item] = meanLogPrice(history);
    const rows = rowsOf(history, usualLogPrice[item] ?? 0, before.shared);
    let fit = startingFit(rows);
    for (let round = 0; round < RELEARNING_ROUNDS; round += 1) {
      fit = refit(rows, fit, at(before.spreads, categoryOf[item] ?? 0), before.wandering, before.usual, fit);
    }
    fits[item] = fit;
  }
  return { ...before, items, histories, fits, usualLogPrice, categoryOf };
}

const RELEARNING_ROUNDS = 6;

function spreadsFrom(
  fits: readonly ItemFit[],
  categoryOf: Int32Array,
  categories: number,
  giveWay: GiveWay,
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
    giveWay,
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
  giveWay: GiveWay,
): Wandering | null {
  const telling = rows.map((row, item) => ({ row, item })).filter(({ row }) => row.units.length >= 8);
  if (telling.length === 0) return null;
  const stride = Math.ceil(telling.length / DECIDING_ITEMS);
  const deciding = telling.filter((_, index) => index % stride === 0);
  const longest = deciding.reduce((length, { row }) => Math.max(length, row.units.length), 0);
  const spare = { level: new Float64Array(longest), levelVariance: new Float64Array(longest) };
  let best: Wandering | null = null;
  let most = -Infinity;
  for (const share of [0.05, 0.3, 0.6, 0.85, 0.95]) {
    for (const gaps of [3, 12, 48, 200]) {
      const wandering = { share, fadeMs: gaps * gapMs };
      let sum = 0;
      for (const { row, item } of deciding) {
        giveWay();
        const prior = at(spreads, categoryOf[item] ?? 0);
        const fit = at(fits, item);
        const once = refit(row, fit, prior, wandering, usual, spare);
        sum += refit(row, { ...once, level: fit.level }, prior, wandering, usual, spare).logLikelihood;
      }
      if (sum > most) {
        most = sum;
        best = wandering;
      }
    }
  }
  return best;
}

function usualOf(fits: readonly ItemFit[]): DemandModel['usual'] {
  let weights = 8;
  let restlessness = 8 * Math.log(USUAL.restlessness);
  let smear = 8 * USUAL.smear;
  fits.forEach((fit) => {
    const weight = Math.min(50, fit.level.length);
    weights += weight;
    restlessness += weight * Math.log(fit.restlessness);
    smear += weight * fit.smear;
  });
  return { restlessness: Math.exp(restlessness / weights), smear: clamp(smear / weights, 0.8, 2) };
}

function rowsOf(history: ItemHistory, usualLogPrice: number, shared: SharedEffects): ItemRows {
  return {
    ...history,
    logPrice: history.logPrice.map((logPrice) => logPrice - usualLogPrice),
    offset: shared.offsetsOf(history),
  };
}

function meanLogPrice({ logPrice }: ItemHistory): number {
  return logPrice.length === 0 ? 0 : logPrice.reduce((sum, value) => sum + value, 0) / logPrice.length;
}

/** Median time between two rows of one item. */
function usualGapMs(histories: readonly ItemHistory[]): number {
  const gaps: number[] = [];
  for (const { at: times } of histories) {
    if (gaps.length > 20_000) break;
    for (let row = 1; row < times.length; row += 1) {
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
