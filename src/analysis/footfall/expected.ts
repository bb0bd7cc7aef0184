import { gammaQuantile, normalProbability } from '../distributions';
import type { Caught, Estimate } from './estimate';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOURS = 24;
const WEEKDAYS = 7;
/** Hours of an average hour's count that every hour of the day is believed to be worth before it was seen. */
const EVEN_HOURS = 1;
/** How far one hour of one weekday may be from what weekday and hour say: half as much again. As a relative variance. */
const CELL_VARIANCE = 0.25;
/** How far one day is believed to be from the next before any was seen, as a relative variance, and the days it counts for. */
const DAY_VARIANCE = 0.1;
const DAYS_BELIEVED = 3;
/** Days of counting below which nothing is said, and below which nothing is said of one hour. */
const LEAST_DAYS = 3;
const LEAST_DAYS_OF_AN_HOUR = 2;
/** Where a drop may begin. */
const STRIDE_MS = 15 * 60_000;
/** How much busier than usual a window must be, and how surely. */
const BUSIER = 1.25;
const SURE_ENOUGH = 0.9;

/** What was counted in one hour of one day: people who came by, or orders. */
export interface HourCount {
  /** Midnight of the day, and hour, of the stall's clock: milliseconds that read right in UTC. */
  readonly dayMs: number;
  readonly hour: number;
  /** How much of the hour somebody counted, 0 to 1. */
  readonly hours: number;
  readonly count: number;
}

/** What to expect of each hour of each weekday. Plain data, so that it goes from thread to thread. */
export interface HourlyModel {
  /** Days on which anything was counted, and hours in all. */
  readonly days: number;
  readonly hours: number;
  /** By weekday (0 is Sunday) and hour: counts per hour, and how unsure that is as a relative variance; null when unknown. */
  readonly cells: readonly ({ readonly rate: number; readonly variance: number } | null)[];
  /** How much one day differs from the next like it, as a relative variance. */
  readonly dayVariance: number;
}

/**
 * Learns how busy which hour of which weekday is: hour and weekday multiply, each cell may differ from that by as much as its
 * own counts show, and whole days are good or bad. Counts are Poisson around it with gamma beliefs throughout (Gelman et al.,
 * Bayesian Data Analysis, chapter 2.6); the variance between days is found by moments, with a weak belief beneath it.
 */
export function learnHourly(counts: readonly HourCount[]): HourlyModel {
  const seen = counts.filter(({ hours }) => hours > 0);
  const days = grouped(seen, ({ dayMs }) => dayMs);
  const byCell = grouped(seen, ({ dayMs, hour }) => weekdayOf(dayMs) * HOURS + hour);
  const allHours = sum(seen.map(({ hours }) => hours));
  const average = allHours > 0 ? sum(seen.map(({ count }) => count)) / allHours : 0;
  const byHour = Array.from({ length: HOURS }, (_, hour) => {
    const own = seen.filter((one) => one.hour === hour);
    const hours = sum(own.map((one) => one.hours));
    const rate = (sum(own.map(({ count }) => count)) + average * EVEN_HOURS) / (hours + EVEN_HOURS);
    return { rate, days: new Set(own.map(({ dayMs }) => dayMs)).size };
  });
  const expectedByHour = ({ hour, hours }: HourCount): number => hours * (byHour[hour]?.rate ?? 0);
  const daysWorth = days.size > 0 ? sum(seen.map(expectedByHour)) / days.size : 0;
  const byWeekday = Array.from({ length: WEEKDAYS }, (_, weekday) => {
    const own = seen.filter(({ dayMs }) => weekdayOf(dayMs) === weekday);
    const expected = sum(own.map(expectedByHour)) + daysWorth;
    return expected > 0 ? (sum(own.map(({ count }) => count)) + daysWorth) / expected : 1;
  });
  const expectedOf = (one: HourCount): number => expectedByHour(one) * (byWeekday[weekdayOf(one.dayMs)] ?? 1);
  const dayVariance = varianceOfDays([...days.values()], expectedOf);
  const cells = Array.from({ length: WEEKDAYS * HOURS }, (_, place) => {
    const [weekday, hour] = [Math.floor(place / HOURS), place % HOURS];
    if ((byHour[hour]?.days ?? 0) < LEAST_DAYS_OF_AN_HOUR) return null;
    const own = byCell.get(place) ?? [];
    const usual = (byHour[hour]?.rate ?? 0) * (byWeekday[weekday] ?? 1);
    const expected = sum(own.map(expectedOf));
    // Good and bad days make a count say less than chance alone would.
    const said = own.length > 0 ? expected / (1 + (dayVariance * expected) / own.length) : 0;
    const believed = 1 / CELL_VARIANCE;
    const ratio = expected > 0 ? sum(own.map(({ count }) => count)) / expected : 1;
    return { rate: (usual * (believed + said * ratio)) / (believed + said), variance: 1 / (believed + said) };
  });
  return { days: days.size, hours: allHours, cells, dayVariance };
}

