import type { Database } from 'better-sqlite3';
import type { Playlist } from '../../domain/playlist';
import { prepared } from '../../journal/statements';

/** Reads the playlists of the reel, and what was sold of the goods in them. */
export class PlaylistReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All playlists, the first made first: their ids are UUIDv7. */
  all(): Playlist[] {
    const bodies = prepared(this.#database, 'SELECT body FROM playlist WHERE body IS NOT NULL ORDER BY playlist_id');
    return (bodies.pluck().all() as string[]).map((body) => JSON.parse(body) as Playlist);
  }

  /**
   * How many orders an item was in since an instant.
   * @param since UTC instant
   */
  ordersWith(itemId: string, since: string): number {
    return prepared(this.#database, 'SELECT count(DISTINCT at) FROM sold WHERE item_id = ? AND at >= ?')
      .pluck()
      .get(itemId, since) as number;
  }
}
