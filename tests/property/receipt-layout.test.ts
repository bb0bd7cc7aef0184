import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReceiptBlock, ReceiptDocument } from '../../src/domain/receipt';
import { encodeReceipt } from '../../src/hardware/encoders/escpos';
import { layOut, textPreview, type PaperItem } from '../../src/hardware/encoders/layout';
import { PRINTER_PROFILES, type PrinterModel } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper, lineText } from '../../src/hardware/virtual/paper';
import { sampleReceipt } from '../helpers/receipts';

const models = ['generic-80', 'generic-58'] as const satisfies readonly PrinterModel[];
const characters = 'abcdefghij KLMNOP 0123456789 .,&£€éèüßÅñ-(%)';
const words = fc.oneof(
  fc.string({ unit: fc.constantFrom(...characters), maxLength: 120 }),
  // Longer than any line and without a place to break.
  fc.string({ unit: fc.constantFrom(...'abc'), minLength: 30, maxLength: 150 }),
);
const size = fc.constantFrom('normal' as const, 'double' as const);
const amount = fc
  .tuple(fc.constantFrom('', '£', '€', '-£'), fc.integer({ min: 0, max: 1_000_000_000 }))
  .map(([sign, minor]) => `${sign}${(minor / 100).toFixed(2)}`);

const row: fc.Arbitrary<Extract<ReceiptBlock, { kind: 'row' }>> = fc.record({
  kind: fc.constant('row'),
  left: words,
  right: fc.oneof(amount, fc.constant('')),
  size,
  bold: fc.boolean(),
  indent: fc.nat(6),
});
const text: fc.Arbitrary<Extract<ReceiptBlock, { kind: 'text' }>> = fc.record({
  kind: fc.constant('text'),
  text: words,
  align: fc.constantFrom('left' as const, 'centre' as const, 'right' as const),
  size,
  bold: fc.boolean(),
});
const table: fc.Arbitrary<Extract<ReceiptBlock, { kind: 'columns' }>> = fc.record({
  kind: fc.constant('columns'),
  rows: fc.array(fc.tuple(words, amount, amount, amount), { minLength: 1, maxLength: 4 }),
  narrow: fc.array(row, { maxLength: 3 }),
});
const anyBlock: fc.Arbitrary<ReceiptBlock> = fc.oneof(
  row,
  text,
  table,
  fc.constant<ReceiptBlock>({ kind: 'rule' }),
  fc.record({ kind: fc.constant('feed'), lines: fc.integer({ min: -5, max: 100 }) }),
);

const documentOf = (...blocks: ReceiptBlock[]): ReceiptDocument => ({ kind: 'receipt', language: 'en', blocks });
const linesOf = (items: readonly PaperItem[]) => items.filter((item) => item.kind === 'line');
const letters = (whole: string): string => whole.replaceAll(' ', '');

