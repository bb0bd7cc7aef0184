import { describe, expect, it } from 'vitest';
import { checkItem, fullName, type Item, type Variant } from '../../../src/domain/catalogue';
import { codeOf, testItem, testVariant, valueOf } from '../../helpers/stall';

const withVariant = (change: Partial<Variant>): Item => testItem('Jam', testVariant(change));
const two = (first: Partial<Variant>, second: Partial<Variant>): Item =>
  testItem(
    'Tote',
    testVariant({ variantId: 'a', name: 'Lemon', ...first }),
    testVariant({ variantId: 'b', name: 'Plum', ...second }),
  );

describe('checking an item', () => {
  it('leaves a good one as it is', () => {
    const item = two({ barcodes: ['5012345678900', 'PLU00031'], sku: 'T-L', costMinor: 0, stock: -2 }, { sku: 'T-P' });
    expect(valueOf(checkItem(item))).toEqual(item);
  });

  it('makes its texts plain and leaves markup as text', () => {
    const item: Item = {
      ...testItem(' <img src=x onerror=alert(1)>\u0000 Crème\u202e\tbrûlée ', testVariant({ sku: ' A\u00071 ' })),
      description: 'one\r\ntwo\u0007  three\n',
    };
    const tidy = valueOf(checkItem(item));
    expect(tidy.name).toBe('<img src=x onerror=alert(1)> Crème brûlée');
    expect(tidy.variants[0]?.sku).toBe('A 1');
    expect(tidy.description).toBe('one\ntwo three');
  });

  it('names itself by item and variant', () => {
    expect(fullName({ name: 'Tote' }, { name: 'Lemon' })).toBe('Tote, Lemon');
    expect(fullName({ name: 'Jam' }, { name: '' })).toBe('Jam');
  });

  it.each<[string, Item]>([
    ['empty-name', testItem(' \u0007\u200b ')],
    ['too-long', testItem('x'.repeat(201))],
    ['too-long', withVariant({ receiptName: 'x'.repeat(121) })],
    ['too-long', withVariant({ barcodes: ['7'.repeat(121)] })],
    ['too-long', { ...testItem('Jam'), category: 'x'.repeat(81) }],
    ['too-long', { ...testItem('Jam'), description: 'x'.repeat(4001) }],
    ['no-variants', { ...testItem('Jam'), variants: [] }],
    [
      'too-many-variants',
      testItem('Jam', ...Array.from({ length: 201 }, (_, index) => testVariant({ name: `${index}` }))),
    ],
    ['unnamed-variant', two({ name: '' }, {})],
    ['duplicate-variant', two({ name: 'plum' }, {})],
    ['bad-price', withVariant({ priceMinor: -1 })],
    ['bad-price', withVariant({ priceMinor: 4.5 })],
    ['bad-price', withVariant({ priceMinor: Number.NaN })],
    ['bad-price', withVariant({ priceMinor: 1_000_000_001 })],
    ['bad-cost', withVariant({ costMinor: -1 })],
    ['bad-cost', withVariant({ costMinor: 0.1 })],
    ['bad-stock', withVariant({ stock: 1.5 })],
    ['bad-barcode', withVariant({ barcodes: [''] })],
    ['bad-barcode', withVariant({ barcodes: ['50123\u000045'] })],
    ['bad-barcode', withVariant({ barcodes: Array.from({ length: 51 }, (_, index) => `code-${index}`) })],
    ['duplicate-barcode', withVariant({ barcodes: ['123', '123'] })],
    ['duplicate-barcode', two({ barcodes: ['123'] }, { barcodes: ['123'] })],
    ['duplicate-sku', two({ sku: 'S' }, { sku: 'S' })],
  ])('refuses by the name %s', (code, item) => {
    expect(codeOf(checkItem(item))).toBe(code);
  });

  it('takes the longest name, the highest price and free things', () => {
    expect(codeOf(checkItem(testItem('x'.repeat(200))))).toBe('ok');
    expect(codeOf(checkItem(withVariant({ priceMinor: 1_000_000_000 })))).toBe('ok');
    expect(codeOf(checkItem(withVariant({ priceMinor: 0 })))).toBe('ok');
    expect(codeOf(checkItem(withVariant({ barcodes: ['01\u001d21'] })))).toBe('ok');
  });
});
