import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Order } from '../../src/domain/order';
import { DATABASE_FILE } from '../../src/main/db/open';
import type { SealedEntry } from '../../src/journal/entry';
import { stall } from '../journal/stall-life';
import {
  chainsAreSound,
  confirmedSalesExist,
  faultsAreVisible,
  hubHasEachOnce,
  numbersAreUnique,
  ordersIn,
  storesVerify,
  sumsAgree,
  tablesAgree,
  tillsHoldTheStall,
  type ConfirmedSale,
  type TillAtEnd,
  type WorldAtEnd,
} from './checks';
import { HUB_ADDRESS, SimHub } from './hub';
import { MemoryExchangeStore } from './memory-exchange-store';
import { FAIR, Network, type Weather } from './network';
import { Random } from './random';
import { SimTill } from './till';
import { VirtualTime } from './virtual-time';

const START_MS = Date.parse('2026-06-13T09:00:00.000Z');
const STORY_MS = 4 * 60_000;
/** How long everybody has, in fair weather, to exchange everything. */
const HEALING_MS = 30 * 60_000;
const LOOK_MS = 20_000;
const HOUR_MS = 3_600_000;

/** How a story ended. */
export interface Ending {
  /** What is wrong; empty when everything holds. */
  readonly faults: readonly string[];
  /** What happened, line by line. */
  readonly story: readonly string[];
  /** The same for the same seed. */
  readonly digest: string;
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * A market day from one number: two or three tills sell, park, edit and close while the network loses, doubles, delays and
 * overtakes, power goes at any write, disks die and are restored from old backups, folders are copied, clocks jump and the
 * hub is away or restored. Then the weather clears, everybody exchanges, and what must hold is looked at.
 */
export async function live(seed: number): Promise<Ending> {
  const world = new World(seed);
  try {
    await world.tell();
    return await world.end();
  } finally {
    await world.remove();
  }
}

class World {
  readonly #random: Random;
  readonly #time = new VirtualTime(START_MS);
  readonly #scratch: string;
  readonly #network: Network;
  readonly #store: MemoryExchangeStore;
  readonly #hub: SimHub;
  readonly #story: string[] = [];
  readonly #tills: SimTill[] = [];
  readonly #confirmed = new Map<string, ConfirmedSale>();
  #lives = 0;
  #endMs = START_MS + STORY_MS;
  #epoch = 1;

