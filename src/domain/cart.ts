import type { Pricing, Quantity } from './catalogue';
import type { Minor } from './money';

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
}

/** One line with its arithmetic done. All amounts as charged, so after discounts. */
export interface PricedLine extends CartLine {
  /** Unit price × quantity (or the label's amount), before any discount. */
  readonly grossMinor: Minor;
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
  /** Pieces, with a weighed line counting as one. */
  readonly itemCount: number;
  readonly savedMinor: Minor;
  readonly taxes: readonly TaxSum[];
  readonly taxMinor: Minor;
  /** What is due before cash rounding. */
  readonly totalMinor: Minor;
}
