/** What waits for a quiet moment while somebody sells: a long queue on its way to the hub, and the flags of its orders. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CoreContext } from '../../src/main/core/core-context';
import { FlagService } from '../../src/main/core/flag-service';
import { TillUse } from '../../src/main/core/till-use';
import { ShiftAccounts } from '../../src/main/db/shift-accounts';
import { SyncEngine } from '../../src/main/sync/engine';
import { LocalSyncStore } from '../../src/main/sync/local-store';
import { sell } from '../helpers/orders';
import { stall, StallLife } from '../journal/stall-life';
import { HUB_ADDRESS, hubIdentity, SimServer } from '../sim/hub';
import { MemoryExchangeStore } from '../sim/memory-exchange-store';

let life: StallLife;
let isInUse: boolean;
beforeEach(() => {
  life = new StallLife();
  life.store.commit({ actor: null, drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
  isInUse = true;
});
afterEach(() => {
  vi.useRealTimers();
  life.end();
});

/** @returns the ids of that many orders just placed */
function place(count: number): string[] {
  const first = life.store.nextOrderSequence();
  const orders = Array.from({ length: count }, (_, index) =>
    sell({ stall, lines: [{ name: 'Bramble jam', priceMinor: 450 }], sequence: first + index }, life.context),
  );
  const drafts = orders.map((order) => ({ kind: 'order.placed' as const, body: { order } }));
  life.store.commit({ actor: null, drafts, result: null });
  return orders.map(({ orderId }) => orderId);
}

function flagging(): { readonly flags: FlagService; readonly flagged: string[] } {
  const flagged: string[] = [];
  const core = { store: life.store, now: () => new Date(life.nowMs) } as unknown as CoreContext;
  const flags = new FlagService(core, {
    isInUse: () => isInUse,
    isOnline: () => true,
    onFlagged: (orderId) => flagged.push(orderId),
  });
  return { flags, flagged };
}

const hub = { serverId: 'hub', epoch: 1 };
const acknowledged = (orderIds: readonly string[]) =>
  orderIds.map((orderId, index) => ({ orderId, serverSeq: index + 1 }));

test('flags of a queue that was handed over wait while somebody sells, that of an order just placed does not', () => {
  vi.useFakeTimers();
  const queue = place(100);
  const [late] = place(1) as [string];
  const { flags, flagged } = flagging();
  flags.acknowledged(acknowledged(queue), hub);
  vi.advanceTimersByTime(1_000);
  const before = flagged.length;
  flags.acknowledged(acknowledged([late]), hub);
  vi.advanceTimersByTime(10);
  expect(flagged.slice(before)).toEqual([late]);

  // Somebody who never stops holds it up, but not for ever.
  vi.advanceTimersByTime(10_000);
  expect(flagged.length).toBeGreaterThan(before + 1);
  expect(flagged.length).toBeLessThan(queue.length);

  isInUse = false;
  vi.advanceTimersByTime(2_000);
  expect(new Set(flagged)).toEqual(new Set([...queue, late]));
  expect(flagged).toHaveLength(queue.length + 1);
  expect(queue.map((orderId) => life.store.orders.flagOf(orderId))).toEqual(queue.map(() => 'online'));
});

test('what is decided first about an order counts, also before it is written', () => {
  vi.useFakeTimers();
  const queue = place(30);
  const { flags } = flagging();
  isInUse = false;
  flags.confirmed(queue[0] as string, 'receipt-printed');
  flags.acknowledged(acknowledged(queue), hub);
  flags.confirmed(queue[1] as string, 'receipt-printed');
  flags.stop();
  expect(queue.slice(0, 3).map((orderId) => life.store.orders.flagOf(orderId))).toEqual([
    'offline-confirmed',
    'online',
    'online',
  ]);
  const { seq } = life.store.sync.journal.head(life.store.device.deviceId) ?? { seq: 0 };
  // Said again after it was written, nothing is.
  flags.acknowledged(acknowledged(queue), hub);
  flags.stop();
  expect(life.store.sync.journal.head(life.store.device.deviceId)?.seq).toBe(seq);
});

test('a queue leaves in small pieces with pauses while somebody sells, and in whole batches when nobody does', async () => {
  place(400);
  const now = (): Date => new Date(life.nowMs);
  const kept = new MemoryExchangeStore(now);
  kept.addStall('new-stall');
  const server = new SimServer({ store: kept, identity: hubIdentity(), now, monotonicMs: () => performance.now() });
  const accounts = ShiftAccounts.open(life.dataDir);
  const nobody = () => undefined;
  const hooks = {
    acknowledged: nobody,
    received: nobody,
    identityChanged: nobody,
    peopleChanged: nobody,
    changed: nobody,
  };
  const pushed: number[] = [];
  const pauses: number[] = [];
  const engine = new SyncEngine({
    store: new LocalSyncStore({ store: life.store, dataDir: life.dataDir, accounts, now, hooks }),
    connect: () => ({
      send(request) {
        if (request.method === 'POST' && request.path.endsWith('/entries')) {
          pushed.push((JSON.parse(String(request.body)) as { entries: unknown[] }).entries.length);
          if (pushed.length === 6) isInUse = false;
        }
        return server.handle(request);
      },
      close: nobody,
    }),
    openWake: null,
    now,
    after(ms, work) {
      // The next exchange of a quiet till is far away; pauses are over at once.
      if (ms > 0 && ms < 1_000) pauses.push(ms);
      const timer = ms < 1_000 ? setTimeout(work, 0) : null;
      return () => timer && clearTimeout(timer);
    },
    random: () => 0.5,
    newId: () => life.newId(),
    newNonce: () => 'nonce',
    version: 'test',
    isInUse: () => isInUse,
  });
  await engine.start();
  await engine.enrol({ address: HUB_ADDRESS, code: await server.code('new-stall'), name: 'till' });
  await engine.syncNow();
  expect(life.store.sync.queue().count).toBe(0);
  const small = pushed.slice(0, 6);
  expect(pushed).toHaveLength(7);
  expect(Math.max(...small)).toBeLessThanOrEqual(25);
  expect(pauses).toHaveLength(5);
  expect(pushed[6]).toBeGreaterThan(200);
  await engine.stop();
  accounts.close();
  await server.close();
});

test('a till is in use for a moment after each command, for every thread', () => {
  vi.useFakeTimers({ toFake: ['hrtime'] });
  const use = new TillUse();
  const elsewhere = new TillUse(use.shared);
  expect(elsewhere.isInUse()).toBe(false);
  vi.advanceTimersByTime(5_000);
  use.note();
  expect(elsewhere.isInUse()).toBe(true);
  vi.advanceTimersByTime(999);
  expect(elsewhere.isInUse()).toBe(true);
  vi.advanceTimersByTime(1);
  expect(elsewhere.isInUse()).toBe(false);
});
