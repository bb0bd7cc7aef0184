import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { CALLS, CallInput, CallOutput, SyncState } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import type { FlagService } from './flag-service';
import { findSticks } from './sticks';
import { NEIGHBOUR_PORT } from './neighbour-switch';
import type { PeerView, SyncRunner } from './sync-runner';

/** Within which a queue is to clear. */
const SLA_MS = 24 * 3600 * 1000;
/** However much is written, screens hear how long the queue is this often. */
const TELL_EVERY_MS = 500;
/** Setting under which is kept what servers have set aside, which a restart must not hide. */
const QUARANTINED = 'sync-quarantined';
const QUARANTINED_KEPT = 100;

type Quarantined = SyncState['quarantined'][number];

interface SyncHooks {
  /** Entries of other devices, of these kinds, are in the tables now. */
  readonly onReceived: (kinds: ReadonlySet<string>) => void;
  /** This device has another prefix, name or stall. */
  readonly onIdentity: () => void;
  /** Names or PINs came from another device. */
  readonly onPeople: () => void;
  /** Whether tills beside this one are served. */
  readonly sharing: () => SyncState['sharing'];
  /** Who took over from this till, or null. */
  readonly takenOver: () => SyncState['takenOver'];
}

/** The tills beside this one, while it serves them. */
export interface Neighbours {
  /** Where they reach it: `http://192.168.1.20:8710`, the likeliest first. */
  readonly addresses: readonly string[];
  /** Says that this till wrote or received entries: neighbours that wait are woken. */
  added(): void;
  /** A code with which one more device joins the stall here. */
  newCode(name: string): Promise<CallOutput<'sync.new-code'>>;
}

/** The exchange with hub and neighbours as people and screens meet it. The exchange itself runs elsewhere, see `SyncRunner`. */
export class SyncService {
  readonly #core: CoreContext;
  readonly #runner: SyncRunner;
  readonly #flags: FlagService;
  readonly #hooks: SyncHooks;
  #enrolling = false;
  #neighbours: Neighbours | null = null;
  #seenSeq = 0;
  /** Changes only with what other devices sold; looking for them reads every parked cart. */
  #doubleSold: SyncState['doubleSold'];
  #tellTimer: NodeJS.Timeout | null = null;
  #toldMs = -Infinity;

