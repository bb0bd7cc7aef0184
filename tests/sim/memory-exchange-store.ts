import { createHash } from 'node:crypto';
import { findingsAfter } from '../../src/exchange/entry-check';
import { nextEpoch } from '../../src/exchange/epoch';
import { prefixFor } from '../../src/exchange/prefix';
import { ZERO_HASH } from '../../src/journal/entry';
import {
  Refusal,
  type Append,
  type Appended,
  type ChainHead,
  type DeviceHead,
  type DeviceStatus,
  type Enrolment,
  type EntryReceipt,
  type ExchangeStore,
  type FeedAddition,
  type FeedPage,
  type FeedPlace,
  type KnownDevice,
  type PhotoPart,
  type PhotoState,
  type QuarantineCause,
  type ShiftOrder,
  type SignedHead,
  type WirePerson,
} from '../../src/exchange/exchange-store';
import type { Order } from '../../src/domain/order';
import type { WireEntry } from '../../src/shared/exchange';

interface Device {
  deviceId: string;
  publicKey: string;
  prefix: string;
  name: string;
  isRevoked: boolean;
  /** Brought by a neighbour, and never here itself. */
  isIntroduced: boolean;
  lastSyncAt: string | null;
  status: DeviceStatus | null;
}

/** An entry in its place in the feed. */
export interface Kept {
  readonly serverSeq: number;
  readonly entry: WireEntry;
  readonly cause: QuarantineCause | null;
}

interface StallState {
  devices: Map<string, Device>;
  feed: Kept[];
  chains: Map<string, Kept[]>;
  heads: { readonly serverSeq: number; readonly head: SignedHead }[];
  people: { readonly version: number; readonly person: WirePerson }[];
  peopleVersion: number;
  photos: Map<string, Buffer>;
  photoSizes: Map<string, number>;
}

interface State {
  /** The present one last. */
  epochs: number[];
  /** Where each epoch began in each stall's feed. */
  begins: { readonly epoch: number; readonly stallId: string; readonly serverSeq: number }[];
  stalls: Map<string, StallState>;
  codes: Map<string, { stallId: string; name: string; expiresAt: Date; usedBy: string | null }>;
}

/**
 * What a server of the exchange keeps, in memory: PostgreSQL's place in the simulation. The conformance suite of exchange
 * stores holds both to the same answers.
 */
export class MemoryExchangeStore implements ExchangeStore {
  #state: State = { epochs: [1], begins: [], stalls: new Map(), codes: new Map() };
  readonly #now: () => Date;
  readonly #random: () => number;
  readonly #listeners = new Set<(added: FeedAddition) => void>();

