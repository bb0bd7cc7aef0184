import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Order, ResilienceFlag } from '../../domain/order';
import type { Stall } from '../../domain/stall';
import type { Database, Sql } from '../database';
import { announce, messageAbout } from '../webhooks/outbox';
import type { WebhookMessage } from '../webhooks/standard';
import { PROJECTED_KINDS, readFact, type Fact, type FeedEntry } from './facts';
import { putMatrix } from './matrix';
import { keptReceipt } from './receipts';

/** Entries in one transaction. */
const BATCH_ENTRIES = 100;
/** How often it looks for itself where nobody woke it. */
const LOOK_EVERY_MS = 2_000;
const AFTER_TROUBLE_MS = 5_000;
/** A till that sells sends a few entries at a time; so many at once are a queue that is handed over. */
const QUEUE_ENTRIES = 20;
/** While queues are handed over, taking them comes first: orders are read when none has come for so long. */
const QUIET_MS = 300;
const LONGEST_WAIT_MS = 15_000;
/** What it does at a time when the waiting was too long. */
const TURN_MS = 1_000;

interface Row {
  readonly device_id: string;
  readonly seq: number;
  readonly entry_id: string;
  readonly kind: string;
  readonly at: string;
  readonly event: string | null;
  readonly actor: string | null;
  /** Null of a kind that nothing is made of. */
  readonly body: string | null;
  readonly prev: string;
  readonly hash: string;
  readonly feed_seq: number;
  readonly received_at: Date;
  readonly cause: string | null;
  readonly detail: string | null;
  readonly resolution: string | null;
  readonly was_announced: boolean;
}

const ENTRY_COLUMNS = `entry.device_id, entry.seq, entry_id, kind, at, event, actor, prev, hash, feed_seq, received_at,
  CASE WHEN kind = ANY ($3) THEN body END AS body, cause, detail, resolution, announced_at IS NOT NULL AS was_announced`;

const statements = {
  begin: {
    name: 'projection-begin',
    text: 'INSERT INTO projection (stall_id) SELECT $1 WHERE EXISTS (SELECT FROM stall WHERE stall_id = $1) ON CONFLICT DO NOTHING',
  },
  /** One process at a time per stall; whoever comes second goes on to another. */
  lock: {
    name: 'projection-lock',
    text: 'SELECT feed_seq, announced_seq FROM projection WHERE stall_id = $1 FOR UPDATE SKIP LOCKED',
  },
  behind: {
    name: 'projection-behind',
    text: `SELECT stall_id FROM stall LEFT JOIN projection USING (stall_id)
WHERE stall.feed_seq > coalesce(projection.feed_seq, 0)
UNION SELECT stall_id FROM quarantine WHERE resolution = 'accepted' AND projected_at IS NULL`,
  },
  next: {
    name: 'projection-next',
    text: `SELECT ${ENTRY_COLUMNS} FROM entry LEFT JOIN quarantine USING (stall_id, device_id, seq)
WHERE stall_id = $1 AND feed_seq > $2 ORDER BY feed_seq LIMIT ${BATCH_ENTRIES}`,
  },
  /** What was accepted after it had been passed over. */
  accepted: {
    name: 'projection-accepted',
    text: `SELECT ${ENTRY_COLUMNS} FROM entry JOIN quarantine USING (stall_id, device_id, seq)
WHERE stall_id = $1 AND feed_seq <= $2 AND resolution = 'accepted' AND projected_at IS NULL
ORDER BY feed_seq LIMIT ${BATCH_ENTRIES}`,
  },
  move: {
    name: 'projection-move',
    text: `UPDATE projection SET feed_seq = $2, announced_seq = greatest(announced_seq, $2) WHERE stall_id = $1`,
  },
  noteAccepted: {
    name: 'projection-note-accepted',
    text: `UPDATE quarantine SET projected_at = now(), announced_at = coalesce(announced_at, now())
FROM unnest($2::text[], $3::bigint[]) AS accepted (device_id, seq)
WHERE stall_id = $1 AND quarantine.device_id = accepted.device_id AND quarantine.seq = accepted.seq`,
  },
  putOrders: {
    name: 'projection-orders',
    text: `INSERT INTO placed_order
  (stall_id, order_id, device_id, seq, feed_seq, entry_hash, at, number, shift_id, placed_at, received_at, total_minor, body)
SELECT $1, body ->> 'orderId', device_id, seq, feed_seq, hash, at, body ->> 'number', body ->> 'shiftId',
  (body ->> 'placedAt')::timestamptz, received_at, (body ->> 'totalMinor')::bigint, body
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[], $8::jsonb[])
  AS placed (device_id, seq, feed_seq, hash, at, received_at, body)
ON CONFLICT (stall_id, order_id) DO NOTHING
RETURNING order_id, feed_seq`,
  },
  putFlags: {
    name: 'projection-flags',
    text: `INSERT INTO order_flag (stall_id, order_id, at, flag, cause, flagged_at, feed_seq)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])
ON CONFLICT DO NOTHING`,
  },
  putProblems: {
    name: 'projection-problems',
    text: `INSERT INTO projection_problem (stall_id, device_id, seq, problem)
SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[]) ON CONFLICT DO NOTHING`,
  },
  putStall: {
    name: 'projection-stall',
    text: 'INSERT INTO stall_configuration (stall_id, at, stall) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
  },
  configurations: {
    name: 'projection-configurations',
    text: 'SELECT at, stall FROM stall_configuration WHERE stall_id = $1 ORDER BY at',
  },
  ordersSince: {
    name: 'projection-orders-since',
    text: 'SELECT order_id FROM placed_order WHERE stall_id = $1 AND (at > $2 OR receipt IS NULL)',
  },
  toLayOut: {
    name: 'projection-to-lay-out',
    text: `SELECT order_id, at, entry_hash, body,
  (SELECT flag FROM order_flag f WHERE f.stall_id = $1 AND f.order_id = o.order_id ORDER BY f.at DESC LIMIT 1) AS flag
FROM placed_order o WHERE stall_id = $1 AND order_id = ANY ($2)`,
  },
  putReceipts: {
    name: 'projection-receipts',
    text: `UPDATE placed_order SET receipt = laid_out.receipt
FROM unnest($2::text[], $3::jsonb[]) AS laid_out (order_id, receipt)
WHERE stall_id = $1 AND placed_order.order_id = laid_out.order_id`,
  },
  putShift: {
    name: 'projection-shift',
    text: `INSERT INTO shift (stall_id, shift_id, device_id, opened, closed, reconciled) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (stall_id, shift_id) DO UPDATE SET
  device_id = CASE WHEN excluded.opened IS NULL THEN shift.device_id ELSE excluded.device_id END,
  opened = coalesce(shift.opened, excluded.opened),
  closed = coalesce(shift.closed, excluded.closed),
  reconciled = coalesce(excluded.reconciled, shift.reconciled)`,
  },
} as const;

