import { expandUpcE, gtin14, gtinCheckDigit, gtinSpellings, isGtin } from './barcode';
import { isWebAddress, readDigitalLink } from './gs1/digital-link';
import { readElementString, SEPARATOR, type ElementReading, type Elements } from './gs1/element-string';
import { readOwnCode } from './own-code';
import { refuse, type Verdict } from './refusal';
import { ok, type Result } from './result';
import { splitAim, type Delivery } from './symbology';

/** Longest code a scanner may deliver; a QR code holds 4 296 characters at most, ours far fewer. */
export const MAX_CODE_LENGTH = 4096;

/** A code that may stand on goods. */
export interface ScannedGoods {
  /**
   * - `item` is a GTIN, or a number with its digits; `coupon` a coupon, of GS1 or ours
   * - `element-string` and `digital-link` are GS1 elements
   * - `unknown` says nothing by itself: text, in-store numbers, web addresses. A catalogue may know it
   */
  readonly kind: 'item' | 'coupon' | 'element-string' | 'digital-link' | 'unknown';
  /** Plain name, `EAN-13`, or `unknown`. */
  readonly symbology: string;
  /** The code as scanned, without terminator, AIM identifier and add-on. */
  readonly code: string;
  /** Spellings under which the catalogue may know it, the scanned one first. */
  readonly candidates: readonly string[];
  /** The GTIN, if it has one, whose check digit is right and which no shop or country gives out for itself. */
  readonly gtin14: string | null;
  /** The two or five digits beside a magazine's or book's code. */
  readonly addOn: string | null;
  readonly elements: Elements | null;
  /** What is wrong with it as a label and what to do; it may be the seller's own code all the same. */
  readonly problem: string | null;
  /** What should stand beside its elements and does not: another symbol on the same goods may have it. */
  readonly missing: string | null;
}

export type ScannedCode =
  | ScannedGoods
  | { readonly kind: 'receipt'; readonly symbology: string; readonly code: string; readonly number: string }
  | { readonly kind: 'hold'; readonly symbology: string; readonly code: string; readonly token: string };

/**
 * Reads what a scanner or a person delivered. One trailing terminator and a leading AIM identifier (`]E0`) are not part
 * of the code; the identifier decides what it is read as.
 */
export function readCode(raw: string): Verdict<ScannedCode, 'malformed-code' | 'too-long'> {
  const delivered = raw.replace(/(\r\n|\r|\n|\t)$/, '');
  if (delivered.length > MAX_CODE_LENGTH) {
    return refuse('too-long', { reason: 'scan-too-long', length: delivered.length, most: MAX_CODE_LENGTH });
  }
  const delivery = splitAim(delivered);
  const { symbology } = delivery;
  // Elements are data to the last space.
  const code = delivery.isGs1 ? delivery.text : delivery.text.replace(/^ +| +$/g, '');
  if (code === '') return refuse('malformed-code', { reason: 'scan-empty' });
  if (/\p{Cc}/u.test(code.replaceAll(SEPARATOR, ''))) {
    return refuse('malformed-code', { reason: 'scan-unprintable' });
  }
  const own = readOwnCode(code);
  if (own?.kind === 'receipt') return ok({ kind: 'receipt', symbology, code, number: own.number });
  if (own?.kind === 'hold') return ok({ kind: 'hold', symbology, code, token: own.token });
  if (own?.kind === 'coupon') return ok(goods(delivery, code, { kind: 'coupon' }));
  if (own?.kind === 'misread') return refuse('malformed-code', { reason: 'scan-in-part' });
  return ok(readGoods(delivery, code));
}

type Finding = Pick<ScannedGoods, 'kind'> & Partial<ScannedGoods>;

function goods({ symbology }: Delivery, code: string, finding: Finding): ScannedGoods {
  return {
    symbology,
    code,
    candidates: [code],
    gtin14: null,
    addOn: null,
    elements: null,
    problem: null,
    missing: null,
    ...finding,
  };
}

function readGoods(delivery: Delivery, code: string): ScannedGoods {
  const { aim, isGs1 } = delivery;
  if (isGs1) return goods(delivery, code, ofElements('element-string', readElementString(code), code));
  if (isWebAddress(code)) return goods(delivery, code, ofAddress(code));
  if (aim.startsWith(']E')) return readRetailSymbol(delivery, code);
  if (aim === '' && mayBeElements(code)) {
    const read = readElementString(code);
    // Without an identifier only what is right in every way is believed to be elements.
    if (read.ok && read.value.missing === null) return goods(delivery, code, ofElements('element-string', read, code));
  }
  // A person may type the digits in the groups they are printed in.
  const digits = code.replaceAll(' ', '');
  const isNumber = aim === '' ? /^(\d{8}|\d{12,14})$/.test(digits) : aim.startsWith(']I') && /^\d{14}$/.test(code);
  if (isNumber) return goods(delivery, code, ofNumber(digits, code));
  // Code 128 and others hold what they like; a catalogue may spell it as a GTIN.
  const candidates = isGtin(code) ? spell(code, gtinSpellings(code)) : [code];
  return goods(delivery, code, { kind: 'unknown', candidates });
}

/** Whether a code whose symbology nobody named looks like elements: it has a separator, or begins with a GTIN. */
function mayBeElements(code: string): boolean {
  return code.includes(SEPARATOR) || (/^01\d{14}/.test(code) && isGtin(code.slice(2, 16)));
}

/** AIs whose presence makes a label a coupon: the Global Coupon Number and the two of North America. */
const COUPON_ELEMENTS = ['255', '8110', '8112'];

