import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readOwnCode, receiptCode } from '../../src/domain/own-code';
import { isHeadSignedBy, newKeyPair, successorPrefix } from '../../src/journal/identity';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { StoreError } from '../../src/main/db/store-error';
import { makeItem, StallLife } from './stall-life';
import { failAt } from './statement-faults';

const ALL = { entries: 1_000_000, bodyBytes: Number.MAX_SAFE_INTEGER };
const chainOf = ({ store }: StallLife, device = store.device.deviceId) =>
  store.sync.journal.entriesAfter(device, 0, ALL);

let life: StallLife;
beforeEach(() => {
  life = new StallLife();
  life.put(makeItem(1), makeItem(2));
  life.sell(['variant-1']);
});
afterEach(() => {
  vi.restoreAllMocks();
  life.end();
});

const renaming = (fromSeq: number, deviceId = 'renamed') => ({
  fromSeq,
  identity: { deviceId, ...newKeyPair() },
  prefix: 'T7',
  stallId: 'stall',
  serverId: 'hub',
});

/** What a person sees, whatever the device is called. */
const shown = ({ store }: StallLife) => ({
  numbers: store.orders.list({ text: '', beforeSequence: null, limit: 100 }).orders.map(({ order }) => order.number),
  copies: store.orders.last()?.copies,
  totals: store.shifts.current()?.totals,
  items: store.catalogue.itemCount(),
  onHand: [1, 2].map((number) => store.catalogue.item(`item-${number}`)?.variants[0]?.stock),
  parked: store.parked.list().map(({ label }) => label),
  strays: store.tenders.open().length,
  sale: store.sale(),
  jobs: store.jobs.list({ states: ['waiting', 'running', 'held'], limit: 100 }).length,
  result: store.resultOf('request'),
  signedOn: store.people.nameOf('ada'),
});

/** A morning after the first sale, of everything a device may write. */
async function trade(): Promise<void> {
  await life.store.importItems({
    importId: 'import',
    source: 'stock.csv',
    actor: 'ada',
    items: [Array.from({ length: 600 }, (_, index) => makeItem(index + 1))],
  });
  life.sell(['variant-2'], 'request');
  life.sellByCard(['variant-1', 'variant-2']);
  life.park(['variant-2']);
  const orderId = life.store.orders.last()?.order.orderId ?? '';
  life.store.commit({ actor: 'ada', drafts: [{ kind: 'receipt.copied', body: { orderId, copy: 1 } }], result: null });
  const started = { tenderId: 'tender', paymentId: 'p', cartId: 'c', provider: 'SumUp', amountMinor: 500 };
  life.store.commit({ actor: 'ada', drafts: [{ kind: 'tender.started', body: started }], result: null });
  life.store.saveSale({ cart: life.cart(['variant-1']), markedLineId: null, payment: null, doneOrderId: null });
}

describe('a device that joins a stall', () => {
  it('numbers its orders with the prefix it was given, also after a restart', () => {
    const { deviceId } = life.store.device;
    life.store.enrolled({ stallId: 'stall', prefix: 'T4', serverId: 'hub' });
    expect(life.sell(['variant-1']).number).toBe('T4-0002');
    life.close();
    expect(life.store.device).toMatchObject({ deviceId, prefix: 'T4' });
    expect(JSON.parse(readFileSync(join(life.dataDir, 'device.json'), 'utf8'))).toMatchObject({ prefix: 'T4' });
  });

  it('has it too when the power goes before its key file says so', () => {
    const before = readFileSync(join(life.dataDir, 'device.json'), 'utf8');
    life.store.enrolled({ stallId: 'stall', prefix: 'T4', serverId: 'hub' });
    life.close();
    writeFileSync(join(life.dataDir, 'device.json'), before);
    expect(life.sell(['variant-1']).number).toBe('T4-0002');
    expect(JSON.parse(readFileSync(join(life.dataDir, 'device.json'), 'utf8'))).toMatchObject({ prefix: 'T4' });
  });
});

describe('the prefix of a successor', () => {
  it('counts, and its receipts are read like any other', () => {
    expect(['T1', 'T1R2', 'T12', 'T1A', 'T1AR9'].map(successorPrefix)).toEqual([
      'T1R2',
      'T1R3',
      'T12R2',
      'T1AR2',
      'T1AR10',
    ]);
    for (const prefix of ['T1R2', 'T1A', 'T12AR10']) {
      expect(readOwnCode(receiptCode(`${prefix}-0412`))).toEqual({ kind: 'receipt', number: `${prefix}-0412` });
    }
  });
});