/** Tables that are made of entries alone. */
const REBUILT = ['projection_problem', 'stall_configuration', 'placed_order', 'order_flag', 'shift'];

type FactOf<K extends Fact['kind']> = Extract<Fact, { readonly kind: K }>;

/**
 * Makes the hub's tables of orders, flags, receipts and shifts from the journals, and writes down what webhooks are to
 * announce. It reads each stall's feed by a cursor that moves in the transaction of the rows it wrote: exactly once,
 * whatever is killed, however many processes do it.
 */
export class Projector {
  readonly #database: Database;
  readonly #log: FastifyBaseLogger;
  readonly #closing = new AbortController();
  #waking = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #queueMs = -Infinity;
  readonly #places = new Map<string, number>();

  constructor({ database, log }: { readonly database: Database; readonly log: FastifyBaseLogger }) {
    this.#database = database;
    this.#log = log;
  }

  /** Begins to follow the feeds. */
  start(): void {
    this.#running = this.#follow();
  }

  /** A hint that there is more to read: where the feed of a stall ends now. */
  wake(stallId: string, feedSeq: number): void {
    const before = this.#places.get(stallId) ?? feedSeq;
    this.#places.set(stallId, feedSeq);
    if (feedSeq - before >= QUEUE_ENTRIES) this.#queueMs = performance.now();
    // Told of every batch while it works; each further abort would make an error, stack and all, for nobody.
    if (!this.#waking.signal.aborted) this.#waking.abort();
  }

  /** Ends after the transaction under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#waking.abort();
    await this.#running;
  }

  /** Reads every stall's feed to its end. */
  catchUp(): Promise<void> {
    return this.#read(() => this.#closing.signal.aborted);
  }

  /** @throws what kept it from one of the stalls, once the others are read */
  async #read(isEnough: () => boolean): Promise<void> {
    const troubled = new Set<string>();
    let trouble: unknown = null;
    for (;;) {
      const behind = await this.#database.query<{ stall_id: string }>(statements.behind);
      let moved = false;
      for (const { stall_id } of behind) {
        try {
          while (!isEnough() && !troubled.has(stall_id) && (await this.#step(stall_id))) moved = true;
        } catch (error) {
          troubled.add(stall_id);
          trouble ??= error;
        }
      }
      if (moved && !isEnough()) continue;
      if (troubled.size > 0) throw trouble;
      return;
    }
  }

  /** Forgets everything that was made of a stall's entries, or of all, to make it again. Announces nothing twice. */
  async rebuild(stallId: string | null = null): Promise<void> {
    await this.#database.transaction(async (client) => {
      await client.query('SELECT FROM projection WHERE stall_id = $1 OR $1 IS NULL FOR UPDATE', [stallId]);
      for (const table of REBUILT)
        await client.query(`DELETE FROM ${table} WHERE stall_id = $1 OR $1 IS NULL`, [stallId]);
      await client.query('UPDATE quarantine SET projected_at = NULL WHERE stall_id = $1 OR $1 IS NULL', [stallId]);
      await client.query('UPDATE projection SET feed_seq = 0 WHERE stall_id = $1 OR $1 IS NULL', [stallId]);
    });
    await this.catchUp();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let waitMs = LOOK_EVERY_MS;
      try {
        await this.#quiet();
        const begunMs = performance.now();
        await this.#read(() => signal.aborted || (this.#isBusy() && performance.now() - begunMs > TURN_MS));
      } catch (error) {
        this.#log.warn({ error }, 'the orders could not be read from the journals; trying again');
        waitMs = AFTER_TROUBLE_MS;
      }
      await pause(waitMs, undefined, { signal: this.#waking.signal }).catch(() => undefined);
      if (!signal.aborted) this.#waking = new AbortController();
    }
  }

  #isBusy(): boolean {
    return performance.now() - this.#queueMs < QUIET_MS;
  }

