import { createHash, randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { MAX_BATCH_BYTES, type WireEntry } from '../shared/exchange';
import {
  Refusal,
  type Append,
  type Appended,
  type DeviceHead,
  type DeviceStatus,
  type Enrolment,
  type ExchangeStore,
  type FeedAddition,
  type FeedPage,
  type FeedPlace,
  type KnownDevice,
  type PhotoPart,
  type PhotoState,
  type ShiftOrder,
  type SignedHead,
  type WirePerson,
} from '../exchange/exchange-store';
import type { Database } from './database';
import { enrol } from './enrolment';
import { Ingest, type Taken } from './ingest';
import { Hints } from './hints';
import { Together } from './together';

const statements = {
  epoch: { name: 'epoch', text: 'SELECT max(epoch) AS epoch FROM epoch' },
  place: {
    name: 'place',
    text: 'SELECT (SELECT max(epoch) FROM epoch) AS epoch, feed_seq FROM stall WHERE stall_id = $1',
  },
  addCode: {
    name: 'add-code',
    text: 'INSERT INTO enrol_code (stall_id, code_hash, name, expires_at) VALUES ($1, $2, $3, $4)',
  },
  findDevice: {
    name: 'find-device',
    text: `SELECT stall_id, device_id, public_key, revoked_at IS NOT NULL AS is_revoked FROM device
WHERE device_id = $1 ORDER BY revoked_at NULLS FIRST, enrolled_at DESC LIMIT 1`,
  },
  devices: {
    name: 'devices',
    text: `SELECT stall_id, device_id, public_key, revoked_at IS NOT NULL AS is_revoked
FROM unnest($1::text[], $2::text[]) AS asked (stall_id, device_id) JOIN device USING (stall_id, device_id)`,
  },
  /** The least of where the feed ended at each later epoch's beginning is what the cursor's epoch has in common with now. */
  feedStart: {
    name: 'feed-start',
    text: `SELECT (SELECT max(epoch) FROM epoch) AS epoch, feed_seq,
  EXISTS (SELECT FROM epoch WHERE epoch = $2) AS is_known,
  (SELECT min(feed_seq) FROM epoch_start WHERE stall_id = $1 AND epoch > $2) AS common
FROM stall WHERE stall_id = $1`,
  },
  /** A stretch of the feed: at most so many entries and bytes, but one at least. The asking device's own go without bodies. */
  feed: {
    name: 'feed',
    text: `WITH stretch AS (
  SELECT *, sum(octet_length(body) + 600) OVER (ORDER BY feed_seq) AS bytes, row_number() OVER (ORDER BY feed_seq) AS n
  FROM (SELECT * FROM entry WHERE stall_id = $1 AND feed_seq > $2 ORDER BY feed_seq LIMIT $3) AS page
)
SELECT device_id, seq, entry_id, kind, at, event, actor, CASE WHEN device_id = $4 THEN '' ELSE body END AS body, prev,
  hash, feed_seq, signature
FROM stretch WHERE n = 1 OR bytes <= $5 ORDER BY feed_seq`,
  },
  heads: {
    name: 'heads',
    text: `SELECT device_id, name, prefix, public_key, head_seq, head_hash, revoked_at IS NOT NULL AS is_revoked, last_sync_at,
  status, stall_id FROM device WHERE stall_id = ANY ($1) ORDER BY enrolled_at, device_id`,
  },
  noteStatus: {
    name: 'note-status',
    text: `UPDATE device SET status = $3, status_at = now(), last_sync_at = now(), refused_code = NULL
WHERE stall_id = $1 AND device_id = $2`,
  },
  people: {
    name: 'people',
    text: 'SELECT reference, person, at, version FROM person WHERE stall_id = $1 AND version > $2 ORDER BY version',
  },
  shiftOrders: {
    name: 'shift-orders',
    text: `SELECT seq, hash, body FROM entry
WHERE stall_id = $1 AND device_id = $2 AND kind = 'order.placed' AND body LIKE '%' || $3 || '%'
  AND NOT EXISTS (
    SELECT FROM quarantine q WHERE q.stall_id = $1 AND q.device_id = $2 AND q.seq = entry.seq
      AND q.resolution IS DISTINCT FROM 'accepted')
ORDER BY seq`,
  },
  photoState: {
    name: 'photo-state',
    text: 'SELECT stored_bytes, total_bytes FROM photo WHERE stall_id = $1 AND sha256 = $2',
  },
  readPhoto: {
    name: 'read-photo',
    text: `SELECT part_offset, bytes FROM photo_part JOIN photo USING (stall_id, sha256)
WHERE stall_id = $1 AND sha256 = $2 AND stored_bytes = total_bytes AND part_offset + length(bytes) > $3
  AND part_offset < $4
ORDER BY part_offset`,
  },
};

interface EntryRow {
  readonly device_id: string;
  readonly seq: number;
  readonly entry_id: string;
  readonly kind: string;
  readonly at: string;
  readonly event: string | null;
  readonly actor: string | null;
  readonly body: string;
  readonly prev: string;
  readonly hash: string;
  readonly feed_seq: number;
  readonly signature: string | null;
}

interface HeadRow {
  readonly stall_id: string;
  readonly device_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly public_key: string;
  readonly head_seq: number;
  readonly head_hash: string;
  readonly is_revoked: boolean;
  readonly last_sync_at: Date | null;
  readonly status: DeviceStatus | null;
}

interface DeviceRow {
  readonly stall_id: string;
  readonly device_id: string;
  readonly public_key: string;
  readonly is_revoked: boolean;
}

/** What the exchange keeps, on PostgreSQL. Any number of processes may serve one database. */
export class PostgresStore implements ExchangeStore {
  readonly #database: Database;
  readonly #hints: Hints;
  readonly #ingest: Ingest;
  /** Every request asks who its device is. */
  readonly #devices = new Together<readonly [stallId: string, deviceId: string], KnownDevice | null>({
    work: (asked) => this.#readDevices(asked),
  });
  /** One hint wakes a whole stall, whose devices then look at each other at the same moment. */
  readonly #heads = new Together<string, readonly DeviceHead[]>({ work: (stallIds) => this.#readHeads(stallIds) });
  readonly #onAppended: (appended: Appended) => void;

  /** @param options.onAppended hears of every batch that was taken, after its commit */
  constructor(options: {
    readonly database: Database;
    readonly log: FastifyBaseLogger;
    readonly onAppended?: (appended: Appended) => void;
  }) {
    this.#database = options.database;
    this.#onAppended = options.onAppended ?? (() => undefined);
    this.#ingest = new Ingest(options.database);
    this.#hints = new Hints({ database: options.database, log: options.log, processId: randomUUID() });
  }

  /** Begins to hear what other processes of this hub add. */
  listen(): void {
    this.#hints.listen();
  }

  async close(): Promise<void> {
    await this.#hints.close();
  }

  async epoch(): Promise<number> {
    const [row] = await this.#database.query<{ epoch: number }>(statements.epoch);
    return row?.epoch ?? 1;
  }

  async place(stallId: string): Promise<FeedPlace> {
    const [row] = await this.#database.query<{ epoch: number; feed_seq: number }>(statements.place, [stallId]);
    if (!row) throw noStall();
    return { epoch: row.epoch, serverSeq: row.feed_seq };
  }

  enrol(enrolment: Enrolment): Promise<{ readonly stallId: string; readonly prefix: string }> {
    return this.#database.transaction((client) => enrol(client, enrolment));
  }

  async addCode(code: Parameters<ExchangeStore['addCode']>[0]): Promise<void> {
    const { stallId, codeHash, name, expiresAt } = code;
    await this.#database.query(statements.addCode, [stallId, codeHash, name, expiresAt]);
  }

  async findDevice(deviceId: string): Promise<KnownDevice | null> {
    const [row] = await this.#database.query<DeviceRow>(statements.findDevice, [deviceId]);
    return row ? knownDevice(row) : null;
  }

  device(stallId: string, deviceId: string): Promise<KnownDevice | null> {
    return this.#devices.ask([stallId, deviceId]);
  }

  async #readDevices(
    asked: readonly (readonly [stallId: string, deviceId: string])[],
  ): Promise<readonly (KnownDevice | null)[]> {
    const columns = [asked.map(([stallId]) => stallId), asked.map(([, deviceId]) => deviceId)];
    const rows = await this.#database.query<DeviceRow>(statements.devices, columns);
    const found = new Map(rows.map((row) => [`${row.stall_id}\n${row.device_id}`, knownDevice(row)]));
    return asked.map((key) => found.get(key.join('\n')) ?? null);
  }

  append(batch: Append): Promise<Appended> {
    return this.#taken(batch.stallId, batch.head.device, this.#ingest.take(batch));
  }

  async #taken(stallId: string, device: string, taken: Promise<Taken>): Promise<Appended> {
    const { appended, endOfFeed } = await taken;
    this.#onAppended(appended);
    if (appended.receipts.some(({ outcome }) => outcome !== 'duplicate')) {
      const place = { epoch: appended.epoch, serverSeq: endOfFeed };
      this.#hints.tell({ stallId, device, place });
    }
    return appended;
  }

  async feed(query: Parameters<ExchangeStore['feed']>[0]): Promise<FeedPage> {
    const { stallId, after, limit, without } = query;
    const [start] = await this.#database.query<{
      readonly epoch: number;
      readonly feed_seq: number;
      readonly is_known: boolean;
      readonly common: number | null;
    }>(statements.feedStart, [stallId, after.epoch]);
    if (!start) throw noStall();
    let from = Math.min(after.serverSeq, start.common ?? after.serverSeq);
    if (!start.is_known || from > start.feed_seq) {
      // Somebody has read what this database never had. All is read again, which is safe.
      from = 0;
    }
    const rows = await this.#database.query<EntryRow>(statements.feed, [
      stallId,
      from,
      limit,
      without,
      MAX_BATCH_BYTES,
    ]);
    const end = rows.at(-1)?.feed_seq ?? from;
    const others = rows.filter(({ device_id }) => device_id !== without);
    return {
      place: { epoch: start.epoch, serverSeq: end },
      more: end < start.feed_seq,
      entries: others.map(wireEntryOf),
      heads: others.flatMap(({ device_id, seq, hash, signature }): SignedHead[] =>
        signature === null ? [] : [{ device: device_id, seq, hash, signature }],
      ),
    };
  }

  onAdded(listener: (added: FeedAddition) => void): () => void {
    return this.#hints.onAdded(listener);
  }

  heads(stallId: string): Promise<readonly DeviceHead[]> {
    return this.#heads.ask(stallId);
  }

  async #readHeads(stallIds: readonly string[]): Promise<readonly (readonly DeviceHead[])[]> {
    const rows = await this.#database.query<HeadRow>(statements.heads, [[...new Set(stallIds)]]);
    const byStall = new Map<string, DeviceHead[]>(stallIds.map((stallId) => [stallId, []]));
    for (const row of rows) {
      byStall.get(row.stall_id)?.push({
        device: row.device_id,
        name: row.name,
        prefix: row.prefix,
        publicKey: row.public_key,
        seq: row.head_seq,
        hash: row.head_hash,
        isRevoked: row.is_revoked,
        lastSyncAt: row.last_sync_at?.toISOString() ?? null,
        status: row.status,
      });
    }
    return stallIds.map((stallId) => byStall.get(stallId) ?? []);
  }

  async noteStatus(stallId: string, deviceId: string, status: DeviceStatus): Promise<void> {
    await this.#database.query(statements.noteStatus, [stallId, deviceId, JSON.stringify(status)]);
  }

  putPeople(stallId: string, people: readonly WirePerson[]): Promise<void> {
    return this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ version: number }>(
        'UPDATE stall SET people_version = people_version + 1 WHERE stall_id = $1 RETURNING people_version AS version',
        [stallId],
      );
      for (const { reference, person, at } of people) {
        await client.query(
          // Forgotten stays forgotten, however late somebody remembers.
          `INSERT INTO person (stall_id, reference, person, at, version) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (stall_id, reference) DO UPDATE SET person = excluded.person, at = excluded.at, version = excluded.version
WHERE person.at < excluded.at AND (person.person IS NOT NULL OR excluded.person IS NULL) OR
  person.person IS NOT NULL AND excluded.person IS NULL`,
          [stallId, reference, person && JSON.stringify(person), at, rows[0]?.version],
        );
      }
    });
  }

  async people(
    stallId: string,
    after: number,
  ): Promise<{ readonly people: readonly WirePerson[]; readonly version: number }> {
    const rows = await this.#database.query<WirePerson & { version: number }>(statements.people, [stallId, after]);
    return {
      people: rows.map(({ reference, person, at }) => ({ reference, person, at })),
      version: rows.at(-1)?.version ?? after,
    };
  }

  async shiftOrders(stallId: string, device: string, shiftId: string): Promise<readonly ShiftOrder[]> {
    const rows = await this.#database.query<{ seq: number; hash: string; body: string }>(statements.shiftOrders, [
      stallId,
      device,
      shiftId.replaceAll(/[\\%_]/g, '\\$&'),
    ]);
    return rows.flatMap(({ seq, hash, body }) => {
      const { order } = JSON.parse(body) as { order: Omit<ShiftOrder, 'seq' | 'hash'> & { shiftId: string } };
      const { orderId, number, totalMinor } = order;
      return order.shiftId === shiftId ? [{ orderId, number, seq, hash, totalMinor }] : [];
    });
  }

  async photoState(stallId: string, sha256: string): Promise<PhotoState | null> {
    const [row] = await this.#database.query<{ stored_bytes: number; total_bytes: number }>(statements.photoState, [
      stallId,
      sha256,
    ]);
    return row ? { storedBytes: row.stored_bytes, totalBytes: row.total_bytes } : null;
  }

  async putPhotoPart({ stallId, sha256, offset, totalBytes, bytes }: PhotoPart): Promise<PhotoState> {
    const key = [stallId, sha256];
    const isRight = await this.#database.transaction(async (client) => {
      await client.query(
        'INSERT INTO photo (stall_id, sha256, total_bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [...key, totalBytes],
      );
      const { rows } = await client.query<{ stored_bytes: number; total_bytes: number }>(
        `${statements.photoState.text} FOR UPDATE`,
        key,
      );
      if (rows[0]?.stored_bytes !== offset || rows[0].total_bytes !== totalBytes) {
        throw new Refusal('gap', 'The part does not begin where this photo ends: ask how much of it is here.');
      }
      await client.query('INSERT INTO photo_part (stall_id, sha256, part_offset, bytes) VALUES ($1, $2, $3, $4)', [
        ...key,
        offset,
        bytes,
      ]);
      const storedBytes = offset + bytes.length;
      await client.query('UPDATE photo SET stored_bytes = $3 WHERE stall_id = $1 AND sha256 = $2', [
        ...key,
        storedBytes,
      ]);
      if (storedBytes < totalBytes) return true;
      const sum = createHash('sha256');
      // A clip is too long to hold it all at once.
      for (let from = 0; from < totalBytes; from += HASHED_BYTES) {
        const parts = await client.query<{ bytes: Buffer }>(
          `SELECT bytes FROM photo_part WHERE stall_id = $1 AND sha256 = $2 AND part_offset >= $3 AND part_offset < $4
           ORDER BY part_offset`,
          [...key, from, from + HASHED_BYTES],
        );
        for (const part of parts.rows) sum.update(part.bytes);
      }
      if (sum.digest('hex') === sha256) return true;
      await client.query('DELETE FROM photo_part WHERE stall_id = $1 AND sha256 = $2', key);
      await client.query('DELETE FROM photo WHERE stall_id = $1 AND sha256 = $2', key);
      return false;
    });
    if (!isRight) throw new Refusal('bad-request', 'These bytes are another photo: begin again.');
    return { storedBytes: offset + bytes.length, totalBytes };
  }

  async readPhoto(stallId: string, sha256: string, offset: number, most: number): Promise<Buffer | null> {
    const rows = await this.#database.query<{ part_offset: number; bytes: Buffer }>(statements.readPhoto, [
      stallId,
      sha256,
      offset,
      offset + most,
    ]);
    const [first] = rows;
    if (!first) return null;
    const skipped = offset - first.part_offset;
    return Buffer.concat(rows.map(({ bytes }) => bytes)).subarray(skipped, skipped + most);
  }
}

/** Of a photo or clip, when its hash is made. */
const HASHED_BYTES = 4 * 1024 * 1024;

function knownDevice({ stall_id, device_id, public_key, is_revoked }: DeviceRow): KnownDevice {
  return { stallId: stall_id, deviceId: device_id, publicKey: public_key, isRevoked: is_revoked };
}

function wireEntryOf({ device_id, seq, entry_id, kind, at, event, actor, body, prev, hash }: EntryRow): WireEntry {
  return { device: device_id, seq, id: entry_id, kind, at, event, actor, body, prev, hash };
}

function noStall(): Refusal {
  return new Refusal('not-found', 'This stall is not here.');
}
