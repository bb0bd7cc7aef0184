import type { BundleOffer, MarkdownOffer } from '../../domain/advice';

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

type Offered = 'adviceId' | 'offeredAt';

/** Advice nobody was offered yet. */
export type AdviceCandidate = Omit<MarkdownOffer, Offered> | Omit<BundleOffer, Offered>;

export interface AdvisorAnswer {
  readonly candidates: readonly AdviceCandidate[];
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
