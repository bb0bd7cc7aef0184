import type { Database } from 'better-sqlite3';
import { wallMs, type HybridClock } from '../../journal/clock';
import { readEntry, ZERO_HASH, type SealedEntry, type UnreadableEntry } from '../../journal/entry';
import { isHeadSignedBy, type SignedHead } from '../../journal/identity';
import { insertJournalRow } from '../../journal/journal-rows';
import type { EntryKind } from '../../journal/kinds';
import { entryApplier } from '../../journal/projector';
import { prepared } from '../../journal/statements';
import type { JournalReader } from './journal-reader';

/** A clock further ahead than this is not followed: what it wrote is kept, but it must not drag other clocks along. */
const MOST_AHEAD_MS = 24 * 3600 * 1000;

/** Whether a hybrid instant is one no honest clock shows yet. */
export function isTooFarAhead(at: string, now: Date): boolean {
  return wallMs(at) > now.getTime() + MOST_AHEAD_MS;
}

/** What became of entries that came from elsewhere. */
export interface Received {
  /** Entries that were not here before. */
  readonly added: number;
  /** Their kinds: says which screens show something else now. */
  readonly kinds: ReadonlySet<string>;
  /** What was not taken, and from which entry on; everything else was. */
  readonly refused: readonly Refusal[];
  /** Kept, but shown by no table. */
  readonly unapplied: readonly UnreadableEntry[];
}

/** Why a device's entries were not taken. */
export interface Refusal {
  readonly device: string;
  /** The first that was not taken. */
  readonly seq: number;
  readonly why:
    /** Entries before it are missing here. */
    | 'gap'
    /** Another entry of the same number is here, or it follows from another one. */
    | 'forked'
    /** The head that came with them was not signed by the device. */
    | 'bad-signature';
  /** What is held of the device. */
  readonly head: { readonly seq: number; readonly hash: string };
}

/**
 * Takes entries other devices wrote, or this one before it was restored from a backup. Each device's must continue what
 * is held of it; what is held already changes nothing. Call inside a transaction.
 * @param entries those of one device in its order; several devices in any order
 * @param heads signatures that came with them
 */
export function receiveEntries(
  {
    database,
    journal,
    deviceId,
    clock,
    now,
  }: { database: Database; journal: JournalReader; deviceId: string; clock: HybridClock; now: Date },
  { entries, heads }: { readonly entries: readonly SealedEntry[]; readonly heads: readonly SignedHead[] },
): Received {
  const received = { added: 0, kinds: new Set<string>(), refused: [] as Refusal[], unapplied: [] as UnreadableEntry[] };
  const apply = entryApplier(database);
  const chains = new Map<string, { seq: number; hash: string; isRefused: boolean }>();

  const chainOf = (device: string) => {
    const known = chains.get(device);
    if (known) return known;
    const head = journal.head(device) ?? { seq: 0, hash: ZERO_HASH };
    const chain = { seq: head.seq, hash: head.hash, isRefused: false };
    chains.set(device, chain);
    const refusal = refusedHead(device, { database, journal }, entries, heads);
    if (refusal === null) return chain;
    chain.isRefused = true;
    received.refused.push({ device, seq: refusal, why: 'bad-signature', head });
    return chain;
  };

  for (const entry of entries) {
    const { device, seq } = entry;
    const chain = chainOf(device);
    if (chain.isRefused) continue;
    const fault = faultOf(entry, chain, journal);
    if (fault === 'held') continue;
    if (fault !== null) {
      chain.isRefused = true;
      received.refused.push({ device, seq, why: fault, head: { seq: chain.seq, hash: chain.hash } });
      continue;
    }
    insertJournalRow(database, entry);
    chain.seq = seq;
    chain.hash = entry.hash;
    received.added += 1;
    received.kinds.add(entry.kind);
    const applied = apply(entry);
    if (!applied.ok) {
      received.unapplied.push(applied.unreadable);
      noteUnapplied(database, applied.unreadable);
      // What this device wrote itself and lost: its instants go on from there, however far ahead its clock was then.
    } else if (entry.device === deviceId || !isTooFarAhead(entry.at, now)) clock.observe(entry.at);
  }
  for (const head of heads) {
    if (!chainOf(head.device).isRefused) keepHead(database, journal, head);
  }
  return received;
}

