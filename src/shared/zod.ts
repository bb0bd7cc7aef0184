/**
 * Schemas of the domain's types, used wherever data crosses a border: the contract, the journal, files.
 * Each schema is checked against its domain type by the compiler (`satisfies`), so neither can drift.
 */
import { z } from 'zod';
import type { Backdrop, Item, TaxRate, Variant } from '../domain/catalogue';
import type { Cart, CartLine, Discount, PricedCart, PricedLine, TaxSum } from '../domain/cart';
import type { Hold, HoldEndReason, LineHold } from '../domain/hold';
import { MAX_MINOR } from '../domain/money';
import type { Order } from '../domain/order';
import type { Payment, PaymentView, Tender } from '../domain/payment';
import type { LogoImage, ReceiptBlock, ReceiptDocument } from '../domain/receipt';
import type { LineOffer, PriceTrace, TraceStep } from '../domain/pricing/trace';
import type { Shift, ShiftClose, ShiftTotals } from '../domain/shift';
import type { Stall } from '../domain/stall';
import type { DrillCheck } from '../domain/takeover';

/** A type with every array and property in it read-only, as the domain's are: what is given away is never changed. */
export type Frozen<T> = T extends readonly (infer U)[]
  ? readonly Frozen<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

export const id = z.string().min(1).max(64);
/** UTC instant, ISO 8601 with milliseconds and Z. The year 0000, which ISO has and PostgreSQL has not, is none. */
export const instant = z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/, 'There was no year 0000');
export const minor = z.int().min(-MAX_MINOR).max(MAX_MINOR);
export const minorPositive = z.int().min(1).max(MAX_MINOR);
/** Sums over many orders may pass the limit of one amount. */
export const minorSum = z.int();
export const quantity = z.int().min(1).max(999_999);
export const basisPoints = z.int().min(0).max(10_000);
const text = (most: number) => z.string().max(most);

export const backdrop = z.object({
  wall: z.string().regex(/^#[0-9a-f]{6}$/i),
  plank: z.string().regex(/^#[0-9a-f]{6}$/i),
}) satisfies z.ZodType<Backdrop>;

export const pricing = z.enum(['each', 'kg']);

export const variant = z.object({
  variantId: id,
  name: text(120),
  receiptName: text(120),
  sku: text(120),
  barcodes: z.array(text(120)).max(50),
  pricing,
  priceMinor: z.int().min(0).max(MAX_MINOR),
  costMinor: z.int().min(0).max(MAX_MINOR).nullable(),
  taxRateId: text(40),
  stock: z.int().nullable(),
}) satisfies z.ZodType<Variant>;

export const item = z.object({
  itemId: id,
  handle: text(200),
  name: text(200),
  category: text(80),
  description: text(4000),
  photo: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  backdrop,
  variants: z.array(variant).min(1).max(200),
}) satisfies z.ZodType<Item>;

export const taxRate = z.object({ id: text(40), name: text(60), basisPoints }) satisfies z.ZodType<TaxRate>;

/** No larger than the narrowest paper takes; as many dots as it says. */
export const logoImage = z
  .object({ widthDots: z.int().min(8).max(384), heightDots: z.int().min(1).max(240), data: z.base64().max(15_360) })
  .refine(({ widthDots, heightDots, data }) => {
    const bytes = (data.length / 4) * 3 - (/=*$/.exec(data)?.[0].length ?? 0);
    return widthDots % 8 === 0 && bytes === (widthDots / 8) * heightDots;
  }, 'not as many dots as it says') satisfies z.ZodType<LogoImage>;

export const stall = z.object({
  stallId: id,
  name: text(80),
  place: text(120),
  currency: z.string().regex(/^[A-Z]{3}$/),
  locale: text(35),
  timeZone: text(64),
  taxIncluded: z.boolean(),
  taxRates: z.array(taxRate).min(1).max(20),
  vatNumber: text(40),
  receiptFooter: text(200),
  refundPolicy: text(600).optional(),
  logo: logoImage.optional(),
  receiptCopies: z.boolean().optional(),
  labelRules: z.array(z.object({ pattern: text(30), kind: z.enum(['weight', 'price']) })).max(40),
  categories: z.array(z.object({ name: text(80), icon: text(40) })).max(200),
  cardProviders: z.array(text(40)).max(20),
  denominations: z.array(minorPositive).min(1).max(30),
}) satisfies z.ZodType<Stall>;

export const discount = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('percent'), basisPoints: z.int().min(1).max(10_000), reason: text(80) }),
  z.object({ kind: z.literal('amount'), amountMinor: minorPositive, reason: text(80) }),
]) satisfies z.ZodType<Discount>;

