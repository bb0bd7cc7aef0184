/**
 * A till hands over 10 000 queued orders: the real store and the real engine to a real hub process, beside the same entries
 * put into the same PostgreSQL by one `INSERT … SELECT FROM unnest` per batch over one connection, which is what the till has;
 * and beside the same orders replicated by a PouchDB to express-pouchdb, as it comes and with the best of a few batch sizes.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as newId } from 'uuid';
import type { Stall } from '../src/domain/stall';
import { silentLog } from '../src/main/core/log';
import { TillUse } from '../src/main/core/till-use';
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
import { startPouchDb, type PouchDbPeer, type ReplicationBatches } from './pouchdb-peer';
import { connectPostgres, insertRaw, RAW_TABLE } from './raw-entries';

const ORDERS = 10_000;
const ROUNDS = 3;
const ORDERS_PER_COMMIT = 50;

const ENTRIES_AT_A_TIME = { entries: MAX_BATCH_ENTRIES, bodyBytes: 8 * 1024 * 1024 };

/** What PouchDB does unless told otherwise. */
const POUCHDB_DEFAULTS: ReplicationBatches = { batchSize: 100, batchesLimit: 10 };
/** Tried once each before anything is measured; the fastest is held against the till. */
const POUCHDB_TUNED: readonly ReplicationBatches[] = [
  { batchSize: 500, batchesLimit: 10 },
  { batchSize: 1_000, batchesLimit: 10 },
  { batchSize: 2_500, batchesLimit: 4 },
  { batchSize: 5_000, batchesLimit: 2 },
];

export async function measure(scratch: string): Promise<Figure[]> {
  const postgres = await startPostgres({ fsync: true });
  const url = await postgres.newDatabase();
  const setUp = await connectPostgres(url);
  await setUp.query(RAW_TABLE);
  await setUp.end();
  const hub = await startHubProcess(url);
  const pouchDb = await startPouchDb(scratch);
  const rates = { till: [] as number[], raw: [] as number[], pouchDb: [] as number[], tunedPouchDb: [] as number[] };
  const last = (all: readonly number[]): number => Math.round(all.at(-1) ?? 0);
  try {
    let tuned = POUCHDB_DEFAULTS;
    for (let round = 0; round < ROUNDS; round += 1) {
      const dataDir = join(scratch, `till-${round}`);
      const store = fill(dataDir, { ...saltAndBramble, stallId: `stall-${round}` });
      if (round === 0) {
        await pouchDb.put([...ordersOf(store)]);
        tuned = await best(pouchDb);
      }
      rates.raw.push(rate(await drainRaw(url, store)));
      rates.till.push(rate(await drain(hub, store, dataDir)));
      rates.pouchDb.push(rate(await pouchDb.replicate(POUCHDB_DEFAULTS)));
      rates.tunedPouchDb.push(rate(await pouchDb.replicate(tuned)));
      store.close();
      progress(
        `${last(rates.till)} orders/s to the hub, ${last(rates.raw)} raw, PouchDB ${last(rates.pouchDb)}, ` +
          `in batches of ${tuned.batchSize} ${last(rates.tunedPouchDb)}`,
      );
    }
  } finally {
    await pouchDb.stop();
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
    figure({
      id: 'drain/pouchdb',
      what: `a till with ${ORDERS} queued orders to the hub`,
      value: median(rates.till),
      unit: 'orders/s',
      reference: median(rates.pouchDb),
      referenceWhat: 'PouchDB to express-pouchdb as they come',
      target: { atLeast: 8 },
    }),
    figure({
      id: 'drain/pouchdb-tuned',
      what: 'the same',
      value: median(rates.till),
      unit: 'orders/s',
      reference: median(rates.tunedPouchDb),
      referenceWhat: 'PouchDB with the best of a few batch sizes',
      target: { atLeast: 8 },
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

/** What a PouchDB keeps of the same orders: the order itself under the entry's id. */
function* ordersOf(store: Store): Generator<object> {
  const { journal } = store.sync;
  for (let seq = 0; ;) {
    const entries = journal.entriesAfter(store.device.deviceId, seq, ENTRIES_AT_A_TIME);
    for (const { id, kind, body } of entries) {
      if (kind === 'order.placed') yield { _id: id, ...(JSON.parse(body) as object) };
    }
    const last = entries.at(-1);
    if (!last) return;
    ({ seq } = last);
  }
}

async function best(pouchDb: PouchDbPeer): Promise<ReplicationBatches> {
  let fastest = POUCHDB_DEFAULTS;
  let fastestMs = await pouchDb.replicate(fastest);
  for (const batches of POUCHDB_TUNED) {
    const tookMs = await pouchDb.replicate(batches);
    if (tookMs < fastestMs) [fastest, fastestMs] = [batches, tookMs];
  }
  return fastest;
}

/** Orders a second. */
const rate = (tookMs: number): number => (ORDERS * 1000) / tookMs;

/** Joins a new stall of a hub and hands over all that waits, by the till's own engine. @returns the milliseconds it took */
export async function drain(hub: HubProcess, store: Store, dataDir: string): Promise<number> {
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
  const engine = new SyncEngine(
    engineOptions({ store: local, accounts, dataDir, now, version: 'bench', use: new TillUse() }),
  );
  await engine.start();
  await engine.enrol({ address: hub.address, code, name: 'bench' });
  const startedMs = performance.now();
  while (store.sync.queue().count > 0) await pause(1);
  const tookMs = performance.now() - startedMs;
  await engine.stop();
  return tookMs;
}

async function drainRaw(url: string, store: Store): Promise<number> {
  const client = await connectPostgres(url);
  const { journal } = store.sync;
  const { deviceId } = store.device;
  const startedMs = performance.now();
  let seq = 0;
  for (;;) {
    const entries = journal.entriesAfter(deviceId, seq, ENTRIES_AT_A_TIME);
    const last = entries.at(-1);
    if (!last) break;
    await insertRaw(client, entries);
    ({ seq } = last);
  }
  const tookMs = performance.now() - startedMs;
  await client.end();
  return tookMs;
}
