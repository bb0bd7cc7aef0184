import { MAX_MINOR, type Minor } from './money';
import { fail, ok, type Failure, type Result } from './result';
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

/** Longest texts of an item, in characters. */
const LONGEST = { handle: 200, name: 200, category: 80, variantName: 120, receiptName: 120, sku: 120, barcode: 120 };
const LONGEST_DESCRIPTION = 4000;
const MOST_VARIANTS = 200;
const MOST_BARCODES = 50;

export type ItemProblem =
  | 'empty-name'
  | 'too-long'
  | 'no-variants'
  | 'too-many-variants'
  | 'unnamed-variant'
  | 'duplicate-variant'
  | 'bad-price'
  | 'bad-cost'
  | 'bad-stock'
  | 'bad-barcode'
  | 'duplicate-barcode'
  | 'duplicate-sku';

/**
 * Checks an item before it enters the catalogue and gives it back with its texts tidied: one line of plain text each,
 * control characters gone. Markup in a name is text like any other.
 */
export function checkItem(item: Item): Result<Item, ItemProblem> {
  const name = plainText(item.name);
  if (name === '') return fail('empty-name', 'The item has no name. Write one.');
  const variants = item.variants.map(tidyVariant);
  const tidy: Item = {
    ...item,
    name,
    handle: plainText(item.handle),
    category: plainText(item.category),
    description: item.description
      .split(/\r\n|\r|\n/)
      .map(plainText)
      .join('\n')
      .trim(),
    variants,
  };
  return tooLongText(tidy) ?? wrongVariants(name, variants) ?? ok(tidy);
}

function tidyVariant(variant: Variant): Variant {
  return {
    ...variant,
    name: plainText(variant.name),
    receiptName: plainText(variant.receiptName),
    sku: plainText(variant.sku),
    barcodes: variant.barcodes.map((code) => code.trim()),
  };
}

function tooLongText({ name, handle, category, description, variants }: Item): Failure<'too-long'> | null {
  const texts: [string, string, number][] = [
    ['name', name, LONGEST.name],
    ['handle', handle, LONGEST.handle],
    ['category', category, LONGEST.category],
    ['description', description, LONGEST_DESCRIPTION],
    ...variants.flatMap((variant): [string, string, number][] => [
      ['variant name', variant.name, LONGEST.variantName],
      ['receipt name', variant.receiptName, LONGEST.receiptName],
      ['SKU', variant.sku, LONGEST.sku],
      ...variant.barcodes.map((code): [string, string, number] => ['barcode', code, LONGEST.barcode]),
    ]),
  ];
  const found = texts.find(([, text, most]) => text.length > most);
  if (found === undefined) return null;
  const [what, text, most] = found;
  return fail('too-long', `The ${what} "${text.slice(0, 20)}…" is too long. It can have ${most} characters.`);
}

function wrongVariants(itemName: string, variants: readonly Variant[]): Failure<ItemProblem> | null {
  if (variants.length === 0) return fail('no-variants', `"${itemName}" has nothing to sell. Give it one variant.`);
  if (variants.length > MOST_VARIANTS) {
    return fail('too-many-variants', `An item has at most ${MOST_VARIANTS} variants. Make two items of "${itemName}".`);
  }
  if (variants.length > 1 && variants.some(({ name }) => name === '')) {
    return fail('unnamed-variant', `"${itemName}" has several variants. Name each of them.`);
  }
  const twin = duplicateOf(variants.map(({ name }) => name.toLowerCase()));
  if (twin !== null) return fail('duplicate-variant', `"${itemName}" has two variants "${twin}". Rename one.`);
  for (const variant of variants) {
    const wrong = wrongVariant(fullName({ name: itemName }, variant), variant);
    if (wrong !== null) return wrong;
  }
  const code = duplicateOf(variants.flatMap(({ barcodes }) => barcodes));
  if (code !== null)
    return fail('duplicate-barcode', `The barcode "${code}" stands twice on "${itemName}". Remove one.`);
  const sku = duplicateOf(variants.map((variant) => variant.sku).filter((text) => text !== ''));
  return sku === null
    ? null
    : fail('duplicate-sku', `Two variants of "${itemName}" have the SKU "${sku}". Change one.`);
}

function wrongVariant(name: string, variant: Variant): Failure<ItemProblem> | null {
  const { priceMinor, costMinor, stock, barcodes } = variant;
  if (!isPrice(priceMinor)) return fail('bad-price', `The price of "${name}" must be a whole amount, zero or more.`);
  if (costMinor !== null && !isPrice(costMinor)) {
    return fail('bad-cost', `The cost of "${name}" must be a whole amount, zero or more, or unknown.`);
  }
  // Below zero is no mistake: more was sold than was counted.
  if (stock !== null && !Number.isSafeInteger(stock)) {
    return fail('bad-stock', `The stock of "${name}" must be a whole number of pieces or grams, or not counted.`);
  }
  if (barcodes.length > MOST_BARCODES) {
    return fail('bad-barcode', `"${name}" has ${barcodes.length} barcodes. It can have ${MOST_BARCODES}.`);
  }
  // A group separator is data of GS1 codes; other control characters no scanner delivers.
  if (barcodes.some((code) => code === '' || /(?!\u001d)[\p{Cc}\p{Cs}]/u.test(code))) {
    return fail('bad-barcode', `A barcode of "${name}" is empty or has control characters. Scan it again.`);
  }
  return null;
}

function isPrice(amountMinor: Minor): boolean {
  return Number.isInteger(amountMinor) && amountMinor >= 0 && amountMinor <= MAX_MINOR;
}

function duplicateOf(texts: readonly string[]): string | null {
  return texts.find((text, index) => texts.indexOf(text) !== index) ?? null;
}
