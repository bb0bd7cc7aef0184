import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { FootfallReader } from './footfall-reader';
import { DATABASE_FILE, openReadOnly } from './open';
import { PriceTestReader } from './price-test-reader';

/** What reports are made from, on a connection of its own, beside the till that writes it. */
export class ReportFeed {
  readonly footfall: FootfallReader;
  readonly priceTests: PriceTestReader;
  readonly #database: Database;

  constructor(dataDir: string) {
    this.#database = openReadOnly(join(dataDir, DATABASE_FILE));
    this.footfall = new FootfallReader(this.#database);
    this.priceTests = new PriceTestReader(this.#database);
  }

  close(): void {
    this.#database.close();
  }
}
