import { hasValidCheckDigit } from '../../domain/barcode';
import type { Pricing, TaxRate } from '../../domain/catalogue';
import type { Currency } from '../../domain/money';
import { plainText } from '../../domain/text';
import type { TaxDraft } from './draft';
import { readGrams, readMoney, readPieces, type NumberResult } from './numbers';
import { hasControls, htmlToText, looksGarbled, looksLikeHtml, tidyLines } from './plain-text';
import { quoted, type Problems } from './problems';
import { cell, type Column, type Row } from './table';

/** What the formats need to know of the stall. */
export interface ReadContext {
  readonly currency: Currency;
  readonly taxRates: readonly TaxRate[];
  /** UTC instant; says whether a sale price runs today. */
  readonly now: Date;
}

/** Longest texts the catalogue takes (schema of an item). */
export const LONGEST = { handle: 200, name: 200, category: 80, variant: 120, sku: 120, barcode: 120, receiptName: 120 };
const LONGEST_DESCRIPTION = 4000;
const BARCODES_MOST = 50;

/**
 * Reads the cells of one file into values, and says what is wrong with them. Every method answers undefined for a column
 * the file does not have, and after an error.
 */
export class Cells {
  constructor(
    readonly context: ReadContext,
    readonly problems: Problems,
  ) {}

  /** A one-line text for people: controls and HTML are taken out with a warning. */
  line(row: Row, column: Column | null, longest: number): string | undefined {
    const raw = cell(row, column);
    if (raw === undefined || column === null) return undefined;
    let text = withoutFormulaGuard(raw);
    if (looksLikeHtml(text)) {
      text = htmlToText(text);
      this.problems.warn(row.line, column.name, 'html-removed', `HTML was taken out of ${quoted(raw)}.`);
    }
    if (hasControls(text)) {
      this.problems.warn(
        row.line,
        column.name,
        'controls-removed',
        `Control characters were taken out of ${quoted(raw)}.`,
      );
    }
    this.warnGarbled(row, column, text);
    return this.short(row, column, plainText(text).normalize('NFC'), longest);
  }

  /** A longer text with line breaks; what is written as HTML becomes plain text. */
  description(row: Row, column: Column | null, writtenAs: 'html' | 'plain'): string | undefined {
    const raw = cell(row, column);
    if (raw === undefined || column === null) return undefined;
    const unguarded = withoutFormulaGuard(raw);
    const text = (writtenAs === 'html' ? htmlToText(unguarded) : tidyLines(unguarded)).normalize('NFC');
    this.warnGarbled(row, column, text);
    if (text.length <= LONGEST_DESCRIPTION) return text;
    this.problems.warn(
      row.line,
      column.name,
      'description-cut',
      `The description has ${text.length} characters and was cut to ${LONGEST_DESCRIPTION}.`,
    );
    // Not through the middle of a surrogate pair.
    return text.slice(0, LONGEST_DESCRIPTION).replace(/[\ud800-\udbff]$/, '');
  }

  /** A key such as a handle or SKU, kept as it is; nothing invisible may hide in it. */
  key(row: Row, column: Column | null, longest: number): string | undefined {
    const raw = cell(row, column);
    if (raw === undefined || column === null) return undefined;
    return this.checkedKey(row, column, raw, longest);
  }

  /** The last of `Food > Jams > Berry`, and undefined for an empty cell. */
  category(row: Row, column: Column | null): string | undefined {
    const text = this.line(row, column, 1000);
    if (text === undefined || text === '' || column === null) return undefined;
    const leaf = text.split('>').at(-1)?.trim() ?? '';
    return this.short(row, column, leaf, LONGEST.category);
  }

  /**
   * Barcodes in one cell.
   * @param separator what stands between several, or null when the format has one to a cell
   */
  barcodes(row: Row, column: Column | null, separator: string | null): readonly string[] | undefined {
    const raw = cell(row, column);
    if (raw === undefined || column === null) return undefined;
    const codes: string[] = [];
    for (const part of separator === null ? [raw] : raw.split(separator)) {
      const code = this.checkedKey(row, column, part.trim(), LONGEST.barcode)?.replace(/(?<=^\d{7,14})\.0+$/, '');
      if (code === undefined || code === '' || codes.includes(code)) continue;
      if (/^(\d{8}|\d{12,14})$/.test(code) && !hasValidCheckDigit(code)) {
        this.problems.warn(
          row.line,
          column.name,
          'wrong-check-digit',
          `${quoted(code)} looks like a GTIN and its last digit is wrong: scan the article once to compare.`,
        );
      }
      codes.push(code);
    }
    if (codes.length <= BARCODES_MOST) return codes;
    this.problems.error(row.line, column.name, 'too-many-barcodes', `A variant can have ${BARCODES_MOST} barcodes.`);
    return undefined;
  }

  /** A price in minor units; undefined for an empty cell. */
  price(row: Row, column: Column | null): number | undefined {
    const raw = cell(row, column);
    if (raw === undefined || raw === '' || column === null) return undefined;
    return this.number(row, column, raw, readMoney(withoutTextGuard(raw), this.context.currency.digits));
  }

  /** A cost in minor units; null for an empty cell. */
  cost(row: Row, column: Column | null): number | null | undefined {
    return cell(row, column) === '' ? null : this.price(row, column);
  }

