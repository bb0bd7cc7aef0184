import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Order } from '../../src/domain/order';
import type { HttpSend } from '../../src/exchange/http-send';
import { wallMs } from '../../src/journal/clock';
import type { SealedEntry } from '../../src/journal/entry';
import { DATABASE_FILE } from '../../src/main/db/open';
import type { PersonChange } from '../../src/main/db/people';
import { stall } from '../journal/stall-life';
import {
  chainsAreSound,
  confirmedSalesExist,
  faultsAreVisible,
  flagsMoved,
  hubHasEachOnce,
  nameOf,
  numbersAreUnique,
  ordersIn,
  peopleAgree,
  sharesHold,
  storesVerify,
  sumsAgree,
  tablesAgree,
  tillsHoldTheStall,
  toldAside,
  type ConfirmedSale,
  type KnownPerson,
  type TillAtEnd,
  type WorldAtEnd,
} from './checks';
import { HUB_ADDRESS, hubIdentity, SimServer } from './hub';
import { MemoryExchangeStore } from './memory-exchange-store';
import { FAIR, Network, type Weather } from './network';
import { Random } from './random';
import { LATER_KIND } from './seller';
import { SimTill } from './till';
import { VirtualTime } from './virtual-time';

const START_MS = Date.parse('2026-06-13T09:00:00.000Z');
const STORY_MS = 4 * 60_000;
/** How long everybody has, in fair weather, to exchange everything. */
const HEALING_MS = 30 * 60_000;
const LOOK_MS = 20_000;
const HOUR_MS = 3_600_000;

const CLOCK_ERRORS_MS = [-26, -1, -0.025, 0.0125, 1, 11, 26, 30 * 24].map((hours) => hours * HOUR_MS);
/** Whatever is written beyond this was written by a clock that was a day ahead, whenever it came to the hub. */
const A_DAY_AHEAD_MS = START_MS + 25 * HOUR_MS;

