import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { goOn, type GiveWay } from '../give-way';
import type { PairCounts } from './pair-counts';

/** Items that decide about one: more make it no better and cost their cube. */
const NEIGHBOURS = 50;
/** Lifts of a stall's pairs are not believed to vary by more than this, nor by less: both would be chance. */
const MOST_LIFT_VARIANCE = 1;
const LEAST_LIFT_VARIANCE = 1e-6;

/** What an item's presence in a basket is predicted from: its popularity, and its neighbours' presence. */
interface ItemWeights {
  readonly neighbours: Int32Array;
  readonly weights: Float64Array;
  /** Expected presence in an empty basket. */
  readonly base: number;
}

export interface NextItem {
  readonly item: number;
  /** Expected presence: a share, though a linear one that may leave 0 to 1. */
  readonly score: number;
}

/**
 * Ranks what else belongs into a basket.
 *
 * Each item's presence is regressed on the presence of the items it goes with: ridge regression on covariances over the item's
 * nearest neighbours. How far it may leave popularity is learned from how much the lifts of all pairs vary beyond chance: in
 * baskets thrown together at random, not at all. It is the closed form of Steck's EASE (WWW 2019)
 * with an intercept, made sparse by choosing neighbours first as in fsSLIM (Ning and Karypis, ICDM 2011): small enough
 * for a till, and one item's weights can be learned anew without the others.
 */
export class NextItemModel {
  readonly #counts: PairCounts;
  readonly #weights: ItemWeights[];
  /** Where each item is a neighbour: the other's place and its weight. */
  readonly #influence: Map<number, number>[] = [];
  readonly #liftVariance: number;

  constructor(counts: PairCounts, giveWay: GiveWay = goOn) {
    this.#counts = counts;
    this.#liftVariance = liftVariance(counts, giveWay);
    this.#weights = counts.item.map(() => EMPTY);
    this.relearn(counts.item.keys(), giveWay);
  }

  /** Learns these items' weights from what the counts say now. */
  relearn(items: Iterable<number>, giveWay: GiveWay = goOn): void {
    while (this.#influence.length < this.#counts.item.length) this.#influence.push(new Map());
    for (const item of items) {
      giveWay();
      for (const neighbour of this.#weights[item]?.neighbours ?? []) this.#influence[neighbour]?.delete(item);
      const learned = learnWeights(this.#counts, item, this.#liftVariance);
      this.#weights[item] = learned;
      learned.neighbours.forEach((neighbour, place) => {
        this.#influence[neighbour]?.set(item, learned.weights[place] ?? 0);
      });
    }
  }

  /** The `most` likeliest items that are not in the basket yet, likeliest first. */
  rank(basket: readonly number[], most: number): NextItem[] {
    const scores = Float64Array.from(this.#weights, ({ base }) => base);
    for (const item of new Set(basket)) {
      for (const [other, weight] of this.#influence[item] ?? []) scores[other] = (scores[other] ?? 0) + weight;
    }
    for (const item of basket) scores[item] = -Infinity;
    const best: NextItem[] = [];
    scores.forEach((score, item) => {
      if (score === -Infinity || (best.length === most && score <= (best[most - 1]?.score ?? 0))) return;
      let place = best.length;
      while (place > 0 && (best[place - 1]?.score ?? 0) < score) place -= 1;
      best.splice(place, 0, { item, score });
      if (best.length > most) best.pop();
    });
    return best;
  }
}

const EMPTY: ItemWeights = { neighbours: new Int32Array(), weights: new Float64Array(), base: 0 };

/**
 * How much the lifts of pairs vary around one beyond what counting explains: by moments over all pairs, those never seen
 * together included, as a Poisson count's square exceeds its mean.
 */
function liftVariance(counts: PairCounts, giveWay: GiveWay): number {
  const { baskets, item } = counts;
  const sum = item.reduce((total, count) => total + count, 0);
  const squares = item.reduce((total, count) => total + count * count, 0);
  const items = item.filter((count) => count > 0).length;
  const expected = (sum * sum - squares) / (2 * baskets);
  if (!(expected > 0)) return LEAST_LIFT_VARIANCE;
  let excess = expected - (items * (items - 1)) / 2;
  counts.forEachPair((one, other, together) => {
    const chance = ((item[one] ?? 0) * (item[other] ?? 0)) / baskets;
    excess += (together * together) / chance - 2 * together;
  }, giveWay);
  return Math.min(MOST_LIFT_VARIANCE, Math.max(LEAST_LIFT_VARIANCE, excess / expected));
}

function learnWeights(counts: PairCounts, item: number, lifts: number): ItemWeights {
  const { baskets } = counts;
  const own = counts.item[item] ?? 0;
  const popularity = own / baskets;
  const covariance = (one: number, other: number, together: number): number =>
    together - ((counts.item[one] ?? 0) * (counts.item[other] ?? 0)) / baskets;
  // Ridge of a regression whose weights are believed to spread by `lifts` times the item's own popularity squared.
  const caution = 1 / (Math.max(popularity, 1 / baskets) * lifts);
  const variance = (one: number): number => covariance(one, one, counts.item[one] ?? 0) + caution;
  const near = Array.from(counts.neighbours(item), ([other, together]) => {
    const both = covariance(item, other, together);
    return { other, both, closeness: Math.abs(both) / Math.sqrt(variance(other)) };
  })
    .sort((a, b) => b.closeness - a.closeness || a.other - b.other)
    .slice(0, NEIGHBOURS);
  if (near.length === 0) return { ...EMPTY, base: popularity };
  const gram = new Matrix(near.length, near.length);
  const right = new Matrix(near.length, 1);
  near.forEach(({ other, both: withItem }, row) => {
    const neighbours = counts.neighbours(other);
    right.set(row, 0, withItem);
    gram.set(row, row, variance(other));
    for (let column = 0; column < row; column += 1) {
      const third = near[column]?.other ?? 0;
      const both = covariance(other, third, neighbours.get(third) ?? 0);
      gram.set(row, column, both);
      gram.set(column, row, both);
    }
  });
  const weights = Float64Array.from(new CholeskyDecomposition(gram).solve(right).to1DArray());
  const base = near.reduce(
    (sum, { other }, place) => sum - ((weights[place] ?? 0) * (counts.item[other] ?? 0)) / baskets,
    popularity,
  );
  return { neighbours: Int32Array.from(near, ({ other }) => other), weights, base };
}
