import { describe, expect, it } from 'vitest';
import { caughtBy, conversion, visitors } from '../../../src/analysis/footfall/estimate';
import { footfallOutside, footfallReport } from '../../../src/analysis/footfall/report';
import { checkCalibration, countedStretches, type FootfallCount } from '../../../src/domain/footfall';
import { codeOf } from '../../helpers/stall';
import { Random } from '../../sim/random';

/** So well counted that the counter hardly matters. */
const exact = { hits: 1e7, misses: 1 };

describe('people who came by', () => {
  it('are a Poisson count with its interval when everybody is caught', () => {
    // Jeffreys' interval for a Poisson mean after 20 events: half of chi-squared quantiles with 41 degrees of freedom.
    const { low, middle, high } = visitors(20, exact);
    expect(low).toBeCloseTo(12.61, 1);
    expect(middle).toBeCloseTo(20.17, 1);
    expect(high).toBeCloseTo(30.28, 1);
    expect(visitors(0, exact).low).toBeLessThan(0.001);
    expect(visitors(0, exact).high).toBeCloseTo(2.51, 1);
  });

  it('are more than were counted, and known better after a second count', () => {
    const before = visitors(100, caughtBy([]));
    const after = visitors(
      100,
      caughtBy([
        { counted: 45, seen: 60 },
        { counted: 30, seen: 40 },
      ]),
    );
    expect(before.middle).toBeGreaterThan(110);
    expect(after.middle).toBeGreaterThan(128);
    expect(after.middle).toBeLessThan(138);
    expect(after.high - after.low).toBeLessThan(before.high - before.low);
  });

  it('lie in their interval about nineteen times out of twenty', () => {
    const random = new Random(4);
    const poisson = (mean: number): number => {
      let count = 0;
      for (let waited = -Math.log(1 - random.next()); waited < mean; waited -= Math.log(1 - random.next())) count += 1;
      return count;
    };
    let [inside, converted] = [0, 0];
    for (let trial = 0; trial < 400; trial += 1) {
      const share = 0.7;
      const seen = 80;
      let counted = 0;
      for (let person = 0; person < seen; person += 1) counted += random.chance(share) ? 1 : 0;
      const caught = caughtBy([{ counted, seen }]);
      const expected = 150;
      const tapped = poisson(expected * share);
      const estimate = visitors(tapped, caught);
      if (estimate.low <= expected && expected <= estimate.high) inside += 1;
      const bought = conversion(poisson(expected * 0.12), tapped, caught);
      if (bought.low <= 0.12 && 0.12 <= bought.high) converted += 1;
    }
    // 380 of 400 expected, give or take 4.4; five times that, and the seed is fixed.
    expect(inside).toBeGreaterThan(358);
    expect(converted).toBeGreaterThan(358);
  }, 120_000);
});

describe('conversion', () => {
  it('is buyers among those who came by', () => {
    const { low, middle, high } = conversion(12, 100, exact);
    expect(middle).toBeCloseTo(0.12, 2);
    expect(low).toBeGreaterThan(0.05);
    expect(high).toBeLessThan(0.22);
    expect(conversion(0, 40, exact).low).toBeLessThan(0.001);
    expect(conversion(40, 10, exact).high).toBeLessThanOrEqual(1);
  });
});

describe('a report', () => {
  const at = (minutes: number): string => new Date(Date.UTC(2026, 5, 13, 9) + minutes * 60_000).toISOString();
  const count = (from: number, to: number, people: number): FootfallCount => ({
    source: 'tap',
    from: at(from),
    to: at(to),
    count: people,
  });
  const hours = [0, 60, 120].map((from) => ({ from: at(from), to: at(from + 60) }));

  it('compares orders with the people of the same minutes', () => {
    const counts = [
      count(0, 30, 40),
      count(30, 60, 20),
      count(50, 80, 30),
      { ...count(61, 61, 4), source: 'qr' as const },
    ];
    const orders = [5, 10, 55, 70, 85, 130].map(at);
    const rows = footfallReport(hours, { counts, calibrations: [], orders });
    expect(
      rows.map(({ countedMs, counted, orders, ordersWhileCounted, noticed }) => [
        countedMs / 60_000,
        counted,
        orders,
        ordersWhileCounted,
        noticed.qr,
      ]),
    ).toEqual([
      [60, 70, 3, 3, 0],
      [20, 20, 2, 1, 4],
      [0, 0, 1, 0, 0],
    ]);
    expect(rows[2]).toMatchObject({ visitors: null, visitorsPerHour: null, conversion: null });
    const [first, second] = rows;
    expect(second!.visitorsPerHour!.middle).toBeCloseTo(3 * second!.visitors!.middle);
    expect(first!.conversion!.low).toBeLessThan(3 / 70);
    expect(first!.conversion!.high).toBeGreaterThan(3 / 70);
  });

  it('joins stretches that touch', () => {
    expect(countedStretches([count(30, 60, 1), count(0, 30, 1), count(70, 80, 1), count(72, 75, 1)])).toEqual([
      { from: at(0), to: at(60) },
      { from: at(70), to: at(80) },
    ]);
  });

  it.each([
    ['nobody', 0, 0],
    ['more than there were', 9, 8],
    ['half a person', 1, 1.5],
    ['fewer than none', -1, 5],
  ])('learns nothing from a second count of %s', (_what, counted, seen) => {
    expect(codeOf(checkCalibration({ source: 'tap', counted, seen, at: at(0) }))).toBe('bad-count');
  });
});

describe('what is usual', () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 5, 13, 10) + minute * 60_000).toISOString();
  const tapped = (from: number, to: number, count: number): FootfallCount => ({
    source: 'tap',
    from: at(from),
    to: at(to),
    count,
  });
  const span = { from: at(0), to: at(240) };
  const known = {
    // Counted from 10:00 to 12:00, twice as many in the second hour.
    counts: [tapped(0, 60, 30), tapped(60, 120, 60)],
    calibrations: [],
    orders: [5, 20, 50, 70, 80, 90, 100, 200].map(at),
  };

  it('leaves out windows that overlap, cut a count in two or reach beyond what was counted', () => {
    const drops = [
      { from: at(70), to: at(90) },
      { from: at(80), to: at(100) },
      { from: at(230), to: at(300) },
    ];
    // Of the second hour 30 of 60 minutes are left, and of its orders only that at 11:40, when the drop was over.
    const usual = footfallOutside(span, drops, known);
    expect(usual).toMatchObject({ countedMs: 90 * 60_000, counted: 60, orders: 5, ordersWhileCounted: 4 });
    const [middle] = footfallReport([span], {
      ...known,
      counts: [tapped(0, 60, 30), tapped(90, 120, 30)],
      orders: [5, 20, 50, 100].map(at),
    });
    expect(usual.conversion).toEqual(middle?.conversion);
  });

  it('is everything where nothing is left out, and unknown where everything is', () => {
    expect(footfallOutside(span, [], known)).toEqual(footfallReport([span], known)[0]);
    expect(footfallOutside(span, [span], known)).toMatchObject({ countedMs: 0, orders: 0, conversion: null });
  });
});
