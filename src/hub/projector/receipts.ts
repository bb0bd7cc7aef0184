import type { Order, ResilienceFlag } from '../../domain/order';
import { receiptDocument, type ReceiptBlock, type ReceiptDocument } from '../../domain/receipt';
import type { Stall } from '../../domain/stall';
import { receiptWords } from '../../shared/receipt-words';

/** As many hex digits of the entry's hash as stand on paper. */
const CHECK_DIGITS = 16;
const COLUMNS = 42;

/** The receipt that the hub keeps with an order: as the stall was configured then, without the name of who served. */
export function keptReceipt(order: Order, stall: Stall, flag: ResilienceFlag, entryHash: string): ReceiptDocument {
  return receiptDocument(
    { ...order, flag },
    { stall, words: receiptWords(stall), staffName: null, check: entryHash.slice(0, CHECK_DIGITS) },
  );
}

/** A receipt as plain text, for a mail, a claim or a terminal. Lines are wrapped at 42 columns; no amount is broken. */
export function receiptText({ blocks }: ReceiptDocument): string {
  const lines = blocks.flatMap(blockLines).map((line) => line.trimEnd());
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function blockLines(block: ReceiptBlock): string[] {
  switch (block.kind) {
    case 'text':
      return wrap(block.text, COLUMNS).map((line) => aligned(line, block.align));
    case 'row':
      return rowLines(block);
    case 'columns':
      return block.narrow.flatMap(blockLines);
    case 'rule':
      return ['-'.repeat(COLUMNS)];
    case 'feed':
      return [''];
    case 'qr':
      return [aligned(block.fallback, 'centre')];
    case 'barcode':
    case 'mark':
    case 'logo':
    case 'cut':
      return [];
  }
}

function rowLines({ left, right, indent }: Extract<ReceiptBlock, { kind: 'row' }>): string[] {
  const margin = ' '.repeat(indent);
  const room = COLUMNS - indent - (right === '' ? 0 : right.length + 1);
  const lines = wrap(left, Math.max(room, 1)).map((line) => margin + line);
  const last = lines.pop() ?? margin;
  return [...lines, right === '' ? last : last.padEnd(COLUMNS - right.length) + right];
}

function aligned(line: string, align: 'left' | 'centre' | 'right'): string {
  if (align === 'left') return line;
  const space = Math.max(COLUMNS - line.length, 0);
  return ' '.repeat(align === 'right' ? space : Math.floor(space / 2)) + line;
}

/** Breaks at words; a word longer than a line stays whole, for it is a code or a name. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
