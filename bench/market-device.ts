/** A till reduced to its key and its chain: writes orders as fast as they can be sealed, for benches of the other side. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { v7 as newId } from 'uuid';
import { addVariant, emptyCart, priceCart } from '../src/domain/cart';
import type { Context } from '../src/domain/context';
import { currency } from '../src/domain/money';
import { orderNumber, placeOrder, type Order } from '../src/domain/order';
import { openPayment, payCash } from '../src/domain/payment';
import type { Result } from '../src/domain/result';
import { HybridClock } from '../src/journal/clock';
import { canonicalJson, seal, ZERO_HASH, type SealedEntry } from '../src/journal/entry';
import type { EntryDraft } from '../src/journal/kinds';
import { MAX_BATCH_ENTRIES } from '../src/shared/exchange';
import { saltAndBramble, testItem, testVariant } from '../tests/helpers/stall';

/** Entries of one device in order, and the last of them under its key: what one push carries. */
export interface Batch {
  readonly entries: readonly SealedEntry[];
  readonly head: { readonly device: string; readonly seq: number; readonly hash: string; readonly signature: string };
}

export class MarketDevice {
  readonly deviceId = newId();
  readonly prefix: string;
  readonly publicKey: string;
  readonly #key: KeyObject;
  readonly #clock: HybridClock;
  readonly #template: Order;
  #head = { seq: 0, hash: ZERO_HASH };
  #orders = 0;

  constructor(prefix: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.prefix = prefix;
    this.publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    this.#key = privateKey;
    this.#clock = new HybridClock(this.deviceId, () => new Date(), null);
    this.#template = orderOfTwo();
  }

  /** Ed25519 with its key, base64. */
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#key).toString('base64');
  }

  append(draft: EntryDraft): SealedEntry {
    const { kind, body } = draft;
    const entry = seal(
      {
        device: this.deviceId,
        seq: this.#head.seq + 1,
        id: newId(),
        kind,
        at: this.#clock.next(),
        event: null,
        actor: 'ada',
        body: canonicalJson(body),
      },
      this.#head.hash,
    );
    this.#head = entry;
    return entry;
  }

  /** The entry every chain begins with. */
  register(): SealedEntry {
    const { deviceId, prefix, publicKey } = this;
    return this.append({ kind: 'device.registered', body: { deviceId, prefix, publicKey } });
  }

  /** An order of some 1.1 KB as its journal entry. */
  order(): SealedEntry {
    this.#orders += 1;
    const number = orderNumber(this.prefix, this.#orders);
    const placedAt = new Date().toISOString();
    return this.append({
      kind: 'order.placed',
      body: { order: { ...this.#template, orderId: newId(), cartId: newId(), number, placedAt } },
    });
  }

  orders(count: number): SealedEntry[] {
    return Array.from({ length: count }, () => this.order());
  }

  /** Cuts entries into pushes, each with its signed head. */
  batches(entries: readonly SealedEntry[], size = MAX_BATCH_ENTRIES): Batch[] {
    const batches: Batch[] = [];
    for (let from = 0; from < entries.length; from += size) {
      const slice = entries.slice(from, from + size);
      const last = slice.at(-1);
      if (!last) break;
      const { device, seq, hash } = last;
      const signature = this.sign(`${device} ${seq} ${hash}`);
      batches.push({ entries: slice, head: { device, seq, hash, signature } });
    }
    return batches;
  }
}

function orderOfTwo(): Order {
  const now = new Date().toISOString();
  const context: Context = { now, newId };
  let cart = emptyCart(newId());
  for (const name of ['Bramble jam', 'Rye loaf']) {
    const variant = testVariant({ variantId: newId(), receiptName: name });
    const item = testItem(name, variant);
    cart = must(addVariant(cart, { stall: saltAndBramble, item, variant, quantity: 1 }, context)).cart;
  }
  const priced = priceCart(cart, saltAndBramble);
  const opened = must(openPayment(priced, context));
  const payment = must(payCash(opened, { givenMinor: priced.totalMinor }, currency('GBP'), context));
  return must(
    placeOrder(
      {
        cart: priced,
        payment,
        stall: saltAndBramble,
        orderId: newId(),
        number: 'T1-0001',
        shiftId: newId(),
        staffId: 'ada',
        flag: 'queued',
      },
      context,
    ),
  );
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
