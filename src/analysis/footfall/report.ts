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
  const taps = known.counts.filter(({ source }) => source === 'tap');
  const stretches = countedStretches(taps);
  const caught = caughtBy(known.calibrations.filter(({ source }) => source === 'tap'));
  return windows.map((window) => {
    const countedMs = stretches.reduce((sum, stretch) => sum + overlapMs(stretch, window), 0);
    const counted = Math.round(sumWithin(taps, window));
    const orders = known.orders.filter((at) => at >= window.from && at < window.to);
    const whileCounted = orders.filter((at) => stretches.some(({ from, to }) => at >= from && at < to)).length;
    const people = countedMs > 0 ? visitors(counted, caught) : null;
    const noticed = (source: FootfallSource): number =>
      Math.round(
        sumWithin(
          known.counts.filter((count) => count.source === source),
          window,
        ),
      );
    return {
      from: window.from,
      to: window.to,
      countedMs,
      counted,
      visitors: people,
      visitorsPerHour: people && scaled(people, 3_600_000 / countedMs),
      orders: orders.length,
      ordersWhileCounted: whileCounted,
      conversion: countedMs > 0 && counted > 0 ? conversion(whileCounted, counted, caught) : null,
      noticed: { display: noticed('display'), qr: noticed('qr'), scan: noticed('scan') },
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
  const counts = known.counts.flatMap((count) => {
    const lengthMs = Date.parse(count.to) - Date.parse(count.from);
    if (lengthMs <= 0) return left.some((window) => isWithin(count.from, window)) ? [count] : [];
    return left.flatMap((window) => {
      const sharedMs = overlapMs(count, window);
      if (sharedMs === 0) return [];
      const [from, to] = [later(count.from, window.from), earlier(count.to, window.to)];
      return [{ ...count, from, to, count: (count.count * sharedMs) / lengthMs }];
    });
  });
  const orders = known.orders.filter((at) => left.some((window) => isWithin(at, window)));
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

function isWithin(at: string, { from, to }: Window): boolean {
  return at >= from && at < to;
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

/** A count that lies across a window's edge is shared out by time. */
function sumWithin(counts: readonly FootfallCount[], window: Window): number {
  return counts.reduce((sum, { from, to, count }) => {
    const lengthMs = Date.parse(to) - Date.parse(from);
    if (lengthMs <= 0) return sum + (from >= window.from && from < window.to ? count : 0);
    return sum + (count * overlapMs({ from, to }, window)) / lengthMs;
  }, 0);
}

function overlapMs(a: Window, b: Window): number {
  return Math.max(0, Math.min(Date.parse(a.to), Date.parse(b.to)) - Math.max(Date.parse(a.from), Date.parse(b.from)));
}
