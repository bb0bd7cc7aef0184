import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../journal/files';
import { findPhoto } from '../core/photos';

/**
 * The photos of a data folder, as `core/photos.ts` finds them, for taking out whole and putting in bit by bit: what has
 * arrived of one lies beside its place until its hash is right.
 */
export class PhotoShelf {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  has(sha256: string): boolean {
    return findPhoto(this.#dataDir, sha256) !== null;
  }

  async read(sha256: string): Promise<Uint8Array | null> {
    const photo = findPhoto(this.#dataDir, sha256);
    return photo === null ? null : readFile(photo.path);
  }

  /** How many bytes of it have arrived. */
  async arrivedBytes(sha256: string): Promise<number> {
    const file = this.#unfinished(sha256);
    return existsSync(file) ? (await stat(file)).size : 0;
  }

  /**
   * Adds what came. The last part makes it a photo.
   * @param isWhole whether nothing follows
   * @returns false when the whole is another photo than its name says: it was thrown away
   */
  async add(sha256: string, bytes: Uint8Array, isWhole: boolean): Promise<boolean> {
    const unfinished = this.#unfinished(sha256);
    await mkdir(dirname(unfinished), { recursive: true });
    await appendFile(unfinished, bytes, { mode: 0o600 });
    if (!isWhole) return true;
    const whole = await readFile(unfinished);
    const extension = extensionOf(whole);
    if (extension === null || createHash('sha256').update(whole).digest('hex') !== sha256) {
      await rm(unfinished, { force: true });
      return false;
    }
    const file = await open(unfinished, 'r+');
    await file.sync().finally(() => file.close());
    await rename(unfinished, join(dirname(unfinished), `${sha256}.${extension}`));
    syncFolder(dirname(unfinished));
    return true;
  }

  #unfinished(sha256: string): string {
    return join(this.#dataDir, 'photos', sha256.slice(0, 2), `${sha256}.arriving`);
  }
}

/** What a photo is by its first bytes, or null when it is none that the till shows. */
function extensionOf(bytes: Buffer): string | null {
  if (bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.subarray(8, 12).toString('latin1') === 'WEBP')
    return 'webp';
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpg';
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return 'png';
  return /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg[\s>]/s.test(bytes.subarray(0, 2_000).toString('utf8'))
    ? 'svg'
    : null;
}
