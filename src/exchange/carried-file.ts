/**
 * The queue on a USB stick: batches of entries with their signed heads, packed (gzip), then encrypted to the server they are
 * meant for (age, https://age-encryption.org/v1), so that a lost stick tells nobody anything. What is inside proves itself as
 * it would over the network; the file itself need not be trusted.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createGunzip, createGzip } from 'node:zlib';
import type { z } from 'zod';
import { syncFolder } from '../journal/files';
import { carriedEnd, carriedManifest, EXCHANGE_VERSION, MAX_BATCH_BYTES, pushRequest } from '../shared/exchange';

export type CarriedManifest = z.infer<typeof carriedManifest>;
export type CarriedBatch = z.infer<typeof pushRequest>;

/** Most of it is curves, and hardly a till ever writes a stick: no start waits for them. */
const ciphers = () => import('age-encryption');

/** No line is longer: a batch, with room for what JSON adds to it. */
const MAX_LINE_CHARACTERS = 4 * MAX_BATCH_BYTES;

export type CarriedFileFault =
  /** Not one of ours, or encrypted to another server. */
  | 'not-for-us'
  /** Cut short or altered. */
  | 'damaged'
  /** From a newer version. */
  | 'too-new';

/** Why a carried file was refused, with the mend. Batches given before stand: each proves itself. */
export class CarriedFileError extends Error {
  readonly fault: CarriedFileFault;

  constructor(fault: CarriedFileFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'CarriedFileError';
    this.fault = fault;
  }
}

/**
 * Writes a carried file, whole or not at all: it gets its name when all of it is on the stick.
 * @param recipient age recipient of the server, from its card
 * @returns how many entries it holds
 * @throws what the file system says: `ENOSPC`, `EACCES`, `EIO` when the stick was pulled
 */
export async function writeCarriedFile(
  path: string,
  { recipient, manifest, batches }: CarriedContent,
): Promise<{ readonly entries: number }> {
  const draft = `${path}.part`;
  let count = 0;
  let entries = 0;
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(manifest)}\n`;
    for await (const batch of batches) {
      count += 1;
      entries += batch.entries.length;
      yield `${JSON.stringify(batch)}\n`;
    }
    yield `${JSON.stringify({ end: { batches: count, entries } })}\n`;
  }
  const { Encrypter } = await ciphers();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  try {
    const packed = Readable.from(lines()).compose(createGzip()) as Readable;
    const encrypted = await encrypter.encrypt(Readable.toWeb(packed) as ReadableStream<Uint8Array>);
    await pipeline(encrypted, createWriteStream(draft));
    const file = await open(draft, 'r+');
    await file.sync().finally(() => file.close());
    await rename(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  return { entries };
}

export interface CarriedContent {
  readonly recipient: string;
  readonly manifest: CarriedManifest;
  readonly batches: Iterable<CarriedBatch> | AsyncIterable<CarriedBatch>;
}

/**
 * Opens a carried file and gives its batches one by one, in the order they were written.
 * @param identity the server's age identity
 * @throws CarriedFileError from this function for a file that is not ours; from `batches` for one that ends too soon
 */
export async function readCarriedFile(
  path: string,
  identity: string,
): Promise<{ readonly manifest: CarriedManifest; readonly batches: AsyncGenerator<CarriedBatch> }> {
  const { Decrypter } = await ciphers();
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const raw = createReadStream(path);
  let packed: ReadableStream<Uint8Array>;
  try {
    packed = await decrypter.decrypt(Readable.toWeb(raw) as ReadableStream<Uint8Array>);
  } catch (error) {
    raw.destroy();
    if (error instanceof Error && 'code' in error) throw error;
    throw new CarriedFileError(
      'not-for-us',
      'This file is no carried queue for this hub: write it again on the till, which encrypts it to the hub it knows.',
      error,
    );
  }
  const lines = readLines(Readable.fromWeb(packed as NodeReadableStream<Uint8Array>));
  const first = await lines.next().catch((error: unknown) => {
    throw damaged(error);
  });
  const manifest = carriedManifest.safeParse(first.done ? null : first.value);
  if (!manifest.success) {
    await lines.return(undefined);
    throw damaged();
  }
  if (manifest.data.version > EXCHANGE_VERSION) {
    await lines.return(undefined);
    throw new CarriedFileError('too-new', 'A newer till wrote this file: update the hub, then read it again.');
  }
  return { manifest: manifest.data, batches: readBatches(lines) };
}

async function* readBatches(lines: AsyncGenerator<unknown>): AsyncGenerator<CarriedBatch> {
  let batches = 0;
  let entries = 0;
  try {
    for await (const line of lines) {
      const end = carriedEnd.safeParse(line);
      if (end.success) {
        if (end.data.end.batches === batches && end.data.end.entries === entries) return;
        throw damaged();
      }
      const batch = pushRequest.safeParse(line);
      if (!batch.success) throw damaged(batch.error);
      batches += 1;
      entries += batch.data.entries.length;
      yield batch.data;
    }
  } catch (error) {
    throw error instanceof CarriedFileError ? error : damaged(error);
  }
  throw damaged();
}

/** The lines of a packed stream as JSON values; no more than one line is held at a time. */
async function* readLines(packed: Readable): AsyncGenerator<unknown> {
  const unpacked = createGunzip().setEncoding('utf8');
  const unpacking = pipeline(packed, unpacked);
  // Told by the loop below, which ends when the stream does.
  unpacking.catch(() => undefined);
  let rest = '';
  try {
    for await (const chunk of unpacked as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) throw damaged();
      for (const line of lines) yield JSON.parse(line) as unknown;
    }
    await unpacking;
    if (rest !== '') throw damaged();
  } finally {
    unpacked.destroy();
    packed.destroy();
  }
}

function damaged(cause?: unknown): CarriedFileError {
  return new CarriedFileError(
    'damaged',
    'This file was cut short or altered: write it again on the till, and eject the stick before pulling it.',
    cause,
  );
}
