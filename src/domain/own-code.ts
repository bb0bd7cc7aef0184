import { checkCharacterPair } from './gs1/check-pair';
import { readOrderCopy } from './order-copy';

/** What each kind of code that we print begins with. */
const PREFIX = { receipt: 'TR1:', hold: 'TH1:', coupon: 'TC1:' } as const;

/** A code that a Trestle till printed. A misread hold or coupon is known by its check characters. */
export type OwnCode =
  | { readonly kind: 'receipt'; readonly number: string }
  | { readonly kind: 'hold' | 'coupon'; readonly token: string }
  | { readonly kind: 'misread' };

/** The text of the code on a receipt. */
export function receiptCode(orderNumber: string): string {
  return `${PREFIX.receipt}${orderNumber}`;
}

/**
 * The text of the code of a hold or a coupon, for QR codes in their alphanumeric mode: the token and the two check
 * characters of GS1 General Specifications 7.9.5 over all that stands before them, as a typed or half-read token must
 * not become another's.
 * @param token capital letters, digits and hyphens, 4 to 400: a signed hold has some 200
 */
export function tokenCode(kind: 'hold' | 'coupon', token: string): string {
  const text = `${PREFIX[kind]}${token}`;
  return `${text}-${checkCharacterPair(text)}`;
}

/**
 * Reads a code of ours, in capitals or not, as Caps Lock turns them; null for any other code. A signed copy of an order
 * stands for its number here: the till looks the order up.
 */
export function readOwnCode(code: string): OwnCode | null {
  const copied = readOrderCopy(code);
  if (copied !== null) return { kind: 'receipt', number: copied.copy.number };
  const text = code.toUpperCase();
  const number = /^TR1:([A-Z][A-Z0-9]*-\d{4,})$/.exec(text)?.[1];
  if (number !== undefined) return { kind: 'receipt', number };
  for (const kind of ['hold', 'coupon'] as const) {
    if (!text.startsWith(PREFIX[kind])) continue;
    const token = /^.{4}([-A-Z0-9]{4,400})-[2-9A-Z]{2}$/.exec(text)?.[1];
    return token !== undefined && tokenCode(kind, token) === text ? { kind, token } : { kind: 'misread' };
  }
  return null;
}
