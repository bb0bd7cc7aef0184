import type { Database } from 'better-sqlite3';

/** Grows with every change of a table below or of what the projector writes; another value at start means a replay. */
export const READ_MODEL_VERSION = 22;

/**
 * The tables projected from the journal. Nothing is kept here that a replay would not bring back.
 *
 * Entries of one device come in its order, those of several devices in any: a row that another device's entry speaks of may
 * not be there yet. So whatever two devices may write about one thing is kept so that the order makes no difference: as
 * instants of which the newest or oldest wins, as sums, or as rows of their own that are joined when somebody asks.
 *
 * `item.created_ms, ordinal` is where an item stands on the grid: when it was first written and where in its entry.
 * `item.at` is the hybrid instant of its last write, which decides between writers. `item.stock` is what was counted then;
 * what is on hand is that less what `sold` says went over the table since.
 * `removed_item` says when an item was taken off last, and its oldest place if it comes back.
 * `placed_order` has no body of its own: entry `entry_seq` of its device is the order, and is immutable. A sale is
 * written once; flags and copies are rows of their own. Its `order_key` follows the instant it was placed at, so that
 * orders which arrive late stand where they belong.
 * `shelf_label.price_minor` is null once the label was taken down.
 * `clip.body` is null once the clip was removed; `first_at` is when it was first put.
 * `playlist.body` is null once the playlist was removed.
 * `hold_gift` has what one till sold of what another had put aside.
 * `price_rule.body` is null once the rule was removed. `price_log` names the entries that change a price or take something
 * off one. `drop_sold` has what one order sold of a drop.
 */