describe.each(models)('layout for %s', (model) => {
  const paper = PRINTER_PROFILES[model];
  const room = (line: { size: 'normal' | 'double' }): number =>
    line.size === 'double' ? Math.floor(paper.columns / 2) : paper.columns;

  test('no line exceeds its columns, and no feed runs away', () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { maxLength: 12 }), (blocks) => {
        for (const item of layOut(documentOf(...blocks), paper)) {
          if (item.kind === 'line') expect(item.text.length).toBeLessThanOrEqual(room(item));
          if (item.kind === 'feed') expect(item.lines >= 0 && item.lines <= 20).toBe(true);
        }
      }),
    );
  });

  test('no character of a paragraph is lost, nor their order', () => {
    fc.assert(
      fc.property(text, (block) => {
        const printed = linesOf(layOut(documentOf(block), paper)).map((line) => line.text);
        expect(letters(printed.join(''))).toBe(letters(block.text));
      }),
    );
  });

  test('no character of a name or an amount is lost, and the amount ends on the last column', () => {
    fc.assert(
      fc.property(row, (block) => {
        const lines = linesOf(layOut(documentOf(block), paper));
        const withAmount = lines.filter((line) => block.right !== '' && line.text.endsWith(block.right));
        if (block.right !== '') {
          expect(withAmount.some((line) => line.text.length === room(line))).toBe(true);
        }
        const printed = letters(lines.map((line) => line.text).join(''))
          .split('')
          .sort()
          .join('');
        expect(printed).toBe(
          letters(block.left + block.right)
            .split('')
            .sort()
            .join(''),
        );
        // The name comes in order, with the amount in one piece somewhere in it.
        const joined = letters(lines.map((line) => line.text).join(''));
        expect(joined.replace(letters(block.right), '').length).toBe(letters(block.left).length);
      }),
    );
  });

  test('an amount is never broken nor run into the words beside it', () => {
    fc.assert(
      fc.property(row, (block) => {
        fc.pre(block.right !== '');
        const line = linesOf(layOut(documentOf(block), paper)).find(
          (each) => each.text.length === room(each) && each.text.endsWith(block.right),
        );
        expect(line).toBeDefined();
        const before = line?.text.slice(0, -block.right.length) ?? '';
        expect(before === '' || before.endsWith(' ')).toBe(true);
      }),
    );
  });

  test('words are broken only where a word is longer than a line', () => {
    const short = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(short, { minLength: 1, maxLength: 20 }), size, (parts, chosen) => {
        const block: ReceiptBlock = { kind: 'text', text: parts.join(' '), align: 'left', size: chosen, bold: false };
        const printed = linesOf(layOut(documentOf(block), paper)).flatMap((line) => line.text.split(' '));
        expect(printed).toEqual(parts);
      }),
    );
  });

  test('a table keeps every cell, or is printed in its narrow form', () => {
    fc.assert(
      fc.property(table, (block) => {
        const lines = linesOf(layOut(documentOf(block), paper)).map((line) => line.text);
        const narrow = linesOf(layOut(documentOf(...block.narrow), paper)).map((line) => line.text);
        if (lines.join('\n') === narrow.join('\n')) return;
        expect(lines.map((line) => letters(line))).toEqual(block.rows.map((cells) => letters(cells.join(''))));
        expect(lines.every((line) => line.length === paper.columns)).toBe(true);
      }),
    );
  });

  test('what is printed is what was laid out', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(row, text), { minLength: 1, maxLength: 6 }), (blocks) => {
        const document = documentOf(...blocks);
        const encoded = encodeReceipt(document, paper);
        if (!encoded.ok) throw new Error(encoded.error.message);
        const printed = decodeEscpos(encoded.value, paper.dotsWide)
          .filter(isPaper)
          .map((element) => (element.kind === 'line' ? lineText(element.runs).trimEnd() : ''));
        expect(printed).toEqual(linesOf(layOut(document, paper)).map((line) => line.text));
      }),
    );
  });
});

test('the receipt of the visual language is set exactly, on both widths', () => {
  expect(textPreview(sampleReceipt, PRINTER_PROFILES['generic-80'])).toBe(`     SALT & BRAMBLE
           Tynemouth Market, pitch 14
            Sat 13 June 2026  11:31
------------------------------------------------
2 x Sourdough loaf                          7.00
  Drop price, was 4.50 each
3 x Bramble jam 340 g                      12.00
  3 for 12.00, saves 1.50
1 x Enamel mug                             10.80
  10% off, chipped glaze
Cave cheddar                                5.62
  0.312 kg at 18.00/kg
------------------------------------------------
TOTAL             £35.42

Cash                                      £40.00
Change                                     £4.58
You saved                                  £4.70
------------------------------------------------
VAT                  net         tax       total
20%                 9.00        1.80       10.80
 0%                24.62        0.00       24.62
------------------------------------------------
(=) QUEUED  11:31, no signal
Kept safe on our till. Sent on later today.
Your receipt is good now.
[qr: https://till.example/r/T1-0412]
          Keep it on your phone: scan

No. T1-0412                        Served by Ade
Check                        7f3a 91c0 5be2 44d8
[barcode: TR1:T1-0412]
       Back within 28 days with this slip
`);
  expect(textPreview(sampleReceipt, PRINTER_PROFILES['generic-58'])).toContain(`TOTAL     £35.42

Cash                      £40.00
Change                     £4.58
You saved                  £4.70
--------------------------------
VAT 20% on 10.80            1.80
VAT  0% on 24.62            0.00
--------------------------------
`);
});