  async #quiet(): Promise<void> {
    const { signal } = this.#closing;
    const begunMs = performance.now();
    while (this.#isBusy() && performance.now() - begunMs < LONGEST_WAIT_MS && !signal.aborted) {
      await pause(QUIET_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * One batch of a stall. An entry of which nothing can be made must not keep those after it waiting: where a batch fails they are
   * taken one by one, and the one that fails alone is passed over and told as a problem.
   * @returns whether anything was done
   */
  async #step(stallId: string): Promise<boolean> {
    await this.#database.query(statements.begin, [stallId]);
    try {
      return await this.#take(stallId);
    } catch (error) {
      if (!isOfTheEntries(error)) throw error;
    }
    for (let taken = 0; taken < BATCH_ENTRIES; taken += 1) {
      try {
        await this.#take(stallId, 1);
      } catch (error) {
        if (!isOfTheEntries(error)) throw error;
        this.#log.error({ error, stallId }, 'nothing can be made of an entry; it is passed over');
        return this.#take(stallId, 1, `nothing can be made of it: ${error.message.slice(0, 300)}`);
      }
    }
    return true;
  }

  /** @param passOver why the entries are only written down as problems */
  #take(stallId: string, most = Infinity, passOver: string | null = null): Promise<boolean> {
    return this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ feed_seq: number; announced_seq: number }>({
        ...statements.lock,
        values: [stallId],
      });
      const place = rows[0];
      if (!place) return false;
      const values = [stallId, place.feed_seq, PROJECTED_KINDS];
      const late = await client.query<Row>({ ...statements.accepted, values });
      const next = await client.query<Row>({ ...statements.next, values });
      const entries = [...late.rows, ...next.rows].slice(0, most);
      if (entries.length === 0) return false;
      if (passOver === null) await this.#project(client, stallId, entries, place.announced_seq);
      else await passedOver(client, stallId, entries, passOver);
      const end = entries.slice(late.rows.length).at(-1)?.feed_seq ?? place.feed_seq;
      await client.query({ ...statements.move, values: [stallId, end] });
      return true;
    });
  }

  async #project(client: Sql, stallId: string, rows: readonly Row[], announcedSeq: number): Promise<void> {
    const facts: Fact[] = [];
    const problems: Problem[] = [];
    const messages: WebhookMessage[] = [];
    const accepted: Row[] = [];
    const isNews = new Set<number>();
    for (const row of rows) {
      const isNew = row.feed_seq > announcedSeq;
      if (row.cause !== null && row.resolution !== 'accepted') {
        if (isNew) messages.push(quarantined(stallId, row));
        continue;
      }
      if (row.cause !== null) accepted.push(row);
      if (row.cause === null ? isNew : !row.was_announced) isNews.add(row.feed_seq);
      if (row.body === null) continue;
      const fact = readFact(feedEntry(row, row.body));
      if (fact.kind === 'unreadable') problems.push({ device: row.device_id, seq: row.seq, problem: fact.why });
      else facts.push(fact);
    }

    const touched = await this.#putStalls(client, stallId, only(facts, 'stall'));
    const orders = await this.#putOrders(client, stallId, only(facts, 'order'), problems);
    for (const { value } of orders) touched.add(value.orderId);
    const flags = only(facts, 'flag');
    await putFlags(client, stallId, flags);
    for (const { value } of flags) touched.add(value.orderId);
    await putShifts(client, stallId, facts);
    await layOutReceipts(client, stallId, [...touched]);
    await putProblems(client, stallId, problems);
    await noteAccepted(client, stallId, accepted);

    const news = [...orders, ...flags, ...only(facts, 'shift-reconciled')].filter(({ entry }) =>
      isNews.has(entry.serverSeq),
    );
    messages.push(...news.map((fact) => messageOf(stallId, fact)));
    const moves = [...orders, ...only(facts, 'matrix')]
      .filter(({ entry }) => isNews.has(entry.serverSeq))
      .sort((one, other) => one.entry.serverSeq - other.entry.serverSeq);
    messages.push(...(await putMatrix(client, stallId, moves)));
    await announce(client, stallId, messages);
  }

  /** @returns orders whose receipts were laid out under another configuration than the one that is now known */
  async #putStalls(client: Sql, stallId: string, facts: readonly FactOf<'stall'>[]): Promise<Set<string>> {
    const touched = new Set<string>();
    for (const { entry, value } of facts) {
      await client.query({ ...statements.putStall, values: [stallId, entry.at, JSON.stringify(value)] });
      const { rows } = await client.query<{ order_id: string }>({
        ...statements.ordersSince,
        values: [stallId, entry.at],
      });
      for (const { order_id } of rows) touched.add(order_id);
    }
    return touched;
  }

  /** @returns those that are new; an order that a device places a second time is a problem for a person */
  async #putOrders(
    client: Sql,
    stallId: string,
    facts: readonly FactOf<'order'>[],
    problems: Problem[],
  ): Promise<FactOf<'order'>[]> {
    if (facts.length === 0) return [];
    const { rows } = await client.query<{ order_id: string; feed_seq: number }>({
      ...statements.putOrders,
      values: [
        stallId,
        facts.map(({ entry }) => entry.device),
        facts.map(({ entry }) => entry.seq),
        facts.map(({ entry }) => entry.serverSeq),
        facts.map(({ entry }) => entry.hash),
        facts.map(({ entry }) => entry.at),
        facts.map(({ entry }) => entry.receivedAt),
        facts.map(({ value }) => JSON.stringify(value)),
      ],
    });
    const placed = new Set(rows.map(({ feed_seq }) => feed_seq));
    return facts.filter(({ entry, value }) => {
      if (placed.has(entry.serverSeq)) return true;
      problems.push({ device: entry.device, seq: entry.seq, problem: `order ${value.number} is here already` });
      return false;
    });
  }
}

