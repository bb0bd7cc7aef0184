import { describe, expect, it } from 'vitest';
import { tokenCode } from '../../../src/domain/own-code';
import { readCode, type ScannedGoods } from '../../../src/domain/scanned-code';
import { codeOf, valueOf } from '../../helpers/stall';

const GS = '\u001d';

function goods(raw: string): ScannedGoods {
  const code = valueOf(readCode(raw));
  if (code.kind === 'receipt' || code.kind === 'hold') throw new Error(`a ${code.kind}`);
  return code;
}

const candidates = (raw: string) => goods(raw).candidates;

describe('reading codes', () => {
  it('takes away one terminator and the AIM identifier, and no more', () => {
    for (const raw of ['5012345678900', '5012345678900\r', '5012345678900\n', '5012345678900\r\n', '5012345678900\t']) {
      expect(valueOf(readCode(raw)).code).toBe('5012345678900');
    }
    expect(valueOf(readCode(']E05012345678900\r')).code).toBe('5012345678900');
    expect(valueOf(readCode(' 5012345678900 ')).code).toBe('5012345678900');
    expect(codeOf(readCode('5012345678900\r\r'))).toBe('malformed-code');
  });

  it.each(['', '\r', ']E0', ']C1', '   ', 'A\u0000B', '12\u000734', 'A\u007fB', 'A\u0085B', '1\r2'])(
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
    for (const raw of [`0105012345678900${GS}21ABC`, '<script>alert(1)</script>', 'Käse-1', '抹茶']) {
      expect(valueOf(readCode(raw)).code).toBe(raw);
    }
  });

  it('keeps a number with a wrong check digit, as a seller may have printed it', () => {
    expect(goods('5012345678901')).toMatchObject({
      kind: 'item',
      candidates: ['5012345678901'],
      gtin14: null,
      problem: expect.stringContaining('check digit') as string,
    });
    expect(goods('5012345678900')).toMatchObject({ kind: 'item', gtin14: '05012345678900', problem: null });
    expect(goods('PLU00031')).toMatchObject({ kind: 'unknown', candidates: ['PLU00031'], gtin14: null, problem: null });
  });

  it('knows UPC-A, EAN-13 and GTIN-14 as one number', () => {
    const spellings = ['036000241457', '0036000241457', '00036000241457'];
    for (const spelling of spellings) {
      expect(candidates(spelling)[0]).toBe(spelling);
      expect([...candidates(spelling)].sort()).toEqual([...spellings].sort());
      expect(goods(spelling).gtin14).toBe('00036000241457');
    }
  });

  it('knows a UPC-E and the UPC-A it stands for as one number', () => {
    expect(candidates('04252614')).toContain('042100005264');
    expect(candidates('042100005264')).toContain('04252614');
    expect(candidates('0042100005264')).toContain('04252614');
    expect(goods('04252614')).toMatchObject({ gtin14: '00042100005264', problem: null });
  });

  it('knows a number typed in the groups it is printed in', () => {
    expect(goods('5 012345 678900')).toMatchObject({ gtin14: '05012345678900' });
    expect(candidates('5 012345 678900')).toContain('5012345678900');
  });
});

describe('EAN and UPC symbols', () => {
  it.each([
    [']E04006381333931', 'EAN-13', '04006381333931'],
    [']E00036000291452', 'EAN-13', '00036000291452'],
    [']E0036000291452', 'UPC-A', '00036000291452'],
    [']E003600029145', 'UPC-A', '00036000291452'],
    [']E496385074', 'EAN-8', '00000096385074'],
    [']E49638507', 'EAN-8', '00000096385074'],
    [']E004252614', 'UPC-E', '00042100005264'],
    [']E00123455', 'UPC-E', '00012345000058'],
    [']E04252614', 'UPC-E', '00042100005264'],
    [']E0425261', 'UPC-E', '00042100005264'],
    // The same eight digits are both, and the identifier decides.
    [']E401234565', 'EAN-8', '00000001234565'],
    [']E001234565', 'UPC-E', '00012345000065'],
    ['01234565', 'unknown', '00012345000065'],
  ])('%s is %s %s', (raw, symbology, gtin14) => {
    expect(goods(raw)).toMatchObject({ kind: 'item', symbology, gtin14, problem: null });
    expect(candidates(raw)).toContain(gtin14);
  });

  it.each([
    [']E1977195938800615', '9771959388006', '15'],
    [']E3977195938800615', '9771959388006', '15'],
    [']E2978186197876912345', '9781861978769', '12345'],
    [']E3978186197876912345', '9781861978769', '12345'],
    [']E303600029145212', '036000291452', '12'],
  ])('%s has an add-on', (raw, code, addOn) => {
    expect(goods(raw)).toMatchObject({ kind: 'item', code, addOn, problem: null });
    expect(goods(raw).gtin14).toBe(code.padStart(14, '0'));
  });

  it.each([
    [']E04006381333932', 'check digit'],
    [']E0036000291453', 'check digit'],
    [']E496385075', 'check digit'],
    [']E004252615', 'check digit'],
    [']E04252615', 'check digit'],
    [']E112', 'small code'],
    [']E212345', 'small code'],
    [']E0400638133393A', 'digits only'],
    [']E040063', 'so many digits'],
    [']E0400638133393100', 'so many digits'],
  ])('%s is no number: %s', (raw, problem) => {
    expect(goods(raw).gtin14).toBeNull();
    expect(goods(raw).problem).toContain(problem);
  });

  it('lets the catalogue tell an EAN-13 whose check digit the scanner left out', () => {
    expect(goods(']E0400638133393')).toMatchObject({ gtin14: null });
    expect(candidates(']E0400638133393')).toContain('4006381333931');
  });

  it.each([']E02112345012506', ']E00212345928752', '2112345012506', ']E421234569', ']E0412345678903'])(
    '%s is a number of the shop, and no GTIN',
    (raw) => {
      expect(goods(raw)).toMatchObject({ kind: 'unknown', gtin14: null, problem: null });
    },
  );

  it.each([']E00512345000107', '512345000107', ']E09812345678902', ']E09991234567890'])('%s is a coupon', (raw) => {
    expect(goods(raw)).toMatchObject({ kind: 'coupon', gtin14: null, problem: null });
  });

  it('takes the digits of an ITF-14 as a case, and other ITF as what it is', () => {
    expect(goods(']I115400141288763')).toMatchObject({ kind: 'item', symbology: 'ITF', gtin14: '15400141288763' });
    expect(goods(']I020012345678909')).toMatchObject({ kind: 'item', gtin14: '20012345678909' });
    expect(goods(']I015400141288764').problem).toContain('check digit');
    expect(goods(']I0123456')).toMatchObject({ kind: 'unknown', problem: null });
  });
});

