import { InvalidArgumentError, Option, type Command } from 'commander';
import { BUNDLE_DEFAULTS, findBundles } from '../analysis/baskets/bundles';
import { NextItemModel } from '../analysis/baskets/next-item';
import { PairCounts } from '../analysis/baskets/pair-counts';
import { forecast } from '../analysis/demand/forecast';
import { ELASTICITY } from '../analysis/demand/item-fit';
import { learnDemand, type DemandModel } from '../analysis/demand/model';
import { tabulate, type ItemHistory, type Observation } from '../analysis/demand/observations';
import { advisePrice, PRICE_OBJECTIVES, type Interval, type PriceObjective } from '../analysis/demand/price-advice';
import { normalQuantile } from '../analysis/distributions';
import { FileError, FileReport, readLocalTime, readNumber, readRows } from './advise-file';

interface BundleFlags {
  readonly sales: string;
  readonly complete?: string;
  readonly most: number;
  readonly least: number;
  readonly falseShare: number;
  readonly confidence: number;
}

interface PriceFlags {
  readonly observations: string;
  readonly objective: PriceObjective;
  readonly costs?: string;
  readonly stock?: string;
  readonly predict?: string;
  readonly confidence: number;
}

const EXIT = { done: 0, problems: 1, usage: 2 } as const;

/** Adds `trestle advise`: the advisor's reading of sales from anywhere, as JSON. */
export function registerAdviseCommand(program: Command): void {
  const exitOnUsage = (error: { exitCode: number }) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  const advise = program
    .command('advise')
    .description('What sales say about bundles and prices, as JSON on standard output.')
    .exitOverride(exitOnUsage);
  const confidence = () =>
    new Option('--confidence <share>', 'of intervals').argParser(share).default(BUNDLE_DEFAULTS.confidence);
  advise
    .command('bundles')
    .description('Items that are bought together more than chance brings together, with their evidence.')
    .requiredOption('--sales <file>', 'CSV with order_id, item_id, quantity, unit_price, at')
    .option('--complete <file>', 'CSV with order_id, item_id of unfinished baskets: what else belongs into each')
    .option('--most <count>', 'bundles listed', whole, BUNDLE_DEFAULTS.most)
    .option('--least <count>', 'baskets a bundle must have been in', whole, BUNDLE_DEFAULTS.leastTogether)
    .addOption(
      new Option('--false-share <share>', 'largest share of false bundles in the list')
        .argParser(share)
        .default(BUNDLE_DEFAULTS.falseShare),
    )
    .addOption(confidence())
    .exitOverride(exitOnUsage)
    .action(async (flags: BundleFlags) => run(() => adviseBundles(flags)));
  advise
    .command('prices')
    .description('How each item answers to its price, and the price that serves an objective.')
    .requiredOption('--observations <file>', 'CSV with item, at, price, units and perhaps promo, category, cost')
    .addOption(
      new Option('--objective <name>', 'what a price is to bring').choices([...PRICE_OBJECTIVES]).default('revenue'),
    )
    .option('--costs <file>', 'CSV with item, cost: no price below it is recommended')
    .option('--stock <file>', 'CSV with item, units: what there is to sell each time')
    .option('--predict <file>', 'CSV with item, at, price and perhaps promo: units to expect of each row')
    .addOption(confidence())
    .exitOverride(exitOnUsage)
    .action(async (flags: PriceFlags) => run(() => advisePrices(flags)));
}

async function run(advise: () => Promise<object>): Promise<void> {
  try {
    const advice = await advise();
    process.stdout.write(`${JSON.stringify(advice, tidy, 2)}\n`);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    process.stdout.write(`${JSON.stringify({ error: error.message }, null, 2)}\n`);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT.problems;
  }
}

