import { describe, expect, it } from 'vitest';
import { addVariant, discountCart, emptyCart, noteCart, priceCart, type PricedCart } from '../../../src/domain/cart';
import { currency } from '../../../src/domain/money';
import { checkOrder, orderNumber, placeOrder, type Order } from '../../../src/domain/order';
import { openPayment, payCash, settleCard, startCard, type Payment } from '../../../src/domain/payment';
import { addOrderToTotals, closeShift, emptyTotals, openShift } from '../../../src/domain/shift';
import type { Stall } from '../../../src/domain/stall';
import { codeOf, saltAndBramble, testContext, testItem, testVariant, valueOf, zurich } from '../../helpers/stall';

const context = testContext();

function cartOf(amountMinor: number, stall: Stall = saltAndBramble): PricedCart {
  const variant = testVariant({ priceMinor: amountMinor, taxRateId: 'standard' });
  const { cart } = valueOf(
    addVariant(emptyCart('cart-1'), { stall, item: testItem('Mug', variant), variant }, context),
  );
  const discounted = valueOf(discountCart(cart, { discount: { kind: 'amount', amountMinor: 7, reason: 'regular' } }));
  return priceCart(valueOf(noteCart(discounted, { note: 'for Mo' })), stall);
}

function place(cart: PricedCart, payment: Payment, stall: Stall = saltAndBramble) {
  return placeOrder(
    { cart, payment, stall, orderId: 'order-1', number: 'T1-0412', shiftId: 's', staffId: 'p', flag: 'queued' },
    context,
  );
}

function paidInCash(cart: PricedCart, givenMinor: number, stall: Stall = saltAndBramble): Payment {
  const payment = valueOf(openPayment(cart, context));
  return valueOf(payCash(payment, { givenMinor }, currency(stall.currency), context));
}

describe('order numbers', () => {
  it('have four digits, and more when they must', () => {
    expect([1, 412, 9999, 10_000, 1_234_567].map((sequence) => orderNumber('T1', sequence))).toEqual([
      'T1-0001',
      'T1-0412',
      'T1-9999',
      'T1-10000',
      'T1-1234567',
    ]);
  });
});

describe('placing an order', () => {
  it('keeps all there is to know of the sale', () => {
    const cart = cartOf(1007);
    const order = valueOf(place(cart, paidInCash(cart, 2000)));
    expect(order).toMatchObject({
      number: 'T1-0412',
      cartId: 'cart-1',
      placedAt: context.now,
      currency: 'GBP',
      discount: { kind: 'amount', amountMinor: 7, reason: 'regular' },
      note: 'for Mo',
      totalMinor: 1000,
      savedMinor: 7,
      taxMinor: 167,
      roundingMinor: 0,
      flag: 'queued',
    });
    expect(order.lines).toEqual(cart.lines);
    expect(checkOrder(order)).toEqual([]);
  });

  it('keeps what cash was rounded by', () => {
    const cart = cartOf(1010, zurich);
    expect(cart.totalMinor).toBe(1003);
    expect(valueOf(place(cart, paidInCash(cart, 2000, zurich), zurich)).roundingMinor).toBe(2);
  });

  it('keeps the refused card with the order, and takes no money for it', () => {
    const cart = cartOf(1007);
    const asked = startCard(
      valueOf(openPayment(cart, context)),
      { amountMinor: 1000, provider: 'SumUp', tenderId: 'x' },
      context,
    );
    const declined = valueOf(settleCard(valueOf(asked), { tenderId: 'x', outcome: 'declined', reference: '' }));
    const order = valueOf(place(cart, valueOf(payCash(declined, { givenMinor: 1000 }, currency('GBP'), context))));
    expect(order.tenders.map(({ state }) => state)).toEqual(['declined', 'approved']);
    expect(addOrderToTotals(emptyTotals(0), order)).toMatchObject({ cashMinor: 1000, cardMinor: 0 });
  });

  it('refuses what is not paid, not settled, not the same sale, or nothing', () => {
    const cart = cartOf(1007);
    const open = valueOf(openPayment(cart, context));
    expect(codeOf(place(cart, open))).toBe('bad-tender');
    expect(codeOf(place(cart, paidInCash(cart, 500)))).toBe('bad-tender');
    expect(codeOf(place(cartOf(2007), paidInCash(cart, 2000)))).toBe('bad-tender');
    expect(codeOf(place({ ...cart, lines: [] }, open))).toBe('empty-cart');
    const asked = valueOf(startCard(open, { amountMinor: 1000, provider: 'SumUp', tenderId: 'x' }, context));
    expect(codeOf(place(cart, asked))).toBe('payment-locked');
    const unknown = valueOf(settleCard(asked, { tenderId: 'x', outcome: 'unknown', reference: '' }));
    expect(codeOf(place(cart, unknown))).toBe('payment-locked');
  });

  it('places a sale that costs nothing without a tender', () => {
    const cart = cartOf(7);
    const order = valueOf(place(cart, valueOf(openPayment(cart, context))));
    expect(order).toMatchObject({ totalMinor: 0, tenders: [], roundingMinor: 0 });
    expect(checkOrder(order)).toEqual([]);
  });
});

