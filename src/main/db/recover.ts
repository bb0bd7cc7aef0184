import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ChainChecker, entryHash, entryLine, readEntry, type SealedEntry } from '../../journal/entry';
import { syncFolder } from '../../journal/files';
import { insertJournalRow } from '../../journal/journal-rows';
import type { EntryBody } from '../../journal/kinds';
import { READ_MODEL_VERSION } from '../../journal/read-models';
import { rebuildReadModels } from '../../journal/rebuild';
import { JournalCopy } from './journal-copy';
import { restoreKeepsake } from './keepsake';
import { migrate } from './migrations';
import { DATABASE_FILE } from './open';

/** Setting under which a recovery waits to be written into the journal. */
export const PENDING_RECOVERY = 'pending-recovery';

/** What became of a damaged store. */
export interface Recovery {
  /** Folder the damaged files were moved to, below the data folder. */
  readonly quarantined: string;
  readonly entriesKept: number;
  /** Known to have existed and not in the store any more. */
  readonly entriesLost: number;
  /** Why it was taken for damaged. */
  readonly reason: string;
  /** UTC instant. */
  readonly at: string;
}

/** The finished store under a name of its own, until the damaged one has made room. */
const RECOVERED_FILE = 'trestle.db.recovered';
const BUILDING_FILE = 'trestle.db.building';

/**
 * Sets a damaged store aside and makes a new one of what can still be read: from the database's pages, from its
 * write-ahead log and from the plain copy, whichever has more, each entry proved by its hash and its place in the chain.
 * Entries after the first break of a chain are kept in a file beside the damaged ones.
 * May be cut short anywhere: the next start begins again or finishes.
 */
export function recoverStore(dataDir: string, now: Date, reason: string): void {
  const quarantined = join('quarantine', now.toISOString().replaceAll(':', '-'));
  const aside = join(dataDir, quarantined);
  mkdirSync(aside, { recursive: true });
  for (const name of damagedFiles(dataDir)) cpSync(join(dataDir, name), join(aside, name), { recursive: true });
  syncFolder(aside);

  const found = new Map<string, Map<number, SealedEntry>>();
  const keep = (entry: SealedEntry): void => {
    if (entryHash(entry) !== entry.hash) return;
    const chain = found.get(entry.device) ?? new Map<number, SealedEntry>();
    found.set(entry.device, chain);
    chain.set(entry.seq, entry);
  };
  for (const entry of new JournalCopy(aside).entries()) {
    // The copy still has what was set aside before and follows again under another name.
    const forked = forkedBy(entry);
    for (const seq of [...(found.get(forked?.formerDevice ?? '')?.keys() ?? [])]) {
      if (forked !== null && seq >= forked.fromSeq) found.get(forked.formerDevice)?.delete(seq);
    }
    keep(entry);
  }
  // Read from a second copy: reading may mend, and what was set aside stays as it was found.
  const reading = join(aside, 'reading');
  mkdirSync(reading);
  for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`]) {
    if (existsSync(join(aside, name))) cpSync(join(aside, name), join(reading, name));
  }
  const readable = openReadable(join(reading, DATABASE_FILE));
  if (readable) for (const entry of readJournal(readable)) keep(entry);

  const kept: SealedEntry[] = [];
  const later: SealedEntry[] = [];
  let missing = 0;
  for (const chain of found.values()) {
    const entries = [...chain.values()].sort((a, b) => a.seq - b.seq);
    const checker = new ChainChecker();
    const breaksAt = entries.findIndex((entry) => checker.check(entry) !== null);
    const whole = breaksAt === -1 ? entries.length : breaksAt;
    kept.push(...entries.slice(0, whole));
    later.push(...entries.slice(whole));
    missing += (entries.at(-1)?.seq ?? 0) - entries.length;
  }
  // The order in which they came to be, over all devices; each device's own order first of all.
  kept.sort((a, b) => (a.device === b.device ? a.seq - b.seq : a.at < b.at ? -1 : 1));
  if (later.length > 0)
    writeFileSync(join(aside, 'later-entries.jsonl'), later.map((e) => `${entryLine(e)}\n`).join(''));

  const recovery: Recovery = {
    quarantined,
    entriesKept: kept.length,
    entriesLost: later.length + missing,
    reason,
    at: now.toISOString(),
  };
  const building = join(dataDir, BUILDING_FILE);
  rmSync(building, { force: true });
  const database = new Database(building);
  try {
    migrate(database, () => undefined);
    database.transaction(() => {
      for (const entry of kept) insertJournalRow(database, entry);
      if (readable) for (const table of WORKING_TABLES) copyRows(readable, database, table);
      restoreKeepsake(dataDir, database);
      // What was read may be lost again; everything is asked for anew, and what is here already changes nothing.
      database.exec(`UPDATE peer SET cursor = '0.0', people_version = 0`);
      database.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)').run(PENDING_RECOVERY, JSON.stringify(recovery));
      // Nobody can say what of these was printed; nothing is printed again by itself.
      database.exec(
        `UPDATE job SET state = 'unknown', reason = 'restarted' WHERE state IN ('waiting', 'running', 'held')`,
      );
      rebuildReadModels(database);
      database.prepare(`INSERT INTO meta VALUES ('read_model_version', ?)`).run(READ_MODEL_VERSION);
    })();
  } finally {
    database.close();
    readable?.close();
  }
  rmSync(reading, { recursive: true });
  renameSync(building, join(dataDir, RECOVERED_FILE));
  syncFolder(dataDir);
  finishRecovery(dataDir);
}

function forkedBy(entry: SealedEntry): EntryBody<'device.forked'> | null {
  if (entry.kind !== 'device.forked') return null;
  const read = readEntry(entry);
  return read.ok ? (read.entry.body as EntryBody<'device.forked'>) : null;
}

/** Puts a finished recovery in place; does nothing when there is none. */
export function finishRecovery(dataDir: string): void {
  if (!existsSync(join(dataDir, RECOVERED_FILE))) return;
  for (const name of damagedFiles(dataDir)) rmSync(join(dataDir, name), { recursive: true });
  renameSync(join(dataDir, RECOVERED_FILE), join(dataDir, DATABASE_FILE));
  syncFolder(dataDir);
}

function damagedFiles(dataDir: string): string[] {
  return [DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`, 'journal-copy'].filter((name) =>
    existsSync(join(dataDir, name)),
  );
}

