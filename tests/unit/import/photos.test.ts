import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backdropOfCategory, backdropOfPixels, plankOf } from '../../../src/main/import/backdrop';
import { PhotoStore } from '../../../src/main/import/photo-store';
import { PhotoError, PhotoFolder, PhotoReader, preparePhoto } from '../../../src/main/import/photos';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trestle-photos-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function picture(type: 'png' | 'jpeg' | 'webp' | 'avif' | 'gif', width = 60, height = 40): Promise<Buffer> {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#c83228';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#1020a0';
  context.fillRect(width / 4, height / 4, width / 2, height / 2);
  switch (type) {
    case 'png':
      return canvas.encode(type);
    case 'gif':
      return canvas.encode(type);
    case 'avif':
      return canvas.encode(type);
    default:
      return canvas.encode(type);
  }
}

async function refusal(bytes: Buffer): Promise<string> {
  const error: unknown = await preparePhoto(bytes).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PhotoError);
  return (error as PhotoError).code;
}

const svg = (inside: string) =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24">${inside}</svg>`);

describe('checking and reducing', () => {
  test.each(['png', 'jpeg', 'webp'] as const)('a small %s is kept byte for byte', async (type) => {
    const bytes = await picture(type);
    const photo = await preparePhoto(bytes);
    expect(photo.extension).toBe(type === 'jpeg' ? 'jpg' : type);
    expect(Buffer.compare(Buffer.from(photo.bytes), bytes)).toBe(0);
  });

  test.each(['avif', 'gif'] as const)('%s becomes webp', async (type) => {
    const photo = await preparePhoto(await picture(type));
    expect(photo.extension).toBe('webp');
    expect(await loadImage(Buffer.from(photo.bytes))).toMatchObject({ width: 60, height: 40 });
  });

  test('a large photo is reduced to 800 px on its longer side', async () => {
    const photo = await preparePhoto(await picture('jpeg', 900, 1600));
    expect(photo.extension).toBe('webp');
    expect(await loadImage(Buffer.from(photo.bytes))).toMatchObject({ width: 450, height: 800 });
  });

  test('the bytes decide, not the name', async () => {
    expect(await refusal(Buffer.from('%PDF-1.7 not a picture'))).toBe('not-a-photo');
    expect(await refusal(Buffer.from(''))).toBe('not-a-photo');
  });

  test('a damaged picture is refused', async () => {
    const bytes = await picture('png');
    expect(await refusal(bytes.subarray(0, 40))).toBe('photo-damaged');
  });

  test('a picture of absurd size is refused before it is opened', async () => {
    const bytes = await picture('png');
    // Width of a PNG: four bytes from offset 16 (PNG specification, IHDR).
    bytes.writeUInt32BE(60_000, 16);
    expect(await refusal(bytes)).toBe('photo-too-large');
  });
});

