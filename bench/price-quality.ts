/**
 * How well units are foretold on public prices: the last fifth of each item's weeks is held out. Beside the advisor's demand
 * model stand the item's mean, and least squares of the logarithm of its units on that of its price.
 */
import { forecast } from '../src/analysis/demand/forecast';
import { learnDemand } from '../src/analysis/demand/model';
import { tabulate, type Observation } from '../src/analysis/demand/observations';
import { Random } from '../tests/sim/random';
import { figure, percentile, progress, type Figure } from './figure';
import { priceHistories, type PriceHistory } from './public-data';

const SEED = 20_261_123;
const HELD = 0.2;
const RESAMPLES = 2_000;

/** Sums of one item's absolute errors, and of its units. */
interface Errors {
  readonly ours: number;
  readonly mean: number;
  readonly logLog: number;
  readonly units: number;
}

export async function measure(): Promise<Figure[]> {
  return priceHistories().flatMap(figures);
}

function figures({ name, items, observations }: PriceHistory): Figure[] {
  const train: Observation[] = [];
  const held = items.map((_, item) => {
    const own = observations.filter((one) => one.item === item).sort((a, b) => a.at - b.at);
    const from = Math.ceil(own.length * (1 - HELD));
    train.push(...own.slice(0, from));
    return { before: own.slice(0, from), after: own.slice(from) };
  });
  const started = performance.now();
  const model = learnDemand(
    tabulate(
      items.map((itemId) => ({ itemId, category: '' })),
      train,
    ),
  );
  progress(
    `${name}: ${train.length} observations of ${items.length} items learned in ${Math.round(performance.now() - started)} ms`,
  );
  const errors = held.map(({ before, after }, item): Errors => {
    const mean = before.reduce((sum, { units }) => sum + units, 0) / Math.max(1, before.length);
    const logLog = logLogRegression(before);
    const sum = (expected: (one: Observation) => number): number =>
      after.reduce((total, one) => total + Math.abs(expected(one) - one.units), 0);
    return {
      ours: sum((one) => Math.exp(forecast(model, item, one).logMedian)),
      mean: sum(() => mean),
      logLog: sum(({ price }) => logLog(price)),
      units: after.reduce((total, { units }) => total + units, 0),
    };
  });
  const random = new Random(SEED);
  return (['mean', 'logLog'] as const).map((peer) => {
    const total = (some: readonly Errors[], which: keyof Errors): number =>
      some.reduce((sum, one) => sum + one[which], 0);
    const ratios = Array.from({ length: RESAMPLES }, () => {
      const drawn = errors.map(() => random.pick(errors));
      return total(drawn, 'ours') / total(drawn, peer);
    });
    const interval = `${percentile(ratios, 0.025).toFixed(2)} to ${percentile(ratios, 0.975).toFixed(2)}`;
    const count = held.reduce((sum, { after }) => sum + after.length, 0);
    return figure({
      id: `price-quality/${name}-${peer === 'mean' ? 'mean' : 'log-log'}`,
      what: `${name}, ${count} weeks held out of ${items.length} items: absolute error per unit sold (ratio ${interval})`,
      value: total(errors, 'ours') / total(errors, 'units'),
      unit: 'units',
      reference: total(errors, peer) / total(errors, 'units'),
      referenceWhat: peer === 'mean' ? 'mean of the item' : 'log-log regression of the item',
      target: { atMost: 1 },
    });
  });
}

/** Units at a price; the mean of the logarithms where the price never changed. */
function logLogRegression(rows: readonly Observation[]): (price: number) => number {
  const x = rows.map(({ price }) => Math.log(price));
  const y = rows.map(({ units }) => Math.log(units + 0.5));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const [middleX, middleY] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - middleX) ** 2, 0);
  const slope =
    spread < 1e-9 ? 0 : x.reduce((sum, value, row) => sum + (value - middleX) * ((y[row] ?? 0) - middleY), 0) / spread;
  return (price) => Math.max(0, Math.exp(middleY + slope * (Math.log(price) - middleX)) - 0.5);
}
