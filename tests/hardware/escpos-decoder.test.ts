import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { PrinterTypes, ThermalPrinter } from 'node-thermal-printer';
import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder';
import receiptline from 'receiptline';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { encodeReceipt } from '../../src/hardware/encoders/escpos';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper, paperText, type PaperElement } from '../../src/hardware/virtual/paper';
import { drawPaper } from '../../src/hardware/virtual/paper-image';
import { sampleReceipt } from '../helpers/receipts';

const bytesOf = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part))));
const decode = (bytes: Uint8Array, dotsWide = 576) => decodeEscpos(bytes, dotsWide);
const textOf = (bytes: Uint8Array): string => paperText(decode(bytes).filter(isPaper));
const unknownIn = (bytes: Uint8Array) => decode(bytes).filter((event) => event.kind === 'unknown');
const kindsOf = (bytes: Uint8Array) => decode(bytes).map((event) => event.kind);

describe('ESC/POS decoder', () => {
  test('a full line wraps as the printer wraps it, and its line feed adds no blank one', () => {
    expect(textOf(bytesOf('a'.repeat(48), '\nb\n'))).toBe(`${'a'.repeat(48)}\nb\n`);
    expect(textOf(bytesOf('a'.repeat(50), '\n'))).toBe(`${'a'.repeat(48)}\naa\n`);
    expect(textOf(bytesOf('\x1d!\x11', 'a'.repeat(25), '\n'))).toBe(`${'a'.repeat(24)}\na\n`);
    expect(textOf(bytesOf('\x1bM\x01', 'a'.repeat(65), '\n'))).toBe(`${'a'.repeat(64)}\na\n`);
  });

  test('alignment is to the dot and is obeyed only at the beginning of a line', () => {
    const [line] = decode(bytesOf('\x1ba\x01abc\x1ba\x02\n'));
    expect(line).toMatchObject({ runs: [{ xDots: (576 - 36) / 2 }] });
  });

  test('bytes are characters of the chosen page and country', () => {
    expect(textOf(bytesOf('\x1bt\x13', 0xd5, 0x9c, '\n'))).toBe('€£\n');
    expect(textOf(bytesOf('\x1bt\x10', 0x80, 0xa3, '\n'))).toBe('€£\n');
    expect(textOf(bytesOf('\x1bR\x03#\x1bR\x00#\n'))).toBe('£#\n');
    // What a till sends that forgot the page: the old complaint of junk for pounds.
    expect(textOf(bytesOf(0xa3, '5\n'))).toBe('ú5\n');
  });

  test('a reset forgets the line not yet printed and every setting', () => {
    expect(textOf(bytesOf('torn', '\x1b!\x30', '\x1b@', 'whole\n'))).toBe('whole\n');
    expect(decode(bytesOf('\x1b!\x38\x1b@whole\n')).at(-1)).toMatchObject({ runs: [{ scaleX: 1, bold: false }] });
  });

  test('the malformed drawer pulse of others is what a printer makes of it', () => {
    // 1B 70 00 1B 70 01: the second command's first two bytes are taken for the times, and a stray 01 follows.
    expect(decode(bytesOf('\x1bp\x00\x1bp\x01'))).toEqual([
      { kind: 'drawer-pulse', pin: 2, onMs: 54, offMs: 224 },
      { kind: 'unknown', bytes: Uint8Array.of(1) },
    ]);
  });

  test('what it does not know is reported, and what follows is still read', () => {
    expect(decode(bytesOf('\x1b\x7fJam\n'))).toMatchObject([
      { kind: 'unknown', bytes: Uint8Array.of(0x1b, 0x7f) },
      { kind: 'line', runs: [{ text: 'Jam' }] },
    ]);
    expect(unknownIn(bytesOf('\x1d(Z\x03\x00abcJam\n'))).toHaveLength(1);
    expect(textOf(bytesOf('\x1d(Z\x03\x00abcJam\n'))).toBe('Jam\n');
  });

  test('requests come in their order among the lines', () => {
    expect(kindsOf(bytesOf('\x1b@a\n\x1dr\x01b\n\x1d(H\x06\x0000ABCD\x1dI\x43\x1da\xff'))).toEqual([
      'initialise',
      'line',
      'transmit-status',
      'line',
      'process-id',
      'identify',
      'automatic-status',
    ]);
  });

  test('barcodes of both forms', () => {
    expect(decode(bytesOf('\x1dk\x02', '4006381333931', 0))).toMatchObject([
      { symbology: 'ean-13', data: '4006381333931' },
    ]);
    expect(decode(bytesOf('\x1dh\x50\x1dw\x02\x1dH\x02\x1dkC\x0d', '4006381333931'))).toMatchObject([
      { symbology: 'ean-13', data: '4006381333931', heightDots: 80, moduleDots: 2, text: 'below' },
    ]);
    // Code set C packs two digits into a byte; { C and { B switch.
    expect(decode(bytesOf('\x1dkI\x08{B', 'T1', '{C', 4, 12))).toMatchObject([
      { symbology: 'code-128', data: 'T10412' },
    ]);
  });

  test('pictures of every command have their dots', () => {
    const raster = decode(bytesOf('\x1dv0\x00\x01\x00\x02\x00', 0x80, 0x01));
    expect(raster).toMatchObject([
      { kind: 'image', image: { widthDots: 8, heightDots: 2, data: Uint8Array.of(0x80, 1) } },
    ]);
    const stored = decode(bytesOf('\x1d(L\x0b\x000p0\x01\x011\x08\x00\x01\x00', 0x55, '\x1d(L\x02\x0002'));
    expect(stored).toMatchObject([
      { kind: 'image', image: { widthDots: 8, heightDots: 1, data: Uint8Array.of(0x55) } },
    ]);
    // Columns: two columns of eight dots, the first all black.
    const columns = decode(bytesOf('\x1b*\x01\x02\x00', 0xff, 0x00, '\x1bJ\x18'));
    expect(columns[0]).toMatchObject({
      kind: 'image',
      image: { widthDots: 2, heightDots: 8, data: new Uint8Array(8).fill(0x80) },
    });
  });

  test('a stream cut off anywhere decodes without complaint', () => {
    const encoded = encodeReceipt(sampleReceipt, PRINTER_PROFILES['generic-80']);
    if (!encoded.ok) throw new Error(encoded.error.message);
    const whole = textOf(encoded.value).split('\n');
    for (let length = 0; length < encoded.value.length; length += 17) {
      const part = textOf(encoded.value.subarray(0, length)).split('\n');
      // Every line but the last is a line of the whole.
      expect(part.slice(0, -2)).toEqual(whole.slice(0, Math.max(0, part.length - 2)));
    }
  });
});

