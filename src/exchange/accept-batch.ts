import type { z } from 'zod';
import { ENTRY_KINDS } from '../journal/kinds';
import type { pushRequest, WireEntry } from '../shared/exchange';
import { examineEntries, isKeepable } from './entry-check';
import { Refusal, revoked, type Append, type Appended, type ExchangeStore, type KnownDevice } from './exchange-store';
import { isPublicKey, isSignedBy, signedTexts } from './signatures';

export interface AcceptOptions {
  readonly store: ExchangeStore;
  readonly now: () => Date;
  /** By whom signatures under batches are looked at: default this thread, or `isSignedByAside`. */
  readonly checkSignature?: (...signed: Parameters<typeof isSignedBy>) => boolean | Promise<boolean>;
}

/**
 * Takes a batch from a device of the stall, its own or one it passes on, whether it came over the network or on a stick.
 * @throws Refusal `bad-request`, `bad-signature`, `not-enrolled`, `revoked`, and those of `ExchangeStore.append`
 */
export async function acceptBatch(
  { store, now, checkSignature = isSignedBy }: AcceptOptions,
  broughtBy: KnownDevice,
  { entries, head }: z.infer<typeof pushRequest>,
): Promise<Appended> {
  requireBatch(entries, head);
  const { stallId, deviceId } = broughtBy;
  const known = head.device === deviceId ? broughtBy : await store.device(stallId, head.device);
  if (known?.isRevoked) throw revoked();
  const introduction = known ? null : introductionOf(entries);
  const { publicKey = '' } = known ?? introduction ?? {};
  if (!(await checkSignature(signedTexts.head(head), head.signature, publicKey))) {
    throw known || introduction
      ? new Refusal('bad-signature', 'The head of the batch is not signed by the key of its device.')
      : new Refusal('not-enrolled', 'The device of these entries is unknown here: begin with its first entry.');
  }
  return store.append({
    stallId,
    broughtBy: deviceId,
    entries,
    head,
    introduction,
    examine: (fresh, prev, prevAt) => examineEntries(fresh, prev, now().getTime(), prevAt),
  });
}

/** Refuses a batch that is none: of several devices, with gaps, under another head, or with text nobody could keep. */
function requireBatch(entries: readonly WireEntry[], head: Append['head']): void {
  const first = entries[0] as WireEntry;
  entries.forEach((entry, index) => {
    if (entry.device !== first.device || entry.seq !== first.seq + index) {
      throw new Refusal('bad-request', 'A batch holds entries of one device, in order and without a gap.');
    }
    if (!isKeepable(entry)) {
      throw new Refusal('bad-request', `Entry ${entry.seq} holds a NUL or half of a character, which nobody can keep.`);
    }
  });
  const last = entries.at(-1) as WireEntry;
  if (head.device !== last.device || head.seq !== last.seq || head.hash !== last.hash) {
    throw new Refusal('bad-request', 'The head is not that of the last entry of the batch.');
  }
}

/**
 * The first entry of a device says its key, and the head of the batch is signed with it. A device of the stall that brings
 * it vouches for it: it enrolled it over the LAN.
 */
function introductionOf([first]: readonly WireEntry[]): Append['introduction'] {
  if (first?.seq !== 1 || first.kind !== 'device.registered') return null;
  try {
    const { deviceId, prefix, publicKey } = ENTRY_KINDS['device.registered'].parse(JSON.parse(first.body));
    return deviceId === first.device && prefix.length <= 12 && isPublicKey(publicKey) ? { publicKey, prefix } : null;
  } catch {
    return null;
  }
}
