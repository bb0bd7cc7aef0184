import type { WireEntry } from '../shared/exchange';
import { findingsAfter, hangsOnClock } from '../exchange/entry-check';
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
import { PackedEntries, textArrayOf, type Outline } from './packed-entries';
import { putBack } from './put-back';
import { Together } from './together';

/** The stall's row first: whoever holds it writes its feed. */
const lockStall = {
  name: 'ingest-stall',
  text: 'SELECT feed_seq FROM stall WHERE stall_id = $1 FOR UPDATE',
};
const readDevices = {
  name: 'ingest-devices',
  text: `SELECT device_id, head_seq, head_hash, revoked_at IS NOT NULL AS is_revoked, epoch
FROM (SELECT max(epoch) AS epoch FROM epoch) AS now LEFT JOIN device ON stall_id = $1 AND device_id = ANY ($2)`,
};
const introduce = {
  name: 'ingest-introduce',
  text: `INSERT INTO device (stall_id, device_id, name, prefix, public_key, introduced_by)
VALUES ($1, $2, $3, $3, $4, $5)`,
};
/**
 * All that is new in one statement: the end of the feed, the heads of the chains, and the entries with their places. Under the
 * stall's lock no entry after a head can be there; should one be, the key refuses all of it. `ON CONFLICT` would ask the same
 * question once more for every entry.
 */
