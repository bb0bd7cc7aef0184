import type { LocalDate, LocalTime, MarkdownStep, PriceRule } from './pricing/rule';
import { ALWAYS } from './pricing/rule';
import type { Minor } from './money';

/** A figure with the interval in which the truth lies with the confidence of the advice. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Something the advisor recommends, with what it rests on. Fixed once it is offered; what a person made of it is its answer. */
export type Advice = MarkdownOffer | BundleOffer | DropTimeOffer;

interface AdviceHead {
  readonly adviceId: string;
  /** UTC instant. */
  readonly offeredAt: string;
  /** Orders that it was learned from. */
  readonly orders: number;
  /** Of all intervals, 0.95 for 95 %. */
  readonly confidence: number;
}

/** Lower the price towards the end of the day, so that less is left. */
export interface MarkdownOffer extends AdviceHead {
  readonly kind: 'markdown';
  readonly itemId: string;
  readonly variantId: string;
  /** The market day in the stall's zone, and when it closes. */
  readonly day: LocalDate;
  readonly closesAt: LocalTime;
  readonly steps: readonly MarkdownStep[];
  readonly priceMinor: Minor;
  /** What it cost, below which no step goes; null when nobody wrote it down. */
  readonly floorMinor: Minor | null;
  readonly onHand: number;
  /** Units expected to sell until closing without and with the steps. */
  readonly soldWithout: Estimate;
  readonly soldWith: Estimate;
  /** Money expected by the steps beyond what the price as it is would bring. */
  readonly gainMinor: Minor;
  readonly probabilityBetter: number;
  readonly elasticity: Estimate;
  /** Days and prices that the item was seen at. */
  readonly days: number;
  readonly prices: number;
  /** What would sell until closing at prices from now on, that of now first, then ever lower ones. */
  readonly curve?: readonly { readonly priceMinor: Minor; readonly sold: Estimate }[] | undefined;
  /**
   * Where the answer to prices was learned: how many like goods lent strength, and how much of it the goods' own sales decide,
   * 0 to 1.
   */
  readonly strength?: { readonly likeGoods: number; readonly ownShare: number } | undefined;
}

/** Offer two items together for a little less: they are bought together more than chance has it. */
export interface BundleOffer extends AdviceHead {
  readonly kind: 'bundle';
  readonly itemIds: readonly [string, string];
  readonly basisPoints: number;
  /** Baskets with both, with the first, with the second, and all. */
  readonly together: number;
  readonly first: number;
  readonly second: number;
  readonly baskets: number;
  readonly lift: Estimate;
  /** Share of false bundles to expect among those as strong. */
  readonly falseShare: number;
}

/** Run a drop when most people come by. */
export interface DropTimeOffer extends AdviceHead {
  readonly kind: 'drop-time';
  /** The market day in the stall's zone. */
  readonly day: LocalDate;
  /** UTC instant. */
  readonly startsAt: string;
  readonly minutes: number;
  /** What was counted: people who came by, or, where nobody counted them, sales. */
  readonly basis: 'people' | 'sales';
  /** How many are expected from then on for so long, and in as long a window of that day as a rule. */
  readonly expected: Estimate;
  readonly usual: number;
  readonly probabilityBetter: number;
  /** Days and hours that were counted. */
  readonly days: number;
  readonly hours: number;
  /** What is expected of each hour of the day, by the UTC instant at which it begins. */
  readonly hourly: readonly { readonly from: string; readonly expected: Estimate }[];
}

/** Advice that nobody was offered yet. */
export type AdviceContent<A extends Advice = Advice> = A extends Advice ? Omit<A, 'adviceId' | 'offeredAt'> : never;

export type AdviceAnswer = 'accepted' | 'adjusted' | 'ignored';

/** Between a rule a person wrote, which comes first, and nothing. */
const ADVICE_PRIORITY = 50;
/** An accepted bundle stands so long before it is looked at again. */
export const BUNDLE_DAYS = 28;
const DAY_MS = 86_400_000;

/** What a person may change of advice before taking it. */
export interface Adjustment {
  /** Of a markdown. */
  readonly steps?: readonly MarkdownStep[] | undefined;
  /** Of a bundle: what comes off. */
  readonly basisPoints?: number | undefined;
}

/** When the stall closes, as far as advice needs to know, and which categories are worth nothing tomorrow. */
export interface AdviceWishes {
  /** In the stall's zone; null for when it usually closes. */
  readonly closesAt: LocalTime | null;
  /** Null for all goods that are counted. */
  readonly perishable: readonly string[] | null;
}

/** What advice is about, the same for advice that says the same: of a markdown and a drop on one day, of a bundle ever. */
export function subjectOf(advice: AdviceContent): string {
  if (advice.kind === 'markdown') return `${advice.day} ${advice.variantId}`;
  return advice.kind === 'bundle' ? [...advice.itemIds].sort().join(' ') : `drop ${advice.day}`;
}

export function adviceRuleId(adviceId: string): string {
  return `advice:${adviceId}`;
}

/**
 * Of rules about the same goods whose times overlap the one that was taken last: two tills may have advised the same, and a
 * bundle is advised again before its rule is over. Their order in the price book, by id, would let the older advice win.
 * @param rules of advice, in the order in which it was taken
 */
export function rulesThatStand(rules: readonly PriceRule[]): PriceRule[] {
  return rules.filter((rule, place) => {
    const goods = goodsOf(rule);
    return !rules
      .slice(place + 1)
      .some((later) => goodsOf(later) === goods && (rule.when.until ?? '') > (later.when.from ?? ''));
  });
}

function goodsOf({ what, effect }: PriceRule): string {
  const ids = what.kind === 'variants' ? what.variantIds : what.kind === 'items' ? what.itemIds : [];
  return JSON.stringify([effect.kind, [...ids].sort()]);
}

/**
 * The price rule that advice becomes when it is taken.
 * @param version one above that of the rule the same advice was before it was taken back, 1 for the first
 * @param now UTC instant
 * @param dayEndsAt UTC instant at which the market day of a markdown is over
 */
export function ruleOfAdvice(
  advice: MarkdownOffer | BundleOffer,
  adjustment: Adjustment,
  given: { readonly name: string; readonly version: number; readonly now: string; readonly dayEndsAt: string },
): PriceRule {
  const base = {
    ruleId: adviceRuleId(advice.adviceId),
    version: given.version,
    name: given.name,
    origin: 'advice' as const,
    originId: advice.adviceId,
    isOn: true,
    where: { kind: 'anywhere' as const },
    audience: 'everyone' as const,
    stock: null,
    priority: ADVICE_PRIORITY,
    stacking: 'alone' as const,
    capBasisPoints: null,
    graceMs: null,
  };
  if (advice.kind === 'markdown') {
    return {
      ...base,
      what: { kind: 'variants', variantIds: [advice.variantId] },
      effect: { kind: 'markdown', closesAt: advice.closesAt, steps: adjustment.steps ?? advice.steps },
      when: { ...ALWAYS, from: given.now, until: given.dayEndsAt },
    };
  }
  return {
    ...base,
    what: { kind: 'items', itemIds: [...advice.itemIds] },
    effect: {
      kind: 'bundle',
      parts: advice.itemIds.map((itemId) => ({ what: { kind: 'items', itemIds: [itemId] }, quantity: 1 })),
      at: { kind: 'percent-off', basisPoints: adjustment.basisPoints ?? advice.basisPoints },
      mostPerCart: null,
    },
    when: { ...ALWAYS, from: given.now, until: new Date(Date.parse(given.now) + BUNDLE_DAYS * DAY_MS).toISOString() },
  };
}
