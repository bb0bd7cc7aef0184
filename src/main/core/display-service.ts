import { grossBeforeRules, type PricedCart, type PricedLine } from '../../domain/cart';
import type { Item } from '../../domain/catalogue';
import type { Order } from '../../domain/order';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import type { DisplayScene, SaleState, ShownLine, TopicState } from '../../shared/contract';
import type { CoreContext } from './core-context';
import { shownReasons } from './shown-goods';

/** Long enough to count the change and to scan the receipt; then the next shopper need not read the last one's. */
const THANKS_MS = 30_000;
/** Lines a display is told of at once: more than any of them shows. */
const MOST_LINES = 40;
/** Things that stand on the table as a thank-you. */
const MOST_THANKED = 4;
/** Goods whose photo is remembered, so that a scan does not read the catalogue for every line of the docket. */
const MOST_KEPT = 1_000;

export interface DisplaySources {
  readonly clock: Clock;
  readonly sale: () => SaleState;
  /** Whether somebody is signed on, and whether a shift is open. */
  readonly isOpen: () => { readonly signedOn: boolean; readonly shift: boolean };
  readonly theme: () => TopicState<'display'>['theme'];
  readonly catalogue: () => TopicState<'catalogue'>;
  /** The time prices go by, UTC milliseconds. */
  readonly nowMs: () => number;
  /** Where a phone reads the receipt of an order; null where it cannot. */
  readonly receiptUrl: (order: Order) => string | null;
  readonly reel: () => Omit<Extract<DisplayScene, { mode: 'reel' }>, 'mode' | 'asked'>;
}

/**
 * What stands before the shopper: a function of the till's state and of how long ago the last sale ended, computed anew
 * whenever any of it changes. Every field is picked by hand, so that nothing of staff, costs, parked carts or other orders can
 * come along. No sale waits for it.
 */
export class DisplayService {
  readonly #core: CoreContext;
  readonly #sources: DisplaySources;
  /** The order that was thanked for, and whether its shopper has had the time to read. */
  #thanked: { readonly orderId: string; isOver: boolean } | null;
  #cancelThanks: Unsubscribe = () => undefined;
  #asked: { readonly askId: string; readonly code: string } | null = null;
  readonly #looks = new Map<string, Pick<Item, 'photo' | 'backdrop'>>();
  #looksVersion = -1;

  constructor(core: CoreContext, sources: DisplaySources) {
    this.#core = core;
    this.#sources = sources;
    // Whoever paid before a restart has gone.
    const last = sources.sale().done;
    this.#thanked = last && { orderId: last.order.orderId, isOver: true };
  }

  stop(): void {
    this.#cancelThanks();
  }

  /** Says that the till's state is another. The time to read a thank-you passes whether a display is there or not. */
  changed(): void {
    const { done } = this.#sources.sale();
    if (done) this.#thank(done.order.orderId);
    this.#core.topics.mark('display');
  }

