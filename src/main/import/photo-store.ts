import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a stored photo may be; the first is what large photos become. */
export const PHOTO_EXTENSIONS = ['webp', 'jpg', 'png', 'svg'] as const;
export type PhotoExtension = (typeof PHOTO_EXTENSIONS)[number];

export interface StoredPhoto {
  /** SHA-256 of the bytes, hex. */
  readonly sha: string;
  /** False when the store had it already. */
  readonly isNew: boolean;
}

/** Photos by their content: `DATA_DIR/photos/aa/<sha256>.<extension>`. A stored file never changes. */
export class PhotoStore {
  private readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'photos');
  }

  /** The file of a photo, or null when the store does not have it. */
  pathOf(sha: string): string | null {
    if (!/^[0-9a-f]{64}$/.test(sha)) return null;
    return PHOTO_EXTENSIONS.map((extension) => this.fileOf(sha, extension)).find((file) => existsSync(file)) ?? null;
  }

  /** Stores a photo, whole or not at all, and durably. The same bytes are stored once. */
  async put(bytes: Uint8Array, extension: PhotoExtension): Promise<StoredPhoto> {
    const sha = createHash('sha256').update(bytes).digest('hex');
    if (this.pathOf(sha) !== null) return { sha, isNew: false };
    const file = this.fileOf(sha, extension);
    await mkdir(dirname(file), { recursive: true });
    const unfinished = `${file}.${randomUUID()}.part`;
    try {
      const handle = await open(unfinished, 'wx', 0o600);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    return { sha, isNew: true };
  }

  /** Takes a photo out again, for an import that was cancelled. */
  async remove(sha: string): Promise<void> {
    const file = this.pathOf(sha);
    if (file !== null) await rm(file, { force: true });
  }

  private fileOf(sha: string, extension: PhotoExtension): string {
    return join(this.folder, sha.slice(0, 2), `${sha}.${extension}`);
  }
}
