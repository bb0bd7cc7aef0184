import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../database';
import { postWebhook } from './post';
import { DISABLE_AFTER_MS, retryDelayMs, webhookHeaders, type WebhookSecret } from './standard';

/** Endpoints served at once, and messages to each of them: a slow one holds up no other. */
const ENDPOINTS_AT_ONCE = 8;
const MESSAGES_PER_ENDPOINT = 4;
/** Longer than any attempt takes. A process that died holding a message has let go of it by then. */
const CLAIM_MS = 60_000;
const LOOK_EVERY_MS = 2_000;
const AFTER_TROUBLE_MS = 5_000;
/** Messages are kept for replays, then forgotten. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
const TIDY_EVERY_MS = 60 * 60 * 1000;

interface Due {
  readonly stall_id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly attempts: number;
  readonly payload: string;
  readonly url: string;
  readonly secrets: readonly WebhookSecret[];
}

const claim = {
  name: 'webhook-claim',
  text: `WITH endpoint AS (
  SELECT * FROM webhook_endpoint e WHERE disabled_at IS NULL AND EXISTS (
    SELECT FROM webhook_delivery d WHERE d.stall_id = e.stall_id AND d.endpoint_id = e.endpoint_id
      AND state = 'waiting' AND next_attempt_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1))
  ORDER BY random() LIMIT ${ENDPOINTS_AT_ONCE}
), due AS (
  SELECT d.*, endpoint.url, endpoint.secrets FROM endpoint CROSS JOIN LATERAL (
    SELECT stall_id, endpoint_id, message_id FROM webhook_delivery d
    WHERE d.stall_id = endpoint.stall_id AND d.endpoint_id = endpoint.endpoint_id
      AND state = 'waiting' AND next_attempt_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY next_attempt_at LIMIT ${MESSAGES_PER_ENDPOINT}
    FOR UPDATE SKIP LOCKED
  ) AS d
)
UPDATE webhook_delivery d SET claimed_until = $2
FROM due JOIN webhook_message m USING (stall_id, message_id)
WHERE d.stall_id = due.stall_id AND d.endpoint_id = due.endpoint_id AND d.message_id = due.message_id
RETURNING d.stall_id, d.endpoint_id, d.message_id, d.attempts, m.payload, due.url, due.secrets`,
};

const noteAttempt = {
  name: 'webhook-attempt',
  text: `WITH noted AS (
  UPDATE webhook_delivery SET state = $4, attempts = attempts + 1, next_attempt_at = $5, claimed_until = NULL,
    last_status = $6, last_error = $7, last_attempt_at = $8
  WHERE stall_id = $1 AND endpoint_id = $2 AND message_id = $3
)
UPDATE webhook_endpoint SET
  failing_since = CASE WHEN $7::text IS NULL THEN NULL ELSE coalesce(failing_since, $8) END,
  disabled_at = CASE WHEN $6 = 410 OR $7::text IS NOT NULL AND failing_since <= $9 THEN coalesce(disabled_at, $8)
    ELSE disabled_at END,
  disabled_cause = CASE WHEN disabled_at IS NOT NULL THEN disabled_cause WHEN $6 = 410 THEN 'gone'
    WHEN $7::text IS NOT NULL AND failing_since <= $9 THEN 'failing' END
WHERE stall_id = $1 AND endpoint_id = $2
  AND ($7::text IS NOT NULL OR failing_since IS NOT NULL)`,
};

const tidy = {
  name: 'webhook-tidy',
  text: `DELETE FROM webhook_message m WHERE added_at < $1 AND NOT EXISTS (
  SELECT FROM webhook_delivery d JOIN webhook_endpoint e USING (stall_id, endpoint_id)
  WHERE d.stall_id = m.stall_id AND d.message_id = m.message_id AND state = 'waiting' AND disabled_at IS NULL)`,
};

const tidyMatrix = { name: 'matrix-tidy', text: 'DELETE FROM matrix_change WHERE noted_at < $1' };

/**
 * Sends what the projector announced. A message is claimed, sent, and noted; what was sent and not noted when a process died
 * is sent again under the same id. Any number of processes may do it.
 */
export class WebhookSender {
  readonly #database: Database;
  readonly #log: FastifyBaseLogger;
  readonly #allowPrivate: boolean;
  readonly #now: () => Date;
  readonly #random: () => number;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly database: Database;
    readonly log: FastifyBaseLogger;
    readonly allowPrivate: boolean;
    readonly now: () => Date;
    readonly random?: () => number;
  }) {
    this.#database = options.database;
    this.#log = options.log;
    this.#allowPrivate = options.allowPrivate;
    this.#now = options.now;
    this.#random = options.random ?? Math.random;
  }

  /** Begins to send. */
  start(): void {
    this.#running = this.#follow();
  }

  /** Ends after the attempts under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Sends what is due now, as much as goes at once. @returns how many attempts were made */
  async sendDue(): Promise<number> {
    const now = this.#now();
    const due = await this.#database.query<Due>(claim, [now, new Date(now.getTime() + CLAIM_MS)]);
    await Promise.all(due.map((one) => this.#send(one)));
    return due.length;
  }

  /** Forgets what was kept long enough. */
  async tidy(): Promise<void> {
    const before = new Date(this.#now().getTime() - KEEP_MS);
    await this.#database.query(tidy, [before]);
    await this.#database.query(tidyMatrix, [before]);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    let tidiedMs = -Infinity;
    while (!signal.aborted) {
      let waitMs = LOOK_EVERY_MS;
      try {
        while ((await this.sendDue()) > 0 && !signal.aborted);
        if (performance.now() - tidiedMs > TIDY_EVERY_MS) {
          tidiedMs = performance.now();
          await this.tidy();
        }
      } catch (error) {
        this.#log.warn({ error }, 'webhooks could not be sent; trying again');
        waitMs = AFTER_TROUBLE_MS;
      }
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #send({ stall_id, endpoint_id, message_id, attempts, payload, url, secrets }: Due): Promise<void> {
    const headers = webhookHeaders({ id: message_id, payload }, secrets, this.#now());
    const { status, error, retryAfterMs } = await postWebhook(url, headers, payload, {
      allowPrivate: this.#allowPrivate,
    });
    const now = this.#now();
    const delayMs = error === null ? null : retryDelayMs(attempts + 1, this.#random(), retryAfterMs);
    if (error !== null) this.#log.info({ stall_id, endpoint_id, message_id, error }, 'a webhook was not taken');
    await this.#database.query(noteAttempt, [
      stall_id,
      endpoint_id,
      message_id,
      error === null ? 'delivered' : delayMs === null ? 'failed' : 'waiting',
      delayMs === null ? null : new Date(now.getTime() + delayMs),
      status,
      error,
      now,
      new Date(now.getTime() - DISABLE_AFTER_MS),
    ]);
  }
}
