import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gtinCheckDigit } from '../../src/domain/barcode';
import { checkLabelRule, readLabel, verifierDigit, type LabelRule } from '../../src/domain/label';
import { orderNumber } from '../../src/domain/order';
import { readOwnCode, receiptCode, tokenCode } from '../../src/domain/own-code';
import { readCode } from '../../src/domain/scanned-code';

const digits = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(''));
const withCheckDigit = (body: string) => body + gtinCheckDigit(body);
const gtin = fc.constantFrom(7, 11, 12, 13).chain(digits).map(withCheckDigit);

function candidatesOf(raw: string): readonly string[] {
  const read = readCode(raw);
  return read.ok && 'candidates' in read.value ? read.value.candidates : [];
}

describe('codes', () => {
  it('are known under every length that leading zeros allow, from whichever was scanned', () => {
    fc.assert(
      fc.property(gtin, (code) => {
        const bare = code.replace(/^0+/, '');
        const spellings = [8, 12, 13, 14]
          .filter((length) => bare.length <= length)
          .map((length) => bare.padStart(length, '0'));
        for (const spelling of spellings) expect(candidatesOf(spelling)).toEqual(expect.arrayContaining(spellings));
      }),
    );
  });

  it('tell every single wrong digit', () => {
    fc.assert(
      fc.property(gtin, fc.nat(13), fc.integer({ min: 1, max: 9 }), (code, at, shift) => {
        const index = at % code.length;
        const wrong = code.slice(0, index) + ((Number(code[index]) + shift) % 10) + code.slice(index + 1);
        // An eight-digit number may be a UPC-E as well, with a check digit of its own.
        fc.pre(!/^[01]\d{7}$/.test(wrong));
        expect(readCode(wrong)).toMatchObject({ value: { gtin14: null, candidates: [wrong] } });
        expect(readCode(wrong)).not.toMatchObject({ value: { problem: null } });
      }),
    );
  });

  it('are read or refused by name, whatever is scanned', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (raw) => {
        const read = readCode(raw);
        if (!read.ok) return ['malformed-code', 'too-long'].includes(read.error.code);
        const { code } = read.value;
        return raw.includes(code) && code !== '' && !/(?!\u001d)\p{Cc}/u.test(code);
      }),
      { numRuns: 1000 },
    );
  });

  it('of receipts come back as their order number', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Z][A-Z0-9]{0,3}$/),
        fc.integer({ min: 1, max: 10_000_000 }),
        (prefix, sequence) => {
          const number = orderNumber(prefix, sequence);
          expect(readOwnCode(receiptCode(number))).toEqual({ kind: 'receipt', number });
        },
      ),
    );
  });
});

describe('codes of holds and coupons', () => {
  const kind = fc.constantFrom('hold' as const, 'coupon' as const);
  const token = fc.stringMatching(/^[A-Z0-9]{4,26}$/);

  it('come back as their token', () => {
    fc.assert(
      fc.property(kind, token, (each, text) => {
        expect(readOwnCode(tokenCode(each, text))).toEqual({ kind: each, token: text });
      }),
    );
  });

  it('tell every single wrong character', () => {
    fc.assert(
      fc.property(kind, token, fc.nat(), fc.constantFrom(...'ABC0189Z'), (each, text, at, character) => {
        const code = tokenCode(each, text);
        const index = 4 + (at % (code.length - 4));
        fc.pre(code.charAt(index) !== character);
        expect(readOwnCode(code.slice(0, index) + character + code.slice(index + 1))).toEqual({ kind: 'misread' });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('labels', () => {
  const layout = fc.record({
    kind: fc.constantFrom<LabelRule['kind']>('weight', 'price'),
    prefix: fc.constantFrom('02', '20', '21', '29'),
    hasVerifier: fc.boolean(),
    valueDigits: fc.constantFrom(4, 5),
  });

  it('come back with the item and the value they were printed with', () => {
    fc.assert(
      fc.property(layout, fc.nat(99_999), fc.nat(99_999), ({ kind, prefix, hasVerifier, valueDigits }, item, size) => {
        const itemDigits = 10 - valueDigits - (hasVerifier ? 1 : 0);
        const value = String(size % 10 ** valueDigits || 1).padStart(valueDigits, '0');
        const itemNumber = String(item % 10 ** itemDigits).padStart(itemDigits, '0');
        const letter = kind === 'weight' ? 'W' : 'P';
        const pattern = `${prefix}${'I'.repeat(itemDigits)}${hasVerifier ? 'V' : ''}${letter.repeat(valueDigits)}C`;
        const rule = { kind, pattern };
        expect(checkLabelRule(rule).ok).toBe(true);
        const code = withCheckDigit(`${prefix}${itemNumber}${hasVerifier ? verifierDigit(value) : ''}${value}`);
        expect(readLabel(code, [rule])).toEqual({
          ok: true,
          value: {
            rule,
            itemNumber,
            weightGrams: kind === 'weight' ? Number(value) : null,
            amountMinor: kind === 'price' ? Number(value) : null,
          },
        });
      }),
      { numRuns: 300 },
    );
  });

  it('are refused or not theirs, whatever the code and the layout', () => {
    const rule = fc.record({
      kind: fc.constantFrom<LabelRule['kind']>('weight', 'price'),
      pattern: fc.stringMatching(/^[0-9IWPVC]{0,14}$/),
    });
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{0,14}$/), rule, (code, one) => {
        const read = readLabel(code, [one]);
        if (!read.ok) return read.error.code === 'bad-label';
        return read.value === null || (read.value.weightGrams ?? read.value.amountMinor ?? 0) > 0;
      }),
      { numRuns: 1000 },
    );
  });
});
