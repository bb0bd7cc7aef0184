import type { Database } from 'better-sqlite3';
import type { Order } from '../domain/order';
import { addOrderToTotals, emptyTotals, type ShiftTotals } from '../domain/shift';
import { putItem, removeItem } from './catalogue-projection';
import { wallMs } from './clock';
import { notApplicable, readEntry, type ReadResult, type SealedEntry } from './entry';
import { foldWords } from './fold';
import type { Entry, EntryKind } from './kinds';
import { prepared } from './statements';

type Projection<K extends EntryKind> = (entry: Entry<K>, database: Database) => void;

/** Facts that are kept for their own sake: no screen asks a table for them. */
const nothingToProject = (): void => undefined;

const PROJECTIONS: { readonly [K in EntryKind]: Projection<K> } = {
  // What a device says of itself: nobody else can.
  'device.registered'({ device, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO device VALUES (?, ?, ?)').run(device, body.prefix, body.publicKey);
  },
  'device.enrolled'({ device, body }, database) {
    prepared(database, 'UPDATE device SET prefix = ? WHERE device_id = ?').run(body.prefix, device);
  },
  'device.forked': nothingToProject,
  'device.taken-over': nothingToProject,
  'store.recovered': nothingToProject,
  'stall.configured'({ at, body }, database) {
    prepared(
      database,
      `INSERT INTO stall VALUES (1, ?, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > stall.at`,
    ).run(at, JSON.stringify(body.stall));
  },
  'staff.added'({ at, body }, database) {
    prepared(database, 'INSERT INTO staff VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role').run(
      body.staffId,
      body.role,
      at,
    );
  },
  'staff.removed'({ body }, database) {
    prepared(database, 'DELETE FROM staff WHERE staff_id = ?').run(body.staffId);
    prepared(database, 'DELETE FROM signed_on WHERE staff_id = ?').run(body.staffId);
  },
  'staff.signed-on'({ device, at, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO signed_on VALUES (?, ?, ?)').run(
      device,
      body.staffId,
      new Date(wallMs(at)).toISOString(),
    );
  },
  'staff.signed-off'({ device }, database) {
    prepared(database, 'DELETE FROM signed_on WHERE device = ?').run(device);
  },
  'shift.opened'({ device, body: { shift } }, database) {
    prepared(database, 'INSERT INTO shift VALUES (?, ?, ?, 1, ?, ?)').run(
      shift.shiftId,
      device,
      shift.openedAt,
      JSON.stringify(shift),
      JSON.stringify(emptyTotals(shift.floatMinor)),
    );
  },
  'shift.closed'({ body }, database) {
    prepared(
      database,
      `UPDATE shift SET is_open = 0, body = json_set(body, '$.closed', json(?)) WHERE shift_id = ?`,
    ).run(JSON.stringify(body.close), body.shiftId);
  },
  'catalogue.items-put'({ at, body }, database) {
    body.items.forEach((item, ordinal) => putItem(database, item, { at, ordinal }));
  },
  'catalogue.items-removed'({ at, body }, database) {
    for (const itemId of body.itemIds) removeItem(database, itemId, at);
  },
  // Inert until committed.
  'catalogue.import-part': nothingToProject,
  'catalogue.import-committed'({ device, at, body }, database) {
    // The items are written later, by this instant: one that cannot be read must stop here.
    wallMs(at);
    prepared(database, 'INSERT OR REPLACE INTO import_backlog VALUES (?, ?, ?, ?, ?, 0, ?)').run(
      body.importId,
      device,
      at,
      body.firstSeq,
      body.firstSeq,
      body.lastSeq,
    );
  },
  'cart.parked'({ at, actor, body }, database) {
    prepared(database, 'INSERT OR REPLACE INTO parked_cart VALUES (?, ?, ?, ?, ?, ?)').run(
      body.parkedCartId,
      body.label,
      new Date(wallMs(at)).toISOString(),
      actor,
      JSON.stringify(body.cart),
      body.payment === null ? null : JSON.stringify(body.payment),
    );
  },
  'cart.unparked'({ body }, database) {
    prepared(database, 'DELETE FROM parked_cart WHERE parked_cart_id = ?').run(body.parkedCartId);
  },
  'cart.voided': nothingToProject,
  'tender.started'({ device, at, body }, database) {
    prepared(database, `INSERT OR REPLACE INTO open_tender VALUES (?, ?, ?, ?, ?, ?, 'pending', ?)`).run(
      body.tenderId,
      device,
      body.paymentId,
      body.cartId,
      body.provider,
      body.amountMinor,
      new Date(wallMs(at)).toISOString(),
    );
  },
  'tender.settled'({ body }, database) {
    if (body.outcome === 'unknown') {
      prepared(database, `UPDATE open_tender SET state = 'unknown' WHERE tender_id = ?`).run(body.tenderId);
    } else {
      prepared(database, 'DELETE FROM open_tender WHERE tender_id = ?').run(body.tenderId);
    }
  },
  'order.placed'({ device, seq, at, body: { order } }, database) {
    prepared(
      database,
      `INSERT INTO placed_order (order_id, device, sequence, number, placed_at, total_minor, staff_id, shift_id, flag,
         unsettled, copies, words, entry_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
    ).run(
      order.orderId,
      device,
      orderSequence(order.number),
      order.number,
      order.placedAt,
      order.totalMinor,
      order.staffId,
      order.shiftId,
      order.flag,
      order.tenders.some(({ state }) => state === 'pending' || state === 'unknown') ? 1 : 0,
      orderWords(order),
      seq,
    );
    putSold(database, order, at);
    const totals = prepared(database, 'SELECT totals FROM shift WHERE shift_id = ?').pluck().get(order.shiftId);
    if (typeof totals !== 'string') return;
    prepared(database, 'UPDATE shift SET totals = ? WHERE shift_id = ?').run(
      JSON.stringify(addOrderToTotals(JSON.parse(totals) as ShiftTotals, order)),
      order.shiftId,
    );
  },
  'order.flagged': nothingToProject,
  'stock.shared': nothingToProject,
  'stock.share-given': nothingToProject,
  'shift.reconciled': nothingToProject,
  'receipt.copied'({ body }, database) {
    prepared(database, 'UPDATE placed_order SET copies = max(copies, ?) WHERE order_id = ?').run(
      body.copy,
      body.orderId,
    );
  },
  'drawer.kicked': nothingToProject,
  'job.decided': nothingToProject,
};

/**
 * Writes what one entry means into the read models. Depends on the entry and the tables alone, never on a clock or on
 * who calls, so that a replay gives what the living till has. Call inside a transaction.
 */
export function project(entry: Entry, database: Database): void {
  (PROJECTIONS[entry.kind] as Projection<EntryKind>)(entry, database);
}

/**
 * Gives a function that applies entries as they are kept, one by one: each is applied whole or not at all. One that says
 * what no table can hold is an answer; a database that cannot be written is an error. Call both inside a transaction.
 */
export function entryApplier(database: Database): (sealed: SealedEntry) => ReadResult {
  // Nested, so a savepoint each.
  const apply = database.transaction(project);
  return (sealed) => {
    const read = readEntry(sealed);
    if (!read.ok) return read;
    try {
      apply(read.entry, database);
      return read;
    } catch (error) {
      if (!isAboutTheEntry(error)) throw error;
      return { ok: false, unreadable: notApplicable(sealed, error) };
    }
  };
}

function isAboutTheEntry(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !code.startsWith('SQLITE_') || code.startsWith('SQLITE_CONSTRAINT');
}

/** The gapless sequence inside an order number: 412 of `T1-0412`. */
export function orderSequence(number: string): number {
  const sequence = Number(number.slice(number.lastIndexOf('-') + 1));
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new Error(`not an order number: ${number}`);
  return sequence;
}

/** What left the table with an order, once per variant. */
function putSold(database: Database, { lines }: Order, at: string): void {
  const insert = prepared(
    database,
    `INSERT INTO sold VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity`,
  );
  for (const { itemId, variantId, quantity } of lines) {
    if (itemId !== null && variantId !== null) insert.run(itemId, variantId, at, quantity);
  }
}

/** What an order is found by besides its number: the names on it. */
function orderWords(order: Order): string {
  return [...new Set(order.lines.flatMap((line) => foldWords(line.name)))].join(' ');
}
