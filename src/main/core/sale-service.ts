import { randomBytes } from 'node:crypto';
import {
  addTypedAmount,
  addVariant,
  discountCart,
  discountLine,
  emptyCart,
  noteCart,
  noteLine,
  priceCart,
  priceFor,
  removeLine,
  setQuantity,
  type Cart,
  type CartLine,
  type PricedCart,
} from '../../domain/cart';
import { fullName, type Item, type Pricing, type Quantity, type Variant } from '../../domain/catalogue';
import { unheldPieces, type LineHold } from '../../domain/hold';
import type { HoldTicket } from '../../domain/hold-token';
import { currency, roundCash } from '../../domain/money';
import { addPriced, piecesByRule } from '../../domain/pricing/cart-prices';
import { orderNumber, placeOrder, type Order, type ResilienceFlag } from '../../domain/order';
import {
  canCancel,
  changeCoins,
  changeOf,
  isPaid,
  openPayment,
  payCash,
  quickTendersMinor,
  removeCash,
  settleCard,
  startCard,
  viewPayment,
  type Payment,
} from '../../domain/payment';
import { RECEIPT_KEY_BYTES } from '../../domain/receipt-address';
import type { Verdict } from '../../domain/refusal';
import type { DeliveryJob } from '../../hardware/delivery-job';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, CallOutput, OrderSummary, ParkedCart, ScanOutcome, TopicState } from '../../shared/contract';
import type { WordedCode } from '../../shared/errors';
import type { SaleRecord } from '../db/sale-record';
import type { OpenTender, StoredParkedCart } from '../db/readers';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CatalogueService } from './catalogue-service';
import { domainContext, requireStaff, type CoreContext } from './core-context';
import type { DeviceService } from './device-service';
import type { HoldService } from './hold-service';
import type { JobService } from './job-service';
import type { OrderService } from './order-service';
import type { PricingService } from './pricing-service';

/** How many names of a parked cart help to recognise it. */
const NAMES_OF_PARKED = 3;

/** What a hold brings to the docket. */
export interface HeldGoods {
  readonly item: Item;
  readonly variant: Variant;
  readonly quantity: number;
  readonly price: Pick<CartLine, 'unitPriceMinor' | 'wasMinor' | 'trace'>;
  readonly hold: LineHold;
}

type OrderPlaced = CallOutput<'payment.cash'>;
type Nothing = Record<string, never>;

const NOT_PLACED: OrderPlaced = { orderId: null, number: null, changeMinor: 0 };

/**
 * The sale in progress: cart, payment, and what is parked. Working state is saved with every command; what counts is
 * journalled. The order, its receipt and drawer jobs, and the cleared sale are one transaction; devices hear of it after.
 */
export class SaleService {
  readonly #core: CoreContext;
  readonly #catalogue: CatalogueService;
  readonly #orders: OrderService;
  readonly #jobs: JobService;
  readonly #devices: DeviceService;
  readonly #prices: PricingService;
  /** Hears of an order in the turn it was placed in. */
  readonly #onPlaced: (order: Order) => void;
  readonly #holds: () => Pick<HoldService, 'free' | 'hasAny'>;
  #sale: SaleRecord;
  /** Which prices the cart was brought to last. */
  #pricedAt = '';
  /** The cart with its sums, as long as the cart is the same. */
  #priced: { readonly cart: Cart; readonly value: PricedCart } | null = null;
  /** The order just placed, until the next sale begins or the cashier moves on. */
  #placed: Order | null;
  #parked: ParkedCart[] | null = null;
  /** The holds on them. */
  #heldAside: readonly HoldTicket[] | null = null;
  #strays: readonly OpenTender[];
  #lastOrder: { readonly value: OrderSummary | null } | null = null;

