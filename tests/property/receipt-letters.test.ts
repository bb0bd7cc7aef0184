import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReceiptBlock, ReceiptDocument } from '../../src/domain/receipt';
import { encodeReceipt } from '../../src/hardware/encoders/escpos';
import { drawReceipt } from '../../src/hardware/encoders/receipt-drawing';
import { createTextPainter, type LineToPaint, type TextPainter } from '../../src/hardware/encoders/text-painter';
import type { PrinterProfile } from '../../src/hardware/models/profile';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { decodeEscpos } from '../../src/hardware/virtual/escpos-decoder';
import { isPaper, lineText } from '../../src/hardware/virtual/paper';

const profile = fc.constantFrom<PrinterProfile[]>(...Object.values(PRINTER_PROFILES));
const pagesOf = ({ codePages }: PrinterProfile): Record<number, string> =>
  Object.fromEntries(codePages.map(({ number, encoding }) => [number, encoding]));

const documentOf = (...blocks: ReceiptBlock[]): ReceiptDocument => ({ kind: 'receipt', language: 'en', blocks });
const style = { size: fc.constantFrom('normal' as const, 'double' as const), bold: fc.boolean() };
/** Texts of anything: every block that has one has it in every place. */
function blocksOf(text: fc.Arbitrary<string>): fc.Arbitrary<ReceiptBlock> {
  return fc.oneof(
    fc.record({ kind: fc.constant('row' as const), left: text, right: text, indent: fc.nat(4), ...style }),
    fc.record({
      kind: fc.constant('text' as const),
      text,
      align: fc.constantFrom('left' as const, 'centre' as const, 'right' as const),
      ...style,
    }),
    fc.record({
      kind: fc.constant('columns' as const),
      rows: fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      narrow: fc.constant([]),
    }),
    fc.record({ kind: fc.constant('barcode' as const), symbology: fc.constant('code128' as const), data: text }),
  );
}

/** Takes any text at two columns a foreign character, and keeps what it was given to draw. */
function recordingPainter(): TextPainter & { readonly lines: LineToPaint[] } {
  const lines: LineToPaint[] = [];
  return {
    lines,
    widthOf: (text) => [...text].reduce((dots, character) => dots + (character < '\u0300' ? 12 : 24), 0),
    missingIn: () => undefined,
    paint(line) {
      lines.push(line);
      const height = line.minimumHeight;
      return { widthBytes: line.widthBytes, height, data: new Uint8Array(line.widthBytes * height) };
    },
  };
}

describe('any letters on any printer', () => {
  const letter = fc.constantFrom(...'abcXYZ 0123456789 .,éñßążЖωΣ寿司中文شايשמן한국กขहिন্🍓₹₺€£');
  const words = fc.oneof(
    fc.string({ unit: letter, maxLength: 60 }),
    // Longer than any line, with no place to break but between characters.
    fc.string({ unit: fc.constantFrom(...'شايשמן한국aé'), minLength: 50, maxLength: 120 }),
  );

  test('what is printed and what is drawn together are all that was to be said, in order, within the paper', () => {
    fc.assert(
      fc.property(profile, fc.array(words, { minLength: 1, maxLength: 4 }), fc.boolean(), (on, texts, isDouble) => {
        const painter = recordingPainter();
        const blocks = texts.map((text): ReceiptBlock => ({
          kind: 'text',
          text,
          align: 'left',
          size: isDouble ? 'double' : 'normal',
          bold: false,
        }));
        const encoded = encodeReceipt(documentOf(...blocks), on, painter);
        if (!encoded.ok) throw new Error(encoded.error.message);
        let drawn = 0;
        const said = decodeEscpos(encoded.value, on.dotsWide, pagesOf(on))
          .map((event) => {
            expect(event.kind).not.toBe('unknown');
            if (event.kind === 'line') return lineText(event.runs);
            if (event.kind !== 'image') return '';
            const line = painter.lines[(drawn += 1) - 1];
            for (const cell of line?.cells ?? []) {
              const end = isDouble ? Math.floor(on.columns / 2) : on.columns;
              expect(cell.endColumn).toBeLessThanOrEqual(end);
              expect(painter.widthOf(cell.text)).toBeLessThanOrEqual((cell.endColumn - cell.startColumn) * 12);
            }
            return line?.cells.map(({ text }) => text).join('') ?? '';
          })
          .join('');
        const letters = (text: string): string => text.normalize('NFC').replaceAll(' ', '');
        expect(letters(said)).toBe(letters(texts.join('')));
        expect(painter.lines).toHaveLength(drawn);
      }),
    );
  });

  test('an amount ends on the last column whether printed or drawn, and never runs into the words', () => {
    fc.assert(
      fc.property(profile, words, fc.constantFrom('₹1,234.50', '£4.50', '٣٫٥٠', '12.00'), (on, left, right) => {
        const painter = recordingPainter();
        const encoded = encodeReceipt(
          documentOf({ kind: 'row', left, right, indent: 0, size: 'normal', bold: false }),
          on,
          painter,
        );
        if (!encoded.ok) throw new Error(encoded.error.message);
        const printed = decodeEscpos(encoded.value, on.dotsWide, pagesOf(on)).flatMap((event) =>
          event.kind === 'line' ? [lineText(event.runs)] : [],
        );
        const inText = printed.some((line) => line.length === on.columns && line.endsWith(right));
        const inPicture = painter.lines.some(({ cells }) => {
          const amount = cells.find((cell) => cell.text === right && cell.align === 'right');
          const others = cells.filter((cell) => cell !== amount);
          return (
            amount?.endColumn === on.columns &&
            others.every(
              ({ text, startColumn }) =>
                startColumn * 12 + painter.widthOf(text) + 12 <= on.columns * 12 - painter.widthOf(right),
            )
          );
        });
        expect(inText || inPicture).toBe(true);
      }),
    );
  });

  test('without pictures everything foreign is refused by name', () => {
    fc.assert(
      fc.property(fc.constantFrom(...'寿ش한ก🍓₹'), (character) => {
        const document = documentOf({
          kind: 'row',
          left: 'Jam',
          right: character,
          indent: 0,
          size: 'normal',
          bold: false,
        });
        const mute = { ...PRINTER_PROFILES['generic-80'], raster: 'none' } as const;
        const encoded = drawReceipt({ document, profile: mute });
        expect(encoded.ok ? '' : encoded.error.message).toContain(character);
      }),
    );
  });
});

