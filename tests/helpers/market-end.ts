/** Holds real tills and a real hub against the invariants of the simulation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { journalRows } from '../../src/journal/journal-rows';
import type { SealedEntry } from '../../src/journal/entry';
import { DATABASE_FILE, openReadOnly } from '../../src/main/db/open';
import {
  chainsAreSound,
  confirmedSalesExist,
  faultsAreVisible,
  hubHasEachOnce,
  nameOf,
  numbersAreUnique,
  storesVerify,
  sumsAgree,
  tablesAgree,
  tillsHoldTheStall,
  type ConfirmedSale,
  type EntryName,
  type TillAtEnd,
} from '../sim/checks';
import type { TestClient } from './kiosk-process';

/** A till that runs. */
export interface MarketTill {
  readonly name: string;
  readonly dataDir: string;
  readonly client: TestClient;
}

export interface Market {
  readonly databaseUrl: string;
  readonly stallId: string;
  readonly tills: readonly MarketTill[];
}

const PATIENCE_MS = 40_000;

type AtHub = Omit<Market, 'tills'>;

async function ask<Row extends pg.QueryResultRow>({ databaseUrl, stallId }: AtHub, text: string): Promise<Row[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return (await client.query<Row>(text, [stallId])).rows;
  } finally {
    await client.end();
  }
}

/** Everything the hub has of a stall, in the order of its feed. */
export function entriesAtHub(at: AtHub): Promise<SealedEntry[]> {
  return ask<SealedEntry>(
    at,
    `SELECT device_id AS device, seq::int, entry_id AS id, kind, at, event, actor, body, prev, hash
     FROM entry WHERE stall_id = $1 ORDER BY feed_seq`,
  );
}

function setAsideAtHub(at: AtHub): Promise<EntryName[]> {
  return ask<EntryName>(at, 'SELECT device_id AS device, seq::int FROM quarantine WHERE stall_id = $1');
}

/** The orders of some entries, by id, as often as they are there. */
export function orderIdsIn(entries: readonly SealedEntry[]): string[] {
  return entries
    .filter(({ kind }) => kind === 'order.placed')
    .map(({ body }) => (JSON.parse(body) as { order: { orderId: string } }).order.orderId);
}

/** Everything a till has, while it runs. */
export function entriesOnTill({ dataDir }: Pick<MarketTill, 'dataDir'>): SealedEntry[] {
  const database = openReadOnly(join(dataDir, DATABASE_FILE));
  try {
    return [...journalRows(database)];
  } finally {
    database.close();
  }
}

/** Lets everybody exchange until all have the same, or for as long as that may take. What is wrong then is for the checks to say. */
export async function settle(market: Market): Promise<void> {
  const known = (entries: readonly SealedEntry[]): string => entries.map(nameOf).sort().join();
  for (const deadlineMs = Date.now() + PATIENCE_MS; Date.now() < deadlineMs; await pause(100)) {
    await Promise.all(market.tills.map(({ client }) => client.call('sync.now', {})));
    const isInStep = market.tills.every(({ client: { topics } }) => {
      const { queued, state } = topics.sync;
      return queued === 0 && state === 'online';
    });
    const atHub = known(await entriesAtHub(market));
    if (isInStep && market.tills.every((till) => known(entriesOnTill(till)) === atHub)) return;
  }
}

async function confirmedSale({ tills: [first] }: Market, orderId: string): Promise<ConfirmedSale> {
  const got = await first?.client.client.call('order.get', { orderId });
  return got?.ok ? got.value.order : { orderId, number: 'nowhere', totalMinor: 0 };
}

/**
 * I1 to I5 after healing.
 * @param paid orders that a till has confirmed
 * @returns what is wrong, in sentences; nothing when all is well
 */
export async function faultsAtEnd(market: Market, paid: readonly string[]): Promise<string[]> {
  await settle(market);
  const confirmed = await Promise.all(paid.map((orderId) => confirmedSale(market, orderId)));
  const folder = mkdtempSync(join(tmpdir(), 'trestle-end-'));
  const tills: TillAtEnd[] = [];
  try {
    for (const { name, dataDir, client } of market.tills) {
      const live = openReadOnly(join(dataDir, DATABASE_FILE));
      const copy = join(folder, `${name}.db`);
      await live.backup(copy);
      live.close();
      const database = new Database(copy);
      const scratch = new Database(join(folder, `${name}-again.db`));
      scratch.pragma('synchronous = OFF');
      tills.push({
        name,
        entries: [...journalRows(database)],
        database,
        scratch,
        unapplied: client.topics.sync.unapplied,
      });
    }
    const world = {
      tills,
      hub: await entriesAtHub(market),
      quarantined: await setAsideAtHub(market),
      confirmed,
    };
    return [
      ...confirmedSalesExist(world),
      ...hubHasEachOnce(world),
      ...tillsHoldTheStall(world),
      ...chainsAreSound(world),
      ...storesVerify(world),
      ...sumsAgree(world),
      ...faultsAreVisible(world, []),
      ...tablesAgree(world),
      ...numbersAreUnique(world),
    ];
  } finally {
    for (const { database, scratch } of tills) {
      database.close();
      scratch.close();
    }
    rmSync(folder, { recursive: true });
  }
}
