import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { PhotoSide } from '../../pages/goods';
import { findPhoto } from '../core/photos';
import { ShownPhotos } from '../db/shown-photos';

const WEBP_QUALITY = 80;
/** More that wait are a flood: they are told to come back. */
const MOST_WAITING = 64;

/** Thrown when too many photos wait to be made. */
export class PhotosBusy extends Error {
  override readonly name = 'PhotosBusy';
}

/**
 * Photos of the catalogue made to fit a phone, each once, and kept in `DATA_DIR/fitted-photos`. What is sent is always a
 * picture drawn anew: whatever else was in the file it came from stays here.
 */
export class FittedPhotos {
  readonly #dataDir: string;
  readonly #shown: ShownPhotos;
  #known: { readonly all: readonly string[]; readonly set: ReadonlySet<string> } = { all: [], set: new Set() };
  readonly #underWay = new Map<string, Promise<Buffer | null>>();
  /** One after the other: pixels take memory. */
  readonly #inTurn = pLimit(1);

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#shown = ShownPhotos.open(dataDir);
  }

  /**
   * @param photo SHA-256 as 64 hex digits
   * @returns null for a photo that the catalogue does not show, or that cannot be drawn
   * @throws {PhotosBusy}
   */
  find(photo: string, side: PhotoSide): Promise<Buffer | null> {
    if (!this.#isShown(photo)) return Promise.resolve(null);
    const name = `${photo}-${side}.webp`;
    const known = this.#underWay.get(name);
    if (known) return known;
    if (this.#underWay.size >= MOST_WAITING) return Promise.reject(new PhotosBusy());
    const found = this.#find(photo, side, name).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, found);
    return found;
  }

  close(): void {
    this.#shown.close();
  }

  #isShown(photo: string): boolean {
    const all = this.#shown.all();
    if (all !== this.#known.all) this.#known = { all, set: new Set(all) };
    return this.#known.set.has(photo);
  }

  async #find(photo: string, side: PhotoSide, name: string): Promise<Buffer | null> {
    const folder = join(this.#dataDir, 'fitted-photos', photo.slice(0, 2));
    const path = join(folder, name);
    const kept = await readFile(path).catch(() => null);
    if (kept !== null) return kept;
    return this.#inTurn(async () => {
      const original = findPhoto(this.#dataDir, photo);
      const drawn = original && (await drawFitted(await readFile(original.path), side).catch(() => null));
      if (drawn === null) return null;
      await mkdir(folder, { recursive: true });
      // Under its name only when it is whole; phones and displays may ask for the same at once.
      const made = `${path}.${randomUUID()}`;
      await writeFile(made, drawn);
      await rename(made, path);
      return drawn;
    });
  }
}

/** A picture within a square, as WebP. */
async function drawFitted(bytes: Buffer, side: number): Promise<Buffer> {
  // Loaded with the first photo anybody looks at.
  const { createCanvas, loadImage } = await import('@napi-rs/canvas');
  const image = await loadImage(bytes);
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const canvas = createCanvas(width, height);
  canvas.getContext('2d').drawImage(image, 0, 0, width, height);
  return canvas.encode('webp', WEBP_QUALITY);
}
