import type { Backdrop, Pricing, Quantity } from '../../domain/catalogue';
import type { Minor } from '../../domain/money';

/**
 * One item as a file tells it. A field that is undefined is one the file does not speak of: it keeps its value on an
 * update and gets a default on a new item.
 */
export interface ItemDraft {
  /** Line of its first row. */
  readonly line: number;
  readonly handle: string;
  /** False when the handle is made from the name: such an item is matched by its SKUs first. */
  readonly handleGiven: boolean;
  readonly name?: string;
  readonly category?: string;
  readonly description?: string;
  /** File name of its photo, without folders. */
  readonly photoName?: string;
  readonly backdrop?: Backdrop;
  readonly variants: readonly VariantDraft[];
}

export interface VariantDraft {
  readonly line: number;
  /** Empty for an item with one variant. */
  readonly name: string;
  readonly receiptName?: string;
  readonly sku?: string;
  readonly barcodes?: readonly string[];
  readonly pricing?: Pricing;
  readonly priceMinor?: Minor;
  readonly costMinor?: Minor | null;
  readonly tax?: TaxDraft;
  /** Pieces or grams; null means not counted. */
  readonly stock?: Quantity | null;
}

/** A rate of the stall by its id, or only whether the thing is taxed at all, as Shopify and WooCommerce say it. */
export type TaxDraft = { readonly rateId: string } | 'taxed' | 'untaxed';
