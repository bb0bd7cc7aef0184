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
export const HOLD_ID_BYTES = 10;
const HOLD_ID_LENGTH = 16;
/** What a person reads out and types. */
const SHORT_LENGTH = 6;

/** Crockford's Base32: no I, L, O or U, which are read as others. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id of a hold from random bytes. */
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
  if (letters.length !== SHORT_LENGTH || [...letters].some((letter) => !ALPHABET.includes(letter))) return null;
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
  return Uint8Array.from([
    VERSION,
    ...(fromBase32(ticket.holdId) ?? []),
    ...bigEndian(placed, 4),
    ...bigEndian(lasts, 4),
    ticket.quantity,
    ...bigEndian(ticket.unitPriceMinor, 4),
    ...idBytes(ticket.deviceId),
    ...idBytes(ticket.variantId),
  ]);
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
  const reader = new Reader(signed);
  const version = reader.number(1);
  const holdId = toBase32(reader.take(HOLD_ID_BYTES));
  const placed = reader.number(4);
  const lasts = reader.number(4);
  const quantity = reader.number(1);
  const unitPriceMinor = reader.number(4);
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

/** Reads bytes one after the other; past their end it reads nothing and `isRead` stays false. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether exactly all of it was read. */
  get isRead(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  number(length: number): number {
    return this.take(length).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  id(): string {
    const length = this.number(1);
    if (length > 0) return String.fromCharCode(...this.take(length));
    const digits = [...this.take(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}

/** Ids are ASCII; what is none of ours takes as many bytes as it has characters. */
function idBytes(id: string): number[] {
  if (!UUID.test(id)) return [id.length, ...[...id].map((letter) => letter.charCodeAt(0) & 0xff)];
  const digits = id.replaceAll('-', '');
  return [0, ...Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16))];
}

function bigEndian(value: number, length: number): number[] {
  return Array.from({ length }, (_, index) => Math.floor(value / 256 ** (length - 1 - index)) % 256);
}

function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = held * 256 + byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[Math.floor(held / 2 ** bits)] ?? '';
      held %= 2 ** bits;
    }
  }
  return bits === 0 ? text : text + (ALPHABET[held * 2 ** (5 - bits)] ?? '');
}

/** @returns null for what Base32 never writes */
function fromBase32(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return null;
    held = held * 32 + value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(Math.floor(held / 2 ** bits));
    held %= 2 ** bits;
  }
  return held === 0 && bits < 5 ? Uint8Array.from(bytes) : null;
}
