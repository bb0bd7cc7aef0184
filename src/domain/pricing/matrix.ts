import type { Quantity } from '../catalogue';
import { MAX_MINOR, portion, type Minor } from '../money';
import { floorOf, type Fallback, type PricePolicy } from './policy';
import type { Freshness, PriceBase, TraceStep } from './trace';

/** The last a feed said of a variant's price and stock. */
export interface Observation {
  /** Name of the feed. */
  readonly source: string;
  /** Null where the feed says nothing of it. */
  readonly priceMinor: Minor | null;
  /** Pieces or grams. */
  readonly stock: Quantity | null;
  /** UTC milliseconds. */
  readonly observedMs: number;
}

/** How old the last word is. */
export function freshness(
  observedMs: number | null,
  nowMs: number,
  { freshMs, staleMs }: Pick<PricePolicy, 'freshMs' | 'staleMs'>,
): Freshness {
  if (observedMs === null) return 'unknown';
  const ageMs = nowMs - observedMs;
  return ageMs < freshMs ? 'fresh' : ageMs < staleMs ? 'ageing' : 'stale';
}

/** When the freshness of an observation changes next, UTC milliseconds, or null when it is stale for good. */
export function agesAt(
  observedMs: number,
  nowMs: number,
  { freshMs, staleMs }: Pick<PricePolicy, 'freshMs' | 'staleMs'>,
): number | null {
  return [observedMs + freshMs, observedMs + staleMs].find((atMs) => atMs > nowMs) ?? null;
}

/** The price that rules start from. */
export interface StartPrice {
  readonly base: PriceBase;
  readonly priceMinor: Minor;
  readonly steps: readonly TraceStep[];
  /** The policy wants a person to say the price. */
  readonly mustAsk: boolean;
}

/**
 * The price rules start from. The catalogue's own does not age. What a feed observed later than the catalogue was written
 * counts instead, and goes down its category's ladder once it is stale.
 */
export function startPrice(
  given: {
    readonly category: string;
    readonly priceMinor: Minor;
    readonly costMinor: Minor | null;
    /** When the catalogue's price was written. */
    readonly writtenMs: number;
    readonly observation: Observation | null;
  },
  policy: PricePolicy,
  nowMs: number,
): StartPrice {
  const { observation } = given;
  if (observation === null || observation.priceMinor === null || observation.observedMs < given.writtenMs) {
    const base: PriceBase = { source: 'catalogue', priceMinor: given.priceMinor, observedAt: null, freshness: 'fresh' };
    return { base, priceMinor: given.priceMinor, steps: [], mustAsk: false };
  }
  const lastMinor = observation.priceMinor;
  const age = freshness(observation.observedMs, nowMs, policy);
  const base: PriceBase = {
    source: 'feed',
    feed: observation.source,
    priceMinor: lastMinor,
    observedAt: new Date(observation.observedMs).toISOString(),
    freshness: age,
  };
  if (age !== 'stale') return { base, priceMinor: lastMinor, steps: [], mustAsk: false };
  const fallback = policy.categoryFallbacks.find(({ category }) => category === given.category) ?? policy.fallback;
  const priceMinor = fallenBack(fallback, lastMinor, given.costMinor, policy);
  const step: TraceStep = { kind: 'fallback', rung: fallback.rung, beforeMinor: lastMinor, afterMinor: priceMinor };
  return { base, priceMinor, steps: [step], mustAsk: fallback.rung === 'ask' };
}

function fallenBack(
  { rung, holdbackBasisPoints }: Fallback,
  lastMinor: Minor,
  costMinor: Minor | null,
  policy: PricePolicy,
): Minor {
  switch (rung) {
    case 'last-known':
    case 'ask':
      return lastMinor;
    case 'last-known-plus':
      return Math.min(lastMinor + portion(lastMinor, holdbackBasisPoints), MAX_MINOR);
    case 'floor':
      // Without a cost there is no floor to fall back to.
      return floorOf({ costMinor, listMinor: lastMinor }, policy) ?? lastMinor;
  }
}
