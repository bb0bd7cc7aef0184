/** Meeting a neighbour without a code: by the key that the journal has of it, and by nothing else. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExchangeFailure } from '../../src/exchange/exchange-failure';
import type { ServerIdentity } from '../../src/exchange/routes';
import { ShiftAccounts } from '../../src/main/db/shift-accounts';
import { SyncEngine } from '../../src/main/sync/engine';
import { LocalSyncStore } from '../../src/main/sync/local-store';
import { stall, StallLife } from '../journal/stall-life';
import { hubIdentity, SimServer } from '../sim/hub';
import { MemoryExchangeStore } from '../sim/memory-exchange-store';

const ADDRESS = 'http://neighbour.test';
const NEIGHBOUR = '01890000-0000-7000-8000-00000000abcd';
const nobody = (): void => undefined;

let life: StallLife;
let accounts: ShiftAccounts;
let local: LocalSyncStore;
let engine: SyncEngine;
let server: SimServer;
let kept: MemoryExchangeStore;
let asked: string[];

function serve(identity: ServerIdentity): void {
  const now = (): Date => new Date(life.nowMs);
  kept = new MemoryExchangeStore(now);
  kept.addStall(stall.stallId);
  server = new SimServer({ store: kept, identity, now, monotonicMs: () => performance.now() });
}

beforeEach(async () => {
  life = new StallLife();
  life.store.commit({ actor: null, drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
  accounts = ShiftAccounts.open(life.dataDir);
  asked = [];
  const now = (): Date => new Date(life.nowMs);
  const hooks = {
    acknowledged: nobody,
    received: nobody,
    identityChanged: nobody,
    peopleChanged: nobody,
    changed: nobody,
  };
  local = new LocalSyncStore({ store: life.store, dataDir: life.dataDir, accounts, now, hooks });
  engine = new SyncEngine({
    store: local,
    connect: () => ({
      send(request) {
        asked.push(`${request.method} ${request.path}`);
        return server.handle(request);
      },
      close: nobody,
    }),
    openWake: null,
    now,
    after(ms, work) {
      // The next exchange by itself is far away.
      const timer = ms === 0 ? setTimeout(work, 0) : null;
      return () => timer && clearTimeout(timer);
    },
    random: () => 0.5,
    newId: () => life.newId(),
    newNonce: () => 'nonce',
    version: 'test',
    isInUse: () => false,
  });
  await engine.start();
});
afterEach(async () => {
  await engine.stop();
  await server.close();
  accounts.close();
  life.end();
});

const neighbour = (): ServerIdentity => ({ ...hubIdentity(), serverId: NEIGHBOUR, role: 'neighbour' });
const keyOf = ({ publicKey }: ServerIdentity): { deviceId: string; publicKey: string } => ({
  deviceId: NEIGHBOUR,
  publicKey,
});
const failureOf = async (meeting: Promise<void>): Promise<string> => {
  const error: unknown = await meeting.then(
    () => 'met',
    (reason: unknown) => reason,
  );
  return error instanceof ExchangeFailure ? error.code : String(error);
};
/** The server knows this till already, as each of a stall knows the others from the hub. */
async function letIn(): Promise<void> {
  const codeHash = 'known';
  const expiresAt = new Date(life.nowMs + 3_600_000);
  await kept.addCode({ stallId: stall.stallId, codeHash, name: '', expiresAt });
  const { deviceId, publicKey, prefix } = life.store.device;
  await kept.enrol({ codeHash, former: null, deviceId, publicKey, prefix, stallId: stall.stallId, name: 'till' });
}
const handedOver = (): string[] => asked.filter((request) => request.endsWith('/entries'));

test('whoever answers by the name of a till of the stall but with another key is not met', async () => {
  const known = [keyOf(neighbour())];
  serve(neighbour());
  expect(await failureOf(engine.meet({ address: ADDRESS, known }))).toBe('not-enrolled');
  expect(engine.view().peers).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('whoever shows the key of a till of the stall without having it is told nothing and not kept', async () => {
  const real = neighbour();
  const { publicKey } = real;
  serve({ ...neighbour(), publicKey });
  await letIn();
  expect(await failureOf(engine.meet({ address: ADDRESS, known: [keyOf(real)] }))).toBe('not-enrolled');
  expect(engine.view().peers).toEqual([]);
  expect(handedOver()).toEqual([]);
});

test('one that knows this till, and that this till knows, is met without a code', async () => {
  const identity = neighbour();
  serve(identity);
  await letIn();
  expect(await failureOf(engine.meet({ address: ADDRESS, known: [keyOf(identity)] }))).toBe('met');
  expect(engine.view().peers).toMatchObject([{ serverId: NEIGHBOUR, condition: 'online' }]);
  expect(handedOver()).not.toEqual([]);
});

test('what one takes that was met and answers with another key one day does not count, and it is given nothing more', async () => {
  const identity = neighbour();
  serve(identity);
  await letIn();
  await engine.meet({ address: ADDRESS, known: [keyOf(identity)] });
  await server.close();
  serve(neighbour());
  await letIn();
  const { deviceId } = life.store.device;
  const counted = await local.acknowledgedSeq(NEIGHBOUR, deviceId);
  expect(counted).toBeGreaterThan(0);
  life.store.commit({ actor: null, drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
  await engine.syncNow();
  // It may make the till offer again what the real one has: that harms nothing.
  expect(await local.acknowledgedSeq(NEIGHBOUR, deviceId)).toBeLessThanOrEqual(counted);
  expect(engine.view().peers).toMatchObject([{ serverId: NEIGHBOUR, condition: 'refused' }]);
  asked = [];
  await engine.syncNow();
  expect(asked).not.toEqual([]);
  expect(handedOver()).toEqual([]);
});

test('one that does not know this till either is not kept, and may be joined by its code', async () => {
  const identity = neighbour();
  serve(identity);
  expect(await failureOf(engine.meet({ address: ADDRESS, known: [keyOf(identity)] }))).toBe('not-enrolled');
  expect(engine.view().peers).toEqual([]);
  expect(handedOver()).toEqual([]);
  await engine.enrol({ address: ADDRESS, code: await server.code(stall.stallId), name: 'till' });
  await engine.syncNow();
  expect(engine.view().peers).toMatchObject([{ serverId: NEIGHBOUR, condition: 'online' }]);
  expect(handedOver()).not.toEqual([]);
});
