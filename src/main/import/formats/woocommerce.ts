import { fileNameOf, findTaxRate, handleFrom, LONGEST, type Cells } from '../cells';
import type { ItemDraft, TaxDraft, VariantDraft } from '../draft';
import { quoted } from '../problems';
import { cell, type Column, type Row, type Table } from '../table';
import type { Format } from './format';

/**
 * WooCommerce's product CSV. Source: WooCommerce documentation, "Product CSV Importer and Exporter" and its schema page.
 *
 * A `simple` row is an item; a `variable` row is an item whose `variation` rows name it in `Parent`, by SKU or `id:12`.
 * The file has no handle: the WooCommerce id makes one, and SKUs match first.
 */
export const wooCommerceFormat: Format = {
  id: 'woocommerce',
  name: 'WooCommerce',
  needs: [['Type'], ['SKU'], ['Name'], ['Regular price']],
  roles: {
    handle: ['ID'],
    name: ['Name'],
    variant: ['Attribute 1 value(s)'],
    sku: ['SKU'],
    barcode: ['GTIN, UPC, EAN, or ISBN', 'GTIN'],
    price: ['Regular price'],
    tax: ['Tax class', 'Tax status'],
    photo: ['Images'],
  },
  read(table, cells) {
    const columns = columnsOf(table);
    const parents: Row[] = [];
    const byReference = new Map<string, { readonly row: Row; readonly variations: Row[] }>();
    const variations: Row[] = [];
    for (const row of table.rows) {
      const types = (cell(row, columns.type) ?? '').toLowerCase().split(/\s*,\s*/);
      if (types.includes('variation')) {
        variations.push(row);
        continue;
      }
      if (!types.includes('simple') && !types.includes('variable')) {
        cells.problems.warn(
          row.line,
          columns.type?.name ?? '',
          'left-out-type',
          `${quoted(cell(row, columns.name) ?? '')} is of type ${quoted(types.join(', '))} and was left out.`,
        );
        continue;
      }
      const family = { row, variations: [] };
      parents.push(row);
      const sku = cell(row, columns.sku) ?? '';
      const id = cell(row, columns.id) ?? '';
      if (sku !== '') byReference.set(sku, family);
      if (id !== '') byReference.set(`id:${id}`, family);
      byReference.set(`line:${row.line}`, family);
    }
    for (const row of variations) {
      const parent = (cell(row, columns.parent) ?? '').replace(/^id:\s+/, 'id:');
      const family = byReference.get(parent);
      if (family !== undefined) family.variations.push(row);
      else {
        cells.problems.error(
          row.line,
          columns.parent?.name ?? 'Parent',
          'unknown-parent',
          `No product in the file has the SKU or id ${quoted(parent)}: export the product together with its variations.`,
        );
      }
    }
    return parents.flatMap((row) =>
      readProduct(row, byReference.get(`line:${row.line}`)?.variations ?? [], columns, cells),
    );
  },
};

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(table: Table) {
  return {
    id: table.find('ID'),
    type: table.find('Type'),
    sku: table.find('SKU'),
    gtin: table.find('GTIN, UPC, EAN, or ISBN', 'GTIN', 'Meta: _global_unique_id'),
    name: table.find('Name'),
    published: table.find('Published'),
    shortDescription: table.find('Short description'),
    description: table.find('Description'),
    saleStarts: table.find('Date sale price starts'),
    saleEnds: table.find('Date sale price ends'),
    taxStatus: table.find('Tax status'),
    taxClass: table.find('Tax class'),
    inStock: table.find('In stock?'),
    stock: table.find('Stock'),
    salePrice: table.find('Sale price'),
    regularPrice: table.find('Regular price'),
    cost: table.find('Cost of goods', 'Cost'),
    categories: table.find('Categories'),
    images: table.find('Images'),
    parent: table.find('Parent'),
    attributes: table.columns.filter((column) => /^attribute \d+ value\(s\)$/i.test(column.name)),
  };
}

function readProduct(row: Row, variations: readonly Row[], columns: Columns, cells: Cells): ItemDraft[] {
  const name = cells.line(row, columns.name, LONGEST.name);
  const published = cell(row, columns.published);
  if (columns.published !== null && (published === '0' || published === '-1')) {
    const state = published === '0' ? 'private' : 'a draft';
    cells.problems.warn(
      row.line,
      columns.published.name,
      'left-out-status',
      `${quoted(name ?? '')} is ${state} in WooCommerce and was left out.`,
    );
    return [];
  }
  const isVariable = (cell(row, columns.type) ?? '').toLowerCase().includes('variable');
  const kept = variations.filter((variation) => !['0', '-1'].includes(cell(variation, columns.published) ?? ''));
  if (isVariable && kept.length === 0) {
    cells.problems.error(
      row.line,
      columns.type?.name ?? '',
      'no-variations',
      `${quoted(name ?? '')} is variable and has no variations in the file: export them too.`,
    );
    return [];
  }
  const id = cell(row, columns.id) ?? '';
  const image = splitList(cell(row, columns.images) ?? '')[0];
  return [
    {
      line: row.line,
      handle: id !== '' ? `woocommerce-${id}` : handleFrom(name ?? ''),
      handleGiven: false,
      name,
      category: readCategory(row, columns.categories, cells),
      description: readDescription(row, columns, cells),
      photoName: image === undefined ? undefined : fileNameOf(image) || undefined,
      variants: isVariable
        ? kept.map((variation) => readVariant(variation, row, variationName(variation, columns, cells), columns, cells))
        : [readVariant(row, row, '', columns, cells)],
    },
  ];
}

