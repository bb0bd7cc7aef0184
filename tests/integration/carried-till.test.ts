/** A whole till whose queue leaves on a stick: saved on its screen, taken in by `trestle hub take-in`, the answer carried back. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runHubCommand } from '../helpers/hub-process';
import { temporaryFolder } from '../helpers/kiosk';
import { entriesAtHub, orderIdsIn } from '../helpers/market-end';
import { TillMarket, type WifiTill } from '../helpers/till-market';

// A folder in the place of what somebody plugged in.
const plugged = vi.hoisted(() => ({ path: '' }));
vi.mock(import('../../src/main/core/sticks'), () => ({
  findSticks: () => [{ path: plugged.path, name: 'STICK', freeBytes: 1e9 }],
}));

const folder = temporaryFolder();
let market: TillMarket;
let till: WifiTill;
let file: string;

beforeAll(async () => {
  plugged.path = join(folder.path, 'stick');
  mkdirSync(plugged.path);
  market = await TillMarket.lay();
  till = await market.startTill('North');
  await market.join(till);
  till.wifi.become('down');
  await till.client.call('sync.now', {});
});
afterAll(async () => {
  await market.close();
  folder.remove();
});

const carry = () => till.client.call('sync.carry', { path: plugged.path });
const takeIn = (path: string, databaseUrl = market.databaseUrl) =>
  runHubCommand(['take-in', path], { DATABASE_URL: databaseUrl });
const queued = (): number => till.client.topics.sync.queued;
/** Sells, and waits for all that follows by itself: the flag of each order is an entry too, written once its receipt is out. */
async function sell(times: number): Promise<void> {
  for (const orderId of await market.sell(till, times)) {
    await expect
      .poll(async () => (await till.client.call('order.get', { orderId })).order.flag, { timeout: 20_000 })
      .toBe('offline-confirmed');
  }
}
const atHub = async (): Promise<string[]> => orderIdsIn(await entriesAtHub(market));

test('what waits is saved, taken in once, and waits no more when the answer is back', async () => {
  await sell(3);
  const { fileName, entries, acknowledged } = await carry();
  file = join(plugged.path, fileName);
  expect(entries).toBeGreaterThanOrEqual(6);
  await till.client.until(({ sync }) => sync.queued === entries, 'all that was saved still waiting');
  expect(acknowledged).toBe(0);
  expect(await takeIn(file)).toMatchObject([{ entries, stored: entries, quarantined: 0, refused: [] }]);
  expect(await atHub()).toEqual(market.paid);
  // The same stick again: nothing is counted twice.
  expect(await takeIn(file)).toMatchObject([{ entries, stored: 0, refused: [] }]);
  expect(await atHub()).toEqual(market.paid);

  expect(queued()).toBe(entries);
  expect(await carry()).toMatchObject({ entries: 0, acknowledged: 1 });
  await till.client.until(({ sync }) => sync.queued === 0, 'an empty queue');
  expect(till.client.topics.sync.state).toBe('offline');
});

test('a copy that broke off is refused by name, and the whole one is taken afterwards', async () => {
  await sell(2);
  const { entries } = await carry();
  await till.client.until(({ sync }) => sync.queued === entries, 'all that was saved still waiting');
  const cut = join(plugged.path, 'cut.carried');
  copyFileSync(file, cut);
  truncateSync(cut, statSync(file).size - 20);
  await expect(takeIn(cut)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('again') as string });
  expect(await takeIn(file)).toMatchObject([{ entries, refused: [] }]);
  expect(await atHub()).toEqual(market.paid);
});

test('another hub turns the file away, and its answer or a forged one changes nothing', async () => {
  const other = await market.postgres.newDatabase();
  await runHubCommand(['stall', 'add', 'Another'], { DATABASE_URL: other });
  await expect(takeIn(file, other)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('hub') as string,
  });

  const answer = `${file}.answer`;
  const good = readFileSync(answer, 'utf8');
  const waiting = queued();
  expect(waiting).toBeGreaterThan(0);
  for (const bad of [
    good.replace(market.hub.hub.identity.serverId, 'another-hub'),
    good.replace(/"signature":"./, '"signature":"_'),
    good.slice(0, good.length / 2),
    '<!doctype html><title>Market Hall Wi-Fi</title>',
  ]) {
    writeFileSync(answer, bad);
    expect(await till.client.failure('sync.carry', { path: plugged.path })).toBe('bad-file');
    expect(queued()).toBe(waiting);
  }
  writeFileSync(answer, good);
  expect(await carry()).toMatchObject({ acknowledged: 1 });
  await till.client.until(({ sync }) => sync.queued === 0, 'an empty queue');
});

test('a stick that was pulled is asked for again, and what left on one is not doubled by the network', async () => {
  await sell(1);
  const { path } = plugged;
  rmSync(path, { recursive: true });
  expect(await till.client.failure('sync.carry', { path })).toBe('unknown-stick');
  mkdirSync(path);
  await carry();
  await takeIn(file);
  till.wifi.become('fair');
  expect(await market.faultsAtEnd()).toEqual([]);
});
