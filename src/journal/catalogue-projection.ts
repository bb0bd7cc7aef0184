import type { Database } from 'better-sqlite3';
import type { Item } from '../domain/catalogue';
import { wallMs } from './clock';
import { readEntry, type UnreadableEntry } from './entry';
import { foldWords, START_MARK } from './fold';
import { journalEntry } from './journal-rows';
import type { EntryBody } from './kinds';
import { prepared } from './statements';

/** When an item was written: by which hybrid instant, and where in its entry. */
export interface ItemWrite {
  readonly at: string;
  readonly ordinal: number;
}

/**
 * Writes an item, whole, unless a later write or removal is there already. Writes commute: whatever the order they arrive
 * in, the newest content wins and the oldest place on the grid is kept.
 */
export function putItem(database: Database, item: Item, { at, ordinal }: ItemWrite): void {
  const createdMs = wallMs(at);
  const stored = storedItem(database, item.itemId);
  const removed = keepRemovedPlace(database, item.itemId, { createdMs, ordinal });
  if (stored === undefined) {
    if (removed !== undefined && removed.at > at) return;
    const place = [removed?.created_ms ?? createdMs, removed?.ordinal ?? ordinal];
    const key = prepared(database, INSERT_ITEM).run(...itemColumns(item), at, ...place).lastInsertRowid;
    addCodes(database, key, item);
    addWords(database, key, item);
    return;
  }
  prepared(
    database,
    'UPDATE item SET created_ms = ?, ordinal = ? WHERE item_key = ? AND (created_ms, ordinal) > (?, ?)',
  ).run(createdMs, ordinal, stored.item_key, createdMs, ordinal);
  if (stored.at > at) return;
  const before = JSON.parse(stored.body) as Item;
  removeCodes(database, stored.item_key, before);
  prepared(database, UPDATE_ITEM).run(...itemColumns(item), at, stored.item_key);
  addCodes(database, stored.item_key, item);
  if (searchWords(before) !== searchWords(item)) {
    removeWords(database, stored.item_key, before);
    addWords(database, stored.item_key, item);
  }
}

/**
 * Takes an item off, unless it was written later. A note of it stays, so that an older write that arrives after it
 * changes nothing and a newer one brings the item back to its place.
 */
export function removeItem(database: Database, itemId: string, at: string): void {
  const stored = storedItem(database, itemId);
  prepared(
    database,
    `INSERT INTO removed_item VALUES (?, ?, NULL, NULL)
     ON CONFLICT DO UPDATE SET at = max(at, excluded.at)`,
  ).run(itemId, at);
  if (stored === undefined) return;
  keepRemovedPlace(database, itemId, { createdMs: stored.created_ms, ordinal: stored.ordinal });
  if (stored.at > at) return;
  const before = JSON.parse(stored.body) as Item;
  removeCodes(database, stored.item_key, before);
  removeWords(database, stored.item_key, before);
  prepared(database, 'DELETE FROM item WHERE item_key = ?').run(stored.item_key);
}

/** Notes the oldest place of an item that was ever removed, and says when that was and where it stood. */
function keepRemovedPlace(
  database: Database,
  itemId: string,
  { createdMs, ordinal }: { readonly createdMs: number; readonly ordinal: number },
): RemovedItem | undefined {
  prepared(
    database,
    `UPDATE removed_item SET created_ms = ?, ordinal = ?
     WHERE item_id = ? AND (created_ms IS NULL OR (created_ms, ordinal) > (?, ?))`,
  ).run(createdMs, ordinal, itemId, createdMs, ordinal);
  return prepared(database, 'SELECT at, created_ms, ordinal FROM removed_item WHERE item_id = ?').get(itemId) as
    RemovedItem | undefined;
}

interface RemovedItem {
  readonly at: string;
  readonly created_ms: number | null;
  readonly ordinal: number | null;
}

function storedItem(database: Database, itemId: string): StoredItem | undefined {
  return prepared(database, 'SELECT item_key, at, created_ms, ordinal, body FROM item WHERE item_id = ?').get(
    itemId,
  ) as StoredItem | undefined;
}

interface StoredItem {
  readonly item_key: number;
  readonly at: string;
  readonly created_ms: number;
  readonly ordinal: number;
  readonly body: string;
}

