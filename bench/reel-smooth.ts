/**
 * The reel of 40 photos and 10 clips on a display in Chromium for half an hour: frames that came late, and what the browser's
 * memory does meanwhile, beside a page that moves one square in a browser of its own at the same time. `REEL_MINUTES` makes it
 * shorter, for trying; the figures say how long it was.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import type { Card } from '../src/domain/playlist';
import { ALWAYS } from '../src/domain/pricing/rule';
import type { TestClient } from '../tests/helpers/kiosk-process';
import { openShopTill } from '../tests/helpers/stall-shoppers';
import { figure, progress, slope, type Figure } from './figure';
import { lookAt, openChromium, type AppWindow } from './window';

const PHOTOS = 40;
const CLIPS = 10;
const CLIP_MS = 10_000;
/** The first and the last picture are not recorded at once. */
const SPARE_MS = 3_000;
/** Two frames of a screen of 60 Hz, and what its clock may be off: the one in between was not there. */
const LATE_MS = 33.4;
const LATE_PERCENT = 0.5;
/** No card stays longer, clips and waiting for a picture included. */
const CARD_SECONDS = 20;
/** The first time each picture comes, it is decoded and kept: memory is looked at afterwards. */
const WARM_SHARE = 1 / 3;
const SAMPLES = 90;
/** Growth in half an hour that cannot be told from none: a share of what there is. */
const GROWTH_SHARE = 0.02;
const SLICE_BYTES = 1024 * 1024;
const MEBIBYTE = 2 ** 20;
const VIEWPORT = { width: 1280, height: 720 };

/** A square that moves as the reel fades: by the compositor alone. */
const EMPTY_PAGE = `<!doctype html><title>Empty</title><style>
  @keyframes go { to { transform: translateX(80vw) } }
  div { width: 100px; height: 100px; background: #ff7a1f; animation: go 3s infinite alternate linear }
</style><div></div>`;

export async function measure(scratch: string): Promise<Figure[]> {
  const minutes = Number(process.env['REEL_MINUTES'] ?? 30);
  if (!(minutes > 0)) throw new Error('REEL_MINUTES is a number of minutes');
  const till = await openShopTill(scratch);
  const open: AppWindow[] = [];
  const another = (name: string): AppWindow => {
    const app = openChromium(join(scratch, name));
    open.push(app);
    return app;
  };
  try {
    const cards = await makeCards(till.client);
    const playlist = { playlistId: 'bench', name: 'Half an hour', isOn: true, when: ALWAYS, cards: mixed(cards) };
    await till.client.call('reel.put-playlist', { playlist });
    const [reel, beside] = [another('reel'), another('beside')];
    const { link } = await till.client.call('display.new-code', {});
    await Promise.all([
      lookAt(reel, async (page) => {
        await page.goto(String(link));
        await page.locator('[data-place=current]').waitFor();
        // What a page does once, it does before it is watched.
        await pause(5_000);
        await watchCards(page);
        await countFrames(page);
      }),
      lookAt(beside, async (page) => {
        await page.setContent(EMPTY_PAGE);
        await pause(5_000);
        await countFrames(page);
      }),
    ]);

    const everyMs = (minutes * 60_000) / SAMPLES;
    const bytes = { reel: [] as number[], beside: [] as number[] };
    for (let sample = 1; sample <= SAMPLES; sample += 1) {
      await pause(everyMs);
      bytes.reel.push(reel.memoryBytes());
      bytes.beside.push(beside.memoryBytes());
      if (sample % 15 === 0) progress(`${((sample / SAMPLES) * minutes).toFixed(1)} min`);
    }
    const [ours, seen] = await lookAt(reel, async (page) => [await framesOf(page), await cardsOf(page)] as const);
    const theirs = await lookAt(beside, framesOf);
    progress(`${ours.late} of ${ours.all} frames late, ${theirs.late} of ${theirs.all} of the page beside it`);
    progress(`longest ${Math.round(ours.longestMs)} ms and ${Math.round(theirs.longestMs)} ms`);
    progress(`${seen.turns} cards shown, ${seen.different} different ones, clips ${seen.clips} times`);
    const leastDifferent = Math.min(cards.length, Math.floor((minutes * 60) / CARD_SECONDS));
    if (seen.different < leastDifferent) throw new Error(`the reel showed only ${seen.different} of its cards`);

    const growthOf = (samples: readonly number[]): number =>
      (slope(samples.slice(Math.floor(SAMPLES * WARM_SHARE))) * 30 * 60_000) / everyMs / MEBIBYTE;
    const heldBytes = bytes.reel.reduce((sum, each) => sum + each, 0) / SAMPLES / MEBIBYTE;
    progress(`memory grows by ${growthOf(bytes.reel).toFixed(1)} MiB of ${heldBytes.toFixed(0)} in half an hour`);
    progress(`that of the page beside it by ${growthOf(bytes.beside).toFixed(1)} MiB`);
    const late = { what: `frames later than 33 ms in ${minutes} min of ${PHOTOS} photos and ${CLIPS} clips` };
    return [
      figure({
        ...late,
        id: 'reel-smooth/late',
        value: percentLate(ours),
        unit: '% of frames',
        reference: LATE_PERCENT,
        referenceWhat: 'the limit',
        target: { atMost: 1 },
      }),
      figure({
        ...late,
        id: 'reel-smooth/late-beside',
        value: percentLate(ours),
        unit: '% of frames',
        reference: percentLate(theirs) + LATE_PERCENT,
        referenceWhat: `those of a page that moves one square at the same time, and ${LATE_PERCENT} more`,
        target: { atMost: 1 },
      }),
      figure({
        id: 'reel-smooth/memory',
        what: `growth of the browser's processes by half an hour, from ${minutes} min without their first third`,
        value: growthOf(bytes.reel),
        unit: 'MiB',
        reference: Math.max(0, growthOf(bytes.beside)) + heldBytes * GROWTH_SHARE,
        referenceWhat: `that of the page with the square, and ${GROWTH_SHARE * 100} % of what they hold`,
        target: { atMost: 1 },
      }),
    ];
  } finally {
    for (const app of open) await app.close();
    await till.close();
  }
}