describe('receipts of other programs', () => {
  test('node-thermal-printer', () => {
    const printer = new ThermalPrinter({ type: PrinterTypes.EPSON, interface: '' });
    printer.setCharacterSet('PC858_EURO' as never);
    printer.alignCenter();
    printer.setTextQuadArea();
    printer.println('SALT & BRAMBLE');
    printer.setTextNormal();
    printer.alignLeft();
    printer.drawLine();
    printer.leftRight('2 x Crème brûlée', '£7.00');
    printer.bold(true);
    printer.leftRight('TOTAL', '€35.42');
    printer.bold(false);
    printer.printQR('https://till.example/r/1', { cellSize: 6, correction: 'Q' });
    printer.code128('TR1:T1-0412');
    printer.printBarcode('4006381333931', 67);
    printer.cut();
    const bytes = printer.getBuffer();
    const events = decode(bytes);
    const lines = textOf(bytes).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '     SALT & BRAMBLE',
      '-'.repeat(48),
      `2 x Crème brûlée${'£7.00'.padStart(32)}`,
      `TOTAL${'€35.42'.padStart(43)}`,
    ]);
    expect(events.filter((event) => event.kind === 'qr')).toMatchObject([
      { data: 'https://till.example/r/1', moduleDots: 6, correction: 'Q' },
    ]);
    expect(events.filter((event) => event.kind === 'barcode')).toMatchObject([
      { symbology: 'code-128', data: 'TR1:T1-0412' },
      { symbology: 'ean-13', data: '4006381333931' },
    ]);
    expect(events.filter((event) => event.kind === 'cut')).toEqual([{ kind: 'cut', cut: 'full' }]);
    expect(
      events.find((event) => event.kind === 'line' && event.runs[0]?.text === 'TOTAL' + ' '.repeat(37) + '€35.42'),
    ).toMatchObject({
      runs: [{ bold: true }],
    });
    expect(unknownIn(bytes)).toEqual([]);
  });

  test('receipt-printer-encoder', () => {
    const encoder = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: 48, codepageMapping: 'epson' });
    const bytes: Uint8Array = encoder
      .initialize()
      .codepage('auto')
      .align('center')
      .size(2, 2)
      .line('SALT & BRAMBLE')
      .size(1, 1)
      .align('left')
      .bold(true)
      .line('Crème brûlée £7 €5 Łódź')
      .bold(false)
      .table(
        [
          { width: 36, align: 'left' },
          { width: 12, align: 'right' },
        ],
        [['Jam', '4.50']],
      )
      .qrcode('https://till.example/r/1', { model: 2, size: 6, errorlevel: 'h' })
      .barcode('4006381333931', 'ean13', { height: 60, text: true })
      .pulse(0, 100, 500)
      .cut('partial')
      .encode();
    const text = textOf(bytes);
    expect(text).toContain('SALT & BRAMBLE\n');
    expect(text).toContain('Crème brûlée £7 €5 Łódź\n');
    expect(text).toContain(`Jam${'4.50'.padStart(45)}\n`);
    const events = decode(bytes);
    expect(events.filter((event) => event.kind === 'qr')).toMatchObject([
      { data: 'https://till.example/r/1', moduleDots: 6, correction: 'H', model: 2 },
    ]);
    expect(events.filter((event) => event.kind === 'barcode')).toMatchObject([
      { symbology: 'ean-13', heightDots: 60, text: 'below' },
    ]);
    expect(events.filter((event) => event.kind === 'drawer-pulse')).toEqual([
      { kind: 'drawer-pulse', pin: 2, onMs: 100, offMs: 500 },
    ]);
    expect(events.filter((event) => event.kind === 'cut')).toEqual([{ kind: 'cut', cut: 'partial' }]);
    expect(unknownIn(bytes)).toEqual([]);
  });

  test('receiptline, whose own text output is the judge', () => {
    const source = [
      '^^^SALT & BRAMBLE',
      '',
      'Jam | 4.50',
      'Crème brûlée | 12.00',
      '"TOTAL" | "£16.50"',
      '',
      'Thank you',
      '{c:https://till.example/r/1; o:qr,6,m}',
      '{c:TR1; o:code128,2,60}',
    ].join('\n');
    const printer = { cpl: 48, encoding: 'cp858' as const, spacing: true };
    const bytes = Buffer.from(receiptline.transform(source, { ...printer, command: 'escpos' }), 'latin1');
    const wanted = receiptline.transform(source, { ...printer, command: 'text' });
    // Its text spreads wide letters; ours names codes and cuts in brackets.
    const lettersOf = (text: string): string => text.replace(/^(?:\[|8<).*$/gm, '').replace(/\s+/g, '');
    expect(lettersOf(textOf(bytes))).toEqual(lettersOf(wanted));
    expect(textOf(bytes)).toContain('£16.50');
    const events = decode(bytes);
    expect(events.filter((event) => event.kind === 'cut')).toHaveLength(1);
    expect(events.filter((event) => event.kind === 'transmit-status')).toHaveLength(1);
    expect(unknownIn(bytes)).toEqual([]);
  });
});

