/**
 * What a stall sold, for a spreadsheet or another program: orders, lines, tenders and flags, read from the hub's tables page
 * by page, so that a year of orders takes no more memory than a page of them.
 */
import { savedOf } from '../../domain/cart';
import { currency } from '../../domain/money';
import type { Order, ResilienceFlag } from '../../domain/order';
import type { Tender } from '../../domain/payment';
import type { Database } from '../database';

export const EXPORTS = ['orders', 'lines', 'tenders', 'flags'] as const;
export type ExportName = (typeof EXPORTS)[number];
export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportQuery {
  readonly stallId: string;
  /** Placed (or flagged) at or after, UTC; null for the beginning. */
  readonly from: Date | null;
  /** Placed (or flagged) before, UTC; null for the end. */
  readonly to: Date | null;
  /** `feedSeq` of the last row of an earlier export; 0 for all. */
  readonly after: number;
  /** Most orders, or flags, to give; null for all. */
  readonly limit: number | null;
}

/** The columns of each export, in their order. */
export const EXPORT_COLUMNS = {
  orders: [
    'feedSeq',
    'orderId',
    'number',
    'device',
    'shiftId',
    'placedAt',
    'receivedAt',
    'isLate',
    'flag',
    'currency',
    'total',
    'tax',
    'saved',
    'rounding',
    'note',
    'check',
  ],
  lines: [
    'feedSeq',
    'orderId',
    'number',
    'placedAt',
    'lineId',
    'itemId',
    'variantId',
    'sku',
    'name',
    'pricing',
    'quantity',
    'currency',
    'unitPrice',
    'priceSource',
    'discount',
    'discountReason',
    'amount',
    'taxBasisPoints',
    'note',
  ],
  tenders: [
    'feedSeq',
    'orderId',
    'number',
    'tenderId',
    'at',
    'kind',
    'state',
    'currency',
    'amount',
    'given',
    'change',
    'provider',
    'reference',
  ],
  flags: ['feedSeq', 'orderId', 'number', 'flag', 'cause', 'flaggedAt'],
} as const satisfies Readonly<Record<ExportName, readonly string[]>>;
/** One row of an export. */
type RowOf<N extends ExportName> = Readonly<Record<(typeof EXPORT_COLUMNS)[N][number], Cell>>;

const PAGE = 200;
/** Orders are to be at the hub within a day. */
export const LATE_AFTER_MS = 24 * 60 * 60 * 1000;

/** An amount: whole numbers of the smallest unit in JSON, decimals in a table. */
class Amount {
  constructor(
    readonly minor: number,
    readonly currencyCode: string,
  ) {}

  toJSON(): number {
    return this.minor;
  }

