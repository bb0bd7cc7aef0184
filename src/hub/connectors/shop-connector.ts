import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Order, ResilienceFlag } from '../../domain/order';
import type { Database, Sql } from '../database';
import { prepareShop, transferOrder, type Shop } from './vendure';
import { VendureError, type AdminApi } from './vendure-client';

const CONNECTOR = 'vendure';
const PAGE = 50;
const LOOK_EVERY_MS = 5_000;
/** Pauses while the shop cannot be reached, doubling from the first to the last. */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 5 * 60_000;
/** What the shop refused is tried again so often: somebody may have mended it there. */
const RETRY_REFUSED_MS = 15 * 60_000;
/** First of the two numbers of the lock that one connector per shop holds. */
const SHOP_LOCK = 0x7472_7368;

/** How the sales of a stall come on in a shop. */
export interface ConnectorView {
  readonly stallId: string;
  readonly address: string;
  readonly done: number;
  readonly refused: number;
  /** Orders at the hub that were not looked at yet. */
  readonly waiting: number;
  readonly lastSuccessAt: Date | null;
  readonly lastError: string | null;
  readonly lastErrorAt: Date | null;
}

/** An order that a person should look at: refused, or done with something to remark. */
export interface ConnectorOrder {
  readonly orderId: string;
  readonly number: string;
  readonly state: 'done' | 'refused';
  readonly remoteCode: string | null;
  readonly remarks: readonly string[];
  readonly at: Date;
}

interface OrderRow {
  readonly order_id: string;
  readonly feed_seq: number;
  readonly body: Order;
  readonly flag: ResilienceFlag | null;
}

const FLAG = `(SELECT flag FROM order_flag f
  WHERE f.stall_id = o.stall_id AND f.order_id = o.order_id ORDER BY f.at DESC LIMIT 1) AS flag`;

const statements = {
  connect: {
    name: 'connector-connect',
    text: `INSERT INTO connector (stall_id, connector, address) SELECT stall_id, $2, $3 FROM stall WHERE stall_id = $1
ON CONFLICT (stall_id, connector) DO UPDATE SET address = excluded.address,
  feed_seq = CASE WHEN connector.address = excluded.address THEN connector.feed_seq ELSE 0 END
RETURNING stall_id`,
  },
  next: {
    name: 'connector-next',
    text: `SELECT order_id, o.feed_seq, body, ${FLAG} FROM placed_order o JOIN connector c USING (stall_id)
WHERE stall_id = $1 AND connector = $2 AND o.feed_seq > c.feed_seq ORDER BY o.feed_seq LIMIT ${PAGE}`,
  },
  refused: {
    name: 'connector-refused',
    text: `SELECT order_id, o.feed_seq, body, ${FLAG} FROM connector_order JOIN placed_order o USING (stall_id, order_id)
WHERE stall_id = $1 AND connector = $2 AND state = 'refused' AND o.feed_seq > $3 ORDER BY o.feed_seq LIMIT ${PAGE}`,
  },
  putOrder: {
    name: 'connector-order',
    text: `WITH moved AS (
  UPDATE connector SET feed_seq = greatest(feed_seq, $4), last_success_at = now(), last_error = NULL, last_error_at = NULL
  WHERE stall_id = $1 AND connector = $2
)
INSERT INTO connector_order (stall_id, connector, order_id, state, remote_id, remote_code, remarks)
VALUES ($1, $2, $3, $5, $6, $7, $8)
ON CONFLICT (stall_id, connector, order_id) DO UPDATE SET state = excluded.state, remote_id = excluded.remote_id,
  remote_code = excluded.remote_code, remarks = excluded.remarks, at = now()`,
  },
  noteError: {
    name: 'connector-error',
    text: 'UPDATE connector SET last_error = $3, last_error_at = now() WHERE stall_id = $1 AND connector = $2',
  },
  view: {
    name: 'connector-view',
    text: `SELECT stall_id AS "stallId", address, last_success_at AS "lastSuccessAt", last_error AS "lastError",
  last_error_at AS "lastErrorAt",
  (SELECT count(*) FROM connector_order o WHERE o.stall_id = c.stall_id AND o.connector = c.connector AND state = 'done')
    AS done,
  (SELECT count(*) FROM connector_order o
    WHERE o.stall_id = c.stall_id AND o.connector = c.connector AND state = 'refused') AS refused,
  (SELECT count(*) FROM placed_order o WHERE o.stall_id = c.stall_id AND o.feed_seq > c.feed_seq) AS waiting
FROM connector c ORDER BY stall_id`,
  },
  remarks: {
    name: 'connector-remarks',
    text: `SELECT order_id AS "orderId", number, state, remote_code AS "remoteCode", remarks, connector_order.at
FROM connector_order JOIN placed_order USING (stall_id, order_id)
WHERE stall_id = $1 AND connector = $2 AND (state = 'refused' OR remarks <> '[]')
ORDER BY state = 'refused' DESC, connector_order.at DESC LIMIT 200`,
  },
} as const;

