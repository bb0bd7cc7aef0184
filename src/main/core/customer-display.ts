import type { Stall } from '../../domain/stall';
import type { Clock, LineDisplayPort, Unsubscribe } from '../../hardware/ports';
import type { SaleState } from '../../shared/contract';
import { customerLines, greeting } from './customer-lines';

/** Long enough to count the change by; then the next shopper need not read the last one's. */
const DONE_MS = 20_000;

export interface CustomerDisplayOptions {
  /** The stall as it is now. */
  readonly stall: () => Stall;
  readonly clock: Clock;
  /** The displays of this till; asked at every change, so that one plugged in later is written on. */
  readonly displays: () => readonly LineDisplayPort[];
}

/** Shows a sale to its shopper as it goes on. Nothing here is waited for, and nothing that fails here is noticed by the sale. */
export interface CustomerDisplay {
  /** The sale stands like this now. */
  show(sale: SaleState): void;
  /** Writes what stands on the displays again, for one that was just set up. */
  refresh(): void;
  /** Leaves the displays empty. */
  stop(): void;
}

export function createCustomerDisplay({ stall, clock, displays }: CustomerDisplayOptions): CustomerDisplay {
  /** The sale in progress, or null while nobody is being served. */
  let shown: SaleState | null = null;
  let doneOrderId: string | null = null;
  let cancelGreeting: Unsubscribe = () => undefined;

  function refresh(): void {
    const all = displays();
    if (all.length === 0) return;
    const lines = shown === null ? greeting(stall()) : customerLines(shown, stall());
    for (const display of all) display.show(...lines);
  }

  return {
    show(sale) {
      const orderId = sale.done?.order.orderId ?? null;
      // The end of a sale is told again when its receipt is printed; the shopper may have read it by then.
      if (orderId !== null && orderId === doneOrderId) return;
      doneOrderId = orderId;
      cancelGreeting();
      shown = sale;
      refresh();
      if (orderId === null) return;
      cancelGreeting = clock.after(DONE_MS, () => {
        shown = null;
        refresh();
      });
    },
    refresh,
    stop() {
      cancelGreeting();
      for (const display of displays()) display.clear();
    },
  };
}