  constructor(
    core: CoreContext,
    services: {
      readonly catalogue: CatalogueService;
      readonly orders: OrderService;
      readonly jobs: JobService;
      readonly devices: DeviceService;
      readonly prices: PricingService;
      readonly onPlaced: (order: Order) => void;
      /** Asked for late, since the two services need each other. */
      readonly holds: () => Pick<HoldService, 'free' | 'hasAny'>;
    },
  ) {
    this.#core = core;
    this.#catalogue = services.catalogue;
    this.#orders = services.orders;
    this.#jobs = services.jobs;
    this.#devices = services.devices;
    this.#prices = services.prices;
    this.#onPlaced = services.onPlaced;
    this.#holds = services.holds;
    this.#sale = core.store.sale() ?? this.#freshSale(null);
    const { doneOrderId } = this.#sale;
    this.#placed = (doneOrderId === null ? null : core.store.orders.get(doneOrderId)?.order) ?? null;
    this.#strays = this.#findStrays();
  }

  /** Whether a payment is open. */
  paying(): boolean {
    return this.#sale.payment !== null;
  }

  /** How much of a variant is on the docket that comes from no hold: pieces, or grams. */
  unheldOnDocket(variantId: string): number {
    return unheldPieces(this.#sale.cart.lines, variantId);
  }

  /** The holds on the docket and on carts that were set aside, by their ids. */
  holdsOnDocket(): ReadonlyMap<string, HoldTicket> {
    this.#heldAside ??= this.#core.store.parked.list().flatMap(({ cart }) => holdsOf(cart));
    return new Map([...holdsOf(this.#sale.cart), ...this.#heldAside].map((ticket) => [ticket.holdId, ticket]));
  }

  /** What so many pieces cost anybody, beside what is on the docket: in as many parts as they have prices. */
  pricesBeside(variant: Variant, quantity: Quantity): ReturnType<PricingService['pricesFor']> {
    return this.#prices.pricesFor(priceFor(this.#sale.cart, { audience: 'everyone' }), variant, quantity);
  }

  /** Puts held goods on the docket, at the price that was promised. */
  addHeld<T>({ item, variant, ...held }: HeldGoods, context: CallContext, resultOf: (lineId: string) => T): T {
    return this.#change(context, (sale) => {
      const { stall } = this.#core;
      const added = unwrap(addVariant(sale.cart, { stall, item, variant, ...held }, domainContext(this.#core)));
      return { sale: { ...sale, cart: added.cart, markedLineId: added.lineId }, result: resultOf(added.lineId) };
    });
  }

  /** How many pieces on the docket have their price by a rule, but for those that were held. */
  onDocketBy(ruleId: string): number {
    return piecesByRule(this.#sale.cart).get(ruleId) ?? 0;
  }

  /** Builds a sale from a code, up to the payment, and keeps nothing of it; throws when that cannot be sold. */
  rehearse(code: string): void {
    const { stall } = this.#core;
    const world = domainContext(this.#core);
    const meaning = this.#catalogue.readAny(code);
    if (meaning.kind !== 'variant') throw new CallFailure('unknown-code');
    const { item, variant } = meaning;
    const { cart } = unwrap(addVariant(emptyCart(this.#core.newId()), { stall, item, variant }, world));
    unwrap(openPayment(priceCart(this.#prices.reprice(cart), stall), world));
  }

  /** Card payments may be this till's to settle now that were not before, or no more. */
  strayTendersChanged(): void {
    this.#strays = this.#findStrays();
    this.#core.topics.mark('sale');
  }

  /** Hears that the state of an order's receipt changed. */
  orderChanged(orderId: string): void {
    if (this.#lastOrder?.value?.orderId !== orderId) return;
    this.#lastOrder = null;
    this.#core.topics.mark('sale');
  }

  /** The resilience flag of an order moved on. */
  orderFlagged(orderId: string, flag: ResilienceFlag): void {
    if (this.#placed?.orderId === orderId) {
      this.#placed = { ...this.#placed, flag };
      this.#core.topics.mark('sale');
    }
    this.orderChanged(orderId);
  }

  /** Prices moved on: an open cart goes with them, unless it is being paid. */
  pricesChanged(): void {
    const { cart, payment } = this.#sale;
    if (payment !== null || cart.lines.length === 0) return;
    const repriced = this.#prices.reprice(cart);
    const version = this.#prices.version();
    if (repriced !== cart) {
      const sale = { ...this.#sale, cart: repriced };
      this.#core.store.saveSale(sale);
      this.#become(sale);
    }
    this.#pricedAt = version;
  }

  /** Entries came from other devices: what is kept of the tables may be old. */
  received(): void {
    this.#parkedChanged();
    this.#lastOrder = null;
    this.#core.topics.mark('sale');
  }

  scan({ code }: CallInput<'cart.scan'>, context: CallContext): ScanOutcome {
    const meaning = this.#catalogue.readAny(code);
    if (meaning.kind === 'receipt') {
      const stored = this.#core.store.orders.byNumber(meaning.number);
      if (!stored) {
        throw new CallFailure('unknown-order', { details: { reason: 'order-elsewhere', number: meaning.number } });
      }
      return { kind: 'order', orderId: stored.order.orderId };
    }
    if (meaning.kind === 'unknown') {
      throw new CallFailure('unknown-code');
    }
    const { item, variant, weightGrams, amountMinor, dateWarning } = meaning;
    const name = fullName(item, variant);
    if (variant.pricing === 'kg' && weightGrams === null && amountMinor === null) {
      return { kind: 'weight-needed', variantId: variant.variantId, name, dateWarning };
    }
    if (amountMinor === null) {
      const now = this.#prices.pricesFor(this.#sale.cart, variant, weightGrams ?? 1)[0]?.price;
      if (now?.mustAsk) {
        return {
          kind: 'price-needed',
          variantId: variant.variantId,
          name,
          lastMinor: now.trace.base.priceMinor,
          quantity: weightGrams,
        };
      }
    }
    return this.#addVariant(
      { item, variant, quantity: weightGrams ?? undefined, labelAmountMinor: amountMinor ?? undefined },
      context,
      (lineId) => ({ kind: 'line', lineId, name, dateWarning }),
    );
  }

  add({ variantId, quantity, priceMinor }: CallInput<'cart.add'>, context: CallContext): CallOutput<'cart.add'> {
    const found = this.#core.store.catalogue.variant(variantId);
    if (!found) throw new CallFailure('unknown-item');
    if (found.variant.pricing === 'kg' && quantity === undefined) {
      throw new CallFailure('weight-needed');
    }
    return this.#addVariant({ ...found, quantity, typedPriceMinor: priceMinor }, context, (lineId) => ({ lineId }));
  }

  setAudience({ audience }: CallInput<'cart.set-audience'>, context: CallContext): Nothing {
    return this.#change(context, (sale) => {
      this.#pricedAt = '';
      return { sale: { ...sale, cart: priceFor(sale.cart, { audience }) }, result: {} };
    });
  }

  addAmount(input: CallInput<'cart.add-amount'>, context: CallContext): CallOutput<'cart.add-amount'> {
    return this.#change(context, (sale) => {
      const stall = this.#core.stall;
      const { cart, lineId } = unwrap(addTypedAmount(sale.cart, { stall, ...input }, domainContext(this.#core)));
      return { sale: { ...sale, cart, markedLineId: lineId }, result: { lineId } };
    });
  }

  markLine({ lineId }: CallInput<'cart.mark-line'>, context: CallContext): Nothing {
    return this.#change(context, (sale) => {
      if (!sale.cart.lines.some((line) => line.lineId === lineId)) {
        throw new CallFailure('unknown-line');
      }
      return { sale: { ...sale, markedLineId: lineId }, result: {} };
    });
  }

  setQuantity({ lineId, quantity }: CallInput<'cart.set-quantity'>, context: CallContext): Nothing {
    return this.#edit(context, (cart) => setQuantity(cart, { lineId, quantity }));
  }

  removeLine({ lineId }: CallInput<'cart.remove-line'>, context: CallContext): Nothing {
    return this.#edit(context, (cart) => removeLine(cart, { lineId }));
  }

  discountLine({ lineId, discount }: CallInput<'cart.discount-line'>, context: CallContext): Nothing {
    return this.#edit(context, (cart) => discountLine(cart, { lineId, discount }));
  }

  discountCart({ discount }: CallInput<'cart.discount'>, context: CallContext): Nothing {
    return this.#edit(context, (cart) => discountCart(cart, { discount }));
  }

  noteLine({ lineId, note }: CallInput<'cart.note-line'>, context: CallContext): Nothing {
    return this.#edit(context, (cart) => noteLine(cart, { lineId, note }));
  }

  noteCart({ note }: CallInput<'cart.note'>, context: CallContext): Nothing {
    return this.#edit(context, (cart) => noteCart(cart, { note }));
  }

  void({ reason }: CallInput<'cart.void'>, context: CallContext): Nothing {
    this.#refuseWhilePaying();
    const { cart } = this.#sale;
    const drafts: EntryDraft[] = cart.lines.length === 0 ? [] : [{ kind: 'cart.voided', body: { cart, reason } }];
    return this.#commit(context, { drafts, sale: this.#freshSale(null), result: {} });
  }

  /** Sets the sale aside, with its payment when money moved or may have moved. */
  park({ label }: CallInput<'cart.park'>, context: CallContext): CallOutput<'cart.park'> {
    const { cart, payment } = this.#sale;
    if (cart.lines.length === 0) throw new CallFailure('empty-cart', { details: { reason: 'nothing-to-park' } });
    const parkedCartId = this.#core.newId();
    const kept = payment && hasLiveTender(payment) ? payment : null;
    const result = this.#commit(context, {
      drafts: [{ kind: 'cart.parked', body: { parkedCartId, label, cart, payment: kept } }],
      sale: this.#freshSale(null),
      result: { parkedCartId },
    });
    this.#parkedChanged();
    return result;
  }

  unpark({ parkedCartId }: CallInput<'cart.unpark'>, context: CallContext): Nothing {
    const { cart, payment } = this.#requireParked(parkedCartId);
    if (this.#sale.cart.lines.length > 0 || this.#sale.payment) {
      throw new CallFailure('sale-in-progress');
    }
    const markedLineId = cart.lines.at(-1)?.lineId ?? null;
    this.#commit(context, {
      drafts: [{ kind: 'cart.unparked', body: { parkedCartId, reason: 'resumed' } }],
      // What waited may cost something else by now; what is being paid does not.
      sale: { cart: payment === null ? this.#prices.reprice(cart) : cart, markedLineId, payment, doneOrderId: null },
      result: {},
    });
    this.#parkedChanged();
    this.#core.topics.mark('sale');
    return {};
  }

  discardParked({ parkedCartId }: CallInput<'cart.discard-parked'>, context: CallContext): Nothing {
    const { payment } = this.#requireParked(parkedCartId);
    if (payment && hasLiveTender(payment)) {
      throw new CallFailure('money-taken', { details: { reason: 'parked-money' } });
    }
    this.#commit(context, {
      drafts: [{ kind: 'cart.unparked', body: { parkedCartId, reason: 'discarded' } }],
      sale: this.#sale,
      result: {},
    });
    this.#parkedChanged();
    this.#core.topics.mark('sale');
    return {};
  }

  openPayment(context: CallContext): Nothing {
    this.#requireShift();
    this.#refuseWhilePaying();
    this.#requireShares(this.#sale.cart);
    this.#requireDrops(this.#sale.cart);
    const payment = unwrap(openPayment(this.#pricedCart(), domainContext(this.#core)));
    return this.#save(context, { ...this.#sale, payment }, {});
  }

  cancelPayment(context: CallContext): Nothing {
    const payment = this.#requirePayment();
    if (!canCancel(payment)) {
      throw viewPayment(payment, this.#core.stall).locked
        ? new CallFailure('payment-locked')
        : new CallFailure('money-taken');
    }
    const { cart } = this.#sale;
    return this.#save(context, { ...this.#sale, cart: this.#prices.reprice(cart), payment: null }, {});
  }

  payCash({ givenMinor }: CallInput<'payment.cash'>, context: CallContext): OrderPlaced {
    this.#requireShift();
    const of = currency(this.#core.stall.currency);
    const world = domainContext(this.#core);
    if (!this.#sale.payment) {
      this.#requireShares(this.#sale.cart);
      this.#requireDrops(this.#sale.cart);
    }
    const open = this.#sale.payment ?? unwrap(openPayment(this.#pricedCart(), world));
    return this.#proceed(context, unwrap(payCash(open, { givenMinor }, of, world)));
  }

  removeCash({ tenderId }: CallInput<'payment.remove-cash'>, context: CallContext): Nothing {
    const payment = unwrap(removeCash(this.#requirePayment(), { tenderId }));
    return this.#save(context, { ...this.#sale, payment }, {});
  }

  /** Written before the cashier is told to use the machine, so that no crash can hide a payment. */
  startCard(
    { amountMinor, provider }: CallInput<'payment.card-start'>,
    context: CallContext,
  ): CallOutput<'payment.card-start'> {
    this.#requireShift();
    const tenderId = this.#core.newId();
    const payment = unwrap(
      startCard(this.#requirePayment(), { amountMinor, provider, tenderId }, domainContext(this.#core)),
    );
    const { paymentId } = payment;
    const { cartId } = this.#sale.cart;
    return this.#commit(context, {
      drafts: [{ kind: 'tender.started', body: { tenderId, paymentId, cartId, provider, amountMinor } }],
      sale: { ...this.#sale, payment },
      result: { tenderId },
    });
  }

  settleCard({ tenderId, outcome, reference }: CallInput<'payment.card-settle'>, context: CallContext): OrderPlaced {
    const before = this.#requirePayment();
    const payment = unwrap(settleCard(before, { tenderId, outcome, reference }));
    const { paymentId } = payment;
    // Saying the same again is not a new fact.
    const drafts: EntryDraft[] =
      payment === before ? [] : [{ kind: 'tender.settled', body: { tenderId, paymentId, outcome, reference } }];
    return this.#proceed(context, payment, drafts);
  }

  settleStray(
    { tenderId, outcome, reference }: CallInput<'payment.settle-stray'>,
    { requestId, staffId }: CallContext,
  ): Nothing {
    const stray = this.#strays.find((tender) => tender.tenderId === tenderId);
    if (!stray) throw new CallFailure('unknown-tender');
    const { paymentId, state } = stray;
    const drafts: EntryDraft[] =
      state === outcome ? [] : [{ kind: 'tender.settled', body: { tenderId, paymentId, outcome, reference } }];
    this.#core.store.commit({ requestId, actor: staffId, drafts, result: {} });
    this.#strays = this.#findStrays();
    this.#core.topics.mark('sale');
    return {};
  }

  finishFree(context: CallContext): OrderPlaced {
    const payment = this.#sale.payment ?? unwrap(openPayment(this.#pricedCart(), domainContext(this.#core)));
    const { dueMinor } = payment;
    if (dueMinor !== 0) throw new CallFailure('bad-tender', { details: { reason: 'still-due', left: dueMinor } });
    return this.#placeOrder(context, payment, []);
  }

  next(context: CallContext): Nothing {
    if (this.#sale.doneOrderId === null) return {};
    return this.#save(context, { ...this.#sale, doneOrderId: null }, {});
  }

  state(): TopicState<'sale'> {
    const stall = this.#core.stall;
    const of = currency(stall.currency);
    const { markedLineId, payment } = this.#sale;
    const cart = this.#pricedCart();
    return {
      cart,
      markedLineId,
      payment: payment && viewPayment(payment, stall),
      quickTendersMinor:
        cart.totalMinor > 0 ? quickTendersMinor(roundCash(cart.totalMinor, of), stall.denominations, of) : [],
      parked: (this.#parked ??= this.#core.store.parked.list().map((parked) => this.#parkedView(parked))),
      strayTenders: this.#strays,
      done: this.#placed && this.#doneOf(this.#placed),
      lastOrder: (this.#lastOrder ??= this.#readLastOrder()).value,
    };
  }

  #addVariant<T>(
    line: {
      readonly item: Item;
      readonly variant: Variant;
      readonly quantity?: number;
      readonly labelAmountMinor?: number;
      readonly typedPriceMinor?: number;
    },
    context: CallContext,
    resultOf: (lineId: string) => T,
  ): T {
    return this.#change(context, (sale) => {
      const stall = this.#core.stall;
      const { quantity = 1, ...what } = line;
      const isPriced = line.labelAmountMinor === undefined && line.typedPriceMinor === undefined;
      const parts = isPriced ? this.#prices.pricesFor(sale.cart, line.variant, quantity) : [];
      if (parts.some(({ price }) => price.mustAsk)) {
        throw new CallFailure('price-needed');
      }
      const context = domainContext(this.#core);
      const { cart, lineId } = unwrap(
        parts.length > 0
          ? addPriced(sale.cart, { stall, ...what }, parts, context)
          : addVariant(sale.cart, { stall, quantity, ...what }, context),
      );
      return { sale: { ...sale, cart, markedLineId: lineId }, result: resultOf(lineId) };
    });
  }

  /** Changes the cart by a domain function; the marked line moves to a neighbour when it is gone. */
  #edit(context: CallContext, edit: (cart: Cart) => Verdict<Cart, WordedCode>): Nothing {
    return this.#change(context, (sale) => {
      const cart = unwrap(edit(sale.cart));
      const isThere = cart.lines.some(({ lineId }) => lineId === sale.markedLineId);
      const wasAt = sale.cart.lines.findIndex(({ lineId }) => lineId === sale.markedLineId);
      const neighbour = cart.lines[Math.min(wasAt, cart.lines.length - 1)]?.lineId ?? null;
      return { sale: { ...sale, cart, markedLineId: isThere ? sale.markedLineId : neighbour }, result: {} };
    });
  }

  /** Any change of the cart: not while paying, and it ends the done screen. */
  #change<T>(context: CallContext, change: (sale: SaleRecord) => { readonly sale: SaleRecord; readonly result: T }): T {
    this.#refuseWhilePaying();
    // A price that is due changes first, and with it the cart that is changed here.
    this.#prices.version();
    const before = this.#sale.cart;
    // Prices may move on while it is changed.
    const pricedAt = this.#pricedAt;
    const { sale, result } = change(this.#sale);
    this.#requireShares(sale.cart, before);
    this.#requireDrops(sale.cart, before);
    const version = this.#prices.version();
    const isPriced = version === pricedAt && version === this.#pricedAt;
    const cart = isPriced ? this.#settled(sale.cart, before) : this.#prices.reprice(sale.cart, before);
    const saved = this.#save(context, { ...sale, cart, doneOrderId: null }, result);
    // Not before it is saved: what a full disk refused is due again with the next tap.
    this.#pricedAt = version;
    return saved;
  }

  /** A changed cart with its offers. Most often there is nothing to look at. */
  #settled(cart: Cart, before: Cart): Cart {
    return cart === before || !this.#prices.isUnsettled(cart) ? cart : this.#prices.reprice(cart, before);
  }

  /**
   * Refuses more of a drop than is left of it on this till.
   * @param before a cart in which there was no less of it already
   */
  #requireDrops(cart: Cart, before?: Cart): void {
    const spent = this.#prices.overspent(cart, before);
    if (spent === null) return;
    const { name, left } = spent;
    throw new CallFailure('drop-spent', { details: { reason: 'drop-left', name, left } });
  }

  /** Takes the payment on: places the order once it is paid, else keeps what there is. */
  #proceed(context: CallContext, payment: Payment, drafts: readonly EntryDraft[] = []): OrderPlaced {
    if (isPaid(payment, currency(this.#core.stall.currency))) {
      return this.#placeOrder(context, payment, drafts);
    }
    const sale = { ...this.#sale, payment };
    return drafts.length === 0
      ? this.#save(context, sale, NOT_PLACED)
      : this.#commit(context, { drafts, sale, result: NOT_PLACED });
  }

  #placeOrder(context: CallContext, payment: Payment, before: readonly EntryDraft[]): OrderPlaced {
    const { store, topics } = this.#core;
    const { device } = store;
    const stall = this.#core.stall;
    const order = unwrap(
      placeOrder(
        {
          cart: this.#pricedCart(),
          payment,
          stall,
          orderId: this.#core.newId(),
          number: orderNumber(device.prefix, store.nextOrderSequence()),
          shiftId: this.#requireShift(),
          staffId: requireStaff(context.staffId),
          // What is true without a hub: it waits for one.
          flag: 'queued',
          pricedAt: this.#prices.instantApart(),
          receiptKey: randomBytes(RECEIPT_KEY_BYTES).toString('base64url'),
        },
        domainContext(this.#core),
      ),
    );
    const { orderId, number } = order;
    const changeMinor = changeOf(payment);
    const printer = this.#devices.receiptPrinter();
    const isCash = order.tenders.some(({ kind }) => kind === 'cash');
    const drawer = isCash ? this.#devices.cashDrawer() : null;
    const drafts: EntryDraft[] = [...before, { kind: 'order.placed', body: { order } }];
    const jobs: DeliveryJob[] = [];
    if (drawer) {
      drafts.push({ kind: 'drawer.kicked', body: { reason: 'tender', orderId } });
      jobs.push(this.#jobs.row({ kind: 'drawer', reference: orderId, ...drawer }));
    }
    if (printer !== null) {
      jobs.push(this.#jobs.row({ kind: 'receipt', deviceId: printer, reference: orderId, document: null }));
    }
    const sale = this.#freshSale(orderId);
    const result: OrderPlaced = { orderId, number, changeMinor };
    store.commit({ requestId: context.requestId, actor: context.staffId, drafts, sale, jobs, result });
    this.#become(sale, order);
    this.#lastOrder = null;
    topics.mark('session');
    topics.mark('catalogue');
    for (const row of jobs) this.#jobs.written(row);
    try {
      this.#onPlaced(order);
    } catch (error) {
      // The sale is made and saved, whatever comes of what follows from it.
      this.#core.log.warn({ error, orderId }, 'What follows from a sale could not be written');
    }
    return result;
  }

  /** Saves working state alone. */
  #save<T>({ requestId }: CallContext, sale: SaleRecord, result: T): T {
    this.#core.store.saveSale(sale, requestId, result);
    this.#become(sale);
    return result;
  }

  /** Writes facts and the working state that follows from them. */
  #commit<T>(
    { requestId, staffId }: CallContext,
    change: { readonly drafts: readonly EntryDraft[]; readonly sale: SaleRecord; readonly result: T },
  ): T {
    this.#core.store.commit({ requestId, actor: staffId, ...change });
    this.#become(change.sale);
    return change.result;
  }

  /** @param placed the order that the new state shows as done */
  #become(sale: SaleRecord, placed: Order | null = null): void {
    if (sale.doneOrderId !== this.#sale.doneOrderId) this.#placed = placed;
    const [before, after] = [this.#sale, sale].map(({ cart }) =>
      holdsOf(cart)
        .map(({ holdId }) => holdId)
        .join(),
    );
    this.#sale = sale;
    this.#core.topics.mark('sale');
    // What was held and lies on the docket is nobody else's, and may be again when it is put back.
    if (before !== after) this.#core.topics.mark('holds', 'catalogue');
  }

  #parkedChanged(): void {
    if (this.#heldAside?.length) this.#core.topics.mark('holds', 'catalogue');
    this.#parked = null;
    this.#heldAside = null;
  }

  #freshSale(doneOrderId: string | null): SaleRecord {
    return { cart: emptyCart(this.#core.newId()), markedLineId: null, payment: null, doneOrderId };
  }

  #pricedCart(): PricedCart {
    const { cart } = this.#sale;
    if (this.#priced?.cart !== cart) {
      const { taxIncluded } = this.#core.stall;
      this.#priced = { cart, value: priceCart(cart, { taxIncluded }) };
    }
    return this.#priced.value;
  }

  #doneOf(order: Order): TopicState<'sale'>['done'] {
    const changeMinor = changeOf(order);
    return { order, changeMinor, coins: changeCoins(changeMinor, this.#core.stall.denominations) };
  }

  #readLastOrder(): { readonly value: OrderSummary | null } {
    const last = this.#core.store.orders.last();
    return { value: last && this.#orders.summary(last) };
  }

  #parkedView({ parkedCartId, label, parkedAt, actor, cart, payment }: StoredParkedCart): ParkedCart {
    const { itemCount, totalMinor } = priceCart(cart, { taxIncluded: this.#core.stall.taxIncluded });
    return {
      parkedCartId,
      label,
      parkedAt,
      staffName: actor === null ? '' : this.#core.store.people.nameOf(actor),
      itemCount,
      totalMinor,
      firstItems: cart.lines.slice(0, NAMES_OF_PARKED).map(({ name }) => name),
      unsettled: payment !== null && payment.tenders.some(({ state }) => state === 'pending' || state === 'unknown'),
    };
  }

  /** Open card payments of no sale this till has: only a damaged store leaves them, so they are looked for at start. */
  #findStrays(): OpenTender[] {
    const { store } = this.#core;
    const payments = [this.#sale.payment, ...store.parked.list().map(({ payment }) => payment)];
    const known = new Set(payments.flatMap((payment) => payment?.tenders ?? []).map(({ tenderId }) => tenderId));
    return store.tenders.open().filter(({ tenderId }) => !known.has(tenderId));
  }

  /**
   * Refuses more of a divided variant than is left of this till's share, and what shoppers hold until somebody decides
   * about them. Once money is taken nothing is refused any more.
   * @param before a cart of which no less was allowed already
   */
  #requireShares(cart: Cart, before?: Cart): void {
    if (cart.lines === before?.lines) return;
    if (!this.#holds().hasAny() && !this.#core.store.shares.hasAny()) return;
    const wanted = quantities(cart);
    const had = before && quantities(before);
    for (const [variantId, { itemId, name, pricing, quantity }] of wanted) {
      if (quantity <= (had?.get(variantId)?.quantity ?? 0)) continue;
      const left = this.#core.store.shares.left(itemId, variantId);
      if (left !== null && quantity > left) {
        const reason = pricing === 'kg' ? 'share-left-weighed' : 'share-left';
        throw new CallFailure('share-spent', { details: { reason, name, left }, variantId });
      }
      const free = this.#holds().free(variantId, left);
      if (free !== null && quantity > free) {
        throw new CallFailure('held', { details: { reason: 'goods-held', name }, variantId });
      }
    }
  }

  #requireParked(parkedCartId: string): StoredParkedCart {
    const parked = this.#core.store.parked.get(parkedCartId);
    if (!parked) throw new CallFailure('unknown-parked-cart');
    return parked;
  }

  #requirePayment(): Payment {
    if (!this.#sale.payment) throw new CallFailure('no-payment');
    return this.#sale.payment;
  }

  #requireShift(): string {
    const shiftId = this.#core.store.shifts.currentId();
    if (shiftId === null) throw new CallFailure('no-shift');
    return shiftId;
  }

  #refuseWhilePaying(): void {
    if (this.#sale.payment) throw new CallFailure('payment-open');
  }
}

/** A tender that took money or may have. */
function hasLiveTender({ tenders }: Payment): boolean {
  return tenders.some(({ state }) => state !== 'declined');
}

/** What a cart has of holds, in the words of their codes. */
function holdsOf({ lines }: Cart): HoldTicket[] {
  return lines.flatMap(({ hold, variantId, unitPriceMinor }) =>
    hold === undefined || variantId === null ? [] : { ...hold, variantId, unitPriceMinor },
  );
}

/** How much of each variant is in a cart, leaving out what was held: pieces, or grams. */
function quantities(
  cart: Cart,
): Map<string, { readonly itemId: string; readonly name: string; readonly pricing: Pricing; quantity: number }> {
  const sums: ReturnType<typeof quantities> = new Map();
  for (const { itemId, variantId, name, pricing, quantity, hold } of cart.lines) {
    if (itemId === null || variantId === null || hold !== undefined) continue;
    const sum = sums.get(variantId) ?? { itemId, name, pricing, quantity: 0 };
    sum.quantity += quantity;
    sums.set(variantId, sum);
  }
  return sums;
}
