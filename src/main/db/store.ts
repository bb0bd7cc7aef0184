import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { CartLine } from '../../domain/cart';
import type { Item } from '../../domain/catalogue';
import type { DeliveryJob } from '../../hardware/delivery-job';
import { projectBacklog, SLICE_ITEMS } from '../../journal/catalogue-projection';
import { HybridClock, isInstantOf } from '../../journal/clock';
import { canonicalJson, NOT_APPLICABLE, readEntry, seal, ZERO_HASH, type SealedEntry } from '../../journal/entry';
import {
  DeviceKeys,
  hasIdentity,
  loadIdentity,
  newKeyPair,
  proposeIdentity,
  saveIdentity,
  savePrefix,
  setIdentityAside,
  settleNextIdentity,
  successorPrefix,
  type DeviceIdentity,
  type KeyPair,
  type SignedHead,
} from '../../journal/identity';
import { insertJournalRow, journalHead } from '../../journal/journal-rows';
import { ENTRY_KINDS, type Entry, type EntryDraft } from '../../journal/kinds';
import { project } from '../../journal/projector';
import { READ_MODEL_VERSION } from '../../journal/read-models';
import { rebuildReadModels, type RebuildReport } from '../../journal/rebuild';
import { prepared } from '../../journal/statements';
import { takesAsIs } from '../../shared/as-is';
import { ClipReader } from './clip-reader';
import { CatalogueReader } from './catalogue-reader';
import { FootfallReader } from './footfall-reader';
import { HeldForStore } from './held-for';
import { HoldReader } from './hold-reader';
import { lockFolder, type FolderLock } from './folder-lock';
import { entriesFrom, factsToRewrite, setAside } from './fork';
import { Jobs } from './jobs-store';
import { KeyValue, Notices } from './kept-state';
import { JournalCopy } from './journal-copy';
import { writeKeepsake } from './keepsake';
import { migrate, schemaVersion } from './migrations';
import { noteClosed, openSound } from './open';
import { People } from './people';
import { AdviceReader } from './advice-reader';
import { PriceTestReader } from './price-test-reader';
import { isTooFarAhead, noteUnapplied, receiveEntries, type Received } from './receiving';
import { PriceReader } from './price-reader';
import { OrderReader, ParkedReader, ShiftReader, StallReader, TenderReader } from './readers';
import { finishRecovery, PENDING_RECOVERY, recoverStore, type Recovery } from './recover';
import { readSale, writeSale, type SaleRecord } from './sale-record';
import { PlaylistReader } from './playlist-reader';
import { ShelfLabelReader } from './shelf-label-reader';
import { StockShareReader } from './stock-share-reader';
import { asStoreError, isDamage, StoreError } from './store-error';
import { TakeoverReader } from './takeover-reader';
import { SyncState, type Peer } from './sync-state';

/** Where the store says what it did; pino fits. */
export interface StoreLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly now: () => Date;
  /** UUIDv7. */
  readonly newId: () => string;
  readonly log: StoreLog;
  /** What the order numbers of a new folder begin with; `T1` unless said. */
  readonly firstPrefix?: string;
}

/** A change of the stall's state: all of it happens, or none. */
export interface Change<T> {
  /** Minted where the person acted; the result is kept under it. */
  readonly requestId?: string;
  /** Staff reference of who did it, or null for the device itself. */
  readonly actor: string | null;
  readonly drafts: readonly EntryDraft[];
  /** The sale in progress after the change; null clears it, absent leaves it. */
  readonly sale?: SaleRecord | null;
  /** Jobs to be done for it. */
  readonly jobs?: readonly DeliveryJob[];
  /** What the command answers: JSON. */
  readonly result: T;
}

export interface ImportOptions {
  readonly importId: string;
  /** Where it came from: a file name. */
  readonly source: string;
  readonly actor: string | null;
  readonly items: AsyncIterable<readonly Item[]> | Iterable<readonly Item[]>;
  /** Stops before the import is committed; nothing of it will show. Later it has no effect. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** `recording` can still be stopped; `applying` cannot. */
  readonly phase: 'recording' | 'applying';
  /** Items done in this phase. */
  readonly done: number;
}

const RESULTS_KEPT = 10_000;
const RESULTS_KEPT_MS = 7 * 24 * 3600 * 1000;

