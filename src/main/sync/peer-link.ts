import {
  packBatch,
  type ExchangeClient,
  type HeadsResponse,
  type PushRequest,
  type PushResponse,
} from '../../exchange/client';
import { ExchangeFailure } from '../../exchange/exchange-failure';
import { signedTexts } from '../../exchange/signatures';
import { entryHash, ZERO_HASH } from '../../journal/entry';
import { MAX_BATCH_ENTRIES, type WireEntry } from '../../shared/exchange';
import type { PeerCondition, PeerError, PeerView } from '../core/sync-runner';
import { pauseMs } from './backoff';
import type { Head, Peer, SyncDevice, SyncStore, WireHead } from './sync-store';

/** Bytes of entries in a batch before JSON wraps them: what the wrapping adds stays within the batch's limit. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Other devices' entries handed to the till's thread at a time: a few milliseconds of its work. */
const RECEIVE_SLICE = 20;
/**
 * While somebody sells, a queue leaves in pieces of so many entries with pauses between: hub, disk and processor are the
 * till's first. Two hundred orders a second still leave, and all at once in the next quiet second.
 */
const PIECE_IN_USE = 25;
const PAUSE_IN_USE_MS = 100;
/** Between two exchanges when nothing happens: with somebody to wake us up, and without. */
const QUIET_MS = 45_000;
const POLL_MS = 8_000;
/** What the server has of every device is asked again after this. */
const GREET_AGAIN_MS = 60_000;
/** However little changed, the server hears of this device again after so long. */
const TELL_STATUS_MS = 60_000;
/** A restart may show the last success as so much older than it was. */
const NOTE_SUCCESS_MS = 15_000;
const ERRORS_KEPT = 20;
/** A person must do something; until then it is tried now and then. */
const REFUSED_PAUSE_MS = 60_000;

/** Wakes up when a server has more to read. A hint: nothing is lost when it never does. */
export type OpenWake = (options: {
  readonly address: string;
  readonly stallId: string;
  readonly token: string;
  readonly onHint: () => void;
  readonly onClosed: () => void;
}) => { close(): void };

/** What a link has of the engine it belongs to. */
export interface LinkContext {
  readonly store: SyncStore;
  readonly now: () => Date;
  readonly after: (ms: number, work: () => void) => () => void;
  readonly random: () => number;
  readonly openWake: OpenWake | null;
  readonly version: string;
  readonly isInUse: () => boolean;
  /** Entries of its own in a batch at most. */
  readonly ownBatchEntries: number;
  clientOf(peer: Peer, device: SyncDevice): ExchangeClient;
  /** Takes a new name because another copy writes under this one. */
  succeedFork(peer: Peer, fromSeq: number): Promise<void>;
  /** Joins as the successor of a name this device had before. False when it had none the server knows. */
  succeedFormer(peer: Peer): Promise<boolean>;
  /** Names, photos, accounts of shifts: what rides along when entries are through. True when some of it is left. */
  more(peer: Peer, client: ExchangeClient, device: SyncDevice, isHurried: () => boolean): Promise<boolean>;
  changed(): void;
  /** Entries came or were acknowledged: other links may have more to hand on. */
  moved(serverId: string): void;
  /** The hub shut these devices out. */
  shutOut(deviceIds: readonly string[]): Promise<void>;
}

/** Somebody stopped the link in the middle of an exchange. */
class Stopped extends Error {}

/** This device has another name than when the exchange began. */
class Renamed extends Error {}

/** Entries of this device's own, ready to be handed over. */
interface OwnBatch {
  readonly request: PushRequest;
  readonly packed: Uint8Array;
  /** As many as were asked for: more may follow. */
  readonly isWhole: boolean;
}

/**
 * The exchange with one server, again and again: hello, own entries up, other devices' entries up that it lacks, its feed
 * down. One exchange at a time. What both sides have is asked anew after every failure, so nothing has to be remembered
 * about one that broke off.
 */
