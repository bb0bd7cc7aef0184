import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import {
  LABEL_SHEETS,
  labelPlace,
  labelsOnSheet,
  sheetCount,
  type LabelSheetId,
  type LabelSheets,
} from '../../../src/domain/label-sheet';
import type { ShelfLabel } from '../../../src/domain/shelf-label';
import { drawLabelSheets } from '../../../src/pages/label-sheet';

const SHEETS = Object.keys(LABEL_SHEETS) as LabelSheetId[];
const DOTS_PER_INCH = 300;

beforeAll(async () => {
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  await prepareZXingModule({
    overrides: { wasmBinary: new Uint8Array(readFileSync(file)).buffer },
    fireImmediately: true,
  });
});

const label = (code: ShelfLabel['code'], changes: Partial<ShelfLabel> = {}): ShelfLabel => ({
  name: 'Bramble jam with a name that takes more than a line, 340 g',
  price: '£4.50',
  was: { words: 'was £6.00', price: '£6.00' },
  code,
  ...changes,
});

/** What a scanner reads on each label of a printed sheet, held before one after the other. */
async function codesOn(pngFile: string, sheet: LabelSheetId) {
  const image = await loadImage(readFileSync(pngFile));
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { widthMillimetres, heightMillimetres } = LABEL_SHEETS[sheet];
  const dots = (millimetres: number): number => Math.round((millimetres * DOTS_PER_INCH) / 25.4);
  const read = [];
  for (let index = 0; index < labelsOnSheet(sheet); index += 1) {
    const { leftMillimetres: left, topMillimetres: top } = labelPlace({ sheet, startAt: 1 }, index);
    const pixels = context.getImageData(dots(left), dots(top), dots(widthMillimetres), dots(heightMillimetres));
    const found = await readBarcodes(pixels as unknown as ImageData, {
      formats: ['EAN13', 'EAN8', 'UPCA', 'Code128', 'QRCode'],
    });
    read.push(found.map(({ text, format }) => ({ text, format: String(format) })));
  }
  return read;
}

