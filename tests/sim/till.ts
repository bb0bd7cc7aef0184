import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ExchangeFailure } from '../../src/exchange/exchange-failure';
import type { HttpSend } from '../../src/exchange/http-send';
import type { Order } from '../../src/domain/order';
import { DeviceKeys } from '../../src/journal/identity';
import { FlagService } from '../../src/main/core/flag-service';
import { silentLog } from '../../src/main/core/log';
import { IN_USE_MS } from '../../src/main/core/till-use';
import type { Store } from '../../src/main/db/store';
import { ShiftAccounts } from '../../src/main/db/shift-accounts';
import { SyncEngine } from '../../src/main/sync/engine';
import { LocalSyncStore } from '../../src/main/sync/local-store';
import { peopleExchange } from '../../src/main/sync/people-exchange';
import { reconcileExchange } from '../../src/main/sync/reconcile-exchange';
import type { Acknowledgement, SyncStore } from '../../src/main/sync/sync-store';
import { NeighbourStore } from '../../src/main/lan/neighbour-store';
import { StallLife } from '../journal/stall-life';
import { Fuse, fused, fusedPort, PowerCut } from './fuse';
import { SimServer } from './hub';
import type { Handle } from './network';
import type { Random } from './random';
import { Seller } from './seller';
import type { VirtualTime } from './virtual-time';

/** What of a store changes the disk. */
const STORE_WRITES: ReadonlySet<string> = new Set(['commit', 'saveSale', 'receive', 'importItems']);
const SYNC_WRITES: ReadonlySet<string> = new Set([
  'putPeer',
  'removePeer',
  'enrolled',
  'rename',
  'receive',
  'setAside',
  'acknowledge',
  'unacknowledge',
  'peopleSent',
  'receivePeople',
  'reconciled',
  'mismatched',
]);

export interface TillWorld {
  /** Where folders are made. */
  readonly scratch: string;
  readonly time: VirtualTime;
  /** A till's way to the server at an address. */
  readonly link: (till: string, address: string) => HttpSend;
  readonly note: (line: string) => void;
  /** A number for the ids of one life of a till. */
  readonly nextLife: () => number;
}

/** A life of a till between two power cuts: an open store, an engine, somebody who sells. */
interface Run {
  readonly life: PoweredLife;
  readonly fuse: Fuse;
  readonly engine: SyncEngine;
  readonly seller: Seller;
  readonly accounts: ShiftAccounts;
  readonly flags: FlagService;
  /** Of a till that serves its neighbours. */
  readonly server: SimServer | null;
}

const NOBODY_HEARS = {
  received: () => undefined,
  identityChanged: () => undefined,
  peopleChanged: () => undefined,
  changed: () => undefined,
};

/** No photo or film is taken in a story. */
const NO_MEDIA = {
  bytesOf: () => null,
  read: () => Promise.resolve(null),
  arrivedBytes: () => Promise.resolve(0),
  add: () => Promise.resolve(false),
};

class PoweredLife extends StallLife {
  readonly fuse: Fuse;
  #fused: Store | null = null;

  constructor(dataDir: string, firstId: number, fuse: Fuse) {
    super(dataDir, firstId);
    this.fuse = fuse;
  }

  override get store(): Store {
    this.#fused ??= fused(super.store, this.fuse, STORE_WRITES);
    return this.#fused;
  }

  /** The store as it is, for those who look at what a power cut left. */
  get bare(): Store {
    return super.store;
  }
}

/** A till: the real store in a folder of its own and the real engine, in a world of virtual time. */
export class SimTill {
  readonly name: string;
  readonly #world: TillWorld;
  readonly #random: Random;
  readonly #onSold: (till: SimTill, order: Order) => void;
  /** When somebody last did something here, in virtual time. */
  #actedMs = -Infinity;
  #folder: string;
  #run: Run | null = null;
  /** What a person was given to type, by the server's address; good for one joining, however often that is tried. */
  readonly #codes = new Map<string, string>();
  /** Addresses at which somebody has typed a code and waits. */
  readonly #joining = new Set<string>();
  /** Whether it serves the exchange to the tills beside it. */
  readonly #serves: boolean;
  /** How far its clock is from the truth. */
  clockErrorMs = 0;

