import {
  discountOf,
  grossOf,
  offeredOf,
  savedOf,
  sumTaxes,
  type Discount,
  type PricedCart,
  type PricedLine,
  type TaxSum,
} from './cart';
import type { Context } from './context';
import { currency, type Minor } from './money';
import { isPaid, leftToPay, type Payment, type Tender } from './payment';
import { refuse, type Verdict } from './refusal';
import { ok } from './result';
import type { Stall } from './stall';

/** The resilience flag: what the hub knew when the receipt was handed over. */
export type ResilienceFlag = 'online' | 'queued' | 'offline-confirmed';

/** A placed order: an immutable fact. Later facts (a copy printed, a refund) point at it and never change it. */
export interface Order {
  readonly orderId: string;
  /** Device prefix and gapless sequence: `T1-0412`. */
  readonly number: string;
  readonly cartId: string;
  readonly shiftId: string;
  readonly staffId: string;
  /** UTC instant. */
  readonly placedAt: string;
  /** The same by the clock prices go by, where the wall clock has gone its own way and nobody has said yet which is right. */
  readonly pricedAt?: string | undefined;
  readonly currency: string;
  readonly taxIncluded: boolean;
  readonly lines: readonly PricedLine[];
  /** Given on the whole sale; each line carries its share. */
  readonly discount: Discount | null;
  readonly note: string;
  readonly savedMinor: Minor;
  readonly taxes: readonly TaxSum[];
  readonly taxMinor: Minor;
  /** Sum of what is charged before cash rounding. */
  readonly totalMinor: Minor;
  /** Added to the total because cash cannot pay it exactly; may be negative. total + rounding = Σ tender amounts. */
  readonly roundingMinor: Minor;
  readonly tenders: readonly Tender[];
  readonly flag: ResilienceFlag;
  /** What its receipt's address ends with: 128 bits of chance, base64url. Orders of earlier versions have none. */
  readonly receiptKey?: string | undefined;
}

/** `T1-0412`: the device's prefix and its gapless sequence, at least four digits wide. */
export function orderNumber(prefix: string, sequence: number): string {
  return `${prefix}-${String(sequence).padStart(4, '0')}`;
}

/**
 * Turns a paid cart into an order. Refused while a tender is pending or unknown, when the tenders do not cover what is
 * due, and when the payment was opened for another amount.
 */
export function placeOrder(
  given: {
    readonly cart: PricedCart;
    readonly payment: Payment;
    readonly stall: Pick<Stall, 'currency' | 'taxIncluded'>;
    readonly orderId: string;
    readonly number: string;
    readonly shiftId: string;
    readonly staffId: string;
    readonly flag: ResilienceFlag;
    readonly pricedAt?: string | undefined;
    readonly receiptKey?: string | undefined;
  },
  context: Context,
): Verdict<Order, 'empty-cart' | 'payment-locked' | 'bad-tender'> {
  const { cart, payment, stall, orderId, number, shiftId, staffId, flag, pricedAt, receiptKey } = given;
  if (cart.lines.length === 0) return refuse('empty-cart');
  if (payment.dueMinor !== cart.totalMinor) {
    return refuse('bad-tender', { reason: 'sale-changed' });
  }
  if (payment.tenders.some(({ state }) => state === 'pending' || state === 'unknown')) {
    return refuse('payment-locked');
  }
  if (!isPaid(payment, currency(stall.currency)))
    return refuse('bad-tender', { reason: 'still-due', left: leftToPay(payment) });
  const order: Order = {
    orderId,
    number,
    cartId: cart.cartId,
    shiftId,
    staffId,
    placedAt: context.now,
    ...(pricedAt !== undefined && { pricedAt }),
    currency: stall.currency,
    taxIncluded: stall.taxIncluded,
    lines: cart.lines,
    discount: cart.discount,
    note: cart.note,
    savedMinor: cart.savedMinor,
    taxes: cart.taxes,
    taxMinor: cart.taxMinor,
    totalMinor: cart.totalMinor,
    roundingMinor: paidBy(payment.tenders) - cart.totalMinor,
    tenders: payment.tenders,
    flag,
    ...(receiptKey !== undefined && { receiptKey }),
  };
  const broken = checkOrder(order);
  if (broken.length > 0) throw new Error(`order ${number} does not add up: ${broken.join('; ')}`);
  return ok(order);
}

