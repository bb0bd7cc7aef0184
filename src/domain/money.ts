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

function formatter({ currency: code, locale }: MoneyFormat, style: 'currency' | 'decimal'): Intl.NumberFormat {
  const key = `${locale} ${code} ${style}`;
  let found = formatters.get(key);
  if (!found) {
    const { digits } = currency(code);
    const places = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    found = new Intl.NumberFormat(
      locale,
      style === 'currency' ? { style, currency: code, currencyDisplay: 'narrowSymbol', ...places } : places,
    );
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

/**
 * Reads an amount a person typed or a file holds: `4`, `4.5`, `£4.50`, `1,234.50`; with a comma for decimals where the
 * locale writes it so. Grouping signs must group by three.
 */
export function parseMoney(text: string, format: MoneyFormat): Result<Minor, MoneyProblem> {
  const { digits } = currency(format.currency);
  const parts = formatter(format, 'decimal').formatToParts(-1234567.8);
  const sign = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  const decimalSign = sign('decimal') || '.';
  const groupSign = sign('group') || ',';
  const symbols = formatter(format, 'currency')
    .formatToParts(0)
    .filter(({ type }) => type === 'currency')
    .map(({ value }) => value);
  let bare = text.trim();
  for (const symbol of [...symbols, format.currency]) bare = bare.replace(symbol, '');
  bare = bare.replace(/[\s\u00a0\u202f]/g, '');
  const isNegative = /^[-\u2212]/.test(bare) || /^\(.*\)$/.test(bare);
  bare = bare.replace(/^[-\u2212+(]/, '').replace(/\)$/, '');
  const [whole = '', fraction, ...more] = bare.split(decimalSign);
  const group = /\s/.test(groupSign) ? '' : groupSign;
  const grouped = group !== '' && whole.includes(group);
  const wholeDigits = grouped ? whole.split(group).join('') : whole;
  const wellGrouped = !grouped || /^\d{1,3}(\D\d{3})+$/.test(whole);
  const isNumber =
    more.length === 0 && wellGrouped && /^\d*$/.test(wholeDigits) && /^\d*$/.test(fraction ?? '') && /\d/.test(bare);
  if (!isNumber)
    return fail(
      'not-an-amount',
      `“${text.slice(0, 40)}” is not an amount. Write it like ${formatAmount(450, format)}.`,
    );
  const significant = (fraction ?? '').replace(/0+$/, '');
  if (significant.length > digits) {
    return fail('too-precise', `“${text.slice(0, 40)}” has more than ${digits} decimals. Round it first.`);
  }
  if (wholeDigits.replace(/^0+/, '').length > 12) return fail('too-large', 'That amount is too large for a till.');
  const amountMinor = Number(`${wholeDigits || '0'}${significant.padEnd(digits, '0')}`);
  if (amountMinor > MAX_MINOR) return fail('too-large', 'That amount is too large for a till.');
  if (isNegative && amountMinor !== 0) return fail('negative', 'An amount cannot be below zero here.');
  return ok(amountMinor);
}
