import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addTypedAmount,
  addVariant,
  discountCart,
  discountLine,
  emptyCart,
  MAX_CART_MINOR,
  MAX_GRAMS,
  MAX_PIECES,
  noteLine,
  priceCart,
  removeLine,
  setQuantity,
  type Cart,
  type Discount,
} from '../../src/domain/cart';
import { currency, roundCash } from '../../src/domain/money';
import { checkOrder, placeOrder } from '../../src/domain/order';
import {
  canCancel,
  changeCoins,
  isPaid,
  openPayment,
  payCash,
  quickTendersMinor,
  removeCash,
  settleCard,
  startCard,
  viewPayment,
  type Payment,
} from '../../src/domain/payment';
import { addOrderToTotals, emptyTotals } from '../../src/domain/shift';
import type { Stall } from '../../src/domain/stall';
import { brooklyn, saltAndBramble, testContext, testItem, testVariant, valueOf, zurich } from '../helpers/stall';

const anyStall = fc.constantFrom(saltAndBramble, zurich, brooklyn);
const price = fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 1_000_000_000 }));
const discount: fc.Arbitrary<Discount | null> = fc.oneof(
  fc.constant(null),
  fc.record({
    kind: fc.constant('percent' as const),
    basisPoints: fc.integer({ min: -1, max: 10_001 }),
    reason: fc.string(),
  }),
  fc.record({
    kind: fc.constant('amount' as const),
    amountMinor: fc.integer({ min: -1, max: 30_000 }),
    reason: fc.string(),
  }),
);

/** Something a hand may do to a cart; lines are named by their place. */
type CartCommand = (cart: Cart, stall: Stall, context: ReturnType<typeof testContext>) => Cart;

const at = (cart: Cart, place: number): string => cart.lines[place % Math.max(cart.lines.length, 1)]?.lineId ?? 'none';

const addGoods: fc.Arbitrary<CartCommand> = fc
  .record({
    variantId: fc.constantFrom('a', 'b', 'c'),
    pricing: fc.constantFrom('each' as const, 'kg' as const),
    priceMinor: price,
    taxRateId: fc.constantFrom('standard', 'zero', 'gone'),
    quantity: fc.integer({ min: -1, max: 1200 }),
    labelAmountMinor: fc.option(fc.integer({ min: -1, max: 5000 }), { nil: undefined, freq: 5 }),
  })
  .map(({ quantity, labelAmountMinor, ...change }) => (cart, stall, context) => {
    const variant = testVariant(change);
    const item = testItem('Goods', variant);
    const added = addVariant(cart, { stall, item, variant, quantity, labelAmountMinor }, context);
    return added.ok ? added.value.cart : cart;
  });
const addTyped: fc.Arbitrary<CartCommand> = price.map((amountMinor) => (cart, stall, context) => {
  const added = addTypedAmount(cart, { stall, name: 'Any', amountMinor, taxRateId: 'standard' }, context);
  return added.ok ? added.value.cart : cart;
});
const changeLine: fc.Arbitrary<CartCommand> = fc
  .tuple(fc.nat(9), fc.integer({ min: -1, max: 1_000_001 }), discount, fc.string(), fc.nat(3))
  .map(([place, quantity, reduction, note, which]) => (cart) => {
    const lineId = at(cart, place);
    const changed = [
      () => setQuantity(cart, { lineId, quantity }),
      () => discountLine(cart, { lineId, discount: reduction }),
      () => noteLine(cart, { lineId, note }),
      () => removeLine(cart, { lineId }),
    ][which]?.();
    return changed?.ok ? changed.value : cart;
  });
const changeCart: fc.Arbitrary<CartCommand> = discount.map((reduction) => (cart) => {
  const changed = discountCart(cart, { discount: reduction });
  return changed.ok ? changed.value : cart;
});
const cartCommands = fc.array(
  fc.oneof({ weight: 4, arbitrary: addGoods }, addTyped, { weight: 2, arbitrary: changeLine }, changeCart),
  { minLength: 1, maxLength: 25 },
);

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function cartAfter(commands: readonly CartCommand[], stall: Stall): Cart {
  const context = testContext();
  return commands.reduce((cart, command) => command(cart, stall, context), emptyCart('cart-1'));
}

