import type { Database } from 'better-sqlite3';
import { StoreError } from './store-error';

/**
 * The tables that are no read models: the journal itself, jobs and working state. Additive only: a step that has
 * shipped is never changed, and nothing is ever dropped or renamed, so that a newer database can still be read by what
 * made it. Read models have no steps; they are rebuilt.
 */
const STEPS: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: 'the journal',
    sql: `
CREATE TABLE journal (
  position INTEGER PRIMARY KEY,
  device TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  event TEXT,
  actor TEXT,
  body TEXT NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (device, seq)
) STRICT;

CREATE TABLE signed_head (
  device TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Facts about this file: read_model_version, catalogue_version.
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  },
  {
    what: 'jobs and working state',
    sql: `
CREATE TABLE job (
  job_key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  device_id TEXT NOT NULL,
  reference TEXT,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  attempts INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  fresh_since_ms INTEGER NOT NULL,
  not_before_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX job_reference ON job (reference) WHERE reference IS NOT NULL;
CREATE INDEX job_state ON job (state, created_at_ms);

-- The sale in progress, as JSON, in one row; its lines follow in a table of their own.
CREATE TABLE sale (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;

CREATE TABLE command_result (
  request_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, result TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Personal data: never in the journal, erasable here.
CREATE TABLE person (
  reference TEXT PRIMARY KEY, name TEXT NOT NULL, pin_hash TEXT, wrong_pins INTEGER NOT NULL, last_wrong_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
  notice_id TEXT PRIMARY KEY, code TEXT NOT NULL, detail TEXT NOT NULL, at TEXT NOT NULL
) STRICT, WITHOUT ROWID;`,
  },
  {
    what: 'the docket, line by line',
    sql: `
-- A scan into a long docket writes one line, not all of them again.
CREATE TABLE sale_line (position INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
INSERT INTO sale_line SELECT line.key, line.value FROM sale, json_each(sale.body, '$.cart.lines') AS line;
UPDATE sale SET body = json_remove(body, '$.cart.lines');`,
  },
  {
    what: 'the exchange with other devices',
    sql: `
-- A hub, or a neighbour: who it is, and how far its feed was read.
CREATE TABLE peer (
  server_id TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  address TEXT NOT NULL,
  public_key TEXT NOT NULL,
  recipient TEXT,
  stall_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  cursor TEXT NOT NULL,
  people_version INTEGER NOT NULL,
  enrolled_at TEXT NOT NULL,
  last_success_at TEXT
) STRICT, WITHOUT ROWID;

-- How much of each device a peer said it has.
CREATE TABLE peer_head (
  server_id TEXT NOT NULL, device TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (server_id, device)
) STRICT, WITHOUT ROWID;

-- Signatures of other devices, with which their entries can be passed on.
CREATE TABLE relay_head (
  device TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL,
  PRIMARY KEY (device, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE exchange_error (
  error_key INTEGER PRIMARY KEY, server_id TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, at TEXT NOT NULL
) STRICT;

-- Entries in the journal that no table shows.
CREATE TABLE unapplied_entry (
  device TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (device, seq)
) STRICT, WITHOUT ROWID;

-- When a person was changed or forgotten: the newest wins over all devices.
CREATE TABLE person_change (reference TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Which change of a person a peer was told.
CREATE TABLE peer_person (
  server_id TEXT NOT NULL, reference TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (server_id, reference)
) STRICT, WITHOUT ROWID;

-- Shifts of which a peer has something else, and what, as JSON.
CREATE TABLE shift_mismatch (
  server_id TEXT NOT NULL, shift_id TEXT NOT NULL, at TEXT NOT NULL, orders TEXT NOT NULL,
  PRIMARY KEY (server_id, shift_id)
) STRICT, WITHOUT ROWID;

-- What this device wrote under a name that another one wrote under as well, at the position it had.
CREATE TABLE forked_entry (
  position INTEGER PRIMARY KEY,
  device TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  event TEXT,
  actor TEXT,
  body TEXT NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;`,
  },
  {
    what: 'what the reason of a job is about',
    sql: 'ALTER TABLE job ADD COLUMN detail TEXT;',
  },
  {
    what: 'whom something is held for',
    sql: `
-- Personal data, kept on this device alone and not for long.
CREATE TABLE held_for (
  reference TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL, consent TEXT NOT NULL, keep_until TEXT NOT NULL
) STRICT, WITHOUT ROWID;`,
  },
];

/** The version this build writes. */
export const SCHEMA_VERSION = STEPS.length;

/** How many steps a database has behind it; 0 for a new one. */
export function schemaVersion(database: Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

/**
 * Brings a database to this build's version, all steps or none.
 * @param backUp called before the first step when there is anything to lose
 * @throws StoreError `store-too-new` for a database from a newer build
 */
export function migrate(database: Database, backUp: () => void): void {
  const version = schemaVersion(database);
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'store-too-new',
      `The store was written by a newer Trestle (store version ${version}, this one knows ${SCHEMA_VERSION}): ` +
        'install the newer version again. Nothing was changed.',
    );
  }
  if (version === SCHEMA_VERSION) return;
  if (version > 0) backUp();
  database
    .transaction(() => {
      for (const { sql } of STEPS.slice(version)) database.exec(sql);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })
    .exclusive();
}
