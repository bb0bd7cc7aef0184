import { goOn, type GiveWay } from '../give-way';

/** Most different pairs kept; beyond, those seen once are forgotten first. */
const MOST_PAIRS = 600_000;
/** A basket of more different items says little about any two of them, and costs the square of its size. */
export const MOST_ITEMS_PER_BASKET = 60;

/** In how many baskets each item was, and each pair of items together. Grows basket by basket, within bounds. */
export class PairCounts {
  baskets = 0;
  /** Baskets by item. */
  readonly item: number[] = [];
  /** Sum of sizes and of ordered pairs within baskets: what chance alone would bring together. */
  lines = 0;
  orderedPairs = 0;
  readonly #together: Map<number, number>[] = [];
  #pairs = 0;
  readonly #mostPairs: number;

  constructor(mostPairs = MOST_PAIRS) {
    this.#mostPairs = mostPairs;
  }

  /** Adds one basket, given by the places of its items; a repeated item counts once. */
  add(basket: readonly number[]): void {
    const items = [...new Set(basket)].slice(0, MOST_ITEMS_PER_BASKET);
    if (items.length === 0) return;
    this.baskets += 1;
    this.lines += items.length;
    this.orderedPairs += items.length * (items.length - 1);
    for (const item of items) {
      while (this.item.length <= item) {
        this.item.push(0);
        this.#together.push(new Map());
      }
      this.item[item] = (this.item[item] ?? 0) + 1;
    }
    for (const one of items) {
      for (const other of items) if (one < other) this.#count(one, other);
    }
    if (this.#pairs > this.#mostPairs) this.#forgetRarest();
  }

  together(one: number, other: number): number {
    return this.#together[one]?.get(other) ?? 0;
  }

  /** Every item that was ever in a basket with this one, with how often. */
  neighbours(item: number): ReadonlyMap<number, number> {
    return this.#together[item] ?? NONE;
  }

  /** Every pair once, the lower place first. */
  forEachPair(tell: (one: number, other: number, together: number) => void, giveWay: GiveWay = goOn): void {
    this.#together.forEach((neighbours, one) => {
      giveWay();
      neighbours.forEach((together, other) => {
        if (one < other) tell(one, other, together);
      });
    });
  }

  #count(one: number, other: number): void {
    const before = this.together(one, other);
    if (before === 0) this.#pairs += 1;
    this.#together[one]?.set(other, before + 1);
    this.#together[other]?.set(one, before + 1);
  }

  #forgetRarest(): void {
    for (let floor = 1; this.#pairs > this.#mostPairs * 0.8; floor += 1) {
      this.#pairs = 0;
      this.#together.forEach((neighbours, one) => {
        for (const [other, together] of neighbours) {
          if (together <= floor) neighbours.delete(other);
          else if (one < other) this.#pairs += 1;
        }
      });
    }
  }
}

const NONE: ReadonlyMap<number, number> = new Map();
