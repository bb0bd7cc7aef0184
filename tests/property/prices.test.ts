import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addVariant, emptyCart, offeredOf, priceCart, type Cart, type CartLine } from '../../src/domain/cart';
import { leftBeside, linePrice, pricesFor, repriceCart, type CartWorld } from '../../src/domain/pricing/cart-prices';
import { priceOf, type PriceSubject } from '../../src/domain/pricing/price';
import { priceSteps, type WantedGoods } from '../../src/domain/pricing/quote';
import {
  checkRule,
  stepTo,
  type Effect,
  type MarkdownStep,
  type PriceRule,
  type Selector,
  type UnitCharge,
} from '../../src/domain/pricing/rule';
import { MAX_MINOR } from '../../src/domain/money';
import { bookOf, NOW_MS, ruleOf, subjectOf, timed } from '../helpers/price-rules';
import { saltAndBramble as stall, testContext, testItem, testVariant, valueOf } from '../helpers/stall';

const VARIANTS = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5'];
const CATEGORIES = ['Bread', 'Jam'];

const selector: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant({ kind: 'everything' as const }),
  fc.constantFrom(...CATEGORIES).map((category) => ({ kind: 'categories' as const, categories: [category] })),
  fc
    .uniqueArray(fc.constantFrom(...VARIANTS), { minLength: 1, maxLength: 3 })
    .map((variantIds) => ({ kind: 'variants' as const, variantIds })),
  fc.constantFrom('red', 'green').map((word) => ({ kind: 'words' as const, words: [word] })),
);
const charge: fc.Arbitrary<UnitCharge> = fc.oneof(
  fc.record({ kind: fc.constant('price' as const), priceMinor: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ kind: fc.constant('percent-off' as const), basisPoints: fc.integer({ min: 1, max: 10_000 }) }),
  fc.record({ kind: fc.constant('amount-off' as const), amountMinor: fc.integer({ min: 1, max: 3_000 }) }),
);
const effect: fc.Arbitrary<Effect> = fc.oneof(
  charge.map((one) => (one.kind === 'price' ? { kind: 'unit-price' as const, priceMinor: one.priceMinor } : one)),
  fc.record({
    kind: fc.constant('tiers' as const),
    unit: fc.constantFrom('each' as const, 'kg' as const),
    across: fc.constantFrom('variant' as const, 'rule' as const),
    tiers: fc.tuple(charge, charge).map(([first, second]) => [
      { fromQuantity: 2, charge: first },
      { fromQuantity: 5, charge: second },
    ]),
  }),
  fc.record({
    kind: fc.constant('bundle' as const),
    parts: fc.array(fc.record({ what: selector, quantity: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 2,
      maxLength: 3,
    }),
    at: charge,
    mostPerCart: fc.option(fc.integer({ min: 1, max: 3 })),
  }),
);
const rules: fc.Arbitrary<PriceRule[]> = fc
  .array(
    fc.record({
      what: selector,
      effect,
      audience: fc.constantFrom('everyone' as const, 'trade' as const),
      priority: fc.integer({ min: 0, max: 3 }),
      stacking: fc.constantFrom('alone' as const, 'stacks' as const),
      capBasisPoints: fc.option(fc.integer({ min: 0, max: 10_000 })),
      stock: fc.option(fc.constant({ atLeast: null, atMost: 10 })),
    }),
    { maxLength: 12 },
  )
  .map((several) => several.map((said, index) => ruleOf({ ...said, ruleId: `r${index}` })));
const subjects: fc.Arbitrary<PriceSubject[]> = fc
  .array(
    fc.record({
      category: fc.constantFrom(...CATEGORIES),
      nameWords: fc.subarray(['red', 'green']),
      priceMinor: fc.integer({ min: 0, max: 2_000 }),
      costMinor: fc.option(fc.integer({ min: 0, max: 2_000 })),
      stock: fc.option(fc.integer({ min: -3, max: 20 })),
    }),
    { minLength: VARIANTS.length, maxLength: VARIANTS.length },
  )
  .map((several) => several.map((said, index) => subjectOf({ ...said, variantId: VARIANTS[index] ?? '' })));
const quantities = fc.array(
  fc.record({
    variant: fc.nat(VARIANTS.length - 1),
    pricing: fc.constantFrom('each' as const, 'each' as const, 'kg' as const),
    quantity: fc.integer({ min: 1, max: 12 }),
  }),
  { maxLength: 8 },
);
const market = fc.record({ rules, subjects, quantities, isTrade: fc.boolean() });
type Market = typeof market extends fc.Arbitrary<infer T> ? T : never;

function cartOf({ subjects: goods, quantities: wanted, isTrade }: Market): Cart {
  const lines = wanted.map(({ variant, pricing, quantity }, index): CartLine => {
    const subject = goods[variant];
    if (subject === undefined) throw new Error('no such goods');
    return {
      lineId: `line ${index}`,
      variantId: subject.variantId,
      itemId: subject.itemId,
      name: subject.variantId,
      receiptName: '',
      sku: '',
      pricing,
      quantity: pricing === 'kg' ? quantity * 100 : quantity,
      // Dearer than anything, so that every price of now is a lower one and holds at once.
      unitPriceMinor: 1_000_000,
      labelAmountMinor: null,
      priceSource: 'catalogue',
      taxRateId: 't',
      taxBasisPoints: 2_000,
      discount: null,
      note: '',
    };
  });
  return { cartId: 'cart', lines, discount: null, note: '', ...(isTrade && { audience: 'trade' as const }) };
}

function worldOf(rulesOn: readonly PriceRule[], goods: readonly PriceSubject[]): CartWorld {
  const byId = new Map(goods.map((subject) => [subject.variantId, subject]));
  const book = bookOf(rulesOn);
  return { book, nowMs: NOW_MS, sinceMs: NOW_MS, subjectOf: (variantId) => byId.get(variantId) ?? null };
}

/** Of a weighed line rounded half up, as the cart rounds it. */
const amountAt = ({ pricing, quantity }: CartLine, priceMinor: number): number =>
  pricing === 'kg' ? Math.floor((priceMinor * quantity) / 1_000 + 0.5) : priceMinor * quantity;

/** What a sale of so many comes to that were put on the docket one by one. */
function scannedTotal({ item, variant, quantity }: WantedGoods, world: CartWorld): number {
  const subject = world.subjectOf(variant.variantId);
  if (subject === null) throw new Error('no such goods');
  const context = testContext();
  let cart = emptyCart('scanned');
  for (let piece = 0; piece < quantity; piece += 1) {
    const left = leftBeside(world.left ?? new Map(), cart);
    const [part] = pricesFor(world.book, subject, 'everyone', { left, pricing: 'each', quantity: 1 });
    const price = part && linePrice(part.price);
    const added = valueOf(addVariant(cart, { stall, item, variant, price }, context)).cart;
    cart = repriceCart(added, world, cart);
  }
  return priceCart(cart, stall).totalMinor;
}

describe('prices', () => {
  it('are the same for the same goods and rules, in whatever order the rules come', () => {
    fc.assert(
      fc.property(market, fc.infiniteStream(fc.nat()), (given, shuffle) => {
        const cart = cartOf(given);
        const shuffled = given.rules
          .map((rule) => ({ rule, key: shuffle.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ rule }) => rule);
        const once = repriceCart(cart, worldOf(given.rules, given.subjects));
        expect(repriceCart(cart, worldOf(shuffled, given.subjects))).toEqual(once);
        // And nothing moves when they are asked for again.
        expect(repriceCart(once, worldOf(shuffled, given.subjects))).toBe(once);
      }),
    );
  });

  it('never come under a floor, piece by piece or with offers', () => {
    fc.assert(
      fc.property(market, (given) => {
        const world = worldOf(given.rules, given.subjects);
        for (const line of repriceCart(cartOf(given), world).lines) {
          const subject = given.subjects.find(({ variantId }) => variantId === line.variantId);
          const listMinor = subject?.start.priceMinor ?? 0;
          const floorMinor = Math.min(subject?.costMinor ?? 0, listMinor);
          expect(line.unitPriceMinor).toBeGreaterThanOrEqual(floorMinor);
          const leftMinor = amountAt(line, line.unitPriceMinor) - offeredOf(line);
          // A weighed line rounds twice.
          expect(leftMinor).toBeGreaterThanOrEqual(amountAt(line, floorMinor) - (line.pricing === 'kg' ? 1 : 0));
          expect(leftMinor).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('are found for every piece, and of no cap more is given than is left of it', () => {
    const caps = fc.dictionary(fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4'), fc.integer({ min: -2, max: 9 }));
    fc.assert(
      fc.property(market, caps, fc.integer({ min: 1, max: 20 }), (given, capped, quantity) => {
        const left = new Map(Object.entries(capped));
        for (const subject of given.subjects) {
          const parts = pricesFor(bookOf(given.rules), subject, 'everyone', { left, pricing: 'each', quantity });
          expect(parts.reduce((sum, part) => sum + part.quantity, 0)).toBe(quantity);
          const taken = new Map<string, number>();
          for (const part of parts) {
            for (const step of part.price.trace.steps) {
              if (step.kind === 'rule') taken.set(step.ruleId, (taken.get(step.ruleId) ?? 0) + part.quantity);
            }
          }
          for (const [ruleId, pieces] of taken) expect(pieces).toBeLessThanOrEqual(left.get(ruleId) ?? quantity);
        }
      }),
    );
  });

  it('of several pieces are what a sale of that many comes to, scanned one after the other', () => {
    const caps = fc.dictionary(fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4'), fc.integer({ min: 0, max: 9 }));
    const whole = market.map(({ rules: rulesOn, subjects: goods }) => ({ rulesOn, goods }));
    let stepCount = 0;
    fc.assert(
      fc.property(whole, caps, ({ rulesOn, goods }, capped) => {
        const world = { ...worldOf(rulesOn, goods), left: new Map(Object.entries(capped)) };
        for (const { variantId, stock } of goods) {
          const variant = testVariant({ variantId });
          const item = testItem(variantId, variant);
          const steps = priceSteps({ item, variant }, world, { stall, left: stock });
          stepCount += steps.length;
          for (const [place, { quantity, totalMinor, savedMinor }] of steps.entries()) {
            const [one] = steps;
            expect(totalMinor).toBe(scannedTotal({ item, variant, quantity }, world));
            expect(savedMinor).toBe((one?.totalMinor ?? 0) * quantity - totalMinor);
            expect(quantity).toBeLessThanOrEqual(stock ?? quantity);
            const before = steps[place - 1];
            if (before) expect(totalMinor / quantity).toBeLessThan(before.totalMinor / before.quantity);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(stepCount).toBeGreaterThan(20);
  });

  it('add up: what offers take off the lines is what the cart saves, and its total the rest', () => {
    fc.assert(
      fc.property(market, (given) => {
        const priced = priceCart(repriceCart(cartOf(given), worldOf(given.rules, given.subjects)), {
          taxIncluded: true,
        });
        const grossMinor = priced.lines.reduce((sum, line) => sum + line.grossMinor, 0);
        expect(priced.totalMinor).toBe(grossMinor - priced.savedMinor);
        for (const line of priced.lines) {
          const used = (line.offers ?? []).reduce((sum, offer) => sum + offer.quantity, 0);
          expect(used).toBeLessThanOrEqual(line.quantity);
        }
      }),
    );
  });

  it('have traces whose steps follow from each other and end at the price', () => {
    fc.assert(
      fc.property(market, ({ rules: rulesOn, subjects: goods }) => {
        const book = bookOf(rulesOn);
        for (const subject of goods) {
          const { trace, unitPriceMinor } = priceOf(book, subject, 'everyone');
          const end = trace.steps.reduce((before, step) => {
            expect(step.beforeMinor).toBe(before);
            return step.afterMinor;
          }, trace.base.priceMinor);
          expect(end).toBe(unitPriceMinor);
        }
      }),
    );
  });

  it('cost as many looks as there are rules about the goods, and not one more for others', () => {
    fc.assert(
      fc.property(market, fc.nat(300), ({ rules: rulesOn, subjects: goods }, others) => {
        const strangers = Array.from({ length: others }, (_, index) =>
          ruleOf({ ruleId: `a${index}`, priority: 3, what: { kind: 'items', itemIds: [`stranger ${index}`] } }),
        );
        const lookedAt = (book: ReturnType<typeof bookOf>) =>
          goods.map((subject) => priceOf(book, subject, 'trade').looked);
        expect(lookedAt(bookOf([...strangers, ...rulesOn]))).toEqual(lookedAt(bookOf(rulesOn)));
      }),
    );
  });

  it('are what was typed for a markdown, whatever it is, and about that on a device that knows only per cent', () => {
    const priceMinor = fc.oneof(fc.integer({ min: 2, max: 1_000 }), fc.integer({ min: 10_000, max: MAX_MINOR }));
    const typed = priceMinor.chain((one) =>
      fc.record({ priceMinor: fc.constant(one), typedMinor: fc.integer({ min: 1, max: one - 1 }) }),
    );
    fc.assert(
      fc.property(typed, ({ priceMinor, typedMinor }) => {
        const costs = (step: MarkdownStep, before = priceMinor): number => {
          const rule = ruleOf({ effect: { kind: 'markdown', closesAt: '16:00', steps: [step] } });
          expect(checkRule(rule).ok).toBe(true);
          const window = { fromMs: NOW_MS, untilMs: NOW_MS + 1, step };
          return priceOf(bookOf([timed(rule, window)]), subjectOf({ priceMinor: before, costMinor: null }), 'everyone')
            .unitPriceMinor;
        };
        const step = stepTo(typedMinor, { beforeCloseMinutes: 60, priceMinor });
        expect(costs(step)).toBe(typedMinor);
        // Cheaper meanwhile: nothing gets dearer by a markdown.
        expect(costs(step, typedMinor - 1)).toBe(typedMinor - 1);
        const { priceMinor: _typed, ...inPerCent } = step;
        expect(Math.abs(costs(inPerCent) - typedMinor)).toBeLessThanOrEqual(1 + priceMinor / 10_000);
      }),
      { numRuns: 300 },
    );
  });

  it('come from rules that were checked, and no checked rule makes one that is absurd', () => {
    fc.assert(
      fc.property(market, ({ rules: rulesOn, subjects: goods }) => {
        const checked = rulesOn.filter((rule) => checkRule(rule).ok).map((rule) => timed(rule));
        const book = bookOf(checked);
        for (const subject of goods) {
          const { unitPriceMinor } = priceOf(book, subject, 'everyone');
          expect(Number.isSafeInteger(unitPriceMinor) && unitPriceMinor >= 0).toBe(true);
        }
      }),
    );
  });
});
