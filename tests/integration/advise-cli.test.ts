import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runTrestle } from '../helpers/import-cli';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'trestle-advise-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file and gives its path. */
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function advise(...args: string[]) {
  const run = await runTrestle(['advise', ...args]);
  return { ...run, json: (run.stdout === '' ? null : JSON.parse(run.stdout)) as Record<string, never> & Answer };
}

interface Answer {
  readonly error?: string;
  readonly baskets: number;
  readonly file: {
    used: number;
    skipped: number;
    problemCount: number;
    problems: { line: number; column: string; message: string }[];
  };
  readonly bundles: { items: string[]; together: number; baskets: number; lift: number; liftInterval: number[] }[];
  readonly completions: { order_id: string; items: { item: string }[] }[];
  readonly items: { item: string; elasticity: number; elasticityInterval: number[]; recommendedPrice: number | null }[];
  readonly predictions: { line: number; item: string; units: number; unitsInterval: number[] }[];
}

/** Orders in which tea and scones go together, among goods that do not. */
function sales(mark: string): string[] {
  const rows = ['order_id,item_id,quantity,unit_price,at'];
  for (let order = 0; order < 90; order += 1) {
    const items =
      order < 12 ? ['tea', 'scone'] : [['jam', 'bread', 'soap', 'honey'][order % 4], order % 7 === 0 ? 'card' : 'jar'];
    for (const item of items) rows.push(`${order},${item},1,2.50,2026-05-${String((order % 28) + 1).padStart(2, '0')}`);
  }
  return rows.map((row) => row.replaceAll(',', mark));
}

describe('trestle advise bundles', () => {
  test('lists a bundle with its counts, lift and interval, and completes baskets', async () => {
    const partial = file('partial.csv', 'order_id,item_id\nA,tea\nB,nothing known\n');
    const { code, json } = await advise(
      'bundles',
      '--sales',
      file('sales.csv', sales(',').join('\n')),
      '--complete',
      partial,
    );
    expect(code).toBe(0);
    expect(json.baskets).toBe(90);
    expect(json.bundles[0]).toMatchObject({ items: ['tea', 'scone'], together: 12, baskets: 90, lift: 7.5 });
    expect(json.bundles[0]?.liftInterval).toHaveLength(2);
    expect(json.completions[0]).toMatchObject({ order_id: 'A' });
    expect(json.completions[0]?.items[0]?.item).toBe('scone');
  });

  test('reads a semicolon file with a byte order mark and Windows line ends as the same', async () => {
    const plain = await advise('bundles', '--sales', file('plain.csv', sales(',').join('\n')));
    const windows = await advise('bundles', '--sales', file('windows.csv', `\ufeff${sales(';').join('\r\n')}\r\n`));
    const utf16 = await advise(
      'bundles',
      '--sales',
      file('utf16.csv', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(sales('\t').join('\n'), 'utf16le')])),
    );
    expect(windows.json.bundles).toEqual(plain.json.bundles);
    expect(utf16.json.bundles).toEqual(plain.json.bundles);
  });

  test('leaves out rows that make no sense, and says which and why', async () => {
    const rows = sales(',');
    rows.splice(
      1,
      0,
      '1,tea,1',
      '2,"two\nlines",1,2.50,2026-05-01',
      '3,tea,lots,2.50,2026-05-01',
      '4,tea,-1,2.50,2026-05-01',
    );
    rows.push('5,tea,1,free,2026-05-01', '6,tea,1,2.50,3/4/2026', '7,tea,1,2.50,2026-02-30', ',tea,1,2.50,2026-05-01');
    const { code, json, stderr } = await advise('bundles', '--sales', file('ragged.csv', rows.join('\n')));
    expect(code).toBe(0);
    expect(json.file).toMatchObject({ skipped: 7, problemCount: 7 });
    expect(json.file.problems.map(({ line, column }) => [line, column])).toEqual([
      [2, ''],
      [5, 'quantity'],
      [6, 'quantity'],
      [187, 'unit_price'],
      [188, 'at'],
      [189, 'at'],
      [190, 'order_id'],
    ]);
    expect(stderr).toContain('ragged.csv:2: has 3 cells, not 5');
  });

  test.each([
    ['nothing.csv', '', 'is empty'],
    ['header.csv', 'order_id,item_id,quantity,unit_price,at\n', 'no rows'],
    ['columns.csv', 'order,item\n1,tea\n', 'no column order_id'],
    ['binary.csv', Buffer.from([1, 0, 2, 0, 0, 0]), 'not a text file'],
    ['wrong.csv', 'order_id,item_id,quantity,unit_price,at\n1,tea,one,2,2026-05-01\n', 'no row can be used'],
  ])('refuses %s with its reason', async (name, content, reason) => {
    const { code, json, stderr } = await advise('bundles', '--sales', file(name, content));
    expect(code).toBe(1);
    expect(json.error).toContain(reason);
    expect(stderr).toContain(reason);
  });

  test('refuses a file that is not there, and a command line that makes no sense', async () => {
    expect(await advise('bundles', '--sales', join(folder, 'absent.csv'))).toMatchObject({ code: 1 });
    expect((await runTrestle(['advise', 'bundles'])).code).toBe(2);
    expect((await runTrestle(['advise', 'prices', '--observations', 'x.csv', '--objective', 'fame'])).code).toBe(2);
  });
});

