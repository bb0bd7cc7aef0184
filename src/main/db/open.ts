import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { JournalCopy } from './journal-copy';
import { schemaVersion } from './migrations';
import { isDamage } from './store-error';

export const DATABASE_FILE = 'trestle.db';

/**
 * Opens a connection for the till: every commit is on the disk when it returns, and nothing is moved from the
 * write-ahead log into the database while a customer waits.
 */
export function openDatabase(path: string): Database.Database {
  const database = new Database(path, { timeout: 5_000 });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('wal_autocheckpoint = 0');
    // The log stays as long as a morning made it: writing over what is there is cheaper to sync than growing a file.
    database.pragma('journal_size_limit = 67108864');
    database.pragma('temp_store = MEMORY');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens a connection that changes nothing, beside a till that may be running. */
export function openReadOnly(path: string): Database.Database {
  return new Database(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
}

/** Says how the database file looked when it was last closed in good order. */
const CLOSED_FILE = 'closed.json';

/** Notes that the store was closed in good order. Call after the last connection is closed. */
export function noteClosed(dataDir: string): void {
  writeFileSync(join(dataDir, CLOSED_FILE), JSON.stringify(fileState(dataDir)));
}

function fileState(dataDir: string): { size: number; mtimeMs: number } {
  const { size, mtimeMs } = statSync(join(dataDir, DATABASE_FILE));
  return { size, mtimeMs };
}

function wasClosed(dataDir: string): boolean {
  const path = join(dataDir, CLOSED_FILE);
  if (!existsSync(path)) return false;
  try {
    return readFileSync(path, 'utf8') === JSON.stringify(fileState(dataDir));
  } catch {
    return false;
  }
}

/**
 * Opens the store's database unless it is damaged. A file closed in good order and not touched since is taken at its
 * word; any other is checked whole (`quick_check`) before it is trusted with a sale.
 * @param isUsed whether this folder has been a till before, so that a database ought to be there
 */
export function openSound(
  dataDir: string,
  isUsed: boolean,
): { readonly database: Database.Database } | { readonly damage: string } {
  const path = join(dataDir, DATABASE_FILE);
  const trusted = wasClosed(dataDir);
  if (!isUsed && !existsSync(path)) return { database: openDatabase(path) };
  if (!existsSync(path)) return { damage: 'the database is missing' };
  if (statSync(path).size === 0 && !hasLog(path) && isUsed) return { damage: 'the database is empty' };
  let database: Database.Database | null = null;
  try {
    database = openDatabase(path);
    const damage = findDamage(database, trusted, isUsed, new JournalCopy(dataDir));
    if (damage === null) {
      rmSync(join(dataDir, CLOSED_FILE), { force: true });
      return { database };
    }
    database.close();
    return { damage };
  } catch (error) {
    database?.close();
    if (isDamage(error) && error instanceof Error) return { damage: error.message };
    throw error;
  }
}

function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
}

function findDamage(database: Database.Database, trusted: boolean, isUsed: boolean, copy: JournalCopy): string | null {
  if (!trusted) {
    const check = database.pragma('quick_check(1)', { simple: true });
    if (check !== 'ok') return String(check);
  }
  if (schemaVersion(database) === 0) return isUsed ? 'the database holds no tables' : null;
  return copy.isWithin(database) ? null : 'the database lacks entries that its copy has';
}
