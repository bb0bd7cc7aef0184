import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seal, type SealedEntry } from '../../src/journal/entry';
import { DeviceKeys } from '../../src/journal/identity';
import { verifyFolder } from '../../src/main/db/inspect';
import { JournalReader } from '../../src/main/db/journal-reader';
import { makeItem, stall, StallLife } from './stall-life';

const ALL = { entries: 1_000_000, bodyBytes: Number.MAX_SAFE_INTEGER };
const wholeChain = (life: StallLife): readonly SealedEntry[] =>
  life.store.sync.journal.entriesAfter(life.store.device.deviceId, 0, ALL);
const headOf = ({ store }: StallLife) => {
  const { device } = store;
  const head = store.sync.journal.head(device.deviceId);
  if (!head) throw new Error('nothing was written');
  return store.keys.signHead(head);
};

let one: StallLife;
let two: StallLife;
beforeEach(() => {
  one = new StallLife();
  two = one.another();
  one.put(makeItem(1), makeItem(2));
  one.sell(['variant-1', 'variant-2']);
});
afterEach(() => {
  one.end();
  two.end();
});

describe('entries of another device', () => {
  it('are shown like own ones, under the name of the device that wrote them', async () => {
    const received = two.store.receive(wholeChain(one), [headOf(one)]);
    expect(received).toMatchObject({ added: wholeChain(one).length, refused: [], unapplied: [] });
    expect(received.kinds).toContain('order.placed');
    expect(two.store.catalogue.itemCount()).toBe(2);
    expect(two.store.orders.count()).toBe(1);
    // Its own numbers go on: the other's order is not its own.
    expect(two.store.nextOrderSequence()).toBe(1);
    expect(two.sell(['variant-1']).orderId).not.toBe(one.store.orders.last()?.order.orderId);
    two.close();
    const report = await verifyFolder(two.dataDir);
    expect(report.findings).toEqual([]);
    expect(report.devices).toHaveLength(2);
    // Each vouches for its own chain, the other by the signature that came with it.
    for (const { lastSeq, signedSeq } of report.devices) expect(signedSeq).toBe(lastSeq);
    const database = new Database(join(two.dataDir, 'trestle.db'));
    database.exec(`UPDATE relay_head SET signature = replace(signature, substr(signature, 1, 4), 'AAAA')`);
    database.close();
    expect((await verifyFolder(two.dataDir)).findings.map(({ code }) => code)).toEqual(['wrong-head']);
  });

  it('that come twice, doubled or in pieces change nothing more', () => {
    const chain = wholeChain(one);
    for (const entry of chain) two.store.receive([entry], []);
    expect(two.store.receive([...chain, ...chain], [headOf(one)])).toMatchObject({ added: 0, refused: [] });
    expect(two.store.catalogue.item('item-1')?.variants[0]?.stock).toBe(0);
    expect(two.store.orders.count()).toBe(1);
  });

  it('are not taken after a gap, and everything else is', () => {
    const three = one.another();
    three.put(makeItem(3));
    const [first, , ...rest] = wholeChain(one);
    if (!first) throw new Error('no first entry');
    const received = two.store.receive([first, ...rest, ...wholeChain(three)], []);
    expect(received.refused).toEqual([
      { device: one.store.device.deviceId, seq: 3, why: 'gap', head: { seq: 1, hash: first.hash } },
    ]);
    expect(two.store.sync.journal.head(one.store.device.deviceId)?.seq).toBe(1);
    expect(two.store.catalogue.item('item-3')).not.toBeNull();
    // The missing one with the rest mends it.
    expect(two.store.receive(wholeChain(one), [])).toMatchObject({ refused: [], added: wholeChain(one).length - 1 });
    three.end();
  });

  it('that contradict what is held are refused by name, and what is held stays', () => {
    const copy = one.cutPower();
    copy.put(makeItem(5));
    one.put(makeItem(4));
    two.store.receive(wholeChain(one), []);
    const received = two.store.receive(wholeChain(copy), []);
    const head = two.store.sync.journal.head(one.store.device.deviceId);
    expect(received.refused).toMatchObject([{ why: 'forked', seq: head?.seq }]);
    expect(two.store.catalogue.item('item-5')).toBeNull();
    expect(two.store.catalogue.item('item-4')).not.toBeNull();
    copy.end();
  });

  it('under a head somebody else signed are not taken', () => {
    const forged = { ...two.store.keys.signHead({ ...headOf(one), device: two.store.device.deviceId }) };
    const head = { ...headOf(one), signature: forged.signature };
    const received = two.store.receive(wholeChain(one), [head]);
    expect(received).toMatchObject({ added: 0, refused: [{ why: 'bad-signature', seq: 1 }] });
    expect(two.store.catalogue.itemCount()).toBe(0);
    expect(two.store.receive(wholeChain(one), [headOf(one)]).added).toBeGreaterThan(0);
  });

  it('that nobody can read are kept in their place and named, and the rest is applied', async () => {
    const chain = [...wholeChain(one)];
    const last = chain.at(-1);
    if (!last) throw new Error('no last entry');
    const { device } = last;
    const at = (count: number) => `2026-06-13T12:00:00.000Z-000${count}-${device}`;
    const moon = seal(
      { ...last, seq: last.seq + 1, id: 'moon', kind: 'moon.landed', at: at(1), body: '{}' },
      last.hash,
    );
    const body = JSON.stringify({ itemIds: ['item-2'] });
    const kind = 'catalogue.items-removed';
    const forged = {
      ...seal({ ...last, seq: last.seq + 2, id: 'forged', kind, at: at(2), body }, moon.hash),
      hash: 'f'.repeat(64),
    };
    const gone = seal({ ...last, seq: last.seq + 3, id: 'gone', kind, at: at(3), body }, forged.hash);
    const after = seal(
      { ...gone, seq: last.seq + 4, id: 'after', at: at(4), body: JSON.stringify({ itemIds: ['item-1'] }) },
      gone.hash,
    );
    const received = two.store.receive([...chain, moon, forged], []);
    expect(received.unapplied.map(({ seq }) => seq)).toEqual([moon.seq, forged.seq]);
    expect(two.store.catalogue.item('item-2')).not.toBeNull();
    expect(two.store.receive([gone, after], [])).toMatchObject({ added: 2, refused: [], unapplied: [] });
    expect(two.store.catalogue.itemCount()).toBe(0);
    expect(two.store.sync.unapplied().map(({ kind, seq }) => [kind, seq])).toEqual([
      ['moon.landed', moon.seq],
      [kind, forged.seq],
    ]);
    two.close();
    const codes = (await verifyFolder(two.dataDir)).findings.map(({ code }) => code);
    expect(codes).toContain('unreadable');
    expect(codes).not.toContain('read-model-differs');
  });

  it('that an older version could not read are applied once a newer one can', () => {
    two.store.receive(wholeChain(one), []);
    two.close();
    const database = new Database(join(two.dataDir, 'trestle.db'));
    // As the older version would have left it.
    database.exec(`INSERT INTO unapplied_entry SELECT device, seq, kind, 'of a kind this version does not know'
      FROM journal WHERE kind = 'order.placed'; DELETE FROM placed_order`);
    database.close();
    expect(two.store.orders.count()).toBe(1);
    expect(two.store.sync.unapplied()).toEqual([]);
  });

  it('with a clock a month ahead are kept and do not drag this clock along', () => {
    one.nowMs += 30 * 24 * 3600 * 1000;
    one.put(makeItem(7));
    two.store.receive(wholeChain(one), []);
    expect(two.store.catalogue.item('item-7')).not.toBeNull();
    two.nowMs += 60_000;
    const [entry] = two.put(makeItem(8));
    expect(Date.parse(entry?.at.slice(0, 24) ?? '')).toBe(two.nowMs);
    two.nowMs += 60_000;
    two.close();
    const [later] = two.put(makeItem(9));
    expect(Date.parse(later?.at.slice(0, 24) ?? '')).toBe(two.nowMs);
  });

  it('with a clock an hour ahead are followed, so that what is written now comes after them', () => {
    one.nowMs += 3600 * 1000;
    one.put(makeItem(7));
    two.store.receive(wholeChain(one), []);
    const [entry] = two.put(makeItem(7, { name: 'Written later' }));
    expect((entry?.at ?? '') > (wholeChain(one).at(-1)?.at ?? 'z')).toBe(true);
    expect(two.store.catalogue.item('item-7')?.name).toBe('Written later');
  });

  it('bring a large import, applied in slices, also after a power cut', async () => {
    const items = Array.from({ length: 900 }, (_, index) => makeItem(index));
    await one.store.importItems({ importId: 'import', source: 'stock.csv', actor: 'ada', items: [items] });
    two.store.receive(wholeChain(one), []);
    const cut = two.cutPower();
    expect(cut.store.catalogue.itemCount()).toBe(900);
    cut.end();
    expect(two.store.catalogue.itemCount()).toBe(2);
    await two.store.applyImports();
    expect(two.store.catalogue.itemCount()).toBe(900);
  });
});

