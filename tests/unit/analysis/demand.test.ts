import { describe, expect, test } from 'vitest';
import { forecast } from '../../../src/analysis/demand/forecast';
import { learnDemand, relearnItems, type DemandModel } from '../../../src/analysis/demand/model';
import { historyOf, tabulate, type DemandItem, type Observation } from '../../../src/analysis/demand/observations';
import { advisePrice, atMost, type PriceQuestion } from '../../../src/analysis/demand/price-advice';
import { Random } from '../../sim/random';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 2, 2);

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function poisson(random: Random, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let count = 0;
  for (let product = random.next(); product > Math.exp(-mean); product *= random.next()) count += 1;
  return count;
}

interface World {
  readonly items: readonly DemandItem[];
  readonly observations: Observation[];
  readonly elasticities: readonly number[];
}

/** A stall whose elasticities are known: around -1.8 for food and -0.6 for the rest. */
function world(seed: number, { items = 24, days = 60, prices = 4, base = 6 } = {}): World {
  const random = new Random(seed);
  const list = Array.from({ length: items }, (_, item) => ({
    itemId: `item-${item}`,
    category: item % 2 === 0 ? 'food' : 'craft',
  }));
  const elasticities = list.map(({ category }) => (category === 'food' ? -1.8 : -0.6) + 0.25 * normal(random));
  const observations: Observation[] = [];
  const goodDay = Array.from({ length: days }, () => 0.25 * normal(random));
  list.forEach((_, item) => {
    const rate = base * Math.exp(0.6 * normal(random));
    const usual = 3 + 5 * random.next();
    for (let day = 0; day < days; day += 1) {
      const price = usual * (0.7 + 0.2 * Math.floor(random.next() * prices));
      const mean =
        rate * (price / usual) ** (elasticities[item] ?? 0) * Math.exp((goodDay[day] ?? 0) + 0.3 * normal(random));
      observations.push({
        item,
        at: START + day * DAY_MS,
        price,
        units: poisson(random, mean),
        isPromoted: false,
        exposure: 1,
      });
    }
  });
  return { items: list, observations, elasticities };
}

const learned = ({ items, observations }: World): DemandModel => learnDemand(tabulate(items, observations));

const QUESTION: PriceQuestion = {
  objective: 'revenue',
  cost: null,
  onHand: null,
  priceStep: 0.01,
  at: START + 60 * DAY_MS,
  confidence: 0.95,
};

describe('elasticities', () => {
  test('are found, and their intervals hold the truth about as often as they say', () => {
    let held = 0;
    let all = 0;
    let error = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const stall = world(seed);
      const model = learned(stall);
      stall.elasticities.forEach((truth, item) => {
        const { elasticity } = advisePrice(model, item, QUESTION);
        if (elasticity.low <= truth && truth <= elasticity.high) held += 1;
        error += Math.abs(elasticity.value - truth);
        all += 1;
      });
    }
    expect(held / all).toBeGreaterThan(0.89);
    expect(held / all).toBeLessThanOrEqual(0.995);
    expect(error / all).toBeLessThan(0.25);
  });

  test('lend each other strength: with few days the shrunken ones are nearer the truth than each by itself', () => {
    let shrunk = 0;
    let alone = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const stall = world(seed, { days: 12, base: 4 });
      const model = learned(stall);
      stall.elasticities.forEach((truth, item) => {
        shrunk += Math.abs((model.fits[item]?.coefficients[1] ?? 0) - truth);
        alone += Math.abs(slopeOfLogs(stall.observations.filter((one) => one.item === item)) - truth);
      });
    }
    expect(shrunk).toBeLessThan(0.6 * alone);
  });

  test('of an item that never changed its price is that of its kind, and known to be uncertain', () => {
    const stall = world(3);
    const fixed = { itemId: 'new', category: 'food' };
    const observations = Array.from({ length: 30 }, (_, day) => ({
      item: stall.items.length,
      at: START + day * DAY_MS,
      price: 5,
      units: 4,
      isPromoted: false,
      exposure: 1,
    }));
    const model = learned({
      ...stall,
      items: [...stall.items, fixed],
      observations: [...stall.observations, ...observations],
    });
    const { elasticity, differentPrices } = advisePrice(model, stall.items.length, QUESTION);
    expect(differentPrices).toBe(1);
    expect(elasticity.value).toBeCloseTo(-1.8, 0);
    const steady = advisePrice(model, 0, QUESTION).elasticity;
    expect(elasticity.high - elasticity.low).toBeGreaterThan(1.2 * (steady.high - steady.low));
  });

  test('are not thrown by one absurd day, by days without sales, or by a single observation', () => {
    const stall = world(5);
    const before = learned(stall);
    const absurd = { item: 0, at: START + 61 * DAY_MS, price: 3, units: 50_000, isPromoted: false, exposure: 1 };
    const after = learned({ ...stall, observations: [...stall.observations, absurd] });
    const slope = (model: DemandModel) => model.fits[0]?.coefficients[1] ?? 0;
    expect(Math.abs(slope(after) - slope(before))).toBeLessThan(0.35);
    const unsold = stall.observations.map((one) => (one.item === 1 ? { ...one, units: 0 } : one));
    for (const observations of [unsold, [absurd]]) {
      const model = learned({ ...stall, observations });
      expect(model.fits.every((fit) => fit.coefficients.every(Number.isFinite))).toBe(true);
    }
  });
});

