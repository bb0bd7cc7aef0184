import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '../../src/domain/catalogue';
import { AdvisorEngine } from '../../src/main/advisor/engine';
import { AdviceService } from '../../src/main/core/advice-service';
import { CallFailure } from '../../src/main/core/call-failure';
import type { CoreContext } from '../../src/main/core/core-context';
import { markdownAdvice } from '../helpers/advice';
import { manualClock } from '../helpers/manual-clock';
import { JournalReader } from '../../src/main/db/journal-reader';
import { Random } from '../sim/random';
import { makeItem, StallLife, stall } from '../journal/stall-life';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Saturday; the stall sells on Saturdays from nine to four. */
const FIRST_DAY = Date.UTC(2026, 0, 3, 9);
const by = (requestId: string) => ({ requestId, staffId: 'ada' });

let life: StallLife;
let engine: AdvisorEngine;
let service: AdviceService;
let told: string[];

function goods(number: number, change: Partial<Item['variants'][number]> = {}): Item {
  const item = makeItem(number, { category: 'Bakery' });
  return { ...item, variants: item.variants.map((variant) => ({ ...variant, stock: 40, costMinor: 60, ...change })) };
}

/** Saturdays on which bread answers strongly to its price, and scones go with jam. */
function sellFor(days: number): void {
  const random = new Random(7);
  for (let day = 0; day < days; day += 1) {
    const priceMinor = [200, 240, 300][day % 3] ?? 200;
    life.nowMs = FIRST_DAY + day * 7 * DAY_MS;
    life.put(goods(1, { priceMinor }), goods(2), goods(3), goods(4));
    const bread = Math.round(24 * (priceMinor / 200) ** -2.5);
    for (let order = 0; order < 24; order += 1) {
      life.nowMs = FIRST_DAY + day * 7 * DAY_MS + Math.floor((order / 24) * 7 * HOUR_MS);
      const lines = order % 4 === 0 ? ['variant-2', 'variant-3'] : [];
      if (order < bread) lines.push('variant-1');
      if (random.chance(0.5)) lines.push('variant-4');
      if (lines.length > 0) life.sell(lines);
    }
  }
}

beforeEach(() => {
  life = new StallLife();
  told = [];
  const core = {
    get store() {
      return life.store;
    },
    topics: { mark: () => undefined },
    log: { warn: () => undefined },
    stall,
    now: () => new Date(life.nowMs),
    newId: () => life.newId(),
  } as unknown as CoreContext;
  life.nowMs = FIRST_DAY - DAY_MS;
  // Opens the store, which makes the folder's database.
  life.put(goods(1));
  engine = new AdvisorEngine(life.dataDir);
  service = new AdviceService(core, engine, {
    clock: manualClock(life.nowMs),
    isOpen: () => true,
    onRulesChanged: (ruleIds) => told.push(...ruleIds),
  });
});
afterEach(async () => {
  await service.stop();
  life.end();
});

const refresh = (requestId: string) => service.refresh({ closesAt: '16:00', perishable: ['Bakery'] }, by(requestId));
const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof CallFailure) return error.code;
    throw error;
  }
};
const offered = (kind: 'markdown' | 'bundle') => service.state().advice.filter(({ advice }) => advice.kind === kind);