const WORKING_TABLES = [
  'job',
  'sale',
  'sale_line',
  'command_result',
  'person',
  'person_change',
  'setting',
  'notice',
  'peer',
  'relay_head',
  'forked_entry',
];

/** The damaged database, opened as far as SQLite will; null when nothing helps. */
function openReadable(path: string): Database.Database | null {
  for (const mend of [
    () => undefined,
    () => dropLog(path),
    () => mendHeader(path, 100),
    () => mendHeader(path, 4096),
  ]) {
    try {
      mend();
      const database = new Database(path, { fileMustExist: true });
      database.prepare('SELECT position FROM journal LIMIT 1').get();
      return database;
    } catch {
      // The next remedy is stronger.
    }
  }
  return null;
}

/** A log of garbage may keep a sound database from opening. */
function dropLog(path: string): void {
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${path}-wal.unread`);
}

const PAGE_BYTES = 4096;

/**
 * Writes the beginning of a new database over that of a damaged one. A store's first tables are always made by the same
 * steps, so their roots lie where the new one says; whatever is read through them must still prove itself by its hash.
 */
function mendHeader(path: string, bytes: number): void {
  const { size } = statSync(path);
  if (size < PAGE_BYTES) throw new Error('nothing to mend');
  const fresh = new Database(':memory:');
  migrate(fresh, () => undefined);
  const page = fresh.serialize().subarray(0, PAGE_BYTES);
  fresh.close();
  // Header fields of the SQLite file format, §1.3: write-ahead log, size in pages, no free pages.
  page.writeUInt8(2, 18);
  page.writeUInt8(2, 19);
  page.writeUInt32BE(Math.floor(size / PAGE_BYTES), 28);
  page.writeUInt32BE(0, 32);
  page.writeUInt32BE(0, 36);
  page.copy(page, 92, 24, 28);
  const file = openSync(path, 'r+');
  try {
    const first = Buffer.alloc(PAGE_BYTES);
    readSync(file, first, 0, PAGE_BYTES, 0);
    page.copy(first, 0, 0, bytes);
    writeSync(file, first, 0, PAGE_BYTES, 0);
  } finally {
    closeSync(file);
  }
}

/** Rows tried one by one behind the last that could be read. */
const MOST_MISSES = 5_000;

function readJournal(database: Database.Database): SealedEntry[] {
  return salvage(database, 'journal', 'position') as unknown as SealedEntry[];
}

/** Reads what can be read of a table with an integer key: in order, and past a bad page key by key. */
function salvage(database: Database.Database, table: string, key: string): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  const next = database.prepare(`SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT 1`);
  const exact = database.prepare(`SELECT * FROM ${table} WHERE ${key} = ?`);
  let last = 0;
  for (let misses = 0; misses < MOST_MISSES;) {
    try {
      const row = (misses === 0 ? next.get(last) : exact.get(last + 1)) as Record<string, unknown> | undefined;
      if (row === undefined && misses === 0) return rows;
      if (row === undefined) {
        last += 1;
        misses += 1;
        continue;
      }
      rows.push(row);
      last = row[key] as number;
      misses = 0;
    } catch {
      if (misses > 0) last += 1;
      misses += 1;
    }
  }
  return rows;
}

/** Copies the readable rows of a working table; a damaged page of it costs those rows, never the recovery. */
function copyRows(from: Database.Database, to: Database.Database, table: string): void {
  const columnsOf = (database: Database.Database) =>
    (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  const known = new Set(columnsOf(from));
  const columns = columnsOf(to).filter((name) => known.has(name));
  if (columns.length === 0) return;
  const insert = to.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  try {
    for (const row of from
      .prepare(`SELECT ${columns.join(', ')} FROM ${table}`)
      .raw()
      .iterate()) {
      insert.run(...(row as unknown[]));
    }
  } catch {
    // What came before the damage is kept.
  }
}
