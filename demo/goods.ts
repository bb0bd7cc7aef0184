import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { gtinCheckDigit } from '../src/domain/barcode';
import { fullName } from '../src/domain/catalogue';

/** One variant of the demo stall, read from its catalogue and not from the till: what a shopper reads off the ticket. */
export interface Good {
  readonly name: string;
  readonly variant: string;
  /** Name and variant, as a line of the docket has it. */
  readonly title: string;
  readonly category: string;
  readonly sku: string;
  readonly barcodes: readonly string[];
  readonly priceMinor: number;
  readonly pricing: 'each' | 'kg';
  /** Whether the item has other variants, so that a tap asks which. */
  readonly hasChoices: boolean;
}

interface Row {
  readonly handle: string;
  readonly name: string;
  readonly category: string;
  readonly variant: string;
  readonly sku: string;
  readonly barcodes: string;
  readonly price: string;
  readonly pricing: string;
}

/** Reads the catalogue of the demo stall. */
export function readGoods(root: string): Good[] {
  const file = readFileSync(join(root, 'resources', 'demo-stall', 'catalogue.csv'), 'utf8');
  const rows: Row[] = parse(file, { columns: true, bom: true });
  return rows.map((row) => ({
    name: row.name,
    variant: row.variant,
    title: fullName(row, { name: row.variant }),
    category: row.category,
    sku: row.sku,
    barcodes: row.barcodes.split('|').filter(Boolean),
    priceMinor: Math.round(Number(row.price) * 100),
    pricing: row.pricing === 'kg' ? 'kg' : 'each',
    hasChoices: rows.filter(({ handle }) => handle === row.handle).length > 1,
  }));
}

/** The label of the deli scale: the item's number and the weight, or the price, as the stall's label rules have it. */
export function scaleLabel({ sku }: Good, kind: 'weight' | 'price', value: number): string {
  const body = `${kind === 'weight' ? '21' : '20'}${sku.slice(-5)}${String(value).padStart(5, '0')}`;
  return `${body}${gtinCheckDigit(body)}`;
}
