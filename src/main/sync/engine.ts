import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import pLimit from 'p-limit';
import { enrol, ExchangeClient, readServerCard, type NewCodeResponse, type ServerCard } from '../../exchange/client';
import { readCode } from '../../exchange/enrol-code';
import { ExchangeFailure } from '../../exchange/exchange-failure';
import type { HttpConnection } from '../../exchange/http-send';
import { signedTexts } from '../../exchange/signatures';
import { MAX_BATCH_ENTRIES } from '../../shared/exchange';
import type { SyncRunner, SyncView } from '../core/sync-runner';
import { carryBack, carryOut } from './carry';
import { PeerLink, type LinkContext, type OpenWake } from './peer-link';
import type { NewIdentity, Peer, SyncDevice, SyncStore } from './sync-store';

/**
 * What rides along once the entries are through. `isHurried` says that entries wait again: then it lets them go first and
 * answers true, for there is more to do.
 */
export type MoreExchange = (
  peer: Peer,
  client: ExchangeClient,
  device: SyncDevice,
  isHurried: () => boolean,
) => Promise<boolean>;

export interface SyncEngineOptions {
  readonly store: SyncStore;
  /** A connection to the server at an address. */
  readonly connect: (address: string) => HttpConnection;
  /** Null where nobody can be woken up: servers are then asked every few seconds. */
  readonly openWake: OpenWake | null;
  readonly now: () => Date;
  /** Runs something once after so many milliseconds; what it returns takes that back. */
  readonly after: (ms: number, work: () => void) => () => void;
  /** From 0 to 1. */
  readonly random: () => number;
  /** UUIDv7. */
  readonly newId: () => string;
  readonly newNonce: () => string;
  /** A key pair for a new name; default: Node's. */
  readonly newKeys?: () => { readonly publicKey: string; readonly privateKey: string };
  /** What this till calls itself to a server. */
  readonly version: string;
  readonly more?: readonly MoreExchange[];
  /** Entries of its own in a batch at most; default: as many as the exchange takes. */
  readonly ownBatchEntries?: number;
  /** Whether somebody sells just now: a long queue then goes in small pieces with pauses. */
  readonly isInUse: () => boolean;
  /** Called once nothing is under way any more. */
  readonly onStopped?: () => void;
}

/**
 * The till's side of the exchange: one link to each server it has joined, and the ways to join and leave. Has no thread, no
 * socket and no clock of its own, so that a simulation can drive it.
 */
export class SyncEngine implements SyncRunner {
  readonly #options: SyncEngineOptions;
  readonly #links = new Map<string, PeerLink>();
  readonly #connections = new Map<string, HttpConnection>();
  readonly #listeners = new Set<() => void>();
  readonly #context: LinkContext;
  /** Naming this device is one at a time: two servers may find out about a fork together. */
  readonly #naming = pLimit(1);
  #stopped = false;

