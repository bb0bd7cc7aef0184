import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLabel, type DecodedLabel } from '../../../src/cli/decode-label';
import { tokenCode } from '../../../src/domain/own-code';

const options = {
  labelRules: [
    { pattern: '21IIIIIWWWWWC', kind: 'weight' as const },
    { pattern: '20IIIIIPPPPPC', kind: 'price' as const },
  ],
  currency: 'GBP',
};
const decode = (input: string) => decodeLabel(input, options);

describe('a label', () => {
  it.each<[string, Omit<DecodedLabel, 'input'>]>([
    [']E04006381333931', { symbology: 'EAN-13', kind: 'item', gtin14: '04006381333931' }],
    ['4006381333931', { symbology: 'unknown', kind: 'item', gtin14: '04006381333931' }],
    ['2100031003129', { symbology: 'unknown', kind: 'measure', weightGrams: 312 }],
    [']E02000031002507', { symbology: 'EAN-13', kind: 'measure', priceMinor: 250 }],
    [
      ']C10104006381333931310300125039220250\\x1d10AB',
      {
        symbology: 'GS1-128',
        kind: 'element-string',
        gtin14: '04006381333931',
        ais: { '01': '04006381333931', '3103': '001250', '3922': '0250', '10': 'AB' },
        priceMinor: 250,
        weightGrams: 1250,
      },
    ],
    [
      ']Q1https://id.gs1.org/01/04006381333931?3103=000500',
      {
        symbology: 'QR',
        kind: 'digital-link',
        gtin14: '04006381333931',
        ais: { '01': '04006381333931', '3103': '000500' },
        weightGrams: 500,
      },
    ],
    [
      ']e08110106141416543213150110120',
      {
        symbology: 'GS1 DataBar',
        kind: 'coupon',
        ais: { '8110': '106141416543213150110120' },
      },
    ],
    [']E00512345000107', { symbology: 'EAN-13', kind: 'coupon' }],
    [']C0TR1:T1-0412', { symbology: 'Code 128', kind: 'receipt' }],
    [`]Q1${tokenCode('hold', 'ABCD')}`, { symbology: 'QR', kind: 'hold' }],
    [`]Q1${tokenCode('coupon', 'ABCD')}`, { symbology: 'QR', kind: 'coupon' }],
    [']C0PLU00031', { symbology: 'Code 128', kind: 'unknown' }],
  ])('%s is decoded', (input, decoded) => {
    expect(decode(input)).toEqual({ input, ...decoded });
  });

  it.each([
    ['', 'unknown', 'empty'],
    [']E04006381333932', 'item', 'check digit'],
    [']E02100031003128', 'measure', 'misread'],
    [']C10104006381333932', 'element-string', '(01) GTIN'],
    [']C10104006381333931255400638133393', 'element-string', '(255)'],
    [']C10204006381333931', 'element-string', '(02) CONTENT needs (37)'],
    [']Q1https://id.gs1.org/01/04006381333932', 'digital-link', 'check digit'],
    [']Q1https://id.gs1.org/ARFKk4XB0CDKWcnpq', 'digital-link', 'compressed'],
    ['A\\x04B', 'unknown', 'characters'],
    ['A'.repeat(5000), 'unknown', '4096'],
    ['TH1:ABCD-ZZ', 'unknown', 'Scan it again'],
  ])('%s (%s) is told what is wrong', (input, kind, error) => {
    const decoded = decode(input);
    expect(decoded).toMatchObject({ input, kind });
    expect(decoded.error).toContain(error);
    expect(decoded.gtin14).toBeUndefined();
  });

  it('reads control characters however they are written', () => {
    const written = decode(']C1010400638133393110A\\x1D21B');
    expect(written.ais).toEqual({ '01': '04006381333931', '10': 'A', '21': 'B' });
    expect(decode(']C1010400638133393110A\u001d21B').ais).toEqual(written.ais);
    expect(decode('\\x1d010400638133393110A').kind).toBe('element-string');
    // A backslash by itself is text.
    expect(decode('A\\x41')).toEqual({ input: 'A\\x41', symbology: 'unknown', kind: 'unknown' });
  });

  it('has its price in the minor units of its currency', () => {
    const label = ']C1010400638133393131030012503922250';
    expect(decode(label).priceMinor).toBe(250);
    expect(decodeLabel(label, { ...options, currency: 'KWD' }).priceMinor).toBe(2500);
    expect(decode(']C101040063813339313103001250393241400250').priceMinor).toBe(2500);
    // Three decimals that pence cannot say.
    expect(decode(']C1010400638133393131030012503923255')).not.toHaveProperty('priceMinor');
  });

  it('is answered with its line, a kind and a symbology, whatever the line', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc
        .tuple(
          fc.constantFrom(']C1', ']e0', ']d2', ']Q3', ']Q1', ']E0', ']E3', ']E4', ']I1', ''),
          fc.stringMatching(/^[0-9\x1d]{0,40}$/),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(line, (input) => {
        const { kind, symbology, gtin14 = '00000000000000', error = 'none' } = decode(input);
        return kind !== undefined && symbology !== '' && /^\d{14}$/.test(gtin14) && error !== '';
      }),
      { numRuns: 2000 },
    );
  });
});