const insertEntries = {
  name: 'ingest-entries',
  text: `WITH feed AS (
  UPDATE stall SET feed_seq = $2::bigint + $3 WHERE stall_id = $1
), heads AS (
  UPDATE device SET head_seq = head.seq, head_hash = head.hash, last_sync_at = now()
  FROM unnest($4::text[], $5::bigint[], $6::text[]) AS head (device_id, seq, hash)
  WHERE stall_id = $1 AND device.device_id = head.device_id
)
INSERT INTO entry
  (stall_id, feed_seq, device_id, seq, signature, entry_id, kind, at, event, actor, body, prev, hash)
SELECT $1, $2::bigint + n, device_id, seq, signature, entry_id, kind, at, event, actor, body, prev, hash
FROM unnest($7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
  $15::text[], $16::text[], $17::text[])
  WITH ORDINALITY AS fresh (device_id, seq, signature, entry_id, kind, at, event, actor, body, prev, hash, n)`,
};
const noteFindings = {
  name: 'ingest-findings',
  text: `INSERT INTO quarantine (stall_id, device_id, seq, cause, detail)
SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
};
const readHeld = {
  name: 'ingest-held',
  text: `SELECT seq, entry_id, hash, feed_seq, cause FROM entry LEFT JOIN quarantine USING (stall_id, device_id, seq)
WHERE stall_id = $1 AND device_id = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq`,
};
const readInstant = {
  name: 'ingest-instant',
  text: 'SELECT at FROM entry WHERE stall_id = $1 AND device_id = $2 AND seq = $3',
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

/** As many entries wait for one transaction at most: a few megabytes. */
const TOGETHER_ENTRIES = 2_000;

interface DeviceRow {
  /** Null, as the head, where none of the asked ones is known. */
  readonly device_id: string | null;
  readonly head_seq: number;
  readonly head_hash: string;
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

/** A batch that was taken: what is acknowledged, and where the stall's feed ends now. */
export interface Taken {
  readonly appended: Appended;
  readonly endOfFeed: number;
}

/**
 * A batch as it waits for its turn: packed when it came, so that the texts it came as can be forgotten while the database works.
 */
interface Waiting extends Append {
  readonly entries: PackedEntries;
  readonly outline: readonly Outline[];
}

/** What became of a batch: also a refusal may leave a trace that must be committed. */
type Outcome = Taken | { readonly thrown: unknown };

/**
 * Takes batches into the journals. Batches of a stall wait for each other, since its feed has one order; those that wait go
 * into one transaction together, so that many tills of a stall cost little more than one.
 */
export class Ingest {
  readonly #database: Database;
  readonly #stalls = new Map<string, Together<Waiting, Outcome>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes a batch, as `ExchangeStore.append` says. */
  take(batch: Append): Promise<Taken> {
    const entries = PackedEntries.of(batch.entries);
    return this.#take({ ...batch, entries, outline: entries.outline() });
  }

  async #take(batch: Waiting): Promise<Taken> {
    const { stallId } = batch;
    const stall =
      this.#stalls.get(stallId) ??
      new Together({
        work: (batches) => this.#takeAll(batches),
        howMany: roomFor,
        onIdle: () => this.#stalls.delete(stallId),
      });
    this.#stalls.set(stallId, stall);
    const outcome = await stall.ask(batch);
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome;
  }

  async #takeAll(batches: readonly Waiting[]): Promise<readonly Outcome[]> {
    try {
      return await this.#database.transaction((client) => appendAll(client, batches));
    } catch (thrown) {
      if (batches.length === 1 || thrown instanceof Refusal) return batches.map(() => ({ thrown }));
      // One of them cannot be written: the others can.
      const outcomes: Outcome[] = [];
      for (const batch of batches) outcomes.push(...(await this.#takeAll([batch])));
      return outcomes;
    }
  }
}

/** How many of the batches that wait go together: of each device one, since the next one builds on it. */
function roomFor(waiting: readonly Waiting[]): number {
  const devices = new Set<string>();
  let entries = 0;
  const end = waiting.findIndex((batch) => {
    entries += batch.entries.length;
    if (devices.has(batch.head.device) || (devices.size > 0 && entries > TOGETHER_ENTRIES)) return true;
    devices.add(batch.head.device);
    return false;
  });
  return end < 0 ? waiting.length : end;
}

/** What is known of a batch before anything of it is written. */
interface Judged {
  readonly batch: Waiting;
  readonly held: ChainHead;
  /** Of the entries that are here already. */
  readonly receipts: EntryReceipt[];
  readonly fresh: Waiting['outline'];
  readonly findings: readonly Finding[];
}

/** @param batches of one stall, each of another device */
async function appendAll(client: Sql, batches: readonly Waiting[]): Promise<readonly Outcome[]> {
  const stallId = (batches[0] as Waiting).stallId;
  const stalls = await client.query<{ feed_seq: number }>({ ...lockStall, values: [stallId] });
  const stall = stalls.rows[0];
  if (!stall) throw new Refusal('not-found', 'This stall is not here.');
  // A statement of its own: it sees what the lock had to wait for.
  const { rows } = await client.query<DeviceRow>({
    ...readDevices,
    values: [stallId, batches.map(({ head }) => head.device)],
  });
  const epoch = rows[0]?.epoch ?? 1;
  const devices = new Map(rows.map((row) => [row.device_id, row]));
  const judged: (Judged | { readonly thrown: unknown })[] = [];
  for (const batch of batches) judged.push(await judge(client, batch, devices.get(batch.head.device)));

  const fresh = judged.flatMap((one) => ('thrown' in one || one.fresh.length === 0 ? [] : [one]));
  const causes = await store(client, stallId, stall.feed_seq, fresh);
  let place = stall.feed_seq;
  const endOfFeed = place + fresh.reduce((sum, one) => sum + one.fresh.length, 0);
  return judged.map((one): Outcome => {
    if ('thrown' in one) return one;
    const { held, receipts } = one;
    for (const { seq, id, hash } of one.fresh) {
      place += 1;
      const cause = causes.get(place);
      receipts.push({
        seq,
        id,
        hash,
        outcome: cause ? 'quarantined' : 'stored',
        serverSeq: place,
        ...(cause && { cause }),
      });
    }
    const { seq, hash } = one.fresh.at(-1) ?? held;
    return { appended: { epoch, receipts, head: { seq, hash } }, endOfFeed };
  });
}

/** Compares a batch with what is held of its device, and notes what needs no entry of it to be written. */
async function judge(
  client: Sql,
  batch: Waiting,
  device: DeviceRow | undefined,
): Promise<Judged | { readonly thrown: Refusal }> {
  const { stallId, broughtBy, outline, head, introduction, entries } = batch;
  const firstSeq = head.seq - outline.length + 1;
  const key = [stallId, head.device];
  if (device?.is_revoked) return { thrown: revoked() };
  if (!device) {
    if (introduction === null)
      return { thrown: new Refusal('not-enrolled', 'The device of these entries is unknown here.') };
    const { prefix, publicKey } = introduction;
    await client.query({ ...introduce, values: [...key, prefix, publicKey, broughtBy] });
  }
  const held: ChainHead = { seq: device?.head_seq ?? 0, hash: device?.head_hash ?? ZERO_HASH };

  const refuse = async (thrown: Refusal): Promise<{ readonly thrown: Refusal }> => {
    await client.query({ ...noteRefusal, values: [...key, thrown.code] });
    return { thrown };
  };
  const refuseFork = async (index: number, agreed: ChainHead): Promise<{ readonly thrown: Refusal }> => {
    const other = entries.at(index) as WireEntry;
    await client.query({ ...keepFork, values: [...key, other.seq, other.hash, JSON.stringify(other), broughtBy] });
    return refuse(forked(agreed));
  };

  if (firstSeq > held.seq + 1) {
    return refuse(
      new Refusal('gap', `Entries ${held.seq + 1} to ${firstSeq - 1} are missing here: begin with them.`, {
        head: held,
      }),
    );
  }
  const overlap = outline.slice(0, Math.max(0, held.seq - firstSeq + 1));
  const fresh = outline.slice(overlap.length);

  const known = new Map((await readOverlap(client, key, overlap)).map((one) => [one.seq, one]));
  const receipts: EntryReceipt[] = [];
  for (const [index, entry] of overlap.entries()) {
    const here = known.get(entry.seq);
    const receipt = here ? duplicate(here) : await replaced(client, batch, index);
    if (receipt?.hash !== entry.hash) {
      const before = known.get(entry.seq - 1) ?? (await readOne(client, key, entry.seq - 1));
      return refuseFork(index, { seq: entry.seq - 1, hash: before?.hash ?? ZERO_HASH });
    }
    receipts.push(receipt);
  }
  // Within a batch a link that does not hold is one broken entry; where the chains meet it is another chain.
  if (overlap.length === 0 && entries.prev !== held.hash) return refuseFork(0, held);
  const findings = overlap.length === 0 ? await besideMark(client, batch, held) : batch.findings;
  if (fresh.length === 0) {
    await client.query({ ...keepSignature, values: [...key, head.seq, head.signature] });
    await client.query({ ...noteSync, values: [stallId, broughtBy] });
  }
  return { batch, held, receipts, fresh, findings };
}

/** What was found of a batch whose first entry is new. */
async function besideMark(client: Sql, batch: Waiting, held: ChainHead): Promise<readonly Finding[]> {
  if (!hangsOnClock(batch)) return batch.findings;
  const key = [batch.stallId, batch.head.device, held.seq];
  const { rows } = await client.query<{ at: string }>({ ...readInstant, values: key });
  return findingsAfter(batch, rows[0]?.at ?? null);
}

function duplicate({ seq, entry_id, hash, feed_seq, cause }: Held): EntryReceipt {
  return { seq, id: entry_id, hash, outcome: 'duplicate', serverSeq: feed_seq, ...(cause && { cause }) };
}

/** Stores again what was lost here; null when it does not fit. */
async function replaced(
  client: Sql,
  { stallId, head, entries, findings }: Waiting,
  index: number,
): Promise<EntryReceipt | null> {
  const entry = entries.at(index) as WireEntry;
  const { device, seq, id, hash } = entry;
  const serverSeq = await putBack(client, stallId, entry, seq === head.seq ? head.signature : null);
  if (serverSeq === null) return null;
  const finding = findings.find((one) => one.seq === seq);
  if (!finding) return { seq, id, hash, outcome: 'stored', serverSeq };
  await keepFindings(client, stallId, [{ device, ...finding }]);
  return { seq, id, hash, outcome: 'quarantined', serverSeq, cause: finding.cause };
}

/**
 * Writes what is new of several batches.
 * @returns why entries stand aside, by their place in the feed
 */
async function store(
  client: Sql,
  stallId: string,
  feedSeq: number,
  judged: readonly Judged[],
): Promise<ReadonlyMap<number, QuarantineCause>> {
  const causes = new Map<number, QuarantineCause>();
  if (judged.length === 0) return causes;
  const fresh = judged.map(({ batch: { entries }, fresh: { length } }) => entries.from(entries.length - length));
  const seqs = judged.flatMap((one) => one.fresh.map(({ seq }) => seq));
  const heads = judged.map(({ batch }) => batch.head);
  const signatures = judged.flatMap(({ fresh, batch: { head } }) =>
    fresh.map(({ seq }) => (seq === head.seq ? head.signature : null)),
  );
  await client.query({
    ...insertEntries,
    values: [
      stallId,
      feedSeq,
      seqs.length,
      heads.map(({ device }) => device),
      heads.map(({ seq }) => seq),
      heads.map(({ hash }) => hash),
      textArrayOf(fresh.flatMap(({ device, length }) => Array.from({ length }, () => device))),
      seqs,
      textArrayOf(signatures),
      ...PackedEntries.arrays(fresh),
    ],
  });
  const findings: (Finding & { readonly device: string })[] = [];
  let place = feedSeq;
  for (const one of judged) {
    const firstSeq = one.held.seq + 1;
    for (const finding of one.findings) {
      if (finding.seq < firstSeq) continue;
      findings.push({ device: one.batch.head.device, ...finding });
      causes.set(place + finding.seq - firstSeq + 1, finding.cause);
    }
    place += one.fresh.length;
  }
  if (findings.length > 0) await keepFindings(client, stallId, findings);
  return causes;
}

async function readOverlap(client: Sql, key: readonly string[], overlap: Waiting['outline']): Promise<Held[]> {
  const from = overlap[0];
  if (!from) return [];
  const { rows } = await client.query<Held>({ ...readHeld, values: [...key, from.seq, from.seq + overlap.length - 1] });
  return rows;
}

async function readOne(client: Sql, key: readonly string[], seq: number): Promise<Held | undefined> {
  const { rows } = await client.query<Held>({ ...readHeld, values: [...key, seq, seq] });
  return rows[0];
}

function keepFindings(
  client: Sql,
  stallId: string,
  findings: readonly (Finding & { readonly device: string })[],
): Promise<unknown> {
  return client.query({
    ...noteFindings,
    values: [
      stallId,
      findings.map(({ device }) => device),
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
