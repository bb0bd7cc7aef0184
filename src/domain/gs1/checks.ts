import { hasValidCheckDigit } from '../barcode';
import { checkCharacterPair } from './check-pair';
import { COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCY_BY_NUMBER, PACKAGE_TYPES } from './code-lists';
import { isCoupon, isCouponOffer } from './coupon';
import { wrongDate } from './dates';

/**
 * What a component of an element must be besides its length and characters. Each takes the text of the component and
 * says what is wrong with it, to follow the name of the element, or null (GS1 General Specifications, section 3, and the
 * syntax tests that go with the GS1 Barcode Syntax Dictionary).
 */
type Check = (text: string) => string | null;

/** The least digits of a GS1 Company Prefix. */
const SHORTEST_COMPANY_PREFIX = 4;

const CHARACTER_PATTERNS = {
  n: /^[0-9]*$/,
  x: /^[!"%-?A-Z_a-z]*$/,
  y: /^[#\-/0-9A-Z]*$/,
  z: /^[-\w]*={0,2}$/,
} as const;

/** Whether a text keeps to a character set of the dictionary. Padding of base64 (`z`) fills up triples. */
export function isInCharacterSet(text: string, set: keyof typeof CHARACTER_PATTERNS): boolean {
  return CHARACTER_PATTERNS[set].test(text) && !(set === 'z' && text.endsWith('=') && text.length % 3 !== 0);
}

function hasCheckPair(text: string): boolean {
  const body = text.slice(0, -2);
  return text.length >= 2 && checkCharacterPair(body) === text.slice(-2);
}

/** IBAN, ISO 13616: the country, and 1 left over when the turned number is divided by 97. */
function isIban(text: string): boolean {
  if (!/^[0-9A-Z]{11,34}$/.test(text) || !COUNTRY_LETTERS.has(text.slice(0, 2))) return false;
  let remainder = 0;
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  }
  return remainder === 1;
}

const unless =
  (isRight: (text: string) => boolean, wrong: string): Check =>
  (text) =>
    isRight(text) ? null : wrong;

const atMost = (limit: number, wrong: string): Check => unless((text) => Number(text) <= limit, wrong);
const matching = (pattern: RegExp, wrong: string): Check => unless((text) => pattern.test(text), wrong);
const companyPrefixAt = (start: number): Check =>
  matching(new RegExp(`^.{${start}}[0-9]{${SHORTEST_COMPANY_PREFIX}}`), 'begins with no company prefix');

const hour = atMost(23, 'has no such hour');
const minute = atMost(59, 'has no such minute');

/** The checks, by the names that rows of the dictionary use. */
export const CHECKS = {
  check: unless(hasValidCheckDigit, 'has a wrong check digit'),
  checkPair: unless(hasCheckPair, 'has wrong check characters'),
  company: companyPrefixAt(0),
  company2: companyPrefixAt(1),
  country: unless((text) => COUNTRY_NUMBERS.has(text), 'names no country'),
  country999: unless((text) => text === '999' || COUNTRY_NUMBERS.has(text), 'names no country'),
  countryLetters: unless((text) => COUNTRY_LETTERS.has(text), 'names no country'),
  coupon: unless(isCoupon, 'is no coupon'),
  couponOffer: unless(isCouponOffer, 'is no coupon offer'),
  currency: unless((text) => CURRENCY_BY_NUMBER.has(text), 'names no currency'),
  day: (text) => wrongDate(text, false),
  flag: matching(/^[01]$/, 'is neither 0 nor 1'),
  hour,
  hourMinute: (text) => hour(text.slice(0, 2)) ?? minute(text.slice(2)),
  hyphen: matching(/^-+$/, 'ends with something other than a minus sign'),
  iban: unless(isIban, 'is no IBAN'),
  importer: matching(/^[-\w]$/, 'has no importer index'),
  latitude: atMost(1_800_000_000, 'lies off the globe'),
  longDay: (text) => wrongDate(text, false),
  longitude: atMost(3_600_000_000, 'lies off the globe'),
  media: matching(/^(0[1-9]|10|[89][0-9])$/, 'names no kind of media'),
  minute,
  /** Day 00 is the last of its month. */
  monthOrDay: (text) => wrongDate(text, true),
  noLeadingZero: matching(/^[^0]/, 'begins with a zero'),
  nonDigit: matching(/[^0-9]/, 'has digits only'),
  nonZero: matching(/[1-9]/, 'is zero where it cannot be'),
  package: unless((text) => PACKAGE_TYPES.has(text), 'names no kind of package'),
  percent: matching(/^([^%]|%[0-9A-Fa-f]{2})*$/, 'has a broken percent sequence'),
  piece: unless(isPieceOfTotal, 'is no piece of a whole'),
  position: unless(isPositionInSequence, 'is no position in a sequence'),
  second: atMost(59, 'has no such second'),
  sex: matching(/^[0129]$/, 'is no code of ISO 5218'),
  winding: matching(/^[019]$/, 'names no winding'),
  zero: matching(/^0+$/, 'does not begin with 0'),
} satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

/** `0102`: the first of two. */
function isPieceOfTotal(text: string): boolean {
  const [piece, total] = [text.slice(0, text.length / 2), text.slice(text.length / 2)].map(Number) as [number, number];
  return piece > 0 && piece <= total;
}

/** `2/3`: the second of three. */
function isPositionInSequence(text: string): boolean {
  const [, position, end] = /^([1-9][0-9]*)\/([1-9][0-9]*)$/.exec(text) ?? [];
  return position !== undefined && Number(position) <= Number(end);
}
