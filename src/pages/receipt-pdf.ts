import type { WebReceipt } from '../domain/web-receipt';
import * as m from '../shared/i18n/generated/messages.js';
import type { PageLocale } from './language';
import { Pdf, POINTS_PER_MILLIMETRE, type PdfLetters } from './pdf';
import { writtenReceipt } from './written-receipt';

/** A5 (ISO 216), in points: half a sheet is plenty, and prints on a whole one. */
const A5 = { width: 148 * POINTS_PER_MILLIMETRE, height: 210 * POINTS_PER_MILLIMETRE };
const MARGIN = 14 * POINTS_PER_MILLIMETRE;
const RIGHT = A5.width - MARGIN;
/** Lines drawn of one text: more than any name or word of a stall takes. */
const MOST_LINES = 12;
const LEADING = 1.32;
const COUNT_WIDTH = 26;
const GAP = 12;

const TEXT: PdfLetters = { face: 'regular', sizePoints: 10.5 };
const STRONG: PdfLetters = { face: 'bold', sizePoints: 10.5 };
const SMALL: PdfLetters = { face: 'regular', sizePoints: 9 };
const NAME: PdfLetters = { face: 'bold', sizePoints: 15 };
const TOTAL: PdfLetters = { face: 'price', sizePoints: 34 };

/**
 * A receipt as a PDF that can be searched, read aloud and filed: tagged, with its language and title. In the language that
 * messages are in.
 */
export function receiptPdf(receipt: WebReceipt, locale: PageLocale, fontsFolder: string): Uint8Array {
  const written = writtenReceipt(receipt, locale);
  const { stall } = receipt;
  const title = `${written.title}: ${stall.name}`;
  const size = { size: [A5.width, A5.height] as [number, number], tagged: true };
  const sheet = new Sheet(new Pdf({ title, language: locale, fontsFolder }, size));

  sheet.text('P', stall.name, NAME);
  if (stall.place !== '') sheet.text('P', stall.place, TEXT);
  sheet.text('P', written.moment, TEXT);
  sheet.space(10);
  sheet.row('H1', { text: written.total, letters: TOTAL }, { text: written.number, letters: STRONG });
  sheet.rule(1.5);
  for (const { count, name, reasons, amount } of written.lines) {
    const under = reasons.map(({ text }) => text).join(' · ');
    sheet.row('P', { text: name, letters: TEXT, count: count ?? '', under }, { text: amount, letters: STRONG });
    sheet.rule(0.4);
  }
  sheet.space(4);
  for (const { label, amount, isSaving } of [...written.extras, ...written.sums]) {
    const letters = isSaving ? STRONG : TEXT;
    sheet.row('P', { text: label, letters }, { text: amount, letters });
  }
  if (written.note !== null) sheet.text('P', written.note, TEXT);
  sheet.space(10);
  sheet.text('H2', written.flag.word, STRONG);
  sheet.text('P', written.flag.words, TEXT);
  for (const { what, moment } of written.history) sheet.text('P', `${moment} · ${what}`, SMALL);
  sheet.space(10);
  sheet.text('P', `${m.receipt_page_check()} ${written.check}`, TEXT);
  sheet.text('P', m.receipt_page_check_detail(), SMALL);
  if (written.vatNumber !== null) sheet.text('P', written.vatNumber, SMALL);
  if (stall.receiptFooter !== '') sheet.text('P', stall.receiptFooter, TEXT);
  if (stall.refundPolicy !== '') {
    sheet.space(10);
    sheet.text('H2', m.receipt_page_policy(), STRONG);
    sheet.text('P', stall.refundPolicy, TEXT);
  }
  return sheet.end();
}

type Tag = 'H1' | 'H2' | 'P';

/** Pages filled from top to bottom, each text with its tag. */
class Sheet {
  readonly #pdf: Pdf;
  readonly #root: PDFKit.PDFStructureElement;
  /** Of the next line's upper edge. */
  #y = 0;

  constructor(pdf: Pdf) {
    this.#pdf = pdf;
    this.#root = pdf.document.struct('Document');
    pdf.document.addStructure(this.#root);
    this.#newPage();
  }

  /** A text over the whole width. */
  text(tag: Tag, text: string, letters: PdfLetters): void {
    const lines = this.#pdf.lines(text, letters, RIGHT - MARGIN, MOST_LINES);
    this.#block(tag, lines.length * lineHeight(letters), (top) => this.#lines(lines, letters, MARGIN, top));
  }

  /** Words that wrap at the left, and an amount that does not at the right. */
  row(
    tag: Tag,
    left: { readonly text: string; readonly letters: PdfLetters; readonly count?: string; readonly under?: string },
    right: { readonly text: string; readonly letters: PdfLetters },
  ): void {
    const { text, letters, count, under = '' } = left;
    const x = MARGIN + (count === undefined ? 0 : COUNT_WIDTH);
    const amountWidth = this.#pdf.width(right.text, right.letters);
    const room = RIGHT - amountWidth - GAP - x;
    const lines = this.#pdf.lines(text, letters, room, MOST_LINES);
    const small = this.#pdf.lines(under, SMALL, room, MOST_LINES);
    const height = lines.length * lineHeight(letters) + small.length * lineHeight(SMALL);
    this.#block(tag, height, (top) => {
      const first = top + baseline(letters);
      if (count) this.#pdf.draw(count, STRONG, MARGIN, first);
      this.#lines(lines, letters, x, top);
      this.#lines(small, SMALL, x, top + lines.length * lineHeight(letters));
      this.#pdf.draw(right.text, right.letters, RIGHT - amountWidth, first);
    });
  }

  rule(thickness: number): void {
    const { document } = this.#pdf;
    // Nothing to read.
    document.markContent('Artifact', { type: 'Layout' });
    document.lineWidth(thickness).moveTo(MARGIN, this.#y).lineTo(RIGHT, this.#y).stroke();
    document.endMarkedContent();
    this.#y += 4;
  }

  space(points: number): void {
    this.#y += points;
  }

  end(): Uint8Array {
    this.#root.end();
    return this.#pdf.bytes();
  }

  #block(tag: Tag, height: number, draw: (top: number) => void): void {
    if (this.#y + height > A5.height - MARGIN) this.#newPage();
    const top = this.#y;
    this.#root.add(this.#pdf.document.struct(tag, {}, () => draw(top)));
    this.#y += height + 2;
  }

  #lines(lines: readonly string[], letters: PdfLetters, x: number, top: number): void {
    for (const [index, line] of lines.entries()) {
      this.#pdf.draw(line, letters, x, top + index * lineHeight(letters) + baseline(letters));
    }
  }

  #newPage(): void {
    this.#pdf.document.addPage();
    this.#y = MARGIN;
  }
}

function lineHeight({ sizePoints }: PdfLetters): number {
  return sizePoints * LEADING;
}

/** Of the first line, below its upper edge. */
function baseline({ sizePoints }: PdfLetters): number {
  return sizePoints;
}
