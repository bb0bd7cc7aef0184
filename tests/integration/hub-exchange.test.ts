import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExchangeFailure } from '../../src/exchange/exchange-failure';
import { ordersHash } from '../../src/exchange/shift-sums';
import { revokeDevice } from '../../src/hub/stalls';
import { ZERO_HASH, type SealedEntry } from '../../src/journal/entry';
import { ExchangeDevice, type EnrolledDevice } from '../helpers/exchange-device';
import { startHub, type TestHub } from '../helpers/hub';
import { startPostgres, type PostgresServer } from '../helpers/postgres';

let postgres: PostgresServer;
let hub: TestHub;
let stallId: string;

beforeAll(async () => {
  postgres = await startPostgres();
  hub = await startHub({ databaseUrl: await postgres.newDatabase() });
});
afterAll(async () => {
  await hub.close();
  await postgres.stop();
});

async function freshStall(): Promise<void> {
  stallId = await hub.newStall();
}

/** The refusal of a request that must not succeed. */
async function refusal(attempt: Promise<unknown>): Promise<ExchangeFailure> {
  return attempt.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: ExchangeFailure) => error,
  );
}

test('two tills of a stall get prefixes of their own and read each other’s entries', async () => {
  await freshStall();
  const one = await hub.join(stallId);
  const two = await hub.join(stallId);
  expect([one.device.prefix, two.device.prefix]).toEqual(['T1', 'T2']);
  one.device.sell();
  two.device.sell();
  const pushed = await one.push();
  expect(pushed.receipts.map(({ seq, outcome, serverSeq }) => [seq, outcome, serverSeq])).toEqual([
    [1, 'stored', 1],
    [2, 'stored', 2],
  ]);
  await two.push();

  const read = await one.client.feed({ after: '0.0', own: 'others' });
  expect(read.entries).toEqual(two.device.entries);
  expect(read.heads.map(({ device, seq }) => [device, seq])).toEqual([[two.device.deviceId, 2]]);
  expect(read.more).toBe(false);
  const all = await one.client.feed({ after: '0.0', own: 'all' });
  expect(all.entries).toEqual([...one.device.entries, ...two.device.entries]);
  expect((await one.client.feed({ after: read.cursor, own: 'all' })).entries).toEqual([]);
});

test('a batch sent again is stored once, and a feed is read page by page', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  for (let sale = 0; sale < 30; sale += 1) till.device.sell();
  await till.push();
  const again = await till.push();
  expect(new Set(again.receipts.map(({ outcome }) => outcome))).toEqual(new Set(['duplicate']));
  expect(again.head).toEqual({ seq: 31, hash: till.device.entries[30]?.hash });
  // Half of it again, with something new behind.
  till.device.sell();
  const overlapping = await till.push(20);
  expect(overlapping.receipts.filter(({ outcome }) => outcome === 'stored').map(({ seq }) => seq)).toEqual([32]);

  const reader = await hub.join(stallId);
  const read: SealedEntry[] = [];
  for (let cursor = '0.0', more = true; more;) {
    const page = await reader.client.feed({ after: cursor, own: 'others', limit: 7 });
    read.push(...page.entries);
    ({ cursor, more } = page);
  }
  expect(read).toEqual(till.device.entries);
});

test('a head that was set back by hand lets nothing in twice', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  till.device.sell();
  await till.push();
  const { database } = hub.hub;
  const { hash } = till.device.entries[0] as SealedEntry;
  const setHead = (seq: number, to: string): Promise<unknown> =>
    database.withClient((client) =>
      client.query('UPDATE device SET head_seq = $2, head_hash = $3 WHERE stall_id = $1', [stallId, seq, to]),
    );
  await setHead(1, hash);
  till.device.sell();
  expect((await refusal(till.push(1))).code).toBe('internal');
  expect((await till.client.feed({ after: '0.0', own: 'all' })).entries).toEqual(till.device.entries.slice(0, 2));

  await setHead(2, till.device.entries[1]?.hash ?? '');
  await till.push(1);
  expect((await till.client.feed({ after: '0.0', own: 'all' })).entries).toEqual(till.device.entries);
});

