/**
 * Selling while ten thousand queued orders go to a hub: the built kiosk in a process of its own, its exchange in its thread, a
 * real hub beside it. The same till without a hub is what it is held against. Hub, PostgreSQL and the client that measures
 * share processors and disk with the till, which they do not on a market; and nobody sells without a second's pause. The
 * queue leaves in small pieces all the while, so the whole of the run is under load: how many orders left is told.
 */
import { join } from 'node:path';
import { v7 as newId } from 'uuid';
import { silentLog } from '../src/main/core/log';
import { Store } from '../src/main/db/store';
import { sell } from '../tests/helpers/orders';
import { connect, readyToSell, startKioskProcess, type TestClient } from '../tests/helpers/kiosk-process';
import { startPostgres } from '../tests/helpers/postgres';
import { figure, percentile, progress, type Figure } from './figure';
import { startHubProcess } from './hub-process';
import { connectPostgres } from './raw-entries';

const ORDERS = 10_000;
const ORDERS_PER_COMMIT = 50;
const SAMPLES = 400;
const WARM_UP = 30;
const CODE = '5012345010779';

export async function measure(scratch: string): Promise<Figure[]> {
  const dataDir = join(scratch, 'till');
  const idle = await withTill(dataDir, ['--demo'], (client) => checkouts(client, () => true));
  fill(dataDir);
  const postgres = await startPostgres({ fsync: true });
  const url = await postgres.newDatabase();
  const hub = await startHubProcess(url);
  try {
    const { code } = await hub.newStall('Bench');
    const busy = await withTill(dataDir, ['--hub', hub.address, '--code', code], (client) =>
      checkouts(client, () => client.topics.sync.queued > 0),
    );
    const left = await ordersAt(url);
    progress(`${left} orders left meanwhile`);
    if (left === 0) throw new Error('nothing left the till meanwhile');
    const value = percentile(busy, 0.99);
    const reference = percentile(idle, 0.99);
    return [
      figure({
        id: 'selling-while-syncing/p99',
        what: `durable order while ${ORDERS} queued ones go to the hub, p99`,
        value,
        unit: 'ms',
        reference,
        referenceWhat: 'the same till, nothing to send',
        target: { atMost: 1.2 },
      }),
    ];
  } finally {
    await hub.stop();
    await postgres.stop();
  }
}

async function withTill<T>(
  dataDir: string,
  flags: readonly string[],
  work: (client: TestClient) => Promise<T>,
): Promise<T> {
  const kiosk = await startKioskProcess(dataDir, ['--devices', 'none', ...flags]);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  try {
    await readyToSell(client);
    return await work(client);
  } finally {
    client.close();
    await kiosk.stop();
  }
}

/** What each payment took, from the call to its answer, as long as the load lasts and for so many samples at most. */
async function checkouts({ call }: TestClient, isLoaded: () => boolean): Promise<number[]> {
  const tookMs: number[] = [];
  for (let sample = -WARM_UP; sample < SAMPLES; sample += 1) {
    await call('cart.scan', { code: CODE });
    const started = performance.now();
    await call('payment.cash', { givenMinor: 1_000 });
    if (sample >= 0 && isLoaded()) tookMs.push(performance.now() - started);
  }
  progress(`${tookMs.length} sales measured, median ${percentile(tookMs, 0.5).toFixed(2)} ms`);
  return tookMs;
}

async function ordersAt(url: string): Promise<number> {
  const client = await connectPostgres(url);
  const { rows } = await client.query<{ orders: string }>(
    `SELECT count(*) AS orders FROM entry WHERE kind = 'order.placed'`,
  );
  await client.end();
  return Number(rows[0]?.orders);
}

/** A till that has sold all day without a network. */
function fill(dataDir: string): void {
  const store = Store.open({ dataDir, now: () => new Date(), newId, log: silentLog() });
  const stall = store.stall.get();
  const shift = store.shifts.current()?.shift;
  if (!stall || !shift) throw new Error('the till was not set up');
  const context = { now: new Date().toISOString(), newId };
  for (let done = 0; done < ORDERS; done += ORDERS_PER_COMMIT) {
    const first = store.nextOrderSequence();
    const drafts = Array.from({ length: ORDERS_PER_COMMIT }, (_, index) => {
      const lines = [{ name: 'Bramble jam', priceMinor: 450 }];
      const { prefix } = store.device;
      const order = sell({ stall, lines, prefix, sequence: first + index, shiftId: shift.shiftId }, context);
      return { kind: 'order.placed' as const, body: { order } };
    });
    store.commit({ actor: null, drafts, result: null });
  }
  store.close();
}
