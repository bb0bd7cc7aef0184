import { ByteReader, ByteWriter, bytesOfHex, fromBase32, fromBase64Url, hexOf, toBase32, toBase64Url } from './bytes';
import { grossOf, offeredOf, savedOf, sumTaxes, type PricedLine } from './cart';
import type { Minor } from './money';
import { checkOrder, orderNumber, type Order, type ResilienceFlag } from './order';
import type { Tender } from './payment';
import { RECEIPT_KEY_BYTES } from './receipt-address';
import type { Shift } from './shift';

/**
 * An order as the code on its receipt has it, signed by the till that sold it, so that a lost till can be rebuilt from
 * paper. It says what was sold for how much and how it was paid. It has no names of goods or people, no notes and no
 * reasons, which somebody typed. `docs/receipts.md` says how it is written, byte by byte.
 */
export interface OrderCopy {
  /** Tells stalls apart, see {@link REFERENCE_BYTES}. */
  readonly stallReference: string;
  /** The till that sold it, whose key signs. */
  readonly deviceId: string;
  /** Where the order stands in that till's journal: sequence number, hybrid instant, first 16 digits of the hash. */
  readonly entry: { readonly seq: number; readonly at: string; readonly check: string; readonly event: string | null };
  readonly orderId: string;
  /** What the address of its web receipt ends with. */
  readonly receiptKey: string | null;
  /** `T1-0412` */
  readonly number: string;
  /** UTC instant. */
  readonly placedAt: string;
  readonly staffId: string;
  readonly shift: Omit<Shift, 'closed'>;
  readonly flag: ResilienceFlag;
  readonly currency: string;
  readonly taxIncluded: boolean;
  readonly lines: readonly CopiedLine[];
  /** Set where each line stands for all of its tax rate: how many there were, and the hash of them as they would be written. */
  readonly grouped: { readonly lineCount: number; readonly hash: string } | null;
  /** What was taken; tenders that were declined are left out. */
  readonly tenders: readonly CopiedTender[];
  /** Whether each tender stands for all of its kind. */
  readonly areTendersJoined: boolean;
  readonly roundingMinor: Minor;
  readonly savedMinor: Minor;
  readonly taxMinor: Minor;
  readonly totalMinor: Minor;
}

/** A line as the copy has it. */
export interface CopiedLine extends Pick<
  PricedLine,
  'sku' | 'pricing' | 'quantity' | 'unitPriceMinor' | 'labelAmountMinor' | 'cartDiscountMinor' | 'taxRateId'
> {
  /** What stands for the variant, see {@link REFERENCE_BYTES}; null for an amount typed by hand. */
  readonly goodsReference: string | null;
  readonly isTypedPrice: boolean;
  readonly taxBasisPoints: number;
  /** What offers and the line's own discount took off. */
  readonly discountMinor: Minor;
}

export type CopiedTender =
  | { readonly kind: 'cash'; readonly amountMinor: Minor; readonly givenMinor: Minor }
  | { readonly kind: 'card'; readonly amountMinor: Minor; readonly provider: string; readonly reference: string };

/** First bytes of the SHA-256 of an id, as hexadecimal digits: enough to find it among those that are known. */
export const REFERENCE_BYTES = { stall: 4, goods: 6 } as const;
const CHECK_BYTES = 8;
const LINES_HASH_BYTES = 16;
const SIGNATURE_BYTES = 64;
const VERSION = 1;
const FLAGS: readonly ResilienceFlag[] = ['online', 'queued', 'offline-confirmed'];
/** A longer SKU, reference or provider is left out. */
const MOST_LETTERS = 32;

/**
 * Characters of the whole text of a code. A QR code of version 25 holds them at error correction M, whether its printer
 * takes them as bytes or knows capitals; its 117 modules and their quiet zone fit 384 dots at three dots each, which is
 * the least that phones read off thermal paper, on the narrowest paper there is.
 */
export const COPY_TEXT_LENGTH = 997;
/** What a code without an address begins with. */
const OWN_PREFIX = 'TR2:';

