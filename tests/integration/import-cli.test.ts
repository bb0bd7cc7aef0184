import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importPreview } from '../../src/shared/contract';
import { runTrestle, setUpStall, withStore } from '../helpers/import-cli';

const FIXTURES = 'tests/fixtures/import';

let folder: string;
let dataDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trestle-import-cli-'));
  dataDir = join(folder, 'till');
  setUpStall(dataDir);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a file is previewed and written by the built worker', async () => {
  const run = await runTrestle(['import', join(FIXTURES, 'shopify.csv'), '--data', dataDir]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toContain('Shopify, UTF-8');
  expect(run.stdout).toMatch(/created\s+2\n/);
  expect(withStore(dataDir, (store) => store.catalogue.itemByHandle('longsands-tee')?.variants.length)).toBe(2);
  expect(existsSync(join(dataDir, 'imports'))).toBe(false);
});

test('errors are told by line and column, and nothing is written', async () => {
  const file = write('goods.csv', 'handle,name,price\na,A,1.00\nb,B,-2\nc,,3.00\n');
  const run = await runTrestle(['import', file, '--data', dataDir]);
  expect(run.code).toBe(1);
  expect(run.stdout).toContain(`${file}:3: price: error: “-2” is negative`);
  expect(run.stdout).toContain(`${file}:4: name: error: The item has no name`);
  expect(run.stderr).toContain('Nothing was imported: mend the 2 errors first.');
  expect(withStore(dataDir, (store) => store.catalogue.itemCount())).toBe(0);
});

test('a dry run writes nothing and may look while a till has the folder', async () => {
  await withTill(async () => {
    const run = await runTrestle(['import', join(FIXTURES, 'trestle.csv'), '--data', dataDir, '--dry-run', '--json']);
    expect(run.code).toBe(0);
    const outcome = JSON.parse(run.stdout) as { preview: unknown; written: unknown; error: unknown };
    expect(importPreview.parse(outcome.preview)).toMatchObject({ itemCount: 3, createdCount: 3 });
    expect(outcome).toMatchObject({ written: null, error: null });
  });
  expect(withStore(dataDir, (store) => store.catalogue.itemCount())).toBe(0);
});

test('an import beside a till is refused, with the way to do it', async () => {
  await withTill(async () => {
    const run = await runTrestle(['import', join(FIXTURES, 'trestle.csv'), '--data', dataDir]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("import from the till's Import screen");
  });
});

/** Holds the data folder as a running till does. */
async function withTill(work: () => Promise<void>): Promise<void> {
  const { Store } = await import('../../src/main/db/store');
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const store = Store.open({ dataDir, now: () => new Date(), newId: () => crypto.randomUUID(), log });
  try {
    await work();
  } finally {
    store.close();
  }
}

test('mistakes in the command line are told apart from mistakes in the file', async () => {
  const usage: readonly (readonly string[])[] = [
    ['import'],
    ['import', 'a.csv'],
    ['import', 'a.csv', '--format', 'excel', '--data', dataDir],
    ['import', 'a.csv', '--nonsense', '--data', dataDir],
  ];
  for (const args of usage) expect(await runTrestle(args), args.join(' ')).toMatchObject({ code: 2 });
  const missing = await runTrestle(['import', join(folder, 'none.csv'), '--data', dataDir]);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('cannot be read');
});

test('photos come from a folder; an unsafe one stops the import', async () => {
  const photos = join(folder, 'photos');
  mkdirSync(photos);
  writeFileSync(join(photos, 'jam.png'), await createCanvas(1000, 500).encode('png'));
  const args = ['import', join(FIXTURES, 'trestle.csv'), '--photos', photos, '--data', dataDir];
  writeFileSync(join(photos, 'CRB.svg'), '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  const refused = await runTrestle(args);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('trestle.csv:5: photo: error: The photo “CRB.svg” is an SVG with an event handler');
  rmSync(join(photos, 'CRB.svg'));
  expect(await runTrestle(args)).toMatchObject({ code: 0 });
  const sha = withStore(dataDir, (store) => store.catalogue.itemByHandle('bramble-jam')?.photo) ?? '';
  // Reduced from 1000 px, so stored as WebP.
  expect(readFileSync(join(dataDir, 'photos', sha.slice(0, 2), `${sha}.webp`)).toString('latin1', 8, 12)).toBe('WEBP');
});

test('what is exported and imported again changes nothing, photos included', async () => {
  const photos = join(folder, 'photos');
  mkdirSync(photos);
  writeFileSync(join(photos, 'jam.png'), await createCanvas(30, 30).encode('png'));
  await runTrestle(['import', join(FIXTURES, 'trestle.csv'), '--photos', photos, '--data', dataDir]);
  const file = join(folder, 'export.csv');
  expect(await runTrestle(['catalogue', 'export', file, '--data', dataDir])).toMatchObject({ code: 0, stdout: '' });
  const toStandardOutput = await runTrestle(['catalogue', 'export', '--data', dataDir]);
  expect(toStandardOutput.stdout).toBe(readFileSync(file, 'utf8'));
  const again = await runTrestle(['import', file, '--data', dataDir, '--json']);
  const { preview } = JSON.parse(again.stdout) as { preview: unknown };
  expect(preview).toMatchObject({ unchangedCount: 3, createdCount: 0, updatedCount: 0, errorCount: 0, photoCount: 1 });
});
