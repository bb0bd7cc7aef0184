import type { QuarantineCause } from '../../exchange/exchange-store';
import type { Database } from '../database';

/** A stall at a glance. */
export interface StallGlance {
  readonly stallId: string;
  readonly name: string;
  readonly devices: number;
  readonly entries: number;
  readonly lastSyncAt: Date | null;
  /** What its devices said they still have to hand over. */
  readonly queued: number;
  readonly oldestQueuedAt: Date | null;
  /** Devices that need a person: refused, or with errors of their own. */
  readonly troubled: number;
  readonly aside: number;
}

export function glanceAtStalls(database: Database): Promise<readonly StallGlance[]> {
  return database.query<StallGlance>({
    name: 'operator-stalls',
    text: `SELECT stall.stall_id AS "stallId", stall.name, feed_seq AS entries, count(device_id) AS devices,
  max(last_sync_at) AS "lastSyncAt", coalesce(sum((status ->> 'queued')::bigint), 0)::bigint AS queued,
  min((status ->> 'oldestQueuedAt')::timestamptz) AS "oldestQueuedAt",
  count(*) FILTER (WHERE refused_code IS NOT NULL OR jsonb_array_length(status -> 'errors') > 0) AS troubled,
  (SELECT count(*) FROM quarantine q WHERE q.stall_id = stall.stall_id AND resolution IS NULL) AS aside
FROM stall LEFT JOIN device ON device.stall_id = stall.stall_id AND revoked_at IS NULL
GROUP BY stall.stall_id ORDER BY stall.name, stall.stall_id`,
  });
}

/** An entry that stands aside, or was decided about. */
export interface AsideRow {
  readonly stallId: string;
  readonly stallName: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly prefix: string;
  readonly seq: number;
  readonly cause: QuarantineCause;
  readonly detail: string;
  readonly notedAt: Date;
  readonly resolution: 'accepted' | 'set-aside' | null;
  readonly kind: string;
  readonly at: string;
  /** The beginning of its content. */
  readonly body: string;
}

const SHOWN_BODY_LETTERS = 4_000;
const SHOWN_ASIDE = 100;

/** Entries that stand aside, open ones first; of one stall, or the open ones of all. */
export function readAside(database: Database, stallId: string | null): Promise<readonly AsideRow[]> {
  return database.query<AsideRow>(
    {
      name: 'operator-aside',
      text: `SELECT stall_id AS "stallId", stall.name AS "stallName", device_id AS "deviceId", device.name AS "deviceName",
  prefix, seq, cause, detail, noted_at AS "notedAt", resolution, kind, at, left(body, ${SHOWN_BODY_LETTERS}) AS body
FROM quarantine JOIN entry USING (stall_id, device_id, seq) JOIN device USING (stall_id, device_id) JOIN stall USING (stall_id)
WHERE $1::text = stall_id OR $1 IS NULL AND resolution IS NULL
ORDER BY resolution IS NOT NULL, noted_at DESC, seq LIMIT ${SHOWN_ASIDE}`,
    },
    [stallId],
  );
}

/** The first entry of a chain that was offered under the name of a device that writes another. */
export interface ForkRow {
  readonly deviceId: string;
  readonly seq: number;
  readonly seenAt: Date;
  readonly broughtBy: string;
  readonly entry: string;
}

export function readForks(database: Database, stallId: string): Promise<readonly ForkRow[]> {
  return database.query<ForkRow>(
    {
      name: 'operator-forks',
      text: `SELECT device_id AS "deviceId", seq, seen_at AS "seenAt", brought_by AS "broughtBy",
  left(entry, ${SHOWN_BODY_LETTERS}) AS entry
FROM fork WHERE stall_id = $1 ORDER BY seen_at DESC LIMIT ${SHOWN_ASIDE}`,
    },
    [stallId],
  );
}

export async function stallName(database: Database, stallId: string): Promise<string | null> {
  const [row] = await database.query<{ name: string }>(
    { name: 'operator-stall-name', text: 'SELECT name FROM stall WHERE stall_id = $1' },
    [stallId],
  );
  return row?.name ?? null;
}
