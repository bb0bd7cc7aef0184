import { MAX_MINOR, type Minor } from './money';
import { fail, ok, type Result } from './result';
import { plainText } from './text';

/** How a variant is sold: by the piece, or by weight with a price per kilogram. */
export type Pricing = 'each' | 'kg';

/**
 * A quantity: pieces for `each`, grams for `kg`. Always a positive integer on a sale, so that no weight is ever a
 * binary fraction.
 */
export type Quantity = number;

/** One VAT (sales tax) rate of the stall. */
export interface TaxRate {
  readonly id: string;
  /** As printed, for instance `VAT 20%`. */
  readonly name: string;
  /** 2000 is 20 %. */
  readonly basisPoints: number;
}

/** One thing the stall sells; what is sold is one of its variants. */
export interface Item {
  readonly itemId: string;
  /** The seller's own key, unique in the stall; re-imports match on it. */
  readonly handle: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  /** SHA-256 (hex) of the photo in the photo store, or null for no photo. */
  readonly photo: string | null;
  /** Wall and plank colours behind the photo, `#rrggbb`. */
  readonly backdrop: Backdrop;
  readonly variants: readonly Variant[];
}

export interface Backdrop {
  readonly wall: string;
  readonly plank: string;
}

/** What a cart line holds and a barcode names. */
export interface Variant {
  readonly variantId: string;
  /** `Large`, `Blue / M`; empty for an item with one variant. */
  readonly name: string;
  /** What the paper says; empty means item and variant name, cut to the paper's width. */
  readonly receiptName: string;
  /** The seller's stock-keeping unit, unique in the stall, or empty. */
  readonly sku: string;
  /** GTINs without leading zeros beyond their own length, or any other code a scanner may deliver. */
  readonly barcodes: readonly string[];
  readonly pricing: Pricing;
  /** Per piece or per kilogram; tax-inclusive when the stall's prices are. */
  readonly priceMinor: Minor;
  /** What it cost the stall, the floor for discounts; null when unknown. */
  readonly costMinor: Minor | null;
  readonly taxRateId: string;
  /** Pieces or grams on hand; null means not counted. */
  readonly stock: Quantity | null;
}

/** The name of a variant in full: `Bramble jam, 340 g`. */
export function fullName(item: Pick<Item, 'name'>, variant: Pick<Variant, 'name'>): string {
  return variant.name === '' ? item.name : `${item.name}, ${variant.name}`;
}

/** Longest name of an item, in characters. */
export const MAX_NAME_LENGTH = 200;

/** What a person or a file gave, made safe to keep: texts without control characters, amounts and codes checked. */
export function checkItem(given: Item): Result<Item, 'bad-item'> {
  const item: Item = {
    ...given,
    name: plainText(given.name),
    category: plainText(given.category),
    description: plainText(given.description),
    variants: given.variants.map((variant) => ({
      ...variant,
      name: plainText(variant.name),
      receiptName: plainText(variant.receiptName),
      sku: plainText(variant.sku),
    })),
  };
  const say = (problem: string) => fail('bad-item', `${item.name.slice(0, 40) || item.handle}: ${problem}`);
  if (item.name === '') return say('an item needs a name.');
  if (item.name.length > MAX_NAME_LENGTH) return say(`a name has ${MAX_NAME_LENGTH} characters at most.`);
  if (item.variants.length === 0) return say('an item needs at least one variant.');
  const seen = new Set<string>();
  for (const { priceMinor, costMinor, barcodes } of item.variants) {
    if (!isPrice(priceMinor)) return say('a price is a whole number of minor units, from 0 to ten million pounds.');
    if (costMinor !== null && !isPrice(costMinor)) return say('a cost is a whole number of minor units, 0 or more.');
    for (const barcode of barcodes) {
      if (seen.has(barcode)) return say(`the barcode ${barcode} is there twice.`);
      seen.add(barcode);
    }
  }
  return ok(item);
}

function isPrice(amountMinor: Minor): boolean {
  return Number.isSafeInteger(amountMinor) && amountMinor >= 0 && amountMinor <= MAX_MINOR;
}
