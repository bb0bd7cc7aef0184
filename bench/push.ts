/**
 * A price changed at one till until a thousand kiosks have it. All of one stall, since a price belongs to a stall: one entry
 * wakes them all, and they all read it at the same moment. A hub process on a PostgreSQL of its own; the kiosks are real
 * clients (see `push-kiosks.ts`) in threads of this process, connected and up to date, as between two customers.
 *
 * Hub, PostgreSQL and the thousand kiosks share the processors of one machine. On a market each kiosk has its own, so that
 * what is measured here is longer than it would be there.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Item } from '../src/domain/catalogue';
import { ExchangeDevice, type EnrolledDevice } from '../tests/helpers/exchange-device';
import { startPostgres } from '../tests/helpers/postgres';
import { figure, median, percentile, progress, type Figure } from './figure';
import type { Peer } from '../src/main/sync/sync-store';
import { items } from './goods';
import { startHubProcess } from './hub-process';
import { instantMs, type DeviceHead, type KiosksAnswer, type KiosksData, type KiosksQuestion } from './push-kiosks';

const KIOSKS = 1_000;
const ITEMS = 20;
/** The first ones warm every part up and are not counted. */
const WARM_UP = 2;
const ROUNDS = 10;
const QUIET_ROUNDS = 3;
/** Longer than what a till's engine does only now and then. */
const QUIET_MS = 61_000;
const BETWEEN_ROUNDS_MS = 250;
const LIMIT_MS = 2_000;

export async function measure(): Promise<Figure[]> {
  const postgres = await startPostgres({ fsync: true });
  const hub = await startHubProcess(await postgres.newDatabase());
  const threads: Thread[] = [];
  try {
    const till = await new ExchangeDevice().enrol(hub.address, (await hub.newStall('Bench')).code);
    const [goods = []] = items(ITEMS, ITEMS);
    till.device.append('catalogue.items-put', { items: goods });
    await till.push();
    const perThread = Math.ceil(KIOSKS / availableParallelism());
    for (let made = 0; made < KIOSKS; made += perThread) {
      const codes: string[] = [];
      while (codes.length < Math.min(perThread, KIOSKS - made)) codes.push((await till.client.newCode('kiosk')).code);
      threads.push(startThread({ address: hub.address, codes }));
    }
    await Promise.all(threads.map((thread) => thread.ask({ kind: 'enrol' })));
    progress(`${KIOSKS} kiosks are enrolled`);
    const ask = askAll(threads);
    await ask({ kind: 'start', ...(await upToNow(hub.address, till)) });
    progress(`${KIOSKS} kiosks are in step`);

    let priceMinor = 10_000;
    const measured = async (what: string, rounds: number, laterMs: number): Promise<number[]> => {
      const tookMs: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await ask({ kind: 'rest' });
        await ask({ kind: 'later', ms: laterMs });
        await pause(BETWEEN_ROUNDS_MS);
        priceMinor += 1;
        const took = await changePrice(till, ask, goods[priceMinor % ITEMS] as Item, priceMinor);
        if (took.length !== KIOSKS) throw new Error(`${took.length} kiosks answered`);
        tookMs.push(...took);
        const all = Math.max(...took).toFixed(0);
        progress(`${what}: half have the price after ${median(took).toFixed(0)} ms, all after ${all}`);
      }
      return tookMs;
    };
    await measured('to warm up', WARM_UP, 0);
    const busy = await measured('soon after another', ROUNDS, 0);
    const quiet = await measured('after a quiet minute', QUIET_ROUNDS, QUIET_MS);
    till.close();
    const what = `a price changed at one till until each of ${KIOSKS} connected kiosks of the stall has it`;
    const limit = { unit: 'ms', reference: LIMIT_MS, referenceWhat: 'the limit', target: { atMost: 1 } };
    return [
      figure({ id: 'push/p99', what: `${what}, p99`, value: percentile(busy, 0.99), ...limit }),
      figure({
        id: 'push/quiet-p99',
        what: 'the same when every kiosk also asks and tells at once what it does once a minute, p99',
        value: percentile(quiet, 0.99),
        ...limit,
      }),
    ];
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
    await hub.stop();
    await postgres.stop();
  }
}

/** What each kiosk took, from the moment the till writes the price down. */
async function changePrice(
  { device, push }: EnrolledDevice,
  ask: (question: KiosksQuestion) => Promise<KiosksAnswer>,
  item: Item,
  priceMinor: number,
): Promise<number[]> {
  const { itemId } = item;
  const applied = ask({ kind: 'await', itemId, priceMinor });
  const startedMs = instantMs();
  const variants = item.variants.map((variant) => ({ ...variant, priceMinor }));
  const { seq } = device.append('catalogue.items-put', { items: [{ ...item, variants }] });
  await push(seq);
  return (await applied).map((atMs) => atMs - startedMs);
}

/** The hub as a kiosk knows it that has read all of the feed, and what it holds then. */
async function upToNow(
  address: string,
  { client, stallId }: EnrolledDevice,
): Promise<{ readonly peer: Peer; readonly heads: readonly DeviceHead[] }> {
  const { serverId, role, publicKey, recipient } = await client.card();
  const heads = new Map<string, DeviceHead>();
  for (let after = '0.0'; ;) {
    const { cursor, more, epoch, entries } = await client.feed({ after, own: 'all' });
    for (const { device, seq, hash } of entries) heads.set(device, { device, seq, hash });
    after = cursor;
    if (more) continue;
    const read = { epoch, cursor, peopleVersion: 0, enrolledAt: new Date().toISOString(), lastSuccessAt: null };
    return { peer: { serverId, role, address, publicKey, recipient, stallId, ...read }, heads: [...heads.values()] };
  }
}

interface Thread {
  /** One question at a time. */
  ask(question: KiosksQuestion): Promise<KiosksAnswer>;
  stop(): Promise<unknown>;
}

function askAll(threads: readonly Thread[]): (question: KiosksQuestion) => Promise<number[]> {
  return async (question) => (await Promise.all(threads.map((thread) => thread.ask(question)))).flat();
}

function startThread(data: KiosksData): Thread {
  const worker = new Worker(join(import.meta.dirname, 'push-kiosks.js'), { workerData: data });
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          worker.off('message', heard);
          worker.off('error', failed);
        };
        const heard = (told: KiosksAnswer): void => {
          settle();
          resolve(told);
        };
        const failed = (error: Error): void => {
          settle();
          reject(error);
        };
        worker.once('message', heard);
        worker.once('error', failed);
        worker.postMessage(question);
      }),
    stop: () => worker.terminate(),
  };
}
