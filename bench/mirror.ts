/**
 * From a line painted on the till to the same line painted on the display, in the real app: in its second window, and in a
 * browser that was paired over the stall's network (here this machine's own address). Both moments are Element Timing's
 * `renderTime`, when the browser presented the frame; the origins they count from are compared on the system's monotonic
 * clock, which all processes share.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { freePort } from '../tests/helpers/free-port';
import { figure, percentile, progress, type Figure } from './figure';
import { getReady, type Call } from './till';
import { callsOf, openTill, untilReady } from './window';

const SAMPLES = 120;
const WARM_UP = 10;
/** The cart is emptied after so many, so that the line is always in sight. */
const LINES = 8;
const FRAME_MS = 1_000 / 60;
const BROWSER_MS = 50;
const PATIENCE_MS = 10_000;

export async function measure(scratch: string): Promise<Figure[]> {
  const app = openTill(scratch, ['--display', '--devices', 'none']);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const context = (await app.page()).context();
    const till = await windowOf(context, false);
    await untilReady(till);
    const call = callsOf(till);
    await getReady(call);
    const window = await windowOf(context, true);
    const tablet = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await tablet.goto(await pairingLink(call));
    const watched: readonly Watched[] = [await watch(till), await watch(window), await watch(tablet)];
    for (const { page } of watched.slice(1)) await page.locator('[data-shown=reel]').waitFor();
    const behindMs = await addLines(call, watched);

    const behind = (id: string, where: string, tookMs: readonly number[], limitMs: number, limit: string): Figure[] =>
      [0.5, 0.99].map((share) =>
        figure({
          id: `mirror/${id}-p${share * 100}`,
          what: `line painted on the till to painted ${where}, p${share * 100}`,
          value: percentile(tookMs, share),
          unit: 'ms',
          reference: limitMs,
          referenceWhat: limit,
          target: { atMost: 1 },
        }),
      );
    return [
      ...behind('window', "in the display's window", behindMs.window, FRAME_MS, 'one frame at 60 Hz'),
      ...behind('browser', 'in a paired browser', behindMs.tablet, BROWSER_MS, 'the limit'),
    ];
  } finally {
    await browser.close();
    await app.close();
  }
}

/** A window of the app: the display's, or the till's. */
async function windowOf(context: BrowserContext, isDisplay: boolean): Promise<Page> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const page = context.pages().find((one) => one.url().includes('/display/') === isDisplay);
    if (page) return page;
    await pause(100);
  }
  throw new Error(isDisplay ? 'the app has no display' : 'the app has no till');
}

/** Switches the stall server on for displays. @returns the address that pairs one */
async function pairingLink(call: Call): Promise<string> {
  const port = await freePort();
  await call('shop.serve', { isOn: true, address: '127.0.0.1', port, offers: ['display'], publicUrl: null });
  const end = performance.now() + PATIENCE_MS;
  while ((await call('state.get', {})).displays.servedAt === null) {
    if (performance.now() > end) throw new Error('the stall server does not start');
    await pause(100);
  }
  const { link } = await call('display.new-code', {});
  if (link === null) throw new Error('displays are not served');
  return link;
}

interface Watched {
  readonly page: Page;
  /** What the page counts its time from, on the system's monotonic clock. */
  readonly originMs: number;
}

async function watch(page: Page): Promise<Watched> {
  await page.evaluate(WATCH);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const seconds = metrics.find(({ name }) => name === 'NavigationStart')?.value;
  if (!seconds) throw new Error('the browser does not tell when the page began');
  return { page, originMs: seconds * 1_000 };
}

/** Adds line after line at the till. @returns how much later than on the till each was painted, in milliseconds */
async function addLines(
  call: Call,
  watched: readonly Watched[],
): Promise<{ readonly window: readonly number[]; readonly tablet: readonly number[] }> {
  const behind = { window: [] as number[], tablet: [] as number[] };
  const taxRateId = (await call('state.get', {})).session.stall.taxRates[0]?.id ?? '';
  progress(`${SAMPLES} lines`);
  for (let added = 0; added < WARM_UP + SAMPLES; added += 1) {
    const name = `Line ${added}`;
    for (const { page } of watched) await page.evaluate(`watch.next(${JSON.stringify(name)})`);
    await call('cart.add-amount', { name, amountMinor: 250, taxRateId });
    const painted = watched.map(
      async ({ page, originMs }) => originMs + (await page.evaluate<number>('watch.painted')),
    );
    const [tillMs = Number.NaN, windowMs = Number.NaN, tabletMs = Number.NaN] = await Promise.all(painted);
    if (added >= WARM_UP) {
      behind.window.push(windowMs - tillMs);
      behind.tablet.push(tabletMs - tillMs);
    }
    if (added % LINES === LINES - 1) await call('cart.void', { reason: 'bench' });
    // Never always at the same moment of a frame.
    await pause(40 + (added % 17));
  }
  return behind;
}

/** Runs in each page: names the line that is waited for to Element Timing before it is painted. */
const WATCH = `
  globalThis.watch = {
    name: null,
    next(name) {
      this.name = name;
      this.painted = new Promise((resolve, reject) => {
        const observer = new PerformanceObserver((list) => {
          const entry = list.getEntries().find(({ identifier }) => identifier === name);
          if (!entry) return;
          clearTimeout(timer);
          observer.disconnect();
          resolve(entry.renderTime);
        });
        const timer = setTimeout(() => reject(new Error('not painted: ' + name)), ${PATIENCE_MS});
        observer.observe({ type: 'element' });
      });
    },
  };
  new MutationObserver(() => {
    if (watch.name === null) return;
    for (const row of document.querySelectorAll('[data-line]')) {
      const label = row.querySelector('.line__name') ?? row.querySelector('b');
      if (label?.textContent.trim() !== watch.name) continue;
      label.setAttribute('elementtiming', watch.name);
      watch.name = null;
    }
  }).observe(document, { childList: true, subtree: true });
`;
