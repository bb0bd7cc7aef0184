import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Order } from '../../domain/order';
import { prepared } from '../../journal/statements';
import { DATABASE_FILE, openReadOnly } from './open';

/**
 * Orders that are read at once, a millisecond or two. Nothing is kept open between two parts: whoever reads slowly keeps the
 * till from nothing, and its log from no checkpoint.
 */
const PART = 50;

/** Reads the orders of a data folder one after the other, on a connection of its own, beside the till that writes them. */
export class OrderFeed {
  readonly #database: Database;
  #position = 0;

  private constructor(database: Database) {
    this.#database = database;
  }

  static open(dataDir: string): OrderFeed {
    return new OrderFeed(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  /**
   * Every order that came here between the last call and this one, own and others', in the order they came. What comes while
   * they are read is for the next call, so that reading ends however fast the till sells.
   */
  *next(): Generator<Order> {
    const last = prepared(this.#database, 'SELECT coalesce(max(position), 0) FROM journal').pluck().get() as number;
    const part = prepared(
      this.#database,
      `SELECT position, body FROM journal WHERE position > ? AND position <= ? AND kind = 'order.placed'
       ORDER BY position LIMIT ${PART}`,
    );
    for (;;) {
      const rows = part.all(this.#position, last) as { readonly position: number; readonly body: string }[];
      for (const { position, body } of rows) {
        this.#position = position;
        yield (JSON.parse(body) as { readonly order: Order }).order;
      }
      if (rows.length < PART) return;
    }
  }

  close(): void {
    this.#database.close();
  }
}
