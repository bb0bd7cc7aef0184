/**
 * kill -9 of the primary of three nodes with quorum commit, twenty times, while tills hand orders to a hub: what the hub has
 * acknowledged and no longer has, what it has twice, and how long after the promotion it acknowledges again. The hub is a
 * process of its own that knows the three nodes by `DATABASE_URL` and nothing else; no proxy tells it which of them takes
 * writes. The tills are real clients over HTTP: keys, tokens, signed heads, acknowledgements whose signature is checked, and
 * a batch that was not acknowledged is handed over again as often as it takes. They wait as long as the hub asks them to and
 * no longer, since a till's own growing pause says nothing of the hub.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ExchangeFailure } from '../src/exchange/exchange-failure';
import { ExchangeDevice, type EnrolledDevice } from '../tests/helpers/exchange-device';
import { startPostgresCluster } from '../tests/helpers/postgres-cluster';
import { figure, median, progress, type Figure } from './figure';
import { startHubProcess, type HubProcess } from './hub-process';

const ROUNDS = 20;
const STALLS = 4;
const TILLS = 8;
const BATCH = 10;
/** Between two batches of a till: the hub stays busy, and the nodes that are copied anew stay small. */
const BETWEEN_BATCHES_MS = 20;
const LOAD_MS = 500;
const RESUME_LIMIT_MS = 1_000;
/** Where the hub gave no time of its own. */
const TRY_AGAIN_MS = 50;

export async function measure(): Promise<Figure[]> {
  const cluster = await startPostgresCluster({ fsync: true });
  const hub = await startHubProcess(cluster.onAllNodes(await cluster.newDatabase()));
  try {
    const tills = await enrolTills(hub);
    const acknowledged: string[] = [];
    const load = startLoad(tills, acknowledged);
    const resumedMs: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      await pause(LOAD_MS);
      await cluster.killPrimary();
      // What was answered before the kill is read first.
      await pause(TRY_AGAIN_MS);
      const before = acknowledged.length;
      const startedMs = performance.now();
      await cluster.promote();
      while (acknowledged.length === before) await Promise.race([pause(1), load.ended]);
      resumedMs.push(performance.now() - startedMs);
      await cluster.rejoin();
      progress(
        `primary ${round} of ${ROUNDS} killed, ${acknowledged.length} orders acknowledged, the first after ` +
          `${(resumedMs.at(-1) ?? 0).toFixed(0)} ms`,
      );
    }
    await load.stop();
    const there = await readAll(tills);
    const kept = new Set(there);
    for (const { close } of tills) close();
    progress(
      `back after ${median(resumedMs).toFixed(0)} ms at the median, ${load.refused()} batches handed over again`,
    );
    return [
      figure({
        id: 'failover/lost',
        what: `orders the hub acknowledged and has no more after ${ROUNDS} kills of the primary`,
        value: acknowledged.filter((id) => !kept.has(id)).length,
        unit: 'orders',
        reference: acknowledged.length,
        referenceWhat: 'acknowledged',
        target: { atMost: 0 },
      }),
      figure({
        id: 'failover/doubled',
        what: 'orders the hub has twice',
        value: there.length - kept.size,
        unit: 'orders',
        reference: there.length,
        referenceWhat: 'there',
        target: { atMost: 0 },
      }),
      figure({
        id: 'failover/resume',
        what: 'from the word to promote a standby to the next order the hub acknowledges, at worst',
        value: Math.max(...resumedMs),
        unit: 'ms',
        reference: RESUME_LIMIT_MS,
        referenceWhat: 'the limit',
        target: { atMost: 1 },
      }),
    ];
  } finally {
    await hub.stop();
    await cluster.stop();
  }
}

/** Tills of a few stalls, each known at the hub with the first entry of its journal. */
async function enrolTills(hub: HubProcess): Promise<EnrolledDevice[]> {
  const tills: EnrolledDevice[] = [];
  for (let stall = 0; stall < STALLS; stall += 1) {
    const first = await new ExchangeDevice().enrol(hub.address, (await hub.newStall(`Stall ${stall}`)).code);
    tills.push(first);
    while (tills.length % (TILLS / STALLS) !== 0) {
      tills.push(await new ExchangeDevice().enrol(hub.address, (await first.client.newCode('till')).code));
    }
  }
  await Promise.all(tills.map((till) => till.push()));
  return tills;
}

/** Tills that each repeat a batch until it is acknowledged, whatever becomes of the hub's database. */
function startLoad(
  tills: readonly EnrolledDevice[],
  acknowledged: string[],
): { readonly ended: Promise<unknown>; stop(): Promise<void>; refused(): number } {
  let isOver = false;
  let refused = 0;
  const sellers = tills.map(async ({ device, push }) => {
    while (!isOver) {
      const entries = Array.from({ length: BATCH }, () => device.sell().entry);
      const fromSeq = entries[0]?.seq;
      for (let isIn = false; !isIn;) {
        try {
          const { head } = await push(fromSeq);
          if (head.seq !== entries.at(-1)?.seq) throw new Error(`the hub acknowledged ${head.seq} as the last`);
          isIn = true;
        } catch (error) {
          if (!(error instanceof ExchangeFailure) || error.code !== 'unavailable') throw error;
          refused += 1;
          await pause(error.retryAfterMs ?? TRY_AGAIN_MS);
        }
      }
      acknowledged.push(...entries.map(({ id }) => id));
      await pause(BETWEEN_BATCHES_MS);
    }
  });
  const ended = Promise.all(sellers);
  // A till that gives up ends the bench, in the next round at the latest.
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      isOver = true;
      await ended;
    },
    refused: () => refused,
  };
}

/** The ids of all orders in the stalls' feeds, as a device reads them that begins anew. */
async function readAll(tills: readonly EnrolledDevice[]): Promise<string[]> {
  const ids: string[] = [];
  const oneOfEach = new Map(tills.map((till) => [till.stallId, till.client]));
  for (const client of oneOfEach.values()) {
    for (let after = '0.0', more = true; more;) {
      const page = await client.feed({ after, own: 'all' });
      ids.push(...page.entries.filter(({ kind }) => kind === 'order.placed').map(({ id }) => id));
      ({ cursor: after, more } = page);
    }
  }
  return ids;
}
