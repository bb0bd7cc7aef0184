/** A receipt of 30 lines with a QR code, from document to bytes; and how long the main process is held up by drawn ones. */
import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder';
import type { ReceiptBlock, ReceiptDocument } from '../src/domain/receipt';
import { encodeReceipt } from '../src/hardware/encoders/escpos';
import { encodeOffThread } from '../src/hardware/encoders/receipt-thread';
import { PRINTER_PROFILES } from '../src/hardware/models/profiles';
import { decodeEscpos } from '../src/hardware/virtual/escpos-decoder';
import { isPaper, lineText } from '../src/hardware/virtual/paper';
import { watchBlocks } from './blocks';
import { figure, percentile, progress, type Figure } from './figure';

const SAMPLES = 2_000;
const WARM_UP = 1_000;
const DRAWN_RECEIPTS = 50;
const BLOCK_LIMIT_MS = 8;
const LINES = 30;
const ITEM_LINES = LINES - 10;
/** What the peer's table keeps for the right side. */
const AMOUNT_COLUMNS = 16;

const profile = PRINTER_PROFILES['epson-tm-t20-like'];
const text = (words: string, bold = false): ReceiptBlock => ({
  kind: 'text',
  text: words,
  align: 'centre',
  size: 'normal',
  bold,
});
const row = (left: string, right: string, bold = false): ReceiptBlock => ({
  kind: 'row',
  left,
  right,
  size: 'normal',
  bold,
  indent: 0,
});
const qrData = 'https://till.example/r/T1-0412';

/** Thirty lines, by what is sold; neither end has a picture, so that both send the same. */
function receiptOf(names: readonly string[]): ReceiptDocument {
  return {
    kind: 'receipt',
    language: 'en-GB',
    blocks: [
      text('SALT & BRAMBLE', true),
      text('Tynemouth Market, pitch 14'),
      text('Sat 13 June 2026  11:31'),
      { kind: 'rule' },
      ...Array.from({ length: ITEM_LINES }, (_, index) =>
        row(`${index + 1} x ${names[index % names.length]}`, `£${(index * 1.35 + 2.5).toFixed(2)}`),
      ),
      { kind: 'rule' },
      row('TOTAL', '£306.50', true),
      row('Cash', '£310.00'),
      row('Change', '£3.50'),
      { kind: 'qr', data: qrData, minimumMillimetres: 24, fallback: qrData },
      text('Keep it on your phone: scan'),
      row('No. T1-0412', 'Served by Ade'),
      { kind: 'cut' },
    ],
  };
}

const latin = receiptOf(['Sourdough loaf', 'Bramble jam 340 g', 'Crème brûlée', 'Jalapeño relish', 'Enamel mug']);
const drawn = receiptOf(['شاي بالنعناع', 'שמן זית', '寿司セット', 'गरम मसाला', '김치 500 g', 'ต้มยำกุ้ง', 'Jam 🍓']);

function ours(document: ReceiptDocument): Uint8Array {
  const encoded = encodeReceipt(document, profile);
  if (!encoded.ok) throw new Error(encoded.error.message);
  return encoded.value;
}

/** The same paper by the peer's own means, its code page fixed. */
function theirs({ blocks }: ReceiptDocument): Uint8Array {
  const encoder = new ReceiptPrinterEncoder({
    language: 'esc-pos',
    columns: profile.columns,
    codepageMapping: 'epson',
    newline: '\n',
  });
  encoder.initialize().codepage('cp858');
  for (const block of blocks) {
    switch (block.kind) {
      case 'text':
        encoder.align('center').bold(block.bold).line(block.text).bold(false).align('left');
        break;
      case 'row':
        encoder.bold(block.bold).table(
          [
            { width: profile.columns - AMOUNT_COLUMNS, align: 'left' },
            { width: AMOUNT_COLUMNS, align: 'right' },
          ],
          [[block.left, block.right]],
        );
        encoder.bold(false);
        break;
      case 'rule':
        encoder.line('-'.repeat(profile.columns));
        break;
      case 'qr':
        encoder.align('center').qrcode(block.data, { model: 2, size: 7, errorlevel: 'm' }).align('left');
        break;
      case 'cut':
        encoder.cut('partial');
        break;
    }
  }
  return encoder.encode();
}

/** What a printer makes of the bytes: words in order, and the code. */
function printed(bytes: Uint8Array): string[] {
  return decodeEscpos(bytes, profile.dotsWide)
    .filter(isPaper)
    .flatMap((element) =>
      element.kind === 'line' ? [lineText(element.runs).trim()] : element.kind === 'qr' ? [element.data] : [],
    )
    .filter((line) => line !== '');
}

export async function measure(): Promise<Figure[]> {
  progress(`drawing ${DRAWN_RECEIPTS} receipts of seven writings, the first of this process among them`);
  const watch = watchBlocks();
  let bytes = 0;
  for (let sample = 0; sample < DRAWN_RECEIPTS; sample += 1) {
    const encoded = await encodeOffThread(drawn, profile);
    if (!encoded.ok) throw new Error(encoded.error.message);
    bytes = encoded.value.length;
  }
  const longestMs = watch.stop();
  if (bytes < 20_000) throw new Error(`A drawn receipt has ${bytes} bytes: nothing was drawn.`);

  const paper = printed(ours(latin));
  if (paper.length !== LINES + 1) throw new Error(`The receipt has ${paper.length} lines.`);
  if (paper.join('\n') !== printed(theirs(latin)).join('\n')) throw new Error('The two receipts say different things.');

  progress(`encoding ${SAMPLES} receipts in turn with the peer`);
  const ourMs: number[] = [];
  const theirMs: number[] = [];
  for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
    const started = performance.now();
    ours(latin);
    const between = performance.now();
    theirs(latin);
    const ended = performance.now();
    if (sample < 0) continue;
    ourMs.push(between - started);
    theirMs.push(ended - between);
  }

  return [
    figure({
      id: 'receipt-encode/p50',
      what: 'receipt of 30 lines with a QR code to bytes, p50',
      value: percentile(ourMs, 0.5),
      unit: 'ms',
      reference: percentile(theirMs, 0.5),
      referenceWhat: 'receipt-printer-encoder, code page fixed',
      target: { timesFaster: 3 },
    }),
    figure({
      id: 'receipt-encode/longest-block',
      what: `longest time the main process did nothing else while ${DRAWN_RECEIPTS} receipts were drawn`,
      value: longestMs,
      unit: 'ms',
      reference: BLOCK_LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
  ];
}
