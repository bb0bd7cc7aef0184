import { readCode } from '../../domain/scanned-code';
import { itemCount, type PricedCart } from '../../domain/cart';
import type { Order } from '../../domain/order';
import { priceSlipDocument } from '../../domain/price-slip';
import { receiptDocument, type ReceiptDocument } from '../../domain/receipt';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, OrderSummary } from '../../shared/contract';
import type { StoredOrder } from '../db/readers';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import { receiptCodeOf } from './receipt-code';
import type { CoreContext } from './core-context';
import type { DeviceService } from './device-service';
import type { JobService } from './job-service';
import { receiptWords } from '../../shared/receipt-words';

/** Digits of the entry's hash that a receipt shows as its check. */
const CHECK_DIGITS = 16;

/** Placed orders and their receipts. */
export class OrderService {
  readonly #core: CoreContext;
  readonly #devices: DeviceService;
  readonly #jobs: () => JobService;
  readonly #onShown: (orderId: string) => void;
  readonly #cart: () => PricedCart;
  readonly #receiptUrl: (order: Order) => string | null;

  /**
   * @param hooks.jobs asked for late, since the two services need each other
   * @param hooks.onShown hears that a shopper saw the receipt of an order on a screen
   * @param hooks.cart the open sale as it is shown
   * @param hooks.receiptUrl where the web receipt of an order is, or null
   */
  constructor(
    core: CoreContext,
    devices: DeviceService,
    hooks: {
      readonly jobs: () => JobService;
      readonly onShown: (orderId: string) => void;
      readonly cart: () => PricedCart;
      readonly receiptUrl: (order: Order) => string | null;
    },
  ) {
    this.#core = core;
    this.#devices = devices;
    this.#jobs = hooks.jobs;
    this.#onShown = hooks.onShown;
    this.#cart = hooks.cart;
    this.#receiptUrl = hooks.receiptUrl;
  }

  list(input: CallInput<'order.list'>): CallOutput<'order.list'> {
    const { orders, more } = this.#core.store.orders.list(input);
    return { orders: orders.map((stored) => ({ ...this.summary(stored), sequence: stored.sequence })), more };
  }

  get({ orderId }: CallInput<'order.get'>): CallOutput<'order.get'> {
    const stored = this.#require(orderId);
    const jobs = this.#jobs();
    return {
      order: stored.order,
      summary: this.summary(stored),
      copies: stored.copies,
      receipt: this.receipt(stored.order, stored.hash),
      jobs: this.#core.store.jobs.ofReference(orderId).map((job) => jobs.summary(job)),
      flags: this.#core.store.orders.flagHistory(orderId).map(({ flag, cause, at }) => ({ flag, cause, at })),
    };
  }

  /** Finds an order by the code on its receipt, or by its number as a person types it. */
  find({ code }: CallInput<'order.find'>): CallOutput<'order.find'> {
    const read = unwrap(readCode(code));
    const number = read.kind === 'receipt' ? read.number : read.code.toUpperCase();
    const found = this.#core.store.orders.byNumber(number);
    return found && { orderId: found.order.orderId };
  }

  confirmShown(
    { orderId }: CallInput<'order.confirm-shown'>,
    { requestId, staffId }: CallContext,
  ): Record<string, never> {
    this.#require(orderId);
    this.#core.store.commit({ requestId, actor: staffId, drafts: [], result: {} });
    this.#onShown(orderId);
    return {};
  }

