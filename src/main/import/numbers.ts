import { MAX_MINOR, type Minor } from '../../domain/money';
import type { ImportProblemCode } from '../../shared/import-problems';

/** A number read from a cell, or what is wrong with it. */
export type NumberResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly code: ImportProblemCode; readonly message: string };

interface DecimalParts {
  readonly negative: boolean;
  readonly whole: string;
  /** Digits after the decimal mark, without trailing zeros. */
  readonly fraction: string;
}

const MINUS = /^[-−(]|-$/;

/**
 * Takes a written number apart: `4`, `4.50`, `4,50`, `£1,234.50`, `1.234,50 €`, `1 234,5`. Files come from every
 * country, so the decimal mark is told from the text: the last of two different marks; a single comma unless exactly
 * three digits follow it, which makes it a thousands mark; a single point always.
 */
function decimalParts(text: string): DecimalParts | null {
  const negative = MINUS.test(text);
  const bare = text
    .replace(/^[-−(]+|[-)]+$/g, '')
    .replace(/^\p{L}{0,3}\p{Sc}?|\p{Sc}?\p{L}{0,3}$/gu, '')
    .trim();
  const match = /^(\d[\d\s.,'’]*)$/.exec(bare.startsWith('.') || bare.startsWith(',') ? `0${bare}` : bare);
  const digits = match?.[1]?.replace(/[\s'’]/g, '');
  if (digits === undefined) return null;
  const mark = decimalMark(digits);
  const at = mark === null ? -1 : digits.lastIndexOf(mark);
  const whole = at < 0 ? digits : digits.slice(0, at);
  const fraction = at < 0 ? '' : digits.slice(at + 1);
  const groups = whole.split(/[.,]/);
  if (!/^\d*$/.test(fraction) || (groups.length > 1 && groups.slice(1).some((group) => group.length !== 3)))
    return null;
  return { negative, whole: groups.join('').replace(/^0+(?=\d)/, ''), fraction: fraction.replace(/0+$/, '') };
}

function decimalMark(digits: string): '.' | ',' | null {
  const points = digits.split('.').length - 1;
  const commas = digits.split(',').length - 1;
  if (points > 0 && commas > 0) return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ',';
  if (points === 1) return '.';
  if (commas === 1) return /,\d{3}$/.test(digits) ? null : ',';
  return null;
}

/**
 * Reads a price or cost.
 * @param digits decimal places of the currency
 */
export function readMoney(text: string, digits: number): NumberResult {
  const plain = /^\d{1,7}(?:\.(\d{1,2}))?$/.exec(text);
  // Nearly every price of a large file takes this way.
  if (plain !== null && digits === 2)
    return { ok: true, value: Number(text.replace('.', '') + '00'.slice(plain[1]?.length ?? 0)) };
  const parts = decimalParts(text);
  if (parts === null) return bad('not-a-price', 'is not a price: write it as 4.50');
  if (parts.negative) return bad('negative-price', 'is negative: a price is zero or more');
  if (parts.fraction.length > digits) {
    return bad(
      'fraction-of-a-penny',
      digits === 0
        ? 'has decimal places, and this currency has none'
        : `has more than ${digits} decimal places: round it to a whole minor unit`,
    );
  }
  const value = Number(parts.whole + parts.fraction.padEnd(digits, '0'));
  if (value > MAX_MINOR) return bad('huge-price', 'is more than the till can charge: check the decimal point');
  return { ok: true, value: value satisfies Minor };
}

/** Reads a count of pieces; below zero is returned as it is, for the caller to judge. */
export function readPieces(text: string): NumberResult {
  const parts = decimalParts(text);
  if (parts === null) return bad('not-a-number', 'is not a number: write a count such as 12');
  if (parts.fraction !== '') return bad('fraction-of-a-piece', 'is not a whole number of pieces');
  return bounded(parts, parts.whole);
}

/** Reads kilograms as grams. */
export function readGrams(text: string): NumberResult {
  const parts = decimalParts(text);
  if (parts === null) return bad('not-a-number', 'is not a weight: write kilograms such as 2.5');
  if (parts.fraction.length > 3) return bad('fraction-of-a-gram', 'is finer than a gram: use at most 3 decimal places');
  return bounded(parts, parts.whole + parts.fraction.padEnd(3, '0'));
}

function bounded(parts: DecimalParts, digits: string): NumberResult {
  const value = Number(digits);
  if (value > MAX_MINOR) return bad('huge-number', 'is more than the till can count: check the decimal point');
  return { ok: true, value: parts.negative && value !== 0 ? -value : value };
}

function bad(code: ImportProblemCode, message: string): NumberResult {
  return { ok: false, code, message };
}
