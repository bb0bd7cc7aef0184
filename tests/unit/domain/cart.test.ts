import { describe, expect, it } from 'vitest';
import {
  addTypedAmount,
  addVariant,
  discountCart,
  discountLine,
  emptyCart,
  itemCount,
  noteCart,
  noteLine,
  priceCart,
  removeLine,
  setQuantity,
  type Cart,
} from '../../../src/domain/cart';
import type { Item, Variant } from '../../../src/domain/catalogue';
import type { Context } from '../../../src/domain/context';
import { brooklyn, codeOf, saltAndBramble, testContext, testItem, testVariant, valueOf } from '../../helpers/stall';

const stall = saltAndBramble;
const jam = testItem('Bramble jam', testVariant({ variantId: 'jam', priceMinor: 450 }));
const mug = testItem('Enamel mug', testVariant({ variantId: 'mug', priceMinor: 1200, taxRateId: 'standard' }));
const cheddar = testItem('Cave cheddar', testVariant({ variantId: 'cheddar', pricing: 'kg', priceMinor: 1800 }));

function variantOf(item: Item): Variant {
  const [variant] = item.variants;
  if (!variant) throw new Error('no variant');
  return variant;
}

function add(
  cart: Cart,
  item: Item,
  context: Context,
  given: { quantity?: number; labelAmountMinor?: number; variant?: Partial<Variant> } = {},
) {
  const { variant, ...rest } = given;
  return addVariant(cart, { stall, item, variant: { ...variantOf(item), ...variant }, ...rest }, context);
}

function cartOf(...items: [Item, { quantity?: number; labelAmountMinor?: number }?][]): Cart {
  const context = testContext();
  return items.reduce((cart, [item, given]) => valueOf(add(cart, item, context, given)).cart, emptyCart('cart-1'));
}

const inclusive = { taxIncluded: true };

