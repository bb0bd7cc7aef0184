import { fullName, type Item, type Pricing, type Quantity, type TaxRate, type Variant } from './catalogue';
import type { Context } from './context';
import type { LineHold } from './hold';
import { allocate, divideRounded, MAX_MINOR, portion, type Minor } from './money';
import type { Audience } from './pricing/rule';
import type { LineOffer, PriceTrace } from './pricing/trace';
import { refuse, type Refused, type Verdict } from './refusal';
import { ok } from './result';
import type { Stall } from './stall';
import { plainText } from './text';

/** A reduction given by hand. */
export type Discount = DiscountByPercent | DiscountByAmount;
export interface DiscountByPercent {
  readonly kind: 'percent';
  /** 1000 is 10 %; 1 to 10 000. */
  readonly basisPoints: number;
  /** Shown on docket and receipt: `chipped glaze`. May be empty. */
  readonly reason: string;
}
export interface DiscountByAmount {
  readonly kind: 'amount';
  readonly amountMinor: Minor;
  readonly reason: string;
}

/** Where a line's price came from; the first rung of *why this price*. */
export type PriceSource = 'catalogue' | 'label' | 'typed';

/**
 * One row of the docket. It carries everything needed to price, tax and print it, copied from the catalogue when the
 * line was made: the price shown is the price charged, whatever changes later.
 */
export interface CartLine {
  readonly lineId: string;
  /** Null for an amount typed by hand. */
  readonly variantId: string | null;
  readonly itemId: string | null;
  readonly name: string;
  readonly receiptName: string;
  readonly sku: string;
  readonly pricing: Pricing;
  readonly quantity: Quantity;
  /** Per piece or per kilogram. */
  readonly unitPriceMinor: Minor;
  /** The amount printed on a price-embedded label; overrides unit price × quantity. */
  readonly labelAmountMinor: Minor | null;
  readonly priceSource: PriceSource;
  /** The price without rules, shown struck through; absent where there is nothing to show. */
  readonly wasMinor?: Minor | undefined;
  /** Why it costs this; absent for the catalogue's own price. */
  readonly trace?: PriceTrace | undefined;
  /** What offers for several pieces take off it. */
  readonly offers?: readonly LineOffer[] | undefined;
  /** The hold it comes from, whose price was promised: no rule changes it any more. */
  readonly hold?: LineHold | undefined;
  readonly taxRateId: string;
  readonly taxBasisPoints: number;
  readonly discount: Discount | null;
  readonly note: string;
}

/** The sale in progress. Working state: saved on every command, journalled only when parked or placed. */
export interface Cart {
  readonly cartId: string;
  readonly lines: readonly CartLine[];
  readonly discount: Discount | null;
  readonly note: string;
  /** Whom the prices are for; absent for everyone. */
  readonly audience?: Exclude<Audience, 'everyone'> | undefined;
}

/** One line with its arithmetic done. All amounts as charged, so after discounts. */
export interface PricedLine extends CartLine {
  /** Unit price × quantity (or the label's amount), before offers and discounts. */
  readonly grossMinor: Minor;
  /** The discount of this line, on what offers leave of it. */
  readonly lineDiscountMinor: Minor;
  /** This line's part of the cart discount. */
  readonly cartDiscountMinor: Minor;
  /** What the line adds to the goods total. */
  readonly amountMinor: Minor;
}

/** Tax of all lines at one rate; `netMinor + taxMinor` is what the shopper pays for them. */
export interface TaxSum {
  readonly taxRateId: string;
  readonly basisPoints: number;
  readonly netMinor: Minor;
  readonly taxMinor: Minor;
  readonly totalMinor: Minor;
}

/** A cart with every sum the screens and the receipt show. */
export interface PricedCart {
  readonly cartId: string;
  readonly lines: readonly PricedLine[];
  readonly discount: Discount | null;
  readonly note: string;
  readonly audience?: Exclude<Audience, 'everyone'> | undefined;
  /** Pieces, with a weighed line counting as one. */
  readonly itemCount: number;
  /** By offers and discounts. */
  readonly savedMinor: Minor;
  readonly taxes: readonly TaxSum[];
  readonly taxMinor: Minor;
  /** What is due before cash rounding. */
  readonly totalMinor: Minor;
}