describe('the picture of a paper', () => {
  beforeAll(async () => {
    // The reader would fetch its program from the network otherwise.
    const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
    const wasmBinary = new Uint8Array(readFileSync(file)).buffer;
    await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  });

  test.each([
    ['virtual-80', 640],
    ['virtual-58', 464],
  ] as const)(
    '%s: its codes are read back by a reader of others, and it is as wide as the roll',
    async (model, width) => {
      const profile = PRINTER_PROFILES[model];
      const encoded = encodeReceipt(sampleReceipt, profile);
      if (!encoded.ok) throw new Error(encoded.error.message);
      const elements = decode(encoded.value, profile.dotsWide).filter(isPaper);
      const png = drawPaper({ elements, dotsWide: profile.dotsWide });
      const read = await readBarcodes(png, { formats: ['QRCode', 'Code128'] });
      expect(read.map(({ format, text }) => `${format} ${text}`).sort()).toEqual([
        'Code128 TR1:T1-0412',
        'QRCode https://till.example/r/T1-0412',
      ]);
      const picture = await loadImage(png);
      expect(picture.width).toBe(width);
      expect(picture.height).toBeGreaterThan(1_200);
    },
  );

  test('ink stands where the columns say, on paper, inside a torn edge', async () => {
    const elements = decode(bytesOf('X', ' '.repeat(46), 'X\n')).filter(isPaper);
    const picture = await loadImage(drawPaper({ elements, dotsWide: 576 }));
    const canvas = createCanvas(picture.width, picture.height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    const inked: number[] = [];
    for (let x = 0; x < picture.width; x += 1) {
      let isInked = false;
      for (let y = 44; y < 68; y += 1) {
        const at = (y * picture.width + x) * 4;
        if ((data[at] ?? 255) < 100 && data[at + 3] === 255) isInked = true;
      }
      if (isInked) inked.push(x);
    }
    // A margin of 32 dots, then columns 1 and 48 of 12 dots; nothing between.
    expect(inked.every((x) => (x >= 32 && x < 44) || (x >= 32 + 564 && x < 32 + 576))).toBe(true);
    expect(inked.some((x) => x < 44) && inked.some((x) => x >= 596)).toBe(true);
    // The corner lies outside the teeth.
    expect(data[3]).toBe(0);
  });

  test('data no symbol can hold is shown as words, not lost', () => {
    const place = { align: 'left', leftDots: 0, widthDots: 576 } as const;
    const bad: PaperElement = {
      kind: 'barcode',
      symbology: 'ean-13',
      data: 'not digits',
      moduleDots: 3,
      heightDots: 60,
      text: 'none',
      place,
    };
    const blank = drawPaper({ elements: [], dotsWide: 576 });
    expect(drawPaper({ elements: [bad], dotsWide: 576 }).length).toBeGreaterThan(blank.length + 200);
  });
});
