import type { Pricing } from '../../../domain/catalogue';
import { findTaxRate, handleFrom, LONGEST, type Cells } from '../cells';
import type { ItemDraft, TaxDraft, VariantDraft } from '../draft';
import { quoted } from '../problems';
import { cell, type Column, type Row, type Table } from '../table';
import type { Format } from './format';

/**
 * Square's item library CSV. Source: Square Support, "Import items with a CSV or Excel file", and library exports.
 *
 * One row per variation; rows with the same `Reference Handle`, or without one the same `Item Name`, are one item.
 */
export const squareFormat: Format = {
  id: 'square',
  name: 'Square',
  needs: [['Item Name'], ['Variation Name'], ['Price']],
  roles: {
    handle: ['Reference Handle'],
    name: ['Item Name'],
    variant: ['Variation Name'],
    sku: ['SKU'],
    barcode: ['GTIN'],
    price: ['Price'],
  },
  read(table, cells) {
    const columns = columnsOf(table);
    warnSeveralLocations(columns, table, cells);
    const groups = new Map<string, Row[]>();
    for (const row of table.rows) {
      const reason = reasonToSkip(row, columns, cells);
      if (reason !== null) {
        cells.problems.warn(
          row.line,
          reason.column.name,
          'left-out-status',
          `${quoted(cell(row, columns.name) ?? '')} ${reason.message} in Square and was left out.`,
        );
        continue;
      }
      const handle = cell(row, columns.handle) ?? '';
      const key = handle !== '' ? `h:${handle}` : `n:${cell(row, columns.name) ?? ''}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    return [...groups.values()].flatMap((rows) => readItem(rows, columns, cells));
  },
};

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(table: Table) {
  return {
    handle: table.find('Reference Handle'),
    name: table.find('Item Name'),
    variation: table.find('Variation Name'),
    sku: table.find('SKU'),
    gtin: table.find('GTIN'),
    description: table.find('Description'),
    categories: [table.find('Reporting Category'), table.find('Category', 'Categories')],
    price: table.find('Price'),
    cost: table.find('Default Unit Cost', 'Unit Cost'),
    unit: table.find('Unit and Precision', 'Unit'),
    archived: table.find('Archived'),
    sellable: table.find('Sellable'),
    enabled: table.findAll('Enabled '),
    stocks: table.findAll('Current Quantity '),
    taxes: table.findAll('Tax - '),
    optionValues: [1, 2, 3].map((number) => table.find(`Option Value ${number}`)),
  };
}

function readItem(rows: readonly Row[], columns: Columns, cells: Cells): ItemDraft[] {
  const [first] = rows;
  if (first === undefined) return [];
  const name = cells.line(first, columns.name, LONGEST.name);
  const handle = (cells.key(first, columns.handle, LONGEST.handle) ?? '').replace(/^#/, '');
  const category = columns.categories.map((column) => cells.category(first, column)).find((text) => text !== undefined);
  return [
    {
      line: first.line,
      handle: handle !== '' ? handle : handleFrom(name ?? ''),
      handleGiven: handle !== '',
      name,
      // Exports may add the category's token: `Jams (#ABC123)`.
      category: category?.replace(/\s*\(#[^()]*\)$/, ''),
      description: cells.description(first, columns.description, 'html'),
      variants: rows.map((row) => readVariant(row, rows.length === 1, columns, cells)),
    },
  ];
}

function readVariant(row: Row, isOnly: boolean, columns: Columns, cells: Cells): VariantDraft {
  const pricing = readPricing(row, columns.unit, cells);
  return {
    line: row.line,
    name: variationName(row, isOnly, columns, cells),
    sku: cells.key(row, columns.sku, LONGEST.sku),
    barcodes: cells.barcodes(row, columns.gtin, null),
    pricing,
    priceMinor: readPrice(row, columns.price, cells),
    costMinor: cells.cost(row, columns.cost),
    tax: readTax(row, columns.taxes, cells),
    stock: cells.stock(row, columns.stocks[0] ?? null, pricing),
  };
}

function variationName(row: Row, isOnly: boolean, columns: Columns, cells: Cells): string {
  const options = columns.optionValues
    .map((column) => cells.line(row, column, LONGEST.variant) ?? '')
    .filter((value) => value !== '');
  if (options.length > 0) return options.join(' / ').slice(0, LONGEST.variant);
  const name = cells.line(row, columns.variation, LONGEST.variant) ?? '';
  // What Square calls the variation of an item that has only one.
  return isOnly && name.toLowerCase() === 'regular' ? '' : name;
}

function readPrice(row: Row, column: Column | null, cells: Cells): number | undefined {
  if (column === null || cell(row, column)?.toLowerCase() !== 'variable') return cells.price(row, column);
  cells.problems.warn(
    row.line,
    column.name,
    'variable-price',
    `${quoted(row.cells[0] ?? '')} has no fixed price in Square: it costs 0 here until you set one.`,
  );
  return 0;
}

function readPricing(row: Row, column: Column | null, cells: Cells): Pricing | undefined {
  const unit = cell(row, column)?.toLowerCase() ?? '';
  if (column === null || unit === '' || /^(per )?(item|each|unit)/.test(unit))
    return column === null ? undefined : 'each';
  if (/kilogram|\bkg\b/.test(unit)) return 'kg';
  cells.problems.warn(
    row.line,
    column.name,
    'unknown-unit',
    `The till sells by the piece or the kilogram: ${quoted(unit)} was read as pieces.`,
  );
  return 'each';
}

/** `Tax - VAT (20%)` columns with Y or N: the one that says Y is the rate. */
function readTax(row: Row, columns: readonly Column[], cells: Cells): TaxDraft | undefined {
  if (columns.length === 0) return undefined;
  const charged = columns.filter((column) => cells.flag(row, column) === true);
  const [column] = charged;
  if (column === undefined) return 'untaxed';
  if (charged.length > 1) {
    cells.problems.error(
      row.line,
      column.name,
      'several-taxes',
      `Two taxes are charged here, ${charged.map(({ name }) => quoted(name)).join(' and ')}: leave Y in one of them.`,
    );
    return undefined;
  }
  const text = column.name.slice('Tax - '.length);
  const percent = /\(([\d.]+\s*%)\)\s*$/.exec(text)?.[1];
  const rates = cells.context.taxRates;
  const rate = (percent === undefined ? undefined : findTaxRate(rates, percent)) ?? findTaxRate(rates, text);
  if (rate !== undefined) return { rateId: rate.id };
  cells.unknownTax(row, column, text);
  return undefined;
}

function reasonToSkip(row: Row, columns: Columns, cells: Cells): { column: Column; message: string } | null {
  if (columns.archived !== null && cells.flag(row, columns.archived) === true) {
    return { column: columns.archived, message: 'is archived' };
  }
  if (columns.sellable !== null && cells.flag(row, columns.sellable) === false) {
    return { column: columns.sellable, message: 'is not for sale' };
  }
  const [enabled] = columns.enabled;
  if (enabled !== undefined && columns.enabled.every((column) => cells.flag(row, column) === false)) {
    return { column: enabled, message: 'is enabled at no location' };
  }
  return null;
}

function warnSeveralLocations(columns: Columns, table: Table, cells: Cells): void {
  const [first] = columns.stocks;
  if (first === undefined || columns.stocks.length === 1) return;
  cells.problems.warn(
    table.headerLine,
    first.name,
    'several-locations',
    `The file counts stock at ${columns.stocks.length} locations: the numbers of ${quoted(first.name)} were taken.`,
  );
}
