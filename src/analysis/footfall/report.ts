import {
  countedStretches,
  type FootfallCalibration,
  type FootfallCount,
  type FootfallSource,
} from '../../domain/footfall';
import { caughtBy, conversion, visitors, type Estimate } from './estimate';

/** A stretch of time that is asked about: an hour, a drop. */
export interface Window {
  /** UTC instants, the second not included. */
  readonly from: string;
  readonly to: string;
}

/** What is known of the people who came by in a stretch of time, and of how many bought. */
export interface FootfallRow extends Window {
  /** Milliseconds in which somebody counted people. */
  readonly countedMs: number;
  readonly counted: number;
  /** People who came by while somebody counted; null where nobody did. */
  readonly visitors: Estimate | null;
  /** The same per hour. */
  readonly visitorsPerHour: Estimate | null;
  /** Orders in the stretch, and those placed while somebody counted. */
  readonly orders: number;
  readonly ordersWhileCounted: number;
  /** Share of the people who came by that bought; orders and people of the same minutes. Null where nobody counted. */
  readonly conversion: Estimate | null;
  /** What the other sources noticed: people who did something. No denominator, since nobody knows whom they miss. */
  readonly noticed: { readonly [S in Exclude<FootfallSource, 'tap'>]: number };
}

/**
 * Conversion by stretches of time. Only minutes in which somebody counted are compared with the orders of the same minutes,
 * so that a counter left at lunch makes no good hour out of a bad one.
 * @param orders UTC instants at which orders were placed
 */
export function footfallReport(
  windows: readonly Window[],
  known: {
    readonly counts: readonly FootfallCount[];
    readonly calibrations: readonly FootfallCalibration[];
    readonly orders: readonly string[];
  },
): FootfallRow[] {
  // Each instant is read once: windows are many, counts and orders by the ten thousand.
  const tapped = known.counts.filter(({ source }) => source === 'tap');
  const stretches = countedStretches(tapped).map(spanOf);
  const by = (wanted: FootfallSource) => known.counts.filter(({ source }) => source === wanted).map(spanCountOf);
  const [taps, display, qr, scan] = [tapped.map(spanCountOf), by('display'), by('qr'), by('scan')];
  const ordersMs = Float64Array.from(known.orders, (at) => Date.parse(at)).sort();
  const beginsMs = Float64Array.from(stretches, ({ fromMs }) => fromMs);
  // Stretches are apart: an instant is in the last that began by then, or in none.
  const whileCountedMs = ordersMs.filter(
    (atMs) => atMs < (stretches[countBelow(beginsMs, atMs + 1) - 1]?.toMs ?? atMs),
  );
  const caught = caughtBy(known.calibrations.filter(({ source }) => source === 'tap'));
  return windows.map(({ from, to }) => {
    const window = spanOf({ from, to });
    const countedMs = stretches.reduce((sum, stretch) => sum + overlapMs(stretch, window), 0);
    const counted = Math.round(sumWithin(taps, window));
    const whileCounted = countWithin(whileCountedMs, window);
    const people = countedMs > 0 ? visitors(counted, caught) : null;
    const noticed = (what: typeof taps): number => Math.round(sumWithin(what, window));
    return {
      from,
      to,
      countedMs,
      counted,
      visitors: people,
      visitorsPerHour: people && scaled(people, 3_600_000 / countedMs),
      orders: countWithin(ordersMs, window),
      ordersWhileCounted: whileCounted,
      conversion: countedMs > 0 && counted > 0 ? conversion(whileCounted, counted, caught) : null,
      noticed: { display: noticed(display), qr: noticed(qr), scan: noticed(scan) },
    };
  });
}

/** The same of a stretch of time without some windows in it, as one row: what is usual where those are drops. */
export function footfallOutside(
  span: Window,
  without: readonly Window[],
  known: Parameters<typeof footfallReport>[1],
): FootfallRow {
  const left = countedStretches(without).reduce(
    (open: readonly Window[], gone) => open.flatMap((window) => partsOutside(window, gone)),
    [span],
  );
  const open = left.map((window) => ({ ...spanOf(window), window }));
  const counts = known.counts.flatMap((count) => {
    const own = spanOf(count);
    const lengthMs = own.toMs - own.fromMs;
    if (lengthMs <= 0) return open.some((part) => isWithin(own.fromMs, part)) ? [count] : [];
    return open.flatMap((part) => {
      const sharedMs = overlapMs(own, part);
      if (sharedMs === 0) return [];
      const [from, to] = [later(count.from, part.window.from), earlier(count.to, part.window.to)];
      return [{ source: count.source, from, to, count: (count.count * sharedMs) / lengthMs }];
    });
  });
  const orders = known.orders.filter((at) => {
    const atMs = Date.parse(at);
    return open.some((part) => isWithin(atMs, part));
  });
  const [row] = footfallReport([span], { ...known, counts, orders });
  if (row === undefined) throw new Error('one window makes one row');
  return row;
}

/** What is left of a window without another: nothing, one part or two. */
function partsOutside(window: Window, gone: Window): Window[] {
  const before = { from: window.from, to: earlier(window.to, gone.from) };
  const after = { from: later(window.from, gone.to), to: window.to };
  return [before, after].filter(({ from, to }) => from < to);
}

/** A stretch of time in UTC milliseconds. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

interface SpanCount extends Span {
  readonly count: number;
}

function spanOf({ from, to }: Window): Span {
  return { fromMs: Date.parse(from), toMs: Date.parse(to) };
}

function spanCountOf({ from, to, count }: FootfallCount): SpanCount {
  return { fromMs: Date.parse(from), toMs: Date.parse(to), count };
}

function isWithin(atMs: number, { fromMs, toMs }: Span): boolean {
  return atMs >= fromMs && atMs < toMs;
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

function scaled({ middle, low, high }: Estimate, factor: number): Estimate {
  return { middle: middle * factor, low: low * factor, high: high * factor };
}

/** @param sortedMs whole milliseconds in rising order */
function countWithin(sortedMs: Float64Array, { fromMs, toMs }: Span): number {
  return Math.max(0, countBelow(sortedMs, toMs) - countBelow(sortedMs, fromMs));
}

function countBelow(sortedMs: Float64Array, atMs: number): number {
  let [low, high] = [0, sortedMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sortedMs[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A count that lies across a window's edge is shared out by time. */
function sumWithin(counts: readonly SpanCount[], window: Span): number {
  return counts.reduce((sum, count) => {
    const lengthMs = count.toMs - count.fromMs;
    if (lengthMs <= 0) return isWithin(count.fromMs, window) ? sum + count.count : sum;
    return sum + (count.count * overlapMs(count, window)) / lengthMs;
  }, 0);
}

function overlapMs(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}
