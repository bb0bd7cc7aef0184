import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Item } from '../../domain/catalogue';
import type { Stall } from '../../domain/stall';
import { DATABASE_FILE, openReadOnly } from './open';
import { itemOnHand } from './stock';

/** The catalogue as it stands, with a number that grows with every change of it. */
export interface CatalogueSnapshot {
  readonly version: number;
  /** In the order of the grid. */
  readonly items: readonly Item[];
}

/**
 * Reads the whole catalogue through a connection of its own, read-only, so that a worker can do it beside a till that
 * goes on selling.
 * @returns an empty catalogue when the folder has no database yet
 */
export function readCatalogue(dataDir: string): CatalogueSnapshot {
  return read(dataDir, { version: 0, items: [] }, (database) => ({
    version: versionOf(database),
    // On hand, so that a file without a stock column keeps what is really there.
    items: (
      database.prepare('SELECT body, at FROM item ORDER BY created_ms, ordinal, item_key').all() as {
        readonly body: string;
        readonly at: string;
      }[]
    ).map(({ body, at }) => itemOnHand(database, JSON.parse(body) as Item, at)),
  }));
}

/** The version alone, to tell whether a snapshot is still true. */
export function readCatalogueVersion(dataDir: string): number {
  return read(dataDir, 0, versionOf);
}

/** The stall a data folder belongs to, or null when it has none yet. */
export function readStall(dataDir: string): Stall | null {
  return read(dataDir, null, (database) => {
    const body = database.prepare('SELECT body FROM stall').pluck().get() as string | undefined;
    return body === undefined ? null : (JSON.parse(body) as Stall);
  });
}

/** Which of these photos neither an item nor a clip shows. */
export function unshownPhotos(dataDir: string, photos: readonly string[]): readonly string[] {
  return read(dataDir, photos, (database) => {
    const shown = database.prepare(
      `SELECT 1 FROM item WHERE photo = @photo UNION ALL SELECT 1 FROM clip WHERE body ->> 'poster' = @photo
       UNION ALL SELECT 1 FROM playlist, json_each(body, '$.cards') WHERE value ->> 'photo' = @photo LIMIT 1`,
    );
    return photos.filter((photo) => shown.get({ photo }) === undefined);
  });
}

function read<T>(dataDir: string, nothing: T, query: (database: Database) => T): T {
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path)) return nothing;
  const database = openReadOnly(path);
  try {
    // One transaction, so that the version belongs to the items.
    return database.transaction(() => query(database))();
  } finally {
    database.close();
  }
}

/** A number that grows with every change of the catalogue. */
export function versionOf(database: Database): number {
  const version = database.prepare(`SELECT value FROM meta WHERE key = 'catalogue_version'`).pluck().get();
  return typeof version === 'number' ? version : 0;
}
