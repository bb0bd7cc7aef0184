import { findBundles, type Bundle } from '../../analysis/baskets/bundles';
import type { NextItemModel } from '../../analysis/baskets/next-item';
import { forecast } from '../../analysis/demand/forecast';
import { adviseMarkdown, type MarkdownQuestion } from '../../analysis/demand/markdown';
import type { DemandModel } from '../../analysis/demand/model';
import { elasticityOf, strengthOf } from '../../analysis/demand/price-advice';
import { StallSales } from '../../analysis/stall/stall-sales';
import type { Item } from '../../domain/catalogue';
import { portion } from '../../domain/money';
import type { Order } from '../../domain/order';
import type { AdviceCandidate, AdviceQuestion, Advisor, AdvisorAnswer } from '../core/advisor';
import { CatalogueFeed } from '../db/catalogue-feed';
import { OrderFeed } from '../db/order-feed';
import { LocalClock, MINUTES_PER_DAY } from '../core/local-clock';

/** Changed variants up to which only these are learned again. */
const MOST_CHANGED = 120;
/** Orders after which everything is learned again: what all goods share has moved. */
const RELEARN_AFTER = 500;
/** An item must have been on sale so often before anything is said about it. */
const LEAST_DAYS = 4;
const CONFIDENCE = 0.95;
/** Markdowns that are not this sure to help are not offered. */
const SURE_ENOUGH = 0.75;
const MOST_MARKDOWNS = 12;
/** Goods that are looked at closely: those of which most would be left, by what they cost to buy. */
const MOST_LOOKED_AT = 40;
const MOST_BUNDLES = 8;
/** Shorter before closing nothing can be done. */
const LEAST_MINUTES_LEFT = 20;
/** What comes off a bundle, unless its cost leaves less. */
const BUNDLE_BASIS_POINTS = 1000;

interface Learned {
  readonly demand: DemandModel;
  readonly nextItem: NextItemModel;
}

/** Learns from the orders of a data folder and finds advice, in the thread that calls it. */
export class AdvisorEngine implements Advisor {
  readonly #dataDir: string;
  #feed: OrderFeed | null = null;
  #catalogue: CatalogueFeed | null = null;
  #sales = new StallSales();
  #learned: Learned | null = null;
  #sinceFull = 0;
  #timeZone = '';

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  ask(question: AdviceQuestion): Promise<AdvisorAnswer> {
    const startedMs = performance.now();
    const { changed, sold, learnedOrders } = this.#read(question.timeZone);
    this.#catalogue ??= CatalogueFeed.open(this.#dataDir);
    const items = this.#catalogue.next(sold);
    const isFull = this.#learn(changed, learnedOrders, (itemId) => items.get(itemId)?.category ?? '');
    const candidates = this.#learned === null ? [] : this.#advise(this.#learned, items, question);
    return Promise.resolve({
      candidates,
      orders: this.#sales.orders,
      marketDays: this.#sales.marketDays,
      isFull,
      learnedOrders,
      tookMs: performance.now() - startedMs,
    });
  }

  close(): Promise<void> {
    this.#feed?.close();
    this.#feed = null;
    this.#catalogue?.close();
    this.#catalogue = null;
    return Promise.resolve();
  }

