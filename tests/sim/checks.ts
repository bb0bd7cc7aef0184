/**
 * What must hold when everybody has had time to exchange everything. Each check takes what the world looks like and says
 * what is wrong with it, in sentences that name the entry, order or table.
 */
import type Database from 'better-sqlite3';
import { checkOrder, type Order } from '../../src/domain/order';
import { verifyChain, type SealedEntry } from '../../src/journal/entry';
import { compareReadModels, verifyStore } from '../../src/journal/verify';

/** A till as it stands at the end. */
export interface TillAtEnd {
  readonly name: string;
  readonly entries: readonly SealedEntry[];
  /** A copy of its database, and an empty one to replay into. */
  readonly database: Database.Database;
  readonly scratch: Database.Database;
  /** Entries its screens tell of as not applied. */
  readonly unapplied: readonly EntryName[];
}

export interface EntryName {
  readonly device: string;
  readonly seq: number;
}

/** A sale the shopper saw confirmed, by a till whose folder still holds it or that had handed it on. */
export interface ConfirmedSale {
  readonly orderId: string;
  readonly number: string;
  readonly totalMinor: number;
}

/** What a place knows of a person. */
export interface KnownPerson {
  readonly reference: string;
  /** Null once forgotten. */
  readonly name: string | null;
}

export interface WorldAtEnd {
  readonly tills: readonly TillAtEnd[];
  /** Everything the hub gives out, in its order. */
  readonly hub: readonly SealedEntry[];
  /** Entries the hub shows as quarantined. */
  readonly quarantined: readonly EntryName[];
  readonly confirmed: readonly ConfirmedSale[];
}

/** A name that was given up for another one, from one of its entries on. */
interface Fork {
  readonly former: string;
  readonly fromSeq: number;
  readonly device: string;
}

function forksIn(entries: readonly SealedEntry[]): Fork[] {
  return entries
    .filter(({ kind }) => kind === 'device.forked')
    .map(({ device, body }) => {
      const { formerDevice, fromSeq } = JSON.parse(body) as { formerDevice: string; fromSeq: number };
      return { former: formerDevice, fromSeq, device };
    });
}

/** Whether a device wrote an entry before another one of its own, under the same name or one it had before. */
function isBefore(entry: EntryName, later: EntryName, forks: readonly Fork[]): boolean {
  if (entry.device === later.device) return entry.seq < later.seq;
  const fork = forks.find(({ device }) => device === later.device);
  return fork !== undefined && isBefore(entry, { device: fork.former, seq: fork.fromSeq }, forks);
}

/**
 * I1: what was confirmed is in the journal of every till and at the hub, as it was confirmed.
 * @param told orders that stand aside at a till, and a person is told
 */
export function confirmedSalesExist(world: WorldAtEnd, told: ReadonlySet<string> = new Set()): string[] {
  const places = [{ name: 'hub', entries: world.hub }, ...world.tills];
  const there = new Set(ordersIn(world.hub).map(({ order }) => order.orderId));
  const confirmed = world.confirmed.filter(({ orderId }) => there.has(orderId) || !told.has(orderId));
  return places.flatMap(({ name, entries }) => {
    const orders = new Map(ordersIn(entries).map(({ order }) => [order.orderId, order]));
    return confirmed.flatMap(({ orderId, number, totalMinor }) => {
      const order = orders.get(orderId);
      if (!order) return [`order ${number} (${orderId}) was confirmed and is not at ${name}`];
      return order.totalMinor === totalMinor ? [] : [`order ${number} has another total at ${name}`];
    });
  });
}

/**
 * Orders among entries that were set aside, of which a till's notices give the numbers. Where the disks of a till and of the
 * hub both died, another till may be all that holds a sale, and the hub has something else in its place.
 */
export function toldAside(aside: readonly SealedEntry[], notices: readonly string[]): string[] {
  return ordersIn(aside)
    .filter(({ order }) => notices.some((notice) => notice.includes(order.number)))
    .map(({ order }) => order.orderId);
}

/** I2: the hub has each entry once, each order once, and nothing but what tills wrote. */
export function hubHasEachOnce({ hub, tills }: WorldAtEnd): string[] {
  const known = new Map(tills.flatMap(({ entries }) => entries.map((entry) => [nameOf(entry), entry.hash])));
  return [
    ...repeated(hub, nameOf).map((name) => `entry ${name} is at the hub more than once`),
    ...repeated(hub, ({ id }) => id).map((id) => `the id ${id} is at the hub more than once`),
    ...repeated(ordersIn(hub), ({ order }) => order.orderId).map((id) => `order ${id} is at the hub more than once`),
    ...hub
      .filter((entry) => known.get(nameOf(entry)) !== entry.hash)
      .map((entry) => `entry ${nameOf(entry)} at the hub is none that a till has`),
  ];
}

