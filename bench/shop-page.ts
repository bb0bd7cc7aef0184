/**
 * An item's page as a phone gets it from the stall: the bytes of everything but its photo, and when it is first painted,
 * against a page with one word in it that the same server sends to the same browser.
 */
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { startKiosk } from '../src/main/boot';
import { silentLog } from '../src/main/core/log';
import { shopSite } from '../src/main/lan/shop-site';
import { startStallServer } from '../src/main/lan/stall-server';
import type { StallSite } from '../src/main/lan/stall-site';
import { kioskLink } from '../src/main/lan/stall-thread';
import { projectFolder } from '../src/main/project-folder';
import { figure, median, progress, type Figure } from './figure';

const SAMPLES = 40;
const WARM_UP = 5;
const MOST_BYTES = 60 * 1024;

/** What the same server takes for as little as a page can be. */
const emptySite: StallSite = {
  offer: 'gallery',
  register(app) {
    app.get('/empty', (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .send('<!doctype html><html lang="en"><title>Empty</title><body>Word</body></html>'),
    );
  },
};

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  const { kiosk, close } = await startKiosk({ dataDir, devices: 'none', demo: true, server: null, log: silentLog() });
  const { url, ...server } = await startStallServer({
    host: '127.0.0.1',
    port: 0,
    link: kioskLink(kiosk),
    dataDir,
    projectFolder,
    sites: [shopSite, emptySite],
    onProblem(error) {
      throw error;
    },
  });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const gallery = await (await fetch(url)).text();
    const path = /href="(\/item\/[^"]+)"/.exec(gallery)?.[1];
    if (path === undefined) throw new Error('the gallery shows no item');
    const bytes = await bytesOf(await browser.newPage(), url + path);
    const ours: number[] = [];
    const theirs: number[] = [];
    // By turns, so that whatever else the machine does is borne by both.
    for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
      const [item, word] = [
        await firstPaint(await browser.newContext().then((context) => context.newPage()), url + path),
        await firstPaint(await browser.newContext().then((context) => context.newPage()), `${url}/empty`),
      ];
      if (sample < 0) continue;
      ours.push(item);
      theirs.push(word);
    }
    progress(`first paint ${median(ours).toFixed(1)} ms, of an empty page ${median(theirs).toFixed(1)} ms`);
    return [
      figure({
        id: 'shop-page/bytes',
        what: 'an item page over the network, fonts and all, without its photo',
        value: bytes,
        unit: 'bytes',
        reference: MOST_BYTES,
        referenceWhat: 'the limit',
        target: { atMost: 1 },
      }),
      figure({
        id: 'shop-page/first-paint',
        what: 'first contentful paint of an item page, p50',
        value: median(ours),
        unit: 'ms',
        reference: median(theirs),
        referenceWhat: 'a page with one word',
        target: { atMost: 1.5 },
      }),
    ];
  } finally {
    await browser.close();
    await server.close();
    await close();
  }
}

/** Everything that came over the wire for a page, heads included, but photos. */
async function bytesOf(page: Page, url: string): Promise<number> {
  let bytes = 0;
  page.on('requestfinished', (request) => {
    if (request.url().includes('/photo/')) return;
    void request.sizes().then(({ responseBodySize, responseHeadersSize }) => {
      bytes += responseBodySize + responseHeadersSize;
    });
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.close();
  return bytes;
}

/** Milliseconds from the start of the navigation to the first contentful paint, in a browser that knows nothing yet. */
async function firstPaint(page: Page, url: string): Promise<number> {
  await page.goto(url, { waitUntil: 'load' });
  const paintedMs = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const [entry] = list.getEntriesByName('first-contentful-paint');
          if (entry) resolve(entry.startTime);
        }).observe({ type: 'paint', buffered: true });
      }),
  );
  await page.context().close();
  return paintedMs;
}
