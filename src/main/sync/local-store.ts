import { ZERO_HASH } from '../../journal/entry';
import { loadIdentity } from '../../journal/identity';
import type { Store } from '../db/store';
import type { ShiftAccount, ShiftAccounts } from '../db/shift-accounts';
import type { ShiftMismatch } from '../db/sync-state';
import type {
  Acknowledgement,
  Peer,
  Received,
  ReconciledShift,
  SyncDevice,
  SyncStore,
  WireHead,
  WirePerson,
} from './sync-store';
import { entriesAfter, hashOf, signedHead } from './thread-store';
import type { WireEntry } from '../../shared/exchange';

/** Who hears in the till what the exchange did to its store. */
export interface SyncHooks {
  acknowledged(acknowledgement: Acknowledgement): void;
  /** Entries of these kinds came from other devices. */
  received(kinds: ReadonlySet<string>): void;
  /** This device has another prefix, name or stall. */
  identityChanged(): void;
  peopleChanged(): void;
  /** Something else that screens show of the exchange has changed. */
  changed(): void;
}

/** The data folder as the exchange sees it, on the till's own thread. */
export class LocalSyncStore implements SyncStore {
  readonly #store: Store;
  readonly #dataDir: string;
  readonly #accounts: ShiftAccounts | null;
  readonly #now: () => Date;
  readonly #hooks: SyncHooks;

  constructor(options: {
    readonly store: Store;
    readonly dataDir: string;
    /** Null where a thread reads them itself. */
    readonly accounts: ShiftAccounts | null;
    readonly now: () => Date;
    readonly hooks: SyncHooks;
  }) {
    this.#store = options.store;
    this.#dataDir = options.dataDir;
    this.#accounts = options.accounts;
    this.#now = options.now;
    this.#hooks = options.hooks;
  }

  device(): SyncDevice {
    const formerDeviceIds = loadIdentity(this.#dataDir)?.formerDeviceIds ?? [];
    return { ...this.#store.device, formerDeviceIds };
  }

  stallId(): string | null {
    return this.#store.stall.get()?.stallId ?? null;
  }

  peers(): readonly Peer[] {
    return this.#store.sync.peers();
  }

  putPeer(peer: Peer): void {
    const { sync } = this.#store;
    const { serverId, epoch, cursor, lastSuccessAt } = peer;
    const before = sync.peer(serverId);
    const isSame = (['role', 'address', 'publicKey', 'recipient', 'stallId', 'enrolledAt'] as const).every(
      (key) => before?.[key] === peer[key],
    );
    if (!isSame) sync.putPeer(peer);
    if (before?.epoch !== epoch || before.cursor !== cursor) sync.moveCursor(serverId, { epoch, cursor });
    if (lastSuccessAt !== null && before?.lastSuccessAt !== lastSuccessAt) sync.noteSuccess(serverId, lastSuccessAt);
  }

  removePeer(serverId: string): void {
    this.#store.sync.removePeer(serverId);
    this.#hooks.changed();
  }

  noteFailure(serverId: string, code: string, detail: string): void {
    this.#store.sync.noteFailure({ serverId, code, detail, at: this.#now().toISOString() });
  }

  sign(text: string, deviceId = this.#store.device.deviceId): string {
    return this.#store.keys.sign(deviceId, text);
  }

  enrolled(joined: Parameters<SyncStore['enrolled']>[0]): void {
    this.#store.enrolled(joined);
    this.#hooks.identityChanged();
  }

  rename(renaming: Parameters<SyncStore['rename']>[0]): void {
    this.#store.rename(renaming);
    this.#hooks.identityChanged();
  }

  heads(): ReturnType<SyncStore['heads']> {
    return this.#store.sync.journal.heads();
  }

  hashOf(device: string, seq: number): string | null {
    return hashOf(this.#store.sync.journal, device, seq);
  }

  entriesAfter(device: string, seq: number, limit: number, maxBytes: number): readonly WireEntry[] {
    return entriesAfter(this.#store.sync.journal, device, seq, limit, maxBytes);
  }

  signedHead(device: string, after: number, upTo: number): WireHead | null {
    return signedHead(this.#store.sync.journal, device, after, upTo);
  }

  receive(entries: readonly WireEntry[], heads: readonly WireHead[]): Received | Promise<Received> {
    const { kinds, refused } = this.#store.receive(entries, heads);
    this.#hooks.received(kinds);
    const received: Received = {
      missing: refused.filter(({ why }) => why === 'gap').map(({ device }) => device),
      forked: refused
        .filter(({ why }) => why === 'forked')
        .map(({ device, seq, head }) => ({ device, fromSeq: seq <= head.seq ? seq : null })),
    };
    if (!kinds.has('catalogue.import-committed')) return received;
    return this.#store.applyImports().then(() => {
      this.#hooks.received(kinds);
      return received;
    });
  }

  setAside(device: string, fromSeq: number): void {
    this.#store.setAside(device, fromSeq);
    this.#hooks.changed();
  }

  acknowledgedSeq(serverId: string, device: string): number {
    return this.#store.sync.acknowledged(serverId, device)?.seq ?? 0;
  }

  acknowledge(acknowledgement: Acknowledgement): void {
    const { serverId, device, head } = acknowledgement;
    this.#store.sync.acknowledge(serverId, { device, ...head });
    this.#hooks.acknowledged(acknowledgement);
  }

  unacknowledge(serverId: string, device: string, seq: number): void {
    const hash = this.hashOf(device, seq) ?? ZERO_HASH;
    this.#store.sync.acknowledge(serverId, { device, seq, hash });
    this.#hooks.changed();
  }

  queue(): ReturnType<SyncStore['queue']> {
    const { count, oldestAt } = this.#store.sync.queue();
    return { queued: count, oldestAt };
  }

  people(serverId: string, which: 'unsent' | 'all'): readonly WirePerson[] {
    return which === 'all' ? this.#store.people.changes() : this.#store.sync.unsentPeople(serverId);
  }

  peopleSent(serverId: string, people: readonly WirePerson[]): void {
    this.#store.sync.notePeopleSent(serverId, people);
  }

  receivePeople(serverId: string, people: readonly WirePerson[], version: number): void {
    const { sync } = this.#store;
    if (this.#store.people.receive(people)) this.#hooks.peopleChanged();
    if (people.length > 0) sync.notePeopleSent(serverId, people);
    if (sync.peer(serverId)?.peopleVersion !== version) sync.movePeopleVersion(serverId, version);
  }

  unreconciled(serverId: string): readonly ShiftAccount[] {
    const { deviceId } = this.#store.device;
    return this.#accounts?.unreconciled(deviceId, this.acknowledgedSeq(serverId, deviceId)) ?? [];
  }

  reconciled(shift: ReconciledShift): void {
    const { shiftId, serverId } = shift;
    this.#store.commit({ actor: null, drafts: [{ kind: 'shift.reconciled', body: shift }], result: null });
    this.#accounts?.settle(shiftId);
    this.mismatched({ serverId, shiftId, at: this.#now().toISOString(), orders: [] });
  }

  mismatched(mismatch: ShiftMismatch): void {
    this.#store.sync.noteMismatch(mismatch);
    this.#hooks.changed();
  }
}