/** Makes photos and clips in a browser that is gone before anything is measured. */
async function makeCards(till: TestClient): Promise<Card[]> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: VIEWPORT });
  const cards = [...(await addPhotos(page, till)), ...(await addClips(page, till))];
  await browser.close();
  return cards;
}

/** Photos as phones take them: large, and nothing in them is alike. */
async function addPhotos(page: Page, till: TestClient): Promise<Card[]> {
  const cards: Card[] = [];
  const found = await till.call('catalogue.items', { category: null, offset: 0, limit: 100 });
  // What is sold out is left out of the reel.
  const tiles = found.tiles.filter(({ stock }) => stock !== 0);
  for (let number = 0; number < PHOTOS; number += 1) {
    const base64 = await page.evaluate((seed) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1600, height: 1200 });
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      for (let blot = 0; blot < 400; blot += 1) {
        const turn = blot * 7919 + seed * 104_729;
        context.fillStyle = `hsl(${turn % 360} ${40 + (turn % 50)}% ${20 + (turn % 60)}%)`;
        context.beginPath();
        context.arc((turn * 13) % 1600, (turn * 29) % 1200, 20 + (turn % 180), 0, Math.PI * 2);
        context.fill();
      }
      return canvas.toDataURL('image/jpeg', 0.85).split(',')[1] ?? '';
    }, number);
    const { photo } = await till.call('catalogue.add-photo', { base64 });
    const itemId = tiles[number % tiles.length]?.itemId ?? null;
    cards.push({ cardId: `photo-${number}`, caption: `Photo ${number}`, kind: 'photo', photo, itemId });
  }
  progress(`${cards.length} photos`);
  return cards;
}

/** Clips as the till's own camera would record them, two at a time. */
async function addClips(page: Page, till: TestClient): Promise<Card[]> {
  const cards: Card[] = [];
  for (let number = 0; number < CLIPS; number += 2) {
    const films = await Promise.all([number, number + 1].map((seed) => record(page, seed)));
    for (const [at, film] of films.entries()) {
      const bytes = Buffer.from(film, 'base64');
      const { uploadId } = await till.call('clips.open', { totalBytes: bytes.length });
      for (let offset = 0; offset < bytes.length; offset += SLICE_BYTES) {
        const base64 = bytes.subarray(offset, offset + SLICE_BYTES).toString('base64');
        await till.call('clips.append', { uploadId, offset, base64 });
      }
      const { clip } = await till.call('clips.keep', { uploadId, poster: null, caption: '', itemId: null });
      cards.push({ cardId: `clip-${number + at}`, caption: '', kind: 'clip', clip, itemId: null });
    }
  }
  const { clips } = await till.call('clips.list', {});
  const shortestMs = Math.min(...clips.map(({ durationMs }) => durationMs));
  progress(`${cards.length} clips, the shortest of ${(shortestMs / 1_000).toFixed(1)} s`);
  if (shortestMs < CLIP_MS) throw new Error('the clips are shorter than they should be');
  return cards;
}

