import type { Database } from 'better-sqlite3';
import type { Item, Variant } from '../../domain/catalogue';
import type { Selector } from '../../domain/pricing/rule';
import { foldWords, START_MARK } from '../../journal/fold';
import { prepared } from '../../journal/statements';
import { itemOnHand, SOLD_OF_ITEM } from './stock';
import type { Tile } from '../../shared/contract';

/** A variant with the item it belongs to. */
export interface FoundVariant {
  readonly item: Item;
  readonly variant: Variant;
  /** Hybrid instant the item was written at. */
  readonly at: string;
}

/** More words than anybody types; the rest of a long text is not searched for. */
const MOST_WORDS = 8;

const TILE_COLUMNS = `item_id, name, category, photo, wall, plank, pricing, price_minor, price_varies,
  stock - ${SOLD_OF_ITEM} AS stock, variant_count, only_variant_id`;

/** Reads the catalogue: tiles for the grid, items for the cart, codes for the scanner. */
export class CatalogueReader {
  readonly #database: Database;
  #counts: { readonly version: number; readonly counts: readonly CategoryCount[] } | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Grows with every change of the catalogue. */
  version(): number {
    const version = prepared(this.#database, `SELECT value FROM meta WHERE key = 'catalogue_version'`).pluck().get();
    return typeof version === 'number' ? version : 0;
  }

  /** Categories with their number of items, by name. */
  categories(): readonly CategoryCount[] {
    const version = this.version();
    if (this.#counts?.version !== version) {
      const counts = prepared(
        this.#database,
        'SELECT category AS name, count(*) AS itemCount FROM item GROUP BY category ORDER BY category',
      ).all() as CategoryCount[];
      this.#counts = { version, counts };
    }
    return this.#counts.counts;
  }

  itemCount(): number {
    return this.categories().reduce((sum, { itemCount }) => sum + itemCount, 0);
  }

  /** A page of the grid, in the order the items were first written. */
  tiles(query: { category: string | null; offset: number; limit: number }): { total: number; tiles: Tile[] } {
    const { category, offset, limit } = query;
    const total =
      category === null ? this.itemCount() : (this.categories().find(({ name }) => name === category)?.itemCount ?? 0);
    const rows =
      category === null
        ? prepared(
            this.#database,
            `SELECT ${TILE_COLUMNS} FROM item ORDER BY created_ms, ordinal, item_key LIMIT ? OFFSET ?`,
          ).all(limit, offset)
        : prepared(
            this.#database,
            `SELECT ${TILE_COLUMNS} FROM item WHERE category = ? ORDER BY created_ms, ordinal, item_key LIMIT ? OFFSET ?`,
          ).all(category, limit, offset);
    return { total, tiles: (rows as TileRow[]).map(toTile) };
  }

  tile(itemId: string): Tile | null {
    const row = prepared(this.#database, `SELECT ${TILE_COLUMNS} FROM item WHERE item_id = ?`).get(itemId);
    return row === undefined ? null : toTile(row as TileRow);
  }

  item(itemId: string): Item | null {
    return this.#parse(
      prepared(this.#database, 'SELECT body, at FROM item WHERE item_id = ?').get(itemId) as ItemRow | undefined,
    );
  }

  /** Every item as it was written, one after the other. */
  *everyItem(): Generator<Item> {
    const bodies = this.#database.prepare('SELECT body FROM item').pluck().iterate() as Iterable<string>;
    for (const body of bodies) yield JSON.parse(body) as Item;
  }

  /**
   * Items that a price rule may be about, as far as its selector tells; who needs to know asks the rule.
   * @param limit most items
   */
  itemsAbout(what: Selector, limit: number): { readonly item: Item; readonly at: string }[] {
    const rows = this.#rowsAbout(what, limit) as ItemRow[];
    return rows.map((row) => ({ item: itemOnHand(this.#database, JSON.parse(row.body) as Item, row.at), at: row.at }));
  }

  #rowsAbout(what: Selector, limit: number): unknown[] {
    const inOrder = 'ORDER BY created_ms, ordinal LIMIT ?';
    const among = (sql: string, keys: readonly string[]): unknown[] =>
      prepared(this.#database, `${sql} ${inOrder}`).all(JSON.stringify(keys), limit);
    switch (what.kind) {
      case 'everything':
        return prepared(this.#database, `SELECT body, at FROM item ${inOrder}`).all(limit);
      case 'categories':
        return among('SELECT body, at FROM item WHERE category IN (SELECT value FROM json_each(?))', what.categories);
      case 'items':
        return among('SELECT body, at FROM item WHERE item_id IN (SELECT value FROM json_each(?))', what.itemIds);
      case 'variants':
        return among(
          `SELECT DISTINCT body, at, created_ms, ordinal FROM variant JOIN item USING (item_key)
           WHERE variant_id IN (SELECT value FROM json_each(?))`,
          what.variantIds,
        );
      case 'words': {
        // A word may come from elsewhere as it was typed: none of it is the index's own language.
        const words = what.words.flatMap(foldWords);
        if (words.length === 0) return [];
        return prepared(
          this.#database,
          `SELECT body, at FROM item_search JOIN item ON item_key = item_search.rowid
           WHERE item_search MATCH ? ${inOrder}`,
        ).all(words.map((word) => `"${word}"`).join(' AND '), limit);
      }
    }
  }

  /** What variants of these items cost in the catalogue now, where that is another price. */
  otherPrices(items: readonly Item[]): { readonly variantId: string; readonly priceMinor: number }[] {
    return items.flatMap(({ itemId, variants }) => {
      const body = prepared(this.#database, 'SELECT body FROM item WHERE item_id = ?').pluck().get(itemId);
      if (typeof body !== 'string') return [];
      const known = new Map((JSON.parse(body) as Item).variants.map((one) => [one.variantId, one.priceMinor]));
      return variants.flatMap(({ variantId, priceMinor: nowMinor }) => {
        const priceMinor = known.get(variantId);
        return priceMinor === undefined || priceMinor === nowMinor ? [] : [{ variantId, priceMinor }];
      });
    });
  }

  itemByHandle(handle: string): Item | null {
    return this.#parse(
      prepared(this.#database, 'SELECT body, at FROM item WHERE handle = ? ORDER BY at DESC LIMIT 1').get(handle) as
        ItemRow | undefined,
    );
  }

  /** The photos that goods are shown with, SHA-256 each. */
  photos(): string[] {
    return prepared(this.#database, 'SELECT DISTINCT photo FROM item WHERE photo IS NOT NULL')
      .pluck()
      .all() as string[];
  }

  /** A code that some goods sold by the piece go by, their barcode rather than their SKU; or null. */
  someCode(): string | null {
    const code = prepared(
      this.#database,
      `SELECT code FROM (
         SELECT code, 0 AS rank FROM barcode JOIN item USING (item_key) WHERE pricing = 'each'
         UNION ALL SELECT sku, 1 FROM variant JOIN item USING (item_key) WHERE pricing = 'each' AND sku <> '')
       ORDER BY rank LIMIT 1`,
    )
      .pluck()
      .get();
    return typeof code === 'string' ? code : null;
  }

  /** The name of some item sold at a tax rate, or null when there is none. Looks at every item. */
  nameOfItemTaxedAt(taxRateId: string): string | null {
    const name = prepared(
      this.#database,
      `SELECT name FROM item, json_each(body, '$.variants') AS variant
       WHERE variant.value ->> 'taxRateId' = ? LIMIT 1`,
    )
      .pluck()
      .get(taxRateId);
    return typeof name === 'string' ? name : null;
  }

  variant(variantId: string): FoundVariant | null {
    return this.#found(
      `SELECT body, at, position FROM variant JOIN item USING (item_key) WHERE variant_id = ? ORDER BY at DESC LIMIT 1`,
      variantId,
    );
  }

  /**
   * What a scanned code names, trying each spelling as a barcode and then as a SKU. When several items claim a code the
   * one written last has it.
   */
  lookup(candidates: readonly string[]): FoundVariant | null {
    for (const code of candidates) {
      const found = this.#found(
        'SELECT body, at, position FROM barcode JOIN item USING (item_key) WHERE code = ? ORDER BY at DESC, position LIMIT 1',
        code,
      );
      if (found) return found;
    }
    for (const code of candidates) {
      const found = this.#found(
        `SELECT body, at, position FROM variant JOIN item USING (item_key) WHERE sku = ? AND sku <> ''
         ORDER BY at DESC, position LIMIT 1`,
        code,
      );
      if (found) return found;
    }
    return null;
  }

  /**
   * The variant whose SKU carries the item number of an in-store label.
   * @param itemNumber as many digits as the label has, `00031`
   */
  byItemNumber(itemNumber: string): FoundVariant | null {
    return this.#found(
      `SELECT body, at, position FROM variant JOIN item USING (item_key) WHERE item_number = ?
       ORDER BY sku LIKE 'PLU%' DESC, at DESC, position LIMIT 1`,
      itemNumber,
    );
  }

  /**
   * Search as you type: every word of the text begins a word of the item's name, variants, category, SKUs or barcodes.
   * Names that begin with the first word come first, whole words before beginnings, then the order of the grid.
   *
   * Each rank is its own walk over the index that stops at the limit, so that one typed letter costs no more than a
   * whole name: nothing is ever gathered to be sorted.
   */
  search(text: string, limit: number): Tile[] {
    const words = foldWords(text).slice(0, MOST_WORDS);
    const [first, ...others] = words;
    if (first === undefined) return [];
    const begins = (word: string) => `"${word}"*`;
    const whole = (word: string) => `"${word}"`;
    const rest = others.map(begins);
    const ranks = [
      [whole(START_MARK + first), ...rest],
      words.map(whole),
      [begins(START_MARK + first), ...rest],
      words.map(begins),
    ];
    const keys = new Set<number>();
    const walk = prepared(this.#database, 'SELECT rowid FROM item_search WHERE item_search MATCH ? LIMIT ?').pluck();
    // Most mistyped words end here.
    if (walk.get(words.map(begins).join(' AND '), 1) === undefined) return [];
    for (const terms of ranks) {
      // Found again under a lower rank: so many more must be looked at.
      for (const key of walk.all(terms.join(' AND '), limit + keys.size) as number[]) {
        keys.add(key);
        if (keys.size === limit) break;
      }
      if (keys.size === limit) break;
    }
    const tileByKey = prepared(this.#database, `SELECT ${TILE_COLUMNS} FROM item WHERE item_key = ?`);
    return [...keys].map((key) => toTile(tileByKey.get(key) as TileRow));
  }

  #found(sql: string, key: string): FoundVariant | null {
    const row = prepared(this.#database, sql).get(key) as (ItemRow & { readonly position: number }) | undefined;
    const item = this.#parse(row);
    const variant = item?.variants[row?.position ?? -1];
    return item && variant && row ? { item, variant, at: row.at } : null;
  }

  /** An item as it stands, its stock less what was sold since it was counted. */
  #parse(row: ItemRow | undefined): Item | null {
    return row === undefined ? null : itemOnHand(this.#database, JSON.parse(row.body) as Item, row.at);
  }
}

interface ItemRow {
  readonly body: string;
  readonly at: string;
}

export interface CategoryCount {
  readonly name: string;
  readonly itemCount: number;
}

interface TileRow {
  readonly item_id: string;
  readonly name: string;
  readonly category: string;
  readonly photo: string | null;
  readonly wall: string;
  readonly plank: string;
  readonly pricing: Tile['pricing'];
  readonly price_minor: number;
  readonly price_varies: number;
  readonly stock: number | null;
  readonly variant_count: number;
  readonly only_variant_id: string | null;
}

function toTile(row: TileRow): Tile {
  return {
    itemId: row.item_id,
    name: row.name,
    category: row.category,
    photo: row.photo,
    backdrop: { wall: row.wall, plank: row.plank },
    pricing: row.pricing,
    priceMinor: row.price_minor,
    priceVaries: row.price_varies === 1,
    stock: row.stock,
    share: null,
    variantCount: row.variant_count,
    variantId: row.only_variant_id,
  };
}
