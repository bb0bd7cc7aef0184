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
import { goOn, type GiveWay } from '../../analysis/give-way';
import { caughtBy } from '../../analysis/footfall/estimate';
import { expectedIn, learnHourly, timeDrop, type HourCount } from '../../analysis/footfall/expected';
import { peopleByHour } from '../../analysis/footfall/hours';
import type { AdviceContent } from '../../domain/advice';
import { DROP_DEFAULTS } from '../../domain/drop';
import type { AdviceQuestion, Advisor, AdvisorAnswer, Companion, Footfall } from '../core/advisor';
import { FootfallFeed } from '../db/footfall-feed';
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
/** How far back the hours of a day are learned from, in market days and in days of counting people. */
const DAYS_OF_HOURS = 120;
/** A drop can be prepared in so long. */
const DROP_LEAD_MS = 10 * 60_000;
/** Days ahead for which a drop is timed: the first on which the stall is likely to sell. */
const DAYS_AHEAD = 7;
/** What goes with an item: enough for a screen. */
const MOST_COMPANIONS = 5;
const MOST_RANKED = 50;
const DAY_MS = 24 * 3_600_000;

interface Learned {
  readonly demand: DemandModel;
  readonly nextItem: NextItemModel;
}

/** Learns from the orders of a data folder and finds advice, in the thread that calls it. */
export class AdvisorEngine implements Advisor {
  readonly #dataDir: string;
  readonly #giveWay: GiveWay;
  #feed: OrderFeed | null = null;
  #catalogue: CatalogueFeed | null = null;
  #people: FootfallFeed | null = null;
  #sales = new StallSales();
  #learned: Learned | null = null;
  #sinceFull = 0;
  #clock = new LocalClock('UTC');

  constructor(dataDir: string, giveWay: GiveWay = goOn) {
    this.#dataDir = dataDir;
    this.#giveWay = giveWay;
  }

