import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { FootfallCalibration, FootfallCount } from '../../domain/footfall';
import { FootfallReader } from './footfall-reader';
import { DATABASE_FILE, openReadOnly } from './open';

/** What was counted of the people who came by, on a connection of its own, beside the till that writes it. */
export class FootfallFeed {
  readonly #database: Database;
  readonly #reader: FootfallReader;

  private constructor(database: Database) {
    this.#database = database;
    this.#reader = new FootfallReader(database);
  }

  static open(dataDir: string): FootfallFeed {
    return new FootfallFeed(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  /** People tapped between two UTC instants, and all second counts of them. */
  taps(from: string, to: string): { counts: FootfallCount[]; calibrations: FootfallCalibration[] } {
    const ofTaps = ({ source }: { readonly source: string }): boolean => source === 'tap';
    return {
      counts: this.#reader.between(from, to).filter(ofTaps),
      calibrations: this.#reader.calibrations().filter(ofTaps),
    };
  }

  close(): void {
    this.#database.close();
  }
}
