import { afterEach, beforeEach, expect, it } from 'vitest';
import { CatalogueFeed } from '../../src/main/db/catalogue-feed';
import { readCatalogue } from '../../src/main/db/import-reader';
import { makeItem, StallLife } from './stall-life';

let life: StallLife;
let feed: CatalogueFeed;

const counted = (number: number, stock: number) => {
  const item = makeItem(number);
  return { ...item, variants: item.variants.map((variant) => ({ ...variant, stock })) };
};

beforeEach(() => {
  life = new StallLife();
  life.put(counted(1, 9), counted(2, 9), counted(3, 9));
  feed = CatalogueFeed.open(life.dataDir);
});
afterEach(() => {
  feed.close();
  life.end();
});

it('gives what a whole reading gives, after sales and after items were written', () => {
  const whole = () => readCatalogue(life.dataDir).items;
  expect([...feed.next([]).values()]).toEqual(whole());
  const [first] = whole();
  life.nowMs += 1_000;
  life.sell(['variant-1', 'variant-2']);
  expect(whole()).not.toContainEqual(first);
  const sold = whole().slice(0, 2);
  expect([...feed.next(sold.map(({ itemId }) => itemId)).values()]).toEqual(whole());
  life.nowMs += 1_000;
  life.put(counted(2, 20), counted(4, 5));
  expect([...feed.next([]).values()]).toEqual(whole());
});