async function printed(sheets: LabelSheets) {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-labels-'));
  try {
    const file = join(folder, 'labels.pdf');
    writeFileSync(file, drawLabelSheets(sheets, 'resources/fonts'));
    execFileSync('pdftoppm', ['-r', String(DOTS_PER_INCH), '-gray', '-png', file, join(folder, 'page')]);
    const pages = readdirSync(folder).filter((name) => name.endsWith('.png'));
    const words = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
    const codes = [];
    for (const page of pages.toSorted()) codes.push(await codesOn(join(folder, page), sheets.sheet));
    return { codes, words };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What poppler reads of a file, by one of its programs. */
function readBack(bytes: Uint8Array, program: 'pdfinfo' | 'pdftotext', ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'trestle-labels-'));
  try {
    const file = join(folder, 'labels.pdf');
    writeFileSync(file, bytes);
    return execFileSync(program, [...options, file, ...(program === 'pdftotext' ? ['-'] : [])], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sheetsOf = (sheet: LabelSheetId, labels: LabelSheets['labels'], startAt = 1): LabelSheets => ({
  title: 'Labels of Test',
  language: 'en-GB',
  sheet,
  startAt,
  labels,
});

test.each(SHEETS)('the labels of %s lie on the sheet, none over another', (sheet) => {
  const { widthMillimetres: width, heightMillimetres: height, columns } = LABEL_SHEETS[sheet];
  const places = Array.from({ length: labelsOnSheet(sheet) }, (_, index) => labelPlace({ sheet, startAt: 1 }, index));
  for (const [index, { page, leftMillimetres: left, topMillimetres: top }] of places.entries()) {
    expect(page).toBe(0);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left + width).toBeLessThanOrEqual(210 + 1e-9);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top + height).toBeLessThanOrEqual(297 + 1e-9);
    const next = places[index + 1];
    if (next && (index + 1) % columns !== 0) expect(next.leftMillimetres).toBeGreaterThanOrEqual(left + width - 1e-9);
    const below = places[index + columns];
    if (below) expect(below.topMillimetres).toBeGreaterThanOrEqual(top + height - 1e-9);
  }
  expect(labelPlace({ sheet, startAt: 2 }, places.length - 1)).toEqual({ ...places[0], page: 1 });
  expect(sheetCount({ sheet, startAt: 2 }, places.length)).toBe(2);
});

test('the first label of an L7160 lies where its data sheet says', () => {
  const { leftMillimetres, topMillimetres } = labelPlace({ sheet: 'L7160', startAt: 1 }, 0);
  expect(leftMillimetres).toBeCloseTo(7.2, 1);
  expect(topMillimetres).toBeCloseTo(15.15, 2);
});

describe('at 300 dots to the inch', () => {
  interface Code {
    readonly code: NonNullable<ShelfLabel['code']>;
    readonly format: string;
    readonly reads?: string;
  }
  const CODES: readonly Code[] = [
    { code: { kind: 'bars', data: '5012345010779' }, format: 'EAN13' },
    { code: { kind: 'bars', data: '96385074' }, format: 'EAN8' },
    // A UPC-A is an EAN-13 that begins with a zero: twelve digits are drawn, and read as thirteen.
    { code: { kind: 'bars', data: '036000291452' }, format: 'EAN13', reads: '0036000291452' },
    { code: { kind: 'bars', data: 'JAM-340' }, format: 'Code128' },
    {
      code: { kind: 'qr', data: 'http://192.168.178.23:8726/q/019a4f6e-6c5b-7b1d-9b0e-2f6f1d7f2f11' },
      format: 'QRCode',
    },
  ];

  test.each(['L7651', 'L7160', 'L7163'] as const)('every code of a full sheet of %s reads', async (sheet) => {
    const expected = Array.from({ length: labelsOnSheet(sheet) }, (_, index) => CODES[index % CODES.length] as Code);
    const labels = expected.map(({ code }) => ({ label: label(code), copies: 1 }));
    const { codes } = await printed(sheetsOf(sheet, labels));
    expect(codes).toEqual([expected.map(({ code, format, reads = code.data }) => [{ text: reads, format }])]);
  });

  test('a code too long for bars on the label is a QR code with the same content', async () => {
    const data = 'A-LONG-STOCK-KEEPING-UNIT-0001';
    const { codes } = await printed(sheetsOf('L7651', [{ label: label({ kind: 'bars', data }), copies: 2 }], 64));
    expect(codes.flat(2)).toEqual([
      { text: data, format: 'QRCode' },
      { text: data, format: 'QRCode' },
    ]);
  });

  test('labels begin where the sheet was left, and go on at the top of the next', async () => {
    const { codes, words } = await printed(
      sheetsOf('L7163', [{ label: label({ kind: 'bars', data: '5012345010779' }), copies: 3 }], 13),
    );
    expect(codes.map((page) => page.flatMap((read, place) => read.map(() => place)))).toEqual([[12, 13], [0]]);
    expect(words).toContain('£4.50');
    expect(words).toContain('£6.00');
  });
});

test('a sheet can be read aloud label by label: its title, its language, and a code by what it says', () => {
  const labels = [
    { label: label({ kind: 'bars', data: '5012345010779' }), copies: 1 },
    { label: label({ kind: 'qr', data: 'https://stall.example/q/1' }, { name: 'Loaf', was: null }), copies: 2 },
  ];
  const bytes = drawLabelSheets(sheetsOf('L7163', labels, 14), 'resources/fonts');
  const info = readBack(bytes, 'pdfinfo');
  expect(info).toMatch(/Title:\s+Labels of Test/);
  expect(info).toMatch(/Tagged:\s+yes/);
  expect(info).toMatch(/Pages:\s+2/);
  const tags = readBack(bytes, 'pdfinfo', '-struct-text').replaceAll(' (block)', '').replace(/\s+/g, ' ').trim();
  const loaf = 'Sect P "Loaf" P "£4.50" Figure ""';
  expect(tags).toMatch(/^Document Sect P "Bramble jam[^"]+340 g" P "£4.50" P "£6.00" Figure "5012345010779" Sect/);
  expect(tags.endsWith(`${loaf} ${loaf}`)).toBe(true);
  // What is said in place of what is drawn: pdfinfo has no eye for it, but it lies open in the file.
  const file = Buffer.from(bytes).toString('latin1');
  expect(file).toContain('/Lang (en-GB)');
  expect(file).toContain('/Alt (5012345010779)');
  expect(file.split('/Alt (https://stall.example/q/1)')).toHaveLength(3);
  expect(file).toContain('/ActualText (Bramble jam with a name that takes more than a line, 340 g)');
  expect(file).toContain(`/ActualText (${utf16('was £6.00')})`);
});

/** A text as PDF writes it where it is not ASCII (ISO 32000-1, 7.9.2.2). */
function utf16(text: string): string {
  return Buffer.from(`\ufeff${text}`, 'utf16le').swap16().toString('latin1');
}
