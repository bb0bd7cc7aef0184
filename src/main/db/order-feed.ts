import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Order } from '../../domain/order';
import { DATABASE_FILE, openReadOnly } from './open';

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

  /** Every order that came here since the last call, own and others', in the order they came. */
  *next(): Generator<Order> {
    const rows = this.#database
      .prepare(`SELECT position, body FROM journal WHERE position > ? AND kind = 'order.placed' ORDER BY position`)
      .iterate(this.#position) as IterableIterator<{ readonly position: number; readonly body: string }>;
    for (const { position, body } of rows) {
      this.#position = position;
      yield (JSON.parse(body) as { readonly order: Order }).order;
    }
  }

  close(): void {
    this.#database.close();
  }
}
