import { metresBetween, type Coordinates } from '../coordinates';
import type { PricePolicy } from './policy';
import {
  isUnitEffect,
  type MarkdownStep,
  type OfferEffect,
  type Place,
  type PriceRule,
  type Selector,
  type UnitCharge,
  type UnitEffect,
} from './rule';

/** A rule with its times turned into UTC instants, in rising order and apart from each other. */
export interface TimedRule {
  readonly rule: PriceRule;
  readonly windows: readonly TimedWindow[];
}

export interface TimedWindow {
  /** UTC milliseconds; the end is no longer within. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Of a markdown: its step in this window. */
  readonly step?: MarkdownStep;
}

/** Where this device sells. */
export interface SellingPlace {
  readonly event: string;
  readonly pitch: string;
  /** Null when nobody said. */
  readonly position: Coordinates | null;
}

/** A rule that is on, with the order it is looked at in. */
export interface RuleOn<E = SteadyEffect | OfferEffect> {
  readonly rule: PriceRule;
  readonly effect: E;
  /** 0 is looked at first. */
  readonly rank: number;
  /** It is over: only carts that had its offer keep it, through its grace. */
  readonly lingers: boolean;
}

/** A unit effect without the clock: a markdown is its present step. */
export type SteadyEffect =
  Exclude<UnitEffect, { readonly kind: 'markdown' }> | { readonly kind: 'markdown-step'; readonly step: MarkdownStep };

/** Rules found by what they are about, each list in rank order. */
export interface RuleIndex<E> {
  readonly everything: readonly RuleOn<E>[];
  readonly byCategory: ReadonlyMap<string, readonly RuleOn<E>[]>;
  readonly byItem: ReadonlyMap<string, readonly RuleOn<E>[]>;
  readonly byVariant: ReadonlyMap<string, readonly RuleOn<E>[]>;
  /** By the first of their words. */
  readonly byWord: ReadonlyMap<string, readonly RuleOn<E>[]>;
}

/**
 * All rules that are on at this place from one instant to the next at which any rule begins or ends. Prices within that time
 * depend on no clock.
 */
export interface PriceBook {
  /** UTC milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly policy: PricePolicy;
  readonly units: RuleIndex<SteadyEffect>;
  readonly offers: RuleIndex<OfferEffect>;
  /** Grace of every rule that has one of its own, on or over. */
  readonly graceMs: ReadonlyMap<string, number>;
}

/** What a price is asked for. */
export interface Goods {
  readonly variantId: string;
  readonly itemId: string;
  readonly category: string;
  /** The words of its name, folded as the words of rules are. */
  readonly nameWords: readonly string[];
}

/**
 * Sorts out which rules are on and where to find them. Equal input gives an equal book, whatever order the rules come in.
 * @param nowMs UTC milliseconds
 */
export function compileBook(
  rules: readonly TimedRule[],
  { nowMs, place, policy }: { readonly nowMs: number; readonly place: SellingPlace; readonly policy: PricePolicy },
): PriceBook {
  let fromMs = Number.NEGATIVE_INFINITY;
  let untilMs = Number.POSITIVE_INFINITY;
  const on: { readonly rule: PriceRule; readonly step: MarkdownStep | null; readonly lingers: boolean }[] = [];
  const graceMs = new Map<string, number>();
  const boundary = (atMs: number): void => {
    if (atMs <= nowMs) fromMs = Math.max(fromMs, atMs);
    else untilMs = Math.min(untilMs, atMs);
  };
  for (const { rule, windows } of rules) {
    if (!rule.isOn || !isHere(rule.where, place)) continue;
    if (rule.graceMs !== null) graceMs.set(rule.ruleId, rule.graceMs);
    const lingerMs = isUnitEffect(rule.effect) ? 0 : (rule.graceMs ?? policy.graceMs);
    for (const window of windows) {
      boundary(window.fromMs);
      boundary(window.untilMs);
      if (lingerMs > 0) boundary(window.untilMs + lingerMs);
      if (window.fromMs > nowMs || window.untilMs + lingerMs <= nowMs) continue;
      on.push({ rule, step: window.step ?? null, lingers: window.untilMs <= nowMs });
    }
  }
  on.sort(
    (a, b) =>
      b.rule.priority - a.rule.priority ||
      compareText(a.rule.ruleId, b.rule.ruleId) ||
      b.rule.version - a.rule.version ||
      Number(a.lingers) - Number(b.lingers),
  );
  const units = new IndexBuilder<SteadyEffect>();
  const offers = new IndexBuilder<OfferEffect>();
  on.forEach(({ rule, step, lingers }, rank) => {
    const { effect } = rule;
    if (!isUnitEffect(effect)) offers.add(rule.what, { rule, effect, rank, lingers }, partsOf(effect));
    else if (effect.kind === 'markdown') {
      if (step !== null) units.add(rule.what, { rule, effect: { kind: 'markdown-step', step }, rank, lingers });
    } else units.add(rule.what, { rule, effect, rank, lingers });
  });
  return { fromMs, untilMs, policy, units: units.index, offers: offers.index, graceMs };
}