const TIDY_EVERY_MS = 3600 * 1000;

/** How long nothing is written before the till counts as idle, and how long idle work waits at most. */
const IDLE_AFTER_MS = 400;
const IDLE_AT_LAST_MS = 5_000;

/** Slices of an import between two checkpoints: keeps the log small and each checkpoint short. */
const SLICES_PER_CHECKPOINT = 12;

/** The one door to the journal, the read models, the jobs and the working state of a data folder. */
export class Store {
  readonly catalogue: CatalogueReader;
  readonly orders: OrderReader;
  readonly shifts: ShiftReader;
  readonly tenders: TenderReader;
  readonly parked: ParkedReader;
  readonly shares: StockShareReader;
  readonly takeovers: TakeoverReader;
  readonly prices: PriceReader;
  readonly stall: StallReader;
  readonly priceTests: PriceTestReader;
  readonly advice: AdviceReader;
  readonly footfall: FootfallReader;
  readonly holds: HoldReader;
  readonly playlists: PlaylistReader;
  readonly shelfLabels: ShelfLabelReader;
  readonly clips: ClipReader;
  readonly heldFor: HeldForStore;
  readonly jobs: Jobs;
  readonly people: People;
  readonly settings: KeyValue;
  readonly notices: Notices;
  /** What the exchange with a hub and neighbours knows. */
  readonly sync: SyncState;

  readonly #options: StoreOptions;
  readonly #database: Database.Database;
  readonly #lock: FolderLock;
  #identity: DeviceIdentity;
  #keys: DeviceKeys;
  #clock: HybridClock;
  readonly #inTransaction: Database.Transaction<(work: () => unknown) => unknown>;
  readonly #copy: JournalCopy;
  #head: { readonly seq: number; readonly hash: string };
  #signedSeq = 0;
  /** The lines of the sale as they are on the disk. */
  #savedLines: readonly CartLine[] | null = null;
  #isSuspect = false;
  #lastWriteMs = 0;
  #nextTidyMs = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  #importsUnderWay = 0;
  /** Kept, since others' orders may lie between this device's last and now. */
  #nextOrder: number | null = null;

  /**
   * Opens a data folder, making it on the first run: key, journal, tables. A damaged store is set aside and what can be
   * read of it recovered; a notice says so.
   * @throws StoreError `store-locked`, `store-too-new` or `disk-full`
   */
  static open(options: StoreOptions): Store {
    mkdirSync(options.dataDir, { recursive: true });
    const lock = lockFolder(options.dataDir);
    try {
      return new Store(options, lock);
    } catch (error) {
      lock.release();
      throw asStoreError(error);
    }
  }

