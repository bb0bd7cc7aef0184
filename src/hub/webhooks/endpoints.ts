import { randomUUID } from 'node:crypto';
import { Refusal } from '../../exchange/exchange-store';
import type { Database } from '../database';
import { addressProblem } from './public-address';
import { goodSecrets, newSecret, type WebhookSecret, type WebhookType } from './standard';

/** Where a stall's webhooks go, as an operator sees it: without its secrets. */
export interface WebhookEndpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly description: string;
  readonly types: readonly WebhookType[];
  readonly addedAt: Date;
  /** Of the first failure since the last success, or null. */
  readonly failingSince: Date | null;
  readonly disabledAt: Date | null;
  /** `gone` (it answered 410), `failing` (it took nothing for days), `operator`; or null. */
  readonly disabledCause: string | null;
  readonly waiting: number;
  readonly failed: number;
}

/** One message on its way to an endpoint. */
export interface WebhookDelivery {
  readonly messageId: string;
  readonly type: WebhookType;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly lastAttemptAt: Date | null;
}

/** How long the former secret stays good after a rotation, so that receivers can change over in peace. */
const OLD_SECRET_MS = 24 * 60 * 60 * 1000;
const MAX_ENDPOINTS = 20;
const MAX_DELIVERIES = 200;

/** The operator's side of webhooks: who is told what. */
export class WebhookEndpoints {
  readonly #database: Database;
  readonly #allowPrivate: boolean;
  readonly #now: () => Date;

  /** @param options.allowPrivate whether endpoints may stand in the hub's own network, and speak plain HTTP there */
  constructor(options: { readonly database: Database; readonly allowPrivate: boolean; readonly now: () => Date }) {
    this.#database = options.database;
    this.#allowPrivate = options.allowPrivate;
    this.#now = options.now;
  }

