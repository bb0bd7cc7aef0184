import { describe, expect, it } from 'vitest';
import { expandUpcE, gtinCheckDigit, readCode, readReceiptCode, receiptCode } from '../../../src/domain/barcode';
import { codeOf, valueOf } from '../../helpers/stall';

function candidates(raw: string): readonly string[] {
  const code = valueOf(readCode(raw));
  return code.kind === 'item' ? code.candidates : [];
}

describe('check digits', () => {
  // Published examples: GS1 (629104150021 → 3), UPC of a box of tissues, EAN-8, ITF-14.
  it.each([
    ['629104150021', '3'],
    ['03600024145', '7'],
    ['9638507', '4'],
    ['1540014128876', '3'],
    ['400638133393', '1'],
  ])('of %s is %s', (digits, check) => {
    expect(gtinCheckDigit(digits)).toBe(check);
  });
});

describe('reading codes', () => {
  it('takes away one terminator and the AIM identifier, and no more', () => {
    for (const raw of ['5012345678900', '5012345678900\r', '5012345678900\n', '5012345678900\r\n', '5012345678900\t']) {
      expect(valueOf(readCode(raw)).code).toBe('5012345678900');
    }
    expect(valueOf(readCode(']E05012345678900\r')).code).toBe('5012345678900');
    expect(valueOf(readCode(' 5012345678900 ')).code).toBe('5012345678900');
    expect(codeOf(readCode('5012345678900\r\r'))).toBe('malformed-code');
  });

  it.each(['', '\r', ']E0', '   ', 'A\u0000B', '12\u000734', 'A\u007fB', 'A\u0085B', '1\r2'])(
    'refuses %j as malformed',
    (raw) => {
      expect(codeOf(readCode(raw))).toBe('malformed-code');
    },
  );

  it('takes 4096 characters and their terminator, and not one more', () => {
    const longest = 'A'.repeat(4096);
    expect(valueOf(readCode(`${longest}\r\n`)).code).toBe(longest);
    expect(codeOf(readCode(`${longest}A`))).toBe('too-long');
    expect(codeOf(readCode('7'.repeat(100_000)))).toBe('too-long');
  });

  it('keeps the group separator of GS1 codes, markup and other scripts as the data they are', () => {
    for (const raw of ['0105012345678900\u001d21ABC', '<script>alert(1)</script>', 'Käse-1', '抹茶']) {
      expect(valueOf(readCode(raw)).code).toBe(raw);
    }
  });

  it('keeps a number with a wrong check digit, as a seller may have printed it', () => {
    expect(valueOf(readCode('5012345678901'))).toEqual({
      kind: 'item',
      code: '5012345678901',
      candidates: ['5012345678901'],
      checkDigitValid: false,
    });
    expect(valueOf(readCode('5012345678900'))).toMatchObject({ checkDigitValid: true });
    expect(valueOf(readCode('PLU00031'))).toMatchObject({ checkDigitValid: true, candidates: ['PLU00031'] });
  });

  it('knows UPC-A, EAN-13 and GTIN-14 as one number', () => {
    const spellings = ['036000241457', '0036000241457', '00036000241457'];
    for (const spelling of spellings) {
      expect(candidates(spelling)[0]).toBe(spelling);
      expect([...candidates(spelling)].sort()).toEqual([...spellings].sort());
    }
  });

  it('knows a UPC-E and the UPC-A it stands for as one number', () => {
    // One for each way of leaving out the zeros.
    for (const [upcE, upcA] of [
      ['04252614', '042100005264'],
      ['01234531', '012300000451'],
      ['01234543', '012340000053'],
      ['01234558', '012345000058'],
    ] as const) {
      expect([upcE, expandUpcE(upcE)]).toEqual([upcE, upcA]);
      expect(candidates(upcE)).toContain(upcA);
      expect(candidates(upcA)).toContain(upcE);
      expect(candidates(`0${upcA}`)).toContain(upcE);
      expect(valueOf(readCode(upcE))).toMatchObject({ checkDigitValid: true });
    }
    expect(expandUpcE('04252615')).toBeNull();
    expect(expandUpcE('24252614')).toBeNull();
  });

  it('finds the GTIN inside a GS1 element string', () => {
    expect(candidates(']C10105012345678900\u001d21ABC')).toContain('5012345678900');
    expect(candidates('0105012345678900')).toContain('5012345678900');
    expect(candidates('0105012345678900X')).not.toContain('5012345678900');
    expect(candidates('0105012345678901')).toEqual(['0105012345678901']);
  });

  it('knows a number typed in the groups it is printed in', () => {
    expect(candidates('5 012345 678900')).toContain('5012345678900');
  });
});

describe('the code of a receipt', () => {
  it('is the order number after TR1:', () => {
    expect(receiptCode('T1-0412')).toBe('TR1:T1-0412');
    expect(valueOf(readCode('TR1:T1-0412\r'))).toEqual({ kind: 'receipt', code: 'TR1:T1-0412', number: 'T1-0412' });
    expect(valueOf(readCode(']C0tr1:t1-0412'))).toMatchObject({ kind: 'receipt', number: 'T1-0412' });
    expect(readReceiptCode('TR1:T12-123456')).toBe('T12-123456');
  });

  it.each(['TR1:', 'TR1:T1', 'TR1:T1-12', 'TR2:T1-0412', 'TR1:T1-0412 ', 'XTR1:T1-0412', "TR1:T1-0412';--"])(
    '%j is no receipt',
    (code) => {
      expect(readReceiptCode(code)).toBeNull();
    },
  );
});