/** The stalls whose sales go to a shop, and how far they are. */
export function connectorViews(database: Database): Promise<ConnectorView[]> {
  return database.query<ConnectorView>(statements.view);
}

/** What a person should look at of a stall's sales in its shop, refused ones first. */
export function connectorRemarks(database: Database, stallId: string): Promise<ConnectorOrder[]> {
  return database.query<ConnectorOrder>(statements.remarks, [stallId, CONNECTOR]);
}

/**
 * Brings a stall's orders into a shop, in the order in which the hub got them. How far it is stands in the hub's database,
 * after each order; what an order lacks in the shop is asked of the shop. One that the shop refuses stands aside with the
 * reason and holds up none behind it.
 */
export class ShopConnector {
  readonly #database: Database;
  readonly #log: FastifyBaseLogger;
  readonly #stallId: string;
  readonly #address: string;
  readonly #api: AdminApi;
  #shop: Shop | null = null;

  constructor(options: {
    readonly database: Database;
    readonly log: FastifyBaseLogger;
    readonly stallId: string;
    /** Of the shop: another one begins from the first order. */
    readonly address: string;
    readonly api: AdminApi;
  }) {
    this.#database = options.database;
    this.#log = options.log;
    this.#stallId = options.stallId;
    this.#address = options.address;
    this.#api = options.api;
  }

  /**
   * Brings over what is at the hub now.
   * @param again whether orders that were refused before are tried again
   * @returns how many orders were brought, and how many refused
   * @throws VendureError `unreachable` or `signed-out`; noted for people to see
   */
  async run({ again = false }: { readonly again?: boolean } = {}): Promise<{
    readonly done: number;
    readonly refused: number;
  }> {
    const connected = await this.#database.query(statements.connect, [this.#stallId, CONNECTOR, this.#address]);
    if (connected.length === 0) throw new Error(`There is no stall ${this.#stallId} at this hub.`);
    return this.#alone(async () => {
      const counts = { done: 0, refused: 0 };
      try {
        this.#shop ??= await prepareShop(this.#api);
        let place: number | null = again ? 0 : null;
        while (place !== null) place = await this.#bring(statements.refused, [place], counts);
        while ((await this.#bring(statements.next, [], counts)) !== null);
      } catch (error) {
        this.#shop = null;
        if (error instanceof VendureError) {
          await this.#database.query(statements.noteError, [this.#stallId, CONNECTOR, error.message]);
        }
        throw error;
      }
      return counts;
    });
  }

  /** Runs again and again until it is told to end; rests while the shop cannot be reached. */
  async follow(signal: AbortSignal): Promise<void> {
    let restMs = FIRST_PAUSE_MS;
    let retriedMs = 0;
    while (!signal.aborted) {
      let waitMs = LOOK_EVERY_MS;
      const again = Date.now() - retriedMs > RETRY_REFUSED_MS;
      try {
        const { done, refused } = await this.run({ again });
        if (again) retriedMs = Date.now();
        if (done + refused > 0) this.#log.info({ done, refused }, 'sales were brought to the shop');
        restMs = FIRST_PAUSE_MS;
      } catch (error) {
        this.#log.warn({ error }, 'sales could not be brought to the shop; trying again');
        waitMs = restMs * (0.8 + 0.4 * Math.random());
        restMs = Math.min(restMs * 2, LAST_PAUSE_MS);
      }
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns the place of the last order that was looked at, or null when there was none */
  async #bring(
    statement: { readonly name: string; readonly text: string },
    values: readonly unknown[],
    counts: { done: number; refused: number },
  ): Promise<number | null> {
    const rows = await this.#database.query<OrderRow>(statement, [this.#stallId, CONNECTOR, ...values]);
    for (const row of rows) counts[await this.#bringOne(row)] += 1;
    return rows.at(-1)?.feed_seq ?? null;
  }

  async #bringOne({ order_id, feed_seq, body, flag }: OrderRow): Promise<'done' | 'refused'> {
    const note = (
      state: 'done' | 'refused',
      remoteId: string | null,
      code: string | null,
      remarks: readonly string[],
    ) =>
      this.#database.query(statements.putOrder, [
        this.#stallId,
        CONNECTOR,
        order_id,
        feed_seq,
        state,
        remoteId,
        code,
        JSON.stringify(remarks),
      ]);
    try {
      const order = { ...body, flag: flag ?? body.flag };
      const { remoteId, code, remarks } = await transferOrder(this.#api, this.#shop as Shop, order);
      await note('done', remoteId, code, remarks);
      return 'done';
    } catch (error) {
      if (!(error instanceof VendureError) || error.kind !== 'refused') throw error;
      await note('refused', null, null, [error.message]);
      return 'refused';
    }
  }

  /** Two at once would take each other's drafts for their own: one per shop works at a time. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const client = await this.#database.ownClient();
    try {
      if (!(await tryLock(client, this.#address))) throw new Error('Another connector is at work on this shop.');
      return await work();
    } finally {
      await client.end();
    }
  }
}

async function tryLock(client: Pick<Sql, 'query'>, address: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked', [
    SHOP_LOCK,
    address,
  ]);
  return rows[0]?.locked === true;
}