async function adviseBundles(flags: BundleFlags): Promise<object> {
  const report = new FileReport();
  const items = new Places();
  const baskets = new Map<string, number[]>();
  const prices: number[] = [];
  for await (const row of readRows(flags.sales, { required: SALES_COLUMNS }, report)) {
    const order = row.cell('order_id');
    const item = row.cell('item_id');
    const quantity = readNumber(row.cell('quantity'));
    const price = readNumber(row.cell('unit_price'));
    if (order === '') report.skip(row.line, 'order_id', 'is empty');
    else if (item === '') report.skip(row.line, 'item_id', 'is empty');
    else if (quantity === null) report.skip(row.line, 'quantity', `is no number: ${quoted(row.cell('quantity'))}`);
    else if (quantity <= 0) report.skip(row.line, 'quantity', `is ${quantity}: nothing was sold`);
    else if (price === null) report.skip(row.line, 'unit_price', `is no number: ${quoted(row.cell('unit_price'))}`);
    else if (readLocalTime(row.cell('at')) === null) report.skip(row.line, 'at', notATime(row.cell('at')));
    else {
      const place = items.of(item);
      prices[place] = price;
      const basket = baskets.get(order);
      if (basket === undefined) baskets.set(order, [place]);
      else basket.push(place);
      report.used += 1;
    }
  }
  tell(flags.sales, report);
  const counts = new PairCounts();
  for (const basket of baskets.values()) counts.add(basket);
  const { bundles, tested } = findBundles(counts, {
    leastTogether: flags.least,
    falseShare: flags.falseShare,
    most: flags.most,
    confidence: flags.confidence,
  });
  return {
    kind: 'bundles',
    file: { name: flags.sales, ...report.toJSON() },
    baskets: counts.baskets,
    items: items.names.length,
    pairsTested: tested,
    falseShare: flags.falseShare,
    confidence: flags.confidence,
    bundles: bundles.map(({ items: [one, other], liftLow, liftHigh, ...bundle }) => ({
      items: [items.names[one], items.names[other]],
      evidence: `${bundle.together} baskets of ${bundle.baskets} have both; of ${bundle.first} with ${items.names[one]}, ${percent(bundle.confidence)} have ${items.names[other]} too`,
      ...bundle,
      liftInterval: [liftLow, liftHigh],
      lastPrices: [prices[one], prices[other]],
    })),
    ...(flags.complete === undefined ? {} : { completions: await complete(flags.complete, items, counts) }),
  };
}

const SALES_COLUMNS = ['order_id', 'item_id', 'quantity', 'unit_price', 'at'];
/** Items offered for an unfinished basket. */
const COMPLETED_WITH = 10;

async function complete(file: string, items: Places, counts: PairCounts): Promise<object[]> {
  const report = new FileReport();
  const baskets = new Map<string, string[]>();
  for await (const row of readRows(file, { required: ['order_id', 'item_id'] }, report)) {
    const order = row.cell('order_id');
    if (order === '') {
      report.skip(row.line, 'order_id', 'is empty');
      continue;
    }
    const basket = baskets.get(order) ?? [];
    basket.push(row.cell('item_id'));
    baskets.set(order, basket);
    report.used += 1;
  }
  tell(file, report);
  const model = new NextItemModel(counts);
  return [...baskets].map(([order, basket]) => ({
    order_id: order,
    items: model
      .rank(
        basket.flatMap((name) => items.find(name) ?? []),
        COMPLETED_WITH,
      )
      .map(({ item, score }) => ({ item: items.names[item], score })),
  }));
}

