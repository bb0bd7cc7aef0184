import { goodsTotal, offersIn } from '../../domain/pricing/quote';
import { isAbout, rulesAbout } from '../../domain/pricing/book';
import type { Item, Quantity, Variant } from '../../domain/catalogue';
import { meetsConditions } from '../../domain/pricing/price';
import type { BundlePart, OfferEffect, PriceRule } from '../../domain/pricing/rule';
import type { LineOffer } from '../../domain/pricing/trace';
import type { CheckedItem, ShownItem } from '../../shared/contract';
import type { PricingService } from './pricing-service';

/** More than a shopper reads. */
const MOST_OFFERS = 20;
/** Other things that are shown with one. */
const MOST_COMPANIONS = 3;
/** Goods that are looked at for the other half of a bundle. */
const MOST_LOOKED = 24;
/** An end that is further away is no reason to buy now. */
const SOON_MS = 24 * 3_600_000;

type Step = CheckedItem['variants'][number]['steps'][number];
type Companion = CheckedItem['goesWith'][number];

/** Something to show, with the rules it tells of. */
interface Told<T> {
  readonly shown: T;
  readonly ruleIds: readonly string[];
}

interface Offer {
  readonly rule: PriceRule;
  readonly effect: OfferEffect;
}

/** One half of a bundle: a variant, or several of one item that cost the same. */
interface Half {
  readonly item: Item;
  readonly variant: Variant;
  readonly quantity: Quantity;
  readonly unitPriceMinor: number;
}

export interface ShownDealsOptions {
  readonly prices: PricingService;
  readonly item: (itemId: string) => ShownItem | null;
  readonly left: (item: Item, variant: Variant) => Quantity | null;
  /** Items that are bought with one more often than chance has it, the likeliest first. */
  readonly companions: (itemId: string) => readonly string[];
}

/**
 * What makes several things cheaper than one by one, as anybody may see it: amounts are those of a sale made with these goods
 * alone. What begins later is not told, nor what a price test does.
 */
export class ShownDeals {
  readonly #with: ShownDealsOptions;

  constructor(options: ShownDealsOptions) {
    this.#with = options;
  }

  /** When a rule ends, where that is soon. */
  until(ruleId: string): { readonly until?: string } {
    const { prices } = this.#with;
    const endsMs = prices.endsAtMs(ruleId);
    return endsMs !== null && endsMs - prices.nowMs() < SOON_MS ? { until: new Date(endsMs).toISOString() } : {};
  }

  /** @param told rules that something else tells of already */
  offers(variants: readonly Variant[], told: ReadonlySet<string> = new Set()): CheckedItem['offers'] {
    return this.#offersAbout(variants)
      .filter(({ rule }) => !told.has(rule.ruleId))
      .slice(0, MOST_OFFERS)
      .map(({ rule: { ruleId, name }, effect }) =>
        effect.kind === 'tiers'
          ? { name, unit: effect.unit, steps: effect.tiers, isBundle: false, ...this.until(ruleId) }
          : {
              name,
              unit: 'each',
              steps: [{ fromQuantity: effect.parts.reduce((sum, part) => sum + part.quantity, 0), charge: effect.at }],
              isBundle: true,
              ...this.until(ruleId),
            },
      );
  }

