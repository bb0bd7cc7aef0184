/**
 * Selling while two hundred phones look around and hold things, all at once: the built kiosk in a process of its own, its stall
 * server in its thread. The same till without any phone is what it is held against. Phones and the client that measures share
 * processors with the till, which they do not on a market.
 *
 * Each phone has an address of its own (127.0.0.0/8 is all this machine's), opens the gallery with its first photos, then an
 * item, and looks again every few seconds, as people do; a third of them try to hold something each time.
 *
 * Then all of them want the last few of one thing at once, again and again, while the till sells of it too: what was held and
 * what was sold together may not be more than there was.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { connect, readyToSell, startKioskProcess, type TestClient } from '../tests/helpers/kiosk-process';
import { figure, percentile, progress, type Figure } from './figure';
import { ask, LOOK_EVERY_MS, PHONES, type CrowdTold } from './phones-crowd';
import { serveShoppers } from '../tests/helpers/stall-shoppers';

/** With the phones and without them by turns, so that whatever else the machine does is borne by both. */
const TURNS = 4;
/** Of each side in a turn: with all turns p99 is the eighth slowest, which chance alone does not make. */
const SAMPLES = 200;
const WARM_UP = 30;
const CODE = '5012345010779';
/** What all phones want, how many there are, and how often each phone asks. */
const WANTED = '5012345014845';
const STOCK = 50;
const ATTEMPTS_EACH = 50;
const SALES_BETWEEN = 10;
/** One phone asks on while another is answered, as a browser with two open pages does. */
const PATIENCE_MS = 50;

export async function measure(scratch: string): Promise<Figure[]> {
  const kiosk = await startKioskProcess(join(scratch, 'till'), ['--devices', 'none', '--demo']);
  const client = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  try {
    await readyToSell(client);
    const url = await serveShoppers(client);
    await checkouts(client, WARM_UP);
    const idle: number[] = [];
    const busy: number[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      idle.push(...(await checkouts(client, SAMPLES / 2)));
      busy.push(...(await amongPhones(url, () => checkouts(client, SAMPLES))));
      idle.push(...(await checkouts(client, SAMPLES / 2)));
    }
    const oversold = await contend(client, url);
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
      figure({
        id: 'phones/oversold',
        what: `pieces held or sold beyond what there were, ${PHONES * ATTEMPTS_EACH} attempts of ${PHONES} phones among sales`,
        value: oversold,
        unit: 'pieces',
        reference: STOCK,
        referenceWhat: 'the pieces there were',
        target: { atMost: 0 },
      }),
    ];
  } finally {
    client.close();
    await kiosk.stop();
  }
}

/** Does something while all phones look around and hold things. */
async function amongPhones<T>(url: string, work: () => Promise<T>): Promise<T> {
  // Beside the measuring one: its phones must not keep the clock that the sale is timed by.
  const crowd = new Worker(new URL('./phones-crowd.js', import.meta.url), { workerData: url });
  await pause(LOOK_EVERY_MS);
  const done = await work();
  const told = once(crowd, 'message') as Promise<[CrowdTold]>;
  crowd.postMessage('stop');
  const [{ answers, refused }] = await told;
  await crowd.terminate();
  progress(`${answers} answers to phones meanwhile, ${refused} of them to wait`);
  if (answers < PHONES) throw new Error('the phones were not served');
  return done;
}

/** All phones ask for the same few again and again, while the till sells of them. @returns pieces beyond what there were */
async function contend(client: TestClient, url: string): Promise<number> {
  const found = await client.call('catalogue.lookup', { code: WANTED });
  if (!found) throw new Error('the demo stall sells what the phones want');
  const { itemId } = found.item;
  const { handle: _handle, ...item } = await client.call('catalogue.item', { itemId });
  await client.call('catalogue.put-item', {
    ...item,
    variants: item.variants.map((variant) => ({ ...variant, stock: STOCK })),
  });
  // Those who looked around hold as much as one stall holds at a time.
  for (const { holdId, phase } of client.topics.holds.holds) {
    if (phase === 'open') await client.call('hold.release', { holdId, reason: 'by-till' });
  }
  const held = new Set<string>();
  let refused = 0;
  let later = 0;
  async function phone(index: number): Promise<void> {
    const localAddress = `127.0.2.${index + 1}`;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let attempt = 0; attempt < ATTEMPTS_EACH;) {
      const form = new URLSearchParams({ variantId: found?.variantId ?? '', quantity: '1', requestId: randomUUID() });
      const answer = await ask(`${url}/hold/of/${itemId}`, { agent, localAddress, form: form.toString() });
      if (answer.status === 303) held.add(answer.location);
      else if (answer.status === 409) refused += 1;
      else if (answer.status === 429 || answer.status === 503) later += 1;
      else throw new Error(`a hold was answered with ${answer.status}`);
      // Whoever was told to wait has not been answered yet, and asks again.
      if (answer.status === 303 || answer.status === 409) attempt += 1;
      else await pause(PATIENCE_MS);
    }
    agent.destroy();
  }
  const phones = Promise.all(Array.from({ length: PHONES }, (_, index) => phone(index)));
  let sold = 0;
  for (let sale = 0; sale < SALES_BETWEEN; sale += 1) {
    const added = await client.client.call('cart.add', { variantId: found.variantId ?? '' });
    if (added.ok) {
      await client.call('payment.cash', { givenMinor: 10_000 });
      sold += 1;
    }
    await pause(PATIENCE_MS);
  }
  await phones;
  progress(`${held.size} holds and ${sold} sales of ${STOCK}; ${refused} refused, ${later} told to wait`);
  if (held.size === 0 || refused === 0) throw new Error('nobody had to contend');
  if (held.size + refused !== PHONES * ATTEMPTS_EACH) throw new Error('not every attempt was answered');
  return Math.max(0, held.size + sold - STOCK);
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
