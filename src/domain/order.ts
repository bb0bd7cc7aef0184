import type { PricedLine, TaxSum } from './cart';
import type { Minor } from './money';
import type { Tender } from './payment';

/** The resilience flag: what the hub knew when the receipt was handed over. */
export type ResilienceFlag = 'online' | 'queued' | 'offline-confirmed';

/** A placed order: an immutable fact. Later facts (a copy printed, a refund) point at it and never change it. */
export interface Order {
  readonly orderId: string;
  /** Device prefix and gapless sequence: `T1-0412`. */
  readonly number: string;
  readonly cartId: string;
  readonly shiftId: string;
  readonly staffId: string;
  /** UTC instant. */
  readonly placedAt: string;
  readonly currency: string;
  readonly taxIncluded: boolean;
  readonly lines: readonly PricedLine[];
  readonly note: string;
  readonly savedMinor: Minor;
  readonly taxes: readonly TaxSum[];
  readonly taxMinor: Minor;
  /** Sum of what is charged before cash rounding. */
  readonly totalMinor: Minor;
  /** Added to the total because cash cannot pay it exactly; may be negative. total + rounding = Σ tender amounts. */
  readonly roundingMinor: Minor;
  readonly tenders: readonly Tender[];
  readonly flag: ResilienceFlag;
}
