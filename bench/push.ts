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
import { items } from './goods';
import { startHubProcess } from './hub-process';
import { instantMs, type KiosksAnswer, type KiosksData, type KiosksQuestion } from './push-kiosks';

const KIOSKS = 1_000;
const ITEMS = 20;
/** The first ones warm every part up and are not counted. */
const WARM_UP = 2;
const ROUNDS = 20;
/** From one price to the next. */
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
    const cursor = await endOfFeed(till);
    await Promise.all(threads.map((thread) => thread.ask({ kind: 'connect', cursor })));
    progress(`${KIOSKS} kiosks are connected`);

    const tookMs: number[] = [];
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      await pause(BETWEEN_ROUNDS_MS);
      const took = await changePrice(till, threads, goods[(round + WARM_UP) % ITEMS] as Item, 10_000 + round);
      if (took.length !== KIOSKS) throw new Error(`${took.length} kiosks answered`);
      if (round < 0) continue;
      tookMs.push(...took);
      progress(
        `price ${round + 1}: half after ${median(took).toFixed(0)} ms, all after ${Math.max(...took).toFixed(0)}`,
      );
    }
    till.close();
    return [
      figure({
        id: 'push/p99',
        what: `a price changed at one till until each of ${KIOSKS} connected kiosks of the stall has it, p99`,
        value: percentile(tookMs, 0.99),
        unit: 'ms',
        reference: LIMIT_MS,
        referenceWhat: 'the limit',
        target: { atMost: 1 },
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
  threads: readonly Thread[],
  item: Item,
  priceMinor: number,
): Promise<number[]> {
  const { itemId } = item;
  const applied = Promise.all(threads.map((thread) => thread.ask({ kind: 'await', itemId, priceMinor })));
  const startedMs = instantMs();
  const variants = item.variants.map((variant) => ({ ...variant, priceMinor }));
  const { seq } = device.append('catalogue.items-put', { items: [{ ...item, variants }] });
  await push(seq);
  return (await applied).flat().map((atMs) => atMs - startedMs);
}

async function endOfFeed({ client }: EnrolledDevice): Promise<string> {
  for (let after = '0.0'; ;) {
    const { cursor, more } = await client.feed({ after, own: 'others' });
    if (!more) return cursor;
    after = cursor;
  }
}

interface Thread {
  /** One question at a time. */
  ask(question: KiosksQuestion): Promise<KiosksAnswer>;
  stop(): Promise<unknown>;
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
