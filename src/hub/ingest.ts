import type { WireEntry } from '../shared/exchange';
import {
  Refusal,
  revoked,
  type Append,
  type Appended,
  type ChainHead,
  type EntryReceipt,
  type Finding,
  type QuarantineCause,
} from '../exchange/exchange-store';
import { ZERO_HASH } from '../journal/entry';
import type { Database, Sql } from './database';
import { textArray } from './text-array';

/** The stall's row first: whoever holds it writes its feed. */
const lockStall = {
  name: 'ingest-stall',
  text: 'SELECT feed_seq FROM stall WHERE stall_id = $1 FOR UPDATE',
};
const readDevice = {
  name: 'ingest-device',
  text: `SELECT head_seq, head_hash, revoked_at IS NOT NULL AS is_revoked, (SELECT max(epoch) FROM epoch) AS epoch
FROM (SELECT) AS always LEFT JOIN device ON stall_id = $1 AND device_id = $2`,
};
const introduce = {
  name: 'ingest-introduce',
  text: `INSERT INTO device (stall_id, device_id, name, prefix, public_key, introduced_by)
VALUES ($1, $2, $3, $3, $4, $5)`,
};
/**
 * All of a batch in one statement: its entries with their places, the end of the feed and the head of the chain. Repeating it
 * stores nothing twice.
 */
const insertEntries = {
  name: 'ingest-entries',
  text: `WITH stored AS (
  INSERT INTO entry
    (stall_id, device_id, seq, feed_seq, signature, entry_id, kind, at, event, actor, body, prev, hash)
  SELECT $1, $2, $3::bigint + n - 1, $4::bigint + n, CASE WHEN n = $7 THEN $6 END,
    entry_id, kind, at, event, actor, body, prev, hash
  FROM unnest($8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
    WITH ORDINALITY AS batch (entry_id, kind, at, event, actor, body, prev, hash, n)
  ON CONFLICT (stall_id, device_id, seq) DO NOTHING
  RETURNING seq
), feed AS (
  UPDATE stall SET feed_seq = $4::bigint + $7 WHERE stall_id = $1
), head AS (
  UPDATE device SET head_seq = $3::bigint + $7 - 1, head_hash = $5, last_sync_at = now()
  WHERE stall_id = $1 AND device_id = $2
)
SELECT count(*) AS stored FROM stored`,
};
const noteFindings = {
  name: 'ingest-findings',
  text: `INSERT INTO quarantine (stall_id, device_id, seq, cause, detail)
SELECT $1, $2, seq, cause, detail FROM unnest($3::bigint[], $4::text[], $5::text[]) AS found (seq, cause, detail)`,
};
const readHeld = {
  name: 'ingest-held',
  text: `SELECT seq, entry_id, hash, feed_seq, cause FROM entry LEFT JOIN quarantine USING (stall_id, device_id, seq)
WHERE stall_id = $1 AND device_id = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq`,
};
const keepSignature = {
  name: 'ingest-signature',
  text: `UPDATE entry SET signature = $4 WHERE stall_id = $1 AND device_id = $2 AND seq = $3 AND signature IS NULL`,
};
const noteSync = {
  name: 'ingest-sync',
  text: 'UPDATE device SET last_sync_at = now() WHERE stall_id = $1 AND device_id = $2',
};
const noteRefusal = {
  name: 'ingest-refusal',
  text: 'UPDATE device SET refused_code = $3, refused_at = now() WHERE stall_id = $1 AND device_id = $2',
};
/** Bounded: a device that goes wild under another's name fills no disk. */
const keepFork = {
  name: 'ingest-fork',
  text: `INSERT INTO fork (stall_id, device_id, seq, hash, entry, brought_by)
SELECT $1, $2, $3, $4, $5, $6
WHERE (SELECT count(*) FROM fork WHERE stall_id = $1 AND device_id = $2) < 100
ON CONFLICT DO NOTHING`,
};

interface DeviceRow {
  /** Null for a device that is not known. */
  readonly head_seq: number | null;
  readonly head_hash: string | null;
  readonly is_revoked: boolean;
  readonly epoch: number;
}

interface Held {
  readonly seq: number;
  readonly entry_id: string;
  readonly hash: string;
  readonly feed_seq: number;
  readonly cause: QuarantineCause | null;
}

/** What became of a batch: also a refusal leaves a trace that must be committed. */
type Outcome = { readonly appended: Appended; readonly endOfFeed: number } | { readonly refusal: Refusal };

/**
 * Takes a batch into the journal, as `ExchangeStore.append` says.
 * @returns what is acknowledged, and where the stall's feed ends now
 */
export async function ingest(
  database: Database,
  batch: Append,
): Promise<{ readonly appended: Appended; readonly endOfFeed: number }> {
  const outcome = await database.transaction((client) => append(client, batch));
  if ('refusal' in outcome) throw outcome.refusal;
  return outcome;
}

