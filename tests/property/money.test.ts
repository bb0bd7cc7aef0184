import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocate,
  currency,
  divideRounded,
  formatAmount,
  formatMoney,
  MAX_MINOR,
  parseMoney,
  portion,
  roundCash,
} from '../../src/domain/money';

const amount = fc.integer({ min: 0, max: MAX_MINOR });
const anyCurrency = fc.constantFrom('GBP', 'EUR', 'USD', 'CHF', 'SEK', 'CZK', 'HUF', 'JPY', 'KWD', 'INR', 'DKK');
const anyLocale = fc.constantFrom(
  'en-GB',
  'en-US',
  'de-DE',
  'de-CH',
  'fr-FR',
  'sv-SE',
  'en-IN',
  'ja-JP',
  'pl-PL',
  'pt-BR',
);

describe('divideRounded', () => {
  const numerator = fc.maxSafeInteger();
  const denominator = fc.integer({ min: 1, max: 1_000_000_000 });

  it('is the nearest integer, halves away from zero', () => {
    fc.assert(
      fc.property(numerator, denominator, (a, b) => {
        const twiceTheError = 2n * (BigInt(a) - BigInt(divideRounded(a, b)) * BigInt(b));
        const isAwayFromZero = a >= 0 ? twiceTheError < BigInt(b) : twiceTheError > -BigInt(b);
        return twiceTheError <= BigInt(b) && twiceTheError >= -BigInt(b) && isAwayFromZero;
      }),
      { numRuns: 1000 },
    );
  });

  it('mirrors its sign', () => {
    fc.assert(fc.property(numerator, denominator, (a, b) => divideRounded(-a, b) === 0 - divideRounded(a, b)));
  });
});

describe('portion', () => {
  it('is between nothing and the whole', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 10_000 }), (whole, basisPoints) => {
        const part = portion(whole, basisPoints);
        return part >= 0 && part <= whole;
      }),
    );
  });
});

describe('allocate', () => {
  const weights = fc.array(fc.integer({ min: 0, max: MAX_MINOR }), { minLength: 1, maxLength: 40 });

  it('adds up to the amount, is within one unit of each exact share, and mirrors its sign', () => {
    fc.assert(
      fc.property(fc.integer({ min: -MAX_MINOR, max: MAX_MINOR }), weights, (whole, shares) => {
        const parts = allocate(whole, shares);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(whole);
        const total = shares.reduce((sum, share) => sum + BigInt(share), 0n);
        if (total === 0n) return;
        parts.forEach((part, index) => {
          const exactTimesTotal = BigInt(whole) * BigInt(shares[index] ?? 0);
          const distance = BigInt(part) * total - exactTimesTotal;
          expect(distance < total && distance > -total).toBe(true);
        });
        expect(allocate(0 - whole, shares)).toEqual(parts.map((part) => 0 - part));
      }),
      { numRuns: 500 },
    );
  });

  it('never gives a larger weight less', () => {
    fc.assert(
      fc.property(amount, weights, (whole, shares) => {
        const parts = allocate(whole, shares);
        const byWeight = shares.map((share, index) => ({ share, part: parts[index] ?? 0 }));
        byWeight.sort((a, b) => a.share - b.share || a.part - b.part);
        fc.pre(byWeight.at(-1)?.share !== 0);
        return byWeight.every(({ part }, index) => index === 0 || part >= (byWeight[index - 1]?.part ?? 0));
      }),
      { numRuns: 500 },
    );
  });

  it('never gives a line more than it has, when there is no more to give than all have', () => {
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (shares, fraction) => {
        const total = shares.reduce((sum, share) => sum + share, 0);
        const parts = allocate(Math.floor(total * fraction), shares);
        return parts.every((part, index) => part >= 0 && part <= (shares[index] ?? 0));
      }),
      { numRuns: 500 },
    );
  });
});

describe('roundCash', () => {
  it('can be paid in coins, is at most half a coin away, and changes nothing twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: -MAX_MINOR, max: MAX_MINOR }), anyCurrency, (exact, code) => {
        const of = currency(code);
        const rounded = roundCash(exact, of);
        expect(Math.abs(rounded % of.cashStepMinor)).toBe(0);
        expect(Math.abs(rounded - exact) * 2).toBeLessThanOrEqual(of.cashStepMinor === 1 ? 0 : of.cashStepMinor);
        expect(roundCash(rounded, of)).toBe(rounded);
        expect(roundCash(0 - exact, of)).toBe(0 - rounded);
      }),
    );
  });
});

describe('amounts as text', () => {
  it('are read as they were written, in every locale, with and without the sign', () => {
    fc.assert(
      fc.property(amount, anyCurrency, anyLocale, (exact, code, locale) => {
        const format = { currency: code, locale };
        for (const text of [formatAmount(exact, format), formatMoney(exact, format)]) {
          expect([text, parseMoney(text, format)]).toEqual([text, { ok: true, value: exact }]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('show every digit of any safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), anyCurrency, anyLocale, (exact, code, locale) => {
        const { digits } = currency(code);
        const shown = formatAmount(exact, { currency: code, locale }).replace(/\D/g, '');
        expect(shown).toBe(String(Math.abs(exact)).padStart(digits + 1, '0'));
      }),
      { numRuns: 1000 },
    );
  });

  it('never come from junk as anything but a whole amount or a named error', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 30, unit: fc.constantFrom(...'0123456789.,-£€ ()ekp\u00a0\u202e') }),
        (text) => {
          const read = parseMoney(text, { currency: 'GBP', locale: 'en-GB' });
          if (!read.ok) return read.error.message.length > 0;
          return Number.isSafeInteger(read.value) && read.value >= 0 && read.value <= MAX_MINOR;
        },
      ),
      { numRuns: 2000 },
    );
  });
});
