import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findBundles, hypergeometricTail } from '../../../src/analysis/baskets/bundles';
import { NextItemModel } from '../../../src/analysis/baskets/next-item';
import { PairCounts } from '../../../src/analysis/baskets/pair-counts';
import { Random } from '../../sim/random';

function counted(baskets: readonly (readonly number[])[]): PairCounts {
  const counts = new PairCounts();
  for (const basket of baskets) counts.add(basket);
  return counts;
}

/** Baskets of chance: sizes and popularities far from even, and no item that knows of another. */
function unrelatedBaskets(random: Random, baskets: number, items: number): number[][] {
  return Array.from({ length: baskets }, () =>
    Array.from({ length: 1 + Math.floor(20 * random.next() ** 4) }, () => Math.floor(items * random.next() ** 2)),
  );
}

describe('bundles', () => {
  test('a pair bought together far more than by chance is found, with its counts', () => {
    const random = new Random(1);
    const baskets = unrelatedBaskets(random, 78, 10);
    for (let basket = 0; basket < 12; basket += 1) baskets.push([20, 21, Math.floor(10 * random.next())]);
    const [best] = findBundles(counted(baskets)).bundles;
    expect(best).toMatchObject({ items: [20, 21], together: 12, first: 12, second: 12, baskets: 90, confidence: 1 });
    expect(best?.lift).toBeCloseTo(7.5);
    expect(best?.liftLow).toBeLessThanOrEqual(7.5);
    expect(best?.falseShare).toBeLessThan(0.001);
  });

  test('among unrelated goods in baskets of very different sizes nothing is found', () => {
    // At a false share of one in twenty, some of the 60 lists may hold one; each list looks at 1 225 pairs.
    const found = Array.from(
      { length: 60 },
      (_, seed) => findBundles(counted(unrelatedBaskets(new Random(seed + 1), 400, 50))).bundles.length,
    );
    expect(found.filter((count) => count > 0).length).toBeLessThanOrEqual(6);
  });

  test('the interval of lift holds the true lift as often as it says', () => {
    // Two items each in 3 of 10 baskets, together in 18 of 100: a lift of two.
    let held = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = new Random(seed);
      const baskets = Array.from({ length: 300 }, () => {
        const place = random.next();
        return place < 0.18 ? [0, 1] : place < 0.3 ? [0, 2] : place < 0.42 ? [1, 2] : [2];
      });
      const bundle = findBundles(counted(baskets), { falseShare: 1 }).bundles.find(({ items }) => !items.includes(2));
      if (bundle !== undefined && bundle.liftLow <= 2 && bundle.liftHigh >= 2) held += 1;
    }
    expect(held / 400).toBeGreaterThan(0.92);
    expect(held / 400).toBeLessThan(0.98);
  });

  test('the tail of the hypergeometric distribution is that of drawing', () => {
    // 10 baskets, 4 with the one and 3 with the other: both in two or more in (6 · 6 + 4) of 120 ways.
    expect(hypergeometricTail(2, 4, 3, 10)).toBeCloseTo(40 / 120);
    expect(hypergeometricTail(0, 4, 3, 10)).toBeCloseTo(1);
  });

  test('no basket order and no repeated item changes anything', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(12), { maxLength: 8 }), { maxLength: 60 }), (baskets) => {
        const doubled = [...baskets].reverse().map((basket) => [...basket, ...basket]);
        const canonical = (list: readonly number[][]) =>
          findBundles(counted(list), { falseShare: 1, leastTogether: 1, most: 1000 })
            .bundles.map(({ items, together }) => [...items].sort((a, b) => a - b).join() + ':' + together)
            .sort();
        expect(canonical(doubled)).toEqual(canonical(baskets));
      }),
    );
  });

  test('a bounded count forgets what was rare and keeps what is common', () => {
    const counts = new PairCounts(500);
    for (let basket = 0; basket < 400; basket += 1) counts.add([0, 1, 10 + basket, 500 + basket]);
    let pairs = 0;
    counts.forEachPair(() => (pairs += 1));
    expect(pairs).toBeGreaterThan(0);
    expect(pairs).toBeLessThanOrEqual(500);
    expect(counts.together(0, 1)).toBe(400);
  });
});

describe('the next item', () => {
  test('is the companion of what is in the basket, before what is popular', () => {
    const random = new Random(3);
    const baskets = unrelatedBaskets(random, 600, 20);
    for (let basket = 0; basket < 60; basket += 1) baskets.push([30, 31]);
    const model = new NextItemModel(counted(baskets));
    expect(model.rank([30], 1)[0]?.item).toBe(31);
    expect(model.rank([31, 5], 3).map(({ item }) => item)).toContain(30);
  });

  test('is what is popular when baskets are thrown together at random', () => {
    const random = new Random(4);
    const baskets = Array.from({ length: 3000 }, () =>
      [0, 1, 2, 3, 4].filter((item) => random.next() < 0.5 - item * 0.1),
    );
    const counts = counted(baskets);
    const popular = [...counts.item.keys()].sort((a, b) => (counts.item[b] ?? 0) - (counts.item[a] ?? 0));
    const model = new NextItemModel(counts);
    expect(model.rank([4], 4).map(({ item }) => item)).toEqual(popular.filter((item) => item !== 4));
  });

  test('learned again for some items it is what learning all again gives', () => {
    const random = new Random(5);
    const baskets = unrelatedBaskets(random, 300, 15);
    const counts = counted(baskets);
    const model = new NextItemModel(counts);
    counts.add([0, 1, 2]);
    counts.add([0, 14]);
    model.relearn(counts.item.keys());
    const again = new NextItemModel(counts);
    const close = (a: NextItemModel, b: NextItemModel) =>
      a.rank([0], 5).forEach(({ score }, place) => expect(score).toBeCloseTo(b.rank([0], 5)[place]?.score ?? NaN, 2));
    close(model, again);
  });
});
