import { toBase64Url } from '../../domain/bytes';
import { fullName } from '../../domain/catalogue';
import { orderNumber, type Order } from '../../domain/order';
import {
  orderOfCopy,
  readOrderCopy,
  referenceTo,
  type CopiedLine,
  type FoundGoods,
  type OrderCopy,
  type ReadCopy,
} from '../../domain/order-copy';
import type { ShiftTotals } from '../../domain/shift';
import type { EntryDraft } from '../../journal/kinds';
import { isCopySignedBy } from '../../journal/signed-copy';
import type { Store } from '../db/store';
import { sha256 } from './receipt-code';

/** The text of one code, and where it was read: a file and line, or a picture. */
export interface ScannedReceipt {
  /** Null of a file that is neither text nor a picture that can be read. */
  readonly text: string | null;
  readonly from: string;
}

/**
 * Why a scanned text gave no order.
 * - `unreadable` it is neither text nor a picture that can be read
 * - `no-copy` it holds no signed copy of an order
 * - `unknown-till` it names a till whose key is not known here
 * - `forged` its till did not sign it
 * - `other-stall` it is signed, and of another stall than the others or than this folder
 * - `other-rules` it is signed and does not add up by the rules of this version
 * - `number-taken` this order number is another order's here
 */
export type RefusalReason =
  'unreadable' | 'no-copy' | 'unknown-till' | 'forged' | 'other-stall' | 'other-rules' | 'number-taken';

export interface RecoveredOrder {
  readonly from: string;
  readonly orderId: string;
  readonly number: string;
  readonly placedAt: string;
  readonly currency: string;
  readonly totalMinor: number;
  /** How many lines it had where only their sums by tax rate were on the receipt; else null. */
  readonly groupedLineCount: number | null;
  /** Lines whose goods no catalogue here knows. */
  readonly unknownGoods: number;
}

export interface RecoveryReport {
  readonly scanned: number;
  /** Orders that were written down now. */
  readonly recovered: readonly RecoveredOrder[];
  /** Orders that were here before. */
  readonly known: readonly { readonly from: string; readonly number: string }[];
  /** Receipts of which another scan of this time is the first. */
  readonly doubled: readonly { readonly from: string; readonly number: string; readonly firstFrom: string }[];
  readonly refused: readonly {
    readonly from: string;
    /** As it says itself, which nobody has to believe; null where it says none. */
    readonly number: string | null;
    readonly why: RefusalReason;
  }[];
  /** Numbers between the lowest and the highest of a till that are here, of which there is no order here. */
  readonly missing: readonly { readonly deviceId: string; readonly numbers: readonly string[] }[];
  /** Shifts of the scanned receipts, as they are here now. */
  readonly shifts: readonly {
    readonly shiftId: string;
    readonly deviceId: string;
    readonly openedAt: string;
    readonly currency: string;
    readonly totals: ShiftTotals;
  }[];
}

/** Orders written down in one go. */
const ORDERS_AT_ONCE = 100;
/** Numbers missing in a row that are named one by one at most; a forged sequence must not fill the memory. */
const MISSING_NAMED = 10_000;

/**
 * Writes the orders of scanned receipts down that are not here yet. The same receipts may come any number of times, before
 * and after the entries of the till that sold them.
 * @param keys public keys (Ed25519, SPKI DER in base64) that are believed besides those of the devices known here
 */
