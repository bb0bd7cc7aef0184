import { readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Parser } from 'htmlparser2';
import { imageSize } from 'image-size';
import type { Backdrop } from '../../domain/catalogue';
import { backdropOfPixels } from './backdrop';
import type { ItemDraft } from './draft';
import type { DraftPhoto } from './plan';
import type { PhotoExtension, PhotoStore } from './photo-store';
import type { ImportProblemCode } from '../../shared/import-problems';

export const PHOTO_BYTES_MOST = 12 * 1024 * 1024;
export const PHOTO_SIDE_MOST = 8000;
/** A vector picture beyond this would slow the grid down. */
const SVG_BYTES_MOST = 512 * 1024;

/** Longest side of a stored raster photo; the largest place it is shown at is a tile of a 1920 px screen. */
const STORED_SIDE = 800;
/** A photo that is small enough already is kept byte for byte. */
const KEPT_BYTES_MOST = 400 * 1024;
const WEBP_QUALITY = 82;

const READABLE = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif', '.gif', '.svg']);

/** A photo that cannot be used, with a mend. */
export class PhotoError extends Error {
  constructor(
    readonly code: ImportProblemCode,
    message: string,
  ) {
    super(message);
    this.name = 'PhotoError';
  }
}

/** A folder of photos, found by name. Case does not matter, nor the extension. */
export class PhotoFolder {
  private readonly byName = new Map<string, string>();
  private readonly byStem = new Map<string, string>();
  /** How many files look like photos. */
  readonly fileCount: number;

  constructor(folder: string) {
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && READABLE.has(extname(entry.name).toLowerCase()))
      .map((entry) => entry.name)
      .sort();
    this.fileCount = names.length;
    for (const name of names) {
      const path = join(folder, name);
      this.byName.set(key(name), path);
      const stem = key(withoutExtension(name));
      if (!this.byStem.has(stem)) this.byStem.set(stem, path);
    }
  }

  /** The file of an item's photo: by the name in the file, else by handle, SKU or barcode. */
  find(draft: ItemDraft): string | null {
    const named = this.named(draft.photoName);
    if (named !== null) return named;
    const codes = draft.variants.flatMap(({ sku, barcodes }) => [sku ?? '', ...(barcodes ?? [])]);
    for (const code of [draft.handle, ...codes]) {
      const path = code === '' ? undefined : this.byStem.get(key(code));
      if (path !== undefined) return path;
    }
    return null;
  }

  /** The file of this name, with its own or another extension. */
  named(name: string | undefined): string | null {
    if (name === undefined) return null;
    return this.byName.get(key(name)) ?? this.byStem.get(key(withoutExtension(name))) ?? null;
  }
}

/** Photos that were checked, reduced and stored; each file once, however many items show it. */
export class PhotoReader {
  private readonly done = new Map<string, Promise<DraftPhoto>>();

  constructor(private readonly store: PhotoStore) {}

  /**
   * Reads a photo into the store.
   * @throws PhotoError when it is too large, damaged, not a picture, or unsafe
   */
  read(path: string): Promise<DraftPhoto> {
    const known = this.done.get(path) ?? this.readOnce(path);
    this.done.set(path, known);
    return known;
  }

  private async readOnce(path: string): Promise<DraftPhoto> {
    const { size } = await stat(path);
    if (size > PHOTO_BYTES_MOST) throw new PhotoError('photo-too-large', 'is larger than 12 MB: save a smaller copy');
    return keepPhoto(await readFile(path), this.store);
  }
}

/**
 * Checks, reduces and stores one photo.
 * @throws PhotoError
 */
export async function keepPhoto(bytes: Buffer, store: PhotoStore): Promise<DraftPhoto> {
  const { bytes: kept, extension, backdrop } = await preparePhoto(bytes);
  return { sha: await store.put(kept, extension), backdrop };
}

/** A photo fit for the store. */
export interface PreparedPhoto {
  readonly bytes: Uint8Array;
  readonly extension: PhotoExtension;
  readonly backdrop: Backdrop | null;
}

/**
 * Checks a photo by its bytes, whatever its name says, and reduces large ones to 800 px. An animation becomes its first
 * frame.
 * @throws PhotoError
 */
