/**
 * Thread of the push bench: some of its kiosks. Each has its own key, enrolment and name, and exchanges by the till's real
 * engine: token, wake-up socket, greeting, feed, people and the word of itself, over HTTP. What it holds is in memory instead
 * of SQLite, since a thousand kiosks share one machine here: the heads of the others' journals, and of the catalogue the
 * prices, put there by the rule of the journal (last writer wins per item, by hybrid clock).
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { openHttp } from '../src/exchange/http-send';
import { readEntry } from '../src/journal/entry';
import { SyncEngine } from '../src/main/sync/engine';
import { peopleExchange } from '../src/main/sync/people-exchange';
import type { Head, Peer, Received, SyncStore, WireHead } from '../src/main/sync/sync-store';
import { openWakeSocket } from '../src/main/sync/wake-socket';
import type { WireEntry } from '../src/shared/exchange';
import { ExchangeDevice } from '../tests/helpers/exchange-device';

/** What the thread is started with. */
export interface KiosksData {
  readonly address: string;
  /** One per kiosk. */
  readonly codes: readonly string[];
}

export type KiosksQuestion =
  /** Enrols the kiosks and hands over the first entry of each. */
  | { readonly kind: 'enrol' }
  /** Starts the engines of kiosks that have read the feed as far as `peer` says; answered when each is in step and wakeable. */
  | { readonly kind: 'start'; readonly peer: Peer; readonly heads: readonly DeviceHead[] }
  /** Lets so much time go by for the kiosks' engines, without the waiting. */
  | { readonly kind: 'later'; readonly ms: number }
  /** Answered when every kiosk has this price. */
  | { readonly kind: 'await'; readonly itemId: string; readonly priceMinor: number }
  /** Answered when no kiosk exchanges any more. */
  | { readonly kind: 'rest' };

/** When each kiosk had what was awaited, in milliseconds since 1970; nothing for the others. */
export type KiosksAnswer = readonly number[];

export type DeviceHead = Head & { readonly device: string };

/** Milliseconds since 1970 by a clock that nobody sets while the bench runs, the same in every thread. */
export const instantMs = (): number => performance.timeOrigin + performance.now();

interface PutItems {
  readonly items: readonly { readonly itemId: string; readonly variants: readonly { readonly priceMinor: number }[] }[];
}

/** What a kiosk keeps, as far as one that only listens needs it. What it never does throws. */
class MemorySyncStore implements SyncStore {
  readonly #device: ExchangeDevice;
  readonly #heads: Map<string, DeviceHead>;
  readonly #prices = new Map<string, { readonly at: string; readonly priceMinor: number }>();
  readonly #onReceived: () => void;
  #peer: Peer;

  constructor(device: ExchangeDevice, peer: Peer, heads: readonly DeviceHead[], onReceived: () => void) {
    this.#device = device;
    this.#peer = peer;
    this.#heads = new Map(heads.map((head) => [head.device, head]));
    this.#onReceived = onReceived;
  }

  price(itemId: string): number | undefined {
    return this.#prices.get(itemId)?.priceMinor;
  }

  receive(entries: readonly WireEntry[]): Received {
    for (const sealed of entries) {
      const { device, seq, hash, prev } = sealed;
      const held = this.#heads.get(device);
      if (prev !== held?.hash) throw new Error(`entry ${seq} of ${device} does not follow on what is held`);
      this.#heads.set(device, { device, seq, hash });
      const read = readEntry(sealed);
      if (!read.ok) throw new Error(`entry ${seq} of ${device}: ${read.unreadable.why}`);
      if (read.entry.kind === 'catalogue.items-put') this.#put(read.entry.at, read.entry.body as PutItems);
    }
    if (entries.length > 0) this.#onReceived();
    return { missing: [], forked: [] };
  }