interface Problem {
  readonly device: string;
  readonly seq: number;
  readonly problem: string;
}

function only<K extends Fact['kind']>(facts: readonly Fact[], kind: K): FactOf<K>[] {
  return facts.filter((fact): fact is FactOf<K> => fact.kind === kind);
}

function feedEntry(row: Row, body: string): FeedEntry {
  const { device_id, entry_id, feed_seq, received_at, seq, kind, at, event, actor, prev, hash } = row;
  const sealed = { device: device_id, seq, id: entry_id, kind, at, event, actor, body, prev, hash };
  return { ...sealed, serverSeq: feed_seq, receivedAt: received_at };
}

async function putFlags(client: Sql, stallId: string, flags: readonly FactOf<'flag'>[]): Promise<void> {
  if (flags.length === 0) return;
  await client.query({
    ...statements.putFlags,
    values: [
      stallId,
      flags.map(({ value }) => value.orderId),
      flags.map(({ entry }) => entry.at),
      flags.map(({ value }) => value.flag),
      flags.map(({ value }) => value.cause),
      flags.map(({ value }) => value.at),
      flags.map(({ entry }) => entry.serverSeq),
    ],
  });
}

async function putShifts(client: Sql, stallId: string, facts: readonly Fact[]): Promise<void> {
  const put = (shiftId: string, device: string, column: 'opened' | 'closed' | 'reconciled', value: unknown) => {
    const values = ['opened', 'closed', 'reconciled'].map((name) => (name === column ? JSON.stringify(value) : null));
    return client.query({ ...statements.putShift, values: [stallId, shiftId, device, ...values] });
  };
  for (const { kind, entry, value } of facts) {
    if (kind === 'shift-opened') await put(value.shiftId, entry.device, 'opened', value);
    if (kind === 'shift-closed') await put(value.shiftId, entry.device, 'closed', value.close);
    if (kind === 'shift-reconciled') {
      const { orderCount, totalMinor, mended } = value;
      await put(value.shiftId, entry.device, 'reconciled', {
        at: entry.at.slice(0, 24),
        orderCount,
        totalMinor,
        mended,
      });
    }
  }
}

