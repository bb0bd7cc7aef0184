/**
 * Selling while ten thousand queued orders go to a hub: the built kiosk in a process of its own, its exchange in its thread, a
 * real hub beside it. The same till without a hub is what it is held against.
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
  const hub = await startHubProcess(await postgres.newDatabase());
  try {
    const { code } = await hub.newStall('Bench');
    const busy = await withTill(dataDir, ['--hub', hub.address, '--code', code], (client) =>
      // Flags of orders the hub has are written while and after they are handed over: that is part of it.
      checkouts(client, () => client.topics.sync.queued > 0),
    );
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