/** SHA-256. */
export type Digest = (bytes: Uint8Array) => Uint8Array;

export interface CopyContext {
  readonly stallId: string;
  readonly deviceId: string;
  readonly entry: { readonly seq: number; readonly at: string; readonly hash: string; readonly event: string | null };
  readonly shift: Shift;
  readonly digest: Digest;
}

/** Hexadecimal digits that stand for an id. */
export function referenceTo(kind: keyof typeof REFERENCE_BYTES, id: string, digest: Digest): string {
  return hexOf(digest(new ByteWriter().text(id).bytes).subarray(0, REFERENCE_BYTES[kind]));
}

/**
 * The bytes to be signed of an order whose code stands behind an address, or alone. What is too long for a code is
 * written shorter: its lines as one for each tax rate with a hash of them all, then its tenders as one for each kind.
 * @param address of the web receipt, or null
 * @returns null where no code holds even that
 */
export function orderCopyBytes(order: Order, context: CopyContext, address: string | null): Uint8Array | null {
  const lines = order.lines.map((line) => copiedLine(line, context.digest));
  const tenders = order.tenders.flatMap(copiedTender);
  const grouped = {
    lineCount: lines.length,
    hash: hexOf(context.digest(linesBytes(lines)).subarray(0, LINES_HASH_BYTES)),
  };
  const whole: OrderCopy = {
    stallReference: referenceTo('stall', context.stallId, context.digest),
    deviceId: context.deviceId,
    entry: { ...context.entry, check: context.entry.hash.slice(0, CHECK_BYTES * 2) },
    orderId: order.orderId,
    receiptKey: keyBytes(order.receiptKey) === null ? null : (order.receiptKey ?? null),
    number: order.number,
    placedAt: order.placedAt,
    staffId: order.staffId,
    shift: context.shift,
    flag: order.flag,
    currency: order.currency,
    taxIncluded: order.taxIncluded,
    lines,
    grouped: null,
    tenders,
    areTendersJoined: false,
    roundingMinor: order.roundingMinor,
    savedMinor: order.savedMinor,
    taxMinor: order.taxMinor,
    totalMinor: order.totalMinor,
  };
  const short: OrderCopy = { ...whole, lines: groupLines(lines), grouped };
  const shortest: OrderCopy = { ...short, tenders: joinTenders(tenders), areTendersJoined: true };
  const noSignature = new Uint8Array(SIGNATURE_BYTES);
  for (const copy of [whole, short, shortest]) {
    const bytes = writeCopy(copy);
    if (orderCopyText(bytes, noSignature, address).length <= COPY_TEXT_LENGTH) return bytes;
  }
  return null;
}

/** What is signed of a copy. */
export function signedCopyText(signed: Uint8Array): string {
  return `receipt ${toBase64Url(signed)}`;
}

/** The text of the code: behind an address, whose server never hears what stands after the `#`, or alone. */
export function orderCopyText(signed: Uint8Array, signature: Uint8Array, address: string | null): string {
  const bytes = Uint8Array.from([...signed, ...signature]);
  return address === null ? `${OWN_PREFIX}${toBase32(bytes)}` : `${address}#${toBase64Url(bytes)}`;
}

