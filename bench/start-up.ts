/**
 * A warm start of a till that was closed in the middle of a market day, beside an app that is nothing but a window.
 * Both are started as a person would, in turns; each window says itself when it painted.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { figure, median, progress, type Figure } from './figure';
import { startTill } from './till';
import { openEmptyWindow, openTill, type AppWindow } from './window';

const ROUNDS = 9;
/** Nobody looks until long after both are up, so that looking costs neither anything. */
const UNWATCHED_MS = 3_000;

export async function measure(scratch: string): Promise<Figure[]> {
  const tillDir = join(scratch, 'till');
  const till = await startTill({ dataDir: tillDir });
  await till.close();
  const emptyDir = join(scratch, 'empty');

  const emptyMs: number[] = [];
  const firstPaintMs: number[] = [];
  const readyMs: number[] = [];
  // The first round fills the caches of both and is not counted.
  for (let round = 0; round <= ROUNDS; round += 1) {
    progress(round === 0 ? 'warming up' : `start ${round} of ${ROUNDS}`);
    const empty = await watch(openEmptyWindow(emptyDir));
    const ours = await watch(openTill(tillDir));
    if (round === 0) continue;
    emptyMs.push(empty('first-contentful-paint'));
    firstPaintMs.push(ours('first-contentful-paint'));
    readyMs.push(ours('ready-to-scan'));
  }

  const beside = { unit: 'ms', reference: median(emptyMs), referenceWhat: 'first paint of an empty Electron window' };
  return [
    figure({
      id: 'start-up/first-paint',
      what: `process start to first paint, median of ${ROUNDS}`,
      value: median(firstPaintMs),
      ...beside,
      target: { atMost: 1.5 },
    }),
    figure({
      id: 'start-up/ready-to-scan',
      what: `process start to ready for a scan, median of ${ROUNDS}`,
      value: median(readyMs),
      ...beside,
      target: { atMost: 2.5 },
    }),
  ];
}

/** Lets an app start and end; what it gives back is how long after its start the window noted a moment. */
async function watch(app: AppWindow): Promise<(moment: string) => number> {
  await pause(UNWATCHED_MS);
  const page = await app.page();
  const { originMs, entries } = await page.evaluate(() => ({
    originMs: performance.timeOrigin,
    entries: performance.getEntries().map(({ name, startTime }) => ({ name, startTime })),
  }));
  await app.close();
  return (moment) => {
    const entry = entries.find(({ name }) => name === moment);
    if (!entry) throw new Error(`the window never noted "${moment}"`);
    return originMs + entry.startTime - app.startedAtMs;
  };
}
