import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ALWAYS } from '../../src/domain/pricing/rule';
import type { CoreContext } from '../../src/main/core/core-context';
import { PricingService } from '../../src/main/core/pricing-service';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { ruleOf } from '../helpers/price-rules';
import { makeItem, StallLife, stall } from '../journal/stall-life';

const MINUTE_MS = 60_000;

let life: StallLife;
let clock: ManualClock;
let prices: PricingService;
let told: (number | undefined)[];
let onChanged: () => void;

beforeEach(() => {
  life = new StallLife();
  clock = manualClock();
  const at = (minutes: number): string => new Date(clock.now() + minutes * MINUTE_MS).toISOString();
  const rule = (ruleId: string, from: number, until: number) =>
    ruleOf({
      ruleId,
      effect: { kind: 'unit-price', priceMinor: 80 },
      when: { ...ALWAYS, from: at(from), until: at(until) },
    });
  const rules = [rule('first', 10, 20), rule('second', 30, 40)];
  life.put(makeItem(7));
  life.store.commit({ actor: 'ada', drafts: [{ kind: 'price.rules-put', body: { rules } }], result: null });
  told = [];
  onChanged = () => told.push(prices.shown('variant-7')?.unitPriceMinor);
  const core: Pick<CoreContext, 'store' | 'stall' | 'now' | 'topics' | 'log'> = {
    store: life.store,
    stall,
    now: () => new Date(clock.now()),
    topics: { mark: () => undefined } as unknown as CoreContext['topics'],
    log: { warn: () => undefined } as unknown as CoreContext['log'],
  };
  prices = new PricingService(core as CoreContext, {
    clock,
    steadyMs: () => clock.steady(),
    onChanged: () => onChanged(),
  });
  prices.start();
});
afterEach(() => {
  prices.stop();
  life.end();
});

it('flips by itself, also after a flip that a full disk spoiled', async () => {
  const tell = onChanged;
  onChanged = () => {
    throw new Error('database or disk is full');
  };
  await clock.advance(15 * MINUTE_MS);
  expect(prices.shown('variant-7')?.unitPriceMinor).toBe(80);
  onChanged = tell;
  await clock.advance(30 * MINUTE_MS);
  expect(told).toEqual([107, 80, 107]);
});

it('looks at the clock again after a jump that a full disk did not keep', async () => {
  const jumps = (): number =>
    [...life.store.prices.log({ from: null, before: null, kinds: ['clock.jumped'], actor: null, limit: 9 })].length;
  const commit = vi.spyOn(life.store, 'commit').mockImplementation(() => {
    throw new Error('database or disk is full');
  });
  clock.set(-60 * MINUTE_MS);
  await clock.advance(MINUTE_MS);
  expect(prices.instantApart()).toBe(new Date(clock.steady()).toISOString());
  commit.mockRestore();
  clock.set(-60 * MINUTE_MS);
  await clock.advance(MINUTE_MS);
  expect(jumps()).toBe(1);
});
