/**
 * The advisor's thread beside a till that sells: how long it takes to learn from a big stall's orders, how much memory the
 * process grows by, how long one more order takes, and whether a sale takes longer meanwhile.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { v7 as newId } from 'uuid';
import { silentLog } from '../src/main/core/log';
import type { AdviceQuestion } from '../src/main/core/advisor';
import { TillUse } from '../src/main/core/till-use';
import { WorkerAdvisor } from '../src/main/advisor/worker-advisor';
import { Store } from '../src/main/db/store';
import { sell } from '../tests/helpers/orders';
import { testItem, testVariant } from '../tests/helpers/stall';
import { Random } from '../tests/sim/random';
import { figure, percentile, progress, type Figure } from './figure';
import { startTill, type BenchTill } from './till';

const ORDERS = 50_000;
const ITEMS = 2_000;
const DAYS = 100;
const ORDERS_PER_COMMIT = 250;
const ITEMS_PER_COMMIT = 500;
const SEED = 20_261_123;
const FIRST_DAY_MS = Date.UTC(2026, 0, 3, 9);
const DAY_MS = 86_400_000;
const TURNS = 3;
const SALES_PER_TURN = 3_000;
const SAMPLE_EVERY_MS = 20;
const INCREMENTS = 15;
const MIB = 2 ** 20;

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  const till = await startTill({ dataDir });
  const { timeZone } = till.session.stall;
  await till.close();
  // In a thread that is gone afterwards: memory that this one had let go would hide what the advisor takes.
  await once(new Worker(new URL(import.meta.url), { workerData: dataDir }), 'exit');
  const question: AdviceQuestion = {
    nowMs: FIRST_DAY_MS + DAYS * DAY_MS + 4 * 3_600_000,
    timeZone,
    closesAtMinute: 17 * 60,
    perishable: null,
  };

  progress(`learning from ${ORDERS.toLocaleString('en')} orders`);
  const advisor = new WorkerAdvisor(
    fileURLToPath(new URL('./advisor-worker.js', import.meta.url)),
    dataDir,
    new TillUse(),
  );
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), SAMPLE_EVERY_MS);
  const started = performance.now();
  const learned = await advisor.ask(question);
  const tookS = (performance.now() - started) / 1000;
  clearInterval(watch);
  if (learned.orders !== ORDERS || !learned.isFull) throw new Error(`it learned from ${learned.orders} orders`);
  progress(`learned in ${tookS.toFixed(2)} s, ${Math.round((most - before) / MIB)} MiB more`);

  const incrementsMs: number[] = [];
  const store = Store.open({ dataDir, now: () => new Date(), newId, log: silentLog() });
  const random = new Random(SEED + 1);
  for (let increment = 0; increment < INCREMENTS; increment += 1) {
    placeOrders(store, 1, () => FIRST_DAY_MS + (DAYS - 1) * DAY_MS, random);
    const { tookMs, isFull, learnedOrders } = await advisor.ask(question);
    if (isFull || learnedOrders !== 1)
      throw new Error(`${learnedOrders} orders came, and everything was learned again`);
    incrementsMs.push(tookMs);
  }
  store.close();
  await advisor.close();
  progress(`one more order in ${percentile(incrementsMs, 0.5).toFixed(1)} ms`);

  const alone: number[] = [];
  const meanwhile: number[] = [];
  // Turn by turn: of a second of sales at a stretch the worst would be what the machine did just then.
  for (let turn = 0; turn < TURNS; turn += 1) {
    const selling = await startTill({ dataDir });
    const learning = learn(selling);
    let left = SALES_PER_TURN;
    const sold = await sales(selling, () => learning.isOn() && (left -= 1) >= 0);
    await learning.end;
    left = sold.length;
    meanwhile.push(...sold);
    alone.push(...(await sales(selling, () => (left -= 1) >= 0)));
    await selling.close();
  }
  progress(`${alone.length} sales beside it and as many without`);

  const what = `${ORDERS.toLocaleString('en')} orders, ${ITEMS.toLocaleString('en')} items`;
  return [
    figure({
      id: 'advisor-train/total',
      what: `${what}: read, learned and advised on in the advisor's thread`,
      value: tookS,
      unit: 's',
      reference: 3,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
    figure({
      id: 'advisor-train/memory',
      what: `${what}: most memory of the process beyond what it had before`,
      value: (most - before) / MIB,
      unit: 'MiB',
      reference: 150,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
    figure({
      id: 'advisor-train/increment',
      what: 'one more order learned, and everything advised on again; median',
      value: percentile(incrementsMs, 0.5),
      unit: 'ms',
      reference: 50,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
    figure({
      id: 'advisor-train/till',
      what: 'a sale while the thread learns, p99',
      value: percentile(meanwhile, 0.99),
      unit: 'ms',
      reference: percentile(alone, 0.99),
      referenceWhat: 'the same sale on the same till without the advisor',
      target: { atMost: 1.2 },
    }),
  ];
}

/** The till's own advisor at work. */
function learn({ call }: BenchTill): { readonly isOn: () => boolean; readonly end: Promise<unknown> } {
  let isOn = true;
  const end = call('advice.refresh', { closesAt: null, perishable: null }).finally(() => (isOn = false));
  return { isOn: () => isOn, end };
}

