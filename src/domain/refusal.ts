import type { Ok } from './result';

/**
 * How a parameter of a refusal is given. Whoever tells it to a person writes it in their language.
 * - `count`: a whole number of pieces, lines, minutes, characters …
 * - `minor`: an amount in minor units of the stall's currency
 * - `grams`: a weight
 * - `instant`: UTC, ISO 8601
 * - `text`: a name, a number of a sale, a code: shown as it is
 */
type ParameterKind = 'count' | 'minor' | 'grams' | 'instant' | 'text';

/**
 * Every reason for a refusal that its code alone does not tell, and what its sentence is made of. The sentences themselves
 * stand in messages/*.json, because only a screen knows its language; `REFUSAL_WORDS` in src/shared/error-words.ts does not
 * compile while one is missing.
 */
export const REFUSALS = {
  // scanning
  'scan-too-long': { length: 'count', most: 'count' },
  'scan-empty': {},
  'scan-unprintable': {},
  'scan-in-part': {},
  'label-without-weight': {},
  'label-without-price': {},
  'label-other-currency': { labelled: 'text', own: 'text' },
  'order-elsewhere': { number: 'text' },
  // cart
  'cart-lines': { most: 'count' },
  'cart-total': { most: 'minor' },
  'price-range': { most: 'minor' },
  'amount-range': { most: 'minor' },
  'pieces-range': { most: 'count' },
  'weight-range': { most: 'grams' },
  'price-in-label': {},
  'fewer-held': { held: 'count' },
  'text-length': { most: 'count' },
  'goods-without-tax': { name: 'text' },
  'goods-held': { name: 'text' },
  'drop-left': { name: 'text', left: 'count' },
  'share-left': { name: 'text', left: 'count' },
  'share-left-weighed': { name: 'text', left: 'grams' },
  'nothing-to-park': {},
  'parked-money': {},
  // payment
  'given-missing': {},
  'nothing-due': {},
  'no-such-coins': { given: 'minor', smallest: 'minor' },
  'given-unlikely': { given: 'minor', due: 'minor' },
  'card-too-much': { left: 'minor' },
  'tenders-at-most': { most: 'count' },
  'sale-changed': {},
  'still-due': { left: 'minor' },
  // shift
  'float-uncounted': {},
  'drawer-uncounted': {},
  'shift-closed': {},
  'unknown-shift': {},
  'payment-before-close': {},
  // holds
  'hold-pieces': { most: 'count' },
  'hold-minutes': { least: 'count', most: 'count' },
  'hold-extension': { most: 'count' },
  'hold-until': { until: 'instant' },
  'hold-ran-out': { at: 'instant' },
  'some-to-hold': { left: 'count' },
  'some-at-price': { left: 'count' },
  'none-to-hold': {},
  'holds-at-most': { most: 'count' },
  'phone-holds': { most: 'count' },
  'phone-held-often': {},
  'hold-extended': {},
  'hold-of-another-till': {},
  'weighed-goods': {},
  'old-price-promised': {},
  'old-price-printed': {},
  'held-item-gone': {},
  'consent-missing': {},
  // stock shared between tills
  'share-negative': {},
  'left-to-divide': { left: 'count' },
  'left-to-divide-weighed': { left: 'grams' },
  'left-to-give': { left: 'count' },
  'left-to-give-weighed': { left: 'grams' },
  'drop-left-to-give': { name: 'text', left: 'count' },
  // price tests
  'price-tested': { name: 'text' },
  'test-decides': {},
  // hub
  'no-address': {},
  'address-scheme': {},
  'port-in-use': { port: 'text' },
  'stick-gone': {},
  'stick-full': {},
  'stick-protected': {},
  'stick-pulled': {},
  // labels, displays, footfall
  'labels-at-most': { most: 'count' },
  'sheet-labels': { sheet: 'text', most: 'count' },
  'displays-at-most': { most: 'count' },
  'nobody-counted': {},
  'more-counted': {},
  // stall, staff and goods
  'staff-unnamed': {},
  'staff-name-length': { most: 'count' },
  'staff-namesake': { name: 'text' },
  'pin-digits': { least: 'count', most: 'count' },
  'pin-guessed': {},
  'rate-of-goods': { name: 'text', rate: 'text' },
  'code-of-goods': { code: 'text', name: 'text' },
  // signing on
  'locked-for': { seconds: 'count' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ParameterKind>>>>;

export type RefusalReason = keyof typeof REFUSALS;

/** Why exactly something was refused, with what a person must know to mend it. */
export type Refusal = {
  readonly [R in RefusalReason]: { readonly reason: R } & {
    readonly [P in keyof (typeof REFUSALS)[R]]: (typeof REFUSALS)[R][P] extends 'text' | 'instant' ? string : number;
  };
}[RefusalReason];

/** A failure without a sentence: its words are made where the language is known. */
export interface Refused<C extends string = string> {
  readonly ok: false;
  readonly error: {
    readonly code: C;
    /** Absent where the code says it all. */
    readonly details?: Refusal;
  };
}

/** The outcome of what may be refused to somebody at the till. */
export type Verdict<T, C extends string = string> = Ok<T> | Refused<C>;

export function refuse<C extends string>(code: C, details?: Refusal): Refused<C> {
  return { ok: false, error: { code, ...(details && { details }) } };
}

/** The parameters of a reason, each with how it is given. */
export function parametersOf(reason: RefusalReason): [name: string, kind: ParameterKind][] {
  return Object.entries(REFUSALS[reason]);
}

/** Whether this is a refusal known here, whole: a newer or older program may send others. */
export function isRefusal(value: unknown): value is Refusal {
  if (typeof value !== 'object' || value === null || !('reason' in value)) return false;
  const { reason, ...given } = value as { readonly reason: unknown } & Readonly<Record<string, unknown>>;
  if (typeof reason !== 'string' || !Object.hasOwn(REFUSALS, reason)) return false;
  return parametersOf(reason as RefusalReason).every(([name, kind]) => isParameter(given[name], kind));
}

function isParameter(value: unknown, kind: ParameterKind): boolean {
  if (kind === 'text') return typeof value === 'string';
  if (kind === 'instant') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return Number.isSafeInteger(value);
}
