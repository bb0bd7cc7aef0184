import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Item } from '../../../src/domain/catalogue';
import { plainText } from '../../../src/domain/text';
import { guarded } from '../../../src/main/import/cells';
import { catalogueCsv } from '../../../src/main/import/export';
import { PhotoStore } from '../../../src/main/import/photo-store';
import { looksLikeHtml } from '../../../src/main/import/plain-text';
import { POUNDS, readCatalogueFile, TAX_RATES } from './reading';

/** Texts as the catalogue holds them: trimmed single lines without markup, otherwise anything a keyboard gives. */
const line = (most: number) =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', maxLength: most }),
      fc.constantFrom("'=1+1", '=cmd', '-5', '@x', '+44', "'tis", 'a;b,c\t"d"', '5" plate', 'Crème', '日本', '1E+05'),
    )
    .map((text) => plainText(text).normalize('NFC').slice(0, most).trim())
    .filter((text) => !looksLikeHtml(text) && plainText(text) === text);
const named = (most: number) => line(most).filter((text) => text !== '');
/** Codes with nothing a spreadsheet mangles in them, and no separator. */
const code = named(20).filter((text) => !/[|]|^\d([.,]\d+)?E\+?\d+$|^\d{7,14}\.0+$/i.test(text));
const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);
const amount = fc.integer({ min: 0, max: 1_000_000_000 });

const variant = fc.record({
  name: named(40),
  receiptName: line(30),
  sku: fc.option(code, { nil: '' }),
  barcodes: fc.uniqueArray(code, { maxLength: 3 }),
  pricing: fc.constantFrom('each' as const, 'kg' as const),
  priceMinor: amount,
  costMinor: fc.option(amount),
  taxRateId: fc.constantFrom(...TAX_RATES.map(({ id }) => id)),
  stock: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
});

const catalogue: fc.Arbitrary<Item[]> = fc
  .array(
    fc.record({
      handle: code,
      name: named(60),
      category: named(30),
      description: fc.array(named(40), { maxLength: 3 }).map((lines) => lines.join('\n')),
      backdrop: fc.tuple(colour, colour).map(([wall, plank]) => ({ wall, plank })),
      variants: fc.uniqueArray(variant, {
        minLength: 1,
        maxLength: 4,
        selector: ({ name }) => name.toLowerCase(),
      }),
    }),
    { maxLength: 6 },
  )
  .map((items) => {
    const taken = new Set<string>();
    const unique = (text: string) => !taken.has(text) && taken.add(text).has(text);
    return items
      .filter(({ handle }) => unique(`handle ${handle}`))
      .map((item, index) => ({
        ...item,
        itemId: `item-${index}`,
        photo: null,
        variants: item.variants.map((own, position) => ({
          ...own,
          variantId: `variant-${index}-${position}`,
          name: item.variants.length === 1 && index % 2 === 0 ? '' : own.name,
          sku: own.sku !== '' && unique(`sku ${own.sku}`) ? own.sku : '',
          barcodes: own.barcodes.filter((barcode) => unique(`barcode ${barcode}`)),
        })),
      }));
  });

test('what is exported and imported again changes nothing', () => {
  fc.assert(
    fc.property(catalogue, (existing) => {
      const csv = catalogueCsv(existing, POUNDS, new PhotoStore('/nowhere'));
      const { plan, errors } = readCatalogueFile(csv, { existing, format: 'trestle' });
      if (existing.length === 0) return;
      expect(errors).toEqual([]);
      expect(plan?.changed).toEqual([]);
      expect(plan?.unchangedCount).toBe(existing.length);
    }),
    { numRuns: 300 },
  );
});

test('what is exported and imported into an empty till is the same catalogue under new ids', () => {
  fc.assert(
    fc.property(catalogue, (items) => {
      const { plan } = readCatalogueFile(catalogueCsv(items, POUNDS, new PhotoStore('/nowhere')), {
        format: 'trestle',
      });
      const withoutIds = (all: readonly Item[]) =>
        all.map(({ itemId: _, variants, ...rest }) => ({
          ...rest,
          variants: variants.map(({ variantId: _id, ...own }) => own),
        }));
      if (items.length > 0) expect(withoutIds(plan?.changed ?? [])).toEqual(withoutIds(items));
    }),
    { numRuns: 100 },
  );
});

test('no cell of an export is a formula to a spreadsheet', () => {
  fc.assert(
    fc.property(line(20), (text) => {
      expect(guarded(text)).not.toMatch(/^[=+\-@]/);
    }),
  );
});

test('no bytes make the reader throw', () => {
  const header = Buffer.from('Handle,Title,Body (HTML),Variant Price,Variant SKU,Variant Barcode,Image Src\n');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isShopify) => {
      const file = isShopify ? Buffer.concat([header, bytes]) : Buffer.from(bytes);
      const { plan, errors } = readCatalogueFile(file);
      expect(plan !== null || errors.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...',;"\n\r\t<>&ab1.-\u0000£é') }), (text) => {
      readCatalogueFile(`name,price,sku,description\n${text}`, { format: 'trestle' });
    }),
    { numRuns: 500 },
  );
});