describe('a cart', () => {
  it('holds only what can be sold, and every sum fits, whatever is done to it', () => {
    fc.assert(
      fc.property(cartCommands, anyStall, (commands, stall) => {
        const cart = cartAfter(commands, stall);
        expect(new Set(cart.lines.map(({ lineId }) => lineId)).size).toBe(cart.lines.length);
        for (const { pricing, quantity } of cart.lines) {
          expect(Number.isInteger(quantity) && quantity >= 1).toBe(true);
          expect(quantity).toBeLessThanOrEqual(pricing === 'kg' ? MAX_GRAMS : MAX_PIECES);
        }
        const priced = priceCart(cart, stall);
        for (const line of priced.lines) {
          const { grossMinor, lineDiscountMinor, cartDiscountMinor, amountMinor } = line;
          expect(grossMinor - lineDiscountMinor - cartDiscountMinor).toBe(amountMinor);
          for (const part of [grossMinor, lineDiscountMinor, cartDiscountMinor, amountMinor]) {
            expect(Number.isSafeInteger(part) && part >= 0).toBe(true);
          }
        }
        expect(sum(priced.lines.map(({ grossMinor }) => grossMinor))).toBeLessThanOrEqual(MAX_CART_MINOR);
        expect(sum(priced.lines.map(({ grossMinor, amountMinor }) => grossMinor - amountMinor))).toBe(
          priced.savedMinor,
        );
        // The cart's discount is all given, up to what there was.
        const beforeCart = sum(priced.lines.map(({ grossMinor, lineDiscountMinor }) => grossMinor - lineDiscountMinor));
        const given = sum(priced.lines.map(({ cartDiscountMinor }) => cartDiscountMinor));
        if (cart.discount?.kind === 'amount') expect(given).toBe(Math.min(cart.discount.amountMinor, beforeCart));
        if (cart.discount === null) expect(given).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('has a tax table that adds up to its total, each tax to the nearest penny of its lines', () => {
    fc.assert(
      fc.property(cartCommands, anyStall, (commands, stall) => {
        const { lines, taxes, taxMinor, totalMinor } = priceCart(cartAfter(commands, stall), stall);
        expect(sum(taxes.map((tax) => tax.totalMinor))).toBe(totalMinor);
        expect(sum(taxes.map((tax) => tax.taxMinor))).toBe(taxMinor);
        const goodsMinor = sum(lines.map(({ amountMinor }) => amountMinor));
        expect(totalMinor).toBe(stall.taxIncluded ? goodsMinor : goodsMinor + taxMinor);
        for (const tax of taxes) {
          expect(tax.netMinor + tax.taxMinor).toBe(tax.totalMinor);
          expect(tax.netMinor).toBeGreaterThanOrEqual(0);
          // tax / net = rate: so tax × (100 % + rate) is total × rate but for half a penny, and likewise on net.
          const [base, whole] = stall.taxIncluded
            ? [BigInt(tax.totalMinor), 10_000n + BigInt(tax.basisPoints)]
            : [BigInt(tax.netMinor), 10_000n];
          const twiceTheError = 2n * (BigInt(tax.taxMinor) * whole - base * BigInt(tax.basisPoints));
          expect(twiceTheError <= whole && twiceTheError > -whole).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('costs never more for a discount', () => {
    fc.assert(
      fc.property(cartCommands, anyStall, discount, (commands, stall, reduction) => {
        const cart = { ...cartAfter(commands, stall), discount: null };
        const discounted = discountCart(cart, { discount: reduction });
        fc.pre(discounted.ok);
        const before = priceCart(cart, stall).totalMinor;
        const after = priceCart(valueOf(discounted), stall).totalMinor;
        return after >= 0 && after <= before;
      }),
    );
  });
});

type PaymentCommand = (payment: Payment, stall: Stall, context: ReturnType<typeof testContext>) => Payment;

/** All of what is left, a part of it, or a good deal more. */
const share = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1.5, noNaN: true }));
const tenderCash: fc.Arbitrary<PaymentCommand> = share.map((part) => (payment, stall, context) => {
  const of = currency(stall.currency);
  const { leftCashMinor } = viewPayment(payment, stall);
  const givenMinor = roundCash(Math.round(leftCashMinor * part), of);
  const paid = payCash(payment, { givenMinor }, of, context);
  return paid.ok ? paid.value : payment;
});
const tenderCard: fc.Arbitrary<PaymentCommand> = share.map((part) => (payment, stall, context) => {
  const amountMinor = Math.ceil(viewPayment(payment, stall).leftMinor * part);
  const asked = startCard(payment, { amountMinor, provider: 'SumUp' }, context);
  return asked.ok ? asked.value : payment;
});
const settleOne: fc.Arbitrary<PaymentCommand> = fc
  .tuple(fc.nat(20), fc.constantFrom('approved' as const, 'declined' as const, 'unknown' as const))
  .map(([place, outcome]) => (payment) => {
    const tenderId = payment.tenders[place % Math.max(payment.tenders.length, 1)]?.tenderId ?? 'none';
    const settled = settleCard(payment, { tenderId, outcome, reference: '' });
    return settled.ok ? settled.value : payment;
  });
const giveBack: fc.Arbitrary<PaymentCommand> = fc.nat(20).map((place) => (payment) => {
  const tenderId = payment.tenders[place % Math.max(payment.tenders.length, 1)]?.tenderId ?? 'none';
  const removed = removeCash(payment, { tenderId });
  return removed.ok ? removed.value : payment;
});
const paymentCommands = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: tenderCash },
    { weight: 2, arbitrary: tenderCard },
    { weight: 3, arbitrary: settleOne },
    giveBack,
  ),
  { minLength: 4, maxLength: 20 },
);

describe('a payment', () => {
  it('takes neither too much nor too little, whatever is tendered, and then makes an order that adds up', () => {
    fc.assert(
      fc.property(cartCommands, paymentCommands, anyStall, (sold, tendered, stall) => {
        const context = testContext();
        const cart = priceCart(cartAfter(sold, stall), stall);
        fc.pre(cart.lines.length > 0);
        const of = currency(stall.currency);
        let payment = valueOf(openPayment(cart, context));
        for (const command of tendered) {
          if (isPaid(payment, of)) break;
          payment = command(payment, stall, context);
          const view = viewPayment(payment, stall);
          expect(view.paidMinor + view.leftMinor).toBe(cart.totalMinor);
          expect(view.leftCashMinor % of.cashStepMinor).toBe(0);
          expect(view.leftMinor).toBeGreaterThan(-of.cashStepMinor);
          expect(canCancel(payment)).toBe(payment.tenders.every(({ state }) => state === 'declined'));
        }
        const order = placeOrder(
          { cart, payment, stall, orderId: 'o', number: 'T1-0001', shiftId: 's', staffId: 'p', flag: 'queued' },
          context,
        );
        expect(order.ok).toBe(isPaid(payment, of));
        if (!order.ok) return;
        expect(checkOrder(order.value)).toEqual([]);
        const { totalMinor, roundingMinor, tenders } = order.value;
        const taken = tenders.filter(({ state }) => state === 'approved');
        expect(sum(taken.map(({ amountMinor }) => amountMinor))).toBe(totalMinor + roundingMinor);
        const cashLeft = totalMinor - sum(taken.slice(0, -1).map(({ amountMinor }) => amountMinor));
        const isCash = taken.at(-1)?.kind === 'cash';
        // Rounded by the rule, unless what was left was less than half of the smallest coin.
        const rounded = Math.max(roundCash(cashLeft, of), of.cashStepMinor) - cashLeft;
        expect(roundingMinor).toBe(isCash ? rounded : 0);
        const totals = addOrderToTotals(emptyTotals(0), order.value);
        expect(totals.cashMinor + totals.cardMinor).toBe(totals.salesMinor + totals.roundingMinor);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('quick tenders', () => {
  const denominations = fc.constantFrom(saltAndBramble, zurich, brooklyn);
  const left = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 1_000_000_000 }));

  it('begin with the exact amount, ascend, and can be paid in the coins there are', () => {
    fc.assert(
      fc.property(left, denominations, (leftMinor, stall) => {
        const of = currency(stall.currency);
        const exact = Math.max(roundCash(leftMinor, of), of.cashStepMinor);
        const amounts = quickTendersMinor(exact, stall.denominations, of);
        expect(amounts[0]).toBe(exact);
        expect(amounts.length).toBeLessThanOrEqual(4);
        amounts.slice(1).forEach((amount, index) => expect(amount).toBeGreaterThan(amounts[index] ?? 0));
        for (const amount of amounts) {
          const coins = changeCoins(amount, stall.denominations);
          expect(sum(coins.map(({ denominationMinor, count }) => denominationMinor * count))).toBe(amount);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('change', () => {
  it('adds up, in few coins and none twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), anyStall, (amountMinor, stall) => {
        const { cashStepMinor } = currency(stall.currency);
        const changeMinor = amountMinor - (amountMinor % cashStepMinor);
        const coins = changeCoins(changeMinor, stall.denominations);
        expect(sum(coins.map(({ denominationMinor, count }) => denominationMinor * count))).toBe(changeMinor);
        coins.forEach(({ denominationMinor, count }, index) => {
          expect(Number.isInteger(count) && count > 0).toBe(true);
          const larger = coins[index - 1]?.denominationMinor ?? Infinity;
          expect(denominationMinor).toBeLessThan(larger);
          // More of one coin than make up the next larger would be wasteful.
          const next = stall.denominations.filter((one) => one > denominationMinor).at(-1) ?? Infinity;
          expect(denominationMinor * count).toBeLessThan(next);
        });
      }),
    );
  });
});