/**
 * What does not add up in an order; empty when all does. Used before an order is placed, by `trestle journal verify`,
 * and by every test that sells something.
 */
export function checkOrder(order: Order): string[] {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what);
  };
  const total = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);
  const beforeCartMinor = total(order.lines.map((line) => line.grossMinor - offeredOf(line) - line.lineDiscountMinor));
  const ofTaxes = total(order.taxes.map(({ totalMinor }) => totalMinor));
  const last = order.tenders.filter(({ state }) => state === 'approved').at(-1);
  expect(order.lines.length > 0, 'it has no lines');
  for (const line of order.lines) {
    const { grossMinor, lineDiscountMinor, cartDiscountMinor, amountMinor } = line;
    expect(grossMinor === grossOf(line), `line ${line.lineId} is not its price times its quantity`);
    const offeredMinor = grossMinor - offeredOf(line);
    const areOffers = (line.offers ?? []).every((offer) => offer.amountMinor >= 0 && offer.quantity > 0);
    expect(areOffers && offeredMinor >= 0, `line ${line.lineId} has offers that are none`);
    expect(lineDiscountMinor === discountOf(line.discount, offeredMinor), `line ${line.lineId} has another discount`);
    expect(cartDiscountMinor >= 0, `line ${line.lineId} has a share of the discount below nothing`);
    expect(offeredMinor - lineDiscountMinor - cartDiscountMinor === amountMinor, `line ${line.lineId} does not add up`);
    expect(amountMinor >= 0, `line ${line.lineId} is below nothing`);
  }
  expect(
    total(order.lines.map((line) => line.cartDiscountMinor)) === discountOf(order.discount, beforeCartMinor),
    'the lines do not share the discount of the sale',
  );
  expect(total(order.lines.map(savedOf)) === order.savedMinor, 'what was saved is not the offers and discounts');
  expect(isSameTax(order.taxes, sumTaxes(order.lines, order.taxIncluded)), 'the tax table is not the one of the lines');
  expect(total(order.taxes.map(({ taxMinor }) => taxMinor)) === order.taxMinor, 'tax differs from its table');
  expect(ofTaxes === order.totalMinor, 'the total differs from its tax table');
  expect(paidBy(order.tenders) === order.totalMinor + order.roundingMinor, 'tenders differ from total and rounding');
  expect(order.roundingMinor === 0 || last?.kind === 'cash', 'it was rounded, but not paid in cash last');
  expect(Math.abs(order.roundingMinor) < currency(order.currency).cashStepMinor, 'rounding is more than a coin');
  for (const tender of order.tenders) {
    const { tenderId, state, amountMinor } = tender;
    expect(state === 'approved' || state === 'declined', `tender ${tenderId} is not settled`);
    expect(amountMinor > 0, `tender ${tenderId} pays nothing`);
    if (tender.kind === 'card') continue;
    expect(tender.changeMinor >= 0, `cash ${tenderId}: the change is below nothing`);
    expect(
      tender.givenMinor - tender.changeMinor === amountMinor,
      `cash ${tenderId}: given less change is not its pay`,
    );
  }
  return broken;
}

function isSameTax(taxes: readonly TaxSum[], expected: readonly TaxSum[]): boolean {
  return (
    taxes.length === expected.length &&
    expected.every((sum, index) => {
      const tax = taxes[index];
      return (
        tax?.taxRateId === sum.taxRateId &&
        tax.basisPoints === sum.basisPoints &&
        tax.netMinor === sum.netMinor &&
        tax.taxMinor === sum.taxMinor &&
        tax.totalMinor === sum.totalMinor
      );
    })
  );
}

function paidBy(tenders: readonly Tender[]): Minor {
  return tenders.reduce((sum, { state, amountMinor }) => sum + (state === 'approved' ? amountMinor : 0), 0);
}
