import type { Caught } from '../../analysis/footfall/estimate';
import type { HourlyModel } from '../../analysis/footfall/expected';
import type { AdviceContent, Estimate } from '../../domain/advice';

/** What advice is asked for. */
export interface AdviceQuestion {
  /** UTC milliseconds. */
  readonly nowMs: number;
  /** IANA. */
  readonly timeZone: string;
  /** When the stall closes today, in minutes after midnight there; null for when it usually does. */
  readonly closesAtMinute: number | null;
  /** Categories whose goods are worth nothing tomorrow; null for all goods that are counted. */
  readonly perishable: readonly string[] | null;
}

/** What comes by, hour by hour. */
export interface Footfall {
  readonly basis: 'people' | 'sales';
  readonly model: HourlyModel;
  /** What share of the people a count catches; null for sales, all of which are known. */
  readonly caught: Caught | null;
}

/** Another item in the baskets of one, more often than chance has it. */
export interface Companion {
  readonly itemId: string;
  readonly together: number;
  /** Baskets with the one. */
  readonly of: number;
  readonly baskets: number;
  readonly lift: Estimate;
  readonly falseShare: number;
}

export interface AdvisorAnswer {
  readonly candidates: readonly AdviceContent[];
  readonly footfall: Footfall;
  /** By item, the likeliest first. */
  readonly companions: ReadonlyMap<string, readonly Companion[]>;
  readonly orders: number;
  readonly marketDays: number;
  /** Whether everything was learned anew, or only what changed. */
  readonly isFull: boolean;
  readonly learnedOrders: number;
  readonly tookMs: number;
}

/** What the core asks of the advisor, wherever it runs. */
export interface Advisor {
  /**
   * Learns from the orders that came since, and answers with advice, the most worthwhile first. One question at a time.
   * @throws Error when the orders cannot be read
   */
  ask(question: AdviceQuestion): Promise<AdvisorAnswer>;
  close(): Promise<void>;
}