describe('checking an order', () => {
  const cart = cartOf(1007);
  const order = valueOf(place(cart, paidInCash(cart, 2000)));
  const [line] = order.lines;
  const [tax] = order.taxes;
  const [tender] = order.tenders;
  if (!line || !tax || tender?.kind !== 'cash') throw new Error('no such order');

  it.each<[string, Partial<Order>]>([
    ['it has no lines', { lines: [] }],
    ['not its price times its quantity', { lines: [{ ...line, quantity: 2 }] }],
    ['not its price times its quantity', { lines: [{ ...line, grossMinor: 1008, amountMinor: 1001 }] }],
    ['has another discount', { lines: [{ ...line, lineDiscountMinor: 1, amountMinor: 999 }] }],
    ['do not share the discount', { lines: [{ ...line, cartDiscountMinor: 6, amountMinor: 1001 }] }],
    ['does not add up', { lines: [{ ...line, amountMinor: 1001 }] }],
    ['do not share the discount', { discount: null }],
    ['what was saved', { savedMinor: 8 }],
    ['the tax table', { taxes: [{ ...tax, taxMinor: tax.taxMinor + 1, netMinor: tax.netMinor - 1 }] }],
    ['the tax table', { taxes: [{ ...tax, taxMinor: 168 }], taxMinor: 168 }],
    ['the tax table', { taxes: [] }],
    ['the tax table', { taxIncluded: false }],
    ['tax differs', { taxMinor: 0 }],
    ['the total differs', { totalMinor: 1001 }],
    ['tenders differ', { tenders: [] }],
    ['tenders differ', { roundingMinor: 1 }],
    [
      'rounding is more than a coin',
      { roundingMinor: 1, tenders: [{ ...tender, amountMinor: 1001, changeMinor: 999 }] },
    ],
    ['given less change', { tenders: [{ ...tender, changeMinor: 999 }] }],
    ['change is below nothing', { tenders: [{ ...tender, givenMinor: 900, changeMinor: -100 }] }],
    ['pays nothing', { tenders: [tender, { ...tender, amountMinor: 0, givenMinor: 0, changeMinor: 0 }] }],
    [
      'is not settled',
      {
        tenders: [
          tender,
          { kind: 'card', tenderId: 'x', state: 'unknown', amountMinor: 1, provider: '', reference: '', at: '' },
        ],
      },
    ],
    [
      'not paid in cash last',
      {
        currency: 'CHF',
        roundingMinor: 2,
        tenders: [
          { kind: 'card', tenderId: 'x', state: 'approved', amountMinor: 1002, provider: '', reference: '', at: '' },
        ],
      },
    ],
  ])('finds that %s in %j', (problem, change) => {
    expect(checkOrder({ ...order, ...change }).join('; ')).toContain(problem);
  });
});

describe('shifts', () => {
  it('add their orders up and expect the float and the cash kept in the drawer', () => {
    const cart = cartOf(1007);
    const order = valueOf(place(cart, paidInCash(cart, 2000)));
    const totals = [order, order].reduce(addOrderToTotals, emptyTotals(5000));
    expect(totals).toEqual({
      orderCount: 2,
      salesMinor: 2000,
      taxMinor: 334,
      savedMinor: 14,
      roundingMinor: 0,
      cashMinor: 2000,
      cardMinor: 0,
      expectedCashMinor: 7000,
    });
  });

  it('close with any difference, and say it', () => {
    const shift = valueOf(openShift({ floatMinor: 5000, staffId: 'ade' }, context));
    expect(shift).toMatchObject({ openedAt: context.now, openedBy: 'ade', floatMinor: 5000, closed: null });
    const totals = emptyTotals(5000);
    const given = { countedMinor: 4321, reason: ' gave\u0007 change ', staffId: 'mo' };
    const closed = valueOf(closeShift(shift, given, totals, context));
    expect(closed.closed).toEqual({
      closedAt: context.now,
      closedBy: 'mo',
      countedMinor: 4321,
      expectedMinor: 5000,
      differenceMinor: -679,
      reason: 'gave change',
      totals,
    });
    expect(codeOf(closeShift(closed, given, totals, context))).toBe('no-shift');
  });

  it.each([-1, 0.5, Number.NaN, 1_000_000_001])('refuse a float or count of %d', (amountMinor) => {
    expect(codeOf(openShift({ floatMinor: amountMinor, staffId: 'ade' }, context))).toBe('bad-amount');
    const shift = valueOf(openShift({ floatMinor: 0, staffId: 'ade' }, context));
    const given = { countedMinor: amountMinor, reason: '', staffId: 'ade' };
    expect(codeOf(closeShift(shift, given, emptyTotals(0), context))).toBe('bad-amount');
  });
});
