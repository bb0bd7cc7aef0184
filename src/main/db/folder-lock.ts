import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sqliteCode, StoreError } from './store-error';

/** Keeps a data folder for one process. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes a data folder for this process alone, until released or until the process ends in whatever way: the lock is the
 * operating system's, held through a second SQLite file, so nothing stale is ever left behind.
 * @throws StoreError `store-locked` when another till has it
 */
export function lockFolder(dataDir: string): FolderLock {
  const database = new Database(join(dataDir, 'folder.lock'), { timeout: 0 });
  try {
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!sqliteCode(error).startsWith('SQLITE_BUSY')) throw error;
    throw new StoreError(
      'store-locked',
      `Another till is using the data folder ${dataDir}: close it, or start this one with another folder (--data).`,
      error,
    );
  }
  return {
    release() {
      database.close();
    },
  };
}