function readVariant(row: Row, parent: Row, name: string, columns: Columns, cells: Cells): VariantDraft {
  return {
    line: row.line,
    name,
    sku: cells.key(row, columns.sku, LONGEST.sku),
    barcodes: cells.barcodes(row, columns.gtin, null),
    priceMinor: readPrice(row, columns, cells),
    costMinor: cells.cost(row, columns.cost),
    tax: readTax(row, parent, columns, cells),
    stock: readStock(row, columns, cells),
  };
}

/** The sale price while its dates include today, else the regular price. */
function readPrice(row: Row, columns: Columns, cells: Cells): number | undefined {
  const regular = cells.price(row, columns.regularPrice);
  const sale = cells.price(row, columns.salePrice);
  if (sale === undefined || columns.salePrice === null) return regular;
  const today = cells.context.now.toISOString().slice(0, 10);
  const starts = cell(row, columns.saleStarts)?.slice(0, 10) ?? '';
  const ends = cell(row, columns.saleEnds)?.slice(0, 10) ?? '';
  if ((starts !== '' && today < starts) || (ends !== '' && today > ends)) return regular;
  cells.problems.warn(
    row.line,
    columns.salePrice.name,
    'sale-price',
    `${quoted(cell(row, columns.name) ?? '')} is on sale in WooCommerce: the sale price was taken.`,
  );
  return sale;
}

function readStock(row: Row, columns: Columns, cells: Cells): number | null | undefined {
  const stock = (cell(row, columns.stock) ?? '').toLowerCase();
  // A variation whose stock the parent counts: WooCommerce shares one number, the till counts per variant.
  if (stock === 'parent') return null;
  if (stock === '' && cells.flag(row, columns.inStock) === false) return 0;
  return cells.stock(row, columns.stock, 'each');
}

function readTax(row: Row, parent: Row, columns: Columns, cells: Cells): TaxDraft | undefined {
  const ofParent = (column: Column | null) => {
    const own = cell(row, column)?.toLowerCase();
    return own === 'parent' || (own === '' && row !== parent) ? cell(parent, column)?.toLowerCase() : own;
  };
  const taxClass = ofParent(columns.taxClass);
  if (ofParent(columns.taxStatus) === 'none' || taxClass === 'zero-rate') return 'untaxed';
  if (columns.taxClass === null || taxClass === undefined) return columns.taxStatus === null ? undefined : 'taxed';
  if (taxClass === '' || taxClass === 'standard') return 'taxed';
  const rates = cells.context.taxRates;
  const rate = findTaxRate(rates, taxClass) ?? findTaxRate(rates, taxClass.replace(/-rate$/, ''));
  if (rate !== undefined) return { rateId: rate.id };
  cells.unknownTax(row, columns.taxClass, taxClass);
  return undefined;
}

function variationName(row: Row, columns: Columns, cells: Cells): string {
  return columns.attributes
    .map((column) => cells.line(row, column, LONGEST.variant) ?? '')
    .filter((value) => value !== '')
    .join(' / ')
    .slice(0, LONGEST.variant);
}

function readCategory(row: Row, column: Column | null, cells: Cells): string | undefined {
  const [first] = splitList(cell(row, column) ?? '');
  if (first === undefined || column === null) return undefined;
  const cellsOfFirst = row.cells.with(column.index, first);
  return cells.category({ line: row.line, cells: cellsOfFirst }, column);
}

function readDescription(row: Row, columns: Columns, cells: Cells): string | undefined {
  const column = (cell(row, columns.description) ?? '') !== '' ? columns.description : columns.shortDescription;
  if (column === null) return cells.description(row, columns.description, 'html');
  // WooCommerce writes line breaks as the two characters \n, and shows them as line breaks.
  const text = (row.cells[column.index] ?? '').replace(/\\n/g, '<br>');
  return cells.description({ line: row.line, cells: row.cells.with(column.index, text) }, column, 'html');
}

/** A comma-separated list in one cell; a comma that belongs to a name is written `\,`. */
function splitList(text: string): string[] {
  return text
    .split(/(?<!\\),/)
    .map((part) => part.replace(/\\,/g, ',').trim())
    .filter((part) => part !== '');
}
