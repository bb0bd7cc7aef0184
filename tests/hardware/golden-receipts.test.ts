import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadImage } from '@napi-rs/canvas';
import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { ReceiptBlock } from '../../src/domain/receipt';
import { drawReceipt } from '../../src/hardware/encoders/receipt-drawing';
import { isPlain } from '../../src/hardware/encoders/printable-text';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper, lineText, type PaperElement } from '../../src/hardware/virtual/paper';
import { drawPaper } from '../../src/hardware/virtual/paper-image';
import { goldenReceipts } from '../helpers/golden-receipts';

/**
 * Receipts as they are sent, byte for byte, beside pictures of the paper they make. After a change that is meant to
 * change them: `UPDATE_RECEIPTS=1 npx vitest run --project unit tests/hardware/golden-receipts.test.ts`, then look at
 * every picture that git says has changed.
 */
const folder = fileURLToPath(new URL('../fixtures/receipts/', import.meta.url));
const isUpdate = process.env['UPDATE_RECEIPTS'] === '1';
const hasZbar = ((): boolean => {
  try {
    execFileSync('zbarimg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const readByZxing = async (png: Uint8Array): Promise<string[]> =>
  (await readBarcodes(png, { formats: ['QRCode', 'Code128', 'EAN13'] })).map(({ text }) => text).sort();
const readByZbar = (file: string): string[] =>
  execFileSync('zbarimg', ['--quiet', '--raw', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split('\n')
    .sort();

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  // The reader would fetch its program from the network otherwise.
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const wasmBinary = new Uint8Array(readFileSync(file)).buffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
});

describe.each(goldenReceipts)('the receipt $name on $model', ({ name, model, document }) => {
  const profile = PRINTER_PROFILES[model];
  const encodings = Object.fromEntries(profile.codePages.map(({ number, encoding }) => [number, encoding]));
  const bytes = ((): Uint8Array => {
    const encoded = drawReceipt({ document, profile });
    if (!encoded.ok) throw new Error(encoded.error.message);
    return encoded.value;
  })();
  const elements = decodeEscpos(bytes, profile.dotsWide, encodings).filter(isPaper);
  const ofKind = <K extends PaperElement['kind']>(kind: K): Extract<PaperElement, { kind: K }>[] =>
    elements.filter((element): element is Extract<PaperElement, { kind: K }> => element.kind === kind);
  const lines = ofKind('line').map(({ runs }) => lineText(runs));
  const drawnLines = ofKind('image').filter(({ image }) => image.widthDots === profile.dotsWide);

  test('is sent as before', () => {
    if (isUpdate) {
      writeFileSync(`${folder}${name}.bin`, bytes);
      writeFileSync(`${folder}${name}.png`, drawPaper({ elements, dotsWide: profile.dotsWide }));
    }
    expect(Buffer.from(bytes).equals(readFileSync(`${folder}${name}.bin`))).toBe(true);
  });

  test('says what was meant: what is plain as text, the rest drawn, amounts at the edge', () => {
    const { columns, codePages } = profile;
    const rows = document.blocks.filter(
      (block): block is Extract<ReceiptBlock, { kind: 'row' }> => block.kind === 'row',
    );
    const plainRows = rows.filter(({ left, right }) => isPlain(left + right, codePages));
    const letters = (words: string): string => words.replaceAll(/\s/g, '');
    const all = letters(lines.join(''));
    for (const { left, right } of plainRows) {
      for (const word of left.split(' ')) expect(all).toContain(word.slice(0, Math.floor(columns / 3)));
      expect(lines.some((line) => line.endsWith(right))).toBe(true);
    }
    const drawnRows = rows.filter(({ right, left }) => right !== '' && !isPlain(left.slice(0, 12) + right, codePages));
    const edge = columns * 12;
    // The last stroke stands within the last column, whatever the width of its letter.
    const atTheEdge = drawnLines.filter(({ image }) => {
      const last = lastInkedColumn(image);
      return last > edge - 14 && last < edge;
    });
    expect(atTheEdge.length).toBeGreaterThanOrEqual(drawnRows.length);
    if (drawnRows.length === 0) expect(drawnLines).toEqual([]);
  });

  test('its picture shows codes that others read', async () => {
    const png = readFileSync(`${folder}${name}.png`);
    const picture = await loadImage(png);
    const again = await loadImage(drawPaper({ elements, dotsWide: profile.dotsWide }));
    expect([picture.width, picture.height]).toEqual([again.width, again.height]);
    const commands = [...ofKind('qr'), ...ofKind('barcode')].map(({ data }) => data).sort();
    const codes = ['TR1:T1-0412', 'https://till.example/r/T1-0412'];
    expect(commands).toEqual(profile.supportsQrCode ? codes : ['TR1:T1-0412']);
    // A printer that draws no QR code gets a picture of it.
    expect(await readByZxing(png)).toEqual(codes);
  });

  test.skipIf(!hasZbar)('zbar reads them too', async () => {
    const file = `${folder}${name}.png`;
    expect(readByZbar(file)).toEqual(await readByZxing(readFileSync(file)));
  });
});

test('pictures of every document differ', () => {
  const looks = goldenReceipts.map(({ name }) => readFileSync(`${folder}${name}.png`).toString('latin1'));
  expect(new Set(looks).size).toBe(goldenReceipts.length);
});

test('the EAN of another program comes out of the drawing as it went in', async () => {
  const bytes: Uint8Array = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: 48 })
    .initialize()
    .barcode('4006381333931', 'ean13', { height: 80, text: true })
    .encode();
  const elements = decodeEscpos(bytes, 576).filter(isPaper);
  expect(await readByZxing(drawPaper({ elements, dotsWide: 576 }))).toEqual(['4006381333931']);
});

/** From the left, in dots; −1 for a blank picture. */
function lastInkedColumn({ widthDots, heightDots, data }: Extract<PaperElement, { kind: 'image' }>['image']): number {
  let last = -1;
  for (let y = 0; y < heightDots; y += 1) {
    for (let x = last + 1; x < widthDots; x += 1) {
      if ((data[(y * widthDots + x) >> 3] ?? 0) & (0x80 >> (x & 7))) last = x;
    }
  }
  return last;
}
