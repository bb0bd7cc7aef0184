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

/** Whether a number has the digits and the check digit of a GTIN-8, -12, -13 or -14. */
export function isGtin(code: string): boolean {
  return /^(\d{8}|\d{12,14})$/.test(code) && hasValidCheckDigit(code);
}

/** GTIN-8, -12, -13 and -14 as one number of fourteen digits. */
export function gtin14(gtin: string): string {
  return gtin.padStart(14, '0');
}

/**
 * UPC-E to UPC-A (GS1 General Specifications, section 5.2.2.4.2). Scanners deliver, as they are set, number system 0 or
 * 1, six digits and check digit; without the number system, which is 0 then; without the check digit; or the six alone.
 * Seven digits whose last is the check digit of the others are taken to have no number system.
 * @returns the twelve digits, or null when it is no UPC-E
 */
export function expandUpcE(code: string): string | null {
  if (/^[01]\d{7}$/.test(code)) return checked(expandSix(code.charAt(0), code.slice(1, 7)), code.charAt(7));
  if (/^\d{7}$/.test(code)) {
    const withoutSystem = checked(expandSix('0', code.slice(0, 6)), code.charAt(6));
    if (withoutSystem !== null || !/^[01]/.test(code)) return withoutSystem;
  }
  const [, system = '0', six] = /^([01]?)(\d{6})$/.exec(code) ?? [];
  if (six === undefined) return null;
  const body = expandSix(system || '0', six);
  return body + gtinCheckDigit(body);
}

/** The eleven digits before the check digit of a UPC-A; the last of the six says where the zeros were. */
function expandSix(system: string, six: string): string {
  const [a = '', b = '', c = '', d = '', e = '', last = ''] = six;
  if ('012'.includes(last)) return `${system}${a}${b}${last}0000${c}${d}${e}`;
  if (last === '3') return `${system}${a}${b}${c}00000${d}${e}`;
  if (last === '4') return `${system}${a}${b}${c}${d}00000${e}`;
  return `${system}${a}${b}${c}${d}${e}0000${last}`;
}

function checked(body: string, checkDigit: string): string | null {
  return gtinCheckDigit(body) === checkDigit ? body + checkDigit : null;
}

/**
 * Every way a GTIN may be written: with leading zeros more or fewer, as scanners disagree on how many to send, and as
 * UPC-E where its zeros allow one.
 */
export function gtinSpellings(gtin: string): string[] {
  const bare = gtin.replace(/^0+/, '');
  const spellings = [8, 12, 13, 14]
    .filter((length) => bare.length <= length)
    .map((length) => bare.padStart(length, '0'));
  const upcE = bare.length <= 12 ? compressUpcA(bare.padStart(12, '0')) : null;
  return upcE === null ? spellings : [...spellings, upcE];
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
