import type { Pricing, Quantity } from '../catalogue';
import { divideRounded, MAX_MINOR, portion, type Minor } from '../money';
import { fail, ok, type Failure, type Result } from '../result';
import { plainText } from '../text';
import { RULE_LIMITS } from './limits';

/**
 * One price rule of the stall. Drops, the arms of price tests and accepted advice become rules too, so there is one evaluator
 * and one trace. A rule says what it applies to, what it does, and under which conditions; it holds no program and no pattern.
 */
export interface PriceRule {
  readonly ruleId: string;
  /** Grows by one with every change; the trace of a sale names it. */
  readonly version: number;
  /** As shown on the till and in a trace: `Saturday bread`. */
  readonly name: string;
  readonly origin: RuleOrigin;
  /** The drop, price test or advice it came from; absent for a rule written by a person. */
  readonly originId?: string | undefined;
  /** Of a price test: which arm this rule shows. */
  readonly arm?: string | undefined;
  /** The signed rule set it came with; absent for a rule of this stall's own. */
  readonly setId?: string | undefined;
  readonly setVersion?: number | undefined;
  readonly isOn: boolean;
  readonly what: Selector;
  readonly effect: Effect;
  readonly when: Schedule;
  readonly where: Place;
  readonly audience: Audience;
  /** Only while so much is on hand; null for whatever the stock. */
  readonly stock: StockCondition | null;
  /** 0 to 1000; the highest is applied first, and of equal ones the lower rule id. */
  readonly priority: number;
  /**
   * `alone`: applied only when no rule before it was, and none after it. `stacks`: applied on top of those before it that
   * stack too.
   */
  readonly stacking: 'alone' | 'stacks';
  /** The most that may come off the price before rules once this rule took part, 3000 for 30 %; null for no limit of its own. */
  readonly capBasisPoints: number | null;
  /** How long an open cart keeps what this rule gave after it ended; null for the stall's own grace. */
  readonly graceMs: number | null;
}

export type RuleOrigin = 'rule' | 'drop' | 'test' | 'advice';

/** What a rule is about. */
export type Selector =
  | { readonly kind: 'everything' }
  | { readonly kind: 'categories'; readonly categories: readonly string[] }
  | { readonly kind: 'items'; readonly itemIds: readonly string[] }
  | { readonly kind: 'variants'; readonly variantIds: readonly string[] }
  /** Goods in whose names all these words stand. Words only: nothing a person types is ever a pattern. */
  | { readonly kind: 'words'; readonly words: readonly string[] };

export type Effect = UnitEffect | OfferEffect;

/** Changes the price of one piece or kilogram: tiles, displays and labels show it. */
export type UnitEffect =
  | { readonly kind: 'unit-price'; readonly priceMinor: Minor }
  | { readonly kind: 'percent-off'; readonly basisPoints: number }
  | { readonly kind: 'amount-off'; readonly amountMinor: Minor }
  /** The later the step, the more comes off; each counts from so many minutes before the stall closes. */
  | { readonly kind: 'markdown'; readonly closesAt: LocalTime; readonly steps: readonly MarkdownStep[] };

/** Depends on what else is in the cart: shown as an offer, taken off its lines. */
export type OfferEffect =
  | {
      readonly kind: 'tiers';
      /** Pieces, or grams of goods sold by weight. */
      readonly unit: Pricing;
      /** Counted over one variant, or over everything the rule is about. */
      readonly across: 'variant' | 'rule';
      /** In rising order; the highest that is reached holds for all. */
      readonly tiers: readonly Tier[];
    }
  | {
      readonly kind: 'bundle';
      /** Each part is so many pieces of something; a part about the rule's own goods has no selector of its own. */
      readonly parts: readonly BundlePart[];
      readonly at: UnitCharge;
      /** How often in one cart at most; null for as often as it fits. */
      readonly mostPerCart: number | null;
    };

export interface MarkdownStep {
  readonly beforeCloseMinutes: number;
  /** What comes off; about as much as a typed price takes off, for devices that know of no typed prices. */
  readonly basisPoints: number;
  /** What a person typed that it is to cost: a hundredth of a per cent does not name every price above 100.00. */
  readonly priceMinor?: Minor | undefined;
}

