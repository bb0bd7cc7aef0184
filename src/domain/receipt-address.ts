import type { Order } from './order';

/** Bits of chance in the key of a receipt: nobody meets one by trying. */
const KEY_BITS = 128;
/** As base64url without padding (RFC 4648, 5). */
const KEY_LETTERS = Math.ceil(KEY_BITS / 6);
export const RECEIPT_KEY_BYTES = KEY_BITS / 8;
const RECEIPT_KEY = new RegExp(`^[A-Za-z0-9_-]{${KEY_LETTERS}}$`);

/** Which receipt an address asks for. */
export interface ReceiptAsked {
  /** Of the order, as printed. */
  readonly number: string;
  /** What only the receipt's holder and the stall know. */
  readonly key: string;
}

/**
 * Where the receipt of an order is, on the stall's server and on its hub alike: `/r/T1-0412-` and the key. Null for an order
 * of a time when receipts had no address.
 */
export function receiptPath({ number, receiptKey }: Pick<Order, 'number' | 'receiptKey'>): string | null {
  return receiptKey === undefined ? null : `/r/${encodeURIComponent(number)}-${receiptKey}`;
}

/** Reads the last part of a receipt's address, decoded; null when it is of no receipt. */
export function readReceiptName(name: string): ReceiptAsked | null {
  const at = name.length - KEY_LETTERS;
  const [number, key] = [name.slice(0, Math.max(0, at - 1)), name.slice(at)];
  if (number === '' || number.length > 20 || name[at - 1] !== '-' || !RECEIPT_KEY.test(key)) return null;
  return { number, key };
}