  constructor(core: CoreContext, runner: SyncRunner, flags: FlagService, hooks: SyncHooks) {
    this.#core = core;
    this.#runner = runner;
    this.#flags = flags;
    this.#hooks = hooks;
    this.#doubleSold = core.store.orders.doubleSold();
    runner.onChange(() => this.#tell());
  }

  /** Whether the last exchange with the hub went through. */
  isOnline(): boolean {
    return this.#runner.view().peers.some(({ role, condition }) => role === 'hub' && condition === 'online');
  }

  /** Says that tills beside this one are served now, or no more. */
  serve(neighbours: Neighbours | null): void {
    this.#neighbours = neighbours;
    this.#core.topics.mark('sync');
  }

  /** Whether the hub has shut a device out, as far as was heard. */
  isRevoked(deviceId: string): boolean {
    return this.#runner
      .view()
      .peers.some(({ devices }) => devices.some(({ device, isRevoked }) => isRevoked && device === deviceId));
  }

  start(): void {
    this.#runner.start().catch((error: unknown) => {
      this.#core.log.error({ error }, 'The exchange could not begin');
    });
  }

  async stop(): Promise<void> {
    if (this.#tellTimer) clearTimeout(this.#tellTimer);
    await this.#runner.stop();
  }

  /** Looks whether something was written since, and hands it on. Costs one indexed read. */
  written(): void {
    const { store } = this.#core;
    const seq = store.sync.journal.head(store.device.deviceId)?.seq ?? 0;
    if (seq === this.#seenSeq) return;
    this.#seenSeq = seq;
    this.#runner.nudge();
    this.#neighbours?.added();
    this.#tellTimer ??= setTimeout(() => this.#tellNow(), TELL_EVERY_MS).unref();
  }

  /** Tells screens how the exchange stands: at once, or where they have just heard of it, a moment later. */
  #tell(): void {
    if (this.#tellTimer) return;
    const waitMs = this.#toldMs + TELL_EVERY_MS - performance.now();
    if (waitMs <= 0) this.#tellNow();
    else this.#tellTimer = setTimeout(() => this.#tellNow(), waitMs).unref();
  }

  #tellNow(): void {
    this.#tellTimer = null;
    this.#toldMs = performance.now();
    this.#core.topics.mark('sync');
  }

  /** Entries of others came by another way than a server's feed. */
  cameAnotherWay(): void {
    this.#runner.offer();
  }

  /** A server has signed that it has these entries of this device. */
  acknowledged(told: {
    readonly role: 'hub' | 'neighbour';
    readonly serverId: string;
    readonly device: string;
    readonly epoch: number;
    readonly orders: readonly { readonly orderId: string; readonly serverSeq: number }[];
    readonly quarantined: readonly { readonly seq: number; readonly kind: string; readonly cause: string }[];
  }): void {
    const { role, serverId, device, epoch, orders, quarantined } = told;
    if (role === 'hub') this.#flags.acknowledged(orders, { serverId, epoch });
    if (quarantined.length > 0) {
      const at = this.#core.now().toISOString();
      const before = this.#quarantined();
      const known = new Set(before.map((one) => `${one.serverId} ${one.device} ${one.seq}`));
      const added = quarantined
        .filter(({ seq }) => !known.has(`${serverId} ${device} ${seq}`))
        .map((one) => ({ serverId, device, at, ...one }));
      this.#core.store.settings.set(QUARANTINED, [...added, ...before].slice(0, QUARANTINED_KEPT));
    }
    this.#tell();
  }

  received(kinds: ReadonlySet<string>): void {
    if (kinds.size === 0) return;
    if (kinds.has('order.placed') || kinds.has('cart.unparked'))
      this.#doubleSold = this.#core.store.orders.doubleSold();
    this.#hooks.onReceived(kinds);
    this.#neighbours?.added();
    this.#core.topics.mark('sync');
  }

  /** This device has another prefix, name or stall than before. */
  identityChanged(): void {
    this.#hooks.onIdentity();
    this.#core.topics.mark('sync');
  }

  peopleChanged(): void {
    this.#hooks.onPeople();
  }

  /** Something else that screens show of the exchange has changed. */
  changed(): void {
    this.#core.topics.mark('sync');
  }

  async enrol(
    { address, code, name }: CallInput<'sync.enrol'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'sync.enrol'>> {
    const { store } = this.#core;
    const isOperator = store.stall.staff().some((one) => one.staffId === staffId && one.role === 'operator');
    if (store.stall.get() !== null && !isOperator) {
      throw new CallFailure('not-allowed');
    }
    const result = await this.#join({ address: checkedAddress(address), code, name });
    store.commit({ requestId, actor: staffId, drafts: [], result });
    return result;
  }

  /**
   * Joins as whoever starts the till says, unless that is done already. The till sells whether it succeeds or not: the log
   * and the screens tell.
   */
  async joinAtStart(joining: CallInput<'sync.enrol'>): Promise<void> {
    const address = checkedAddress(joining.address);
    if (this.#core.store.sync.peers().some((peer) => peer.address === address)) return;
    try {
      await this.#join({ ...joining, address });
    } catch (error) {
      this.#core.log.error({ error, address }, 'The hub could not be joined');
    }
  }

  /** @param joining.address as `checkedAddress` gives it */
  async #join(joining: CallInput<'sync.enrol'>): Promise<CallOutput<'sync.enrol'>> {
    this.#enrolling = true;
    this.#core.topics.mark('sync');
    try {
      return await explained(this.#runner.enrol(joining));
    } finally {
      this.#enrolling = false;
      this.#core.topics.mark('sync', 'session');
    }
  }

  /** Without a code where both tills know each other already, which leaves the code for another; else by the code. */
  async meet(
    { address: typed, code, name }: CallInput<'sync.meet'>,
    { requestId, staffId }: CallContext,
  ): Promise<Record<string, never>> {
    const { store } = this.#core;
    const address = checkedAddress(typed, NEIGHBOUR_ADDRESS);
    const known = store.stall.devices().filter(({ deviceId }) => !this.isRevoked(deviceId));
    try {
      await explained(this.#runner.meet({ address, known }));
    } catch (error) {
      if (code === null || !(error instanceof CallFailure) || error.code !== 'server-refused') throw error;
      await this.#join({ address, code, name });
    }
    store.commit({ requestId, actor: staffId, drafts: [], result: {} });
    this.#core.topics.mark('sync');
    return {};
  }

  async leave(
    { serverId }: CallInput<'sync.leave'>,
    { requestId, staffId }: CallContext,
  ): Promise<Record<string, never>> {
    this.#requireServer(serverId);
    await explained(this.#runner.leave(serverId));
    this.#core.store.commit({ requestId, actor: staffId, drafts: [], result: {} });
    this.#core.topics.mark('sync');
    return {};
  }

  async now(): Promise<Record<string, never>> {
    if (this.#core.store.sync.peers().length === 0) throw noServer();
    await explained(this.#runner.syncNow());
    this.#core.topics.mark('sync');
    return {};
  }

  async newCode(
    { name, here }: z.output<(typeof CALLS)['sync.new-code']['input']>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'sync.new-code'>> {
    const hasServer = !here && this.#core.store.sync.peers().length > 0;
    if (!hasServer && !this.#neighbours) throw noServer();
    // A hub gives shorter prefixes; without one the till beside gives its own and a letter.
    const made = hasServer ? this.#runner.newCode(name) : this.#neighbours?.newCode(name);
    const result = (await explained(Promise.resolve(made))) as CallOutput<'sync.new-code'>;
    this.#core.store.commit({ requestId, actor: staffId, drafts: [], result });
    return result;
  }

  /** Takes the answer that came back on a stick, then puts on it what still waits. */
  async carry(
    { path }: CallInput<'sync.carry'>,
    { requestId, staffId }: CallContext,
  ): Promise<CallOutput<'sync.carry'>> {
    const { store } = this.#core;
    if (!findSticks().some((stick) => stick.path === path)) {
      throw new CallFailure('unknown-stick', { details: { reason: 'stick-gone' } });
    }
    const fileName = `trestle-${store.device.prefix}.carried`;
    const file = join(path, fileName);
    const answer = `${file}.answer`;
    try {
      const { acknowledged } = existsSync(answer) ? await this.#runner.carryBack(answer) : { acknowledged: 0 };
      const { entries } = await this.#runner.carryOut(file);
      const result = { fileName, entries, acknowledged };
      store.commit({ requestId, actor: staffId, drafts: [], result });
      return result;
    } catch (error) {
      throw stickFailure(error);
    }
  }

  report(): CallOutput<'sync.report'> {
    const { store } = this.#core;
    const at = this.#core.now().toISOString();
    const report = { at, device: store.device, heads: store.sync.journal.heads(), ...this.state() };
    return { fileName: `trestle-sync-${at.slice(0, 10)}.json`, text: `${JSON.stringify(report, null, 2)}\n` };
  }

  state(): SyncState {
    const { store } = this.#core;
    const views = new Map(this.#runner.view().peers.map((view) => [view.serverId, view]));
    const failures = store.sync.failures();
    const servers = store.sync
      .peers()
      .map(({ serverId, role, address, lastSuccessAt }): SyncState['servers'][number] => {
        const view = views.get(serverId);
        const errors = failures.filter((failure) => failure.serverId === serverId);
        return {
          serverId,
          role,
          address,
          state: view?.condition ?? 'connecting',
          lastSuccessAt: view?.lastSuccessAt ?? lastSuccessAt,
          nextTryAt: view?.nextTryAt ?? null,
          errors: (view?.errors.length ? view.errors : errors).map(({ code, detail, at }) => ({ code, detail, at })),
          devices: view?.devices ?? [],
        };
      })
      .sort((one, other) => rank(one) - rank(other));
    const first = servers[0];
    const { count, oldestAt } = store.sync.queue();
    return {
      state: this.#enrolling ? 'enrolling' : (first?.state ?? 'off'),
      servers,
      takenOver: this.#hooks.takenOver(),
      serving: [...(this.#neighbours?.addresses ?? [])],
      sharing: this.#hooks.sharing(),
      queued: count,
      oldestQueuedAt: oldestAt,
      overdueOrders: this.#overdueOrders(oldestAt),
      lastSuccessAt: first?.lastSuccessAt ?? null,
      nextTryAt: first?.nextTryAt ?? null,
      quarantined: this.#quarantined(),
      mismatches: store.sync.mismatches(),
      doubleSold: this.#doubleSold,
      unapplied: store.sync.unapplied().map((one) => ({ ...one, why: one.why.slice(0, 400) })),
    };
  }

  /** Orders the hub lacks for longer than it may. */
  #overdueOrders(oldestAt: string | null): number {
    const { store, now } = this.#core;
    const dueMs = now().getTime() - SLA_MS;
    if (oldestAt === null || Date.parse(oldestAt) > dueMs) return 0;
    const { deviceId } = store.device;
    const hub = store.sync.hub();
    const seqThere = hub === null ? 0 : (store.sync.acknowledged(hub.serverId, deviceId)?.seq ?? 0);
    return store.orders.countAfter(deviceId, seqThere, new Date(dueMs).toISOString());
  }

  #quarantined(): readonly Quarantined[] {
    return (this.#core.store.settings.get(QUARANTINED) as readonly Quarantined[] | undefined) ?? [];
  }

  #requireServer(serverId: string): void {
    if (this.#core.store.sync.peer(serverId) === null) throw noServer();
  }
}

/** The hub before neighbours; a neighbour that answers before one that does not. */
function rank({ role, state }: Pick<PeerView, 'role'> & { readonly state: string }): number {
  return (role === 'hub' ? 0 : 2) + (state === 'online' ? 0 : 1);
}

/** What the file system says of a stick, as a person can mend it. */
function stickFailure(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC') return new CallFailure('unknown-stick', { details: { reason: 'stick-full' } });
  if (code === 'EROFS' || code === 'EACCES') {
    return new CallFailure('unknown-stick', { details: { reason: 'stick-protected' } });
  }
  if (code === 'EIO' || code === 'ENOENT' || code === 'ENODEV') {
    return new CallFailure('unknown-stick', { details: { reason: 'stick-pulled' } });
  }
  if (code === 'no-server') return new CallFailure(code);
  if (code === 'bad-file') return new CallFailure(code, (error as Error).message);
  return error;
}

function noServer(): CallFailure {
  return new CallFailure('no-server');
}

/** What a person leaves out of an address. */
interface AddressDefaults {
  readonly scheme: 'http' | 'https';
  readonly port: number | null;
}
const HUB_ADDRESS: AddressDefaults = { scheme: 'https', port: null };
const NEIGHBOUR_ADDRESS: AddressDefaults = { scheme: 'http', port: NEIGHBOUR_PORT };

function checkedAddress(typed: string, { scheme, port }: AddressDefaults = HUB_ADDRESS): string {
  const text = typed.trim();
  const isWhole = /^[a-z]+:\/\//i.test(text);
  let url: URL;
  try {
    url = new URL(isWhole ? text : `${scheme}://${text}`);
    if (!isWhole && port !== null && url.port === '') url.port = String(port);
  } catch {
    throw new CallFailure('server-unreachable', { details: { reason: 'no-address' } });
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new CallFailure('server-unreachable', { details: { reason: 'address-scheme' } });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  'unreachable',
  'no-progress',
  'redirected',
  'no-exchange',
  'bad-answer',
  'answer-too-large',
  'unavailable',
  'too-many',
  'internal',
]);

/** What a server or the way to it refused, in codes of the contract. */
async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const code = String(error.code);
    if (code === 'bad-code') throw new CallFailure(code);
    if (UNREACHABLE.has(code)) throw new CallFailure('server-unreachable');
    throw new CallFailure('server-refused', error.message);
  }
}
