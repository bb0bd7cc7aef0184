import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, seal, type SealedEntry } from '../../src/journal/entry';
import { DATABASE_FILE } from '../../src/main/db/open';
import { makeItem, StallLife } from '../journal/stall-life';
import {
  chainsAreSound,
  confirmedSalesExist,
  faultsAreVisible,
  flagsMoved,
  hubHasEachOnce,
  numbersAreUnique,
  ordersIn,
  peopleAgree,
  sharesHold,
  storesVerify,
  sumsAgree,
  tablesAgree,
  tillsHoldTheStall,
  toldAside,
  type TillAtEnd,
  type WorldAtEnd,
} from './checks';

/** Every check, on a world that the others need not look at. */
const CHECKS = {
  confirmedSalesExist,
  hubHasEachOnce,
  tillsHoldTheStall,
  chainsAreSound,
  sumsAgree,
  faultsAreVisible: (world: WorldAtEnd) => faultsAreVisible(world, []),
  flagsMoved,
  sharesHold,
  numbersAreUnique,
  tablesAgree,
  storesVerify,
};

let images: { readonly north: Buffer; readonly south: Buffer };

beforeAll(() => {
  const north = new StallLife();
  const south = north.another();
  north.put(makeItem(1), makeItem(2));
  const { deviceId } = north.store.device;
  const shares = [{ deviceId, quantity: 2 }];
  north.store.commit({
    actor: null,
    drafts: [{ kind: 'stock.shared', body: { itemId: 'item-1', variantId: 'variant-1', shares } }],
    result: null,
  });
  for (const variants of [['variant-1', 'variant-2'], ['variant-1']]) {
    const { orderId } = north.sell(variants);
    const at = north.context.now;
    const flagged = { orderId, flag: 'offline-confirmed', cause: 'receipt-printed', at, hub: null } as const;
    north.store.commit({ actor: null, drafts: [{ kind: 'order.flagged', body: flagged }], result: null });
  }
  north.park(['variant-2']);
  north.closeShift();
  const { device, sync } = north.store;
  const all = sync.journal.entriesAfter(device.deviceId, 0, { entries: 1_000, bodyBytes: 2 ** 24 });
  south.store.receive(all, []);
  const chain = south.store.sync.journal;
  const ours = chain.entriesAfter(south.store.device.deviceId, 0, { entries: 1_000, bodyBytes: 2 ** 24 });
  north.store.receive(ours, []);
  images = { north: imageOf(north), south: imageOf(south) };
  for (const life of [north, south]) life.end();
});

function imageOf(life: StallLife): Buffer {
  life.close();
  const database = new Database(join(life.dataDir, DATABASE_FILE));
  // An image in memory has no log beside it.
  database.pragma('journal_mode = DELETE');
  const image = database.serialize();
  database.close();
  return image;
}

const opened: Database.Database[] = [];
afterAll(() => opened.forEach((database) => database.close()));

function till(name: 'north' | 'south', spoil?: string): TillAtEnd {
  const database = new Database(images[name]);
  const scratch = new Database(':memory:');
  opened.push(database, scratch);
  if (spoil !== undefined) expect(database.prepare(spoil).run().changes, spoil).toBeGreaterThan(0);
  const entries = database.prepare('SELECT * FROM journal ORDER BY device, seq').all() as SealedEntry[];
  return { name, database, scratch, entries, unapplied: [] };
}

function healthy(): WorldAtEnd {
  const tills = [till('north'), till('south')];
  const hub = tills[0]?.entries ?? [];
  const confirmed = ordersIn(hub).map(({ order: { orderId, number, totalMinor } }) => ({
    orderId,
    number,
    totalMinor,
  }));
  return { tills, hub, quarantined: [], confirmed };
}

const faultsOf = (world: WorldAtEnd): string[] =>
  Object.entries(CHECKS).flatMap(([name, check]) => (check(world).length > 0 ? [name] : []));

