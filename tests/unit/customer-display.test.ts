import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addVariant, emptyCart, priceCart, type Cart } from '../../src/domain/cart';
import { currency } from '../../src/domain/money';
import { placeOrder } from '../../src/domain/order';
import { openPayment, payCash, viewPayment } from '../../src/domain/payment';
import type { Stall } from '../../src/domain/stall';
import type { LineDisplayPort } from '../../src/hardware/ports';
import { createCustomerDisplay } from '../../src/main/core/customer-display';
import { customerLines } from '../../src/main/core/customer-lines';
import type { SaleState } from '../../src/shared/contract';
import { manualClock } from '../helpers/manual-clock';
import { saltAndBramble, testContext, testItem, testVariant, valueOf, zurich } from '../helpers/stall';

const context = testContext();

function cartOf(
  stall: Stall,
  ...lines: { name: string; priceMinor: number; quantity?: number; pricing?: 'each' | 'kg' }[]
): Cart {
  return lines.reduce((cart, { name, priceMinor, quantity = 1, pricing = 'each' }) => {
    const variant = testVariant({ variantId: `variant-${name}`, pricing, priceMinor });
    return valueOf(addVariant(cart, { stall, quantity, item: testItem(name, variant), variant }, context)).cart;
  }, emptyCart('cart-1'));
}

function selling(stall: Stall, cart: Cart): SaleState {
  return {
    cart: priceCart(cart, { taxIncluded: stall.taxIncluded }),
    markedLineId: cart.lines.at(-1)?.lineId ?? null,
    payment: null,
    quickTendersMinor: [],
    parked: [],
    strayTenders: [],
    done: null,
    lastOrder: null,
  };
}

/** The same sale with this cash handed over, done when it suffices. */
function paying(stall: Stall, sale: SaleState, givenMinor: number | null): SaleState {
  const open = valueOf(openPayment(sale.cart, context));
  if (givenMinor === null) return { ...sale, payment: viewPayment(open, stall) };
  const of = currency(stall.currency);
  const payment = valueOf(payCash(open, { givenMinor }, of, context));
  const view = viewPayment(payment, stall);
  if (view.leftCashMinor > 0) return { ...sale, payment: view };
  const order = valueOf(
    placeOrder(
      {
        cart: sale.cart,
        payment,
        stall,
        orderId: 'order-1',
        number: 'A-1',
        shiftId: 'shift-1',
        staffId: 'ade',
        flag: 'queued',
      },
      context,
    ),
  );
  const changeMinor = givenMinor - (order.totalMinor + order.roundingMinor);
  return { ...selling(stall, emptyCart('cart-2')), done: { order, changeMinor, coins: [] } };
}

const tea = { name: 'Tea', priceMinor: 150 };
const loaf = { name: 'Spelt and honey loaf, large', priceMinor: 420 };

