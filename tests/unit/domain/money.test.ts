import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { CURRENCY_DATA, DEFAULT_CURRENCY_DATA } from '../../../src/domain/currency-data';
import {
  allocate,
  currency,
  divideRounded,
  formatAmount,
  formatMoney,
  parseMoney,
  roundCash,
} from '../../../src/domain/money';
import { codeOf, valueOf } from '../../helpers/stall';

const pounds = { currency: 'GBP', locale: 'en-GB' };
const euros = { currency: 'EUR', locale: 'de-DE' };
const yen = { currency: 'JPY', locale: 'ja-JP' };
/** As a person sees it: every kind of space a plain one. */
const plain = (text: string) => text.replace(/\s/g, ' ');

describe('currency data', () => {
  const path = createRequire(import.meta.url).resolve('cldr-core/supplemental/currencyData.json');
  const { fractions } = JSON.parse(readFileSync(path, 'utf8')).supplemental.currencyData;

  it('is what CLDR says, for every currency it knows', () => {
    const { DEFAULT, ...others } = fractions;
    expect(Object.keys(CURRENCY_DATA).sort()).toEqual(Object.keys(others).sort());
    expect(DEFAULT).toEqual({ _rounding: '0', _digits: '2' });
    expect(DEFAULT_CURRENCY_DATA).toEqual({ digits: 2, cashStepMinor: 1 });
    for (const [code, row] of Object.entries<Record<string, string>>(others)) {
      const digits = Number(row['_digits']);
      // In decimals of the currency: CLDR's smallest cash amount is its rounding at its cash digits.
      const cashDigits = Number(row['_cashDigits'] ?? digits);
      const smallestCash = Number(`${Number(row['_cashRounding'] ?? 0) || 1}e-${cashDigits}`);
      expect([code, CURRENCY_DATA[code]?.digits]).toEqual([code, digits]);
      expect([code, CURRENCY_DATA[code]?.cashStepMinor]).toEqual([code, Math.round(smallestCash * 10 ** digits)]);
    }
  });

  it.each([
    ['GBP', 2, 1],
    ['CHF', 2, 5],
    ['CAD', 2, 5],
    ['DKK', 2, 50],
    ['SEK', 2, 100],
    ['NOK', 2, 100],
    ['CZK', 2, 100],
    ['HUF', 0, 5],
    ['JPY', 0, 1],
    ['KWD', 3, 1],
    ['XXQ', 2, 1],
  ])('%s has %i digits and cash in steps of %i', (code, digits, cashStepMinor) => {
    expect(currency(code)).toEqual({ code, digits, cashStepMinor });
  });
});

