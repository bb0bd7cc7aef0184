import { hasValidCheckDigit } from './barcode';
import type { Quantity } from './catalogue';
import type { Minor } from './money';
import { fail, ok, type Result } from './result';

/**
 * The layout of an in-store label that carries a weight or a price. GS1 leaves the prefixes 02 and 20 to 29 to each
 * country and seller, so layouts are data. `pattern` has one character per digit of the code:
 *
 * - a digit must stand there: the prefix
 * - `I` item number, `W` grams, `P` price in minor units
 * - `V` price verifier of the `P` digits (GS1 General Specifications, section 7.9.3 and 7.9.4)
 * - `C` check digit of the whole, last
 *
 * For instance `21IIIIIWWWWWC` or `02IIIIIVPPPPC`.
 */
export interface LabelRule {
  readonly pattern: string;
  readonly kind: 'weight' | 'price';
}

/** What a label says. */
export interface LabelReading {
  readonly rule: LabelRule;
  /** The item's number as printed, with its leading zeros. */
  readonly itemNumber: string;
  readonly weightGrams: Quantity | null;
  readonly amountMinor: Minor | null;
}

/** Whether a rule is well formed; the message says what is wrong with it. */
export function checkLabelRule({ pattern, kind }: LabelRule): Result<LabelRule, 'bad-rule'> {
  const say = (problem: string) => fail('bad-rule', `Label layout ${pattern}: ${problem}`);
  if (!/^[0-9IWPVC]+$/.test(pattern)) return say('use digits for the prefix and the letters I, W, P, V and C.');
  if (![8, 12, 13].includes(pattern.length)) return say('it must have 8, 12 or 13 places, as the barcode has digits.');
  if (!/^\d{1,3}I+V?[WP]+C$/.test(pattern))
    return say('the order is prefix, item number I, verifier V if any, value W or P, check digit C.');
  const value = kind === 'weight' ? 'W' : 'P';
  if (!pattern.includes(value)) return say(`a ${kind} layout needs ${value} places.`);
  if (pattern.includes('V') && !['PPPP', 'PPPPP'].includes(pattern.replace(/[^P]/g, ''))) {
    return say('a verifier V checks four or five P places.');
  }
  return ok({ pattern, kind });
}

/**
 * Reads an in-store label.
 * @returns null when no rule has its prefix and length
 */
export function readLabel(code: string, rules: readonly LabelRule[]): Result<LabelReading | null, 'bad-label'> {
  if (!/^\d+$/.test(code)) return ok(null);
  // A scanner that pads UPC-A to thirteen digits must not hide a twelve-digit layout.
  const spellings = code.startsWith('0') ? [code, code.slice(1)] : [code];
  for (const spelling of spellings) {
    const rule = rules.find(({ pattern }) => fits(spelling, pattern));
    if (rule) return readBy(rule, spelling);
  }
  return ok(null);
}

function fits(code: string, pattern: string): boolean {
  return (
    code.length === pattern.length && [...pattern].every((sign, index) => !/\d/.test(sign) || sign === code[index])
  );
}

function readBy(rule: LabelRule, code: string): Result<LabelReading, 'bad-label'> {
  if (!hasValidCheckDigit(code)) return fail('bad-label', 'The check digit of that label is wrong. Scan it again.');
  const take = (sign: string): string => [...code].filter((_, index) => rule.pattern[index] === sign).join('');
  const price = take('P');
  const verifier = take('V');
  if (verifier !== '' && priceVerifier(price) !== verifier) {
    return fail('bad-label', 'The price inside that label does not check. Weigh or price it again.');
  }
  const value = Number(rule.kind === 'weight' ? take('W') : price);
  if (value === 0) return fail('bad-label', `That label says a ${rule.kind} of nothing. Weigh or price it again.`);
  return ok({
    rule,
    itemNumber: take('I'),
    weightGrams: rule.kind === 'weight' ? value : null,
    amountMinor: rule.kind === 'price' ? value : null,
  });
}

/** Weighted products of one digit (GS1 General Specifications, figure 7.9.2-1). */
const WEIGHTING = {
  /** 2−: twice the digit, less its tens. */
  twoMinus: (digit: number) => (2 * digit - Math.floor((2 * digit) / 10)) % 10,
  three: (digit: number) => (3 * digit) % 10,
  /** 5+: five times the digit, plus its tens. */
  fivePlus: (digit: number) => (5 * digit + Math.floor((5 * digit) / 10)) % 10,
  /** 5−: five times the digit, less its tens. */
  fiveMinus: (digit: number) => (((5 * digit - Math.floor((5 * digit) / 10)) % 10) + 10) % 10,
} as const;

/**
 * Verifier of a price of four digits (weights 2−, 2−, 3, 5−; the sum times 3) or five (weights 5+, 2−, 5−, 5+, 2−; the
 * digit whose 5− is what is missing to ten), GS1 General Specifications 7.9.3 and 7.9.4.
 */
export function priceVerifier(digits: string): string {
  const { twoMinus, three, fivePlus, fiveMinus } = WEIGHTING;
  const weights =
    digits.length === 4 ? [twoMinus, twoMinus, three, fiveMinus] : [fivePlus, twoMinus, fiveMinus, fivePlus, twoMinus];
  const sum = weights.reduce((total, weight, index) => total + weight(Number(digits[index])), 0);
  if (digits.length === 4) return String((3 * sum) % 10);
  const missing = (10 - (sum % 10)) % 10;
  return String([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((digit) => fiveMinus(digit) === missing));
}
