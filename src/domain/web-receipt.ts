import { offeredOf, type PricedLine } from './cart';
import type { Pricing, Quantity } from './catalogue';
import type { Minor } from './money';
import type { Order, ResilienceFlag } from './order';
import { nameOfRate } from './receipt';
import type { Stall } from './stall';

/**
 * The receipt of an order for the phone of whoever paid: what the paper says and how the order's flag came to be, as
 * figures, so that each reader gets their own language. Of the people behind the table it says nothing.
 */
export interface WebReceipt {
  readonly stall: Pick<Stall, 'name' | 'place' | 'currency' | 'locale' | 'timeZone' | 'vatNumber' | 'receiptFooter'> & {
    /** What the stall says of bringing things back; empty when it says nothing. */
    readonly refundPolicy: string;
  };
  readonly number: string;
  /** UTC instant. */
  readonly placedAt: string;
  readonly taxIncluded: boolean;
  readonly lines: readonly WebReceiptLine[];
  /** On the whole sale; null for none. */
  readonly discount: {
    readonly amountMinor: Minor;
    readonly basisPoints: number | null;
    readonly reason: string;
  } | null;
  readonly note: string;
  readonly savedMinor: Minor;
  /** Nothing at a stall that is not registered for tax and charges none. Nameless where the stall has changed the rate since. */
  readonly taxes: readonly {
    readonly name: string;
    readonly basisPoints: number;
    readonly netMinor: Minor;
    readonly taxMinor: Minor;
    readonly totalMinor: Minor;
  }[];
  readonly totalMinor: Minor;
  readonly roundingMinor: Minor;
  /** What was taken. Slip numbers of cards stay on paper. */
  readonly tenders: readonly (
    | { readonly kind: 'cash'; readonly givenMinor: Minor; readonly changeMinor: Minor }
    | { readonly kind: 'card'; readonly provider: string; readonly amountMinor: Minor }
  )[];
  readonly flag: ResilienceFlag;
  /** How it came to be, oldest first; the placing itself, `queued`, is not among them. */
  readonly flags: readonly WebReceiptFlag[];
  /** First 16 hex digits of the hash of the journal entry that placed the order. */
  readonly check: string;
}

export interface WebReceiptLine {
  /** Empty for an amount that was typed in without a name. */
  readonly name: string;
  readonly pricing: Pricing;
  readonly quantity: Quantity;
  readonly unitPriceMinor: Minor;
  /** What it cost before a rule; null when it was that. */
  readonly wasMinor: Minor | null;
  readonly isFromLabel: boolean;
  /** Unit price times quantity, or what the label says. */
  readonly grossMinor: Minor;
  /** Less offers and the line's own discount. */
  readonly amountMinor: Minor;
  /** Names of drops and rules that made the price. */
  readonly rules: readonly { readonly isDrop: boolean; readonly name: string }[];
  readonly offers: readonly { readonly name: string; readonly amountMinor: Minor }[];
  readonly discount: {
    readonly amountMinor: Minor;
    readonly basisPoints: number | null;
    readonly reason: string;
  } | null;
  readonly note: string;
}

export interface WebReceiptFlag {
  readonly flag: ResilienceFlag;
  readonly cause: string;
  /** UTC instant. */
  readonly at: string;
}

/** Digits of an entry's hash that a receipt shows. */
const CHECK_DIGITS = 16;

/**
 * The receipt of an order, the same on the till and on the hub.
 * @param given.stall as it was configured
 * @param given.flags oldest first; the first decides
 * @param given.hash of the journal entry that placed the order, hex
 */
export function webReceiptOf(
  order: Order,
  given: { readonly stall: Stall; readonly flags: readonly WebReceiptFlag[]; readonly hash: string },
): WebReceipt {
  const { stall, flags, hash } = given;
  const { name, place, currency, locale, timeZone, vatNumber, receiptFooter, refundPolicy = '' } = stall;
  const takenOffMinor = order.lines.reduce((sum, line) => sum + line.cartDiscountMinor, 0);
  const hasTaxes = vatNumber !== '' || order.taxes.some(({ basisPoints }) => basisPoints !== 0);
  return {
    stall: { name, place, currency, locale, timeZone, vatNumber, receiptFooter, refundPolicy },
    number: order.number,
    placedAt: order.placedAt,
    taxIncluded: order.taxIncluded,
    lines: order.lines.map(lineOf),
    discount: order.discount === null ? null : discountOf(order.discount, takenOffMinor),
    note: order.note,
    savedMinor: order.savedMinor,
    taxes: hasTaxes
      ? order.taxes.map(({ taxRateId, basisPoints, netMinor, taxMinor, totalMinor }) => ({
          name: nameOfRate({ taxRateId, basisPoints }, stall) ?? '',
          basisPoints,
          netMinor,
          taxMinor,
          totalMinor,
        }))
      : [],
    totalMinor: order.totalMinor,
    roundingMinor: order.roundingMinor,
    tenders: order.tenders
      .filter(({ state }) => state === 'approved')
      .map((tender) =>
        tender.kind === 'cash'
          ? { kind: 'cash', givenMinor: tender.givenMinor, changeMinor: tender.changeMinor }
          : { kind: 'card', provider: tender.provider, amountMinor: tender.amountMinor },
      ),
    flag: flags[0]?.flag ?? order.flag,
    flags: flags.map(({ flag, cause, at }) => ({ flag, cause, at })),
    check: hash.slice(0, CHECK_DIGITS),
  };
}

function lineOf(line: PricedLine): WebReceiptLine {
  const { pricing, quantity, unitPriceMinor, wasMinor = null, grossMinor, lineDiscountMinor, discount, note } = line;
  return {
    name: line.name,
    pricing,
    quantity,
    unitPriceMinor,
    wasMinor,
    isFromLabel: line.labelAmountMinor !== null,
    grossMinor,
    amountMinor: grossMinor - offeredOf(line) - lineDiscountMinor,
    // A price that a test shows is a price like any other.
    rules: (line.trace?.steps ?? []).flatMap((step) =>
      step.kind === 'rule' && step.origin !== 'test' ? [{ isDrop: step.origin === 'drop', name: step.name }] : [],
    ),
    offers: (line.offers ?? []).map(({ name, amountMinor }) => ({ name, amountMinor })),
    discount: discount === null ? null : discountOf(discount, lineDiscountMinor),
    note,
  };
}

function discountOf(
  discount: NonNullable<Order['discount']>,
  amountMinor: Minor,
): NonNullable<WebReceiptLine['discount']> {
  const basisPoints = discount.kind === 'percent' ? discount.basisPoints : null;
  return { amountMinor, basisPoints, reason: discount.reason };
}
