/** What an ESC/POS printer does, in order: what it puts on paper, and what it is asked besides. */
export type PrinterEvent = PaperElement | PrinterRequest;

/** One thing on the paper. Measures are dots; `xDots` counts from the left edge of what the head can reach. */
export type PaperElement =
  | { readonly kind: 'line'; readonly runs: readonly TextRun[]; readonly heightDots: number }
  | { readonly kind: 'feed'; readonly dots: number }
  | { readonly kind: 'image'; readonly xDots: number; readonly image: DotImage }
  | {
      readonly kind: 'qr';
      readonly data: string;
      readonly moduleDots: number;
      readonly correction: 'L' | 'M' | 'Q' | 'H';
      readonly model: 1 | 2;
      readonly place: Place;
    }
  | {
      readonly kind: 'barcode';
      readonly symbology: BarcodeSymbology;
      readonly data: string;
      readonly moduleDots: number;
      readonly heightDots: number;
      readonly text: 'none' | 'above' | 'below' | 'both';
      readonly place: Place;
    }
  | { readonly kind: 'cut'; readonly cut: 'full' | 'partial' };

/** Anything that leaves no mark on the paper. */
export type PrinterRequest =
  | { readonly kind: 'initialise' }
  /** A real-time command, obeyed when it arrived; this is only its place in the stream. */
  | { readonly kind: 'real-time' }
  | { readonly kind: 'drawer-pulse'; readonly pin: 2 | 5; readonly onMs: number; readonly offMs: number }
  /** `GS r`: 1 paper, 2 drawer, 4 ink. */
  | { readonly kind: 'transmit-status'; readonly which: number }
  /** `GS a`: status by itself whenever something of the mask changes. */
  | { readonly kind: 'automatic-status'; readonly mask: number }
  /** `GS I`. */
  | { readonly kind: 'identify'; readonly which: number }
  /** `GS ( H` function 48: answer with these four bytes once everything before is printed. */
  | { readonly kind: 'process-id'; readonly id: Uint8Array }
  /** Bytes that mean nothing to this printer. A real one may print them as junk. */
  | { readonly kind: 'unknown'; readonly bytes: Uint8Array };

/** Characters printed alike, side by side. */
export interface TextRun {
  readonly text: string;
  readonly xDots: number;
  readonly font: 'A' | 'B';
  /** 1 to 8. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Advance of one character, scale and extra spacing included. */
  readonly advanceDots: number;
  readonly bold: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  /** The `ESC t` number it was printed with. */
  readonly codePage: number;
}

/** One bit per dot, rows of whole bytes, the leftmost dot in the highest bit; each dot drawn `scaleX` × `scaleY`. */
export interface DotImage {
  readonly widthDots: number;
  readonly heightDots: number;
  readonly data: Uint8Array;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Where something stands whose width only the drawing knows. */
export interface Place {
  readonly align: Align;
  readonly leftDots: number;
  readonly widthDots: number;
}

export type Align = 'left' | 'centre' | 'right';

export type BarcodeSymbology =
  'upc-a' | 'upc-e' | 'ean-13' | 'ean-8' | 'code-39' | 'itf' | 'codabar' | 'code-93' | 'code-128';

const PAPER_KINDS: ReadonlySet<PrinterEvent['kind']> = new Set(['line', 'feed', 'image', 'qr', 'barcode', 'cut']);

export function isPaper(event: PrinterEvent): event is PaperElement {
  return PAPER_KINDS.has(event.kind);
}

export const CHARACTER_DOTS = { A: { width: 12, height: 24 }, B: { width: 9, height: 17 } } as const;

/**
 * The paper as plain text, one line of text a line of print, placed by columns. Codes show their data, pictures their
 * size, a cut is a row of dashes with a pair of scissors.
 */
export function paperText(elements: readonly PaperElement[]): string {
  const lines = elements.flatMap((element): string[] => {
    switch (element.kind) {
      case 'line':
        return [lineText(element.runs)];
      case 'feed':
        return Array.from({ length: Math.round(element.dots / 30) }, () => '');
      case 'image':
        return [`[picture ${element.image.widthDots} x ${element.image.heightDots}]`];
      case 'qr':
        return [`[qr: ${element.data}]`];
      case 'barcode':
        return [`[${element.symbology}: ${element.data}]`];
      case 'cut':
        return ['8< - - - - - - - -'];
    }
  });
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** A line as text: runs stand at their column, counted in the line's narrowest characters. */
export function lineText(runs: readonly TextRun[]): string {
  const cellDots = Math.min(...runs.map((run) => run.advanceDots));
  let text = '';
  for (const run of runs) text = text.padEnd(Math.round(run.xDots / cellDots)) + run.text;
  return text;
}
