import { refuse, type Verdict } from './refusal';
import { ok } from './result';

/**
 * How many people came by, as far as anybody noticed.
 *
 * `tap`: somebody at the stall taps for each person who stops and looks. `display`: a touch on the customer's display.
 * `qr`: a page opened from a code at the stall. `scan`: a label scanned at the till.
 */
export const FOOTFALL_SOURCES = ['tap', 'display', 'qr', 'scan'] as const;
export type FootfallSource = (typeof FOOTFALL_SOURCES)[number];

/**
 * What one source counted in a stretch of time. A stretch in which somebody counted and nobody came is a count of nothing,
 * which is not the same as no count.
 */
export interface FootfallCount {
  readonly source: FootfallSource;
  /** UTC instants. */
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** A careful second count beside the usual one: of `seen` people the usual count had `counted`. */
export interface FootfallCalibration {
  readonly source: FootfallSource;
  readonly counted: number;
  readonly seen: number;
  /** UTC instant. */
  readonly at: string;
}

export const FOOTFALL_LIMITS = {
  /** More in one stretch is no stall. */
  count: 100_000,
  /** At a time: a coach party. */
  atOnce: 100,
} as const;

export type FootfallProblem = 'bad-count';

/** Checks a second count. More cannot have been counted than were seen, and of nobody nothing can be learned. */
export function checkCalibration(calibration: FootfallCalibration): Verdict<FootfallCalibration, FootfallProblem> {
  const { counted, seen } = calibration;
  const isCount = (value: number): boolean =>
    Number.isSafeInteger(value) && value >= 0 && value <= FOOTFALL_LIMITS.count;
  if (!isCount(counted) || !isCount(seen) || seen === 0) return refuse('bad-count', { reason: 'nobody-counted' });
  return counted <= seen ? ok(calibration) : refuse('bad-count', { reason: 'more-counted' });
}

/** The stretches in which a source counted, joined where they touch or overlap. In order. */
export function countedStretches(
  counts: readonly Pick<FootfallCount, 'from' | 'to'>[],
): { readonly from: string; readonly to: string }[] {
  const stretches: { from: string; to: string }[] = [];
  for (const { from, to } of counts.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = stretches.at(-1);
    if (last !== undefined && from <= last.to) last.to = to > last.to ? to : last.to;
    else stretches.push({ from, to });
  }
  return stretches;
}
