/** A stall for the tests of the store: a data folder, a clock that is set by hand, ids that count, and a day's doings. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addVariant, emptyCart, priceCart, type Cart } from '../../src/domain/cart';
import type { Item } from '../../src/domain/catalogue';
import type { Context } from '../../src/domain/context';
import { currency } from '../../src/domain/money';
import { orderNumber, placeOrder, type Order } from '../../src/domain/order';
import { openPayment, payCash, settleCard, startCard, type Payment } from '../../src/domain/payment';
import type { Verdict } from '../../src/domain/refusal';
import type { Result } from '../../src/domain/result';
import type { Shift } from '../../src/domain/shift';
import type { Stall } from '../../src/domain/stall';
import { newJobState, type DeliveryJob } from '../../src/hardware/delivery-job';
import type { Entry } from '../../src/journal/kinds';
import { Store, type StoreLog } from '../../src/main/db/store';

export const silentLog: StoreLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const stall: Stall = {
  stallId: 'stall',
  name: 'Bramble & Rye',
  place: 'Tynemouth Market',
  currency: 'GBP',
  locale: 'en-GB',
  timeZone: 'Europe/London',
  taxIncluded: true,
  taxRates: [
    { id: 'standard', name: 'VAT 20%', basisPoints: 2000 },
    { id: 'zero', name: 'VAT 0%', basisPoints: 0 },
  ],
  vatNumber: '',
  receiptFooter: '',
  labelRules: [],
  categories: [],
  cardProviders: ['SumUp'],
  denominations: [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
};

export function unwrap<T>(result: Result<T> | Verdict<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** An item with one variant; `number` makes everything about it. */
export function makeItem(number: number, change: Partial<Item> = {}): Item {
  const names = ['Bramble jam', 'Crème brûlée', 'Rye loaf', 'Honey', 'Chilli jam', 'Wensleydale'];
  return {
    itemId: `item-${number}`,
    handle: `handle-${number}`,
    name: `${names[number % names.length]} ${number}`,
    category: number % 2 === 0 ? 'Preserves' : 'Bakery',
    description: '',
    photo: null,
    backdrop: { wall: '#e8dcc8', plank: '#c8b8a0' },
    variants: [
      {
        variantId: `variant-${number}`,
        name: '',
        receiptName: '',
        sku: `SKU-${number}`,
        barcodes: [String(5_000_000_000_000 + number)],
        pricing: 'each',
        priceMinor: 100 + number,
        costMinor: null,
        taxRateId: number % 3 === 0 ? 'zero' : 'standard',
        stock: number,
      },
    ],
    ...change,
  };
}

export class StallLife {
  readonly dataDir: string;
  nowMs = Date.parse('2026-06-13T09:00:00.000Z');
  #ids: number;
  #others = 0;
  #store: Store | null = null;

  /**
   * @param dataDir an existing data folder; a new one when absent
   * @param firstId devices of one stall count their ids from different numbers
   */
  constructor(dataDir = mkdtempSync(join(tmpdir(), 'trestle-store-')), firstId = 0) {
    this.dataDir = dataDir;
    this.#ids = firstId;
  }

