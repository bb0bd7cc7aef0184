import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstTurns, nextTurn, weightsOf, WEIGHTS, type Turns, type WeighedCard } from '../../src/domain/playlist';

const cards = (least: number) =>
  fc
    .array(fc.double({ min: WEIGHTS.least, max: WEIGHTS.most, noNaN: true }), { minLength: least, maxLength: 30 })
    .map((weights) => weights.map((weight, at): WeighedCard => ({ cardId: `c${at}`, weight })));

function run(
  all: readonly WeighedCard[],
  count: number,
  from: Turns,
): { readonly shown: string[]; readonly turns: Turns } {
  let turns = from;
  const shown: string[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const next = nextTurn(turns, all);
    if (!next) break;
    shown.push(next.cardId);
    turns = next.turns;
  }
  return { shown, turns };
}

describe('the choice of the next card', () => {
  test('gives each card its share, and never one twice in a row', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(cards(6), fc.nat(1_000), (all, seed) => {
        const count = all.length * 20;
        const { shown } = run(all, count, firstTurns(seed));
        const total = all.reduce((sum, { weight }) => sum + weight, 0);
        for (const { cardId, weight } of all) {
          const times = shown.filter((one) => one === cardId).length;
          expect(Math.abs(times - (count * weight) / total)).toBeLessThan(3);
        }
        expect(shown.every((cardId, at) => cardId !== shown[at - 1])).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test(
    'reaches every card soon after whatever was before, with other cards and other weights',
    { timeout: 30_000 },
    () => {
      fc.assert(
        fc.property(cards(1), cards(1), fc.nat(50), fc.nat(200), (before, after, seed, count) => {
          const { turns } = run(before, count, firstTurns(seed));
          const { shown } = run(after, after.length * 10, turns);
          expect(new Set(shown).size).toBe(after.length);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('depends on turns and cards alone', () => {
    fc.assert(
      fc.property(cards(1), fc.nat(50), (all, seed) => {
        expect(run(all, 40, firstTurns(seed)).shown).toEqual(run(all, 40, firstTurns(seed)).shown);
      }),
      { numRuns: 30 },
    );
  });
});

test('weights stay within their bounds and follow the interest', () => {
  const interest = fc.record({ sold: fc.nat(5_000), looked: fc.nat(5_000) });
  fc.assert(
    fc.property(fc.array(interest, { minLength: 1, maxLength: 60 }), (all) => {
      const weights = weightsOf(new Map(all.map((one, at) => [`i${at}`, one])));
      const scored = all.map(({ sold, looked }, at) => ({
        score: sold + looked / 4,
        weight: weights.get(`i${at}`) ?? 0,
      }));
      for (const { weight } of scored) {
        expect(weight).toBeGreaterThanOrEqual(WEIGHTS.least);
        expect(weight).toBeLessThanOrEqual(WEIGHTS.most);
      }
      const rising = scored.toSorted((one, other) => one.score - other.score);
      expect(rising.every(({ weight }, at) => weight >= (rising[at - 1]?.weight ?? 0))).toBe(true);
    }),
  );
});
