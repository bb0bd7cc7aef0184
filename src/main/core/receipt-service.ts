import type { Order } from '../../domain/order';
import { readReceiptName, receiptPath } from '../../domain/receipt-address';
import { webReceiptOf } from '../../domain/web-receipt';
import type { CallInput, CallOutput } from '../../shared/contract';
import type { CoreContext } from './core-context';
import type { StallSwitch } from './stall-switch';

/** Receipts on shoppers' own phones. */
export class ReceiptService {
  readonly #core: CoreContext;
  readonly #stallServer: StallSwitch;

  constructor(core: CoreContext, stallServer: StallSwitch) {
    this.#core = core;
    this.#stallServer = stallServer;
  }

  /**
   * Where a phone reads the receipt of an order: on the internet where the stall has a hub and an address there, which its
   * receipts reach with the next exchange; else on the stall's own network; null where neither shows receipts.
   */
  urlOf(order: Pick<Order, 'number' | 'receiptKey'>): string | null {
    const path = receiptPath(order);
    const { offers, publicUrl } = this.#stallServer.wanted();
    if (path === null || !offers.includes('receipts')) return null;
    const isOnHub = publicUrl !== null && this.#core.store.sync.hub() !== null;
    const base = isOnHub ? publicUrl : this.#stallServer.url();
    return base === null ? null : `${base}${path}`;
  }

  /** The receipt at an address, and null for whatever is none. */
  look({ name }: CallInput<'receipt.look'>): CallOutput<'receipt.look'> {
    const asked = readReceiptName(name);
    const { orders } = this.#core.store;
    const found = asked && orders.byReceipt(asked);
    if (!found) return null;
    const { order, hash } = found;
    return webReceiptOf(order, { stall: this.#core.stall, flags: orders.flagHistory(order.orderId), hash });
  }
}
