import { describe, expect, it } from 'vitest';
import { addVariant, emptyCart, priceCart, setQuantity, type Cart } from '../../../../src/domain/cart';
import { linePrice, nextGraceEndMs, repriceCart, type CartWorld } from '../../../../src/domain/pricing/cart-prices';
import { priceOf } from '../../../../src/domain/pricing/price';
import type { TimedRule } from '../../../../src/domain/pricing/book';
import { saltAndBramble as stall, testContext, testItem, testVariant, valueOf } from '../../../helpers/stall';
import { bookOf, MINUTE_MS, NOW_MS, ruleOf, subjectOf, timed } from '../../../helpers/price-rules';

const variant = testVariant({ variantId: 'v1', priceMinor: 1_000 });
const item = testItem('Loaf', variant);
const drop = timed(ruleOf({ ruleId: 'drop', origin: 'drop', graceMs: 5 * MINUTE_MS }), {
  fromMs: NOW_MS,
  untilMs: NOW_MS + 30 * MINUTE_MS,
});
const endMs = NOW_MS + 30 * MINUTE_MS;

function worldAt(nowMs: number, rules: readonly TimedRule[] = [drop]): CartWorld {
  const book = bookOf(rules, { nowMs });
  return { book, nowMs, sinceMs: book.fromMs, subjectOf: () => subjectOf() };
}

function cartAt(nowMs: number, quantity = 1): Cart {
  const world = worldAt(nowMs);
  const price = linePrice(priceOf(world.book, subjectOf(), 'everyone'));
  return valueOf(addVariant(emptyCart('c'), { stall, item, variant, quantity, price }, testContext())).cart;
}

const shown = (cart: Cart) => cart.lines.map(({ unitPriceMinor }) => unitPriceMinor);

describe('a line', () => {
  it('carries the price it was shown with, what it was before and why', () => {
    const [line] = cartAt(NOW_MS).lines;
    expect(line).toMatchObject({ unitPriceMinor: 900, wasMinor: 1_000, trace: { steps: [{ ruleId: 'drop' }] } });
    expect(cartAt(NOW_MS - 1).lines[0]).not.toHaveProperty('trace');
  });

  it('takes a lower price at once', () => {
    expect(shown(repriceCart(cartAt(NOW_MS - 1), worldAt(NOW_MS)))).toEqual([900]);
  });

  it('keeps a lower price through the grace of its drop, says so, and then costs what it costs', () => {
    const cart = cartAt(endMs - 1);
    const during = repriceCart(cart, worldAt(endMs + MINUTE_MS));
    expect(shown(during)).toEqual([900]);
    expect(during.lines[0]?.trace?.steps.at(-1)).toEqual({
      kind: 'grace',
      until: new Date(endMs + 5 * MINUTE_MS).toISOString(),
      beforeMinor: 1_000,
      afterMinor: 900,
    });
    expect(nextGraceEndMs(during)).toBe(endMs + 5 * MINUTE_MS);
    // Asked again later the grace is no longer than it was.
    const later = repriceCart(during, worldAt(endMs + 5 * MINUTE_MS - 1));
    expect(later).toBe(during);
    const after = repriceCart(later, worldAt(endMs + 5 * MINUTE_MS));
    expect(shown(after)).toEqual([1_000]);
    expect(after.lines[0]).not.toHaveProperty('trace');
  });

  it('that was set aside all day gets no grace when it comes back', () => {
    expect(shown(repriceCart(cartAt(endMs - 1), worldAt(endMs + 60 * MINUTE_MS)))).toEqual([1_000]);
  });

  it('added while another keeps its old price is a line of its own at the new one', () => {
    const kept = repriceCart(cartAt(endMs - 1), worldAt(endMs));
    const { cart } = valueOf(addVariant(kept, { stall, item, variant }, testContext()));
    expect(shown(repriceCart(cart, worldAt(endMs), kept))).toEqual([900, 1_000]);
  });

  it('with a label or a typed price stands as it is', () => {
    const labelled = valueOf(
      addVariant(emptyCart('c'), { stall, item, variant, labelAmountMinor: 777 }, testContext()),
    ).cart;
    expect(repriceCart(labelled, worldAt(NOW_MS))).toBe(labelled);
    const typed = valueOf(addVariant(emptyCart('c'), { stall, item, variant, typedPriceMinor: 5 }, testContext())).cart;
    expect(typed.lines[0]).toMatchObject({ unitPriceMinor: 5, priceSource: 'typed', variantId: 'v1' });
    expect(repriceCart(typed, worldAt(NOW_MS))).toBe(typed);
  });

  it('of something taken out of the catalogue stands as it is', () => {
    const cart = cartAt(NOW_MS);
    expect(repriceCart(cart, { ...worldAt(endMs + 60 * MINUTE_MS), subjectOf: () => null })).toBe(cart);
  });
});

describe('a rule with a cap', () => {
  const cheese = testVariant({ variantId: 'v1', priceMinor: 1_000, pricing: 'kg' });
  const weighed = (left: number): number[] => {
    const world: CartWorld = { ...worldAt(NOW_MS), left: new Map([['drop', left]]) };
    const add = (cart: Cart): Cart =>
      valueOf(
        addVariant(cart, { stall, item: testItem('Cheese', cheese), variant: cheese, quantity: 312 }, testContext()),
      ).cart;
    return shown(repriceCart(add(add(emptyCart('c'))), world));
  };

  it('gives what is weighed by the line and not by the gram', () => {
    expect(weighed(2)).toEqual([900, 900]);
    expect(weighed(1)).toEqual([900, 1_000]);
    expect(weighed(0)).toEqual([1_000, 1_000]);
  });
});

describe('an offer on a cart', () => {
  const threes = timed(
    ruleOf({
      effect: {
        kind: 'tiers',
        unit: 'each',
        across: 'variant',
        tiers: [{ fromQuantity: 3, charge: { kind: 'price', priceMinor: 800 } }],
      },
    }),
    { fromMs: NOW_MS, untilMs: endMs },
  );
  const three = () => repriceCart(cartAt(NOW_MS - 1, 3), worldAt(NOW_MS, [threes]));

  it('comes off the lines, before a discount given by hand', () => {
    const cart = three();
    const [line] = cart.lines;
    const discounted: Cart = {
      ...cart,
      lines: line ? [{ ...line, discount: { kind: 'percent', basisPoints: 1_000, reason: '' } }] : [],
    };
    const priced = priceCart(discounted, stall);
    expect(priced.lines[0]).toMatchObject({ grossMinor: 3_000, lineDiscountMinor: 240, amountMinor: 2_160 });
    expect(priced.savedMinor).toBe(840);
  });

  it('stays through its grace though a piece more is added, and goes with a piece less', () => {
    const cart = three();
    const [line] = cart.lines;
    const lineId = line?.lineId ?? '';
    const more = valueOf(setQuantity(cart, { lineId, quantity: 4 }));
    const offered = (changed: Cart, nowMs: number) =>
      repriceCart(changed, worldAt(nowMs, [threes]), cart).lines[0]?.offers?.[0]?.amountMinor;
    expect(offered(more, endMs + MINUTE_MS)).toBe(800);
    expect(offered(more, endMs + 2 * MINUTE_MS)).toBeUndefined();
    expect(offered(valueOf(setQuantity(cart, { lineId, quantity: 2 })), NOW_MS)).toBeUndefined();
  });
});
