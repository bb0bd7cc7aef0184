import { z } from 'zod';
import type { ShiftClose } from '../../domain/shift';
import { minorSum } from '../../shared/zod';
import type { Database } from '../database';
import { LATE_AFTER_MS } from './exports';

/** How the hub's orders of a shift stand to what the till counted when it closed. */
export const shiftView = z.object({
  shiftId: z.string(),
  device: z.string(),
  openedAt: z.string().nullable(),
  closedAt: z.string().nullable(),
  /** What the hub has of it. */
  orderCount: z.int(),
  totalMinor: minorSum,
  /** What the till said when it closed; null while it is open. */
  closed: z.object({ orderCount: z.int(), totalMinor: minorSum, cashDifferenceMinor: minorSum }).nullable(),
  /** When both sides agreed order by order, or null. */
  reconciledAt: z.string().nullable(),
  /**
   * `open`; `missing`: closed, and the hub has other orders than the till counted; `counted`: counts and sums agree;
   * `reconciled`: every order agrees, hash by hash.
   */
  state: z.enum(['open', 'missing', 'counted', 'reconciled']),
});

export const reconciliationView = z.object({
  shifts: z.array(shiftView),
  /** Orders that took more than a day from the sale to the hub, newest first. */
  late: z.array(z.object({ orderId: z.string(), number: z.string(), placedAt: z.date(), receivedAt: z.date() })),
  lateCount: z.int(),
  /** Devices whose own word is that something of theirs waits longer than a day. */
  overdue: z.array(z.object({ device: z.string(), name: z.string(), oldestQueuedAt: z.string(), queued: z.int() })),
  /** Entries that are here and yet say nothing that can be shown. */
  problems: z.array(z.object({ device: z.string(), seq: z.int(), problem: z.string() })),
});
export type Reconciliation = z.infer<typeof reconciliationView>;

const SHOWN = 100;

const shiftsText = `SELECT shift_id, device_id, opened ->> 'openedAt' AS opened_at, closed, reconciled ->> 'at' AS reconciled_at,
  (SELECT count(*) FROM placed_order o WHERE o.stall_id = $1 AND o.shift_id = s.shift_id) AS order_count,
  (SELECT coalesce(sum(total_minor), 0)::bigint FROM placed_order o
    WHERE o.stall_id = $1 AND o.shift_id = s.shift_id) AS total_minor
FROM shift s WHERE stall_id = $1 ORDER BY opened ->> 'openedAt' DESC NULLS FIRST LIMIT ${SHOWN}`;

/** Whether a stall's shifts are all here, and whether its orders came within a day. */
export async function reconciliation(database: Database, stallId: string, now: Date): Promise<Reconciliation> {
  const late = 'FROM placed_order WHERE stall_id = $1 AND received_at - placed_at > $2::interval';
  const ask = <Row extends object>(name: string, text: string, ...values: unknown[]): Promise<Row[]> =>
    database.query<Row>({ name: `reconciliation-${name}`, text }, [stallId, ...values]);
  const interval = `${LATE_AFTER_MS / 1000} seconds`;
  const [shifts, lateOrders, counts, overdue, problems] = await Promise.all([
    ask<ShiftRow>('shifts', shiftsText),
    ask<Reconciliation['late'][number]>(
      'late',
      `SELECT order_id AS "orderId", number, placed_at AS "placedAt", received_at AS "receivedAt" ${late}
ORDER BY placed_at DESC LIMIT ${SHOWN}`,
      interval,
    ),
    ask<{ count: number }>('late-count', `SELECT count(*) AS count ${late}`, interval),
    ask<Reconciliation['overdue'][number]>(
      'overdue',
      `SELECT device_id AS device, name, status ->> 'oldestQueuedAt' AS "oldestQueuedAt", (status ->> 'queued')::bigint AS queued
FROM device WHERE stall_id = $1 AND revoked_at IS NULL AND (status ->> 'oldestQueuedAt')::timestamptz < $2
ORDER BY status ->> 'oldestQueuedAt'`,
      new Date(now.getTime() - LATE_AFTER_MS),
    ),
    ask<Reconciliation['problems'][number]>(
      'problems',
      `SELECT device_id AS device, seq, problem FROM projection_problem WHERE stall_id = $1
ORDER BY noted_at DESC LIMIT ${SHOWN}`,
    ),
  ]);
  return { shifts: shifts.map(shiftViewOf), late: lateOrders, lateCount: counts[0]?.count ?? 0, overdue, problems };
}

interface ShiftRow {
  readonly shift_id: string;
  readonly device_id: string;
  readonly opened_at: string | null;
  readonly closed: ShiftClose | null;
  readonly reconciled_at: string | null;
  readonly order_count: number;
  readonly total_minor: number;
}

function shiftViewOf(row: ShiftRow): z.infer<typeof shiftView> {
  const totals = row.closed?.totals;
  const agrees = totals?.orderCount === row.order_count && totals.salesMinor === row.total_minor;
  return {
    shiftId: row.shift_id,
    device: row.device_id,
    openedAt: row.opened_at,
    closedAt: row.closed?.closedAt ?? null,
    orderCount: row.order_count,
    totalMinor: row.total_minor,
    closed: row.closed && {
      orderCount: row.closed.totals.orderCount,
      totalMinor: row.closed.totals.salesMinor,
      cashDifferenceMinor: row.closed.differenceMinor,
    },
    reconciledAt: row.reconciled_at,
    state: !totals ? 'open' : !agrees ? 'missing' : row.reconciled_at === null ? 'counted' : 'reconciled',
  };
}
