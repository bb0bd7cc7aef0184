import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockAt,
  blocksUntil,
  checkPriceTest,
  plannedEnd,
  PRICE_TEST_LIMITS,
  roundOrders,
  roundsBehind,
  rulesOfPriceTest,
  runsOf,
  spoiltBy,
  type PriceTestPlan,
  type PriceTestRun,
} from '../../../src/domain/experiment';
import { checkRule } from '../../../src/domain/pricing/rule';
import { codeOf } from '../../helpers/stall';
import { testPlan } from '../../helpers/price-test';

const at = (minutes: number): string => new Date(Date.UTC(2026, 5, 13, 9) + minutes * 60_000).toISOString();
const on: readonly PriceTestRun[] = [{ from: at(0), to: null }];

describe('a plan', () => {
  it('is kept with its name tidied', () => {
    const checked = checkPriceTest(testPlan({ name: '  Jam\u200b  at four ' }));
    expect(checked).toMatchObject({ ok: true, value: { name: 'Jam at four' } });
  });

  it.each<[string, Partial<PriceTestPlan>]>([
    ['no name', { name: ' ' }],
    ['nothing tested', { variantIds: [] }],
    ['one thing twice', { variantIds: ['v', 'v'] }],
    ['one price', { armsMinor: [450] }],
    ['five prices', { armsMinor: [1, 2, 3, 4, 5] }],
    ['a price of nothing', { armsMinor: [450, 0] }],
    ['a negative price', { armsMinor: [450, -1] }],
    ['half a penny', { armsMinor: [450, 399.5] }],
    ['a price below cost', { costMinor: 400, armsMinor: [450, 399] }],
    ['a margin nobody knows', { measure: 'margin', costMinor: null }],
    ['no difference that matters', { minimumDifference: 0 }],
    ['a difference that is no number', { minimumDifference: Number.NaN }],
    ['false winners by the dozen', { falseWinnerBasisPoints: 5_000 }],
    ['a block of a second', { blockMs: 1_000 }],
    ['a block that is all washout', { washoutMs: 300_000 }],
    ['no end', { stop: { lookRounds: [9, 1_000_000], whenSettled: true } }],
    ['no look', { stop: { lookRounds: [], whenSettled: true } }],
    ['looks in disorder', { stop: { lookRounds: [9, 8, 24], whenSettled: true } }],
    ['a look before it begins', { stop: { lookRounds: [0, 8], whenSettled: true } }],
    ['no seed', { seed: '' }],
  ])('is refused with %s', (_what, change) => {
    expect(codeOf(checkPriceTest(testPlan(change)))).toBe('bad-price-test');
  });
});

describe('the order of the arms', () => {
  const seed = fc.stringMatching(/^[0-9a-f]{32}$/);

  it('has every arm once in each round, and is the same from the same seed', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 2, max: 4 }), (given, count) => {
        const plan = testPlan({ seed: given, armsMinor: [100, 200, 300, 400].slice(0, count) });
        const orders = roundOrders(plan);
        expect(orders).toHaveLength(24);
        for (const order of orders) expect(order.toSorted()).toEqual([0, 1, 2, 3].slice(0, count));
        expect(roundOrders(plan)).toEqual(orders);
      }),
    );
  });

  it('is fair: over many seeds each arm is first as often as the others, whatever was first before', () => {
    const firsts = { same: 0, first: 0, all: 0 };
    for (let number = 0; number < 4_000; number += 1) {
      const given = (number * 2_654_435_761).toString(16).padStart(32, '0').slice(-32);
      const orders = roundOrders(testPlan({ seed: given }));
      firsts.all += 1;
      firsts.first += orders[0]?.[0] === 0 ? 1 : 0;
      firsts.same += orders[0]?.[0] === orders[1]?.[0] ? 1 : 0;
    }
    // Five standard deviations of a fair coin thrown 4 000 times.
    expect(Math.abs(firsts.first - firsts.all / 2)).toBeLessThan(5 * Math.sqrt(firsts.all / 4));
    expect(Math.abs(firsts.same - firsts.all / 2)).toBeLessThan(5 * Math.sqrt(firsts.all / 4));
  });
});

