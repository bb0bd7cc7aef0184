import { availableParallelism } from 'node:os';
import { Refusal } from '../exchange/exchange-store';
import type { BatchBody, ReadBatch } from '../exchange/read-batch';
import { createThread, ThreadEnded } from '../threads/thread';
import { readAndPack, unpack, type Reading } from './batch-reading';

/** More than these would wait for the one thread that asks the database. */
const MOST_THREADS = 4;
/** A full batch takes some ten milliseconds; many may wait before it. */
const READING_TIMEOUT_MS = 60_000;
const RETRY_AFTER_MS = 1_000;

/** The threads of a hub process that read batches. */
export interface BatchReaders {
  /**
   * Reads a batch, as `readBody` does; its bytes are gone then.
   * @throws Refusal those of `readBody`; `unavailable` when the thread died with it
   */
  read(body: BatchBody): Promise<ReadBatch>;
  close(): Promise<void>;
}

/**
 * Starts threads as batches come: one for each processor but the one that asks the database, which does nothing then but pass
 * bytes on. JSON, hashes, sums, signatures and packing are all of what a batch costs that needs no database.
 * @param beside where the built thread is looked for, as `createThread` does
 */
export function createBatchReaders(beside = import.meta.url): BatchReaders {
  const threads = Array.from({ length: Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1)) }, () =>
    createThread<BatchBody, Reading>({
      file: 'batch-worker.js',
      beside,
      timeoutMs: READING_TIMEOUT_MS,
      inPlace: (body) => new Promise((resolve) => resolve(readAndPack(body))),
    }),
  );
  return {
    async read(body) {
      const idlest = threads.reduce((one, other) => (other.waiting < one.waiting ? other : one));
      const bytes = ownMemory(body.bytes);
      const { deviceId, publicKey } = body.broughtBy;
      try {
        return unpack(
          await idlest.ask({ bytes, broughtBy: { deviceId, publicKey }, nowMs: body.nowMs }, [bytes.buffer]),
        );
      } catch (error) {
        if (!(error instanceof ThreadEnded)) throw error;
        throw new Refusal('unavailable', 'This batch could not be read just now: try again shortly.', {
          retryAfterMs: RETRY_AFTER_MS,
          cause: error,
        });
      }
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** Small buffers share their memory with others, which must stay here. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}
