import type { Elements } from '../domain/gs1/element-string';
import { labelPrice, weightGrams } from '../domain/gs1/measures';
import { readLabel, type LabelRule } from '../domain/label';
import { readCode, type ScannedGoods } from '../domain/scanned-code';
import { splitAim } from '../domain/symbology';
import { errorSentence, type Told } from '../shared/error-words';
import { createFormat } from '../shared/format';

/** What a label says, as `trestle decode` prints it. */
export interface DecodedLabel {
  /** The line as it was given. */
  readonly input: string;
  /** Plain name, `EAN-13`, or `unknown`. */
  readonly symbology: string;
  readonly kind: 'measure' | 'receipt' | 'hold' | ScannedGoods['kind'];
  readonly gtin14?: string;
  /** GS1 elements: value by application identifier. */
  readonly ais?: Readonly<Record<string, string>>;
  /** In minor units of the currency on the label, else of the stall. */
  readonly priceMinor?: number;
  readonly weightGrams?: number;
  /** What is wrong and what to do. */
  readonly error?: string;
}

export interface DecodeOptions {
  readonly labelRules: readonly LabelRule[];
  /** ISO 4217, of prices that do not name theirs. */
  readonly currency: string;
}

/**
 * Decodes a label without a catalogue.
 * @param input as delivered; `\x1d` and other control characters may be written as four characters
 */
export function decodeLabel(input: string, options: DecodeOptions): DecodedLabel {
  const raw = input.replace(/\\x([01][0-9a-f]|7f)/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  const read = readCode(raw);
  if (!read.ok)
    return { input, symbology: splitAim(raw).symbology, kind: 'unknown', error: sentence(read.error, options) };
  const code = read.value;
  const { symbology } = code;
  if (code.kind === 'receipt' || code.kind === 'hold') return { input, symbology, kind: code.kind };
  const decoded = code.elements === null ? decodeNumber(code, options) : decodeElements(code.elements, code, options);
  return { input, symbology, ...decoded };
}

type Decoded = Omit<DecodedLabel, 'input' | 'symbology'>;

function decodeElements(
  elements: Elements,
  { kind, gtin14, missing }: ScannedGoods,
  { currency }: DecodeOptions,
): Decoded {
  const priceMinor = labelPrice(elements, currency)?.amountMinor ?? null;
  const grams = weightGrams(elements);
  return {
    kind,
    ...(gtin14 !== null && { gtin14 }),
    ais: Object.fromEntries(elements),
    ...(priceMinor !== null && { priceMinor }),
    ...(grams !== null && { weightGrams: grams }),
    ...(missing !== null && { error: `${missing} Scan the other code on the goods too.` }),
  };
}

function decodeNumber({ kind, code, gtin14, problem }: ScannedGoods, { labelRules, currency }: DecodeOptions): Decoded {
  const isGs1 = kind === 'element-string' || kind === 'digital-link';
  const label = isGs1 ? null : readLabel(code, labelRules);
  if (label?.ok === false) return { kind: 'measure', error: sentence(label.error, { currency }) };
  if (label?.value) {
    const { amountMinor, weightGrams: grams } = label.value;
    return {
      kind: 'measure',
      ...(amountMinor !== null && { priceMinor: amountMinor }),
      ...(grams !== null && { weightGrams: grams }),
    };
  }
  return { kind, ...(gtin14 !== null && { gtin14 }), ...(problem !== null && { error: problem }) };
}

function sentence(error: Told, { currency }: Pick<DecodeOptions, 'currency'>): string {
  return errorSentence(error, () => createFormat({ currency, locale: 'en', timeZone: 'UTC' }));
}
