import { caughtBy } from '../../analysis/footfall/estimate';
import { footfallOutside, footfallReport, type Window } from '../../analysis/footfall/report';
import { readRounds, type PriceTestReadOut } from '../../analysis/price-test/read-out';
import { sumRounds, type TestedSale, type TestRound } from '../../analysis/price-test/rounds';
import type { PriceTestNote } from '../../domain/experiment';
import type { FootfallCount } from '../../domain/footfall';
import type { CallInput, CallOutput } from '../../shared/contract';
import type { SoldLine } from '../db/price-test-reader';
import { ReportFeed } from '../db/report-feed';

/** People and conversion of a stretch of time, with what was counted and is not journalled yet. */
export interface FootfallQuestion extends CallInput<'footfall.report'> {
  readonly pending: readonly FootfallCount[];
}

/** A price test as it stands at a UTC instant. */
export interface PriceTestQuestion {
  readonly testId: string;
  readonly now: string;
  /** Rounds of the looks that are asked for besides. */
  readonly looks: readonly number[];
}

export interface PriceTestReport {
  /** Everything that may be said of it. */
  readonly readOut: PriceTestReadOut;
  readonly rounds: readonly TestRound[];
  readonly notes: readonly PriceTestNote[];
  /** What the test says at each look that is over, in the order asked for. */
  readonly looks: readonly { readonly round: number; readonly readOut: PriceTestReadOut }[];
}

/** What the core asks of reports, whose work grows with a stall's history, wherever they are made. */
export interface Reports {
  footfall(question: FootfallQuestion): Promise<CallOutput<'footfall.report'>>;
  /** Null where there is no such test. */
  priceTest(question: PriceTestQuestion): Promise<PriceTestReport | null>;
  close(): Promise<void>;
}

export type ReportQuestion = { readonly dataDir: string } & (
  ({ readonly kind: 'footfall' } & FootfallQuestion) | ({ readonly kind: 'price-test' } & PriceTestQuestion)
);
export type ReportAnswer = CallOutput<'footfall.report'> | PriceTestReport | null;

/**
 * Makes a report in the thread that calls it.
 * @throws Error when the database cannot be read
 */
export function makeReport(question: ReportQuestion): ReportAnswer {
  const feed = new ReportFeed(question.dataDir);
  try {
    return question.kind === 'footfall' ? footfallOf(feed, question) : priceTestOf(feed, question);
  } finally {
    feed.close();
  }
}

function footfallOf(
  feed: ReportFeed,
  { from, to, stepMs, windows, without = [], pending }: FootfallQuestion,
): CallOutput<'footfall.report'> {
  const calibrations = feed.footfall.calibrations();
  const known = {
    calibrations,
    counts: [...feed.footfall.between(from, to), ...pending],
    orders: feed.priceTests.placedBetween(from, to),
  };
  const { hits, misses } = caughtBy(calibrations.filter(({ source }) => source === 'tap'));
  return {
    steps: footfallReport(steps(from, to, stepMs), known),
    windows: footfallReport(windows, known),
    usual: footfallOutside({ from, to }, without, known),
    caughtShare: hits / (hits + misses),
    isCalibrated: calibrations.length > 0,
  };
}

function steps(from: string, to: string, stepMs: number): Window[] {
  const windows: Window[] = [];
  for (let startMs = Date.parse(from); startMs < Date.parse(to); startMs += stepMs) {
    const endMs = Math.min(startMs + stepMs, Date.parse(to));
    windows.push({ from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString() });
  }
  return windows;
}

function priceTestOf(feed: ReportFeed, { testId, now, looks }: PriceTestQuestion): PriceTestReport | null {
  const test = feed.priceTests.get(testId);
  if (test === null) return null;
  const { plan, runs, notes, stopped } = test;
  const from = runs[0]?.from;
  const at = stopped?.at ?? now;
  const sales = from === undefined ? [] : feed.priceTests.soldBetween(plan.variantIds, from, at).map(testedSale);
  const rounds = sumRounds({ plan, runs, notes, sales }, at);
  return {
    readOut: readRounds(plan, rounds),
    rounds,
    notes,
    looks: looks
      .filter((round) => round <= rounds.length)
      .map((round) => ({ round, readOut: readRounds(plan, rounds.slice(0, round)) })),
  };
}

function testedSale({ at, quantity, unitPriceMinor, amountMinor, taxBasisPoints, taxIncluded }: SoldLine): TestedSale {
  const netMinor = taxIncluded ? (amountMinor * 10_000) / (10_000 + taxBasisPoints) : amountMinor;
  return { at, quantity, unitPriceMinor, amountMinor, netMinor };
}
