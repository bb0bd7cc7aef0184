/** A hub that lost what it had acknowledged, and queues that wait for longer than a day, as whole tills meet them. */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../../src/journal/kinds';
import { exportFolder } from '../../src/main/db/inspect';
import { entriesAtHub, orderIdsIn } from '../helpers/market-end';
import { TillMarket, type WifiTill } from '../helpers/till-market';

const HOUR_MS = 3_600_000;

let market: TillMarket;
let till: WifiTill;

beforeAll(async () => {
  market = await TillMarket.lay();
  till = await market.startTill('North');
  await market.join(till);
});
beforeEach(async () => {
  const { shift } = till.client.topics.session;
  if (shift === null) await till.client.call('shift.open', { floatMinor: 0 });
});
afterAll(() => market.close());

const ask = async (text: string): Promise<unknown[]> => {
  const client = new pg.Client(market.databaseUrl);
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
};
const atHub = async (): Promise<string[]> => orderIdsIn(await entriesAtHub(market));
const inStep = async (): Promise<void> => {
  await expect.poll(atHub, { timeout: 20_000 }).toEqual(market.paid);
  await till.client.until(({ sync }) => sync.state === 'online' && sync.queued === 0, 'the till in step');
};
const reconciled = (): Entry[] =>
  [...exportFolder(till.dataDir)]
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ kind }) => kind === 'shift.reconciled');
const closeShift = () => till.client.call('shift.close', { countedMinor: 0, reason: 'counted elsewhere' });

test('orders that somebody deleted from the database are missed at the close of the shift and handed over again', async () => {
  await market.sell(till, 4);
  await inStep();
  const before = await entriesAtHub(market);
  await ask(`DELETE FROM entry WHERE kind = 'order.placed' AND body::json -> 'order' ->> 'orderId' IN
    ('${market.paid[1]}', '${market.paid[2]}')`);
  expect(await atHub()).toHaveLength(2);
  await closeShift();
  await expect.poll(() => reconciled().length, { timeout: 20_000 }).toBe(1);
  expect(reconciled()).toMatchObject([{ body: { orderCount: 4, mended: 2 } }]);
  expect((await atHub()).sort()).toEqual([...market.paid].sort());
  // The same entries under the same ids.
  const after = new Map((await entriesAtHub(market)).map((entry) => [entry.id, entry.hash]));
  expect(before.every(({ id, hash }) => after.get(id) === hash)).toBe(true);
  expect(await market.faultsAtEnd()).toEqual([]);
});

test('a database put back to an old dump without a word gets again what it lost, under the same ids', async () => {
  await market.sell(till, 2);
  await inStep();
  const tables = ['stall', 'device', 'entry', 'quarantine', 'epoch', 'epoch_start'];
  await ask(`BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE SCHEMA dump;
    ${tables.map((table) => `CREATE TABLE dump.${table} AS SELECT * FROM public.${table};`).join('')} COMMIT`);
  await market.sell(till, 3);
  await inStep();
  const had = await entriesAtHub(market);

  // Rows as they were then, under a hub that runs on and knows nothing of it.
  till.wifi.become('down');
  await ask(
    `BEGIN; SET LOCAL session_replication_role = replica;
     ${tables.map((table) => `DELETE FROM public.${table}; INSERT INTO public.${table} SELECT * FROM dump.${table};`).join('\n')}
     COMMIT`,
  );
  expect(await atHub()).toEqual(market.paid.slice(0, -3));
  till.wifi.become('fair');
  await market.sell(till, 1);
  expect(await market.faultsAtEnd()).toEqual([]);
  const has = new Map((await entriesAtHub(market)).map(({ id, hash }) => [id, hash]));
  expect(had.every(({ id, hash }) => has.get(id) === hash)).toBe(true);
});

test('the day within which a queue is to clear is counted order by order, and over when the hub has them', async () => {
  till.wifi.become('down');
  await market.sell(till, 1);
  market.pass(2 * HOUR_MS);
  await market.sell(till, 2);
  const overdue = async (): Promise<number> => {
    await till.client.call('sync.now', {});
    return till.client.topics.sync.overdueOrders;
  };
  market.pass(21 * HOUR_MS);
  expect(await overdue()).toBe(0);
  market.pass(1.5 * HOUR_MS);
  expect(await overdue()).toBe(1);
  market.pass(2 * HOUR_MS);
  expect(await overdue()).toBe(3);
  till.wifi.become('fair');
  await till.client.call('sync.now', {});
  await inStep();
  expect(till.client.topics.sync.overdueOrders).toBe(0);
  expect(await market.faultsAtEnd()).toEqual([]);
});

test('an order the hub has otherwise is named on the till until it is mended', async () => {
  await market.sell(till, 2);
  await inStep();
  const changed = market.paid.at(-1) ?? '';
  const before = reconciled().length;
  await ask(`UPDATE entry SET hash = repeat('0', 64) WHERE kind = 'order.placed' AND body LIKE '%${changed}%'`);
  await closeShift();
  await till.client.until(({ sync }) => sync.mismatches.length === 1, 'the mismatch on the screen');
  const { number } = (await till.client.call('order.get', { orderId: changed })).order;
  expect(till.client.topics.sync.mismatches).toMatchObject([
    { orders: [{ orderId: changed, number, fault: 'differs' }] },
  ]);
  expect(reconciled()).toHaveLength(before);
});