/** A step to a price that a person typed, below what the goods cost before. */
export function stepTo(
  typedMinor: Minor,
  given: { readonly beforeCloseMinutes: number; readonly priceMinor: Minor },
): MarkdownStep {
  const { beforeCloseMinutes, priceMinor } = given;
  const off = divideRounded((priceMinor - typedMinor) * 10_000, Math.max(1, priceMinor));
  return { beforeCloseMinutes, basisPoints: Math.min(Math.max(off, 1), 9_999), priceMinor: typedMinor };
}

/** What goods of a price cost at a step: never more than before. */
export function markedDown(
  { basisPoints, priceMinor }: Omit<MarkdownStep, 'beforeCloseMinutes'>,
  beforeMinor: Minor,
): Minor {
  return Math.min(beforeMinor, priceMinor ?? beforeMinor - portion(beforeMinor, basisPoints));
}

export interface Tier {
  readonly fromQuantity: Quantity;
  readonly charge: UnitCharge;
}

/** A price instead of the usual one, or so much less. For tiers per piece or kilogram, for bundles of the whole bundle. */
export type UnitCharge =
  | { readonly kind: 'price'; readonly priceMinor: Minor }
  | { readonly kind: 'percent-off'; readonly basisPoints: number }
  | { readonly kind: 'amount-off'; readonly amountMinor: Minor };

export interface BundlePart {
  readonly what: Selector;
  readonly quantity: number;
}

/** `HH:MM` on the clock of the event, 00:00 to 23:59. */
export type LocalTime = string;
/** `YYYY-MM-DD` in the event's zone. */
export type LocalDate = string;

/**
 * When a rule applies. The parts are all to hold: within `from` and `until`, and within one of the weekly windows if there
 * are any. Local times are turned into UTC instants outside the domain.
 */
export interface Schedule {
  /** UTC instants; null for no limit. `until` itself is no longer within. */
  readonly from: string | null;
  readonly until: string | null;
  /** Exact UTC windows besides, for drops and price tests; none for no such limit. */
  readonly windows?: readonly { readonly from: string; readonly until: string }[] | undefined;
  readonly weekly: readonly WeeklyWindow[];
}

