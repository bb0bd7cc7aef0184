import { BASE32, ByteReader, ByteWriter, fromBase32, toBase32 } from './bytes';
import { MAX_MINOR, type Minor } from './money';

/**
 * What the code of a hold says, so that a till which never heard of the hold can sell it:
 *
 * | bytes | what |
 * |---|---|
 * | 1 | version, 1 |
 * | 10 | the hold |
 * | 4 | the instant it was placed, seconds since 1970 |
 * | 4 | how long it lasts, seconds |
 * | 1 | pieces |
 * | 4 | promised price per piece |
 * | 1 + n | the till that put it aside |
 * | 1 + n | the variant |
 * | 64 | Ed25519 by that till, over all before |
 *
 * Ids that are UUIDs take 16 bytes after a length of 0, others their characters after their number. All of it is written in
 * Crockford's Base32, whose letters are in the alphanumeric mode of QR codes and survive Caps Lock.
 */
export interface HoldTicket {
  readonly holdId: string;
  readonly deviceId: string;
  readonly variantId: string;
  readonly quantity: number;
  readonly unitPriceMinor: Minor;
  /** UTC instants, to the second. */
  readonly placedAt: string;
  readonly expiresAt: string;
}

const VERSION = 1;
const SIGNATURE_BYTES = 64;
/** 80 bits. */
const HOLD_ID_BYTES = 10;
/** 128 bits. */
export const PAGE_KEY_BYTES = 16;
const HOLD_ID_LENGTH = 16;
/** What a person reads out and types. */
const SHORT_LENGTH = 6;

/**
 * The key of a hold's page from random bytes. Only the phone that asked is told it: whoever has it may let the hold go or ask
 * for more time, which its code, shown to everybody, must not be good for.
 */
export function pageKeyFrom(bytes: Uint8Array): string {
  return toBase32(bytes);
}

/**
 * The id of a hold from the SHA-256 of its page's key. So every till that heard of the hold knows the key when it is told it,
 * and nobody finds the key from the id, which is in the code.
 */
export function holdIdFrom(bytes: Uint8Array): string {
  return toBase32(bytes.subarray(0, HOLD_ID_BYTES));
}

/** The short code of a hold, to be read out: `K7M-2QX`. */
export function shortHoldCode(holdId: string): string {
  return `${holdId.slice(0, SHORT_LENGTH / 2)}-${holdId.slice(SHORT_LENGTH / 2, SHORT_LENGTH)}`;
}

/** A typed short code as `shortHoldCode` writes it, or null for anything else. */
export function readShortHoldCode(typed: string): string | null {
  const letters = typed.trim().replace(/[ -]/g, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  if (letters.length !== SHORT_LENGTH || [...letters].some((letter) => !BASE32.includes(letter))) return null;
  return shortHoldCode(letters);
}

/** What is signed of a ticket. */
export function signedText(signed: Uint8Array): string {
  return `hold ${toBase32(signed)}`;
}

/** The bytes of a ticket that are signed, see `signedText`. */
export function ticketBytes(ticket: HoldTicket): Uint8Array {
  const placed = Math.floor(Date.parse(ticket.placedAt) / 1_000);
  const lasts = Math.floor(Date.parse(ticket.expiresAt) / 1_000) - placed;
  return new ByteWriter()
    .fixed(VERSION, 1)
    .raw(fromBase32(ticket.holdId) ?? [])
    .fixed(placed, 4)
    .fixed(lasts, 4)
    .fixed(ticket.quantity, 1)
    .fixed(ticket.unitPriceMinor, 4)
    .id(ticket.deviceId)
    .id(ticket.variantId).bytes;
}

/** The token of a ticket with its signature, for `tokenCode`. */
export function holdToken(signed: Uint8Array, signature: Uint8Array): string {
  return toBase32(Uint8Array.from([...signed, ...signature]));
}

/** What a token says and who is to have signed it; null for what is none. Whether it is signed is for the caller to check. */
export function readHoldToken(
  token: string,
): { readonly ticket: HoldTicket; readonly signed: Uint8Array; readonly signature: Uint8Array } | null {
  const bytes = fromBase32(token);
  if (bytes === null || bytes.length <= SIGNATURE_BYTES) return null;
  const signed = bytes.subarray(0, -SIGNATURE_BYTES);
  const reader = new ByteReader(signed);
  const version = reader.fixed(1);
  const holdId = toBase32(reader.take(HOLD_ID_BYTES));
  const placed = reader.fixed(4);
  const lasts = reader.fixed(4);
  const quantity = reader.fixed(1);
  const unitPriceMinor = reader.fixed(4);
  const deviceId = reader.id();
  const variantId = reader.id();
  const isTicket =
    reader.isRead && version === VERSION && holdId.length === HOLD_ID_LENGTH && unitPriceMinor <= MAX_MINOR;
  if (!isTicket || quantity === 0 || deviceId === '' || variantId === '') return null;
  const ticket = {
    holdId,
    deviceId,
    variantId,
    quantity,
    unitPriceMinor,
    placedAt: new Date(placed * 1_000).toISOString(),
    expiresAt: new Date((placed + lasts) * 1_000).toISOString(),
  };
  return { ticket, signed, signature: bytes.subarray(-SIGNATURE_BYTES) };
}