function record(page: Page, seed: number): Promise<string> {
  return page.evaluate(
    async ({ number, forMs }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      // A canvas that no page shows is filmed a few times a second only, and its film is short.
      canvas.style.cssText = 'position: fixed; inset: 0';
      document.body.append(canvas);
      const recorder = new MediaRecorder(canvas.captureStream(24), {
        mimeType: 'video/webm;codecs=vp8',
        videoBitsPerSecond: 2_500_000,
      });
      const parts: Blob[] = [];
      // The film begins with the first picture the encoder has, which may take it seconds.
      let filmedFromMs: number | null = null;
      recorder.ondataavailable = ({ data }) => {
        parts.push(data);
        if (data.size > 0) filmedFromMs ??= performance.now();
      };
      const ended = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.start(250);
      const begun = performance.now();
      const draw = (): void => {
        const atMs = performance.now() - begun;
        context.fillStyle = `hsl(${number * 36} 50% 40%)`;
        context.fillRect(0, 0, 1280, 720);
        for (let ball = 0; ball < 30; ball += 1) {
          context.fillStyle = `hsl(${ball * 12} 80% 60%)`;
          context.beginPath();
          context.arc(640 + 560 * Math.sin(atMs / 900 + ball), 360 + 300 * Math.cos(atMs / 700 + ball * 2), 40, 0, 7);
          context.fill();
        }
        if (filmedFromMs === null || performance.now() - filmedFromMs < forMs) setTimeout(draw, 1_000 / 24);
        else recorder.stop();
      };
      draw();
      await ended;
      canvas.remove();
      const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result));
        reader.readAsDataURL(new Blob(parts));
      });
      return url.split(',')[1] ?? '';
    },
    { number: seed, forMs: CLIP_MS + SPARE_MS },
  );
}

/** A clip after every four photos. */
function mixed(cards: readonly Card[]): Card[] {
  const clips = cards.filter(({ kind }) => kind === 'clip');
  return cards
    .filter(({ kind }) => kind !== 'clip')
    .flatMap((card, at) => (at % 4 === 3 ? [card, ...clips.slice((at - 3) / 4, (at + 1) / 4)] : [card]));
}

interface Frames {
  readonly all: number;
  readonly late: number;
  readonly longestMs: number;
}

/** Counts frames from now on by what `requestAnimationFrame` is told. */
async function countFrames(page: Page): Promise<void> {
  await page.evaluate((lateMs) => {
    const frames = { all: 0, late: 0, longestMs: 0 };
    Object.assign(window, { frames });
    let lastMs: number | null = null;
    const frame = (atMs: number): void => {
      if (lastMs !== null) {
        frames.all += 1;
        if (atMs - lastMs > lateMs) frames.late += 1;
        frames.longestMs = Math.max(frames.longestMs, atMs - lastMs);
      }
      lastMs = atMs;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, LATE_MS);
}

const framesOf = (page: Page): Promise<Frames> => page.evaluate('frames');

const percentLate = ({ all, late }: Frames): number => (late / Math.max(1, all)) * 100;

/** Cards that were before somebody's eyes, and how often one of them was a clip with a picture. */
interface Seen {
  readonly turns: number;
  readonly different: number;
  readonly clips: number;
}

/** Notes from now on which card is shown. */
async function watchCards(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shown = { turns: 0, clips: 0, ids: new Set<string>() };
    Object.assign(window, { shown });
    let last = '';
    setInterval(() => {
      const layer = document.querySelector<HTMLElement>('[data-place=current]');
      const number = layer?.dataset['number'] ?? '';
      if (number === last) return;
      last = number;
      shown.turns += 1;
      shown.ids.add(layer?.dataset['card'] ?? '');
      if ((layer?.querySelector('video')?.readyState ?? 0) >= HTMLMediaElement.HAVE_CURRENT_DATA) shown.clips += 1;
    }, 500);
  });
}

const cardsOf = (page: Page): Promise<Seen> =>
  page.evaluate('({ turns: shown.turns, clips: shown.clips, different: shown.ids.size })');