/** What happens to whole disks; none is as likely as each. */
const GREAT_MISHAPS = [
  null,
  'restore',
  'clone',
  'hub-restore',
  'hub-restored-twice',
  'hub-put-back',
  'both-restored',
] as const;

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
  readonly #hub: SimServer;
  readonly #story: string[] = [];
  readonly #tills: SimTill[] = [];
  readonly #confirmed = new Map<string, ConfirmedSale>();
  #lives = 0;
  #endMs = START_MS + STORY_MS;
  /** Tills that sell nothing and serve the others. */
  readonly #edges = new Set<SimTill>();
  /** One that reaches no hub before the day is over. */
  #late: SimTill | null = null;

  constructor(seed: number) {
    this.#random = new Random(seed);
    // Every commit waits for the disk, which is memory here: what goes is power, and what was written stays.
    const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    this.#scratch = mkdtempSync(join(base, 'trestle-sim-'));
    const now = (): Date => new Date(this.#time.nowMs);
    const epochs = this.#random.fork();
    this.#store = new MemoryExchangeStore(now, () => epochs.next());
    this.#store.addStall(stall.stallId);
    this.#hub = new SimServer({
      store: this.#store,
      identity: hubIdentity(),
      now,
      monotonicMs: () => this.#time.nowMs,
    });
    this.#network = new Network(this.#time, this.#random.fork(), FAIR);
  }

  /** Lives through the day. */
  async tell(): Promise<void> {
    const random = this.#random;
    const isServed = random.chance(0.4);
    const first = this.#addTill('north', { serves: isServed && random.chance(0.7) });
    first.boot();
    first.seller.stockUp();
    await this.#joinNow(first);
    const others = ['south', 'east'].slice(0, 1 + random.below(2)).map((name) => this.#addTill(name));
    // An edge node sells nothing: it serves the tills beside it.
    if (isServed && random.chance(0.3)) this.#edges.add(this.#addTill('edge', { serves: true }));
    for (const till of [...others, ...this.#edges]) till.boot();
    // Somebody may come so late that the tills beside are all there is to join.
    if (isServed && random.chance(0.4)) this.#late = random.pick(others);
    this.#time.after(random.between(20_000, 90_000), () => first.act((seller) => seller.divide()));
    this.#network.weather = this.#weather();
    this.#note(`weather ${JSON.stringify(this.#network.weather)}`);
    for (const till of this.#tills) this.#liveOn(till);
    this.#planMishaps(isServed);
    await this.#time.runUntil(this.#endMs);
  }

  /** Clears the weather, lets everybody exchange, and looks. */
  async end(): Promise<Ending> {
    this.#note('the weather clears');
    this.#network.weather = FAIR;
    this.#hub.isUp = true;
    this.#network.mend('hub');
    for (const till of this.#tills) {
      this.#network.mend(till.name);
      till.cutPowerAt(Number.POSITIVE_INFINITY, 'before');
      till.clockErrorMs = 0;
      till.boot();
    }
    const faults: string[] = [];
    const endMs = this.#time.nowMs + HEALING_MS;
    // Twice, some exchanges apart: who is at rest may still be about to write that a shift is reconciled.
    for (let quiet = 0; quiet < 2; quiet = (await this.#isQuiet()) ? quiet + 1 : 0) {
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

  #addTill(name: string, begin: { readonly from?: string; readonly serves?: boolean } = {}): SimTill {
    const till = new SimTill(
      name,
      {
        scratch: this.#scratch,
        time: this.#time,
        link: (one, address) => this.#way(one, address),
        note: (line) => this.#note(line),
        nextLife: () => (this.#lives += 1),
      },
      this.#random.fork(),
      (_, order) => this.#confirm(order),
      begin,
    );
    this.#tills.push(till);
    return till;
  }

  /** A till's way to the hub or to a till. */
  #way(from: string, address: string): HttpSend {
    if (address === HUB_ADDRESS) return this.#network.link(from, 'hub', this.#hub.handle);
    const till = this.#tills.find((one) => one.address === address);
    if (!till) throw new Error(`nobody is at ${address}`);
    return this.#network.link(from, till.name, till.handle);
  }

  #confirm({ orderId, number, totalMinor }: Order): void {
    this.#confirmed.set(orderId, { orderId, number, totalMinor });
  }

  /** Something happens at a till, and then again some seconds later, to the end of the day. */
  #liveOn(till: SimTill): void {
    this.#time.after(this.#random.between(500, 12_000), async () => {
      if (this.#time.nowMs >= this.#endMs) return;
      this.#liveOn(till);
      if (till !== this.#late) await this.#join(till);
      await this.#joinNeighbour(till);
      // Before it has joined a stall, a new till has nothing to sell.
      if (till.isOn && till.store.stall.get() !== null && !this.#edges.has(till)) till.act();
    });
  }

  /** The stall's first till joins before the others: what it sold alone has its prefix. */
  async #joinNow(till: SimTill): Promise<void> {
    const joining = this.#join(till);
    await this.#time.runUntil(this.#time.nowMs + LOOK_MS);
    await joining;
  }

  async #join(till: SimTill): Promise<void> {
    if (till.isOn) await till.join(HUB_ADDRESS, () => this.#hub.code(stall.stallId));
  }

  /** Joins a till that serves those beside it, where there is one. */
  async #joinNeighbour(till: SimTill): Promise<void> {
    const serving = this.#tills.find((one) => one !== till && one.isServing);
    if (serving && till.isOn) await till.join(serving.address, () => serving.code());
  }

  #planMishaps(isServed: boolean): void {
    const random = this.#random;
    if (isServed && random.chance(0.6)) this.#time.after(random.between(5_000, STORY_MS / 2), () => this.#uplinkAway());
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
    // Of the great ones one kind a day is enough.
    const great = random.pick(GREAT_MISHAPS);
    const till = random.pick(this.#tills);
    const backupMs = random.between(1_000, STORY_MS / 2);
    const laterMs = random.between(backupMs + 5_000, STORY_MS - 10_000);
    if (great === 'restore' || great === 'both-restored') this.#planRestore(till, backupMs, laterMs);
    if (great === 'clone') this.#time.after(laterMs, () => this.#clone(till));
    const hubMs = great === 'both-restored' ? random.between(backupMs + 5_000, STORY_MS - 10_000) : laterMs;
    if (great === 'hub-restore' || great === 'both-restored') this.#planHubRestore(backupMs, [hubMs]);
    if (great === 'hub-restored-twice') this.#planHubRestore(backupMs, [laterMs, random.between(laterMs, STORY_MS)]);
    if (great === 'hub-put-back') this.#planHubRestore(backupMs, [laterMs], 'nobody says so');
  }

  /** The uplink of the whole market is down; tills reach each other. */
  #uplinkAway(): void {
    this.#note('the uplink is down');
    this.#network.cut('hub');
    this.#time.after(this.#random.between(20_000, 150_000), () => {
      this.#note('the uplink is up again');
      this.#network.mend('hub');
    });
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
    till.clockErrorMs = this.#random.pick(CLOCK_ERRORS_MS);
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
    const copy = this.#addTill(`${till.name}-copy`, { from: till.backUp() });
    copy.boot();
    this.#liveOn(copy);
  }

  /** The same backup each time. Where nobody says so, the hub does not know that it was put back. */
  #planHubRestore(backupMs: number, restoredMs: readonly number[], how?: 'nobody says so'): void {
    let backup: unknown = null;
    this.#time.after(backupMs, () => {
      backup = this.#store.backUp();
      this.#note('the hub is backed up');
    });
    for (const atMs of restoredMs) {
      this.#time.after(atMs, () => {
        if (how) {
          this.#note('the folder of the hub is copied back, and nobody says so');
          this.#store.putBack(backup);
        } else {
          this.#note('the hub is restored from its backup');
          this.#store.restore(backup);
        }
        this.#forgetWhatIsGone();
      });
    }
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
    const { people } = await this.#store.people(stall.stallId, 0);
    const known = people.map((one) => JSON.stringify(knownPerson(one))).sort();
    return this.#tills.every((till) => {
      if (!till.isOn || till.store.sync.queue().count > 0) return false;
      const hub = till.engine.view().peers.find(({ role }) => role === 'hub');
      if (hub?.condition !== 'online') return false;
      const held = till.store.sync.journal.heads();
      const chains = [...there].filter(([, head]) => !head.startsWith('0 '));
      const here = till.store.people.changes().map((one) => JSON.stringify(knownPerson(one)));
      return (
        here.sort().join() === known.join() &&
        held.length === chains.length &&
        held.every(({ device, seq, hash }) => there.get(device) === `${seq} ${hash}`)
      );
    });
  }

  /** What keeps them. */
  #unrest(): string[] {
    return this.#tills.map((till) => {
      if (!till.isOn) return `${till.name} is off`;
      const { peers } = till.engine.view();
      const said = peers.map(({ address, condition, errors }) => {
        const last = errors.slice(0, 3).map(({ code, detail }) => `${code} (${detail})`);
        return `${address} ${condition}: ${last.join(', ')}`;
      });
      return `${till.name}: ${till.store.sync.queue().count} wait, ${said.join('; ') || 'not joined'}`;
    });
  }

  async #look(): Promise<{ readonly faults: readonly string[]; readonly counts: Readonly<Record<string, number>> }> {
    const kept = this.#store.kept(stall.stallId);
    const tills: TillAtEnd[] = [];
    // All at once, now that they are at rest: a shift may be found reconciled a moment later.
    const said = this.#tills.map((till) => ({
      name: till.name,
      unapplied: till.store.sync.unapplied(),
      folder: till.folder,
    }));
    const people = this.#tills.map(({ name, store }) => ({ name, people: store.people.changes().map(knownPerson) }));
    const notices = this.#tills.flatMap(({ store }) => store.notices.list().map(({ detail }) => detail));
    const stopped = Promise.all(this.#tills.map((till) => till.stop()));
    await this.#time.runUntil(this.#time.nowMs + LOOK_MS);
    await stopped;
    for (const { folder, ...till } of said) {
      const database = new Database(join(folder, DATABASE_FILE));
      tills.push({
        ...till,
        entries: entriesOf(database),
        database,
        scratch: new Database(':memory:'),
      });
    }
    const world: WorldAtEnd = {
      tills,
      hub: kept.map(({ entry }) => entry),
      quarantined: kept.flatMap(({ entry, cause }) => (cause === null ? [] : [entry])),
      confirmed: [...this.#confirmed.values()],
    };
    const aside = tills.flatMap(({ database }) => entriesOf(database, 'forked_entry'));
    const atHub = (await this.#store.people(stall.stallId, 0)).people.map(knownPerson);
    const strange = world.hub.filter(({ kind }) => kind === LATER_KIND);
    const faults = [
      ...confirmedSalesExist(world, new Set(toldAside(aside, notices))),
      ...hubHasEachOnce(world),
      ...tillsHoldTheStall(world),
      ...chainsAreSound(world),
      ...sumsAgree(world),
      ...faultsAreVisible(world, [...strange, ...writtenAhead(world.hub)], strange),
      ...peopleAgree([{ name: 'the hub', people: atHub }, ...people]),
      ...flagsMoved(world),
      ...sharesHold(world),
      ...numbersAreUnique(world),
      // Replays into the databases: last.
      ...tablesAgree(world),
      ...storesVerify(world, strange),
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
        kinds: new Set(world.hub.map(({ kind }) => kind)).size,
      },
    };
  }
}

/** Entries by which a clock moved a day ahead of time, and orders that a till placed at such a time. */
function writtenAhead(entries: readonly SealedEntry[]): SealedEntry[] {
  const marks = new Map(entries.map(({ device, seq, at }) => [nameOf({ device, seq: seq + 1 }), wallMs(at)]));
  const late = new Set(
    ordersIn(entries).flatMap(({ order, entry }) => (Date.parse(order.placedAt) > A_DAY_AHEAD_MS ? [entry] : [])),
  );
  return entries.filter((entry) => {
    const wall = wallMs(entry.at);
    return late.has(entry) || (wall > A_DAY_AHEAD_MS && wall > (marks.get(nameOf(entry)) ?? 0) + 1);
  });
}

function knownPerson({ reference, person }: PersonChange): KnownPerson {
  return { reference, name: person?.name ?? null };
}

function entriesOf(database: Database.Database, table: 'journal' | 'forked_entry' = 'journal'): SealedEntry[] {
  return database
    .prepare(`SELECT device, seq, id, kind, at, event, actor, body, prev, hash FROM ${table} ORDER BY device, seq`)
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