const INSERT_ITEM = `
  INSERT INTO item (item_id, handle, name, category, photo, wall, plank, pricing, price_minor, price_varies, stock,
    variant_count, only_variant_id, body, at, created_ms, ordinal)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE_ITEM = `
  UPDATE item SET item_id = ?, handle = ?, name = ?, category = ?, photo = ?, wall = ?, plank = ?, pricing = ?,
    price_minor = ?, price_varies = ?, stock = ?, variant_count = ?, only_variant_id = ?, body = ?, at = ?
  WHERE item_key = ?`;

function itemColumns(item: Item): (string | number | null)[] {
  const { variants } = item;
  const first = variants[0];
  if (first === undefined) throw new Error(`item ${item.itemId} has no variant`);
  const prices = variants.map((variant) => variant.priceMinor);
  const lowestMinor = Math.min(...prices);
  const counted = variants.flatMap(({ stock }) => (stock === null ? [] : [stock]));
  return [
    item.itemId,
    item.handle,
    item.name,
    item.category,
    item.photo,
    item.backdrop.wall,
    item.backdrop.plank,
    first.pricing,
    lowestMinor,
    Math.max(...prices) === lowestMinor ? 0 : 1,
    counted.length === 0 ? null : counted.reduce((sum, stock) => sum + stock, 0),
    variants.length,
    variants.length === 1 ? first.variantId : null,
    JSON.stringify(item),
  ];
}

/** The item number an in-store label carries: a SKU of letters and some digits, `PLU00031`, or the digits alone. */
function itemNumber(sku: string): string | null {
  return /^\D*(\d{2,8})$/.exec(sku)?.[1] ?? null;
}

function addCodes(database: Database, key: number | bigint, item: Item): void {
  const variantRow = prepared(database, 'INSERT OR REPLACE INTO variant VALUES (?, ?, ?, ?, ?, ?)');
  const barcodeRow = prepared(database, 'INSERT OR IGNORE INTO barcode VALUES (?, ?, ?)');
  item.variants.forEach((variant, position) => {
    const { variantId, sku, stock } = variant;
    variantRow.run(variantId, key, position, sku, itemNumber(sku), stock === null ? 0 : 1);
    for (const code of variant.barcodes) barcodeRow.run(code, key, position);
  });
}

function removeCodes(database: Database, key: number, item: Item): void {
  item.variants.forEach((variant, position) => {
    prepared(database, 'DELETE FROM variant WHERE variant_id = ? AND item_key = ?').run(variant.variantId, key);
    for (const code of variant.barcodes) {
      prepared(database, 'DELETE FROM barcode WHERE code = ? AND item_key = ? AND position = ?').run(
        code,
        key,
        position,
      );
    }
  });
}

function addWords(database: Database, key: number | bigint, item: Item): void {
  prepared(database, 'INSERT INTO item_search (rowid, words) VALUES (?, ?)').run(key, searchWords(item));
}

function removeWords(database: Database, key: number | bigint, item: Item): void {
  // The index keeps no text of its own, so it is told what to take out.
  prepared(database, `INSERT INTO item_search (item_search, rowid, words) VALUES ('delete', ?, ?)`).run(
    key,
    searchWords(item),
  );
}

/** Every word an item is found by, each once, with the first of its name also marked as such. */
function searchWords({ name, category, variants }: Item): string {
  const nameWords = foldWords(name);
  const words = new Set(nameWords[0] === undefined ? [] : [START_MARK + nameWords[0], ...nameWords]);
  const variantText = variants.map((variant) => `${variant.name} ${variant.sku} ${variant.barcodes.join(' ')}`);
  for (const word of foldWords(`${category} ${variantText.join(' ')}`)) words.add(word);
  return [...words].join(' ');
}

/** Items handled by one call of `projectBacklog`: keeps each transaction well under what a screen notices. */
export const SLICE_ITEMS = 250;

/** Room for the items of one part between the places of two parts. */
const PART_STRIDE = 100_000;

/**
 * Projects the next slice of the oldest committed import. Items carry the instant of the commit, so an edit made since
 * then wins. Call inside a transaction, in a database that has the journal.
 * @param onUnreadable hears of a part that cannot be read; the others are applied
 * @returns whether more is left
 */
export function projectBacklog(database: Database, onUnreadable: (part: UnreadableEntry) => void): boolean {
  const backlog = prepared(database, 'SELECT * FROM import_backlog ORDER BY at LIMIT 1').get() as
    BacklogRow | undefined;
  if (backlog === undefined) return false;
  let seq = backlog.next_seq;
  let from = backlog.next_item;
  let left = SLICE_ITEMS;
  while (left > 0 && seq <= backlog.last_seq) {
    const items = itemsOfPart(database, backlog, seq, onUnreadable);
    const slice = items.slice(from, from + left);
    slice.forEach((item, index) => {
      putItem(database, item, { at: backlog.at, ordinal: (seq - backlog.first_seq) * PART_STRIDE + from + index });
    });
    left -= slice.length;
    from += slice.length;
    if (from >= items.length) {
      seq += 1;
      from = 0;
    }
  }
  if (seq <= backlog.last_seq) {
    prepared(database, 'UPDATE import_backlog SET next_seq = ?, next_item = ? WHERE import_id = ?').run(
      seq,
      from,
      backlog.import_id,
    );
    return true;
  }
  prepared(database, 'DELETE FROM import_backlog WHERE import_id = ?').run(backlog.import_id);
  return prepared(database, 'SELECT 1 FROM import_backlog LIMIT 1').get() !== undefined;
}

interface BacklogRow {
  readonly import_id: string;
  readonly device: string;
  readonly at: string;
  readonly first_seq: number;
  readonly next_seq: number;
  readonly next_item: number;
  readonly last_seq: number;
}

/** The items of one part, or none when the entry is another's: sales go on between the parts. */
function itemsOfPart(
  database: Database,
  backlog: BacklogRow,
  seq: number,
  onUnreadable: (part: UnreadableEntry) => void,
): readonly Item[] {
  const row = journalEntry(database, backlog.device, seq);
  if (row?.kind !== 'catalogue.import-part') return [];
  const read = readEntry(row);
  if (!read.ok) {
    onUnreadable(read.unreadable);
    return [];
  }
  const part = read.entry.body as EntryBody<'catalogue.import-part'>;
  return part.importId === backlog.import_id ? part.items : [];
}
