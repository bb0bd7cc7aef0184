import { priceCart, type Cart } from '../../src/domain/cart';
import type { StallLife } from '../journal/stall-life';
import { makeItem, receiptJob, stall, unwrap } from '../journal/stall-life';
import { currency } from '../../src/domain/money';
import { orderNumber, placeOrder, type Order } from '../../src/domain/order';
import { openPayment, payCash } from '../../src/domain/payment';
import { seal } from '../../src/journal/entry';
import type { Random } from './random';

/** How many things the stall has. */
const GOODS = 8;

/** What there is little of, and divided among the tills: its number, and how many there are. */
export const SCARCE = { number: 90, quantity: 12 };
const SCARCE_ITEM = makeItem(SCARCE.number);
const SCARCE_ITEM_ID = SCARCE_ITEM.itemId;
const SCARCE_VARIANT_ID = SCARCE_ITEM.variants[0]?.variantId ?? '';

/** A kind of fact that no version knows yet: a newer till wrote it. */
export const LATER_KIND = 'stall.decorated';

/**
 * Somebody at a till who does whatever comes along: sells, parks, resumes, edits goods, closes and opens the shift. Which of
 * these is chance; what each does is the till's own rules.
 */
export class Seller {
  readonly #life: StallLife;
  readonly #random: Random;
  readonly #onSold: (order: Order) => void;

  /** @param onSold hears of a sale when the shopper would see that it is done */
  constructor(life: StallLife, random: Random, onSold: (order: Order) => void) {
    this.#life = life;
    this.#random = random;
    this.#onSold = onSold;
  }

