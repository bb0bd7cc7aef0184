import { describe, expect, it } from 'vitest';
import { offersOf, type OfferLine } from '../../../../src/domain/pricing/offers';
import type { OfferEffect, PriceRule } from '../../../../src/domain/pricing/rule';
import { bookOf, MINUTE_MS, NOW_MS, ruleOf, subjectOf, timed } from '../../../helpers/price-rules';

function line(
  variantId: string,
  quantity: number,
  said: Partial<OfferLine> & { priceMinor?: number; costMinor?: number | null } = {},
): OfferLine {
  const { priceMinor = 300, costMinor = null, ...rest } = said;
  return {
    lineId: `line of ${variantId}`,
    subject: subjectOf({ variantId, priceMinor, costMinor }),
    pricing: 'each',
    quantity,
    unitPriceMinor: priceMinor,
    floorMinor: costMinor,
    isReduced: false,
    ...rest,
  };
}

function off(rules: readonly PriceRule[], lines: readonly OfferLine[]): Record<string, number> {
  const { byLine } = offersOf(bookOf(rules), lines, { audience: 'everyone', had: new Set() });
  return Object.fromEntries(
    [...byLine].map(([lineId, offers]) => [
      lineId.replace('line of ', ''),
      offers.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    ]),
  );
}

const tiers = (said: Partial<OfferEffect & { kind: 'tiers' }> = {}): OfferEffect => ({
  kind: 'tiers',
  unit: 'each',
  across: 'variant',
  tiers: [
    { fromQuantity: 3, charge: { kind: 'price', priceMinor: 250 } },
    { fromQuantity: 6, charge: { kind: 'percent-off', basisPoints: 5_000 } },
  ],
  ...said,
});

const variants = (...variantIds: string[]) => ({ kind: 'variants', variantIds }) as const;
const meal: OfferEffect = {
  kind: 'bundle',
  parts: [
    { what: variants('tea', 'coffee'), quantity: 1 },
    { what: variants('cake'), quantity: 1 },
  ],
  at: { kind: 'price', priceMinor: 500 },
  mostPerCart: null,
};

describe('quantity tiers', () => {
  it('hold for all pieces from the quantity they begin at', () => {
    const rule = ruleOf({ effect: tiers() });
    expect(off([rule], [line('jam', 2)])).toEqual({});
    expect(off([rule], [line('jam', 3)])).toEqual({ jam: 150 });
    expect(off([rule], [line('jam', 6)])).toEqual({ jam: 900 });
  });

  it('count one variant, or everything the rule is about', () => {
    const lines = [line('jam', 2), line('honey', 2)];
    expect(off([ruleOf({ effect: tiers() })], lines)).toEqual({});
    expect(off([ruleOf({ effect: tiers({ across: 'rule' }) })], lines)).toEqual({ jam: 100, honey: 100 });
  });

  it('of goods by weight count grams, and round as the cart does', () => {
    const effect = tiers({ unit: 'kg', tiers: [{ fromQuantity: 1_000, charge: { kind: 'price', priceMinor: 799 } }] });
    const plums = line('plums', 1_255, { pricing: 'kg', priceMinor: 999 });
    // 1.255 kg at 9.99 is 12.54, at 7.99 it is 10.03.
    expect(off([ruleOf({ effect })], [plums])).toEqual({ plums: 251 });
    expect(off([ruleOf({ effect })], [line('jam', 1_255)])).toEqual({});
  });
});

