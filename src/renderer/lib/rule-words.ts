import { formatCoordinates } from '../../domain/coordinates';
import type { Effect, PriceRule, Schedule, Selector, UnitCharge } from '../../domain/pricing/rule';
import type { TypedRule } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Format } from '../../shared/format';
import type { GoodsNames } from './goods-names.svelte';

/** What the words of rules are made with. */
export interface RuleWords {
  readonly format: Format;
  readonly locale: string;
  readonly names: GoodsNames;
}

/** More names than a sentence bears. */
const MOST_NAMED = 3;
/** A Monday, to name the days of the week by. */
const MONDAY_MS = Date.UTC(2024, 0, 1, 12);
const DAY_MS = 86_400_000;

/** A rule as one sentence: what it does to what, when, where, for whom and while how much is left. */
export function ruleSentence(
  rule: Pick<PriceRule, 'what' | 'effect' | 'when' | 'where' | 'audience' | 'stock'>,
  words: RuleWords,
): string {
  return [
    effectPhrase(rule.effect, rule.what, words),
    whenPhrase(rule.when, words),
    wherePhrase(rule.where, words),
    whoPhrase(rule.audience),
    stockPhrase(rule.stock),
  ]
    .filter(Boolean)
    .join(', ');
}

export function effectPhrase(effect: Effect, about: Selector, words: RuleWords): string {
  const what = whatPhrase(about, words);
  switch (effect.kind) {
    case 'unit-price':
    case 'percent-off':
    case 'amount-off':
      return m.rule_effect({ charge: chargePhrase(chargeOf(effect), words), what });
    case 'markdown':
      return m.rule_markdown({ what, time: effect.closesAt, steps: stepsPhrase(effect, words) });
    case 'tiers':
      return m.rule_tiers({ what, tiers: tiersPhrase(effect, words) });
    case 'bundle': {
      const parts = effect.parts.map(({ what: part, quantity }) =>
        m.rule_bundle_part({ quantity, what: whatPhrase(part, words) }),
      );
      return m.rule_bundle({ parts: parts.join(' + '), charge: chargePhrase(effect.at, words) });
    }
  }
}

/** What a rule does, where what it is about stands beside it. */
export function deedPhrase(effect: Effect, words: RuleWords): string {
  switch (effect.kind) {
    case 'unit-price':
    case 'percent-off':
    case 'amount-off':
      return chargePhrase(chargeOf(effect), words);
    case 'markdown':
      return m.rule_deed_markdown({ time: effect.closesAt, steps: stepsPhrase(effect, words) });
    case 'tiers':
      return tiersPhrase(effect, words);
    case 'bundle':
      return effectPhrase(effect, { kind: 'everything' }, words);
  }
}

/** The same three ways to charge, whether of one piece or of several. */
export function chargeOf(effect: Extract<Effect, { kind: 'unit-price' | 'percent-off' | 'amount-off' }>): UnitCharge {
  return effect.kind === 'unit-price' ? { kind: 'price', priceMinor: effect.priceMinor } : effect;
}

export function chargePhrase(charge: UnitCharge, { format }: Pick<RuleWords, 'format'>): string {
  switch (charge.kind) {
    case 'price':
      return m.rule_charge_price({ price: format.money(charge.priceMinor) });
    case 'percent-off':
      return m.rule_charge_off({ amount: format.percent(charge.basisPoints) });
    case 'amount-off':
      return m.rule_charge_off({ amount: format.money(charge.amountMinor) });
  }
}

export function whatPhrase(what: Selector, words: RuleWords): string {
  switch (what.kind) {
    case 'everything':
      return m.rule_what_everything();
    case 'categories':
      return named(what.categories, words);
    case 'items':
      if (what.itemIds.length === 0) return m.rule_choose();
      return named(
        what.itemIds.map((itemId) => words.names.of(itemId) || m.rule_what_unnamed()),
        words,
      );
    case 'variants':
      return m.rule_what_variants({ count: what.variantIds.length });
    case 'words':
      return m.rule_what_words({ words: what.words.join(' ') });
  }
}