  /** @param random from 0 to 1, for the numbers of epochs */
  constructor(now: () => Date, random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  addStall(stallId: string): void {
    this.#state.stalls.set(stallId, {
      devices: new Map(),
      feed: [],
      chains: new Map(),
      heads: [],
      people: [],
      peopleVersion: 0,
      photos: new Map(),
      photoSizes: new Map(),
    });
  }

  /** A backup of everything as it is now. */
  backUp(): unknown {
    return structuredClone(this.#state);
  }

  /** Goes back to a backup, and nobody says so. */
  putBack(backup: unknown): void {
    this.#state = structuredClone(backup as State);
  }

  /** Goes back to a backup; an operator has said so, and a new epoch begins. */
  restore(backup: unknown): void {
    this.putBack(backup);
    this.#beginEpoch();
  }

  #beginEpoch(): void {
    const epoch = nextEpoch(this.#epoch, this.#random);
    this.#state.epochs.push(epoch);
    for (const [stallId, { feed }] of this.#state.stalls) {
      this.#state.begins.push({ epoch, stallId, serverSeq: feed.at(-1)?.serverSeq ?? 0 });
    }
  }

  revoke(stallId: string, deviceId: string): void {
    const device = this.#stall(stallId).devices.get(deviceId);
    if (device) device.isRevoked = true;
  }

  /** All that is kept of a stall, in the order of its feed. */
  kept(stallId: string): readonly Kept[] {
    return this.#stall(stallId).feed;
  }

  epoch(): Promise<number> {
    return Promise.resolve(this.#epoch);
  }

  place(stallId: string): Promise<FeedPlace> {
    return Promise.resolve({ epoch: this.#epoch, serverSeq: this.#stall(stallId).feed.at(-1)?.serverSeq ?? 0 });
  }

  async enrol(enrolment: Enrolment): Promise<{ readonly stallId: string; readonly prefix: string }> {
    const { codeHash, former, deviceId, publicKey } = enrolment;
    const known = await this.findDevice(deviceId);
    if (known !== null) {
      if (known.isRevoked) throw new Refusal('revoked', 'This device was taken off the stall.');
      if (known.publicKey !== publicKey) throw new Refusal('bad-signature', 'Another key is known under this name.');
    }
    let stallId: string;
    let formerDevice: Device | undefined;
    if (former !== null) {
      const before = await this.findDevice(former.deviceId);
      if (before === null) throw new Refusal('not-enrolled', 'The former device is not known here.');
      if (before.isRevoked) throw new Refusal('revoked', 'The former device was taken off the stall.');
      if (!former.isSignedBy(before.publicKey)) throw new Refusal('bad-signature', 'The former device did not sign.');
      ({ stallId } = before);
      formerDevice = this.#stall(stallId).devices.get(former.deviceId);
    } else {
      const code = this.#state.codes.get(codeHash ?? '');
      const isGood = code && code.expiresAt > this.#now() && (code.usedBy === null || code.usedBy === deviceId);
      if (!code || !isGood) throw new Refusal('bad-code', 'This code is not good any more: ask for a new one.');
      ({ stallId } = code);
      code.usedBy = deviceId;
    }
    const stall = this.#stall(stallId);
    if (enrolment.stallId !== null && enrolment.stallId !== stallId && stall.devices.size > 0) {
      throw new Refusal('wrong-stall', 'This device sells for another stall.');
    }
    const there = stall.devices.get(deviceId);
    if (there && !there.isIntroduced) return { stallId, prefix: there.prefix };
    const prefix = this.#newPrefix(stall, enrolment);
    stall.devices.set(deviceId, {
      deviceId,
      publicKey,
      prefix,
      name: enrolment.name || (formerDevice?.name ?? ''),
      isRevoked: false,
      isIntroduced: false,
      lastSyncAt: null,
      status: null,
    });
    return { stallId, prefix };
  }

  addCode(code: {
    readonly stallId: string;
    readonly codeHash: string;
    readonly name: string;
    readonly expiresAt: Date;
  }): Promise<void> {
    const { stallId, codeHash, name, expiresAt } = code;
    this.#state.codes.set(codeHash, { stallId, name, expiresAt, usedBy: null });
    return Promise.resolve();
  }

  findDevice(deviceId: string): Promise<KnownDevice | null> {
    for (const [stallId, { devices }] of this.#state.stalls) {
      const device = devices.get(deviceId);
      if (device) return Promise.resolve(knownDevice(stallId, device));
    }
    return Promise.resolve(null);
  }

  device(stallId: string, deviceId: string): Promise<KnownDevice | null> {
    const device = this.#state.stalls.get(stallId)?.devices.get(deviceId);
    return Promise.resolve(device ? knownDevice(stallId, device) : null);
  }

  async append(batch: Append): Promise<Appended> {
    const { stallId, head, introduction } = batch;
    const entries = [...batch.entries];
    const stall = this.#stall(stallId);
    const { device } = head;
    const known = stall.devices.get(device);
    if (known?.isRevoked) throw new Refusal('revoked', 'This device was taken off the stall.');
    if (!known && introduction === null) throw new Refusal('not-enrolled', 'This device is not known here.');
    const chain = stall.chains.get(device) ?? [];
    const first = entries[0];
    if (!first) throw new Refusal('bad-request', 'There are no entries.');
    if (first.seq > chain.length + 1)
      throw new Refusal('gap', 'Entries before these are missing.', { head: headOf(chain) });
    const before = first.seq === 1 ? ZERO_HASH : chain[first.seq - 2]?.entry.hash;
    if (first.prev !== before) throw forked(chain.slice(0, first.seq - 1));
    for (const entry of entries) {
      const kept = chain[entry.seq - 1];
      if (kept && kept.entry.hash !== entry.hash) throw forked(chain.slice(0, entry.seq - 1));
    }

    if (!known && introduction !== null) {
      stall.devices.set(device, {
        deviceId: device,
        publicKey: introduction.publicKey,
        prefix: introduction.prefix,
        name: '',
        isRevoked: false,
        isIntroduced: true,
        lastSyncAt: null,
        status: null,
      });
    }
    const fresh = entries.slice(chain.length + 1 - first.seq);
    const last = fresh.length === entries.length ? chain.at(-1) : undefined;
    const found = new Map(findingsAfter(batch, last?.entry.at ?? null).map(({ seq, cause }) => [seq, cause]));
    const receipts = entries.map((entry): EntryReceipt => {
      const { seq, id, hash } = entry;
      const there = chain[seq - 1];
      if (there) return { seq, id, hash, outcome: 'duplicate', serverSeq: there.serverSeq };
      const cause = found.get(seq) ?? null;
      const kept: Kept = { serverSeq: (stall.feed.at(-1)?.serverSeq ?? 0) + 1, entry, cause };
      stall.feed.push(kept);
      chain.push(kept);
      const receipt = { seq, id, hash, serverSeq: kept.serverSeq };
      return cause === null ? { ...receipt, outcome: 'stored' } : { ...receipt, outcome: 'quarantined', cause };
    });
    stall.chains.set(device, chain);
    const place = { epoch: this.#epoch, serverSeq: stall.feed.at(-1)?.serverSeq ?? 0 };
    if (fresh.length > 0) {
      stall.heads.push({ serverSeq: place.serverSeq, head });
      for (const listener of this.#listeners) listener({ stallId, device, place });
    }
    const brought = stall.devices.get(batch.broughtBy);
    if (brought) brought.lastSyncAt = this.#now().toISOString();
    return { epoch: this.#epoch, receipts, head: headOf(chain) };
  }

  feed(query: {
    readonly stallId: string;
    readonly after: FeedPlace;
    readonly limit: number;
    readonly without: string | null;
  }): Promise<FeedPage> {
    const { stallId, limit, without } = query;
    const stall = this.#stall(stallId);
    const epoch = this.#epoch;
    const after = this.#placeNow(stallId, query.after);
    const wanted = stall.feed.filter(({ serverSeq, entry }) => serverSeq > after && entry.device !== without);
    const page = wanted.slice(0, limit);
    const more = wanted.length > limit;
    const serverSeq = more ? (page.at(-1)?.serverSeq ?? after) : Math.max(after, stall.feed.at(-1)?.serverSeq ?? 0);
    const heads = stall.heads
      .filter((one) => one.serverSeq > after && one.serverSeq <= serverSeq && one.head.device !== without)
      .map(({ head }) => head);
    return Promise.resolve({ place: { epoch, serverSeq }, more, entries: page.map(({ entry }) => entry), heads });
  }

  onAdded(listener: (added: FeedAddition) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  heads(stallId: string): Promise<readonly DeviceHead[]> {
    const { devices, chains } = this.#stall(stallId);
    return Promise.resolve(
      [...devices.values()].map(({ deviceId, name, prefix, publicKey, isRevoked, lastSyncAt, status }) => ({
        device: deviceId,
        name,
        prefix,
        publicKey,
        ...headOf(chains.get(deviceId) ?? []),
        isRevoked,
        lastSyncAt,
        status,
      })),
    );
  }

  noteStatus(stallId: string, deviceId: string, status: DeviceStatus): Promise<void> {
    const device = this.#stall(stallId).devices.get(deviceId);
    if (device) {
      device.status = status;
      device.lastSyncAt = this.#now().toISOString();
    }
    return Promise.resolve();
  }

  putPeople(stallId: string, people: readonly WirePerson[]): Promise<void> {
    const stall = this.#stall(stallId);
    for (const person of people) {
      const there = stall.people.find((one) => one.person.reference === person.reference);
      // Forgotten stays forgotten, however late somebody remembers.
      const isForgetting = person.person === null && there?.person.person !== null;
      if (there && !isForgetting && (there.person.person === null || there.person.at >= person.at)) continue;
      stall.peopleVersion += 1;
      stall.people = stall.people.filter((one) => one !== there);
      stall.people.push({ version: stall.peopleVersion, person });
    }
    return Promise.resolve();
  }

  people(
    stallId: string,
    after: number,
  ): Promise<{ readonly people: readonly WirePerson[]; readonly version: number }> {
    const { people, peopleVersion } = this.#stall(stallId);
    const news = people.filter(({ version }) => version > after).map(({ person }) => person);
    return Promise.resolve({ people: news, version: peopleVersion });
  }

  shiftOrders(stallId: string, device: string, shiftId: string): Promise<readonly ShiftOrder[]> {
    const chain = this.#stall(stallId).chains.get(device) ?? [];
    return Promise.resolve(
      chain.flatMap(({ entry, cause }) => {
        if (entry.kind !== 'order.placed' || cause !== null) return [];
        const { order } = JSON.parse(entry.body) as { order: Order };
        const { orderId, number, totalMinor } = order;
        return order.shiftId === shiftId ? [{ orderId, number, seq: entry.seq, hash: entry.hash, totalMinor }] : [];
      }),
    );
  }

  photoState(stallId: string, sha256: string): Promise<PhotoState | null> {
    const { photos, photoSizes } = this.#stall(stallId);
    const bytes = photos.get(sha256);
    if (!bytes) return Promise.resolve(null);
    return Promise.resolve({ storedBytes: bytes.length, totalBytes: photoSizes.get(sha256) ?? bytes.length });
  }

  async putPhotoPart({ stallId, sha256, offset, totalBytes, bytes }: PhotoPart): Promise<PhotoState> {
    const { photos, photoSizes } = this.#stall(stallId);
    const there = photos.get(sha256) ?? Buffer.alloc(0);
    if (offset !== there.length) throw new Refusal('gap', 'The part does not begin where the photo ends.');
    const whole = Buffer.concat([there, bytes]);
    if (whole.length >= totalBytes && createHash('sha256').update(whole).digest('hex') !== sha256) {
      photos.delete(sha256);
      throw new Refusal('bad-request', 'The whole is another photo.');
    }
    photos.set(sha256, whole);
    photoSizes.set(sha256, totalBytes);
    return { storedBytes: whole.length, totalBytes };
  }

  readPhoto(stallId: string, sha256: string, offset: number, most: number): Promise<Buffer | null> {
    const { photos, photoSizes } = this.#stall(stallId);
    const bytes = photos.get(sha256);
    return Promise.resolve(
      bytes && bytes.length === photoSizes.get(sha256) ? bytes.subarray(offset, offset + most) : null,
    );
  }

  get #epoch(): number {
    return this.#state.epochs.at(-1) ?? 1;
  }

  #stall(stallId: string): StallState {
    const stall = this.#state.stalls.get(stallId);
    if (!stall) throw new Refusal('wrong-stall', 'There is no such stall.');
    return stall;
  }

  /** A place of an older epoch, led back to what was still there when the next one began; the beginning for what is not known. */
  #placeNow(stallId: string, { epoch, serverSeq }: FeedPlace): number {
    const endSeq = this.#stall(stallId).feed.at(-1)?.serverSeq ?? 0;
    if (!this.#state.epochs.includes(epoch)) return 0;
    const later = this.#state.begins.filter((begin) => begin.stallId === stallId && begin.epoch > epoch);
    const from = Math.min(serverSeq, ...later.map((begin) => begin.serverSeq));
    return from > endSeq ? 0 : from;
  }

  /** The wanted prefix while nobody has it, else the next number that nobody ever had. */
  #newPrefix(stall: StallState, { deviceId, prefix, stallId }: Enrolment): string {
    const others = [...stall.devices.values()].filter((device) => device.deviceId !== deviceId);
    const taken = others.map((device) => device.prefix);
    return prefixFor({ wanted: prefix, isUsed: stallId !== null, taken, epoch: this.#epoch });
  }
}

function knownDevice(stallId: string, { deviceId, publicKey, isRevoked }: Device): KnownDevice {
  return { stallId, deviceId, publicKey, isRevoked };
}

function headOf(chain: readonly Kept[]): ChainHead {
  const last = chain.at(-1)?.entry;
  return last ? { seq: last.seq, hash: last.hash } : { seq: 0, hash: ZERO_HASH };
}

function forked(agreed: readonly Kept[]): Refusal {
  return new Refusal('forked', 'Another entry of this number is here: two devices write under one name.', {
    head: headOf(agreed),
  });
}