/** A stretch of the stall's clock, in milliseconds that read right in UTC. */
export interface LocalWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * How many to expect in a stretch of time, with 95 % between the two ends: over chance, over what is not known of its hours,
 * and over how good the day will be. Null when it holds an hour of which too little is known.
 * @param caught what share of them a count catches; everything unless given
 */
export function expectedIn(model: HourlyModel, window: LocalWindow, caught?: Caught): Estimate | null {
  const mean = meanIn(model, window);
  if (mean === null) return null;
  const share = caught ? caught.hits / (caught.hits + caught.misses) : 1;
  // Of one over a beta variate, to first order.
  const missed = caught ? caught.misses / (caught.hits * (caught.hits + caught.misses + 1)) : 0;
  const middle = mean.rate / share;
  const variance = middle + middle * middle * (mean.variance + model.dayVariance + missed);
  if (!(middle > 0)) return { middle: 0, low: 0, high: 0 };
  const quantile = (probability: number): number =>
    gammaQuantile(probability, (middle * middle) / variance, variance / middle);
  return { middle, low: quantile(0.025), high: quantile(0.975) };
}

/** When to run a drop, or why nobody can say. */
export type DropTiming =
  | { readonly kind: 'not-enough' }
  /** No window is busier than the others as far as is known. */
  | { readonly kind: 'alike' }
  | {
      readonly kind: 'best';
      readonly fromMs: number;
      /** Counts of the usual window of the same length that day. */
      readonly usual: number;
      /** How sure it is that the window is busier than the usual one. */
      readonly probabilityBetter: number;
    };

/**
 * The window of so many minutes in which most people come by, if it is clearly busier than the day usually is. How good the day
 * will be makes no difference to that: it is the same day for all windows.
 */
export function timeDrop(model: HourlyModel, open: LocalWindow, minutes: number): DropTiming {
  if (model.days < LEAST_DAYS) return { kind: 'not-enough' };
  const lengthMs = minutes * 60_000;
  const windows: { readonly fromMs: number; readonly rate: number; readonly variance: number }[] = [];
  for (
    let fromMs = Math.ceil(open.fromMs / STRIDE_MS) * STRIDE_MS;
    fromMs + lengthMs <= open.toMs;
    fromMs += STRIDE_MS
  ) {
    const mean = meanIn(model, { fromMs, toMs: fromMs + lengthMs });
    if (mean !== null && mean.rate > 0) windows.push({ fromMs, ...mean });
  }
  const best = windows.reduce<(typeof windows)[number] | null>(
    (before, one) => (before === null || one.rate > before.rate ? one : before),
    null,
  );
  if (best === null) return { kind: 'not-enough' };
  const usual = sum(windows.map(({ rate }) => rate)) / windows.length;
  const unsure = Math.sqrt(best.variance + sum(windows.map(({ variance }) => variance)) / windows.length ** 2);
  const probabilityBetter = normalProbability(Math.log(best.rate / usual) / unsure);
  return best.rate >= BUSIER * usual && probabilityBetter >= SURE_ENOUGH
    ? { kind: 'best', fromMs: best.fromMs, usual, probabilityBetter }
    : { kind: 'alike' };
}

/** Counts expected on an average day, and their relative variance, as if a window's hours were wrong together. */
function meanIn({ cells }: HourlyModel, { fromMs, toMs }: LocalWindow): { rate: number; variance: number } | null {
  let [rate, variance] = [0, 0];
  for (let hourMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS; hourMs < toMs; hourMs += HOUR_MS) {
    const cell = cells[weekdayOf(hourMs) * HOURS + Math.floor((hourMs % DAY_MS) / HOUR_MS)];
    if (!cell) return null;
    const part = (cell.rate * (Math.min(toMs, hourMs + HOUR_MS) - Math.max(fromMs, hourMs))) / HOUR_MS;
    rate += part;
    variance += part * cell.variance;
  }
  return { rate, variance: rate > 0 ? variance / rate : 0 };
}

function varianceOfDays(days: readonly (readonly HourCount[])[], expectedOf: (one: HourCount) => number): number {
  let [excess, squares] = [0, 0];
  for (const day of days) {
    const expected = sum(day.map(expectedOf));
    excess += (sum(day.map(({ count }) => count)) - expected) ** 2 - expected;
    squares += expected * expected;
  }
  if (squares === 0) return DAY_VARIANCE;
  const believed = (DAYS_BELIEVED * squares) / days.length;
  return Math.max(0.01, (excess + believed * DAY_VARIANCE) / (squares + believed));
}

function grouped<T>(list: readonly T[], keyOf: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

function weekdayOf(localMs: number): number {
  return new Date(localMs).getUTCDay();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