describe('a forecast', () => {
  test('of days held back is nearer than the mean of the item', () => {
    const stall = world(7, { days: 80 });
    const isLate = ({ at }: Observation) => at >= START + 64 * DAY_MS;
    const train = stall.observations.filter((one) => !isLate(one));
    const model = learnDemand(tabulate(stall.items, train));
    let ours = 0;
    let mean = 0;
    for (const one of stall.observations.filter(isLate)) {
      const own = train.filter(({ item }) => item === one.item);
      ours += Math.abs(Math.exp(forecast(model, one.item, one).logMedian) - one.units);
      mean += Math.abs(own.reduce((sum, { units }) => sum + units, 0) / own.length - one.units);
    }
    expect(ours).toBeLessThan(0.95 * mean);
  });

  test('knows the weekday when the stall is busier on one', () => {
    const stall = world(8, { days: 84, prices: 1 });
    const isSaturday = (at: number) => new Date(at).getUTCDay() === 6;
    const observations = stall.observations.map((one) => (isSaturday(one.at) ? { ...one, units: one.units * 3 } : one));
    const model = learned({ ...stall, observations });
    const units = (day: number) =>
      forecast(model, 0, { at: START + day * DAY_MS, price: 4, isPromoted: false, exposure: 1 }).meanUnits;
    const saturday = 84 + 5;
    expect(isSaturday(START + saturday * DAY_MS)).toBe(true);
    expect(units(saturday) / units(saturday + 2)).toBeGreaterThan(2);
  });

  test('learned anew for one item follows what happened, and leaves the others', () => {
    const stall = world(9);
    const model = learned(stall);
    const more = Array.from({ length: 20 }, (_, day) => ({
      item: 0,
      at: START + (60 + day) * DAY_MS,
      price: 5,
      units: 60,
      isPromoted: false,
      exposure: 1,
    }));
    const later = relearnItems(
      model,
      stall.items,
      new Map([[0, historyOf([...stall.observations.filter(({ item }) => item === 0), ...more])]]),
    );
    const units = (which: DemandModel) =>
      forecast(which, 0, { at: START + 80 * DAY_MS, price: 5, isPromoted: false, exposure: 1 }).meanUnits;
    expect(units(later)).toBeGreaterThan(2 * units(model));
    expect(later.fits[1]).toBe(model.fits[1]);
  });
});

describe('a recommended price', () => {
  const stall = world(11, { items: 12, days: 120, base: 20 });
  const model = learned(stall);

  test('is high where buyers hardly mind and low where they do', () => {
    // Food answers with -1.8, so revenue grows by asking less; craft with -0.6, so it grows by asking more.
    stall.items.forEach(({ category }, item) => {
      const { recommendedPrice, lowestPrice, highestPrice } = advisePrice(model, item, QUESTION);
      const middle = Math.sqrt(lowestPrice * highestPrice);
      if (category === 'food') expect(recommendedPrice).toBeLessThan(middle);
      else expect(recommendedPrice).toBeGreaterThan(middle);
    });
  });

  test('is never below cost, whatever the objective', () => {
    for (const objective of ['revenue', 'margin', 'sell-through'] as const) {
      stall.items.forEach((_, item) => {
        const { highestPrice, lowestPrice } = advisePrice(model, item, QUESTION);
        for (const cost of [lowestPrice, highestPrice, highestPrice * 3]) {
          const advice = advisePrice(model, item, { ...QUESTION, objective, cost, onHand: 10 });
          expect(advice.recommendedPrice).toBeGreaterThan(cost - 1e-6);
        }
      });
    }
  });

  test('for the margin is near the price that theory gives', () => {
    // At constant elasticity e the margin is greatest at cost · e ÷ (e + 1), if that price was tried.
    const item = 0;
    const { elasticity, lowestPrice, highestPrice } = advisePrice(model, item, QUESTION);
    const cost = (Math.sqrt(lowestPrice * highestPrice) * (elasticity.value + 1)) / elasticity.value;
    const { recommendedPrice } = advisePrice(model, item, { ...QUESTION, objective: 'margin', cost });
    const best = (cost * elasticity.value) / (elasticity.value + 1);
    expect(Math.abs((recommendedPrice ?? 0) / best - 1)).toBeLessThan(0.12);
  });

  test('to empty the table is lower the more there is to sell', () => {
    const at = (onHand: number) =>
      advisePrice(model, 0, { ...QUESTION, objective: 'sell-through', onHand }).recommendedPrice ?? 0;
    expect(at(1)).toBeGreaterThan(at(60));
  });
});

test('what is sold of a stock is the mean of the smaller of demand and stock', () => {
  expect(atMost(3, 1000)).toBeCloseTo(3);
  expect(atMost(3, 0)).toBe(0);
  // P(0) = e⁻¹, and otherwise the one piece goes.
  expect(atMost(1, 1)).toBeCloseTo(1 - Math.exp(-1));
});

/** Plain least squares of ln(units + ½) on ln(price). */
function slopeOfLogs(rows: readonly Observation[]): number {
  const x = rows.map(({ price }) => Math.log(price));
  const y = rows.map(({ units }) => Math.log(units + 0.5));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middleX, middleY] = [mean(x), mean(y)];
  const above = x.reduce((sum, value, row) => sum + (value - middleX) * ((y[row] ?? 0) - middleY), 0);
  return above / x.reduce((sum, value) => sum + (value - middleX) ** 2, 0);
}
