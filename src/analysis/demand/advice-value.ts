import { normalQuantile } from '../distributions';
import type { Interval } from './price-advice';

/** What became of one markdown that was offered. */
export interface MarkdownOutcome {
  readonly isTaken: boolean;
  /** Units sold from the offer to closing, and those expected without a markdown. */
  readonly sold: number;
  readonly expected: number;
}

export interface AdviceValue {
  readonly taken: number;
  readonly ignored: number;
  readonly takenRatio: number | null;
  readonly ignoredRatio: number | null;
  readonly value: Interval | null;
}

/** Markdowns of either kind below which a comparison is not made. */
const LEAST = 5;
const CONFIDENCE = 0.95;

/**
 * How markdowns that were taken sold against those that were not, each measured by what was expected of it without: the ratio
 * of two ratios of sums, with a jackknife interval on its logarithm (Tukey 1958), over whole markdowns. What was expected says
 * how good each day was thought to be; what people had other reasons to take or leave, it does not.
 */
export function valueOfAdvice(outcomes: readonly MarkdownOutcome[]): AdviceValue {
  const taken = outcomes.filter(({ isTaken }) => isTaken);
  const ignored = outcomes.filter(({ isTaken }) => !isTaken);
  const common = {
    taken: taken.length,
    ignored: ignored.length,
    takenRatio: ratio(taken),
    ignoredRatio: ratio(ignored),
  };
  if (taken.length < LEAST || ignored.length < LEAST) return { ...common, value: null };
  const logOf = (some: readonly MarkdownOutcome[]): number => Math.log(ratio(some, 0.5) ?? 1);
  const variance = jackknife(taken, logOf) + jackknife(ignored, logOf);
  const log = logOf(taken) - logOf(ignored);
  const spread = normalQuantile(0.5 + CONFIDENCE / 2) * Math.sqrt(variance);
  return { ...common, value: { value: Math.exp(log), low: Math.exp(log - spread), high: Math.exp(log + spread) } };
}

function ratio(outcomes: readonly MarkdownOutcome[], pretended = 0): number | null {
  const expected = outcomes.reduce((sum, one) => sum + one.expected, pretended);
  return expected === 0 ? null : outcomes.reduce((sum, one) => sum + one.sold, pretended) / expected;
}

function jackknife<T>(all: readonly T[], statistic: (some: readonly T[]) => number): number {
  const without = all.map((_, left) => statistic(all.filter((_one, place) => place !== left)));
  const mean = without.reduce((sum, one) => sum + one, 0) / without.length;
  return ((all.length - 1) / all.length) * without.reduce((sum, one) => sum + (one - mean) ** 2, 0);
}
