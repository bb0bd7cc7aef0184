import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import bwip from 'bwip-js/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule } from 'zxing-wasm/reader';
import { readNearestCode } from '../../../src/renderer/lib/camera-codes';

beforeAll(async () => {
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  await prepareZXingModule({
    overrides: { wasmBinary: new Uint8Array(readFileSync(file)).buffer },
    fireImmediately: true,
  });
});

/** Labels on a grey table, each with its middle at a place. */
async function pictureOf(...labels: readonly { symbology: string; text: string; x: number; y: number }[]) {
  const canvas = createCanvas(1_280, 720);
  const context = canvas.getContext('2d');
  context.fillStyle = '#9a8f80';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const { symbology, text, x, y } of labels) {
    const png = await bwip.toBuffer({
      bcid: symbology,
      text,
      scale: 2,
      paddingwidth: 8,
      paddingheight: 8,
      backgroundcolor: 'fff',
    });
    const image = await loadImage(png);
    context.drawImage(image, x - image.width / 2, y - image.height / 2);
  }
  return context.getImageData(0, 0, canvas.width, canvas.height) as unknown as ImageData;
}

describe('the camera reads, as a scanner would deliver it,', () => {
  test.each([
    ['ean13', '5012345014845', ']E05012345014845'],
    ['ean8', '96385074', ']E496385074'],
    ['upca', '036000291452', ']E00036000291452'],
    ['upce', '04252614', ']E00042100005264'],
    ['gs1-128', '(01)04006381333931(3103)001250(10)AB', ']C10104006381333931310300125010AB'],
    ['databaromni', '(01)04006381333931', ']e00104006381333931'],
    ['databarexpanded', '(01)04006381333931(3103)001250', ']e001040063813339313103001250'],
    ['gs1datamatrix', '(01)04006381333931(10)AB(21)X', ']d2010400638133393110AB\x1d21X'],
    ['gs1qrcode', '(01)04006381333931(10)AB(21)X', ']Q3010400638133393110AB\x1d21X'],
    ['qrcode', 'TR1:T1-0412', ']Q1TR1:T1-0412'],
    ['code128', 'TR1:T1-0412', ']C0TR1:T1-0412'],
    ['code39', 'ABC-123', ']A0ABC-123'],
  ])('%s %s', async (symbology, text, expected) => {
    expect(await readNearestCode(await pictureOf({ symbology, text, x: 640, y: 360 }))).toBe(expected);
  });

  test('of several labels the one in the middle', async () => {
    const mug = { symbology: 'ean13', text: '5012345014845' };
    const loaf = { symbology: 'ean13', text: '5012345010779' };
    expect(await readNearestCode(await pictureOf({ ...mug, x: 640, y: 360 }, { ...loaf, x: 250, y: 150 }))).toBe(
      ']E05012345014845',
    );
    expect(await readNearestCode(await pictureOf({ ...mug, x: 250, y: 150 }, { ...loaf, x: 640, y: 360 }))).toBe(
      ']E05012345010779',
    );
  });

  test('nothing where there is nothing', async () => {
    expect(await readNearestCode(await pictureOf())).toBeNull();
  });
});
