/**
 * Selling while two hundred phones look around and hold things, all at once: the built kiosk in a process of its own, its stall
 * server in its thread. The same till without any phone is what it is held against. Phones and the client that measures share
 * processors with the till, which they do not on a market.
 *
 * Each phone has an address of its own (127.0.0.0/8 is all this machine's), opens the gallery with its first photos, then an
 * item, and looks again every few seconds, as people do; a third of them try to hold something each time.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { connect, readyToSell, startKioskProcess, type TestClient } from '../tests/helpers/kiosk-process';
import { figure, percentile, progress, type Figure } from './figure';
import { LOOK_EVERY_MS, PHONES, type CrowdTold } from './phones-crowd';
import { serveShoppers } from '../tests/helpers/stall-shoppers';

const SAMPLES = 400;
const WARM_UP = 30;
const CODE = '5012345010779';

export async function measure(scratch: string): Promise<Figure[]> {
  const kiosk = await startKioskProcess(join(scratch, 'till'), ['--devices', 'none', '--demo']);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  try {
    await readyToSell(client);
    const url = await serveShoppers(client);
    await checkouts(client, WARM_UP);
    // By turns, so that whatever else the machine does is borne by both.
    const idle = await checkouts(client, SAMPLES / 2);
    // Beside the measuring one: its phones must not keep the clock that the sale is timed by.
    const crowd = new Worker(new URL('./phones-crowd.js', import.meta.url), { workerData: url });
    await pause(LOOK_EVERY_MS);
    const busy = await checkouts(client, SAMPLES);
    const told = once(crowd, 'message') as Promise<[CrowdTold]>;
    crowd.postMessage('stop');
    const [{ answers, refused }] = await told;
    await crowd.terminate();
    idle.push(...(await checkouts(client, SAMPLES / 2)));
    progress(`${answers} answers to phones meanwhile, ${refused} of them to wait`);
    if (answers < PHONES) throw new Error('the phones were not served');
    return [
      figure({
        id: 'phones/checkout-p99',
        what: `durable order while ${PHONES} phones look around and hold things, p99`,
        value: percentile(busy, 0.99),
        unit: 'ms',
        reference: percentile(idle, 0.99),
        referenceWhat: 'the same till, no phones',
        target: { atMost: 1.2 },
      }),
    ];
  } finally {
    client.close();
    await kiosk.stop();
  }
}

/** What each payment took, from the call to its answer. */
async function checkouts({ call }: TestClient, samples: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    await call('cart.scan', { code: CODE });
    const started = performance.now();
    await call('payment.cash', { givenMinor: 1_000 });
    tookMs.push(performance.now() - started);
    // The till is never idle, and never a machine gun either.
    await pause(10);
  }
  progress(
    `${samples} sales, median ${percentile(tookMs, 0.5).toFixed(2)} ms, p99 ${percentile(tookMs, 0.99).toFixed(2)} ms`,
  );
  return tookMs;
}