  #put(at: string, { items }: PutItems): void {
    for (const { itemId, variants } of items) {
      const [variant] = variants;
      const known = this.#prices.get(itemId);
      if (variant && (known === undefined || known.at < at)) {
        this.#prices.set(itemId, { at, priceMinor: variant.priceMinor });
      }
    }
  }

  device() {
    const { deviceId, prefix, publicKey } = this.#device;
    return { deviceId, prefix, publicKey, formerDeviceIds: [] };
  }
  stallId(): string {
    return this.#peer.stallId;
  }
  peers(): readonly Peer[] {
    return [this.#peer];
  }
  putPeer(peer: Peer): void {
    this.#peer = peer;
  }
  sign(text: string): string {
    return this.#device.sign(text);
  }
  heads(): readonly DeviceHead[] {
    return [...this.#heads.values()];
  }
  hashOf(device: string, seq: number): string | null {
    return this.#own(device)[seq - 1]?.hash ?? null;
  }
  entriesAfter(device: string, seq: number): readonly WireEntry[] {
    return this.#own(device).slice(seq);
  }
  signedHead(): WireHead | null {
    return null;
  }
  /** All of it was handed over before the engine began. */
  acknowledgedSeq(): number {
    return this.#device.entries.length;
  }
  queue(): { readonly queued: number; readonly oldestAt: null } {
    return { queued: 0, oldestAt: null };
  }
  people(): readonly [] {
    return [];
  }
  receivePeople(_serverId: string, _people: readonly unknown[], version: number): void {
    this.#peer = { ...this.#peer, peopleVersion: version };
  }
  unreconciled(): readonly [] {
    return [];
  }
  /** A hub that is asked too much at once may say so: the kiosk pauses and tries again, and is late by that. */
  noteFailure(_serverId: string, code: string, detail: string): void {
    if (code !== 'unavailable') throw new Error(`${code}: ${detail}`);
  }
  peopleSent = never;
  removePeer = never;
  enrolled = never;
  rename = never;
  setAside = never;
  acknowledge = never;
  unacknowledge = never;
  reconciled = never;
  mismatched = never;

  #own(device: string): readonly WireEntry[] {
    return device === this.#device.deviceId ? this.#device.entries : [];
  }
}

function never(): never {
  throw new Error('a kiosk that only listens does not do this');
}

class BenchKiosk {
  readonly store: MemorySyncStore;
  readonly engine: SyncEngine;
  /** Called after entries were received. */
  onReceived: () => void = () => undefined;

  constructor(device: ExchangeDevice, peer: Peer, heads: readonly DeviceHead[], now: () => Date) {
    this.store = new MemorySyncStore(device, peer, heads, () => this.onReceived());
    this.engine = new SyncEngine({
      store: this.store,
      connect: (address) => openHttp(address),
      openWake: openWakeSocket,
      now,
      after(ms, work) {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      isInUse: () => false,
      newId: randomUUID,
      newNonce: () => randomBytes(16).toString('base64url'),
      version: 'bench',
      more: [peopleExchange(this.store, now)],
    });
  }
}

/** How many kiosks of a thread are set up at a time. */
const AT_ONCE = 8;

async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await work(one);
    }),
  );
}

function serve(port: NonNullable<typeof parentPort>, { address, codes }: KiosksData): void {
  const devices: ExchangeDevice[] = [];
  const kiosks: BenchKiosk[] = [];
  let laterMs = 0;
  const now = (): Date => new Date(instantMs() + laterMs);

  const answer = async (question: KiosksQuestion): Promise<KiosksAnswer> => {
    switch (question.kind) {
      case 'enrol':
        await eachOf(codes, async (code) => {
          const { device, push, close } = await new ExchangeDevice().enrol(address, code);
          await push();
          close();
          devices.push(device);
        });
        return [];
      case 'start':
        await eachOf(devices, async (device) => {
          const kiosk = new BenchKiosk(device, question.peer, question.heads, now);
          kiosks.push(kiosk);
          await kiosk.engine.start();
          await kiosk.engine.syncNow();
        });
        return [];
      case 'later':
        laterMs += question.ms;
        return [];
      case 'await':
        return Promise.all(
          kiosks.map(
            (kiosk) =>
              new Promise<number>((resolve) => {
                kiosk.onReceived = () => {
                  if (kiosk.store.price(question.itemId) === question.priceMinor) resolve(instantMs());
                };
                kiosk.onReceived();
              }),
          ),
        );
      case 'rest':
        for (const { engine } of kiosks) await engine.syncNow();
        return [];
    }
  };

  port.on('message', (question: KiosksQuestion) => {
    // What goes wrong in a thread ends it, and the bench with it.
    void answer(question).then((told) => port.postMessage(told));
  });
}

if (parentPort !== null) serve(parentPort, workerData as KiosksData);
