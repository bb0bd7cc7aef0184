import type { ExchangeErrorCode } from '../shared/exchange';
import { Refusal } from '../exchange/exchange-store';
import { readBody, type BatchBody, type ReadBatch } from '../exchange/read-batch';
import { packEntries, PackedEntries, type Parcel } from './packed-entries';

/** A batch as a reading thread answers it, or why it is refused. */
export type Reading =
  | (Omit<ReadBatch, 'entries'> & { readonly entries: Parcel })
  | { readonly refused: { readonly code: ExchangeErrorCode; readonly message: string } };

/** The thread's end: reads a batch and packs it as PostgreSQL will want it. */
export function readAndPack(body: BatchBody): Reading {
  try {
    const batch = readBody(body);
    return { ...batch, entries: packEntries([...batch.entries]) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message } = error;
    return { refused: { code, message } };
  }
}

/**
 * The other end.
 * @throws Refusal as `readBody` does
 */
export function unpack(reading: Reading): ReadBatch {
  if ('refused' in reading) throw new Refusal(reading.refused.code, reading.refused.message);
  return { ...reading, entries: PackedEntries.unpack(reading.entries) };
}