describe('a device whose name another one uses', () => {
  it('goes on under a new one, with every fact of its own and nothing twice', async () => {
    const fromSeq = chainOf(life).length;
    await trade();
    const former = life.store.device;
    const before = shown(life);
    const aside = chainOf(life).slice(fromSeq - 1);
    life.store.rename(renaming(fromSeq));
    const { store } = life;
    expect(store.device).toMatchObject({ deviceId: 'renamed', prefix: 'T7', formerDeviceIds: [former.deviceId] });
    expect(shown(life)).toEqual(before);
    expect(chainOf(life, former.deviceId)).toHaveLength(fromSeq - 1);
    const again = chainOf(life);
    expect(again.slice(0, 3).map(({ kind }) => kind)).toEqual([
      'device.registered',
      'device.enrolled',
      'device.forked',
    ]);
    const bodies = (of: typeof again) =>
      of.filter(({ kind }) => kind !== 'catalogue.import-committed').map(({ body }) => body);
    expect(bodies(again.slice(3))).toEqual(bodies(aside));
    // Both of its keys still sign: the new one for what follows, the former one for who succeeds it.
    expect(isHeadSignedBy(store.keys.signHead({ device: former.deviceId, seq: 1, hash: 'x' }), former.publicKey)).toBe(
      true,
    );
    expect(life.sell(['variant-1']).number).toBe('T7-0004');

    life.close();
    expect(existsSync(join(life.dataDir, 'device.json.next'))).toBe(false);
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
    expect((await verifyFolder(life.dataDir)).asideCount).toBe(aside.length);
    expect(life.store.device.deviceId).toBe('renamed');
    expect(life.store.orders.count()).toBe(4);
    life.close();
    const database = new Database(join(life.dataDir, 'trestle.db'));
    database.exec(`UPDATE forked_entry SET body = replace(body, 'T1-0002', 'T1-0009') WHERE kind = 'order.placed'`);
    database.exec(`DELETE FROM forked_entry WHERE seq = ${fromSeq + 1}`);
    database.close();
    const codes = (await verifyFolder(life.dataDir)).findings.map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['wrong-hash', 'wrong-link']));
  });

  it('can be told what the other one wrote under the old name', async () => {
    const clone = life.cutPower();
    const theirs = clone.sell(['variant-2']);
    const fromSeq = chainOf(life).length + 1;
    const ours = life.sell(['variant-1']);
    const former = life.store.device.deviceId;
    life.store.rename(renaming(fromSeq));
    const received = life.store.receive(chainOf(clone), []);
    expect(received).toMatchObject({ refused: [], unapplied: [] });
    expect(received.added).toBeGreaterThan(0);
    expect(chainOf(life, former)).toEqual(chainOf(clone));
    for (const { orderId } of [ours, theirs]) expect(life.store.orders.get(orderId)).not.toBeNull();
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
    clone.end();
  });

  it('takes an import along whose parts were written before and committed after', async () => {
    let fromSeq = 0;
    await life.store.importItems({
      importId: 'import',
      source: 'stock.csv',
      actor: 'ada',
      items: [Array.from({ length: 600 }, (_, index) => makeItem(index + 1))],
      onProgress: () => {
        fromSeq ||= chainOf(life).length + 1;
      },
    });
    expect(
      chainOf(life)
        .slice(0, fromSeq - 1)
        .at(-1)?.kind,
    ).toBe('catalogue.import-part');
    life.store.rename(renaming(fromSeq));
    expect(life.store.catalogue.itemCount()).toBe(600);
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('is refused a new name while an import is under way', async () => {
    await life.store.importItems({
      importId: 'import',
      source: 'stock.csv',
      actor: 'ada',
      items: [[makeItem(5)]],
      onProgress: () => expect(() => life.store.rename(renaming(2))).toThrow('an import is under way'),
    });
    expect(life.store.device.deviceId).not.toBe('renamed');
  });

  it.each(['before', 'after'] as const)('keeps the old name whichever statement fails, %s it ran', (when) => {
    const fromSeq = chainOf(life).length;
    life.sell(['variant-2'], 'request');
    const before = { shown: shown(life), lines: [...exportFolder(life.dataDir)], device: life.store.device };
    const most = 40;
    let failures = 0;
    for (let n = 1; ; n += 1) {
      const faults = failAt(n, when, 'SQLITE_FULL');
      let thrown: unknown = null;
      try {
        life.store.rename(renaming(fromSeq, `renamed-${n}`));
      } catch (error) {
        thrown = error;
      }
      const isDone = faults.count() < n;
      vi.restoreAllMocks();
      if (isDone) break;
      failures += 1;
      expect(thrown).toBeInstanceOf(StoreError);
      expect({ shown: shown(life), lines: [...exportFolder(life.dataDir)], device: life.store.device }).toEqual(before);
      // A restart finds the proposal and lets go of it.
      if (n % 10 === 0) life.close();
      expect(life.store.device).toEqual(before.device);
    }
    expect(failures).toBeGreaterThan(most);
    expect(life.store.device.prefix).toBe('T7');
    expect(shown(life)).toEqual(before.shown);
  });

  it('has the new one after a power cut between the journal and the key file', async () => {
    const fromSeq = chainOf(life).length;
    const file = (name: string) => join(life.dataDir, name);
    copyFileSync(file('device.json'), file('kept.json'));
    life.store.rename(renaming(fromSeq));
    life.close();
    copyFileSync(file('device.json'), file('device.json.next'));
    copyFileSync(file('kept.json'), file('device.json'));
    rmSync(file('kept.json'));
    expect(life.store.device).toMatchObject({ deviceId: 'renamed', prefix: 'T7' });
    life.sell(['variant-1']);
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('loses nothing when its database is damaged afterwards, and counts nothing twice', async () => {
    while (life.store.runIdleWork());
    const fromSeq = chainOf(life).length;
    life.sell(['variant-2']);
    while (life.store.runIdleWork());
    life.store.rename(renaming(fromSeq));
    life.sell(['variant-1']);
    const before = shown(life).numbers;
    life.close();
    rmSync(join(life.dataDir, 'trestle.db'));
    expect(life.store.device).toMatchObject({ prefix: 'T7R2' });
    expect(shown(life).numbers).toEqual(before);
    expect(life.store.catalogue.item('item-1')?.variants[0]?.stock).toBe(-1);
    expect(life.store.notices.list()[0]?.detail).toMatch(/ 0 lost/);
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('goes on with the plain copy where it was, however much was set aside', () => {
    const fromSeq = chainOf(life).length;
    while (life.store.runIdleWork());
    life.store.rename(renaming(fromSeq));
    const lines = () =>
      readFileSync(join(life.dataDir, 'journal-copy', '000001.jsonl'), 'utf8')
        .split('\n')
        .filter(Boolean);
    const written = lines().length;
    life.close();
    expect(lines()).toHaveLength(written + chainOf(life).length);
    expect(life.store.notices.list()).toEqual([]);
  });
});

describe('what is held of another device', () => {
  it('makes room for what the hub has, and no number of a place is used twice', async () => {
    const other = life.another();
    other.store.receive(chainOf(life), []);
    other.put(makeItem(3));
    const clone = other.cutPower();
    const soldApart = other.sell(['variant-1']);
    clone.sell(['variant-2']);
    life.store.receive(chainOf(other), []);
    while (life.store.runIdleWork());
    const { deviceId } = other.store.device;
    const refused = life.store.receive(chainOf(clone), []).refused[0];
    expect(refused).toMatchObject({ device: deviceId, why: 'forked' });
    life.store.setAside(deviceId, refused?.seq ?? 0);
    // A person is told, with the numbers of the orders that may be nowhere else.
    const aside = life.store.notices.list();
    expect(aside.map(({ code }) => code)).toEqual(['set-aside']);
    expect(aside[0]?.detail).toContain(soldApart.number);
    expect(life.store.receive(chainOf(clone), [])).toMatchObject({ refused: [], unapplied: [] });
    expect(chainOf(life, deviceId)).toEqual(chainOf(clone));
    expect(life.store.orders.count()).toBe(2);
    expect(() => life.store.setAside(life.store.device.deviceId, 1)).toThrow('new name');
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
    // Every entry is in the plain copy, which follows the places.
    const copy = readFileSync(join(life.dataDir, 'journal-copy', '000001.jsonl'), 'utf8');
    for (const line of exportFolder(life.dataDir)) expect(copy).toContain(line);
    expect(
      new Database(join(life.dataDir, 'trestle.db')).prepare('SELECT count(*) FROM forked_entry').pluck().get(),
    ).toBeGreaterThan(0);
    other.end();
    clone.end();
  });
});