/** More lines than any docket; keeps every sum a safe integer. */
export const MAX_LINES = 500;
/** Most pieces of one line. */
export const MAX_PIECES = 9_999;
/** Heaviest weighed line: just under a tonne. */
export const MAX_GRAMS = 999_999;
/** Longest note on a line or a cart, in characters. */
export const MAX_NOTE_LENGTH = 200;
/** Highest total of a cart before discounts. */
export const MAX_CART_MINOR: Minor = MAX_MINOR;

/** Longest name of an amount typed by hand. */
export const MAX_TYPED_NAME_LENGTH = 120;
/** Longest reason of a discount. */
export const MAX_REASON_LENGTH = 80;

export type CartProblem =
  'cart-full' | 'bad-quantity' | 'bad-amount' | 'bad-discount' | 'too-long' | 'unknown-line' | 'unknown-tax-rate';

export interface AddedLine {
  readonly cart: Cart;
  readonly lineId: string;
}

export function emptyCart(cartId: string): Cart {
  return { cartId, lines: [], discount: null, note: '' };
}

/**
 * Puts a variant into the cart. Pieces of the same variant at the same price join the line that is there, unless that
 * line was given a discount or a note of its own; weighed and labelled goods always get a line of their own.
 *
 * A price label of weighed goods names no weight, so theirs follows from the amount and the price per kilogram.
 */
export function addVariant(
  cart: Cart,
  given: {
    readonly stall: Pick<Stall, 'taxRates'>;
    readonly item: Item;
    readonly variant: Variant;
    /** Pieces or grams; one piece unless said. */
    readonly quantity?: Quantity | undefined;
    /** The amount on a price-embedded label. */
    readonly labelAmountMinor?: Minor | undefined;
    /** What it costs now and why; the catalogue's price unless said. */
    readonly price?: Pick<CartLine, 'unitPriceMinor' | 'wasMinor' | 'trace'> | undefined;
    /** A price a person typed for it, per piece or kilogram. */
    readonly typedPriceMinor?: Minor | undefined;
    /** The hold it was put aside by, with the price promised then; it gets a line of its own. */
    readonly hold?: LineHold | undefined;
  },
  context: Context,
): Verdict<AddedLine, CartProblem> {
  const { stall, item, variant } = given;
  const labelAmountMinor = given.labelAmountMinor ?? null;
  const taxRate = stall.taxRates.find(({ id }) => id === variant.taxRateId);
  if (!taxRate) {
    const name = fullName(item, variant);
    return refuse('unknown-tax-rate', { reason: 'goods-without-tax', name });
  }
  const quantity =
    variant.pricing === 'kg' && labelAmountMinor !== null
      ? gramsFor(labelAmountMinor, variant.priceMinor)
      : (given.quantity ?? 1);
  if (!isQuantity(quantity, variant.pricing)) return badQuantity(variant.pricing);
  if (labelAmountMinor !== null && !isAmount(labelAmountMinor)) {
    return refuse('bad-amount', { reason: 'label-without-price' });
  }
  const { typedPriceMinor } = given;
  if (typedPriceMinor !== undefined && !isAmount(typedPriceMinor)) {
    return refuse('bad-amount', { reason: 'price-range', most: MAX_MINOR });
  }
  const price =
    typedPriceMinor !== undefined
      ? { unitPriceMinor: typedPriceMinor }
      : labelAmountMinor === null && given.price
        ? given.price
        : { unitPriceMinor: variant.priceMinor };
  const priceSource = typedPriceMinor !== undefined ? 'typed' : labelAmountMinor === null ? 'catalogue' : 'label';
  const same =
    variant.pricing === 'each' && labelAmountMinor === null && given.hold === undefined
      ? cart.lines.find((line) => isSameGoods(line, variant, { ...price, priceSource, taxRate }))
      : undefined;
  if (same) {
    const changed = setQuantity(cart, { lineId: same.lineId, quantity: same.quantity + quantity });
    return changed.ok ? ok({ cart: changed.value, lineId: same.lineId }) : changed;
  }
  return addLine(cart, {
    lineId: context.newId(),
    variantId: variant.variantId,
    itemId: item.itemId,
    name: fullName(item, variant),
    receiptName: variant.receiptName,
    sku: variant.sku,
    pricing: variant.pricing,
    quantity,
    ...price,
    labelAmountMinor,
    priceSource,
    ...(given.hold && { hold: given.hold }),
    taxRateId: taxRate.id,
    taxBasisPoints: taxRate.basisPoints,
    discount: null,
    note: '',
  });
}

