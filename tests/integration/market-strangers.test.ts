/** What may answer in a hub's place, or stand in front of it, as a whole till meets it: nothing is believed, nothing is lost. */
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startHub } from '../helpers/hub';
import { TillMarket, type WifiTill } from '../helpers/till-market';

let market: TillMarket;
let till: WifiTill;
let proxy: Server | null = null;

beforeAll(async () => {
  market = await TillMarket.lay();
  till = await market.startTill('North');
  await market.join(till);
});
afterEach(() => {
  till.wifi.leadTo(market.hub.address);
  proxy?.closeAllConnections();
  proxy?.close();
  proxy = null;
});
afterAll(() => market.close());

const state = () => till.client.topics.sync;
const lastError = () => state().servers[0]?.errors[0]?.code;
const inStep = async (): Promise<void> => {
  await till.client.call('sync.now', {});
  await till.client.until(({ sync }) => sync.state === 'online' && sync.queued === 0, 'the till in step');
};

/** A proxy in front of the hub with a page of its own for what it does not pass. @returns its address */
async function startProxy(refuses: (bodyBytes: number) => number | null): Promise<string> {
  proxy = createServer((request, response) => {
    const status = refuses(Number(request.headers['content-length'] ?? 0));
    if (status !== null) {
      request.resume();
      response.writeHead(status, { 'content-type': 'text/html' }).end(`<h1>${status}</h1><hr>nginx`);
      return;
    }
    const { method, headers, url = '/' } = request;
    const onward = httpRequest(new URL(url, market.hub.address), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('another hub at the same address gets no belief: the till sells on, says so, and keeps its queue', async () => {
  const other = await startHub({ databaseUrl: await market.postgres.newDatabase() });
  try {
    till.wifi.leadTo(other.address);
    await market.sell(till, 2);
    await till.client.call('sync.now', {});
    await till.client.until(({ sync }) => sync.state === 'refused', 'the till to see who answers');
    expect(lastError()).toBe('wrong-server');
    await market.sell(till, 1);
    expect(state().queued).toBeGreaterThanOrEqual(3);
    const [there] = await other.hub.database.query<{ entries: number }>({
      name: 'entries',
      text: 'SELECT count(*)::int AS entries FROM entry',
    });
    expect(there?.entries).toBe(0);
  } finally {
    till.wifi.leadTo(market.hub.address);
    await other.close();
  }
  await inStep();
  expect(await market.faultsAtEnd()).toEqual([]);
});

test('a proxy whose hub is away is one that cannot be reached now', async () => {
  till.wifi.leadTo(await startProxy(() => 502));
  await market.sell(till, 1);
  await till.client.call('sync.now', {});
  await till.client.until(({ sync }) => sync.state === 'offline', 'the till to notice');
  expect(lastError()).toBe('unavailable');
  expect(state().queued).toBeGreaterThan(0);
  till.wifi.leadTo(market.hub.address);
  await inStep();
});

test('through a proxy that takes small requests only, the queue goes in small batches', async () => {
  till.wifi.become('down');
  await till.client.call('sync.now', {});
  await market.sell(till, 8);
  await till.client.until(({ sync }) => sync.queued >= 16, 'orders and flags in the queue');
  let refused = 0;
  const address = await startProxy((bodyBytes) => {
    if (bodyBytes <= 6_000) return null;
    refused += 1;
    return 413;
  });
  till.wifi.leadTo(address);
  till.wifi.become('fair');
  await inStep();
  expect(refused).toBeGreaterThan(0);
  expect(await market.faultsAtEnd()).toEqual([]);
});
