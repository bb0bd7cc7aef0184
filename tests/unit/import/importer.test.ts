import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { v7 as newUuid } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Stall } from '../../../src/domain/stall';
import { Store, type StoreLog } from '../../../src/main/db/store';
import { StoreError } from '../../../src/main/db/store-error';
import { importFolder, NewPhotos } from '../../../src/main/import/new-photos';
import { FILE_BYTES_MOST, Importer, type ImportState } from '../../../src/main/import/importer';
import { importPreview, importState } from '../../../src/shared/contract';
import { fixture, TAX_RATES } from './reading';

const STALL: Stall = {
  stallId: 'stall',
  name: 'Stall',
  place: '',
  currency: 'GBP',
  locale: 'en-GB',
  timeZone: 'Europe/London',
  taxIncluded: true,
  taxRates: TAX_RATES,
  vatNumber: '',
  receiptFooter: '',
  labelRules: [],
  categories: [],
  cardProviders: [],
  denominations: [100],
};
const LOG: StoreLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

let dataDir: string;
let store: Store;
let states: ImportState[];
let importer: Importer;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'trestle-import-'));
  store = Store.open({ dataDir, now: () => new Date(), newId: () => newUuid(), log: LOG });
  states = [];
  importer = newImporter();
});
afterEach(async () => {
  await importer.close();
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function newImporter(into: Pick<Store, 'importItems'> = store): Importer {
  return new Importer({
    dataDir,
    store: into,
    stall: () => STALL,
    now: () => new Date(),
    newId: () => newUuid(),
    log: LOG,
    onState: (state) => states.push(importState.unwrap().parse(state)),
  });
}

/** Sends a file in slices of 100 bytes, as a screen does with larger ones. */
async function send(fileName: string, bytes: Buffer): Promise<string> {
  const { importId } = await importer.open({ fileName, totalBytes: bytes.length });
  for (let offset = 0; offset < bytes.length; offset += 100) {
    await importer.append(importId, offset, bytes.subarray(offset, offset + 100));
  }
  return importId;
}

function preview(importId: string) {
  return importer.preview({ importId, format: 'auto', taxRateId: 'standard' });
}

async function importAll(bytes: Buffer) {
  const importId = await send('catalogue.csv', bytes);
  await preview(importId);
  return importer.commit(importId, null);
}

test('a file goes from slices through a preview into the catalogue', async () => {
  const importId = await send('goods.csv', fixture('trestle.csv'));
  const shown = importPreview.parse(await preview(importId));
  expect(shown).toMatchObject({ format: 'trestle', rowCount: 4, itemCount: 3, createdCount: 3, errorCount: 0 });
  expect(store.catalogue.itemCount()).toBe(0);
  expect(await importer.commit(importId, null)).toEqual({ itemCount: 3, variantCount: 4 });
  expect(store.catalogue.itemByHandle('cheddar')?.variants[0]?.priceMinor).toBe(1840);
  expect(states.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1])).toEqual([
    'receiving',
    'reading',
    'previewed',
    'writing',
    'done',
  ]);
  expect(importer.state).toMatchObject({ importId, fileName: 'goods.csv', phase: 'done', error: null });
  expect(readdirSync(join(dataDir, 'imports'))).toEqual([]);
});

test('the same file again writes nothing', async () => {
  await importAll(fixture('shopify.csv'));
  expect(await importAll(fixture('shopify.csv'))).toEqual({ itemCount: 0, variantCount: 0 });
});

test('a file with errors is previewed and cannot be written', async () => {
  const importId = await send('bad.csv', Buffer.from('name,price\nA,1\nB,-1\n'));
  expect(await preview(importId)).toMatchObject({
    itemCount: 2,
    errorCount: 1,
    errors: [{ line: 3, column: 'price' }],
  });
  await expect(importer.commit(importId, null)).rejects.toMatchObject({ code: 'import-invalid' });
  expect(store.catalogue.itemCount()).toBe(0);
});

test('the other format may be asked for after the first guess', async () => {
  const importId = await send('goods.csv', fixture('square.csv'));
  expect(await importer.preview({ importId, format: 'shopify', taxRateId: 'standard' })).toMatchObject({
    errorCount: 1,
  });
  expect(await preview(importId)).toMatchObject({ format: 'square', errorCount: 0 });
});

test('one import at a time', async () => {
  const importId = await send('a.csv', fixture('trestle.csv'));
  await expect(importer.open({ fileName: 'b.csv', totalBytes: 1 })).rejects.toMatchObject({ code: 'import-busy' });
  const first = preview(importId);
  await expect(preview(importId)).rejects.toMatchObject({ code: 'import-busy' });
  await first;
  await importer.cancel(importId);
  await expect(importer.commit(importId, null)).rejects.toMatchObject({ code: 'unknown-import' });
  expect(importer.state?.phase).toBe('cancelled');
  await importAll(fixture('trestle.csv'));
});

