import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { appendFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '../../journal/files';
import type { ClipKind } from '../../shared/clip-schemas';
import { MAX_MEDIA_BYTES, MAX_PHOTO_BYTES } from '../../shared/exchange';
import { hasRoomFor } from '../core/clip-uploads';
import { clipPath } from '../core/clips';
import { findPhoto } from '../core/photos';

/** What a photo is told by. */
const HEAD_BYTES = 2_000;

/**
 * The photos and clips of a data folder, as `core/photos.ts` and `core/clips.ts` find them, for taking out and putting in bit by
 * bit: what has arrived of one lies beside its place until its hash is right.
 */
export class MediaShelf {
  readonly #dataDir: string;
  readonly #clipKind: (sha256: string) => ClipKind | null;

  /** @param clipKind what the journal says of a clip; null for whatever is none */
  constructor(dataDir: string, clipKind: (sha256: string) => ClipKind | null) {
    this.#dataDir = dataDir;
    this.#clipKind = clipKind;
  }

  /** How long a whole one is, or null. */
  bytesOf(sha256: string): number | null {
    const path = this.#path(sha256);
    return path === null ? null : (statSync(path, { throwIfNoEntry: false })?.size ?? null);
  }

  /** At most so many bytes of a whole one from an offset on, or null. */
  async read(sha256: string, offset: number, most: number): Promise<Buffer | null> {
    const bytes = this.bytesOf(sha256);
    const path = this.#path(sha256);
    if (bytes === null || path === null) return null;
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(Math.max(0, Math.min(most, bytes - offset)));
      await file.read(buffer, 0, buffer.length, offset);
      return buffer;
    } finally {
      await file.close();
    }
  }

  /** How many bytes of it have arrived. */
  async arrivedBytes(sha256: string): Promise<number> {
    const file = this.#unfinished(sha256);
    return existsSync(file) ? (await stat(file)).size : 0;
  }

  /** Whether the disk has room for one more and all that the journal needs. */
  hasRoom(): boolean {
    return hasRoomFor(this.#dataDir, MAX_MEDIA_BYTES);
  }

  /**
   * Adds what came. The last part makes it a photo or a clip.
   * @param isWhole whether nothing follows
   * @returns false when the whole is something else than its name says, or too large: it was thrown away
   */
  async add(sha256: string, bytes: Uint8Array, isWhole: boolean): Promise<boolean> {
    const unfinished = this.#unfinished(sha256);
    await mkdir(dirname(unfinished), { recursive: true });
    await appendFile(unfinished, bytes, { mode: 0o600 });
    const kind = this.#clipKind(sha256);
    const { size } = await stat(unfinished);
    const isTooLarge = size > (kind === null ? MAX_PHOTO_BYTES : MAX_MEDIA_BYTES);
    if (!isWhole && !isTooLarge) return true;
    const place =
      isTooLarge || (await hashOf(unfinished)) !== sha256 ? null : await this.#placeOf(unfinished, sha256, kind);
    if (place === null) {
      await rm(unfinished, { force: true });
      return false;
    }
    const file = await open(unfinished, 'r+');
    await file.sync().finally(() => file.close());
    await mkdir(dirname(place), { recursive: true });
    await rename(unfinished, place);
    syncFolder(dirname(place));
    return true;
  }

  async #placeOf(path: string, sha256: string, kind: ClipKind | null): Promise<string | null> {
    if (kind !== null) return clipPath(this.#dataDir, sha256, kind);
    const file = await open(path, 'r');
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0).finally(() => file.close());
    const extension = extensionOf(head.subarray(0, bytesRead));
    return extension && join(dirname(this.#unfinished(sha256)), `${sha256}.${extension}`);
  }

  #path(sha256: string): string | null {
    const kind = this.#clipKind(sha256);
    if (kind === null) return findPhoto(this.#dataDir, sha256)?.path ?? null;
    const path = clipPath(this.#dataDir, sha256, kind);
    return existsSync(path) ? path : null;
  }

  #unfinished(sha256: string): string {
    return join(this.#dataDir, 'photos', sha256.slice(0, 2), `${sha256}.arriving`);
  }
}

async function hashOf(path: string): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(path), sum);
  return sum.digest('hex');
}

/** What a photo is by its first bytes, or null when it is none that the till shows. */
function extensionOf(bytes: Buffer): string | null {
  if (bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.subarray(8, 12).toString('latin1') === 'WEBP')
    return 'webp';
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpg';
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return 'png';
  return /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg[\s>]/s.test(bytes.toString('utf8')) ? 'svg' : null;
}
