/** Sales as the till's own rules make them, for whoever has to do with orders and not with tills. */
import {
  addTypedAmount,
  addVariant,
  discountCart,
  emptyCart,
  noteLine,
  priceCart,
  type Cart,
  type Discount,
} from '../../src/domain/cart';
import type { Context } from '../../src/domain/context';
import { currency } from '../../src/domain/money';
import { orderNumber, placeOrder, type Order } from '../../src/domain/order';
import { openPayment, payCash, settleCard, startCard } from '../../src/domain/payment';
import type { Stall } from '../../src/domain/stall';
import { testItem, testVariant, valueOf } from './stall';

export interface SaleLine {
  readonly name: string;
  readonly sku?: string;
  readonly priceMinor: number;
  /** Pieces, or grams of what is weighed. */
  readonly quantity?: number;
  readonly pricing?: 'each' | 'kg';
  readonly taxRateId?: string;
  /** An amount typed by hand, with no item behind it. */
  readonly isTyped?: boolean;
  readonly note?: string;
}

export interface Sale {
  readonly stall: Stall;
  readonly lines: readonly SaleLine[];
  readonly discount?: Discount;
  /** What a card pays of it; cash pays the rest. */
  readonly cardMinor?: number;
  readonly prefix?: string;
  readonly sequence?: number;
  readonly shiftId?: string;
  readonly staffId?: string;
}

/** Sells something, and is paid for it. */
export function sell(sale: Sale, context: Context): Order {
  const { stall, lines, prefix = 'T1', sequence = 1, shiftId = 'shift-1', staffId = 'person-1' } = sale;
  let cart = lines.reduce((before, line) => addLine(before, line, stall, context), emptyCart(context.newId()));
  if (sale.discount) cart = valueOf(discountCart(cart, { discount: sale.discount }));
  const priced = priceCart(cart, stall);
  let payment = valueOf(openPayment(priced, context));
  const { cardMinor = 0 } = sale;
  if (cardMinor > 0) {
    const tenderId = context.newId();
    payment = valueOf(startCard(payment, { amountMinor: cardMinor, provider: 'SumUp', tenderId }, context));
    payment = valueOf(settleCard(payment, { tenderId, outcome: 'approved', reference: 'TX 7' }));
  }
  if (priced.totalMinor > cardMinor) {
    const givenMinor = Math.ceil(priced.totalMinor / 1000) * 1000;
    payment = valueOf(payCash(payment, { givenMinor }, currency(stall.currency), context));
  }
  const number = orderNumber(prefix, sequence);
  const orderId = context.newId();
  return valueOf(
    placeOrder({ cart: priced, payment, stall, orderId, number, shiftId, staffId, flag: 'queued' }, context),
  );
}

function addLine(cart: Cart, line: SaleLine, stall: Stall, context: Context): Cart {
  const { name, priceMinor, taxRateId = 'standard' } = line;
  if (line.isTyped)
    return valueOf(addTypedAmount(cart, { stall, name, amountMinor: priceMinor, taxRateId }, context)).cart;
  const variant = testVariant({
    variantId: `variant-${name}`,
    sku: line.sku ?? '',
    priceMinor,
    taxRateId,
    pricing: line.pricing ?? 'each',
  });
  const item = testItem(name, variant);
  const added = valueOf(addVariant(cart, { stall, item, variant, quantity: line.quantity }, context));
  return line.note === undefined
    ? added.cart
    : valueOf(noteLine(added.cart, { lineId: added.lineId, note: line.note }));
}