/** A price as it may stand on a tag. */
export const price = z.int().min(0).max(MAX_MINOR);
const fallbackRung = z.enum(['last-known', 'last-known-plus', 'floor', 'ask']);
const freshness = z.enum(['fresh', 'ageing', 'stale', 'unknown']);
const ruleOrigin = z.enum(['rule', 'drop', 'test', 'advice']);
const beforeAndAfter = { beforeMinor: price, afterMinor: price };

const traceStep = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rule'),
    ruleId: id,
    version: z.int().min(1),
    name: text(80),
    origin: ruleOrigin,
    originId: id.optional(),
    arm: text(40).optional(),
    ...beforeAndAfter,
  }),
  z.object({ kind: z.literal('fallback'), rung: fallbackRung, ...beforeAndAfter }),
  z.object({ kind: z.literal('cap'), capBasisPoints: basisPoints, ...beforeAndAfter }),
  z.object({ kind: z.literal('floor'), floorMinor: price, ...beforeAndAfter }),
  z.object({ kind: z.literal('grace'), until: instant, ...beforeAndAfter }),
]) satisfies z.ZodType<TraceStep>;

export const priceTrace = z.object({
  base: z.object({
    source: z.enum(['catalogue', 'feed']),
    feed: text(80).optional(),
    priceMinor: price,
    observedAt: instant.nullable(),
    freshness,
  }),
  steps: z.array(traceStep).max(40),
  spent: z.object({ ruleId: id, name: text(80) }).optional(),
}) satisfies z.ZodType<PriceTrace>;

export const lineOffer = z.object({
  ruleId: id,
  version: z.int().min(1),
  name: text(80),
  origin: ruleOrigin,
  originId: id.optional(),
  quantity,
  amountMinor: price,
  stoppedAtFloor: z.boolean().optional(),
}) satisfies z.ZodType<LineOffer>;

export const cartAudience = z.enum(['trade', 'repeat']);

const lineHold = z.object({
  holdId: id,
  deviceId: id,
  quantity,
  placedAt: instant,
  expiresAt: instant,
}) satisfies z.ZodType<LineHold>;

export const hold = z.object({
  holdId: id,
  itemId: id,
  variantId: id,
  name: text(330),
  quantity,
  unitPriceMinor: price,
  wasMinor: price.optional(),
  trace: priceTrace.optional(),
  placedAt: instant,
  expiresAt: instant,
  holder: id.nullable(),
  person: id.nullable(),
}) satisfies z.ZodType<Hold>;
export const holdEndReason = z.enum(['by-shopper', 'by-till', 'given-to-another']) satisfies z.ZodType<HoldEndReason>;

export const cartLine = z.object({
  lineId: id,
  variantId: id.nullable(),
  itemId: id.nullable(),
  name: text(330),
  receiptName: text(120),
  sku: text(120),
  pricing,
  quantity,
  unitPriceMinor: minor,
  labelAmountMinor: minor.nullable(),
  priceSource: z.enum(['catalogue', 'label', 'typed']),
  wasMinor: price.optional(),
  trace: priceTrace.optional(),
  offers: z.array(lineOffer).max(50).optional(),
  hold: lineHold.optional(),
  taxRateId: text(40),
  taxBasisPoints: basisPoints,
  discount: discount.nullable(),
  note: text(200),
}) satisfies z.ZodType<CartLine>;

export const cart = z.object({
  cartId: id,
  lines: z.array(cartLine).max(500),
  discount: discount.nullable(),
  note: text(200),
  audience: cartAudience.optional(),
}) satisfies z.ZodType<Cart>;

export const pricedLine = cartLine.extend({
  grossMinor: minorSum,
  lineDiscountMinor: minorSum,
  cartDiscountMinor: minorSum,
  amountMinor: minorSum,
}) satisfies z.ZodType<PricedLine>;

export const taxSum = z.object({
  taxRateId: text(40),
  basisPoints,
  netMinor: minorSum,
  taxMinor: minorSum,
  totalMinor: minorSum,
}) satisfies z.ZodType<TaxSum>;

export const pricedCart = z.object({
  cartId: id,
  lines: z.array(pricedLine).max(500),
  discount: discount.nullable(),
  note: text(200),
  audience: cartAudience.optional(),
  itemCount: z.int(),
  savedMinor: minorSum,
  taxes: z.array(taxSum),
  taxMinor: minorSum,
  totalMinor: minorSum,
}) satisfies z.ZodType<PricedCart>;

export const tenderState = z.enum(['pending', 'approved', 'declined', 'unknown']);