test('slices come in order, and one that comes twice counts once', async () => {
  const { importId } = await importer.open({ fileName: 'a.csv', totalBytes: 21 });
  expect(await importer.append(importId, 0, Buffer.from('name,price\n'))).toEqual({ receivedBytes: 11 });
  expect(await importer.append(importId, 0, Buffer.from('name,price\n'))).toEqual({ receivedBytes: 11 });
  await expect(importer.append(importId, 15, Buffer.from('x'))).rejects.toMatchObject({ code: 'bad-request' });
  await expect(preview(importId)).rejects.toMatchObject({ code: 'bad-request' });
  await expect(importer.append(importId, 11, Buffer.alloc(11))).rejects.toMatchObject({ code: 'bad-request' });
  await importer.append(importId, 11, Buffer.from('Mug,9.00\n\n'));
  expect(await preview(importId)).toMatchObject({ itemCount: 1, errorCount: 0 });
});

test('a file beyond the cap is refused before it is sent', async () => {
  await expect(importer.open({ fileName: 'a.csv', totalBytes: FILE_BYTES_MOST + 1 })).rejects.toMatchObject({
    code: 'import-too-large',
  });
});

test('a tax rate the stall does not have is refused', async () => {
  const importId = await send('a.csv', fixture('trestle.csv'));
  await expect(importer.preview({ importId, format: 'auto', taxRateId: 'luxury' })).rejects.toMatchObject({
    code: 'bad-request',
  });
});

test('photos are matched, stored, and taken out again when the import is cancelled', async () => {
  const photo = await createCanvas(20, 20).encode('png');
  const importId = await send('a.csv', fixture('trestle.csv'));
  await importer.addPhoto(importId, 'JAM.png', photo);
  await importer.addPhoto(importId, '../../nobody.png', photo);
  const shown = await preview(importId);
  expect(shown).toMatchObject({ photoCount: 1, errorCount: 0 });
  expect(shown.warnings.map(({ code }) => code)).toEqual(['photos-unused']);
  const sha = shown.sample[0]?.photo ?? '';
  const stored = join(dataDir, 'photos', sha.slice(0, 2), `${sha}.png`);
  expect(existsSync(stored)).toBe(true);
  expect(existsSync(join(dataDir, 'nobody.png'))).toBe(false);
  await importer.cancel(importId);
  expect(existsSync(stored)).toBe(false);
});

/** Every file of the photo folder, whole or not. */
function photoFiles(): string[] {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  return files.filter((file) => file.isFile() && file.parentPath.includes('photos')).map(({ name }) => name);
}

/** An import whose every item has a photo of its own, previewed. */
async function previewWithPhotos(byImporter: Importer): Promise<string> {
  const bytes = Buffer.from('handle,name,price\nmug,Mug,9.50\nbowl,Bowl,14\n');
  const { importId } = await byImporter.open({ fileName: 'a.csv', totalBytes: bytes.length });
  await byImporter.append(importId, 0, bytes);
  await byImporter.addPhoto(importId, 'mug.png', await createCanvas(20, 20).encode('png'));
  await byImporter.addPhoto(importId, 'bowl.png', await createCanvas(30, 20).encode('png'));
  await byImporter.preview({ importId, format: 'auto', taxRateId: 'standard' });
  return importId;
}

test('photos go when the items they came for cannot be written', async () => {
  const full = newImporter({ importItems: () => Promise.reject(new StoreError('disk-full', 'The disk is full.')) });
  const importId = await previewWithPhotos(full);
  await expect(full.commit(importId, null)).rejects.toMatchObject({ code: 'disk-full' });
  expect(photoFiles()).toEqual([]);
});

test('photos of an import that was killed before its items were written go with the next start', async () => {
  const importId = await previewWithPhotos(importer);
  const [first] = new NewPhotos(importFolder(dataDir, importId)).list();
  writeFileSync(join(dataDir, 'photos', first?.slice(0, 2) ?? '', `${first}.png.1.part`), 'half of a photo');
  await newImporter().clearLeftovers();
  expect(photoFiles()).toEqual([]);
});

test('photos of an import that was killed after its items were written stay', async () => {
  const importId = await previewWithPhotos(importer);
  const folder = importFolder(dataDir, importId);
  const kept = new NewPhotos(folder).list();
  await importer.commit(importId, null);
  for (const sha of kept) new NewPhotos(folder).note(sha);
  await newImporter().clearLeftovers();
  expect(photoFiles().sort()).toEqual(kept.map((sha) => `${sha}.png`).sort());
});