/** What a scanned text says and who is to have signed it. Whether it is signed is for the caller to check. */
export interface ReadCopy {
  readonly copy: OrderCopy;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** @returns null for what is no copy of an order */
export function readOrderCopy(text: string): ReadCopy | null {
  const trimmed = text.trim();
  const hash = trimmed.indexOf('#');
  const isOwn = trimmed.slice(0, OWN_PREFIX.length).toUpperCase() === OWN_PREFIX;
  const bytes = isOwn
    ? fromBase32(trimmed.slice(OWN_PREFIX.length).toUpperCase())
    : hash >= 0
      ? fromBase64Url(trimmed.slice(hash + 1))
      : null;
  if (bytes === null || bytes.length <= SIGNATURE_BYTES) return null;
  const { signed, signature } = signatureAside(bytes);
  const copy = readCopy(signed);
  return copy && { copy, signed, signature };
}

/** The two parts of a code's bytes. */
export function signatureAside(bytes: Uint8Array): Pick<ReadCopy, 'signed' | 'signature'> {
  return { signed: bytes.subarray(0, -SIGNATURE_BYTES), signature: bytes.subarray(-SIGNATURE_BYTES) };
}

/** Goods that a reference or an SKU was found to stand for. */
export type FoundGoods = Pick<PricedLine, 'itemId' | 'variantId' | 'name' | 'receiptName' | 'sku'>;

/**
 * The order a copy was made of, as far as it says: discounts are amounts without reasons, goods have the names that
 * `goodsOf` gives them, else their SKU. Its sums are those of the order.
 * @returns null where what it says does not add up: then its till wrote by other rules
 */
export function orderOfCopy(copy: OrderCopy, goodsOf: (line: CopiedLine) => FoundGoods | null): Order | null {
  const { orderId, number, placedAt, staffId, shift, currency, taxIncluded, roundingMinor } = copy;
  const lines = copy.lines.map((line, index) => pricedLine(line, `${orderId}/${index + 1}`, goodsOf(line)));
  const taxes = sumTaxes(lines, taxIncluded);
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
  const order: Order = {
    orderId,
    number,
    // Its cart is nowhere else.
    cartId: orderId,
    shiftId: shift.shiftId,
    staffId,
    placedAt,
    currency,
    taxIncluded,
    lines,
    discount: amountOff(sum(lines.map(({ cartDiscountMinor }) => cartDiscountMinor))),
    note: '',
    savedMinor: sum(lines.map(savedOf)),
    taxes,
    taxMinor: sum(taxes.map(({ taxMinor }) => taxMinor)),
    totalMinor: sum(taxes.map(({ totalMinor }) => totalMinor)),
    roundingMinor,
    tenders: copy.tenders.map((tender, index): Tender => {
      const common = { tenderId: `${orderId}/${index + 1}`, state: 'approved', at: placedAt } as const;
      return tender.kind === 'cash'
        ? { ...tender, ...common, changeMinor: tender.givenMinor - tender.amountMinor }
        : { ...tender, ...common };
    }),
    flag: copy.flag,
    ...(copy.receiptKey !== null && { receiptKey: copy.receiptKey }),
  };
  const isSame =
    order.totalMinor === copy.totalMinor && order.taxMinor === copy.taxMinor && order.savedMinor === copy.savedMinor;
  return isSame && checkOrder(order).length === 0 ? order : null;
}

function copiedLine(line: PricedLine, digest: Digest): CopiedLine {
  const { variantId, sku, pricing, quantity, unitPriceMinor, labelAmountMinor, cartDiscountMinor, taxRateId } = line;
  return {
    goodsReference: variantId === null ? null : referenceTo('goods', variantId, digest),
    sku: short(sku),
    pricing,
    quantity,
    unitPriceMinor,
    labelAmountMinor,
    isTypedPrice: line.priceSource === 'typed',
    taxRateId,
    taxBasisPoints: line.taxBasisPoints,
    discountMinor: offeredOf(line) + line.lineDiscountMinor,
    cartDiscountMinor,
  };
}

function copiedTender(tender: Tender): CopiedTender[] {
  const { kind, state, amountMinor } = tender;
  if (state !== 'approved') return [];
  if (kind === 'cash') return [{ kind, amountMinor, givenMinor: tender.givenMinor }];
  return [{ kind, amountMinor, provider: short(tender.provider), reference: short(tender.reference) }];
}

/** @returns null for a key that is none of ours */
function keyBytes(key: string | null | undefined): Uint8Array | null {
  const bytes = fromBase64Url(key ?? '');
  return bytes?.length === RECEIPT_KEY_BYTES ? bytes : null;
}

function short(text: string): string {
  return text.length > MOST_LETTERS ? '' : text;
}

/** One line for each tax rate, which adds up to those it stands for. */
function groupLines(lines: readonly CopiedLine[]): CopiedLine[] {
  const groups = new Map<string, CopiedLine>();
  for (const line of lines) {
    const { taxRateId, taxBasisPoints, discountMinor, cartDiscountMinor } = line;
    const key = `${taxRateId} ${taxBasisPoints}`;
    const group = groups.get(key);
    groups.set(key, {
      goodsReference: null,
      sku: '',
      pricing: 'each',
      quantity: 1,
      unitPriceMinor: (group?.unitPriceMinor ?? 0) + grossOf(line),
      labelAmountMinor: null,
      isTypedPrice: true,
      taxRateId,
      taxBasisPoints,
      discountMinor: (group?.discountMinor ?? 0) + discountMinor,
      cartDiscountMinor: (group?.cartDiscountMinor ?? 0) + cartDiscountMinor,
    });
  }
  return [...groups.values()];
}

/** One tender for each kind, cash last, as the rounding is of cash. */
function joinTenders(tenders: readonly CopiedTender[]): CopiedTender[] {
  const joined = new Map<CopiedTender['kind'], CopiedTender>();
  for (const tender of tenders) {
    const before = joined.get(tender.kind);
    const amountMinor = (before?.amountMinor ?? 0) + tender.amountMinor;
    if (tender.kind === 'cash') {
      const givenMinor = (before?.kind === 'cash' ? before.givenMinor : 0) + tender.givenMinor;
      joined.set('cash', { kind: 'cash', amountMinor, givenMinor });
    } else {
      const isSame = before === undefined || (before.kind === 'card' && before.provider === tender.provider);
      joined.set('card', { kind: 'card', amountMinor, provider: isSame ? tender.provider : '', reference: '' });
    }
  }
  return (['card', 'cash'] as const).flatMap((kind) => joined.get(kind) ?? []);
}

function amountOff(amountMinor: Minor): PricedLine['discount'] {
  return amountMinor === 0 ? null : { kind: 'amount', amountMinor, reason: '' };
}

function pricedLine(line: CopiedLine, lineId: string, found: FoundGoods | null): PricedLine {
  const { discountMinor, isTypedPrice, goodsReference: _reference, ...rest } = line;
  const grossMinor = grossOf(line);
  return {
    ...rest,
    itemId: null,
    variantId: null,
    name: line.sku,
    receiptName: '',
    ...found,
    lineId,
    priceSource: isTypedPrice ? 'typed' : line.labelAmountMinor === null ? 'catalogue' : 'label',
    discount: amountOff(discountMinor),
    note: '',
    grossMinor,
    lineDiscountMinor: discountMinor,
    amountMinor: grossMinor - discountMinor - line.cartDiscountMinor,
  };
}

/** Bits of a line's first byte. */
const LINE = { goods: 1, weighed: 2, label: 4, typed: 8, discount: 16, cartDiscount: 32, sku: 64 } as const;
/** Bits of the copy's second byte; the flag is between the last two. */
const COPY = { taxIncluded: 1, grouped: 2, joined: 4, otherOpener: 8, event: 16, receiptKey: 128 } as const;
const FLAG_UNIT = 32;

interface TaxRateOf {
  readonly taxRateId: string;
  readonly taxBasisPoints: number;
}

function ratesOf(lines: readonly TaxRateOf[]): TaxRateOf[] {
  const rates = new Map(
    lines.map(({ taxRateId, taxBasisPoints }) => [`${taxRateId} ${taxBasisPoints}`, { taxRateId, taxBasisPoints }]),
  );
  return [...rates.values()];
}

/** The tax rates, then the lines. */
function linesBytes(lines: readonly CopiedLine[]): Uint8Array {
  const rates = ratesOf(lines);
  const writer = new ByteWriter().count(rates.length);
  for (const { taxRateId, taxBasisPoints } of rates) writer.text(taxRateId).count(taxBasisPoints);
  writer.count(lines.length);
  for (const line of lines) {
    const { goodsReference, sku, labelAmountMinor, discountMinor, cartDiscountMinor } = line;
    const bits =
      (goodsReference === null ? 0 : LINE.goods) +
      (line.pricing === 'kg' ? LINE.weighed : 0) +
      (labelAmountMinor === null ? 0 : LINE.label) +
      (line.isTypedPrice ? LINE.typed : 0) +
      (discountMinor === 0 ? 0 : LINE.discount) +
      (cartDiscountMinor === 0 ? 0 : LINE.cartDiscount) +
      (sku === '' ? 0 : LINE.sku);
    writer.fixed(bits, 1);
    const isRate = (rate: TaxRateOf) =>
      rate.taxRateId === line.taxRateId && rate.taxBasisPoints === line.taxBasisPoints;
    writer.count(rates.findIndex(isRate)).count(line.quantity).count(line.unitPriceMinor);
    if (goodsReference !== null) writer.raw(bytesOfHex(goodsReference));
    if (labelAmountMinor !== null) writer.count(labelAmountMinor);
    if (discountMinor !== 0) writer.count(discountMinor);
    if (cartDiscountMinor !== 0) writer.count(cartDiscountMinor);
    if (sku !== '') writer.text(sku);
  }
  return writer.bytes;
}

function readLines(reader: ByteReader): CopiedLine[] {
  const rates = manyOf(reader, () => ({ taxRateId: reader.text(), taxBasisPoints: reader.count() }));
  return manyOf(reader, () => {
    const bits = reader.fixed(1);
    const has = (bit: number): boolean => Math.floor(bits / bit) % 2 === 1;
    const rate = rates[reader.count()] ?? { taxRateId: '', taxBasisPoints: 0 };
    return {
      ...rate,
      quantity: reader.count(),
      unitPriceMinor: reader.count(),
      goodsReference: has(LINE.goods) ? hexOf(reader.take(REFERENCE_BYTES.goods)) : null,
      labelAmountMinor: has(LINE.label) ? reader.count() : null,
      discountMinor: has(LINE.discount) ? reader.count() : 0,
      cartDiscountMinor: has(LINE.cartDiscount) ? reader.count() : 0,
      sku: has(LINE.sku) ? reader.text() : '',
      pricing: has(LINE.weighed) ? 'kg' : 'each',
      isTypedPrice: has(LINE.typed),
    };
  });
}

/** As many as are said to follow; each takes a byte at least, so what is no copy cannot make it read for long. */
function manyOf<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: Math.min(reader.count(), reader.left) }, read);
}

