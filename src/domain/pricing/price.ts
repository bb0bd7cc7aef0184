import { portion, type Minor } from '../money';
import type { Quantity } from '../catalogue';
import { isAbout, rulesAbout, type Goods, type PriceBook, type RuleOn, type SteadyEffect } from './book';
import type { StartPrice } from './matrix';
import { cappedAt, floorOf } from './policy';
import { markedDown, type Audience } from './rule';
import type { PriceTrace, TraceStep } from './trace';

/** Goods with everything a price depends on besides rules. */
export interface PriceSubject extends Goods {
  readonly start: StartPrice;
  /** Null when not known. */
  readonly costMinor: Minor | null;
  /** Pieces or grams on hand; null when not counted. */
  readonly stock: Quantity | null;
}

/** A price with its reasons. */
export interface PriceNow {
  /** Per piece or kilogram. */
  readonly unitPriceMinor: Minor;
  /** What to show struck through beside it, or null. */
  readonly wasMinor: Minor | null;
  /** No offer goes below it either; null when the cost is not known. */
  readonly floorMinor: Minor | null;
  readonly trace: PriceTrace;
  /** A person must say the price: the last known one is too old. */
  readonly mustAsk: boolean;
  /** How many rules were looked at: all of them about these goods. */
  readonly looked: number;
}

/** How many more pieces a rule with a cap may still give, by rule id; a rule that is missing has no cap. */
export type RulesLeft = ReadonlyMap<string, number>;

export const NO_CAPS: RulesLeft = new Map();

/** More than anybody stacks on purpose. */
const MOST_STACKED = 16;

/**
 * The price of one piece or kilogram within the book's time. Rules are looked at by priority and then id. The first that
 * meets its conditions is applied; if it stacks, so are the others that stack. Then the caps of those applied and of the
 * stall hold, and last the floor.
 * @param quantity pieces it is asked for: a capped rule with fewer left is passed over
 */
export function priceOf(
  book: PriceBook,
  subject: PriceSubject,
  audience: Audience,
  { left, quantity }: { readonly left: RulesLeft; readonly quantity: Quantity } = { left: NO_CAPS, quantity: 1 },
): PriceNow {
  const { start, costMinor } = subject;
  const steps: TraceStep[] = [...start.steps];
  let priceMinor = start.priceMinor;
  let looked = 0;
  let applied = 0;
  let cap = book.policy.mostOffBasisPoints;
  let isTest = false;
  let spent: PriceTrace['spent'];
  for (const on of rulesAbout(book.units, subject)) {
    looked += 1;
    const { rule } = on;
    if (!meetsConditions(on, subject, audience)) continue;
    if (applied > 0 && rule.stacking === 'alone') continue;
    if ((left.get(rule.ruleId) ?? quantity) < quantity) {
      spent ??= { ruleId: rule.ruleId, name: rule.name };
      continue;
    }
    const afterMinor = changed(on.effect, priceMinor);
    steps.push(ruleStep(on, priceMinor, afterMinor));
    priceMinor = afterMinor;
    isTest ||= rule.origin === 'test';
    if (rule.capBasisPoints !== null) cap = Math.min(cap ?? 10_000, rule.capBasisPoints);
    applied += 1;
    if (rule.stacking === 'alone' || applied === MOST_STACKED) break;
  }
  const listMinor = start.base.priceMinor;
  if (applied > 0 && cap !== null) {
    const lowestMinor = Math.min(cappedAt(listMinor, cap), start.priceMinor);
    if (priceMinor < lowestMinor) {
      steps.push({ kind: 'cap', capBasisPoints: cap, beforeMinor: priceMinor, afterMinor: lowestMinor });
      priceMinor = lowestMinor;
    }
  }
  const floorMinor = floorOf({ costMinor, listMinor }, book.policy);
  if (floorMinor !== null && priceMinor < floorMinor) {
    steps.push({ kind: 'floor', floorMinor, beforeMinor: priceMinor, afterMinor: floorMinor });
    priceMinor = floorMinor;
  }
  return {
    unitPriceMinor: priceMinor,
    // A price under test must look like any other.
    wasMinor: applied > 0 && !isTest && priceMinor < listMinor ? listMinor : null,
    floorMinor,
    trace: { base: start.base, steps, ...(spent !== undefined && { spent }) },
    mustAsk: start.mustAsk,
    looked,
  };
}

/** Whether a rule that was found is for this audience, this stock and, when found by a word, all its words. */
export function meetsConditions(
  { rule }: RuleOn<unknown>,
  subject: Pick<PriceSubject, 'stock'> & Goods,
  audience: Audience,
): boolean {
  if (rule.audience !== 'everyone' && rule.audience !== audience) return false;
  if (rule.what.kind === 'words' && !isAbout(rule.what, subject)) return false;
  if (rule.stock === null) return true;
  const { atLeast, atMost } = rule.stock;
  const { stock } = subject;
  return stock !== null && (atLeast === null || stock >= atLeast) && (atMost === null || stock <= atMost);
}

function changed(effect: SteadyEffect, priceMinor: Minor): Minor {
  switch (effect.kind) {
    case 'unit-price':
      return effect.priceMinor;
    case 'percent-off':
      return priceMinor - portion(priceMinor, effect.basisPoints);
    case 'amount-off':
      return Math.max(0, priceMinor - effect.amountMinor);
    case 'markdown-step':
      return markedDown(effect.step, priceMinor);
  }
}

function ruleStep({ rule }: RuleOn<unknown>, beforeMinor: Minor, afterMinor: Minor): TraceStep {
  const { ruleId, version, name, origin, originId, arm } = rule;
  return {
    kind: 'rule',
    ruleId,
    version,
    name,
    origin,
    ...(originId !== undefined && { originId }),
    ...(arm !== undefined && { arm }),
    beforeMinor,
    afterMinor,
  };
}
