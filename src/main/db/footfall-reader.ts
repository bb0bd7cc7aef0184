import type { Database } from 'better-sqlite3';
import type { FootfallCalibration, FootfallCount } from '../../domain/footfall';
import { prepared } from '../../journal/statements';

/** A stretch of counting is cut long before this. */
const LONGEST_STRETCH_MS = 3_600_000;

/** Reads what was counted of the people who came by, on all devices. */
export class FootfallReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Counts that touch a stretch of time, in order.
   * @param from UTC instants, the second not included
   */
  between(from: string, to: string): FootfallCount[] {
    const earliest = new Date(Math.max(0, Date.parse(from) - LONGEST_STRETCH_MS)).toISOString();
    return prepared(
      this.#database,
      `SELECT source, from_at AS "from", to_at AS "to", count FROM footfall_count
       WHERE from_at >= ? AND from_at < ? AND to_at > ? ORDER BY from_at, at`,
    ).all(earliest, to, from) as FootfallCount[];
  }

  /** All second counts, oldest first. */
  calibrations(): FootfallCalibration[] {
    return (
      prepared(this.#database, 'SELECT body FROM footfall_calibration ORDER BY at').pluck().all() as string[]
    ).map((body) => JSON.parse(body) as FootfallCalibration);
  }
}
