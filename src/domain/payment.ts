import type { Minor } from './money';

/**
 * The state of one tender.
 * - `pending`: the card machine has been asked, nobody has said how it ended
 * - `approved`: the money was taken
 * - `declined`: it was not
 * - `unknown`: somebody looked and could not tell. Money may have moved: no other tender may be started and the cart
 *   may not be cleared until a person settles it.
 */
export type TenderState = 'pending' | 'approved' | 'declined' | 'unknown';

export interface CashTender {
  readonly kind: 'cash';
  readonly tenderId: string;
  readonly state: 'approved';
  /** What this tender pays of the order, after cash rounding. */
  readonly amountMinor: Minor;
  /** What was handed over. */
  readonly givenMinor: Minor;
  readonly changeMinor: Minor;
  readonly at: string;
}

/** A card payment taken on a machine of its own; the till never sees card data. */
export interface CardTender {
  readonly kind: 'card';
  readonly tenderId: string;
  readonly state: TenderState;
  readonly amountMinor: Minor;
  /** For instance `SumUp`. */
  readonly provider: string;
  /** The provider's slip or transaction number, or empty. */
  readonly reference: string;
  /** UTC instant the card machine was asked. */
  readonly at: string;
}

export type Tender = CashTender | CardTender;

/** The paying half of a sale, opened when the cashier taps Pay. The cart cannot change while it is open. */
export interface Payment {
  readonly paymentId: string;
  /** The cart's total when payment was opened. */
  readonly dueMinor: Minor;
  readonly tenders: readonly Tender[];
}

/** A payment with its sums. `leftMinor` is what is still to pay, `leftCashMinor` the same if paid in cash. */
export interface PaymentView extends Payment {
  readonly paidMinor: Minor;
  readonly leftMinor: Minor;
  readonly leftCashMinor: Minor;
  /** Quick-tender keys for what is left, ascending, the first exact. */
  readonly quickTendersMinor: readonly Minor[];
  /** True while a pending or unknown tender stops every other. */
  readonly locked: boolean;
}
