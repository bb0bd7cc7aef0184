import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Item } from '../../domain/catalogue';
import type { DeliveryJob } from '../../hardware/delivery-job';
import { projectBacklog, SLICE_ITEMS } from '../../journal/catalogue-projection';
import { HybridClock } from '../../journal/clock';
import { canonicalJson, seal, ZERO_HASH } from '../../journal/entry';
import { createIdentity, loadIdentity, type DeviceIdentity } from '../../journal/identity';
import { insertJournalRow, journalHead } from '../../journal/journal-rows';
import { ENTRY_KINDS, type Entry, type EntryDraft } from '../../journal/kinds';
import { project } from '../../journal/projector';
import { READ_MODEL_VERSION } from '../../journal/read-models';
import { rebuildReadModels } from '../../journal/rebuild';
import { prepared } from '../../journal/statements';
import { CatalogueReader } from './catalogue-reader';
import { lockFolder, type FolderLock } from './folder-lock';
import { Jobs } from './jobs-store';
import { KeyValue, Notices, type SaleRecord } from './kept-state';
import { migrate } from './migrations';
import { DATABASE_FILE, openDatabase } from './open';
import { People } from './people';
import { OrderReader, ParkedReader, ShiftReader, StallReader } from './readers';
import { asStoreError } from './store-error';

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
  /** Jobs to be done for it. A function where they need what an entry got: a receipt prints its entry's hash. */
  readonly jobs?: readonly DeliveryJob[] | ((entries: readonly Entry[]) => readonly DeliveryJob[]);
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
const IDLE_AFTER_MS = 400;

/** The one door to the journal, the read models, the jobs and the working state of a data folder. */
export class Store {
  readonly device: Pick<DeviceIdentity, 'deviceId' | 'prefix' | 'publicKey'>;
  readonly catalogue: CatalogueReader;
  readonly orders: OrderReader;
  readonly shifts: ShiftReader;
  readonly parked: ParkedReader;
  readonly stall: StallReader;
  readonly jobs: Jobs;
  readonly people: People;
  readonly settings: KeyValue;
  readonly notices: Notices;

  readonly #options: StoreOptions;
  readonly #database: Database.Database;
  readonly #lock: FolderLock;
  readonly #clock: HybridClock;
  readonly #inTransaction: Database.Transaction<(work: () => unknown) => unknown>;
  #head: { readonly seq: number; readonly hash: string };