describe('what the shopper reads', () => {
  test('between two sales: who this is', () => {
    expect(customerLines(selling(saltAndBramble, emptyCart('cart-1')), saltAndBramble)).toEqual([
      '   Salt & Bramble',
      '      Welcome',
    ]);
  });

  test('the item just added, and the total', () => {
    const sale = selling(saltAndBramble, cartOf(saltAndBramble, tea, loaf));
    expect(customerLines(sale, saltAndBramble)).toEqual(['Spelt and hone £4.20', 'Total          £5.70']);
  });

  test('several of one item, and a weighed one', () => {
    const two = selling(saltAndBramble, cartOf(saltAndBramble, { ...tea, quantity: 2 }));
    expect(customerLines(two, saltAndBramble)).toEqual(['2 x Tea        £3.00', 'Total          £3.00']);
    const plums = { name: 'Plums', priceMinor: 400, quantity: 350, pricing: 'kg' as const };
    const weighed = selling(saltAndBramble, cartOf(saltAndBramble, plums));
    expect(customerLines(weighed, saltAndBramble)).toEqual(['0.350kg Plums  £1.40', 'Total          £1.40']);
  });

  test('the line the cashier is at, when it is another', () => {
    const sale = selling(saltAndBramble, cartOf(saltAndBramble, tea, loaf));
    const at = { ...sale, markedLineId: sale.cart.lines[0]!.lineId };
    expect(customerLines(at, saltAndBramble)[0]).toBe('Tea            £1.50');
  });

  test('what is to pay, what is paid, and the change', () => {
    const sale = selling(saltAndBramble, cartOf(saltAndBramble, tea, loaf));
    expect(customerLines(paying(saltAndBramble, sale, null), saltAndBramble)).toEqual(['', 'To pay         £5.70']);
    expect(customerLines(paying(saltAndBramble, sale, 500), saltAndBramble)).toEqual([
      'Paid           £5.00',
      'To pay         £0.70',
    ]);
    expect(customerLines(paying(saltAndBramble, sale, 1_000), saltAndBramble)).toEqual([
      'Paid           £5.70',
      'Change         £4.30',
    ]);
    expect(customerLines(paying(saltAndBramble, sale, 570), saltAndBramble)).toEqual([
      'Paid           £5.70',
      '     Thank you',
    ]);
  });

  test('francs as Zürich writes them, rounded to what can be paid', () => {
    const sale = selling(zurich, cartOf(zurich, { name: 'Kirschen', priceMinor: 423 }));
    expect(customerLines(paying(zurich, sale, 1_000), zurich)).toEqual([
      'Bezahlt     CHF\u00a04.25',
      'Rückgeld    CHF\u00a05.75',
    ]);
  });

  test('every amount is whole and at the right edge, whatever the name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 99_999_999 }),
        fc.integer({ min: 1, max: 10 }),
        (name, priceMinor, quantity) => {
          const cart = cartOf(saltAndBramble, { ...tea, priceMinor });
          const sale = selling(saltAndBramble, {
            ...cart,
            lines: cart.lines.map((line) => ({ ...line, name, quantity })),
          });
          const written = `£${((priceMinor * quantity) / 100).toLocaleString('en-GB', { minimumFractionDigits: 2 })}`;
          for (const line of customerLines(sale, saltAndBramble)) {
            expect([...line]).toHaveLength(20);
            expect(line.endsWith(` ${written}`)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('customer display', () => {
  function bench() {
    const clock = manualClock();
    const texts: string[] = [];
    const display = {
      show: (upper: string, lower: string) => texts.push(`${upper.trim()}|${lower.trim()}`),
      clear: () => texts.push('cleared'),
    } as unknown as LineDisplayPort;
    let displays: LineDisplayPort[] = [display];
    const customer = createCustomerDisplay({ stall: () => saltAndBramble, clock, displays: () => displays });
    const plug = (isIn: boolean): void => {
      displays = isIn ? [display] : [];
    };
    return { clock, texts, customer, plug, last: () => texts.at(-1) };
  }
  const sale = selling(saltAndBramble, cartOf(saltAndBramble, tea));
  const done = paying(saltAndBramble, sale, 200);

  test('the change stands long enough to be counted, and is not left for the next shopper', async () => {
    const { clock, customer, last } = bench();
    customer.show(sale);
    customer.show(done);
    await clock.advance(15_000);
    expect(last()).toMatch(/^Paid .*£1.50\|Change .*£0.50$/);
    await clock.advance(10_000);
    expect(last()).toBe('Salt & Bramble|Welcome');
    // Its receipt is printed only now, and the sale told once more.
    customer.show({ ...done });
    expect(last()).toBe('Salt & Bramble|Welcome');
  });

  test('the next sale takes the place of the change at once, and no greeting comes between', async () => {
    const { clock, customer, last } = bench();
    customer.show(done);
    await clock.advance(5_000);
    customer.show(sale);
    await clock.advance(60_000);
    expect(last()).toMatch(/^Tea .*£1.50\|Total/);
  });

  test('a display that comes later is told what stands', () => {
    const { customer, plug, texts, last } = bench();
    plug(false);
    customer.show(sale);
    expect(texts).toEqual([]);
    plug(true);
    customer.refresh();
    expect(last()).toMatch(/^Tea/);
    customer.stop();
    expect(last()).toBe('cleared');
  });
});
