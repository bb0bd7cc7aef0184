import { describe, expect, it } from 'vitest';
import { checkLabelRule, readLabel, verifierDigit, type LabelRule } from '../../../src/domain/label';
import { codeOf, valueOf } from '../../helpers/stall';

const weight: LabelRule = { pattern: '21IIIIIWWWWWC', kind: 'weight' };
const price: LabelRule = { pattern: '02IIIIIVPPPPC', kind: 'price' };

describe('verifier digits', () => {
  it('are those of the examples in the GS1 General Specifications', () => {
    expect(verifierDigit('2875')).toBe(9);
    expect(verifierDigit('14685')).toBe(6);
  });

  it('multiply as the weighting tables are defined', () => {
    // A single digit in each place shows its factor: 2-, 2-, 3, 5- times three, and 5+, 2-, 5-, 5+, 2-.
    const reduced = (product: number, sign: 1 | -1) => (product + sign * Math.floor(product / 10) + 10) % 10;
    for (let digit = 0; digit < 10; digit += 1) {
      const twoMinus = reduced(2 * digit, -1);
      const fivePlus = reduced(5 * digit, 1);
      const fiveMinus = reduced(5 * digit, -1);
      const of = (place: number, length: number) =>
        verifierDigit(
          String(digit)
            .padStart(place + 1, '0')
            .padEnd(length, '0'),
        );
      expect([0, 1, 2, 3].map((place) => of(place, 4))).toEqual(
        [twoMinus, twoMinus, (3 * digit) % 10, fiveMinus].map((product) => (3 * product) % 10),
      );
      // Of five digits, the verifier's own 5- fills the sum up to ten.
      const filled = [0, 1, 2, 3, 4].map((place) => reduced(5 * of(place, 5), -1));
      expect(filled).toEqual(
        [fivePlus, twoMinus, fiveMinus, fivePlus, twoMinus].map((product) => (10 - (product % 10)) % 10),
      );
    }
  });
});

describe('reading labels', () => {
  it('reads a weight', () => {
    expect(valueOf(readLabel('2100031003129', [price, weight]))).toEqual({
      rule: weight,
      itemNumber: '00031',
      weightGrams: 312,
      amountMinor: null,
    });
  });

  it('reads a price with its verifier', () => {
    expect(valueOf(readLabel('0212345928752', [weight, price]))).toEqual({
      rule: price,
      itemNumber: '12345',
      weightGrams: null,
      amountMinor: 2875,
    });
  });

  it('reads the same label as UPC-A and as GTIN-14', () => {
    for (const code of ['212345928752', '00212345928752']) {
      expect(valueOf(readLabel(code, [price]))).toMatchObject({ itemNumber: '12345', amountMinor: 2875 });
    }
    const upcA: LabelRule = { pattern: '2IIIIIVPPPPC', kind: 'price' };
    expect(valueOf(readLabel('0212345928752', [upcA]))).toMatchObject({ itemNumber: '12345', amountMinor: 2875 });
  });

  it('is null for any code no layout fits', () => {
    for (const code of ['5012345678900', '2200031003126', '21000310031', 'PLU00031', '', '210003100312999']) {
      expect([code, readLabel(code, [weight, price])]).toEqual([code, { ok: true, value: null }]);
    }
    expect(readLabel('2100031003129', [])).toEqual({ ok: true, value: null });
  });

  it('prefers the longer prefix', () => {
    const special: LabelRule = { pattern: '2100IIIWWWWWC', kind: 'weight' };
    expect(valueOf(readLabel('2100031003129', [weight, special]))).toMatchObject({ rule: special, itemNumber: '031' });
  });

  it('refuses a wrong check digit, a wrong verifier, and a label of nothing', () => {
    expect(codeOf(readLabel('2100031003128', [weight]))).toBe('bad-label');
    expect(codeOf(readLabel('0212345828755', [price]))).toBe('bad-label');
    expect(codeOf(readLabel('2100031000005', [weight]))).toBe('bad-label');
  });
});

describe('checking layouts', () => {
  it.each<[string, LabelRule['kind']]>([
    ['21IIIIIWWWWWC', 'weight'],
    ['20IIIIIPPPPPC', 'price'],
    ['02IIIIIVPPPPC', 'price'],
    ['02IIIIVPPPPPC', 'price'],
    ['2IIIIIVPPPPC', 'price'],
    ['28IIIIVWWWWWC', 'weight'],
  ])('takes %s as a %s', (pattern, kind) => {
    expect(valueOf(checkLabelRule({ pattern, kind }))).toEqual({ pattern, kind });
  });

  it.each<[string, LabelRule['kind'], string]>([
    ['', 'weight', 'only digits and the letters'],
    ['21iiiiiwwwwwc', 'weight', 'only digits and the letters'],
    ['21IIIIIXWWWWC', 'weight', 'only digits and the letters'],
    ['IIIIIWWWWWC', 'weight', 'begins with the digits'],
    ['21IIIII3WWWWC', 'weight', 'begins with the digits'],
    ['21IIWWIIWWWWC', 'weight', 'next to each other'],
    ['21WWWWWC', 'weight', 'item number'],
    ['21IIIIIPPPPPC', 'weight', 'no P'],
    ['21IIIIIWWWWWC', 'price', 'no W'],
    ['21IIIIIC', 'weight', 'needs the weight'],
    ['21IIIWWWWWWWC', 'weight', 'at most 6 digits'],
    ['21IIIIIVVWWWWC', 'weight', 'one verifier'],
    ['02IIIIIIVPPPC', 'price', '4 or 5 digits'],
    ['21IIIIICWWWWW', 'weight', 'check digit'],
    ['21IIIIIWWWWCC', 'weight', 'check digit'],
    [`21${'I'.repeat(30)}WWWWC`, 'weight', 'at most 30 places'],
  ])('refuses %s as a %s: %s', (pattern, kind, problem) => {
    const checked = checkLabelRule({ pattern, kind });
    expect(checked.ok ? 'ok' : checked.error.message).toContain(problem);
  });
});
