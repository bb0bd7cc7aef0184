import type { Database } from 'better-sqlite3';
import type { Cart } from '../../domain/cart';
import type { Order, ResilienceFlag } from '../../domain/order';
import type { Payment } from '../../domain/payment';
import type { ReceiptAsked } from '../../domain/receipt-address';
import { addOrderToTotals, addTotals, emptyTotals, type Shift, type ShiftTotals } from '../../domain/shift';
import type { Role, Stall } from '../../domain/stall';
import { wallMs } from '../../journal/clock';
import { foldWords } from '../../journal/fold';
import type { EntryBody } from '../../journal/kinds';
import { prepared } from '../../journal/statements';

/** An order as it is kept. */
export interface StoredOrder {
  /** As it was placed, with the resilience flag it has now. */
  readonly order: Order;
  /** Place among all orders of this store by when they were placed, ascending; pages are cut by it. */
  readonly sequence: number;
  /** Copies of the receipt asked for so far. */
  readonly copies: number;
  /** Hash of the journal entry that placed it; its first 16 digits are the receipt's check. */
  readonly hash: string;
  /** True while a card outcome of this order is unknown. */
  readonly unsettled: boolean;
}

/** Where an order comes from. */
export interface OrderOrigin {
  /** The device that sold it. */
  readonly deviceId: string;
  /** Of the entry that says so. */
  readonly entry: { readonly seq: number; readonly at: string; readonly hash: string; readonly event: string | null };
  /** The signed copy in Base64url where it was recovered from one and nothing better has come; else null. */
  readonly copy: string | null;
}

/** A card payment that was begun and whose end nobody has settled. */
export interface OpenTender {
  readonly tenderId: string;
  readonly paymentId: string;
  readonly provider: string;
  readonly amountMinor: number;
  readonly state: 'pending' | 'unknown';
  /** UTC instant. */
  readonly startedAt: string;
}

/** What two sides compare of an order. */
export interface ShiftOrder {
  readonly orderId: string;
  readonly number: string;
  readonly seq: number;
  /** Of the entry that placed it. */
  readonly hash: string;
  readonly totalMinor: number;
}

/** The flag an order was given first, or null while it is as it was placed. */
const FLAG = '(SELECT flag FROM order_flag WHERE order_flag.order_id = placed_order.order_id ORDER BY at LIMIT 1)';
const ORDER_COLUMNS = `order_key, unsettled, body, hash,
  coalesce((SELECT copies FROM receipt_copy WHERE receipt_copy.order_id = placed_order.order_id), 0) AS copies,
  ${FLAG} AS flag`;
const ORDER_TABLES = 'placed_order JOIN journal ON journal.device = entry_device AND journal.seq = entry_seq';

/** Reads placed orders. */
export class OrderReader {
  readonly #database: Database;
  readonly #devices: () => readonly string[];

  /** @param devices this device, and the ids it went by before */
  constructor(database: Database, devices: () => readonly string[]) {
    this.#database = database;
    this.#devices = devices;
  }

