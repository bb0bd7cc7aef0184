import type { Database } from 'better-sqlite3';
import { canonicalJson, readEntry, type SealedEntry } from '../../journal/entry';
import { journalEntry, type JournalRow } from '../../journal/journal-rows';
import type { EntryBody, EntryKind } from '../../journal/kinds';
import { prepared } from '../../journal/statements';

/** What an entry says, without where it stands in a chain. */
export type Fact = Pick<SealedEntry, 'kind' | 'event' | 'actor' | 'body'>;

/** Entries about a device's own name: its successor has its own. */
const OF_THE_NAME: ReadonlySet<string> = new Set<EntryKind>(['device.registered', 'device.enrolled']);

/** Entries of a device from a number on, in order. */
export function entriesFrom(database: Database, device: string, fromSeq: number): JournalRow[] {
  return prepared(database, 'SELECT * FROM journal WHERE device = ? AND seq >= ? ORDER BY seq').all(
    device,
    fromSeq,
  ) as JournalRow[];
}

/**
 * The facts of set-aside entries, to be written again from `nextSeq` on. An import comes with all its parts, also those
 * that were not set aside: they must lie in one chain with the entry that commits them.
 */
export function factsToRewrite(database: Database, aside: readonly JournalRow[], nextSeq: number): Fact[] {
  const facts: Fact[] = [];
  const placeOf = new Map<number, number>();
  const add = (seq: number, fact: Fact): void => {
    placeOf.set(seq, nextSeq + facts.length);
    facts.push(fact);
  };
  for (const entry of aside) {
    if (OF_THE_NAME.has(entry.kind)) continue;
    const commit = committedImport(entry);
    if (commit === null) {
      add(entry.seq, entry);
      continue;
    }
    for (const part of partsBefore(database, entry, commit, aside[0]?.seq ?? entry.seq)) add(part.seq, part);
    const places = [...placeOf].filter(([seq]) => seq >= commit.firstSeq && seq <= commit.lastSeq);
    const [first = 0, last = 0] = [Math.min, Math.max].map((of) => of(...places.map(([, place]) => place)));
    const pricedSeqs = commit.pricedSeqs?.flatMap((seq) => placeOf.get(seq) ?? []);
    const moved = { ...commit, firstSeq: first, lastSeq: last, ...(pricedSeqs && { pricedSeqs }) };
    add(entry.seq, { ...entry, body: canonicalJson(moved) });
  }
  return facts;
}

function committedImport(entry: SealedEntry): EntryBody<'catalogue.import-committed'> | null {
  if (entry.kind !== 'catalogue.import-committed') return null;
  const read = readEntry(entry);
  return read.ok ? (read.entry.body as EntryBody<'catalogue.import-committed'>) : null;
}

/** The parts of an import that lie before what was set aside. */
function partsBefore(
  database: Database,
  { device }: SealedEntry,
  { importId, firstSeq, lastSeq }: EntryBody<'catalogue.import-committed'>,
  fromSeq: number,
): SealedEntry[] {
  const parts: SealedEntry[] = [];
  for (let seq = firstSeq; seq <= Math.min(lastSeq, fromSeq - 1); seq += 1) {
    const entry = journalEntry(database, device, seq);
    if (entry?.kind !== 'catalogue.import-part') continue;
    const read = readEntry(entry);
    if (read.ok && (read.entry.body as EntryBody<'catalogue.import-part'>).importId === importId) parts.push(entry);
  }
  return parts;
}

/** Moves entries out of the journal, readable as before but no part of any chain. Call inside a transaction. */
export function setAside(database: Database, device: string, fromSeq: number): void {
  prepared(database, 'INSERT INTO forked_entry SELECT * FROM journal WHERE device = ? AND seq >= ?').run(
    device,
    fromSeq,
  );
  prepared(database, 'DELETE FROM journal WHERE device = ? AND seq >= ?').run(device, fromSeq);
  // A number given to no other entry: whoever follows the journal by position must not miss what comes next.
  prepared(
    database,
    `UPDATE journal SET position = 1 + (SELECT max(position) FROM forked_entry)
     WHERE position = (SELECT max(position) FROM journal) AND position < (SELECT max(position) FROM forked_entry)`,
  ).run();
  for (const table of ['signed_head', 'relay_head', 'unapplied_entry']) {
    prepared(database, `DELETE FROM ${table} WHERE device = ? AND seq >= ?`).run(device, fromSeq);
  }
}
