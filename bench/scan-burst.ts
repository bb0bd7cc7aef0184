/**
 * A queue's worth of scans, faster than any hand, in the real app, while the focus jumps about.
 *
 * Each scan is one burst of keys through the browser process, 20 bursts a second whatever the till does meanwhile. The keys
 * of a burst are dated, as a machine dates what comes in on a wire, so that a busy bench does not tear a scan into typing.
 * A scan's clock starts when its terminator is sent and stops at the Element Timing `renderTime` of its line's name.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { figure, percentile, progress, type Figure } from './figure';
import { good, type Good } from './goods';
import { openScannedTill, scannedItem, type ScannedTill } from './scanned-till';
import { numbersBelow } from './till';

const ITEMS = 50_000;
/** As many as one sale takes. */
const SCANS = 500;
const EVERY_MS = 50;
const LIMIT_MS = 60;
/** How far ahead the keys are dated: the bench may be this late with them and their rhythm still stands. */
const AHEAD_MS = 1_000;
const SETTLE_MS = 10_000;

export async function measure(scratch: string): Promise<Figure[]> {
  const till = await openScannedTill(scratch, ITEMS, WATCH);
  const { page, call } = till;
  const wanted = Array.from({ length: SCANS }, (_, index) => good(scannedItem(index, ITEMS)));
  progress(`${SCANS} scans, one every ${EVERY_MS} ms`);
  const sentAtMs = await scanAll(till, wanted);
  const lines = await settled(async () => (await call('state.get', {})).sale.cart.lines);
  const pieces = (name: string): number =>
    lines.filter((line) => line.name === name).reduce((sum, { quantity }) => sum + quantity, 0);
  const painted = await page.evaluate<Record<string, number>>('watch.painted');
  const leaked = await page.evaluate<string>(
    `[...document.querySelectorAll('input, textarea')].map(({ value }) => value).join('')`,
  );
  await till.close();
  if (leaked !== '') throw new Error(`a scan left ${leaked} in a field`);

  const lost = wanted.filter(({ name }) => pieces(name) === 0).length;
  const doubled = wanted.filter(({ name }) => pieces(name) > 1).length;
  const shownAtMs = firstShown(wanted.map(({ name }) => painted[name] ?? Infinity));
  const tookMs = shownAtMs.map((atMs, index) => atMs - (sentAtMs[index] ?? NaN));
  const unseen = wanted.filter(({ name }) => !(name in painted)).length;
  const ofFifth = (fifth: number): string =>
    percentile(tookMs.slice((fifth * SCANS) / 5, ((fifth + 1) * SCANS) / 5), 0.5).toFixed(0);
  progress(`p50 ${[0, 1, 2, 3, 4].map(ofFifth).join(', ')} ms in fifths; ${unseen} lines shared their first frame`);
  const count = (id: string, what: string, value: number): Figure =>
    figure({
      id: `scan-burst/${id}`,
      what: `${what}, of ${SCANS} scans at ${1_000 / EVERY_MS} a second while the focus changes`,
      value,
      unit: 'scans',
      reference: SCANS,
      referenceWhat: 'all scans',
      target: { atMost: 0 },
    });
  return [
    count('lost', 'scans without a line', lost),
    count('doubled', 'scans that sold more than one', doubled),
    figure({
      id: 'scan-burst/p99',
      what: `terminator key to painted line in that burst, p99`,
      value: percentile(tookMs, 0.99),
      unit: 'ms',
      reference: LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
  ];
}

/**
 * When the docket first showed each line. Lines are added in order, so a frame with a later line has all before it; where
 * several came in one frame, those scrolled past are painted by that frame and by none of their own.
 */
function firstShown(paintedAtMs: readonly number[]): number[] {
  let earliest = Infinity;
  return paintedAtMs
    .map((_, index) => (earliest = Math.min(earliest, paintedAtMs.at(-1 - index) ?? Infinity)))
    .reverse();
}

/** Plays all scans at their times. @returns when each one's terminator was sent, on the page's clock. */
async function scanAll({ page, type }: ScannedTill, wanted: readonly Good[]): Promise<number[]> {
  const timeOrigin = await page.evaluate('performance.timeOrigin + 0').then(Number);
  await page.evaluate('watch.jumpAbout()');
  const sent: Promise<unknown>[] = [];
  const sentAtMs: number[] = [];
  const chance = numbersBelow(20);
  const startedMs = performance.now();
  for (const [index, { barcode }] of wanted.entries()) {
    // No two scans at the same moment of a frame.
    const dueMs = startedMs + index * EVERY_MS + chance.next().value;
    await pause(Math.max(0, dueMs - performance.now()));
    const nowMs = performance.timeOrigin + performance.now();
    sentAtMs.push(nowMs - timeOrigin);
    sent.push(type(barcode, nowMs + AHEAD_MS));
  }
  await Promise.all(sent);
  return sentAtMs;
}

/** What the till has once it has stopped changing. */
async function settled<T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  let last = await read();
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += 500) {
    await pause(500);
    const now = await read();
    if (now.length === last.length && now.length >= SCANS) return now;
    last = now;
  }
  return last;
}

/**
 * Runs in the page, before the till's own scripts: names every new line for Element Timing before it is painted, and puts
 * the focus now here, now there.
 */
const WATCH = `
  globalThis.watch = {
    painted: {},
    jumpAbout() {
      let state = 1;
      const chance = (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const jump = () => {
        const places = [...document.querySelectorAll('input, button, [tabindex]')];
        if (chance(5) === 0) document.activeElement?.blur();
        else places[chance(places.length)]?.focus({ preventScroll: true });
        setTimeout(jump, chance(60));
      };
      jump();
    },
  };
  new PerformanceObserver((list) => {
    for (const { identifier, renderTime } of list.getEntries()) watch.painted[identifier] ??= renderTime;
  }).observe({ type: 'element', buffered: true });
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) {
      if (!(node instanceof Element)) continue;
      const rows = node.matches('[data-line]') ? [node] : node.querySelectorAll('[data-line]');
      for (const row of rows) {
        const name = row.querySelector('.line__name');
        name.setAttribute('elementtiming', name.textContent);
      }
    }
  }).observe(document, { childList: true, subtree: true });
`;
