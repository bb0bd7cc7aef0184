/**
 * A till that sold for thirty days without a hub: 300 orders a day, each with the other facts it leaves behind when a receipt
 * is printed and the drawer opened, thirty shifts opened and closed. How fast all of it goes to a hub in the end, and what a
 * person feels of it before: the questions the screens ask, and a start, beside a till of the same set-up without the queue.
 *
 * The two tills run at the same time as processes of their own, are asked in turns over the same door as the windows use, and
 * have sold as much today, so that they show as much. What selling feels of the drain itself is `selling-while-syncing`.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as newId } from 'uuid';
import { closeShift, openShift } from '../src/domain/shift';
import type { EntryDraft } from '../src/journal/kinds';
import { silentLog } from '../src/main/core/log';
import { Store } from '../src/main/db/store';
import {
  connect,
  readyToSell,
  startKioskProcess,
  type KioskProcess,
  type TestClient,
} from '../tests/helpers/kiosk-process';
import { sell } from '../tests/helpers/orders';
import { startPostgres } from '../tests/helpers/postgres';
import { valueOf } from '../tests/helpers/stall';
import { drain } from './drain';
import { figure, median, percentile, progress, timed, type Figure } from './figure';
import { startHubProcess } from './hub-process';
import { startTill } from './till';

const DAYS = 30;
const ORDERS_A_DAY = 300;
const ORDERS = DAYS * ORDERS_A_DAY;
const ORDERS_PER_COMMIT = 50;
const DAY_MS = 24 * 60 * 60_000;

const DRAINS = 3;
const DRAIN_LIMIT = 5_000;
const STARTS = 5;
/** What both sell today before they are asked. */
const ORDERS_TODAY = 40;
const WARM_UP = 50;
const ROUNDS = 2_000;
const CODE = '5012345010779';
/** Typed letter by letter, as a cashier does. */
const SEARCHES = ['b', 'br', 'bra', 'jam', 'mug', 'cand', 's', 'te'];
/**
 * A fifth is what can be told from the machine's own noise between two turns; a question that had to look through the queue
 * would be slower by a multiple.
 */
const SCREEN_LIMIT = 1.2;

export async function measure(scratch: string): Promise<Figure[]> {
  const fresh = join(scratch, 'fresh');
  const startedAt = new Date(Date.now() - (DAYS + 1) * DAY_MS);
  const setUp = await startTill({ dataDir: fresh, now: () => startedAt });
  const staffId = setUp.session.signedOn?.staffId;
  if (staffId === undefined) throw new Error('nobody signed on');
  await setUp.call('shift.close', { countedMinor: 5_000, reason: '' });
  await setUp.call('staff.sign-off', {});
  await setUp.close();
  const queued = join(scratch, 'queued');
  cpSync(fresh, queued, { recursive: true });
  const entries = sellForDays(queued, staffId);
  progress(`${ORDERS} orders in ${entries} entries wait`);
  for (let round = 0; round < DRAINS; round += 1)
    cpSync(queued, join(scratch, `drained-${round}`), { recursive: true });

  const starts = await startInTurns(fresh, queued);
  const screens = await askInTurns(fresh, queued);
  const rates: number[] = [];
  for (let round = 0; round < DRAINS; round += 1) rates.push(await drainRate(join(scratch, `drained-${round}`)));

  return [
    figure({
      id: 'long-offline/drain',
      what: `a till with the ${entries} entries of ${ORDERS} orders of ${DAYS} days to the hub`,
      value: median(rates),
      unit: 'orders/s',
      reference: DRAIN_LIMIT,
      referenceWhat: 'the limit',
      target: { atLeast: 1 },
    }),
    ...[0.5, 0.99].map((share) =>
      figure({
        id: `long-offline/screens-p${share * 100}`,
        what: `what the screens ask for a sale and a look at the day, with that queue, p${share * 100}`,
        value: percentile(screens.queued, share),
        unit: 'ms',
        reference: percentile(screens.fresh, share),
        referenceWhat: 'a till without a queue, turn by turn',
        target: { atMost: SCREEN_LIMIT },
      }),
    ),
    figure({
      id: 'long-offline/start',
      what: 'from the start of the process until it can sell, with that queue',
      value: median(starts.queued),
      unit: 'ms',
      reference: median(starts.fresh),
      referenceWhat: 'a till without a queue, turn by turn',
      target: { atMost: SCREEN_LIMIT },
    }),
  ];
}

