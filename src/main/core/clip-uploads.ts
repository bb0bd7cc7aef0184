import { createHash, type Hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { syncFolder } from '../../journal/files';
import { CLIP_FAULTS, faultOf, type ClipFacts } from '../../shared/clip-check';
import { MOST_CLIP_BYTES } from '../../shared/clip-schemas';
import { CallFailure } from './call-failure';
import { readClipAside } from './clip-reading';
import { clipPath } from './clips';

/** Left free for the journal, which must never wait for room. */
export const LEFT_FREE_BYTES = 256 * 1024 * 1024;
const UNFINISHED = '.uploading';

/** A file on its way. */
interface Upload {
  readonly uploadId: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly hash: Hash;
  readonly totalBytes: number;
  receivedBytes: number;
}

/** Whether so many bytes more leave the journal its room. */
export function hasRoomFor(dataDir: string, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize - bytes >= LEFT_FREE_BYTES;
}

/**
 * Takes in the file of a clip in slices, and keeps it once it turned out to be one. One at a time: whoever begins anew has
 * given up the one before.
 */
export class ClipUploads {
  readonly #dataDir: string;
  readonly #newId: () => string;
  #upload: Upload | null = null;
  /** Slices are written one after the other. */
  readonly #inTurn = pLimit(1);

  constructor(dataDir: string, newId: () => string) {
    this.#dataDir = dataDir;
    this.#newId = newId;
    for (const name of existsSync(this.#folder) ? readdirSync(this.#folder) : []) {
      // Of uploads that a power cut ended.
      if (name.endsWith(UNFINISHED)) rmSync(join(this.#folder, name), { force: true });
    }
  }

  /** @throws {CallFailure} `bad-clip` for a file that is too large or empty, `disk-full` */
  open(totalBytes: number): Promise<{ uploadId: string }> {
    return this.#inTurn(async () => {
      if (totalBytes === 0) throw new CallFailure('bad-clip', CLIP_FAULTS.empty);
      if (totalBytes > MOST_CLIP_BYTES) throw new CallFailure('bad-clip', CLIP_FAULTS['too-large']);
      if (!hasRoomFor(this.#dataDir, totalBytes)) throw noRoom();
      await this.#drop();
      const uploadId = this.#newId();
      await mkdir(this.#folder, { recursive: true });
      const path = join(this.#folder, `${uploadId}${UNFINISHED}`);
      const file = await open(path, 'wx', 0o600).catch(asNoRoom);
      this.#upload = { uploadId, path, file, hash: createHash('sha256'), totalBytes, receivedBytes: 0 };
      return { uploadId };
    });
  }

  /** Takes the next slice. One that came before is acknowledged again and changes nothing. */
  append(uploadId: string, offset: number, bytes: Uint8Array): Promise<{ receivedBytes: number }> {
    return this.#inTurn(async () => {
      const upload = this.#find(uploadId);
      const { receivedBytes, totalBytes, file, hash } = upload;
      if (offset + bytes.length <= receivedBytes) return { receivedBytes };
      if (offset !== receivedBytes || offset + bytes.length > totalBytes) {
        throw new CallFailure('bad-request', `The next slice of the file begins at byte ${receivedBytes}.`);
      }
      try {
        await file.write(bytes, 0, bytes.length, offset);
      } catch (error) {
        await this.#drop();
        return asNoRoom(error);
      }
      hash.update(bytes);
      upload.receivedBytes += bytes.length;
      return { receivedBytes: upload.receivedBytes };
    });
  }

  /**
   * Reads the file and puts it where clips lie.
   * @returns its hash and what it is; the caller writes it down
   * @throws {CallFailure} `bad-clip` with the mend; the file is gone then
   */
  keep(uploadId: string): Promise<ClipFacts & { readonly clip: string }> {
    return this.#inTurn(async () => {
      const { path, file, hash, totalBytes, receivedBytes } = this.#find(uploadId);
      if (receivedBytes !== totalBytes) {
        throw new CallFailure('bad-request', 'The file has not arrived whole: send the rest first.');
      }
      try {
        await file.sync();
        const reading = await readClipAside({ path, bytes: totalBytes });
        const fault = reading.ok ? faultOf(reading.facts) : reading.fault;
        if (!reading.ok || fault !== null) throw new CallFailure('bad-clip', CLIP_FAULTS[fault ?? 'broken']);
        const clip = hash.digest('hex');
        const kept = clipPath(this.#dataDir, clip, reading.facts.kind);
        mkdirSync(dirname(kept), { recursive: true });
        await rename(path, kept);
        syncFolder(dirname(kept));
        return { clip, ...reading.facts };
      } finally {
        await this.#drop();
      }
    });
  }

  cancel(uploadId: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#upload?.uploadId === uploadId) await this.#drop();
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#drop());
  }

  get #folder(): string {
    return join(this.#dataDir, 'clips');
  }

  #find(uploadId: string): Upload {
    if (this.#upload?.uploadId === uploadId) return this.#upload;
    throw new CallFailure('unknown-clip');
  }

  async #drop(): Promise<void> {
    const upload = this.#upload;
    this.#upload = null;
    if (upload === null) return;
    await upload.file.close();
    await rm(upload.path, { force: true });
  }
}

function noRoom(): CallFailure {
  return new CallFailure('disk-full');
}

function asNoRoom(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  throw code === 'ENOSPC' || code === 'EDQUOT' ? noRoom() : error;
}