async function onSale(call: BenchTill['call']): Promise<string> {
  const { tiles } = await call('catalogue.items', { category: null, offset: 0, limit: 1 });
  const variantId = tiles[0]?.variantId;
  if (!variantId) throw new Error('nothing is on sale');
  return variantId;
}

function nameOf(item: number): string {
  return `Goods ${item}`;
}

/** A hundred market days of a big stall, whose goods are bought at very different rates and at three prices each. */
function fill(dataDir: string): void {
  const store = Store.open({ dataDir, now: () => new Date(), newId, log: silentLog() });
  for (let first = 0; first < ITEMS; first += ITEMS_PER_COMMIT) {
    const items = Array.from({ length: ITEMS_PER_COMMIT }, (_, place) => {
      const name = nameOf(first + place);
      const variant = testVariant({
        variantId: `variant-${name}`,
        sku: '',
        priceMinor: priceOf(first + place, 0),
        stock: 400,
      });
      return { ...testItem(name, variant), category: `Category ${place % 12}` };
    });
    store.commit({ actor: null, drafts: [{ kind: 'catalogue.items-put', body: { items } }], result: null });
  }
  const random = new Random(SEED);
  let placed = 0;
  placeOrders(
    store,
    ORDERS,
    () => {
      const at = FIRST_DAY_MS + Math.floor((placed * DAYS) / ORDERS) * DAY_MS + (placed % 480) * 60_000;
      placed += 1;
      return at;
    },
    random,
  );
  store.close();
}

function placeOrders(store: Store, count: number, at: () => number, random: Random): void {
  const stall = store.stall.get();
  if (!stall) throw new Error('the till was not set up');
  const { prefix } = store.device;
  for (let done = 0; done < count; done += ORDERS_PER_COMMIT) {
    const first = store.nextOrderSequence();
    const drafts = Array.from({ length: Math.min(ORDERS_PER_COMMIT, count - done) }, (_, index) => {
      const atMs = at();
      const day = Math.floor((atMs - FIRST_DAY_MS) / DAY_MS);
      const lines = Array.from({ length: 1 + random.below(4) }, () => {
        const item = Math.floor(ITEMS * random.next() ** 2);
        return { name: nameOf(item), priceMinor: priceOf(item, day) };
      });
      const context = { now: new Date(atMs).toISOString(), newId };
      const order = sell({ stall, lines, prefix, sequence: first + index }, context);
      return { kind: 'order.placed' as const, body: { order } };
    });
    store.commit({ actor: null, drafts, result: null });
  }
}

function priceOf(item: number, day: number): number {
  return 150 + (item % 40) * 25 + ((item + Math.floor(day / 10)) % 3) * 20;
}

/** What each payment took, from the call to its answer. */
async function sales({ call }: BenchTill, isOn: () => boolean): Promise<number[]> {
  const variantId = await onSale(call);
  const tookMs: number[] = [];
  while (isOn()) {
    await call('cart.add', { variantId });
    const started = performance.now();
    await call('payment.cash', { givenMinor: 100_000 });
    tookMs.push(performance.now() - started);
    // A sale waits for nothing but this thread: without a turn of its own, nobody would hear that the learning is over.
    await nextTurn();
  }
  return tookMs;
}

if (!isMainThread) fill(workerData as string);
