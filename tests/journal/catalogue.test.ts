import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Variant } from '../../src/domain/catalogue';
import { putItem, removeItem } from '../../src/journal/catalogue-projection';
import { foldWords } from '../../src/journal/fold';
import { createReadModels, readModelRows } from '../../src/journal/read-models';
import { makeItem, StallLife } from './stall-life';

let life: StallLife;
beforeEach(() => {
  life = new StallLife();
});
afterEach(() => life.end());

const named = (number: number, name: string, variant: Partial<Variant> = {}, category = 'Misc') =>
  makeItem(number, { name, category, variants: [{ ...(makeItem(number).variants[0] as Variant), ...variant }] });
const search = (text: string, limit = 20) => life.store.catalogue.search(text, limit).map(({ name }) => name);

describe('search as you type', () => {
  it('ranks names that begin so, then whole words, then beginnings, then the order of the grid', () => {
    life.put(
      named(1, 'Strawberry jam'),
      named(2, 'Apron', { sku: 'JAMMY-1' }),
      named(3, 'Jamaican ginger cake'),
      named(4, 'Jam tart'),
      named(5, 'Wild plum jam'),
    );
    expect(search('jam')).toEqual(['Jam tart', 'Strawberry jam', 'Wild plum jam', 'Jamaican ginger cake', 'Apron']);
    expect(search('jam', 2)).toEqual(['Jam tart', 'Strawberry jam']);
    expect(search('ja gin')).toEqual(['Jamaican ginger cake']);
    expect(search('plum wild')).toEqual(['Wild plum jam']);
    expect(search('j')).toHaveLength(5);
  });

  it('looks at variants, categories, SKUs and barcodes, whatever the accents and the case', () => {
    life.put(
      named(1, 'Crème brûlée', { name: 'Großes Glas', sku: 'CB/12-é', barcodes: ['4006381333931'] }, 'Pâtisserie'),
      named(2, '抹茶 Ääkköset'),
    );
    for (const text of ['creme', 'BRULEE', 'gros', 'cb 12', 'CB/12', '400638', 'patis', 'crème brûlée']) {
      expect([text, search(text)]).toEqual([text, ['Crème brûlée']]);
    }
    expect(search('抹')).toEqual(['抹茶 Ääkköset']);
    expect(search('aakk')).toEqual(['抹茶 Ääkköset']);
  });

  it('takes any text for what it is: never an error, never a query language', () => {
    life.put(named(1, 'Jam "OR" jar <b>NOT</b>'));
    for (const text of ['"', '* OR *', 'jam AND', 'NEAR(', '^jam', "';--", 'words:jam', '-jam', '\0', '  ']) {
      expect(() => search(text)).not.toThrow();
    }
    expect(search('or not')).toHaveLength(1);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void search(text)));
  });

  it('takes the words of a rule for what they are, too', () => {
    life.put(named(1, 'Jam "OR" jar'), named(2, 'Jam tart'));
    const about = (...words: string[]) => life.store.catalogue.itemsAbout({ kind: 'words', words }, 9).length;
    expect(about('jam')).toBe(2);
    expect(about('"JAM" jär', 'or')).toBe(1);
    expect(about('"')).toBe(0);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void about(text)));
  });

  it('finds an item by every beginning of every one of its words', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
      .filter((text) => foldWords(text).length > 0);
    let number = 0;
    fc.assert(
      fc.property(name, fc.nat(), fc.nat(), (text, word, length) => {
        number += 1;
        life.put(named(number, text, { sku: '', barcodes: [] }, `only${number}`));
        const words = foldWords(text);
        const chosen = words[word % words.length] as string;
        const beginning = [...chosen].slice(0, 1 + (length % [...chosen].length)).join('');
        expect(search(`only${number} ${beginning}`)).toEqual([text]);
      }),
    );
  });

  it('forgets the words an item no longer has', () => {
    life.put(named(1, 'Bramble jam', { barcodes: ['111'] }));
    life.put(named(1, 'Quince jelly', { barcodes: ['222'] }));
    expect(search('bramble')).toEqual([]);
    expect(search('111')).toEqual([]);
    expect(search('quince 222')).toEqual(['Quince jelly']);
  });
});