describe('the advisor', () => {
  /** Half past one on the next Saturday, bread dear and forty left. */
  async function adviseOnNextSaturday(days = 12): Promise<void> {
    sellFor(days);
    life.nowMs = FIRST_DAY + days * 7 * DAY_MS;
    life.put(goods(1, { priceMinor: 300 }));
    life.nowMs += 4.5 * HOUR_MS;
    await refresh('first');
  }

  it('offers a markdown of what would be left, with its evidence, and it becomes a rule when taken', async () => {
    await adviseOnNextSaturday();
    const [markdown] = offered('markdown').filter(
      ({ advice }) => 'variantId' in advice && advice.variantId === 'variant-1',
    );
    expect(markdown?.advice).toMatchObject({
      closesAt: '16:00',
      priceMinor: 300,
      floorMinor: 60,
      onHand: 40,
      prices: 3,
    });
    if (markdown?.advice.kind !== 'markdown') throw new Error('no markdown');
    const { adviceId, steps, soldWith, soldWithout, elasticity } = markdown.advice;
    expect(soldWith.value).toBeGreaterThan(soldWithout.value);
    expect(elasticity.value).toBeLessThan(-1);
    const { ruleId } = service.answer({ adviceId, answer: 'accepted' }, by('take'));
    expect(told).toEqual([ruleId]);
    const journal = JournalReader.open(life.dataDir);
    const { entries } = journal.feed(0, null, { entries: 10_000, bodyBytes: 1e9 });
    journal.close();
    expect(entries.slice(-2).map(({ kind }) => kind)).toEqual(['price.rules-put', 'advice.answered']);
    expect(service.state().advice.find(({ advice }) => advice.adviceId === adviceId)).toMatchObject({
      answer: 'accepted',
      ruleId,
    });
    expect(steps.every(({ basisPoints }) => 300 * (1 - basisPoints / 10_000) >= 60)).toBe(true);
    expect(codeOf(() => service.answer({ adviceId, answer: 'ignored' }, by('again')))).toBe('advice-answered');
  });

  it('offers what is bought together as a bundle', async () => {
    await adviseOnNextSaturday();
    const [bundle] = offered('bundle');
    expect(bundle?.advice).toMatchObject({ together: 72, first: 72, second: 72 });
    expect(bundle?.names).toEqual([goods(2).name, goods(3).name]);
    const adviceId = bundle?.advice.adviceId ?? '';
    // At 104 and a cost of 60 there is room for 42 %, not for 43.
    expect(
      codeOf(() => service.answer({ adviceId, answer: 'adjusted', adjustment: { basisPoints: 4300 } }, by('low'))),
    ).toBe('below-cost');
    expect(
      codeOf(() => service.answer({ adviceId, answer: 'adjusted', adjustment: { basisPoints: 1500 } }, by('ok'))),
    ).toBe('ok');
    expect(told).toHaveLength(1);
  });

  it('asked again offers nothing twice, and nothing that was ignored', async () => {
    await adviseOnNextSaturday();
    const before = service.state().advice;
    expect(before.length).toBeGreaterThan(1);
    service.answer({ adviceId: before[0]?.advice.adviceId ?? '', answer: 'ignored' }, by('leave'));
    expect(await refresh('second')).toEqual({ offered: 0 });
    expect(service.state().advice).toHaveLength(before.length);
  });

  it('learns what was sold since without beginning again, and comes to about the same', async () => {
    sellFor(10);
    const question = { nowMs: life.nowMs, timeZone: stall.timeZone, closesAtMinute: 24 * 60 - 1, perishable: null };
    expect(await engine.ask(question)).toMatchObject({ isFull: true, marketDays: 10 });
    life.nowMs += 60_000;
    life.sell(['variant-1']);
    expect(await engine.ask(question)).toMatchObject({ isFull: false, learnedOrders: 1 });
    expect(engine.nextItems(['item-2'], 1)).toEqual(['item-3']);
    const fresh = new AdvisorEngine(life.dataDir);
    const [again, all] = [await engine.ask(question), await fresh.ask(question)];
    expect(again.orders).toBe(all.orders);
    expect(again.candidates.filter(({ kind }) => kind === 'bundle')).toEqual(
      all.candidates.filter(({ kind }) => kind === 'bundle'),
    );
    await fresh.close();
  });

  it('has no advice for a stall that has sold nothing', async () => {
    expect(await refresh('empty')).toEqual({ offered: 0 });
    expect(service.state().value.value).toBeNull();
  });

  it('measures markdowns that were taken against those that were not', () => {
    const offer = (day: number, isTaken: boolean, sold: number): void => {
      const adviceId = `advice-${day}`;
      life.nowMs = FIRST_DAY + day * DAY_MS + 4 * HOUR_MS;
      const advice = markdownAdvice(adviceId, {
        offeredAt: new Date(life.nowMs).toISOString(),
        day: new Date(life.nowMs).toISOString().slice(0, 10),
        itemId: 'item-1',
        variantId: 'variant-1',
      });
      life.store.commit({ actor: null, drafts: [{ kind: 'advice.offered', body: { advice } }], result: null });
      service.answer({ adviceId, answer: isTaken ? 'accepted' : 'ignored' }, by(adviceId));
      for (let piece = 0; piece < sold; piece += 1) life.sell(['variant-1']);
    };
    for (let day = 0; day < 12; day += 1) offer(day, day % 2 === 0, day % 2 === 0 ? 10 : 5);
    // Today's is not over.
    expect(service.state().value).toMatchObject({ taken: 6, ignored: 5, takenRatio: 2, ignoredRatio: 1 });
    life.nowMs += DAY_MS;
    const { value } = service.state().value;
    expect(value?.value).toBeCloseTo(2, 0);
    expect(value?.low).toBeGreaterThan(1.5);
  });
});
