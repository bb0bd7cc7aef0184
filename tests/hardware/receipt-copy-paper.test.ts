import { createHash, createPrivateKey, sign } from 'node:crypto';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { describe, expect, test } from 'vitest';
import { orderCopyBytes, orderCopyText, readOrderCopy, signedCopyText } from '../../src/domain/order-copy';
import { receiptDocument } from '../../src/domain/receipt';
import { drawReceipt } from '../../src/hardware/encoders/receipt-drawing';
import { PRINTER_PROFILES, type PrinterModel } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper } from '../../src/hardware/virtual/paper';
import { drawPaper } from '../../src/hardware/virtual/paper-image';
import { newKeyPair } from '../../src/journal/identity';
import { englishWords } from '../helpers/english-words';
import { sell } from '../helpers/orders';
import { readQrCodes } from '../helpers/read-codes';
import { saltAndBramble, testContext } from '../helpers/stall';

const id = (digit: string): string => `0199aa0${digit}-0000-7000-8000-0123456789ab`;
const privateKey = createPrivateKey({
  key: Buffer.from(newKeyPair().privateKey, 'base64'),
  format: 'der',
  type: 'pkcs8',
});

/** The receipt of so many lines with its signed copy, and the text of its code. */
function receipt(lineCount: number, address: string | null) {
  const lines = Array.from({ length: lineCount }, (_, index) => ({
    name: `Goods number ${index}`,
    sku: `SHELF-${1_000 + index * 7}`,
    priceMinor: 1_250 + index * 31,
    quantity: 1 + (index % 3),
    taxRateId: index % 2 === 0 ? 'standard' : 'zero',
  }));
  const order = {
    ...sell({ stall: saltAndBramble, lines, sequence: 412, shiftId: id('1'), staffId: id('2') }, testContext()),
    ...{ orderId: id('3'), receiptKey: 'abcdefghijklmnopqrstuw' },
  };
  const deviceId = id('4');
  const entry = { seq: 977, at: `2026-06-13T10:31:00.004Z-0000-${deviceId}`, hash: '7f'.repeat(32), event: null };
  const shift = {
    ...{ shiftId: id('1'), openedAt: '2026-06-13T07:58:12.345Z', openedBy: id('5') },
    ...{ floatMinor: 5_000, closed: null },
  };
  const digest = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const bytes = orderCopyBytes(order, { stallId: id('6'), deviceId, entry, shift, digest }, address);
  if (bytes === null) throw new Error('it does not fit');
  const text = orderCopyText(bytes, sign(null, Buffer.from(signedCopyText(bytes)), privateKey), address);
  const words = englishWords;
  const code = { text, isAddress: address !== null };
  return {
    text,
    document: receiptDocument(order, { stall: saltAndBramble, words, staffName: 'Ade', check: '7f', code }),
  };
}

function paperOf(document: ReturnType<typeof receipt>['document'], model: PrinterModel): Uint8Array {
  const profile = PRINTER_PROFILES[model];
  const encoded = drawReceipt({ document, profile });
  if (!encoded.ok) throw new Error(encoded.error.message);
  const elements = decodeEscpos(encoded.value, profile.dotsWide).filter(isPaper);
  return drawPaper({ elements, dotsWide: profile.dotsWide });
}

/** Rows of dots at the end of a receipt in which its code is. */
const CODE_ROWS = 800;

/**
 * A day in a pocket, seen by a camera: two pixels and a tenth more to a dot, grey, with specks that are the same every time,
 * and a crease.
 */
async function worn(png: Uint8Array): Promise<Uint8Array> {
  const image = await loadImage(png);
  const rows = Math.min(image.height, CODE_ROWS);
  const canvas = createCanvas(Math.round(image.width * 2.2), Math.round(rows * 2.2));
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, image.height - rows, image.width, rows, 0, 0, canvas.width, canvas.height);
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  let chance = 7;
  for (let at = 0; at < picture.data.length; at += 4) {
    chance = (chance * 1_103_515_245 + 12_345) % 2 ** 31;
    const speck = Math.floor(chance / 2 ** 8) % 1_000;
    const value = speck < 5 ? 255 - (picture.data[at] ?? 0) : 60 + (picture.data[at] ?? 0) * 0.6 + (speck % 40) - 20;
    picture.data.fill(value, at, at + 3);
  }
  context.putImageData(picture, 0, 0);
  context.fillStyle = '#eee';
  context.fillRect(Math.round(canvas.width / 2), 0, 2, canvas.height);
  return canvas.encode('png');
}

describe.each([
  ['epson-tm-t20-like', 12, null],
  ['generic-58', 12, 'https://receipts.example.org/r/T1-0412-abcdefghijklmnopqrstuw'],
  // Draws no QR code itself: it comes as a picture.
  ['epson-tm-t88-old', 12, 'https://receipts.example.org/r/T1-0412-abcdefghijklmnopqrstuw'],
  ['generic-58', 60, 'http://192.168.178.45:8088/r/T1-0412-abcdefghijklmnopqrstuw'],
] as const)('the signed copy on %s, of %i lines, at %s', (model, lineCount, address) => {
  const { text, document } = receipt(lineCount, address);

  test('is read off the paper, fresh and worn', async () => {
    const png = paperOf(document, model);
    expect(await readQrCodes(png)).toEqual([text]);
    expect(await readQrCodes(await worn(png))).toEqual([text]);
    expect(readOrderCopy(text)?.copy.grouped).toEqual(
      lineCount === 12 ? null : { lineCount, hash: expect.any(String) as string },
    );
  });
});
