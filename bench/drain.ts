/**
 * A till hands over 10 000 queued orders: the real store and the real engine to a real hub process, beside the same entries
 * put into the same PostgreSQL by one `INSERT … SELECT FROM unnest` per batch over one connection, which is what the till has.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as newId } from 'uuid';
import type { Stall } from '../src/domain/stall';
import { silentLog } from '../src/main/core/log';
import { ShiftAccounts } from '../src/main/db/shift-accounts';
import { Store } from '../src/main/db/store';
import { SyncEngine } from '../src/main/sync/engine';
import { LocalSyncStore } from '../src/main/sync/local-store';
import { engineOptions } from '../src/main/sync/start-sync';
import { MAX_BATCH_ENTRIES } from '../src/shared/exchange';
import { sell } from '../tests/helpers/orders';
import { startPostgres } from '../tests/helpers/postgres';
import { saltAndBramble } from '../tests/helpers/stall';
import { figure, median, progress, type Figure } from './figure';
import { startHubProcess, type HubProcess } from './hub-process';
import { connectPostgres, insertRaw, RAW_TABLE } from './raw-entries';

const ORDERS = 10_000;
const ROUNDS = 3;
const ORDERS_PER_COMMIT = 50;

export async function measure(scratch: string): Promise<Figure[]> {
  const postgres = await startPostgres({ fsync: true });
  const url = await postgres.newDatabase();
  const setUp = await connectPostgres(url);
  await setUp.query(RAW_TABLE);
  await setUp.end();
  const hub = await startHubProcess(url);
  const rates = { till: [] as number[], raw: [] as number[] };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const dataDir = join(scratch, `till-${round}`);
      const store = fill(dataDir, { ...saltAndBramble, stallId: `stall-${round}` });
      rates.raw.push(await drainRaw(url, store));
      rates.till.push(await drain(hub, store, dataDir));
      store.close();
      progress(`${Math.round(rates.till.at(-1) ?? 0)} orders/s to the hub, ${Math.round(rates.raw.at(-1) ?? 0)} raw`);
    }
  } finally {
    await hub.stop();
    await postgres.stop();
  }
  return [
    figure({
      id: 'drain/raw',
      what: `a till with ${ORDERS} queued orders to the hub`,
      value: median(rates.till),
      unit: 'orders/s',
      reference: median(rates.raw),
      referenceWhat: 'unnest inserts of the same batches over one connection',
      target: { atLeast: 0.75 },
    }),
  ];
}

/** A till that has sold all day without a network. */
function fill(dataDir: string, stall: Stall): Store {
  const store = Store.open({ dataDir, now: () => new Date(), newId, log: silentLog() });
  store.commit({ actor: null, drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
  const context = { now: new Date().toISOString(), newId };
  for (let sequence = 1; sequence <= ORDERS;) {
    const drafts = Array.from({ length: ORDERS_PER_COMMIT }, () => {
      const lines = [{ name: 'Bramble jam', priceMinor: 450 }];
      const order = sell({ stall, lines, prefix: 'T1', sequence, shiftId: 'shift-1' }, context);
      sequence += 1;
      return { kind: 'order.placed' as const, body: { order } };
    });
    store.commit({ actor: 'ada', drafts, result: null });
  }
  return store;
}

const rate = (startedMs: number): number => (ORDERS * 1000) / (performance.now() - startedMs);

async function drain(hub: HubProcess, store: Store, dataDir: string): Promise<number> {
  const { code } = await hub.newStall('Bench');
  const now = (): Date => new Date();
  const accounts = ShiftAccounts.open(dataDir);
  const hooks = {
    acknowledged: () => undefined,
    received: () => undefined,
    identityChanged: () => undefined,
    peopleChanged: () => undefined,
    changed: () => undefined,
  };
  const local = new LocalSyncStore({ store, dataDir, accounts, now, hooks });
  const engine = new SyncEngine(engineOptions({ store: local, accounts, dataDir, now, version: 'bench' }));
  await engine.start();
  await engine.enrol({ address: hub.address, code, name: 'bench' });
  const startedMs = performance.now();
  while (store.sync.queue().count > 0) await pause(1);
  const drained = rate(startedMs);
  await engine.stop();
  return drained;
}

async function drainRaw(url: string, store: Store): Promise<number> {
  const client = await connectPostgres(url);
  const { journal } = store.sync;
  const { deviceId } = store.device;
  const limit = { entries: MAX_BATCH_ENTRIES, bodyBytes: 8 * 1024 * 1024 };
  const startedMs = performance.now();
  let seq = 0;
  for (;;) {
    const entries = journal.entriesAfter(deviceId, seq, limit);
    const last = entries.at(-1);
    if (!last) break;
    await insertRaw(client, entries);
    ({ seq } = last);
  }
  const drained = rate(startedMs);
  await client.end();
  return drained;
}
