/**
 * From the key that ends a scan to the line on the screen, in the real app.
 *
 * Keys are dispatched as a wedge scanner's come: in one burst, through the browser process. The clock starts at the
 * terminator's `event.timeStamp`, before any of our code runs. It stops at the line's Element Timing `renderTime`: the
 * moment the browser presented the frame with the new line's name, later than any callback of the page could tell. In
 * between lie the wedge, the call to the main process, the durable write, the way back, layout, raster and the frame's turn.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { figure, percentile, progress, type Figure } from './figure';
import { barcodeOf } from './goods';
import { openScannedTill, scannedItem, type ScannedTill } from './scanned-till';

const ITEMS = 50_000;
const SAMPLES = 120;
const WARM_UP = 10;
const LONG = 200;
const MISHEARD_AT_MOST = 5;

export async function measure(scratch: string): Promise<Figure[]> {
  const till = await openScannedTill(scratch, ITEMS, WATCH);
  const scanAt = scansOf(till);
  progress(`${SAMPLES} scans at line 1 and ${SAMPLES} at line ${LONG}`);
  const atFirst = await scanAt(1);
  const atLong = await scanAt(LONG);
  await till.close();

  const limits = (where: string, tookMs: readonly number[]): Figure[] =>
    [
      { share: 0.5, limitMs: 25 },
      { share: 0.99, limitMs: 50 },
    ].map(({ share, limitMs }) =>
      figure({
        id: `scan-to-paint/${where}-p${share * 100}`,
        what: `terminator key to painted line, ${ITEMS.toLocaleString('en')} items, at ${where.replace('-', ' ')}, p${share * 100}`,
        value: percentile(tookMs, share),
        unit: 'ms',
        reference: limitMs,
        referenceWhat: 'the limit',
        target: { atMost: 1 },
      }),
    );
  return [
    ...limits('line-1', atFirst),
    ...limits(`line-${LONG}`, atLong),
    figure({
      id: 'scan-to-paint/equal',
      what: `terminator key to painted line at line ${LONG}, p50`,
      value: percentile(atLong, 0.5),
      unit: 'ms',
      reference: percentile(atFirst, 0.5),
      referenceWhat: 'the same at line 1',
      target: { atMost: 1.25 },
    }),
  ];
}

/** What scans again and again so that each scan makes the docket's n-th line. */
function scansOf({ page, call, type }: ScannedTill): (line: number) => Promise<number[]> {
  let scans = 0;
  /** No code twice, so that every scan makes a line of its own. */
  const nextCode = (): string => barcodeOf(scannedItem(scans++, ITEMS));

  let misheard = 0;
  /** Scans; a code whose keys a busy machine tore so far apart that they are typing is scanned again. */
  async function scan(): Promise<number> {
    await page.evaluate('watch.next()');
    await type(nextCode());
    const tookMs = await page.evaluate<number | null>('watch.painted');
    if (tookMs !== null) return tookMs;
    misheard += 1;
    progress('a scan was taken for typing');
    if (misheard > MISHEARD_AT_MOST) throw new Error('the machine is too busy to play a scanner');
    return scan();
  }

  return async (line) => {
    const tookMs: number[] = [];
    await call('cart.void', { reason: 'bench' });
    for (let have = 1; have < line; have += 1) await call('cart.scan', { code: nextCode() });
    for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
      const took = await scan();
      if (sample >= 0) tookMs.push(took);
      const { cart, markedLineId } = (await call('state.get', {})).sale;
      if (cart.lines.length !== line) throw new Error(`the scan made line ${cart.lines.length}, not ${line}`);
      await call('cart.remove-line', { lineId: markedLineId ?? '' });
      // A scanner's next code never comes within the same frame, nor always at the same moment of one.
      await pause(40 + (sample % 17));
    }
    return tookMs;
  };
}

/**
 * Runs in the page, before the till's own scripts: notes the terminator before the till's listener holds it back, and
 * names a new line for Element Timing before it is painted.
 */
const WATCH = `
  globalThis.watch = {
    terminatorAt: NaN,
    next() {
      this.painted = new Promise((resolve) => {
        const observer = new PerformanceObserver((list) => {
          const [entry] = list.getEntries();
          settle(() => resolve(entry.renderTime - this.terminatorAt));
        });
        const timer = setTimeout(() => settle(() => resolve(null)), 3_000);
        const settle = (how) => {
          observer.disconnect();
          clearTimeout(timer);
          how();
        };
        observer.observe({ type: 'element' });
      });
    },
  };
  let isAwaited = false;
  addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    watch.terminatorAt = event.timeStamp;
    isAwaited = true;
  }, { capture: true });
  new MutationObserver((records) => {
    // Rows also come into sight when a line is removed: those are nobody's scan.
    if (!isAwaited) return;
    const rows = records.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node instanceof Element)
      .map((node) => node.matches('[data-line]') ? node : node.querySelector('[data-line]')).filter(Boolean);
    if (rows.length === 0) return;
    isAwaited = false;
    rows.at(-1).querySelector('.line__name').setAttribute('elementtiming', 'line');
  }).observe(document, { childList: true, subtree: true });
`;
