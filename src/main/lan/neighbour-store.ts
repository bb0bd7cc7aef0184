import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import { findingsAfter } from '../../exchange/entry-check';
import {
  Refusal,
  revoked,
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
  type ShiftOrder,
  type WirePerson,
} from '../../exchange/exchange-store';
import { badCode } from '../../exchange/routes';
import { ZERO_HASH, type SealedEntry } from '../../journal/entry';
import { MAX_BATCH_BYTES, type WireEntry } from '../../shared/exchange';
import type { Store } from '../db/store';

/** Entries applied at once: each slice takes a few milliseconds of the thread that also sells. */
const SLICE_ENTRIES = 20;

/** Setting under which a till keeps whom it has enrolled itself. */
const NEIGHBOURS = 'neighbours';

const neighbours = z.object({
  codes: z.array(
    z.object({ codeHash: z.string(), name: z.string(), expiresAt: z.string(), usedBy: z.string().nullable() }),
  ),
  devices: z.array(z.object({ deviceId: z.string(), publicKey: z.string(), prefix: z.string(), name: z.string() })),
});
type Neighbours = z.infer<typeof neighbours>;

/** The stall's photos and clips, whole ones and those on their way. */
export interface MediaShelf {
  /** How long a whole one is, or null. */
  bytesOf(sha256: string): number | null;
  /** At most so many bytes of a whole one from an offset on, or null. */
  read(sha256: string, offset: number, most: number): Promise<Buffer | null>;
  /** How much has come of one that is not whole. */
  arrivedBytes(sha256: string): Promise<number>;
  /** Adds what came next; says false when the whole turned out to be something else and was thrown away. */
  add(sha256: string, bytes: Uint8Array, isWhole: boolean): Promise<boolean>;
}

/** What a till serves its neighbours besides its journal. */
export interface NeighbourWorld {
  readonly store: Store;
  readonly now: () => Date;
  /** Whether the hub has shut a device out, as far as this till has heard. */
  readonly isRevoked: (deviceId: string) => boolean;
  readonly media: MediaShelf;
  /** Screens show something else now. */
  readonly onReceived: (kinds: ReadonlySet<string>) => void;
}

/**
 * The exchange over a till's own store: what a till or an edge node serves its neighbours while the uplink is down. The
 * journal is the feed, in the order in which entries came here; what neighbours bring is handed up with the next
 * exchange with the hub.
 */
export class NeighbourStore implements ExchangeStore {
  readonly #world: NeighbourWorld;
  readonly #listeners = new Set<(added: FeedAddition) => void>();
  /** One batch after the other, so that none finds another's entries half-way. */
  readonly #inTurn = pLimit(1);
  /** What devices said of themselves since the start. */
  readonly #statuses = new Map<string, { readonly status: DeviceStatus; readonly at: string }>();
  /** How large photos on their way will be. */
  readonly #photoSizes = new Map<string, number>();

  constructor(world: NeighbourWorld) {
    this.#world = world;
  }

  async epoch(): Promise<number> {
    // A store that was recovered goes on under another name, which makes it another server.
    return 1;
  }

