import type { PricedLine } from '../../domain/cart';
import { allocate, type Minor } from '../../domain/money';
import type { Order } from '../../domain/order';

/** One line of a shop's order: so many pieces at one price each. */
export interface ShopLine {
  /** Names it within the order: the till's line, and a part where a line had to be split. */
  readonly key: string;
  /** Empty where the till knew none. */
  readonly sku: string;
  readonly name: string;
  /** What the shop's papers say of it: the name, with the weight or the note. */
  readonly text: string;
  readonly quantity: number;
  /** With tax. */
  readonly unitPriceMinor: Minor;
  readonly taxBasisPoints: number;
}

/**
 * The lines of an order as a shop can hold them. A shop multiplies a whole price by a whole number of pieces, so three
 * for 10.00 become two at 3.33 and one at 3.34; what was weighed is one piece at what it came to. Their sum is the
 * order's total to the penny, tax added where the stall adds it at the till.
 */
export function shopLines(order: Order): ShopLine[] {
  const amounts = withTax(order);
  return order.lines.flatMap((line, index) => {
    const amountMinor = amounts[index] ?? 0;
    const pieces = line.pricing === 'kg' || line.labelAmountMinor !== null ? 1 : line.quantity;
    const lowMinor = Math.floor(amountMinor / pieces);
    const dearer = amountMinor - lowMinor * pieces;
    const parts = [
      { quantity: pieces - dearer, unitPriceMinor: lowMinor },
      { quantity: dearer, unitPriceMinor: lowMinor + 1 },
    ].filter(({ quantity }) => quantity > 0);
    const name = line.name === '' ? 'Typed amount' : line.name;
    return parts.map((part, number) => ({
      ...part,
      key: number === 0 ? line.lineId : `${line.lineId}#${number + 1}`,
      sku: line.sku,
      name,
      text: [name, weightOf(line), line.note].filter(Boolean).join(', ').slice(0, 250),
      taxBasisPoints: line.taxBasisPoints,
    }));
  });
}

function weightOf({ pricing, quantity }: PricedLine): string {
  return pricing === 'kg' ? `${(quantity / 1000).toFixed(3)} kg` : '';
}

/** What each line costs with tax. A tax that was added is shared among its lines so that nothing is lost in rounding. */
function withTax({ lines, taxes, taxIncluded }: Order): Minor[] {
  const amounts = lines.map(({ amountMinor }) => amountMinor);
  if (taxIncluded) return amounts;
  for (const tax of taxes) {
    const taxed = lines
      .map((line, index) => ({ line, index }))
      .filter(({ line }) => line.taxRateId === tax.taxRateId && line.taxBasisPoints === tax.basisPoints);
    const shares = allocate(
      tax.taxMinor,
      taxed.map(({ line }) => line.amountMinor),
    );
    taxed.forEach(({ line, index }, position) => {
      amounts[index] = line.amountMinor + (shares[position] ?? 0);
    });
  }
  return amounts;
}