test('whatever devices push at once, places of the feed are gapless and nobody misses one', async () => {
  await freshStall();
  const tills = await Promise.all(Array.from({ length: 4 }, () => hub.join(stallId)));
  const reader = await hub.join(stallId);
  const read: SealedEntry[] = [];
  let isOver = false;
  const reading = (async () => {
    for (let cursor = '0.0'; ;) {
      const last = isOver;
      const page = await reader.client.feed({ after: cursor, own: 'others', limit: 5 });
      read.push(...page.entries);
      cursor = page.cursor;
      if (last && !page.more) return;
    }
  })();
  await Promise.all(
    tills.map(async (till) => {
      for (let batch = 0; batch < 12; batch += 1) {
        const from = batch === 0 ? 1 : till.device.entries.length + 1;
        till.device.sell();
        till.device.sell();
        await till.push(from);
      }
    }),
  );
  isOver = true;
  await reading;
  for (const { device } of tills) {
    expect(read.filter((entry) => entry.device === device.deviceId)).toEqual(device.entries);
  }
  const { rows } = await hub.hub.database.withClient((client) =>
    client.query('SELECT feed_seq FROM entry WHERE stall_id = $1 ORDER BY feed_seq', [stallId]),
  );
  expect(rows.map(({ feed_seq }) => Number(feed_seq))).toEqual(rows.map((_, index) => index + 1));
});

test('batches that waited for each other are each judged by themselves', async () => {
  await freshStall();
  const tills = await Promise.all(Array.from({ length: 7 }, () => hub.join(stallId)));
  await Promise.all(tills.map((till) => till.push()));
  type Till = EnrolledDevice;
  const [first, sound, poisoned, late, forked, again, shutOut] = tills as [Till, Till, Till, Till, Till, Till, Till];
  const entriesThere = async (): Promise<number> => {
    const { rows } = await hub.hub.database.withClient((client) =>
      client.query('SELECT feed_seq FROM entry WHERE stall_id = $1 ORDER BY feed_seq', [stallId]),
    );
    expect(rows.map(({ feed_seq }) => Number(feed_seq))).toEqual(rows.map((_, index) => index + 1));
    return rows.length;
  };
  for (const { device } of tills) device.sell();
  poisoned.device.append('tomorrow.invented', { of: 'a newer till' });
  late.device.sell();
  await forked.push(2);
  forked.device.entries.pop();
  forked.device.sell();
  const before = await entriesThere();
  const pushes = await hub.hub.database.withClient(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM stall WHERE stall_id = $1 FOR UPDATE', [stallId]);
    const under = [first.push(2), sound.push(2), poisoned.push(2), late.push(3), forked.push(2), again.push(1)];
    const settled = Promise.allSettled([...under, shutOut.push(2)]);
    await pause(100);
    await client.query('UPDATE device SET revoked_at = now() WHERE device_id = $1', [shutOut.device.deviceId]);
    await client.query('COMMIT');
    return settled;
  });
  expect(
    pushes.map((push) =>
      push.status === 'fulfilled'
        ? push.value.receipts.map(({ outcome }) => outcome)
        : (push.reason as ExchangeFailure).code,
    ),
  ).toEqual([['stored'], ['stored'], ['stored', 'quarantined'], 'gap', 'forked', ['duplicate', 'stored'], 'revoked']);
  expect(await entriesThere()).toBe(before + 5);
  await late.push(2);
  const { heads } = await first.client.heads();
  for (const { device } of [first, sound, poisoned, late, again]) {
    const last = device.entries.at(-1);
    expect(heads.find((head) => head.device === device.deviceId)).toMatchObject({ seq: last?.seq, hash: last?.hash });
  }
});

test('a batch that begins too late is refused with the head', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  await till.push();
  till.device.sell();
  till.device.sell();
  const { code, head } = await refusal(till.push(3));
  expect(code).toBe('gap');
  expect(head).toEqual({ seq: 1, hash: till.device.entries[0]?.hash });
});

test('a cloned device is told where the two parted, and what it offered is kept to be seen', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  till.device.sell();
  const clone = new ExchangeDevice(till.device);
  for (let sale = 0; sale < 5; sale += 1) till.device.sell();
  await till.push();
  for (let sale = 0; sale < 8; sale += 1) clone.sell();

  const common = { seq: 2, hash: till.device.entries[1]?.hash };
  const overlapping = await refusal(till.client.push(clone.batch(clone.entries)));
  expect([overlapping.code, overlapping.head]).toEqual(['forked', common]);
  const from3 = await refusal(till.client.push(clone.batch(clone.entries.slice(2))));
  expect([from3.code, from3.head]).toEqual(['forked', common]);
  // Only what comes after the hub's head: the sender compares, and offers what lies before.
  const after = await refusal(till.client.push(clone.batch(clone.entries.slice(7))));
  expect([after.code, after.head]).toEqual(['forked', { seq: 7, hash: till.device.entries[6]?.hash }]);

  const kept = await hub.hub.database.query<{ seq: number; entry: string }>(
    { name: 'test-fork', text: 'SELECT seq, entry FROM fork WHERE stall_id = $1 ORDER BY seq' },
    [stallId],
  );
  expect(kept.map(({ seq }) => seq)).toEqual([3, 8]);
  expect(JSON.parse(kept[0]?.entry ?? '')).toEqual(clone.entries[2]);
  // The one that was first goes on as if nothing had been.
  till.device.sell();
  expect((await till.push(8)).receipts.map(({ outcome }) => outcome)).toEqual(['stored']);
});

