/**
 * Two tills and a hub as real processes on machines of their own, on a network that is cut, loses packets and heals: network
 * namespaces, cables that are pulled and packets that vanish. Needs `npm run build` and root.
 */
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
import { entriesAtHub, faultsAtEnd, orderIdsIn, settle, type MarketTill } from '../helpers/market-end';
import { layNetwork, networkRefusal, type MarketNetwork } from '../helpers/network-namespaces';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

const NEIGHBOURS_PORT = 8710;

const refusal = networkRefusal();
if (refusal !== null) console.warn(`Networks that are cut for real are not tried: ${refusal}`);

interface Till extends MarketTill {
  readonly kiosk: KioskProcess;
}

describe('on a real network', { skip: refusal !== null }, () => {
  const folder = temporaryFolder();
  let network: MarketNetwork;
  let postgres: PostgresServer;
  let databaseUrl: string;
  let stallId: string;
  let hub: HubProcess;
  let north: Till;
  let south: Till;
  /** Everything either till has said is sold. */
  const confirmed: string[] = [];

  async function startTill(name: string, ...flags: string[]): Promise<Till> {
    const dataDir = `${folder.path}/${name}`;
    const kiosk = await startKioskProcess(dataDir, flags, { within: network.within(name) });
    const through = await network.door(name, Number(new URL(kiosk.socket).port), folder.path);
    const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token, through });
    return { name, dataDir, kiosk, client };
  }

  async function sell({ client }: Till, times: number): Promise<string[]> {
    const sold: string[] = [];
    for (let sale = 0; sale < times; sale += 1) sold.push(await sellSimple(client));
    confirmed.push(...sold);
    return sold;
  }

  const stateOf = ({ client }: { client: TestClient }, role: 'hub' | 'neighbour') =>
    client.topics.sync.servers.find((server) => server.role === role);
  const market = () => ({ databaseUrl, stallId, tills: [north, south] });

  beforeAll(async () => {
    network = layNetwork(['hub', 'north', 'south']);
    postgres = await startPostgres();
    // Reached through the file system, so that it needs no network of its own.
    databaseUrl = `${await postgres.newDatabase()}?host=${dirname(postgres.dataDir)}`;
    hub = await startHubProcess(['--host', network.address('hub'), '--port', '8787'], {
      env: { DATABASE_URL: databaseUrl },
      within: network.within('hub'),
    });
    const serving = `${network.address('north')}:${NEIGHBOURS_PORT}`;
    north = await startTill('north', '--demo', '--neighbours', serving);
    south = await startTill('south');
    await readyToSell(north.client);
    const beside = await north.client.call('sync.new-code', { name: 'South' });
    await south.client.call('sync.enrol', { address: `http://${serving}`, code: beside.code, name: 'South' });
    await south.client.until(
      ({ session, catalogue, sync }) =>
        session.isSetUp &&
        session.staff.every(({ name }) => name !== '') &&
        catalogue.itemCount === north.client.topics.catalogue.itemCount &&
        sync.state === 'online',
      'the stall from the till beside',
    );
    await readyToSell(south.client, north.client);
    const env = { DATABASE_URL: databaseUrl };
    const [added] = await runHubCommand(['stall', 'add', 'Salt & Bramble'], env);
    const joined = { address: hub.url, code: added?.['code'] ?? '', name: 'North' };
    ({ stallId } = await north.client.call('sync.enrol', joined));
    const [second] = await runHubCommand(['code', stallId], env);
    await south.client.call('sync.enrol', { address: hub.url, code: second?.['code'] ?? '', name: 'South' });
    await settle(market());
  });
  afterEach(() => network.heal());
  afterAll(async () => {
    for (const till of [north, south]) {
      till?.client.close();
      await till?.kiosk.kill();
    }
    await hub?.end('SIGKILL');
    await postgres?.stop();
    network?.remove();
    folder.remove();
  });

  test('a till that is not answered and one whose cable is out sell on; the neighbour hands up what one of them cannot', async () => {
    network.lose('hub', 'north');
    network.unplug('south');
    const soldNorth = await sell(north, 3);
    await sell(south, 3);
    await Promise.all([
      // Its network card, its address and the way there are as they were: only the answers are missing.
      north.client.until(() => stateOf(north, 'hub')?.state === 'offline', 'the north till to miss its answers'),
      south.client.until(() => stateOf(south, 'hub')?.state === 'offline', 'the south till to miss its cable'),
    ]);
    expect(stateOf(north, 'hub')?.errors[0]?.code).toBe('no-progress');
    await sell(north, 2);
    await sell(south, 2);
    expect(north.client.topics.sync.queued).toBeGreaterThan(0);

    network.plug('south');
    await expect
      .poll(
        async () => {
          await south.client.call('sync.now', {});
          const there = orderIdsIn(await entriesAtHub(market()));
          return soldNorth.filter((orderId) => !there.includes(orderId));
        },
        { timeout: 30_000 },
      )
      .toEqual([]);
    expect(stateOf(south, 'hub')?.state).toBe('online');
    expect(stateOf(north, 'hub')?.state).toBe('offline');

    network.heal();
    expect(await faultsAtEnd(market(), confirmed)).toEqual([]);
    for (const orderId of confirmed) {
      const { order } = await north.client.call('order.get', { orderId });
      expect(order.flag, order.number).toBe('offline-confirmed');
    }
  });

  test('on a line that loses packets and is slow all that was sold arrives once', async () => {
    for (const machine of ['hub', 'north', 'south']) {
      network.loseSome(machine, 10);
      network.delay(machine, 40);
    }
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([sell(north, 2), sell(south, 2)]);
      await Promise.all([north, south].map(({ client }) => client.call('sync.now', {})));
    }
    network.heal();
    expect(await faultsAtEnd(market(), confirmed)).toEqual([]);
  });
});
