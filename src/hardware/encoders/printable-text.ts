import iconv from 'iconv-lite';
import type { ReceiptBlock, ReceiptDocument } from '../../domain/receipt';
import { fail, ok, type Result } from '../../domain/result';
import type { CodePage } from '../models/profile';

/** Punctuation that reads the same in its plain form. Letters and currency signs are never replaced. */
const PLAIN_PUNCTUATION: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': ',',
  '‛': "'",
  '′': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '‟': '"',
  '″': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '―': '-',
  '−': '-',
  '…': '...',
  '•': '*',
  '·': '*',
  '×': 'x',
  '⁄': '/',
  '™': '(TM)',
  '№': 'No.',
};

const codePageBytes = new Map<CodePage['encoding'], ReadonlyMap<string, number>>();

/** The upper half of a code page, character to byte. */
function bytesOf(encoding: CodePage['encoding']): ReadonlyMap<string, number> {
  const known = codePageBytes.get(encoding);
  if (known) return known;
  const bytes = new Map<string, number>();
  for (let byte = 0x80; byte <= 0xff; byte += 1) {
    const character = iconv.decode(Buffer.from([byte]), encoding);
    if (character !== '\ufffd') bytes.set(character, byte);
  }
  codePageBytes.set(encoding, bytes);
  return bytes;
}

function isAscii(character: string): boolean {
  return character >= ' ' && character <= '~';
}

/** The byte of a character in a code page, or undefined where the page has none. Control characters have none. */
export function encodeCharacter(character: string, page: CodePage): number | undefined {
  return isAscii(character) ? character.charCodeAt(0) : bytesOf(page.encoding).get(character);
}

/**
 * Makes a text safe for the code pages: composed (NFC), every kind of space a plain one, control and invisible
 * characters gone, punctuation plain where no page has it. Refuses, with the character, what no page can print.
 */
function printableText(text: string, pages: readonly CodePage[]): Result<string, 'unprintable'> {
  let printable = '';
  for (const character of text.normalize('NFC')) {
    if (isAscii(character)) printable += character;
    else if (/[\p{Z}\t\n\v\f\r]/u.test(character)) printable += ' ';
    else if (/\p{C}/u.test(character)) continue;
    else if (pages.some((page) => encodeCharacter(character, page) !== undefined)) printable += character;
    else if (PLAIN_PUNCTUATION[character] !== undefined) printable += PLAIN_PUNCTUATION[character];
    else return fail('unprintable', `This printer has no "${character}". Choose another printer model, or reword it.`);
  }
  return ok(printable);
}

/** The same document with every text printable in one of the pages. A line break inside a paragraph starts a new one. */
export function printableDocument(
  document: ReceiptDocument,
  pages: readonly CodePage[],
): Result<ReceiptDocument, 'unprintable'> {
  let problem: Result<never, 'unprintable'> | undefined;
  const clean = (text: string): string => {
    const printable = printableText(text, pages);
    if (printable.ok) return printable.value;
    problem ??= printable;
    return '';
  };
  const cleanBlock = (block: ReceiptBlock): ReceiptBlock[] => {
    switch (block.kind) {
      case 'text':
        return block.text.split(/\r\n|\r|\n/).map((text) => ({ ...block, text: clean(text) }));
      case 'row':
        return [{ ...block, left: clean(block.left), right: clean(block.right) }];
      case 'columns':
        return [{ ...block, rows: block.rows.map((row) => row.map(clean)), narrow: block.narrow.flatMap(cleanBlock) }];
      case 'qr':
        return [{ ...block, fallback: clean(block.fallback) }];
      case 'barcode':
        return [{ ...block, data: clean(block.data) }];
      case 'mark':
      case 'rule':
      case 'feed':
      case 'cut':
        return [block];
    }
  };
  const blocks = document.blocks.flatMap(cleanBlock);
  return problem ?? ok({ ...document, blocks });
}