describe('the grid', () => {
  it('shows items in the order they were first written, whole and by category, in pages', () => {
    life.put(...Array.from({ length: 7 }, (_, number) => makeItem(number)));
    life.put(makeItem(0, { name: 'Edited' }));
    const { catalogue } = life.store;
    const ids = (category: string | null, offset: number, limit: number) =>
      catalogue.tiles({ category, offset, limit }).tiles.map(({ itemId }) => itemId);
    expect(ids(null, 0, 3)).toEqual(['item-0', 'item-1', 'item-2']);
    expect(ids(null, 6, 3)).toEqual(['item-6']);
    expect(ids('Preserves', 1, 2)).toEqual(['item-2', 'item-4']);
    expect(catalogue.tiles({ category: 'Bakery', offset: 0, limit: 1 }).total).toBe(3);
    expect(catalogue.categories()).toEqual([
      { name: 'Bakery', itemCount: 3 },
      { name: 'Preserves', itemCount: 4 },
    ]);
  });

  it('keeps an item in its first place when an import that came before an edit is applied after it', async () => {
    const items = Array.from({ length: 600 }, (_, number) => makeItem(number));
    await life.store.importItems({
      importId: 'import',
      source: 'stock.csv',
      actor: null,
      items: [items],
      onProgress: ({ phase, done }) => {
        if (phase !== 'applying' || done !== 250) return;
        life.nowMs += 1;
        life.put(makeItem(500, { name: 'Edited meanwhile' }));
      },
    });
    const [tile] = life.store.catalogue.tiles({ category: null, offset: 500, limit: 1 }).tiles;
    expect(tile).toMatchObject({ itemId: 'item-500', name: 'Edited meanwhile' });
  });

  it('sums up the variants of an item', () => {
    const variant = makeItem(1).variants[0] as Variant;
    life.put(
      makeItem(1, {
        variants: [
          { ...variant, variantId: 'a', priceMinor: 300, stock: 4 },
          { ...variant, variantId: 'b', priceMinor: 250, stock: null },
          { ...variant, variantId: 'c', priceMinor: 900, stock: 2 },
        ],
      }),
    );
    expect(life.store.catalogue.tiles({ category: null, offset: 0, limit: 1 }).tiles[0]).toMatchObject({
      priceMinor: 250,
      priceVaries: true,
      stock: 6,
      variantCount: 3,
      variantId: null,
    });
  });

  it('has a version that grows with every change, and with nothing else', () => {
    const { catalogue } = life.store;
    life.put(makeItem(1));
    const first = catalogue.version();
    life.sell(['variant-1']);
    expect(catalogue.version()).toBe(first);
    life.put(makeItem(2));
    const second = catalogue.version();
    expect(second).toBeGreaterThan(first);
    life.close();
    expect(life.store.catalogue.version()).toBe(second);
  });
});

describe('writes and removals of one item', () => {
  /** Instants of the hybrid clock, in order. */
  const instants = Array.from(
    { length: 6 },
    (_, second) => `2026-06-13T08:00:0${second}.000Z-0000-00000000-0000-7000-8000-000000000001`,
  );
  type Write = { readonly at: string; readonly removes: boolean };

  function readModelsAfter(writes: readonly Write[]): unknown {
    const database = new Database(':memory:');
    createReadModels(database);
    for (const { at, removes } of writes) {
      if (removes) removeItem(database, 'item-1', at);
      else putItem(database, named(1, `Jam of ${at}`, { barcodes: [at] }), { at, ordinal: 0 });
    }
    const rows = ['item', 'variant', 'barcode', 'item_search', 'removed_item'].map((table) => [
      ...readModelRows(database, table),
    ]);
    database.close();
    return rows;
  }

  it('give the same whatever the order they arrive in', () => {
    const history = fc
      .tuple(...instants.map((at) => fc.record({ at: fc.constant(at), removes: fc.boolean() })))
      .chain((writes) => fc.tuple(fc.constant(writes), fc.shuffledSubarray(writes, { minLength: writes.length })));
    fc.assert(
      fc.property(history, ([inOrder, arrived]) => {
        expect(readModelsAfter(arrived)).toEqual(readModelsAfter(inOrder));
      }),
    );
  });

  it('leave what was written last, in its first place', () => {
    life.put(makeItem(1), makeItem(2));
    life.remove('item-1');
    expect(life.store.catalogue.tiles({ category: null, offset: 0, limit: 9 }).tiles).toHaveLength(1);
    life.put(makeItem(1));
    const { tiles } = life.store.catalogue.tiles({ category: null, offset: 0, limit: 9 });
    expect(tiles.map(({ itemId }) => itemId)).toEqual(['item-1', 'item-2']);
  });
});

describe('codes', () => {
  it('name a variant by barcode, else by SKU, the candidates in turn', () => {
    life.put(named(1, 'Jam', { barcodes: ['012345678905', '777'] }), named(2, 'Rye', { sku: '777', barcodes: [] }));
    const { catalogue } = life.store;
    expect(catalogue.lookup(['0012345678905', '012345678905'])?.item.name).toBe('Jam');
    expect(catalogue.lookup(['777'])?.item.name).toBe('Jam');
    life.put(named(1, 'Jam', { barcodes: [] }));
    expect(catalogue.lookup(['777'])?.item.name).toBe('Rye');
    expect(catalogue.lookup(['012345678905'])).toBeNull();
    expect(catalogue.lookup([''])).toBeNull();
  });

  it('belong to the item written last when several claim one', () => {
    life.put(named(1, 'Jam', { barcodes: ['5'] }), named(2, 'Rye', { barcodes: ['5'] }));
    life.put(named(1, 'Jam again', { barcodes: ['5'] }));
    expect(life.store.catalogue.lookup(['5'])?.item.name).toBe('Jam again');
  });

  it('of labels name a variant by the number in its SKU', () => {
    life.put(
      named(1, 'Cheddar', { sku: 'PLU00031' }),
      named(2, 'Brie', { sku: '00032' }),
      named(3, 'X', { sku: 'A1200033' }),
    );
    const { catalogue } = life.store;
    expect(catalogue.byItemNumber('00031')?.item.name).toBe('Cheddar');
    expect(catalogue.byItemNumber('00032')?.item.name).toBe('Brie');
    expect(catalogue.byItemNumber('00033')).toBeNull();
  });
});