describe('a device restored from an old backup', () => {
  it('reads its own later entries back and goes on after them', async () => {
    const { deviceId } = one.store.device;
    const backup = one.cutPower();
    const later = one.sell(['variant-1']);
    const received = backup.store.receive(wholeChain(one), [headOf(one)]);
    expect(received).toMatchObject({ refused: [] });
    expect(backup.store.orders.get(later.orderId)).not.toBeNull();
    const next = backup.sell(['variant-2']);
    expect(next.number).toBe('T1-0003');
    expect(backup.store.device.deviceId).toBe(deviceId);
    backup.close();
    expect((await verifyFolder(backup.dataDir)).findings).toEqual([]);
    backup.end();
  });
});

describe('the journal for passing on', () => {
  it('is read beside the till, by number of entries and by size', () => {
    const { deviceId } = one.store.device;
    const reader = JournalReader.open(one.dataDir);
    const chain = wholeChain(one);
    expect(reader.entriesAfter(deviceId, 0, ALL)).toEqual(chain);
    expect(reader.entriesAfter(deviceId, 1, { ...ALL, entries: 2 })).toEqual(chain.slice(1, 3));
    expect(reader.entriesAfter(deviceId, 1, { ...ALL, bodyBytes: 1 })).toEqual(chain.slice(1, 2));
    expect(reader.entriesAfter(deviceId, chain.length, ALL)).toEqual([]);
    one.sell(['variant-1']);
    expect(reader.head(deviceId)?.seq).toBe(wholeChain(one).length);
    reader.close();
  });

  it('gives every device its head, and a feed that leaves the asking one out', () => {
    two.put(makeItem(3));
    two.store.receive(wholeChain(one), [headOf(one)]);
    const { journal } = two.store.sync;
    const [first, second] = [one, two].map(({ store }) => store.device.deviceId);
    expect(journal.heads().map(({ device }) => device)).toEqual([first, second].sort());
    const seen: SealedEntry[] = [];
    let position = 0;
    for (let more = true; more;) {
      const page = journal.feed(position, second ?? '', { entries: 2, bodyBytes: 1_000_000 });
      seen.push(...page.entries);
      ({ position, more } = page);
    }
    expect(seen).toEqual(wholeChain(one));
    expect(journal.feed(position, null, ALL).entries).toEqual([]);
    two.put(makeItem(4));
    expect(journal.feed(position, null, ALL).entries).toHaveLength(1);
    expect(journal.feed(position, second ?? '', ALL)).toMatchObject({ entries: [], more: false });
  });

  it('keeps signatures no further apart than a batch is long, and only as many as are needed', () => {
    for (let sale = 0; sale < 30; sale += 1) {
      one.sell(['variant-1']);
      const held = two.store.sync.journal.head(one.store.device.deviceId)?.seq ?? 0;
      two.store.receive(wholeChain(one).slice(held), [headOf(one)]);
    }
    const last = wholeChain(one).length;
    const heads = two.store.sync.journal.signedHeads(one.store.device.deviceId, 1, last);
    expect(heads.at(-1)).toEqual(headOf(one));
    expect(heads.length).toBeLessThan(10);
    heads.forEach((head, at) => expect(head.seq - (heads[at - 1]?.seq ?? 0)).toBeLessThanOrEqual(20));
  });
});