describe('adding to a cart', () => {
  it('copies what it takes to price, tax and print the line', () => {
    const item = testItem(
      'Socks',
      testVariant({
        variantId: 'm',
        name: 'Medium',
        receiptName: 'Socks M',
        sku: 'S-M',
        priceMinor: 800,
        taxRateId: 'reduced',
      }),
    );
    expect(cartOf([item, { quantity: 2 }]).lines).toEqual([
      {
        lineId: 'id-1',
        variantId: 'm',
        itemId: 'item-Socks',
        name: 'Socks, Medium',
        receiptName: 'Socks M',
        sku: 'S-M',
        pricing: 'each',
        quantity: 2,
        unitPriceMinor: 800,
        labelAmountMinor: null,
        priceSource: 'catalogue',
        taxRateId: 'reduced',
        taxBasisPoints: 500,
        discount: null,
        note: '',
      },
    ]);
  });

  it('changes the number in place when the same is added again', () => {
    const context = testContext();
    const first = valueOf(add(emptyCart('c'), jam, context));
    const between = valueOf(add(first.cart, mug, context));
    const again = valueOf(add(between.cart, jam, context, { quantity: 2 }));
    expect(again.lineId).toBe(first.lineId);
    expect(again.cart.lines.map(({ quantity }) => quantity)).toEqual([3, 1]);
  });

  it('makes a new line when price or tax changed, or somebody wrote on the line', () => {
    const context = testContext();
    const { cart, lineId } = valueOf(add(emptyCart('c'), jam, context));
    const discount = { kind: 'percent', basisPoints: 1000, reason: '' } as const;
    const lineCounts = [
      valueOf(add(cart, jam, context, { variant: { priceMinor: 400 } })),
      valueOf(add(cart, jam, context, { variant: { taxRateId: 'standard' } })),
      valueOf(add(valueOf(discountLine(cart, { lineId, discount })), jam, context)),
      valueOf(add(valueOf(noteLine(cart, { lineId, note: 'gift' })), jam, context)),
    ].map(({ cart: changed }) => changed.lines.length);
    expect(lineCounts).toEqual([2, 2, 2, 2]);
  });

  it('does not count pieces on to a weight', () => {
    const cart = cartOf([jam]);
    const asWeight = { ...cart, lines: cart.lines.map((line) => ({ ...line, pricing: 'kg' as const })) };
    expect(valueOf(add(asWeight, jam, testContext())).cart.lines).toHaveLength(2);
  });

  it('makes a line for every weighed and every labelled thing', () => {
    expect(cartOf([cheddar, { quantity: 312 }], [cheddar, { quantity: 312 }]).lines).toHaveLength(2);
    expect(cartOf([jam], [jam, { labelAmountMinor: 399 }], [jam]).lines.map(({ quantity }) => quantity)).toEqual([
      2, 1,
    ]);
  });

  it('charges what a label says, and works out the weight from it', () => {
    const cart = cartOf([cheddar, { labelAmountMinor: 562 }]);
    expect(cart.lines[0]).toMatchObject({ labelAmountMinor: 562, quantity: 312, priceSource: 'label' });
    expect(priceCart(cart, inclusive).totalMinor).toBe(562);
  });

  it('sells an amount typed by hand, its name made plain', () => {
    const context = testContext();
    const added = addTypedAmount(
      emptyCart('c'),
      { stall, name: ' <b>LP</b>\u0007, any\u202e crate ', amountMinor: 600, taxRateId: 'standard' },
      context,
    );
    expect(valueOf(added).cart.lines[0]).toMatchObject({
      variantId: null,
      name: '<b>LP</b> , any crate',
      priceSource: 'typed',
      unitPriceMinor: 600,
      quantity: 1,
      taxBasisPoints: 2000,
    });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, 10_000])('refuses %d pieces', (quantity) => {
    expect(codeOf(add(emptyCart('c'), jam, testContext(), { quantity }))).toBe('bad-quantity');
    expect(codeOf(add(cartOf([jam]), jam, testContext(), { quantity }))).toBe('bad-quantity');
  });

  it.each([0, -1, 0.5, Number.NaN, 1_000_000_001])('refuses an amount of %d', (amountMinor) => {
    const typed = { stall, name: 'x', amountMinor, taxRateId: 'zero' };
    expect(codeOf(addTypedAmount(emptyCart('c'), typed, testContext()))).toBe('bad-amount');
    const labelled = add(emptyCart('c'), jam, testContext(), { labelAmountMinor: amountMinor });
    expect(codeOf(labelled)).toBe('bad-amount');
  });

  it('takes the most pieces and grams, and not one more', () => {
    expect(codeOf(add(emptyCart('c'), jam, testContext(), { quantity: 9_999 }))).toBe('ok');
    expect(codeOf(add(cartOf([jam, { quantity: 9_999 }]), jam, testContext()))).toBe('bad-quantity');
    expect(codeOf(add(emptyCart('c'), cheddar, testContext(), { quantity: 999_999 }))).toBe('ok');
    expect(codeOf(add(emptyCart('c'), cheddar, testContext(), { quantity: 1_000_000 }))).toBe('bad-quantity');
  });

  it('refuses a sale above what the till can charge', () => {
    const gold = testItem('Gold', testVariant({ priceMinor: 1_000_000_000 }));
    expect(codeOf(add(emptyCart('c'), gold, testContext()))).toBe('ok');
    expect(codeOf(add(cartOf([gold]), jam, testContext()))).toBe('bad-amount');
    expect(codeOf(add(emptyCart('c'), gold, testContext(), { quantity: 2 }))).toBe('bad-amount');
    const cart = cartOf([gold]);
    expect(codeOf(setQuantity(cart, { lineId: 'id-1', quantity: 2 }))).toBe('bad-amount');
  });

  it('refuses a tax rate the stall does not have', () => {
    expect(codeOf(add(emptyCart('c'), jam, testContext(), { variant: { taxRateId: 'gone' } }))).toBe(
      'unknown-tax-rate',
    );
    const typed = { stall, name: 'x', amountMinor: 1, taxRateId: 'gone' };
    expect(codeOf(addTypedAmount(emptyCart('c'), typed, testContext()))).toBe('unknown-tax-rate');
  });

  it('takes 500 lines, and more pieces of the last, but no further line', () => {
    const context = testContext();
    const line = cartOf([jam, { labelAmountMinor: 1 }]).lines[0];
    if (!line) throw new Error('no line');
    const lines = Array.from({ length: 499 }, (_, index) => ({ ...line, lineId: `line-${index}` }));
    const full = valueOf(add({ ...emptyCart('c'), lines }, jam, context)).cart;
    expect(full.lines).toHaveLength(500);
    expect(codeOf(add(full, mug, context))).toBe('cart-full');
    expect(codeOf(add(full, jam, context))).toBe('ok');
  });
});

