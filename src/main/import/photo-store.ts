import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a stored photo may be; the first is what large photos become. */
export const PHOTO_EXTENSIONS = ['webp', 'jpg', 'png', 'svg'] as const;
export type PhotoExtension = (typeof PHOTO_EXTENSIONS)[number];

const HASH = /^[0-9a-f]{64}$/;

/** Photos by their content: `DATA_DIR/photos/aa/<sha256>.<extension>`. A stored file never changes. */
export class PhotoStore {
  private readonly folder: string;

  /** @param onNew told of each photo the store does not have, before it is stored */
  constructor(
    dataDir: string,
    private readonly onNew: (sha: string) => void = () => undefined,
  ) {
    this.folder = join(dataDir, 'photos');
  }

  /** The file of a photo, or null when the store does not have it. */
  pathOf(sha: string): string | null {
    if (!HASH.test(sha)) return null;
    return PHOTO_EXTENSIONS.map((extension) => this.fileOf(sha, extension)).find((file) => existsSync(file)) ?? null;
  }

  /**
   * Stores a photo, whole or not at all, and durably. The same bytes are stored once.
   * @returns SHA-256 of the bytes, hex
   */
  async put(bytes: Uint8Array, extension: PhotoExtension): Promise<string> {
    const sha = createHash('sha256').update(bytes).digest('hex');
    if (this.pathOf(sha) !== null) return sha;
    this.onNew(sha);
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
    return sha;
  }

  /** Takes a photo out again, or what a kill left of it. */
  async remove(sha: string): Promise<void> {
    if (!HASH.test(sha)) return;
    const folder = join(this.folder, sha.slice(0, 2));
    const names = await readdir(folder).catch(() => []);
    for (const name of names) if (name.startsWith(sha)) await rm(join(folder, name), { force: true });
  }

  private fileOf(sha: string, extension: PhotoExtension): string {
    return join(this.folder, sha.slice(0, 2), `${sha}.${extension}`);
  }
}