async function advisePrices(flags: PriceFlags): Promise<object> {
  const report = new FileReport();
  const items = new Places();
  const categories: string[] = [];
  const costs: (number | undefined)[] = [];
  const observations: Observation[] = [];
  let decimals = 2;
  const columns = { required: ['item', 'at', 'price', 'units'] };
  for await (const row of readRows(flags.observations, columns, report)) {
    const moment = readMoment(row, report);
    if (moment === null) continue;
    const units = readNumber(row.cell('units'));
    const cost = row.cell('cost');
    if (units === null) report.skip(row.line, 'units', `is no number: ${quoted(row.cell('units'))}`);
    else if (units < 0) report.skip(row.line, 'units', `is ${units}: fewer than none were sold`);
    else if (cost !== '' && (readNumber(cost) ?? -1) < 0) report.skip(row.line, 'cost', `is no cost: ${quoted(cost)}`);
    else {
      const item = items.of(moment.name);
      categories[item] = row.cell('category');
      if (cost !== '') costs[item] = readNumber(cost) ?? undefined;
      observations.push({ item, ...moment.moment, units, exposure: 1 });
      decimals = Math.max(decimals, moment.decimals);
      report.used += 1;
    }
  }
  tell(flags.observations, report);
  if (flags.costs !== undefined) await readFigures(flags.costs, 'cost', items, costs);
  const stock: (number | undefined)[] = [];
  if (flags.stock !== undefined) await readFigures(flags.stock, 'units', items, stock);
  if (flags.objective === 'margin' && costs.every((cost) => cost === undefined)) {
    throw new FileError(
      'Margin is what is left after costs: name them with --costs FILE (item,cost) or a column cost.',
    );
  }
  const table = tabulate(
    items.names.map((itemId, item) => ({ itemId, category: categories[item] ?? '' })),
    observations,
  );
  const model = learnDemand(table);
  const at = observations.reduce((last, one) => Math.max(last, one.at), 0);
  return {
    kind: 'prices',
    file: { name: flags.observations, ...report.toJSON() },
    objective: flags.objective,
    confidence: flags.confidence,
    stall: {
      elasticity: {
        mean: model.spread.mean[ELASTICITY],
        // Nine items of ten lie within 1.6 of these deviations.
        deviation: Math.sqrt(model.spread.variance[ELASTICITY] ?? 0),
      },
    },
    items: items.names.map((name, item) => {
      const cost = costs[item] ?? null;
      const advice = advisePrice(model, item, {
        objective: flags.objective,
        cost,
        onHand: stock[item] ?? (flags.objective === 'sell-through' ? usualStock(table.histories[item]) : null),
        priceStep: 10 ** -Math.min(4, decimals),
        at,
        confidence: flags.confidence,
      });
      const isPriced = flags.objective !== 'margin' || cost !== null;
      return {
        item: name,
        observations: advice.observations,
        differentPrices: advice.differentPrices,
        elasticity: advice.elasticity.value,
        elasticityInterval: interval(advice.elasticity),
        currentPrice: advice.currentPrice,
        pricesTried: [advice.lowestPrice, advice.highestPrice],
        cost,
        recommendedPrice: isPriced ? advice.recommendedPrice : null,
        ...(isPriced ? {} : { reason: 'no cost is known' }),
        unitsAtCurrentPrice: units(advice.unitsAtCurrent),
        unitsAtRecommendedPrice: isPriced && advice.unitsAtRecommended ? units(advice.unitsAtRecommended) : null,
        gain: isPriced ? advice.gain : null,
        probabilityBetter: isPriced ? advice.probabilityBetter : null,
        isWorthIt: isPriced && advice.isWorthIt,
      };
    }),
    ...(flags.predict === undefined
      ? {}
      : { predictions: await predict(flags.predict, items, model, flags.confidence) }),
  };
}

async function predict(file: string, items: Places, model: DemandModel, confidence: number): Promise<object[]> {
  const report = new FileReport();
  const deviations = normalQuantile(0.5 + confidence / 2);
  const predictions: object[] = [];
  for await (const row of readRows(file, { required: ['item', 'at', 'price'] }, report)) {
    const read = readMoment(row, report);
    if (read === null) continue;
    const { logMedian, variance, restlessness } = forecast(model, items.find(read.name) ?? -1, {
      ...read.moment,
      exposure: 1,
    });
    const typical = Math.exp(logMedian);
    const spread = deviations * Math.sqrt(variance + restlessness + 1 / (typical + 0.5));
    predictions.push({
      line: row.line,
      item: read.name,
      price: read.moment.price,
      units: typical,
      unitsInterval: [Math.max(0, (typical + 0.5) * Math.exp(-spread) - 0.5), typical * Math.exp(spread) + 0.5],
    });
    report.used += 1;
  }
  tell(file, report);
  return predictions;
}

