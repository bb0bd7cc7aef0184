import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import bwipjs from 'bwip-js/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { decodeLabel } from '../../src/cli/decode-label';

beforeAll(async () => {
  // The reader would fetch its program from the network otherwise.
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const wasmBinary = new Uint8Array(readFileSync(file)).buffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
});

/** Draws a symbol with one foreign library and reads it with another, as a scanner would deliver it. */
async function scan(symbology: string, text: string): Promise<string> {
  const png = await bwipjs.toBuffer({
    bcid: symbology,
    text,
    scale: 4,
    paddingwidth: 20,
    paddingheight: 20,
    backgroundcolor: 'FFFFFF',
  });
  const [read] = await readBarcodes(new Uint8Array(png), { tryHarder: true, eanAddOnSymbol: 'Ignore' });
  if (!read) throw new Error(`${symbology} was not read`);
  return read.symbologyIdentifier + new TextDecoder().decode(read.bytes);
}

const options = { labelRules: [{ pattern: '21IIIIIWWWWWC', kind: 'weight' as const }], currency: 'GBP' };
const cheese = { '01': '04006381333931', '3103': '001250', '3922': '2250', '10': 'A/1', '21': '7' };
const brackets = '(01)04006381333931(3103)001250(3922)2250(10)A/1(21)7';

describe('symbols drawn and read by others', () => {
  test.each([
    ['gs1-128', 'GS1-128'],
    ['gs1datamatrix', 'GS1 DataMatrix'],
    ['gs1qrcode', 'GS1 QR'],
    ['databarexpanded', 'GS1 DataBar'],
  ])('%s is a %s with its elements, separators and all', async (drawn, symbology) => {
    expect(decodeLabel(await scan(drawn, brackets), options)).toMatchObject({
      symbology,
      kind: 'element-string',
      gtin14: '04006381333931',
      ais: cheese,
      weightGrams: 1250,
      priceMinor: 2250,
    });
  });

  test.each([
    ['ean13', '4006381333931', { symbology: 'EAN-13', kind: 'item', gtin14: '04006381333931' }],
    ['ean8', '96385074', { symbology: 'EAN-8', kind: 'item', gtin14: '00000096385074' }],
    ['upca', '036000291452', { kind: 'item', gtin14: '00036000291452' }],
    ['upce', '04252614', { kind: 'item', gtin14: '00042100005264' }],
    ['ean13', '2100031003129', { symbology: 'EAN-13', kind: 'measure', weightGrams: 312 }],
    [
      'databaromni',
      '(01)04006381333931',
      { symbology: 'GS1 DataBar', kind: 'element-string', gtin14: '04006381333931' },
    ],
    ['code128', '0104006381333931', { symbology: 'Code 128', kind: 'unknown' }],
    ['datamatrix', '0104006381333931', { symbology: 'DataMatrix', kind: 'unknown' }],
    [
      'qrcode',
      'https://id.gs1.org/01/04006381333931/10/A',
      { symbology: 'QR', kind: 'digital-link', gtin14: '04006381333931' },
    ],
    ['itf14', '15400141288763', { symbology: 'ITF', kind: 'item', gtin14: '15400141288763' }],
  ])('%s of %s', async (drawn, text, decoded) => {
    expect(decodeLabel(await scan(drawn, text), options)).toMatchObject(decoded);
  });
});