async function layOutReceipts(client: Sql, stallId: string, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return;
  const { rows: configurations } = await client.query<{ at: string; stall: Stall }>({
    ...statements.configurations,
    values: [stallId],
  });
  if (configurations.length === 0) return;
  for (let from = 0; from < orderIds.length; from += BATCH_ENTRIES) {
    const { rows } = await client.query<{
      order_id: string;
      at: string;
      entry_hash: string;
      body: Order;
      flag: ResilienceFlag | null;
    }>({ ...statements.toLayOut, values: [stallId, orderIds.slice(from, from + BATCH_ENTRIES)] });
    const receipts = rows.map(({ at, entry_hash, body, flag }) => {
      // As the stall was configured then; where its first configuration is missing, as it was soonest after.
      const configuration = configurations.findLast((one) => one.at <= at) ?? configurations[0];
      return JSON.stringify(keptReceipt(body, configuration?.stall as Stall, flag ?? body.flag, entry_hash));
    });
    const values = [stallId, rows.map(({ order_id }) => order_id), receipts];
    await client.query({ ...statements.putReceipts, values });
  }
}

async function putProblems(client: Sql, stallId: string, problems: readonly Problem[]): Promise<void> {
  if (problems.length === 0) return;
  const columns = [problems.map(({ device }) => device), problems.map(({ seq }) => seq)];
  await client.query({
    ...statements.putProblems,
    values: [stallId, ...columns, problems.map(({ problem }) => problem)],
  });
}

async function noteAccepted(client: Sql, stallId: string, accepted: readonly Row[]): Promise<void> {
  if (accepted.length === 0) return;
  const keys = [accepted.map(({ device_id }) => device_id), accepted.map(({ seq }) => seq)];
  await client.query({ ...statements.noteAccepted, values: [stallId, ...keys] });
}

async function passedOver(client: Sql, stallId: string, rows: readonly Row[], problem: string): Promise<void> {
  const problems = rows.map(({ device_id, seq }) => ({ device: device_id, seq, problem }));
  await putProblems(client, stallId, problems);
  await noteAccepted(
    client,
    stallId,
    rows.filter(({ resolution }) => resolution === 'accepted'),
  );
}

/**
 * Whether the same entries would fail again for what is in them: data that PostgreSQL refuses (appendix A: classes 21 to 23 and 54),
 * or that our own code cannot work with. Whatever else fails may be the database's trouble, and is tried again.
 */
function isOfTheEntries(error: unknown): error is Error {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return true;
  const { code } = error as { readonly code?: unknown };
  return error instanceof Error && typeof code === 'string' && /^(21|22|23|54)...$/.test(code);
}

function quarantined(stallId: string, { device_id, seq, hash, kind, cause, detail, received_at }: Row): WebhookMessage {
  const data = { device: device_id, seq, kind, cause, detail };
  return messageAbout(stallId, { device: device_id, seq, hash }, 'quarantine.added', received_at, data);
}

/** What is told of a fact. People are left out; amounts are in the currency's smallest unit. */
function messageOf(
  stallId: string,
  { kind, entry, value }: FactOf<'order'> | FactOf<'flag'> | FactOf<'shift-reconciled'>,
): WebhookMessage {
  const { device, receivedAt } = entry;
  switch (kind) {
    case 'order': {
      const { staffId: _staffId, receiptKey: _receiptKey, ...order } = value;
      return messageAbout(stallId, entry, 'order.placed', receivedAt, { device, order });
    }
    case 'flag': {
      const { orderId, flag, cause, at } = value;
      return messageAbout(stallId, entry, 'order.flagged', receivedAt, { device, orderId, flag, cause, at });
    }
    case 'shift-reconciled': {
      const { shiftId, orderCount, totalMinor, mended } = value;
      const data = { device, shiftId, orderCount, totalMinor, mended };
      return messageAbout(stallId, entry, 'shift.reconciled', receivedAt, data);
    }
  }
}
