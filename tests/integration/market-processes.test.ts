import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runHubCommand, startHubProcess, type HubProcess } from '../helpers/hub-process';
import {
  connect,
  readyToSell,
  sellSimple,
  startKioskProcess,
  temporaryFolder,
  type KioskProcess,
  type TestClient,
} from '../helpers/kiosk-process';
import { faultsAtEnd, settle, type Market, type MarketTill } from '../helpers/market-end';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

/** Real processes: `trestle hub` on a real PostgreSQL, two tills, SIGKILL at any moment. Needs `npm run build`. */
const ROUNDS = 3;
/** A sale takes about a tenth of this: the kill falls into any part of one, or of an exchange. */
const LATEST_KILL_MS = 250;

class Till implements MarketTill {
  readonly dataDir: string;
  kiosk!: KioskProcess;
  client!: TestClient;

  constructor(
    readonly name: string,
    folder: string,
  ) {
    this.dataDir = `${folder}/${name}`;
  }

  async start(...flags: string[]): Promise<void> {
    this.kiosk = await startKioskProcess(this.dataDir, flags);
    this.client = await connect({ socketUrl: this.kiosk.socket, token: this.kiosk.token });
  }

  async kill(): Promise<void> {
    await this.kiosk?.kill();
    this.client?.close();
  }
}

const folder = temporaryFolder();
const north = new Till('north', folder.path);
const south = new Till('south', folder.path);
let postgres: PostgresServer;
let databaseUrl: string;
let hub: HubProcess;
let market: Market;

const startHub = (port: string): Promise<HubProcess> =>
  startHubProcess(['--port', port], { env: { DATABASE_URL: databaseUrl } });

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
  hub = await startHub('0');
  await north.start('--demo');
  await south.start();
  const env = { DATABASE_URL: databaseUrl };
  const [added] = await runHubCommand(['stall', 'add', 'Salt & Bramble'], env);
  await readyToSell(north.client);
  const code = added?.['code'] ?? '';
  const { stallId } = await north.client.call('sync.enrol', { address: hub.url, code, name: 'North' });
  const [second] = await runHubCommand(['code', stallId], env);
  await south.client.call('sync.enrol', { address: hub.url, code: second?.['code'] ?? '', name: 'South' });
  market = { databaseUrl, stallId, tills: [north, south] };
  await settle(market);
  await readyToSell(south.client, north.client);
});
afterEach(async () => {
  await north.kill();
  await south.kill();
  await hub.end('SIGKILL');
});
afterAll(async () => {
  await postgres.stop();
  folder.remove();
});

/** Sells until told, or until the till is gone. */
async function sellOn({ client, kiosk }: Till, paid: string[], isOver: () => boolean): Promise<void> {
  const gone = new Promise<null>((resolve) => kiosk.child.once('exit', () => resolve(null)));
  while (!isOver()) {
    const orderId = await Promise.race([sellSimple(client), gone]);
    if (orderId === null) return;
    paid.push(orderId);
  }
}

test('two tills and a hub are killed at any moment, and all that was confirmed is everywhere once', async () => {
  const { port } = new URL(hub.url);
  const paid: string[] = [];
  const victims = [
    { kill: () => north.kill(), start: () => north.start() },
    {
      kill: () => hub.end('SIGKILL'),
      start: async () => {
        hub = await startHub(port);
      },
    },
    { kill: () => south.kill(), start: () => south.start() },
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    const victim = victims[round % victims.length];
    let isOver = false;
    const selling = [north, south].map((till) => sellOn(till, paid, () => isOver));
    await pause(Math.random() * LATEST_KILL_MS);
    await victim?.kill();
    const soldBefore = paid.length;
    // Whoever is left sells on.
    await expect.poll(() => paid.length, { timeout: 20_000 }).toBeGreaterThan(soldBefore);
    isOver = true;
    await Promise.all(selling);
    await victim?.start();
  }
  expect(paid.length).toBeGreaterThan(ROUNDS);
  expect(await faultsAtEnd(market, paid)).toEqual([]);
});