export class PeerLink {
  readonly #context: LinkContext;
  #peer: Peer;
  #condition: PeerCondition = 'connecting';
  #errors: readonly PeerError[] = [];
  #devices: HeadsResponse['heads'] = [];
  #nextTryAt: Date | null = null;
  #cancelTimer: () => void = () => undefined;
  #endPause: () => void = () => undefined;
  #failures = 0;
  #running: Promise<void> | null = null;
  #wanted = false;
  #stopped = false;
  #client: ExchangeClient | null = null;
  #device: SyncDevice | null = null;
  /** Both sides know what the other has. */
  #greeted = false;
  #greetedMs = 0;
  /** The server has entries of this device that are not held here. */
  #wantsOwn = false;
  /** Hashes of heads for whose sake the feed was read from its beginning. */
  readonly #askedFor = new Set<string>();
  #batchEntries = MAX_BATCH_ENTRIES;
  #wake: { close(): void } | null = null;
  #statusToldMs = Number.NEGATIVE_INFINITY;
  #statusTold = '';
  #successNotedMs = Number.NEGATIVE_INFINITY;

  constructor(peer: Peer, context: LinkContext) {
    this.#peer = peer;
    this.#context = context;
  }

  get peer(): Peer {
    return this.#peer;
  }

  get client(): ExchangeClient | null {
    return this.#client;
  }

  view(): PeerView {
    const { serverId, role, address, epoch, lastSuccessAt } = this.#peer;
    return {
      serverId,
      role,
      address,
      epoch,
      condition: this.#condition,
      lastSuccessAt,
      nextTryAt: this.#nextTryAt?.toISOString() ?? null,
      errors: this.#errors,
      devices: this.#devices,
    };
  }

