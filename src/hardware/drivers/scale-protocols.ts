import type { ScaleProtocolName } from '../models/scales';

/** One answer of a scale, understood. */
export type ScaleReading =
  | { readonly kind: 'weight'; readonly weightGrams: number }
  | { readonly kind: 'unstable' | 'overload' | 'negative' | 'device-error' };

export interface ScaleProtocol {
  /** Asks for the weight as it is now, moving or not. */
  readonly question: Uint8Array;
  /** Says that the answer is whole, which every whole answer ends with. */
  readonly lastByte: number;
  /** Reads one whole answer without its last byte. Null for what is no answer of this protocol: no weight is guessed. */
  read(answer: string): ScaleReading | null;
}

/** More than any stall's scale bears, and the most that a line of the cart may weigh. */
const MOST_GRAMS = 999_999;

/** Grams in one unit as a whole fraction, exact by definition (NIST Handbook 44, appendix C: 1 lb = 453.59237 g). */
const UNITS: ReadonlyMap<string, { readonly grams: bigint; readonly per: bigint }> = new Map([
  ['g', { grams: 1n, per: 1n }],
  ['kg', { grams: 1_000n, per: 1n }],
  ['lb', { grams: 45_359_237n, per: 100_000n }],
  ['oz', { grams: 28_349_523_125n, per: 1_000_000_000n }],
]);

/**
 * A decimal number of a unit in whole grams, halves rounded up. The digits are never made a binary fraction on the way.
 * Null when either is not understood.
 * @param decimal digits with at most one point, as `1.250`
 */
export function toGrams(decimal: string, unit: string): number | null {
  const of = UNITS.get(unit.toLowerCase());
  const parts = /^(\d{0,9})(?:\.(\d{0,9}))?$/.exec(decimal);
  const whole = parts?.[1] ?? '';
  const fraction = parts?.[2] ?? '';
  if (!of || !parts || whole + fraction === '') return null;
  const numerator = BigInt(whole + fraction) * of.grams;
  const denominator = 10n ** BigInt(fraction.length) * of.per;
  const grams = (2n * numerator + denominator) / (2n * denominator);
  return grams <= MOST_GRAMS ? Number(grams) : null;
}

function weightReading(sign: string, decimal: string, unit: string): ScaleReading | null {
  const weightGrams = toGrams(decimal, unit);
  if (weightGrams === null) return null;
  // Minus nothing is nothing.
  return sign === '-' && /[1-9]/.test(decimal) ? { kind: 'negative' } : { kind: 'weight', weightGrams };
}

/** Status bytes of NCI: bits 4 and 5 are always set, bit 6 says that another follows, bit 7 is parity. */
const NCI_MOTION = 0x01;
const NCI_MEMORY_ERRORS = 0x0c;
const NCI_UNDER = 0x01;
const NCI_OVER = 0x02;
const NCI_PROGRAM_ERRORS = 0x0c;
const NCI_ZERO_ERROR = 0x08;
const NCI_FOLLOWS = 0x40;

/**
 * Weigh-Tronix SCP-01, the "NCI standard", as printed in the manuals of NCI 6702 and 7800, Salter Brecknell 3700LP and Avery
 * Weigh-Tronix 7821: `W` CR is answered by LF weight unit CR LF status CR ETX. Some leave the weight out while it moves, put
 * an `S` before the status, or send CR and LF in another order.
 */
const nci: ScaleProtocol = {
  question: Uint8Array.of(0x57, 0x0d),
  lastByte: 0x03,
  read(answer) {
    const parts = answer.split(/[\r\n]+/).filter((part) => part !== '');
    const status = nciStatus(parts.at(-1) ?? '');
    // Without the break it begins with, digits may be missing at the front.
    if (status === null || parts.length > 2 || !/^[\r\n]/.test(answer)) return null;
    const display = parts.length === 2 ? parts[0]! : null;
    if (status.hasError) return { kind: 'device-error' };
    // What cannot be weighed is shown as bars: high, low, or in the middle when it could not find its zero.
    if (status.isOver || (display !== null && /^\^+/.test(display))) return { kind: 'overload' };
    if (status.isUnder || (display !== null && /^_+/.test(display))) return { kind: 'negative' };
    if (display !== null && /^(-\s*){2,}/.test(display)) return { kind: 'device-error' };
    const reading = display === null ? null : nciWeight(display);
    if (display !== null && reading === null) return null;
    return status.isMoving ? { kind: 'unstable' } : reading;
  },
};

function nciStatus(text: string): {
  readonly isMoving: boolean;
  readonly isUnder: boolean;
  readonly isOver: boolean;
  readonly hasError: boolean;
} | null {
  const bytes = [...(text.startsWith('S') ? text.slice(1) : text)].map((each) => each.charCodeAt(0));
  const [first = 0, second = 0, third = 0] = bytes;
  const isWhole =
    bytes.length >= 2 &&
    bytes.every((each) => (each & 0x30) === 0x30) &&
    (first & NCI_FOLLOWS) === 0 &&
    bytes.slice(1).every((each, index) => ((each & NCI_FOLLOWS) !== 0) === index < bytes.length - 2);
  if (!isWhole) return null;
  return {
    isMoving: (first & NCI_MOTION) !== 0,
    isUnder: (second & NCI_UNDER) !== 0,
    isOver: (second & NCI_OVER) !== 0,
    hasError:
      (first & NCI_MEMORY_ERRORS) !== 0 || (second & NCI_PROGRAM_ERRORS) !== 0 || (third & NCI_ZERO_ERROR) !== 0,
  };
}

function nciWeight(display: string): ScaleReading | null {
  const [, sign = '', decimal = '', unit = ''] = /^ *(-?) *([\d.]+) *(kg|g|lb|oz) *$/i.exec(display) ?? [];
  return decimal === '' ? null : weightReading(sign, decimal, unit);
}

/**
 * Mettler-Toledo SICS level 0 (reference manual 11780711): `SI` CR LF is answered by `S`, how it is, the weight right-aligned
 * in ten places and the unit; `I`, `+` or `-` alone where there is none. Lines about anything else may come in between.
 */
const sics: ScaleProtocol = {
  question: Uint8Array.from([0x53, 0x49, 0x0d, 0x0a]),
  lastByte: 0x0a,
  read(answer) {
    const line = answer.replace(/\r$/, '');
    if (/^S +I$/.test(line)) return { kind: 'unstable' };
    if (/^S +\+$/.test(line)) return { kind: 'overload' };
    if (/^S +-$/.test(line)) return { kind: 'negative' };
    // Syntax, transmission and logic errors, and those of the scale itself.
    if (/^E[STL]$/.test(line) || /^S +[SD] +Error/.test(line)) return { kind: 'device-error' };
    const [, state, sign = '', decimal = '', unit = ''] =
      /^S +([SD]) +(-?) *([\d.]+) +(kg|g|lb|oz) *$/.exec(line) ?? [];
    const reading = decimal === '' ? null : weightReading(sign, decimal, unit);
    return reading !== null && state === 'D' ? { kind: 'unstable' } : reading;
  },
};

export const SCALE_PROTOCOLS: Readonly<Record<ScaleProtocolName, ScaleProtocol>> = { nci, sics };
