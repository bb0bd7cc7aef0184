import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { Database } from '../../src/hub/database';
import { startPostgresCluster, type PostgresCluster } from '../helpers/postgres-cluster';

let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startPostgresCluster();
});
afterAll(() => cluster.stop());

/** Writes numbers until it is told to stop, each until it is acknowledged, through every loss of the connection. */
function writer(url: string): { readonly acknowledged: number[]; stop(): Promise<void> } {
  const acknowledged: number[] = [];
  let isOver = false;
  const done = (async () => {
    for (let number = 1, client: pg.Client | null = null; ;) {
      try {
        if (client === null) {
          client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
          client.on('error', () => undefined);
          await client.connect();
        }
        await client.query('INSERT INTO sale VALUES ($1) ON CONFLICT DO NOTHING', [number]);
        acknowledged.push(number);
        number += 1;
      } catch {
        client?.end().catch(() => undefined);
        client = null;
      }
      if (isOver) return void (await client?.end());
    }
  })();
  return {
    acknowledged,
    stop() {
      isOver = true;
      return done;
    },
  };
}

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
};

test('what was acknowledged outlives kill -9 of three primaries in turn', async () => {
  const url = await cluster.newDatabase();
  const client = new pg.Client(url);
  await client.connect();
  await client.query('CREATE TABLE sale (number int PRIMARY KEY)');
  await client.end();

  const sales = writer(url);
  for (let round = 0; round < 3; round += 1) {
    const before = sales.acknowledged.length;
    await until(() => sales.acknowledged.length > before + 50);
    await cluster.killPrimary();
    await cluster.promote();
    const resumed = sales.acknowledged.length;
    await until(() => sales.acknowledged.length > resumed + 10);
    await cluster.rejoin();
  }
  await sales.stop();

  const after = new pg.Client(url);
  await after.connect();
  const { rows } = await after.query<{ number: number }>('SELECT number FROM sale ORDER BY number');
  await after.end();
  expect(rows.map(({ number }) => number)).toEqual(sales.acknowledged);
});

test('a commit is acknowledged only when a standby has it', async () => {
  const url = await cluster.newDatabase();
  const client = new pg.Client(url);
  await client.connect();
  await client.query('CREATE TABLE sale (number int PRIMARY KEY)');
  await cluster.killStandbys();
  let isAcknowledged = false;
  const sale = client.query('INSERT INTO sale VALUES (1)').then(() => (isAcknowledged = true));
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE 'INSERT%'`;
  while (!isAcknowledged && (await cluster.query(waiting)).length === 0);
  expect(isAcknowledged).toBe(false);
  await cluster.rejoin();
  await sale;
  await client.end();
});

test('the hub takes no word for a commit whose wait for a standby was given up', async () => {
  const url = await cluster.newDatabase();
  const database = new Database({ url, log: Fastify({ logger: false }).log });
  await database.query({ name: 'make', text: 'CREATE TABLE sale (number int PRIMARY KEY)' });
  await cluster.killStandbys();
  // What a statement timeout does as well: PostgreSQL answers COMMIT with a warning only.
  const sale = database.transaction((client) => client.query('INSERT INTO sale VALUES (1)'));
  const outcome = sale.then(
    () => 'acknowledged',
    (error: unknown) => (error as { code?: string }).code,
  );
  const giveUp = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = $1`;
  while ((await cluster.query(giveUp, [new URL(url).pathname.slice(1)])).length === 0);
  expect(await outcome).toBe('unavailable');
  await cluster.rejoin();
  await database.close();
});
