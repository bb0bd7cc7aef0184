import { fail, ok, type Result } from './result';

/** Longest code a scanner may deliver; a QR code holds 4 296 characters at most, ours far fewer. */
export const MAX_CODE_LENGTH = 4096;

/** GS, the separator of GS1 element strings: data, not noise. */
const GROUP_SEPARATOR = '\x1d';

/** What our receipts carry as code: this and the order number. */
const RECEIPT_PREFIX = 'TR1:';

export type ScannedCode =
  | {
      readonly kind: 'item';
      /** The code as scanned, without terminator and AIM identifier. */
      readonly code: string;
      /** Spellings under which the catalogue may know it, the scanned one first. */
      readonly candidates: readonly string[];
      /** False for 8, 12, 13 or 14 digits whose last is not the check digit; it may still be the seller's own code. */
      readonly checkDigitValid: boolean;
    }
  | { readonly kind: 'receipt'; readonly code: string; readonly number: string };

/**
 * Check digit of a GTIN body, SSCC or other GS1 key: weights 3, 1, 3, 1 … from the right
 * (GS1 General Specifications, section 7.9).
 * @param digits the number without its check digit
 */
export function gtinCheckDigit(digits: string): string {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    sum += Number(digits[digits.length - 1 - index]) * (index % 2 === 0 ? 3 : 1);
  }
  return String((10 - (sum % 10)) % 10);
}

export function hasValidCheckDigit(gtin: string): boolean {
  return gtinCheckDigit(gtin.slice(0, -1)) === gtin.slice(-1);
}

/**
 * UPC-E to UPC-A (GS1 General Specifications, section 5.2.2.4.2). Takes eight digits: number system 0 or 1, six digits,
 * check digit of the UPC-A.
 * @returns the twelve digits, or null when it is no UPC-E
 */
export function expandUpcE(code: string): string | null {
  if (!/^[01]\d{7}$/.test(code)) return null;
  const [system = '', a = '', b = '', c = '', d = '', e = '', last = '', check = ''] = code;
  const bodies: Record<string, string> = { '3': `${a}${b}${c}00000${d}${e}`, '4': `${a}${b}${c}${d}00000${e}` };
  const body = '012'.includes(last)
    ? `${a}${b}${last}0000${c}${d}${e}`
    : (bodies[last] ?? `${a}${b}${c}${d}${e}0000${last}`);
  const upcA = `${system}${body}${check}`;
  return hasValidCheckDigit(upcA) ? upcA : null;
}

/**
 * Reads what a scanner or a person delivered. One trailing terminator and a leading AIM identifier (`]E0`) are not part
 * of the code.
 */
export function readCode(raw: string): Result<ScannedCode, 'malformed-code' | 'too-long'> {
  const delivered = raw.replace(/(\r\n|\r|\n|\t)$/, '');
  if (delivered.length > MAX_CODE_LENGTH) {
    return fail(
      'too-long',
      `That code has ${delivered.length} characters; a label has ${MAX_CODE_LENGTH} at most. Scan again.`,
    );
  }
  const aim = /^\][A-Za-z][0-9A-Za-z]/.exec(delivered)?.[0] ?? '';
  const code = delivered.slice(aim.length).replace(/^ +| +$/g, '');
  if (code === '') return fail('malformed-code', 'That scan was empty. Scan again.');
  if (/\p{Cc}/u.test(code.replaceAll(GROUP_SEPARATOR, ''))) {
    return fail(
      'malformed-code',
      'That scan has characters no label has. Scan again or type the number under the bars.',
    );
  }
  const number = readReceiptCode(code);
  if (number !== null) return ok({ kind: 'receipt', code, number });
  return ok({
    kind: 'item',
    code,
    candidates: spellings(code, aim),
    checkDigitValid: !isGtinLength(code) || hasValidCheckDigit(code) || expandUpcE(code) !== null,
  });
}

/** The text of the code on a receipt. */
export function receiptCode(orderNumber: string): string {
  return `${RECEIPT_PREFIX}${orderNumber}`;
}

/** The order number in the code of a receipt, or null for any other code. */
export function readReceiptCode(code: string): string | null {
  const match = /^TR1:([A-Z][A-Z0-9]*-\d{4,})$/i.exec(code);
  return match?.[1]?.toUpperCase() ?? null;
}

function isGtinLength(code: string): boolean {
  return /^(\d{8}|\d{12,14})$/.test(code);
}

/**
 * GTIN-8, -12, -13 and -14 are one number with leading zeros more or fewer, and scanners disagree on how many to send.
 * They also disagree on whether a UPC-E is expanded. A number whose check digit is wrong is left as it is.
 */
function spellings(code: string, aim: string): string[] {
  const found = new Set([code]);
  const add = (gtin: string): void => {
    const bare = gtin.replace(/^0+/, '');
    for (const length of [8, 12, 13, 14]) if (bare.length <= length) found.add(bare.padStart(length, '0'));
    const upcE = bare.length <= 12 ? compressUpcA(bare.padStart(12, '0')) : null;
    if (upcE !== null) found.add(upcE);
  };
  // A person may type the digits in the groups they are printed in.
  for (const gtin of [code.replaceAll(' ', ''), gtinInside(code, aim)]) {
    if (gtin !== null && isGtinLength(gtin) && hasValidCheckDigit(gtin)) add(gtin);
  }
  const expanded = expandUpcE(code);
  if (expanded !== null) add(expanded);
  return [...found];
}

/** AIM identifiers of symbols that hold GS1 element strings. */
const GS1_SYMBOLS = [']C1', ']e0', ']d2', ']Q3'];

/** The GTIN of a GS1 element string, application identifier 01, which has no separator after it. */
function gtinInside(code: string, aim: string): string | null {
  const isElementString = GS1_SYMBOLS.includes(aim) || /^01\d{14}$/.test(code);
  return (isElementString && /^01(\d{14})/.exec(code)?.[1]) || null;
}

/** UPC-A to UPC-E, where its zeros allow one; the reverse of {@link expandUpcE}. */
function compressUpcA(upcA: string): string | null {
  const [system = '', a, b, c, d, e, , , h, i, j, check = ''] = upcA;
  const possible = [
    `${a}${b}${h}${i}${j}${c}`,
    `${a}${b}${c}${i}${j}3`,
    `${a}${b}${c}${d}${j}4`,
    `${a}${b}${c}${d}${e}${j}`,
  ];
  return possible.map((six) => `${system}${six}${check}`).find((upcE) => expandUpcE(upcE) === upcA) ?? null;
}
