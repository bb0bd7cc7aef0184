import type { z } from 'zod';
import { acceptBatch } from '../exchange/accept-batch';
import { CarriedFileError, readCarriedFile } from '../exchange/carried-file';
import { Refusal, type Appended, type ExchangeStore } from '../exchange/exchange-store';
import { readBatch } from '../exchange/read-batch';
import { signedTexts } from '../exchange/signatures';
import { EXCHANGE_VERSION, type carriedAnswer } from '../shared/exchange';
import type { HubIdentity } from './hub-record';

/** What became of a carried file. */
export interface TakenIn {
  /** Entries in the file, and how many of them were new here. */
  readonly entries: number;
  readonly stored: number;
  /** Kept, and set aside until a person decides. */
  readonly quarantined: number;
  /** Batches that could not be taken, one sentence each. The others were. */
  readonly refused: readonly string[];
  /** Goes back on the stick: with it the till knows what waits no more. */
  readonly answer: z.infer<typeof carriedAnswer>;
}

/**
 * Takes in the queue a till wrote on a stick. May be done any number of times: what is here already changes nothing.
 * @throws CarriedFileError for a file that is not for this hub, cut short or altered; what was read before that stays
 */
export async function takeIn(
  { store, identity, now }: { readonly store: ExchangeStore; readonly identity: HubIdentity; readonly now: () => Date },
  path: string,
): Promise<TakenIn> {
  const { manifest, batches } = await readCarriedFile(path, identity.carryIdentity);
  const { stallId, device, serverId } = manifest;
  if (serverId !== identity.serverId) {
    throw new CarriedFileError('not-for-us', 'This file is meant for another hub: take it there.');
  }
  const carrier = await store.device(stallId, device);
  if (!carrier) {
    throw new CarriedFileError('not-for-us', 'The till that wrote this file is not one of a stall of this hub.');
  }
  let entries = 0;
  let stored = 0;
  let quarantined = 0;
  const refused: string[] = [];
  const taken = new Map<string, Appended>();
  for await (const batch of batches) {
    entries += batch.entries.length;
    try {
      const appended = await acceptBatch(store, carrier, readBatch(batch, carrier, now().getTime()));
      taken.set(batch.head.device, appended);
      stored += appended.receipts.filter(({ outcome }) => outcome !== 'duplicate').length;
      quarantined += appended.receipts.filter(({ outcome }) => outcome === 'quarantined').length;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { device: whose, seq } = batch.head;
      refused.push(`Entries of ${whose} up to ${seq}: ${error.message}`);
    }
  }
  const answers = [...taken].map(([whose, { head, epoch }]) => ({
    device: whose,
    head: { seq: head.seq, hash: head.hash },
    epoch,
    signature: identity.sign(signedTexts.acknowledgement(whose, head, epoch)),
  }));
  return {
    entries,
    stored,
    quarantined,
    refused,
    answer: { trestle: 'carried-answer', version: EXCHANGE_VERSION, serverId: identity.serverId, stallId, answers },
  };
}
