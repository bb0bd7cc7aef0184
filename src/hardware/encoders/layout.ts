import type { ReceiptBlock, ReceiptDocument } from '../../domain/receipt';
import type { PrinterProfile } from '../models/profile';
import { barcodeModuleDots, qrModuleDots, type CodePaper } from './codes';

/** What a layout needs to know of the printer. */
export type Paper = Pick<PrinterProfile, 'columns'> & CodePaper;

/**
 * One line or object of a receipt, set for a number of columns. Text is already placed with spaces, so every line is
 * printed from the left edge; a `double` line counts its columns in characters twice as wide.
 */
export type PaperItem =
  | { readonly kind: 'line'; readonly text: string; readonly size: Size; readonly bold: boolean }
  | { readonly kind: 'feed'; readonly lines: number }
  | { readonly kind: 'mark' }
  | { readonly kind: 'qr' | 'barcode'; readonly data: string; readonly moduleDots: number }
  | { readonly kind: 'cut' };

type Size = 'normal' | 'double';
type Align = 'left' | 'centre' | 'right';

/** No document feeds more blank paper than this at once. */
const MAXIMUM_FEED_LINES = 20;
/** A table cell narrower than this reads badly: the block's narrow form is printed instead. */
const MINIMUM_CELL_COLUMNS = 10;
/** How far the second line of a wrapped name stands in. */
const HANGING_COLUMNS = 2;

/**
 * Sets a document for a paper. No line is longer than its columns, no word is lost, every amount ends on the last
 * column; a code that cannot be drawn becomes text. Texts must be free of control characters, as `printableDocument`
 * makes them; one character is one column.
 */
export function layOut(document: ReceiptDocument, paper: Paper): PaperItem[] {
  return document.blocks.flatMap((block) => layOutBlock(block, paper));
}

function layOutBlock(block: ReceiptBlock, paper: Paper): PaperItem[] {
  const { columns } = paper;
  switch (block.kind) {
    case 'text':
      return layOutText(block.text, block.align, block.size, block.bold, columns);
    case 'row':
      return layOutRow(block, columns);
    case 'columns':
      return layOutTable(block, paper);
    case 'rule':
      return [{ kind: 'line', text: '-'.repeat(columns), size: 'normal', bold: false }];
    case 'feed':
      return [{ kind: 'feed', lines: Math.min(Math.max(Math.trunc(block.lines), 0), MAXIMUM_FEED_LINES) }];
    case 'mark':
    case 'cut':
      return [{ kind: block.kind }];
    case 'qr': {
      const moduleDots = qrModuleDots(block.data, block.minimumMillimetres, paper);
      if (moduleDots === undefined) return layOutText(block.fallback, 'centre', 'normal', false, columns);
      return [{ kind: 'qr', data: block.data, moduleDots }];
    }
    case 'barcode': {
      const moduleDots = barcodeModuleDots(block.data, paper);
      if (moduleDots === undefined) return layOutText(block.data, 'centre', 'normal', false, columns);
      return [{ kind: 'barcode', data: block.data, moduleDots }];
    }
  }
}

function layOutText(text: string, align: Align, size: Size, bold: boolean, columns: number): PaperItem[] {
  return wrap(text, columnsOf(size, columns)).map((line) => setLine(line, align, size, bold, columns));
}

function layOutRow(row: Extract<ReceiptBlock, { kind: 'row' }>, columns: number): PaperItem[] {
  // A figure too long for double size steps down rather than break.
  const size = row.size === 'double' && row.right.length > columnsOf('double', columns) ? 'normal' : row.size;
  const width = columnsOf(size, columns);
  const indent = Math.min(Math.max(Math.trunc(row.indent), 0), Math.floor(width / 2));
  const set = (text: string, align: Align): PaperItem => setLine(text, align, size, row.bold, columns);
  const indented = (lines: string[]): string[] =>
    lines.map((line, index) => ' '.repeat(indent + (index === 0 ? 0 : HANGING_COLUMNS)) + line);

  const right = row.right.trim();
  const beside = width - indent - (right === '' ? 0 : right.length + 1);
  if (row.left.length > beside && beside < width / 3) {
    // The two do not go side by side: the words first, the amount on a line of its own.
    const words = wrap(row.left, width - indent, HANGING_COLUMNS);
    return [
      ...indented(words).map((line) => set(line, 'left')),
      ...wrap(right, width).map((line) => set(line, 'right')),
    ];
  }
  const [first = '', ...others] = indented(wrap(row.left, beside, HANGING_COLUMNS));
  const amount = right === '' ? '' : right.padStart(width - first.length);
  return [first + amount, ...others].map((line) => set(line, 'left'));
}

function layOutTable(table: Extract<ReceiptBlock, { kind: 'columns' }>, paper: Paper): PaperItem[] {
  const { columns } = paper;
  const cells = Math.max(...table.rows.map((row) => row.length), 1);
  const width = Math.floor(columns / cells);
  // The first cell takes what the division leaves, so that the last one ends on the last column.
  const firstWidth = columns - width * (cells - 1);
  const fits = table.rows.every((row) =>
    row.every((cell, index) => (index === 0 ? cell.length <= firstWidth : cell.length < width)),
  );
  if (!fits || width < MINIMUM_CELL_COLUMNS) return table.narrow.flatMap((block) => layOutBlock(block, paper));
  return table.rows.map((row) => {
    const text = row.map((cell, index) => (index === 0 ? cell.padEnd(firstWidth) : cell.padStart(width))).join('');
    return setLine(text, 'left', 'normal', false, columns);
  });
}

function columnsOf(size: Size, columns: number): number {
  return size === 'double' ? Math.floor(columns / 2) : columns;
}

function setLine(text: string, align: Align, size: Size, bold: boolean, columns: number): PaperItem {
  const spare = columnsOf(size, columns) - text.length;
  const before = align === 'left' ? 0 : align === 'right' ? spare : Math.floor(spare / 2);
  return { kind: 'line', text: (' '.repeat(before) + text).trimEnd(), size, bold };
}

/**
 * Breaks a text at spaces into lines of at most `width`; later lines are `hanging` columns shorter. A word longer than a
 * line is broken where the line ends. Always at least one line, which may be empty. Spaces inside a line are kept.
 */
function wrap(text: string, width: number, hanging = 0): string[] {
  const lines: string[] = [];
  let rest = text.trimEnd();
  for (;;) {
    const room = Math.max(1, lines.length === 0 ? width : width - hanging);
    if (rest.length <= room) {
      lines.push(rest);
      return lines;
    }
    const breakAt = rest.lastIndexOf(' ', room);
    // A space at the very start is an indent, not a place to break.
    const isWordBreak = rest.slice(0, Math.max(breakAt, 0)).trim() !== '';
    lines.push(rest.slice(0, isWordBreak ? breakAt : room).trimEnd());
    rest = rest.slice(isWordBreak ? breakAt : room).trimStart();
  }
}

/** The document as plain text, for a preview without a printer. Codes are shown as their data. */
export function textPreview(document: ReceiptDocument, paper: Paper): string {
  const lines = layOut(document, paper).flatMap((item) => {
    switch (item.kind) {
      case 'line':
        return [item.text];
      case 'feed':
        return Array.from({ length: item.lines }, () => '');
      case 'qr':
      case 'barcode':
        return [`[${item.kind}: ${item.data}]`];
      case 'mark':
      case 'cut':
        return [];
    }
  });
  return `${lines.join('\n')}\n`;
}