  /**
   * Opens a data folder, making it on the first run: key, journal, tables.
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
    const { dataDir, now, newId } = options;
    this.#options = options;
    this.#lock = lock;
    const database = openDatabase(join(dataDir, DATABASE_FILE));
    this.#database = database;
    this.#inTransaction = database.transaction((work) => work());
    migrate(database, () => undefined);
    const identity =
      loadIdentity(dataDir) ?? createIdentity(dataDir, { deviceId: newId(), prefix: 'T1', formerDeviceIds: [] });
    this.device = identity;
    this.#refreshReadModels();
    const head = journalHead(database, identity.deviceId);
    this.#head = head ?? { seq: 0, hash: ZERO_HASH };
    const lastAt = prepared(database, 'SELECT at FROM journal ORDER BY position DESC LIMIT 1').pluck().get();
    this.#clock = new HybridClock(identity.deviceId, now, typeof lastAt === 'string' ? lastAt : null);
    if (head) this.#clock.observe(head.at);

    this.catalogue = new CatalogueReader(database);
    this.orders = new OrderReader(database);
    this.shifts = new ShiftReader(database, [identity.deviceId, ...identity.formerDeviceIds]);
    this.parked = new ParkedReader(database);
    this.stall = new StallReader(database);
    this.jobs = new Jobs(database);
    this.people = new People(database, () => undefined);
    this.settings = new KeyValue(database, () => undefined);
    this.notices = new Notices(database);

    if (head === null) {
      const { deviceId, prefix, publicKey } = identity;
      this.commit({
        actor: null,
        drafts: [{ kind: 'device.registered', body: { deviceId, prefix, publicKey } }],
        result: null,
      });
    }
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
      if (change.sale !== undefined) this.#putSale(change.sale);
      const jobs = typeof change.jobs === 'function' ? change.jobs(entries) : (change.jobs ?? []);
      for (const job of jobs) this.jobs.insert(job);
      if (change.requestId !== undefined) this.#keepResult(change.requestId, change.result);
      if (change.drafts.some(({ kind }) => kind === 'catalogue.items-put')) this.#countCatalogueChange();
    });
    this.#head = head;
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
    const body = prepared(this.#database, 'SELECT body FROM sale').pluck().get();
    return typeof body === 'string' ? (JSON.parse(body) as SaleRecord) : null;
  }

  /** Saves the sale in progress, with the result of the command that changed it. Durable when it returns. */
  saveSale(sale: SaleRecord | null, requestId?: string, result: unknown = null): void {
    this.#write(() => {
      this.#putSale(sale);
      if (requestId !== undefined) this.#keepResult(requestId, result);
    });
  }

  /** The sequence the next order of this device gets. Ask inside the same turn as the commit that uses it. */
  nextOrderSequence(): number {
    return this.orders.nextSequence(this.device.deviceId);
  }

  /**
   * Imports items, all or nothing: their parts are written first and mean nothing until the one entry that commits them.
   * Then they are applied slice by slice, so that selling goes on meanwhile; a crash in between is made good at the next
   * start. An item edited by hand after the commit keeps the edit.
   * @throws StoreError `disk-full`; the signal's reason when stopped. The old catalogue stands in both cases.
   */
  async importItems(options: ImportOptions): Promise<{ readonly itemCount: number }> {
    const { importId, source, actor, signal, onProgress } = options;
    const firstSeq = this.#head.seq + 1;
    let part = 0;
    let itemCount = 0;
    for await (const items of slices(options.items, SLICE_ITEMS)) {
      signal?.throwIfAborted();
      part += 1;
      // Not synced one by one: the commit below makes everything before it durable as well.
      this.#unsynced(() => {
        this.commit({
          actor,
          drafts: [{ kind: 'catalogue.import-part', body: { importId, part, items } }],
          result: null,
        });
      });
      itemCount += items.length;
      onProgress?.({ phase: 'recording', done: itemCount });
      await nextTurn();
    }
    signal?.throwIfAborted();
    if (part === 0) return { itemCount };
    const body = { importId, source, firstSeq, lastSeq: this.#head.seq, parts: part, itemCount };
    this.commit({ actor, drafts: [{ kind: 'catalogue.import-committed', body }], result: null });
    for (let done = 0, more = true; more;) {
      await nextTurn();
      more = this.#unsynced(() => this.#applyBacklog());
      done = Math.min(itemCount, done + SLICE_ITEMS);
      onProgress?.({ phase: 'applying', done });
    }
    return { itemCount };
  }

  /** Closes everything and gives the data folder back. */
  close(): void {
    if (!this.#database.open) return;
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
    this.#database.close();
    this.#lock.release();
  }

  #append(draft: EntryDraft, actor: string | null, head: { readonly seq: number; readonly hash: string }): Entry {
    const body = ENTRY_KINDS[draft.kind].parse(draft.body);
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

  #putSale(sale: SaleRecord | null): void {
    if (sale === null) prepared(this.#database, 'DELETE FROM sale').run();
    else prepared(this.#database, 'INSERT OR REPLACE INTO sale VALUES (1, ?)').run(JSON.stringify(sale));
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

  #applyBacklog(): boolean {
    return this.#write(() => {
      this.#countCatalogueChange();
      return projectBacklog(this.#database);
    });
  }

  #refreshReadModels(): void {
    const version = prepared(this.#database, `SELECT value FROM meta WHERE key = 'read_model_version'`).pluck().get();
    if (version === READ_MODEL_VERSION) return;
    this.#write(() => {
      rebuildReadModels(this.#database);
      prepared(this.#database, `INSERT OR REPLACE INTO meta VALUES ('read_model_version', ?)`).run(READ_MODEL_VERSION);
    });
  }

  /** Runs a transaction. */
  #write<T>(work: () => T): T {
    try {
      return this.#inTransaction.immediate(work) as T;
    } catch (error) {
      throw asStoreError(error);
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
