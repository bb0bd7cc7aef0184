import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Item } from '../../domain/catalogue';
import { prepared } from '../../journal/statements';
import { versionOf } from './import-reader';
import { DATABASE_FILE, openReadOnly } from './open';
import { itemOnHand } from './stock';

interface KnownItem {
  readonly at: string;
  /** As it was written: stock is that of the count. */
  readonly written: Item;
  readonly item: Item;
}

/**
 * The catalogue of a data folder with what is on hand, on a connection of its own, beside the till that writes it. Asked again
 * it reads only the items that were written or sold since.
 */
export class CatalogueFeed {
  readonly #database: Database;
  #version = -1;
  #known = new Map<string, KnownItem>();

  private constructor(database: Database) {
    this.#database = database;
  }

  static open(dataDir: string): CatalogueFeed {
    return new CatalogueFeed(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  /**
   * By id, in the order of the grid.
   * @param sold every item that was on an order since the last call
   * @param giveWay called before each item that is read
   */
  next(sold: Iterable<string>, giveWay: () => void = () => undefined): ReadonlyMap<string, Item> {
    // One transaction, so that the version belongs to the items.
    this.#database.transaction(() => {
      const version = versionOf(this.#database);
      for (const itemId of sold) {
        giveWay();
        const known = this.#known.get(itemId);
        if (known !== undefined) this.#known.set(itemId, this.#counted(known.written, known.at));
      }
      if (version !== this.#version) this.#readWritten(giveWay);
      this.#version = version;
    })();
    return new Map(Array.from(this.#known, ([itemId, { item }]) => [itemId, item]));
  }

  close(): void {
    this.#database.close();
  }

  #readWritten(giveWay: () => void): void {
    const rows = prepared(
      this.#database,
      'SELECT item_id, at FROM item ORDER BY created_ms, ordinal, item_key',
    ).all() as { readonly item_id: string; readonly at: string }[];
    const body = prepared(this.#database, 'SELECT body FROM item WHERE item_id = ?').pluck();
    this.#known = new Map(
      rows.map(({ item_id: itemId, at }) => {
        giveWay();
        const known = this.#known.get(itemId);
        return [itemId, known?.at === at ? known : this.#counted(JSON.parse(body.get(itemId) as string) as Item, at)];
      }),
    );
  }

  #counted(written: Item, at: string): KnownItem {
    return { at, written, item: itemOnHand(this.#database, written, at) };
  }
}
