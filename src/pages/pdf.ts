import { existsSync } from 'node:fs';
import { join } from 'node:path';
import PDFDocument from 'pdfkit';

/** PDF measures in points of 1/72 inch. */
export const POINTS_PER_MILLIMETRE = 72 / 25.4;

/** A4 (ISO 216), in points. */
export const A4 = { width: 210 * POINTS_PER_MILLIMETRE, height: 297 * POINTS_PER_MILLIMETRE } as const;

export interface PdfStart {
  readonly title: string;
  /** BCP 47. */
  readonly language: string;
  /** The folder resources/fonts. */
  readonly fontsFolder: string;
}

/** How a text is set. */
export interface PdfLetters {
  /** `price` is narrow and heavy, as prices stand on the screens. */
  readonly face: 'regular' | 'bold' | 'price';
  readonly sizePoints: number;
}

const FACES = {
  regular: 'pdf/atkinson-hyperlegible-next-400.ttf',
  bold: 'pdf/atkinson-hyperlegible-next-700.ttf',
  price: 'pdf/bricolage-grotesque-800.ttf',
} as const;

/** What the faces lack, in the order they are asked; the last are as large as all others together. */
const OTHERS = [
  'pdf/noto-sans-mono.ttf',
  'pdf/noto-sans-hebrew.ttf',
  'pdf/noto-sans-arabic.ttf',
  'pdf/noto-sans-thai.ttf',
  'pdf/noto-sans-devanagari.ttf',
  'pdf/noto-sans-bengali.ttf',
  'pdf/noto-sans-gurmukhi.ttf',
  'pdf/noto-sans-gujarati.ttf',
  'pdf/noto-sans-tamil.ttf',
  'pdf/noto-sans-telugu.ttf',
  'receipt/noto-sans-cjk.woff2',
] as const;

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}]/u;
const STRONG = /[\p{L}\p{N}]/u;
/** Says only how its neighbours look or run; text goes its own way here. */
const SILENT = /^[\p{Default_Ignorable_Code_Point}\p{Cc}]+$/u;
/** No font here draws these: none is opened to look. */
const EMOJI = /\p{Emoji_Presentation}/u;
const ELLIPSIS = '…';
/** Strokes make a regular letter bold where no bold one ships: their width, of the size. */
const BOLD_STROKE = 0.03;

/** So much of a text as one font draws in one direction. */
interface Run {
  text: string;
  readonly font: string;
  readonly direction: 'ltr' | 'rtl' | null;
}

/** What fontkit knows of a font; pdfkit's own types leave it out. */
interface OpenFont {
  readonly font: { hasGlyphForCodePoint(codePoint: number): boolean };
}

/**
 * A PDF in our letters, whatever writing a text is in. Lay it out with `document`; texts go through `draw`, since pdfkit
 * knows one font at a time. Takes milliseconds and more: not for a thread that must answer a person.
 */
export class Pdf {
  readonly document: PDFKit.PDFDocument;
  readonly #fontsFolder: string;
  readonly #covers = new Map<string, (letter: string) => boolean>();

  constructor({ title, language, fontsFolder }: PdfStart, options: PDFKit.PDFDocumentOptions = {}) {
    this.#fontsFolder = fontsFolder;
    this.document = new PDFDocument({
      size: [A4.width, A4.height],
      margin: 0,
      autoFirstPage: false,
      pdfVersion: '1.7',
      lang: language,
      displayTitle: true,
      info: { Title: title, Creator: 'Trestle', Producer: 'Trestle' },
      ...options,
      font: this.#path(FACES.regular),
    });
  }

  /** Points a text takes up on one line. */
  width(text: string, letters: PdfLetters): number {
    return this.#runs(text, letters.face).reduce((sum, run) => sum + this.#runWidth(run, letters), 0);
  }

  /** Draws a text on one line. `x` is its left edge and `y` its baseline, both from the page's top left corner. */
  draw(text: string, letters: PdfLetters, x: number, y: number): void {
    let at = x;
    for (const run of this.#runs(text, letters.face)) {
      const isOther = run.font !== FACES[letters.face];
      const isHeavy = isOther && letters.face !== 'regular';
      const width = this.#runWidth(run, letters);
      if (isHeavy) this.document.lineWidth(letters.sizePoints * BOLD_STROKE);
      this.document.text(run.text, at, y, {
        lineBreak: false,
        baseline: 'alphabetic',
        ...(isHeavy && { fill: true, stroke: true }),
      });
      at += width;
    }
  }

