/**
 * What the till does with films: looks at them, trims them, and makes them into files for social posts. Loaded with the
 * clip studio, not before.
 */
import {
  BlobSource,
  BufferTarget,
  canEncodeVideo,
  Conversion,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  WEBM,
  WebMOutputFormat,
  type ConversionVideoOptions,
} from 'mediabunny';
import { faultOf, type ClipFacts, type ClipReading } from '../../shared/clip-check';
import { CLIP_SIDE, type ClipKind } from '../../shared/clip-schemas';
import { withPictures } from './film-pictures';

/** A stretch of a film, in seconds. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The longest side a photo is kept with. */
const POSTER_SIDE = 800;
/** A film of half a minute takes a fraction of this; with some that are damaged the library reads on without end. */
const LOOK_WITHIN_MS = 10_000;

/**
 * Reads a film through and shows itself its first, a middle and its last picture, in a thread that is ended when it finds no
 * end. A film that is too long or too big for the reel passes: it can be trimmed and made smaller here.
 */
export async function lookAt(film: Blob): Promise<ClipReading> {
  const worker = new Worker(new URL('./film-worker.ts', import.meta.url), { type: 'module' });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve) => {
      const broken = (): void => resolve({ ok: false, fault: 'broken' });
      timer = setTimeout(broken, LOOK_WITHIN_MS);
      worker.onmessage = ({ data }: MessageEvent<ClipReading>) => resolve(data);
      worker.onerror = broken;
      worker.postMessage(film);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/** A picture of the film to stand for it, within the side a photo is kept with. */
export async function posterOf(film: Blob, atSeconds: number): Promise<Blob | null> {
  return withPictures(film, async (pictures, first) => {
    const picture = await pictures.getSample(first + atSeconds);
    if (picture === null) return null;
    const scale = Math.min(1, POSTER_SIDE / Math.max(picture.displayWidth, picture.displayHeight));
    const canvas = new OffscreenCanvas(
      Math.max(1, Math.round(picture.displayWidth * scale)),
      Math.max(1, Math.round(picture.displayHeight * scale)),
    );
    const context = canvas.getContext('2d');
    if (context) picture.draw(context, 0, 0, canvas.width, canvas.height);
    picture.close();
    return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  });
}

/**
 * The film as the reel takes it: the stretch of it, silent, no larger than displays play. A film that needs none of it is left
 * as it is.
 * @param onProgress hears how much is done, of 1
 */
export async function cut(
  film: Blob,
  facts: ClipFacts,
  { start, end }: Stretch,
  onProgress: (done: number) => void,
): Promise<Blob> {
  const isWhole = start <= 0 && end >= facts.durationMs / 1000 - 0.05;
  const fault = faultOf(facts);
  if (isWhole && fault === null) return film;
  const scale = Math.min(1, CLIP_SIDE.most / Math.max(facts.width, facts.height));
  const video: ConversionVideoOptions =
    scale < 1 ? { width: even(facts.width * scale), height: even(facts.height * scale), fit: 'fill' } : {};
  const kind: ClipKind = facts.kind === 'video/mp4' && (await canEncodeVideo('avc')) ? 'video/mp4' : 'video/webm';
  return convert(film, kind, { start, end }, video, onProgress);
}

/** What is burnt into a film for social posts. */
export interface PostWords {
  readonly caption: string;
  readonly price: string;
  readonly stall: string;
}

export const POST_SIZES = {
  square: { width: 1_080, height: 1_080 },
  portrait: { width: 1_080, height: 1_920 },
} as const;
export type PostShape = keyof typeof POST_SIZES;

/**
 * The film as a file for social posts: filled to the shape, with its words on a board at the foot. MP4 where this machine can
 * write it, since that is what the networks take; else WebM.
 */
export async function makePost(
  film: Blob,
  stretch: Stretch,
  shape: PostShape,
  words: PostWords,
  onProgress: (done: number) => void,
): Promise<{ readonly film: Blob; readonly extension: 'mp4' | 'webm' }> {
  const { width, height } = POST_SIZES[shape];
  const isMp4 = await canEncodeVideo('avc', { width, height });
  const board = drawBoard(width, height, words);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no canvas to draw on');
  const made = await convert(
    film,
    isMp4 ? 'video/mp4' : 'video/webm',
    stretch,
    {
      codec: isMp4 ? 'avc' : 'vp8',
      width,
      height,
      fit: 'cover',
      allowTransformationMetadata: false,
      process(picture) {
        picture.draw(context, 0, 0, width, height);
        context.drawImage(board, 0, 0);
        return canvas;
      },
    },
    onProgress,
  );
  return { film: made, extension: isMp4 ? 'mp4' : 'webm' };
}

async function convert(
  film: Blob,
  kind: ClipKind,
  trim: Stretch,
  video: ConversionVideoOptions,
  onProgress: (done: number) => void,
): Promise<Blob> {
  const target = new BufferTarget();
  const format = kind === 'video/mp4' ? new Mp4OutputFormat({ fastStart: 'in-memory' }) : new WebMOutputFormat();
  const input = new Input({ source: new BlobSource(film), formats: [MP4, WEBM] });
  try {
    const conversion = await Conversion.init({
      input,
      output: new Output({ format, target }),
      trim,
      video,
      audio: { discard: true },
      // Where a stretch cannot be copied to the picture it is written anew.
      copy: { boundaryTolerance: 0.05 },
      // Telephones write where and when it was filmed: nobody's business.
      tags: {},
      showWarnings: false,
    });
    if (!conversion.isValid) throw new Error('this machine cannot write such a film');
    conversion.onProgress = onProgress;
    await conversion.execute();
  } finally {
    input.dispose();
  }
  if (target.buffer === null) throw new Error('the film was not written');
  return new Blob([target.buffer], { type: kind });
}

/** Codecs take even sides only. */
function even(side: number): number {
  return Math.max(2, Math.round(side / 2) * 2);
}

const MARGIN = 0.055;

/** Caption, price and the stall's name on a dark board at the foot, the rest clear. */
function drawBoard(width: number, height: number, { caption, price, stall }: PostWords): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const style = getComputedStyle(document.documentElement);
  const sign = style.getPropertyValue('--font-sign') || 'sans-serif';
  const text = style.getPropertyValue('--font-text') || 'sans-serif';
  const margin = Math.round(width * MARGIN);
  const room = width - 2 * margin;
  const size = Math.round(width * 0.062);
  context.font = `800 ${size}px ${sign}`;
  const lines = wrap(context, caption, price === '' ? room : room * 0.66).slice(0, 3);
  const foot = Math.round(size * 0.62);
  const boardHeight =
    margin * 2 + Math.max(lines.length, price === '' ? 0 : 1.5) * size * 1.15 + (stall === '' ? 0 : foot * 1.7);
  const top = height - boardHeight;
  if (lines.length === 0 && price === '' && stall === '') return canvas;

  // A picture has no theme: dark board, light letters, the yellow ticket of the reel.
  context.fillStyle = 'rgb(23 20 13 / 0.82)';
  context.fillRect(0, top, width, boardHeight);
  context.fillStyle = '#fffdf8';
  context.textBaseline = 'top';
  context.direction = 'inherit';
  lines.forEach((line, index) => context.fillText(line, margin, top + margin + index * size * 1.15));
  if (stall !== '') {
    context.font = `600 ${foot}px ${text}`;
    context.fillText(fitted(context, stall, room), margin, height - margin - foot);
  }
  if (price !== '') {
    context.font = `800 ${Math.round(size * 1.25)}px ${sign}`;
    const wide = context.measureText(price).width + margin;
    context.fillStyle = '#ffd84a';
    context.fillRect(width - margin - wide, top + margin * 0.7, wide, size * 1.9);
    context.fillStyle = '#17140d';
    context.fillText(price, width - margin - wide + margin / 2, top + margin * 0.7 + size * 0.32);
  }
  return canvas;
}

function wrap(context: OffscreenCanvasRenderingContext2D, words: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && context.measureText(longer).width > room) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => fitted(context, each, room));
}

function fitted(context: OffscreenCanvasRenderingContext2D, line: string, room: number): string {
  const letters = Array.from(line);
  if (context.measureText(line).width <= room) return line;
  while (letters.length > 1 && context.measureText(`${letters.join('')}…`).width > room) letters.pop();
  return `${letters.join('')}…`;
}
