import { CURRENCY_DATA, DEFAULT_CURRENCY_DATA } from './currency-data';
import { fail, ok, type Result } from './result';

/** An amount in the currency's minor unit (pence, cents), always a safe integer. Its currency is the stall's. */
export type Minor = number;

/** No amount in the till may exceed this: ten million pounds in pence. Keeps every product of amounts a safe integer. */
export const MAX_MINOR: Minor = 1_000_000_000;

/** One currency's rules, from Unicode CLDR `supplemental/currencyData`. */
export interface Currency {
  /** ISO 4217 code, for instance `GBP`. */
  readonly code: string;
  /** Decimal places of the minor unit. */
  readonly digits: number;
  /** Step, in minor units, to which a cash amount is rounded; 1 means cash is exact. */
  readonly cashStepMinor: Minor;
}

/**
 * Looks up a currency.
 * @param code ISO 4217 alphabetic code; an unknown one gets CLDR's DEFAULT row.
 */
export function currency(code: string): Currency {
  const { digits, cashStepMinor } = CURRENCY_DATA[code] ?? DEFAULT_CURRENCY_DATA;
  return { code, digits, cashStepMinor };
}

/**
 * Integer division rounded half away from zero, so that a refund mirrors its sale exactly:
 * `divideRounded(-a, b) === -divideRounded(a, b)`.
 * @param denominator a positive integer
 */
export function divideRounded(numerator: number, denominator: number): number {
  const magnitude = Math.abs(numerator);
  const quotient = Math.floor(magnitude / denominator);
  const remainder = magnitude - quotient * denominator;
  const rounded = remainder * 2 >= denominator ? quotient + 1 : quotient;
  return numerator < 0 ? 0 - rounded : rounded;
}

/** `amount × basisPoints / 10 000`, rounded half away from zero. */
export function portion(amountMinor: Minor, basisPoints: number): Minor {
  return divideRounded(amountMinor * basisPoints, 10_000);
}

/**
 * Splits an amount over weights by the largest-remainder method: the parts add up to the amount exactly, no part is
 * more than one unit from its exact share, and equal remainders favour the earlier part.
 * @param weights non-negative integers; if all are zero the whole amount falls to the first part
 */
export function allocate(amountMinor: Minor, weights: readonly number[]): Minor[] {
  if (weights.length === 0) return [];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) return weights.map((_, index) => (index === 0 ? amountMinor : 0));
  const sign = amountMinor < 0 ? -1 : 1;
  // BigInt: amount × weight may pass 2^53 when a large cart discount meets large lines.
  const magnitude = BigInt(Math.abs(amountMinor));
  const divisor = BigInt(sum);
  const parts = weights.map((weight, index) => {
    const product = magnitude * BigInt(weight);
    return { index, floor: Number(product / divisor), remainder: product % divisor };
  });
  let left = Math.abs(amountMinor) - parts.reduce((total, part) => total + part.floor, 0);
  const result = parts.map((part) => part.floor);
  const byRemainder = [...parts].sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const part of byRemainder) {
    if (left === 0) break;
    result[part.index] = (result[part.index] ?? 0) + 1;
    left -= 1;
  }
  return result.map((part) => (part === 0 ? 0 : part * sign));
}

/** Rounds an amount to what can be paid in coins and notes (CLDR `_cashRounding`), half away from zero. */
export function roundCash(amountMinor: Minor, of: Currency): Minor {
  return divideRounded(amountMinor, of.cashStepMinor) * of.cashStepMinor;
}

/** Where and how amounts are written. */
export interface MoneyFormat {
  /** ISO 4217. */
  readonly currency: string;
  /** BCP 47. */
  readonly locale: string;
}

const formatters = new Map<string, Intl.NumberFormat>();

/** @param style with the currency's sign, with its decimals alone, or as the locale writes any number */
function formatter({ currency: code, locale }: MoneyFormat, style: 'currency' | 'decimal' | 'plain') {
  const key = `${locale} ${code} ${style}`;
  let found = formatters.get(key);
  if (!found) {
    const { digits } = currency(code);
    found = new Intl.NumberFormat(locale, {
      // Receipt printers have no other digits.
      numberingSystem: 'latn',
      ...(style !== 'plain' && { minimumFractionDigits: digits, maximumFractionDigits: digits }),
      ...(style === 'currency' && { style, currency: code, currencyDisplay: 'narrowSymbol' }),
    });
    formatters.set(key, found);
  }
  return found;
}