describe('changing a cart', () => {
  const cart = cartOf([jam, { quantity: 2 }], [mug]);

  it('sets a number, and removes at 0', () => {
    expect(valueOf(setQuantity(cart, { lineId: 'id-1', quantity: 5 })).lines[0]?.quantity).toBe(5);
    expect(valueOf(setQuantity(cart, { lineId: 'id-1', quantity: 0 })).lines.map(({ lineId }) => lineId)).toEqual([
      'id-2',
    ]);
    expect(valueOf(removeLine(cart, { lineId: 'id-2' })).lines.map(({ lineId }) => lineId)).toEqual(['id-1']);
    expect(cart.lines.map(({ quantity }) => quantity)).toEqual([2, 1]);
  });

  it('counts pieces, and a weighed line once', () => {
    expect(itemCount(cartOf([jam, { quantity: 3 }], [cheddar, { quantity: 312 }]).lines)).toBe(4);
  });

  it('does not change the weight behind a price label', () => {
    const labelled = cartOf([cheddar, { labelAmountMinor: 562 }]);
    expect(codeOf(setQuantity(labelled, { lineId: 'id-1', quantity: 500 }))).toBe('bad-quantity');
    expect(valueOf(setQuantity(labelled, { lineId: 'id-1', quantity: 0 })).lines).toEqual([]);
  });

  it('says when a line is gone', () => {
    const lineId = 'gone';
    const results = [
      setQuantity(cart, { lineId, quantity: 1 }),
      setQuantity(cart, { lineId, quantity: 0 }),
      removeLine(cart, { lineId }),
      discountLine(cart, { lineId, discount: null }),
      noteLine(cart, { lineId, note: '' }),
    ];
    expect(results.map(codeOf)).toEqual(Array(5).fill('unknown-line'));
  });

  it.each([
    { kind: 'percent', basisPoints: 0, reason: '' },
    { kind: 'percent', basisPoints: 10_001, reason: '' },
    { kind: 'percent', basisPoints: 12.5, reason: '' },
    { kind: 'percent', basisPoints: -100, reason: '' },
    { kind: 'amount', amountMinor: 0, reason: '' },
    { kind: 'amount', amountMinor: -1, reason: '' },
    { kind: 'amount', amountMinor: 0.5, reason: '' },
  ] as const)('refuses the discount %j', (discount) => {
    expect(codeOf(discountLine(cart, { lineId: 'id-1', discount }))).toBe('bad-discount');
    expect(codeOf(discountCart(cart, { discount }))).toBe('bad-discount');
  });

  it('keeps notes and reasons plain, and cuts none in silence', () => {
    expect(valueOf(noteCart(cart, { note: ' for\tMo\u200b ' })).note).toBe('for Mo');
    expect(valueOf(noteLine(cart, { lineId: 'id-1', note: 'x'.repeat(200) })).lines[0]?.note).toHaveLength(200);
    expect(codeOf(noteLine(cart, { lineId: 'id-1', note: 'x'.repeat(201) }))).toBe('too-long');
    expect(codeOf(noteCart(cart, { note: 'x'.repeat(201) }))).toBe('too-long');
    const long = { kind: 'percent', basisPoints: 1, reason: 'x'.repeat(81) } as const;
    expect(codeOf(discountCart(cart, { discount: long }))).toBe('too-long');
    const typed = { stall, name: 'x'.repeat(121), amountMinor: 1, taxRateId: 'zero' };
    expect(codeOf(addTypedAmount(cart, typed, testContext()))).toBe('too-long');
  });
});