/** How far a hybrid instant is written out: its device is the copy's. */
const INSTANT_LENGTH = '2026-11-22T09:05:00.000Z'.length;

function writeCopy(copy: OrderCopy): Uint8Array {
  const { entry, shift, grouped, staffId } = copy;
  const dash = copy.number.lastIndexOf('-');
  const atMs = Date.parse(entry.at.slice(0, INSTANT_LENGTH));
  const placedMs = Date.parse(copy.placedAt);
  const bits =
    (copy.taxIncluded ? COPY.taxIncluded : 0) +
    (grouped === null ? 0 : COPY.grouped) +
    (copy.areTendersJoined ? COPY.joined : 0) +
    (shift.openedBy === staffId ? 0 : COPY.otherOpener) +
    (entry.event === null ? 0 : COPY.event) +
    (copy.receiptKey === null ? 0 : COPY.receiptKey) +
    FLAGS.indexOf(copy.flag) * FLAG_UNIT;
  const writer = new ByteWriter()
    .fixed(VERSION, 1)
    .fixed(bits, 1)
    .raw(bytesOfHex(copy.stallReference))
    .id(copy.deviceId)
    .count(entry.seq)
    .count(atMs)
    .count(Number.parseInt(entry.at.slice(INSTANT_LENGTH + 1, INSTANT_LENGTH + 5), 16))
    .raw(bytesOfHex(entry.check))
    .id(copy.orderId)
    .text(copy.number.slice(0, dash))
    .count(Number(copy.number.slice(dash + 1)))
    .signed(placedMs - atMs)
    .id(staffId)
    .id(shift.shiftId)
    .signed(placedMs - Date.parse(shift.openedAt))
    .signed(shift.floatMinor);
  if (shift.openedBy !== staffId) writer.id(shift.openedBy);
  if (entry.event !== null) writer.id(entry.event);
  writer.raw(keyBytes(copy.receiptKey) ?? []);
  writer.text(copy.currency);
  if (grouped !== null) writer.count(grouped.lineCount).raw(bytesOfHex(grouped.hash));
  writer.raw(linesBytes(copy.lines)).count(copy.tenders.length);
  for (const tender of copy.tenders) {
    if (tender.kind === 'cash') writer.fixed(0, 1).count(tender.amountMinor).count(tender.givenMinor);
    else writer.fixed(1, 1).count(tender.amountMinor).text(tender.provider).text(tender.reference);
  }
  return writer.signed(copy.roundingMinor).count(copy.savedMinor).count(copy.taxMinor).count(copy.totalMinor).bytes;
}

