import { describe, expect, test } from 'vitest';
import type { Item } from '../../../src/domain/catalogue';
import { fixture, itemsOf, places, readCatalogueFile } from './reading';

const HEADER = 'handle,name,category,variant,sku,barcodes,price,tax,stock,cost,description';

/** A catalogue of two items: a jam of two sizes and a cheddar. */
function catalogue(): Item[] {
  return itemsOf(
    [
      HEADER,
      'jam,Bramble jam,Larder,227 g,JAM-S,96385074,3.50,zero,12,1.20,Picked on the cliffs.',
      'jam,,,340 g,JAM-L,,4.75,zero,6,1.60,',
      'cheddar,Cliff cheddar,Dairy,,CHED,5012345000015,18.40,zero,4,,',
      '',
    ].join('\n'),
  );
}

function again(csv: string, existing: readonly Item[] = catalogue()) {
  const reading = readCatalogueFile(csv, { existing });
  const { plan } = reading;
  if (plan === null) throw new Error(JSON.stringify(reading.errors));
  return { ...reading, plan };
}

describe('a file that comes again', () => {
  test.each(['trestle.csv', 'shopify.csv', 'shopify-2024.csv', 'woocommerce.csv', 'square.csv'])(
    '%s changes nothing the second time',
    (name) => {
      const existing = itemsOf(fixture(name));
      const { plan, errors } = again(fixture(name).toString(), existing);
      expect(errors).toEqual([]);
      expect(plan).toMatchObject({ createdCount: 0, updatedCount: 0, unchangedCount: existing.length, changed: [] });
    },
  );

  test('a new price keeps ids and everything the file does not speak of', () => {
    const [jam, cheddar] = catalogue();
    const { plan } = again('handle,name,variant,price\njam,Bramble jam,227 g,3.95\njam,,340 g,4.75\n');
    expect(plan).toMatchObject({ createdCount: 0, updatedCount: 1, unchangedCount: 0, itemCount: 1 });
    const [small, large] = jam?.variants ?? [];
    expect(plan.changed).toEqual([{ ...jam, variants: [{ ...small, priceMinor: 395 }, large] }]);
    expect(plan.changed).not.toContainEqual(cheddar);
  });

  test('counts replace the stock only where the file has a stock column', () => {
    const [without] = again('handle,name,price\ncheddar,Cliff cheddar,19.00\n').plan.changed;
    expect(without?.variants[0]?.stock).toBe(4);
    const [counted] = again('handle,name,price,stock\ncheddar,Cliff cheddar,18.40,9\n').plan.changed;
    expect(counted?.variants[0]?.stock).toBe(9);
    const [uncounted] = again('handle,name,price,stock\ncheddar,Cliff cheddar,18.40,\n').plan.changed;
    expect(uncounted?.variants[0]?.stock).toBeNull();
  });

  test('an empty price keeps the old one', () => {
    const { plan, errors } = again('handle,name,price\ncheddar,Cliff cheddar,\n');
    expect(errors).toEqual([]);
    expect(plan.unchangedCount).toBe(1);
  });

  test('an item under a new handle is found by its SKU', () => {
    const [, cheddar] = catalogue();
    const { plan } = again('handle,name,sku,price\ncliff-cheddar,Cliff cheddar,CHED,18.40\n');
    expect(plan.changed).toEqual([{ ...cheddar, handle: 'cliff-cheddar' }]);
  });

  test('an item from a program without handles keeps the one it has', () => {
    const [, cheddar] = catalogue();
    const { plan } = again('Item Name,Variation Name,SKU,Price\nStrong cheddar,Regular,CHED,18.40\n');
    expect(plan.changed).toEqual([{ ...cheddar, name: 'Strong cheddar' }]);
  });

  test('a variant is found by SKU, else by name, else by barcode', () => {
    const [jam] = catalogue();
    const bySku = again('handle,name,variant,sku,price\njam,Bramble jam,Small,JAM-S,3.50\njam,,340 g,,4.75\n');
    expect(bySku.plan.changed[0]?.variants.map(({ variantId, name }) => [variantId, name])).toEqual([
      [jam?.variants[0]?.variantId, 'Small'],
      [jam?.variants[1]?.variantId, '340 g'],
    ]);
    const byBarcode = again('handle,name,variant,sku,barcodes,price\njam,Bramble jam,Tiny,TINY,96385074,3.50\n');
    expect(byBarcode.plan.changed[0]?.variants[0]).toMatchObject({
      variantId: jam?.variants[0]?.variantId,
      name: 'Tiny',
      sku: 'TINY',
    });
  });

  test('a variant that the file no longer names stays, with a warning', () => {
    const { plan, warnings } = again('handle,name,variant,sku,price\njam,Bramble jam,227 g,JAM-S,3.50\n');
    expect(plan.unchangedCount).toBe(1);
    expect(places(warnings)).toEqual(['variants-kept 2 variant']);
  });

  test('"taxed" keeps the rate the seller chose here, and "untaxed" takes it away', () => {
    const shopify = (taxable: boolean) => `Handle,Title,Variant Price,Variant Taxable\nmug,Mug,9.00,${taxable}\n`;
    const [mug] = itemsOf(shopify(true));
    if (mug === undefined) throw new Error('no mug');
    const reduced = { ...mug, variants: mug.variants.map((variant) => ({ ...variant, taxRateId: 'reduced' })) };
    expect(again(shopify(true), [reduced]).plan.unchangedCount).toBe(1);
    expect(again(shopify(false), [reduced]).plan.changed[0]?.variants[0]?.taxRateId).toBe('zero');
  });
});