  /**
   * Adds an endpoint, which is told of what happens from now on.
   * @returns its id, and its secret, which is shown this once
   */
  async add(
    stallId: string,
    { url, description, types }: Pick<WebhookEndpoint, 'url' | 'description' | 'types'>,
  ): Promise<{ readonly endpointId: string; readonly secret: string }> {
    this.#requireAddress(url);
    const endpointId = `ep_${randomUUID()}`;
    const secret = newSecret();
    const secrets: WebhookSecret[] = [{ secret, expiresAt: null }];
    const rows = await this.#database.query(
      {
        name: 'webhook-add',
        text: `INSERT INTO webhook_endpoint (stall_id, endpoint_id, url, description, types, secrets)
SELECT stall_id, $2, $3, $4, $5, $6 FROM stall
WHERE stall_id = $1 AND (SELECT count(*) FROM webhook_endpoint WHERE stall_id = $1) < ${MAX_ENDPOINTS}
RETURNING endpoint_id`,
      },
      [stallId, endpointId, url, description, types, JSON.stringify(secrets)],
    );
    if (rows.length === 0)
      throw new Refusal('bad-request', `There is no such stall, or it has ${MAX_ENDPOINTS} already.`);
    return { endpointId, secret };
  }

  list(stallId: string): Promise<WebhookEndpoint[]> {
    return this.#database.query<WebhookEndpoint>(
      {
        name: 'webhook-list',
        text: `SELECT endpoint_id AS "endpointId", url, description, types, added_at AS "addedAt",
  failing_since AS "failingSince", disabled_at AS "disabledAt", disabled_cause AS "disabledCause",
  (SELECT count(*) FROM webhook_delivery d
    WHERE d.stall_id = $1 AND d.endpoint_id = e.endpoint_id AND state = 'waiting') AS waiting,
  (SELECT count(*) FROM webhook_delivery d
    WHERE d.stall_id = $1 AND d.endpoint_id = e.endpoint_id AND state = 'failed') AS failed
FROM webhook_endpoint e WHERE stall_id = $1 ORDER BY added_at, endpoint_id`,
      },
      [stallId],
    );
  }

  /** Changes what is given. Switched on again, an endpoint begins with a clean slate. */
  async change(
    stallId: string,
    endpointId: string,
    change: Partial<Pick<WebhookEndpoint, 'url' | 'description' | 'types'>> & {
      readonly isEnabled?: boolean | undefined;
    },
  ): Promise<void> {
    const { url = null, description = null, types = null, isEnabled = null } = change;
    if (url !== null) this.#requireAddress(url);
    await this.#one(
      'webhook-change',
      `UPDATE webhook_endpoint SET url = coalesce($3, url), description = coalesce($4, description),
  types = coalesce($5, types),
  disabled_at = CASE $6::boolean WHEN true THEN NULL WHEN false THEN $7::timestamptz ELSE disabled_at END,
  disabled_cause = CASE $6::boolean WHEN true THEN NULL WHEN false THEN 'operator' ELSE disabled_cause END,
  failing_since = CASE WHEN $6::boolean THEN NULL ELSE failing_since END
WHERE stall_id = $1 AND endpoint_id = $2 RETURNING endpoint_id`,
      [stallId, endpointId, url, description, types, isEnabled, this.#now()],
    );
  }

  async remove(stallId: string, endpointId: string): Promise<void> {
    await this.#one(
      'webhook-remove',
      'DELETE FROM webhook_endpoint WHERE stall_id = $1 AND endpoint_id = $2 RETURNING endpoint_id',
      [stallId, endpointId],
    );
  }

  /** Gives an endpoint a new secret; for a day messages are signed with both. @returns the new one, shown this once */
  async rotate(stallId: string, endpointId: string): Promise<string> {
    const secret = newSecret();
    const now = this.#now();
    await this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ secrets: WebhookSecret[] }>(
        'SELECT secrets FROM webhook_endpoint WHERE stall_id = $1 AND endpoint_id = $2 FOR UPDATE',
        [stallId, endpointId],
      );
      const held = rows[0]?.secrets;
      if (!held) throw noEndpoint();
      const until = new Date(now.getTime() + OLD_SECRET_MS).toISOString();
      const former = goodSecrets(held, now).map((one) => ({ ...one, expiresAt: one.expiresAt ?? until }));
      await client.query('UPDATE webhook_endpoint SET secrets = $3 WHERE stall_id = $1 AND endpoint_id = $2', [
        stallId,
        endpointId,
        JSON.stringify([{ secret, expiresAt: null }, ...former]),
      ]);
    });
    return secret;
  }

  /** The newest messages to an endpoint and what became of them. */
  deliveries(stallId: string, endpointId: string): Promise<WebhookDelivery[]> {
    return this.#database.query<WebhookDelivery>(
      {
        name: 'webhook-deliveries',
        text: `SELECT message_id AS "messageId", type, state, attempts, next_attempt_at AS "nextAttemptAt",
  last_status AS "lastStatus", last_error AS "lastError", last_attempt_at AS "lastAttemptAt"
FROM webhook_delivery JOIN webhook_message USING (stall_id, message_id)
WHERE stall_id = $1 AND endpoint_id = $2 ORDER BY added_at DESC, message_id LIMIT ${MAX_DELIVERIES}`,
      },
      [stallId, endpointId],
    );
  }

  /**
   * Sends kept messages since an instant again, under their old ids, by which a receiver knows what it has: all of the types
   * that the endpoint asks for, also those from before it was added.
   * @returns how many
   */
  async replay(stallId: string, endpointId: string, since: Date): Promise<number> {
    await this.#one(
      'webhook-find',
      'SELECT endpoint_id FROM webhook_endpoint WHERE stall_id = $1 AND endpoint_id = $2',
      [stallId, endpointId],
    );
    const rows = await this.#database.query(
      {
        name: 'webhook-replay',
        text: `INSERT INTO webhook_delivery (stall_id, message_id, endpoint_id, next_attempt_at)
SELECT $1, message_id, $2, $4 FROM webhook_message
JOIN webhook_endpoint e ON e.stall_id = $1 AND e.endpoint_id = $2 AND type = ANY (types)
WHERE webhook_message.stall_id = $1 AND webhook_message.added_at >= $3
ON CONFLICT (stall_id, endpoint_id, message_id)
  DO UPDATE SET state = 'waiting', attempts = 0, next_attempt_at = excluded.next_attempt_at
RETURNING message_id`,
      },
      [stallId, endpointId, since, this.#now()],
    );
    return rows.length;
  }

  #requireAddress(url: string): void {
    const problem = addressProblem(url, this.#allowPrivate);
    if (problem !== null) throw new Refusal('bad-request', problem);
  }

  async #one(name: string, text: string, values: readonly unknown[]): Promise<void> {
    if ((await this.#database.query({ name, text }, values)).length === 0) throw noEndpoint();
  }
}

function noEndpoint(): Refusal {
  return new Refusal('not-found', 'There is no such webhook at this stall.');
}
