import { describe, expect, it } from 'vitest';
import { addVariant, emptyCart, priceCart, type CartLine, type PricedLine } from '../../../src/domain/cart';
import { priceSlipDocument } from '../../../src/domain/price-slip';
import type { PriceTrace } from '../../../src/domain/pricing/trace';
import type { ReceiptBlock } from '../../../src/domain/receipt';
import { englishWords as words } from '../../helpers/english-words';
import { saltAndBramble as stall, testContext, testItem, testVariant, valueOf } from '../../helpers/stall';

const AT = '2026-06-13T10:31:00.000Z';
const context = testContext(AT);

function lineWith(change: Partial<CartLine>): PricedLine {
  const variant = testVariant({ priceMinor: 450 });
  const line = { stall, item: testItem('Bramble jam', variant), variant, quantity: 2 };
  const { cart } = valueOf(addVariant(emptyCart('cart-1'), line, context));
  const [priced] = priceCart({ ...cart, lines: cart.lines.map((one) => ({ ...one, ...change })) }, stall).lines;
  if (!priced) throw new Error('one line');
  return priced;
}

/** Rows and words as a person would read them out, amounts after a bar. */
function said(line: PricedLine, order: { number: string; placedAt: string } | null = null): string[] {
  const { blocks } = priceSlipDocument({ lines: [line], order, discount: null }, { stall, words, at: AT });
  return blocks.flatMap((block: ReceiptBlock) =>
    block.kind === 'text'
      ? [block.text]
      : block.kind === 'row'
        ? [[block.left, block.right].filter(Boolean).join(' | ')]
        : [],
  );
}

describe('a price slip', () => {
  it('says feed and age, fallback, rule with id and version, arm, cap, floor and grace, in the order they happened', () => {
    const trace: PriceTrace = {
      base: {
        source: 'feed',
        feed: 'farm.csv',
        priceMinor: 500,
        observedAt: '2026-06-12T07:31:00.000Z',
        freshness: 'stale',
      },
      spent: { ruleId: 'drop:jam', name: 'Jam hour' },
      steps: [
        { kind: 'fallback', rung: 'last-known-plus', beforeMinor: 500, afterMinor: 525 },
        {
          kind: 'rule',
          ruleId: 'jam-1',
          version: 3,
          name: 'Jam at four',
          origin: 'test',
          originId: 'jam',
          arm: '1',
          beforeMinor: 525,
          afterMinor: 400,
        },
        { kind: 'cap', capBasisPoints: 1_000, beforeMinor: 400, afterMinor: 450 },
        { kind: 'floor', floorMinor: 455, beforeMinor: 450, afterMinor: 455 },
        { kind: 'grace', until: '2026-06-13T10:33:00.000Z', beforeMinor: 455, afterMinor: 450 },
      ],
    };
    const offers = [
      { ruleId: 'two', version: 7, name: 'Two for less', origin: 'rule', quantity: 2, amountMinor: 100 },
    ] as const;
    const slip = said(lineWith({ trace, offers, wasMinor: 500 }), {
      number: 'T1-0412',
      placedAt: '2026-06-13T10:31:00.000Z',
    });
    expect(slip.slice(slip.indexOf('COPY'))).toEqual([
      'COPY',
      'WHY THESE PRICES',
      'Printed Sat 13 June 2026  11:31',
      'No. T1-0412',
      'Sat 13 June 2026  11:31',
      '2 x Bramble jam',
      'Price of farm.csv | 5.00',
      'Fri 12 June 2026  08:31',
      '27 hours old then, stale',
      'Too old: last-known-plus | 5.25',
      'Price test: Jam at four | 4.00',
      'price 2 of the test',
      'jam-1@3',
      'At most 10% comes off | 4.50',
      'Lowest price of this stall | 4.55',
      'Kept until 11:33 | 4.50',
      'Too few left of Jam hour',
      'drop:jam',
      'at 4.50 each | 9.00',
      'Offer: Two for less | -1.00',
      'two@7',
      'Charged | 8.00',
    ]);
  });

  it('says of what costs as the catalogue says no more than that, and what was taken off by hand', () => {
    const discount = { kind: 'amount', amountMinor: 50, reason: 'dented lid' } as const;
    const slip = said(lineWith({ discount }));
    expect(slip.slice(slip.indexOf('Not paid yet'))).toEqual([
      'Not paid yet',
      '2 x Bramble jam',
      'Price in the catalogue | 4.50',
      'at 4.50 each | 9.00',
      '0.50 off, dented lid | -0.50',
      'Charged | 8.50',
    ]);
  });
});