/** Item, time, price and promotion of a row, or a problem in the report. */
function readMoment(
  row: { readonly line: number; cell(column: string): string },
  report: FileReport,
): { name: string; decimals: number; moment: Pick<Observation, 'at' | 'price' | 'isPromoted'> } | null {
  const name = row.cell('item');
  const at = readLocalTime(row.cell('at'));
  const price = readNumber(row.cell('price'));
  const isPromoted = readFlag(row.cell('promo'));
  if (name === '') report.skip(row.line, 'item', 'is empty');
  else if (at === null) report.skip(row.line, 'at', notATime(row.cell('at')));
  else if (price === null) report.skip(row.line, 'price', `is no number: ${quoted(row.cell('price'))}`);
  else if (!(price > 0)) report.skip(row.line, 'price', `is ${price}: a price is more than nothing`);
  else if (isPromoted === null) report.skip(row.line, 'promo', `is neither yes nor no: ${quoted(row.cell('promo'))}`);
  else {
    const decimals = /\.(\d+)$/.exec(row.cell('price'))?.[1]?.length ?? 0;
    return { name, decimals: price < 1 ? decimals : Math.min(2, decimals), moment: { at, price, isPromoted } };
  }
  return null;
}

async function readFigures(file: string, column: string, items: Places, into: (number | undefined)[]): Promise<void> {
  const report = new FileReport();
  for await (const row of readRows(file, { required: ['item', column] }, report)) {
    const value = readNumber(row.cell(column));
    const item = items.find(row.cell('item'));
    if (value === null || value < 0) report.skip(row.line, column, `is no such figure: ${quoted(row.cell(column))}`);
    else if (item === undefined) report.skip(row.line, 'item', `was never observed: ${quoted(row.cell('item'))}`);
    else into[item] = value;
  }
  tell(file, report);
}

/** What nine stretches of time in ten sold no more than: as much as a stall that often sells out seems to bring. */
function usualStock(history: ItemHistory | undefined): number {
  const own = Float64Array.from(history?.units ?? []).sort();
  return Math.max(1, own[Math.floor(own.length * 0.9)] ?? 1);
}

function tell(file: string, report: FileReport): void {
  for (const { line, column, message } of report.problems) {
    process.stderr.write(`${file}:${line}: ${column === '' ? '' : `${column} `}${message}\n`);
  }
  const untold = report.problemCount - report.problems.length;
  if (untold > 0) process.stderr.write(`${file}: … and ${untold} rows more that cannot be used\n`);
  if (report.rows > 0 && report.problemCount >= report.rows) {
    const [first] = report.problems;
    throw new FileError(
      `${file}: no row can be used. Line ${first?.line ?? 0}: ${first?.column ?? ''} ${first?.message ?? ''}`,
    );
  }
  if (report.rows === 0) throw new FileError(`${file} has a header and no rows.`);
}

/** Names to places in a list. */
class Places {
  readonly names: string[] = [];
  readonly #places = new Map<string, number>();

  of(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.names.length);
    return this.names.push(name) - 1;
  }

  find(name: string): number | undefined {
    return this.#places.get(name);
  }
}

const interval = ({ low, high }: Interval): [number, number] => [low, high];
const units = (typical: Interval): object => ({ typical: typical.value, interval: interval(typical) });
const percent = (part: number): string => `${Math.round(part * 100)} %`;
const quoted = (text: string): string => `“${text.slice(0, 40)}”`;

function notATime(text: string): string {
  return `is no date like 2026-05-02 or 2026-05-02T10:30: ${quoted(text)}`;
}

function readFlag(text: string): boolean | null {
  if (/^(0(\.0*)?|no|n|false|)$/i.test(text)) return false;
  if (/^(yes|y|true)$/i.test(text)) return true;
  const value = readNumber(text);
  return value === null ? null : value > 0;
}

/** Figures with more digits than anybody knows are unreadable. */
function tidy(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('a share lies between 0 and 1');
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number of 1 or more');
  return value;
}