describe('pricing a cart', () => {
  it('weighs to the nearest penny', () => {
    expect(priceCart(cartOf([cheddar, { quantity: 312 }]), inclusive).totalMinor).toBe(562);
    expect(priceCart(cartOf([cheddar, { quantity: 1 }]), inclusive).totalMinor).toBe(2);
  });

  it('takes a line discount off the whole line, and never more than it', () => {
    const cart = cartOf([mug, { quantity: 3 }]);
    const discounted = (discount: Parameters<typeof discountLine>[1]['discount']) =>
      priceCart(valueOf(discountLine(cart, { lineId: 'id-1', discount })), inclusive);
    expect(discounted({ kind: 'percent', basisPoints: 1000, reason: '' }).totalMinor).toBe(3240);
    expect(discounted({ kind: 'amount', amountMinor: 100, reason: '' }).totalMinor).toBe(3500);
    expect(discounted({ kind: 'amount', amountMinor: 99_999, reason: '' })).toMatchObject({
      totalMinor: 0,
      savedMinor: 3600,
    });
  });

  it('shares a cart discount over what the lines cost after their own', () => {
    let cart = cartOf([jam, { quantity: 2 }], [mug]);
    cart = valueOf(
      discountLine(cart, { lineId: 'id-2', discount: { kind: 'percent', basisPoints: 5000, reason: '' } }),
    );
    cart = valueOf(discountCart(cart, { discount: { kind: 'amount', amountMinor: 100, reason: 'regular' } }));
    const priced = priceCart(cart, inclusive);
    expect(priced.lines.map(({ cartDiscountMinor, amountMinor }) => [cartDiscountMinor, amountMinor])).toEqual([
      [60, 840],
      [40, 560],
    ]);
    expect(priced).toMatchObject({ savedMinor: 700, totalMinor: 1400, itemCount: 3 });
  });

  it('takes the VAT fraction out of prices that include it, halves up', () => {
    // One sixth of 1080 is 180; one sixth of 1089 is 181.5.
    const priced = priceCart(cartOf([mug, { labelAmountMinor: 1080 }], [jam]), inclusive);
    expect(priced.taxes).toEqual([
      { taxRateId: 'standard', basisPoints: 2000, netMinor: 900, taxMinor: 180, totalMinor: 1080 },
      { taxRateId: 'zero', basisPoints: 0, netMinor: 450, taxMinor: 0, totalMinor: 450 },
    ]);
    expect(priceCart(cartOf([mug, { labelAmountMinor: 1089 }]), inclusive).taxMinor).toBe(182);
  });

  it('rounds the tax of a rate once, not line by line', () => {
    const three = cartOf(...Array.from({ length: 3 }, (): [Item, object] => [mug, { labelAmountMinor: 3 }]));
    // Half a penny a line would be three pence; one sixth of nine is one and a half.
    expect(priceCart(three, inclusive).taxMinor).toBe(2);
  });

  it('adds tax to prices without it', () => {
    const context = testContext();
    const bag = testItem('Bag', testVariant({ priceMinor: 1999, taxRateId: 'standard' }));
    const given = { stall: brooklyn, item: bag, variant: variantOf(bag) };
    const { cart } = valueOf(addVariant(emptyCart('c'), given, context));
    expect(priceCart(cart, { taxIncluded: false })).toMatchObject({
      totalMinor: 2177,
      taxMinor: 178,
      taxes: [{ netMinor: 1999, taxMinor: 178, totalMinor: 2177 }],
    });
  });

  it('keeps the rate each line was made with', () => {
    const context = testContext();
    const { cart } = valueOf(add(emptyCart('c'), mug, context));
    const raised = { taxRates: [{ id: 'standard', name: 'VAT 25%', basisPoints: 2500 }] };
    const added = addVariant(cart, { stall: raised, item: mug, variant: variantOf(mug) }, context);
    const priced = priceCart(valueOf(added).cart, inclusive);
    expect(priced.taxes.map(({ basisPoints, totalMinor }) => [basisPoints, totalMinor])).toEqual([
      [2500, 1200],
      [2000, 1200],
    ]);
  });

  it('is nothing for an empty cart, whatever its discount', () => {
    const cart = { ...emptyCart('c'), discount: { kind: 'amount', amountMinor: 500, reason: '' } as const };
    expect(priceCart(cart, inclusive)).toMatchObject({ totalMinor: 0, savedMinor: 0, taxes: [], itemCount: 0 });
  });
});
