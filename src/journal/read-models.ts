import type { Database } from 'better-sqlite3';

/** Grows with every change of a table below or of what the projector writes; another value at start means a replay. */
export const READ_MODEL_VERSION = 7;

/**
 * The tables projected from the journal. Nothing is kept here that a replay would not bring back.
 *
 * `item.created_ms, ordinal` is where an item stands on the grid: when it was first written and where in its entry.
 * `item.at` is the hybrid instant of its last write, which decides between writers. `item.stock` is what was counted then;
 * what is on hand is that less what `sold` says went over the table since.
 * `removed_item` says when an item was taken off last, and its oldest place if it comes back.
 * `placed_order` has no body of its own: entry `entry_seq` of its device is the order, and is immutable. A sale is
 * written once.
 */
const TABLES = `
CREATE TABLE stall (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE device (
  device_id TEXT PRIMARY KEY, prefix TEXT NOT NULL, public_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (staff_id TEXT PRIMARY KEY, role TEXT NOT NULL, added_at TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE signed_on (device TEXT PRIMARY KEY, staff_id TEXT NOT NULL, since TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE shift (
  shift_id TEXT PRIMARY KEY, device TEXT NOT NULL, opened_at TEXT NOT NULL, is_open INTEGER NOT NULL,
  body TEXT NOT NULL, totals TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX shift_open ON shift (device, opened_at) WHERE is_open = 1;

CREATE TABLE parked_cart (
  parked_cart_id TEXT PRIMARY KEY, label TEXT NOT NULL, parked_at TEXT NOT NULL, actor TEXT,
  cart TEXT NOT NULL, payment TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE open_tender (
  tender_id TEXT PRIMARY KEY, device TEXT NOT NULL, payment_id TEXT NOT NULL, cart_id TEXT NOT NULL, provider TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, state TEXT NOT NULL, started_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE placed_order (
  order_key INTEGER PRIMARY KEY,
  order_id TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  number TEXT NOT NULL,
  placed_at TEXT NOT NULL,
  total_minor INTEGER NOT NULL,
  staff_id TEXT NOT NULL,
  shift_id TEXT NOT NULL,
  flag TEXT NOT NULL,
  unsettled INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  words TEXT NOT NULL,
  entry_seq INTEGER NOT NULL,
  UNIQUE (sequence, device)
) STRICT;

CREATE TABLE item (
  item_key INTEGER PRIMARY KEY,
  item_id TEXT NOT NULL UNIQUE,
  handle TEXT NOT NULL,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  photo TEXT,
  wall TEXT NOT NULL,
  plank TEXT NOT NULL,
  pricing TEXT NOT NULL,
  price_minor INTEGER NOT NULL,
  price_varies INTEGER NOT NULL,
  stock INTEGER,
  variant_count INTEGER NOT NULL,
  only_variant_id TEXT,
  at TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX item_handle ON item (handle);
CREATE INDEX item_category ON item (category, created_ms, ordinal);
CREATE INDEX item_order ON item (created_ms, ordinal);
CREATE INDEX item_photo ON item (photo) WHERE photo IS NOT NULL;

CREATE TABLE removed_item (
  item_id TEXT PRIMARY KEY, at TEXT NOT NULL, created_ms INTEGER, ordinal INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE variant (
  variant_id TEXT NOT NULL, item_key INTEGER NOT NULL, position INTEGER NOT NULL,
  sku TEXT NOT NULL, item_number TEXT, is_counted INTEGER NOT NULL,
  PRIMARY KEY (variant_id, item_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX variant_sku ON variant (sku) WHERE sku <> '';
CREATE INDEX variant_item_number ON variant (item_number) WHERE item_number IS NOT NULL;

CREATE TABLE barcode (
  code TEXT NOT NULL, item_key INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (code, item_key, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE sold (
  item_id TEXT NOT NULL, variant_id TEXT NOT NULL, at TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (item_id, variant_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_backlog (
  import_id TEXT PRIMARY KEY, device TEXT NOT NULL, at TEXT NOT NULL,
  first_seq INTEGER NOT NULL, next_seq INTEGER NOT NULL, next_item INTEGER NOT NULL, last_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE item_search USING fts5(
  words, content='', columnsize=0, detail=none, prefix='1 2 3 4', tokenize="ascii tokenchars '^'"
);
`;

/** How the content of each table is told apart from its storage keys, which depend on the order of writing. */
const DUMPS: Readonly<Record<string, string>> = {
  stall: 'SELECT * FROM stall',
  device: 'SELECT * FROM device ORDER BY device_id',
  staff: 'SELECT * FROM staff ORDER BY staff_id',
  signed_on: 'SELECT * FROM signed_on ORDER BY device',
  shift: 'SELECT * FROM shift ORDER BY shift_id',
  parked_cart: 'SELECT * FROM parked_cart ORDER BY parked_cart_id',
  open_tender: 'SELECT * FROM open_tender ORDER BY tender_id',
  placed_order: 'SELECT * FROM placed_order ORDER BY order_key',
  item: `SELECT item_id, handle, name, category, photo, wall, plank, pricing, price_minor, price_varies, stock,
      variant_count, only_variant_id, at, created_ms, ordinal, body FROM item ORDER BY item_id`,
  removed_item: 'SELECT * FROM removed_item ORDER BY item_id',
  variant: `SELECT variant_id, item_id, position, sku, item_number, is_counted FROM variant JOIN item USING (item_key)
      ORDER BY variant_id, item_id`,
  barcode: `SELECT code, item_id, position FROM barcode JOIN item USING (item_key) ORDER BY code, item_id, position`,
  sold: 'SELECT * FROM sold ORDER BY item_id, variant_id, at',
  import_backlog: 'SELECT * FROM import_backlog ORDER BY import_id',
  item_search: 'SELECT term, item_id FROM temp.item_search_terms JOIN item ON item_key = doc ORDER BY term, item_id',
};

export const READ_MODEL_TABLES: readonly string[] = Object.keys(DUMPS);

/** Makes the read-model tables, empty. Call inside a transaction. */
export function createReadModels(database: Database): void {
  database.exec(TABLES);
}

/** Drops the read-model tables of this or an older version. Call inside a transaction. */
export function dropReadModels(database: Database): void {
  for (const table of READ_MODEL_TABLES) database.exec(`DROP TABLE IF EXISTS ${table}`);
}

/** The content of one read-model table, row by row, in an order of its own. */
export function* readModelRows(database: Database, table: string): Generator<Record<string, unknown>> {
  const sql = DUMPS[table];
  if (sql === undefined) throw new Error(`no read model is called ${table}`);
  if (table === 'item_search') {
    database.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS temp.item_search_terms USING fts5vocab('main', 'item_search', 'instance')`,
    );
  }
  yield* database.prepare(sql).iterate() as IterableIterator<Record<string, unknown>>;
}