  /** Does one thing. @returns its name */
  act(): string {
    const deeds: readonly [number, string, () => void][] = [
      [40, 'sells', () => this.#onSold(this.#life.sell(this.#variants(), this.#life.newId()))],
      [8, 'sells by card', () => this.#onSold(this.#life.sellByCard(this.#variants()))],
      [8, 'parks', () => void this.#life.park(this.#variants())],
      [8, 'resumes', () => this.#resume()],
      [12, 'edits', () => this.#edit()],
      [3, 'removes', () => this.#life.remove(`item-${this.#random.below(GOODS)}`)],
      [4, 'closes the shift', () => this.#life.closeShift()],
      [6, 'sells what is scarce', () => this.#sellScarce()],
      [2, 'gives a share away', () => this.#giveShare()],
      [3, 'takes somebody on', () => this.#takeOn()],
      [2, 'renames somebody', () => this.#rename()],
      [2, 'lets somebody go', () => this.#letGo()],
      [1, 'writes what nobody understands', () => this.#writeLater()],
      [4, 'opens a shift', () => void (this.#life.store.shifts.current() ?? this.#life.openShift())],
    ];
    let at = this.#random.below(deeds.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, name, deed] of deeds) {
      at -= weight;
      if (at >= 0) continue;
      deed();
      return name;
    }
    return 'rests';
  }

  /** The goods everybody sells. */
  stockUp(): void {
    this.#life.store.commit({ actor: 'ada', drafts: [{ kind: 'stall.configured', body: { stall } }], result: null });
    this.#life.put(...Array.from({ length: GOODS }, (_, number) => makeItem(number)), SCARCE_ITEM);
  }

  /** Divides what is scarce among the tills there are, once. */
  divide(): string {
    const { store } = this.#life;
    const devices = store.stall.devices();
    if (store.shares.of(SCARCE_ITEM_ID, SCARCE_VARIANT_ID).division !== null || devices.length < 2)
      return 'divides nothing';
    const quantity = Math.floor(SCARCE.quantity / devices.length);
    const shares = devices.map(({ deviceId }) => ({ deviceId, quantity }));
    const body = { itemId: SCARCE_ITEM_ID, variantId: SCARCE_VARIANT_ID, shares };
    store.commit({ actor: 'ada', drafts: [{ kind: 'stock.shared', body }], result: null });
    return 'divides what is scarce';
  }

  #sellScarce(): void {
    if ((this.#life.store.shares.left(SCARCE_ITEM_ID, SCARCE_VARIANT_ID) ?? 0) === 0) return;
    this.#onSold(this.#life.sell([SCARCE_VARIANT_ID], this.#life.newId()));
  }

  #giveShare(): void {
    const { store } = this.#life;
    const left = store.shares.left(SCARCE_ITEM_ID, SCARCE_VARIANT_ID) ?? 0;
    const others = store.stall.devices().filter(({ deviceId }) => deviceId !== store.device.deviceId);
    if (left === 0 || others.length === 0) return;
    const toDevice = this.#random.pick(others).deviceId;
    const body = { itemId: SCARCE_ITEM_ID, variantId: SCARCE_VARIANT_ID, toDevice, quantity: 1 };
    store.commit({ actor: 'ada', drafts: [{ kind: 'stock.share-given', body }], result: null });
  }

  #takeOn(): void {
    const { store } = this.#life;
    const reference = this.#life.newId();
    const at = `${new Date(this.#life.nowMs).toISOString()}-0000-${store.device.deviceId}`;
    store.people.receive([{ reference, person: { name: `Bo ${reference.slice(-4)}`, pinHash: null }, at }]);
    const body = { staffId: reference, role: 'cashier' } as const;
    store.commit({ actor: 'ada', drafts: [{ kind: 'staff.added', body }], result: null });
  }

  #rename(): void {
    const somebody = this.#anybody();
    if (somebody !== null) this.#life.store.people.rename(somebody, `Mo ${this.#random.below(1_000)}`);
  }

  #letGo(): void {
    const somebody = this.#anybody();
    if (somebody === null) return;
    this.#life.store.people.forget(somebody);
    this.#life.store.commit({
      actor: 'ada',
      drafts: [{ kind: 'staff.removed', body: { staffId: somebody } }],
      result: null,
    });
  }

  #anybody(): string | null {
    const known = this.#life.store.people.changes().filter(({ person }) => person !== null);
    return known.length === 0 ? null : this.#random.pick(known).reference;
  }

  /** What a newer version of this till wrote, before an older one was put back. */
  #writeLater(): void {
    const { store } = this.#life;
    const { deviceId } = store.device;
    const head = store.sync.journal.head(deviceId);
    if (!head) return;
    const before = store.sync.journal.entry(deviceId, head.seq);
    // Right after the one before.
    const counter = Number.parseInt(before?.at.slice(25, 29) ?? '', 16) + 1;
    const at = `${before?.at.slice(0, 25)}${counter.toString(16).padStart(4, '0')}-${deviceId}`;
    const place = { device: deviceId, seq: head.seq + 1, id: this.#life.newId(), at };
    const entry = seal({ ...place, kind: LATER_KIND, event: null, actor: 'ada', body: '{"bunting":true}' }, head.hash);
    store.receive([entry], []);
  }

  #variants(): string[] {
    const known = Array.from({ length: GOODS }, (_, number) => `variant-${number}`).filter(
      (variantId) => this.#life.store.catalogue.variant(variantId) !== null,
    );
    // Goods may all be gone from a till for a moment; then somebody puts one back.
    if (known.length === 0) {
      this.#life.put(makeItem(0));
      known.push('variant-0');
    }
    return Array.from({ length: 1 + this.#random.below(3) }, () => this.#random.pick(known));
  }

  #edit(): void {
    const number = this.#random.below(GOODS);
    const item = makeItem(number);
    const priceMinor = 50 + this.#random.below(900);
    const variants = item.variants.map((variant) => ({ ...variant, priceMinor, stock: this.#random.below(30) }));
    this.#life.put({ ...item, name: `${item.name} ${priceMinor}`, variants });
  }

  /** Takes up a cart that was parked at any till of the stall, and sells it or throws it away. */
  #resume(): void {
    const { store } = this.#life;
    const [parked] = store.parked.list();
    if (!parked) return;
    const { parkedCartId } = parked;
    const reason = this.#random.chance(0.7) ? 'resumed' : 'discarded';
    const unparked = { kind: 'cart.unparked', body: { parkedCartId, reason } } as const;
    const cart = store.parked.get(parkedCartId)?.cart;
    if (reason === 'discarded' || !cart) {
      store.commit({ actor: 'ada', drafts: [unparked], result: null });
      return;
    }
    const order = this.#pay(cart);
    const { orderId } = order;
    store.commit({
      actor: 'ada',
      drafts: [unparked, { kind: 'order.placed', body: { order } }],
      jobs: [receiptJob(this.#life.newId(), orderId, this.#life.nowMs)],
      result: { orderId },
    });
    this.#onSold(order);
  }

  #pay(cart: Cart): Order {
    const { store, context } = this.#life;
    const priced = priceCart(cart, stall);
    const opened = unwrap(openPayment(priced, context));
    const payment = unwrap(payCash(opened, { givenMinor: priced.totalMinor }, currency('GBP'), context));
    const shiftId = store.shifts.current()?.shift.shiftId ?? this.#life.openShift();
    return unwrap(
      placeOrder(
        {
          cart: priced,
          payment,
          stall,
          orderId: this.#life.newId(),
          number: orderNumber(store.device.prefix, store.nextOrderSequence()),
          shiftId,
          staffId: 'ada',
          flag: 'queued',
        },
        context,
      ),
    );
  }
}
