import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { FastifyBaseLogger } from 'fastify';
import { Refusal } from '../exchange/exchange-store';

export interface DatabaseOptions {
  /**
   * `postgres://user:password@host:5432/name`. Several hosts, `host-a:5432,host-b:5432`, are the nodes of one cluster: the
   * one that takes writes is found, and found again when it changes.
   */
  readonly url: string;
  readonly log: FastifyBaseLogger;
  readonly maxConnections?: number;
}

export type Sql = pg.PoolClient;

/** A statement that is prepared once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** What the hub asks takes milliseconds; a database that takes this long is as good as away. */
const STATEMENT_TIMEOUT_MS = 60_000;
const RETRY_AFTER_MS = 300;
const DEFAULT_CONNECTIONS = 16;

const INT8 = 20;

/** Counts and places stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/** Sessions that would acknowledge before the disk has it are told to wait; a cluster's stricter setting stays. */
const DURABLE =
  "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/**
 * The hub's connections to PostgreSQL. When the server goes away or is no longer the one that takes writes, what is under way
 * fails with `unavailable` and the next request looks for it anew.
 */
export class Database {
  readonly #urls: readonly string[];
  readonly #options: DatabaseOptions;
  readonly #found: ((client: Sql) => Promise<void>)[] = [];
  #pool: Promise<pg.Pool> | null = null;
  #isClosed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#urls = urlsOf(options.url);
  }

  /** Called with a connection whenever a server was found that takes writes, before anything else is asked of it. */
  onFound(listener: (client: Sql) => Promise<void>): void {
    this.#found.push(listener);
  }

  async query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#guarded(async (pool) => (await pool.query<Row>({ ...statement, values: [...values] })).rows);
  }

  /** Runs work on one connection without a transaction of its own. */
  async withClient<T>(work: (client: Sql) => Promise<T>): Promise<T> {
    return this.#guarded(async (pool) => {
      const client = await pool.connect();
      let fault: Error | undefined;
      try {
        return await work(client);
      } catch (error) {
        if (isConnectionTrouble(error)) fault = error as Error;
        throw error;
      } finally {
        client.release(fault);
      }
    });
  }

  /** Runs work in one transaction: all of it is durable when this resolves, none of it when it rejects. */
  async transaction<T>(work: (client: Sql) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work(client);
        await commit(client);
        return result;
      } catch (error) {
        if (!isConnectionTrouble(error)) await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  /** A connection of its own, for LISTEN; the caller ends it. */
  async ownClient(): Promise<pg.Client> {
    const { options } = await this.#primary();
    const client = new pg.Client({ ...options, keepAlive: true });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** How its connections are used now. */
  get usage(): Promise<{ readonly total: number; readonly idle: number; readonly waiting: number } | null> {
    if (this.#pool === null) return Promise.resolve(null);
    return this.#pool.then(
      ({ totalCount, idleCount, waitingCount }) => ({ total: totalCount, idle: idleCount, waiting: waitingCount }),
      () => null,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const pool = this.#pool;
    this.#pool = null;
    await pool?.then(
      (open) => open.end(),
      () => undefined,
    );
  }

  async #guarded<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const pending = this.#primary();
    try {
      return await work(await pending);
    } catch (error) {
      if (error instanceof Refusal || !isConnectionTrouble(error)) throw error;
      if (isShort(error)) this.#options.log.error({ error }, 'the database has too little disk or memory');
      // Whoever waited in vain for a free connection has not heard anything bad of the database.
      if (!isQueueTooLong(error)) this.#drop(pending);
      throw unavailable(error);
    }
  }

  #primary(): Promise<pg.Pool> {
    if (this.#isClosed) return Promise.reject(unavailable(new Error('closed')));
    if (this.#pool === null) {
      const finding = this.#find();
      this.#pool = finding;
      finding.catch(() => {
        if (this.#pool === finding) this.#pool = null;
      });
    }
    return this.#pool;
  }

  #drop(pending: Promise<pg.Pool>): void {
    if (this.#pool !== pending) return;
    this.#pool = null;
    pending.then(
      (pool) => pool.end().catch(() => undefined),
      () => undefined,
    );
  }

  /** The pool on the first server that takes writes. */
  async #find(): Promise<pg.Pool> {
    let last: unknown = new Error('no server takes writes');
    for (const connectionString of this.#urls) {
      const pool = this.#open(connectionString);
      try {
        const client = await pool.connect();
        try {
          const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
          if (rows[0]?.standby !== false) throw new Error('a standby');
          for (const listener of this.#found) await listener(client);
        } finally {
          client.release();
        }
        return pool;
      } catch (error) {
        last = error;
        await pool.end().catch(() => undefined);
        if (!isConnectionTrouble(error) && !(error instanceof Error && error.message === 'a standby')) throw error;
      }
    }
    // Whoever asks again at once would only find the same.
    await pause(RETRY_AFTER_MS / 3);
    throw unavailable(last);
  }

  #open(connectionString: string): pg.Pool {
    const { log, maxConnections = DEFAULT_CONNECTIONS } = this.#options;
    const pool = new pg.Pool({
      connectionString,
      max: maxConnections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      application_name: 'trestle hub',
      keepAlive: true,
      types,
      // Waited for before a connection is used, whatever its type says.
      onConnect: ((client) => {
        // The pool listens only while nobody uses it; one that breaks between two questions would end the process. The next
        // question fails by itself.
        client.on('error', () => undefined);
        return client.query(DURABLE);
      }) as (client: pg.ClientBase) => void,
    });
    pool.on('error', (error) => log.warn({ error }, 'an idle database connection broke'));
    return pool;
  }
}

/**
 * Commits, and believes it only without a warning: when the wait for a standby is given up (a timeout, a cancel), PostgreSQL
 * calls the commit a success although no other node may have it (documentation of synchronous_commit; class 01 is warnings).
 */
async function commit(client: Sql): Promise<void> {
  let warning: string | null = null;
  const hear = ({ code, message }: { readonly code?: string | undefined; readonly message?: string | undefined }) => {
    if (code?.startsWith('01')) warning = message ?? code;
  };
  client.on('notice', hear);
  try {
    await client.query('COMMIT');
  } finally {
    client.off('notice', hear);
  }
  if (warning !== null) throw unavailable(new Error(warning));
}

/** The addresses of the nodes of a cluster, one each. */
export function urlsOf(url: string): string[] {
  const [, before = '', hosts = '', after = ''] = /^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)([^/?]*)(.*)$/s.exec(url) ?? [];
  const several = hosts.split(',');
  if (several.length < 2) return [url];
  // What libpq says to find the primary is what is done here anyway.
  const rest = after.replace(/([?&])target_session_attrs=[^&]*&?/, '$1').replace(/[?&]$/, '');
  return several.map((host) => `${before}${host}${rest}`);
}

/**
 * Whether the server went away, is starting or stopping, or takes no writes any more, as opposed to having refused what it
 * was asked (PostgreSQL appendix A: classes 08 and 57, 25006 read-only transaction, 53100 to 53300 too little disk,
 * memory or too few connections).
 */
export function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') {
    return /^(08...|57P0.|57014|25006|53[123]00|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|EACCES)$/.test(
      code,
    );
  }
  return /terminat|timeout|closed|not queryable|ended/i.test(error.message);
}

/** Every connection was in use for too long. pg-pool has no code for it. */
function isQueueTooLong(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}

/** It is there, and has no room for what it was asked. */
function isShort(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === '53100' || code === '53200';
}

function unavailable(cause: unknown): Refusal {
  const message = isShort(cause)
    ? 'The database of the hub has too little disk or memory: its operator must make room.'
    : 'The database of the hub cannot be reached: try again shortly.';
  return new Refusal('unavailable', message, { retryAfterMs: RETRY_AFTER_MS, cause });
}
