/**
 * Sixty-four tills at once hand their orders to one hub process, beside the same entries put into the same PostgreSQL by
 * `INSERT … SELECT FROM unnest` alone, over as many connections as the hub has; then the same on three nodes, where a commit
 * waits for a second one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { SealedEntry } from '../src/journal/entry';
import { openHttp, type HttpConnection, type HttpRequest } from '../src/exchange/http-send';
import { EXCHANGE_PATHS } from '../src/shared/exchange';
import { ExchangeDevice, type EnrolledDevice } from '../tests/helpers/exchange-device';
import { startPostgres } from '../tests/helpers/postgres';
import { startPostgresCluster } from '../tests/helpers/postgres-cluster';
import { figure, median, progress, type Figure } from './figure';
import { startHubProcess } from './hub-process';
import { connectPostgres, insertRaw, RAW_TABLE } from './raw-entries';

const TILLS = 64;
/** A co-op: a stall's tills wait for each other at the hub, so that its feed has one order. */
const STALLS = 8;
const ORDERS = 320;
const BATCH = 40;
/** The first is not counted, of either side: it compiles the code of a hub that is seconds old, where a real one runs for weeks. */
const ROUNDS = 6;
/** As many as the hub opens. */
const CONNECTIONS = 16;

export async function measure(): Promise<Figure[]> {
  const postgres = await startPostgres({ fsync: true });
  const single = await measureOn(await postgres.newDatabase(), 'one node').finally(() => postgres.stop());
  const cluster = await startPostgresCluster({ fsync: true });
  const quorum = await measureOn(await cluster.newDatabase(), 'three nodes').finally(() => cluster.stop());
  return [
    figure({
      id: 'hub-ingest/one-node',
      what: `orders of ${TILLS} tills at once through one hub process`,
      value: single.hub,
      unit: 'orders/s',
      reference: single.raw,
      referenceWhat: `unnest inserts over ${CONNECTIONS} connections to the same PostgreSQL`,
      target: { atLeast: 0.6 },
    }),
    figure({
      id: 'hub-ingest/quorum',
      what: 'the same on three nodes with quorum commit',
      value: quorum.hub,
      unit: 'orders/s',
      reference: quorum.raw,
      referenceWhat: 'unnest inserts with quorum commit',
      target: { atLeast: 0.6 },
    }),
  ];
}

async function measureOn(url: string, what: string): Promise<{ readonly hub: number; readonly raw: number }> {
  const setUp = await connectPostgres(url);
  await setUp.query(RAW_TABLE);
  await setUp.end();
  const hub = await startHubProcess(url);
  const tills: EnrolledDevice[] = [];
  for (let stall = 0; stall < STALLS; stall += 1) {
    const first = await new ExchangeDevice().enrol(hub.address, (await hub.newStall(`Stall ${stall}`)).code);
    tills.push(first);
    while (tills.length % (TILLS / STALLS) !== 0) {
      tills.push(await new ExchangeDevice().enrol(hub.address, (await first.client.newCode('till')).code));
    }
  }
  // The first entry of every device, and the tokens.
  await Promise.all(tills.map((till) => till.push()));
  const send = tills.map(() => openHttp(hub.address));
  const rates = { hub: [] as number[], raw: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await caughtUp(url);
    const queues = tills.map((till) => batchesOf(till));
    const requests = await Promise.all(queues.map((batches, index) => requestsOf(tills[index], batches)));
    // In turns, so that whatever else the machine does falls on both.
    rates.raw.push(await rate(() => drainRaw(url, queues.flat())));
    rates.hub.push(await rate(() => drainAll(send, requests)));
    progress(
      `${what}: ${Math.round(rates.hub.at(-1) ?? 0)} orders/s through the hub, ${Math.round(rates.raw.at(-1) ?? 0)} raw`,
    );
  }
  for (const till of [...tills, ...send]) till.close();
  await hub.stop();
  const counted = await connectPostgres(url);
  const { rows } = await counted.query<{ count: string }>(`SELECT count(*) FROM entry WHERE kind = 'order.placed'`);
  await counted.end();
  if (Number(rows[0]?.count) !== TILLS * ORDERS * ROUNDS) throw new Error(`the hub has ${rows[0]?.count} orders`);
  return { hub: median(rates.hub.slice(1)), raw: median(rates.raw.slice(1)) };
}

/**
 * A hub makes its tables of orders once queues are through; waits until it has, so that the round before is no burden to
 * either side of this one.
 */
async function caughtUp(url: string): Promise<void> {
  const client = await connectPostgres(url);
  for (;;) {
    const { rowCount } = await client.query(
      'SELECT FROM stall JOIN projection USING (stall_id) WHERE stall.feed_seq > projection.feed_seq',
    );
    if (rowCount === 0) break;
    await pause(100);
  }
  await client.end();
}

function batchesOf({ device }: EnrolledDevice): SealedEntry[][] {
  const entries = Array.from({ length: ORDERS }, () => device.sell().entry);
  return Array.from({ length: ORDERS / BATCH }, (_, index) => entries.slice(index * BATCH, (index + 1) * BATCH));
}

async function rate(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (TILLS * ORDERS * 1000) / (performance.now() - startedMs);
}

/** What goes over the wire, made beforehand: on a market the tills have processors of their own. */
async function requestsOf(till: EnrolledDevice | undefined, batches: readonly SealedEntry[][]): Promise<HttpRequest[]> {
  if (!till) return [];
  const token = await till.client.token();
  const path = EXCHANGE_PATHS.entries.replace(':stall', till.stallId);
  return batches.map((entries) => ({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(till.device.batch(entries)),
    maxAnswerBytes: 1024 * 1024,
  }));
}

async function drainAll(links: readonly HttpConnection[], queues: readonly HttpRequest[][]): Promise<void> {
  await Promise.all(
    links.map(async ({ send }, index) => {
      for (const request of queues[index] ?? []) {
        const { status, body } = await send(request);
        if (status !== 200) throw new Error(`the hub answered ${status}: ${Buffer.from(body).toString()}`);
      }
    }),
  );
}

async function drainRaw(url: string, batches: readonly SealedEntry[][]): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()));
  const waiting = [...batches];
  await Promise.all(
    clients.map(async (client) => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await insertRaw(client, next);
      client.release();
    }),
  );
  await pool.end();
}