/** One window on some days of the week. One that ends at or before its start ends on the next day. */
export interface WeeklyWindow {
  /** ISO 8601: 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[];
  readonly from: LocalTime;
  readonly until: LocalTime;
}

/** Where a rule applies: everywhere, or at a market, on a pitch, or near a point. */
export type Place =
  | { readonly kind: 'anywhere' }
  | { readonly kind: 'event'; readonly event: string }
  | { readonly kind: 'pitch'; readonly pitch: string }
  | {
      readonly kind: 'radius';
      /** Degrees, WGS 84. */
      readonly latitude: number;
      readonly longitude: number;
      readonly radiusMetres: number;
    };

/** Whom a rule is for; `everyone` is what tiles and displays show. */
export type Audience = 'everyone' | 'trade' | 'repeat';

export interface StockCondition {
  /** Pieces or grams on hand; null for no limit. Goods that are not counted never meet a condition. */
  readonly atLeast: Quantity | null;
  readonly atMost: Quantity | null;
}

/** No price, no condition: a rule for everybody, always and everywhere. */
export const ALWAYS: Schedule = { from: null, until: null, weekly: [] };

export type RuleProblem = 'bad-rule';

/** Whether a rule changes the price of one piece, rather than making an offer for several. */
export function isUnitEffect(effect: Effect): effect is UnitEffect {
  return effect.kind !== 'tiers' && effect.kind !== 'bundle';
}

/**
 * Checks a rule before it is kept, and gives it back tidied. Refused are negative and absurd amounts, windows that never
 * open, tiers that do not rise and everything past the limits; rules that contradict each other are not, since priority and
 * id decide between them.
 */
export function checkRule(rule: PriceRule): Result<PriceRule, RuleProblem> {
  const name = plainText(rule.name);
  if (name === '') return bad('The rule needs a name: it stands on the docket when somebody asks why.');
  if (name.length > RULE_LIMITS.nameLength) return bad(`The name can have ${RULE_LIMITS.nameLength} characters.`);
  if (!isWhole(rule.priority, 0, RULE_LIMITS.priority)) {
    return bad(`The priority is a whole number from 0 to ${RULE_LIMITS.priority}.`);
  }
  if (rule.capBasisPoints !== null && !isWhole(rule.capBasisPoints, 0, 10_000)) {
    return bad('The most that comes off is from 0 to 100 %.');
  }
  if (rule.graceMs !== null && !isWhole(rule.graceMs, 0, RULE_LIMITS.graceMs)) {
    return bad('An open cart keeps its price for an hour at most.');
  }
  return (
    wrongSelector(rule.what) ??
    wrongEffect(rule.effect) ??
    wrongSchedule(rule.when) ??
    wrongPlace(rule.where) ??
    wrongStock(rule.stock) ??
    ok({ ...rule, name })
  );
}

function wrongSelector(what: Selector): Failure<RuleProblem> | null {
  if (what.kind === 'everything') return null;
  if (what.kind === 'words') {
    const { words } = what;
    if (words.length === 0) return bad('Write the words that the names of the goods have.');
    return words.length > RULE_LIMITS.words || words.some((word) => word === '' || word.length > RULE_LIMITS.wordLength)
      ? bad(`Use ${RULE_LIMITS.words} words at most, of ${RULE_LIMITS.wordLength} letters each.`)
      : null;
  }
  const named = what.kind === 'categories' ? what.categories : what.kind === 'items' ? what.itemIds : what.variantIds;
  if (named.length === 0) return bad('Choose what the rule is about.');
  return named.length > RULE_LIMITS.selected
    ? bad(`A rule names ${RULE_LIMITS.selected} things at most. Use a category, or make two rules.`)
    : null;
}

function wrongEffect(effect: Effect): Failure<RuleProblem> | null {
  switch (effect.kind) {
    case 'unit-price':
    case 'percent-off':
    case 'amount-off':
      return wrongCharge(effect.kind === 'unit-price' ? { kind: 'price', priceMinor: effect.priceMinor } : effect);
    case 'markdown': {
      if (!isLocalTime(effect.closesAt)) return bad('Write when the stall closes, like 16:00.');
      if (effect.steps.length === 0 || effect.steps.length > RULE_LIMITS.steps) {
        return bad(`A markdown has one to ${RULE_LIMITS.steps} steps.`);
      }
      const wrong = effect.steps.some(
        ({ beforeCloseMinutes, basisPoints }) =>
          !isWhole(beforeCloseMinutes, 1, 1_440) || !isWhole(basisPoints, 1, 10_000),
      );
      if (wrong) return bad('Each step begins 1 to 1440 minutes before closing and takes 0.01 to 100 % off.');
      const typed = effect.steps.flatMap(({ priceMinor }) => priceMinor ?? []);
      if (typed.some((priceMinor) => !isWhole(priceMinor, 1, MAX_MINOR))) return bad('A step leads to a price.');
      return isRising(effect.steps.map(({ beforeCloseMinutes }) => -beforeCloseMinutes)) &&
        isRising(effect.steps.map(({ basisPoints }) => basisPoints)) &&
        isRising(typed.map((priceMinor) => -priceMinor))
        ? null
        : bad('Each step comes later than the one before and takes more off.');
    }
    case 'tiers': {
      if (effect.tiers.length === 0 || effect.tiers.length > RULE_LIMITS.tiers) {
        return bad(`There are one to ${RULE_LIMITS.tiers} tiers.`);
      }
      if (effect.tiers.some(({ fromQuantity }) => !isWhole(fromQuantity, 2, 999_999))) {
        return bad('A tier begins at 2 pieces, or 2 g, or more.');
      }
      if (!isRising(effect.tiers.map(({ fromQuantity }) => fromQuantity))) {
        return bad('Each tier begins at more than the one before.');
      }
      return effect.tiers.map(({ charge }) => wrongCharge(charge)).find((wrong) => wrong !== null) ?? null;
    }
    case 'bundle': {
      const { parts, mostPerCart } = effect;
      if (parts.length === 0 || parts.length > RULE_LIMITS.parts) {
        return bad(`A bundle has one to ${RULE_LIMITS.parts} parts.`);
      }
      if (parts.some(({ quantity }) => !isWhole(quantity, 1, RULE_LIMITS.bundlePieces))) {
        return bad('Each part of a bundle is one piece or more.');
      }
      const pieces = parts.reduce((sum, { quantity }) => sum + quantity, 0);
      if (pieces < 2 || pieces > RULE_LIMITS.bundlePieces) {
        return bad(`A bundle has 2 to ${RULE_LIMITS.bundlePieces} pieces.`);
      }
      if (mostPerCart !== null && !isWhole(mostPerCart, 1, RULE_LIMITS.bundlesPerCart)) {
        return bad('Say how often in one sale, 1 or more.');
      }
      return parts.map(({ what }) => wrongSelector(what)).find((wrong) => wrong !== null) ?? wrongCharge(effect.at);
    }
  }
}

function wrongCharge(charge: UnitCharge): Failure<RuleProblem> | null {
  switch (charge.kind) {
    case 'price':
      return isWhole(charge.priceMinor, 0, MAX_MINOR)
        ? null
        : bad('A price is nothing or more, and below ten million.');
    case 'percent-off':
      return isWhole(charge.basisPoints, 1, 10_000) ? null : bad('Between 0.01 and 100 % can come off.');
    case 'amount-off':
      return isWhole(charge.amountMinor, 1, MAX_MINOR) ? null : bad('What comes off is more than nothing.');
  }
}

/** What is wrong with when something is to apply, or null. */
export function wrongSchedule({ from, until, windows, weekly }: Schedule): Failure<RuleProblem> | null {
  if ((from !== null && Number.isNaN(Date.parse(from))) || (until !== null && Number.isNaN(Date.parse(until)))) {
    return bad('It begins or ends at no time that there is.');
  }
  if (from !== null && until !== null && Date.parse(from) >= Date.parse(until)) {
    return bad('It ends before it begins.');
  }
  if ((windows ?? []).length > RULE_LIMITS.windows || weekly.length > RULE_LIMITS.weekly) {
    return bad('These are more windows than there can be.');
  }
  if ((windows ?? []).some((window) => !(Date.parse(window.from) < Date.parse(window.until)))) {
    return bad('A window ends before it begins.');
  }
  for (const { days, from: opens, until: closes } of weekly) {
    if (days.length === 0 || days.length > 7 || days.some((day) => !isWhole(day, 1, 7))) {
      return bad('Choose the days of the week.');
    }
    if (!isLocalTime(opens) || !isLocalTime(closes)) return bad('Write times like 09:30.');
  }
  return null;
}

function wrongPlace(where: Place): Failure<RuleProblem> | null {
  switch (where.kind) {
    case 'anywhere':
      return null;
    case 'event':
    case 'pitch': {
      const name = where.kind === 'event' ? where.event : where.pitch;
      return name.trim() === '' || name.length > RULE_LIMITS.placeLength ? bad('Name the market or the pitch.') : null;
    }
    case 'radius':
      return Math.abs(where.latitude) <= 90 &&
        Math.abs(where.longitude) <= 180 &&
        where.radiusMetres > 0 &&
        where.radiusMetres <= RULE_LIMITS.radiusMetres
        ? null
        : bad('That is no place on earth.');
  }
}

function wrongStock(stock: StockCondition | null): Failure<RuleProblem> | null {
  if (stock === null) return null;
  const { atLeast, atMost } = stock;
  const limits = [atLeast, atMost].filter((limit) => limit !== null);
  if (limits.length === 0 || limits.some((limit) => !isWhole(limit, 0, 1_000_000_000))) {
    return bad('Say how much is to be on hand, in whole pieces or grams.');
  }
  return atLeast !== null && atMost !== null && atLeast > atMost ? bad('No stock is both so high and so low.') : null;
}

function isLocalTime(time: LocalTime): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(time);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function isRising(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
}

function bad(message: string): Failure<RuleProblem> {
  return fail('bad-rule', message);
}
