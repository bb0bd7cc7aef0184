import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';
import { DATABASE_FILE, openReadOnly } from './open';

/** The photos that the catalogue, the clips and the playlists name, read on a connection of its own, which another thread may hold. */
export class ShownPhotos {
  readonly #database: Database;
  /** As of a version of the catalogue. */
  #photos: { readonly version: unknown; readonly all: readonly string[] } | null = null;

  private constructor(database: Database) {
    this.#database = database;
  }

  static open(dataDir: string): ShownPhotos {
    return new ShownPhotos(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  close(): void {
    this.#database.close();
  }

  /** SHA-256 of each, once. */
  all(): readonly string[] {
    const version = prepared(
      this.#database,
      `SELECT group_concat(version) FROM (
         SELECT value AS version FROM meta WHERE key = 'catalogue_version' UNION ALL
         SELECT max(at) FROM clip UNION ALL SELECT max(at) FROM playlist)`,
    )
      .pluck()
      .get();
    if (this.#photos?.version !== version) {
      const sql = `
        SELECT photo FROM item WHERE photo IS NOT NULL
        UNION SELECT body ->> 'poster' FROM clip WHERE body ->> 'poster' IS NOT NULL
        UNION SELECT value ->> 'photo' FROM playlist, json_each(body, '$.cards') WHERE value ->> 'kind' = 'photo' ORDER BY 1`;
      this.#photos = { version, all: prepared(this.#database, sql).pluck().all() as string[] };
    }
    return this.#photos?.all ?? [];
  }
}