/** I2, the other way: every till holds what the hub has and nothing else. */
export function tillsHoldTheStall({ hub, tills }: WorldAtEnd): string[] {
  const there = new Map(hub.map((entry) => [nameOf(entry), entry.hash]));
  return tills.flatMap(({ name, entries }) => {
    const here = new Map(entries.map((entry) => [nameOf(entry), entry.hash]));
    return [
      ...[...there.keys()].filter((entry) => !here.has(entry)).map((entry) => `${name} lacks entry ${entry}`),
      ...[...here.keys()].filter((entry) => !there.has(entry)).map((entry) => `only ${name} has entry ${entry}`),
      ...[...here]
        .filter(([entry, hash]) => there.has(entry) && there.get(entry) !== hash)
        .map(([entry]) => `entry ${entry} of ${name} is another one at the hub`),
    ];
  });
}

/** I3: sequences without a gap, every entry the hash of what it says and of the one before. */
export function chainsAreSound({ hub, tills }: WorldAtEnd): string[] {
  return [{ name: 'hub', entries: hub }, ...tills].flatMap(({ name, entries }) =>
    verifyChain(entries).map(({ device, seq, fault }) => `${fault} at ${name}: entry ${device}/${seq}`),
  );
}

/**
 * I3 and I4 of a store: file, chains, signed heads, sums of every order, and that a replay gives the tables there are.
 * @param incomprehensible what no till can read, and `verify` says so
 */
export function storesVerify({ tills }: WorldAtEnd, incomprehensible: readonly EntryName[] = []): string[] {
  return tills.flatMap(({ name, database, scratch }) => {
    const { findings } = verifyStore(database, scratch);
    const unreadable = findings.filter(({ code }) => code === 'unreadable');
    return [
      ...findings.filter(({ code }) => code !== 'unreadable').map(({ code, detail }) => `${name}: ${code}: ${detail}`),
      ...(unreadable.length === incomprehensible.length
        ? []
        : [`${name}: ${unreadable.length} entries are unreadable, which should be ${incomprehensible.length}`]),
    ];
  });
}

/** I4: lines, tenders and rounding of each order agree, and each closed shift counts the orders its device placed in it. */
export function sumsAgree({ hub }: WorldAtEnd): string[] {
  const orders = ordersIn(hub);
  const forks = forksIn(hub);
  const faults = orders.flatMap(({ order }) => checkOrder(order).map((fault) => `order ${order.number}: ${fault}`));
  for (const entry of hub) {
    if (entry.kind !== 'shift.closed') continue;
    const { shiftId, close } = JSON.parse(entry.body) as ShiftClosed;
    const sold = orders.filter(
      ({ order, entry: placed }) => order.shiftId === shiftId && isBefore(placed, entry, forks),
    );
    const totalMinor = sold.reduce((sum, { order }) => sum + order.totalMinor, 0);
    if (close.totals.orderCount !== sold.length || close.totals.salesMinor !== totalMinor) {
      faults.push(
        `the report of shift ${shiftId} says ${close.totals.orderCount} orders of ${close.totals.salesMinor}, ` +
          `the journal ${sold.length} of ${totalMinor}`,
      );
    }
  }
  return faults;
}

interface ShiftClosed {
  readonly shiftId: string;
  readonly close: { readonly totals: { readonly orderCount: number; readonly salesMinor: number } };
}

/**
 * I5: what cannot be applied, or was set aside, is where a person sees it.
 * @param expected what the hub should have set aside
 * @param incomprehensible what no till can apply: every one should say so
 */
export function faultsAreVisible(
  { tills, quarantined }: WorldAtEnd,
  expected: readonly EntryName[],
  incomprehensible: readonly EntryName[] = [],
): string[] {
  const shown = new Set(quarantined.map(nameOf));
  const wanted = new Set(expected.map(nameOf));
  const strange = new Set(incomprehensible.map(nameOf));
  return [
    ...[...wanted].filter((name) => !shown.has(name)).map((name) => `entry ${name} should stand aside at the hub`),
    ...[...shown]
      .filter((name) => !wanted.has(name))
      .map((name) => `entry ${name} stands aside at the hub for no reason`),
    ...tills.flatMap(({ name, unapplied }) => {
      const told = new Set(unapplied.map(nameOf));
      return [
        ...[...told].filter((entry) => !strange.has(entry)).map((entry) => `${name} could not apply ${entry}`),
        ...[...strange].filter((entry) => !told.has(entry)).map((entry) => `${name} does not tell of ${entry}`),
      ];
    }),
  ];
}