export async function preparePhoto(bytes: Buffer): Promise<PreparedPhoto> {
  if (looksLikeSvg(bytes)) {
    checkSvg(bytes);
    return { bytes, extension: 'svg', backdrop: null };
  }
  const { type, width, height } = sizeOf(bytes);
  if (width > PHOTO_SIDE_MOST || height > PHOTO_SIDE_MOST) {
    throw new PhotoError('photo-too-large', `is ${width}×${height} pixels: save a copy of at most 8000 on a side`);
  }
  // Loaded on first use: a file without photos needs no canvas.
  const { createCanvas, loadImage } = await import('@napi-rs/canvas');
  const image = await loadImage(bytes).catch(() => {
    throw new PhotoError('photo-damaged', 'cannot be opened: it is damaged, save it again');
  });
  const scale = Math.min(1, STORED_SIDE / Math.max(image.width, image.height));
  const canvas = createCanvas(
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  );
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const backdrop = backdropOfPixels(data, canvas.width, canvas.height);
  if (scale === 1 && bytes.length <= KEPT_BYTES_MOST && (type === 'jpg' || type === 'png' || type === 'webp')) {
    return { bytes, extension: type, backdrop };
  }
  return { bytes: await canvas.encode('webp', WEBP_QUALITY), extension: 'webp', backdrop };
}

const RASTER_TYPES = new Set(['jpg', 'png', 'webp', 'avif', 'gif']);

function sizeOf(bytes: Buffer): { type: string; width: number; height: number } {
  try {
    const { type, width, height } = imageSize(bytes);
    const known = type === 'heif' ? 'avif' : (type ?? '');
    if (RASTER_TYPES.has(known)) return { type: known, width, height };
  } catch {
    // Not one of the kinds it knows; told below.
  }
  throw new PhotoError('not-a-photo', 'is not a JPEG, PNG, WebP, AVIF, GIF or SVG picture: save it as one of these');
}

function looksLikeSvg(bytes: Buffer): boolean {
  return /^(\ufeff)?\s*<(\?xml|!--|!doctype svg|svg)/i.test(bytes.toString('utf8', 0, 256));
}

const REFUSED_ELEMENTS = new Set([
  'script',
  'foreignobject',
  'iframe',
  'embed',
  'object',
  'audio',
  'video',
  'handler',
  'set',
  'animate',
]);

/**
 * Refuses what makes a vector picture more than a picture: scripts, event handlers, anything fetched from elsewhere,
 * entities. Such files run code or call home when a browser opens them.
 * @throws PhotoError
 */
function checkSvg(bytes: Buffer): void {
  if (bytes.length > SVG_BYTES_MOST) {
    throw new PhotoError('photo-too-large', 'is an SVG of more than 512 KB: simplify it, or save it as PNG');
  }
  const unsafe = (what: string) =>
    new PhotoError('photo-unsafe', `is an SVG with ${what}: save it as a plain SVG or as PNG`);
  let depth = 0;
  let root = '';
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const element = localName(name);
        if (depth === 0 && root === '') root = element;
        depth += 1;
        if (REFUSED_ELEMENTS.has(element)) throw unsafe(`a <${element}> element`);
        for (const [attribute, value] of Object.entries(attributes)) {
          const local = localName(attribute);
          if (local.startsWith('on')) throw unsafe(`an event handler (${local})`);
          if ((local === 'href' || local === 'src') && !isOwnReference(value)) throw unsafe('a link to elsewhere');
          if (hasForeignUrl(value)) throw unsafe('a link to elsewhere');
        }
      },
      ontext(text) {
        if (hasForeignUrl(text)) throw unsafe('a style fetched from elsewhere');
      },
      onclosetag() {
        depth -= 1;
      },
      onprocessinginstruction(_name, data) {
        if (/^!doctype[^>]*\[|^!entity|^\?xml-stylesheet/i.test(data)) throw unsafe('a document type or style sheet');
      },
    },
    { xmlMode: true, decodeEntities: true, recognizeCDATA: true },
  );
  parser.end(bytes.toString('utf8'));
  if (root !== 'svg') throw new PhotoError('not-a-photo', 'is not an SVG picture: save it again');
}

function localName(name: string): string {
  return (name.split(':').at(-1) ?? '').toLowerCase();
}

/** A part of the same picture, or a raster picture held inside it. */
function isOwnReference(value: string): boolean {
  return /^\s*(#|data:image\/(png|jpeg|webp|gif);)/i.test(value);
}

function hasForeignUrl(text: string): boolean {
  if (/@import|javascript:|expression\s*\(|\\/i.test(text)) return true;
  return [...text.matchAll(/url\(\s*['"]?([^'")]*)/gi)].some(([, target]) => !isOwnReference(target ?? ''));
}

function withoutExtension(name: string): string {
  return READABLE.has(extname(name).toLowerCase()) ? name.slice(0, -extname(name).length) : name;
}

function key(name: string): string {
  return name.trim().normalize('NFC').toLowerCase();
}