  ask(question: AdviceQuestion): Promise<AdvisorAnswer> {
    const startedMs = performance.now();
    const { changed, sold, learnedOrders } = this.#read(question.timeZone);
    this.#catalogue ??= CatalogueFeed.open(this.#dataDir);
    const items = this.#catalogue.next(sold, this.#giveWay);
    const isFull = this.#learn(changed, learnedOrders, (itemId) => items.get(itemId)?.category ?? '');
    const footfall = this.#footfall(question);
    const { bundles } = findBundles(this.#sales.baskets, { confidence: CONFIDENCE }, this.#giveWay);
    const candidates =
      this.#learned === null
        ? []
        : [
            ...this.#dropTime(footfall, question),
            ...this.#markdowns(this.#learned.demand, [...items.values()], question),
            ...bundles.flatMap((bundle) => this.#bundle(bundle, items) ?? []).slice(0, MOST_BUNDLES),
          ];
    return Promise.resolve({
      candidates,
      footfall,
      companions: this.#companions(bundles),
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
    this.#people?.close();
    this.#people = null;
    return Promise.resolve();
  }

  /** Of each item in a pair that chance does not explain the others in such pairs, as they rank beside it in a basket. */
  #companions(bundles: readonly Bundle[]): ReadonlyMap<string, readonly Companion[]> {
    const found = new Map<number, Map<number, Companion>>();
    for (const { items, first, second, together, baskets, lift, liftLow, liftHigh, falseShare } of bundles) {
      const [rarer, other] = items;
      const common = { together, baskets, lift: { value: lift, low: liftLow, high: liftHigh }, falseShare };
      for (const [one, companion, of] of [
        [rarer, other, first],
        [other, rarer, second],
      ] as const) {
        const companions = found.get(one) ?? new Map<number, Companion>();
        companions.set(companion, { ...common, itemId: this.#sales.items[companion] ?? '', of });
        found.set(one, companions);
      }
    }
    return new Map(
      [...found].map(([one, companions]) => {
        const ranked = this.#learned?.nextItem.rank([one], MOST_RANKED) ?? [];
        const rank = new Map(ranked.map(({ item }, place) => [item, place]));
        const likeliest = [...companions]
          .sort(([a], [b]) => (rank.get(a) ?? MOST_RANKED) - (rank.get(b) ?? MOST_RANKED))
          .map(([, companion]) => companion)
          .slice(0, MOST_COMPANIONS);
        return [this.#sales.items[one] ?? '', likeliest];
      }),
    );
  }

  /** By people where they were counted on enough days, else by sales. */
  #footfall({ nowMs }: AdviceQuestion): Footfall {
    this.#people ??= FootfallFeed.open(this.#dataDir);
    const since = new Date(nowMs - DAYS_OF_HOURS * DAY_MS).toISOString();
    const { counts, calibrations } = this.#people.taps(since, new Date(nowMs).toISOString());
    const people = learnHourly(peopleByHour(counts, (utcMs) => this.#clock.localMs(utcMs)));
    return people.days >= LEAST_DAYS
      ? { basis: 'people', model: people, caught: caughtBy(calibrations) }
      : { basis: 'sales', model: learnHourly(this.#sales.hourCounts(DAYS_OF_HOURS)), caught: null };
  }

  /** When to run a drop on the next day on which the stall is likely to sell. */
  #dropTime({ basis, model, caught }: Footfall, question: AdviceQuestion): AdviceContent[] {
    const clock = this.#clock;
    const localMs = clock.localMs(question.nowMs);
    const todayMs = localMs - (localMs % DAY_MS);
    const counts = this.#sales.hourCounts(DAYS_OF_HOURS);
    for (let dayMs = todayMs; dayMs < todayMs + DAYS_AHEAD * DAY_MS; dayMs += DAY_MS) {
      const hours = usualHours(counts, dayMs);
      if (hours === null) continue;
      const close = dayMs === todayMs ? question.closesAtMinute : null;
      const open = {
        fromMs: Math.max(dayMs + hours.first * 3_600_000, localMs + DROP_LEAD_MS),
        toMs: close === null ? dayMs + (hours.last + 1) * 3_600_000 : dayMs + close * 60_000,
      };
      const { minutes } = DROP_DEFAULTS;
      if (open.toMs - open.fromMs < 2 * minutes * 60_000) continue;
      const timing = timeDrop(model, open, minutes);
      if (timing.kind !== 'best') return [];
      const { fromMs, usual, probabilityBetter } = timing;
      const estimate = (startMs: number, endMs: number) => {
        const expected = expectedIn(model, { fromMs: startMs, toMs: endMs }, caught ?? undefined);
        return expected && { value: expected.middle, low: expected.low, high: expected.high };
      };
      const expected = estimate(fromMs, fromMs + minutes * 60_000);
      const hourly = Array.from({ length: hours.last - hours.first + 1 }, (_, place) => {
        const startMs = dayMs + (hours.first + place) * 3_600_000;
        const one = estimate(startMs, startMs + 3_600_000);
        return one === null ? [] : [{ from: new Date(clock.utcMs(startMs)).toISOString(), expected: one }];
      });
      if (expected === null) return [];
      return [
        {
          kind: 'drop-time',
          orders: this.#sales.orders,
          confidence: CONFIDENCE,
          day: new Date(dayMs).toISOString().slice(0, 10),
          startsAt: new Date(clock.utcMs(fromMs)).toISOString(),
          minutes,
          basis,
          expected,
          usual: caught === null ? usual : (usual * (caught.hits + caught.misses)) / caught.hits,
          probabilityBetter,
          days: model.days,
          hours: model.hours,
          hourly: hourly.flat(),
        },
      ];
    }
    return [];
  }

  /** Takes in the orders that came since: places of the variants and ids of the items they hold. */
  #read(timeZone: string): { changed: Set<number>; sold: Set<string>; learnedOrders: number } {
    if (timeZone !== this.#clock.timeZone) {
      this.#feed?.close();
      this.#feed = null;
      this.#sales = new StallSales();
      this.#learned = null;
      this.#clock = new LocalClock(timeZone);
    }
    this.#feed ??= OrderFeed.open(this.#dataDir);
    const changed = new Set<number>();
    const sold = new Set<string>();
    let learnedOrders = 0;
    for (const order of this.#feed.next()) {
      this.#giveWay();
      // What was given away is off the table too.
      for (const { itemId } of order.lines) if (itemId !== null) sold.add(itemId);
      const lines = soldLines(order);
      if (lines.length === 0) continue;
      learnedOrders += 1;
      for (const place of this.#sales.add({ localMs: this.#clock.localMs(Date.parse(order.placedAt)), lines }))
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
      this.#learned = this.#sales.learn(categoryOf, this.#giveWay);
      this.#sinceFull = 0;
      return true;
    }
    this.#learned = this.#sales.update(this.#learned, categoryOf, [...changed]);
    return false;
  }

  #markdowns(demand: DemandModel, items: readonly Item[], question: AdviceQuestion): AdviceContent[] {
    const localMs = this.#clock.localMs(question.nowMs);
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
    const found: { readonly gain: number; readonly candidate: AdviceContent }[] = [];
    for (const { item, variant, place } of this.#wouldBeLeft(demand, items, question, day)) {
      this.#giveWay();
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

  #bundle(bundle: Bundle, byId: ReadonlyMap<string, Item>): AdviceContent | null {
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

/**
 * The hours in which the stall sold on at least half of its days of this weekday; where it has sold on fewer than two of them,
 * none.
 * @param counts by hour, as `StallSales` tells them
 */
function usualHours(
  counts: readonly HourCount[],
  dayMs: number,
): { readonly first: number; readonly last: number } | null {
  const weekday = new Date(dayMs).getUTCDay();
  const own = counts.filter((one) => new Date(one.dayMs).getUTCDay() === weekday && one.dayMs < dayMs);
  const days = new Set(own.map((one) => one.dayMs)).size;
  if (days < 2) return null;
  const hours = Array.from({ length: 24 }, (_, hour) => own.filter((one) => one.hour === hour).length >= days / 2);
  const first = hours.indexOf(true);
  return first < 0 ? null : { first, last: hours.lastIndexOf(true) };
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