/**
 * The rules about some goods in the order they are looked at, found without looking at any other. Lazy: who stops early
 * pays for no more.
 */
export function* rulesAbout<E>(
  index: RuleIndex<E>,
  { variantId, itemId, category, nameWords }: Goods,
): Generator<RuleOn<E>> {
  const lists = [
    index.byVariant.get(variantId),
    index.byItem.get(itemId),
    index.byCategory.get(category),
    index.everything,
    ...(index.byWord.size === 0 ? [] : [...new Set(nameWords)].map((word) => index.byWord.get(word))),
  ].filter((list) => list !== undefined && list.length > 0) as (readonly RuleOn<E>[])[];
  const next = lists.map(() => 0);
  let lastRank = -1;
  for (;;) {
    let found: RuleOn<E> | undefined;
    let foundIn = -1;
    for (const [at, list] of lists.entries()) {
      const candidate = list[next[at] ?? 0];
      if (candidate !== undefined && (found === undefined || candidate.rank < found.rank)) {
        found = candidate;
        foundIn = at;
      }
    }
    if (found === undefined) return;
    next[foundIn] = (next[foundIn] ?? 0) + 1;
    // A bundle may be found through several of its parts.
    if (found.rank === lastRank) continue;
    lastRank = found.rank;
    yield found;
  }
}

/** Whether a selector means these goods. */
export function isAbout(what: Selector, { variantId, itemId, category, nameWords }: Goods): boolean {
  switch (what.kind) {
    case 'everything':
      return true;
    case 'categories':
      return what.categories.includes(category);
    case 'items':
      return what.itemIds.includes(itemId);
    case 'variants':
      return what.variantIds.includes(variantId);
    case 'words':
      return what.words.every((word) => nameWords.includes(word));
  }
}

/** What a charge takes off an amount; never more than the amount, and never less than nothing. */
export function takenOff(charge: UnitCharge, amountMinor: number, percentOf: (basisPoints: number) => number): number {
  const wanted =
    charge.kind === 'price'
      ? amountMinor - charge.priceMinor
      : charge.kind === 'percent-off'
        ? percentOf(charge.basisPoints)
        : charge.amountMinor;
  return Math.min(Math.max(wanted, 0), amountMinor);
}

function partsOf(effect: OfferEffect): readonly Selector[] {
  return effect.kind === 'bundle' ? effect.parts.map(({ what }) => what) : [];
}

class IndexBuilder<E> {
  readonly #everything: RuleOn<E>[] = [];
  readonly #byCategory = new Map<string, RuleOn<E>[]>();
  readonly #byItem = new Map<string, RuleOn<E>[]>();
  readonly #byVariant = new Map<string, RuleOn<E>[]>();
  readonly #byWord = new Map<string, RuleOn<E>[]>();

  get index(): RuleIndex<E> {
    return {
      everything: this.#everything,
      byCategory: this.#byCategory,
      byItem: this.#byItem,
      byVariant: this.#byVariant,
      byWord: this.#byWord,
    };
  }

  /** @param parts of a bundle: it is found through them, and not through what it is about */
  add(what: Selector, rule: RuleOn<E>, parts: readonly Selector[] = []): void {
    for (const selector of parts.length > 0 ? parts : [what]) this.#put(selector, rule);
  }

  #put(what: Selector, rule: RuleOn<E>): void {
    switch (what.kind) {
      case 'everything':
        if (this.#everything.at(-1) !== rule) this.#everything.push(rule);
        return;
      case 'categories':
        return putEach(this.#byCategory, what.categories, rule);
      case 'items':
        return putEach(this.#byItem, what.itemIds, rule);
      case 'variants':
        return putEach(this.#byVariant, what.variantIds, rule);
      case 'words':
        return putEach(this.#byWord, what.words.slice(0, 1), rule);
    }
  }
}

function putEach<T>(map: Map<string, T[]>, keys: readonly string[], value: T): void {
  for (const key of keys) {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else if (list.at(-1) !== value) list.push(value);
  }
}

/** Whether a rule for some place holds where a device sells. Names are compared whatever their case. */
export function isHere(where: Place, place: SellingPlace): boolean {
  switch (where.kind) {
    case 'anywhere':
      return true;
    case 'event':
      return isSameName(where.event, place.event);
    case 'pitch':
      return isSameName(where.pitch, place.pitch);
    case 'radius':
      return place.position !== null && metresBetween(where, place.position) <= where.radiusMetres;
  }
}

function isSameName(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** By code units: the same on every device, whatever its language. */
function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