export function recoverReceipts(
  store: Store,
  scanned: readonly ScannedReceipt[],
  keys: readonly string[] = [],
): RecoveryReport {
  const deviceKeys = new Map(store.stall.devices().map(({ deviceId, publicKey }) => [deviceId, publicKey]));
  const stall = store.stall.get();
  let stallReference = stall && referenceTo('stall', stall.stallId, sha256);
  const goodsOf = goodsFinder(store);
  const firsts = new Map<string, string>();
  const numbers = new Map<string, Map<number, string>>();
  const shifts = new Map<string, OrderCopy>();
  const report = {
    recovered: [] as RecoveredOrder[],
    known: [] as RecoveryReport['known'][number][],
    doubled: [] as RecoveryReport['doubled'][number][],
    refused: [] as RecoveryReport['refused'][number][],
  };
  const drafts: EntryDraft[] = [];

  for (const { text, from } of scanned) {
    const read = text === null ? null : readOrderCopy(text);
    const number = read?.copy.number ?? null;
    const refuse = (why: RefusalReason): void => void report.refused.push({ from, number, why });
    if (read === null || number === null) {
      refuse(text === null ? 'unreadable' : 'no-copy');
      continue;
    }
    const { copy } = read;
    const signedBy = keyOf(read, deviceKeys.get(copy.deviceId), keys);
    if (signedBy === null) {
      refuse(deviceKeys.has(copy.deviceId) || keys.length > 0 ? 'forged' : 'unknown-till');
      continue;
    }
    stallReference ??= copy.stallReference;
    if (copy.stallReference !== stallReference) {
      refuse('other-stall');
      continue;
    }
    const firstFrom = firsts.get(copy.orderId);
    if (firstFrom !== undefined) {
      report.doubled.push({ from, number, firstFrom });
      continue;
    }
    firsts.set(copy.orderId, from);
    shifts.set(copy.shift.shiftId, copy);
    const ofDevice = numbers.get(copy.deviceId) ?? new Map(store.orders.numbersOf(copy.deviceId));
    numbers.set(copy.deviceId, ofDevice);
    const sequence = sequenceOf(number);
    const holder = ofDevice.get(sequence);
    if (holder === copy.orderId || store.orders.numberOf(copy.orderId) !== null) {
      report.known.push({ from, number });
      continue;
    }
    if (holder !== undefined) {
      refuse('number-taken');
      continue;
    }
    const order = orderOfCopy(copy, goodsOf);
    if (order === null) {
      refuse('other-rules');
      continue;
    }
    ofDevice.set(sequence, copy.orderId);
    report.recovered.push(recoveredOrder(order, copy, from));
    drafts.push(draftOf(order, read, signedBy));
  }

  for (let at = 0; at < drafts.length; at += ORDERS_AT_ONCE) {
    store.commit({ actor: null, drafts: drafts.slice(at, at + ORDERS_AT_ONCE), result: null });
  }
  return {
    scanned: scanned.length,
    ...report,
    missing: [...numbers].flatMap(([deviceId, ofDevice]) => missingOf(store, deviceId, ofDevice)),
    shifts: [...shifts].flatMap(([shiftId, { deviceId, currency }]) => {
      const stored = store.shifts.get(shiftId);
      return stored ? [{ shiftId, deviceId, openedAt: stored.shift.openedAt, currency, totals: stored.totals }] : [];
    }),
  };
}

/** The key that signed a copy, among those that may, or null. */
function keyOf(read: ReadCopy, own: string | undefined, others: readonly string[]): string | null {
  // A till that is known signs with its own key and no other's.
  const believed = own === undefined ? others : [own];
  return believed.find((key) => isCopySignedBy(read, key)) ?? null;
}

function sequenceOf(number: string): number {
  return Number(number.slice(number.lastIndexOf('-') + 1));
}

function recoveredOrder(order: Order, copy: OrderCopy, from: string): RecoveredOrder {
  const { orderId, number, placedAt, currency, totalMinor } = order;
  const unknownGoods = copy.lines.filter(
    ({ goodsReference }, index) => goodsReference !== null && order.lines[index]?.variantId === null,
  ).length;
  const groupedLineCount = copy.grouped?.lineCount ?? null;
  return { from, orderId, number, placedAt, currency, totalMinor, groupedLineCount, unknownGoods };
}

function draftOf(order: Order, { copy, signed, signature }: ReadCopy, signedBy: string): EntryDraft {
  const { deviceId, entry, shift, grouped } = copy;
  return {
    kind: 'order.recovered',
    body: {
      order,
      deviceId,
      entry: { seq: entry.seq, at: entry.at, check: entry.check },
      shift,
      groupedLineCount: grouped?.lineCount ?? null,
      copy: toBase64Url(Uint8Array.from([...signed, ...signature])),
      signedBy,
    },
  };
}

/** Finds the goods of lines in the catalogue: by reference, else by an SKU that is only one's. */
function goodsFinder(store: Store): (line: CopiedLine) => FoundGoods | null {
  const byReference = new Map<string, FoundGoods | null>();
  const bySku = new Map<string, FoundGoods | null>();
  for (const item of store.catalogue.everyItem()) {
    for (const variant of item.variants) {
      const { variantId, receiptName, sku } = variant;
      const goods = { itemId: item.itemId, variantId, name: fullName(item, variant), receiptName, sku };
      const reference = referenceTo('goods', variantId, sha256);
      byReference.set(reference, byReference.has(reference) ? null : goods);
      if (sku !== '') bySku.set(sku, bySku.has(sku) ? null : goods);
    }
  }
  return ({ goodsReference, sku }) =>
    goodsReference === null ? null : (byReference.get(goodsReference) ?? bySku.get(sku) ?? null);
}

function missingOf(
  store: Store,
  deviceId: string,
  ofDevice: ReadonlyMap<number, string>,
): RecoveryReport['missing'][number][] {
  const sequences = [...ofDevice.keys()].sort((a, b) => a - b);
  const [first = 0, ...others] = sequences;
  const someOrder = [...ofDevice.values()][0];
  const number = someOrder === undefined ? null : store.orders.numberOf(someOrder);
  if (number === null) return [];
  const prefix = number.slice(0, number.lastIndexOf('-'));
  const numbers: string[] = [];
  let last = first;
  for (const sequence of others) {
    if (sequence - last > MISSING_NAMED) break;
    for (let gap = last + 1; gap < sequence; gap += 1) numbers.push(orderNumber(prefix, gap));
    last = sequence;
  }
  return numbers.length === 0 ? [] : [{ deviceId, numbers }];
}
