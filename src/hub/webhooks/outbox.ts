import { createHash } from 'node:crypto';
import type { Sql } from '../database';
import type { WebhookMessage, WebhookType } from './standard';

/** The entry that something happened with. */
interface Origin {
  readonly device: string;
  readonly seq: number;
  readonly hash: string;
}

/**
 * A message about an entry. Its id is made of the entry alone: a hub that was restored and is told again announces it under the
 * same id, by which receivers know it.
 */
export function messageAbout(
  stallId: string,
  { device, seq, hash }: Origin,
  type: WebhookType,
  timestamp: Date,
  data: Readonly<Record<string, unknown>>,
): WebhookMessage {
  const digest = createHash('sha256')
    .update(JSON.stringify([stallId, type, device, seq, hash]))
    .digest('hex');
  return {
    id: `msg_${digest.slice(0, 32)}`,
    type,
    payload: JSON.stringify({ type, timestamp: timestamp.toISOString(), data: { stallId, ...data } }),
  };
}

/** Writes messages for the endpoints that asked for their type, in the caller's transaction. */
export async function announce(client: Sql, stallId: string, messages: readonly WebhookMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await client.query(
    `WITH wanted AS (
  SELECT message.id, message.type, message.payload, endpoint_id
  FROM unnest($2::text[], $3::text[], $4::text[]) AS message (id, type, payload)
  JOIN webhook_endpoint ON stall_id = $1 AND message.type = ANY (types)
), added AS (
  INSERT INTO webhook_message (stall_id, message_id, type, payload)
  SELECT DISTINCT ON (id) $1, id, type, payload FROM wanted
  ON CONFLICT DO NOTHING RETURNING message_id
)
INSERT INTO webhook_delivery (stall_id, message_id, endpoint_id, next_attempt_at)
SELECT $1, message_id, endpoint_id, now() FROM added JOIN wanted ON id = message_id`,
    [stallId, messages.map(({ id }) => id), messages.map(({ type }) => type), messages.map(({ payload }) => payload)],
  );
}