/** All places know the same people by the same names, and have forgotten the same. */
export function peopleAgree(
  places: readonly { readonly name: string; readonly people: readonly KnownPerson[] }[],
): string[] {
  const [first, ...others] = places.map(({ name, people }) => ({
    name,
    known: new Map(people.map((person) => [person.reference, person.name])),
  }));
  if (!first) return [];
  return others.flatMap(({ name, known }) =>
    [...new Set([...first.known.keys(), ...known.keys()])]
      .filter((reference) => known.get(reference) !== first.known.get(reference))
      .map(
        (reference) =>
          `${reference} is ${String(known.get(reference))} at ${name}, ${String(first.known.get(reference))} at ${first.name}`,
      ),
  );
}

/**
 * No order is `queued` any more once everything is at the hub, but for those of a name that was given up with a lost disk, and
 * no name moved the flag of one order twice.
 */
export function flagsMoved({ hub }: WorldAtEnd): string[] {
  const moves = hub
    .filter(({ kind }) => kind === 'order.flagged')
    .map(({ device, body }) => ({ device, orderId: (JSON.parse(body) as { orderId: string }).orderId }));
  const moved = new Set(moves.map(({ orderId }) => orderId));
  const givenUp = new Set(forksIn(hub).map(({ former }) => former));
  return [
    ...ordersIn(hub)
      .filter(({ order, entry }) => !moved.has(order.orderId) && !givenUp.has(entry.device))
      .map(({ order }) => `order ${order.number} is at the hub and still queued`),
    ...repeated(moves, ({ device, orderId }) => `${orderId} by ${device}`).map((one) => `the flag moved twice: ${one}`),
  ];
}

/**
 * No till sold more of what is scarce than its share, with what it was given and less what it gave away. Of a stall whose
 * stock was divided once, and of tills of which nobody made a copy: two copies each hold the whole share.
 */
export function sharesHold({ hub }: WorldAtEnd): string[] {
  const [division, ...more] = hub.filter(({ kind }) => kind === 'stock.shared');
  const forks = forksIn(hub);
  if (!division || more.length > 0 || forks.length > 0) return [];
  const { variantId, shares } = JSON.parse(division.body) as SharedStock;
  const gifts = hub
    .filter(({ kind }) => kind === 'stock.share-given')
    .map(({ device, body }) => ({ device, ...(JSON.parse(body) as { toDevice: string; quantity: number }) }));
  const sales = ordersIn(hub).flatMap(({ order, entry: { device } }) =>
    order.lines.filter((line) => line.variantId === variantId).map(({ quantity }) => ({ device, quantity })),
  );
  return shares.flatMap(({ deviceId, quantity }) => {
    const sum = (of: readonly { readonly quantity: number }[]): number =>
      of.reduce((total, one) => total + one.quantity, 0);
    const given = sum(gifts.filter(({ device }) => device === deviceId));
    const got = sum(gifts.filter(({ toDevice }) => toDevice === deviceId));
    const sold = sum(sales.filter(({ device }) => device === deviceId));
    return sold + given <= quantity + got
      ? []
      : [`${deviceId} sold ${sold} and gave ${given} of a share of ${quantity} and ${got} more`];
  });
}

interface SharedStock {
  readonly variantId: string;
  readonly shares: readonly { readonly deviceId: string; readonly quantity: number }[];
}

/** Every till shows the same stall. */
export function tablesAgree({ tills }: WorldAtEnd): string[] {
  const [first, ...others] = tills;
  if (!first) return [];
  return others.flatMap((other) =>
    compareReadModels(first.database, other.database).map(
      (found) => `${first.name} and ${other.name} differ: ${found}`,
    ),
  );
}

/** No two receipts have one number, but for those that two copies of one folder printed before they learnt of each other. */
export function numbersAreUnique({ hub }: WorldAtEnd): string[] {
  const forks = forksIn(hub);
  const owners = new Map<string, { orderId: string; device: string }>();
  const faults: string[] = [];
  for (const { order, entry } of ordersIn(hub)) {
    const before = owners.get(order.number);
    const isKin = before !== undefined && rootOf(before.device, forks) === rootOf(entry.device, forks);
    if (before !== undefined && before.orderId !== order.orderId && !isKin) {
      faults.push(`number ${order.number} is on receipts of ${before.device} and ${entry.device}`);
    }
    owners.set(order.number, { orderId: order.orderId, device: entry.device });
  }
  return faults;
}

function rootOf(device: string, forks: readonly Fork[]): string {
  const fork = forks.find((one) => one.device === device);
  return fork ? rootOf(fork.former, forks) : device;
}

export function ordersIn(entries: readonly SealedEntry[]): { readonly order: Order; readonly entry: SealedEntry }[] {
  return entries
    .filter(({ kind }) => kind === 'order.placed')
    .map((entry) => ({ entry, order: (JSON.parse(entry.body) as { order: Order }).order }));
}

export const nameOf = ({ device, seq }: EntryName): string => `${device}/${seq}`;

function repeated<T>(values: readonly T[], key: (value: T) => string): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(key(value), (counts.get(key(value)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1).map(([one]) => one);
}