  private constructor(options: StoreOptions, lock: FolderLock) {
    const { dataDir, now } = options;
    this.#options = options;
    this.#lock = lock;
    this.#copy = new JournalCopy(dataDir);
    const database = this.#openDatabase(hasIdentity(dataDir));
    this.#database = database;
    this.#inTransaction = database.transaction((work) => work());
    try {
      migrate(database, () => backUp(dataDir, database));
      this.#refreshReadModels();

      const keepPeopleAndSettings = () => this.#writeKeepsake();
      this.people = new People(database, keepPeopleAndSettings, () => this.#clock.next());
      this.settings = new KeyValue(database, keepPeopleAndSettings);
      this.notices = new Notices(database);
      this.catalogue = new CatalogueReader(database);
      this.parked = new ParkedReader(database);
      this.stall = new StallReader(database);
      this.priceTests = new PriceTestReader(database);
      this.advice = new AdviceReader(database);
      this.footfall = new FootfallReader(database);
      this.holds = new HoldReader(database);
      this.playlists = new PlaylistReader(database);
      this.shelfLabels = new ShelfLabelReader(database);
      this.clips = new ClipReader(database);
      this.heldFor = new HeldForStore(database);
      this.jobs = new Jobs(database);

      settleNextIdentity(dataDir, (deviceId) => journalHead(database, deviceId) !== null);
      const kept = this.#keptIdentity();
      const recovery = this.settings.get(PENDING_RECOVERY) as Recovery | undefined;
      // What may have lost entries continues under a new name: no sequence, no order number is used twice.
      const identity = kept !== null && recovery === undefined ? kept : this.#newIdentity(kept);
      this.#identity = identity;
      this.#keys = DeviceKeys.load(dataDir);
      const devices = () => this.#devices;
      this.orders = new OrderReader(database, devices);
      this.shifts = new ShiftReader(database, devices);
      this.shares = new StockShareReader(database, devices);
      const takeovers = new TakeoverReader(database);
      this.takeovers = takeovers;
      this.tenders = new TenderReader(database, () => [...devices(), ...takeovers.formerDevices(devices())]);
      this.prices = new PriceReader(database, devices);
      this.sync = new SyncState(database, {
        people: this.people,
        ownDevices: devices,
        write: (work) => this.#unsynced(() => this.#write(work)),
        peersChanged: keepPeopleAndSettings,
      });

      const head = journalHead(database, identity.deviceId);
      this.#head = head ?? { seq: 0, hash: ZERO_HASH };
      this.#clock = new HybridClock(identity.deviceId, now, this.#newestInstant());
      if (head === null) this.#register(recovery);

      // An import a crash cut short is finished before the first sale, so that nobody ever sees half of one.
      while (this.#hasBacklog() && this.#applyBacklog());
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Who this device is. */
  get device(): DeviceIdentity {
    return this.#identity;
  }

  /** Signs in the name of this device, and of those it was before. */
  get keys(): DeviceKeys {
    return this.#keys;
  }

  /** This device and the ids it went by before. */
  get #devices(): readonly string[] {
    return [this.#identity.deviceId, ...this.#identity.formerDeviceIds];
  }

  /**
   * Writes a change in one transaction with one sync of the disk: entries appended and projected, the sale in progress,
   * jobs, the command's result. When it returns everything is durable; when it throws nothing happened.
   * @throws StoreError `disk-full` or `store-damaged`
   */
  commit<T>(change: Change<T>): { readonly result: T; readonly entries: readonly Entry[] } {
    let head = this.#head;
    const entries: Entry[] = [];
    this.#write(() => {
      for (const draft of change.drafts) {
        const entry = this.#append(draft, change.actor, head);
        head = entry;
        entries.push(entry);
      }
      if (change.sale !== undefined) writeSale(this.#database, change.sale, this.#savedLines);
      for (const job of change.jobs ?? []) this.jobs.insert(job);
      if (change.requestId !== undefined) this.#keepResult(change.requestId, change.result);
      if (change.drafts.some(({ kind }) => CHANGES_CATALOGUE.has(kind))) this.#countCatalogueChange();
      if (change.drafts.some(({ kind }) => kind === 'shift.closed')) this.#signHead(head);
    });
    this.#head = head;
    if (entries.some(({ kind }) => kind === 'order.placed')) this.#nextOrder = null;
    if (change.sale !== undefined) this.#savedLines = change.sale?.cart.lines ?? [];
    return { result: change.result, entries };
  }

  /** What a command answered before, so that the same request does nothing twice. Kept for 7 days or 10 000 commands. */
  resultOf(requestId: string): { readonly found: true; readonly value: unknown } | { readonly found: false } {
    const result = prepared(this.#database, 'SELECT result FROM command_result WHERE request_id = ?')
      .pluck()
      .get(requestId);
    return typeof result === 'string' ? { found: true, value: JSON.parse(result) as unknown } : { found: false };
  }

  /** The sale in progress as it was saved last, or null. */
  sale(): SaleRecord | null {
    const sale = readSale(this.#database);
    this.#savedLines = sale?.cart.lines ?? [];
    return sale;
  }

  /** Saves the sale in progress, with the result of the command that changed it. Durable when it returns. */
  saveSale(sale: SaleRecord | null, requestId?: string, result: unknown = null): void {
    this.#write(() => {
      writeSale(this.#database, sale, this.#savedLines);
      if (requestId !== undefined) this.#keepResult(requestId, result);
    });
    this.#savedLines = sale?.cart.lines ?? [];
  }

  /** The sequence the next order of this device gets. Ask inside the same turn as the commit that uses it. */
  nextOrderSequence(): number {
    return (this.#nextOrder ??= this.orders.nextSequence(this.device.deviceId));
  }

  /**
   * Imports items, all or nothing: their parts are written first and mean nothing until the one entry that commits them.
   * Then they are applied slice by slice, so that selling goes on meanwhile; a crash in between is made good at the next
   * start. An item edited by hand after the commit keeps the edit.
   * @throws StoreError `disk-full`; the signal's reason when stopped. The old catalogue stands in both cases.
   */
  async importItems(options: ImportOptions): Promise<{ readonly itemCount: number }> {
    this.#importsUnderWay += 1;
    try {
      return await this.#importItems(options);
    } finally {
      this.#importsUnderWay -= 1;
    }
  }

  async #importItems(options: ImportOptions): Promise<{ readonly itemCount: number }> {
    const { importId, source, actor, signal, onProgress } = options;
    const firstSeq = this.#head.seq + 1;
    let part = 0;
    let itemCount = 0;
    const pricedSeqs: number[] = [];
    for await (const items of slices(options.items, SLICE_ITEMS)) {
      signal?.throwIfAborted();
      part += 1;
      const before = this.catalogue.otherPrices(items);
      if (before.length > 0) pricedSeqs.push(this.#head.seq + 1);
      // Not synced one by one: the commit below makes everything before it durable as well.
      this.#unsynced(() => {
        this.commit({
          actor,
          drafts: [
            { kind: 'catalogue.import-part', body: { importId, part, items, ...(before.length > 0 && { before }) } },
          ],
          result: null,
        });
      });
      if (part % SLICES_PER_CHECKPOINT === 0) this.#checkpoint();
      itemCount += items.length;
      onProgress?.({ phase: 'recording', done: itemCount });
      await nextTurn();
    }
    signal?.throwIfAborted();
    if (part === 0) return { itemCount };
    const lastSeq = this.#head.seq;
    const body = {
      importId,
      source,
      firstSeq,
      lastSeq,
      parts: part,
      itemCount,
      ...(pricedSeqs.length > 0 && { pricedSeqs }),
    };
    this.commit({ actor, drafts: [{ kind: 'catalogue.import-committed', body }], result: null });
    for (let done = 0, slice = 1, more = true; more; slice += 1) {
      await nextTurn();
      more = this.#unsynced(() => this.#applyBacklog());
      if (slice % SLICES_PER_CHECKPOINT === 0) this.#checkpoint();
      done = Math.min(itemCount, done + SLICE_ITEMS);
      onProgress?.({ phase: 'applying', done });
    }
    return { itemCount };
  }

  /**
   * Takes entries from a hub or a neighbour: other devices', and this one's own that a restored backup lacks. What is here
   * already changes nothing, so the same may come any number of times. Hand over a few dozen at once, so that no screen
   * waits; an import among them is applied by `applyImports`.
   * @param from whose feed they are, and how far it is read with them: noted in the same transaction
   * @throws StoreError `disk-full` or `store-damaged`
   */
  receive(
    entries: readonly SealedEntry[],
    heads: readonly SignedHead[],
    from?: Pick<Peer, 'serverId' | 'epoch' | 'cursor'>,
  ): Received {
    const { deviceId } = this.device;
    const received = this.#write(() => {
      const world = {
        database: this.#database,
        journal: this.sync.journal,
        deviceId,
        clock: this.#clock,
        now: this.#options.now(),
      };
      const outcome = receiveEntries(world, { entries, heads });
      if ([...CHANGES_CATALOGUE, 'order.placed'].some((kind) => outcome.kinds.has(kind))) this.#countCatalogueChange();
      if (from) this.sync.setCursor(from.serverId, from);
      return outcome;
    });
    const head = this.sync.journal.head(deviceId) ?? this.#head;
    if (head.seq !== this.#head.seq) this.#nextOrder = null;
    this.#head = head;
    return received;
  }

  /** Writes that this device joined a stall at a server, which gave it a prefix nobody else has: it numbers its orders with it. */
  enrolled(joined: { readonly stallId: string; readonly prefix: string; readonly serverId: string }): void {
    const { deviceId } = this.#identity;
    const body = { deviceId, ...joined };
    this.commit({ actor: null, drafts: [{ kind: 'device.enrolled', body }], result: null });
    // The journal says it already: a crash before the next line is made good at the next start.
    savePrefix(this.#options.dataDir, joined.prefix);
    this.#identity = { ...this.#identity, prefix: joined.prefix };
  }

  /**
   * Takes on a new name, because another device writes under this one's as well: what this device wrote from `fromSeq` on
   * is set aside and follows again under the new name, with the same bodies. The sale in progress, jobs and results stay.
   * All of it happens, or none, wherever it is cut short.
   * @throws StoreError `disk-full` or `store-damaged`; an Error while an import is under way
   */
  rename(renaming: {
    readonly fromSeq: number;
    readonly identity: KeyPair & { readonly deviceId: string };
    readonly prefix: string;
    readonly stallId: string;
    readonly serverId: string;
  }): void {
    const { fromSeq, identity, prefix, stallId, serverId } = renaming;
    const { dataDir, now } = this.#options;
    const { deviceId, publicKey } = identity;
    const former = this.#identity.deviceId;
    if (this.#importsUnderWay > 0) throw new Error('an import is under way: a new name can be taken when it is done');
    const next: DeviceIdentity = {
      deviceId,
      prefix,
      publicKey,
      formerDeviceIds: [...this.#identity.formerDeviceIds, former],
    };
    proposeIdentity(dataDir, next, identity.privateKey);
    const clock = new HybridClock(deviceId, now, this.#clock.next());
    const head = this.#write(() => {
      const aside = entriesFrom(this.#database, former, fromSeq);
      const own: EntryDraft[] = [
        { kind: 'device.registered', body: { deviceId, prefix, publicKey } },
        { kind: 'device.enrolled', body: { deviceId, stallId, prefix, serverId } },
        { kind: 'device.forked', body: { formerDevice: former, fromSeq, entries: aside.length } },
      ];
      const facts = [
        ...own.map(({ kind, body }) => ({ kind, event: null, actor: null, body: canonicalJson(body) })),
        ...factsToRewrite(this.#database, aside, own.length + 1),
      ];
      let last = { seq: 0, hash: ZERO_HASH };
      for (const { kind, event, actor, body } of facts) {
        const place = { device: deviceId, seq: last.seq + 1, id: this.#options.newId(), at: clock.next() };
        const sealed = seal({ ...place, kind, event, actor, body }, last.hash);
        insertJournalRow(this.#database, sealed);
        last = sealed;
      }
      setAside(this.#database, former, fromSeq);
      this.#rebuild();
      this.#countCatalogueChange();
      return last;
    });
    settleNextIdentity(dataDir, (id) => id === deviceId);
    this.#identity = next;
    this.#keys = DeviceKeys.load(dataDir);
    this.#clock = clock;
    this.#head = head;
    this.#signedSeq = 0;
    this.#nextOrder = null;
  }

  /**
   * Sets aside what is held of another device from `fromSeq` on, because a hub has something else there; what the hub has
   * can be received after that. A notice says so, with the orders that are nowhere else for all this till knows.
   */
  setAside(device: string, fromSeq: number): void {
    if (device === this.#identity.deviceId) throw new Error('a device takes a new name instead');
    const { now, newId } = this.#options;
    this.#write(() => {
      const aside = entriesFrom(this.#database, device, fromSeq);
      if (aside.length === 0) return;
      const orders = aside.filter(({ kind }) => kind === 'order.placed').map(orderNumberIn);
      this.notices.add({
        noticeId: newId(),
        code: 'set-aside',
        detail:
          `${aside.length} entries of another till, from ${fromSeq} on, are not what the hub has of it and were set aside here` +
          (orders.length === 0 ? '.' : `, ${orders.length} orders among them: ${orders.join(', ')}`),
        at: now().toISOString(),
      });
      setAside(this.#database, device, fromSeq);
      this.#rebuild();
      this.#countCatalogueChange();
    });
  }

  /** Applies imports that came from other devices, slice by slice; selling goes on meanwhile. */
  async applyImports(): Promise<void> {
    for (let slice = 1; this.#hasBacklog(); slice += 1) {
      await nextTurn();
      if (!this.#database.open) return;
      this.#unsynced(() => this.#applyBacklog());
      if (slice % SLICES_PER_CHECKPOINT === 0) this.#checkpoint();
    }
  }

  /**
   * Does the next small piece of what waits for a quiet moment: the plain copy of the journal, the signature of its
   * head, old command results, the checkpoint. Called by the store's own timer; a piece takes a few milliseconds.
   * @returns whether more is left
   */
  runIdleWork(): boolean {
    if (this.#copy.writeNext(this.#database)) return true;
    if (this.#signedSeq !== this.#head.seq) this.#inTransaction.immediate(() => this.#signHead(this.#head));
    if (performance.now() >= this.#nextTidyMs) {
      this.#nextTidyMs = performance.now() + TIDY_EVERY_MS;
      this.#forgetOldResults();
    }
    this.#checkpoint();
    return false;
  }

  /**
   * What an error thrown while reading or writing means to a person, where they can do something about it. Damage is
   * remembered: the next start checks the database whole and recovers it.
   */
  explain(error: unknown): unknown {
    if (isDamage(error)) this.#isSuspect = true;
    return asStoreError(error);
  }

  /**
   * Closes everything and gives the data folder back. Never throws: what could not be written any more, on a full disk for
   * instance, is logged, and the next start makes it good.
   */
  close(): void {
    if (!this.#database.open) return;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    const { dataDir, log } = this.#options;
    try {
      while (this.runIdleWork());
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
      this.#database.close();
      if (!this.#isSuspect) noteClosed(dataDir);
    } catch (error) {
      log.warn({ error }, 'The store was closed without its last housekeeping');
    }
    this.#database.close();
    this.#lock.release();
  }

  #keptIdentity(): DeviceIdentity | null {
    const { dataDir, log } = this.#options;
    try {
      const identity = loadIdentity(dataDir);
      if (identity === null) return null;
      const prefix = prepared(this.#database, 'SELECT prefix FROM device WHERE device_id = ?')
        .pluck()
        .get(identity.deviceId);
      if (typeof prefix !== 'string' || prefix === identity.prefix) return identity;
      savePrefix(dataDir, prefix);
      return { ...identity, prefix };
    } catch (error) {
      log.warn({ error }, 'The device key cannot be read: a new one is made');
      setIdentityAside(dataDir);
      return null;
    }
  }

  #openDatabase(hasIdentity: boolean): Database.Database {
    const { dataDir, now, log } = this.#options;
    finishRecovery(dataDir);
    const opened = openSound(dataDir, hasIdentity || !this.#copy.isEmpty());
    if ('database' in opened) return opened.database;
    log.error({ damage: opened.damage }, 'The store is damaged: recovering what can be read');
    recoverStore(dataDir, now(), opened.damage);
    const again = openSound(dataDir, true);
    if ('database' in again) return again.database;
    throw new StoreError('store-damaged', `The store could not be recovered (${again.damage}): restore a backup.`);
  }

  /** A new device begins as `T1`; one that continues another's store begins its numbers with that one's prefix and a count. */
  #newIdentity(kept: DeviceIdentity | null): DeviceIdentity {
    const former = kept ?? this.#lastOwnDevice();
    const { publicKey, privateKey } = newKeyPair();
    const identity: DeviceIdentity = {
      deviceId: this.#options.newId(),
      prefix: former ? successorPrefix(former.prefix) : (this.#options.firstPrefix ?? 'T1'),
      publicKey,
      formerDeviceIds: former ? [...former.formerDeviceIds, former.deviceId] : [],
    };
    saveIdentity(this.#options.dataDir, identity, privateKey);
    return identity;
  }

  /** Whose store this is when its key is lost: only own heads are signed and kept. */
  #lastOwnDevice(): DeviceIdentity | null {
    const row = prepared(
      this.#database,
      `SELECT device_id AS deviceId, prefix, public_key AS publicKey FROM device
       ORDER BY device_id IN (SELECT device FROM signed_head) DESC,
         (SELECT max(position) FROM journal WHERE journal.device = device_id) DESC LIMIT 1`,
    ).get() as Omit<DeviceIdentity, 'formerDeviceIds'> | undefined;
    return row === undefined ? null : { ...row, formerDeviceIds: [] };
  }

  /** The first entry of a device, and of one that continues a damaged store the word about it. */
  #register(recovery: Recovery | undefined): void {
    const { deviceId, prefix, publicKey } = this.#identity;
    const registered: EntryDraft = { kind: 'device.registered', body: { deviceId, prefix, publicKey } };
    if (recovery === undefined) {
      this.commit({ actor: null, drafts: [registered], result: null });
      return;
    }
    const { quarantined, entriesKept, entriesLost, at, reason } = recovery;
    this.#write(() => {
      this.commit({
        actor: null,
        drafts: [registered, { kind: 'store.recovered', body: { quarantined, entriesKept, entriesLost, at } }],
        result: null,
      });
      this.notices.add({
        noticeId: this.#options.newId(),
        code: 'store-recovered',
        detail:
          `The store was damaged (${reason}). ${entriesKept} entries were recovered, ${entriesLost} lost. ` +
          `The damaged files are kept in ${quarantined}. This till now numbers its orders ${this.device.prefix}.`,
        at,
      });
      this.settings.delete(PENDING_RECOVERY);
    });
  }

  #append(draft: EntryDraft, actor: string | null, head: { readonly seq: number; readonly hash: string }): Entry {
    const schema = ENTRY_KINDS[draft.kind];
    // Nearly always it is what it ought to be, and nothing is built anew while a customer waits.
    const body = takesAsIs(schema)(draft.body) ? draft.body : schema.parse(draft.body);
    const sealed = seal(
      {
        device: this.device.deviceId,
        seq: head.seq + 1,
        id: this.#options.newId(),
        kind: draft.kind,
        at: this.#clock.next(),
        event: null,
        actor,
        body: canonicalJson(body),
      },
      head.hash,
    );
    insertJournalRow(this.#database, sealed);
    const entry = { ...sealed, body } as Entry;
    project(entry, this.#database);
    return entry;
  }

  #keepResult(requestId: string, result: unknown): void {
    prepared(this.#database, 'INSERT INTO command_result VALUES (?, ?, ?)').run(
      requestId,
      this.#options.now().getTime(),
      JSON.stringify(result ?? null),
    );
  }

  #countCatalogueChange(): void {
    prepared(
      this.#database,
      `INSERT INTO meta VALUES ('catalogue_version', 1) ON CONFLICT DO UPDATE SET value = value + 1`,
    ).run();
  }

  #hasBacklog(): boolean {
    return prepared(this.#database, 'SELECT 1 FROM import_backlog LIMIT 1').get() !== undefined;
  }

  #applyBacklog(): boolean {
    return this.#write(() => {
      this.#countCatalogueChange();
      return projectBacklog(this.#database, (part) => {
        this.#options.log.error(part, 'A part of an import cannot be read: `trestle journal verify` tells more');
      });
    });
  }

  /** The newest instant to go on from, or null. A clock that others set far ahead is not followed. */
  #newestInstant(): string | null {
    // An instant somebody tampered with is for `verify` to tell; it must not keep the till from opening.
    const rows = prepared(
      this.#database,
      `SELECT device, at FROM journal WHERE at GLOB '[0-9]*T*Z-*-*' ORDER BY position DESC LIMIT 1000`,
    ).all() as Pick<SealedEntry, 'device' | 'at'>[];
    const now = this.#options.now();
    const followed = rows.filter(
      ({ device, at }) => isInstantOf(at, device) && (this.#devices.includes(device) || !isTooFarAhead(at, now)),
    );
    return followed.reduce<string | null>((newest, { at }) => (newest === null || at > newest ? at : newest), null);
  }

  #refreshReadModels(): void {
    const version = prepared(this.#database, `SELECT value FROM meta WHERE key = 'read_model_version'`).pluck().get();
    if (version === READ_MODEL_VERSION && !this.#canReadMore()) return;
    const { now, newId, log } = this.#options;
    const { entryCount, unreadable } = this.#write(() => {
      prepared(this.#database, `INSERT OR REPLACE INTO meta VALUES ('read_model_version', ?)`).run(READ_MODEL_VERSION);
      return this.#rebuild();
    });
    log.info({ entryCount, unreadable }, 'Read models were rebuilt from the journal');
    const [first] = unreadable;
    if (first === undefined) return;
    new Notices(this.#database).add({
      noticeId: newId(),
      code: 'rebuilt',
      detail:
        `${unreadable.length} of ${entryCount} journal entries could not be applied, the first is ` +
        `${first.kind} ${first.seq} of ${first.device}: ${first.why}`,
      at: now().toISOString(),
    });
  }

  /** Makes the read models again, and the note of what none of them shows. Call inside a transaction. */
  #rebuild(): RebuildReport {
    const report = rebuildReadModels(this.#database);
    prepared(this.#database, 'DELETE FROM unapplied_entry').run();
    for (const entry of report.unreadable) noteUnapplied(this.#database, entry);
    return report;
  }

  /** Whether an entry that could not be applied when it came can be read by this version. */
  #canReadMore(): boolean {
    const rows = prepared(
      this.#database,
      `SELECT journal.* FROM unapplied_entry JOIN journal USING (device, seq) WHERE why NOT LIKE '${NOT_APPLICABLE}%'`,
    ).all() as SealedEntry[];
    return rows.some((row) => readEntry(row).ok);
  }

  #signHead({ seq, hash }: { readonly seq: number; readonly hash: string }): void {
    const head = this.keys.signHead({ device: this.device.deviceId, seq, hash });
    prepared(this.#database, 'INSERT OR REPLACE INTO signed_head VALUES (?, ?, ?, ?)').run(
      head.device,
      head.seq,
      head.hash,
      head.signature,
    );
    this.#signedSeq = seq;
  }

  #forgetOldResults(): void {
    prepared(this.#database, 'DELETE FROM command_result WHERE at_ms < ?').run(
      this.#options.now().getTime() - RESULTS_KEPT_MS,
    );
    prepared(
      this.#database,
      `DELETE FROM command_result WHERE at_ms <
         (SELECT at_ms FROM command_result ORDER BY at_ms DESC LIMIT 1 OFFSET ${RESULTS_KEPT})`,
    ).run();
  }

  /** Moves the write-ahead log into the database, without waiting for any reader. */
  #checkpoint(): void {
    this.#database.pragma('wal_checkpoint(PASSIVE)');
  }

  #writeKeepsake(): void {
    try {
      writeKeepsake(this.#options.dataDir, this.#database);
    } catch (error) {
      this.#options.log.warn({ error }, 'The copy of people and settings could not be written');
    }
  }

  #planIdleWork(waitedMs = 0): void {
    if (this.#idleTimer) return;
    this.#idleTimer = setTimeout(
      () => {
        this.#idleTimer = null;
        const quietMs = performance.now() - this.#lastWriteMs;
        if (quietMs < IDLE_AFTER_MS && waitedMs < IDLE_AT_LAST_MS) {
          this.#planIdleWork(waitedMs + IDLE_AFTER_MS);
          return;
        }
        try {
          if (this.runIdleWork()) this.#planIdleWork(IDLE_AT_LAST_MS);
        } catch (error) {
          this.#options.log.warn({ error }, 'Housekeeping of the store failed: it will be tried again');
        }
      },
      waitedMs >= IDLE_AT_LAST_MS ? 10 : IDLE_AFTER_MS,
    );
    this.#idleTimer.unref();
  }

  /** Runs a transaction. */
  #write<T>(work: () => T): T {
    try {
      return this.#inTransaction.immediate(work) as T;
    } catch (error) {
      throw this.explain(error);
    } finally {
      this.#lastWriteMs = performance.now();
      this.#planIdleWork();
    }
  }

  /** Writes without waiting for the disk; the next ordinary commit makes it durable. */
  #unsynced<T>(work: () => T): T {
    this.#database.pragma('synchronous = NORMAL');
    try {
      return work();
    } finally {
      this.#database.pragma('synchronous = FULL');
    }
  }
}

/** What changes what tiles show at once; an import does so slice by slice. */
const CHANGES_CATALOGUE: ReadonlySet<EntryDraft['kind']> = new Set([
  'catalogue.items-put',
  'catalogue.items-removed',
  'stock.shared',
  'stock.share-given',
  'device.taken-over',
  'order.recovered',
]);

/** Cuts batches of any size into slices of at most `most`. */
async function* slices<T>(
  batches: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  most: number,
): AsyncGenerator<T[]> {
  let slice: T[] = [];
  for await (const batch of batches) {
    for (const one of batch) {
      slice.push(one);
      if (slice.length === most) {
        yield slice;
        slice = [];
      }
    }
  }
  if (slice.length > 0) yield slice;
}

function orderNumberIn({ body }: SealedEntry): string {
  return (JSON.parse(body) as { readonly order: { readonly number: string } }).order.number;
}

/** Keeps the database as it is, whole, under `backups/`. */
function backUp(dataDir: string, database: Database.Database): void {
  const folder = join(dataDir, 'backups');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `store-version-${schemaVersion(database)}.db`);
  rmSync(path, { force: true });
  database.prepare('VACUUM INTO ?').run(path);
}
