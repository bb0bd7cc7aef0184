/** A device of the exchange without a till behind it: a key, a chain, and what it says over HTTP. */
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import type { z } from 'zod';
import type { Order } from '../../src/domain/order';
import { enrol, ExchangeClient, readServerCard, type PushResponse } from '../../src/exchange/client';
import { openHttp } from '../../src/exchange/http-send';
import { signedTexts } from '../../src/exchange/signatures';
import { HybridClock } from '../../src/journal/clock';
import { canonicalJson, seal, ZERO_HASH, type SealedEntry } from '../../src/journal/entry';
import type { enrolResponse } from '../../src/shared/exchange';
import { sell } from './orders';
import { saltAndBramble } from './stall';

export class ExchangeDevice {
  readonly deviceId: string;
  readonly publicKey: string;
  readonly #privateKey: KeyObject;
  readonly #clock: HybridClock;
  /** Its journal so far. */
  readonly entries: SealedEntry[] = [];
  prefix = 'T1';

  /** @param like a device whose key and name this one has too: a clone, with a journal of its own */
  constructor(like?: ExchangeDevice) {
    if (like) {
      this.deviceId = like.deviceId;
      this.publicKey = like.publicKey;
      this.#privateKey = like.#privateKey;
      this.entries.push(...like.entries);
    } else {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      this.deviceId = randomUUID();
      this.publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      this.#privateKey = privateKey;
    }
    this.#clock = new HybridClock(this.deviceId, () => new Date(), this.entries.at(-1)?.at ?? null);
    if (!like) {
      const { deviceId, prefix, publicKey } = this;
      this.append('device.registered', { deviceId, prefix, publicKey });
    }
  }

  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#privateKey).toString('base64');
  }

  /** Writes one more entry. @param change of what is sealed; the chain stays whole */
  append(kind: string, body: unknown, change: Partial<SealedEntry> = {}): SealedEntry {
    const last = this.entries.at(-1);
    const entry = seal(
      {
        device: this.deviceId,
        seq: (last?.seq ?? 0) + 1,
        id: randomUUID(),
        kind,
        at: this.#clock.next(),
        event: null,
        actor: null,
        body: canonicalJson(body),
        ...change,
      },
      last?.hash ?? ZERO_HASH,
    );
    this.entries.push(entry);
    return entry;
  }

  /** Sells a jar of jam. */
  sell(shiftId = 'shift-1'): { readonly entry: SealedEntry; readonly order: Order } {
    const order = sell(
      {
        stall: saltAndBramble,
        lines: [{ name: 'Bramble jam', priceMinor: 450 }],
        prefix: this.prefix,
        sequence: this.entries.length,
        shiftId,
      },
      { now: new Date().toISOString(), newId: () => randomUUID() },
    );
    return { entry: this.append('order.placed', { order }), order };
  }

  /** What `push` sends of these entries. */
  batch(entries: readonly SealedEntry[]): Parameters<ExchangeClient['push']>[0] {
    const last = entries.at(-1) as SealedEntry;
    const { device, seq, hash } = last;
    const head = { device, seq, hash, signature: this.sign(signedTexts.head(last)) };
    return { entries: [...entries], head };
  }

  /** Joins the stall of a code. @returns the device with a client of its own */
  async enrol(address: string, code: string, stallId: string | null = null): Promise<EnrolledDevice> {
    const { send, close } = openHttp(address);
    const card = await readServerCard(send);
    const { deviceId, publicKey, prefix } = this;
    const enrolled = await enrol(
      send,
      {
        code,
        former: null,
        deviceId,
        publicKey,
        prefix,
        stallId,
        name: 'Test till',
        signature: this.sign(signedTexts.enrol(code, deviceId, publicKey)),
      },
      card,
    );
    this.prefix = enrolled.prefix;
    return this.#connected(address, enrolled, close);
  }

  #connected(address: string, enrolled: z.infer<typeof enrolResponse>, close: () => void): EnrolledDevice {
    const connection = openHttp(address);
    const client = new ExchangeClient({
      send: connection.send,
      server: enrolled.server,
      stallId: enrolled.stallId,
      deviceId: this.deviceId,
      sign: (text) => this.sign(text),
      newNonce: randomUUID,
    });
    close();
    return {
      device: this,
      client,
      stallId: enrolled.stallId,
      push: (from = 1) => client.push(this.batch(this.entries.slice(from - 1))),
      close: () => connection.close(),
    };
  }
}

export interface EnrolledDevice {
  readonly device: ExchangeDevice;
  readonly client: ExchangeClient;
  readonly stallId: string;
  /** Hands over all entries from a number on. */
  push(fromSeq?: number): Promise<PushResponse>;
  close(): void;
}