const TABLES = `
CREATE TABLE stall (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE device (
  device_id TEXT PRIMARY KEY, prefix TEXT NOT NULL, public_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device_fork (
  former_device TEXT NOT NULL, device TEXT NOT NULL, from_seq INTEGER NOT NULL, entries INTEGER NOT NULL,
  PRIMARY KEY (former_device, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE takeover (
  former_device TEXT NOT NULL, at TEXT NOT NULL, device TEXT NOT NULL, is_drill INTEGER NOT NULL,
  heard_seq INTEGER NOT NULL, checks TEXT NOT NULL,
  PRIMARY KEY (former_device, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE handed_back (
  former_device TEXT NOT NULL, at TEXT NOT NULL, device TEXT NOT NULL,
  PRIMARY KEY (former_device, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
  staff_id TEXT PRIMARY KEY, role TEXT, role_at TEXT, added_at TEXT, removed_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE signed_on (device TEXT PRIMARY KEY, staff_id TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE shift (
  shift_id TEXT PRIMARY KEY, device TEXT, opened_at TEXT, is_open INTEGER NOT NULL,
  body TEXT, close TEXT, close_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE shift_total (
  shift_id TEXT NOT NULL, device TEXT NOT NULL, totals TEXT NOT NULL, PRIMARY KEY (shift_id, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX shift_open ON shift (device, opened_at) WHERE is_open = 1;

CREATE TABLE shift_reconciled (
  shift_id TEXT NOT NULL, at TEXT NOT NULL, server_id TEXT NOT NULL, order_count INTEGER NOT NULL,
  total_minor INTEGER NOT NULL, orders_hash TEXT NOT NULL, mended INTEGER NOT NULL,
  PRIMARY KEY (shift_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE parked_cart (
  parked_cart_id TEXT PRIMARY KEY, cart_id TEXT NOT NULL, device TEXT NOT NULL, parked_at TEXT NOT NULL, actor TEXT,
  label TEXT, cart TEXT, payment TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE unparked_cart (
  parked_cart_id TEXT NOT NULL, device TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (parked_cart_id, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE tender (
  tender_id TEXT PRIMARY KEY, state TEXT NOT NULL, device TEXT, payment_id TEXT, cart_id TEXT, provider TEXT,
  amount_minor INTEGER, started_at TEXT
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
  cart_id TEXT NOT NULL,
  unsettled INTEGER NOT NULL,
  words TEXT NOT NULL,
  entry_seq INTEGER NOT NULL,
  entry_device TEXT NOT NULL,
  recovered_at TEXT,
  UNIQUE (sequence, device)
) STRICT;

CREATE TABLE order_flag (
  order_id TEXT NOT NULL, at TEXT NOT NULL, flag TEXT NOT NULL, cause TEXT NOT NULL, instant TEXT NOT NULL, hub TEXT,
  PRIMARY KEY (order_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_copy (order_id TEXT PRIMARY KEY, copies INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE stock_division (
  item_id TEXT NOT NULL, variant_id TEXT NOT NULL, at TEXT NOT NULL, shares TEXT NOT NULL,
  PRIMARY KEY (item_id, variant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_gift (
  item_id TEXT NOT NULL, variant_id TEXT NOT NULL, at TEXT NOT NULL,
  device TEXT NOT NULL, to_device TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (item_id, variant_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE shelf_label (
  variant_id TEXT PRIMARY KEY, item_id TEXT NOT NULL, at TEXT NOT NULL, price_minor INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE clip (clip TEXT PRIMARY KEY, at TEXT NOT NULL, first_at TEXT, body TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE playlist (playlist_id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE hold (
  hold_id TEXT PRIMARY KEY, at TEXT NOT NULL, device TEXT NOT NULL, expires_at TEXT NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_expires ON hold (expires_at);

CREATE TABLE hold_extended (
  hold_id TEXT PRIMARY KEY, expires_at TEXT NOT NULL, times_asked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hold_end (
  hold_id TEXT PRIMARY KEY, ended_at TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hold_sold (
  hold_id TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (hold_id, order_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hold_gift (
  item_id TEXT NOT NULL, variant_id TEXT NOT NULL, at TEXT NOT NULL,
  device TEXT NOT NULL, to_device TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (item_id, variant_id, at, device)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE price_rule (
  rule_id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT, set_id TEXT, set_version INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE price_rule_set (
  set_id TEXT PRIMARY KEY, version INTEGER NOT NULL, at TEXT NOT NULL, rule_count INTEGER NOT NULL, name TEXT NOT NULL,
  signed_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE price_policy (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE price_place (device TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE price_observation (
  variant_id TEXT PRIMARY KEY, item_id TEXT NOT NULL, source TEXT NOT NULL, observed_ms INTEGER NOT NULL, at TEXT NOT NULL,
  price_minor INTEGER, stock INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE price_feed (source TEXT PRIMARY KEY, observed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE price_log (
  at TEXT PRIMARY KEY, device TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sale_drop (drop_id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE drop_end (
  drop_id TEXT PRIMARY KEY, ended_at TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE drop_gift (
  drop_id TEXT NOT NULL, at TEXT NOT NULL, device TEXT NOT NULL, to_device TEXT NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (drop_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE drop_sold (
  drop_id TEXT NOT NULL, at TEXT NOT NULL, pieces INTEGER NOT NULL, revenue_minor INTEGER NOT NULL,
  saved_minor INTEGER NOT NULL, PRIMARY KEY (drop_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE drop_template (template_id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT) STRICT, WITHOUT ROWID;

CREATE TABLE price_test (test_id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE price_test_switch (
  test_id TEXT NOT NULL, at TEXT NOT NULL, switched_at TEXT NOT NULL, is_on INTEGER NOT NULL, cause TEXT NOT NULL,
  PRIMARY KEY (test_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE price_test_note (
  test_id TEXT NOT NULL, note_id TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (test_id, note_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE price_test_read_out (
  test_id TEXT NOT NULL, look_round INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (test_id, look_round)
) STRICT, WITHOUT ROWID;

CREATE TABLE price_test_stop (
  test_id TEXT PRIMARY KEY, stopped_at TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE advice (advice_id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX advice_at ON advice (at);

CREATE TABLE advice_answer (
  advice_id TEXT PRIMARY KEY, at TEXT NOT NULL, answer TEXT, rule_id TEXT, adjustment TEXT, rule TEXT, rule_until TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX advice_rule ON advice_answer (rule_until) WHERE rule IS NOT NULL;

CREATE TABLE advice_wishes (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE footfall_count (
  from_at TEXT NOT NULL, at TEXT NOT NULL, to_at TEXT NOT NULL, source TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (from_at, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE footfall_calibration (at TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

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
  device_fork: 'SELECT * FROM device_fork ORDER BY former_device, device',
  takeover: 'SELECT * FROM takeover ORDER BY former_device, at',
  handed_back: 'SELECT * FROM handed_back ORDER BY former_device, at',
  staff: 'SELECT * FROM staff ORDER BY staff_id',
  signed_on: 'SELECT * FROM signed_on ORDER BY device',
  shift: 'SELECT * FROM shift ORDER BY shift_id',
  shift_total: 'SELECT * FROM shift_total ORDER BY shift_id, device',
  shift_reconciled: 'SELECT * FROM shift_reconciled ORDER BY shift_id, at',
  parked_cart: 'SELECT * FROM parked_cart ORDER BY parked_cart_id',
  unparked_cart: 'SELECT * FROM unparked_cart ORDER BY parked_cart_id, device',
  tender: 'SELECT * FROM tender ORDER BY tender_id',
  placed_order: `SELECT order_id, device, sequence, number, placed_at, total_minor, staff_id, shift_id, cart_id, unsettled,
      words, entry_seq, entry_device, recovered_at FROM placed_order ORDER BY order_id`,
  order_flag: 'SELECT * FROM order_flag ORDER BY order_id, at',
  receipt_copy: 'SELECT * FROM receipt_copy ORDER BY order_id',
  stock_division: 'SELECT * FROM stock_division ORDER BY item_id, variant_id',
  stock_gift: 'SELECT * FROM stock_gift ORDER BY item_id, variant_id, at',
  shelf_label: 'SELECT * FROM shelf_label ORDER BY variant_id',
  clip: 'SELECT * FROM clip ORDER BY clip',
  playlist: 'SELECT * FROM playlist ORDER BY playlist_id',
  hold: 'SELECT * FROM hold ORDER BY hold_id',
  hold_extended: 'SELECT * FROM hold_extended ORDER BY hold_id',
  hold_end: 'SELECT * FROM hold_end ORDER BY hold_id',
  hold_sold: 'SELECT * FROM hold_sold ORDER BY hold_id, order_id',
  hold_gift: 'SELECT * FROM hold_gift ORDER BY item_id, variant_id, at, device',
  item: `SELECT item_id, handle, name, category, photo, wall, plank, pricing, price_minor, price_varies, stock,
      variant_count, only_variant_id, at, created_ms, ordinal, body FROM item ORDER BY item_id`,
  removed_item: 'SELECT * FROM removed_item ORDER BY item_id',
  variant: `SELECT variant_id, item_id, position, sku, item_number, is_counted FROM variant JOIN item USING (item_key)
      ORDER BY variant_id, item_id`,
  barcode: `SELECT code, item_id, position FROM barcode JOIN item USING (item_key) ORDER BY code, item_id, position`,
  sold: 'SELECT * FROM sold ORDER BY item_id, variant_id, at',
  price_rule: 'SELECT * FROM price_rule ORDER BY rule_id',
  price_rule_set: 'SELECT * FROM price_rule_set ORDER BY set_id',
  price_policy: 'SELECT * FROM price_policy',
  price_place: 'SELECT * FROM price_place ORDER BY device',
  price_observation: 'SELECT * FROM price_observation ORDER BY variant_id',
  price_feed: 'SELECT * FROM price_feed ORDER BY source',
  price_log: 'SELECT * FROM price_log ORDER BY at',
  sale_drop: 'SELECT * FROM sale_drop ORDER BY drop_id',
  drop_end: 'SELECT * FROM drop_end ORDER BY drop_id',
  drop_gift: 'SELECT * FROM drop_gift ORDER BY drop_id, at',
  drop_sold: 'SELECT * FROM drop_sold ORDER BY drop_id, at',
  drop_template: 'SELECT * FROM drop_template ORDER BY template_id',
  price_test: 'SELECT * FROM price_test ORDER BY test_id',
  price_test_switch: 'SELECT * FROM price_test_switch ORDER BY test_id, at',
  price_test_note: 'SELECT * FROM price_test_note ORDER BY test_id, note_id',
  price_test_read_out: 'SELECT * FROM price_test_read_out ORDER BY test_id, look_round',
  price_test_stop: 'SELECT * FROM price_test_stop ORDER BY test_id',
  advice: 'SELECT * FROM advice ORDER BY advice_id',
  advice_answer: 'SELECT * FROM advice_answer ORDER BY advice_id',
  advice_wishes: 'SELECT * FROM advice_wishes',
  footfall_count: 'SELECT * FROM footfall_count ORDER BY from_at, at',
  footfall_calibration: 'SELECT * FROM footfall_calibration ORDER BY at',
  import_backlog: 'SELECT * FROM import_backlog ORDER BY import_id',
  item_search: 'SELECT term, item_id FROM temp.item_search_terms JOIN item ON item_key = doc ORDER BY term, item_id',
};

export const READ_MODEL_TABLES: readonly string[] = Object.keys(DUMPS);

/** What older versions had. */
const FORMER_TABLES = ['open_tender'];

/** Makes the read-model tables, empty. Call inside a transaction. */
export function createReadModels(database: Database): void {
  database.exec(TABLES);
}

/** Drops the read-model tables of this or an older version. Call inside a transaction. */
export function dropReadModels(database: Database): void {
  for (const table of [...READ_MODEL_TABLES, ...FORMER_TABLES]) database.exec(`DROP TABLE IF EXISTS ${table}`);
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