  /** Pieces or grams on hand, null for an empty cell; below zero becomes zero with a warning. */
  stock(row: Row, column: Column | null, pricing: Pricing | undefined): number | null | undefined {
    const raw = cell(row, column);
    if (raw === undefined || column === null) return undefined;
    if (raw === '') return null;
    const text = withoutTextGuard(raw);
    const value = this.number(row, column, raw, pricing === 'kg' ? readGrams(text) : readPieces(text));
    if (value === undefined || value >= 0) return value;
    this.problems.warn(row.line, column.name, 'negative-stock', `A stock of ${quoted(raw)} was read as 0.`);
    return 0;
  }

  /** `true`, `yes`, `Y`, `1` or their opposites; undefined for anything else. */
  flag(row: Row, column: Column | null): boolean | undefined {
    const text = cell(row, column)?.toLowerCase();
    if (text === undefined) return undefined;
    if (['true', 'yes', 'y', '1'].includes(text)) return true;
    return ['false', 'no', 'n', '0'].includes(text) ? false : undefined;
  }

  /** A tax rate of the stall by id, name or percentage; undefined for an empty cell. */
  taxRate(row: Row, column: Column | null): TaxDraft | undefined {
    const raw = cell(row, column);
    if (raw === undefined || raw === '' || column === null) return undefined;
    const rate = findTaxRate(this.context.taxRates, raw);
    if (rate !== undefined) return { rateId: rate.id };
    this.unknownTax(row, column, raw);
    return undefined;
  }

  unknownTax(row: Row, column: Column, raw: string): void {
    const known = this.context.taxRates.map((rate) => rate.id).join(', ');
    this.problems.error(
      row.line,
      column.name,
      'unknown-tax-rate',
      `The stall has no tax rate ${quoted(raw)}: use one of ${known}, or add the rate first.`,
    );
  }

  private number(row: Row, column: Column, raw: string, result: NumberResult): number | undefined {
    if (result.ok) return result.value;
    this.problems.error(row.line, column.name, result.code, `${quoted(raw)} ${result.message}.`);
    return undefined;
  }

  private checkedKey(row: Row, column: Column, raw: string, longest: number): string | undefined {
    const text = withoutTextGuard(raw);
    if (hasControls(text)) {
      this.problems.error(
        row.line,
        column.name,
        'control-characters',
        `${quoted(raw)} has invisible control characters in it: type it again.`,
      );
      return undefined;
    }
    if (/^\d([.,]\d+)?E\+?\d+$/i.test(text)) {
      this.problems.error(
        row.line,
        column.name,
        'mangled-number',
        `A spreadsheet has shortened a long number to ${quoted(text)}: format the column as text and enter the numbers again.`,
      );
      return undefined;
    }
    return this.short(row, column, text, longest);
  }

  private short(row: Row, column: Column, text: string, longest: number): string | undefined {
    if (text.length <= longest) return text;
    this.problems.error(
      row.line,
      column.name,
      'too-long',
      `${quoted(text)} has ${text.length} characters: shorten it to ${longest}.`,
    );
    return undefined;
  }

  private warnGarbled(row: Row, column: Column, text: string): void {
    if (!looksGarbled(text)) return;
    this.problems.warn(
      row.line,
      column.name,
      'garbled-text',
      `${quoted(text)} looks as if it was once saved in the wrong encoding: export the file again as UTF-8.`,
    );
  }
}

/** A rate of the stall by id, by name, or by percentage (`20`, `20%`, `17.5 %`). */
export function findTaxRate(rates: readonly TaxRate[], text: string): TaxRate | undefined {
  const wanted = text.trim().toLowerCase();
  const named = rates.find((rate) => rate.id.toLowerCase() === wanted || rate.name.toLowerCase() === wanted);
  if (named !== undefined) return named;
  const percent = /^(\d{1,3}(?:\.\d{1,2})?)\s*%?$/.exec(wanted)?.[1];
  return percent === undefined
    ? undefined
    : rates.find((rate) => rate.basisPoints === Math.round(Number(percent) * 100));
}

/** A handle from a name: `Crème brûlée, 2 pots` → `creme-brulee-2-pots`. */
export function handleFrom(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return plain.slice(0, LONGEST.handle);
}

/** The file name at the end of a path or web address: `…/photos/jam%20pot.jpg?v=2` → `jam pot.jpg`. */
export function fileNameOf(address: string): string {
  const last =
    address
      .replace(/[?#].*$/, '')
      .split(/[/\\]/)
      .at(-1) ?? '';
  try {
    return decodeURIComponent(last).trim();
  } catch {
    return last.trim();
  }
}

/**
 * Puts an apostrophe before a text that a spreadsheet would take for a formula, and before one that begins with an
 * apostrophe already, so that reading it again gives the same text.
 */
export function guarded(text: string): string {
  return /^['=+\-@]/.test(text) ? `'${text}` : text;
}

function withoutFormulaGuard(text: string): string {
  return /^'['=+\-@]/.test(text) ? text.slice(1) : text;
}

/** Spreadsheets also put an apostrophe before a number that must stay text. */
function withoutTextGuard(text: string): string {
  return text.startsWith("'") ? text.slice(1).trim() : text;
}
