import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DropTimeOffer } from '../../src/domain/advice';
import type { Item } from '../../src/domain/catalogue';
import { dropRuleId } from '../../src/domain/drop';
import { stepTo } from '../../src/domain/pricing/rule';
import { AdvisorEngine } from '../../src/main/advisor/engine';
import { AdviceService } from '../../src/main/core/advice-service';
import { CallFailure } from '../../src/main/core/call-failure';
import type { CoreContext } from '../../src/main/core/core-context';
import { DropService } from '../../src/main/core/drop-service';
import type { PricingService } from '../../src/main/core/pricing-service';
import { markdownAdvice } from '../helpers/advice';
import { manualClock } from '../helpers/manual-clock';
import { JournalReader } from '../../src/main/db/journal-reader';
import { Random } from '../sim/random';
import { makeItem, StallLife, stall } from '../journal/stall-life';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Saturday; the stall sells on Saturdays from nine to four. */
const FIRST_DAY = Date.UTC(2026, 0, 3, 9);
const DAYS = 12;
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
function sellOnSaturdays(): void {
  const random = new Random(7);
  for (let day = 0; day < DAYS; day += 1) {
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

/** A stall that sold on some Saturdays. */
let experienced: StallLife;
beforeAll(() => {
  life = new StallLife();
  sellOnSaturdays();
  life.close();
  experienced = life;
});
afterAll(() => experienced.end());

/** @param nowMs default: the day before the first */
function begin(from: StallLife, nowMs = FIRST_DAY - DAY_MS): void {
  life = from;
  life.nowMs = nowMs;
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
  // Makes the folder's database.
  void life.store;
  engine = new AdvisorEngine(life.dataDir);
  service = new AdviceService(core, engine, {
    clock: manualClock(life.nowMs),
    isOpen: () => true,
    onRulesChanged: (ruleIds) => told.push(...ruleIds),
  });
}
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
  async function adviseOnNextSaturday(): Promise<void> {
    begin(experienced.cutPower(), FIRST_DAY + DAYS * 7 * DAY_MS);
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
    expect(entries.slice(-2).map(({ kind }) => kind)).toEqual(['advice.wishes-set', 'advice.answered']);
    expect(service.rules()).toMatchObject([{ ruleId, origin: 'advice', isOn: true }]);
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

  it('says what to expect of a window, and of no more than a week', async () => {
    await adviseOnNextSaturday();
    const from = new Date(life.nowMs).toISOString();
    const until = (hours: number) => ({ from, to: new Date(life.nowMs + hours * HOUR_MS).toISOString() });
    const { basis, expected } = await service.footfall(until(1));
    expect(basis).toBe('sales');
    expect(expected?.value).toBeGreaterThan(1);
    for (const hours of [0, 24 * 8]) {
      await expect(service.footfall(until(hours))).rejects.toMatchObject({ code: 'bad-request' });
    }
  });

  it('asked again offers nothing twice, and nothing that was ignored', async () => {
    await adviseOnNextSaturday();
    const before = service.state().advice;
    expect(before.length).toBeGreaterThan(1);
    service.answer({ adviceId: before[0]?.advice.adviceId ?? '', answer: 'ignored' }, by('leave'));
    expect(await refresh('second')).toEqual({ offered: 0 });
    expect(service.state().advice).toHaveLength(before.length);
  });

  /** Bread at 4.00, ten left at one, to be lowered from three on: offered, without an engine having learned anything. */
  function offer(adviceId: string): string {
    const at = FIRST_DAY + 4 * HOUR_MS;
    begin(new StallLife(), at);
    life.put(goods(1, { priceMinor: 400, costMinor: 150 }));
    const advice = markdownAdvice(adviceId, {
      offeredAt: new Date(at).toISOString(),
      day: new Date(at).toISOString().slice(0, 10),
      itemId: 'item-1',
      variantId: 'variant-1',
    });
    life.store.commit({ actor: null, drafts: [{ kind: 'advice.offered', body: { advice } }], result: null });
    return adviceId;
  }
  /** The drops of the same till. */
  function drops(): DropService {
    const prices = { nowMs: () => life.nowMs, changed: () => undefined } as unknown as PricingService;
    const core = { store: life.store, newId: () => life.newId(), topics: { mark: () => undefined } };
    return new DropService(core as unknown as CoreContext, {
      prices: () => prices,
      tills: () => [],
      onDocket: () => 0,
      held: () => 0,
    });
  }
  const shown = (adviceId: string) => service.state().advice.find(({ advice }) => advice.adviceId === adviceId);

  it('takes an answer back as if it had not been given, until something was sold by it', () => {
    const adviceId = offer('advice-1');
    service.answer({ adviceId, answer: 'accepted' }, by('take'));
    // It begins at three: what is sold before has its old price.
    life.sell(['variant-1']);
    expect(shown(adviceId)).toMatchObject({ answer: 'accepted', canTakeBack: true });
    service.takeBack({ adviceId }, by('back'));
    expect(shown(adviceId)).toMatchObject({ answer: null, ruleId: null });
    expect(service.rules()).toEqual([]);

    service.answer({ adviceId, answer: 'ignored' }, by('leave'));
    service.takeBack({ adviceId }, by('back again'));
    expect(shown(adviceId)).toMatchObject({ answer: null });

    service.answer({ adviceId, answer: 'accepted' }, by('take again'));
    life.nowMs = FIRST_DAY + 6.2 * HOUR_MS;
    life.sell(['variant-1']);
    service.takeBack({ adviceId }, by('end'));
    expect(shown(adviceId)).toMatchObject({ answer: 'accepted', ruleId: null, canTakeBack: false });
    expect(service.rules()).toEqual([]);
    expect(told).toHaveLength(4);
    // What was left changed no price.
    const logged = life.store.prices.log({ from: null, before: null, kinds: [], actor: 'ada', limit: 10 });
    const [back, taken] = ['advice.taken-back', 'advice.answered'];
    expect([...logged].map(({ kind }) => kind)).toEqual([back, taken, back, taken]);
  });

  it('makes another version of its rule when it is taken again, so that a trace names one price', () => {
    const adviceId = offer('advice-1');
    service.answer({ adviceId, answer: 'accepted' }, by('take'));
    const [first] = service.rules();
    service.takeBack({ adviceId }, by('back'));
    const adjustment = { steps: [{ beforeCloseMinutes: 60, basisPoints: 1_000 }] };
    service.answer({ adviceId, answer: 'adjusted', adjustment }, by('take again'));
    const [second] = service.rules();
    expect([first, second].map((rule) => [rule?.ruleId, rule?.version])).toEqual([
      ['advice:advice-1', 1],
      ['advice:advice-1', 2],
    ]);
    expect(second?.effect).not.toEqual(first?.effect);
    // A till that hears of all of it goes on from there.
    service.takeBack({ adviceId }, by('back again'));
    const other = life.another();
    other.store.receive(
      life.store.sync.journal.entriesAfter(life.store.device.deviceId, 0, { entries: 1_000, bodyBytes: 1e9 }),
      [],
    );
    expect(other.store.advice.lastVersion(adviceId)).toBe(2);
    expect(other.store.advice.lastVersion('advice-none')).toBe(0);
    other.end();
  });

  it('rounds as the price does when it asks whether that is below cost', () => {
    const adviceId = offer('advice-1');
    life.put(goods(1, { priceMinor: 401, costMinor: 201 }));
    // Half of 401 is charged as 200.
    const adjustment = { steps: [{ beforeCloseMinutes: 60, basisPoints: 5_000 }] };
    expect(codeOf(() => service.answer({ adviceId, answer: 'adjusted', adjustment }, by('half')))).toBe('below-cost');
    life.put(goods(1, { priceMinor: 401, costMinor: 200 }));
    expect(codeOf(() => service.answer({ adviceId, answer: 'adjusted', adjustment }, by('again')))).toBe('ok');
  });

  it('keeps the price that was typed, to the penny, on every till, and asks whether that is below cost', () => {
    const adviceId = offer('advice-1');
    life.put(goods(1, { priceMinor: 29_999, costMinor: 14_999 }));
    const step = stepTo(14_998, { beforeCloseMinutes: 60, priceMinor: 29_999 });
    const typed = (priceMinor: number) => ({ steps: [{ ...step, priceMinor }] });
    const take = (priceMinor: number, requestId: string): string =>
      codeOf(() => service.answer({ adviceId, answer: 'adjusted', adjustment: typed(priceMinor) }, by(requestId)));
    // What the per cent come to is no matter.
    expect([take(14_998, 'low'), take(14_999, 'ok')]).toEqual(['below-cost', 'ok']);
    const effect = { kind: 'markdown', steps: typed(14_999).steps };
    expect(service.rules()[0]?.effect).toMatchObject(effect);
    const other = life.another();
    other.store.receive(
      life.store.sync.journal.entriesAfter(life.store.device.deviceId, 0, { entries: 1_000, bodyBytes: 1e9 }),
      [],
    );
    expect(other.store.advice.rules('')[0]?.effect).toMatchObject(effect);
    other.end();
  });

  it('prices by the advice that was taken last, where two are about the same goods', () => {
    const markdown = offer('advice-1');
    const { advice } = shown(markdown)!;
    if (advice.kind !== 'markdown') throw new Error('a markdown was offered');
    const again = { ...advice, adviceId: 'advice-2', steps: [{ beforeCloseMinutes: 45, basisPoints: 4_000 }] };
    life.store.commit({ actor: null, drafts: [{ kind: 'advice.offered', body: { advice: again } }], result: null });
    service.answer({ adviceId: markdown, answer: 'accepted' }, by('one'));
    life.nowMs += 1_000;
    service.answer({ adviceId: 'advice-2', answer: 'accepted' }, by('two'));
    expect(service.rules().map(({ originId }) => originId)).toEqual(['advice-2']);
    service.takeBack({ adviceId: 'advice-2' }, by('back'));
    expect(service.rules().map(({ originId }) => originId)).toEqual(['advice-1']);
  });

  it('is answered by a drop only where it is about drops, and once', () => {
    const markdown = offer('advice-1');
    const startsAt = new Date(life.nowMs + HOUR_MS).toISOString();
    const dropTime: DropTimeOffer = {
      ...{ adviceId: 'advice-2', kind: 'drop-time', offeredAt: new Date(life.nowMs).toISOString(), orders: 90 },
      ...{ confidence: 0.95, day: startsAt.slice(0, 10), startsAt, minutes: 30, basis: 'sales', hourly: [] },
      ...{ expected: { value: 9, low: 5, high: 14 }, usual: 5, probabilityBetter: 0.95, days: 9, hours: 63 },
    };
    life.store.commit({ actor: null, drafts: [{ kind: 'advice.offered', body: { advice: dropTime } }], result: null });
    const nothing = { startsAt: null, unitCap: null, shares: null, graceMs: null };
    const plan = (adviceId: string, requestId: string) =>
      drops().schedule(
        {
          ...{ name: 'Bread', what: { kind: 'everything' }, effect: { kind: 'percent-off', basisPoints: 2_000 } },
          ...{ ...nothing, minutes: 30, adviceId },
        },
        by(requestId),
      ).dropId;
    plan(markdown, 'plan 1');
    expect(shown(markdown)).toMatchObject({ answer: null, ruleId: null });
    const dropId = plan(dropTime.adviceId, 'plan 2');
    expect(shown(dropTime.adviceId)).toMatchObject({ answer: 'accepted', ruleId: dropRuleId(dropId) });
    plan(dropTime.adviceId, 'plan 3');
    expect(shown(dropTime.adviceId)).toMatchObject({ ruleId: dropRuleId(dropId) });
    expect(life.store.prices.drops()).toHaveLength(3);
  });

  it('names its rule after the goods, and cuts a long name between two letters', () => {
    const adviceId = offer('advice-1');
    life.put({ ...goods(1), name: `${'Bread '.repeat(13)}!\u{1f353}` });
    service.answer({ adviceId, answer: 'accepted' }, by('take'));
    expect(service.rules()[0]?.name).toBe(`${'Bread '.repeat(13)}!`);
  });

  it('refuses a step below what the goods cost by now', () => {
    const adviceId = offer('advice-1');
    const adjust = (basisPoints: number) => () =>
      service.answer(
        { adviceId, answer: 'adjusted', adjustment: { steps: [{ beforeCloseMinutes: 60, basisPoints }] } },
        by(`adjust ${basisPoints}`),
      );
    life.put(goods(1, { priceMinor: 400, costMinor: 300 }));
    expect(codeOf(adjust(2600))).toBe('below-cost');
    expect(codeOf(adjust(2500))).toBe('ok');
  });

  it.each(['accepted', 'ignored'] as const)(
    'lets the later of two tills decide, here %s, whichever is heard first',
    (last) => {
      const adviceId = offer('advice-1');
      const first = last === 'accepted' ? 'ignored' : 'accepted';
      const other = life.another();
      const own = life;
      const chain = (of: StallLife) =>
        of.store.sync.journal.entriesAfter(of.store.device.deviceId, 0, { entries: 1_000, bodyBytes: 1e9 });
      other.store.receive(chain(own), []);
      service.answer({ adviceId, answer: first }, by('one'));
      begin(other, own.nowMs + 60_000);
      service.answer({ adviceId, answer: last }, by('two'));
      // A third till hears the later answer before the earlier one, each of the two hears its own first.
      const third = own.another();
      third.store.receive(chain(other), []);
      for (const to of [other, third]) to.store.receive(chain(own), []);
      own.store.receive(chain(other), []);
      for (const till of [own, other, third]) {
        begin(till, other.nowMs);
        service.received();
        expect(shown(adviceId)?.answer).toBe(last);
        expect(service.rules()).toHaveLength(last === 'accepted' ? 1 : 0);
      }
      third.end();
      own.end();
      life = other;
    },
  );

  it('shows once what two tills advise of the same goods, and not at all once one of them was answered', () => {
    offer('advice-1');
    const again = service.state().advice[0]?.advice;
    if (again?.kind !== 'markdown') throw new Error('nothing is shown');
    life.nowMs += 1_000;
    const advice = {
      ...again,
      steps: [...again.steps],
      adviceId: 'advice-2',
      offeredAt: new Date(life.nowMs).toISOString(),
    };
    life.store.commit({ actor: null, drafts: [{ kind: 'advice.offered', body: { advice } }], result: null });
    expect(service.state().advice.map(({ advice: { adviceId } }) => adviceId)).toEqual(['advice-2']);
    life.nowMs += 1_000;
    service.answer({ adviceId: 'advice-1', answer: 'ignored' }, by('leave'));
    expect(service.state().advice.map(({ advice: { adviceId } }) => adviceId)).toEqual(['advice-1']);
  });

  it('learns what was sold since without beginning again, and comes to about the same', async () => {
    begin(experienced.cutPower(), experienced.nowMs + 60_000);
    const question = { nowMs: life.nowMs, timeZone: stall.timeZone, closesAtMinute: 24 * 60 - 1, perishable: null };
    expect(await engine.ask(question)).toMatchObject({ isFull: true, marketDays: DAYS });
    life.nowMs += 60_000;
    life.sell(['variant-1']);
    expect(await engine.ask(question)).toMatchObject({ isFull: false, learnedOrders: 1 });
    const { goods: companions } = await service.goesWith({ variantId: 'variant-2', most: 3 });
    expect(companions).toMatchObject([{ itemId: 'item-3', name: goods(3).name, together: 72, of: 72 }]);
    // Bought on every other order, whatever else is: chance, and so not told of.
    expect((await service.goesWith({ variantId: 'variant-4', most: 3 })).goods).toEqual([]);
    const fresh = new AdvisorEngine(life.dataDir);
    const [again, all] = [await engine.ask(question), await fresh.ask(question)];
    expect(again.orders).toBe(all.orders);
    expect(again.candidates.filter(({ kind }) => kind === 'bundle')).toEqual(
      all.candidates.filter(({ kind }) => kind === 'bundle'),
    );
    await fresh.close();
  });

  it('stands back between small steps of its work, and learns the same', async () => {
    begin(experienced.cutPower(), experienced.nowMs + 60_000);
    const question = { nowMs: life.nowMs, timeZone: stall.timeZone, closesAtMinute: 24 * 60 - 1, perishable: null };
    let steps = 0;
    const polite = new AdvisorEngine(life.dataDir, () => {
      steps += 1;
    });
    const [one, other] = [await engine.ask(question), await polite.ask(question)];
    expect({ ...other, tookMs: 0 }).toEqual({ ...one, tookMs: 0 });
    const variants = 5;
    // Each order that is read, and of what is learned each variant in each round at the least.
    expect(steps).toBeGreaterThan(one.orders + 12 * variants);
    await polite.close();
  });

  it('has no advice for a stall that has sold nothing', async () => {
    begin(new StallLife());
    expect(await refresh('empty')).toEqual({ offered: 0 });
    expect(service.state().value.value).toBeNull();
  });

  it('measures markdowns that were taken against those that were not', () => {
    begin(new StallLife());
    life.put(goods(1));
    const day = (number: number, isTaken: boolean, sold: number): void => {
      const adviceId = `advice-${number}`;
      life.nowMs = FIRST_DAY + number * DAY_MS + 4 * HOUR_MS;
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
    for (let number = 0; number < 12; number += 1) day(number, number % 2 === 0, number % 2 === 0 ? 10 : 5);
    // Today's is not over.
    expect(service.state().value).toMatchObject({ taken: 6, ignored: 5, takenRatio: 2, ignoredRatio: 1 });
    life.nowMs += DAY_MS;
    const { value } = service.state().value;
    expect(value?.value).toBeCloseTo(2, 0);
    expect(value?.low).toBeGreaterThan(1.5);
  });
});