describe('vector pictures', () => {
  test('a plain one is kept', async () => {
    const bytes = svg('<defs><g id="a"/></defs><use href="#a"/><rect fill="url(#b)" style="fill:#fff"/>');
    expect(await preparePhoto(bytes)).toMatchObject({ extension: 'svg', bytes });
  });

  test.each([
    ['a script', '<script>alert(1)</script>'],
    ['a script of another name space', '<svg:script>alert(1)</svg:script>'],
    ['an event handler', '<rect onclick="alert(1)"/>'],
    ['an event handler on the root', '<g ONLOAD="alert(1)"/>'],
    ['a link to the web', '<image href="https://example.com/x.png"/>'],
    ['an older link to the web', '<image xlink:href="//example.com/x.png"/>'],
    ['a script as a link', '<a href="javascript:alert(1)"><rect/></a>'],
    ['a web page inside', '<foreignObject><body/></foreignObject>'],
    ['a fetched fill', '<rect fill="url(https://example.com/x.svg#a)"/>'],
    ['a fetched style', '<style>@import url("https://example.com/x.css");</style>'],
    ['a style in a data section', '<style><![CDATA[rect{fill:url(//example.com/a)}]]></style>'],
    ['HTML held inside', '<image href="data:text/html;base64,PHNjcmlwdD4="/>'],
    ['an animated link', '<a><animate attributeName="href" to="javascript:alert(1)"/></a>'],
  ])('one with %s is refused', async (_what, inside) => {
    expect(await refusal(svg(inside))).toBe('photo-unsafe');
  });

  test('one with entities or a style sheet of its own is refused', async () => {
    const entities = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('<text>&x;</text>').toString()}`;
    expect(await refusal(Buffer.from(entities))).toBe('photo-unsafe');
    const sheet = `<?xml version="1.0"?><?xml-stylesheet href="https://example.com/x.css"?>${svg('').toString()}`;
    expect(await refusal(Buffer.from(sheet))).toBe('photo-unsafe');
  });

  test('other XML is no picture', async () => {
    expect(await refusal(Buffer.from('<?xml version="1.0"?><html><body/></html>'))).toBe('not-a-photo');
  });
});

describe('backdrops', () => {
  test('the wall continues the border of the photo, the plank is darker', async () => {
    const { backdrop } = await preparePhoto(await picture('png'));
    // #c83228 moved towards the middle: 40 + channel × 196 / 255.
    expect(backdrop).toEqual({ wall: '#c24e47', plank: plankOf('#c24e47') });
  });

  test('a transparent border has no colour', () => {
    expect(backdropOfPixels(new Uint8ClampedArray(8 * 8 * 4), 8, 8)).toBeNull();
  });

  test('a category has one backdrop, whatever the case of its letters', () => {
    expect(backdropOfCategory('Bakery')).toEqual(backdropOfCategory('bakery'));
    expect(backdropOfCategory('Bakery')).not.toEqual(backdropOfCategory('Larder'));
  });

  test('a plank is 17 % darker', () => {
    expect(plankOf('#ffffff')).toBe('#d4d4d4');
    expect(plankOf('#000000')).toBe('#000000');
  });
});

describe('a folder of photos', () => {
  const draft = (given: { handle?: string; photoName?: string; sku?: string; barcodes?: string[] }) => ({
    line: 2,
    handle: given.handle ?? 'h',
    handleGiven: true,
    photoName: given.photoName,
    variants: [{ line: 2, name: '', sku: given.sku, barcodes: given.barcodes }],
  });

  test('is matched by name, then handle, SKU and barcode, whatever the case', () => {
    for (const name of ['Jam.JPG', 'tote.png', 'sku-1.webp', '96385074.gif', 'notes.txt']) {
      writeFileSync(join(folder, name), 'x');
    }
    const photos = new PhotoFolder(folder);
    const found = (given: Parameters<typeof draft>[0]) => photos.find(draft(given))?.slice(folder.length + 1);
    expect(photos.fileCount).toBe(4);
    expect(found({ photoName: 'jam.jpg', handle: 'tote' })).toBe('Jam.JPG');
    expect(found({ photoName: 'jam.png' })).toBe('Jam.JPG');
    expect(found({ handle: 'Tote' })).toBe('tote.png');
    expect(found({ sku: 'SKU-1' })).toBe('sku-1.webp');
    expect(found({ barcodes: ['1', '96385074'] })).toBe('96385074.gif');
    expect(found({ handle: 'notes' })).toBeUndefined();
  });
});

describe('the photo store', () => {
  test('keeps a photo once, under its hash', async () => {
    const added: string[] = [];
    const store = new PhotoStore(folder, (sha) => added.push(sha));
    const bytes = await picture('png');
    const sha = createHash('sha256').update(bytes).digest('hex');
    expect(store.pathOf(sha)).toBeNull();
    expect(await store.put(bytes, 'png')).toBe(sha);
    expect(await store.put(bytes, 'png')).toBe(sha);
    expect(added).toEqual([sha]);
    expect(store.pathOf(sha)).toBe(join(folder, 'photos', sha.slice(0, 2), `${sha}.png`));
    expect(readdirSync(join(folder, 'photos', sha.slice(0, 2)))).toEqual([`${sha}.png`]);
    expect(Buffer.compare(readFileSync(store.pathOf(sha) ?? ''), bytes)).toBe(0);
  });

  test('answers no path for what is no hash', () => {
    expect(new PhotoStore(folder).pathOf('../../etc/passwd')).toBeNull();
  });

  test('one file shown by two items is read and stored once', async () => {
    const path = join(folder, 'a.png');
    writeFileSync(path, await picture('png'));
    const added: string[] = [];
    const reader = new PhotoReader(new PhotoStore(folder, (sha) => added.push(sha)));
    const [first, second] = await Promise.all([reader.read(path), reader.read(path)]);
    expect(first).toBe(second);
    expect(added).toEqual([first.sha]);
  });

  test('a file of more than 12 MB is refused unread', async () => {
    const path = join(folder, 'a.png');
    writeFileSync(path, Buffer.alloc(12 * 1024 * 1024 + 1));
    await expect(new PhotoReader(new PhotoStore(folder)).read(path)).rejects.toMatchObject({ code: 'photo-too-large' });
  });
});
