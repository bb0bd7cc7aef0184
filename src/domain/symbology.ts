/**
 * Plain names of symbologies by AIM identifier (ISO/IEC 15424), the bracket left out: of an identifier as a whole where
 * its last character matters, else of its letter.
 */
const NAMES: Readonly<Record<string, string>> = {
  A: 'Code 39',
  B: 'Telepen',
  C: 'Code 128',
  C1: 'GS1-128',
  D: 'Code One',
  E: 'EAN/UPC',
  F: 'Codabar',
  G: 'Code 93',
  H: 'Code 11',
  I: 'ITF',
  J: 'DotCode',
  J1: 'GS1 DotCode',
  K: 'Code 16K',
  L: 'PDF417',
  M: 'MSI',
  N: 'Anker',
  O: 'Codablock',
  P: 'Plessey',
  Q: 'QR',
  Q3: 'GS1 QR',
  R: '2 of 5',
  S: '2 of 5',
  T: 'Code 49',
  U: 'MaxiCode',
  X: 'other',
  d: 'DataMatrix',
  d2: 'GS1 DataMatrix',
  e: 'GS1 Composite',
  e0: 'GS1 DataBar',
  h: 'Han Xin',
  z: 'Aztec',
};

/** AIM identifiers of symbols that hold GS1 element strings (GS1 General Specifications, symbology identifiers). */
const GS1_SYMBOLS: ReadonlySet<string> = new Set([']C1', ']e0', ']d2', ']Q3', ']J1']);

/** A delivered code and the identifier before it. */
export interface Delivery {
  /** `]E0`, or empty when the scanner sent none. */
  readonly aim: string;
  /** The name of the symbology; `unknown` when the identifier is missing or means nothing. */
  readonly symbology: string;
  readonly text: string;
  /** Whether its data are GS1 elements. */
  readonly isGs1: boolean;
}

/** Takes the AIM identifier off a code. */
export function splitAim(delivered: string): Delivery {
  const aim = /^\][A-Za-z][0-9A-Za-z]/.exec(delivered)?.[0] ?? '';
  return {
    aim,
    symbology: NAMES[aim.slice(1)] ?? NAMES[aim.charAt(1)] ?? 'unknown',
    text: delivered.slice(aim.length),
    isGs1: GS1_SYMBOLS.has(aim),
  };
}
