import type { z } from 'zod';
import { ENTRY_KINDS } from '../journal/kinds';
import { parseAsIs } from '../shared/as-is';
import { pushRequest, type WireEntry } from '../shared/exchange';
import { examineEntries, isKeepable } from './entry-check';
import { Refusal, type Introduction, type KnownDevice, type LookedAt, type SignedHead } from './exchange-store';
import { isPublicKey, isSignedBy, signedTexts } from './signatures';

/** A batch as it was read, before any store was asked about it. */
export interface ReadBatch extends LookedAt {
  /** What its first entry says of its device, where that is the first of all. */
  readonly introduction: Introduction | null;
  /** Whether whoever brought it signed it; null for a batch of another device. */
  readonly isSignedByBringer: boolean | null;
}

/** A batch as it came over the network. */
export interface BatchBody {
  /** JSON as UTF-8, of the shape of `pushRequest`. */
  readonly bytes: Uint8Array;
  readonly broughtBy: Pick<KnownDevice, 'deviceId' | 'publicKey'>;
  /** The server's clock. */
  readonly nowMs: number;
}

/**
 * Reads a batch from the body of a request. Asks no store, so that any thread can do it.
 * @throws Refusal `bad-request`, `too-large`
 */
export function readBody({ bytes, broughtBy, nowMs }: BatchBody): ReadBatch {
  if (bytes.length === 0) throw new Refusal('bad-request', 'Body cannot be empty: a batch is JSON.');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refusal('bad-request', 'Body is not valid JSON.');
  }
  const parsed = parseAsIs(pushRequest, json);
  if (!parsed.success) throw misfit('body', parsed.error.issues);
  return readBatch(parsed.data, broughtBy, nowMs);
}

/**
 * Looks at a batch of the right shape: at its order, each of its entries, and the signature where the key is known.
 * @throws Refusal `bad-request`
 */
export function readBatch(
  { entries, head }: z.infer<typeof pushRequest>,
  broughtBy: BatchBody['broughtBy'],
  nowMs: number,
): ReadBatch {
  requireBatch(entries, head);
  const { prev } = entries[0] as WireEntry;
  return {
    entries,
    head,
    introduction: introductionOf(entries),
    isSignedByBringer: head.device === broughtBy.deviceId ? isSignedHead(head, broughtBy.publicKey) : null,
    findings: examineEntries(entries, prev, nowMs),
    nowMs,
  };
}

/** Whether a head is signed by the holder of a key. */
export function isSignedHead(head: SignedHead, publicKey: string): boolean {
  return isSignedBy(signedTexts.head(head), head.signature, publicKey);
}

/** As zod says it. */
type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'> & {
  readonly code?: string | undefined;
  readonly origin?: string;
};

/** What less may be sent of; a number that is too big is only wrong. */
const DIVISIBLE: ReadonlySet<string | undefined> = new Set(['array', 'string']);

/** Why a part of a request is not of the shape it must have. */
export function misfit(part: string, issues: readonly Issue[]): Refusal {
  const [first] = issues;
  return new Refusal(
    issues.some(({ code, origin }) => code === 'too_big' && DIVISIBLE.has(origin)) ? 'too-large' : 'bad-request',
    `The ${part} does not fit: ${first?.path.join('.') ?? ''} ${first?.message ?? ''}`,
  );
}

/** Refuses a batch that is none: of several devices, with gaps, under another head, or with text nobody could keep. */
function requireBatch(entries: readonly WireEntry[], head: SignedHead): void {
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
function introductionOf([first]: readonly WireEntry[]): Introduction | null {
  if (first?.seq !== 1 || first.kind !== 'device.registered') return null;
  try {
    const { deviceId, prefix, publicKey } = ENTRY_KINDS['device.registered'].parse(JSON.parse(first.body));
    return deviceId === first.device && prefix.length <= 12 && isPublicKey(publicKey) ? { publicKey, prefix } : null;
  } catch {
    return null;
  }
}
