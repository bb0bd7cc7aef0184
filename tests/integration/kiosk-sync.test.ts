import { cpSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { revokeDevice } from '../../src/hub/stalls';
import type { Entry } from '../../src/journal/kinds';
import type { RunningKiosk } from '../../src/main/boot';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import type { BootOptions } from '../../src/main/boot';
import { addClip, webmFilm } from '../helpers/clips';
import { startHub, type TestHub } from '../helpers/hub';
import { connect, readyToSell, startTestKiosk, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { startMarketWifi, type MarketWifi } from '../helpers/market-wifi';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

const SOURDOUGH = '5012345010779';

let postgres: PostgresServer;
let hub: TestHub;
let wifi: MarketWifi;
let stallId: string;
const running: Till[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  hub = await startHub({ databaseUrl: await postgres.newDatabase() });
  wifi = await startMarketWifi(hub.address);
});
afterAll(async () => {
  await wifi.close();
  await hub.close();
  await postgres.stop();
});
beforeEach(async () => {
  wifi.become('fair');
  stallId = await hub.newStall();
});
afterEach(async () => {
  for (const till of running.splice(0)) await till.stop();
});

interface Till {
  readonly folder: string;
  readonly kiosk: RunningKiosk;
  readonly client: TestClient;
  stop(): Promise<void>;
}

/** A till in this process, on a folder of its own or another's. */
async function start(options: Partial<BootOptions> = {}, folder = temporaryFolder()): Promise<Till> {
  const kiosk = await startTestKiosk({ dataDir: folder.path, ...options });
  const { socketUrl, token } = kiosk.server ?? { socketUrl: '', token: '' };
  const client = await connect({ socketUrl, token });
  let isOn = true;
  const till: Till = {
    folder: folder.path,
    kiosk,
    client,
    async stop() {
      if (!isOn) return;
      isOn = false;
      client.close();
      await kiosk.close();
    },
  };
  running.push(till);
  return till;
}

async function joinHub(till: Till): Promise<void> {
  const { session } = till.client.topics;
  if (session.isSetUp) await readyToSell(till.client);
  await till.client.call('sync.enrol', {
    address: wifi.address,
    code: await hub.newCode(stallId),
    name: 'Till',
  });
  await till.client.until(({ sync }) => sync.state === 'online' && sync.queued === 0, 'everything is at the hub');
  // A till with a stall of its own brings it along.
  stallId = till.kiosk.kiosk.stall.stallId || stallId;
}

/** Sells a loaf. @returns the order's id */
async function sell({ client }: Till): Promise<string> {
  await client.call('cart.scan', { code: SOURDOUGH });
  const { orderId } = await client.call('payment.cash', { givenMinor: 1_000 });
  return orderId ?? '';
}

function entriesIn({ folder }: Till): Entry[] {
  return [...exportFolder(folder)].map((line) => JSON.parse(line) as Entry);
}

/** Everything a stall's hub has, entry by entry. */
async function atHub(): Promise<{ device: string; seq: number; kind: string }[]> {
  return hub.hub.database.query(
    {
      name: 'entries-of-stall',
      text: 'SELECT device_id AS device, seq::int, kind FROM entry WHERE stall_id = $1 ORDER BY feed_seq',
    },
    [stallId],
  );
}

test('a sale reaches the hub by itself, once', async () => {
  const till = await start();
  await joinHub(till);
  // No paper comes out before the hub has answered, however slow it is.
  till.kiosk.virtualPrinter?.setFault('paper-out');
  const orderId = await sell(till);
  await expect.poll(async () => (await atHub()).some(({ kind }) => kind === 'order.flagged')).toBe(true);
  const { flags, order } = await till.client.call('order.get', { orderId });
  expect(order.flag).toBe('online');
  expect(flags).toMatchObject([{ flag: 'online', cause: 'hub-acknowledged' }]);
  expect((await atHub()).map(({ seq, kind }) => [seq, kind])).toEqual(
    entriesIn(till).map(({ seq, kind }) => [seq, kind]),
  );
});

test('an order printed before the hub has it is confirmed offline, for good', async () => {
  const till = await start();
  await joinHub(till);
  wifi.become('down');
  await till.client.call('sync.now', {});
  const orderId = await sell(till);
  await expect
    .poll(async () => (await till.client.call('order.get', { orderId })).order.flag)
    .toBe('offline-confirmed');
  wifi.become('fair');
  await till.client.call('sync.now', {});
  await expect.poll(async () => (await atHub()).filter(({ kind }) => kind === 'order.flagged')).toHaveLength(1);
  expect((await till.client.call('order.get', { orderId })).flags).toMatchObject([
    { flag: 'offline-confirmed', cause: 'receipt-printed' },
  ]);
});

test('a new folder joins by a code and is a till of the stall: goods, photos, clips, people', async () => {
  const first = await start();
  await joinHub(first);
  const film = await webmFilm({ seconds: 8, width: 320, height: 240, isBusy: true });
  // Several parts, so that it can be interrupted.
  expect(film.length).toBeGreaterThan(256 * 1024);
  const clip = await addClip(first.client, film);
  const { photo } = (await first.client.call('catalogue.lookup', { code: SOURDOUGH }))?.item ?? { photo: null };
  await expect.poll(() => hub.hub.store.photoState(stallId, photo ?? ''), { timeout: 30_000 }).not.toBeNull();

  const second = await start({ demo: false });
  expect(second.client.topics.session.isSetUp).toBe(false);
  await joinHub(second);
  await second.client.until(
    ({ session, catalogue }) =>
      session.isSetUp &&
      session.staff.every(({ name }) => name !== '') &&
      catalogue.itemCount === first.client.topics.catalogue.itemCount,
    'the stall, its people and its goods',
  );
  expect(second.client.topics.session.stall).toEqual(first.client.topics.session.stall);
  expect(second.client.topics.session.device.prefix).not.toBe(first.client.topics.session.device.prefix);
  await expect.poll(() => second.kiosk.kiosk.findPhoto(photo ?? ''), { timeout: 30_000 }).not.toBeNull();
  await expect.poll(() => second.kiosk.kiosk.findClip(`${clip}.webm`), { timeout: 60_000 }).not.toBeNull();
  expect(readFileSync(second.kiosk.kiosk.findClip(`${clip}.webm`)?.path ?? '')).toEqual(film);

  // The PIN of the first till opens the second.
  const operator = first.client.topics.session.staff.find(({ role }) => role === 'operator');
  await second.client.call('staff.sign-on', { staffId: operator?.staffId ?? '', pin: operator?.demoPin ?? '' });
  await second.client.call('shift.open', { floatMinor: 0 });
  const orderId = await sell(second);
  await expect
    .poll(async () => (await first.client.client.call('order.get', { orderId })).ok, { timeout: 30_000 })
    .toBe(true);
});

test.each(['down', 'log-in-page', 'silent'] as const)(
  'with the network %s it sells on, counts what waits, and clears it afterwards',
  async (weather) => {
    const till = await start();
    await joinHub(till);
    wifi.become(weather);
    await sell(till);
    await till.client.until(({ sync }) => sync.state === 'offline' && sync.queued > 0, 'the till to notice');
    const { sync } = till.client.topics;
    expect(sync.oldestQueuedAt).not.toBeNull();
    expect(sync.servers[0]?.errors[0]?.code).toBe(
      { down: 'unreachable', 'log-in-page': 'no-exchange', silent: 'no-progress' }[weather],
    );
    wifi.become('fair');
    await till.client.call('sync.now', {});
    await till.client.until(
      (topics) => topics.sync.state === 'online' && topics.sync.queued === 0,
      'the queue to clear',
    );
    expect((await atHub()).length).toBe(entriesIn(till).length);
  },
);

test('a revoked till keeps its queue and says so', async () => {
  const till = await start();
  await joinHub(till);
  await revokeDevice(hub.hub.database, stallId, till.kiosk.kiosk.deviceId);
  await sell(till);
  await till.client.until(({ sync }) => sync.state === 'revoked', 'the till to hear of it');
  expect(till.client.topics.sync.queued).toBeGreaterThan(0);
  await sell(till);
});

test('another hub at the same address is not believed', async () => {
  const till = await start();
  await joinHub(till);
  const other = await startHub({ databaseUrl: await postgres.newDatabase() });
  const rogue = await startMarketWifi(other.address);
  try {
    await till.stop();
    const again = await start({}, { path: till.folder, remove: () => undefined });
    expect(await again.client.failure('sync.enrol', { address: rogue.address, code: '0000-0000', name: '' })).toBe(
      'bad-code',
    );
    expect(again.client.topics.sync.servers.map(({ address }) => address)).toEqual([wifi.address]);
  } finally {
    await rogue.close();
    await other.close();
  }
});

test('a copied folder takes a new name when both have sold, and nothing of either is lost', async () => {
  const till = await start();
  await joinHub(till);
  await till.stop();
  const copy = temporaryFolder();
  cpSync(till.folder, copy.path, { recursive: true });

  const original = await start({}, { path: till.folder, remove: () => undefined });
  const soldHere = await sell(original);
  await original.client.until(({ sync }) => sync.state === 'online' && sync.queued === 0, 'the original at the hub');

  wifi.become('down');
  const clone = await start({}, copy);
  const soldThere = await sell(clone);
  wifi.become('fair');
  await clone.client.call('sync.now', {});
  await clone.client.until(({ sync }) => sync.state === 'online' && sync.queued === 0, 'the copy at the hub');
  expect(clone.kiosk.kiosk.deviceId).not.toBe(original.kiosk.kiosk.deviceId);
  expect(clone.client.topics.session.device.prefix).not.toBe(original.client.topics.session.device.prefix);

  for (const [client, orderId] of [
    [original.client, soldThere],
    [clone.client, soldHere],
  ] as const) {
    await expect
      .poll(async () => (await client.client.call('order.get', { orderId })).ok, { timeout: 30_000 })
      .toBe(true);
  }
  await clone.stop();
  expect((await verifyFolder(copy.path)).findings).toEqual([]);
});

test('a closed shift is compared with the hub, and both agree', async () => {
  const till = await start();
  await joinHub(till);
  await sell(till);
  await sell(till);
  await till.client.call('shift.close', { countedMinor: 5_900, reason: 'counted' });
  await expect
    .poll(() => entriesIn(till).filter(({ kind }) => kind === 'shift.reconciled'), { timeout: 30_000 })
    .toMatchObject([{ body: { orderCount: 2, totalMinor: 900, mended: 0 } }]);
  expect(till.client.topics.sync.mismatches).toEqual([]);
});
