import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';
import type { Clip } from '../../shared/clip-schemas';

/** Reads the clips of the stall. */
export class ClipReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All clips, the first added first. */
  all(): Clip[] {
    const bodies = prepared(
      this.#database,
      'SELECT body FROM clip WHERE body IS NOT NULL ORDER BY first_at, clip',
    ).pluck();
    return (bodies.all() as string[]).map((body) => JSON.parse(body) as Clip);
  }

  /** Those that were taken off and not put again. */
  removed(): string[] {
    return prepared(this.#database, 'SELECT clip FROM clip WHERE body IS NULL ORDER BY clip').pluck().all() as string[];
  }

  /** One clip by the hash of its bytes, or null when the journal names none, or one that was removed. */
  get(clip: string): Clip | null {
    const body = prepared(this.#database, 'SELECT body FROM clip WHERE clip = ?').pluck().get(clip);
    return typeof body === 'string' ? (JSON.parse(body) as Clip) : null;
  }
}
