/**
 * The Standard Webhooks specification 1.0 (standardwebhooks.com): what a message looks like, how it is signed, and when it
 * is tried again. The signature itself is made by its reference library.
 */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** What may be announced. `fulfilment.*` is reserved for orders that are sent, which no till takes yet. */
export const WEBHOOK_TYPES = [
  'order.placed',
  'order.flagged',
  'shift.reconciled',
  'quarantine.added',
  'matrix.changed',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

/** One thing that happened, as it is sent: `id` and `payload` are the same at every attempt and every endpoint. */
export interface WebhookMessage {
  readonly id: string;
  readonly type: WebhookType;
  /** JSON: `{type, timestamp, data}`. */
  readonly payload: string;
}

/** A signing secret; one that was replaced stays good until `expiresAt`. */
export interface WebhookSecret {
  readonly secret: string;
  /** UTC instant, or null. */
  readonly expiresAt: string | null;
}

/** 24 to 64 bytes, says the specification. */
const SECRET_BYTES = 32;

/** A new symmetric secret, as receivers are given it. */
export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** The headers of one attempt, signed with every secret that is still good, the newest first. */
export function webhookHeaders(
  { id, payload }: Pick<WebhookMessage, 'id' | 'payload'>,
  secrets: readonly WebhookSecret[],
  now: Date,
): Record<string, string> {
  const signatures = goodSecrets(secrets, now).map(({ secret }) => new Webhook(secret).sign(id, now, payload));
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}

/** Those that have not run out. */
export function goodSecrets(secrets: readonly WebhookSecret[], now: Date): WebhookSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now.getTime());
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** After the first attempt, which is made at once: the specification's own example of a schedule. */
const RETRY_AFTER_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;
/** Each pause is up to so much shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;
const LONGEST_WISH_MS = 24 * HOUR_MS;

/** An endpoint that took nothing for so long is switched off, and a person is shown why. */
export const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS;

/**
 * How long to wait after a failed attempt, or null when it was the last.
 * @param attempts made so far, at least one
 * @param chance between 0 and 1
 * @param wishedMs what the receiver asked for with Retry-After, or null
 */
export function retryDelayMs(attempts: number, chance: number, wishedMs: number | null): number | null {
  const planned = RETRY_AFTER_MS[attempts - 1];
  if (planned === undefined) return null;
  const jittered = Math.round(planned * (1 - JITTER + 2 * JITTER * chance));
  return Math.max(jittered, Math.min(wishedMs ?? 0, LONGEST_WISH_MS));
}