describe('arithmetic', () => {
  it('rounds half away from zero, the same for a refund as for its sale', () => {
    expect([5, 15, 14, -5, -15, -14, 0].map((amount) => divideRounded(amount, 10))).toEqual([1, 2, 1, -1, -2, -1, 0]);
    expect(Object.is(divideRounded(-4, 10), 0)).toBe(true);
  });

  it('gives the units left over to the largest remainders, the earlier first', () => {
    expect(allocate(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(allocate(-100, [1, 1, 1])).toEqual([-34, -33, -33]);
    expect(allocate(10, [3, 0, 7])).toEqual([3, 0, 7]);
    expect(allocate(5, [1, 8])).toEqual([1, 4]);
    expect(allocate(7, [0, 0])).toEqual([7, 0]);
    expect(allocate(7, [])).toEqual([]);
  });

  it('rounds cash to the coins of the currency', () => {
    const francs = currency('CHF');
    expect([1002, 1003, 1007, 1008, -1003].map((amount) => roundCash(amount, francs))).toEqual([
      1000, 1005, 1005, 1010, -1005,
    ]);
    expect([49, 50, 149].map((amount) => roundCash(amount, currency('SEK')))).toEqual([0, 100, 100]);
    expect([25, 24].map((amount) => roundCash(amount, currency('DKK')))).toEqual([50, 0]);
    expect(roundCash(123, currency('GBP'))).toBe(123);
  });
});

describe('writing amounts', () => {
  it('has the sign, the marks and the decimals of the locale', () => {
    expect(formatMoney(3542, pounds)).toBe('£35.42');
    expect(formatAmount(123450, pounds)).toBe('1,234.50');
    expect(plain(formatMoney(123450, euros))).toBe('1.234,50 €');
    expect(formatMoney(-5, pounds)).toBe('-£0.05');
    expect(formatAmount(0, pounds)).toBe('0.00');
    expect(formatAmount(736, yen)).toBe('736');
    expect(formatAmount(4505, { currency: 'KWD', locale: 'en-GB' })).toBe('4.505');
    expect(formatMoney(250, { currency: 'USD', locale: 'en-GB' })).toBe('$2.50');
  });

  it('takes decimals from CLDR where ISO 4217 has others', () => {
    expect(plain(formatAmount(1995, { currency: 'HUF', locale: 'hu-HU' }))).toBe('1995');
  });

  it('writes the digits that printers have', () => {
    expect(formatAmount(123450, { currency: 'EGP', locale: 'ar-EG' })).toMatch(/^1.234.50$/);
  });

  it('is exact to the last digit of the largest safe integer', () => {
    expect(formatMoney(Number.MAX_SAFE_INTEGER, pounds)).toBe('£90,071,992,547,409.91');
    expect(formatMoney(Number.MIN_SAFE_INTEGER, pounds)).toBe('-£90,071,992,547,409.91');
    expect(formatAmount(Number.MAX_SAFE_INTEGER, yen)).toBe('9,007,199,254,740,991');
  });
});

describe('reading amounts', () => {
  it.each([
    ['4', 400],
    ['4.5', 450],
    ['4.50', 450],
    ['£4.50', 450],
    ['4.50 GBP', 450],
    ['gbp', 'not-an-amount'],
    [' £ 1,234.50 ', 123450],
    ['1,234', 123400],
    ['12,34', 1234],
    ['1.234,50', 123450],
    ['12,34,567.00', 123456700],
    ['.50', 50],
    ['4.', 400],
    ['0', 0],
    ['007', 700],
    ['10000000.00', 1_000_000_000],
  ])('in pounds, %j is %s', (text, expected) => {
    const read = parseMoney(text, pounds);
    expect(read.ok ? read.value : read.error.code).toBe(expected);
  });

  it.each([
    ['1.234,50', 123450],
    ['1.234,50 €', 123450],
    ['1.234', 123400],
    ['4,5', 450],
    ['4.50', 450],
    ['1,234.50', 123450],
  ])('in euros in German, %j is %s', (text, expected) => {
    expect(valueOf(parseMoney(text, euros))).toBe(expected);
  });

  it('reads amounts without decimals, with three, and grouped by spaces', () => {
    expect(valueOf(parseMoney('¥1,200', yen))).toBe(1200);
    expect(valueOf(parseMoney('4.505', { currency: 'KWD', locale: 'en-GB' }))).toBe(4505);
    expect(valueOf(parseMoney('1 234,50 kr', { currency: 'SEK', locale: 'sv-SE' }))).toBe(123450);
  });

  it.each([
    ['-4.50', 'negative'],
    ['−4.50', 'negative'],
    ['4.50-', 'negative'],
    ['(4.50)', 'negative'],
    ['-£4.50', 'negative'],
    ['£-4.50', 'negative'],
    ['4.505', 'too-precise'],
    ['4.500', 'too-precise'],
    ['10000000.01', 'too-large'],
    ['99999999999999999999', 'too-large'],
    ['1e9', 'not-an-amount'],
    ['Infinity', 'not-an-amount'],
    ['0x10', 'not-an-amount'],
    ['', 'not-an-amount'],
    [' ', 'not-an-amount'],
    ['£', 'not-an-amount'],
    ['.', 'not-an-amount'],
    ['4£50', 'not-an-amount'],
    ['4 50', 'not-an-amount'],
    ['1,23,45', 'not-an-amount'],
    ['1,2345', 'too-precise'],
    ['1.2.3', 'not-an-amount'],
    ['1,234,56', 'not-an-amount'],
    ['€4.50', 'not-an-amount'],
    ['50p', 'not-an-amount'],
    ['four', 'not-an-amount'],
    ['4-50', 'not-an-amount'],
    ['<b>4</b>', 'not-an-amount'],
  ])('in pounds, %j is refused: %s', (text, code) => {
    expect(codeOf(parseMoney(text, pounds))).toBe(code);
  });

  it('says how to write it', () => {
    const read = parseMoney('4.505', pounds);
    expect(read.ok ? '' : read.error.message).toBe('“4.505” has more than 2 decimals. Write it like 4.50.');
    const inYen = parseMoney('4.5', yen);
    expect(inYen.ok ? '' : inYen.error.message).toContain('Write it like 5.');
  });
});
