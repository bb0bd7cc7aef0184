/**
 * A made-up catalogue of any size, the same for a given count: names from a market's words, one GTIN-13 each.
 */
import { v7 as newId } from 'uuid';
import { gtinCheckDigit } from '../src/domain/barcode';
import type { Item } from '../src/domain/catalogue';

const MAKERS = [
  'Tynemouth',
  'Heather',
  'Bramble',
  'Salt',
  'Harbour',
  'Old Mill',
  'North Shore',
  'Cullercoats',
  'Rowan',
  'Quayside',
  'Larkspur',
  'Fenwick',
  'Windmill',
  'Copper',
  'Marigold',
  'Juniper',
];
const KINDS = [
  'cotton',
  'smoked',
  'wild',
  'hand-thrown',
  'double',
  'pickled',
  'candied',
  'blue',
  'ripe',
  'woven',
  'carved',
  'spiced',
  'crème',
  'striped',
  'enamel',
  'toasted',
];
const GOODS = [
  'jam',
  'loaf',
  'candle',
  'mug',
  'scarf',
  'cheddar',
  'soap',
  'tote',
  'honey',
  'earrings',
  'paperback',
  'chutney',
  'bowl',
  'print',
  'socks',
  'cider',
  'brush',
  'biscuits',
  'plant pot',
  'apron',
];

export interface Good {
  readonly index: number;
  readonly handle: string;
  readonly name: string;
  readonly category: string;
  readonly sku: string;
  readonly barcode: string;
  readonly priceMinor: number;
}

/** The barcode of the n-th good: a GTIN-13 that no other good has. */
export function barcodeOf(index: number): string {
  const digits = `50${String(index).padStart(10, '0')}`;
  return `${digits}${gtinCheckDigit(digits)}`;
}

export function good(index: number): Good {
  const pick = <T>(from: readonly T[], stride: number): T => from[Math.floor(index / stride) % from.length] as T;
  const thing = pick(GOODS, 1);
  return {
    index,
    handle: `good-${index}`,
    name: `${pick(MAKERS, GOODS.length)} ${pick(KINDS, 7)} ${thing} ${index}`,
    category: thing,
    sku: `SKU-${index}`,
    barcode: barcodeOf(index),
    priceMinor: 100 + ((index * 37) % 4900),
  };
}

export function* goods(count: number): Generator<Good> {
  for (let index = 0; index < count; index += 1) yield good(index);
}

/** The same goods as the catalogue keeps them, each with one variant, in batches. */
export function* items(count: number, batchSize = 1000): Generator<Item[]> {
  for (let from = 0; from < count; from += batchSize) {
    yield Array.from({ length: Math.min(batchSize, count - from) }, (_, offset) => itemOf(good(from + offset)));
  }
}

function itemOf({ index, handle, name, category, sku, barcode, priceMinor }: Good): Item {
  return {
    itemId: newId(),
    handle,
    name,
    category,
    description: `From the stall, number ${index}.`,
    photo: null,
    backdrop: { wall: '#efebdf', plank: '#c9a66b' },
    variants: [
      {
        variantId: newId(),
        name: '',
        receiptName: '',
        sku,
        barcodes: [barcode],
        pricing: 'each',
        priceMinor,
        costMinor: null,
        taxRateId: 'standard',
        stock: index % 50,
      },
    ],
  };
}

/** The same goods as Shopify exports them. */
export function shopifyCsv(count: number): string {
  const lines = [
    'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card',
  ];
  for (const { handle, name, category, sku, barcode, priceMinor, index } of goods(count)) {
    const price = (priceMinor / 100).toFixed(2);
    lines.push(
      `${handle},${name},"<p>From the stall, <b>number ${index}</b>.</p>",Bench,${category},market,true,Title,Default Title,${sku},250,shopify,${index % 50},deny,manual,${price},,true,true,${barcode},,,,false`,
    );
  }
  return `${lines.join('\n')}\n`;
}
