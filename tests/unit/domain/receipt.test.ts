import { describe, expect, it } from 'vitest';
import {
  addTypedAmount,
  addVariant,
  discountCart,
  discountLine,
  emptyCart,
  noteCart,
  noteLine,
  priceCart,
  type Cart,
} from '../../../src/domain/cart';
import { currency } from '../../../src/domain/money';
import { placeOrder, type Order, type ResilienceFlag } from '../../../src/domain/order';
import { openPayment, payCash, settleCard, startCard, type Payment } from '../../../src/domain/payment';
import {
  receiptDocument,
  shiftReportDocument,
  testPageDocument,
  type ReceiptBlock,
  type ReceiptDocument,
} from '../../../src/domain/receipt';
import { closeShift, emptyTotals, openShift } from '../../../src/domain/shift';
import type { Stall } from '../../../src/domain/stall';
import { englishWords as words } from '../../helpers/english-words';
import { brooklyn, saltAndBramble, testContext, testItem, testVariant, valueOf, zurich } from '../../helpers/stall';

const context = testContext('2026-06-13T10:31:07.250Z');

/** One line a block, as a person would read it out: amounts after a bar, codes in brackets. */
function spoken(blocks: readonly ReceiptBlock[]): string[] {
  return blocks.map((block) => {
    switch (block.kind) {
      case 'text':
        return (block.size === 'double' ? '# ' : '') + block.text;
      case 'row': {
        const left = ' '.repeat(block.indent) + (block.size === 'double' ? '# ' : '') + block.left;
        return block.right === '' ? left : `${left} | ${block.right}`;
      }
      case 'columns':
        return block.rows.map((row) => row.join(' | ')).join(' / ');
      case 'qr':
      case 'barcode':
        return `[${block.kind} ${block.data}]`;
      case 'mark':
      case 'logo':
      case 'rule':
      case 'feed':
      case 'cut':
        return `[${block.kind}]`;
    }
  });
}

function cartOf(stall: Stall, change: (cart: Cart) => Cart = (cart) => cart): Cart {
  let cart = emptyCart('cart-1');
  const add = (
    name: string,
    priceMinor: number,
    given: { quantity?: number; pricing?: 'kg'; taxRateId?: string; label?: number },
  ) => {
    const { quantity, label, ...rest } = given;
    const variant = testVariant({ variantId: name, priceMinor, ...rest });
    const line = { stall, item: testItem(name, variant), variant, quantity, labelAmountMinor: label };
    cart = valueOf(addVariant(cart, line, testContext())).cart;
    cart = { ...cart, lines: cart.lines.map((one, index) => ({ ...one, lineId: `line-${index}` })) };
  };
  add('Sourdough loaf', 350, { quantity: 2 });
  add('Enamel mug', 1200, { taxRateId: 'standard' });
  add('Cave cheddar', 1800, { quantity: 312, pricing: 'kg' });
  return change(cart);
}

function orderOf(stall: Stall, cart: Cart, pay: (payment: Payment) => Payment, flag: ResilienceFlag = 'queued'): Order {
  const priced = priceCart(cart, stall);
  const payment = pay(valueOf(openPayment(priced, context)));
  const given = { cart: priced, payment, stall, orderId: 'o', number: 'T1-0412', shiftId: 's', staffId: 'p', flag };
  return valueOf(placeOrder(given, context));
}

const inCash = (givenMinor: number, stall: Stall) => (payment: Payment) =>
  valueOf(payCash(payment, { givenMinor }, currency(stall.currency), context));

function receiptOf(order: Order, stall: Stall, copy?: { number: number; at: string }): ReceiptDocument {
  return receiptDocument(order, { stall, words, staffName: 'Ade', check: '7f3a91c05be244d8', copy });
}

/** The blocks between the first rule and the second: what was sold. */
function linesOf({ blocks }: ReceiptDocument): string[] {
  const all = spoken(blocks);
  const first = all.indexOf('[rule]');
  return all.slice(first + 1, all.indexOf('[rule]', first + 1));
}

