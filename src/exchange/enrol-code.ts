import { createHmac, randomBytes } from 'node:crypto';

/** Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, which are read as something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 8;

/** How long a code is good for: from the evening before to the morning at the stall. */
export const CODE_LIFE_MS = 24 * 60 * 60 * 1000;

/** A new one-time code of 40 random bits, written `ABCD-EFGH`. */
export function newCode(): string {
  const letters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte & 31]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** What a person typed or scanned as its eight characters: dashes, spaces, case and look-alikes do not matter. Null when it is no code. */
export function readCode(typed: string): string | null {
  const letters = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return letters.length === LENGTH && [...letters].every((letter) => ALPHABET.includes(letter)) ? letters : null;
}

/**
 * What is kept of a code instead of the code.
 * @param secret of the server: 40 bits alone could be tried out by whoever reads the table
 */
export function codeHash(letters: string, secret: Buffer): string {
  return createHmac('sha256', secret).update(`code ${letters}`).digest('hex');
}

/**
 * What a QR code of a code says: the server's address, and the code in the fragment, which no browser sends anywhere.
 * @param address of the server, without a path
 */
export function joinLink(address: string, code: string): string {
  return `${address.replace(/\/+$/, '')}/join#${code}`;
}
