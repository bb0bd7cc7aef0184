import { fileNameOf, handleFrom, LONGEST, type Cells } from '../cells';
import type { ItemDraft, VariantDraft } from '../draft';
import { quoted } from '../problems';
import { cell, type Column, type Row, type Table } from '../table';
import type { Format } from './format';
import type { ImportProblemCode } from '../../../shared/import-problems';

/**
 * Shopify's product CSV, with the headers of its exports (`Handle`, `Variant Price`) and those of its template since
 * 2024 (`URL handle`, `Price`). Source: Shopify Help Centre, "Using CSV files to import and export products".
 *
 * Rows with the same handle are one product: the first names it, each row with a price, SKU, barcode or option value is
 * a variant, and the others only add pictures.
 */
export const shopifyFormat: Format = {
  id: 'shopify',
  name: 'Shopify',
  needs: [['Title'], ['Variant Price', 'Price']],
  roles: {
    handle: ['Handle', 'URL handle'],
    name: ['Title'],
    variant: ['Option1 Value'],
    sku: ['Variant SKU', 'SKU'],
    barcode: ['Variant Barcode', 'Barcode'],
    price: ['Variant Price', 'Price'],
    tax: ['Variant Taxable', 'Charge tax'],
    photo: ['Image Src', 'Product image URL'],
  },
  read(table, cells) {
    const columns = columnsOf(table);
    const groups = new Map<string, Row[]>();
    for (const row of table.rows) {
      // Without a handle a row is a product of its own; Shopify then makes the handle from the title.
      const handle = cell(row, columns.handle) || `\n${row.line}`;
      const group = groups.get(handle);
      if (group === undefined) groups.set(handle, [row]);
      else group.push(row);
    }
    return [...groups.values()].flatMap((rows) => readProduct(rows, columns, cells));
  },
};

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(table: Table) {
  return {
    handle: table.find('Handle', 'URL handle'),
    title: table.find('Title'),
    body: table.find('Body (HTML)', 'Description'),
    type: table.find('Type'),
    productCategory: table.find('Product Category', 'Standardized Product Type', 'Custom Product Type'),
    published: table.find('Published', 'Published on online store'),
    status: table.find('Status'),
    giftCard: table.find('Gift Card'),
    options: [1, 2, 3].map((number) => ({
      name: table.find(`Option${number} Name`),
      value: table.find(`Option${number} Value`),
    })),
    sku: table.find('Variant SKU', 'SKU'),
    barcode: table.find('Variant Barcode', 'Barcode'),
    price: table.find('Variant Price', 'Price'),
    cost: table.find('Cost per item', 'Variant Cost'),
    tracker: table.find('Variant Inventory Tracker', 'Inventory tracker'),
    stock: table.find('Variant Inventory Qty', 'Inventory quantity'),
    taxable: table.find('Variant Taxable', 'Charge tax'),
    image: table.find('Image Src', 'Product image URL'),
  };
}

function readProduct(rows: readonly Row[], columns: Columns, cells: Cells): ItemDraft[] {
  const [first] = rows;
  if (first === undefined) return [];
  const title = cells.line(first, columns.title, LONGEST.name) ?? '';
  const reason = reasonToSkip(first, columns, cells);
  if (reason !== null) {
    cells.problems.warn(first.line, reason.column.name, reason.code, `${quoted(title)} ${reason.message}`);
    return [];
  }
  for (const row of rows.slice(1)) {
    const own = cell(row, columns.title);
    if (own === undefined || own === '' || own === cell(first, columns.title)) continue;
    cells.problems.error(
      row.line,
      columns.handle?.name ?? '',
      'duplicate-handle',
      `The handle ${quoted(cell(row, columns.handle) ?? '')} already belongs to ${quoted(title)} in line ${first.line}: give each product its own.`,
    );
  }
  const handle = cells.key(first, columns.handle, LONGEST.handle) ?? '';
  const image = rows.map((row) => cell(row, columns.image) ?? '').find((address) => address !== '');
  const variantRows = rows.filter((row) => row === first || isVariant(row, columns));
  return [
    {
      line: first.line,
      handle: handle !== '' ? handle : handleFrom(title),
      handleGiven: handle !== '',
      name: columns.title === null ? undefined : title,
      category: cells.category(first, columns.type) ?? cells.category(first, columns.productCategory),
      description: cells.description(first, columns.body, 'html'),
      photoName: image === undefined ? undefined : fileNameOf(image) || undefined,
      variants: variantRows.map((row) => readVariant(row, first, columns, cells)),
    },
  ];
}

interface Reason {
  readonly column: Column;
  readonly code: ImportProblemCode;
  readonly message: string;
}

function reasonToSkip(row: Row, columns: Columns, cells: Cells): Reason | null {
  const status = cell(row, columns.status)?.toLowerCase() ?? '';
  if (columns.status !== null && (status === 'draft' || status === 'archived')) {
    return { column: columns.status, code: 'left-out-status', message: `is ${status} in Shopify and was left out.` };
  }
  // "Published" speaks of the online store only, so an active product that is hidden there still sells at the stall.
  if (status === '' && columns.published !== null && cells.flag(row, columns.published) === false) {
    return {
      column: columns.published,
      code: 'left-out-status',
      message: 'is not published in Shopify and was left out.',
    };
  }
  if (columns.giftCard !== null && cells.flag(row, columns.giftCard) === true) {
    return { column: columns.giftCard, code: 'left-out-gift-card', message: 'is a gift card and was left out.' };
  }
  return null;
}

function isVariant(row: Row, columns: Columns): boolean {
  const telling = [columns.price, columns.sku, columns.barcode, ...columns.options.map((option) => option.value)];
  return telling.some((column) => (cell(row, column) ?? '') !== '');
}

function readVariant(row: Row, first: Row, columns: Columns, cells: Cells): VariantDraft {
  const taxable = cells.flag(row, columns.taxable);
  return {
    line: row.line,
    name: variantName(row, first, columns, cells),
    sku: cells.key(row, columns.sku, LONGEST.sku),
    barcodes: cells.barcodes(row, columns.barcode, null),
    priceMinor: cells.price(row, columns.price),
    costMinor: cells.cost(row, columns.cost),
    tax: taxable === undefined ? undefined : taxable ? 'taxed' : 'untaxed',
    // Shopify exports a quantity of nothing for what it does not track.
    stock: cell(row, columns.tracker) === '' ? null : cells.stock(row, columns.stock, 'each'),
  };
}

function variantName(row: Row, first: Row, columns: Columns, cells: Cells): string {
  const [option] = columns.options;
  const isOnlyVariant =
    cell(first, option?.name ?? null)?.toLowerCase() === 'title' &&
    cell(row, option?.value ?? null)?.toLowerCase() === 'default title';
  if (isOnlyVariant) return '';
  return columns.options
    .map(({ value }) => cells.line(row, value, LONGEST.variant) ?? '')
    .filter((value) => value !== '')
    .join(' / ')
    .slice(0, LONGEST.variant);
}