export function whenPhrase(when: Schedule, words: RuleWords): string {
  const { format } = words;
  const parts = when.weekly.map(({ days, from, until }) =>
    m.rule_when_weekly({ days: daysPhrase(days, words), from, until }),
  );
  if (when.from !== null) parts.push(m.rule_when_from({ moment: format.moment(when.from) }));
  if (when.until !== null) parts.push(m.rule_when_until({ moment: format.moment(when.until) }));
  const [window] = when.windows ?? [];
  if (window) parts.push(m.rule_when_between({ from: format.moment(window.from), until: format.time(window.until) }));
  return parts.join(', ');
}

/** @param length a short phrase leaves out which point, for where that stands beside it */
export function wherePhrase(
  where: PriceRule['where'],
  { format }: Pick<RuleWords, 'format'>,
  length: 'whole' | 'short' = 'whole',
): string {
  switch (where.kind) {
    case 'anywhere':
      return '';
    case 'event':
      return m.rule_where_at({ place: where.event });
    case 'pitch':
      return m.rule_where_pitch({ place: where.pitch });
    case 'radius':
      return length === 'short'
        ? m.rule_where_near_point({ distance: format.distance(where.radiusMetres) })
        : m.rule_where_near({ distance: format.distance(where.radiusMetres), place: formatCoordinates(where) });
  }
}

export function whoPhrase(audience: PriceRule['audience']): string {
  if (audience === 'everyone') return '';
  return audience === 'trade' ? m.rule_who_trade() : m.rule_who_repeat();
}

export function stockPhrase(stock: PriceRule['stock']): string {
  if (stock === null) return '';
  const parts = [
    stock.atLeast === null ? '' : m.rule_stock_at_least({ count: stock.atLeast }),
    stock.atMost === null ? '' : m.rule_stock_at_most({ count: stock.atMost }),
  ];
  return parts.filter(Boolean).join(', ');
}

/** A rule as a person writes it, without what the till itself keeps of it. */
export function typedOf(rule: PriceRule): TypedRule {
  const { ruleId, name, isOn, what, effect, when, where, audience, stock } = rule;
  const { priority, stacking, capBasisPoints, graceMs } = rule;
  return {
    ...{ ruleId, name, isOn, what, effect, when, where, audience, stock },
    ...{ priority, stacking, capBasisPoints, graceMs },
  };
}

/** Whether something is named that a rule, a drop or a part of a bundle can be about. */
export function isChosen(what: Selector): boolean {
  switch (what.kind) {
    case 'items':
      return what.itemIds.length > 0;
    case 'categories':
      return what.categories.length > 0;
    case 'words':
      return what.words.length > 0;
    case 'variants':
    case 'everything':
      return true;
  }
}

/** Short names of days, 1 for Monday. */
export function dayName(day: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(MONDAY_MS + (day - 1) * DAY_MS);
}

function stepsPhrase({ steps }: Extract<Effect, { kind: 'markdown' }>, words: RuleWords): string {
  const all = steps.map(({ beforeCloseMinutes: minutes, basisPoints, priceMinor }) =>
    priceMinor === undefined
      ? m.rule_step({ minutes, percent: words.format.percent(basisPoints) })
      : m.rule_step_price({ minutes, price: words.format.money(priceMinor) }),
  );
  return listOf(all, words);
}

function tiersPhrase({ tiers, unit }: Extract<Effect, { kind: 'tiers' }>, words: RuleWords): string {
  const all = tiers.map(({ fromQuantity, charge }) =>
    m.rule_tier({
      quantity: unit === 'kg' ? words.format.roughWeight(fromQuantity) : String(fromQuantity),
      charge: chargePhrase(charge, words),
    }),
  );
  return listOf(all, words);
}

function daysPhrase(days: readonly number[], words: RuleWords): string {
  if (days.length === 7) return m.rule_every_day();
  return listOf(
    [...days].sort((a, b) => a - b).map((day) => dayName(day, words.locale)),
    words,
  );
}

function named(all: readonly string[], words: RuleWords): string {
  if (all.length <= MOST_NAMED) return listOf(all, words);
  return m.rule_what_more({ names: all.slice(0, MOST_NAMED - 1).join(', '), count: all.length - MOST_NAMED + 1 });
}

function listOf(all: readonly string[], { locale }: Pick<RuleWords, 'locale'>): string {
  return new Intl.ListFormat(locale).format(all);
}
