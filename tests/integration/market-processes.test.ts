import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { connect, readyToSell, startKioskProcess, temporaryFolder, type KioskProcess } from '../helpers/kiosk';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

/** Real processes: `trestle hub` on a real PostgreSQL, tills, SIGKILL. Needs `npm run build`. */
const TRESTLE = 'out/main/trestle.js';

let postgres: PostgresServer;
let databaseUrl: string;
beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
});
afterAll(() => postgres.stop());

interface HubAsProcess {
  readonly child: ChildProcess;
  readonly url: string;
  kill(): Promise<void>;
}

async function firstLine(args: readonly string[]): Promise<{ child: ChildProcess; said: Record<string, string> }> {
  const child = spawn(process.execPath, [TRESTLE, 'hub', ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said = await new Promise<Record<string, string>>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as Record<string, string>));
    child.once('exit', (code) => reject(new Error(`trestle hub ${args.join(' ')} ended with ${code}`)));
  });
  return { child, said };
}

async function startHub(port: string): Promise<HubAsProcess> {
  const { child, said } = await firstLine(['--port', port]);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    url: said['url'] ?? '',
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function sell(till: Awaited<ReturnType<typeof connect>>, count: number): Promise<string[]> {
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 40 });
  const variantId = tiles.flatMap((tile) => tile.variantId ?? [])[0];
  if (variantId === undefined) throw new Error('the stall has nothing simple to sell');
  const orders: string[] = [];
  for (let sale = 0; sale < count; sale += 1) {
    await till.call('cart.add', { variantId });
    const { orderId } = await till.call('payment.cash', { givenMinor: 100_000 });
    if (orderId === null) throw new Error('the order was not placed');
    orders.push(orderId);
  }
  return orders;
}

test('what a till sold reaches the hub once, whichever of the two is killed in between', async () => {
  const folder = temporaryFolder();
  let hub = await startHub('0');
  const { port } = new URL(hub.url);
  const { said: stall } = await firstLine(['stall', 'add', 'Salt & Bramble']);
  let kiosk: KioskProcess = await startKioskProcess(folder.path, ['--demo']);
  const confirmed: string[] = [];
  const open = () => connect({ socketUrl: kiosk.socket, token: kiosk.token });
  try {
    let till = await open();
    await readyToSell(till);
    confirmed.push(...(await sell(till, 3)));
    await till.call('sync.enrol', { address: hub.url, code: stall['code'] ?? '', name: 'North' });
    confirmed.push(...(await sell(till, 3)));
    await hub.kill();
    confirmed.push(...(await sell(till, 3)));
    till.close();
    await kiosk.kill();

    hub = await startHub(port);
    kiosk = await startKioskProcess(folder.path);
    till = await open();
    const { topics } = till.client;
    if (topics?.session.signedOn === null) await readyToSell(till);
    confirmed.push(...(await sell(till, 3)));
    await till.until(({ sync }) => sync.queued === 0 && sync.servers[0]?.state === 'online', 'an empty queue');
    till.close();

    const client = new pg.Client(databaseUrl);
    await client.connect();
    const { rows } = await client.query<{ order_id: string }>(
      `SELECT body::json -> 'order' ->> 'orderId' AS order_id FROM entry WHERE kind = 'order.placed' ORDER BY seq`,
    );
    await client.end();
    expect(rows.map(({ order_id }) => order_id)).toEqual(confirmed);
  } finally {
    await kiosk.kill();
    await hub.kill();
    folder.remove();
  }
});