describe('GS1 symbols', () => {
  it.each([
    [']C1', 'GS1-128'],
    [']e0', 'GS1 DataBar'],
    [']d2', 'GS1 DataMatrix'],
    [']Q3', 'GS1 QR'],
    [']J1', 'GS1 DotCode'],
  ])('%s (%s) holds elements', (aim, symbology) => {
    expect(goods(`${aim}010501234567890021ABC`)).toMatchObject({
      kind: 'element-string',
      symbology,
      gtin14: '05012345678900',
      elements: new Map([
        ['01', '05012345678900'],
        ['21', 'ABC'],
      ]),
      problem: null,
    });
    expect(candidates(`${aim}${GS}010501234567890021ABC`)).toContain('5012345678900');
    expect(goods(`${aim}0105012345678901`)).toMatchObject({ kind: 'element-string', gtin14: null, elements: null });
    expect(goods(`${aim}0105012345678901`).problem).toContain('check digit');
  });

  it.each([
    [']C0', 'Code 128'],
    [']C2', 'Code 128'],
    [']d1', 'DataMatrix'],
    [']Q1', 'QR'],
    [']A0', 'Code 39'],
    [']L0', 'PDF417'],
    [']z0', 'Aztec'],
  ])('%s (%s) holds none', (aim, symbology) => {
    for (const text of ['0105012345678900', `0105012345678900${GS}10A`]) {
      expect(goods(aim + text)).toMatchObject({ kind: 'unknown', symbology, gtin14: null, elements: null });
      expect(candidates(aim + text)).toEqual([text]);
    }
  });

  it('is believed without an identifier when it is right in every way', () => {
    expect(goods('01050123456789003103001250')).toMatchObject({ kind: 'element-string', gtin14: '05012345678900' });
    expect(goods(`${GS}010501234567890021ABC`)).toMatchObject({ kind: 'element-string' });
    expect(goods('0105012345678900X')).toMatchObject({ kind: 'unknown', elements: null });
    expect(goods('0105012345678901')).toMatchObject({ kind: 'unknown', candidates: ['0105012345678901'] });
    expect(goods(`${GS}21ABC`)).toMatchObject({ kind: 'unknown', elements: null });
  });

  it('says what should stand beside the elements', () => {
    expect(goods(']C1010501234567890039220250').missing).toContain('(3922) PRICE needs');
    expect(goods(']C10105012345678900').missing).toBeNull();
  });

  it.each([']C12555012345678900', ']e08110106141416543213150110120', ']e08112001234567890120123456'])(
    '%s is a coupon',
    (raw) => {
      expect(goods(raw)).toMatchObject({ kind: 'coupon', gtin14: null, problem: null });
    },
  );

  it('reads a Digital Link in any symbol that is not one of elements', () => {
    const link = 'https://id.gs1.org/01/05012345678900/10/A?17=261231';
    for (const aim of ['', ']Q1', ']d1', ']C0']) {
      expect(goods(aim + link)).toMatchObject({ kind: 'digital-link', gtin14: '05012345678900', problem: null });
      expect(candidates(aim + link)).toContain('5012345678900');
    }
    expect(goods(`]Q3${link}`)).toMatchObject({ kind: 'element-string', elements: null });
    expect(goods(']Q1https://example.com/')).toMatchObject({ kind: 'unknown' });
    expect(goods(']Q1https://example.com/').problem).toContain('web address');
    expect(goods(']Q1https://id.gs1.org/01/05012345678901').problem).toContain('check digit');
  });
});

describe('our own codes', () => {
  it('are read in any symbol', () => {
    expect(valueOf(readCode('TR1:T1-0412\r'))).toMatchObject({ kind: 'receipt', number: 'T1-0412' });
    expect(valueOf(readCode(']C0tr1:t1-0412'))).toMatchObject({ kind: 'receipt', symbology: 'Code 128' });
    expect(valueOf(readCode(`]Q1${tokenCode('hold', 'ABCD')}`))).toMatchObject({ kind: 'hold', token: 'ABCD' });
    expect(goods(`]Q1${tokenCode('coupon', 'ABCD')}`)).toMatchObject({ kind: 'coupon', symbology: 'QR', gtin14: null });
  });

  it('are refused when they were misread', () => {
    expect(codeOf(readCode(tokenCode('hold', 'ABCD').replace('A', 'B')))).toBe('malformed-code');
  });
});