  constructor(options: SyncEngineOptions) {
    this.#options = options;
    const { store, now, after, random, openWake, version, isInUse, ownBatchEntries = MAX_BATCH_ENTRIES } = options;
    this.#context = {
      store,
      now,
      after,
      random,
      openWake,
      version,
      isInUse,
      ownBatchEntries,
      clientOf: (peer, device) => this.#clientOf(peer, device),
      succeedFork: (peer, fromSeq) => this.#named((device) => this.#succeedFork(peer, device, fromSeq)),
      succeedFormer: (peer) => this.#named((device) => this.#succeedFormer(peer, device)),
      more: async (peer, client, device, isHurried) => {
        let isMore = false;
        for (const exchange of options.more ?? []) isMore = (await exchange(peer, client, device, isHurried)) || isMore;
        return isMore;
      },
      changed: () => this.#changed(),
      moved: (serverId) => this.#offer(serverId),
      shutOut: (deviceIds) => this.#shutOut(deviceIds),
    };
  }

  /** Begins to exchange with every server that was joined. */
  async start(): Promise<void> {
    for (const peer of await this.#options.store.peers()) this.#link(peer).nudge();
    this.#changed();
  }

  /** Ends in good order: what is under way is given up, and nothing of it is lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#listeners.clear();
    for (const { close } of this.#connections.values()) close();
    await Promise.all([...this.#links.values()].map((link) => link.stop()));
    this.#options.onStopped?.();
  }

  /** Says that entries were written here. */
  nudge(): void {
    for (const link of this.#links.values()) link.nudge();
  }

  /** Says that entries of other devices came by another way, over the LAN or from a file: servers may lack them. */
  offer(): void {
    this.#offer(null);
  }

  /** Exchanges with all servers, without waiting for the end of a pause. Settles when all have had their try. */
  async syncNow(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.exchangeNow()));
  }

  /**
   * Joins a stall at a server by the code that a person was given. Where this device sells for no stall yet, it takes over
   * that of the code.
   * @param joining.name what people call this device
   * Rejects with an `ExchangeFailure`: `bad-code`, `wrong-stall`, `unreachable` and others.
   */
  async enrol(joining: {
    readonly address: string;
    readonly code: string;
    readonly name: string;
  }): Promise<{ readonly stallId: string; readonly prefix: string }> {
    const address = joining.address.trim().replace(/\/+$/, '');
    const code = readCode(joining.code);
    if (code === null) throw new ExchangeFailure('bad-code', 'That is no code: it has eight letters and digits.');
    const { store } = this.#options;
    return this.#named(async (device) => {
      const connection = this.#options.connect(address);
      try {
        const card = await readServerCard(connection.send);
        const joined = await enrol(
          connection.send,
          {
            code,
            former: null,
            deviceId: device.deviceId,
            publicKey: device.publicKey,
            prefix: device.prefix,
            stallId: await store.stallId(),
            name: joining.name,
            signature: await store.sign(signedTexts.enrol(code, device.deviceId, device.publicKey)),
          },
          card,
        );
        const { stallId, prefix } = joined;
        const peer = await this.#joinedPeer(address, card, stallId);
        await store.enrolled({ stallId, prefix, serverId: card.serverId });
        (await this.#take(peer)).nudge();
        this.#forgetNames();
        this.#changed();
        return { stallId, prefix };
      } finally {
        connection.close();
      }
    });
  }

  /** Exchanges with a neighbour that the journal vouches for: its key stands there, and this device's in the neighbour's. */
  async meet({ address, known }: Parameters<SyncRunner['meet']>[0]): Promise<void> {
    const connection = this.#options.connect(address);
    let card: ServerCard;
    try {
      card = await readServerCard(connection.send);
    } finally {
      connection.close();
    }
    const stallId = await this.#options.store.stallId();
    const isKnown = known.some(({ deviceId, publicKey }) => deviceId === card.serverId && publicKey === card.publicKey);
    if (stallId === null || !isKnown) {
      throw new ExchangeFailure('not-enrolled', 'This till does not know that one yet: scan its code.');
    }
    const isNew = !this.#links.has(card.serverId);
    const link = await this.#take(await this.#joinedPeer(address, card, stallId));
    await link.exchangeNow();
    const { condition, errors } = link.view();
    if (condition === 'online') return;
    // Nothing is kept of a way that does not work; one that worked before is tried again by itself.
    if (isNew) await this.leave(card.serverId);
    const isStranger = condition === 'refused' || condition === 'revoked';
    const why = errors[0]?.detail ?? 'That till does not answer.';
    throw new ExchangeFailure(
      isStranger ? 'not-enrolled' : 'unreachable',
      isStranger ? 'That till does not know this one yet: scan its code.' : why,
    );
  }

  /** Stops exchanging with a server. Nothing that was written is lost; its queue waits for the next server. */
  async leave(serverId: string): Promise<void> {
    const link = this.#links.get(serverId);
    this.#links.delete(serverId);
    await link?.stop();
    await this.#options.store.removePeer(serverId);
    this.#changed();
  }

  /** Neighbours that the hub shut out hear nothing more from here; of their entries the hub decides. */
  async #shutOut(deviceIds: readonly string[]): Promise<void> {
    for (const deviceId of deviceIds) {
      if (this.#links.get(deviceId)?.peer.role === 'neighbour') await this.leave(deviceId);
    }
  }

  /** A code for one more device of the stall, from the hub or, without one, a neighbour. */
  async newCode(name: string): Promise<NewCodeResponse & { readonly address: string }> {
    const links = [...this.#links.values()];
    const link = links.find(({ peer }) => peer.role === 'hub') ?? links[0];
    if (!link) throw new ExchangeFailure('not-enrolled', 'This till has joined no hub: join one first.');
    const client = link.client ?? this.#clientOf(link.peer, await this.#options.store.device());
    return { ...(await client.newCode(name)), address: link.peer.address };
  }

  /** Writes what waits for the hub into a file that only it can read. */
  carryOut(path: string): Promise<{ readonly entries: number }> {
    const { store, now } = this.#options;
    const hub = [...this.#links.values()].find(({ peer }) => peer.role === 'hub');
    const there = new Map(hub?.view().devices.map(({ device, seq }) => [device, seq]));
    return carryOut(store, { path, there, now: now() });
  }

  /** Takes the hub's answer to such a file. */
  async carryBack(path: string): Promise<{ readonly acknowledged: number }> {
    const taken = await carryBack(this.#options.store, path);
    this.#changed();
    return taken;
  }

  view(): SyncView {
    return { peers: [...this.#links.values()].map((link) => link.view()) };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A server that is joined again keeps what was read of it. */
  async #joinedPeer(address: string, card: ServerCard, stallId: string): Promise<Peer> {
    const { serverId, role, publicKey, recipient } = card;
    const before = (await this.#options.store.peers()).find((peer) => peer.serverId === serverId);
    return {
      epoch: card.epoch,
      cursor: '0.0',
      peopleVersion: 0,
      enrolledAt: this.#options.now().toISOString(),
      lastSuccessAt: null,
      ...(before?.stallId === stallId && before),
      serverId,
      role,
      address,
      publicKey,
      recipient,
      stallId,
    };
  }

  /** Keeps a server and begins to exchange with it. */
  async #take(peer: Peer): Promise<PeerLink> {
    await this.#options.store.putPeer(peer);
    // A device has one hub: another one takes its place.
    const replaced = [...this.#links.values()].filter(
      (link) => link.peer.serverId === peer.serverId || (link.peer.role === 'hub' && peer.role === 'hub'),
    );
    for (const link of replaced) {
      this.#links.delete(link.peer.serverId);
      await link.stop();
    }
    this.#connections.get(peer.address)?.close();
    this.#connections.delete(peer.address);
    return this.#link(peer);
  }

  #link(peer: Peer): PeerLink {
    const link = new PeerLink(peer, this.#context);
    this.#links.set(peer.serverId, link);
    return link;
  }

  #connection(address: string): HttpConnection {
    let connection = this.#connections.get(address);
    if (!connection) {
      connection = this.#options.connect(address);
      this.#connections.set(address, connection);
    }
    return connection;
  }

  #clientOf(peer: Peer, { deviceId }: SyncDevice): ExchangeClient {
    const { store, newNonce } = this.#options;
    return new ExchangeClient({
      send: this.#connection(peer.address).send,
      server: peer,
      stallId: peer.stallId,
      deviceId,
      sign: (text) => store.sign(text),
      newNonce,
    });
  }

  #named<T>(work: (device: SyncDevice) => Promise<T>): Promise<T> {
    return this.#naming(async () => work(await this.#options.store.device()));
  }

  /** Another copy writes under this name: the server gives the successor a prefix, then the folder takes the name on. */
  async #succeedFork(peer: Peer, device: SyncDevice, fromSeq: number): Promise<void> {
    const { store, newId, newKeys = makeKeys } = this.#options;
    const identity: NewIdentity = { deviceId: newId(), ...newKeys() };
    const { deviceId, publicKey, privateKey } = identity;
    const card = await this.#cardOf(peer);
    const signature = await store.sign(signedTexts.succeed(device.deviceId, deviceId, publicKey));
    const { stallId, prefix, server } = await enrol(
      this.#connection(peer.address).send,
      {
        code: null,
        former: { deviceId: device.deviceId, signature },
        deviceId,
        publicKey,
        prefix: device.prefix,
        stallId: peer.stallId,
        name: '',
        signature: signWith(privateKey, signedTexts.enrol(null, deviceId, publicKey)),
      },
      card,
    );
    await store.rename({ fromSeq, identity, prefix, stallId, serverId: server.serverId });
    this.#forgetNames();
  }

  /** This device took a new name elsewhere, or after its store was damaged: the server learns whom it continues. */
  async #succeedFormer(peer: Peer, device: SyncDevice): Promise<boolean> {
    const { store } = this.#options;
    const { deviceId, publicKey, prefix, formerDeviceIds } = device;
    if (formerDeviceIds.length === 0) return false;
    const card = await this.#cardOf(peer);
    for (const former of [...formerDeviceIds].reverse()) {
      try {
        const joined = await enrol(
          this.#connection(peer.address).send,
          {
            code: null,
            former: {
              deviceId: former,
              signature: await store.sign(signedTexts.succeed(former, deviceId, publicKey), former),
            },
            deviceId,
            publicKey,
            prefix,
            stallId: peer.stallId,
            name: '',
            signature: await store.sign(signedTexts.enrol(null, deviceId, publicKey)),
          },
          card,
        );
        await store.enrolled({ stallId: joined.stallId, prefix: joined.prefix, serverId: card.serverId });
        return true;
      } catch (error) {
        const isUnknown = error instanceof ExchangeFailure && UNKNOWN_FORMER.has(error.code);
        if (!isUnknown) throw error;
      }
    }
    return false;
  }

  async #cardOf(peer: Peer): Promise<ServerCard> {
    const card = await readServerCard(this.#connection(peer.address).send);
    if (card.serverId === peer.serverId && card.publicKey === peer.publicKey) return card;
    throw new ExchangeFailure('wrong-server', 'Another server answers at the address of the one this till has joined.');
  }

  #forgetNames(): void {
    for (const link of this.#links.values()) link.forget();
  }

  #offer(exceptServerId: string | null): void {
    for (const link of this.#links.values()) if (link.peer.serverId !== exceptServerId) link.offer();
  }

  #changed(): void {
    if (this.#stopped) return;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Refusals that say the server does not know this former name; an older one may be known. */
const UNKNOWN_FORMER: ReadonlySet<string> = new Set(['not-enrolled', 'bad-signature', 'not-found', 'bad-code']);

function makeKeys(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

function signWith(privateKey: string, text: string): string {
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  return sign(null, Buffer.from(text), key).toString('base64');
}
