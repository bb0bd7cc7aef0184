import type { LogoImage, ReceiptBlock, ReceiptDocument } from '../../domain/receipt';
import type { PrinterProfile } from '../models/profile';
import { barcodeModuleDots, qrModuleDots, type CodePaper } from './codes';

/** What a layout needs to know of the printer. */
export type Paper = Pick<PrinterProfile, 'columns'> & CodePaper;

/**
 * One line or object of a receipt, set for a number of columns; a `double` line counts its columns in characters twice as
 * wide. The text of a `line` is already placed with spaces, so it is printed from the left edge. A `drawn` line holds
 * something the printer's own characters cannot set.
 */
export type PaperItem =
  | { readonly kind: 'line'; readonly text: string; readonly size: Size; readonly bold: boolean }
  | { readonly kind: 'drawn'; readonly cells: readonly Cell[]; readonly size: Size; readonly bold: boolean }
  | { readonly kind: 'feed'; readonly lines: number }
  | { readonly kind: 'mark' }
  | { readonly kind: 'logo'; readonly image: LogoImage }
  | { readonly kind: 'qr' | 'barcode'; readonly data: string; readonly moduleDots: number }
  | { readonly kind: 'cut' };

/** A text in its place on a line: a box of columns, and where in it the text stands. */
export interface Cell {
  readonly text: string;
  readonly startColumn: number;
  readonly endColumn: number;
  readonly align: Align;
}

/** How texts come out on this printer. */
export interface Typesetter {
  /** Whether the printer's own characters set it, each one column wide. */
  isPlain(text: string): boolean;
  /** Columns a text takes up, rounded up. */
  columnsOf(text: string): number;
}

/** Everything is of the printer's own characters. */
const PLAIN_TYPESETTER: Typesetter = { isPlain: () => true, columnsOf: (text) => text.length };

type Size = 'normal' | 'double';
export type Align = 'left' | 'centre' | 'right';

/** A column is as wide as a character of font A. */
export const COLUMN_DOTS = 12;
/** No document feeds more blank paper than this at once. */
const MAXIMUM_FEED_LINES = 20;
/** A table cell narrower than this reads badly: the block's narrow form is printed instead. */
const MINIMUM_CELL_COLUMNS = 10;
/** How far the second line of a wrapped name stands in. */
const HANGING_COLUMNS = 2;

/**
 * Sets a document for a paper. No line is longer than its columns, no word is lost, every amount ends on the last
 * column; a code that cannot be drawn becomes text. Texts must be free of control characters, as `printableDocument`
 * makes them.
 */
export function layOut(document: ReceiptDocument, paper: Paper, typesetter = PLAIN_TYPESETTER): PaperItem[] {
  const { columns } = paper;
  const { columnsOf } = typesetter;

  function layOutBlock(block: ReceiptBlock): PaperItem[] {
    switch (block.kind) {
      case 'text':
        return layOutText(block.text, block.align, block.size, block.bold);
      case 'row':
        return layOutRow(block);
      case 'columns':
        return layOutTable(block);
      case 'rule':
        return [{ kind: 'line', text: '-'.repeat(columns), size: 'normal', bold: false }];
      case 'feed':
        return [{ kind: 'feed', lines: Math.min(Math.max(Math.trunc(block.lines), 0), MAXIMUM_FEED_LINES) }];
      case 'mark':
      case 'cut':
        return [{ kind: block.kind }];
      case 'logo':
        return [{ kind: 'logo', image: block.image }];
      case 'qr': {
        const moduleDots = qrModuleDots(block.data, block.minimumMillimetres, paper);
        if (moduleDots === undefined) return layOutText(block.fallback, 'centre', 'normal', false);
        return [{ kind: 'qr', data: block.data, moduleDots }];
      }
      case 'barcode': {
        const moduleDots = barcodeModuleDots(block.data, paper);
        if (moduleDots === undefined) return layOutText(block.data, 'centre', 'normal', false);
        return [{ kind: 'barcode', data: block.data, moduleDots }];
      }
    }
  }

  function layOutText(text: string, align: Align, size: Size, bold: boolean): PaperItem[] {
    const endColumn = widthOf(size);
    return wrap(text, endColumn, typesetter).map((line) =>
      setLine([{ text: line, startColumn: 0, endColumn, align }], size, bold),
    );
  }

  function layOutRow(row: Extract<ReceiptBlock, { kind: 'row' }>): PaperItem[] {
    const right = row.right.trim();
    const rightColumns = columnsOf(right);
    // A figure too long for double size steps down rather than break.
    const size = row.size === 'double' && rightColumns > widthOf('double') ? 'normal' : row.size;
    const width = widthOf(size);
    const indent = Math.min(Math.max(Math.trunc(row.indent), 0), Math.floor(width / 2));
    const wordCell = (text: string, index: number): Cell => ({
      text,
      startColumn: indent + (index === 0 ? 0 : HANGING_COLUMNS),
      endColumn: width,
      align: 'left',
    });
    const amountCell = (text: string): Cell => ({ text, startColumn: 0, endColumn: width, align: 'right' });
    const set = (...cells: Cell[]): PaperItem => setLine(cells, size, row.bold);

    const beside = width - indent - (right === '' ? 0 : rightColumns + 1);
    if (columnsOf(row.left) > beside && beside < width / 3) {
      // The two do not go side by side: the words first, the amount on a line of its own.
      const words = wrap(row.left, width - indent, typesetter, HANGING_COLUMNS);
      return [
        ...words.map((line, index) => set(wordCell(line, index))),
        ...wrap(right, width, typesetter).map((line) => set(amountCell(line))),
      ];
    }
    const [first = '', ...others] = wrap(row.left, beside, typesetter, HANGING_COLUMNS);
    return [
      set(wordCell(first, 0), ...(right === '' ? [] : [amountCell(right)])),
      ...others.map((line, index) => set(wordCell(line, index + 1))),
    ];
  }

  function layOutTable(table: Extract<ReceiptBlock, { kind: 'columns' }>): PaperItem[] {
    const cells = Math.max(...table.rows.map((row) => row.length), 1);
    const width = Math.floor(columns / cells);
    // The first cell takes what the division leaves, so that the last one ends on the last column.
    const firstWidth = columns - width * (cells - 1);
    const fits = table.rows.every((row) =>
      row.every((cell, index) => (index === 0 ? columnsOf(cell) <= firstWidth : columnsOf(cell) < width)),
    );
    if (!fits || width < MINIMUM_CELL_COLUMNS) return table.narrow.flatMap(layOutBlock);
    return table.rows.map((row) =>
      setLine(
        row.map((text, index): Cell => {
          const endColumn = firstWidth + width * index;
          return index === 0
            ? { text, startColumn: 0, endColumn, align: 'left' }
            : { text, startColumn: endColumn - width, endColumn, align: 'right' };
        }),
        'normal',
        false,
      ),
    );
  }

  function widthOf(size: Size): number {
    return size === 'double' ? Math.floor(columns / 2) : columns;
  }

  function setLine(cells: readonly Cell[], size: Size, bold: boolean): PaperItem {
    if (!cells.every(({ text }) => typesetter.isPlain(text))) return { kind: 'drawn', cells, size, bold };
    return { kind: 'line', text: placeWithSpaces(cells), size, bold };
  }

  return document.blocks.flatMap(layOutBlock);
}

