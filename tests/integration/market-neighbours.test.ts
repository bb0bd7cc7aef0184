/** Two tills at one market, with a hub that neither can reach, or only one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { revokeDevice } from '../../src/hub/stalls';
import { entriesAtHub, orderIdsIn } from '../helpers/market-end';
import { TillMarket, type WifiTill } from '../helpers/till-market';

let market: TillMarket;
let north: WifiTill;
let south: WifiTill;

beforeAll(async () => {
  market = await TillMarket.lay();
  north = await market.startTill('North', { neighbours: { host: '127.0.0.1', port: 0 } });
  south = await market.startTill('South');
  const { address, code } = await north.client.call('sync.new-code', { name: 'South' });
  await south.client.call('sync.enrol', { address, code, name: 'South' });
  await market.open(south);
  await market.join(north);
  await market.join(south);
});
afterAll(() => market.close());

const hears = async ({ client }: WifiTill, orderId: string): Promise<boolean> =>
  (await client.client.call('order.get', { orderId })).ok;
const atHub = async (): Promise<string[]> => orderIdsIn(await entriesAtHub(market));
const hubOf = ({ client }: WifiTill) => client.topics.sync.servers.find(({ role }) => role === 'hub');

test('without the hub each hears what the other sold; with it back for one of them, that one hands up both', async () => {
  for (const { wifi, client } of [north, south]) {
    wifi.become('down');
    await client.call('sync.now', {});
    expect(client.topics.sync.state).toBe('offline');
  }
  const [soldNorth = ''] = await market.sell(north, 3);
  const [soldSouth = ''] = await market.sell(south, 2);
  await expect.poll(() => hears(south, soldNorth), { timeout: 20_000 }).toBe(true);
  await expect.poll(() => hears(north, soldSouth), { timeout: 20_000 }).toBe(true);
  expect((await atHub()).filter((orderId) => market.paid.includes(orderId))).toEqual([]);
  const numbers = await Promise.all(
    market.paid.map(async (orderId) => (await south.client.call('order.get', { orderId })).order.number),
  );
  expect(new Set(numbers).size).toBe(market.paid.length);

  south.wifi.become('fair');
  await south.client.call('sync.now', {});
  await expect.poll(async () => (await atHub()).sort(), { timeout: 20_000 }).toEqual([...market.paid].sort());
  // Nobody has told the till that sold them: for it they wait.
  expect(hubOf(north)?.state).toBe('offline');
  expect(north.client.topics.sync.queued).toBeGreaterThan(0);

  north.wifi.become('fair');
  expect(await market.faultsAtEnd()).toEqual([]);
  expect(north.client.topics.sync.queued).toBe(0);
});

test('a till that the hub shut out is left, not met again, and what it signs is no rule of the stall any more', async () => {
  const { client } = south;
  const { text } = await north.client.call('prices.export-rules', { name: 'Before it was lost' });
  expect(await client.call('prices.take-in-rules', { text })).toMatchObject({ ruleCount: 0 });
  const [address = ''] = north.client.topics.sync.serving;
  const neighbours = () => client.topics.sync.servers.filter(({ role }) => role === 'neighbour');
  expect(neighbours()).toHaveLength(1);

  await revokeDevice(market.hub.hub.database, market.stallId, north.client.topics.session.device.deviceId);
  const later = await north.client.call('prices.export-rules', { name: 'By whoever took it' });
  // The hub says so when its heads are read the next time.
  market.pass(11 * 60_000);
  await client.call('sync.now', {});
  await expect.poll(neighbours).toEqual([]);
  await expect.poll(() => client.failure('sync.meet', { address, code: null, name: '' })).toBe('server-refused');
  expect(await client.failure('prices.take-in-rules', { text: later.text })).toBe('bad-rule-set');
});
