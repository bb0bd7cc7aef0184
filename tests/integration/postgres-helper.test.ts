import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

test('databases are apart, and what was committed outlives kill -9', async () => {
  const addresses = [await server.newDatabase(), await server.newDatabase()];
  for (const [place, address] of addresses.entries()) {
    const client = new pg.Client(address);
    await client.connect();
    await client.query('CREATE TABLE kept AS SELECT $1::int AS place', [place]);
    await client.end();
  }
  await server.kill();
  await expect(server.query('SELECT 1')).rejects.toThrow('ECONNREFUSED');
  await server.start();
  for (const [place, address] of addresses.entries()) {
    const client = new pg.Client(address);
    await client.connect();
    expect((await client.query('SELECT place FROM kept')).rows).toEqual([{ place }]);
    await client.end();
  }
});

test('nothing of it is left behind', async () => {
  const other = await startPostgres();
  await other.stop();
  expect(existsSync(other.dataDir)).toBe(false);
  await expect(other.query('SELECT 1')).rejects.toThrow('ECONNREFUSED');
});
