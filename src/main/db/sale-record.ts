import type { Database } from 'better-sqlite3';
import type { Cart, CartLine } from '../../domain/cart';
import type { Payment } from '../../domain/payment';
import { prepared } from '../../journal/statements';

/** The sale in progress: working state, restored after any crash. */
export interface SaleRecord {
  readonly cart: Cart;
  /** The line the keys act on. */
  readonly markedLineId: string | null;
  readonly payment: Payment | null;
  /** The order just placed, while its done screen is shown. */
  readonly doneOrderId: string | null;
}

/** The sale as it was saved last, or null. */
export function readSale(database: Database): SaleRecord | null {
  const body = prepared(database, 'SELECT body FROM sale').pluck().get();
  if (typeof body !== 'string') return null;
  const lines = prepared(database, 'SELECT body FROM sale_line ORDER BY position').pluck().all() as string[];
  const { cart, ...rest } = JSON.parse(body) as SaleRecord;
  return { ...rest, cart: { ...cart, lines: lines.map((line) => JSON.parse(line) as CartLine) } };
}

/**
 * Saves the sale; of its lines only what changed since the last time. Call inside a transaction.
 * @param saved the lines as they are on the disk, or null when that is not known. A line that did not change is the same object.
 */
export function writeSale(database: Database, sale: SaleRecord | null, saved: readonly CartLine[] | null): void {
  const lines = sale?.cart.lines ?? [];
  if (saved === null || lines.length < saved.length) {
    prepared(database, 'DELETE FROM sale_line WHERE position >= ?').run(saved === null ? 0 : lines.length);
  }
  const put = prepared(database, 'INSERT OR REPLACE INTO sale_line VALUES (?, ?)');
  lines.forEach((line, position) => {
    if (saved?.[position] !== line) put.run(position, JSON.stringify(line));
  });
  if (sale === null) prepared(database, 'DELETE FROM sale').run();
  else {
    const { cart, ...rest } = sale;
    const { lines: _lines, ...header } = cart;
    prepared(database, 'INSERT OR REPLACE INTO sale VALUES (1, ?)').run(JSON.stringify({ ...rest, cart: header }));
  }
}
