import { randomUUID } from 'node:crypto';
import { examineEntries } from '../exchange/entry-check';
import { Refusal, type DeviceStatus } from '../exchange/exchange-store';
import { ENTRY_KINDS } from '../journal/kinds';
import type { WireEntry } from '../shared/exchange';
import type { Database } from './database';

/** What the operator decides about stalls, devices and entries that stand aside. */

export interface StallRow {
  readonly stallId: string;
  readonly name: string;
  readonly devices: number;
  readonly entries: number;
}

/** Adds a stall. @returns its id, until a device joins that sells for one already */
export async function addStall(database: Database, name: string): Promise<string> {
  const stallId = randomUUID();
  await database.query({ name: 'add-stall', text: 'INSERT INTO stall (stall_id, name) VALUES ($1, $2)' }, [
    stallId,
    name,
  ]);
  return stallId;
}

export function listStalls(database: Database): Promise<readonly StallRow[]> {
  return database.query<StallRow>({
    name: 'list-stalls',
    text: `SELECT stall_id AS "stallId", name, feed_seq AS entries,
  (SELECT count(*) FROM device WHERE device.stall_id = stall.stall_id) AS devices
FROM stall ORDER BY name, stall_id`,
  });
}

export interface DeviceRow {
  readonly deviceId: string;
  readonly name: string;
  readonly prefix: string;
  readonly entries: number;
  readonly lastSyncAt: Date | null;
  readonly revokedAt: Date | null;
  /** What it said of itself last. */
  readonly status: DeviceStatus | null;
  /** The last batch that was refused since its last good exchange: `gap` or `forked`. */
  readonly refusedCode: string | null;
}

export function listDevices(database: Database, stallId: string): Promise<readonly DeviceRow[]> {
  return database.query<DeviceRow>(
    {
      name: 'list-devices',
      text: `SELECT device_id AS "deviceId", name, prefix, head_seq AS entries, last_sync_at AS "lastSyncAt",
  revoked_at AS "revokedAt", status, refused_code AS "refusedCode"
FROM device WHERE stall_id = $1 ORDER BY enrolled_at, device_id`,
    },
    [stallId],
  );
}

/** Shuts a device out: from now on it gets no token, and the one it has opens nothing. */
export async function revokeDevice(database: Database, stallId: string, deviceId: string): Promise<void> {
  const rows = await database.query(
    {
      name: 'revoke-device',
      text: `UPDATE device SET revoked_at = coalesce(revoked_at, now()) WHERE stall_id = $1 AND device_id = $2
RETURNING device_id`,
    },
    [stallId, deviceId],
  );
  if (rows.length === 0) throw new Refusal('not-found', 'There is no such device at this stall.');
}

/** Decides about an entry that stands aside: whether what it says counts. It stays in its chain either way. */
export async function resolveQuarantine(
  database: Database,
  entry: { readonly stallId: string; readonly deviceId: string; readonly seq: number },
  resolution: 'accepted' | 'set-aside',
): Promise<void> {
  const rows = await database.query(
    {
      name: 'resolve-quarantine',
      text: `UPDATE quarantine SET resolution = $4, resolved_at = now()
WHERE stall_id = $1 AND device_id = $2 AND seq = $3 RETURNING seq`,
    },
    [entry.stallId, entry.deviceId, entry.seq, resolution],
  );
  if (rows.length === 0) throw new Refusal('not-found', 'No such entry stands aside.');
}

/**
 * Lets entries count that stood aside because an older hub did not know their kind, and this one does. What is found wrong with
 * them now is what they stand aside for from now on.
 */
export async function acceptUnderstood(database: Database, now: Date): Promise<void> {
  const rows = await database.query<WireEntry & { readonly stallId: string }>(
    {
      name: 'unknown-kinds',
      text: `SELECT stall_id AS "stallId", device_id AS device, seq, entry_id AS id, kind, at, event, actor, body, prev, hash
FROM quarantine JOIN entry USING (stall_id, device_id, seq)
WHERE cause = 'unknown-kind' AND resolution IS NULL AND kind = ANY ($1)`,
    },
    [Object.keys(ENTRY_KINDS)],
  );
  for (const { stallId, ...entry } of rows) {
    const [finding] = examineEntries([entry], entry.prev, now.getTime());
    await database.query(
      {
        name: 'accept-understood',
        text: `UPDATE quarantine SET cause = coalesce($4, cause), detail = coalesce($5, detail),
  resolution = CASE WHEN $4::text IS NULL THEN 'accepted' END, resolved_at = CASE WHEN $4::text IS NULL THEN now() END
WHERE stall_id = $1 AND device_id = $2 AND seq = $3 AND resolution IS NULL`,
      },
      [stallId, entry.device, entry.seq, finding?.cause ?? null, finding?.detail ?? null],
    );
  }
}