  /** Prints the receipt an order has not had yet, or a COPY. */
  print({ orderId }: CallInput<'order.print'>, { requestId, staffId }: CallContext): CallOutput<'order.print'> {
    const stored = this.#require(orderId);
    const { store } = this.#core;
    const deviceId = this.#devices.requirePrinter();
    const unbegun = store.jobs
      .ofReference(orderId)
      .find(({ kind, state }) => kind === 'receipt' && (state === 'waiting' || state === 'held'));
    if (unbegun) {
      this.#jobs().print({ jobIds: [unbegun.id] }, { requestId, staffId });
      const result = { jobId: unbegun.id, copy: 0 };
      return store.commit({ requestId, actor: staffId, drafts: [], result }).result;
    }
    if (store.jobs.receiptState(orderId) === 'none') {
      const row = this.#jobs().row({ kind: 'receipt', deviceId, reference: orderId, document: null });
      const { result } = store.commit({
        requestId,
        actor: staffId,
        drafts: [],
        jobs: [row],
        result: { jobId: row.id, copy: 0 },
      });
      this.#jobs().written(row);
      return result;
    }
    return this.#printCopy(stored, deviceId, { requestId, staffId });
  }

  /** Prints why things cost what they cost: of an order, or of the open sale. */
  printPrices(
    { orderId, lineId }: CallInput<'order.print-prices'>,
    context: CallContext,
  ): CallOutput<'order.print-prices'> {
    const order = orderId === null ? null : this.#require(orderId).order;
    const sale = order ?? this.#cart();
    const lines = sale.lines.filter((line) => lineId === null || line.lineId === lineId);
    if (lines.length === 0) throw new CallFailure('unknown-line');
    const { stall } = this.#core;
    const document = priceSlipDocument(
      { lines, order, discount: sale.discount },
      { stall, words: receiptWords(stall), at: this.#core.now().toISOString() },
    );
    const deviceId = this.#devices.requirePrinter();
    return this.#jobs().add({ job: { kind: 'prices', deviceId, reference: null, document }, ...context });
  }

  /** Prints the receipt of an order again, marked COPY. */
  printCopy(orderId: string, staffId: string | null): void {
    this.#printCopy(this.#require(orderId), this.#devices.requirePrinter(), { staffId });
  }

  #printCopy(
    stored: StoredOrder,
    deviceId: string,
    { requestId, staffId }: { readonly requestId?: string; readonly staffId: string | null },
  ): CallOutput<'order.print'> {
    const { orderId } = stored.order;
    const copy = stored.copies + 1;
    const at = this.#core.now().toISOString();
    const document = this.receipt(stored.order, stored.hash, { number: copy, at });
    const row = this.#jobs().row({ kind: 'copy', deviceId, reference: orderId, document });
    const draft: EntryDraft = { kind: 'receipt.copied', body: { orderId, copy } };
    const { result } = this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts: [draft],
      jobs: [row],
      result: { jobId: row.id, copy },
    });
    this.#jobs().written(row);
    return result;
  }

  /**
   * The receipt of an order, by its id.
   * @throws {CallFailure} `unknown-order`
   */
  receiptOf(orderId: string): ReceiptDocument {
    const { order, hash } = this.#require(orderId);
    return this.receipt(order, hash);
  }

  /**
   * The receipt of an order.
   * @param hash of the journal entry that placed it
   */
  receipt(order: Order, hash: string, copy?: { readonly number: number; readonly at: string }): ReceiptDocument {
    const stall = this.#core.stall;
    return receiptDocument(order, {
      stall,
      staffName: this.#core.store.people.nameOf(order.staffId),
      check: hash.slice(0, CHECK_DIGITS),
      words: receiptWords(stall),
      code: receiptCodeOf(this.#core, order, this.#receiptUrl(order)),
      ...(copy && { copy }),
    });
  }

  summary({ order, unsettled }: StoredOrder): OrderSummary {
    const { store } = this.#core;
    return {
      orderId: order.orderId,
      number: order.number,
      placedAt: order.placedAt,
      totalMinor: order.totalMinor,
      itemCount: itemCount(order.lines),
      tenders: [...new Set(order.tenders.filter(({ state }) => state === 'approved').map(({ kind }) => kind))],
      unsettled,
      flag: order.flag,
      staffName: store.people.nameOf(order.staffId),
      receipt: store.jobs.receiptState(order.orderId),
    };
  }

  #require(orderId: string): StoredOrder {
    const stored = this.#core.store.orders.get(orderId);
    if (!stored) throw new CallFailure('unknown-order');
    return stored;
  }
}