  async place(): Promise<FeedPlace> {
    return { epoch: 1, serverSeq: this.#world.store.sync.journal.lastPosition() };
  }

  /** Says that this till wrote or received something. */
  added(): void {
    const addition: FeedAddition = {
      stallId: this.#stallId,
      device: this.#world.store.device.deviceId,
      place: { epoch: 1, serverSeq: this.#world.store.sync.journal.lastPosition() },
    };
    for (const listener of this.#listeners) listener(addition);
  }

  async enrol(enrolment: Enrolment): Promise<{ readonly stallId: string; readonly prefix: string }> {
    const { codeHash, former, deviceId, publicKey, stallId, name } = enrolment;
    const kept = this.#neighbours();
    const known = this.#known(deviceId);
    if (known?.isRevoked) throw revoked();
    if (known && known.publicKey !== publicKey) {
      throw new Refusal('bad-signature', 'A device of this id is known here with another key.');
    }
    if (stallId !== null && stallId !== this.#stallId) {
      throw new Refusal('wrong-stall', 'This till sells for another stall than the one that asks.');
    }
    const code = codeHash === null ? null : kept.codes.find((one) => one.codeHash === codeHash);
    if (former) this.#requireSuccession(former);
    else if (!code || (code.usedBy !== deviceId && (code.usedBy !== null || this.#isOver(code.expiresAt)))) {
      throw badCode();
    }
    const earlier = kept.devices.find((device) => device.deviceId === deviceId);
    const prefix = earlier?.prefix ?? this.#freePrefix(enrolment, kept);
    this.#keep({
      codes: kept.codes.map((one) => (one === code ? { ...one, usedBy: deviceId } : one)),
      devices: [
        ...kept.devices.filter((device) => device.deviceId !== deviceId),
        { deviceId, publicKey, prefix, name },
      ],
    });
    return { stallId: this.#stallId, prefix };
  }

  async addCode({
    codeHash,
    name,
    expiresAt,
  }: {
    readonly codeHash: string;
    readonly name: string;
    readonly expiresAt: Date;
  }): Promise<void> {
    const { codes, devices } = this.#neighbours();
    const valid = codes.filter((code) => !this.#isOver(code.expiresAt));
    this.#keep({ codes: [...valid, { codeHash, name, expiresAt: expiresAt.toISOString(), usedBy: null }], devices });
  }

  async findDevice(deviceId: string): Promise<KnownDevice | null> {
    return this.#known(deviceId);
  }

  async device(stallId: string, deviceId: string): Promise<KnownDevice | null> {
    return stallId === this.#stallId ? this.#known(deviceId) : null;
  }

  append(batch: Append): Promise<Appended> {
    return this.#inTurn(() => this.#append(batch));
  }

  async #append(batch: Append): Promise<Appended> {
    const { store, onReceived } = this.#world;
    const { head } = batch;
    const entries = [...batch.entries];
    const { journal } = store.sync;
    const first = entries[0] as WireEntry;
    const held: ChainHead = journal.head(first.device) ?? { seq: 0, hash: ZERO_HASH };
    if (first.seq > held.seq + 1) {
      throw new Refusal('gap', `Entries ${held.seq + 1} to ${first.seq - 1} are missing here: begin with them.`, {
        head: held,
      });
    }
    const overlap = entries.filter(({ seq }) => seq <= held.seq);
    const fresh = entries.slice(overlap.length);
    for (const entry of overlap) {
      if (journal.entry(entry.device, entry.seq)?.hash !== entry.hash) throw this.#forked(entry.device, entry.seq - 1);
    }
    if (fresh[0] && overlap.length === 0 && fresh[0].prev !== held.hash) throw this.#forked(first.device, held.seq);

    const before = overlap.length === 0 ? journal.entry(first.device, held.seq) : null;
    const findings = new Map(findingsAfter(batch, before?.at ?? null).map((finding) => [finding.seq, finding]));
    const kinds = new Set<string>();
    for (let at = 0; at < fresh.length; at += SLICE_ENTRIES) {
      const slice = fresh.slice(at, at + SLICE_ENTRIES);
      const isLast = at + SLICE_ENTRIES >= fresh.length;
      const received = store.receive(slice, isLast ? [head] : []);
      for (const kind of received.kinds) kinds.add(kind);
      if (received.refused.length > 0) throw new Refusal('bad-signature', 'These entries could not be taken here.');
      await nextTurn();
    }
    if (fresh.length > 0) {
      onReceived(kinds);
      this.added();
    }
    const receipts = entries.map((entry): EntryReceipt => {
      const { seq, id, hash } = entry;
      const serverSeq = journal.positionOf(entry.device, seq);
      const cause = findings.get(seq)?.cause;
      if (seq <= held.seq) return { seq, id, hash, outcome: 'duplicate', serverSeq };
      return cause
        ? { seq, id, hash, outcome: 'quarantined', serverSeq, cause }
        : { seq, id, hash, outcome: 'stored', serverSeq };
    });
    const now = journal.head(first.device) ?? held;
    return { epoch: 1, receipts, head: { seq: now.seq, hash: now.hash } };
  }

  async feed({
    after,
    limit,
    without,
  }: {
    readonly after: FeedPlace;
    readonly limit: number;
    readonly without: string | null;
  }): Promise<FeedPage> {
    const { journal } = this.#world.store.sync;
    const page = journal.feed(after.serverSeq, without, { entries: limit, bodyBytes: MAX_BATCH_BYTES / 2 });
    return {
      place: { epoch: 1, serverSeq: page.position },
      more: page.more,
      entries: page.entries as readonly SealedEntry[],
      heads: headsAmong(page.entries, (device, from, to) => this.#signedHeads(device, from, to)),
    };
  }

  /**
   * The signatures under which whoever reads a device's entries here may hand them on: those that came with them, and this
   * till's own under what it wrote itself.
   */
  #signedHeads(device: string, first: number, last: number): FeedPage['heads'] {
    const { store } = this.#world;
    const { journal } = store.sync;
    const entry = store.keys.has(device) ? journal.entry(device, last) : null;
    if (entry === null) return journal.signedHeads(device, first, last);
    return [store.keys.signHead({ device, seq: last, hash: entry.hash })];
  }

  onAdded(listener: (added: FeedAddition) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async heads(): Promise<readonly DeviceHead[]> {
    const { store, isRevoked } = this.#world;
    const { devices: enrolled } = this.#neighbours();
    return store.stall.devices().map(({ deviceId, prefix, publicKey }): DeviceHead => {
      const head = store.sync.journal.head(deviceId);
      const said = this.#statuses.get(deviceId);
      return {
        device: deviceId,
        name: enrolled.find((device) => device.deviceId === deviceId)?.name ?? '',
        prefix,
        publicKey,
        seq: head?.seq ?? 0,
        hash: head?.hash ?? ZERO_HASH,
        isRevoked: isRevoked(deviceId),
        lastSyncAt: said?.at ?? null,
        status: said?.status ?? null,
      };
    });
  }

  async noteStatus(_stallId: string, deviceId: string, status: DeviceStatus): Promise<void> {
    this.#statuses.set(deviceId, { status, at: this.#world.now().toISOString() });
  }

  async putPeople(_stallId: string, people: readonly WirePerson[]): Promise<void> {
    if (this.#world.store.people.receive(people)) this.#world.onReceived(new Set(['staff.added']));
  }

  async people(): Promise<{ readonly people: readonly WirePerson[]; readonly version: number }> {
    // A stall has a handful of people: all of them, each time.
    return { people: this.#world.store.people.changes(), version: 0 };
  }

  async shiftOrders(_stallId: string, device: string, shiftId: string): Promise<readonly ShiftOrder[]> {
    return this.#world.store.orders.ofShift(device, shiftId);
  }

  async photoState(_stallId: string, sha256: string): Promise<PhotoState | null> {
    const { media } = this.#world;
    const bytes = media.bytesOf(sha256);
    if (bytes !== null) return { storedBytes: bytes, totalBytes: bytes };
    const totalBytes = this.#photoSizes.get(sha256);
    const storedBytes = await media.arrivedBytes(sha256);
    return totalBytes === undefined || storedBytes === 0 ? null : { storedBytes, totalBytes };
  }

  putPhotoPart(part: PhotoPart): Promise<PhotoState> {
    return this.#inTurn(() => this.#putPhotoPart(part));
  }

  async #putPhotoPart({ sha256, offset, totalBytes, bytes }: PhotoPart): Promise<PhotoState> {
    const { media } = this.#world;
    if (media.bytesOf(sha256) !== null) return { storedBytes: totalBytes, totalBytes };
    const arrivedBytes = await media.arrivedBytes(sha256);
    if (offset !== arrivedBytes) {
      throw new Refusal('gap', `The next part begins at ${arrivedBytes}.`);
    }
    const storedBytes = offset + bytes.length;
    this.#photoSizes.set(sha256, totalBytes);
    const isWhole = storedBytes === totalBytes;
    if (isWhole) this.#photoSizes.delete(sha256);
    if (!(await media.add(sha256, bytes, isWhole))) {
      throw new Refusal('bad-request', 'The whole is another photo than its name says.');
    }
    return { storedBytes, totalBytes };
  }

  readPhoto(_stallId: string, sha256: string, offset: number, most: number): Promise<Buffer | null> {
    return this.#world.media.read(sha256, offset, most);
  }

  get #stallId(): string {
    return this.#world.store.stall.get()?.stallId ?? '';
  }

  #known(deviceId: string): KnownDevice | null {
    const { store, isRevoked } = this.#world;
    const device =
      this.#neighbours().devices.find((one) => one.deviceId === deviceId) ??
      store.stall.devices().find((one) => one.deviceId === deviceId);
    if (!device) return null;
    return { stallId: this.#stallId, deviceId, publicKey: device.publicKey, isRevoked: isRevoked(deviceId) };
  }

  #requireSuccession(former: NonNullable<Enrolment['former']>): void {
    const device = this.#known(former.deviceId);
    if (!device) throw new Refusal('not-enrolled', 'The former device is not known here: enrol with a code.');
    if (device.isRevoked) throw revoked();
    if (!former.isSignedBy(device.publicKey)) {
      throw new Refusal('bad-signature', 'The succession is not signed by the key of the former device.');
    }
  }

  #forked(device: string, agreedSeq: number): Refusal {
    const agreed = this.#world.store.sync.journal.entry(device, agreedSeq);
    return new Refusal('forked', 'Another entry of this number is here: two devices write under one name.', {
      head: { seq: agreedSeq, hash: agreed?.hash ?? ZERO_HASH },
    });
  }

  /**
   * The wanted prefix where it is the device's own already, else this till's and a letter: no hub ever gives one of these,
   * and no other till has this till's.
   */
  #freePrefix({ deviceId, prefix }: Enrolment, kept: Neighbours): string {
    const { store } = this.#world;
    const others = store.stall.devices().filter((device) => device.deviceId !== deviceId);
    const taken = new Set([...others, ...kept.devices].map((device) => device.prefix));
    const isOwn = store.stall.devices().some((device) => device.deviceId === deviceId);
    if (isOwn && !taken.has(prefix)) return prefix;
    for (let number = 1; ; number += 1) {
      const free = `${store.device.prefix}${letters(number)}`;
      if (!taken.has(free)) return free;
    }
  }

  #isOver(expiresAt: string): boolean {
    return Date.parse(expiresAt) < this.#world.now().getTime();
  }

  #neighbours(): Neighbours {
    return neighbours.catch({ codes: [], devices: [] }).parse(this.#world.store.settings.get(NEIGHBOURS));
  }

  #keep(kept: Neighbours): void {
    this.#world.store.settings.set(NEIGHBOURS, kept);
  }
}

/** `A` to `Z`, then `AA`: the columns of a spreadsheet. */
function letters(number: number): string {
  const rest = number - 1;
  const last = String.fromCharCode(65 + (rest % 26));
  return rest < 26 ? last : letters(Math.floor(rest / 26)) + last;
}

/** The signed heads that lie in a stretch of the feed, device by device. */
function headsAmong(
  entries: readonly SealedEntry[],
  signedHeads: (device: string, first: number, last: number) => FeedPage['heads'],
): FeedPage['heads'] {
  const stretches = new Map<string, { first: number; last: number }>();
  for (const { device, seq } of entries) {
    const stretch = stretches.get(device);
    if (stretch) stretch.last = seq;
    else stretches.set(device, { first: seq, last: seq });
  }
  return [...stretches].flatMap(([device, { first, last }]) => signedHeads(device, first, last));
}