describe('the block that is on', () => {
  const plan = testPlan({ stop: { lookRounds: [3, 4], whenSettled: true } });
  const orders = roundOrders(plan);

  it('follows from the instant alone', () => {
    expect(blockAt(plan, on, at(0))).toMatchObject({
      round: 0,
      position: 0,
      arm: orders[0]?.[0],
      from: at(0),
      to: at(5),
    });
    expect(blockAt(plan, on, at(4.999))).toMatchObject({ round: 0, position: 0, countsFrom: at(1) });
    expect(blockAt(plan, on, at(5))).toMatchObject({ round: 0, position: 1, arm: orders[0]?.[1] });
    expect(blockAt(plan, on, at(39))).toMatchObject({ round: 3, position: 1 });
    expect(blockAt(plan, on, at(40))).toBeNull();
    expect(blockAt(plan, on, at(-1))).toBeNull();
    expect(blockAt(plan, [], at(1))).toBeNull();
    expect(plannedEnd(plan, on)).toBe(at(40));
  });

  it('begins a new round after a pause, since neighbours must be neighbours', () => {
    const runs: PriceTestRun[] = [
      { from: at(0), to: at(12) },
      { from: at(600), to: null },
    ];
    expect(blocksUntil(plan, runs, at(601)).map(({ round, position, isCut }) => [round, position, isCut])).toEqual([
      [0, 0, false],
      [0, 1, false],
      [1, 0, true],
      [2, 0, false],
    ]);
    expect(blockAt(plan, runs, at(100))).toBeNull();
    expect(plannedEnd(plan, runs)).toBe(at(620));
    expect(roundsBehind(plan, runs, at(11))).toBe(1);
    expect(roundsBehind(plan, runs, at(13))).toBe(2);
    expect(roundsBehind(plan, runs, at(601))).toBe(2);
    expect(roundsBehind(plan, runs, at(610))).toBe(3);
    expect(roundsBehind(plan, runs, at(700))).toBe(4);
  });

  it('runs from the first word of a start to the first word of an end, whatever order they came in', () => {
    const switches = [
      { at: at(3), isOn: true },
      { at: at(9), isOn: false },
      { at: at(0), isOn: true },
      { at: at(8), isOn: false },
      { at: at(20), isOn: true },
    ];
    const runs = [
      { from: at(0), to: at(8) },
      { from: at(20), to: null },
    ];
    expect(runsOf(switches, null)).toEqual(runs);
    expect(runsOf(switches.toReversed(), null)).toEqual(runs);
    expect(runsOf(switches, at(5))).toEqual([{ from: at(0), to: at(5) }]);
    expect(runsOf([], null)).toEqual([]);
  });
});

describe('what spoils a block', () => {
  const block = { from: at(5), to: at(10), isCut: false };
  const note = (from: number, to: number | null) =>
    ({ noteId: 'n', kind: 'rain', from: at(from), to: to === null ? null : at(to), text: '' }) as const;

  it('is whatever touched it', () => {
    expect(spoiltBy(block, [])).toEqual([]);
    expect(spoiltBy(block, [note(0, 5)])).toEqual([]);
    expect(spoiltBy(block, [note(10, null)])).toEqual([]);
    expect(spoiltBy(block, [note(0, 5.1)])).toEqual(['rain']);
    expect(spoiltBy(block, [note(9.9, null), note(6, 7)])).toEqual(['rain']);
    expect(spoiltBy({ ...block, isCut: true }, [])).toEqual(['closed']);
  });
});

describe('the rules a test becomes', () => {
  it('say for every instant what the block says', () => {
    const plan = testPlan({ armsMinor: [450, 400, 500] });
    const runs: PriceTestRun[] = [
      { from: at(0), to: at(31) },
      { from: at(100), to: null },
    ];
    const rules = rulesOfPriceTest(plan, runs);
    expect(rules.map((rule) => codeOf(checkRule(rule)))).toEqual(['ok', 'ok', 'ok']);
    for (let minute = 95; minute < 500; minute += 2.5) {
      const instant = at(minute);
      const shown = rules.filter(({ when }) =>
        when.windows?.some(({ from, until }) => from <= instant && instant < until),
      );
      const block = blockAt(plan, runs, instant);
      expect(shown.map(({ arm }) => Number(arm))).toEqual(block ? [block.arm] : []);
      const price = block === null ? undefined : plan.armsMinor[block.arm];
      expect(shown[0]?.effect).toEqual(price === undefined ? undefined : { kind: 'unit-price', priceMinor: price });
    }
    expect(rulesOfPriceTest(plan, [{ from: at(0), to: at(31) }])).toEqual([]);
  });

  it('stay within what a rule may hold, however long the test', () => {
    const plan = testPlan({
      armsMinor: [1, 2, 3, 4],
      name: 'n'.repeat(PRICE_TEST_LIMITS.nameLength),
      stop: { lookRounds: [PRICE_TEST_LIMITS.rounds.most], whenSettled: true },
    });
    expect(rulesOfPriceTest(plan, on).map((rule) => codeOf(checkRule(rule)))).toEqual(['ok', 'ok', 'ok', 'ok']);
  });
});