/** Puts an amount typed by hand into the cart. An empty name is for the screens to word. */
export function addTypedAmount(
  cart: Cart,
  given: {
    readonly stall: Pick<Stall, 'taxRates'>;
    readonly name: string;
    readonly amountMinor: Minor;
    readonly taxRateId: string;
  },
  context: Context,
): Verdict<AddedLine, CartProblem> {
  if (!isAmount(given.amountMinor)) return refuse('bad-amount', { reason: 'amount-range', most: MAX_MINOR });
  const taxRate = given.stall.taxRates.find(({ id }) => id === given.taxRateId);
  if (!taxRate) return refuse('unknown-tax-rate');
  const name = checkText(given.name, MAX_TYPED_NAME_LENGTH);
  if (!name.ok) return name;
  return addLine(cart, {
    lineId: context.newId(),
    variantId: null,
    itemId: null,
    name: name.value,
    receiptName: '',
    sku: '',
    pricing: 'each',
    quantity: 1,
    unitPriceMinor: given.amountMinor,
    labelAmountMinor: null,
    priceSource: 'typed',
    taxRateId: taxRate.id,
    taxBasisPoints: taxRate.basisPoints,
    discount: null,
    note: '',
  });
}

/** Sets the pieces or grams of a line; 0 removes it. */
export function setQuantity(
  cart: Cart,
  { lineId, quantity }: { readonly lineId: string; readonly quantity: Quantity },
): Verdict<Cart, CartProblem> {
  if (quantity === 0) return removeLine(cart, { lineId });
  return changeLine(cart, lineId, (line) => {
    if (!isQuantity(quantity, line.pricing)) return badQuantity(line.pricing);
    if (line.labelAmountMinor !== null && line.pricing === 'kg') {
      return refuse('bad-quantity', { reason: 'price-in-label' });
    }
    if (line.hold !== undefined && quantity > line.hold.quantity) {
      return refuse('bad-quantity', { reason: 'fewer-held', held: line.hold.quantity });
    }
    // Offers depend on how many there are.
    const { offers: _offers, ...rest } = line;
    return ok({ ...rest, quantity });
  });
}

export function removeLine(cart: Cart, { lineId }: { readonly lineId: string }): Verdict<Cart, CartProblem> {
  const lines = cart.lines.filter((line) => line.lineId !== lineId);
  if (lines.length === cart.lines.length) return unknownLine();
  return ok({ ...cart, lines });
}

/** Says whom the prices of a cart are for. */
export function priceFor(cart: Cart, { audience }: { readonly audience: Audience }): Cart {
  const { audience: _before, ...rest } = cart;
  return audience === 'everyone' ? rest : { ...rest, audience };
}

/** Gives a line a discount on its whole amount, or takes it back with null. */
export function discountLine(
  cart: Cart,
  { lineId, discount }: { readonly lineId: string; readonly discount: Discount | null },
): Verdict<Cart, CartProblem> {
  return changeLine(cart, lineId, (line) => {
    const checked = checkDiscount(discount);
    return checked.ok ? ok({ ...line, discount: checked.value }) : checked;
  });
}

/** Gives the cart a discount, shared over its lines, or takes it back with null. */
export function discountCart(
  cart: Cart,
  { discount }: { readonly discount: Discount | null },
): Verdict<Cart, CartProblem> {
  const checked = checkDiscount(discount);
  return checked.ok ? ok({ ...cart, discount: checked.value }) : checked;
}

export function noteLine(
  cart: Cart,
  { lineId, note }: { readonly lineId: string; readonly note: string },
): Verdict<Cart, CartProblem> {
  return changeLine(cart, lineId, (line) => {
    const checked = checkText(note, MAX_NOTE_LENGTH);
    return checked.ok ? ok({ ...line, note: checked.value }) : checked;
  });
}

export function noteCart(cart: Cart, { note }: { readonly note: string }): Verdict<Cart, CartProblem> {
  const checked = checkText(note, MAX_NOTE_LENGTH);
  return checked.ok ? ok({ ...cart, note: checked.value }) : checked;
}

/**
 * Does the arithmetic of a cart.
 *
 * - A weighed line is price per kilogram × grams ÷ 1000, rounded half up; a label's amount stands as printed.
 * - Offers for several pieces come off first; a discount counts on what they leave.
 * - A discount never takes a line or the cart below nothing. The cart's discount is shared over the lines in proportion
 *   to what they come to, so that each keeps its own tax rate.
 * - Tax is computed once per rate, on the sum of its lines, to the nearest minor unit with halves up: HMRC lets a
 *   retailer round at invoice level up and down to the nearest penny but not down alone (VAT Notice 700, 17.6; manual
 *   VATREC12020), and per-line rounding would drift on long dockets. In prices that include tax, the tax is the VAT
 *   fraction, rate ÷ (100 % + rate), of what is paid.
 */
