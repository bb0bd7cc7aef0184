import { createHash, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { examineEntries } from '../../src/exchange/entry-check';
import { Refusal, type Append, type ExchangeStore, type FeedPlace } from '../../src/exchange/exchange-store';
import { ZERO_HASH, type SealedEntry } from '../../src/journal/entry';
import { ExchangeDevice } from './exchange-device';

/** A store under test, with what its own surroundings do to it. */
export interface StoreUnderTest {
  readonly store: ExchangeStore;
  /** A new stall. @returns its id */
  newStall(): Promise<string>;
  revoke(stallId: string, deviceId: string): Promise<void>;
  /** Begins a new epoch, as after a restore of a backup that had everything. */
  beginEpoch(): Promise<void>;
}

const AN_HOUR_ON = (): Date => new Date(Date.now() + 3_600_000);
const BEGINNING: FeedPlace = { epoch: 0, serverSeq: 0 };

/** What every store of the exchange does alike, whatever it is made of. */
export function exchangeStoreConformance(name: string, setUp: () => StoreUnderTest): void {
  describe(`${name} as a store of the exchange`, () => {
    let under: StoreUnderTest;
    let store: ExchangeStore;
    let stallId: string;
    beforeEach(async () => {
      under = setUp();
      ({ store } = under);
      stallId = await under.newStall();
    });

    const join = async (device = new ExchangeDevice(), codeHash = randomUUID()): Promise<ExchangeDevice> => {
      await store.addCode({ stallId, codeHash, name: '', expiresAt: AN_HOUR_ON() });
      const { prefix } = await store.enrol(enrolment(device, codeHash));
      device.prefix = prefix;
      return device;
    };
    const enrolment = ({ deviceId, publicKey, prefix }: ExchangeDevice, codeHash: string | null) => ({
      codeHash,
      former: null,
      deviceId,
      publicKey,
      prefix,
      stallId: null,
      name: 'till',
    });
    const append = (device: ExchangeDevice, entries: readonly SealedEntry[], change: Partial<Append> = {}) =>
      store.append({
        stallId,
        broughtBy: device.deviceId,
        entries,
        head: device.batch(entries).head,
        introduction: null,
        findings: [],
        nowMs: Date.now(),
        ...change,
      });
    const feed = (after: FeedPlace = BEGINNING, without: string | null = null, limit = 500) =>
      store.feed({ stallId, after, limit, without });

    test('takes entries in order, once, and gives them back in that order', async () => {
      const device = await join();
      device.sell();
      const first = await append(device, device.entries);
      expect(first.receipts.map(({ outcome, serverSeq }) => [outcome, serverSeq])).toEqual([
        ['stored', 1],
        ['stored', 2],
      ]);
      device.sell();
      const again = await append(device, device.entries);
      expect(again.receipts.map(({ outcome, serverSeq }) => [outcome, serverSeq])).toEqual([
        ['duplicate', 1],
        ['duplicate', 2],
        ['stored', 3],
      ]);
      const last = device.entries.at(-1);
      expect(again.head).toEqual({ seq: 3, hash: last?.hash });
      const page = await feed();
      expect(page.entries).toEqual(device.entries);
      expect(page.heads.map(({ seq }) => seq)).toEqual([2, 3]);
      expect((await feed(page.place)).entries).toEqual([]);
      expect((await store.heads(stallId)).map(({ device: of, seq }) => [of, seq])).toEqual([[device.deviceId, 3]]);
    });

    test('gives a feed in pages, and leaves the asking device out', async () => {
      const [one, two] = [await join(), await join()];
      for (const device of [one, two, one, two]) {
        device.sell();
        await append(device, device.entries);
      }
      const read: SealedEntry[] = [];
      for (let place = BEGINNING, more = true; more;) {
        const page = await feed(place, null, 2);
        read.push(...page.entries);
        ({ place, more } = page);
      }
      expect(read.filter(({ device }) => device === one.deviceId)).toEqual(one.entries);
      expect(read.filter(({ device }) => device === two.deviceId)).toEqual(two.entries);
      expect((await feed(BEGINNING, one.deviceId)).entries).toEqual(two.entries);
    });

    test('refuses a gap and says where to go on', async () => {
      const device = await join();
      await append(device, device.entries);
      device.sell();
      device.sell();
      expect(await refusalOf(append(device, device.entries.slice(2)))).toEqual({
        code: 'gap',
        head: { seq: 1, hash: device.entries[0]?.hash },
      });
    });

    test('refuses another entry of the same number, also one that only follows from another', async () => {
      const device = await join();
      device.sell();
      await append(device, device.entries);
      const copy = new ExchangeDevice(device);
      copy.entries.pop();
      copy.sell();
      const agreed = { seq: 1, hash: device.entries[0]?.hash };
      expect(await refusalOf(append(copy, copy.entries))).toEqual({ code: 'forked', head: agreed });
      copy.sell();
      const head = { seq: 2, hash: device.entries[1]?.hash };
      expect(await refusalOf(append(copy, copy.entries.slice(2)))).toEqual({ code: 'forked', head });
      expect((await feed()).entries).toEqual(device.entries);
    });

    test('refuses another first entry', async () => {
      const device = await join();
      await append(device, device.entries);
      const copy = new ExchangeDevice(device);
      copy.entries.pop();
      copy.sell();
      expect(await refusalOf(append(copy, copy.entries))).toEqual({
        code: 'forked',
        head: { seq: 0, hash: ZERO_HASH },
      });
    });

    test('gives a device that a neighbour introduced a prefix that nobody else has', async () => {
      const first = await join();
      const beside = new ExchangeDevice();
      expect(beside.prefix).toBe(first.prefix);
      const { publicKey, prefix } = beside;
      await append(beside, beside.entries, { broughtBy: first.deviceId, introduction: { publicKey, prefix } });
      await join(beside);
      expect(beside.prefix).not.toBe(first.prefix);
      const given = beside.prefix;
      beside.prefix = prefix;
      expect((await join(beside)).prefix).toBe(given);
    });

    test('keeps in its place what stands aside', async () => {
      const device = await join();
      device.sell();
      const findings = [{ seq: 2, cause: 'bad-order', detail: 'it does not add up' } as const];
      const { receipts } = await append(device, device.entries, { findings });
      expect(receipts.map(({ outcome, cause }) => [outcome, cause])).toEqual([
        ['stored', undefined],
        ['quarantined', 'bad-order'],
      ]);
      expect((await feed()).entries).toEqual(device.entries);
      expect(await store.shiftOrders(stallId, device.deviceId, 'shift-1')).toEqual([]);
    });

    test('holds nothing against a clock that goes on from the entry before', async () => {
      const device = await join();
      const mark = device.entries[0]?.at as string;
      const goOn = () => device.append('staff.signed-on', { staffId: 'ada' }, { at: mark });
      // Of a server whose clock is years behind.
      const nowMs = Date.parse('2020-01-01T00:00:00.000Z');
      const outcomes = async (entries: readonly SealedEntry[]): Promise<string[]> => {
        const findings = examineEntries(entries, entries[0]?.prev ?? ZERO_HASH, nowMs);
        const { receipts } = await append(device, entries, { findings, nowMs });
        return receipts.map(({ outcome }) => outcome);
      };
      expect(await outcomes(device.entries)).toEqual(['quarantined']);
      goOn();
      expect(await outcomes(device.entries)).toEqual(['duplicate', 'stored']);
      // Alone it looks as if it were ahead: only who knows what came before can tell.
      expect(await outcomes([goOn()])).toEqual(['stored']);
    });

    test('takes a stranger brought by a known device, and nobody it has no word of', async () => {
      const device = await join();
      const stranger = new ExchangeDevice();
      const brought = { broughtBy: device.deviceId };
      expect((await refusalOf(append(stranger, stranger.entries, brought))).code).toBe('not-enrolled');
      const introduction = { publicKey: stranger.publicKey, prefix: 'T9' };
      await append(stranger, stranger.entries, { ...brought, introduction });
      expect((await feed()).entries).toEqual(stranger.entries);
      expect(await store.device(stallId, stranger.deviceId)).toMatchObject({ publicKey: stranger.publicKey });
    });

    test('shuts a revoked device out', async () => {
      const device = await join();
      await append(device, device.entries);
      await under.revoke(stallId, device.deviceId);
      device.sell();
      expect((await refusalOf(append(device, device.entries))).code).toBe('revoked');
      expect(await store.findDevice(device.deviceId)).toMatchObject({ isRevoked: true });
    });

    test('gives each device a prefix of its own, and the same one when asked again', async () => {
      const codeHash = randomUUID();
      const one = await join(new ExchangeDevice(), codeHash);
      expect(await store.enrol(enrolment(one, codeHash))).toEqual({ stallId, prefix: 'T1' });
      const two = await join();
      expect(two.prefix).toBe('T2');
      expect((await refusalOf(store.enrol(enrolment(new ExchangeDevice(), codeHash)))).code).toBe('bad-code');
      expect((await refusalOf(store.enrol(enrolment(new ExchangeDevice(), 'no such')))).code).toBe('bad-code');
      const successor = new ExchangeDevice();
      const former = (isSigned: boolean) => ({ deviceId: one.deviceId, isSignedBy: () => isSigned });
      const succession = { ...enrolment(successor, null), prefix: 'T1' };
      expect((await refusalOf(store.enrol({ ...succession, former: former(false) }))).code).toBe('bad-signature');
      expect(await store.enrol({ ...succession, former: former(true) })).toEqual({ stallId, prefix: 'T3' });
    });

    test('numbers whoever is new after a restore as nobody was before, and lets one that sells keep its own', async () => {
      await join();
      await under.beginEpoch();
      const epoch = await store.epoch();
      // One that joined after the backup was made is not known any more.
      const codeHash = randomUUID();
      await store.addCode({ stallId, codeHash, name: '', expiresAt: AN_HOUR_ON() });
      const forgotten = { ...enrolment(new ExchangeDevice(), codeHash), prefix: 'T2', stallId };
      const fresh = await join(Object.assign(new ExchangeDevice(), { prefix: 'T2' }));
      expect(fresh.prefix).toBe(`T${epoch}`);
      expect(await store.enrol(forgotten)).toEqual({ stallId, prefix: 'T2' });
      expect((await join()).prefix).toBe(`T${epoch + 1}`);
    });

    test('leads a cursor of an older epoch to what both have', async () => {
      const device = await join();
      await append(device, device.entries);
      const { place } = await feed();
      await under.beginEpoch();
      expect(await store.epoch()).toBeGreaterThan(place.epoch);
      device.sell();
      await append(device, device.entries);
      expect((await feed(place)).entries).toEqual(device.entries.slice(1));
      expect((await feed({ ...place, serverSeq: 99 })).entries).toEqual(device.entries.slice(1));
    });

    test('reads from the beginning for a cursor of an epoch that it never had', async () => {
      const device = await join();
      await append(device, device.entries);
      const { place } = await feed();
      expect((await feed({ ...place, epoch: place.epoch + 999_999 })).entries).toEqual(device.entries);
      await under.beginEpoch();
      expect((await feed({ ...place, epoch: place.epoch + 1 })).entries).toEqual(device.entries);
    });

    test('sums up the orders of a shift', async () => {
      const device = await join();
      const { entry, order } = device.sell('shift-7');
      device.sell('shift-8');
      await append(device, device.entries);
      const { orderId, number, totalMinor } = order;
      expect(await store.shiftOrders(stallId, device.deviceId, 'shift-7')).toEqual([
        { orderId, number, totalMinor, seq: entry.seq, hash: entry.hash },
      ]);
    });

    test('keeps the newest word on a person', async () => {
      const at = (second: number): string => `2026-06-13T09:00:0${second}.000Z-0000-x`;
      const called = (name: string, second: number) => ({
        reference: 'person',
        person: { name, pinHash: null },
        at: at(second),
      });
      await store.putPeople(stallId, [called('Ade', 2)]);
      const { version } = await store.people(stallId, 0);
      await store.putPeople(stallId, [called('Mo', 1)]);
      await store.putPeople(stallId, [{ reference: 'person', person: null, at: at(3) }]);
      const news = await store.people(stallId, version);
      expect(news.people).toEqual([{ reference: 'person', person: null, at: at(3) }]);
      await store.putPeople(stallId, [called('Ade', 4)]);
      // Forgotten stays forgotten.
      expect((await store.people(stallId, 0)).people).toEqual(news.people);
    });

    test('takes a photo in parts, and throws another one away', async () => {
      const bytes = Buffer.from('a photo of jam');
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const part = (offset: number, some: Buffer) => ({
        stallId,
        sha256,
        offset,
        totalBytes: bytes.length,
        bytes: some,
      });
      expect(await store.photoState(stallId, sha256)).toBeNull();
      await store.putPhotoPart(part(0, bytes.subarray(0, 5)));
      expect(await store.photoState(stallId, sha256)).toEqual({ storedBytes: 5, totalBytes: bytes.length });
      expect(await store.readPhoto(stallId, sha256, 0, 100)).toBeNull();
      expect((await refusalOf(store.putPhotoPart(part(9, bytes.subarray(9))))).code).toBe('gap');
      expect((await refusalOf(store.putPhotoPart(part(5, Buffer.alloc(bytes.length - 5))))).code).toBe('bad-request');
      expect(await store.photoState(stallId, sha256)).toBeNull();
      await store.putPhotoPart(part(0, bytes));
      expect(await store.readPhoto(stallId, sha256, 2, 100)).toEqual(bytes.subarray(2));
      expect(await store.readPhoto(stallId, sha256, 2, 3)).toEqual(bytes.subarray(2, 5));
    });
  });
}

async function refusalOf(attempt: Promise<unknown>): Promise<{ readonly code: string; readonly head?: unknown }> {
  const error: unknown = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`it was not refused: ${String(error)}`);
  return { code: error.code, ...(error.head && { head: { seq: error.head.seq, hash: error.head.hash } }) };
}