  /** What else belongs into a basket, likeliest first. */
  nextItems(itemIds: readonly string[], most: number): string[] {
    const places = itemIds.flatMap((itemId) => this.#sales.itemPlace(itemId) ?? []);
    const ranked = this.#learned?.nextItem.rank(places, most) ?? [];
    return ranked.flatMap(({ item }) => this.#sales.items[item] ?? []);
  }

  /** Takes in the orders that came since: places of the variants and ids of the items they hold. */
  #read(timeZone: string): { changed: Set<number>; sold: Set<string>; learnedOrders: number } {
    if (timeZone !== this.#timeZone) {
      this.#feed?.close();
      this.#feed = null;
      this.#sales = new StallSales();
      this.#learned = null;
      this.#timeZone = timeZone;
    }
    this.#feed ??= OrderFeed.open(this.#dataDir);
    const clock = new LocalClock(timeZone);
    const changed = new Set<number>();
    const sold = new Set<string>();
    let learnedOrders = 0;
    for (const order of this.#feed.next()) {
      // What was given away is off the table too.
      for (const { itemId } of order.lines) if (itemId !== null) sold.add(itemId);
      const lines = soldLines(order);
      if (lines.length === 0) continue;
      learnedOrders += 1;
      for (const place of this.#sales.add({ localMs: clock.localMs(Date.parse(order.placedAt)), lines }))
        changed.add(place);
    }
    this.#sinceFull += learnedOrders;
    return { changed, sold, learnedOrders };
  }

  /** @returns whether everything was learned anew */
  #learn(changed: ReadonlySet<number>, learnedOrders: number, categoryOf: (itemId: string) => string): boolean {
    if (learnedOrders === 0 && this.#learned !== null) return false;
    if (this.#learned === null || this.#sinceFull > RELEARN_AFTER || changed.size > MOST_CHANGED) {
      if (this.#sales.orders === 0) return false;
      this.#learned = this.#sales.learn(categoryOf);
      this.#sinceFull = 0;
      return true;
    }
    this.#learned = this.#sales.update(this.#learned, categoryOf, [...changed]);
    return false;
  }

  #advise({ demand }: Learned, items: ReadonlyMap<string, Item>, question: AdviceQuestion): AdviceCandidate[] {
    return [...this.#markdowns(demand, [...items.values()], question), ...this.#bundles(items)];
  }

  #markdowns(demand: DemandModel, items: readonly Item[], question: AdviceQuestion): AdviceCandidate[] {
    const localMs = new LocalClock(question.timeZone).localMs(question.nowMs);
    const dayMs = localMs - (localMs % (MINUTES_PER_DAY * 60_000));
    const minute = Math.floor((localMs - dayMs) / 60_000);
    const closeMinute = question.closesAtMinute ?? this.#sales.usualCloseMinute();
    if (closeMinute === null || closeMinute - minute < LEAST_MINUTES_LEFT) return [];
    const day = {
      at: localMs,
      minutesLeft: closeMinute - minute,
      shareOfDay: (from: number, to: number) => this.#sales.shareOfDay(minute + from, minute + to),
      shareSoFar: this.#sales.shareOfDay(0, minute),
    };
    const found: { readonly gain: number; readonly candidate: AdviceCandidate }[] = [];
    for (const { item, variant, place } of this.#wouldBeLeft(demand, items, question, day)) {
      const { variantId, pricing, priceMinor, costMinor, stock } = variant;
      const advice = adviseMarkdown(demand, place, {
        ...day,
        soldToday: this.#sales.soldOn(variantId, dayMs),
        onHand: pricing === 'kg' ? stock / 1000 : stock,
        price: priceMinor / 100,
        floor: (costMinor ?? 0) / 100,
        leftoverValue: 0,
        confidence: CONFIDENCE,
      });
      const gainMinor = Math.round((advice.worthWith - advice.worthWithout) * 100);
      if (advice.steps.length === 0 || gainMinor < 1 || advice.probabilityBetter < SURE_ENOUGH) continue;
      found.push({
        gain: gainMinor,
        candidate: {
          kind: 'markdown',
          orders: this.#sales.orders,
          confidence: CONFIDENCE,
          itemId: item.itemId,
          variantId,
          day: new Date(dayMs).toISOString().slice(0, 10),
          closesAt: timeOf(closeMinute),
          steps: advice.steps,
          priceMinor,
          floorMinor: costMinor,
          onHand: stock,
          soldWithout: advice.soldWithout,
          soldWith: advice.soldWith,
          gainMinor,
          probabilityBetter: advice.probabilityBetter,
          elasticity: elasticityOf(demand, place, CONFIDENCE),
          ...this.#sales.observedOf(variantId),
          strength: strengthOf(demand, place),
          curve: advice.curve.map(({ basisPoints, sold }) => ({
            priceMinor: priceMinor - portion(priceMinor, basisPoints),
            sold,
          })),
        },
      });
    }
    found.sort((a, b) => b.gain - a.gain);
    return found.slice(0, MOST_MARKDOWNS).map(({ candidate }) => candidate);
  }

  /** Counted goods that are known well enough, of which more is there than will probably sell: the dearest leftovers first. */
  #wouldBeLeft(
    demand: DemandModel,
    items: readonly Item[],
    { perishable }: AdviceQuestion,
    { at, minutesLeft, shareOfDay }: Pick<MarkdownQuestion, 'at' | 'minutesLeft' | 'shareOfDay'>,
  ) {
    const share = shareOfDay(0, minutesLeft);
    const goods = items.flatMap((item) => {
      // What can wait for the next market keeps its price.
      if (perishable !== null && !perishable.includes(item.category)) return [];
      return item.variants.flatMap(({ stock, ...variant }) => {
        const place = this.#sales.variantPlace(variant.variantId);
        if (place === null || stock === null || stock <= 0 || variant.priceMinor <= 0) return [];
        if (this.#sales.daysOf(place) < LEAST_DAYS) return [];
        const price = variant.priceMinor / 100;
        const { meanUnits } = forecast(demand, place, { at, price, isPromoted: false, exposure: 1 });
        const left = (variant.pricing === 'kg' ? stock / 1000 : stock) - meanUnits * share;
        return left > 0 ? [{ item, variant: { ...variant, stock }, place, worth: left * price }] : [];
      });
    });
    return goods.sort((a, b) => b.worth - a.worth).slice(0, MOST_LOOKED_AT);
  }

  #bundles(byId: ReadonlyMap<string, Item>): AdviceCandidate[] {
    const { bundles } = findBundles(this.#sales.baskets, { confidence: CONFIDENCE });
    return bundles.flatMap((bundle) => this.#bundle(bundle, byId) ?? []).slice(0, MOST_BUNDLES);
  }

  #bundle(bundle: Bundle, byId: ReadonlyMap<string, Item>): AdviceCandidate | null {
    const [first, second] = bundle.items.map((place) => byId.get(this.#sales.items[place] ?? ''));
    if (first === undefined || second === undefined) return null;
    const basisPoints = Math.min(roomAboveCost(first), roomAboveCost(second), BUNDLE_BASIS_POINTS);
    // Sold by weight there is no piece to count, and below a hundredth nobody notices.
    if (basisPoints < 100 || [first, second].some((item) => item.variants.some(({ pricing }) => pricing === 'kg')))
      return null;
    const { together, baskets, lift, liftLow, liftHigh, falseShare } = bundle;
    return {
      kind: 'bundle',
      orders: this.#sales.orders,
      confidence: CONFIDENCE,
      itemIds: [first.itemId, second.itemId],
      basisPoints,
      together,
      first: bundle.first,
      second: bundle.second,
      baskets,
      lift: { value: lift, low: liftLow, high: liftHigh },
      falseShare,
    };
  }
}

/** What may come off every variant of an item before one goes below its cost, in whole per cent. */
function roomAboveCost({ variants }: Item): number {
  return Math.min(
    ...variants.map(({ priceMinor, costMinor }) =>
      priceMinor <= 0 ? 0 : Math.max(0, Math.floor((1 - (costMinor ?? 0) / priceMinor) * 100) * 100),
    ),
  );
}

/** Lines of goods with a price; amounts typed by hand say nothing about an item. */
function soldLines({ lines }: Order) {
  return lines.flatMap(({ itemId, variantId, quantity, pricing, unitPriceMinor }) =>
    itemId === null || variantId === null || unitPriceMinor <= 0
      ? []
      : [{ itemId, variantId, units: pricing === 'kg' ? quantity / 1000 : quantity, unitPriceMinor }],
  );
}

/** `HH:MM` of a minute of the day. */
function timeOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
