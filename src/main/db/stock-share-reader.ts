import type { Database } from 'better-sqlite3';
import { shareLeft, type StockShares } from '../../domain/stock-share';
import { deviceOf } from '../../journal/clock';
import { prepared } from '../../journal/statements';

/** Reads how scarce stock is divided among devices. */
export class StockShareReader {
  readonly #database: Database;
  readonly #devices: () => readonly string[];

  /** @param devices this device, and the ids it went by before */
  constructor(database: Database, devices: () => readonly string[]) {
    this.#database = database;
    this.#devices = devices;
  }

  /** What is known here of the shares of a variant. */
  of(itemId: string, variantId: string): StockShares {
    const row = prepared(
      this.#database,
      'SELECT at, shares FROM stock_division WHERE item_id = ? AND variant_id = ?',
    ).get(itemId, variantId) as { readonly at: string; readonly shares: string } | undefined;
    // Nearly nothing is divided: no more is asked for then than this one row.
    if (row === undefined) return { division: null, gifts: [], sales: [] };
    const { at } = row;
    const gifts = prepared(
      this.#database,
      `SELECT at, device AS fromDevice, to_device AS toDevice, quantity FROM
         (SELECT * FROM stock_gift UNION ALL SELECT * FROM hold_gift)
       WHERE item_id = ? AND variant_id = ? AND at > ?`,
    ).all(itemId, variantId, at) as StockShares['gifts'];
    const sold = prepared(
      this.#database,
      'SELECT at, quantity FROM sold WHERE item_id = ? AND variant_id = ? AND at > ?',
    ).all(itemId, variantId, at) as { readonly at: string; readonly quantity: number }[];
    return {
      division: { at, shares: JSON.parse(row.shares) as NonNullable<StockShares['division']>['shares'] },
      gifts,
      sales: sold.map((sale) => ({ ...sale, deviceId: deviceOf(sale.at) })),
    };
  }

  /** Whether anything was ever divided. */
  hasAny(): boolean {
    return prepared(this.#database, 'SELECT 1 FROM stock_division LIMIT 1').get() !== undefined;
  }

  /** The variants that are divided now. */
  divided(): { readonly itemId: string; readonly variantId: string }[] {
    return prepared(
      this.#database,
      `SELECT item_id AS itemId, variant_id AS variantId FROM stock_division WHERE shares <> '[]' ORDER BY at`,
    ).all() as ReturnType<StockShareReader['divided']>;
  }

  /** What this device may still sell of a variant, or null when it is not divided. */
  left(itemId: string, variantId: string): number | null {
    return shareLeft(this.of(itemId, variantId), this.#devices());
  }
}
