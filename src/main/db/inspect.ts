import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Stall } from '../../domain/stall';
import { exportJournal } from '../../journal/export';
import { READ_MODEL_VERSION } from '../../journal/read-models';
import { rebuildReadModels, type RebuildOptions, type RebuildReport } from '../../journal/rebuild';
import { verifyStore, type VerifyReport } from '../../journal/verify';
import { lockFolder } from './folder-lock';
import { SCHEMA_VERSION, schemaVersion } from './migrations';
import { DATABASE_FILE, openDatabase, openReadOnly } from './open';
import { StallReader } from './readers';
import { asStoreError, StoreError } from './store-error';

/**
 * Verifies the store of a data folder on a private copy, also while a till sells from it.
 * @throws StoreError `store-too-new`, `store-damaged`, or an Error when there is no store
 */
export async function verifyFolder(dataDir: string): Promise<VerifyReport> {
  const live = openForReading(dataDir);
  const folder = mkdtempSync(join(tmpdir(), 'trestle-verify-'));
  try {
    const copyPath = join(folder, 'copy.db');
    await live.backup(copyPath);
    const copy = new Database(copyPath);
    const scratch = new Database(join(folder, 'scratch.db'));
    try {
      scratch.pragma('synchronous = OFF');
      return verifyStore(copy, scratch);
    } finally {
      copy.close();
      scratch.close();
    }
  } catch (error) {
    throw asStoreError(error);
  } finally {
    live.close();
    rmSync(folder, { recursive: true });
  }
}

/** The journal of a data folder as JSON lines, as it stands when the first is asked for; a till may go on selling. */
export function* exportFolder(dataDir: string): Generator<string> {
  const live = openForReading(dataDir);
  try {
    live.exec('BEGIN');
    yield* exportJournal(live);
  } finally {
    live.close();
  }
}

/**
 * What a till keeps besides its journal, also while it sells: its stall, null until one is set up, and its settings by key.
 * @throws StoreError `store-too-new`, or an Error when there is no store
 */
export function readKept(dataDir: string): {
  readonly stall: Stall | null;
  readonly settings: ReadonlyMap<string, unknown>;
} {
  const live = openForReading(dataDir);
  try {
    const rows = live.prepare('SELECT key, value FROM setting').all() as { key: string; value: string }[];
    return {
      stall: new StallReader(live).get(),
      settings: new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown])),
    };
  } finally {
    live.close();
  }
}

/**
 * Rebuilds the read models of a data folder.
 * @throws StoreError `store-locked` while a till has the folder
 */
export function rebuildFolder(dataDir: string, options: RebuildOptions): RebuildReport {
  requireStore(dataDir);
  const lock = lockFolder(dataDir);
  try {
    const database = openDatabase(join(dataDir, DATABASE_FILE));
    try {
      requireThisVersion(database);
      const report = rebuildReadModels(database, options);
      database.prepare(`INSERT OR REPLACE INTO meta VALUES ('read_model_version', ?)`).run(READ_MODEL_VERSION);
      database.pragma('wal_checkpoint(TRUNCATE)');
      return report;
    } finally {
      database.close();
    }
  } catch (error) {
    throw asStoreError(error);
  } finally {
    lock.release();
  }
}

function openForReading(dataDir: string): Database.Database {
  requireStore(dataDir);
  const database = openReadOnly(join(dataDir, DATABASE_FILE));
  try {
    requireThisVersion(database);
    return database;
  } catch (error) {
    database.close();
    throw asStoreError(error);
  }
}

function requireStore(dataDir: string): void {
  if (!existsSync(join(dataDir, DATABASE_FILE))) {
    throw new Error(`${dataDir} holds no store: name the till's data folder with --data.`);
  }
}

function requireThisVersion(database: Database.Database): void {
  const version = schemaVersion(database);
  if (version > SCHEMA_VERSION) {
    throw new StoreError('store-too-new', 'The store was written by a newer Trestle: use that version.');
  }
  if (version < SCHEMA_VERSION) {
    throw new Error('The store was written by an older Trestle: start the till once to bring it up to date.');
  }
}
