import { goOn, type GiveWay } from '../give-way';
import { linear, type ItemFit, type ItemRows } from './item-fit';
import type { ItemHistory } from './observations';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Rows of average weight that keep an effect at nothing until it has more of its own. */
const CAUTION_ROWS = 12;
const HOURS = 24;
const WEEKDAYS = 7;
const MONTHS = 12;

/**
 * Effects that all items of a stall share: weekday, hour, month, and how good each day (or week, if observations are that
 * coarse) was beside. Each is zero until rows speak for it (a ridge), and fitted in turn with the items (backfitting, Hastie
 * and Tibshirani 1990). Days without observations have no effect of their own; weekdays, hours and months carry on.
 */
export class SharedEffects {
  readonly #weekday = new Float64Array(WEEKDAYS);
  readonly #hour = new Float64Array(HOURS);
  readonly #month = new Float64Array(MONTHS);
  readonly #period = new Map<number, number>();
  readonly #periodMs: number;
  readonly #uses: {
    readonly weekday: boolean;
    readonly hour: boolean;
    readonly month: boolean;
    readonly period: boolean;
  };
  #periodVariance = 0;
  /** Every instant that was observed, and which of them each row of each item has: stalls sell many items on few days. */
  readonly #times: Float64Array;
  readonly #timeOf: readonly Int32Array[];

  constructor(histories: readonly ItemHistory[], giveWay: GiveWay = goOn) {
    const weekdays = new Set<number>();
    const hours = new Set<number>();
    const days = new Set<number>();
    let first = Infinity;
    let last = -Infinity;
    const places = new Map<number, number>();
    this.#timeOf = histories.map(({ at }) => {
      giveWay();
      return Int32Array.from(at, (time) => {
        const known = places.get(time);
        if (known === undefined) places.set(time, places.size);
        return known ?? places.size - 1;
      });
    });
    this.#times = Float64Array.from(places.keys());
    for (const at of this.#times) {
      weekdays.add(weekdayOf(at));
      hours.add(hourOf(at));
      days.add(Math.floor(at / DAY_MS));
      first = Math.min(first, at);
      last = Math.max(last, at);
    }
    const spanDays = (last - first) / DAY_MS;
    const isDaily = days.size > spanDays / 5;
    this.#periodMs = isDaily ? DAY_MS : 7 * DAY_MS;
    this.#uses = {
      weekday: isDaily && weekdays.size > 1 && spanDays >= 14,
      hour: hours.size > 1,
      month: spanDays >= 500,
      period: histories.length >= 5,
    };
  }

  /** Variance on the log scale of what a day not seen yet may bring. */
  get periodVariance(): number {
    return this.#periodVariance;
  }

  /** What is known of an instant besides the item, and whether its own day has been seen. */
  effectAt(at: number): { readonly effect: number; readonly isSeen: boolean } {
    const own = this.#uses.period ? this.#period.get(this.#periodOf(at)) : undefined;
    return { effect: this.#calendar(at) + (own ?? 0), isSeen: own !== undefined };
  }

  /** Exposure and all shared effects of each row of an item, on the log scale. */
  offsetsOf({ at, logExposure }: Pick<ItemHistory, 'at' | 'logExposure'>): Float64Array {
    return at.map((time, row) => (logExposure[row] ?? 0) + this.#effect(time));
  }

  /**
   * Fits every effect to what the items leave unexplained, and tells the rows.
   * @param rows of the histories this was made of, in their order
   */
  learn(rows: readonly ItemRows[], fits: readonly ItemFit[], giveWay: GiveWay = goOn): void {
    // By instant: the weight of its rows, and what they leave over when shared effects are counted to it.
    const weights = new Float64Array(this.#times.length);
    const rests = new Float64Array(this.#times.length);
    let count = 0;
    let total = 0;
    rows.forEach((own, item) => {
      giveWay();
      const fit = fits[item];
      const timeOf = this.#timeOf[item];
      if (fit === undefined || timeOf === undefined) return;
      for (let row = 0; row < timeOf.length; row += 1) {
        const logRate = linear(own, fit.coefficients, row) + (fit.level[row] ?? 0);
        const chance = 1 / (Math.exp(logRate) + 0.5);
        const off = Math.log(((own.units[row] ?? 0) + 0.5) * chance);
        const slope = 1 - 0.5 * chance;
        const known = (own.offset[row] ?? 0) - (own.logExposure[row] ?? 0);
        const rest = known + Math.max(-3, Math.min(3, off / Math.max(0.1, slope)));
        const weight = 1 / (fit.restlessness + chance / Math.max(0.01, slope * slope));
        const time = timeOf[row] ?? 0;
        weights[time] = (weights[time] ?? 0) + weight;
        rests[time] = (rests[time] ?? 0) + weight * rest;
        total += weight;
      }
      count += timeOf.length;
    });
    const ridge = (CAUTION_ROWS * total) / Math.max(1, count);
    const fitTable = (effects: Float64Array, keyOf: (at: number) => number): void => {
      const sums = new Float64Array(effects.length);
      const shares = new Float64Array(effects.length);
      this.#times.forEach((time, place) => {
        const key = keyOf(time);
        const others = this.#effect(time) - (effects[key] ?? 0);
        sums[key] = (sums[key] ?? 0) + (rests[place] ?? 0) - (weights[place] ?? 0) * others;
        shares[key] = (shares[key] ?? 0) + (weights[place] ?? 0);
      });
      effects.forEach((_, key) => (effects[key] = (sums[key] ?? 0) / ((shares[key] ?? 0) + ridge)));
    };
    if (this.#uses.weekday) fitTable(this.#weekday, weekdayOf);
    if (this.#uses.hour) fitTable(this.#hour, hourOf);
    if (this.#uses.month) fitTable(this.#month, monthOf);
    if (this.#uses.period) this.#learnPeriods(rests, weights, ridge);
    const effects = this.#times.map((time) => this.#effect(time));
    rows.forEach(({ offset, logExposure }, item) => {
      giveWay();
      const timeOf = this.#timeOf[item];
      for (let row = 0; row < offset.length; row += 1) {
        offset[row] = (logExposure[row] ?? 0) + (effects[timeOf?.[row] ?? 0] ?? 0);
      }
    });
  }

  #learnPeriods(rests: Float64Array, weights: Float64Array, ridge: number): void {
    const sums = new Map<number, { sum: number; weight: number }>();
    this.#times.forEach((time, place) => {
      const key = this.#periodOf(time);
      const own = sums.get(key) ?? { sum: 0, weight: 0 };
      own.sum += (rests[place] ?? 0) - (weights[place] ?? 0) * this.#calendar(time);
      own.weight += weights[place] ?? 0;
      sums.set(key, own);
    });
    let squares = 0;
    for (const [key, own] of sums) {
      const effect = own.sum / (own.weight + ridge);
      this.#period.set(key, effect);
      squares += effect * effect;
    }
    this.#periodVariance = squares / Math.max(1, sums.size);
  }

  #effect(at: number): number {
    return this.#calendar(at) + (this.#uses.period ? (this.#period.get(this.#periodOf(at)) ?? 0) : 0);
  }

  #calendar(at: number): number {
    return (
      (this.#uses.weekday ? (this.#weekday[weekdayOf(at)] ?? 0) : 0) +
      (this.#uses.hour ? (this.#hour[hourOf(at)] ?? 0) : 0) +
      (this.#uses.month ? (this.#month[monthOf(at)] ?? 0) : 0)
    );
  }

  #periodOf(at: number): number {
    return Math.floor(at / this.#periodMs);
  }
}

function weekdayOf(at: number): number {
  return (((Math.floor(at / DAY_MS) + 3) % WEEKDAYS) + WEEKDAYS) % WEEKDAYS;
}

function hourOf(at: number): number {
  return Math.floor((at - Math.floor(at / DAY_MS) * DAY_MS) / HOUR_MS);
}

function monthOf(at: number): number {
  return new Date(at).getUTCMonth();
}
