import type { Minor } from './money';
import type { ReceiptBlock, ReceiptDocument } from './receipt';

/** What a shelf label says. Texts arrive already formatted, since the domain knows the stall's locale and the paper does not. */
export interface ShelfLabel {
  readonly name: string;
  readonly price: string;
  /** The price before what made it lower, in words and as it is struck through where that can be; or null. */
  readonly was: { readonly words: string; readonly price: string } | null;
  /** What is scanned: bars for tills, a QR code for phones as well; null where the goods have no code. */
  readonly code: { readonly kind: 'bars' | 'qr'; readonly data: string } | null;
}

/** A label that hangs at the goods, as far as known: it was printed and not taken down. */
export interface HangingLabel {
  readonly itemId: string;
  readonly variantId: string;
  /** What it says. */
  readonly priceMinor: Minor;
  /** Hybrid instant it was printed at. */
  readonly at: string;
}

/** A phone reads a code of this width at arm's length. */
const CODE_MILLIMETRES = 18;

/** Labels on the roll of a receipt printer, each cut off by itself. */
export function shelfLabelsDocument(labels: readonly ShelfLabel[], language: string): ReceiptDocument {
  return { kind: 'labels', language, blocks: labels.flatMap(labelBlocks) };
}

function labelBlocks({ name, price, was, code }: ShelfLabel): ReceiptBlock[] {
  const text = (words: string, size: 'normal' | 'double'): ReceiptBlock => ({
    kind: 'text',
    text: words,
    align: 'centre',
    size,
    bold: true,
  });
  const symbol: ReceiptBlock[] =
    code === null
      ? []
      : code.kind === 'bars'
        ? [{ kind: 'barcode', symbology: 'code128', data: code.data }]
        : [{ kind: 'qr', data: code.data, minimumMillimetres: CODE_MILLIMETRES, fallback: code.data }];
  return [
    text(name, 'normal'),
    text(price, 'double'),
    ...(was === null ? [] : [{ ...text(was.words, 'normal'), bold: false } as ReceiptBlock]),
    ...symbol,
    { kind: 'cut' },
  ];
}
