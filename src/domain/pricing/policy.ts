import type { Minor } from '../money';
import { divideRounded, MAX_MINOR, portion } from '../money';
import { fail, ok, type Result } from '../result';
import { RULE_LIMITS } from './limits';
import type { FallbackRung } from './trace';

/** What holds for all prices of the stall. */
export interface PricePolicy {
  /** How long an open cart keeps a price or an offer that is over. */
  readonly graceMs: number;
  /** The most that rules may take off together, 5000 for half; null for no limit but the cost. */
  readonly mostOffBasisPoints: number | null;
  /** Rules stop so far above what a thing cost: 1000 keeps 10 % on top. */
  readonly marginBasisPoints: number;
  /** A price of a feed is fresh up to this age, and stale from the other on. */
  readonly freshMs: number;
  readonly staleMs: number;
  /** What to do about a stale price where a category says nothing of its own. */
  readonly fallback: Fallback;
  readonly categoryFallbacks: readonly (Fallback & { readonly category: string })[];
}

export interface Fallback {
  readonly rung: FallbackRung;
  /** Added on the rung `last-known-plus`: 500 is 5 %. */
  readonly holdbackBasisPoints: number;
}

/** Until somebody decides otherwise: two minutes of grace, a feed is old after an hour and too old after a day. */
export const DEFAULT_POLICY: PricePolicy = {
  graceMs: 2 * 60_000,
  mostOffBasisPoints: null,
  marginBasisPoints: 0,
  freshMs: 60 * 60_000,
  staleMs: 24 * 60 * 60_000,
  fallback: { rung: 'last-known', holdbackBasisPoints: 0 },
  categoryFallbacks: [],
};

const LONGEST_AGE_MS = 366 * 24 * 60 * 60_000;
const MOST_CATEGORIES = 200;

/** Checks a policy before it is kept. */
export function checkPolicy(policy: PricePolicy): Result<PricePolicy, 'bad-policy'> {
  const isWithin = (value: number, most: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= most;
  if (!isWithin(policy.graceMs, RULE_LIMITS.graceMs)) return fail('bad-policy', 'The grace is an hour at most.');
  if (policy.mostOffBasisPoints !== null && !isWithin(policy.mostOffBasisPoints, 10_000)) {
    return fail('bad-policy', 'The most that comes off is from 0 to 100 %.');
  }
  if (!isWithin(policy.marginBasisPoints, 100_000)) return fail('bad-policy', 'The margin is from 0 to 1000 %.');
  if (!isWithin(policy.freshMs, LONGEST_AGE_MS) || !isWithin(policy.staleMs, LONGEST_AGE_MS)) {
    return fail('bad-policy', 'An age is from nothing to a year.');
  }
  if (policy.staleMs < policy.freshMs) return fail('bad-policy', 'A price grows stale after it was fresh, not before.');
  const fallbacks = [policy.fallback, ...policy.categoryFallbacks];
  if (
    policy.categoryFallbacks.length > MOST_CATEGORIES ||
    fallbacks.some((one) => !isWithin(one.holdbackBasisPoints, 10_000))
  ) {
    return fail('bad-policy', 'What is held back is from 0 to 100 %.');
  }
  return ok(policy);
}

/**
 * The price below which rules and offers do not go: what it cost, and the margin on it. What costs more than its own price
 * says is sold at that price, which a person chose; rules take nothing off it.
 * @returns null where the cost is not known
 */
export function floorOf(
  { costMinor, listMinor }: { readonly costMinor: Minor | null; readonly listMinor: Minor },
  { marginBasisPoints }: Pick<PricePolicy, 'marginBasisPoints'>,
): Minor | null {
  if (costMinor === null) return null;
  const wanted = costMinor + divideRounded(costMinor * marginBasisPoints, 10_000);
  return Math.min(wanted, listMinor, MAX_MINOR);
}

/** The price below which a cap does not let rules go. */
export function cappedAt(listMinor: Minor, capBasisPoints: number): Minor {
  return listMinor - portion(listMinor, capBasisPoints);
}