  constructor(seed: number) {
    this.#random = new Random(seed);
    // Every commit waits for the disk, which is memory here: what goes is power, and what was written stays.
    const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    this.#scratch = mkdtempSync(join(base, 'trestle-sim-'));
    const now = (): Date => new Date(this.#time.nowMs);
    this.#store = new MemoryExchangeStore(now);
    this.#store.addStall(stall.stallId);
    this.#hub = new SimHub(this.#store, now, () => this.#time.nowMs);
    this.#network = new Network(this.#time, this.#random.fork(), FAIR);
  }

  /** Lives through the day. */
  async tell(): Promise<void> {
    const random = this.#random;
    const first = this.#addTill('north');
    first.boot();
    first.seller.stockUp();
    await this.#joinNow(first);
    for (const name of ['south', 'east'].slice(0, 1 + random.below(2))) {
      const till = this.#addTill(name);
      till.boot();
    }
    this.#network.weather = this.#weather();
    this.#note(`weather ${JSON.stringify(this.#network.weather)}`);
    for (const till of this.#tills) this.#sellNow(till);
    this.#planMishaps();
    await this.#time.runUntil(this.#endMs);
  }

  /** Clears the weather, lets everybody exchange, and looks. */
  async end(): Promise<Ending> {
    this.#note('the weather clears');
    this.#network.weather = FAIR;
    this.#hub.isUp = true;
    for (const till of this.#tills) {
      this.#network.mend(till.name);
      till.cutPowerAt(Number.POSITIVE_INFINITY, 'before');
      till.clockErrorMs = 0;
      till.boot();
    }
    const faults: string[] = [];
    const endMs = this.#time.nowMs + HEALING_MS;
    while (!(await this.#isQuiet())) {
      if (this.#time.nowMs >= endMs) {
        faults.push('the tills and the hub never came to rest', ...this.#unrest());
        break;
      }
      for (const till of this.#tills) void this.#join(till);
      await this.#time.runUntil(this.#time.nowMs + LOOK_MS);
    }
    const found = await this.#look();
    faults.push(...found.faults);
    const digest = createHash('sha256').update(this.#story.join('\n')).digest('hex').slice(0, 16);
    return { faults, story: this.#story, digest, counts: { ...this.#network.counts, ...found.counts } };
  }

  async remove(): Promise<void> {
    for (const till of this.#tills) till.close();
    await this.#hub.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  #note(line: string): void {
    this.#story.push(`${((this.#time.nowMs - START_MS) / 1000).toFixed(3)} ${line}`);
  }

  #weather(): Weather {
    const random = this.#random;
    const share = (most: number): number => (random.chance(0.5) ? random.between(0, most) : 0);
    return {
      loseRequest: share(0.3),
      loseAnswer: share(0.3),
      double: share(0.3),
      hijack: share(0.1),
      delayMs: random.pick([50, 2_000, 15_000]),
    };
  }

  #addTill(name: string, from?: string): SimTill {
    const till = new SimTill(
      name,
      {
        scratch: this.#scratch,
        time: this.#time,
        address: HUB_ADDRESS,
        link: (one) => this.#network.link(one, this.#hub.handle),
        note: (line) => this.#note(line),
        nextLife: () => (this.#lives += 1),
      },
      this.#random.fork(),
      (_, order) => this.#confirm(order),
      from,
    );
    this.#tills.push(till);
    return till;
  }

  #confirm({ orderId, number, totalMinor }: Order): void {
    this.#confirmed.set(orderId, { orderId, number, totalMinor });
  }

  /** Something happens at a till, and then again some seconds later, to the end of the day. */
  #sellNow(till: SimTill): void {
    this.#time.after(this.#random.between(500, 12_000), async () => {
      if (this.#time.nowMs >= this.#endMs) return;
      this.#sellNow(till);
      await this.#join(till);
      // Before it has joined a stall, a new till has nothing to sell.
      if (till.isOn && till.store.stall.get() !== null) till.act();
    });
  }

  /** The stall's first till joins before the others: what it sold alone has its prefix. */
  async #joinNow(till: SimTill): Promise<void> {
    const joining = this.#join(till);
    await this.#time.runUntil(this.#time.nowMs + LOOK_MS);
    await joining;
  }

  async #join(till: SimTill): Promise<void> {
    if (till.isOn) await till.join(() => this.#hub.code(stall.stallId));
  }

  #planMishaps(): void {
    const random = this.#random;
    const mishaps: readonly ((till: SimTill) => void | Promise<void>)[] = [
      (till) => this.#powerCut(till),
      (till) => this.#powerCut(till),
      (till) => this.#offline(till),
      (till) => this.#clockJump(till),
      () => this.#hubAway(),
    ];
    for (let count = random.below(6); count > 0; count -= 1) {
      const mishap = random.pick(mishaps);
      const till = random.pick(this.#tills);
      this.#time.after(random.between(5_000, STORY_MS - 20_000), () => mishap(till));
    }
    // Of the great ones one a day is enough: what no living copy has is lost, and two at once can leave none.
    const great = random.pick([null, 'restore', 'clone', 'hub-restore'] as const);
    const till = random.pick(this.#tills);
    const backupMs = random.between(1_000, STORY_MS / 2);
    const laterMs = random.between(backupMs + 5_000, STORY_MS - 10_000);
    if (great === 'restore') this.#planRestore(till, backupMs, laterMs);
    if (great === 'clone') this.#time.after(laterMs, () => this.#clone(till));
    if (great === 'hub-restore') this.#planHubRestore(backupMs, laterMs);
  }

  #powerCut(till: SimTill): void {
    till.cutPowerAt(1 + this.#random.below(12), this.#random.pick(['before', 'after']));
    const watch = (): void => {
      if (till.isOn) this.#time.after(1_000, watch);
      else this.#time.after(this.#random.between(100, 20_000), () => till.boot());
    };
    watch();
  }

  #offline(till: SimTill): void {
    this.#note(`${till.name} loses the network`);
    this.#network.cut(till.name);
    this.#time.after(this.#random.between(5_000, 90_000), () => {
      this.#note(`${till.name} has the network again`);
      this.#network.mend(till.name);
    });
  }

  #clockJump(till: SimTill): void {
    till.clockErrorMs = this.#random.pick([-26 * HOUR_MS, -HOUR_MS, -90_000, 45_000, HOUR_MS, 11 * HOUR_MS]);
    this.#note(`the clock of ${till.name} is wrong by ${till.clockErrorMs / 1000} s`);
    this.#time.after(this.#random.between(10_000, 120_000), () => {
      till.clockErrorMs = 0;
      this.#note(`the clock of ${till.name} is right again`);
    });
  }

  #hubAway(): void {
    this.#note('the hub is away');
    this.#hub.isUp = false;
    this.#time.after(this.#random.between(3_000, 60_000), () => {
      this.#note('the hub is back');
      this.#hub.isUp = true;
    });
  }

  #planRestore(till: SimTill, backupMs: number, laterMs: number): void {
    let backup: string | null = null;
    this.#time.after(backupMs, () => {
      backup = till.backUp();
      this.#note(`${till.name} is backed up`);
    });
    this.#time.after(laterMs, () => {
      if (backup === null) return;
      this.#note(`the disk of ${till.name} dies, and the backup takes its place`);
      till.restore(backup);
      this.#forgetWhatIsGone();
      this.#time.after(this.#random.between(100, 5_000), () => till.boot());
    });
  }

  #clone(till: SimTill): void {
    this.#note(`somebody copies the folder of ${till.name} to another machine`);
    const copy = this.#addTill(`${till.name}-copy`, till.backUp());
    copy.boot();
    this.#sellNow(copy);
  }

  #planHubRestore(backupMs: number, laterMs: number): void {
    let backup: unknown = null;
    this.#time.after(backupMs, () => {
      backup = this.#store.backUp();
      this.#note('the hub is backed up');
    });
    this.#time.after(laterMs, () => {
      this.#note('the hub is restored from its backup');
      this.#epoch += 1;
      this.#store.restore(backup, this.#epoch);
      this.#forgetWhatIsGone();
    });
  }

  /** Sales no disk holds any more cannot come back; they may, out of a message that is still under way. */
  #forgetWhatIsGone(): void {
    const places = [
      this.#store.kept(stall.stallId).map(({ entry }) => entry),
      ...this.#tills.map((till) => entriesIn(till.folder)),
    ];
    const known = new Set(places.flatMap((entries) => ordersIn(entries).map(({ order }) => order.orderId)));
    for (const { orderId, number } of this.#confirmed.values()) {
      if (known.has(orderId)) continue;
      this.#confirmed.delete(orderId);
      this.#note(`order ${number} is gone with its disk`);
    }
  }

  /** Whether there is nothing left to exchange. */
  async #isQuiet(): Promise<boolean> {
    const there = new Map(
      (await this.#store.heads(stall.stallId)).map(({ device, seq, hash }) => [device, `${seq} ${hash}`]),
    );
    return this.#tills.every((till) => {
      if (!till.isOn || till.store.sync.queue().count > 0) return false;
      const [peer] = till.engine.view().peers;
      if (peer?.condition !== 'online') return false;
      const held = till.store.sync.journal.heads();
      const known = [...there].filter(([, head]) => !head.startsWith('0 '));
      return (
        held.length === known.length && held.every(({ device, seq, hash }) => there.get(device) === `${seq} ${hash}`)
      );
    });
  }

  /** What keeps them. */
  #unrest(): string[] {
    return this.#tills.map((till) => {
      if (!till.isOn) return `${till.name} is off`;
      const [peer] = till.engine.view().peers;
      const errors = peer?.errors.map(({ code, detail }) => `${code} (${detail})`).slice(0, 3) ?? [];
      return `${till.name}: ${till.store.sync.queue().count} wait, ${peer?.condition ?? 'not joined'}: ${errors.join(', ')}`;
    });
  }

  async #look(): Promise<{ readonly faults: readonly string[]; readonly counts: Readonly<Record<string, number>> }> {
    const kept = this.#store.kept(stall.stallId);
    const tills: TillAtEnd[] = [];
    for (const till of this.#tills) {
      const unapplied = till.store.sync.unapplied();
      const stopped = till.stop();
      await this.#time.runUntil(this.#time.nowMs + LOOK_MS);
      await stopped;
      const database = new Database(join(till.folder, DATABASE_FILE));
      tills.push({
        name: till.name,
        entries: entriesOf(database),
        database,
        scratch: new Database(':memory:'),
        unapplied,
      });
    }
    const world: WorldAtEnd = {
      tills,
      hub: kept.map(({ entry }) => entry),
      quarantined: kept.flatMap(({ entry, cause }) => (cause === null ? [] : [entry])),
      confirmed: [...this.#confirmed.values()],
    };
    const faults = [
      ...confirmedSalesExist(world),
      ...hubHasEachOnce(world),
      ...tillsHoldTheStall(world),
      ...chainsAreSound(world),
      ...sumsAgree(world),
      ...faultsAreVisible(world, []),
      ...numbersAreUnique(world),
      // Replays into the databases: last.
      ...tablesAgree(world),
      ...storesVerify(world),
    ];
    for (const { database, scratch } of tills) {
      database.close();
      scratch.close();
    }
    return {
      faults,
      counts: {
        sales: world.confirmed.length,
        entries: world.hub.length,
        forks: kept.filter(({ entry }) => entry.kind === 'device.forked').length,
      },
    };
  }
}

function entriesOf(database: Database.Database): SealedEntry[] {
  return database
    .prepare('SELECT device, seq, id, kind, at, event, actor, body, prev, hash FROM journal ORDER BY device, seq')
    .all() as SealedEntry[];
}

function entriesIn(folder: string): SealedEntry[] {
  const database = new Database(join(folder, DATABASE_FILE));
  try {
    return entriesOf(database);
  } finally {
    database.close();
  }
}
