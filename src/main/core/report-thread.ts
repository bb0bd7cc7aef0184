import { createThread } from '../../threads/thread';
import type { CallOutput } from '../../shared/contract';
import { makeReport, type PriceTestReport, type ReportAnswer, type ReportQuestion, type Reports } from './reports';

/** A report of a stall's whole history takes seconds on a slow machine. */
const TIMEOUT_MS = 60_000;

/**
 * Reports in a thread where the thread is built, else in this one (tests run from the sources).
 * @param beside where the built thread is looked for, as `createThread` does
 */
export function startReports(dataDir: string, beside = import.meta.url): Reports {
  const thread = createThread<ReportQuestion, ReportAnswer>({
    file: 'report-worker.js',
    beside,
    timeoutMs: TIMEOUT_MS,
    inPlace: (question) => new Promise((resolve) => resolve(makeReport(question))),
  });
  return {
    footfall: (question) =>
      thread.ask({ kind: 'footfall', dataDir, ...question }) as Promise<CallOutput<'footfall.report'>>,
    priceTest: (question) =>
      thread.ask({ kind: 'price-test', dataDir, ...question }) as Promise<PriceTestReport | null>,
    close: () => thread.close(),
  };
}