describe('bundles', () => {
  const rule = ruleOf({ effect: meal });

  it('cost what they say; their parts add up to it', () => {
    const shares = off([rule], [line('tea', 1, { priceMinor: 250 }), line('cake', 1, { priceMinor: 350 })]);
    expect(shares).toEqual({ tea: 42, cake: 58 });
  });

  it('fit as often as there are pieces, the dearest first', () => {
    const lines = [
      line('tea', 2, { priceMinor: 250 }),
      line('coffee', 1, { priceMinor: 320 }),
      line('cake', 2, { priceMinor: 350 }),
    ];
    const shares = off([rule], lines);
    // coffee + cake 6.70, tea + cake 6.00: 1.70 and 1.00 off.
    expect(Object.values(shares).reduce((sum, part) => sum + part, 0)).toBe(270);
    expect(off([ruleOf({ effect: { ...meal, mostPerCart: 1 } })], lines)).not.toHaveProperty('tea');
  });

  it('find goods that fit several parts whatever the order they lie in', () => {
    const effect: OfferEffect = {
      ...meal,
      parts: [
        { what: variants('any', 'left'), quantity: 1 },
        { what: variants('any', 'right'), quantity: 1 },
      ],
      at: { kind: 'amount-off', amountMinor: 100 },
    };
    expect(off([ruleOf({ effect })], [line('any', 1, { priceMinor: 400 }), line('left', 1)])).toEqual({
      any: 57,
      left: 43,
    });
    expect(off([ruleOf({ effect })], [line('any', 1, { priceMinor: 400 }), line('right', 1)])).toEqual({
      any: 57,
      right: 43,
    });
    expect(off([ruleOf({ effect })], [line('left', 2)])).toEqual({});
  });

  it('take nothing below what it cost: the other parts bear it as far as they can', () => {
    const lines = [
      line('tea', 1, { priceMinor: 300, costMinor: 290 }),
      line('cake', 1, { priceMinor: 300, costMinor: 100 }),
    ];
    expect(off([rule], lines)).toEqual({ tea: 10, cake: 90 });
    const dear = lines.map((one) => ({ ...one, floorMinor: 295 }));
    const { byLine } = offersOf(bookOf([rule]), dear, { audience: 'everyone', had: new Set() });
    expect([...byLine.values()].flat()).toEqual([
      expect.objectContaining({ amountMinor: 5, stoppedAtFloor: true }),
      expect.objectContaining({ amountMinor: 5, stoppedAtFloor: true }),
    ]);
  });

  it('cost nobody more than the pieces alone', () => {
    expect(off([rule], [line('tea', 1, { priceMinor: 100 }), line('cake', 1, { priceMinor: 350 })])).toEqual({});
  });

  it('serve many pieces without trying them one by one', () => {
    const shares = off([rule], [line('tea', 9_999, { priceMinor: 250 }), line('cake', 9_999, { priceMinor: 350 })]);
    expect((shares['tea'] ?? 0) + (shares['cake'] ?? 0)).toBe(9_999 * 100);
  });
});

describe('offers together', () => {
  it('use a piece once: the higher priority first', () => {
    const bundle = ruleOf({ ruleId: 'meal', effect: meal, priority: 2 });
    const each = ruleOf({
      ruleId: 'tiers',
      effect: tiers({ tiers: [{ fromQuantity: 2, charge: { kind: 'amount-off', amountMinor: 10 } }] }),
      priority: 1,
    });
    const lines = [line('tea', 3, { priceMinor: 250 }), line('cake', 1, { priceMinor: 350 })];
    expect(off([each, bundle], lines)).toEqual({ tea: 42 + 20, cake: 58 });
  });

  it('that stand alone leave out goods whose price a rule has changed', () => {
    const reduced = line('jam', 3, { isReduced: true });
    expect(off([ruleOf({ effect: tiers() })], [reduced])).toEqual({});
    expect(off([ruleOf({ effect: tiers(), stacking: 'stacks' })], [reduced])).toEqual({ jam: 150 });
  });

  it('that ended stay for carts that had them, through their grace', () => {
    const ended = timed(ruleOf({ effect: tiers() }), { fromMs: 0, untilMs: NOW_MS });
    const offered = (nowMs: number, had: readonly string[]) =>
      offersOf(bookOf([ended], { nowMs }), [line('jam', 3)], { audience: 'everyone', had: new Set(had) }).byLine.size;
    expect(offered(NOW_MS - 1, [])).toBe(1);
    expect(offered(NOW_MS, [])).toBe(0);
    expect(offered(NOW_MS, ['r1@1'])).toBe(1);
    expect(offered(NOW_MS, ['r1@2'])).toBe(0);
    expect(offered(NOW_MS + 2 * MINUTE_MS, ['r1@1'])).toBe(0);
  });
});