  /** What more of a variant comes to. */
  steps(item: Item, variant: Variant, left: Quantity | null): Told<readonly Step[]> {
    const steps = this.#with.prices.steps({ item, variant }, left);
    return {
      shown: steps.map(({ offers, ...step }) => ({ ...step, ...this.#words(offers) })),
      ruleIds: steps.flatMap(({ offers }) => offers.map(({ ruleId }) => ruleId)),
    };
  }

  /**
   * Other items to look at: what an offer puts with this one, then what is often bought with it.
   * @param variantId the variant that was asked for, or null
   */
  goesWith(item: Item, variantId: string | null): Told<Companion>[] {
    const often = this.#with.companions(item.itemId);
    const mine = item.variants.filter((variant) => variantId === null || variant.variantId === variantId);
    const found = new Map<string, Told<Companion>>();
    for (const offer of this.#offersAbout(mine)) {
      const told = this.#bundled(offer, { item, mine, often });
      if (told && !found.has(told.shown.itemId)) found.set(told.shown.itemId, told);
    }
    for (const itemId of often) {
      const shown = found.has(itemId) ? null : this.#with.item(itemId);
      if (shown && shown.left !== 0 && shown.mustAsk !== true) found.set(itemId, { shown, ruleIds: [] });
    }
    return [...found.values()].slice(0, MOST_COMPANIONS);
  }

  /** Of a bundle of two the other half, where both are there and the bundle makes them cheaper. */
  #bundled(
    { rule, effect }: Offer,
    about: { readonly item: Item; readonly mine: readonly Variant[]; readonly often: readonly string[] },
  ): Told<Companion> | null {
    if (effect.kind !== 'bundle' || effect.parts.length !== 2) return null;
    const { item, mine, often } = about;
    const [one, other] = effect.parts as [BundlePart, BundlePart];
    for (const [ours, theirs] of [
      [one, other],
      [other, one],
    ] as const) {
      if (theirs.what.kind === 'everything') continue;
      const half = this.#half(
        item,
        this.#among(mine, ours).filter((variant) => !this.#among([variant], theirs).length),
        ours,
      );
      if (half === null) continue;
      const others = this.#with.prices
        .goodsAbout(theirs.what, MOST_LOOKED)
        .filter((goods) => goods.item.itemId !== item.itemId);
      const items = new Map(others.map((goods) => [goods.item.itemId, goods.item]));
      const ranked = [...often.flatMap((itemId) => items.get(itemId) ?? []), ...items.values()];
      for (const candidate of new Set(ranked)) {
        const variants = others.flatMap((goods) => (goods.item.itemId === candidate.itemId ? goods.variant : []));
        const told = this.#together(rule, half, this.#half(candidate, variants, theirs));
        if (told) return told;
      }
    }
    return null;
  }

  #together({ ruleId }: PriceRule, one: Half, other: Half | null): Told<Companion> | null {
    const { prices, item } = this.#with;
    const shown = other && item(other.item.itemId);
    if (!other || !shown) return null;
    const quoted = prices.quote([one, other]);
    if (quoted === null) return null;
    const offers = offersIn(quoted);
    const totalMinor = goodsTotal(quoted);
    const savedMinor = one.quantity * one.unitPriceMinor + other.quantity * other.unitPriceMinor - totalMinor;
    if (savedMinor <= 0 || !offers.some((offer) => offer.ruleId === ruleId)) return null;
    const count = one.quantity + other.quantity;
    return {
      shown: { ...shown, together: { count, totalMinor, savedMinor, ...this.#words(offers) } },
      ruleIds: [ruleId],
    };
  }

  /** What fills one part of a bundle; null where there are too few, or what it costs depends on which is taken. */
  #half(item: Item, variants: readonly Variant[], { quantity }: BundlePart): Half | null {
    const { prices, left } = this.#with;
    const there = variants.flatMap((variant) => {
      const price = prices.shown(variant.variantId);
      if (variant.pricing !== 'each' || price === null || price.mustAsk) return [];
      return (left(item, variant) ?? quantity) >= quantity ? [{ variant, price }] : [];
    });
    const [first] = there;
    if (!first || there.some(({ price }) => price.unitPriceMinor !== first.price.unitPriceMinor)) return null;
    return { item, variant: first.variant, quantity, unitPriceMinor: first.price.unitPriceMinor };
  }

  #among(variants: readonly Variant[], { what }: BundlePart): Variant[] {
    return variants.filter(({ variantId }) => {
      const subject = this.#with.prices.subject(variantId);
      return subject !== null && isAbout(what, subject);
    });
  }

  #offersAbout(variants: readonly Variant[]): Offer[] {
    const { prices } = this.#with;
    const { offers } = prices.current();
    const found = new Map<string, Offer>();
    for (const { variantId } of variants) {
      const subject = prices.subject(variantId);
      if (!subject) continue;
      for (const on of rulesAbout(offers, subject)) {
        const { rule, effect, lingers } = on;
        // An arm of a price test is nothing to point at.
        if (lingers || rule.origin === 'test' || !meetsConditions(on, subject, 'everyone')) continue;
        found.set(rule.ruleId, { rule, effect });
      }
    }
    return [...found.values()];
  }

  #words(offers: readonly LineOffer[]): Pick<Step, 'names' | 'until'> {
    const told = offers.filter(({ origin }) => origin !== 'test');
    const ends = told.flatMap(({ ruleId }) => this.until(ruleId).until ?? []).sort();
    return {
      names: [...new Set(told.map(({ name }) => name))],
      ...(ends[0] !== undefined && { until: ends[0] }),
    };
  }
}