/** Thirty market days in a data folder, as a till with a printer and a drawer writes them. @returns the entries that wait */
function sellForDays(dataDir: string, staffId: string): number {
  let now = new Date(Date.now() - DAYS * DAY_MS);
  const store = Store.open({ dataDir, now: () => now, newId, log: silentLog() });
  const stall = store.stall.get();
  if (!stall) throw new Error('the till was not set up');
  const context = (): { readonly now: string; readonly newId: () => string } => ({ now: now.toISOString(), newId });
  const write = (drafts: readonly EntryDraft[]): unknown => store.commit({ actor: staffId, drafts, result: null });
  for (let day = 0; day < DAYS; day += 1) {
    const morningMs = Date.now() - (DAYS - day) * DAY_MS;
    now = new Date(morningMs);
    const shift = valueOf(openShift({ floatMinor: 5_000, staffId }, context()));
    const { shiftId } = shift;
    write([
      { kind: 'staff.signed-on', body: { staffId } },
      { kind: 'shift.opened', body: { shift } },
    ]);
    for (let sold = 0; sold < ORDERS_A_DAY; sold += ORDERS_PER_COMMIT) {
      const first = store.nextOrderSequence();
      const drafts = Array.from({ length: ORDERS_PER_COMMIT }, (_, index): EntryDraft[] => {
        now = new Date(morningMs + (sold + index) * 60_000);
        const lines = [{ name: 'Bramble jam', priceMinor: 450 }];
        const sale = { stall, lines, prefix: store.device.prefix, sequence: first + index, shiftId, staffId };
        const order = sell(sale, context());
        const { orderId } = order;
        const at = now.toISOString();
        return [
          { kind: 'order.placed', body: { order } },
          { kind: 'drawer.kicked', body: { reason: 'tender', orderId } },
          {
            kind: 'order.flagged',
            body: { orderId, flag: 'offline-confirmed', cause: 'receipt-printed', at, hub: null },
          },
        ];
      });
      write(drafts.flat());
    }
    const open = store.shifts.current();
    if (!open) throw new Error('no shift is open');
    const { expectedCashMinor } = open.totals;
    const given = { countedMinor: expectedCashMinor, reason: '', staffId };
    const { closed } = valueOf(closeShift(open.shift, given, open.totals, context()));
    if (!closed) throw new Error('a closed shift has its close');
    if (closed.totals.orderCount !== ORDERS_A_DAY) throw new Error(`the day has ${closed.totals.orderCount} orders`);
    write([
      { kind: 'shift.closed', body: { shiftId, close: closed } },
      { kind: 'staff.signed-off', body: { staffId } },
    ]);
  }
  const { count } = store.sync.queue();
  store.close();
  return count;
}

const start = (dataDir: string): Promise<KioskProcess> => startKioskProcess(dataDir, ['--devices', 'none']);

interface Both {
  readonly fresh: number[];
  readonly queued: number[];
}

async function startInTurns(fresh: string, queued: string): Promise<Both> {
  const took: Both = { fresh: [], queued: [] };
  const once = (dataDir: string): Promise<number> => {
    let kiosk: KioskProcess | undefined;
    return timed(async () => (kiosk = await start(dataDir))).finally(() => kiosk?.stop());
  };
  for (let round = 0; round < STARTS; round += 1) {
    took.fresh.push(await once(fresh));
    took.queued.push(await once(queued));
  }
  return took;
}

/** One round of what the screens ask, of both tills in turns. */
async function askInTurns(fresh: string, queued: string): Promise<Both> {
  const took: Both = { fresh: [], queued: [] };
  const kiosks = [await start(fresh), await start(queued)];
  const [one, other] = await Promise.all(kiosks.map(({ socket, token }) => connect({ socketUrl: socket, token })));
  if (!one || !other) throw new Error('a till is missing');
  try {
    for (const till of [one, other]) {
      await readyToSell(till);
      for (let sold = 0; sold < ORDERS_TODAY; sold += 1) {
        await till.call('cart.scan', { code: CODE });
        await till.call('payment.cash', { givenMinor: 1_000 });
      }
    }
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const search = SEARCHES[(round + WARM_UP) % SEARCHES.length] as string;
      // Who begins takes turns as well.
      const freshFirst = round % 2 === 0;
      const first = await timed(() => askAll(freshFirst ? one : other, search));
      const second = await timed(() => askAll(freshFirst ? other : one, search));
      if (round < 0) continue;
      took.fresh.push(freshFirst ? first : second);
      took.queued.push(freshFirst ? second : first);
    }
  } finally {
    for (const { close } of [one, other]) close();
    for (const kiosk of kiosks) await kiosk.stop();
  }
  const told = [took.queued, took.fresh].map(
    (all) => `${median(all).toFixed(2)} and ${percentile(all, 0.99).toFixed(2)} ms`,
  );
  progress(`the screens' questions, median and p99: ${told[0]} with the queue, ${told[1]} without`);
  return took;
}

/** A search, the newest orders and one of them, the day so far, everything at once (how the exchange stands too), a scan. */
async function askAll({ call }: TestClient, search: string): Promise<void> {
  await call('catalogue.search', { text: search, limit: 20 });
  const { orders } = await call('order.list', { text: '', beforeSequence: null, limit: 30 });
  const [newest] = orders;
  if (!newest) throw new Error('nothing was sold today');
  await call('order.get', { orderId: newest.orderId });
  const { session, sync } = await call('state.get', {});
  if (sync.queued === 0 || !session.shift) throw new Error('the till is not in the state that is measured');
  await call('shift.report', { shiftId: session.shift.shiftId });
  await call('cart.scan', { code: CODE });
  await call('cart.void', { reason: '' });
}

/** All that waits in a folder to a new hub. @returns orders a second */
async function drainRate(dataDir: string): Promise<number> {
  const postgres = await startPostgres({ fsync: true });
  const hub = await startHubProcess(await postgres.newDatabase());
  const store = Store.open({ dataDir, now: () => new Date(), newId, log: silentLog() });
  try {
    const rate = (ORDERS * 1000) / (await drain(hub, store, dataDir));
    progress(`${Math.round(rate)} orders/s to the hub`);
    return rate;
  } finally {
    store.close();
    await hub.stop();
    await postgres.stop();
  }
}
