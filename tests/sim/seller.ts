import { priceCart, type Cart } from '../../src/domain/cart';
import type { StallLife } from '../journal/stall-life';
import { makeItem, receiptJob, stall, unwrap } from '../journal/stall-life';
import { currency } from '../../src/domain/money';
import { orderNumber, placeOrder, type Order } from '../../src/domain/order';
import { openPayment, payCash } from '../../src/domain/payment';
import type { Random } from './random';

/** How many things the stall has. */
const GOODS = 8;

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
    this.#life.put(...Array.from({ length: GOODS }, (_, number) => makeItem(number)));
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
