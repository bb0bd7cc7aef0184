import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { Database } from '../../src/hub/database';
import type { EnrolledDevice } from '../helpers/exchange-device';
import { startHub } from '../helpers/hub';
import { startPostgresCluster, type PostgresCluster } from '../helpers/postgres-cluster';

let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startPostgresCluster();
});
afterAll(() => cluster.stop());

/** Sells and hands over until it is told to stop, each batch until the hub acknowledges it. */
function seller({ device, push }: EnrolledDevice): { readonly acknowledged: string[]; stop(): Promise<void> } {
  const acknowledged: string[] = [];
  let isOver = false;
  const done = (async () => {
    while (!isOver) {
      const { entry } = device.sell();
      for (let isIn = false; !isIn;) {
        isIn = await push(entry.seq).then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'unavailable' });
            return false;
          },
        );
      }
      acknowledged.push(entry.id);
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

test('what the hub acknowledged outlives kill -9 of three primaries in turn, once each', async () => {
  const databaseUrl = cluster.onAllNodes(await cluster.newDatabase());
  const hub = await startHub({ databaseUrl });
  const stallId = await hub.newStall();
  const tills = [await hub.join(stallId), await hub.join(stallId)];
  for (const till of tills) await till.push();
  const sellers = tills.map(seller);
  for (let round = 0; round < 3; round += 1) {
    const after = async (count: number): Promise<void> => {
      const before = sellers.map(({ acknowledged }) => acknowledged.length);
      await until(() =>
        sellers.every(({ acknowledged }, index) => acknowledged.length >= (before[index] ?? 0) + count),
      );
    };
    await after(25);
    await cluster.killPrimary();
    await cluster.promote();
    await after(5);
    await cluster.rejoin();
  }
  await Promise.all(sellers.map((one) => one.stop()));

  const there: string[] = [];
  const [till] = tills;
  for (let after = '0.0', more = true; till && more;) {
    const page = await till.client.feed({ after, own: 'all' });
    there.push(...page.entries.filter(({ kind }) => kind === 'order.placed').map(({ id }) => id));
    ({ cursor: after, more } = page);
  }
  expect(there.sort()).toEqual(sellers.flatMap(({ acknowledged }) => acknowledged).sort());
  await hub.close();
});

test('a connection that breaks between two questions is no end of the hub', async () => {
  const database = new Database({ url: await cluster.newDatabase(), log: Fastify({ logger: false }).log });
  const outcome = database.withClient(async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const broken = new Promise((resolve) => client.once('end', resolve));
    await cluster.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await broken;
    await client.query('SELECT 1');
  });
  await expect(outcome).rejects.toMatchObject({ code: 'unavailable' });
  expect(await database.query({ name: 'again', text: 'SELECT 1 AS one' })).toEqual([{ one: 1 }]);
  await database.close();
});

test('who waits in vain for a free connection takes none away from the others', async () => {
  const log = Fastify({ logger: false }).log;
  const database = new Database({ url: await cluster.newDatabase(), log, maxConnections: 1 });
  const pid = { name: 'pid', text: 'SELECT pg_backend_pid() AS pid' };
  let letGo = (): void => undefined;
  const held = database.withClient(async (client) => {
    await new Promise<void>((resolve) => (letGo = resolve));
    return (await client.query<{ pid: number }>(pid.text)).rows;
  });
  await expect(database.query(pid)).rejects.toMatchObject({ code: 'unavailable' });
  letGo();
  expect(await database.query(pid)).toEqual(await held);
  await database.close();
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
