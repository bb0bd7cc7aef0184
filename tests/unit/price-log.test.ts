import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PricedLine } from '../../src/domain/cart';
import type { CoreContext } from '../../src/main/core/core-context';
import type { DropService } from '../../src/main/core/drop-service';
import { PriceDesk } from '../../src/main/core/price-desk';
import type { PricingService } from '../../src/main/core/pricing-service';
import type { PriceLogRow } from '../../src/shared/contract';
import { makeItem, StallLife, stall } from '../journal/stall-life';

let life: StallLife;
let desk: PriceDesk;
beforeEach(() => {
  life = new StallLife();
  const core = { store: life.store, stall } as unknown as CoreContext;
  // The log is read from the store alone.
  desk = new PriceDesk(core, {} as PricingService, {} as DropService, () => false);
});
afterEach(() => life.end());

const everything = { from: null, until: null, kinds: [], staffId: null };
const priced = (number: number, priceMinor: number) => {
  const item = makeItem(number);
  return { ...item, variants: item.variants.map((variant) => ({ ...variant, priceMinor })) };
};
const imported = (items: ReturnType<typeof priced>[], importId = 'spring', signal?: AbortSignal) =>
  life.store.importItems({ importId, source: 'stock.csv', actor: 'ada', items: [items], ...(signal && { signal }) });

/** Reads the log to its end, page by page. */
async function walk(limit: number): Promise<{ rows: PriceLogRow[]; longest: number }> {
  const rows: PriceLogRow[] = [];
  let longest = 0;
  for (let before: string | null = null, more = true; more;) {
    const page = await desk.log({ ...everything, limit, before });
    rows.push(...page.rows);
    longest = Math.max(longest, page.rows.length);
    ({ more } = page);
    before = page.rows.at(-1)?.cursor ?? null;
  }
  return { rows, longest };
}

describe('an import in the price log', () => {
  it('shows what each item cost before and costs now, and no item whose price stays', async () => {
    life.put(priced(1, 100), priced(2, 200), priced(3, 300));
    await imported([priced(1, 110), priced(2, 200), priced(3, 240), priced(4, 400)]);
    const { rows } = await walk(50);
    expect(
      rows.map(({ kind, variantId, beforeMinor, afterMinor, why, staffId }) => [
        kind,
        variantId,
        beforeMinor,
        afterMinor,
        why,
        staffId,
      ]),
    ).toEqual([
      ['price', 'variant-1', 100, 110, 'import', 'ada'],
      ['price', 'variant-3', 300, 240, 'import', 'ada'],
    ]);
    expect((await desk.log({ ...everything, limit: 5, before: null })).volatility).toMatchObject({
      changes: 2,
      variants: 2,
      meanBasisPoints: 1_500,
    });
  });

  it('of many items is read in pages, each item once; one that was stopped is not in it', async () => {
    const many = (priceMinor: number) => Array.from({ length: 1_000 }, (_, index) => priced(index, priceMinor));
    life.put(...many(100));
    const stop = new AbortController();
    stop.abort();
    await expect(imported(many(90), 'stopped', stop.signal)).rejects.toThrow();
    expect((await walk(100)).rows).toEqual([]);
    await imported(many(80));
    const { rows, longest } = await walk(100);
    expect(new Set(rows.map(({ variantId }) => variantId)).size).toBe(1_000);
    expect(rows).toHaveLength(1_000);
    // No page takes more entries than fill it, and one holds no more than a slice.
    expect(longest).toBeLessThanOrEqual(250);
  });
});

it('finds what was taken off by hand behind many sales at the prices of rules', async () => {
  life.put(makeItem(1));
  const sell = (times: number, change: Partial<PricedLine>): void => {
    for (let sold = 0; sold < times; sold += 1) {
      const { lines, ...order } = life.order(['variant-1']);
      const body = { order: { ...order, lines: lines.map((line) => ({ ...line, ...change })) } };
      life.store.commit({ actor: 'ada', drafts: [{ kind: 'order.placed', body }], result: null });
    }
  };
  const base = { source: 'catalogue', priceMinor: 100, observedAt: null, freshness: 'fresh' } as const;
  sell(3, { priceSource: 'typed' });
  sell(230, { trace: { base, steps: [] } });
  const byHand = { ...everything, kinds: ['typed' as const], before: null };
  expect((await desk.log({ ...everything, limit: 500, before: null })).rows).toHaveLength(233);
  const { rows, more } = await desk.log({ ...byHand, limit: 2 });
  expect([rows.length, more]).toEqual([2, true]);
  const rest = await desk.log({ ...byHand, limit: 2, before: rows.at(-1)?.cursor ?? null });
  expect([rest.rows.length, rest.more]).toEqual([1, false]);
});