function readCopy(signed: Uint8Array): OrderCopy | null {
  const reader = new ByteReader(signed);
  if (reader.fixed(1) !== VERSION) return null;
  const bits = reader.fixed(1);
  const has = (bit: number): boolean => Math.floor(bits / bit) % 2 === 1;
  const flag = FLAGS[Math.floor(bits / FLAG_UNIT) % 4];
  const stallReference = hexOf(reader.take(REFERENCE_BYTES.stall));
  const deviceId = reader.id();
  const seq = reader.count();
  const atMs = reader.count();
  const counter = reader.count();
  const check = hexOf(reader.take(CHECK_BYTES));
  const orderId = reader.id();
  const number = orderNumber(reader.text(), reader.count());
  const placedMs = atMs + reader.signed();
  const staffId = reader.id();
  const shiftId = reader.id();
  const openedMs = placedMs - reader.signed();
  const floatMinor = reader.signed();
  const openedBy = has(COPY.otherOpener) ? reader.id() : staffId;
  const event = has(COPY.event) ? reader.id() : null;
  const receiptKey = has(COPY.receiptKey) ? toBase64Url(reader.take(RECEIPT_KEY_BYTES)) : null;
  const currency = reader.text();
  const grouped = has(COPY.grouped) ? { lineCount: reader.count(), hash: hexOf(reader.take(LINES_HASH_BYTES)) } : null;
  const lines = readLines(reader);
  const tenders = manyOf(reader, (): CopiedTender => {
    const isCash = reader.fixed(1) === 0;
    const amountMinor = reader.count();
    return isCash
      ? { kind: 'cash', amountMinor, givenMinor: reader.count() }
      : { kind: 'card', amountMinor, provider: reader.text(), reference: reader.text() };
  });
  const roundingMinor = reader.signed();
  const savedMinor = reader.count();
  const taxMinor = reader.count();
  const totalMinor = reader.count();
  const [at, placedAt, openedAt] = [atMs, placedMs, openedMs].map(instantOf);
  if (!reader.isRead || flag === undefined || !at || !placedAt || !openedAt) return null;
  return {
    stallReference,
    deviceId,
    entry: { seq, at: `${at}-${counter.toString(16).padStart(4, '0')}-${deviceId}`, check, event },
    orderId,
    receiptKey,
    number,
    placedAt,
    staffId,
    shift: { shiftId, openedAt, openedBy, floatMinor },
    flag,
    currency,
    taxIncluded: has(COPY.taxIncluded),
    lines,
    grouped,
    tenders,
    areTendersJoined: has(COPY.joined),
    roundingMinor,
    savedMinor,
    taxMinor,
    totalMinor,
  };
}

/** The year 10 000, from which on an instant is longer. */
const LAST_MS = 253_402_300_800_000;

function instantOf(ms: number): string | null {
  return ms >= 0 && ms < LAST_MS ? new Date(ms).toISOString() : null;
}
