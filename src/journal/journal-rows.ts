import type { Database } from 'better-sqlite3';
import type { SealedEntry } from './entry';
import { prepared } from './statements';

/** A journal row: an entry and when it came to this device, in local order. */
export interface JournalRow extends SealedEntry {
  readonly position: number;
}

const COLUMNS = 'position, device, seq, id, kind, at, event, actor, body, prev, hash';

/** Rows read at a time: parts of imports are large. */
const ROWS_PER_PAGE = 50;

/**
 * All entries in the order they arrived, from after a position. Read in pages, so that the connection stays free for
 * writing in between.
 */
export function* journalRows(database: Database, after = 0): Generator<JournalRow> {
  const page = prepared(
    database,
    `SELECT ${COLUMNS} FROM journal WHERE position > ? ORDER BY position LIMIT ${ROWS_PER_PAGE}`,
  );
  for (let last = after; ;) {
    const rows = page.all(last) as JournalRow[];
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined) return;
    last = end.position;
  }
}

/** The newest entry of a device, or null. */
export function journalHead(database: Database, device: string): JournalRow | null {
  const sql = `SELECT ${COLUMNS} FROM journal WHERE device = ? ORDER BY seq DESC LIMIT 1`;
  return (prepared(database, sql).get(device) as JournalRow | undefined) ?? null;
}

/** One entry, or null. */
export function journalEntry(database: Database, device: string, seq: number): JournalRow | null {
  const sql = `SELECT ${COLUMNS} FROM journal WHERE device = ? AND seq = ?`;
  return (prepared(database, sql).get(device, seq) as JournalRow | undefined) ?? null;
}

/** Writes an entry, whole. Call inside a transaction. */
export function insertJournalRow(database: Database, entry: SealedEntry): void {
  prepared(
    database,
    'INSERT INTO journal (device, seq, id, kind, at, event, actor, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ).run(
    entry.device,
    entry.seq,
    entry.id,
    entry.kind,
    entry.at,
    entry.event,
    entry.actor,
    entry.body,
    entry.prev,
    entry.hash,
  );
}
