import type { Database } from 'better-sqlite3';
import type { Hold, HoldEndReason, KnownHold } from '../../domain/hold';
import { prepared } from '../../journal/statements';

interface HoldRow {
  readonly holdId: string;
  readonly device: string;
  readonly body: string;
  readonly expiresAt: string;
  readonly timesAsked: number;
  readonly endedAt: string | null;
  readonly reason: HoldEndReason | null;
  readonly orderIds: string;
}

const KNOWN_HOLDS = `
  SELECT hold.hold_id AS holdId, device, body, max(hold.expires_at, coalesce(hold_extended.expires_at, '')) AS expiresAt,
    coalesce(times_asked, 0) AS timesAsked, ended_at AS endedAt, reason,
    (SELECT json_group_array(order_id) FROM hold_sold WHERE hold_sold.hold_id = hold.hold_id) AS orderIds
  FROM hold LEFT JOIN hold_extended USING (hold_id) LEFT JOIN hold_end USING (hold_id)`;

/** Reads what was put aside for shoppers. */
export class HoldReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Every hold that lasts, or lasted, beyond a UTC instant; those that run out first stand first. */
  since(instant: string): KnownHold[] {
    const rows = prepared(
      this.#database,
      `${KNOWN_HOLDS} WHERE hold.expires_at > @instant
         OR hold.hold_id IN (SELECT hold_id FROM hold_extended WHERE expires_at > @instant)
       ORDER BY expiresAt, holdId`,
    ).all({ instant }) as HoldRow[];
    return rows.map(known);
  }

  get(holdId: string): KnownHold | null {
    const row = prepared(this.#database, `${KNOWN_HOLDS} WHERE hold.hold_id = ?`).get(holdId) as HoldRow | undefined;
    return row === undefined ? null : known(row);
  }

  /** Orders that sold a hold, also one that was never heard of here. */
  ordersOf(holdId: string): string[] {
    return prepared(this.#database, 'SELECT order_id FROM hold_sold WHERE hold_id = ? ORDER BY order_id')
      .pluck()
      .all(holdId) as string[];
  }
}

function known({ device, body, expiresAt, timesAsked, endedAt, reason, orderIds }: HoldRow): KnownHold {
  return {
    hold: JSON.parse(body) as Hold,
    deviceId: device,
    expiresAt,
    timesAsked,
    end: endedAt === null || reason === null ? null : { at: endedAt, reason },
    orderIds: JSON.parse(orderIds) as string[],
  };
}
