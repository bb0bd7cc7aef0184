/** The price of a whole cart by many rules, and what rules about other goods add to it. */
import type { Cart, CartLine } from '../src/domain/cart';
import { compileBook, type PriceBook, type TimedRule } from '../src/domain/pricing/book';
import { repriceCart } from '../src/domain/pricing/cart-prices';
import { DEFAULT_POLICY } from '../src/domain/pricing/policy';
import type { PriceSubject } from '../src/domain/pricing/price';
import { ALWAYS, type Effect, type PriceRule, type Selector } from '../src/domain/pricing/rule';
import { figure, percentile, progress, type Figure } from './figure';

const LINES = 20;
const RULES = 1_000;
const MANY_RULES = 10_000;
const ITEMS = 2_000;
const CATEGORIES = 25;
const SAMPLES = 4_000;
const WARM_UP = 1_000;
const LIMIT_MS = 1;

const NOW_MS = Date.parse('2026-06-13T10:00:00.000Z');

const subjects = Array.from({ length: ITEMS }, (_, index): PriceSubject => ({
  variantId: `v${index}`,
  itemId: `i${index}`,
  category: `c${index % CATEGORIES}`,
  nameWords: ['thing', `word${index % 50}`],
  costMinor: 200,
  stock: 40,
  start: {
    base: { source: 'catalogue', priceMinor: 500 + (index % 300), observedAt: null, freshness: 'fresh' },
    priceMinor: 500 + (index % 300),
    steps: [],
    mustAsk: false,
  },
}));

/** Rules of every kind about the goods on sale: prices, percentages that stack, tiers and bundles. */
function ruleAbout(index: number): PriceRule {
  const one = (offset: number): Selector => ({ kind: 'variants', variantIds: [`v${(index * 7 + offset) % ITEMS}`] });
  const effects: readonly Effect[] = [
    { kind: 'percent-off', basisPoints: 500 },
    { kind: 'unit-price', priceMinor: 450 },
    {
      kind: 'tiers',
      unit: 'each',
      across: 'variant',
      tiers: [{ fromQuantity: 2, charge: { kind: 'percent-off', basisPoints: 1_000 } }],
    },
    {
      kind: 'bundle',
      parts: [
        { what: one(0), quantity: 1 },
        { what: one(7), quantity: 1 },
      ],
      at: { kind: 'amount-off', amountMinor: 50 },
      mostPerCart: null,
    },
  ];
  const isAboutCategory = index % 100 === 0;
  return {
    ruleId: `r${index}`,
    version: 1,
    name: `Rule ${index}`,
    origin: 'rule',
    isOn: true,
    what: isAboutCategory ? { kind: 'categories', categories: [`c${index % CATEGORIES}`] } : one(0),
    effect: effects[index % effects.length] as Effect,
    when: ALWAYS,
    where: { kind: 'anywhere' },
    audience: 'everyone',
    stock: null,
    priority: index % 10,
    stacking: index % 2 === 0 ? 'stacks' : 'alone',
    capBasisPoints: null,
    graceMs: null,
  };
}

/** A rule about goods that nobody in this cart has. */
function ruleElsewhere(index: number): PriceRule {
  return {
    ...ruleAbout(index),
    ruleId: `e${index}`,
    what: { kind: 'variants', variantIds: [`elsewhere ${index}`] },
    effect: { kind: 'percent-off', basisPoints: 500 },
  };
}

function bookOf(rules: readonly PriceRule[]): PriceBook {
  const always = [{ fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }];
  const timed = rules.map((rule): TimedRule => ({ rule, windows: always }));
  return compileBook(timed, { nowMs: NOW_MS, place: { event: '', pitch: '', position: null }, policy: DEFAULT_POLICY });
}

function cartFrom(first: number): Cart {
  const lines = Array.from({ length: LINES }, (_, index): CartLine => {
    const { variantId, itemId, start } = subjects[(first + index * 7) % ITEMS] as PriceSubject;
    return {
      lineId: `l${index}`,
      variantId,
      itemId,
      name: variantId,
      receiptName: '',
      sku: '',
      pricing: 'each',
      quantity: 1 + (index % 3),
      unitPriceMinor: start.priceMinor,
      labelAmountMinor: null,
      priceSource: 'catalogue',
      taxRateId: 't',
      taxBasisPoints: 2_000,
      discount: null,
      note: '',
    };
  });
  return { cartId: 'c', lines, discount: null, note: '' };
}

export async function measure(): Promise<Figure[]> {
  const rules = Array.from({ length: RULES }, (_, index) => ruleAbout(index));
  const elsewhere = Array.from({ length: MANY_RULES - RULES }, (_, index) => ruleElsewhere(index));
  const few = bookOf(rules);
  const many = bookOf([...rules, ...elsewhere]);
  const byId = new Map(subjects.map((subject) => [subject.variantId, subject]));
  const quote = (cart: Cart, book: PriceBook): Cart =>
    repriceCart(cart, { book, nowMs: NOW_MS, sinceMs: NOW_MS, subjectOf: (variantId) => byId.get(variantId) ?? null });

  progress(`pricing ${SAMPLES} carts of ${LINES} lines by ${RULES} rules, in turn with ${MANY_RULES}`);
  const fewMs: number[] = [];
  const manyMs: number[] = [];
  let priced = 0;
  for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
    const cart = cartFrom((sample + WARM_UP) * 13);
    const started = performance.now();
    const one = quote(cart, few);
    const between = performance.now();
    const other = quote(cart, many);
    const ended = performance.now();
    if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error('rules about other goods changed a price');
    if (sample < 0) continue;
    priced += one.lines.filter(({ trace, offers }) => trace !== undefined || offers !== undefined).length;
    fewMs.push(between - started);
    manyMs.push(ended - between);
  }
  if (priced < SAMPLES * 2) throw new Error(`only ${priced} lines of ${SAMPLES} carts were priced by a rule`);
  return [
    figure({
      id: 'quote/p99',
      what: `a cart of ${LINES} lines priced by ${RULES} active rules, p99`,
      value: percentile(fewMs, 0.99),
      unit: 'ms',
      reference: LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
    figure({
      id: 'quote/many',
      what: `the same with ${MANY_RULES} active rules, as many of them about these goods, p50`,
      value: percentile(manyMs, 0.5),
      unit: 'ms',
      reference: percentile(fewMs, 0.5),
      referenceWhat: `with ${RULES}, turn by turn`,
      target: { atMost: 1.5 },
    }),
  ];
}
