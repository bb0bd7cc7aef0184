/**
 * How good bundle advice is on public baskets: of held-out baskets one item is hidden, and the advisor names three that belong
 * into it. Beside it stand the stall's three best sellers, and the three best sellers that are not in the basket yet, which is
 * what popularity can do at its best.
 */
import { NextItemModel } from '../src/analysis/baskets/next-item';
import { PairCounts } from '../src/analysis/baskets/pair-counts';
import { Random } from '../tests/sim/random';
import { figure, percentile, progress, type Figure } from './figure';
import { superstoreBaskets, supermarketBaskets, type Baskets } from './public-data';

const SEED = 20_261_123;
const SPLITS = 5;
const TRAINED = 0.8;
const NAMED = 3;
const RESAMPLES = 2_000;

interface Trial {
  readonly isHit: boolean;
  readonly isBestSeller: boolean;
  readonly isBestSellerBeside: boolean;
}

export async function measure(): Promise<Figure[]> {
  const sets = [supermarketBaskets(), superstoreBaskets()];
  return sets.flatMap((set) => (set === null ? [] : figures(set)));
}

function figures(set: Baskets): Figure[] {
  const random = new Random(SEED);
  const trials = Array.from({ length: SPLITS }, () => trialsOf(set, random)).flat();
  const share = (some: readonly Trial[], what: (trial: Trial) => boolean): number =>
    some.filter(what).length / some.length;
  const interval = (what: (trial: Trial) => boolean): string => {
    const ratios = Array.from({ length: RESAMPLES }, () => {
      const drawn = trials.map(() => random.pick(trials));
      return share(drawn, ({ isHit }) => isHit) / share(drawn, what);
    });
    return `${percentile(ratios, 0.025).toFixed(2)} to ${percentile(ratios, 0.975).toFixed(2)}`;
  };
  progress(`${set.name}: ${trials.length} hidden items`);
  const beside = (id: string, peer: string, what: (trial: Trial) => boolean, atLeast: number): Figure =>
    figure({
      id: `bundle-quality/${set.name.replace(' ', '-')}-${id}`,
      what: `${set.name}, ${trials.length} baskets held out: hidden item among the ${NAMED} named (ratio ${interval(what)})`,
      value: 100 * share(trials, ({ isHit }) => isHit),
      unit: '%',
      reference: 100 * share(trials, what),
      referenceWhat: peer,
      target: { atLeast },
    });
  const best = ({ isBestSeller }: Trial): boolean => isBestSeller;
  const bestBeside = ({ isBestSellerBeside }: Trial): boolean => isBestSellerBeside;
  // Where nothing goes with anything, the best that can be done is what popularity does.
  if (set.name === 'office supplies') return [beside('unrelated', 'best sellers not in the basket', bestBeside, 0.9)];
  return [
    beside('popularity', 'the three best sellers', best, 1.5),
    beside('popularity-beside', 'best sellers not in the basket', bestBeside, 1.5),
  ];
}

function trialsOf({ baskets }: Baskets, random: Random): Trial[] {
  const counts = new PairCounts();
  const held: (readonly number[])[] = [];
  for (const basket of baskets) {
    if (random.chance(TRAINED)) counts.add(basket);
    else if (basket.length > 1) held.push(basket);
  }
  const model = new NextItemModel(counts);
  const popular = [...counts.item.keys()].sort((a, b) => (counts.item[b] ?? 0) - (counts.item[a] ?? 0));
  return held.map((basket) => {
    const hidden = random.pick(basket);
    const rest = basket.filter((item) => item !== hidden);
    return {
      isHit: model.rank(rest, NAMED).some(({ item }) => item === hidden),
      isBestSeller: popular.slice(0, NAMED).includes(hidden),
      isBestSellerBeside: popular
        .filter((item) => !rest.includes(item))
        .slice(0, NAMED)
        .includes(hidden),
    };
  });
}
