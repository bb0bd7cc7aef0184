import type { Backdrop, Pricing } from '../../../domain/catalogue';
import { plankOf } from '../backdrop';
import { fileNameOf, handleFrom, LONGEST, type Cells } from '../cells';
import type { ItemDraft, VariantDraft } from '../draft';
import { quoted } from '../problems';
import { cell, type Column, type Row } from '../table';
import type { Format } from './format';

/** The header of our own format, in the order we write it. */
export const TRESTLE_COLUMNS = [
  'handle',
  'name',
  'category',
  'variant',
  'sku',
  'barcodes',
  'price',
  'pricing',
  'tax',
  'stock',
  'cost',
  'photo',
  'backdrop',
  'receipt_name',
  'description',
] as const;
export type TrestleColumn = (typeof TRESTLE_COLUMNS)[number];

/** Between several barcodes in one cell. */
export const BARCODE_SEPARATOR = '|';

/**
 * Our own format: one row per variant; rows with the same handle are one item, whose name, category, photo, backdrop
 * and description stand in its first row. `price` is per piece, or per kilogram where `pricing` is `kg`.
 */
export const trestleFormat: Format = {
  id: 'trestle',
  name: 'Trestle',
  needs: [['name'], ['price']],
  roles: {
    handle: ['handle'],
    name: ['name'],
    variant: ['variant'],
    sku: ['sku'],
    barcode: ['barcodes'],
    price: ['price'],
    tax: ['tax'],
    photo: ['photo'],
  },
  read(table, cells) {
    const column = Object.fromEntries(TRESTLE_COLUMNS.map((name) => [name, table.find(name)])) as Record<
      TrestleColumn,
      Column | null
    >;
    const groups = new Map<string, Row[]>();
    for (const row of table.rows) {
      const handle = cells.key(row, column.handle, LONGEST.handle) ?? '';
      const key = handle !== '' ? `h:${handle}` : `n:${cell(row, column.name) ?? ''}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    return [...groups].flatMap(([key, rows]) => readItem(key, rows, column, cells));
  },
};

function readItem(
  key: string,
  rows: readonly Row[],
  column: Record<TrestleColumn, Column | null>,
  cells: Cells,
): ItemDraft[] {
  const [first] = rows;
  if (first === undefined) return [];
  const name = cells.line(first, column.name, LONGEST.name);
  for (const row of rows.slice(1)) {
    const own = cell(row, column.name);
    if (own !== '' && own !== cell(first, column.name)) {
      cells.problems.error(
        row.line,
        column.handle?.name ?? '',
        'duplicate-handle',
        `The handle ${quoted(key.slice(2))} already belongs to ${quoted(name ?? '')} in line ${first.line}: give each item its own.`,
      );
    }
  }
  return [
    {
      line: first.line,
      handle: key.startsWith('h:') ? key.slice(2) : handleFrom(name ?? ''),
      handleGiven: key.startsWith('h:'),
      name,
      category: cells.line(first, column.category, LONGEST.category) || undefined,
      description: cells.description(first, column.description, 'plain'),
      photoName: fileNameOf(cell(first, column.photo) ?? '') || undefined,
      backdrop: readBackdrop(first, column.backdrop, cells),
      variants: rows.map((row) => readVariant(row, column, cells)),
    },
  ];
}

function readVariant(row: Row, column: Record<TrestleColumn, Column | null>, cells: Cells): VariantDraft {
  const pricing = readPricing(row, column.pricing, cells);
  return {
    line: row.line,
    name: cells.line(row, column.variant, LONGEST.variant) ?? '',
    receiptName: cells.line(row, column.receipt_name, LONGEST.receiptName),
    sku: cells.key(row, column.sku, LONGEST.sku),
    barcodes: cells.barcodes(row, column.barcodes, BARCODE_SEPARATOR),
    pricing,
    priceMinor: cells.price(row, column.price),
    costMinor: cells.cost(row, column.cost),
    tax: cells.taxRate(row, column.tax),
    stock: cells.stock(row, column.stock, pricing),
  };
}

function readPricing(row: Row, column: Column | null, cells: Cells): Pricing | undefined {
  const text = cell(row, column)?.toLowerCase();
  if (text === undefined || text === '' || column === null) return undefined;
  if (text === 'each' || text === 'kg') return text;
  cells.problems.error(row.line, column.name, 'unknown-pricing', `${quoted(text)} is not known: write “each” or “kg”.`);
  return undefined;
}

/** `#wall/#plank`, or `#wall` alone. */
function readBackdrop(row: Row, column: Column | null, cells: Cells): Backdrop | undefined {
  const text = cell(row, column);
  if (text === undefined || text === '' || column === null) return undefined;
  const match = /^(#[0-9a-f]{6})(?:\/(#[0-9a-f]{6}))?$/i.exec(text);
  const wall = match?.[1]?.toLowerCase();
  if (wall !== undefined) return { wall, plank: match?.[2]?.toLowerCase() ?? plankOf(wall) };
  cells.problems.error(
    row.line,
    column.name,
    'not-a-backdrop',
    `${quoted(text)} is not a pair of colours: write the wall and the plank as #f2c14e/#c99f3f.`,
  );
  return undefined;
}
