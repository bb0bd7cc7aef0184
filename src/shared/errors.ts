import type { Refusal } from '../domain/refusal';

/** Every code an error of the contract may carry. Screens and programs branch on these, never on messages. */
export const ERROR_CODES = [
  // the door itself
  'bad-request',
  'unknown-call',
  'not-allowed',
  'not-signed-on',
  'internal',
  'disconnected',
  // the store
  'disk-full',
  'store-damaged',
  // staff
  'wrong-pin',
  'locked-out',
  'unknown-staff',
  'bad-staff',
  'bad-pin',
  'last-operator',
  // stall
  'stall-exists',
  'bad-stall',
  'tax-rate-in-use',
  // shift
  'no-shift',
  'shift-open',
  // codes
  'malformed-code',
  'too-long',
  'unknown-code',
  'bad-label',
  'hold-code',
  'coupon-code',
  // goods
  'bad-item',
  'code-taken',
  'bad-photo',
  // labels
  'too-many-labels',
  'no-labels',
  'unknown-sheet',
  // cart
  'unknown-item',
  'unknown-line',
  'cart-full',
  'share-spent',
  'share-held',
  'unknown-tax-rate',
  'price-needed',
  'drop-spent',
  'bad-quantity',
  'bad-amount',
  'bad-discount',
  'weight-needed',
  'empty-cart',
  'payment-open',
  'unknown-parked-cart',
  'sale-in-progress',
  // clips
  'unknown-clip',
  'bad-clip',
  // holds
  'held',
  'holds-off',
  'bad-hold',
  'none-to-hold',
  'hold-limit',
  'unknown-hold',
  'hold-on-docket',
  'hold-expired',
  'hold-released',
  'hold-sold',
  'hold-forged',
  // reel
  'bad-playlist',
  'unknown-playlist',
  // displays
  'too-many-displays',
  // prices
  'bad-rule',
  'unknown-rule',
  'too-many-rules',
  'bad-policy',
  'bad-drop',
  'unknown-drop',
  'bad-rule-set',
  'rule-set-older',
  'bad-feed',
  // payment
  'no-payment',
  'payment-locked',
  'bad-tender',
  'amount-unlikely',
  'unknown-tender',
  'tender-final',
  'money-taken',
  // price tests and footfall
  'bad-price-test',
  'unknown-price-test',
  'price-test-running',
  'price-test-over',
  'bad-count',
  // advice
  'unknown-advice',
  'advice-answered',
  'advice-past',
  'advisor-busy',
  'below-cost',
  // orders, jobs, devices
  'unknown-order',
  'unknown-job',
  'unknown-device',
  'no-printer',
  'no-drawer',
  // import
  'unknown-import',
  'import-invalid',
  'import-too-large',
  'import-busy',
  // the exchange with hub and neighbours
  'no-server',
  'bad-code',
  'server-unreachable',
  'server-refused',
  'port-taken',
  'unknown-stick',
  'bad-file',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * Codes whose errors bring a sentence of their own, in English alone: of the door, of the store, of other programs, and of
 * the operator's screens. Other languages say what the code says. Every other code has words in every language.
 */
export const SENTENCED_CODES = [
  'bad-request',
  'unknown-call',
  'internal',
  'store-damaged',
  'bad-stall',
  'bad-item',
  'bad-photo',
  'bad-clip',
  'bad-playlist',
  'bad-rule',
  'too-many-rules',
  'bad-policy',
  'bad-drop',
  'bad-rule-set',
  'rule-set-older',
  'bad-feed',
  'bad-price-test',
  'import-invalid',
  'import-too-large',
  'import-busy',
  'server-refused',
  'bad-file',
] as const satisfies readonly ErrorCode[];

export type SentencedCode = (typeof SENTENCED_CODES)[number];
export type WordedCode = Exclude<ErrorCode, SentencedCode>;

/** How every failed call answers. `retryable` means the same request may be sent again as it is. */
export interface CallError {
  readonly code: ErrorCode;
  /** Plain English that names the mend, for programs and their logs; screens have words for the code and its details. */
  readonly message: string;
  /** What exactly is wrong, where the code alone does not tell. */
  readonly details?: Refusal;
  readonly retryable: boolean;
  /** How long to wait before trying again, for instance while a person is locked out. */
  readonly retryAfterMs?: number;
  /** Which goods it is about. */
  readonly variantId?: string;
  /** Reference into the log, for errors nobody foresaw. */
  readonly incidentId?: string;
}

export type CallResult<T> =
  | {
      readonly ok: true;
      readonly value: T;
      /** Of a command: the number of the last event that tells what it did. The event follows the answer at once. */
      readonly seq?: number;
    }
  | { readonly ok: false; readonly error: CallError };