describe('what the exchange knows', () => {
  const hub = {
    serverId: 'hub',
    role: 'hub',
    address: 'http://hub.example',
    publicKey: 'AAAA',
    recipient: null,
    stallId: stall.stallId,
    epoch: 1,
    enrolledAt: '2026-06-13T09:00:00.000Z',
  } as const;

  it('says how much waits and since when, until the hub has it', () => {
    const { sync, device } = one.store;
    const chain = wholeChain(one);
    expect(sync.queue()).toEqual({ count: chain.length, oldestAt: chain[0]?.at.slice(0, 24) });
    sync.putPeer(hub);
    const third = chain[2];
    if (!third) throw new Error('too short');
    sync.acknowledge('hub', third);
    expect(sync.queue()).toEqual({ count: chain.length - 3, oldestAt: chain[3]?.at.slice(0, 24) });
    expect(sync.acknowledged('hub', device.deviceId)).toEqual({
      device: device.deviceId,
      seq: 3,
      hash: third.hash,
    });
    sync.acknowledge('hub', headOf(one));
    expect(sync.queue()).toEqual({ count: 0, oldestAt: null });
    // A hub restored from a backup has less: what it lost waits again.
    sync.acknowledge('hub', { ...third, seq: 0 });
    expect(sync.queue().count).toBe(chain.length);
  });

  it('survives a restart, and the hub survives the database', () => {
    one.store.sync.putPeer(hub);
    one.store.receive([], [], { serverId: 'hub', epoch: 2, cursor: '2.17' });
    one.close();
    expect(one.store.sync.hub()).toMatchObject({ ...hub, epoch: 2, cursor: '2.17', lastSuccessAt: null });
    one.store.sync.noteSuccess('hub', '2026-06-13T10:00:00.000Z');
    expect(one.store.sync.hub()?.lastSuccessAt).toBe('2026-06-13T10:00:00.000Z');
    // Enrolled again at the same hub: what was read stays read. At another: the first is forgotten.
    one.store.sync.putPeer({ ...hub, address: 'http://moved.example' });
    expect(one.store.sync.hub()).toMatchObject({ address: 'http://moved.example', cursor: '2.17' });
    one.store.sync.putPeer({ ...hub, serverId: 'other' });
    expect(one.store.sync.peers()).toMatchObject([{ serverId: 'other', cursor: '0.0' }]);
  });

  it('keeps the last failures, each once while it repeats', () => {
    const { sync } = one.store;
    for (let minute = 10; minute < 40; minute += 1) {
      const at = `2026-06-13T09:${minute}:00.000Z`;
      sync.noteFailure({ serverId: 'hub', code: 'unavailable', detail: `Nobody answers ${minute >> 1}.`, at });
    }
    const failures = sync.failures();
    expect(failures).toHaveLength(15);
    expect(failures[0]).toMatchObject({ at: '2026-06-13T09:39:00.000Z', detail: 'Nobody answers 19.' });
    for (let more = 0; more < 30; more += 1) {
      sync.noteFailure({ serverId: 'hub', code: 'internal', detail: String(more), at: '2026-06-13T10:00:00.000Z' });
    }
    expect(sync.failures()).toHaveLength(20);
  });
});

