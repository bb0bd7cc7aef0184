import { basename } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { Item, Variant } from '../../domain/catalogue';
import type { Currency, Minor } from '../../domain/money';
import { guarded } from './cells';
import { BARCODE_SEPARATOR, TRESTLE_COLUMNS, type TrestleColumn } from './formats/trestle';
import type { PhotoStore } from './photo-store';

/** The catalogue in our own CSV format; importing it again changes nothing. */
export function catalogueCsv(items: readonly Item[], of: Currency, photos: PhotoStore): string {
  const rows = items.flatMap((item) =>
    item.variants.map((variant, index) => {
      const cells = { ...(index === 0 ? itemCells(item, photos) : NO_ITEM_CELLS), ...variantCells(variant, of) };
      return TRESTLE_COLUMNS.map((column) => (column === 'handle' ? guarded(item.handle) : cells[column]));
    }),
  );
  return stringify([[...TRESTLE_COLUMNS], ...rows]);
}

type ItemCells = Record<'name' | 'category' | 'photo' | 'backdrop' | 'description', string>;
type VariantCells = Record<Exclude<TrestleColumn, 'handle' | keyof ItemCells>, string>;

const NO_ITEM_CELLS: ItemCells = { name: '', category: '', photo: '', backdrop: '', description: '' };

function itemCells(item: Item, photos: PhotoStore): ItemCells {
  return {
    name: guarded(item.name),
    category: guarded(item.category),
    photo: item.photo === null ? '' : basename(photos.pathOf(item.photo) ?? item.photo),
    backdrop: `${item.backdrop.wall}/${item.backdrop.plank}`,
    description: guarded(item.description),
  };
}

function variantCells(variant: Variant, of: Currency): VariantCells {
  return {
    variant: guarded(variant.name),
    sku: guarded(variant.sku),
    barcodes: variant.barcodes.map(guarded).join(BARCODE_SEPARATOR),
    price: decimal(variant.priceMinor, of.digits),
    pricing: variant.pricing,
    tax: variant.taxRateId,
    stock: variant.stock === null ? '' : decimal(variant.stock, variant.pricing === 'kg' ? 3 : 0),
    cost: variant.costMinor === null ? '' : decimal(variant.costMinor, of.digits),
    receipt_name: guarded(variant.receiptName),
  };
}

/** `1234` with two digits is `12.34`. */
function decimal(value: Minor, digits: number): string {
  const text = String(Math.abs(value)).padStart(digits + 1, '0');
  const sign = value < 0 ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
