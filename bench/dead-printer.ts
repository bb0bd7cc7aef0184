/**
 * Sales while the printer's address swallows every packet, beside sales of a till that has no printer, in turns in the
 * same Electron main process: what a sale takes, and for how long the process can do nothing else.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { printerFlag } from '../src/main/flags';
import { watchBlocks } from './blocks';
import { figure, median, progress, type Figure } from './figure';
import { fillCatalogue, message, startTill, valueOf, type BenchTill } from './till';

export const runtime = 'electron';

const ROUNDS = 10;
const SALES_PER_ROUND = 20;
const ROWS = 12;
const STALL_LIMIT_MS = 16;
/** Two tills that do the same differ by less than this. */
const NO_SLOWER = 1.15;
/** Longer than the driver's patience with a connection: every round sees one begun and one given up. */
const ROUND_REST_MS = 3_500;

export async function measure(scratch: string): Promise<Figure[]> {
  const hole = await blackHole();
  const dead = await makeTill(join(scratch, 'dead'), { printer: printerFlag(`127.0.0.1:${hole.port}`) });
  const bare = await makeTill(join(scratch, 'bare'), {});

  progress(`${ROUNDS} rounds of ${SALES_PER_ROUND} sales, with a printer that swallows packets and without any`);
  const deadMs: number[] = [];
  const bareMs: number[] = [];
  const stallMs: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const watch = watchBlocks();
    const took = { dead: 0, bare: 0 };
    for (let sale = 0; sale < SALES_PER_ROUND; sale += 1) {
      took.bare = Math.max(took.bare, await sell(bare));
      took.dead = Math.max(took.dead, await sell(dead));
    }
    await pause(ROUND_REST_MS);
    const stalledMs = watch.stop();
    // The first round warms up.
    if (round < 0) continue;
    deadMs.push(took.dead);
    bareMs.push(took.bare);
    stallMs.push(stalledMs);
  }
  progress(`longest stall of each round: ${stallMs.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  const { devices } = await dead.till.call('state.get', {});
  const states = devices.devices.filter(({ kind }) => kind === 'printer').map(({ reason }) => reason);
  if (states[0] !== 'unreachable') throw new Error(`the printer was not dead: ${states.join(', ')}`);
  await dead.till.close();
  await bare.till.close();
  hole.close();

  const what = 'the printer’s address swallows packets';
  return [
    figure({
      id: 'dead-printer/stall',
      what: `${what}: longest time a round the main process did nothing else, median of ${ROUNDS} rounds`,
      value: median(stallMs),
      unit: 'ms',
      reference: STALL_LIMIT_MS,
      referenceWhat: 'the limit',
      target: { atMost: 1 },
    }),
    figure({
      id: 'dead-printer/sale',
      what: `${what}: longest sale of ${SALES_PER_ROUND}, median of ${ROUNDS} rounds`,
      value: median(deadMs),
      unit: 'ms',
      reference: median(bareMs),
      referenceWhat: 'the same with no printer, in turns',
      target: { atMost: NO_SLOWER },
    }),
  ];
}

interface Seller {
  readonly till: BenchTill;
  readonly variantIds: readonly string[];
}

async function makeTill(
  dataDir: string,
  options: { readonly printer?: ReturnType<typeof printerFlag> },
): Promise<Seller> {
  await fillCatalogue(dataDir, 1000);
  const till = await startTill({ dataDir, devices: 'real', ...options });
  const { tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: ROWS });
  return { till, variantIds: tiles.flatMap(({ variantId }) => variantId ?? []) };
}

/** What counts of a sale is the call that pays, from the door of the core and back; in milliseconds. */
async function sell({ till: { kiosk, call }, variantIds }: Seller): Promise<number> {
  for (const variantId of variantIds) {
    await call('cart.add', { variantId });
    // A window's calls come one by one, each in a turn of its own.
    await turn();
  }
  const { sale } = await call('state.get', {});
  await turn();
  const pay = message('payment.cash', { givenMinor: sale.cart.totalMinor + 1000 });
  const started = performance.now();
  const answer = await kiosk.dispatch({ role: 'till' }, pay);
  const tookMs = performance.now() - started;
  valueOf('payment.cash', answer);
  await turn();
  return tookMs;
}

/**
 * A port whose queue of connections is full and never emptied: the system drops every further packet that asks for one,
 * as an address does behind which nothing lives. Needs no rights and no network.
 */
async function blackHole(): Promise<{ readonly port: number; close(): void }> {
  const listener = spawn(
    process.execPath,
    [
      '-e',
      `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
        console.log(server.address().port));`,
    ],
    { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface(listener.stdout), 'line')) as [string];
  const port = Number(line);
  // Stopped, it takes no connection out of its queue any more.
  listener.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (;;) {
    const socket = createConnection({ host: '127.0.0.1', port }).on('error', () => undefined);
    fillers.push(socket);
    const isTaken = await Promise.race([once(socket, 'connect').then(() => true), pause(500).then(() => false)]);
    if (!isTaken) break;
    if (fillers.length > 64) throw new Error('this system takes every connection: no packet is swallowed');
  }
  return {
    port,
    close() {
      for (const socket of fillers) socket.destroy();
      listener.kill('SIGKILL');
    },
  };
}
