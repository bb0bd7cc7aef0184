import Database from 'better-sqlite3';

export const DATABASE_FILE = 'trestle.db';

/**
 * Opens a connection for the till: every commit is on the disk when it returns, and nothing is moved from the
 * write-ahead log into the database while a customer waits (`checkpoint` does that when idle).
 */
export function openDatabase(path: string): Database.Database {
  const database = new Database(path, { timeout: 5_000 });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('wal_autocheckpoint = 0');
    // The log is cut back after an import made it large.
    database.pragma('journal_size_limit = 4194304');
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