function ofElements(kind: 'element-string' | 'digital-link', read: Result<ElementReading>, code: string): Finding {
  if (!read.ok) return { kind, problem: read.error.message };
  const { elements, missing } = read.value;
  const gtin = elements.get('01') ?? null;
  return {
    kind: COUPON_ELEMENTS.some((ai) => elements.has(ai)) ? 'coupon' : kind,
    candidates: gtin === null ? [code] : spell(code, gtinSpellings(gtin)),
    gtin14: gtin,
    elements,
    missing,
  };
}

function ofAddress(code: string): Finding {
  const read = readDigitalLink(code);
  if (!read.ok && read.error.code === 'no-link') return { kind: 'unknown', problem: read.error.message };
  return ofElements('digital-link', read, code);
}

const WRONG_CHECK_DIGIT = 'The check digit is wrong. Scan it again, or type the number under the bars once more.';

/**
 * A number of 8, 12, 13 or 14 digits that a person typed or a scanner sent without saying of what. Eight digits with a
 * leading 0 are rather a UPC-E than a GTIN-8, which shops alone give out with that digit.
 */
function ofNumber(digits: string, code: string): Finding {
  const upcA = digits.length === 8 ? expandUpcE(digits) : null;
  const isOwnGtin = isGtin(digits);
  const gtin = upcA !== null && (!isOwnGtin || digits.startsWith('0')) ? upcA : isOwnGtin ? digits : null;
  if (gtin === null) return { kind: 'item', problem: WRONG_CHECK_DIGIT };
  const others = gtin === upcA && isOwnGtin ? gtinSpellings(digits) : upcA !== null ? gtinSpellings(upcA) : [];
  return ofGtin(gtin, spell(code, [...gtinSpellings(gtin), ...others]));
}

/** What a GTIN with a right check digit is, by its prefix (GS1 General Specifications 1.4, GS1 Prefixes). */
function ofGtin(gtin: string, candidates: readonly string[]): Finding {
  const isEight = gtin.length === 8;
  const isCase = gtin.length === 14 && !gtin.startsWith('0');
  const prefixed = isEight ? gtin : gtin14(gtin).slice(1);
  if (!isEight && !isCase && /^(05|98[1-4]|99)/.test(prefixed)) return { kind: 'coupon', candidates };
  // Numbers that a shop or a country gives out for itself; those of weighed goods begin like this as well.
  const isRestricted = isEight ? /^2/ : /^(0[24]|2)/;
  if (!isCase && isRestricted.test(prefixed)) return { kind: 'unknown', candidates };
  return { kind: 'item', candidates, gtin14: gtin14(gtin) };
}

/** Digits of the add-on by AIM identifier: `]E3` does not tell. */
const ADD_ON_LENGTHS: Readonly<Record<string, readonly number[]>> = { ']E1': [2], ']E2': [5], ']E3': [2, 5] };

/** EAN-13, EAN-8, UPC-A and UPC-E in the ways scanners deliver them, with an add-on or without. */
function readRetailSymbol(delivery: Delivery, code: string): ScannedGoods {
  if (!/^\d+$/.test(code)) {
    return goods(delivery, code, { kind: 'unknown', problem: 'An EAN or UPC has digits only. Scan it again.' });
  }
  const addOnLengths = ADD_ON_LENGTHS[delivery.aim] ?? [];
  if (addOnLengths.includes(code.length)) {
    return goods(delivery, code, {
      kind: 'unknown',
      addOn: code,
      problem: 'Only the small code beside the bars was read. Scan the whole code.',
    });
  }
  for (const length of addOnLengths) {
    const [main, addOn] = [code.slice(0, -length), code.slice(-length)];
    const found = main.length === 8 || main.length >= 12 ? ofRetailDigits(main, delivery.aim) : null;
    if (found !== null && !found.problem) return goods(delivery, main, { ...found, addOn });
  }
  const found = ofRetailDigits(code, delivery.aim);
  return goods(
    delivery,
    code,
    found ?? { kind: 'unknown', problem: 'No EAN or UPC has so many digits. Scan it again.' },
  );
}

/** @returns null when no symbol has so many digits */
function ofRetailDigits(digits: string, aim: string): (Finding & { readonly symbology: string }) | null {
  const found = (symbology: string, gtin: string) => ({
    ...(isGtin(gtin)
      ? ofGtin(gtin, spell(digits, gtinSpellings(gtin)))
      : { kind: 'item' as const, problem: WRONG_CHECK_DIGIT }),
    symbology,
  });
  switch (digits.length) {
    case 14:
    case 13:
      return found('EAN-13', digits);
    case 12: {
      const upcA = found('UPC-A', digits);
      // Or an EAN-13 of a scanner that leaves the check digit out: for the catalogue to tell.
      const ean = digits + gtinCheckDigit(digits);
      return upcA.problem ? { ...upcA, candidates: spell(digits, gtinSpellings(ean)) } : upcA;
    }
    case 11:
      return found('UPC-A', digits + gtinCheckDigit(digits));
    case 8: {
      const upcA = aim === ']E4' ? null : expandUpcE(digits);
      return upcA === null ? found(aim === ']E4' || isGtin(digits) ? 'EAN-8' : 'UPC-E', digits) : found('UPC-E', upcA);
    }
    case 7:
    case 6: {
      if (aim === ']E4') return digits.length === 7 ? found('EAN-8', digits + gtinCheckDigit(digits)) : null;
      const upcA = expandUpcE(digits);
      return upcA === null ? found('UPC-E', digits) : found('UPC-E', upcA);
    }
    default:
      return null;
  }
}

function spell(code: string, spellings: readonly string[]): string[] {
  return [...new Set([code, ...spellings])];
}