  /** One more device of the same stall, with a folder of its own. */
  another(): StallLife {
    this.#others += 1;
    const other = new StallLife(undefined, this.#others * 10_000_000);
    other.nowMs = this.nowMs;
    return other;
  }

  /** The same stall as a power cut at this moment would leave it; the original goes on. */
  cutPower(): StallLife {
    const dataDir = mkdtempSync(join(tmpdir(), 'trestle-store-'));
    cpSync(this.dataDir, dataDir, { recursive: true });
    const after = new StallLife(dataDir);
    after.nowMs = this.nowMs + 60_000;
    after.#ids = this.#ids + 1_000_000;
    return after;
  }

  get store(): Store {
    this.#store ??= this.open();
    return this.#store;
  }

  /** Opens another store on the same folder. */
  open(log: StoreLog = silentLog): Store {
    return Store.open({ dataDir: this.dataDir, now: () => new Date(this.nowMs), newId: () => this.newId(), log });
  }

  newId(): string {
    this.#ids += 1;
    return `00000000-0000-7000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  get context(): Context {
    this.nowMs += 1_000;
    return { now: new Date(this.nowMs).toISOString(), newId: () => this.newId() };
  }

  /** Closes in good order; the next use opens again. */
  close(): void {
    this.#store?.close();
    this.#store = null;
  }

  end(): void {
    this.close();
    rmSync(this.dataDir, { recursive: true });
  }

  put(...items: Item[]): readonly Entry[] {
    return this.store.commit({ actor: 'ada', drafts: [{ kind: 'catalogue.items-put', body: { items } }], result: null })
      .entries;
  }

  remove(...itemIds: string[]): void {
    this.store.commit({
      actor: 'ada',
      drafts: [{ kind: 'catalogue.items-removed', body: { itemIds } }],
      result: null,
    });
  }

  openShift(): string {
    const shift: Shift = {
      shiftId: this.newId(),
      openedAt: this.context.now,
      openedBy: 'ada',
      floatMinor: 10_000,
      closed: null,
    };
    this.store.commit({ actor: 'ada', drafts: [{ kind: 'shift.opened', body: { shift } }], result: null });
    return shift.shiftId;
  }

  closeShift(): void {
    const open = this.store.shifts.current();
    if (!open) return;
    const { expectedCashMinor } = open.totals;
    const close = {
      closedAt: this.context.now,
      closedBy: 'ada',
      countedMinor: expectedCashMinor,
      expectedMinor: expectedCashMinor,
      differenceMinor: 0,
      reason: '',
      totals: open.totals,
    };
    const drafts = [{ kind: 'shift.closed', body: { shiftId: open.shift.shiftId, close } } as const];
    this.store.commit({ actor: 'ada', drafts, result: null });
  }

  /** A cart of whatever the catalogue has under these variants. */
  cart(variantIds: readonly string[]): Cart {
    let cart = emptyCart(this.newId());
    for (const variantId of variantIds) {
      const found = this.store.catalogue.variant(variantId);
      if (found) cart = unwrap(addVariant(cart, { stall, ...found, quantity: 1 }, this.context)).cart;
    }
    return cart;
  }

  /** An order paid in cash, ready to be committed. */
  order(variantIds: readonly string[]): Order {
    const cart = priceCart(this.cart(variantIds), stall);
    const payment = unwrap(openPayment(cart, this.context));
    const paid = unwrap(payCash(payment, { givenMinor: cart.totalMinor }, currency('GBP'), this.context));
    return this.#place(cart, paid);
  }

  #place(cart: ReturnType<typeof priceCart>, payment: Payment): Order {
    const shiftId = this.store.shifts.current()?.shift.shiftId ?? this.openShift();
    return unwrap(
      placeOrder(
        {
          cart,
          payment,
          stall,
          orderId: this.newId(),
          number: orderNumber(this.store.device.prefix, this.store.nextOrderSequence()),
          shiftId,
          staffId: 'ada',
          flag: 'queued',
        },
        this.context,
      ),
    );
  }

  /** A whole sale in one commit, with its receipt and drawer jobs. */
  sell(variantIds: readonly string[], requestId?: string): Order {
    const order = this.order(variantIds);
    this.store.commit({
      ...(requestId === undefined ? {} : { requestId }),
      actor: 'ada',
      drafts: [
        { kind: 'order.placed', body: { order } },
        { kind: 'drawer.kicked', body: { reason: 'tender', orderId: order.orderId } },
      ],
      sale: null,
      jobs: [receiptJob(this.newId(), order.orderId, this.nowMs), drawerJob(this.newId(), order.orderId, this.nowMs)],
      result: { orderId: order.orderId },
    });
    return order;
  }

  /** A sale paid by card in three commits, as at the counter. */
  sellByCard(variantIds: readonly string[]): Order {
    const cart = priceCart(this.cart(variantIds), stall);
    const opened = unwrap(openPayment(cart, this.context));
    const tenderId = this.newId();
    const started = unwrap(
      startCard(opened, { amountMinor: cart.totalMinor, provider: 'SumUp', tenderId }, this.context),
    );
    const { paymentId } = opened;
    this.store.commit({
      actor: 'ada',
      drafts: [
        {
          kind: 'tender.started',
          body: { tenderId, paymentId, cartId: cart.cartId, provider: 'SumUp', amountMinor: cart.totalMinor },
        },
      ],
      result: null,
    });
    const settled = unwrap(settleCard(started, { tenderId, outcome: 'approved', reference: '4711' }));
    const order = this.#place(cart, settled);
    this.store.commit({
      actor: 'ada',
      drafts: [
        { kind: 'tender.settled', body: { tenderId, paymentId, outcome: 'approved', reference: '4711' } },
        { kind: 'order.placed', body: { order } },
      ],
      sale: null,
      result: null,
    });
    return order;
  }

  park(variantIds: readonly string[]): string {
    const parkedCartId = this.newId();
    const body = { parkedCartId, label: 'Red coat', cart: this.cart(variantIds), payment: null };
    this.store.commit({ actor: 'ada', drafts: [{ kind: 'cart.parked', body }], sale: null, result: null });
    return parkedCartId;
  }
}

export function receiptJob(id: string, reference: string, createdAtMs: number): DeliveryJob {
  const document = { kind: 'receipt', language: 'en-GB', blocks: [{ kind: 'mark' }, { kind: 'cut' }] } as const;
  return { id, kind: 'receipt', deviceId: 'printer', reference, document, ...newJobState(createdAtMs) };
}

export function drawerJob(id: string, reference: string, createdAtMs: number): DeliveryJob {
  return { id, kind: 'drawer', deviceId: 'printer', reference, pin: 2, ...newJobState(createdAtMs) };
}