/** Notes entries that no table shows. */
export function noteUnapplied(database: Database, { device, seq, kind, why }: UnreadableEntry): void {
  prepared(database, 'INSERT OR REPLACE INTO unapplied_entry VALUES (?, ?, ?, ?)').run(device, seq, kind, why);
}

function faultOf(
  entry: SealedEntry,
  chain: { readonly seq: number; readonly hash: string },
  journal: JournalReader,
): 'held' | 'gap' | 'forked' | null {
  if (entry.seq > chain.seq + 1) return 'gap';
  if (entry.seq <= chain.seq) return journal.entry(entry.device, entry.seq)?.hash === entry.hash ? 'held' : 'forked';
  return entry.prev === chain.hash ? null : 'forked';
}

/**
 * Whether a head among those of a device was not signed by it, or not over the entry that came or is held.
 * @returns the number of the first entry that cannot be taken, or null
 */
function refusedHead(
  device: string,
  { database, journal }: { readonly database: Database; readonly journal: JournalReader },
  entries: readonly SealedEntry[],
  heads: readonly SignedHead[],
): number | null {
  const ours = heads.filter((head) => head.device === device);
  if (ours.length === 0) return null;
  const came = entries.filter((entry) => entry.device === device);
  const publicKey = publicKeyOf(database, device) ?? registeredKey(came[0]);
  const isGood = ours.every((head) => {
    const entry = came.find(({ seq }) => seq === head.seq) ?? journal.entry(device, head.seq);
    return entry?.hash === head.hash && publicKey !== null && isHeadSignedBy(head, publicKey);
  });
  return isGood ? null : (came[0]?.seq ?? ours[0]?.seq ?? 1);
}

/** The key a device registered with its first entry, or null when that entry is not here. */
function publicKeyOf(database: Database, device: string): string | null {
  const key = prepared(
    database,
    `SELECT body ->> '$.publicKey' FROM journal WHERE device = ? AND seq = 1 AND kind = 'device.registered'`,
  )
    .pluck()
    .get(device);
  return typeof key === 'string' ? key : null;
}

function registeredKey(first: SealedEntry | undefined): string | null {
  if (first?.seq !== 1 || first.kind !== ('device.registered' satisfies EntryKind)) return null;
  const read = readEntry(first);
  return read.ok && read.entry.kind === 'device.registered'
    ? (read.entry.body as { publicKey: string }).publicKey
    : null;
}

/** As many entries may lie between two heads that are kept; a batch passed on must end in one. */
const MOST_BETWEEN_HEADS = 20;

/** Keeps a signature for passing entries on, and lets go of one that nobody needs between it and an earlier one. */
function keepHead(database: Database, journal: JournalReader, { device, seq, hash, signature }: SignedHead): void {
  if (journal.entry(device, seq)?.hash !== hash) return;
  const earlier = prepared(
    database,
    'SELECT seq FROM relay_head WHERE device = ? AND seq < ? ORDER BY seq DESC LIMIT 2',
  )
    .pluck()
    .all(device, seq) as number[];
  const [before, beforeThat] = earlier;
  if (before !== undefined && beforeThat !== undefined && seq - beforeThat <= MOST_BETWEEN_HEADS) {
    prepared(database, 'DELETE FROM relay_head WHERE device = ? AND seq = ?').run(device, before);
  }
  prepared(database, 'INSERT OR REPLACE INTO relay_head VALUES (?, ?, ?, ?)').run(device, seq, hash, signature);
}
