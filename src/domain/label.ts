import { hasValidCheckDigit } from './barcode';
import type { Quantity } from './catalogue';
import type { Minor } from './money';
import { refuse, type Verdict } from './refusal';
import { fail, ok, type Result } from './result';

/**
 * The layout of an in-store label with a weight or a price inside, one character a digit:
 * - a digit is a fixed prefix, which names the layout
 * - `I` item number · `W` weight in grams · `P` price in minor units
 * - `V` verifier of the four or five digits of price or weight · `C` check digit of the whole code, always last
 *
 * For instance `21IIIIIWWWWWC` and `02IIIIIVPPPPC`. Such layouts are a country's or a shop's own choice
 * (GS1 General Specifications 2.1.14, variable measure items), so they are data.
 */
export interface LabelRule {
  readonly pattern: string;
  readonly kind: 'weight' | 'price';
}

/** What a label says. */
export interface LabelReading {
  readonly rule: LabelRule;
  /** With its leading zeros: `00031`. */
  readonly itemNumber: string;
  /** Null on a price label. */
  readonly weightGrams: Quantity | null;
  /** Null on a weight label. */
  readonly amountMinor: Minor | null;
}

const LONGEST_PATTERN = 30;

/**
 * Checks a layout before it is kept.
 * Error: `bad-rule`, with what is wrong and how to write it.
 */
export function checkLabelRule({ pattern, kind }: LabelRule): Result<LabelRule, 'bad-rule'> {
  const wrong = (message: string) => fail('bad-rule', message);
  const value = kind === 'weight' ? 'W' : 'P';
  const other = kind === 'weight' ? 'P' : 'W';
  const count = (letter: string) => pattern.split(letter).length - 1;
  if (!/^[0-9IWPVC]+$/.test(pattern)) {
    return wrong('A layout has only digits and the letters I, W, P, V and C, for instance 21IIIIIWWWWWC.');
  }
  if (pattern.length > LONGEST_PATTERN) return wrong(`A layout has at most ${LONGEST_PATTERN} places.`);
  if (!/^[0-9]+[A-Z]+$/.test(pattern)) {
    return wrong('A layout begins with the digits all its labels begin with, and letters follow: 21IIIIIWWWWWC.');
  }
  if (/(.)(?!\1).*\1/.test(pattern.replace(/^[0-9]+/, ''))) return wrong('Write the same letters next to each other.');
  if (count('I') === 0) return wrong('The layout needs the item number: put an I for each of its digits.');
  if (count(other) > 0) return wrong(`A ${kind} label has ${value} for each digit of the ${kind}, and no ${other}.`);
  if (count(value) === 0) return wrong(`The layout needs the ${kind}: put a ${value} for each of its digits.`);
  if (count(value) > 6) return wrong(`A ${kind} has at most 6 digits.`);
  if (count('V') > 1) return wrong('There is one verifier digit at most: V.');
  if (count('V') === 1 && count(value) !== 4 && count(value) !== 5) {
    return wrong(`A verifier digit V goes with 4 or 5 digits of ${kind}.`);
  }
  if (count('C') > 1 || (count('C') === 1 && !pattern.endsWith('C'))) {
    return wrong('The check digit C is one digit, the last.');
  }
  return ok({ pattern, kind });
}

/**
 * Reads a label by the first layout it fits; a longer prefix goes before a shorter one.
 * @param code as scanned: GTIN-12, -13 and -14 with and without their leading zeros are the same code
 * @returns null when no layout fits. Error `bad-label`: a check digit or verifier is wrong, or there is nothing to sell.
 */
export function readLabel(code: string, rules: readonly LabelRule[]): Verdict<LabelReading | null, 'bad-label'> {
  const fitting = rules
    .map((rule) => ({ rule, digits: fit(code, rule.pattern) }))
    .filter((match): match is { rule: LabelRule; digits: string } => match.digits !== null)
    .sort((a, b) => prefixLength(b.rule) - prefixLength(a.rule));
  const [match] = fitting;
  if (match === undefined) return ok(null);
  const { rule, digits } = match;
  const field = (letter: string) => [...digits].filter((_, index) => rule.pattern[index] === letter).join('');
  const value = field(rule.kind === 'weight' ? 'W' : 'P');
  const isMisread =
    (rule.pattern.endsWith('C') && !hasValidCheckDigit(digits)) ||
    (rule.pattern.includes('V') && field('V') !== String(verifierDigit(value)));
  if (isMisread) return refuse('bad-label');
  const number = Number(value);
  if (number === 0) return refuse('bad-label', { reason: `label-without-${rule.kind}` });
  return ok({
    rule,
    itemNumber: field('I'),
    weightGrams: rule.kind === 'weight' ? number : null,
    amountMinor: rule.kind === 'price' ? number : null,
  });
}

function prefixLength({ pattern }: LabelRule): number {
  return pattern.search(/[A-Z]/);
}

/** The digits of the code in the length of the pattern, or null when they do not fit. */
function fit(code: string, pattern: string): string | null {
  if (!/^[0-9]+$/.test(code)) return null;
  const isGtin = [code.length, pattern.length].every((length) => length >= 12 && length <= 14);
  const padded = isGtin ? code.padStart(14, '0') : code;
  const digits = isGtin ? padded.slice(-pattern.length) : code;
  if (digits.length !== pattern.length || /[1-9]/.test(padded.slice(0, padded.length - digits.length))) return null;
  return digits.startsWith(pattern.slice(0, pattern.search(/[A-Z]/))) ? digits : null;
}

/** A digit times 2, 3 or 5, reduced to one digit: the weighting factors of GS1 General Specifications 7.9. */
const WEIGHTED = {
  /** Twice, less its own tens. */
  '2-': [0, 2, 4, 6, 8, 9, 1, 3, 5, 7],
  /** Three times, units only. */
  '3': [0, 3, 6, 9, 2, 5, 8, 1, 4, 7],
  /** Five times, plus its own tens. */
  '5+': [0, 5, 1, 6, 2, 7, 3, 8, 4, 9],
  /** Five times, less its own tens. */
  '5-': [0, 5, 9, 4, 8, 3, 7, 2, 6, 1],
} as const;

const FACTORS_OF_FOUR = ['2-', '2-', '3', '5-'] as const;
const FACTORS_OF_FIVE = ['5+', '2-', '5-', '5+', '2-'] as const;

/**
 * The price (or weight) verifier digit, GS1 General Specifications 7.9: of four digits, the units of three times the
 * weighted sum; of five digits, the digit whose 5- weight fills the weighted sum up to a multiple of ten.
 * @param value four or five digits
 */
export function verifierDigit(value: string): number {
  const factors = value.length === 4 ? FACTORS_OF_FOUR : FACTORS_OF_FIVE;
  const sum = factors.reduce((total, factor, index) => total + (WEIGHTED[factor][Number(value[index])] ?? 0), 0);
  if (value.length === 4) return (sum * 3) % 10;
  const missing = (10 - (sum % 10)) % 10;
  return WEIGHTED['5-'].findIndex((weighted) => weighted === missing);
}
