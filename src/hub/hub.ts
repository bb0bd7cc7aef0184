import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { exchangeRoutes } from '../exchange/routes';
import { newServer, type ServerLimits } from '../exchange/server';
import { createBatchReaders } from './batch-readers';
import { Database } from './database';
import { loadIdentity, newOperatorToken, noticeOtherDatabase, type HubIdentity } from './hub-record';
import { migrate } from './migrations';
import { openOutward, type Outward } from './outward/outward';
import { requireOperator } from './outward/routes';
import { HubMetrics, observe } from './observing';
import { operatorPages } from './operator/routes';
import { OperatorDoor } from './operator/session';
import { PostgresStore } from './postgres-store';
import { receiptPages } from './receipt-pages';
import { packageVersion } from './project-folder';
import { acceptUnderstood } from './stalls';

export interface HubOptions {
  /** See `DatabaseOptions.url`. */
  readonly databaseUrl: string;
  readonly log: FastifyBaseLogger;
  /** How devices reach this hub; null to take the address each of them used. */
  readonly publicUrl?: string | null;
  /** Whether a proxy in front says who asks. */
  readonly trustProxy?: boolean;
  readonly limits?: ServerLimits;
  readonly maxConnections?: number;
  readonly now?: () => Date;
  /** Whether this process makes orders of the journals and sends webhooks, or leaves it to others; default yes. */
  readonly background?: boolean;
  /** Whether webhooks may go to the hub's own network; default no. */
  readonly allowPrivateWebhooks?: boolean;
  /** Where the built thread that reads batches is looked for: by default where this module is. */
  readonly readersBeside?: string;
}

/** A running hub process, without a port yet: `app.listen` gives it one. */
export interface Hub {
  readonly app: FastifyInstance;
  readonly store: PostgresStore;
  readonly database: Database;
  readonly identity: HubIdentity;
  readonly outward: Outward;
  /** Of a database that had none: shown once, kept as its hash. */
  readonly operatorToken: string | null;
  /** Answers what is under way, then lets go of the database. */
  close(): Promise<void>;
}

/**
 * Opens a hub on a database, which it makes its own when it is empty.
 * @throws DatabaseFromTheFuture; `Refusal` `unavailable` when the database cannot be reached
 */
export async function openHub(options: HubOptions): Promise<Hub> {
  const { databaseUrl, log, publicUrl = null, trustProxy, limits, maxConnections, now = () => new Date() } = options;
  const { background = true, allowPrivateWebhooks = false, readersBeside } = options;
  const database = await openDatabase({ databaseUrl, log, ...(maxConnections && { maxConnections }) });
  try {
    const identity = await database.withClient(loadIdentity);
    const operatorToken = await newOperatorToken(database, true);
    await acceptUnderstood(database, now());
    const metrics = new HubMetrics(database);
    const store = new PostgresStore({ database, log, onAppended: (appended) => metrics.appended(appended) });
    const readers = createBatchReaders(readersBeside);
    const door = new OperatorDoor(database, identity);
    const app = newServer({ log, ...(limits && { limits }), ...(trustProxy && { trustProxy }) });
    await observe(app, {
      database,
      metrics,
      version: packageVersion(),
      requireOperator: (request) => requireOperator(database, request),
    });
    await app.register(exchangeRoutes, { store, identity, now, publicUrl, read: readers.read });
    const outward = await openOutward({ app, database, store, log, now, allowPrivateWebhooks });
    const { webhooks } = outward;
    await app.register(operatorPages, { database, store, identity, door, webhooks, publicUrl, now });
    await app.register(receiptPages, { database });
    await app.ready();
    store.listen();
    if (background) outward.start();
    return {
      app,
      store,
      database,
      identity,
      outward,
      operatorToken,
      async close() {
        await app.close();
        await readers.close();
        await outward.close();
        await store.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Connects to the hub's database and brings its tables up to date. */
export async function openDatabase({
  databaseUrl,
  log,
  maxConnections,
}: Pick<HubOptions, 'databaseUrl' | 'log' | 'maxConnections'>): Promise<Database> {
  const database = new Database({ url: databaseUrl, log, ...(maxConnections && { maxConnections }) });
  database.onFound(migrate);
  database.onFound(async (client) => {
    const epoch = await noticeOtherDatabase(client);
    if (epoch !== null) log.warn({ epoch }, 'the database is another one than before: a new epoch begins');
  });
  try {
    await database.withClient(() => Promise.resolve());
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