export const tender = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('cash'),
    tenderId: id,
    state: z.literal('approved'),
    amountMinor: minorSum,
    givenMinor: minorSum,
    changeMinor: minorSum,
    at: instant,
  }),
  z.object({
    kind: z.literal('card'),
    tenderId: id,
    state: tenderState,
    amountMinor: minorSum,
    provider: text(40),
    reference: text(80),
    at: instant,
  }),
]) satisfies z.ZodType<Tender>;

export const payment = z.object({
  paymentId: id,
  dueMinor: minorSum,
  tenders: z.array(tender).max(50),
}) satisfies z.ZodType<Payment>;

export const paymentView = payment.extend({
  paidMinor: minorSum,
  leftMinor: minorSum,
  leftCashMinor: minorSum,
  quickTendersMinor: z.array(minorSum),
  locked: z.boolean(),
}) satisfies z.ZodType<PaymentView>;

export const resilienceFlag = z.enum(['online', 'queued', 'offline-confirmed']);

export const order = z.object({
  orderId: id,
  number: text(20),
  cartId: id,
  shiftId: id,
  staffId: id,
  placedAt: instant,
  pricedAt: instant.optional(),
  currency: z.string().length(3),
  taxIncluded: z.boolean(),
  lines: z.array(pricedLine).min(1).max(500),
  discount: discount.nullable(),
  note: text(200),
  savedMinor: minorSum,
  taxes: z.array(taxSum),
  taxMinor: minorSum,
  totalMinor: minorSum,
  roundingMinor: minorSum,
  tenders: z.array(tender).max(50),
  flag: resilienceFlag,
  receiptKey: id.optional(),
}) satisfies z.ZodType<Order>;

/**
 * Why a drawer was opened: for a tender of an order, or by a person. `no-sale` says why in its note; `test` is the Devices
 * screen's.
 */
export const drawerReason = z.enum(['tender', 'no-sale', 'float', 'count', 'pay-in', 'pay-out', 'test']);

export const shiftTotals = z.object({
  orderCount: z.int(),
  salesMinor: minorSum,
  taxMinor: minorSum,
  savedMinor: minorSum,
  roundingMinor: minorSum,
  cashMinor: minorSum,
  cardMinor: minorSum,
  expectedCashMinor: minorSum,
  heldOrderCount: z.int().optional(),
  heldSalesMinor: minorSum.optional(),
}) satisfies z.ZodType<ShiftTotals>;

export const shiftClose = z.object({
  closedAt: instant,
  closedBy: id,
  countedMinor: minorSum,
  expectedMinor: minorSum,
  differenceMinor: minorSum,
  reason: text(200),
  totals: shiftTotals,
}) satisfies z.ZodType<ShiftClose>;

export const shift = z.object({
  shiftId: id,
  openedAt: instant,
  openedBy: id,
  floatMinor: minorSum,
  closed: shiftClose.nullable(),
}) satisfies z.ZodType<Shift>;

export const receiptBlock: z.ZodType<ReceiptBlock> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('mark') }),
    z.object({
      kind: z.literal('logo'),
      image: z.object({ widthDots: z.int(), heightDots: z.int(), data: z.string() }),
    }),
    z.object({
      kind: z.literal('text'),
      text: z.string(),
      align: z.enum(['left', 'centre', 'right']),
      size: z.enum(['normal', 'double']),
      bold: z.boolean(),
    }),
    z.object({
      kind: z.literal('row'),
      left: z.string(),
      right: z.string(),
      size: z.enum(['normal', 'double']),
      bold: z.boolean(),
      indent: z.int(),
    }),
    z.object({
      kind: z.literal('columns'),
      rows: z.array(z.array(z.string())),
      narrow: z.array(receiptBlock),
    }),
    z.object({ kind: z.literal('rule') }),
    z.object({ kind: z.literal('feed'), lines: z.int() }),
    z.object({ kind: z.literal('qr'), data: z.string(), minimumMillimetres: z.number(), fallback: z.string() }),
    z.object({ kind: z.literal('barcode'), symbology: z.literal('code128'), data: z.string() }),
    z.object({ kind: z.literal('cut') }),
  ]),
);

export const receiptDocument = z.object({
  kind: z.enum(['receipt', 'test', 'shift', 'prices', 'labels']),
  language: text(35),
  blocks: z.array(receiptBlock),
}) satisfies z.ZodType<ReceiptDocument>;

/** One thing that a rehearsal of a takeover looked at. */
export const drillCheck = z.object({
  check: z.enum(['heard', 'goods', 'photos', 'people', 'printer', 'sale']),
  passed: z.boolean(),
  found: z.int(),
  wanted: z.int(),
}) satisfies z.ZodType<DrillCheck>;