export function priceCart(
  { cartId, lines, discount, note, audience }: Cart,
  { taxIncluded }: Pick<Stall, 'taxIncluded'>,
): PricedCart {
  const afterLines = lines.map((line) => {
    const grossMinor = grossOf(line);
    const offeredMinor = grossMinor - offeredOf(line);
    const lineDiscountMinor = discountOf(line.discount, offeredMinor);
    return { line, grossMinor, lineDiscountMinor, amountMinor: offeredMinor - lineDiscountMinor };
  });
  const goodsMinor = sum(afterLines.map(({ amountMinor }) => amountMinor));
  const shares = allocate(
    discountOf(discount, goodsMinor),
    afterLines.map(({ amountMinor }) => amountMinor),
  );
  const priced = afterLines.map(({ line, grossMinor, lineDiscountMinor, amountMinor }, index): PricedLine => {
    const cartDiscountMinor = shares[index] ?? 0;
    return { ...line, grossMinor, lineDiscountMinor, cartDiscountMinor, amountMinor: amountMinor - cartDiscountMinor };
  });
  const taxes = sumTaxes(priced, taxIncluded);
  return {
    cartId,
    lines: priced,
    discount,
    note,
    ...(audience !== undefined && { audience }),
    itemCount: itemCount(priced),
    savedMinor: sum(priced.map(savedOf)),
    taxes,
    taxMinor: sum(taxes.map(({ taxMinor }) => taxMinor)),
    totalMinor: sum(taxes.map(({ totalMinor }) => totalMinor)),
  };
}