describe('people on several devices', () => {
  it('are what the newest change says, and whoever was forgotten stays so', async () => {
    await one.store.people.put('ada', 'Ada', '1234');
    expect(two.store.people.receive(one.store.people.changes())).toBe(true);
    expect(two.store.people.receive(one.store.people.changes())).toBe(false);
    expect(await two.store.people.isPin('ada', '1234')).toBe(true);
    two.nowMs += 60_000;
    two.store.people.rename('ada', 'Ada L.');
    one.store.people.receive(two.store.people.changes());
    expect(one.store.people.nameOf('ada')).toBe('Ada L.');
    expect(await one.store.people.isPin('ada', '1234')).toBe(true);
    const before = one.store.people.changes();
    one.store.people.forget('ada');
    expect(one.store.people.receive(before)).toBe(false);
    two.nowMs += 60_000;
    two.store.people.rename('ada', 'Back again');
    expect(one.store.people.receive(two.store.people.changes())).toBe(false);
    expect(one.store.people.nameOf('ada')).toBe('');
    expect(two.store.people.receive(one.store.people.changes())).toBe(true);
    expect(two.store.people.nameOf('ada')).toBe('');
  });
});

describe('people a peer was told', () => {
  it('are told once, and again when they change', async () => {
    const { people, sync } = one.store;
    await people.put('ada', 'Ada', '1234');
    await people.put('bob', 'Bob', '5678');
    expect(sync.unsentPeople('hub').map(({ reference }) => reference)).toEqual(['ada', 'bob']);
    sync.notePeopleSent('hub', sync.unsentPeople('hub'));
    expect(sync.unsentPeople('hub')).toEqual([]);
    expect(sync.unsentPeople('neighbour')).toHaveLength(2);
    people.forget('ada');
    expect(sync.unsentPeople('hub')).toMatchObject([{ reference: 'ada', person: null }]);
  });
});

describe('a shift of which the hub has other orders', () => {
  it('is named until both agree', () => {
    const { sync } = one.store;
    const orders = [{ orderId: 'order', number: 'T1-0001', fault: 'missing-there' as const }];
    const mismatch = { serverId: 'hub', shiftId: 'shift', at: '2026-06-13T18:00:00.000Z', orders };
    sync.noteMismatch(mismatch);
    sync.noteMismatch(mismatch);
    expect(sync.mismatches()).toEqual([mismatch]);
    sync.noteMismatch({ ...mismatch, orders: [] });
    expect(sync.mismatches()).toEqual([]);
  });
});

describe('the keys of a data folder', () => {
  it('sign for this device and for no other', () => {
    const { deviceId } = one.store.device;
    const keys = DeviceKeys.load(one.dataDir);
    expect(keys.sign(deviceId, 'token')).toBe(one.store.keys.sign(deviceId, 'token'));
    expect(keys.has('somebody')).toBe(false);
    expect(() => keys.sign('somebody', 'token')).toThrow('no key of somebody');
  });
});
