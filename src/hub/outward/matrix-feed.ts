import { Refusal } from '../../exchange/exchange-store';
import type { Database } from '../database';
import type { MatrixMove } from '../projector/matrix';

/** One change as it is read: `seq` is its place, gapless from 1; `id` is that of the webhook about it. */
export interface MatrixFeedRow extends MatrixMove {
  readonly seq: number;
  readonly id: string;
  readonly device: string;
  /** UTC instant at which the till wrote it. */
  readonly at: string;
}

export interface MatrixFeed {
  readonly epoch: number;
  readonly changes: readonly MatrixFeedRow[];
  /** Where to go on. */
  readonly next: number;
  /** So many between the cursor and the first of these are kept no longer. */
  readonly missed: number;
}

/**
 * What became of prices and stock after a place.
 * @throws {Refusal} `bad-request` for a place that this hub has not come to: it was restored
 */
export async function matrixFeed(
  database: Database,
  { stallId, after, limit }: { readonly stallId: string; readonly after: number; readonly limit: number },
): Promise<MatrixFeed> {
  const [place] = await database.query<{ end: number; epoch: number }>(
    {
      name: 'matrix-place',
      text: `SELECT coalesce((SELECT matrix_seq FROM projection WHERE stall_id = $1), 0) AS end,
  (SELECT max(epoch) FROM epoch) AS epoch`,
    },
    [stallId],
  );
  const { end = 0, epoch = 0 } = place ?? {};
  if (after > end) {
    throw new Refusal('bad-request', `There are ${end} changes here: the hub was restored. Read them again from 0.`);
  }
  const rows = await database.query<{
    matrix_seq: number;
    message_id: string;
    device_id: string;
    at: string;
    move: MatrixMove;
  }>(
    {
      name: 'matrix-feed',
      text: `SELECT matrix_seq, message_id, device_id, at, move FROM matrix_change
WHERE stall_id = $1 AND matrix_seq > $2 AND matrix_seq <= $3 ORDER BY matrix_seq LIMIT $4`,
    },
    [stallId, after, end, limit],
  );
  const changes = rows.map(({ matrix_seq: seq, message_id: id, device_id: device, at, move }) => {
    return { seq, id, device, at, ...move };
  });
  const first = changes[0]?.seq ?? end + 1;
  return { epoch, changes, next: changes.at(-1)?.seq ?? end, missed: first - after - 1 };
}