  /** `-12.50`: no grouping, a point, whatever the locale. */
  toString(): string {
    const { digits } = currency(this.currencyCode);
    const text = String(Math.abs(this.minor)).padStart(digits + 1, '0');
    const whole = text.slice(0, text.length - digits);
    const sign = this.minor < 0 ? '-' : '';
    return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${text.slice(-digits)}`;
  }
}

type Cell = string | number | boolean | null | Date | Amount;
/** One row of any export. */
export type ExportRow = Readonly<Record<string, Cell>>;

interface OrderRow {
  readonly feed_seq: number;
  readonly device_id: string;
  readonly entry_hash: string;
  readonly received_at: Date;
  readonly body: Order;
  readonly flag: ResilienceFlag | null;
}

const ordersPage = {
  name: 'export-orders',
  text: `SELECT feed_seq, device_id, entry_hash, received_at, body,
  (SELECT flag FROM order_flag f WHERE f.stall_id = $1 AND f.order_id = o.order_id ORDER BY f.at DESC LIMIT 1) AS flag
FROM placed_order o
WHERE stall_id = $1 AND feed_seq > $2 AND ($3::timestamptz IS NULL OR placed_at >= $3)
  AND ($4::timestamptz IS NULL OR placed_at < $4)
ORDER BY feed_seq LIMIT $5`,
};

const flagsPage = {
  name: 'export-flags',
  text: `SELECT f.feed_seq, f.order_id, number, f.flag, cause, flagged_at
FROM order_flag f LEFT JOIN placed_order o USING (stall_id, order_id)
WHERE f.stall_id = $1 AND f.feed_seq > $2 AND ($3::timestamptz IS NULL OR flagged_at >= $3)
  AND ($4::timestamptz IS NULL OR flagged_at < $4)
ORDER BY f.feed_seq LIMIT $5`,
};

/** The rows of an export, in the order in which the hub got to know of them. */
export async function* exportRows(database: Database, name: ExportName, query: ExportQuery): AsyncGenerator<ExportRow> {
  if (name === 'flags') {
    yield* pages(database, flagsPage, query, (row: FlagRow) => [flagRow(row)]);
  } else {
    yield* pages(database, ordersPage, query, ROWS_OF[name]);
  }
}

interface FlagRow {
  readonly feed_seq: number;
  readonly order_id: string;
  readonly number: string | null;
  readonly flag: string;
  readonly cause: string;
  readonly flagged_at: Date;
}

async function* pages<Row extends { readonly feed_seq: number }>(
  database: Database,
  statement: { readonly name: string; readonly text: string },
  { stallId, from, to, after, limit }: ExportQuery,
  rowsOf: (row: Row) => readonly ExportRow[],
): AsyncGenerator<ExportRow> {
  let place = after;
  for (let left = limit ?? Infinity; left > 0;) {
    const size = Math.min(PAGE, left);
    const rows = await database.query<Row>(statement, [stallId, place, from, to, size]);
    for (const row of rows) yield* rowsOf(row);
    const last = rows.at(-1);
    if (!last || rows.length < size) return;
    place = last.feed_seq;
    left -= rows.length;
  }
}

const ROWS_OF: Readonly<Record<Exclude<ExportName, 'flags'>, (row: OrderRow) => readonly ExportRow[]>> = {
  orders: (row) => [orderRow(row)],
  lines: lineRows,
  tenders: tenderRows,
};

function orderRow({ feed_seq, device_id, entry_hash, received_at, body: order, flag }: OrderRow): RowOf<'orders'> {
  const amount = (minor: number): Amount => new Amount(minor, order.currency);
  const queuedMs = received_at.getTime() - Date.parse(order.placedAt);
  return {
    feedSeq: feed_seq,
    orderId: order.orderId,
    number: order.number,
    device: device_id,
    shiftId: order.shiftId,
    placedAt: order.placedAt,
    receivedAt: received_at,
    isLate: queuedMs > LATE_AFTER_MS,
    flag: flag ?? order.flag,
    currency: order.currency,
    total: amount(order.totalMinor),
    tax: amount(order.taxMinor),
    saved: amount(order.savedMinor),
    rounding: amount(order.roundingMinor),
    note: order.note,
    check: entry_hash.slice(0, 16),
  };
}

function lineRows({ feed_seq, body: order }: OrderRow): RowOf<'lines'>[] {
  return order.lines.map((line) => ({
    feedSeq: feed_seq,
    orderId: order.orderId,
    number: order.number,
    placedAt: order.placedAt,
    lineId: line.lineId,
    itemId: line.itemId,
    variantId: line.variantId,
    sku: line.sku,
    name: line.name,
    pricing: line.pricing,
    quantity: line.quantity,
    currency: order.currency,
    unitPrice: new Amount(line.unitPriceMinor, order.currency),
    priceSource: line.priceSource,
    discount: new Amount(savedOf(line), order.currency),
    discountReason: line.discount?.reason ?? order.discount?.reason ?? '',
    amount: new Amount(line.amountMinor, order.currency),
    taxBasisPoints: line.taxBasisPoints,
    note: line.note,
  }));
}

function tenderRows({ feed_seq, body: order }: OrderRow): RowOf<'tenders'>[] {
  const rowOf = (tender: Tender): RowOf<'tenders'> => ({
    feedSeq: feed_seq,
    orderId: order.orderId,
    number: order.number,
    tenderId: tender.tenderId,
    at: tender.at,
    kind: tender.kind,
    state: tender.state,
    currency: order.currency,
    amount: new Amount(tender.amountMinor, order.currency),
    given: tender.kind === 'cash' ? new Amount(tender.givenMinor, order.currency) : null,
    change: tender.kind === 'cash' ? new Amount(tender.changeMinor, order.currency) : null,
    provider: tender.kind === 'card' ? tender.provider : '',
    reference: tender.kind === 'card' ? tender.reference : '',
  });
  return order.tenders.map(rowOf);
}

function flagRow({ feed_seq, order_id, number, flag, cause, flagged_at }: FlagRow): RowOf<'flags'> {
  return { feedSeq: feed_seq, orderId: order_id, number, flag, cause, flaggedAt: flagged_at };
}