describe('codes name one thing', () => {
  test('a SKU of another item in the catalogue is refused', () => {
    const { errors } = again('handle,name,sku,price\njam,Bramble jam,CHED,3.50\n');
    expect(places(errors)).toEqual(['sku-taken 2 sku']);
    expect(errors[0]?.message).toContain('Cliff cheddar');
  });

  test('a barcode of another item in the catalogue is refused', () => {
    const { errors } = again('handle,name,barcodes,price\nnew,New,96385074,3.50\n');
    expect(places(errors)).toEqual(['barcode-taken 2 barcodes']);
  });

  test('a SKU of a variant that stays is refused', () => {
    const { errors } = again(
      'handle,name,variant,sku,price\njam,Bramble jam,Jug,JAM-L,3\njam,,Pot,JAM-S,3\njam,,Pan,JAM-S,3\n',
    );
    expect(places(errors)).toEqual(['duplicate-sku 4 sku']);
    const { errors: kept } = again('handle,name,variant,barcodes,price\njam,Bramble jam,340 g,96385074,3\n');
    expect(places(kept)).toEqual(['barcode-taken 2 barcodes']);
  });

  test('two items may exchange their SKUs in one file', () => {
    const { errors, plan } = again(
      'handle,name,variant,sku,price\ncheddar,Cliff cheddar,,JAM-S,18.40\njam,Bramble jam,227 g,CHED,3.50\njam,,340 g,JAM-L,4.75\n',
    );
    expect(errors).toEqual([]);
    expect(plan.updatedCount).toBe(2);
  });

  test('an item of the catalogue becomes one item of the file, not two', () => {
    const [, cheddar] = catalogue();
    const { errors, plan } = again(
      'handle,name,sku,price\ncheddar,Cliff cheddar,,18.40\nold-cheddar,Old cheddar,CHED,21.00\n',
    );
    expect(errors).toEqual([]);
    expect(plan).toMatchObject({ createdCount: 1, updatedCount: 1 });
    expect(plan.changed.map(({ itemId }) => itemId)).toEqual([cheddar?.itemId, expect.not.stringMatching(/^$/)]);
    expect(plan.changed[1]?.itemId).not.toBe(cheddar?.itemId);
  });

  test('handles made from names do not collide', () => {
    const items = itemsOf('name,sku,price\nMug!,A,1\nMug?,B,1\n!!!,C,1\n');
    expect(items.map(({ handle }) => handle)).toEqual(['mug', 'mug-2', 'item']);
  });
});

test('a new item without a category or photo gets a category and a backdrop', () => {
  const [item] = itemsOf('name,price\nMug,9\n');
  expect(item).toMatchObject({ category: 'Other', photo: null, description: '' });
  expect(item?.backdrop.wall).toMatch(/^#[0-9a-f]{6}$/);
});