test('poison is kept in its place, named, and everything after it flows', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const { device } = till;
  const { order } = device.sell();
  device.append('tomorrow.invented', { of: 'a newer till' });
  device.append('order.placed', { order: { ...order, totalMinor: order.totalMinor + 1 } });
  device.append('staff.signed-on', { staff: 7 });
  device.append('staff.signed-on', { staffId: 'a' }, { at: `2099-01-01T00:00:00.000Z-0000-${device.deviceId}` });
  device.append('staff.signed-on', { staffId: 'a' }, { body: '{"staffId":' });
  const forged = device.append('staff.signed-on', { staffId: 'a' });
  device.entries[device.entries.length - 1] = { ...forged, body: '{"staffId":"b"}' };
  const sound = device.sell();

  const { receipts } = await till.push();
  expect(receipts.map(({ outcome, cause }) => cause ?? outcome)).toEqual([
    'stored',
    'stored',
    'unknown-kind',
    'bad-order',
    'bad-body',
    'future-clock',
    'bad-body',
    'wrong-hash',
    'stored',
  ]);
  const reader = await hub.join(stallId);
  const { entries } = await reader.client.feed({ after: '0.0', own: 'others' });
  expect(entries).toEqual(device.entries);
  expect(entries.at(-1)).toEqual(sound.entry);
});

test('what nobody could keep is refused with its number', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  till.device.append('staff.signed-on', {}, { body: '{"staffId":"\0"}' });
  const { code, message } = await refusal(till.push());
  expect(code).toBe('bad-request');
  expect(message).toContain('Entry 2');
});

test('a head under another key, and entries of another stall’s device, are refused', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const stranger = new ExchangeDevice();
  stranger.sell();
  const batch = till.device.batch(till.device.entries);
  const forged = { ...batch, head: { ...batch.head, signature: stranger.sign('anything') } };
  expect((await refusal(till.client.push(forged))).code).toBe('bad-signature');
  // Unknown, and not from its first entry on: nobody can say whose it is.
  expect((await refusal(till.client.push(stranger.batch(stranger.entries.slice(1))))).code).toBe('not-enrolled');
});

test('a neighbour passes on what it holds of another device, known here or not yet', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const other = await hub.join(stallId);
  other.device.sell();
  const passed = await till.client.push(other.device.batch(other.device.entries));
  expect(passed.receipts.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);

  const unknown = new ExchangeDevice();
  unknown.sell();
  await till.client.push(unknown.batch(unknown.entries));
  const { heads } = await till.client.heads();
  expect(heads.find(({ device }) => device === unknown.deviceId)).toMatchObject({
    seq: 2,
    publicKey: unknown.publicKey,
  });
});

test('a revoked device is shut out at once, whatever token it holds, and so is what is brought in its name', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const other = await hub.join(stallId);
  await till.push();
  await revokeDevice(hub.hub.database, stallId, till.device.deviceId);
  till.device.sell();
  expect((await refusal(till.push(2))).code).toBe('revoked');
  expect((await refusal(till.client.feed({ after: '0.0', own: 'all' }))).code).toBe('revoked');
  till.client.forgetToken();
  expect((await refusal(till.client.heads())).code).toBe('revoked');
  expect((await refusal(other.client.push(till.device.batch(till.device.entries)))).code).toBe('revoked');
  expect((await other.client.heads()).heads.map(({ isRevoked }) => isRevoked)).toEqual([true, false]);
});

test('a code is good once, and again only for the device that used it', async () => {
  await freshStall();
  const code = await hub.newCode(stallId);
  const device = new ExchangeDevice();
  const first = await device.enrol(hub.address, code.toLowerCase().replace('-', ' '));
  const again = await device.enrol(hub.address, code);
  expect(again.stallId).toBe(first.stallId);
  first.close();
  again.close();
  expect((await refusal(new ExchangeDevice().enrol(hub.address, code))).code).toBe('bad-code');
  expect((await refusal(new ExchangeDevice().enrol(hub.address, 'ZZZZ-ZZZZ'))).code).toBe('bad-code');
});

