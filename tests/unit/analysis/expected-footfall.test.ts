import { describe, expect, it } from 'vitest';
import { expectedIn, learnHourly, timeDrop, type HourCount } from '../../../src/analysis/footfall/expected';
import { Random } from '../../sim/random';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Saturday. */
const FIRST_MS = Date.UTC(2026, 0, 3);
const OPEN = { fromMs: 9 * HOUR_MS, toMs: 16 * HOUR_MS };

/** Two market days a week, Sundays half as busy, noon three times as busy, and days good and bad. */
const trueRate = (dayMs: number, hour: number): number =>
  (new Date(dayMs).getUTCDay() === 0 ? 10 : 20) * (hour === 12 ? 3 : 1);
const flat = (): number => 20;

function poisson(random: Random, mean: number): number {
  let [count, product] = [0, random.next()];
  for (const limit = Math.exp(-mean); product > limit; product *= random.next()) count += 1;
  return count;
}

function market(random: Random, weeks: number, rate: typeof trueRate, goodness = 0.3): HourCount[] {
  const days = Array.from({ length: weeks * 2 }, (_, day) => FIRST_MS + (Math.floor(day / 2) * 7 + (day % 2)) * DAY_MS);
  return days.flatMap((dayMs) => {
    const day = 1 + goodness * (2 * random.next() - 1);
    return Array.from({ length: 7 }, (_, place) => {
      const hour = 9 + place;
      const hours = random.chance(0.7) ? 1 : 0.5;
      return { dayMs, hour, hours, count: poisson(random, rate(dayMs, hour) * hours * day) };
    });
  });
}

describe('the footfall to expect', () => {
  it('lies in its range about as often as that says, weekday by weekday', () => {
    const random = new Random(11);
    let [inside, all] = [0, 0];
    for (let stall = 0; stall < 60; stall += 1) {
      const model = learnHourly(market(random, 6, trueRate));
      for (const dayMs of [FIRST_MS + 42 * DAY_MS, FIRST_MS + 43 * DAY_MS]) {
        const day = 1 + 0.3 * (2 * random.next() - 1);
        const window = { fromMs: dayMs + 11.5 * HOUR_MS, toMs: dayMs + 12.5 * HOUR_MS };
        const came = poisson(random, (trueRate(dayMs, 11) + trueRate(dayMs, 12)) * 0.5 * day);
        const expected = expectedIn(model, window);
        if (expected && came >= expected.low && came <= expected.high) inside += 1;
        all += 1;
      }
    }
    expect(inside / all).toBeGreaterThan(0.9);
    const model = learnHourly(market(random, 10, trueRate));
    const noon = (day: number) => ({
      fromMs: FIRST_MS + (70 + day) * DAY_MS + 12 * HOUR_MS,
      toMs: FIRST_MS + (70 + day) * DAY_MS + 13 * HOUR_MS,
    });
    const [saturday, sunday] = [expectedIn(model, noon(0)), expectedIn(model, noon(1))];
    expect(saturday?.middle).toBeGreaterThan(45);
    expect(saturday?.middle).toBeLessThan(75);
    expect((saturday?.middle ?? 0) / (sunday?.middle ?? 1)).toBeCloseTo(2, 0);
  });

  it('is wider and larger by what a counter misses', () => {
    const model = learnHourly(market(new Random(3), 6, trueRate));
    const window = { fromMs: FIRST_MS + 42 * DAY_MS + 12 * HOUR_MS, toMs: FIRST_MS + 42 * DAY_MS + 13 * HOUR_MS };
    const [all, half] = [expectedIn(model, window), expectedIn(model, window, { hits: 5, misses: 5 })];
    expect(half?.middle).toBeCloseTo(2 * (all?.middle ?? 0), 5);
    expect((half?.high ?? 0) / (half?.low ?? 1)).toBeGreaterThan((all?.high ?? 0) / (all?.low ?? 1));
  });

  it('puts a drop where most people come, and says nothing where no hour is better', () => {
    const random = new Random(5);
    let [found, invented] = [0, 0];
    const stalls = 60;
    for (let stall = 0; stall < stalls; stall += 1) {
      const dayMs = FIRST_MS + 42 * DAY_MS;
      const open = { fromMs: dayMs + OPEN.fromMs, toMs: dayMs + OPEN.toMs };
      const timing = timeDrop(learnHourly(market(random, 6, trueRate)), open, 45);
      if (
        timing.kind === 'best' &&
        timing.fromMs >= dayMs + 11.75 * HOUR_MS &&
        timing.fromMs <= dayMs + 12.25 * HOUR_MS
      )
        found += 1;
      if (timeDrop(learnHourly(market(random, 6, flat)), open, 45).kind === 'best') invented += 1;
    }
    expect(found / stalls).toBeGreaterThan(0.95);
    expect(invented / stalls).toBeLessThan(0.1);
  });

  it('says that too little was counted, of two days and of hours nobody has seen', () => {
    const two = market(new Random(1), 1, trueRate);
    const day = FIRST_MS + 7 * DAY_MS;
    expect(timeDrop(learnHourly(two), { fromMs: day + OPEN.fromMs, toMs: day + OPEN.toMs }, 45).kind).toBe(
      'not-enough',
    );
    expect(timeDrop(learnHourly([]), { fromMs: day, toMs: day + DAY_MS }, 45).kind).toBe('not-enough');
    const model = learnHourly(market(new Random(1), 6, trueRate));
    expect(expectedIn(model, { fromMs: day + 20 * HOUR_MS, toMs: day + 21 * HOUR_MS })).toBeNull();
  });
});
