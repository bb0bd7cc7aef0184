import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../src/domain/order';
import { connectorRemarks, connectorViews, ShopConnector } from '../../src/hub/connectors/shop-connector';
import { vendureAdmin, type AdminApi } from '../../src/hub/connectors/vendure-client';
import { openHub, type Hub } from '../../src/hub/hub';
import { addStall } from '../../src/hub/stalls';
import { JournalWriter } from '../helpers/hub-journal';
import { sell, type Sale } from '../helpers/orders';
import { startPostgres, type PostgresServer } from '../helpers/postgres';
import { saltAndBramble, zurich } from '../helpers/stall';
import { startVendure, type VendureShop } from '../helpers/vendure';

const log = pino({ level: 'silent' });
let postgres: PostgresServer;
let databaseUrl: string;
let vendure: VendureShop;
let hub: Hub;
let stallId: string;
let till: JournalWriter;
let sequence = 0;

beforeAll(async () => {
  [postgres, vendure] = await Promise.all([startPostgres(), startVendure()]);
  databaseUrl = await postgres.newDatabase();
  hub = await openHub({ databaseUrl, log, background: false });
});

afterAll(async () => {
  await hub.close();
  await Promise.all([postgres.stop(), vendure.stop()]);
});

beforeEach(async () => {
  stallId = await addStall(hub.database, 'Salt & Bramble');
  till = new JournalWriter('T1', () => new Date());
});

async function sold(count: number, change: Partial<Sale> = {}): Promise<Order[]> {
  const orders = Array.from({ length: count }, () => {
    sequence += 1;
    const lines = [
      { name: 'Sourdough loaf', sku: 'LOAF-1', priceMinor: 300 + sequence },
      { name: 'Cave cheddar', priceMinor: 1800, quantity: 312, pricing: 'kg' as const },
    ];
    const given = { stall: saltAndBramble, lines, sequence, ...change };
    const order = sell(given, { now: new Date().toISOString(), newId: uuid });
    till.write({ kind: 'order.placed', body: { order } });
    return order;
  });
  await till.send(hub.store, stallId);
  await hub.outward.projector.catchUp();
  return orders;
}

function connector(api: AdminApi = vendure.api): ShopConnector {
  return new ShopConnector({ database: hub.database, log, stallId, address: vendure.login.address, api });
}

async function expectInShop(orders: readonly Order[]): Promise<void> {
  for (const { number, totalMinor } of orders) {
    const { orders: found } = await vendure.api.request<{
      orders: { items: { state: string; totalWithTax: number }[] };
    }>(
      `query ($number: String!) {
        orders(options: { filter: { trestleNumber: { eq: $number } } }) { items { state totalWithTax } }
      }`,
      { number },
    );
    expect(found.items, number).toEqual([{ state: 'Delivered', totalWithTax: totalMinor }]);
  }
}

const view = async () => (await connectorViews(hub.database)).find((one) => one.stallId === stallId);

/** The built command, on the same database. */
function command(): { readonly ended: Promise<number | null>; kill(): void; readonly said: () => string } {
  const child = spawn(
    process.execPath,
    [
      'out/main/trestle.js',
      ...['hub', 'connect', 'vendure', '--once', '--stall', stallId],
      ...['--address', vendure.login.address, '--username', vendure.login.username],
    ],
    { env: { ...process.env, DATABASE_URL: databaseUrl, TRESTLE_VENDURE_PASSWORD: vendure.login.password } },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { ended, kill: () => void child.kill('SIGKILL'), said: () => said };
}

describe("a stall's sales go to the shop", () => {
  it('each once, and later ones later', async () => {
    const orders = await sold(3);
    expect(await connector().run()).toEqual({ done: 3, refused: 0 });
    expect(await connector().run()).toEqual({ done: 0, refused: 0 });
    const later = await sold(2);
    expect(await view()).toMatchObject({ done: 3, refused: 0, waiting: 2 });
    expect(await connector().run()).toEqual({ done: 2, refused: 0 });
    await expectInShop([...orders, ...later]);
    expect(await view()).toMatchObject({ done: 5, waiting: 0, lastError: null });
    expect((await connectorRemarks(hub.database, stallId))[0]?.remarks).toEqual(['"Cave cheddar" has no SKU.']);
  });

  it('one that the shop refuses stands aside with the reason, and holds up none', async () => {
    const [first] = await sold(1);
    const [foreign] = await sold(1, { stall: zurich });
    const [last] = await sold(1);
    expect(await connector().run()).toEqual({ done: 2, refused: 1 });
    await expectInShop([first as Order, last as Order]);
    const [refused] = await connectorRemarks(hub.database, stallId);
    expect(refused).toMatchObject({ number: foreign?.number, state: 'refused', remoteCode: null });
    expect(refused?.remarks.join()).toMatch(/CHF/);
    expect(await connector().run()).toEqual({ done: 0, refused: 0 });
    expect(await connector().run({ again: true })).toEqual({ done: 0, refused: 1 });
  });

  it('later, when the shop cannot be reached now; a person can see why', async () => {
    const orders = await sold(2);
    const away = vendureAdmin({ ...vendure.login, address: 'http://127.0.0.1:9/admin-api' });
    await expect(connector(away).run()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(await view()).toMatchObject({ done: 0, waiting: 2 });
    expect((await view())?.lastError).toMatch(/does not answer/);
    expect(await connector().run()).toEqual({ done: 2, refused: 0 });
    expect(await view()).toMatchObject({ lastError: null });
    await expectInShop(orders);
  });

  it('by one connector at a time', async () => {
    await sold(1);
    let go = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (go = resolve));
    let reached = (): void => undefined;
    const isAtWork = new Promise<void>((resolve) => (reached = resolve));
    const slow: AdminApi = {
      async request(document, variables) {
        reached();
        await waiting;
        return vendure.api.request(document, variables);
      },
    };
    const first = connector(slow).run();
    await isAtWork;
    await expect(connector().run()).rejects.toThrow(/at work/);
    go();
    expect(await first).toEqual({ done: 1, refused: 0 });
  });

  it('once, however often the command is killed', async () => {
    const orders = await sold(6);
    for (let kills = 0; kills < 5; kills += 1) {
      const before = (await view())?.done ?? 0;
      const running = command();
      // Somewhere in the middle of the next order: which call it is, is chance; every call is tried in vendure.test.ts.
      while ((await view())?.done === before || (await view()) === undefined) {
        const isOver = await Promise.race([running.ended.then(() => true), pause(20, false)]);
        if (isOver) break;
      }
      await pause(kills * 30);
      running.kill();
      await running.ended;
    }
    const last = command();
    expect(await last.ended, last.said()).toBe(0);
    await expectInShop(orders);
    expect(await view()).toMatchObject({ done: 6, refused: 0, waiting: 0 });
  });
});
