import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGrams, readMoney, readPieces } from '../../../src/main/import/numbers';

function minor(text: string, digits = 2): number | string {
  const result = readMoney(text, digits);
  return result.ok ? result.value : result.code;
}

describe('prices as the world writes them', () => {
  test.each([
    ['4', 400],
    ['4.5', 450],
    ['4.50', 450],
    ['4.500', 450],
    ['.50', 50],
    ['4,50', 450],
    ['4,5', 450],
    ['£4.50', 450],
    ['4.50 £', 450],
    ['GBP 4.50', 450],
    ['US$4.50', 450],
    ['1,234.50', 123450],
    ['1.234,50 €', 123450],
    ['1 234,50', 123450],
    ['1’234.50', 123450],
    ['1,234', 123400],
    ['1,234,567.89', 123456789],
    ['10000000', 1_000_000_000],
    ['0', 0],
  ])('%s', (text, value) => {
    expect(minor(text)).toBe(value);
  });

  test.each([
    ['-4.50', 'negative-price'],
    ['−4.50', 'negative-price'],
    ['£-4.50', 'not-a-price'],
    ['4.505', 'fraction-of-a-penny'],
    ['10000000.01', 'huge-price'],
    ['4.5.0', 'not-a-price'],
    ['12,34,56', 'not-a-price'],
    ['1.2e3', 'not-a-price'],
    ['four', 'not-a-price'],
    ['£', 'not-a-price'],
    ['NaN', 'not-a-price'],
    ['Infinity', 'not-a-price'],
  ])('%s is refused', (text, code) => {
    expect(minor(text)).toBe(code);
  });

  test('a currency without decimal places has none', () => {
    expect(minor('1,200', 0)).toBe(1200);
    expect(minor('12.50', 0)).toBe('fraction-of-a-penny');
    expect(minor('1.250', 3)).toBe(1250);
  });

  test('every amount is read back as it is written, with a point or a comma', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), fc.constantFrom(0, 2, 3), (value, digits) => {
        const text = String(value).padStart(digits + 1, '0');
        const point = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
        expect(minor(point, digits)).toBe(value);
        // A comma before three digits is a thousands mark, so that a third of them would not be prices.
        if (digits === 2) expect(minor(point.replace('.', ','), digits)).toBe(value);
      }),
    );
  });
});

test('pieces and weights', () => {
  expect(readPieces('12')).toEqual({ ok: true, value: 12 });
  expect(readPieces('-3')).toEqual({ ok: true, value: -3 });
  expect(readPieces('12.0')).toEqual({ ok: true, value: 12 });
  expect(readPieces('1.5')).toMatchObject({ code: 'fraction-of-a-piece' });
  expect(readPieces('1e99')).toMatchObject({ code: 'not-a-number' });
  expect(readPieces('9'.repeat(20))).toMatchObject({ code: 'huge-number' });
  expect(readGrams('2.5')).toEqual({ ok: true, value: 2500 });
  expect(readGrams('0,125')).toMatchObject({ ok: true });
  expect(readGrams('0.1234')).toMatchObject({ code: 'fraction-of-a-gram' });
});