test('a photo chosen for one item stays with it, and goes with the next start where there is none', async () => {
  const shown = await importer.keepPhoto(await createCanvas(20, 20).encode('png'));
  const forgotten = await importer.keepPhoto(await createCanvas(30, 20).encode('png'));
  await importAll(Buffer.from(`handle,name,price,photo\nmug,Mug,9.00,${shown.sha}\n`));
  expect(photoFiles()).toHaveLength(2);
  await newImporter().clearLeftovers();
  expect(photoFiles()).toEqual([`${shown.sha}.png`]);
  expect(forgotten.sha).not.toBe(shown.sha);
  await expect(importer.keepPhoto(Buffer.from('no picture'))).rejects.toMatchObject({ code: 'bad-photo' });
});

test('a committed photo belongs to its item, and stays when a later import comes without photos', async () => {
  const importId = await send('a.csv', fixture('trestle.csv'));
  await importer.addPhoto(importId, 'jam.png', await createCanvas(20, 20).encode('png'));
  await preview(importId);
  await importer.commit(importId, null);
  const sha = store.catalogue.itemByHandle('bramble-jam')?.photo;
  expect(sha).toMatch(/^[0-9a-f]{64}$/);
  expect(await importAll(fixture('trestle.csv'))).toEqual({ itemCount: 0, variantCount: 0 });
  expect(store.catalogue.itemByHandle('bramble-jam')?.photo).toBe(sha);
});

test('an unsafe photo is an error at the row it belongs to', async () => {
  const importId = await send('a.csv', fixture('trestle.csv'));
  await importer.addPhoto(importId, 'cheddar.svg', Buffer.from('<svg><script>alert(1)</script></svg>'));
  expect((await preview(importId)).errors).toMatchObject([{ line: 6, column: 'photo', code: 'photo-unsafe' }]);
});

test.each(['', '.', '..', '.hidden', 'a\u0000b.png'])('a photo called %j is refused', async (name) => {
  const importId = await send('a.csv', fixture('trestle.csv'));
  await expect(importer.addPhoto(importId, name, Buffer.alloc(1))).rejects.toMatchObject({ code: 'bad-request' });
});

test('a file on this machine is read where it lies, with a folder of photos', async () => {
  const folder = join(dataDir, 'elsewhere');
  mkdirSync(folder);
  writeFileSync(join(folder, 'goods.csv'), fixture('trestle.csv'));
  writeFileSync(join(folder, 'CRB.png'), await createCanvas(20, 20).encode('png'));
  const { importId } = await importer.openFile(join(folder, 'goods.csv'), folder);
  expect(await preview(importId)).toMatchObject({ itemCount: 3, photoCount: 1 });
  await importer.commit(importId, null);
  expect(readFileSync(join(folder, 'goods.csv'))).toEqual(fixture('trestle.csv'));
  await expect(importer.openFile(join(folder, 'none.csv'), null)).rejects.toMatchObject({ code: 'bad-request' });
});

test('what the catalogue became since the preview is not undone', async () => {
  await importAll(Buffer.from('handle,name,price,stock\nmug,Mug,9.00,5\n'));
  const importId = await send('a.csv', Buffer.from('handle,name,price\nmug,Mug,9.50\n'));
  await preview(importId);
  const mug = store.catalogue.itemByHandle('mug');
  if (mug === null) throw new Error('no mug');
  const renamed = { ...mug, description: 'Thrown by hand.', variants: mug.variants.map((v) => ({ ...v, stock: 3 })) };
  store.commit({
    actor: null,
    drafts: [{ kind: 'catalogue.items-put', body: { items: [renamed as never] } }],
    result: null,
  });
  await importer.commit(importId, null);
  expect(store.catalogue.itemByHandle('mug')).toMatchObject({
    description: 'Thrown by hand.',
    variants: [{ priceMinor: 950, stock: 3 }],
  });
});

test('a catalogue that took the barcode since the preview stops the commit', async () => {
  const importId = await send('a.csv', Buffer.from('handle,name,barcodes,price\nmug,Mug,96385074,9.50\n'));
  await preview(importId);
  const other = newImporter();
  const bytes = Buffer.from('handle,name,barcodes,price\ncup,Cup,96385074,4.00\n');
  const { importId: otherId } = await other.open({ fileName: 'b.csv', totalBytes: bytes.length });
  await other.append(otherId, 0, bytes);
  await other.preview({ importId: otherId, format: 'auto', taxRateId: 'standard' });
  await other.commit(otherId, null);
  await expect(importer.commit(importId, null)).rejects.toMatchObject({ code: 'import-invalid' });
  expect(store.catalogue.itemByHandle('mug')).toBeNull();
  expect(importer.state).toMatchObject({ phase: 'failed' });
});

test('what a killed import left is cleared away', async () => {
  await send('a.csv', fixture('trestle.csv'));
  const next = newImporter();
  await next.clearLeftovers();
  expect(existsSync(join(dataDir, 'imports'))).toBe(false);
});
