import type { PoolClient } from 'pg';
import { MATRIX_GOODS, MATRIX_TABLES, MATRIX_UNNAMED, OUTWARD_TABLES } from './outward-tables';

/**
 * The hub's tables. Additive only: a step that has shipped is never changed, and nothing is dropped or renamed, so that an
 * older hub process still runs beside a newer one while a cluster is updated. Every unique key begins with `stall_id`, so
 * that the tables can be spread over shards by it.
 */
const STEPS: readonly { readonly what: string; readonly sql: string }[] = [
  {
    what: 'stalls, devices and their journals',
    sql: `
-- One row: who this hub is, and on which database it was last seen.
CREATE TABLE hub (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  server_id text NOT NULL,
  private_key text NOT NULL,
  public_key text NOT NULL,
  secret bytea NOT NULL,
  operator_token_hash text,
  database_identity text
);

-- A hub restored from a backup begins a new epoch.
CREATE TABLE epoch (
  epoch integer PRIMARY KEY,
  began_at timestamptz NOT NULL DEFAULT now(),
  cause text NOT NULL
);

CREATE TABLE stall (
  stall_id text PRIMARY KEY,
  name text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  -- Place of the last entry in its feed. Taken under this row's lock, so that places are committed in their order.
  feed_seq bigint NOT NULL DEFAULT 0,
  people_version bigint NOT NULL DEFAULT 0
);

-- Where each stall's feed ended when an epoch began.
CREATE TABLE epoch_start (
  stall_id text NOT NULL,
  epoch integer NOT NULL,
  feed_seq bigint NOT NULL,
  PRIMARY KEY (stall_id, epoch)
);

CREATE TABLE device (
  stall_id text NOT NULL REFERENCES stall,
  device_id text NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  public_key text NOT NULL,
  head_seq bigint NOT NULL DEFAULT 0,
  head_hash text NOT NULL DEFAULT repeat('0', 64),
  -- Of the device it continues.
  former_device_id text,
  -- Of the neighbour that brought it, when it never enrolled here itself.
  introduced_by text,
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  last_sync_at timestamptz,
  status jsonb,
  status_at timestamptz,
  -- The last batch that was refused: 'gap' or 'forked'.
  refused_code text,
  refused_at timestamptz,
  PRIMARY KEY (stall_id, device_id)
);
CREATE INDEX device_by_id ON device (device_id);

CREATE TABLE enrol_code (
  stall_id text NOT NULL REFERENCES stall ON UPDATE CASCADE,
  code_hash text NOT NULL,
  name text NOT NULL,
  expires_at timestamptz NOT NULL,
  used_by text,
  PRIMARY KEY (stall_id, code_hash)
);
CREATE INDEX enrol_code_by_hash ON enrol_code (code_hash);

-- The journals, whole and unchanged.
CREATE TABLE entry (
  stall_id text NOT NULL,
  device_id text NOT NULL,
  seq bigint NOT NULL,
  entry_id text NOT NULL,
  kind text NOT NULL,
  at text NOT NULL,
  event text,
  actor text,
  body text NOT NULL,
  prev text NOT NULL,
  hash text NOT NULL,
  feed_seq bigint NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  -- The device's, where a batch ended.
  signature text,
  PRIMARY KEY (stall_id, device_id, seq)
);
CREATE UNIQUE INDEX entry_feed ON entry (stall_id, feed_seq);

CREATE TABLE quarantine (
  stall_id text NOT NULL,
  device_id text NOT NULL,
  seq bigint NOT NULL,
  cause text NOT NULL,
  detail text NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  resolution text CHECK (resolution IN ('accepted', 'set-aside')),
  resolved_at timestamptz,
  PRIMARY KEY (stall_id, device_id, seq)
);

-- The first entry of each other chain that was offered under a device's name.
CREATE TABLE fork (
  stall_id text NOT NULL,
  device_id text NOT NULL,
  seq bigint NOT NULL,
  hash text NOT NULL,
  -- The whole entry as it was offered.
  entry text NOT NULL,
  brought_by text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stall_id, device_id, seq, hash)
);

CREATE TABLE person (
  stall_id text NOT NULL,
  reference text NOT NULL,
  -- Null once forgotten.
  person jsonb,
  at text NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (stall_id, reference)
);
CREATE INDEX person_version ON person (stall_id, version);

CREATE TABLE photo (
  stall_id text NOT NULL,
  sha256 text NOT NULL,
  stored_bytes bigint NOT NULL DEFAULT 0,
  total_bytes bigint NOT NULL,
  PRIMARY KEY (stall_id, sha256)
);
CREATE TABLE photo_part (
  stall_id text NOT NULL,
  sha256 text NOT NULL,
  part_offset bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (stall_id, sha256, part_offset)
);
-- Photos are packed already.
ALTER TABLE photo_part ALTER COLUMN bytes SET STORAGE EXTERNAL;`,
  },
  { what: 'orders, receipts and shifts made of the journals, webhooks, connectors', sql: OUTWARD_TABLES },
  {
    what: 'whom carried files are encrypted to',
    sql: `ALTER TABLE hub ADD COLUMN carry_identity text;`,
  },
  { what: 'changes of prices and stock', sql: MATRIX_TABLES },
  {
    what: 'orders by the keys of their receipts',
    sql: `CREATE INDEX placed_order_receipt ON placed_order ((body ->> 'receiptKey'))
WHERE body ->> 'receiptKey' IS NOT NULL;`,
  },
  {
    what: 'the version each rule set was signed with last',
    sql: `CREATE TABLE signed_rule_set (set_id text PRIMARY KEY, version bigint NOT NULL);`,
  },
  { what: 'goods that were told of', sql: MATRIX_GOODS },
  { what: 'prices that changed and were not named', sql: MATRIX_UNNAMED },
];

/** The database was made by a newer hub. */
export class DatabaseFromTheFuture extends Error {
  override readonly name = 'DatabaseFromTheFuture';

  constructor(steps: number) {
    super(
      `The database was made by a newer version of the hub (step ${steps}, this one knows ${STEPS.length}): update this hub.`,
    );
  }
}

/** Any number that nobody else locks. */
const MIGRATION_LOCK = 0x7472_6873;

/**
 * Brings the tables up to date. Several processes may start at once; one does it.
 * @throws DatabaseFromTheFuture
 */
export async function migrate(client: PoolClient): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(`
CREATE TABLE IF NOT EXISTS migration (
  step integer PRIMARY KEY, what text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)`);
    const { rows } = await client.query<{ steps: number }>('SELECT coalesce(max(step), 0) AS steps FROM migration');
    const done = rows[0]?.steps ?? 0;
    if (done > STEPS.length) throw new DatabaseFromTheFuture(done);
    for (const [index, { what, sql }] of STEPS.entries()) {
      if (index < done) continue;
      await client.query(sql);
      await client.query('INSERT INTO migration (step, what) VALUES ($1, $2)', [index + 1, what]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
