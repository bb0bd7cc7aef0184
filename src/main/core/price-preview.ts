import { priceCart, type Cart } from '../../domain/cart';
import { fullName } from '../../domain/catalogue';
import type { PriceBook, TimedRule } from '../../domain/pricing/book';
import { isPricedByRules, repriceCart } from '../../domain/pricing/cart-prices';
import { priceOf } from '../../domain/pricing/price';
import { isUnitEffect, type PriceRule, type Selector } from '../../domain/pricing/rule';
import type { Order } from '../../domain/order';
import type { CallOutput } from '../../shared/contract';
import type { PricingService } from './pricing-service';

/** Goods looked at, of which so many are shown. */
const MOST_GOODS = 500;
const MOST_SHOWN = 100;
const MOST_OTHERS = 20;

/**
 * What a rule would change, worked out with the rules there are: of goods their prices, of sales that were made what they would
 * have come to at the prices of now without and with it.
 */
export function previewRule(
  rule: PriceRule,
  given: {
    readonly prices: PricingService;
    readonly orders: readonly Order[];
    readonly taxIncluded: boolean;
  },
): CallOutput<'prices.preview'> {
  const { prices, orders, taxIncluded } = given;
  const timed = prices.timed(rule);
  const nowMs = prices.nowMs();
  const atMs = timed.windows.find(({ untilMs }) => untilMs > nowMs);
  const others = prices.timedRules().filter((one) => one.rule.ruleId !== rule.ruleId);
  const at = atMs === undefined ? nowMs : Math.max(atMs.fromMs, nowMs);
  const before = prices.bookOf(prices.timedRules(), at);
  const after = prices.bookOf([...others, timed], at);
  const goods = selectorsOf(rule).flatMap((what) => prices.goodsAbout(what, MOST_GOODS));
  const contenders = new Map<string, PriceRule>();
  const changed = goods.flatMap(({ item, variant, subject }) => {
    for (const other of prices.rulesAbout(subject, after)) {
      if (other.ruleId !== rule.ruleId && contenders.size < MOST_OTHERS) contenders.set(other.ruleId, other);
    }
    const beforeMinor = priceOf(before, subject, rule.audience).unitPriceMinor;
    const now = priceOf(after, subject, rule.audience);
    if (now.unitPriceMinor === beforeMinor) return [];
    const last = now.trace.steps.at(-1)?.kind;
    return [
      {
        variantId: variant.variantId,
        name: fullName(item, variant),
        beforeMinor,
        afterMinor: now.unitPriceMinor,
        costMinor: variant.costMinor,
        stoppedBy: last === 'floor' || last === 'cap' ? last : null,
      },
    ];
  });
  const totals = orders.map((order) => {
    const cart = cartOf(order);
    const totalBy = (book: PriceBook): number => priceCart(pricedBy(cart, book, prices), { taxIncluded }).totalMinor;
    return { beforeMinor: totalBy(before), afterMinor: totalBy(after) };
  });
  return {
    at: atMs === undefined ? null : new Date(at).toISOString(),
    goodsCount: goods.length,
    changedCount: changed.length,
    goods: changed.slice(0, MOST_SHOWN),
    others: [...contenders.values()].map((other) => ({
      ruleId: other.ruleId,
      name: other.name,
      isFirst: isFirst(other, rule),
    })),
    carts: {
      count: totals.length,
      changedCount: totals.filter(({ beforeMinor, afterMinor }) => beforeMinor !== afterMinor).length,
      beforeMinor: totals.reduce((sum, { beforeMinor }) => sum + beforeMinor, 0),
      afterMinor: totals.reduce((sum, { afterMinor }) => sum + afterMinor, 0),
    },
  };
}

/** When rules are on between two instants. */
export function calendarOf(
  rules: readonly TimedRule[],
  fromMs: number,
  untilMs: number,
): CallOutput<'prices.calendar'>['rules'] {
  const instant = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
  return rules.flatMap(({ rule, windows }) => {
    const within = windows.filter((window) => window.untilMs > fromMs && window.fromMs < untilMs);
    if (!rule.isOn || within.length === 0) return [];
    const { ruleId, name, origin } = rule;
    return [
      {
        ruleId,
        name,
        origin,
        windows: within.map((window) => ({ from: instant(window.fromMs), until: instant(window.untilMs) })),
      },
    ];
  });
}

function selectorsOf({ what, effect }: PriceRule): readonly Selector[] {
  return isUnitEffect(effect) || effect.kind === 'tiers' ? [what] : effect.parts.map((part) => part.what);
}

function isFirst(one: PriceRule, other: PriceRule): boolean {
  return one.priority === other.priority ? one.ruleId < other.ruleId : one.priority > other.priority;
}

/** A sale as a cart whose prices are open again; what was given by hand stays. */
function cartOf({ cartId, lines, discount, note }: Order): Cart {
  return {
    cartId,
    discount,
    note,
    lines: lines.map((priced) => {
      const {
        grossMinor: _gross,
        lineDiscountMinor: _line,
        cartDiscountMinor: _cart,
        amountMinor: _amount,
        ...line
      } = priced;
      const { trace: _trace, offers: _offers, wasMinor: _was, ...plain } = line;
      return isPricedByRules(line) ? { ...plain, unitPriceMinor: Number.MAX_SAFE_INTEGER } : line;
    }),
  };
}

function pricedBy(cart: Cart, book: PriceBook, prices: PricingService): Cart {
  const priced = repriceCart(cart, prices.worldWith(book));
  // What left the catalogue since has no price any more.
  return { ...priced, lines: priced.lines.filter(({ unitPriceMinor }) => unitPriceMinor !== Number.MAX_SAFE_INTEGER) };
}
