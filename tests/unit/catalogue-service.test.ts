import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenCode } from '../../src/domain/own-code';
import type { Variant } from '../../src/domain/catalogue';
import { CallFailure } from '../../src/main/core/call-failure';
import { CatalogueService, type CodeMeaning } from '../../src/main/core/catalogue-service';
import type { CoreContext } from '../../src/main/core/core-context';
import { PricingService } from '../../src/main/core/pricing-service';
import type { DropView } from '../../src/shared/contract';
import { manualClock } from '../helpers/manual-clock';
import { ruleOf } from '../helpers/price-rules';
import { makeItem, StallLife, stall } from '../journal/stall-life';

const CHEESE = '4006381333931';
const JAM = '5012345678900';

let life: StallLife;
let service: CatalogueService;
let prices: PricingService;
let drops: DropView[];
beforeEach(() => {
  drops = [];
  life = new StallLife();
  const one = (number: number, change: Partial<Variant>) =>
    makeItem(number, { variants: [{ ...(makeItem(number).variants[0] as Variant), ...change }] });
  life.put(
    one(1, { pricing: 'kg', priceMinor: 1800, sku: 'PLU00031', barcodes: [CHEESE] }),
    one(2, { pricing: 'each', barcodes: [JAM] }),
    one(3, { pricing: 'each', barcodes: ['4006381333932', '0512345000107'] }),
  );
  const labelRules = [{ pattern: '21IIIIIWWWWWC', kind: 'weight' as const }];
  const core: Pick<CoreContext, 'store' | 'stall' | 'now'> = {
    store: life.store,
    stall: { ...stall, labelRules },
    now: () => new Date('2026-11-22T10:00:00Z'),
  };
  const clock = manualClock();
  prices = new PricingService(core as CoreContext, {
    clock,
    steadyMs: () => clock.steady(),
    onChanged: () => {},
  });
  const holds = { heldByItem: () => new Map<string, number>(), heldFrom: () => 0 };
  service = new CatalogueService(
    core as CoreContext,
    prices,
    () => holds,
    () => drops,
  );
});
afterEach(() => life.end());

function variant(code: string): Extract<CodeMeaning, { kind: 'variant' }> {
  const meaning = service.readAny(code);
  if (meaning.kind !== 'variant') throw new Error(`${code} is ${meaning.kind}`);
  return meaning;
}

function failure(code: string): string {
  try {
    return service.readAny(code).kind;
  } catch (error) {
    if (error instanceof CallFailure) return error.code;
    throw error;
  }
}

describe('a scan', () => {
  it('of a plain code asks the catalogue once', () => {
    let asked = 0;
    const { catalogue } = life.store;
    const lookup = catalogue.lookup.bind(catalogue);
    catalogue.lookup = (candidates) => {
      asked += 1;
      expect(candidates[0]).toBe(CHEESE);
      return lookup(candidates);
    };
    expect(variant(`]E0${CHEESE}`)).toMatchObject({ weightGrams: null, amountMinor: null });
    expect(asked).toBe(1);
  });

  it.each([']C1', ']e0', ']d2', ']Q3', ''])(
    'of a GS1 label %s sells at its weight or price, and warns of its dates',
    (aim) => {
      expect(variant(`${aim}010${CHEESE}31030012501726112115270200`)).toMatchObject({
        item: { itemId: 'item-1' },
        weightGrams: 1250,
        amountMinor: null,
        dateWarning: { date: 'use-by', on: '2026-11-21', isPast: true },
      });
      expect(variant(`${aim}010${CHEESE}31030012503922225`)).toMatchObject({
        weightGrams: 1250,
        amountMinor: 225,
        dateWarning: null,
      });
    },
  );

  it('of a Digital Link sells at its weight', () => {
    expect(variant(`]Q1https://id.gs1.org/01/0${CHEESE}?3103=000500`)).toMatchObject({ weightGrams: 500 });
  });

  it('does not take the weight of a jar for a number of jars', () => {
    expect(variant(`]C1010${JAM}3103000340`)).toMatchObject({ item: { itemId: 'item-2' }, weightGrams: null });
  });

  it('sells though the other half of its elements stands elsewhere', () => {
    expect(variant(`]C1010${JAM}3922250`)).toMatchObject({ amountMinor: 250 });
  });

  it.each([
    [`]C1010${CHEESE}3103000000`, 'bad-label'],
    [`]C1010${CHEESE}31030012503923255`, 'bad-label'],
    [`]C1010${CHEESE}31030012503932978250`, 'bad-label'],
    [`]C1010${CHEESE}31030012503922000`, 'bad-label'],
    [`]C1010${CHEESE}17261331`, 'bad-label'],
    [`]C1010${CHEESE}2554006381333931`, 'bad-label'],
    [`]C1010${JAM.slice(0, -1)}1`, 'bad-label'],
    ['2100031003128', 'bad-label'],
    [']C10106291041500213', 'unknown'],
    ['6291041500213', 'unknown'],
    [']E09812345678902', 'coupon-code'],
    [tokenCode('coupon', 'ABCD'), 'coupon-code'],
    [tokenCode('hold', 'ABCD'), 'hold-code'],
    [']Q1https://example.com/', 'unknown'],
    ['TR1:T1-0412', 'receipt'],
  ])('%s comes to %s', (code, outcome) => {
    expect(failure(code)).toBe(outcome);
  });

  it('of a code the catalogue knows sells it, whatever is wrong with it as a label', () => {
    expect(variant('4006381333932')).toMatchObject({ item: { itemId: 'item-3' } });
    expect(variant(']E00512345000107')).toMatchObject({ item: { itemId: 'item-3' } });
  });

  it('of an in-store label sells at its weight', () => {
    expect(variant('2100031003129')).toMatchObject({ item: { itemId: 'item-1' }, weightGrams: 312 });
  });
});

describe('a tile', () => {
  const dropsOf = (): (string | undefined)[] =>
    service.items({ category: null, offset: 0, limit: 10 }).tiles.map(({ dropId }) => dropId);

  it('names the drop that runs on it, until all of it is sold or another phase begins', () => {
    const what = { kind: 'items' as const, itemIds: [makeItem(1).itemId] };
    prices.add({ rules: () => [ruleOf({ origin: 'drop', originId: 'warm', what })] });
    const drop = { dropId: 'warm', left: 3 } as unknown as DropView;
    expect(dropsOf()).toEqual([undefined, undefined, undefined]);
    drops = [{ ...drop, phase: 'running' }];
    expect(dropsOf()).toEqual(['warm', undefined, undefined]);
    drops = [{ ...drop, phase: 'running', left: 0 }];
    expect(dropsOf()).toEqual([undefined, undefined, undefined]);
    drops = [{ ...drop, phase: 'planned' }];
    expect(dropsOf()).toEqual([undefined, undefined, undefined]);
    drops = [{ ...drop, dropId: 'another', phase: 'running' }];
    expect(dropsOf()).toEqual([undefined, undefined, undefined]);
  });
});
