/** How codes of ours write bytes: ids, numbers and texts one after the other, and all of it in letters. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Writes bytes one after the other. */
export class ByteWriter {
  readonly #bytes: number[] = [];

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  raw(bytes: Iterable<number>): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** A number of so many bytes, the highest first. */
  fixed(value: number, length: number): this {
    return this.raw(Array.from({ length }, (_, index) => Math.floor(value / 256 ** (length - 1 - index)) % 256));
  }

  /** A whole number from 0 on, seven bits to a byte, the lowest first; the highest bit says that more follow (LEB128). */
  count(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.#bytes.push(128 + (rest % 128));
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
    return this;
  }

  /** A whole number of either sign: 0, -1, 1, -2, 2 as 0, 1, 2, 3, 4. */
  signed(value: number): this {
    return this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** An id: one that is a UUID as 16 bytes after a length of 0, another as its characters after their number. */
  id(id: string): this {
    if (!UUID.test(id)) return this.text(id);
    const digits = id.replaceAll('-', '');
    return this.count(0).raw(
      Array.from({ length: 16 }, (_, index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16)),
    );
  }

  /** A text in UTF-8 after the number of its bytes. */
  text(text: string): this {
    const bytes = utf8(text);
    return this.count(bytes.length).raw(bytes);
  }
}

/** Reads what a `ByteWriter` wrote; past the end it reads nothing and `isRead` stays false. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether exactly all of it was read. */
  get isRead(): boolean {
    return this.#at === this.#bytes.length;
  }

  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at);
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  fixed(length: number): number {
    return this.take(length).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  count(): number {
    let value = 0;
    // Eight bytes hold every safe number.
    for (let scale = 1; scale < 2 ** 56; scale *= 128) {
      const [byte = 0] = this.take(1);
      value += (byte % 128) * scale;
      if (byte < 128) break;
    }
    return value;
  }

  signed(): number {
    const value = this.count();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  id(): string {
    const length = this.count();
    if (length > 0) return this.#text(length);
    return hexOf(this.take(16)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  text(): string {
    return this.#text(this.count());
  }

  #text(length: number): string {
    const escaped = [...this.take(length)].map((byte) => `%${hexOf([byte])}`).join('');
    try {
      return decodeURIComponent(escaped);
    } catch {
      // No UTF-8: nothing we wrote.
      this.#at = Number.POSITIVE_INFINITY;
      return '';
    }
  }
}

export function hexOf(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The domain has no encoder of texts but this one of the language. */
function utf8(text: string): number[] {
  const escaped = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  return (escaped.match(/%..|./g) ?? []).map((part) =>
    part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0),
  );
}

/** Crockford's Base32: no I, L, O or U, which are read as others; QR codes write its letters in their alphanumeric mode. */
export const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** RFC 4648, section 5, without padding: for addresses. */
const BASE64_URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function toBase32(bytes: Uint8Array): string {
  return toLetters(bytes, BASE32);
}

/** @returns null for what Base32 never writes */
export function fromBase32(text: string): Uint8Array | null {
  return fromLetters(text, BASE32);
}

export function toBase64Url(bytes: Uint8Array): string {
  return toLetters(bytes, BASE64_URL);
}

/** @returns null for what it never writes */
export function fromBase64Url(text: string): Uint8Array | null {
  return fromLetters(text, BASE64_URL);
}

function toLetters(bytes: Uint8Array, alphabet: string): string {
  const width = Math.log2(alphabet.length);
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = held * 256 + byte;
    bits += 8;
    while (bits >= width) {
      bits -= width;
      text += alphabet[Math.floor(held / 2 ** bits)] ?? '';
      held %= 2 ** bits;
    }
  }
  return bits === 0 ? text : text + (alphabet[held * 2 ** (width - bits)] ?? '');
}

function fromLetters(text: string, alphabet: string): Uint8Array | null {
  const width = Math.log2(alphabet.length);
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = alphabet.indexOf(letter);
    if (value < 0) return null;
    held = held * alphabet.length + value;
    bits += width;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(Math.floor(held / 2 ** bits));
    held %= 2 ** bits;
  }
  return held === 0 && bits < width ? Uint8Array.from(bytes) : null;
}
