import pino from 'pino';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Order } from '../../src/domain/order';
import { addOrderToTotals, closeShift, emptyTotals, openShift, type Shift } from '../../src/domain/shift';
import { openHub, type Hub } from '../../src/hub/hub';
import { reconciliation, type Reconciliation } from '../../src/hub/outward/reconciliation';
import { addStall } from '../../src/hub/stalls';
import { canonicalJson } from '../../src/journal/entry';
import { JournalWriter } from '../helpers/hub-journal';
import { sell } from '../helpers/orders';
import { startPostgres, type PostgresServer } from '../helpers/postgres';
import { saltAndBramble, valueOf } from '../helpers/stall';

const HOUR_MS = 3_600_000;
const log = pino({ level: 'silent' });
let postgres: PostgresServer;
let hub: Hub;
let stallId: string;
let till: JournalWriter;
let hoursAgo: number;

beforeAll(async () => {
  postgres = await startPostgres();
  hub = await openHub({ databaseUrl: await postgres.newDatabase(), log, background: false });
});

afterAll(async () => {
  await hub.close();
  await postgres.stop();
});

beforeEach(async () => {
  hoursAgo = 0;
  stallId = await addStall(hub.database, 'Salt & Bramble');
  till = new JournalWriter('T1', now);
});

const now = (): Date => new Date(Date.now() - hoursAgo * HOUR_MS);
const context = () => ({ now: now().toISOString(), newId: uuid });

/** A shift of so many orders, which the till counts as it closes. @param forgotten orders that never get to the hub */
function day(count: number, forgotten = 0): { readonly shift: Shift; readonly orders: Order[] } {
  const shift = valueOf(openShift({ floatMinor: 5_000, staffId: 'p' }, context()));
  till.write({ kind: 'shift.opened', body: { shift } });
  const orders = Array.from({ length: count + forgotten }, (_, index) => {
    const lines = [{ name: 'Bread', priceMinor: 400 }];
    return sell({ stall: saltAndBramble, lines, sequence: index + 1, shiftId: shift.shiftId }, context());
  });
  for (const order of orders.slice(0, count)) till.write({ kind: 'order.placed', body: { order } });
  const totals = orders.reduce(addOrderToTotals, emptyTotals(5_000));
  const given = { countedMinor: totals.expectedCashMinor - 20, reason: 'a coin', staffId: 'p' };
  const { closed } = valueOf(closeShift(shift, given, totals, context()));
  if (closed) till.write({ kind: 'shift.closed', body: { shiftId: shift.shiftId, close: closed } });
  return { shift, orders };
}

async function seen(): Promise<Reconciliation> {
  await till.send(hub.store, stallId);
  await hub.outward.projector.catchUp();
  return reconciliation(hub.database, stallId, new Date());
}

it('a shift is counted when numbers and sums agree, and reconciled when the till says so', async () => {
  const { shift, orders } = day(3);
  expect((await seen()).shifts).toEqual([
    {
      shiftId: shift.shiftId,
      device: till.device,
      openedAt: shift.openedAt,
      closedAt: expect.any(String),
      orderCount: 3,
      totalMinor: 1_200,
      closed: { orderCount: 3, totalMinor: 1_200, cashDifferenceMinor: -20 },
      reconciledAt: null,
      state: 'counted',
    },
  ]);
  const body = { shiftId: shift.shiftId, serverId: 'hub', orderCount: orders.length, totalMinor: 1_200, mended: 0 };
  till.write({ kind: 'shift.reconciled', body: { ...body, ordersHash: '0'.repeat(64) } });
  expect((await seen()).shifts).toMatchObject([{ state: 'reconciled', reconciledAt: expect.any(String) }]);
});

it('a shift of which an order is missing says so, whatever the till believes', async () => {
  const { shift } = day(3, 1);
  till.write({
    kind: 'shift.reconciled',
    body: { shiftId: shift.shiftId, serverId: 'h', orderCount: 4, totalMinor: 1_600, ordersHash: '0', mended: 0 },
  });
  expect((await seen()).shifts).toMatchObject([{ state: 'missing', orderCount: 3, closed: { orderCount: 4 } }]);
});

it('a shift that is open is open', async () => {
  till.write({ kind: 'shift.opened', body: { shift: valueOf(openShift({ floatMinor: 0, staffId: 'p' }, context())) } });
  expect((await seen()).shifts).toMatchObject([{ state: 'open', closed: null, orderCount: 0 }]);
});

it('orders that took more than a day are named, and devices on which something waits so long', async () => {
  hoursAgo = 25;
  const { orders } = day(1);
  hoursAgo = 23;
  day(1);
  const found = await seen();
  expect(found.late.map(({ orderId }) => orderId)).toEqual([orders[0]?.orderId]);
  expect(found.lateCount).toBe(1);
  expect(found.overdue).toEqual([]);
  const waiting = (hours: number) => ({
    queued: 7,
    oldestQueuedAt: new Date(Date.now() - hours * HOUR_MS).toISOString(),
    errors: [],
    version: '1',
  });
  await hub.store.noteStatus(stallId, till.device, waiting(23));
  expect((await seen()).overdue).toEqual([]);
  await hub.store.noteStatus(stallId, till.device, waiting(25));
  expect((await seen()).overdue).toMatchObject([{ device: till.device, queued: 7 }]);
});

it('what nobody can count is named', async () => {
  const [order] = day(1).orders;
  till.writeText('order.placed', canonicalJson({ order }));
  expect((await seen()).problems).toMatchObject([{ device: till.device, problem: 'order T1-0001 is here already' }]);
});
