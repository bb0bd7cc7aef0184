/**
 * A receipt as content, not layout: encoders turn it into ESC/POS bytes for a paper width, screens into HTML.
 * Amounts arrive already formatted, since the domain knows the stall's locale and the paper does not.
 */
export interface ReceiptDocument {
  /** What job it is for: the receipt of an order, a test page, or a shift report. */
  readonly kind: 'receipt' | 'test' | 'shift';
  /** BCP 47 language of the words. */
  readonly language: string;
  readonly blocks: readonly ReceiptBlock[];
}

export type ReceiptBlock =
  /** The stall's mark, centred. */
  | { readonly kind: 'mark' }
  /** One paragraph. `double` doubles width and height, so half the columns. Wrapped at words, never cut. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly align: 'left' | 'centre' | 'right';
      readonly size: 'normal' | 'double';
      readonly bold: boolean;
    }
  /** Left words and a right amount on one row; the left wraps, the amount never does. */
  | {
      readonly kind: 'row';
      readonly left: string;
      readonly right: string;
      readonly size: 'normal' | 'double';
      readonly bold: boolean;
      /** Columns of indent. */
      readonly indent: number;
    }
  /** Equal columns, first left-aligned, the others right; used for the VAT table where the paper is wide enough. */
  | {
      readonly kind: 'columns';
      readonly rows: readonly (readonly string[])[];
      readonly narrow: readonly ReceiptBlock[];
    }
  | { readonly kind: 'rule' }
  | { readonly kind: 'feed'; readonly lines: number }
  /** A two-dimensional code of at least `minimumMillimetres` width; `fallback` is printed where no code can be. */
  | {
      readonly kind: 'qr';
      readonly data: string;
      readonly minimumMillimetres: number;
      readonly fallback: string;
    }
  | { readonly kind: 'barcode'; readonly symbology: 'code128'; readonly data: string }
  | { readonly kind: 'cut' };
