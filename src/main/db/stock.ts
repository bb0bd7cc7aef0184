import type { Database } from 'better-sqlite3';
import type { Item } from '../../domain/catalogue';
import { prepared } from '../../journal/statements';

/**
 * What was sold of an item's counted variants since it was last written, for a query over `item`. A count stands for the
 * instant it was written at; later sales come off it, whichever device made them.
 */
export const SOLD_OF_ITEM = `(
  SELECT coalesce(sum(sold.quantity), 0) FROM sold JOIN variant USING (variant_id)
  WHERE sold.item_id = item.item_id AND sold.at > item.at AND variant.item_key = item.item_key AND variant.is_counted = 1
)`;

/** An item whose variants carry what is on hand; below nothing when more was sold than had been counted. */
export function itemOnHand(database: Database, item: Item, at: string): Item {
  if (item.variants.every(({ stock }) => stock === null)) return item;
  const sold = prepared(
    database,
    'SELECT variant_id, sum(quantity) AS quantity FROM sold WHERE item_id = ? AND at > ? GROUP BY variant_id',
  ).all(item.itemId, at) as { readonly variant_id: string; readonly quantity: number }[];
  if (sold.length === 0) return item;
  const quantityOf = new Map(sold.map(({ variant_id, quantity }) => [variant_id, quantity]));
  return {
    ...item,
    variants: item.variants.map((variant) =>
      variant.stock === null
        ? variant
        : { ...variant, stock: variant.stock - (quantityOf.get(variant.variantId) ?? 0) },
    ),
  };
}
