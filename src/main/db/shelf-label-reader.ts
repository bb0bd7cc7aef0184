import type { Database } from 'better-sqlite3';
import type { HangingLabel } from '../../domain/shelf-label';
import { prepared } from '../../journal/statements';

/** Reads which labels hang at the goods. */
export class ShelfLabelReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Every label that was printed and not taken down, the newest first. */
  hanging(): HangingLabel[] {
    return prepared(
      this.#database,
      `SELECT item_id AS itemId, variant_id AS variantId, price_minor AS priceMinor, at FROM shelf_label
       WHERE price_minor IS NOT NULL ORDER BY at DESC, variant_id`,
    ).all() as HangingLabel[];
  }
}