describe('trestle advise prices', () => {
  /** Demand of exactly 400 ÷ price², weekly, without a promo column. */
  const rows = Array.from({ length: 40 }, (_, week) => {
    const price = [4, 5, 8, 10][week % 4] ?? 4;
    const at = new Date(Date.UTC(2025, 0, 6 + 7 * week)).toISOString().slice(0, 10);
    return `bread,${at},${price.toFixed(2)},${400 / price ** 2}`;
  });
  const observations = ['item,at,price,units', ...rows];

  test('finds the elasticity, keeps the price above cost and predicts units', async () => {
    const costs = file('costs.csv', 'item,cost\nbread,4.5\nunknown,1\n');
    const asked = file('asked.csv', 'item,at,price\nbread,2025-10-13,8\nnever seen,2025-10-13,8\n');
    const path = file('prices.csv', observations.join('\n'));
    const { code, json, stderr } = await advise(
      'prices',
      '--observations',
      path,
      '--objective',
      'margin',
      '--costs',
      costs,
      '--predict',
      asked,
    );
    expect(code).toBe(0);
    const [bread] = json.items;
    expect(bread?.elasticity).toBeCloseTo(-2, 0);
    expect(bread?.elasticityInterval[0]).toBeLessThan(-2);
    expect(bread?.elasticityInterval[1]).toBeGreaterThan(-2);
    // At an elasticity of -2 twice the cost earns most.
    expect(bread?.recommendedPrice).toBeGreaterThan(7.5);
    expect(bread?.recommendedPrice).toBeLessThan(10.5);
    expect(json.predictions[0]?.units).toBeGreaterThan(4.5);
    expect(json.predictions[0]?.units).toBeLessThan(8);
    expect(json.predictions[1]?.unitsInterval[1]).toBeGreaterThan(json.predictions[0]?.unitsInterval[1] ?? Infinity);
    expect(stderr).toContain('costs.csv:3');
  });

  test('leaves out prices of nothing, negative units and impossible days', async () => {
    const path = file(
      'odd.csv',
      [...observations, 'bread,2025-10-13,0,3', 'bread,2025-10-13,4,-3', 'bread,someday,4,3'].join('\n'),
    );
    const { json } = await advise('prices', '--observations', path);
    expect(json.file.problems.map(({ line, column }) => [line, column])).toEqual([
      [42, 'price'],
      [43, 'units'],
      [44, 'at'],
    ]);
  });

  test('answers margin without any cost with what is missing', async () => {
    const { code, json } = await advise(
      'prices',
      '--observations',
      file('p.csv', observations.join('\n')),
      '--objective',
      'margin',
    );
    expect(code).toBe(1);
    expect(json.error).toContain('--costs');
  });
});