  get(orderId: string): StoredOrder | null {
    return storedOrder(
      prepared(this.#database, `SELECT ${ORDER_COLUMNS} FROM ${ORDER_TABLES} WHERE order_id = ?`).get(orderId),
    );
  }

  /** Whose order it is and which entry of that device placed it, or null when there is no such order. */
  origin(orderId: string): OrderOrigin | null {
    const row = prepared(
      this.#database,
      `SELECT placed_order.device AS deviceId, seq, at, hash, event, recovered_at IS NOT NULL AS isRecovered, body
       FROM ${ORDER_TABLES} WHERE order_id = ?`,
    ).get(orderId) as (OrderOrigin['entry'] & { deviceId: string; isRecovered: number; body: string }) | undefined;
    if (row === undefined) return null;
    const { deviceId, isRecovered, body, ...entry } = row;
    const copy = isRecovered === 1 ? (JSON.parse(body) as EntryBody<'order.recovered'>).copy : null;
    return { deviceId, entry, copy };
  }

  /** The orders of a device by the sequence in their numbers. */
  numbersOf(device: string): ReadonlyMap<number, string> {
    const rows = prepared(
      this.#database,
      'SELECT sequence, order_id AS orderId FROM placed_order WHERE device = ?',
    ).all(device) as { readonly sequence: number; readonly orderId: string }[];
    return new Map(rows.map(({ sequence, orderId }) => [sequence, orderId]));
  }

  /** The number of an order as printed, or null when there is no such order. */
  numberOf(orderId: string): string | null {
    const number = prepared(this.#database, 'SELECT number FROM placed_order WHERE order_id = ?').pluck().get(orderId);
    return typeof number === 'string' ? number : null;
  }

  /** @param number as printed: `T1-0412` */
  byNumber(number: string): StoredOrder | null {
    return storedOrder(
      prepared(
        this.#database,
        `SELECT ${ORDER_COLUMNS} FROM ${ORDER_TABLES} WHERE sequence = ? AND number = ? ORDER BY order_key DESC LIMIT 1`,
      ).get(Number(number.slice(number.lastIndexOf('-') + 1)), number),
    );
  }

  /** The order whose receipt is asked for; of several with one number the one with its key. */
  byReceipt({ number, key }: ReceiptAsked): StoredOrder | null {
    const rows = prepared(
      this.#database,
      `SELECT ${ORDER_COLUMNS} FROM ${ORDER_TABLES} WHERE sequence = ? AND number = ?`,
    ).all(Number(number.slice(number.lastIndexOf('-') + 1)), number);
    const orders = rows.flatMap((row) => storedOrder(row) ?? []);
    return orders.find(({ order }) => order.receiptKey === key) ?? null;
  }

  /** The orders a device placed in a shift, in the order of their entries. */
  ofShift(device: string, shiftId: string): ShiftOrder[] {
    return prepared(
      this.#database,
      `SELECT order_id AS orderId, number, entry_seq AS seq, journal.hash AS hash, total_minor AS totalMinor
       FROM ${ORDER_TABLES} WHERE placed_order.device = ? AND shift_id = ? ORDER BY entry_seq`,
    ).all(device, shiftId) as ShiftOrder[];
  }

  /** The order placed last on this device. */
  last(): StoredOrder | null {
    return storedOrder(
      prepared(
        this.#database,
        `SELECT ${ORDER_COLUMNS} FROM ${ORDER_TABLES} WHERE placed_order.device IN (SELECT value FROM json_each(?))
         ORDER BY order_key DESC LIMIT 1`,
      ).get(JSON.stringify(this.#devices())),
    );
  }

  /** How the resilience flag of an order came to be what it is, oldest first; the first decides. */
  flagHistory(orderId: string): FlagChange[] {
    const rows = prepared(
      this.#database,
      'SELECT flag, cause, instant AS at, hub FROM order_flag WHERE order_id = ? ORDER BY order_flag.at',
    ).all(orderId) as (Omit<FlagChange, 'hub'> & { readonly hub: string | null })[];
    return rows.map((row) => ({ ...row, hub: row.hub === null ? null : (JSON.parse(row.hub) as FlagChange['hub']) }));
  }

  /**
   * Parked carts that two devices brought back without knowing of each other, and both sold: the goods left once, the
   * money came twice, or the other way round. A person must look.
   */
  doubleSold(): DoubleSale[] {
    const rows = prepared(
      this.#database,
      `SELECT cart_id AS cartId, order_id AS orderId, number, device, total_minor AS totalMinor, placed_at AS placedAt
       FROM placed_order WHERE cart_id IN (
         SELECT cart_id FROM parked_cart JOIN unparked_cart USING (parked_cart_id)
         WHERE reason = 'resumed' GROUP BY parked_cart_id HAVING count(*) > 1)
       ORDER BY cart_id, order_key`,
    ).all() as (DoubleSale['orders'][number] & { readonly cartId: string })[];
    const sales = new Map<string, DoubleSale['orders'][number][]>();
    for (const { cartId, ...order } of rows) sales.set(cartId, [...(sales.get(cartId) ?? []), order]);
    return [...sales].filter(([, orders]) => orders.length > 1).map(([cartId, orders]) => ({ cartId, orders }));
  }

  count(): number {
    return prepared(this.#database, 'SELECT count(*) FROM placed_order').pluck().get() as number;
  }

  /** The resilience flag of an order now, or null when there is no such order. */
  flagOf(orderId: string): ResilienceFlag | null {
    const flag = prepared(this.#database, `SELECT ${FLAG} FROM placed_order WHERE order_id = ?`).pluck().get(orderId);
    return flag === undefined ? null : ((flag as ResilienceFlag | null) ?? 'queued');
  }

  /** Orders of these devices whose flag never moved on, oldest first. */
  queued(
    devices: readonly string[],
  ): { readonly orderId: string; readonly device: string; readonly entrySeq: number; readonly placedAt: string }[] {
    return prepared(
      this.#database,
      `SELECT order_id AS orderId, device, entry_seq AS entrySeq, placed_at AS placedAt FROM placed_order
       WHERE ${FLAG} IS NULL AND device IN (SELECT value FROM json_each(?)) ORDER BY order_key`,
    ).all(JSON.stringify(devices)) as ReturnType<OrderReader['queued']>;
  }

  /** How many orders of a device stand after an entry of its journal and were placed before an instant. */
  countAfter(device: string, entrySeq: number, before: string): number {
    return prepared(
      this.#database,
      'SELECT count(*) FROM placed_order WHERE entry_device = ? AND device = entry_device AND entry_seq > ? AND placed_at < ?',
    )
      .pluck()
      .get(device, entrySeq, before) as number;
  }

  /** What number the next order of a device gets: gapless from 1, never used again. */
  nextSequence(device: string): number {
    // A device's orders arrive in their order, so its newest has its highest sequence.
    const last = prepared(
      this.#database,
      'SELECT sequence FROM placed_order WHERE device = ? ORDER BY order_key DESC LIMIT 1',
    )
      .pluck()
      .get(device);
    return typeof last === 'number' ? last + 1 : 1;
  }

  /**
   * Orders, newest first. Every word of `text` must match: the beginning of a word of an item's name, part of the order
   * number, or the total as typed (`35.42`).
   * @param query.beforeSequence only orders before this one, or null for the newest
   */
  list(query: { text: string; beforeSequence: number | null; limit: number }): {
    orders: StoredOrder[];
    more: boolean;
  } {
    const conditions: string[] = [];
    const values: string[] = [];
    for (const word of query.text.trim().split(/\s+/).filter(Boolean).slice(0, 8)) {
      const [condition, ...bound] = orderCondition(word);
      conditions.push(condition);
      values.push(...bound);
    }
    const where = ['order_key < ?', ...conditions].join(' AND ');
    const rows = prepared(
      this.#database,
      `SELECT ${ORDER_COLUMNS} FROM ${ORDER_TABLES} WHERE ${where} ORDER BY order_key DESC LIMIT ?`,
    ).all(query.beforeSequence ?? Number.MAX_SAFE_INTEGER, ...values, query.limit + 1);
    const orders = rows.slice(0, query.limit).flatMap((row) => storedOrder(row) ?? []);
    return { orders, more: rows.length > query.limit };
  }
}

/** An SQL condition, one of few texts, and what it binds. */
function orderCondition(word: string): [string, ...string[]] {
  const [, major, decimals] = /^\D{0,3}(\d+)[.,](\d{1,3})$/.exec(word) ?? [];
  if (major !== undefined) return ['total_minor = CAST(? AS INTEGER)', `${major}${decimals}`];
  const names = foldWords(word).map((name) => ` ${name}`);
  const inNames = names.map(() => `instr(' ' || words, ?) > 0`).join(' AND ') || '0';
  return [`(instr(number, upper(?)) > 0 OR (${inNames}))`, word, ...names];
}

function storedOrder(row: unknown): StoredOrder | null {
  if (row === undefined) return null;
  const { order_key, body, copies, flag, hash, unsettled } = row as OrderRow;
  const { order } = JSON.parse(body) as EntryBody<'order.placed'>;
  return {
    order: flag === null ? order : { ...order, flag },
    sequence: order_key,
    copies,
    hash,
    unsettled: unsettled === 1,
  };
}

interface OrderRow {
  readonly order_key: number;
  readonly body: string;
  readonly copies: number;
  readonly flag: ResilienceFlag | null;
  readonly hash: string;
  readonly unsettled: number;
}

/** A move of an order's resilience flag. */
export interface FlagChange {
  readonly flag: ResilienceFlag;
  readonly cause: EntryBody<'order.flagged'>['cause'];
  /** UTC instant. */
  readonly at: string;
  /** Where the hub has the order, if that was why. */
  readonly hub: EntryBody<'order.flagged'>['hub'];
}

/** One cart, more than one order. */
export interface DoubleSale {
  readonly cartId: string;
  readonly orders: readonly {
    readonly orderId: string;
    readonly number: string;
    readonly device: string;
    readonly totalMinor: number;
    /** UTC instant. */
    readonly placedAt: string;
  }[];
}

export interface StoredShift {
  readonly shift: Shift;
  readonly totals: ShiftTotals;
}

const OPEN_SHIFT = `FROM shift WHERE is_open = 1 AND device IN (SELECT value FROM json_each(?))
  ORDER BY opened_at DESC LIMIT 1`;

/** Reads cash sessions. */
export class ShiftReader {
  readonly #database: Database;
  readonly #devices: () => readonly string[];

  /** @param devices this device, and the ids it went by before */
  constructor(database: Database, devices: () => readonly string[]) {
    this.#database = database;
    this.#devices = devices;
  }

  /** The open shift of this device, or null. */
  current(): StoredShift | null {
    return this.openOf(this.#devices());
  }

  /** The id of the open shift of this device, or null. What was sold in it is not added up. */
  currentId(): string | null {
    const shiftId = prepared(this.#database, `SELECT shift_id ${OPEN_SHIFT}`)
      .pluck()
      .get(JSON.stringify(this.#devices()));
    return typeof shiftId === 'string' ? shiftId : null;
  }

  /** The open shift of a device, by all its ids, as far as known here; or null. */
  openOf(devices: readonly string[]): StoredShift | null {
    return this.#stored(
      prepared(this.#database, `SELECT device, body, close ${OPEN_SHIFT}`).get(JSON.stringify(devices)),
    );
  }

  get(shiftId: string): StoredShift | null {
    return this.#stored(
      prepared(this.#database, 'SELECT device, body, close FROM shift WHERE shift_id = ? AND body IS NOT NULL').get(
        shiftId,
      ),
    );
  }

  #stored(row: unknown): StoredShift | null {
    if (row === undefined) return null;
    const { device, body, close } = row as { device: string; body: string; close: string | null };
    const shift = JSON.parse(body) as Shift;
    const closed = close === null ? null : (JSON.parse(close) as Shift['closed']);
    const own = this.#devices();
    const totals = (own.includes(device) ? own : [device]).reduce(
      (sum, one) => addTotals(sum, this.#soldBy(one, shift.shiftId)),
      emptyTotals(shift.floatMinor),
    );
    return { shift: { ...shift, closed }, totals };
  }

  /** What a device sold in a shift; of a name another copy of this folder goes on under, up to where the two parted. */
  #soldBy(device: string, shiftId: string): ShiftTotals {
    const fromSeq = prepared(
      this.#database,
      `SELECT min(from_seq) FROM device_fork WHERE former_device = ? AND device IN (SELECT value FROM json_each(?))`,
    )
      .pluck()
      .get(device, JSON.stringify(this.#devices())) as number | null;
    if (fromSeq === null) {
      const totals = prepared(this.#database, 'SELECT totals FROM shift_total WHERE shift_id = ? AND device = ?')
        .pluck()
        .get(shiftId, device);
      return typeof totals === 'string' ? (JSON.parse(totals) as ShiftTotals) : emptyTotals(0);
    }
    const orders = prepared(
      this.#database,
      `SELECT body ->> '$.order' FROM ${ORDER_TABLES}
       WHERE placed_order.device = ? AND shift_id = ? AND entry_seq < ?`,
    )
      .pluck()
      .all(device, shiftId, fromSeq) as string[];
    return orders.reduce((sum, order) => addOrderToTotals(sum, JSON.parse(order) as Order), emptyTotals(0));
  }
}

/** Reads card payments that were begun. */
export class TenderReader {
  readonly #database: Database;
  readonly #devices: () => readonly string[];

  /** @param devices this device, the ids it went by before, and those it has taken over */
  constructor(database: Database, devices: () => readonly string[]) {
    this.#database = database;
    this.#devices = devices;
  }

  /** Those of this device, and of devices it took over, that nobody has settled; oldest first. */
  open(): OpenTender[] {
    return this.openOf(this.#devices());
  }

  /** Those of some devices. */
  openOf(devices: readonly string[]): OpenTender[] {
    return prepared(
      this.#database,
      `SELECT tender_id AS tenderId, payment_id AS paymentId, provider, amount_minor AS amountMinor, state,
         started_at AS startedAt
       FROM tender WHERE state <> 'settled' AND device IN (SELECT value FROM json_each(?))
       ORDER BY started_at, tender_id`,
    ).all(JSON.stringify(devices)) as OpenTender[];
  }
}

export interface StoredParkedCart {
  readonly parkedCartId: string;
  /** Where it was parked. */
  readonly device: string;
  readonly label: string;
  /** UTC instant. */
  readonly parkedAt: string;
  /** Staff reference of who parked it. */
  readonly actor: string | null;
  readonly cart: Cart;
  readonly payment: Payment | null;
}

/** Reads carts set aside. */
export class ParkedReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. */
  list(): StoredParkedCart[] {
    return prepared(
      this.#database,
      'SELECT * FROM parked_cart WHERE cart IS NOT NULL ORDER BY parked_at, parked_cart_id',
    )
      .all()
      .map(storedParkedCart);
  }

  get(parkedCartId: string): StoredParkedCart | null {
    const row = prepared(this.#database, 'SELECT * FROM parked_cart WHERE parked_cart_id = ? AND cart IS NOT NULL').get(
      parkedCartId,
    );
    return row === undefined ? null : storedParkedCart(row);
  }
}

function storedParkedCart(row: unknown): StoredParkedCart {
  const { parked_cart_id, device, label, parked_at, actor, cart, payment } = row as Record<string, string | null>;
  return {
    parkedCartId: parked_cart_id ?? '',
    device: device ?? '',
    label: label ?? '',
    parkedAt: parked_at ?? '',
    actor: actor ?? null,
    cart: JSON.parse(cart ?? '') as Cart,
    payment: payment === null || payment === undefined ? null : (JSON.parse(payment) as Payment),
  };
}

export interface StaffRecord {
  readonly staffId: string;
  readonly role: Role;
}

/** Reads the stall, its staff and who is signed on here. */
export class StallReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Every device of the stall that has registered, this one included. */
  devices(): { readonly deviceId: string; readonly prefix: string; readonly publicKey: string }[] {
    return prepared(
      this.#database,
      'SELECT device_id AS deviceId, prefix, public_key AS publicKey FROM device ORDER BY device_id',
    ).all() as ReturnType<StallReader['devices']>;
  }

  /** The stall as configured last, or null before the first time. */
  get(): Stall | null {
    const body = prepared(this.#database, 'SELECT body FROM stall').pluck().get();
    return typeof body === 'string' ? (JSON.parse(body) as Stall) : null;
  }

  /** In the order they were added. */
  staff(): StaffRecord[] {
    return prepared(
      this.#database,
      `SELECT staff_id AS staffId, role FROM staff WHERE role_at > coalesce(removed_at, '') ORDER BY added_at`,
    ).all() as StaffRecord[];
  }

  /** Who is signed on at a device, since which UTC instant. */
  signedOn(device: string): { readonly staffId: string; readonly since: string } | null {
    // Whoever was taken off is signed on nowhere, also when they come back.
    const row = prepared(
      this.#database,
      `SELECT staff_id AS staffId, signed_on.at FROM signed_on LEFT JOIN staff USING (staff_id)
       WHERE device = ? AND signed_on.at > coalesce(removed_at, '')`,
    ).get(device) as { readonly staffId: string; readonly at: string } | undefined;
    return row === undefined ? null : { staffId: row.staffId, since: new Date(wallMs(row.at)).toISOString() };
  }
}