async function append(client: Sql, batch: Append): Promise<Outcome> {
  const { stallId, broughtBy, entries, head, introduction } = batch;
  const first = entries[0] as WireEntry;
  const key = [stallId, first.device];

  const stalls = await client.query<{ feed_seq: number }>({ ...lockStall, values: [stallId] });
  // A statement of its own: it sees what the lock had to wait for.
  const devices = await client.query<DeviceRow>({ ...readDevice, values: key });
  const stall = stalls.rows[0];
  const device = devices.rows[0];
  if (!stall || !device) throw new Refusal('not-found', 'This stall is not here.');
  if (device.is_revoked) throw revoked();
  if (device.head_seq === null) {
    if (introduction === null) throw new Refusal('not-enrolled', 'The device of these entries is unknown here.');
    const { prefix, publicKey } = introduction;
    await client.query({ ...introduce, values: [...key, prefix, publicKey, broughtBy] });
  }
  const held: ChainHead = { seq: device.head_seq ?? 0, hash: device.head_hash ?? ZERO_HASH };

  const refuse = async (refusal: Refusal): Promise<Outcome> => {
    await client.query({ ...noteRefusal, values: [...key, refusal.code] });
    return { refusal };
  };
  const refuseFork = async (other: WireEntry, agreed: ChainHead): Promise<Outcome> => {
    await client.query({ ...keepFork, values: [...key, other.seq, other.hash, JSON.stringify(other), broughtBy] });
    return refuse(forked(agreed));
  };

  if (first.seq > held.seq + 1) {
    return refuse(
      new Refusal('gap', `Entries ${held.seq + 1} to ${first.seq - 1} are missing here: begin with them.`, {
        head: held,
      }),
    );
  }
  const overlap = entries.slice(0, Math.max(0, held.seq - first.seq + 1));
  const fresh = entries.slice(overlap.length);

  const known = await readOverlap(client, key, overlap);
  for (const [index, entry] of overlap.entries()) {
    if (known[index]?.hash === entry.hash) continue;
    const before = known[index - 1] ?? (await readOne(client, key, entry.seq - 1));
    return refuseFork(entry, { seq: entry.seq - 1, hash: before?.hash ?? ZERO_HASH });
  }
  const next = fresh[0];
  // Within a batch a link that does not hold is one broken entry; where the chains meet it is another chain.
  if (next && overlap.length === 0 && next.prev !== held.hash) return refuseFork(next, held);

  const receipts: EntryReceipt[] = known.map(({ seq, entry_id, hash, feed_seq, cause }) => ({
    seq,
    id: entry_id,
    hash,
    outcome: 'duplicate',
    serverSeq: feed_seq,
    ...(cause && { cause }),
  }));
  const last = fresh.at(-1);
  if (!last) {
    await client.query({ ...keepSignature, values: [...key, head.seq, head.signature] });
    await client.query({ ...noteSync, values: [stallId, broughtBy] });
    return { appended: { epoch: device.epoch, receipts, head: held }, endOfFeed: stall.feed_seq };
  }

  const inserted = client.query<{ stored: number }>({
    ...insertEntries,
    values: [
      ...key,
      held.seq + 1,
      stall.feed_seq,
      last.hash,
      head.signature,
      fresh.length,
      textArray(fresh.map(({ id }) => id)),
      textArray(fresh.map(({ kind }) => kind)),
      textArray(fresh.map(({ at }) => at)),
      textArray(fresh.map(({ event }) => event)),
      textArray(fresh.map(({ actor }) => actor)),
      textArray(fresh.map(({ body }) => body)),
      textArray(fresh.map(({ prev }) => prev)),
      textArray(fresh.map(({ hash }) => hash)),
    ],
  });
  inserted.catch(() => undefined);
  // While the database writes.
  const findings = new Map(batch.examine(fresh, held.hash).map((finding) => [finding.seq, finding]));
  const { rows } = await inserted;
  if (rows[0]?.stored !== fresh.length)
    throw new Error(`${first.device}: entries after ${held.seq} were there already`);
  if (findings.size > 0) await keepFindings(client, key, [...findings.values()]);

  for (const [index, { seq, id, hash }] of fresh.entries()) {
    const cause = findings.get(seq)?.cause;
    const serverSeq = stall.feed_seq + index + 1;
    receipts.push({ seq, id, hash, outcome: cause ? 'quarantined' : 'stored', serverSeq, ...(cause && { cause }) });
  }
  return {
    appended: { epoch: device.epoch, receipts, head: { seq: last.seq, hash: last.hash } },
    endOfFeed: stall.feed_seq + fresh.length,
  };
}

async function readOverlap(client: Sql, key: readonly string[], overlap: readonly WireEntry[]): Promise<Held[]> {
  const from = overlap[0];
  if (!from) return [];
  const { rows } = await client.query<Held>({ ...readHeld, values: [...key, from.seq, from.seq + overlap.length - 1] });
  return rows;
}

async function readOne(client: Sql, key: readonly string[], seq: number): Promise<Held | undefined> {
  const { rows } = await client.query<Held>({ ...readHeld, values: [...key, seq, seq] });
  return rows[0];
}

function keepFindings(client: Sql, key: readonly string[], findings: readonly Finding[]): Promise<unknown> {
  return client.query({
    ...noteFindings,
    values: [
      ...key,
      findings.map(({ seq }) => seq),
      findings.map(({ cause }) => cause),
      // Shown to a person; what is wrong with a body can be as long as the body.
      findings.map(({ detail }) => detail.slice(0, 500).replaceAll(/[\0\p{Surrogate}]/gu, '?')),
    ],
  });
}

function forked(head: ChainHead): Refusal {
  return new Refusal(
    'forked',
    `Another entry ${head.seq + 1} of this device is here: two devices write under one name, and one must go on under another.`,
    { head },
  );
}
