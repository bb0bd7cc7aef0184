import type { PricedCart, PricedLine, TaxSum } from './cart';
import type { Context } from './context';
import { currency, type Minor } from './money';
import { isPaid, type Payment, type Tender } from './payment';
import { fail, ok, type Result } from './result';
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
  readonly currency: string;
  readonly taxIncluded: boolean;
  readonly lines: readonly PricedLine[];
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
  },
  context: Context,
): Result<Order, 'empty-cart' | 'payment-locked' | 'bad-tender'> {
  const { cart, payment, stall, orderId, number, shiftId, staffId, flag } = given;
  if (cart.lines.length === 0) return fail('empty-cart', 'Scan or tap the first thing.');
  if (payment.dueMinor !== cart.totalMinor) {
    return fail('bad-tender', 'The sale changed after payment was opened. Go back and open it again.');
  }
  if (payment.tenders.some(({ state }) => state === 'pending' || state === 'unknown')) {
    return fail('payment-locked', 'Say first how the card payment ended.');
  }
  if (!isPaid(payment, currency(stall.currency))) return fail('bad-tender', 'There is still something to pay.');
  const order: Order = {
    orderId,
    number,
    cartId: cart.cartId,
    shiftId,
    staffId,
    placedAt: context.now,
    currency: stall.currency,
    taxIncluded: stall.taxIncluded,
    lines: cart.lines,
    note: cart.note,
    savedMinor: cart.savedMinor,
    taxes: cart.taxes,
    taxMinor: cart.taxMinor,
    totalMinor: cart.totalMinor,
    roundingMinor: paidBy(payment.tenders) - cart.totalMinor,
    tenders: payment.tenders,
    flag,
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
  const of = currency(order.currency);
  const goodsMinor = total(order.lines.map(({ amountMinor }) => amountMinor));
  const netMinor = total(order.taxes.map((tax) => tax.netMinor));
  const ofTaxes = total(order.taxes.map(({ totalMinor }) => totalMinor));
  expect(order.lines.length > 0, 'it has no lines');
  for (const line of order.lines) {
    const { grossMinor, lineDiscountMinor, cartDiscountMinor, amountMinor } = line;
    expect(grossMinor - lineDiscountMinor - cartDiscountMinor === amountMinor, `line ${line.lineId} does not add up`);
    expect(amountMinor >= 0, `line ${line.lineId} is below nothing`);
  }
  for (const tax of order.taxes) {
    expect(tax.netMinor + tax.taxMinor === tax.totalMinor, `tax ${tax.taxRateId} does not add up`);
  }
  expect((order.taxIncluded ? ofTaxes : netMinor) === goodsMinor, 'the tax table does not cover the lines');
  expect(total(order.taxes.map(({ taxMinor }) => taxMinor)) === order.taxMinor, 'tax differs from its table');
  expect(ofTaxes === order.totalMinor, 'the total differs from its tax table');
  expect(paidBy(order.tenders) === order.totalMinor + order.roundingMinor, 'tenders differ from total and rounding');
  expect(Math.abs(order.roundingMinor) < Math.max(of.cashStepMinor, 1), 'rounding is more than a coin');
  for (const tender of order.tenders) {
    const isEven = tender.kind !== 'cash' || tender.givenMinor - tender.changeMinor === tender.amountMinor;
    expect(isEven, `cash ${tender.tenderId}: given less change is not what it pays`);
  }
  return broken;
}

function paidBy(tenders: readonly Tender[]): Minor {
  return tenders.reduce((sum, { state, amountMinor }) => sum + (state === 'approved' ? amountMinor : 0), 0);
}