/** Cells of one column to a character as one text. */
function placeWithSpaces(cells: readonly Cell[]): string {
  let placed = '';
  for (const { text, startColumn, endColumn, align } of cells) {
    const spare = endColumn - startColumn - text.length;
    const before = align === 'left' ? 0 : align === 'right' ? spare : Math.floor(spare / 2);
    placed = placed.padEnd(startColumn + before) + text;
  }
  return placed.trimEnd();
}

/**
 * Breaks a text into lines of at most `width` columns; later lines are `hanging` columns shorter. Breaks are at spaces and
 * between the words of scripts without spaces; a word longer than a line is broken where the line ends. Always at least
 * one line, which may be empty. Spaces inside a line are kept.
 */
function wrap(text: string, width: number, typesetter: Typesetter, hanging = 0): string[] {
  const lines: string[] = [];
  let rest = text.trimEnd();
  for (;;) {
    const room = Math.max(1, lines.length === 0 ? width : width - hanging);
    if (typesetter.columnsOf(rest) <= room) {
      lines.push(rest);
      return lines;
    }
    const end = fittingEnd(rest, room, typesetter);
    const breakAt = Math.max(rest.lastIndexOf(' ', end), lastWordEnd(rest, end));
    // A space at the very start is an indent, not a place to break.
    const isWordBreak = rest.slice(0, Math.max(breakAt, 0)).trim() !== '';
    lines.push(rest.slice(0, isWordBreak ? breakAt : end).trimEnd());
    rest = rest.slice(isWordBreak ? breakAt : end).trimStart();
  }
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Where the longest beginning of a text ends that fits, between two characters as a reader sees them. */
function fittingEnd(text: string, room: number, { isPlain, columnsOf }: Typesetter): number {
  if (isPlain(text)) return room;
  const ends = Array.from(graphemes.segment(text), ({ index, segment }) => index + segment.length);
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (columnsOf(text.slice(0, ends[middle])) <= room) low = middle;
    else high = middle - 1;
  }
  return ends[low] ?? text.length;
}

const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Never stands first on a line. */
const CLOSING = /^[\p{Po}\p{Pe}\p{Pf}ー]/u;

/** The last end of a word up to `end`, in scripts that put no spaces there; −1 without one. */
function lastWordEnd(text: string, end: number): number {
  if (!WITHOUT_SPACES.test(text)) return -1;
  let last = -1;
  for (const { index, segment } of words.segment(text)) {
    const wordEnd = index + segment.length;
    if (wordEnd > end) break;
    if (WITHOUT_SPACES.test(segment) && !CLOSING.test(text.slice(wordEnd))) last = wordEnd;
  }
  return last;
}

/** The document as plain text, for a preview without a printer. Codes are shown as their data. */
export function textPreview(document: ReceiptDocument, paper: Paper): string {
  const lines = layOut(document, paper).flatMap((item) => {
    switch (item.kind) {
      case 'line':
        return [item.text];
      case 'drawn':
        return [placeWithSpaces(item.cells)];
      case 'feed':
        return Array.from({ length: item.lines }, () => '');
      case 'qr':
      case 'barcode':
        return [`[${item.kind}: ${item.data}]`];
      case 'mark':
      case 'logo':
      case 'cut':
        return [];
    }
  });
  return `${lines.join('\n')}\n`;
}