  /**
   * A text on as many lines as it takes up to a limit, broken between words, or within one that is too wide for a line.
   * What does not fit ends in an ellipsis.
   */
  lines(text: string, letters: PdfLetters, widthPoints: number, most: number): string[] {
    const fits = (line: string): boolean => this.width(line, letters) <= widthPoints;
    const lines: string[] = [];
    let rest = text.trim().replace(/\s+/g, ' ');
    while (rest !== '' && lines.length < most) {
      const isLast = lines.length === most - 1;
      if (fits(rest)) return [...lines, rest];
      const whole = longest(rest.split(/(?<= )/), (part) => fits(part.trimEnd() + (isLast ? ELLIPSIS : '')));
      const letterByLetter = [...new Intl.Segmenter().segment(rest)].map(({ segment }) => segment);
      const line = whole || longest(letterByLetter, (part) => fits(part + (isLast ? ELLIPSIS : '')));
      if (line === '') return lines;
      lines.push(line.trimEnd() + (isLast ? ELLIPSIS : ''));
      rest = rest.slice(line.length);
    }
    return lines;
  }

  /** Ends the document. */
  bytes(): Uint8Array {
    this.document.end();
    // Everything was pushed by now: pdfkit compresses in the turn it is told to.
    return this.document.read() as Uint8Array;
  }

  #runWidth({ text, font }: Run, { sizePoints }: PdfLetters): number {
    return this.document.font(this.#path(font)).fontSize(sizePoints).widthOfString(text);
  }

  /** A text as runs from left to right. */
  #runs(text: string, face: PdfLetters['face']): Run[] {
    const runs: Run[] = [];
    for (const { segment } of new Intl.Segmenter().segment(text)) {
      if (SILENT.test(segment) || EMOJI.test(segment)) continue;
      const font = this.#fontOf(segment, face);
      if (font === null) continue;
      const direction = RIGHT_TO_LEFT.test(segment) ? 'rtl' : STRONG.test(segment) ? 'ltr' : null;
      const last = runs.at(-1);
      // What stands between two directions belongs to neither, and moves by itself.
      if (last?.font === font && last.direction === direction && direction !== null) last.text += segment;
      else runs.push({ text: segment, font, direction });
    }
    const isLtr = !runs.some(({ direction }) => direction === 'rtl');
    return isLtr ? joined(runs) : inOrderOfSight(runs);
  }

  /** The font that draws a letter; null where none does. */
  #fontOf(letter: string, face: PdfLetters['face']): string | null {
    for (const font of [FACES[face], FACES.bold, ...OTHERS]) {
      if (font === FACES.bold && face === 'regular') continue;
      if (this.#coverOf(font)(letter)) return font;
    }
    return null;
  }

  #coverOf(font: string): (letter: string) => boolean {
    const known = this.#covers.get(font);
    if (known) return known;
    this.document.font(this.#path(font));
    const { font: open } = (this.document as unknown as { readonly _font: OpenFont })._font;
    const cover = (letter: string): boolean =>
      [...letter].every((one) => SILENT.test(one) || open.hasGlyphForCodePoint(one.codePointAt(0) ?? 0));
    this.#covers.set(font, cover);
    return cover;
  }

  #path(font: string): string {
    const path = join(this.#fontsFolder, font);
    if (!existsSync(path)) throw new Error(`The font ${font} is missing beside the program.`);
    return path;
  }
}

/** The longest beginning that fits. */
function longest(parts: readonly string[], fits: (text: string) => boolean): string {
  let text = '';
  for (const part of parts) {
    if (!fits(text + part)) break;
    text += part;
  }
  return text;
}

/** Neighbours of one font as one run. */
function joined(runs: readonly Run[]): Run[] {
  const together: Run[] = [];
  for (const run of runs) {
    const last = together.at(-1);
    if (last?.font === run.font) last.text += run.text;
    else together.push({ ...run });
  }
  return together;
}

/**
 * Orders runs as they are seen (the essence of Unicode Standard Annex 9 for one line without embeddings): the text runs as
 * its first letter does, and what runs the other way, with all between, is turned round within it.
 */
function inOrderOfSight(runs: readonly Run[]): Run[] {
  const base = runs.find(({ direction, text }) => direction === 'rtl' || /\p{L}/u.test(text))?.direction ?? 'ltr';
  const pieces: Run[][] = [];
  for (let from = 0; from < runs.length;) {
    const first = runs[from] as Run;
    let to = from;
    if (first.direction !== null && first.direction !== base) {
      for (let next = from + 1; next < runs.length && runs[next]?.direction !== base; next += 1) {
        if (runs[next]?.direction !== null) to = next;
      }
    }
    const piece = runs.slice(from, to + 1);
    pieces.push(first.direction === 'rtl' && base === 'ltr' ? piece.toReversed() : piece);
    from = to + 1;
  }
  return (base === 'rtl' ? pieces.toReversed() : pieces).flat();
}