describe('with real fonts', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 12 });
  const readable = fc.string({ unit: 'grapheme', maxLength: 12 });

  test('random Unicode in every place is printed whole, or refused with a character it holds', () => {
    fc.assert(
      fc.property(profile, fc.array(blocksOf(fc.oneof(anything, readable)), { maxLength: 4 }), (on, blocks) => {
        const document = documentOf(...blocks);
        const encoded = drawReceipt({ document, profile: on });
        if (!encoded.ok) {
          const named = /"(.+)"/su.exec(encoded.error.message)?.[1] ?? '';
          expect(named).not.toBe('');
          expect(
            JSON.stringify(document)
              .normalize('NFC')
              .replaceAll(/\\u([0-9a-f]{4})/g, ''),
          ).toContain(
            JSON.stringify(named)
              .slice(1, -1)
              .replaceAll(/\\u([0-9a-f]{4})/g, ''),
          );
          return;
        }
        const events = decodeEscpos(encoded.value, on.dotsWide, pagesOf(on));
        expect(events.filter(({ kind }) => kind === 'unknown')).toEqual([]);
        for (const event of events.filter(isPaper)) {
          if (event.kind === 'line') expect(lineText(event.runs)).not.toMatch(/[\ufffd\p{Cc}]/u);
          if (event.kind === 'image') expect(event.image.widthDots).toBe(on.dotsWide);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('no character is accepted that leaves no ink', () => {
    const painter = createTextPainter('en');
    const inkOf = (text: string): number =>
      painter
        .paint({
          cells: [{ text, startColumn: 0, endColumn: 48, align: 'left' }],
          isDouble: false,
          bold: false,
          widthBytes: 72,
          minimumHeight: 27,
        })
        .data.reduce((sum, byte) => sum + byte, 0);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), (grapheme) => {
        fc.pre(!/^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(grapheme));
        if (painter.missingIn(grapheme) === undefined) expect(inkOf(grapheme)).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
    // What no font has leaves a blank, which is how it is told.
    expect(inkOf('\u{10fffd}')).toBe(0);
    expect(painter.missingIn('Jam \u{10fffd}')).toBe('\u{10fffd}');
    // A mark without a font is missed even where its base is there.
    expect(painter.missingIn('Ja\u{1e8d0}m')).toBe('a\u{1e8d0}');
  });

  test.each([
    '寿司 寿司',
    'سجادة',
    'שָׁלוֹם',
    'क्षत्रिय',
    'ต้มยำกุ้ง',
    '한국어',
    'தமிழ்',
    '₹ ₺ ₪ ₫ ₴',
    '🍓👨‍👩‍👧☕',
    'Bánh mì',
    'Ωμέγα Ж',
  ])('%s is drawn with what ships', (text) => {
    expect(createTextPainter('en').missingIn(text)).toBeUndefined();
  });
});