  /** The display's own scanner read something. While somebody is served nobody asks. */
  asked(code: string): void {
    if (this.#scene().mode !== 'reel') return;
    this.#asked = { askId: this.#core.newId(), code };
    this.#core.topics.mark('display');
  }

  state(): TopicState<'display'> {
    const { stall } = this.#core;
    const { name, place, currency, locale, timeZone } = stall;
    const { version: goodsVersion, categories } = this.#sources.catalogue();
    return {
      stall: { name, place, currency, locale, timeZone },
      theme: this.#sources.theme(),
      now: new Date(this.#sources.nowMs()).toISOString(),
      goodsVersion,
      categories,
      scene: this.#scene(),
    };
  }

  #scene(): DisplayScene {
    const sale = this.#sources.sale();
    const { cart, payment, done } = sale;
    const thanked = done && this.#thank(done.order.orderId);
    const { signedOn, shift } = this.#sources.isOpen();
    if (!signedOn) return { mode: 'closed' };
    if (payment) {
      const { paidMinor, leftMinor, leftCashMinor } = payment;
      return {
        mode: 'pay',
        cart: this.#cart(cart, sale.markedLineId),
        paidMinor,
        leftMinor,
        leftCashMinor,
        tenders: payment.tenders.flatMap(({ kind, state, amountMinor }) =>
          state === 'declined' ? [] : [{ kind, isPending: state !== 'approved', amountMinor }],
        ),
      };
    }
    if (cart.lines.length > 0) return { mode: 'cart', cart: this.#cart(cart, sale.markedLineId) };
    if (done && thanked) {
      const { order, changeMinor } = done;
      return {
        mode: 'thanks',
        totalMinor: order.totalMinor + order.roundingMinor,
        changeMinor,
        flag: order.flag,
        goods: this.#table(order.lines),
        receiptUrl: this.#sources.receiptUrl(order),
      };
    }
    return shift ? { mode: 'reel', asked: this.#asked, ...this.#sources.reel() } : { mode: 'closed' };
  }

  /** Whether an order is still to be thanked for; its time begins when it is first seen. */
  #thank(orderId: string): boolean {
    if (this.#thanked?.orderId === orderId) return !this.#thanked.isOver;
    this.#cancelThanks();
    const thanked = { orderId, isOver: false };
    this.#thanked = thanked;
    this.#cancelThanks = this.#sources.clock.after(THANKS_MS, () => {
      thanked.isOver = true;
      this.#core.topics.mark('display');
    });
    return true;
  }

  #cart(cart: PricedCart, markedLineId: string | null): Extract<DisplayScene, { mode: 'cart' }>['cart'] {
    const { itemCount, savedMinor, totalMinor, taxMinor, lines } = cart;
    const at = lines.findIndex(({ lineId }) => lineId === markedLineId);
    const from = Math.max(0, Math.min(at < 0 ? lines.length : at, lines.length - MOST_LINES));
    return {
      lines: lines.slice(from, from + MOST_LINES).map((line) => this.#line(line)),
      earlierCount: from,
      lastLineId: at < 0 ? null : markedLineId,
      itemCount,
      savedMinor,
      taxMinor: this.#core.stall.taxIncluded ? null : taxMinor,
      totalMinor,
    };
  }

  #line(line: PricedLine): ShownLine {
    const { lineId, itemId, name, pricing, quantity, unitPriceMinor, amountMinor, discount, priceSource } = line;
    return {
      lineId,
      name,
      ...this.#look(itemId),
      pricing,
      quantity,
      unitPriceMinor,
      beforeMinor: grossBeforeRules(line),
      amountMinor,
      discount,
      reasons: [...shownReasons(line), ...(priceSource === 'label' ? [{ kind: 'label' as const, name: '' }] : [])],
    };
  }

  #table(lines: readonly PricedLine[]): Extract<DisplayScene, { mode: 'thanks' }>['goods'] {
    const things = new Map(lines.map((line) => [line.itemId ?? line.lineId, line]));
    return [...things.values()].slice(0, MOST_THANKED).map(({ name, itemId }) => ({ name, ...this.#look(itemId) }));
  }

  /** Photo and colours of goods; plain ones for an amount typed by hand. */
  #look(itemId: string | null): Pick<Item, 'photo' | 'backdrop'> {
    const { catalogue } = this.#core.store;
    const version = catalogue.version();
    if (version !== this.#looksVersion || this.#looks.size >= MOST_KEPT) this.#looks.clear();
    this.#looksVersion = version;
    if (itemId === null) return PLAIN;
    let look = this.#looks.get(itemId);
    if (!look) {
      const tile = catalogue.tile(itemId);
      look = tile ? { photo: tile.photo, backdrop: tile.backdrop } : PLAIN;
      this.#looks.set(itemId, look);
    }
    return look;
  }
}

const PLAIN: Pick<Item, 'photo' | 'backdrop'> = { photo: null, backdrop: { wall: '#d9d3c3', plank: '#b9b19c' } };
