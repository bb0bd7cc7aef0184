import type { Item, Variant } from '../../src/domain/catalogue';
import type { Context } from '../../src/domain/context';
import type { Verdict } from '../../src/domain/refusal';
import type { Result } from '../../src/domain/result';
import type { Stall } from '../../src/domain/stall';

/** The stall of the receipt in the visual language. */
export const saltAndBramble: Stall = {
  stallId: 'stall-1',
  name: 'Salt & Bramble',
  place: 'Tynemouth Market, pitch 14',
  currency: 'GBP',
  locale: 'en-GB',
  timeZone: 'Europe/London',
  taxIncluded: true,
  taxRates: [
    { id: 'standard', name: 'VAT 20%', basisPoints: 2000 },
    { id: 'reduced', name: 'VAT 5%', basisPoints: 500 },
    { id: 'zero', name: 'VAT 0%', basisPoints: 0 },
  ],
  vatNumber: '',
  receiptFooter: 'Back within 28 days with this slip',
  labelRules: [
    { pattern: '21IIIIIWWWWWC', kind: 'weight' },
    { pattern: '20IIIIIPPPPPC', kind: 'price' },
  ],
  categories: [{ name: 'Larder', icon: 'cherry' }],
  cardProviders: ['SumUp'],
  denominations: [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
};

/** A market in Zürich: francs, whose cash comes in five rappen. */
export const zurich: Stall = {
  ...saltAndBramble,
  currency: 'CHF',
  locale: 'de-CH',
  timeZone: 'Europe/Zurich',
  denominations: [100000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5],
};

/** A market in Brooklyn: tax comes on top. */
export const brooklyn: Stall = {
  ...saltAndBramble,
  currency: 'USD',
  locale: 'en-US',
  timeZone: 'America/New_York',
  taxIncluded: false,
  taxRates: [
    { id: 'standard', name: 'Sales tax 8.875%', basisPoints: 888 },
    { id: 'zero', name: 'Untaxed', basisPoints: 0 },
  ],
  denominations: [10000, 5000, 2000, 1000, 500, 100, 25, 10, 5, 1],
};

/** Ids in order, and a clock that stands still. */
export function testContext(now = '2026-06-13T10:31:00.000Z'): Context {
  let count = 0;
  return {
    now,
    newId: () => {
      count += 1;
      return `id-${count}`;
    },
  };
}

export function testVariant(change: Partial<Variant> = {}): Variant {
  return {
    variantId: 'variant-1',
    name: '',
    receiptName: '',
    sku: '',
    barcodes: [],
    pricing: 'each',
    priceMinor: 450,
    costMinor: null,
    taxRateId: 'zero',
    stock: null,
    ...change,
  };
}

export function testItem(name: string, ...variants: Variant[]): Item {
  return {
    itemId: `item-${name}`,
    handle: name.toLowerCase(),
    name,
    category: 'Larder',
    description: '',
    photo: null,
    backdrop: { wall: '#efebdf', plank: '#c8b79a' },
    variants: variants.length === 0 ? [testVariant()] : variants,
  };
}

/** The value of a result that must be one. */
export function valueOf<T>(result: Result<T> | Verdict<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** The code of a failure, or `ok`. */
export function codeOf(result: Result<unknown> | Verdict<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}