/** Pieces of all lines, with a weighed line counting as one. */
export function itemCount(lines: readonly Pick<CartLine, 'pricing' | 'quantity'>[]): number {
  return sum(lines.map(({ pricing, quantity }) => (pricing === 'kg' ? 1 : quantity)));
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/** Unit price × quantity, or what the label says. */
export function grossOf({
  labelAmountMinor,
  pricing,
  unitPriceMinor,
  quantity,
}: Pick<CartLine, 'labelAmountMinor' | 'pricing' | 'unitPriceMinor' | 'quantity'>): Minor {
  if (labelAmountMinor !== null) return pricing === 'kg' ? labelAmountMinor : labelAmountMinor * quantity;
  return pricing === 'kg' ? divideRounded(unitPriceMinor * quantity, 1000) : unitPriceMinor * quantity;
}

/** What a line would come to without the rules that made its price, before offers and discounts. */
export function grossBeforeRules(line: Parameters<typeof grossOf>[0] & Pick<CartLine, 'wasMinor'>): Minor {
  return grossOf({ ...line, unitPriceMinor: line.wasMinor ?? line.unitPriceMinor });
}

/** What offers for several pieces take off a line. */
export function offeredOf({ offers }: Pick<CartLine, 'offers'>): Minor {
  return offers === undefined ? 0 : sum(offers.map(({ amountMinor }) => amountMinor));
}

/** What offers and discounts take off a line. */
export function savedOf(line: Pick<PricedLine, 'offers' | 'lineDiscountMinor' | 'cartDiscountMinor'>): Minor {
  return offeredOf(line) + line.lineDiscountMinor + line.cartDiscountMinor;
}

/** What a discount takes off an amount: never more than the amount. */
export function discountOf(discount: Discount | null, amountMinor: Minor): Minor {
  if (discount === null) return 0;
  const wanted = discount.kind === 'percent' ? portion(amountMinor, discount.basisPoints) : discount.amountMinor;
  return Math.min(wanted, amountMinor);
}

/** Tax by rate, the highest rate first; see {@link priceCart} for the rule. */
export function sumTaxes(lines: readonly PricedLine[], taxIncluded: boolean): TaxSum[] {
  const groups = new Map<string, { taxRateId: string; basisPoints: number; goodsMinor: Minor }>();
  for (const { taxRateId, taxBasisPoints: basisPoints, amountMinor } of lines) {
    const key = `${taxRateId} ${basisPoints}`;
    const group = groups.get(key);
    groups.set(key, { taxRateId, basisPoints, goodsMinor: (group?.goodsMinor ?? 0) + amountMinor });
  }
  return [...groups.values()]
    .sort((a, b) => b.basisPoints - a.basisPoints || (a.taxRateId < b.taxRateId ? -1 : 1))
    .map(({ taxRateId, basisPoints, goodsMinor }) => {
      const taxMinor = taxIncluded
        ? divideRounded(goodsMinor * basisPoints, 10_000 + basisPoints)
        : portion(goodsMinor, basisPoints);
      const netMinor = taxIncluded ? goodsMinor - taxMinor : goodsMinor;
      return { taxRateId, basisPoints, netMinor, taxMinor, totalMinor: netMinor + taxMinor };
    });
}

/** Whether more of a variant may join this line: nothing of it has changed, and nobody wrote on it. */
function isSameGoods(
  line: CartLine,
  { variantId, pricing }: Variant,
  now: Pick<CartLine, 'unitPriceMinor' | 'priceSource'> & { readonly taxRate: TaxRate },
): boolean {
  return (
    line.variantId === variantId &&
    line.pricing === pricing &&
    line.unitPriceMinor === now.unitPriceMinor &&
    line.priceSource === now.priceSource &&
    line.taxRateId === now.taxRate.id &&
    line.taxBasisPoints === now.taxRate.basisPoints &&
    line.labelAmountMinor === null &&
    line.discount === null &&
    line.hold === undefined &&
    line.note === ''
  );
}

function gramsFor(amountMinor: Minor, pricePerKilogramMinor: Minor): Quantity {
  if (pricePerKilogramMinor === 0) return 1;
  return Math.min(Math.max(divideRounded(amountMinor * 1000, pricePerKilogramMinor), 1), MAX_GRAMS);
}

function isQuantity(quantity: Quantity, pricing: Pricing): boolean {
  return Number.isSafeInteger(quantity) && quantity >= 1 && quantity <= (pricing === 'kg' ? MAX_GRAMS : MAX_PIECES);
}

function isAmount(amountMinor: Minor): boolean {
  return Number.isSafeInteger(amountMinor) && amountMinor >= 1 && amountMinor <= MAX_MINOR;
}

function badQuantity(pricing: Pricing): Refused<'bad-quantity'> {
  return refuse(
    'bad-quantity',
    pricing === 'kg' ? { reason: 'weight-range', most: MAX_GRAMS } : { reason: 'pieces-range', most: MAX_PIECES },
  );
}

function addLine(cart: Cart, line: CartLine): Verdict<AddedLine, CartProblem> {
  if (cart.lines.length >= MAX_LINES) {
    return refuse('cart-full', { reason: 'cart-lines', most: MAX_LINES });
  }
  const changed = withinTotal({ ...cart, lines: [...cart.lines, line] });
  return changed.ok ? ok({ cart: changed.value, lineId: line.lineId }) : changed;
}

function changeLine(
  cart: Cart,
  lineId: string,
  change: (line: CartLine) => Verdict<CartLine, CartProblem>,
): Verdict<Cart, CartProblem> {
  const line = cart.lines.find((candidate) => candidate.lineId === lineId);
  if (!line) return unknownLine();
  const changed = change(line);
  if (!changed.ok) return changed;
  const lines = cart.lines.map((candidate) => (candidate === line ? changed.value : candidate));
  return withinTotal({ ...cart, lines });
}

function withinTotal(cart: Cart): Verdict<Cart, CartProblem> {
  return sum(cart.lines.map(grossOf)) <= MAX_CART_MINOR
    ? ok(cart)
    : refuse('bad-amount', { reason: 'cart-total', most: MAX_CART_MINOR });
}

function unknownLine() {
  return refuse('unknown-line' as const);
}

function checkDiscount(discount: Discount | null): Verdict<Discount | null, CartProblem> {
  if (discount === null) return ok(null);
  const size = discount.kind === 'percent' ? discount.basisPoints : discount.amountMinor;
  const most = discount.kind === 'percent' ? 10_000 : MAX_MINOR;
  if (!Number.isSafeInteger(size) || size < 1 || size > most) {
    return refuse('bad-discount');
  }
  const reason = checkText(discount.reason, MAX_REASON_LENGTH);
  return reason.ok ? ok({ ...discount, reason: reason.value }) : reason;
}

function checkText(text: string, longest: number): Verdict<string, 'too-long'> {
  const plain = plainText(text);
  return plain.length <= longest ? ok(plain) : refuse('too-long', { reason: 'text-length', most: longest });
}
