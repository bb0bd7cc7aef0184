import { expect, test } from 'vitest';
import { item as itemSchema } from '../../../src/shared/zod';
import { fixture, itemsOf, places, readCatalogueFile } from './reading';

/** What a seller would check of an item, in short. */
function brief(name: string) {
  return itemsOf(fixture(name)).map((item) => {
    itemSchema.parse(item);
    const { handle, category, variants } = item;
    return {
      item: `${handle} · ${item.name} · ${category}`,
      variants: variants.map(
        ({ name: variant, sku, barcodes, priceMinor, pricing, taxRateId, stock, costMinor }) =>
          `${variant}|${sku}|${barcodes.join('+')}|${priceMinor} ${pricing} ${taxRateId}|${stock}|${costMinor}`,
      ),
    };
  });
}

test('reads our own format', () => {
  expect(brief('trestle.csv')).toEqual([
    {
      item: 'bramble-jam · Bramble jam · Larder',
      variants: ['227 g|JAM-S|5012345000015+96385074|350 each zero|12|120', '340 g|JAM-L||475 each zero|null|160'],
    },
    { item: 'creme-brulee · Crème brûlée, 2 pots · Dairy', variants: ['|CRB||120450 each standard|null|null'] },
    { item: 'cheddar · Cliff cheddar · Dairy', variants: ['|PLU00031||1840 kg zero|2500|null'] },
  ]);
  const [jam, , cheddar] = itemsOf(fixture('trestle.csv'));
  expect(jam?.description).toBe('Picked on the cliffs.\nSet with lemon.');
  expect(jam?.backdrop).toEqual({ wall: '#c0392b', plank: '#8f2a20' });
  expect(jam?.variants[0]?.receiptName).toBe('Bramble jam S');
  // A wall alone gets a plank 17 % darker.
  expect(cheddar?.backdrop).toEqual({ wall: '#f2c14e', plank: '#c9a041' });
  expect(readCatalogueFile(fixture('trestle.csv')).drafts[0]?.photoName).toBe('jam.png');
});

test('reads a Shopify export: continuation and image rows, options, HTML, tax, stock', () => {
  expect(brief('shopify.csv')).toEqual([
    {
      item: 'longsands-tee · Longsands T-shirt · Shirts',
      variants: [
        'S / Navy|TEE-S-N|5012345678900|2200 each standard|4|910',
        'M / Navy|TEE-M-N||2200 each standard|0|910',
      ],
    },
    { item: 'seed-bomb · Seed bomb · Garden', variants: ['|SEED||300 each zero|null|null'] },
  ]);
  const { drafts, warnings, format } = readCatalogueFile(fixture('shopify.csv'));
  expect(format).toBe('shopify');
  expect(drafts[0]?.description).toBe('Printed in Tynemouth & worn everywhere.\n\n- Organic\n- Heavy');
  expect(drafts[0]?.photoName).toBe('longsands tee.jpg');
  expect(places(warnings)).toEqual([
    'negative-stock 4 Variant Inventory Qty',
    'left-out-status 7 Status',
    'left-out-gift-card 8 Gift Card',
  ]);
});

test("reads a Shopify file with the template's newer headers", () => {
  expect(brief('shopify-2024.csv')).toEqual([
    {
      item: 'sea-glass-ring · Sea-glass ring · Jewellery',
      variants: ['Small|RING-S|5012345000022|3800 each standard|1|1200', 'Large|RING-L||3800 each standard|0|1200'],
    },
    { item: 'postcard · Postcard · Paper', variants: ['|||120 each zero|null|null'] },
  ]);
  expect(places(readCatalogueFile(fixture('shopify-2024.csv')).warnings)).toEqual(['left-out-status 5 Status']);
});

test('leaves out what a file without a status does not publish', () => {
  const csv = 'Handle,Title,Published,Variant Price\na,A,false,1\nb,B,true,1\n';
  expect(readCatalogueFile(csv).drafts.map(({ handle }) => handle)).toEqual(['b']);
});

test('reads a WooCommerce export: variations, sale prices, tax classes', () => {
  expect(brief('woocommerce.csv')).toEqual([
    {
      item: 'woocommerce-11 · Soy candle · Candles',
      variants: ['|CANDLE|5012345000039|1250 each standard|8|null'],
    },
    {
      item: 'woocommerce-12 · Harbour mug · Home, and garden',
      variants: ['Blue / Small|MUG-B-S||1400 each standard|3|null', 'Sand / Large|MUG-S-L||1200 each standard|0|null'],
    },
    { item: 'woocommerce-15 · Tide tables · Books', variants: ['|BOOK||650 each zero|null|null'] },
    { item: 'woocommerce-16 · Heat pad · Home', variants: ['|PAD||900 each reduced|2|null'] },
  ]);
  const { drafts, warnings } = readCatalogueFile(fixture('woocommerce.csv'));
  expect(drafts[0]?.description).toBe('Burns for 30 hours.\nLavender.');
  expect(drafts[0]?.photoName).toBe('soy-candle.png');
  expect(places(warnings)).toEqual(['sale-price 5 Sale price', 'left-out-type 8 Type', 'left-out-status 9 Published']);
});

test('reads a Square item library: options, tax columns, variable prices, weights', () => {
  expect(brief('square.csv')).toEqual([
    { item: 'flat-white · Flat white · Hot', variants: ['|FW||340 each standard|null|55'] },
    {
      item: 'tote · Tote bag · Home',
      variants: [
        'Natural / Lighthouse|TOTE-N|5012345000046|1200 each standard|7|null',
        'Black / Lighthouse|TOTE-B||1200 each standard|0|null',
      ],
    },
    { item: 'honey · Honey · Larder', variants: ['|HONEY||0 each zero|5|null'] },
    { item: 'apples · Apples · Fresh', variants: ['|APPLES||280 kg zero|12500|null'] },
  ]);
  expect(places(readCatalogueFile(fixture('square.csv')).warnings)).toEqual([
    'negative-stock 4 Current Quantity Tynemouth',
    'variable-price 5 Price',
    'free 5 Price',
    'left-out-status 7 Archived',
  ]);
});

test('a file of no known format is told what was expected', () => {
  const { errors } = readCatalogueFile('sku;description;amount\n1;x;2\n');
  expect(places(errors)).toEqual(['unknown-format 1']);
  expect(errors[0]?.message).toContain('Trestle: name, price');
  expect(errors[0]?.message).toContain('Shopify: Title, Variant Price');
});

test('a format that was asked for by name says which columns are missing', () => {
  const { errors } = readCatalogueFile(fixture('trestle.csv'), { format: 'square' });
  expect(places(errors)).toEqual(['unknown-format 1']);
  expect(errors[0]?.message).toContain('Square: Item Name, Variation Name');
});
