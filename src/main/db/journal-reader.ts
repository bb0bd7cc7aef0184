import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { SealedEntry } from '../../journal/entry';
import type { SignedHead } from '../../journal/identity';
import { prepared } from '../../journal/statements';
import { DATABASE_FILE, openReadOnly } from './open';

/** The newest entry of a device's chain. */
export interface ChainHead {
  readonly device: string;
  readonly seq: number;
  readonly hash: string;
}

/** How much to read at once. */
export interface ReadLimit {
  readonly entries: number;
  /** Bytes of all bodies together; the first entry is given however large it is. */
  readonly bodyBytes: number;
}

const COLUMNS = 'device, seq, id, kind, at, event, actor, body, prev, hash';

/** Reads the journal for passing it on. Works on a connection of its own as well, in another thread. */
export class JournalReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Opens the journal of a data folder for reading alone, beside the till that writes it. Close it after use. */
  static open(dataDir: string): JournalReader {
    return new JournalReader(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  /** Closes the connection. Not for the reader of a store, which closes its own. */
  close(): void {
    this.#database.close();
  }

  /** The head of every device there is something of. */
  heads(): ChainHead[] {
    // Jumps from device to device in the index; reading every entry would take as long as the journal.
    return prepared(
      this.#database,
      `WITH RECURSIVE known (device) AS (
         SELECT min(device) FROM journal
         UNION ALL SELECT (SELECT min(device) FROM journal WHERE device > known.device) FROM known WHERE device IS NOT NULL
       )
       SELECT journal.device, seq, hash FROM known JOIN journal ON journal.device = known.device
         AND seq = (SELECT max(seq) FROM journal WHERE device = known.device)`,
    ).all() as ChainHead[];
  }

  /** The head of one device, or null when there is nothing of it. */
  head(device: string): ChainHead | null {
    const sql = 'SELECT device, seq, hash FROM journal WHERE device = ? ORDER BY seq DESC LIMIT 1';
    return (prepared(this.#database, sql).get(device) as ChainHead | undefined) ?? null;
  }

  /** One entry, or null. */
  entry(device: string, seq: number): SealedEntry | null {
    const sql = `SELECT ${COLUMNS} FROM journal WHERE device = ? AND seq = ?`;
    return (prepared(this.#database, sql).get(device, seq) as SealedEntry | undefined) ?? null;
  }

  /** Where the last entry lies in the order in which entries came here; 0 in an empty journal. */
  lastPosition(): number {
    return (prepared(this.#database, 'SELECT max(position) FROM journal').pluck().get() as number | null) ?? 0;
  }

  /**
   * Where an entry lies in that order.
   * @throws when it is not here
   */
  positionOf(device: string, seq: number): number {
    const sql = 'SELECT position FROM journal WHERE device = ? AND seq = ?';
    const position = prepared(this.#database, sql).pluck().get(device, seq);
    if (typeof position !== 'number') throw new Error(`entry ${seq} of ${device} is not here`);
    return position;
  }

  /** Entries of one device from after a sequence number, in its order. */
  entriesAfter(device: string, seq: number, limit: ReadLimit): readonly SealedEntry[] {
    const sql = `SELECT ${COLUMNS} FROM journal WHERE device = ? AND seq > ? ORDER BY seq`;
    return take(prepared(this.#database, sql).iterate(device, seq) as Iterable<SealedEntry>, limit).taken;
  }

  /**
   * Entries of every device in the order they came here.
   * @param position from after this one; 0 for the beginning
   * @param except a device whose entries are left out, or null
   * @returns `position` to go on from, also past what was left out
   */
  feed(
    position: number,
    except: string | null,
    limit: ReadLimit,
  ): { readonly entries: readonly SealedEntry[]; readonly position: number; readonly more: boolean } {
    // Asked for first, so that what is written meanwhile is not passed over.
    const last = this.lastPosition();
    const rows = prepared(
      this.#database,
      `SELECT position, ${COLUMNS} FROM journal WHERE position > ? AND device IS NOT ? ORDER BY position`,
    ).iterate(position, except) as Iterable<SealedEntry & { readonly position: number }>;
    const { taken, more } = take(rows, limit);
    const reached = taken.at(-1)?.position ?? position;
    return {
      entries: taken.map(({ position: _position, ...entry }) => entry),
      position: more ? reached : Math.max(reached, last),
      more,
    };
  }

  /** Signed heads of a device whose numbers lie from `first` to `last`, in order. */
  signedHeads(device: string, first: number, last: number): SignedHead[] {
    return prepared(
      this.#database,
      'SELECT device, seq, hash, signature FROM relay_head WHERE device = ? AND seq BETWEEN ? AND ? ORDER BY seq',
    ).all(device, first, last) as SignedHead[];
  }
}

function take<T extends SealedEntry>(
  rows: Iterable<T>,
  limit: ReadLimit,
): { readonly taken: readonly T[]; readonly more: boolean } {
  const taken: T[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.body.length;
    if (taken.length === limit.entries || (taken.length > 0 && bytes > limit.bodyBytes)) return { taken, more: true };
    taken.push(row);
  }
  return { taken, more: false };
}
