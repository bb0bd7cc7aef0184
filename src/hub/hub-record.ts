import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
} from 'node:crypto';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { nextEpoch } from '../exchange/epoch';
import type { ServerIdentity } from '../exchange/routes';
import type { Database, Sql } from './database';

/** Held while the hub's one row, its epochs or its tables are made. */
const RECORD_LOCK = 0x7472_6864;

/** Which cluster this is, and which line of its history: `system identifier/timeline`. */
const DATABASE_IDENTITY = `(SELECT system_identifier FROM pg_control_system()) || '/' ||
  left(pg_walfile_name(pg_current_wal_lsn()), 8)`;

interface HubRow {
  readonly server_id: string;
  readonly private_key: string;
  readonly public_key: string;
  readonly secret: Buffer;
  readonly carry_identity: string | null;
}

export interface HubIdentity extends ServerIdentity {
  /** With which carried files are opened (age, X25519). */
  readonly carryIdentity: string;
}

/** Who this hub is: made with its database, and the same for every process that serves it. */
export async function loadIdentity(client: Sql): Promise<HubIdentity> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  await client.query('SELECT pg_advisory_lock($1)', [RECORD_LOCK]);
  try {
    await client.query(
      `INSERT INTO hub (server_id, private_key, public_key, secret, database_identity)
VALUES ($1, $2, $3, $4, ${DATABASE_IDENTITY}) ON CONFLICT DO NOTHING`,
      [
        randomUUID(),
        privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
        publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        randomBytes(32),
      ],
    );
    await client.query(`INSERT INTO epoch (epoch, cause) VALUES (1, 'new') ON CONFLICT DO NOTHING`);
    const { rows } = await client.query<HubRow>(
      'SELECT server_id, private_key, public_key, secret, carry_identity FROM hub',
    );
    const row = rows[0];
    if (!row) throw new Error('the hub has no row of its own');
    const carryIdentity = row.carry_identity ?? (await generateIdentity());
    if (row.carry_identity === null) await client.query('UPDATE hub SET carry_identity = $1', [carryIdentity]);
    const key = createPrivateKey({ key: Buffer.from(row.private_key, 'base64'), format: 'der', type: 'pkcs8' });
    return {
      serverId: row.server_id,
      role: 'hub',
      publicKey: row.public_key,
      recipient: await identityToRecipient(carryIdentity),
      carryIdentity,
      sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
      secret: row.secret,
    };
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [RECORD_LOCK]);
  }
}

/**
 * Notices that the database is another one than last time: restored into another cluster (system identifier), or brought back
 * or promoted from a copy (timeline). What a standby did not have yet may be missing then, so a new epoch begins; where
 * nothing is missing it costs each device one look at the heads.
 * @returns the new epoch, or null
 */
export async function noticeOtherDatabase(client: Sql): Promise<number | null> {
  // Read under the row's lock: several processes find a new primary at the same time.
  await client.query('BEGIN');
  try {
    const { rows } = await client.query<{ then: string | null; now: string }>(
      `SELECT database_identity AS then, ${DATABASE_IDENTITY} AS now FROM hub FOR UPDATE`,
    );
    const identity = rows[0];
    let epoch: number | null = null;
    if (identity && identity.then !== identity.now) {
      await client.query('UPDATE hub SET database_identity = $1', [identity.now]);
      if (identity.then !== null) epoch = await beginEpoch(client, 'another-database');
    }
    await client.query('COMMIT');
    return epoch;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * Begins a new epoch within a transaction, and notes where every feed ends: up to there older cursors still hold.
 * @returns its number
 */
export async function beginEpoch(client: Sql, cause: string): Promise<number> {
  // Nobody writes to a feed meanwhile.
  await client.query('LOCK TABLE stall IN EXCLUSIVE MODE');
  const { rows } = await client.query<{ epoch: number }>('SELECT max(epoch) AS epoch FROM epoch');
  const epoch = nextEpoch(rows[0]?.epoch ?? 0);
  await client.query('INSERT INTO epoch (epoch, cause) VALUES ($1, $2)', [epoch, cause]);
  await client.query('INSERT INTO epoch_start (stall_id, epoch, feed_seq) SELECT stall_id, $1, feed_seq FROM stall', [
    epoch,
  ]);
  return epoch;
}

/** Gives the hub a new operator's token, of which only the hash is kept. */
export async function newOperatorToken(database: Database, onlyWhenNone: boolean): Promise<string | null> {
  const token = randomBytes(24).toString('base64url');
  const rows = await database.query<{ one: boolean }>(
    {
      name: 'new-operator-token',
      text: `UPDATE hub SET operator_token_hash = $1 WHERE NOT $2 OR operator_token_hash IS NULL RETURNING one`,
    },
    [tokenHash(token), onlyWhenNone],
  );
  return rows.length > 0 ? token : null;
}

export async function isOperatorToken(database: Database, token: string): Promise<boolean> {
  const hash = await operatorTokenHash(database);
  return hash !== null && timingSafeEqual(Buffer.from(hash), Buffer.from(tokenHash(token)));
}

export async function operatorTokenHash(database: Database): Promise<string | null> {
  const [row] = await database.query<{ hash: string | null }>({
    name: 'operator-token',
    text: 'SELECT operator_token_hash AS hash FROM hub',
  });
  return row?.hash ?? null;
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