  /** Exchanges soon. While a pause after a failure lasts, only a person's wish ends it. */
  nudge(isWish = false): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#wanted = true;
      return;
    }
    if (!isWish && this.#failures > 0) return;
    if (!isWish && this.#condition === 'revoked') return;
    this.#plan(0);
  }

  /** Settles when the exchange under way, or a new one, is done, however it ends. */
  async exchangeNow(): Promise<void> {
    if (this.#running) await this.#running;
    else {
      this.#cancelTimer();
      await this.#run();
    }
  }

  /** Looks soon whether the server lacks something that came in another way. */
  offer(): void {
    this.#greeted = false;
    this.nudge();
  }

  /** This device has another name: what was known counts no more. */
  forget(): void {
    this.#greeted = false;
    this.#client = null;
    this.#device = null;
    // It was opened under the former name, whose news would not be told to it.
    this.#wake?.close();
    this.#wake = null;
  }

  /** Ends for good; settles when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    this.#endPause();
    this.#wake?.close();
    this.#wake = null;
    await this.#running;
  }

  #plan(ms: number): void {
    this.#cancelTimer();
    if (this.#stopped) return;
    this.#nextTryAt = new Date(this.#context.now().getTime() + ms);
    this.#cancelTimer = this.#context.after(ms, () => void this.#run());
  }

  #run(): Promise<void> {
    this.#running ??= this.#exchangeOnce().finally(() => {
      this.#running = null;
      if (this.#wanted && this.#failures === 0) {
        this.#wanted = false;
        this.#plan(0);
      }
    });
    return this.#running;
  }

  async #exchangeOnce(): Promise<void> {
    if (this.#stopped) return;
    this.#wanted = false;
    try {
      await this.#exchange();
      this.#failures = 0;
      this.#condition = 'online';
      await this.#noteSuccess();
      await this.#tellStatus();
      this.#openWake();
      const quietMs = this.#wake ? QUIET_MS : POLL_MS;
      this.#plan(quietMs * (0.75 + this.#context.random() / 2));
    } catch (error) {
      if (error instanceof Stopped) return;
      await this.#failed(error);
    }
    this.#context.changed();
  }

  async #failed(error: unknown): Promise<void> {
    const failure =
      error instanceof ExchangeFailure
        ? error
        : new ExchangeFailure('internal', error instanceof Error ? error.message : String(error));
    this.#failures += 1;
    this.#greeted = false;
    this.#wake?.close();
    this.#wake = null;
    await this.#note(failure.code, failure.message);
    const { code, retryAfterMs } = failure;
    if (code === 'revoked') {
      this.#condition = 'revoked';
      this.#nextTryAt = null;
      this.#cancelTimer();
      return;
    }
    const isRefused =
      code === 'not-enrolled' || code === 'wrong-stall' || code === 'wrong-server' || code === 'too-new';
    this.#condition = isRefused ? 'refused' : 'offline';
    const pause = pauseMs(this.#failures, this.#context.random(), retryAfterMs);
    this.#plan(isRefused ? Math.max(pause, REFUSED_PAUSE_MS) : pause);
  }

  async #note(code: string, detail: string): Promise<void> {
    const at = this.#context.now().toISOString();
    // The same again and again is one thing that has gone on since.
    const others = this.#errors[0]?.code === code ? this.#errors.slice(1) : this.#errors;
    // The hub is told of it, and takes neither a NUL nor the half of a character that the cut may leave.
    const said = detail.slice(0, 300).replaceAll(/[\0\p{Surrogate}]/gu, '\ufffd');
    this.#errors = [{ code: code.slice(0, 40), detail: said, at }, ...others].slice(0, ERRORS_KEPT);
    await this.#context.store.noteFailure(this.#peer.serverId, code, detail);
  }

  async #exchange(): Promise<void> {
    const { store } = this.#context;
    for (let round = 0; ; round += 1) {
      this.#goOn();
      // Kept here: a fork that another link found makes this one forget them meanwhile.
      const device = (this.#device ??= await store.device());
      const client = (this.#client ??= this.#context.clientOf(this.#peer, device));
      try {
        if (!this.#greeted) await this.#greet(client, device);
        await this.#pushOwn(client, device);
        if (await this.#pull(client, device)) await this.#pushOwn(client, device);
        // After what somebody waits for: a large stall's heads are long, and all its devices are woken at once.
        if (this.#isGreetingOld()) await this.#greet(client, device);
        const isHurried = (): boolean => this.#wanted || this.#stopped;
        if (await this.#context.more(this.#peer, client, device, isHurried)) this.#wanted = true;
        return;
      } catch (error) {
        // Some answers are no failures but news: what they say is done, and the exchange begins again.
        if (round >= 4 || !(await this.#isNews(error))) throw error;
        this.forget();
      }
    }
  }

  /** Whether the exchange may begin again with what broke it off. */
  async #isNews(error: unknown): Promise<boolean> {
    if (error instanceof Renamed) return true;
    if (!(error instanceof ExchangeFailure) || error.code !== 'not-enrolled') return false;
    return this.#context.succeedFormer(this.#peer);
  }

  #goOn(): void {
    if (this.#stopped) throw new Stopped();
  }

  /** Heads grow old: another copy of this folder may write under its name, and screens show when each till was there. */
  #isGreetingOld(): boolean {
    return Math.abs(this.#context.now().getTime() - this.#greetedMs) >= GREET_AGAIN_MS;
  }

  /** Learns what the server has, and whether it is still the one it was. */
  async #greet(client: ExchangeClient, device: SyncDevice): Promise<void> {
    const { store } = this.#context;
    const card = await client.card();
    this.#goOn();
    const { epoch, heads } = await client.heads();
    this.#goOn();
    this.#devices = heads;
    const there = new Map(heads.map((head) => [head.device, head]));
    const mine = there.get(device.deviceId);
    if (mine?.isRevoked) throw new ExchangeFailure('revoked', 'The hub does not take entries of this device any more.');
    const seqThere = mine?.seq ?? 0;
    const { role } = this.#peer;
    if (role === 'hub') await this.#context.shutOut(heads.flatMap((head) => (head.isRevoked ? [head.device] : [])));
    const held = new Map((await store.heads()).map((head) => [head.device, head]));
    const differ = await this.#differing(heads);
    // A hub restored from a backup: what it has lost waits again. So does what another copy of this folder took the place of.
    const hasLost = await this.#unacknowledge(device.deviceId, differ.has(device.deviceId) ? seqThere - 1 : seqThere);
    this.#wantsOwn = seqThere > (held.get(device.deviceId)?.seq ?? 0);
    differ.delete(device.deviceId);
    // What another copy of this folder wrote under its name was passed over in the feed: from the beginning, once.
    const isAnew = this.#wantsOwn || (role === 'hub' && differ.size > 0);
    const cursor = isAnew ? BEGINNING : this.#peer.cursor;
    if (hasLost || isAnew || this.#lacked(device, [...held.values()]).length > 0) this.#wanted = true;
    await this.#putPeer({ epoch, recipient: card.recipient, cursor });
    this.#greeted = true;
    this.#greetedMs = this.#context.now().getTime();
    for (const head of held.values()) {
      if (head.device === device.deviceId) continue;
      await this.#offer(client, head, there.get(head.device) ?? { seq: 0, hash: ZERO_HASH });
    }
  }

  /** Devices of which another entry is held here than the last one the server has. */
  async #differing(heads: HeadsResponse['heads']): Promise<Set<string>> {
    const differ = new Set<string>();
    for (const { device, seq, hash } of heads) {
      const here = seq === 0 ? null : await this.#context.store.hashOf(device, seq);
      if (here !== null && here !== hash) differ.add(device);
    }
    return differ;
  }

  /** What this device has at the server counts as far as `seq` at most. @returns whether it counted further before */
  async #unacknowledge(device: string, seq: number): Promise<boolean> {
    const { store } = this.#context;
    const { serverId } = this.#peer;
    if (seq >= (await store.acknowledgedSeq(serverId, device))) return false;
    await store.unacknowledge(serverId, device, seq);
    return true;
  }

  /** Hands on what the server lacks of another device, or of a name this one had before, as far as that device signed it. */
  async #offer(client: ExchangeClient, held: Head & { readonly device: string }, there: Head): Promise<void> {
    const { store } = this.#context;
    const { device } = held;
    const now = await store.device();
    // What was written under a former name waits until the server has signed for it, also where it came there another way.
    const isFormer = now.formerDeviceIds.includes(device);
    let from = there.seq;
    if (isFormer) from = Math.min(from, await store.acknowledgedSeq(this.#peer.serverId, device));
    try {
      while (from < held.seq) {
        this.#goOn();
        const head = await this.#headToOffer(device, from);
        if (head === null) return;
        const entries = await store.entriesAfter(device, from, head.seq - from, BATCH_BYTES);
        if (entries.at(-1)?.seq !== head.seq) {
          await this.#note(
            'too-large',
            `Entries ${from + 1} to ${head.seq} of another device are too many for one batch.`,
          );
          return;
        }
        const pushed = await client.push({ entries: [...entries], head });
        if (isFormer) await this.#acknowledged({ ...now, deviceId: device }, entries, { ...pushed, head });
        if (pushed.head.seq <= from) return;
        from = isFormer ? head.seq : pushed.head.seq;
      }
    } catch (error) {
      // Another device's entries are its own to mend: ours must not wait for that.
      if (!(error instanceof ExchangeFailure) || !ANOTHERS.has(error.code)) throw error;
      await this.#note(error.code, `Entries of another device were not taken: ${error.message}`);
    }
  }

  async #headToOffer(device: string, from: number): Promise<WireHead | null> {
    const { store } = this.#context;
    const signed = await store.signedHead(device, from, from + this.#batchEntries);
    if (signed !== null) return signed;
    const { formerDeviceIds } = await store.device();
    if (!formerDeviceIds.includes(device)) return null;
    const last = (await store.entriesAfter(device, from, this.#batchEntries, BATCH_BYTES)).at(-1);
    return last === undefined ? null : this.#signed(last, device);
  }

  /** Own entries the server has not acknowledged, in batches, the oldest first. */
  async #pushOwn(client: ExchangeClient, device: SyncDevice): Promise<void> {
    if (this.#wantsOwn) return;
    const { store } = this.#context;
    const { deviceId } = device;
    const { serverId } = this.#peer;
    let from = await store.acknowledgedSeq(serverId, deviceId);
    /** Goes down when the server sends us back, so that two sides that disagree cannot go on for ever. */
    let goesBack = 40;
    let ahead: OwnBatch | null = null;
    let acknowledge = nothingMore;
    for (;;) {
      this.#goOn();
      const batch: OwnBatch | null = ahead ?? (await this.#ownBatch(deviceId, from));
      if (batch === null) return;
      const { entries, head: last }: PushRequest = batch.request;
      const acknowledgeEarlier = acknowledge;
      [ahead, acknowledge] = [null, nothingMore];
      try {
        const [pushed, next]: [PushResponse, OwnBatch | null] = await both(
          client.push(batch.request, batch.packed),
          this.#meanwhile(acknowledgeEarlier, batch.isWhole ? last : null),
        );
        acknowledge = () => this.#acknowledged(device, entries, pushed);
        from = last.seq;
        this.#batchEntries = Math.min(MAX_BATCH_ENTRIES, this.#batchEntries * 2);
        // Under another name those entries are others, and while somebody sells a batch is smaller.
        if (this.#device === device && !this.#context.isInUse()) ahead = next;
        if (ahead !== null) continue;
        await acknowledge();
        acknowledge = nothingMore;
        if (batch.isWhole) await this.#letSell();
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error;
        const { code, head } = error;
        if (code === 'too-large' && entries.length > 1) {
          this.#batchEntries = Math.max(1, Math.floor(entries.length / 2));
          continue;
        }
        if ((code !== 'gap' && code !== 'forked') || head === null) throw error;
        goesBack -= 1;
        if (goesBack === 0 || head.seq > last.seq) throw badAnswer('it sends us back and forth');
        const agrees = head.seq === 0 || (await store.hashOf(deviceId, head.seq)) === head.hash;
        if (agrees && code === 'forked' && !(await this.#decidesForks())) {
          await this.#note(
            'forked',
            'This neighbour holds other entries under the name of this till: the hub decides.',
          );
          return;
        }
        if (agrees && code === 'forked') {
          // What the other copy wrote was passed over in the feed as this one's own.
          await this.#putPeer({ cursor: BEGINNING });
          await this.#context.succeedFork(this.#peer, head.seq + 1);
          throw new Renamed();
        }
        if (agrees) from = head.seq;
        else if (head.seq === 0) throw badAnswer('it has nothing of this device and refuses its beginning');
        // They part ways before this: the server says where when it sees what came before.
        else from = Math.max(0, head.seq - MAX_BATCH_ENTRIES);
        await this.#unacknowledge(deviceId, from);
      }
    }
  }

  /** The next entries under their signed head, or null when there are none. */
  async #ownBatch(deviceId: string, from: number): Promise<OwnBatch | null> {
    const { isInUse, ownBatchEntries } = this.#context;
    const most = Math.min(ownBatchEntries, isInUse() ? PIECE_IN_USE : MAX_BATCH_ENTRIES, this.#batchEntries);
    const entries = await this.#context.store.entriesAfter(deviceId, from, most, BATCH_BYTES);
    const last = entries.at(-1);
    if (last === undefined) return null;
    const request = { entries: [...entries], head: await this.#signed(last) };
    return { request, packed: packBatch(request), isWhole: entries.length === most };
  }

  /**
   * While the server works at a batch: what it said of the one before is written down, then the next one is read and packed.
   * @param after the last entry of the batch that is on its way, or null when nothing may follow it
   * @returns the next batch when it is a whole one. One that came back short, or empty, says nothing of what was written
   *   since: it is read again when its turn comes
   */
  async #meanwhile(acknowledgeEarlier: () => Promise<void>, after: WireHead | null): Promise<OwnBatch | null> {
    // What was sent leaves first: reading holds this thread up.
    await this.#pause(0);
    await acknowledgeEarlier();
    if (after === null || this.#stopped || this.#context.isInUse()) return null;
    const batch = await this.#ownBatch(after.device, after.seq);
    return batch?.isWhole ? batch : null;
  }

  /** Waits for a moment while somebody sells: more of the same follows. */
  async #letSell(): Promise<void> {
    if (this.#context.isInUse()) await this.#pause(PAUSE_IN_USE_MS);
  }

  /** Ends at once when the link is stopped. */
  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#context.after(ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /**
   * Whether a new name is taken because of this server. One server decides, else what one of them has already would be written
   * again for another: the hub, or a neighbour of a till that has none.
   */
  async #decidesForks(): Promise<boolean> {
    if (this.#peer.role === 'hub') return true;
    return !(await this.#context.store.peers()).some(({ role }) => role === 'hub');
  }

  async #signed({ device, seq, hash }: WireEntry, former?: string): Promise<WireHead> {
    return {
      device,
      seq,
      hash,
      signature: await this.#context.store.sign(signedTexts.head({ device, seq, hash }), former),
    };
  }

  async #acknowledged(device: SyncDevice, entries: readonly WireEntry[], pushed: PushResponse): Promise<void> {
    const { store } = this.#context;
    const { serverId, role } = this.#peer;
    const { head, epoch, receipts } = pushed;
    const last = entries.at(-1);
    if (last === undefined || head.seq < last.seq) throw badAnswer('it acknowledged less than it was given');
    // What the server has beyond these may be another's, written under this name: the next batch will tell.
    if ((await store.hashOf(device.deviceId, head.seq)) !== head.hash) {
      this.#greeted = false;
      this.#wanted = true;
      return;
    }
    const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
    const of = ({ seq, hash }: { readonly seq: number; readonly hash: string }) => {
      const entry = bySeq.get(seq);
      return entry?.hash === hash ? entry : undefined;
    };
    await store.acknowledge({
      serverId,
      role,
      device: device.deviceId,
      epoch,
      head: { seq: last.seq, hash: last.hash },
      orders: receipts.flatMap((receipt) => {
        const entry = of(receipt);
        return entry?.kind === 'order.placed' ? [{ orderId: orderIdOf(entry), serverSeq: receipt.serverSeq }] : [];
      }),
      quarantined: receipts.flatMap((receipt) => {
        const entry = of(receipt);
        return receipt.outcome === 'quarantined' && entry
          ? [{ seq: entry.seq, kind: entry.kind, cause: receipt.cause ?? 'unknown' }]
          : [];
      }),
    });
    await this.#sawEpoch(epoch);
    this.#context.changed();
  }

  /**
   * Reads the feed to its end, and once more from its beginning when the heads say that more is there than came: a cursor is
   * only as good as the memory of the server that gave it.
   * @returns whether something of this very device came back with it
   */
  async #pull(client: ExchangeClient, device: SyncDevice): Promise<boolean> {
    const own = this.#wantsOwn ? 'all' : 'others';
    let isWhole = await this.#readFeed(client, device, own);
    if (isWhole) isWhole = !(await this.#lacksSome(device));
    if (!isWhole && this.#peer.cursor !== BEGINNING) {
      await this.#putPeer({ cursor: BEGINNING });
      if (!(await this.#readFeed(client, device, own))) {
        await this.#note('gap', 'Entries of another device are missing at the server.');
      }
    }
    if (own === 'others') return false;
    this.#wantsOwn = false;
    return true;
  }

  /** Whether the server has more of another device than is held after its feed was read. Each such head is asked about once. */
  async #lacksSome(device: SyncDevice): Promise<boolean> {
    const lacked = this.#lacked(device, await this.#context.store.heads());
    for (const hash of lacked) this.#askedFor.add(hash);
    return lacked.length > 0;
  }

  /** Heads of other devices beyond what is held, for whose sake the feed was not read from its beginning yet. */
  #lacked({ deviceId }: SyncDevice, held: readonly (Head & { readonly device: string })[]): string[] {
    const seqs = new Map(held.map(({ device, seq }) => [device, seq]));
    return this.#devices
      .filter(
        ({ device, seq, hash }) => device !== deviceId && seq > (seqs.get(device) ?? 0) && !this.#askedFor.has(hash),
      )
      .map(({ hash }) => hash);
  }

  /** @returns false when it has to be read from its beginning: what came did not follow on what is held */
  async #readFeed(client: ExchangeClient, device: SyncDevice, own: 'all' | 'others'): Promise<boolean> {
    const { store } = this.#context;
    const isFromStart = this.#peer.cursor === BEGINNING;
    let isWhole = true;
    for (;;) {
      this.#goOn();
      const page = await client.feed({ after: this.#peer.cursor, own });
      const { entries, heads } = page;
      const forged = entries.find((entry) => entryHash(entry) !== entry.hash);
      if (forged)
        await this.#note('wrong-hash', `Entry ${forged.seq} of ${forged.device} was altered on its way or before.`);
      for (let at = 0; at < entries.length; at += RECEIVE_SLICE) {
        this.#goOn();
        if (!(await this.#receive(entries.slice(at, at + RECEIVE_SLICE), device.deviceId))) isWhole = false;
        if (at + RECEIVE_SLICE < entries.length) await this.#letSell();
      }
      // What came before these was read from a server that has lost it since.
      if (!isWhole && !isFromStart) return false;
      if (heads.length > 0) await store.receive([], heads);
      if (page.cursor !== this.#peer.cursor) await this.#putPeer({ cursor: page.cursor });
      await this.#sawEpoch(page.epoch);
      if (entries.length > 0) this.#context.moved(this.#peer.serverId);
      if (!page.more) return isWhole;
    }
  }

  /**
   * Keeps a slice of the feed. Where the hub has other entries of another device than are held here, the hub's count: they are
   * what everybody else reads.
   * @returns false when something before these is missing here or differs
   */
  async #receive(entries: readonly WireEntry[], deviceId: string): Promise<boolean> {
    const { store } = this.#context;
    const { role } = this.#peer;
    const { missing, forked } = await store.receive(entries, []);
    let isWhole = missing.length === 0;
    for (const { device, fromSeq } of forked) {
      if (device === deviceId) {
        // Pushing what is ours makes the server say where the two part.
        this.#wantsOwn = false;
        await this.#unacknowledge(deviceId, (fromSeq ?? 1) - 1);
        continue;
      }
      if (role !== 'hub') continue;
      if (fromSeq === null) {
        isWhole = false;
        continue;
      }
      await store.setAside(device, fromSeq);
      await this.#note(
        'forked',
        `The hub has other entries of ${device} from ${fromSeq} on: those held here were set aside.`,
      );
      const again = entries.filter((entry) => entry.device === device);
      if (!(await this.#receive(again, deviceId))) isWhole = false;
    }
    return isWhole;
  }

  /** A server restored from a backup has begun a new epoch: what it has must be asked anew. */
  async #sawEpoch(epoch: number): Promise<void> {
    if (epoch === this.#peer.epoch) return;
    await this.#putPeer({ epoch });
    this.#greeted = false;
    this.#wanted = true;
  }

  async #putPeer(change: Partial<Peer>): Promise<void> {
    this.#peer = { ...this.#peer, ...change };
    if (!this.#stopped) await this.#context.store.putPeer(this.#peer);
  }

  async #noteSuccess(): Promise<void> {
    const { store, now } = this.#context;
    const at = now();
    this.#peer = { ...this.#peer, lastSuccessAt: at.toISOString() };
    if (Math.abs(at.getTime() - this.#successNotedMs) < NOTE_SUCCESS_MS) return;
    this.#successNotedMs = at.getTime();
    await store.putPeer(this.#peer);
  }

  async #tellStatus(): Promise<void> {
    const { queued, oldestAt } = await this.#context.store.queue();
    const status = { queued, oldestQueuedAt: oldestAt, errors: [...this.#errors], version: this.#context.version };
    const text = JSON.stringify(status);
    const nowMs = this.#context.now().getTime();
    const isFresh = Math.abs(nowMs - this.#statusToldMs) < TELL_STATUS_MS;
    if (text === this.#statusTold && isFresh) return;
    await this.#client?.tellStatus(status);
    if (this.#client) this.#devices = (await this.#client.heads()).heads;
    this.#statusTold = text;
    this.#statusToldMs = nowMs;
  }

  #openWake(): void {
    const { openWake } = this.#context;
    const client = this.#client;
    if (this.#wake || openWake === null || client === null || this.#stopped) return;
    // A promise so that a second exchange opens no second socket meanwhile.
    const holder: { close(): void } = { close: () => undefined };
    this.#wake = holder;
    client.token().then(
      (token) => {
        if (this.#stopped || this.#wake !== holder) return;
        const { address, stallId } = this.#peer;
        const opened = openWake({
          address,
          stallId,
          token,
          onHint: () => this.nudge(),
          onClosed: () => {
            if (this.#wake !== holder) return;
            this.#wake = null;
            // Nobody wakes us any more: the long pause that counted on it is cut, for each till to another length.
            if (!this.#running && this.#failures === 0) this.#plan(POLL_MS * this.#context.random());
          },
        });
        holder.close = () => opened.close();
      },
      () => {
        if (this.#wake === holder) this.#wake = null;
      },
    );
  }
}

const BEGINNING = '0.0';

/** Refusals that concern the device whose entries are handed on, not the one that hands them on. */
const ANOTHERS: ReadonlySet<string> = new Set([
  'gap',
  'forked',
  'bad-signature',
  'bad-request',
  'not-found',
  'too-large',
  'not-enrolled',
  'revoked',
]);

function badAnswer(what: string): ExchangeFailure {
  return new ExchangeFailure('bad-answer', `The server's answer makes no sense: ${what}.`);
}

async function nothingMore(): Promise<void> {
  return Promise.resolve();
}

/** What came of two things that go on beside each other, once both are over. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/** The order an entry placed. */
function orderIdOf({ body }: WireEntry): string {
  return (JSON.parse(body) as { order: { orderId: string } }).order.orderId;
}
