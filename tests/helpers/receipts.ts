import type { ReceiptBlock, ReceiptDocument } from '../../src/domain/receipt';

const normal = { size: 'normal', bold: false } as const;
const row = (left: string, right: string, indent = 0): ReceiptBlock => ({
  kind: 'row',
  left,
  right,
  indent,
  ...normal,
});
const text = (words: string, align: 'left' | 'centre' = 'left', bold = false): ReceiptBlock => ({
  kind: 'text',
  text: words,
  align,
  size: 'normal',
  bold,
});

/** The receipt of the visual language, word for word. */
export const sampleReceipt: ReceiptDocument = {
  kind: 'receipt',
  language: 'en-GB',
  blocks: [
    { kind: 'mark' },
    { kind: 'text', text: 'SALT & BRAMBLE', align: 'centre', size: 'double', bold: true },
    text('Tynemouth Market, pitch 14', 'centre'),
    text('Sat 13 June 2026  11:31', 'centre'),
    { kind: 'rule' },
    row('2 x Sourdough loaf', '7.00'),
    row('Drop price, was 4.50 each', '', 2),
    row('3 x Bramble jam 340 g', '12.00'),
    row('3 for 12.00, saves 1.50', '', 2),
    row('1 x Enamel mug', '10.80'),
    row('10% off, chipped glaze', '', 2),
    row('Cave cheddar', '5.62'),
    row('0.312 kg at 18.00/kg', '', 2),
    { kind: 'rule' },
    { kind: 'row', left: 'TOTAL', right: '£35.42', indent: 0, size: 'double', bold: true },
    { kind: 'feed', lines: 1 },
    row('Cash', '£40.00'),
    row('Change', '£4.58'),
    row('You saved', '£4.70'),
    { kind: 'rule' },
    {
      kind: 'columns',
      rows: [
        ['VAT', 'net', 'tax', 'total'],
        ['20%', '9.00', '1.80', '10.80'],
        [' 0%', '24.62', '0.00', '24.62'],
      ],
      narrow: [row('VAT 20% on 10.80', '1.80'), row('VAT  0% on 24.62', '0.00')],
    },
    { kind: 'rule' },
    text('(=) QUEUED  11:31, no signal', 'left', true),
    text('Kept safe on our till. Sent on later today.'),
    text('Your receipt is good now.'),
    { kind: 'qr', data: 'https://till.example/r/T1-0412', minimumMillimetres: 24, fallback: 'till.example/r/T1-0412' },
    text('Keep it on your phone: scan', 'centre'),
    { kind: 'feed', lines: 1 },
    row('No. T1-0412', 'Served by Ade'),
    row('Check', '7f3a 91c0 5be2 44d8'),
    { kind: 'barcode', symbology: 'code128', data: 'TR1:T1-0412' },
    text('Back within 28 days with this slip', 'centre'),
    { kind: 'cut' },
  ],
};

/** The least worth printing; its bytes are few enough to tear at each of them. */
export const shortReceipt: ReceiptDocument = {
  kind: 'receipt',
  language: 'en-GB',
  blocks: [row('Jam', '£4.50'), { kind: 'cut' }],
};

/** Every kind of command that can hang when its bytes stop: a picture, a QR code, a bar code; few bytes all the same. */
export const picturesReceipt: ReceiptDocument = {
  kind: 'receipt',
  language: 'en-GB',
  blocks: [
    { kind: 'mark' },
    row('Jam', '£4.50'),
    { kind: 'qr', data: 'https://till.example/r/1', minimumMillimetres: 20, fallback: 'till.example/r/1' },
    { kind: 'barcode', symbology: 'code128', data: 'TR1:1' },
    { kind: 'feed', lines: 1 },
    { kind: 'cut' },
  ],
};