it('says for screens why, in codes they have words for, and leaves what a person wrote as it is', async () => {
  life.put(makeItem(1));
  const at = '2026-06-13T10:00:00.000Z';
  const changes = [{ itemId: 'i', variantId: 'v', name: 'Loaf', beforeMinor: 200, afterMinor: 150 }];
  const step = {
    ruleId: 'r',
    version: 1,
    name: 'Happy hour',
    origin: 'rule',
    beforeMinor: 100,
    afterMinor: 90,
  } as const;
  const base = { source: 'catalogue', priceMinor: 100, observedAt: null, freshness: 'fresh' } as const;
  const trace = {
    base,
    steps: [
      { kind: 'rule', ...step },
      { kind: 'floor', floorMinor: 95, beforeMinor: 90, afterMinor: 95 },
    ],
  } as const;
  const { lines, ...order } = life.order(['variant-1']);
  const sold = lines.map((line) => ({ ...line, trace, note: 'mended', priceSource: 'typed' as const }));
  life.store.commit({
    actor: 'ada',
    drafts: [
      { kind: 'price.changed', body: { cause: { kind: 'place', ids: [] }, at, count: 3, changes } },
      { kind: 'price.rules-removed', body: { ruleIds: ['r'] } },
      { kind: 'drop.ended', body: { dropId: 'warm', at, reason: 'sold-out' } },
      { kind: 'order.placed', body: { order: { ...order, lines: sold } } },
    ],
    result: null,
  });
  const { rows } = await desk.log({ ...everything, limit: 50, before: null });
  const said = new Map(
    rows.map(({ kind, subject, why, reasons, more }) => [`${kind} ${more ?? subject}`, [why, reasons]]),
  );
  expect(said.get('price Loaf')).toEqual(['place', [{ code: 'place' }]]);
  expect(said.get('price 2')).toEqual(['place', [{ code: 'place' }]]);
  expect(said.get('rule r')).toEqual(['removed', [{ code: 'removed' }]]);
  expect(said.get('drop warm')).toEqual(['sold-out', [{ code: 'sold-out' }]]);
  const ofSale = rows.filter(({ kind }) => kind === 'sale' || kind === 'typed');
  expect(ofSale.map(({ why, reasons }) => [why, reasons])).toEqual([
    ['mended', undefined],
    ['Happy hour, floor', [{ code: 'named', name: 'Happy hour' }, { code: 'floor' }]],
  ]);
});

describe('the price log as a file', () => {
  /** More than are looked up at once. */
  const ENTRIES = 300;
  const change = (number: number) => {
    const changes = [
      { itemId: 'i', variantId: `v${number % 7}`, name: '=Loaf, "rye"', beforeMinor: 200, afterMinor: 150 },
    ];
    const body = { cause: { kind: 'rule' as const, ids: ['r@1'] }, at: '2026-06-13T10:00:00.000Z', count: 1, changes };
    return { kind: 'price.changed' as const, body };
  };
  beforeEach(() => {
    life.put(makeItem(1));
    const drafts = Array.from({ length: ENTRIES }, (_, number) => change(number));
    life.store.commit({ actor: 'ada', drafts, result: null });
  });

  it('is whole, and sales are made while it is written', async () => {
    let isWritten = false;
    const writing = desk.exportLog({ ...everything, format: 'csv' }).finally(() => (isWritten = true));
    await new Promise((resolve) => setImmediate(resolve));
    life.sell(['variant-1']);
    expect(isWritten).toBe(false);
    const { text } = await writing;
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(1 + ENTRIES);
    expect(lines[0]).toBe('at,kind,subject,variantId,rules,before,after,currency,why,staffId,device,seq');
    expect(lines[1]).toContain(`,price,"'=Loaf, ""rye""",v`);
    expect(lines[1]).toContain(',r@1,2.00,1.50,GBP,rule,ada,');
  });

  it('says as JSON how restless prices were, then every row', async () => {
    const { text } = await desk.exportLog({ ...everything, format: 'json' });
    const { volatility, rows } = JSON.parse(text) as { volatility: object; rows: object[] };
    expect(volatility).toMatchObject({ changes: ENTRIES, variants: 7, meanBasisPoints: 2_500 });
    expect(rows).toHaveLength(ENTRIES);
    expect(rows[0]).toMatchObject({ kind: 'price', before: '2.00', after: '1.50', staffId: 'ada' });
    const nothing = await desk.exportLog({ ...everything, kinds: ['void'], format: 'json' });
    expect(JSON.parse(nothing.text)).toMatchObject({ rows: [] });
  });
});
