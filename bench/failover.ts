/**
 * kill -9 of the primary of three nodes with quorum commit while writers write, twenty times: what was acknowledged and is
 * not there afterwards, what is there twice, and how long after the promotion the first write is acknowledged again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { SealedEntry } from '../src/journal/entry';
import { ExchangeDevice } from '../tests/helpers/exchange-device';
import { startPostgresCluster } from '../tests/helpers/postgres-cluster';
import { figure, median, progress, type Figure } from './figure';
import { connectPostgres, insertRaw, RAW_TABLE } from './raw-entries';

const ROUNDS = 20;
const WRITERS = 4;
const BATCH = 25;
const LOAD_MS = 500;
const RESUME_LIMIT_MS = 1_000;

export async function measure(): Promise<Figure[]> {
  const cluster = await startPostgresCluster({ fsync: true });
  try {
    const url = await cluster.newDatabase();
    const setUp = await connectPostgres(url);
    await setUp.query(RAW_TABLE);
    await setUp.end();

    const acknowledged: string[] = [];
    const load = startLoad(url, (entries) => acknowledged.push(...entries.map(({ id }) => id)));
    const resumedMs: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      await pause(LOAD_MS);
      await cluster.killPrimary();
      const before = acknowledged.length;
      const startedMs = performance.now();
      await cluster.promote();
      while (acknowledged.length === before) await pause(1);
      resumedMs.push(performance.now() - startedMs);
      await cluster.rejoin();
      progress(`primary ${round} of ${ROUNDS} killed, ${acknowledged.length} orders acknowledged`);
    }
    await load.stop();

    const client = await connectPostgres(url);
    const { rows } = await client.query<{ id: string }>('SELECT id FROM raw_entry');
    await client.end();
    const kept = new Set(rows.map(({ id }) => id));
    progress(`back after ${median(resumedMs).toFixed(0)} ms at the median, ${load.broken()} connections lost`);
    return [
      figure({
        id: 'failover/lost',
        what: `acknowledged orders that are gone after ${ROUNDS} kills of the primary`,
        value: acknowledged.filter((id) => !kept.has(id)).length,
        unit: 'orders',
        reference: acknowledged.length,
        referenceWhat: 'acknowledged',
        target: { atMost: 0 },
      }),
      figure({
        id: 'failover/doubled',
        what: 'orders that are there twice',
        value: rows.length - kept.size,
        unit: 'orders',
        reference: rows.length,
        referenceWhat: 'there',
        target: { atMost: 0 },
      }),
      figure({
        id: 'failover/resume',
        what: 'from the word to promote a standby to the next acknowledged order, at worst',
        value: Math.max(...resumedMs),
        unit: 'ms',
        reference: RESUME_LIMIT_MS,
        referenceWhat: 'the limit',
        target: { atMost: 1 },
      }),
    ];
  } finally {
    await cluster.stop();
  }
}

/** Writers that each repeat a batch until it is acknowledged, whatever becomes of their connection. */
function startLoad(
  url: string,
  onAcknowledged: (entries: readonly SealedEntry[]) => void,
): { stop(): Promise<void>; broken(): number } {
  let isOver = false;
  let broken = 0;
  const writers = Array.from({ length: WRITERS }, async () => {
    const device = new ExchangeDevice();
    let client: pg.Client | null = null;
    while (!isOver) {
      const entries = Array.from({ length: BATCH }, () => device.sell().entry);
      for (let isIn = false; !isIn;) {
        try {
          client ??= await connectPostgres(url);
          await insertRaw(client, entries);
          isIn = true;
        } catch {
          broken += 1;
          client?.end().catch(() => undefined);
          client = null;
          await pause(5);
        }
      }
      onAcknowledged(entries);
    }
    await client?.end();
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(writers);
    },
    broken: () => broken,
  };
}
