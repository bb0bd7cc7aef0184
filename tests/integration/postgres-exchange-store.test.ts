import Fastify from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import type { Database } from '../../src/hub/database';
import { openDatabase } from '../../src/hub/hub';
import { beginEpoch, loadIdentity } from '../../src/hub/hub-record';
import { PostgresStore } from '../../src/hub/postgres-store';
import { addStall, revokeDevice } from '../../src/hub/stalls';
import { exchangeStoreConformance } from '../helpers/exchange-store-conformance';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

const { log } = Fastify({ logger: false });
let postgres: PostgresServer;
let database: Database;
let store: PostgresStore;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await openDatabase({ databaseUrl: await postgres.newDatabase(), log });
  await database.withClient(loadIdentity);
  store = new PostgresStore({ database, log });
});
afterAll(async () => {
  await store.close();
  await database.close();
  await postgres.stop();
});

exchangeStoreConformance('PostgreSQL', () => ({
  store,
  newStall: () => addStall(database, 'Bramble & Rye'),
  revoke: (stallId, deviceId) => revokeDevice(database, stallId, deviceId),
  beginEpoch: async () => void (await database.transaction((client) => beginEpoch(client, 'restored'))),
}));