/** The exact decimal of an amount as ECMA-402 takes it: a string, so that no binary fraction comes between. */
function decimal(amountMinor: Minor, digits: number): Intl.StringNumericLiteral {
  const sign = amountMinor < 0 ? '-' : '';
  const padded = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
  const whole = padded.slice(0, padded.length - digits);
  return `${sign}${whole}${digits === 0 ? '' : `.${padded.slice(-digits)}`}` as Intl.StringNumericLiteral;
}

/** `£1,234.50`: with the currency's sign, in the stall's locale. */
export function formatMoney(amountMinor: Minor, format: MoneyFormat): string {
  return formatter(format, 'currency').format(decimal(amountMinor, currency(format.currency).digits));
}

/** `1,234.50`: without the sign, for columns. */
export function formatAmount(amountMinor: Minor, format: MoneyFormat): string {
  return formatter(format, 'decimal').format(decimal(amountMinor, currency(format.currency).digits));
}

export type MoneyProblem = 'not-an-amount' | 'negative' | 'too-large' | 'too-precise';

const MARKS = /[.,'’]/g;
const MINUS = /^[-−]|[-−]$|^\(.*\)$/;
/** A space between digits that does not set off three of them: `4 50` is no 450. */
const STRAY_SPACE = /\d\s+(?!\d{3}(?!\d))\d/;

/**
 * Reads an amount a person typed or a file holds: `4`, `4.5`, `£4.50`, `1,234.50`, `1.234,50 €`. Of two different marks
 * the last is the decimal one. A single mark is the locale's decimal mark, or else a thousands mark where exactly three
 * digits follow. Decimals beyond the currency's are refused, never rounded: a fraction of a penny is a slip.
 */
export function parseMoney(text: string, format: MoneyFormat): Result<Minor, MoneyProblem> {
  const { digits } = currency(format.currency);
  const shown = `“${text.slice(0, 40)}”`;
  const example = formatAmount(divideRounded(45 * 10 ** digits, 10), format);
  const compact = withoutSign(text.replace(/[\s\p{Cf}]/gu, ''), format);
  const bare = withoutSign(compact.replace(/^[-−(]|[-−)]$/g, ''), format);
  const point = decimalPoint(bare, format);
  const whole = point < 0 ? bare : bare.slice(0, point);
  const fraction = point < 0 ? '' : bare.slice(point + 1);
  // Groups of three, or of two before the last as in India.
  const isWhole = /^\d*$/.test(whole) || /^\d{1,3}([.,'’]\d{2,3})*[.,'’]\d{3}$/.test(whole);
  if (!/\d/.test(bare) || !isWhole || !/^\d*$/.test(fraction) || STRAY_SPACE.test(text)) {
    return fail('not-an-amount', `${shown} is not an amount. Write it like ${example}.`);
  }
  if (fraction.length > digits) {
    return fail('too-precise', `${shown} has more than ${digits} decimals. Write it like ${example}.`);
  }
  const minorDigits = `${whole.replace(MARKS, '')}${fraction.padEnd(digits, '0')}`.replace(/^0+/, '');
  if (minorDigits.length > String(MAX_MINOR).length || Number(minorDigits) > MAX_MINOR) {
    return fail('too-large', `${shown} is more than a till takes. The most is ${formatAmount(MAX_MINOR, format)}.`);
  }
  if (MINUS.test(compact)) return fail('negative', `${shown} is below zero. Write it without the minus.`);
  return ok(Number(minorDigits));
}

/** The text without the currency's own sign or code before or after it. */
function withoutSign(text: string, { currency: code, locale }: MoneyFormat): string {
  const signs = (['narrowSymbol', 'symbol'] as const).map(
    (currencyDisplay) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency: code, currencyDisplay })
        .formatToParts(0)
        .find(({ type }) => type === 'currency')?.value ?? code,
  );
  // Japanese writes a wide sign where a keyboard may have the narrow one.
  const spellings = [...signs, ...signs.map((one) => one.normalize('NFKC')), code];
  const sign = spellings.find((one) => text.startsWith(one) || text.endsWith(one)) ?? '';
  return text.startsWith(sign) ? text.slice(sign.length) : text.slice(0, text.length - sign.length);
}

/** Where the decimal mark stands, or -1. */
function decimalPoint(text: string, format: MoneyFormat): number {
  const marks = [...text.matchAll(MARKS)];
  const last = marks.at(-1);
  if (last === undefined) return -1;
  if (marks.some(([mark]) => mark !== last[0])) return last.index;
  if (marks.length > 1) return -1;
  const localeMark = formatter(format, 'plain')
    .formatToParts(1.5)
    .find(({ type }) => type === 'decimal')?.value;
  const isThousands = last[0] !== localeMark && /^\d{1,3}.\d{3}$/.test(text);
  return isThousands ? -1 : last.index;
}