test('the first device of a new stall brings its stall along; a later one of another stall is refused', async () => {
  await freshStall();
  const first = await new ExchangeDevice().enrol(hub.address, await hub.newCode(stallId), `own-${stallId}`);
  expect(first.stallId).toBe(`own-${stallId}`);
  first.close();
  const other = new ExchangeDevice().enrol(hub.address, await hub.newCode(`own-${stallId}`), 'yet-another');
  expect((await refusal(other)).code).toBe('wrong-stall');
});

test('no device reads or writes another stall', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const elsewhere = await hub.join(await hub.newStall('Another'));
  const token = await till.client.token();
  const answer = await fetch(`${hub.address}/v1/stalls/${elsewhere.stallId}/entries?after=0.0`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ error: { code: 'wrong-stall', retryable: false } });
});

test('a shift is compared by its orders', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const sales = [till.device.sell('one'), till.device.sell('one')];
  till.device.sell('two');
  await till.push();
  const sums = {
    shiftId: 'one',
    device: till.device.deviceId,
    orderCount: 2,
    totalMinor: 900,
    ordersHash: ordersHash(sales.map(({ entry }) => entry)),
  };
  expect(await till.client.reconcile(sums)).toEqual({ matches: true, sums, orders: [] });
  const differing = await till.client.reconcile({ ...sums, orderCount: 3 });
  expect(differing.matches).toBe(false);
  expect(differing.orders.map(({ orderId }) => orderId)).toEqual(sales.map(({ order }) => order.orderId));
});

test('the newest word on a person wins, and forgotten stays forgotten', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const at = (minute: number): string => `2026-06-13T09:0${minute}:00.000Z-0000-x`;
  const put = (reference: string, name: string | null, minute: number): Promise<unknown> =>
    till.client.pushPeople({
      people: [{ reference, person: name === null ? null : { name, pinHash: null }, at: at(minute) }],
    });
  await put('a', 'Ade', 2);
  await put('a', 'Old', 1);
  await put('b', 'Mo', 1);
  await put('b', null, 2);
  await put('b', 'Mo again', 3);
  const { people, version } = await till.client.people(0);
  expect(people).toEqual([
    { reference: 'a', person: { name: 'Ade', pinHash: null }, at: at(2) },
    { reference: 'b', person: null, at: at(2) },
  ]);
  expect((await till.client.people(version)).people).toEqual([]);
});

test('a photo goes on where it was broken off, and wrong bytes are thrown away', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const photo = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 31) % 251));
  const sha256 = createHash('sha256').update(photo).digest('hex');
  const part = (bytes: Buffer, offset: number, name = sha256) =>
    till.client.putPhotoPart(name, { offset, totalBytes: photo.length, bytes });

  expect(await till.client.photoOffset(sha256)).toBe(0);
  expect(await part(photo.subarray(0, 1000), 0)).toBe(1000);
  expect(await till.client.photoPart(sha256, 0, 10_000)).toBeNull();
  expect((await refusal(part(photo.subarray(0, 1000), 0))).code).toBe('gap');
  expect(await till.client.photoOffset(sha256)).toBe(1000);
  await part(photo.subarray(1000, 2000), 1000);
  await part(photo.subarray(2000), 2000);
  const first = await till.client.photoPart(sha256, 0, 1500);
  expect([Buffer.from(first?.bytes ?? []), first?.isWhole]).toEqual([photo.subarray(0, 1500), false]);
  const rest = await till.client.photoPart(sha256, 1500, 10_000);
  expect([Buffer.from(rest?.bytes ?? []), rest?.isWhole]).toEqual([photo.subarray(1500), true]);

  const other = 'f'.repeat(64);
  expect((await refusal(part(photo, 0, other))).code).toBe('bad-request');
  expect(await hub.hub.store.photoState(stallId, other)).toBeNull();
});

test('a device that has nothing yet is shown with nothing', async () => {
  await freshStall();
  const till = await hub.join(stallId);
  const { heads } = await till.client.heads();
  expect(heads).toEqual([
    {
      device: till.device.deviceId,
      name: 'Test till',
      prefix: 'T1',
      publicKey: till.device.publicKey,
      seq: 0,
      hash: ZERO_HASH,
      isRevoked: false,
      lastSyncAt: null,
      status: null,
    },
  ]);
  await till.client.tellStatus({ queued: 3, oldestQueuedAt: null, errors: [], version: '0.1.0' });
  expect((await till.client.heads()).heads[0]).toMatchObject({ status: { queued: 3 } });
});
