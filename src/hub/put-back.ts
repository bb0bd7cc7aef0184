import type { WireEntry } from '../shared/exchange';
import type { Sql } from './database';

/**
 * An entry that this hub has acknowledged and lost since: a row that somebody deleted, or that went with a damaged disk. It goes
 * back to its place in the feed, between its neighbours, when it fits both.
 */
const putBackEntry = {
  name: 'put-back',
  text: `WITH before AS (
  SELECT seq, hash, feed_seq FROM entry WHERE stall_id = $1 AND device_id = $2 AND seq < $3 ORDER BY seq DESC LIMIT 1
), after AS (
  SELECT seq, prev, feed_seq FROM entry WHERE stall_id = $1 AND device_id = $2 AND seq > $3 ORDER BY seq LIMIT 1
), place AS (
  SELECT free.feed_seq
  FROM generate_series(
    coalesce((SELECT feed_seq FROM before), 0) + 1,
    coalesce((SELECT feed_seq FROM after) - 1, (SELECT feed_seq FROM stall WHERE stall_id = $1))
  ) AS free (feed_seq)
  WHERE NOT EXISTS (SELECT FROM entry taken WHERE taken.stall_id = $1 AND taken.feed_seq = free.feed_seq)
  ORDER BY 1 LIMIT 1
)
INSERT INTO entry (stall_id, device_id, seq, entry_id, kind, at, event, actor, body, prev, hash, feed_seq, signature)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, place.feed_seq, $12 FROM place
WHERE NOT EXISTS (SELECT FROM before WHERE seq = $3 - 1 AND hash <> $10)
  AND NOT EXISTS (SELECT FROM after WHERE seq = $3 + 1 AND prev <> $11)
  AND NOT EXISTS (SELECT FROM device WHERE stall_id = $1 AND device_id = $2 AND head_seq = $3 AND head_hash <> $11)
RETURNING feed_seq`,
};

/**
 * Puts a lost entry back. Call with the stall's row locked.
 * @param entry of a number up to the device's head that is not here
 * @param signature of the device under it, where it ends a batch
 * @returns its place in the feed, or null when it does not fit what is here: then it is another chain's
 */
export async function putBack(
  client: Sql,
  stallId: string,
  entry: WireEntry,
  signature: string | null,
): Promise<number | null> {
  const { device, seq, id, kind, at, event, actor, body, prev, hash } = entry;
  const { rows } = await client.query<{ feed_seq: number }>({
    ...putBackEntry,
    values: [stallId, device, seq, id, kind, at, event, actor, body, prev, hash, signature],
  });
  return rows[0]?.feed_seq ?? null;
}