  /** @param begin.from a folder to begin with a copy of; a new till when absent */
  constructor(
    name: string,
    world: TillWorld,
    random: Random,
    onSold: (till: SimTill, order: Order) => void,
    { from, serves = false }: { readonly from?: string; readonly serves?: boolean } = {},
  ) {
    this.name = name;
    this.#serves = serves;
    this.#world = world;
    this.#random = random;
    this.#onSold = onSold;
    this.#folder = this.#newFolder();
    if (from !== undefined) cpSync(from, this.#folder, { recursive: true });
  }

  /** Where it keeps everything. */
  get folder(): string {
    return this.#folder;
  }

  get isOn(): boolean {
    return this.#run !== null;
  }

  get engine(): SyncEngine {
    return this.#on.engine;
  }

  get store(): Store {
    return this.#on.life.bare;
  }

  get seller(): Seller {
    return this.#on.seller;
  }

  /** Where its neighbours reach it. */
  get address(): string {
    return `http://${this.name}.test`;
  }

  /** Whether there is somebody to join here. */
  get isServing(): boolean {
    return this.#run !== null && this.#run.server !== null && this.store.stall.get() !== null;
  }

  /** A code with which one more till joins here. */
  async code(): Promise<string> {
    const { server } = this.#on;
    if (!server) throw new Error(`${this.name} serves nobody`);
    return server.code(this.store.stall.get()?.stallId ?? '');
  }

  /** Answers its neighbours; nobody hears what comes after the power went. */
  readonly handle: Handle = async (request) => {
    const run = this.#run;
    if (!run?.server) throw new ExchangeFailure('unreachable', `${this.name} is off`);
    const answer = await run.server.handle(request);
    if (run.fuse.isBlown) throw new ExchangeFailure('unreachable', `${this.name} went off`);
    return answer;
  };

  get #on(): Run {
    if (!this.#run) throw new Error(`${this.name} is off`);
    return this.#run;
  }

  /** Starts on what the folder holds. */
  boot(): void {
    if (this.#run) return;
    const { time, link, nextLife } = this.#world;
    const fuse: Fuse = new Fuse(() => this.#died());
    const life = new PoweredLife(this.#folder, nextLife() * 1_000_000, fuse);
    life.nowMs = this.#nowMs();
    const random = this.#random.fork();
    const { store } = life;
    const now = (): Date => new Date(this.#nowMs());
    const accounts = ShiftAccounts.open(this.#folder);
    // A receipt is printed at once, now and then; the flags' own timer is not waited for.
    const flags = new FlagService(
      { store, now, log: silentLog() },
      { isInUse: () => false, isOnline: () => true, onFlagged: () => undefined },
    );
    const hooks = {
      ...NOBODY_HEARS,
      acknowledged(told: Acknowledgement) {
        if (told.role === 'hub') flags.acknowledged(told.orders, told);
        flags.stop();
      },
    };
    const local = new LocalSyncStore({ store, dataDir: this.#folder, accounts, now, hooks });
    const guarded: SyncStore = fusedPort(local, fuse, SYNC_WRITES);
    const engine = new SyncEngine({
      store: guarded,
      more: [peopleExchange(guarded, now), reconcileExchange(guarded, now)],
      connect: (address) => ({
        send: (request) =>
          new Promise((resolve, reject) => {
            // What comes back after a power cut comes back to nobody.
            link(
              this.name,
              address,
            )(request).then(
              (answer) => fuse.isBlown || resolve(answer),
              (error: unknown) => fuse.isBlown || reject(error instanceof Error ? error : new Error(String(error))),
            );
          }),
        close: () => undefined,
      }),
      openWake: null,
      now,
      after: (ms, work) =>
        time.after(ms, () => {
          if (!fuse.isBlown) work();
        }),
      random: () => random.next(),
      newId: () => life.newId(),
      newNonce: () => `nonce-${random.below(2 ** 32)}`,
      version: 'simulated',
      isInUse: () => time.nowMs - this.#actedMs < IN_USE_MS,
      // A queue of a market day is many batches, of which the next is read while one is on its way.
      ownBatchEntries: 3,
    });
    const prints = random.fork();
    const seller = new Seller(life, random.fork(), (order) => {
      this.#onSold(this, order);
      if (prints.chance(0.5)) flags.confirmed(order.orderId, 'receipt-printed');
      flags.stop();
    });
    const server = this.#serves ? this.#newServer(life, engine, now) : null;
    this.#joining.clear();
    this.#run = { life, fuse, engine, seller, accounts, flags, server };
    this.#world.note(`${this.name} starts`);
    flags.start();
    flags.stop();
    engine.start().catch((error: unknown) => this.#world.note(`${this.name} could not start: ${String(error)}`));
  }

  /** Somebody does something, whatever comes along by default; a power cut in the middle of it is a power cut. */
  act(deed: (seller: Seller) => string = (seller) => seller.act()): void {
    if (!this.#run) return;
    const { life, seller, engine } = this.#run;
    this.#actedMs = this.#world.time.nowMs;
    life.nowMs = this.#nowMs();
    try {
      this.#world.note(`${this.name} ${deed(seller)}`);
      engine.nudge();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
  }

  /** Joins the stall at a server, where it has not yet, or again where one restored from a backup does not know it. */
  async join(address: string, newCode: () => Promise<string>): Promise<void> {
    const peers = this.engine.view().peers.filter((peer) => peer.address === address);
    // One that took another name is another server.
    if (peers.some(({ condition }) => condition !== 'refused') || this.#joining.has(address)) return;
    this.#joining.add(address);
    try {
      const code = this.#codes.get(address) ?? (await this.#world.time.duringRealWork(newCode));
      this.#codes.set(address, code);
      await this.engine.enrol({ address, code, name: this.name });
      this.#codes.delete(address);
      this.#world.note(`${this.name} joined ${address}`);
    } catch (error) {
      this.#world.note(`${this.name} could not join ${address}: ${String(error)}`);
      // Whoever reads that the code is spent asks for another: the one before may have joined a till whose disk died since.
      if (error instanceof ExchangeFailure && error.code === 'bad-code') this.#codes.delete(address);
    } finally {
      this.#joining.delete(address);
    }
  }

  /** Lets the power go at the n-th write from now. */
  cutPowerAt(writes: number, moment: 'before' | 'after'): void {
    this.#run?.fuse.set(writes, moment);
  }

  cutPower(): void {
    this.#run?.fuse.blow();
  }

  /** A copy of the folder as it is at this moment. */
  backUp(): string {
    const backup = this.#newFolder();
    cpSync(this.#folder, backup, { recursive: true });
    return backup;
  }

  /** Its disk is gone; somebody puts a backup in its place. */
  restore(backup: string): void {
    this.cutPower();
    rmSync(this.#folder, { recursive: true });
    this.#folder = this.#newFolder();
    cpSync(backup, this.#folder, { recursive: true });
  }

  /** Ends in good order, which may take until what is under way has come back. */
  async stop(): Promise<void> {
    const run = this.#run;
    await run?.engine.stop();
    this.close();
  }

  /** Closes the folder. */
  close(): void {
    void this.#run?.server?.close();
    this.#run?.accounts.close();
    this.#run?.life.close();
    this.#run = null;
  }

  #newServer({ store }: PoweredLife, engine: SyncEngine, now: () => Date): SimServer {
    const { deviceId, publicKey } = store.device;
    const keys = DeviceKeys.load(this.#folder);
    return new SimServer({
      store: new NeighbourStore({
        store,
        now,
        isRevoked: () => false,
        media: NO_MEDIA,
        onReceived: () => engine.offer(),
      }),
      identity: {
        serverId: deviceId,
        role: 'neighbour',
        publicKey,
        recipient: null,
        sign: (text) => keys.sign(deviceId, text),
        secret: Buffer.alloc(32, 9),
      },
      now,
      monotonicMs: () => this.#world.time.nowMs,
    });
  }

  #nowMs(): number {
    return this.#world.time.nowMs + this.clockErrorMs;
  }

  #newFolder(): string {
    return mkdtempSync(join(this.#world.scratch, `${this.name}-`));
  }

  /** What a power cut leaves is the files as they are now; the process that still has them open is not the till any more. */
  #died(): void {
    const run = this.#run;
    this.#run = null;
    this.#world.note(`${this.name} loses its power`);
    const left = this.backUp();
    void run?.server?.close();
    run?.accounts.close();
    run?.life.close();
    rmSync(this.#folder, { recursive: true });
    this.#folder = left;
  }
}