describe('a receipt', () => {
  const chipped = { kind: 'percent', basisPoints: 1000, reason: 'chipped glaze' } as const;
  const cart = cartOf(saltAndBramble, (before) =>
    valueOf(discountLine(before, { lineId: 'line-1', discount: chipped })),
  );

  it('is read from the top as a shopper expects it', () => {
    const order = orderOf(saltAndBramble, cart, inCash(4000, saltAndBramble));
    const receipt = receiptOf(order, saltAndBramble);
    expect(receipt).toMatchObject({ kind: 'receipt', language: 'en' });
    expect(spoken(receipt.blocks)).toEqual([
      '[mark]',
      '# SALT & BRAMBLE',
      'Tynemouth Market, pitch 14',
      'Sat 13 June 2026  11:31',
      '[rule]',
      '2 x Sourdough loaf | 7.00',
      '  at 3.50 each',
      '1 x Enamel mug | 10.80',
      '  10% off, chipped glaze',
      'Cave cheddar | 5.62',
      '  0.312 kg at 18.00/kg',
      '[rule]',
      '# TOTAL | £23.42',
      '[feed]',
      'Cash | £40.00',
      'Change | £16.58',
      'You saved | £1.20',
      '[rule]',
      'VAT | net | tax | total / 20% | 9.00 | 1.80 | 10.80 /  0% | 12.62 | 0.00 | 12.62',
      '[rule]',
      '(=) QUEUED  11:31',
      'Kept safe on our till.',
      '[qr TR1:T1-0412]',
      'Show this slip to find the sale',
      '[feed]',
      'No. T1-0412 | Served by Ade',
      'Check | 7f3a 91c0 5be2 44d8',
      '[barcode TR1:T1-0412]',
      'Back within 28 days with this slip',
      '[cut]',
    ]);
    const table = receipt.blocks.find((block) => block.kind === 'columns');
    expect(table && spoken(table.narrow)).toEqual(['VAT 20% on 10.80 | 1.80', 'VAT 0% on 12.62 | 0.00']);
    expect(receipt.blocks).toContainEqual(
      expect.objectContaining({ kind: 'qr', minimumMillimetres: 24, fallback: 'TR1:T1-0412' }),
    );
  });

  it('names nobody where names do not belong', () => {
    const order = orderOf(saltAndBramble, cart, inCash(4000, saltAndBramble));
    const named = spoken(receiptOf(order, saltAndBramble).blocks);
    const given = { stall: saltAndBramble, words, staffName: null, check: '7f3a91c05be244d8' };
    const nameless = spoken(receiptDocument(order, given).blocks);
    expect(named.filter((line) => !nameless.includes(line))).toEqual(['No. T1-0412 | Served by Ade']);
    expect(nameless.join()).not.toContain('Served');
  });

  it('says COPY and its own time above the lines, and is otherwise the same', () => {
    const order = orderOf(saltAndBramble, cart, inCash(4000, saltAndBramble));
    const original = spoken(receiptOf(order, saltAndBramble).blocks);
    const copy = spoken(receiptOf(order, saltAndBramble, { number: 2, at: '2026-06-13T16:05:00.000Z' }).blocks);
    const added = ['[rule]', '# COPY', 'Copy 2, printed Sat 13 June 2026  17:05'];
    expect(copy).toEqual([...original.slice(0, 4), ...added, ...original.slice(4)]);
  });

  it('draws each flag in type', () => {
    const flags: ResilienceFlag[] = ['online', 'queued', 'offline-confirmed'];
    const shown = flags.map((flag) => {
      const order = orderOf(saltAndBramble, cart, inCash(4000, saltAndBramble), flag);
      return spoken(receiptOf(order, saltAndBramble).blocks).find((line) => line.startsWith('('));
    });
    expect(shown).toEqual(['(#) ONLINE  11:31', '(=) QUEUED  11:31', '(o) OFFLINE-CONFIRMED  11:31']);
  });

  it('has lines that add up to the total, with a discount on the whole sale', () => {
    const discount = { kind: 'amount', amountMinor: 100, reason: 'regular' } as const;
    const order = orderOf(saltAndBramble, valueOf(discountCart(cart, { discount })), inCash(4000, saltAndBramble));
    const lines = linesOf(receiptOf(order, saltAndBramble));
    expect(lines.at(-1)).toBe('£1.00 off, regular | -1.00');
    const amounts = lines.flatMap((line) => line.split(' | ')[1] ?? []).map(Number);
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(order.totalMinor / 100, 10);
    expect(order.totalMinor).toBe(2242);
  });

  it('shows tax that comes on top under the lines, by the name of its rate', () => {
    const order = orderOf(brooklyn, cartOf(brooklyn), inCash(5000, brooklyn));
    const lines = linesOf(receiptOf(order, brooklyn));
    expect(lines.at(-1)).toBe('Sales tax 8.875% | 1.07');
    const amounts = lines.flatMap((line) => line.split(' | ')[1] ?? []).map(Number);
    expect(amounts.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(order.totalMinor / 100, 10);
  });

  it('shows every tender, the reference of the card, and the rounding of cash', () => {
    const order = orderOf(zurich, cartOf(zurich), (payment) => {
      const asked = valueOf(startCard(payment, { amountMinor: 1000, provider: 'SumUp', tenderId: 'x' }, context));
      const refused = valueOf(settleCard(asked, { tenderId: 'x', outcome: 'declined', reference: '' }));
      const again = valueOf(startCard(refused, { amountMinor: 1000, provider: 'SumUp', tenderId: 'y' }, context));
      return inCash(
        2000,
        zurich,
      )(valueOf(settleCard(again, { tenderId: 'y', outcome: 'approved', reference: '8821' })));
    });
    const all = spoken(receiptOf(order, zurich).blocks).map((line) => line.replace(/\s/g, ' '));
    const start = all.indexOf('[feed]');
    expect(all.slice(start + 1, all.indexOf('[rule]', start))).toEqual([
      'Card, SumUp 8821 | CHF 10.00',
      'Cash | CHF 20.00',
      'Change | CHF 5.40',
      'Rounding | CHF-0.02',
    ]);
  });

  it('shows notes, labels and things without a name for what they are', () => {
    let sold = cartOf(saltAndBramble);
    const labelled = testVariant({ variantId: 'brie', pricing: 'kg', priceMinor: 1800, receiptName: 'Brie' });
    const given = {
      stall: saltAndBramble,
      item: testItem('Brie de Meaux', labelled),
      variant: labelled,
      labelAmountMinor: 399,
    };
    sold = valueOf(addVariant(sold, given, testContext())).cart;
    sold = valueOf(
      addTypedAmount(sold, { stall: saltAndBramble, name: '', amountMinor: 600, taxRateId: 'zero' }, context),
    ).cart;
    sold = valueOf(noteLine(sold, { lineId: 'line-0', note: 'sliced' }));
    sold = valueOf(noteCart(sold, { note: 'for <b>Mo</b>' }));
    const lines = linesOf(receiptOf(orderOf(saltAndBramble, sold, inCash(10_000, saltAndBramble)), saltAndBramble));
    expect(lines).toEqual([
      '2 x Sourdough loaf | 7.00',
      '  at 3.50 each',
      '  Note: sliced',
      '1 x Enamel mug | 12.00',
      'Cave cheddar | 5.62',
      '  0.312 kg at 18.00/kg',
      'Brie | 3.99',
      '  price from the label',
      '1 x Goods | 6.00',
      'Note: for <b>Mo</b>',
    ]);
  });

  it('shows no tax at a stall that charges none, and its number at one that does', () => {
    const loaf = testVariant({ priceMinor: 350 });
    const { cart: untaxed } = valueOf(
      addVariant(emptyCart('c'), { stall: saltAndBramble, item: testItem('Loaf', loaf), variant: loaf }, context),
    );
    const order = orderOf(saltAndBramble, untaxed, inCash(350, saltAndBramble));
    expect(receiptOf(order, saltAndBramble).blocks.some(({ kind }) => kind === 'columns')).toBe(false);
    const registered = { ...saltAndBramble, vatNumber: 'GB 123 4567 82' };
    expect(receiptOf(order, registered).blocks.some(({ kind }) => kind === 'columns')).toBe(true);
    expect(spoken(receiptOf(order, registered).blocks)).toContain('VAT No. GB 123 4567 82');
  });

  it('says so when there was nothing to pay', () => {
    const discount = { kind: 'percent', basisPoints: 10_000, reason: '' } as const;
    const order = orderOf(saltAndBramble, valueOf(discountCart(cart, { discount })), (payment) => payment);
    const all = spoken(receiptOf(order, saltAndBramble).blocks);
    expect(all.slice(all.indexOf('# TOTAL | £0.00'), -1)).toContain('Nothing to pay');
  });

  it('keeps the rate it was sold at when the stall has changed it since', () => {
    const order = orderOf(saltAndBramble, cart, inCash(4000, saltAndBramble));
    const taxRates = [{ id: 'standard', name: 'VAT 25%', basisPoints: 2500 }];
    const table = receiptOf(order, { ...saltAndBramble, taxRates }).blocks.find((block) => block.kind === 'columns');
    expect(table && spoken(table.narrow)).toEqual(['VAT 20% on 10.80 | 1.80', 'VAT 0% on 12.62 | 0.00']);
  });
});

describe('other paper', () => {
  it('reports a shift, open and closed', () => {
    const shift = valueOf(openShift({ floatMinor: 5000, staffId: 'ade' }, context));
    const totals = {
      ...emptyTotals(5000),
      orderCount: 3,
      salesMinor: 7000,
      cashMinor: 4000,
      cardMinor: 3000,
      expectedCashMinor: 9000,
    };
    const given = { stall: saltAndBramble, words, totals, staffName: 'Ade' };
    const open = spoken(shiftReportDocument(shift, given).blocks);
    expect(open).toContain('Still open');
    expect(open.some((line) => line.startsWith('Difference'))).toBe(false);
    const count = { countedMinor: 8950, reason: 'gave change', staffId: 'ade' };
    const closed = spoken(shiftReportDocument(valueOf(closeShift(shift, count, totals, context)), given).blocks);
    expect(closed).toEqual([
      '[mark]',
      '# SALT & BRAMBLE',
      'Tynemouth Market, pitch 14',
      'SHIFT REPORT',
      '[rule]',
      'Opened Sat 13 June 2026  11:31',
      'Closed Sat 13 June 2026  11:31',
      'Served by Ade',
      '[rule]',
      'Sales | 3',
      'Taken | £70.00',
      'of which tax | £0.00',
      'Discounts given | £0.00',
      '[rule]',
      'Card | £30.00',
      'Cash kept | £40.00',
      'Float | £50.00',
      'Drawer should hold | £90.00',
      'Drawer was counted | £89.50',
      'Difference | -£0.50',
      'Reason: gave change',
      '[cut]',
    ]);
  });

  it('tests a printer with its sizes, its signs and its codes', () => {
    const page = testPageDocument(saltAndBramble, words);
    expect(page.kind).toBe('test');
    expect(spoken(page.blocks)).toEqual([
      '[mark]',
      '# SALT & BRAMBLE',
      'Tynemouth Market, pitch 14',
      'TEST PAGE',
      '[rule]',
      'A phone reads the square.',
      '# TOTAL | £1,234.56',
      '[qr TR1:T0-0000]',
      '[barcode TR1:T0-0000]',
      '[cut]',
    ]);
  });
});
