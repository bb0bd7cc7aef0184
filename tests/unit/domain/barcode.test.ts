import { describe, expect, it } from 'vitest';
import { expandUpcE, gtinCheckDigit, gtinSpellings, isGtin } from '../../../src/domain/barcode';

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
    expect(isGtin(digits + check)).toBe(true);
    expect(isGtin(digits + ((Number(check) + 1) % 10))).toBe(false);
  });

  it('make a GTIN only of 8, 12, 13 or 14 digits', () => {
    for (const code of ['1234567890128'.slice(0, 11), '00', '123456789012345675', '40063813339A1', '']) {
      expect(isGtin(code)).toBe(false);
    }
  });
});

describe('UPC-E', () => {
  // One for each way of leaving out the zeros, in each form that scanners deliver.
  it.each([
    ['04252614', '042100005264'],
    ['01234531', '012300000451'],
    ['01234543', '012340000053'],
    ['01234558', '012345000058'],
    ['11234562', '112345000062'],
    ['01234565', '012345000065'],
  ])('%s stands for %s', (upcE, upcA) => {
    expect(expandUpcE(upcE)).toBe(upcA);
    if (upcE.startsWith('0')) {
      expect(expandUpcE(upcE.slice(1))).toBe(upcA);
      expect(expandUpcE(upcE.slice(1, 7))).toBe(upcA);
    }
    expect(gtinSpellings(upcA)).toContain(upcE);
    expect(gtinSpellings(`0${upcA}`)).toContain(upcE);
  });

  it('is taken to have its check digit, where seven digits may be read both ways', () => {
    expect(expandUpcE('0123455')).toBe('012345000058');
    expect(expandUpcE('1123459')).toBe('112345000093');
    // Without the number system: 0 042526 1 is right as it stands.
    expect(expandUpcE('0425261')).toBe('004252000061');
  });

  it.each(['04252615', '24252614', '4252615', '12345', '042526141', '042526A4', ''])('%j is none', (code) => {
    expect(expandUpcE(code)).toBeNull();
  });
});