/** The last entry of a kind, with another body, sealed anew as a forger would. */
function forged(entries: readonly SealedEntry[], kind: string, change: (body: never) => unknown): SealedEntry[] {
  const at = entries.findLastIndex((entry) => entry.kind === kind);
  const old = entries[at];
  if (!old) throw new Error(`there is no ${kind}`);
  const body = canonicalJson(change(JSON.parse(old.body) as never));
  const fresh = seal({ ...old, body }, old.prev);
  return entries.map((entry, index) => (index === at ? fresh : entry));
}

test('a sound world has no faults', () => {
  expect(faultsOf(healthy())).toEqual([]);
});

describe('is found', () => {
  const cases: readonly [string, keyof typeof CHECKS, (world: WorldAtEnd) => WorldAtEnd][] = [
    [
      'a confirmed sale that no journal has',
      'confirmedSalesExist',
      (world) => ({ ...world, confirmed: [...world.confirmed, { orderId: 'gone', number: 'T1-9', totalMinor: 5 }] }),
    ],
    [
      'a confirmed sale with another total',
      'confirmedSalesExist',
      (world) => ({ ...world, confirmed: world.confirmed.map((sale) => ({ ...sale, totalMinor: 1 })) }),
    ],
    [
      'an entry that the hub has twice',
      'hubHasEachOnce',
      (world) => ({ ...world, hub: [...world.hub, ...world.hub.slice(-1)] }),
    ],
    [
      'one order that was written twice',
      'hubHasEachOnce',
      (world) => {
        const [first] = ordersIn(world.hub);
        return {
          ...world,
          hub: forged(world.hub, 'order.placed', () => ({ order: first?.order })),
        };
      },
    ],
    [
      'an entry of the hub that no till wrote',
      'hubHasEachOnce',
      (world) => ({ ...world, hub: forged(world.hub, 'cart.parked', (body: object) => ({ ...body, label: 'x' })) }),
    ],
    ['an entry that the hub lacks', 'tillsHoldTheStall', (world) => ({ ...world, hub: world.hub.slice(0, -1) })],
    [
      'an entry that a till lacks',
      'tillsHoldTheStall',
      (world) => ({ ...world, tills: world.tills.map((one) => ({ ...one, entries: one.entries.slice(1) })) }),
    ],
    [
      'two entries of one number',
      'tillsHoldTheStall',
      (world) => ({ ...world, hub: forged(world.hub, 'cart.parked', (body: object) => ({ ...body, label: 'x' })) }),
    ],
    [
      'a gap',
      'chainsAreSound',
      (world) => ({ ...world, hub: world.hub.filter(({ kind }) => kind !== 'shift.opened') }),
    ],
    [
      'an entry that is not what was hashed',
      'chainsAreSound',
      (world) => ({ ...world, hub: world.hub.map((entry) => ({ ...entry, actor: 'mallory' })) }),
    ],
    [
      'an order whose sums do not hold',
      'sumsAgree',
      (world) => ({
        ...world,
        hub: forged(world.hub, 'order.placed', ({ order }: { order: object }) => ({
          order: { ...order, taxMinor: 1 },
        })),
      }),
    ],
    [
      'a shift whose report misses an order',
      'sumsAgree',
      (world) => ({
        ...world,
        hub: world.hub.filter((_, index) => index !== world.hub.findIndex(({ kind }) => kind === 'order.placed')),
      }),
    ],
    [
      'an entry that stands aside for no reason',
      'faultsAreVisible',
      (world) => ({ ...world, quarantined: world.hub.slice(0, 1) }),
    ],
    [
      'an entry that a till could not apply',
      'faultsAreVisible',
      (world) => ({
        ...world,
        tills: world.tills.map((one) => ({ ...one, unapplied: [{ device: 'elsewhere', seq: 1 }] })),
      }),
    ],
    [
      'an order that stays queued',
      'flagsMoved',
      (world) => ({ ...world, hub: world.hub.filter(({ kind }) => kind !== 'order.flagged') }),
    ],
    [
      'a flag that moved twice',
      'flagsMoved',
      (world) => ({ ...world, hub: [...world.hub, ...world.hub.filter(({ kind }) => kind === 'order.flagged')] }),
    ],
    [
      'a till that sold more than its share',
      'sharesHold',
      (world) => ({
        ...world,
        hub: forged(world.hub, 'stock.shared', (body: { shares: { quantity: number }[] }) => ({
          ...body,
          shares: body.shares.map((share) => ({ ...share, quantity: 1 })),
        })),
      }),
    ],
    [
      'a number on two receipts',
      'numbersAreUnique',
      (world) => {
        const [first] = ordersIn(world.hub);
        if (!first) return world;
        const order = { ...first.order, orderId: 'another' };
        const body = canonicalJson({ order });
        return { ...world, hub: [...world.hub, { ...first.entry, device: 'elsewhere', body }] };
      },
    ],
    [
      'tills that show different stalls',
      'tablesAgree',
      (world) => ({ ...world, tills: [till('north'), till('south', `UPDATE placed_order SET number = 'T9-0009'`)] }),
    ],
    [
      'a table that a replay does not give',
      'storesVerify',
      (world) => ({ ...world, tills: [till('north', 'DELETE FROM parked_cart')] }),
    ],
    [
      'a journal that was changed on its disk',
      'storesVerify',
      (world) => ({ ...world, tills: [till('north', `UPDATE journal SET actor = 'mallory' WHERE seq = 4`)] }),
    ],
  ];
  test.each(cases)('%s', (_, check, spoil) => {
    expect(faultsOf(spoil(healthy()))).toContain(check);
  });

  test('an entry that nobody can apply, and no till tells of it', () => {
    expect(faultsAreVisible(healthy(), [], [{ device: 'elsewhere', seq: 1 }])).toHaveLength(2);
    expect(storesVerify(healthy(), [{ device: 'elsewhere', seq: 1 }])).toHaveLength(2);
  });

  test('a person that one place has forgotten or calls otherwise', () => {
    const people = (name: string | null) => [{ reference: 'bo', name }];
    const places = (name: string | null) => [
      { name: 'the hub', people: people('Bo') },
      { name: 'north', people: people(name) },
    ];
    expect(peopleAgree(places('Bo'))).toEqual([]);
    expect(peopleAgree(places('Mo'))).toHaveLength(1);
    expect(peopleAgree(places(null))).toHaveLength(1);
    expect(peopleAgree([...places('Bo'), { name: 'south', people: [] }])).toHaveLength(1);
  });

  test('a sale that stands aside and no notice names', () => {
    const { hub } = healthy();
    const [first] = ordersIn(hub);
    if (!first) throw new Error('there is no order');
    expect(toldAside([first.entry], ['another till'])).toEqual([]);
    expect(toldAside([first.entry], [`orders among them: ${first.order.number}`])).toEqual([first.order.orderId]);
  });

  test('an entry that should stand aside and does not', () => {
    expect(faultsAreVisible(healthy(), [{ device: 'elsewhere', seq: 1 }])).toHaveLength(1);
  });
});

test('copies of one folder may have printed one number before they learnt of each other', () => {
  const world = healthy();
  const [first] = ordersIn(world.hub);
  if (!first) throw new Error('there is no order');
  const { device } = first.entry;
  const forked = canonicalJson({ formerDevice: device, fromSeq: first.entry.seq, entries: 1 });
  const body = canonicalJson({ order: { ...first.order, orderId: 'another' } });
  const copy = { ...first.entry, device: 'successor' };
  const hub = [...world.hub, { ...copy, kind: 'device.forked', body: forked }, { ...copy, body }];
  expect(numbersAreUnique({ ...world, hub })).toEqual([]);
});
