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
  if (raw.length > MAX_CODE_LENGTH) {
    return fail(
      'too-long',
      `That code has ${raw.length} characters; a label has ${MAX_CODE_LENGTH} at most. Scan again.`,
    );
  }
  const code = raw
    .replace(/(\r\n|\r|\n|\t)$/, '')
    .replace(/^\][A-Za-z][0-9A-Za-z]/, '')
    .trim();
  if (code === '') return fail('malformed-code', 'That scan was empty. Scan again.');
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
  if (/[\x00-\x1f\x7f]/.test(code.replaceAll(GROUP_SEPARATOR, ''))) {
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
    candidates: spellings(code),
    checkDigitValid: !isGtinLength(code) || hasValidCheckDigit(code),
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
 * A number whose check digit is wrong is left as it is.
 */
function spellings(code: string): string[] {
  const found = new Set([code]);
  const add = (gtin: string): void => {
    const bare = gtin.replace(/^0+/, '');
    for (const length of [8, 12, 13, 14]) if (bare.length <= length) found.add(bare.padStart(length, '0'));
  };
  if (isGtinLength(code) && hasValidCheckDigit(code)) add(code);
  const expanded = expandUpcE(code);
  if (expanded !== null) add(expanded);
  return [...found];
}
