import type { ReceiptBlock, ReceiptDocument } from '../../domain/receipt';
import { ok, type DomainError, type Ok } from '../../domain/result';
import type { CodePage, Encoding } from '../models/profile';
import { UPPER_HALVES } from './code-pages';
import type { TextPainter } from './text-painter';

/** What can be printed, or why it cannot: `character` is the first that the printer lacks, null when it lacks none. */
export type Printable<T> = Ok<T> | Unprintable;
interface Unprintable {
  readonly ok: false;
  readonly error: DomainError<'unprintable'> & { readonly character: string | null };
}

export function unprintable(character: string | null, message: string): Unprintable {
  return { ok: false, error: { code: 'unprintable', message, character } };
}

/** Punctuation that reads the same in its plain form. Letters and currency signs are never replaced. */
export const PLAIN_PUNCTUATION: Readonly<Record<string, string>> = {
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

const codePageBytes = new Map<Encoding, ReadonlyMap<string, number>>();

/** The upper half of a code page, character to byte. */
function bytesOf(encoding: Encoding): ReadonlyMap<string, number> {
  const known = codePageBytes.get(encoding);
  if (known) return known;
  const bytes = new Map([...UPPER_HALVES[encoding]].map((character, index) => [character, 0x80 + index] as const));
  bytes.delete('\ufffd');
  codePageBytes.set(encoding, bytes);
  return bytes;
}

const ASCII = /^[ -~]*$/;

/** The byte of a character in a code page, or undefined where the page has none. Control characters have none. */
export function encodeCharacter(character: string, page: CodePage): number | undefined {
  return ASCII.test(character) ? character.charCodeAt(0) : bytesOf(page.encoding).get(character);
}

/** Whether the printer's own characters set a text; what they do not is drawn. */
export function isPlain(text: string, pages: readonly CodePage[]): boolean {
  if (ASCII.test(text)) return true;
  for (const character of text) {
    if (!pages.some((page) => encodeCharacter(character, page) !== undefined)) return false;
  }
  return true;
}

/** Invisible, but decides how its neighbours are joined, ordered or pictured: kept where a text is drawn. */
const JOINER = /[\u200c-\u200f\ufe0e\ufe0f\u{e0020}-\u{e007f}]/u;
const JOINERS = new RegExp(JOINER, 'gu');
/** Controls and what is invisible by itself. Both would say something else to the printer, or hide something from a reader. */
const INVISIBLE = /[\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Makes a text safe to print: composed (NFC), every kind of space a plain one, controls and invisible characters gone,
 * punctuation plain where no page has it. What no page has then is left for the painter, or refused by name.
 */
function printableText(text: string, pages: readonly CodePage[], painter: TextPainter | null): Printable<string> {
  if (ASCII.test(text)) return ok(text);
  let printable = '';
  let foreign: string | undefined;
  for (const character of text.normalize('NFC')) {
    if (ASCII.test(character) || JOINER.test(character)) printable += character;
    else if (/[\p{Z}\t\n\v\f\r]/u.test(character)) printable += ' ';
    else if (INVISIBLE.test(character)) continue;
    else if (isPlain(character, pages)) printable += character;
    else if (PLAIN_PUNCTUATION[character] !== undefined) printable += PLAIN_PUNCTUATION[character];
    else {
      foreign ??= character;
      printable += character;
    }
  }
  if (foreign === undefined) return ok(printable.replace(JOINERS, ''));
  const missing = painter === null ? foreign : painter.missingIn(printable);
  if (missing === undefined) return ok(printable);
  return unprintable(missing, `This printer has no "${missing}". Choose another printer model, or reword it.`);
}

/** The same document with every text printable. A line break inside a paragraph starts a new one. */
export function printableDocument(
  document: ReceiptDocument,
  pages: readonly CodePage[],
  painter: TextPainter | null,
): Printable<ReceiptDocument> {
  let problem: Unprintable | undefined;
  const clean = (text: string): string => {
    const printable = printableText(text, pages, painter);
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
      case 'logo':
      case 'rule':
      case 'feed':
      case 'cut':
        return [block];
    }
  };
  const blocks = document.blocks.flatMap(cleanBlock);
  return problem ?? ok({ ...document, blocks });
}
