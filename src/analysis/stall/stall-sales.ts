import { goOn, type GiveWay } from '../give-way';
import { PairCounts } from '../baskets/pair-counts';
import { NextItemModel } from '../baskets/next-item';
import type { HourCount } from '../footfall/expected';
import { learnDemand, relearnItems, type DemandModel } from '../demand/model';
import type { DemandItem, ItemHistory } from '../demand/observations';

/** One line of an order, as far as the advisor looks at it. */
export interface SoldLine {
  readonly itemId: string;
  readonly variantId: string;
  /** Pieces or kilograms. */
  readonly units: number;
  /** Shown and charged per piece or kilogram, in minor units. */
  readonly unitPriceMinor: number;
}

export interface SoldOrder {
  /** Milliseconds since 1970 of the stall's local clock read as if it were UTC. */
  readonly localMs: number;
  readonly lines: readonly SoldLine[];
}

const DAY_MS = 86_400_000;
const HOURS = 24;
/** Stretches of days and prices kept in all: the oldest go first. */
const MOST_OBSERVATIONS = 120_000;
/** Goods that did not sell for so many market days are taken to have stayed at home. */
const ABSENT_DAYS = 10;
/** Orders' worth of belief that a stall is as busy in one hour as in another. */
const EVEN_ORDERS = 5;

/** What one day sold of one variant at one price. */
interface DaySale {
  readonly dayMs: number;
  readonly priceMinor: number;
  units: number;
}

interface VariantSales {
  readonly itemId: string;
  readonly variantId: string;
  /** In order of days. */
  readonly sales: DaySale[];
  /** Different days among them. */
  days: number;
}

/**
 * A stall's own orders made ready to learn from, order by order: what each market day sold of each variant at each price,
 * which items met in baskets, and how a day runs. Days on which a variant stayed on the table are counted as having sold none
 * of it, between days on which it sold and for a while after.
 */
export class StallSales {
  readonly baskets = new PairCounts();
  orders = 0;
  readonly #variants: VariantSales[] = [];
  readonly #variantPlaces = new Map<string, number>();
  readonly #items: string[] = [];
  readonly #itemPlaces = new Map<string, number>();
  /** Market days, in order. */
  readonly #days: number[] = [];
  readonly #hours = new Float64Array(HOURS);
  /** Orders by day and hour. */
  readonly #ordersByHour = new Map<number, Uint16Array>();
  /** Minutes after midnight of each day's last order. */
  readonly #lastMinutes = new Map<number, number>();
  #observations = 0;

  /** @returns places of the variants that the order holds */
  add({ localMs, lines }: SoldOrder): number[] {
    const dayMs = Math.floor(localMs / DAY_MS) * DAY_MS;
    this.orders += 1;
    const hour = Math.floor((localMs - dayMs) / (DAY_MS / HOURS));
    this.#hours[hour] = (this.#hours[hour] ?? 0) + 1;
    const byHour = this.#ordersByHour.get(dayMs) ?? new Uint16Array(HOURS);
    byHour[hour] = (byHour[hour] ?? 0) + 1;
    this.#ordersByHour.set(dayMs, byHour);
    const minutes = Math.floor((localMs - dayMs) / 60_000);
    this.#lastMinutes.set(dayMs, Math.max(minutes, this.#lastMinutes.get(dayMs) ?? 0));
    this.#rememberDay(dayMs);
    const places = lines.map((line) => this.#sell(line, dayMs));
    this.baskets.add(lines.map(({ itemId }) => placeOf(itemId, this.#items, this.#itemPlaces)));
    if (this.#observations > MOST_OBSERVATIONS) this.#forgetOldest();
    return [...new Set(places)];
  }

  get items(): readonly string[] {
    return this.#items;
  }

  get marketDays(): number {
    return this.#days.length;
  }

  itemPlace(itemId: string): number | null {
    return this.#itemPlaces.get(itemId) ?? null;
  }

  variantPlace(variantId: string): number | null {
    return this.#variantPlaces.get(variantId) ?? null;
  }

  /** Days and prices a variant was seen at. */
  observedOf(variantId: string): { readonly days: number; readonly prices: number } {
    const { days, sales } = this.#variants[this.#variantPlaces.get(variantId) ?? -1] ?? { days: 0, sales: [] };
    return { days, prices: new Set(sales.map(({ priceMinor }) => priceMinor)).size };
  }

  /** Days on which a variant sold. */
  daysOf(place: number): number {
    return this.#variants[place]?.days ?? 0;
  }

  /** Units of a variant that a day has sold so far. */
  soldOn(variantId: string, dayMs: number): number {
    const sales = this.#variants[this.#variantPlaces.get(variantId) ?? -1]?.sales ?? [];
    let units = 0;
    for (let index = sales.length - 1; index >= 0 && (sales[index]?.dayMs ?? 0) >= dayMs; index -= 1) {
      if (sales[index]?.dayMs === dayMs) units += sales[index]?.units ?? 0;
    }
    return units;
  }

  /** Share of a usual day's sales that falls between two minutes of the day. */
  shareOfDay(fromMinute: number, toMinute: number): number {
    let all = 0;
    let part = 0;
    for (let hour = 0; hour < HOURS; hour += 1) {
      const orders = this.#hours[hour] ?? 0;
      const open = orders > 0 ? orders + EVEN_ORDERS / HOURS : 0;
      const overlap = Math.min(toMinute, (hour + 1) * 60) - Math.max(fromMinute, hour * 60);
      all += open;
      if (overlap > 0) part += open * (overlap / 60);
    }
    return all === 0 ? Math.max(0, toMinute - fromMinute) / (24 * 60) : part / all;
  }

  /** Orders by the hour of the latest market days: those between a day's first order and its last, empty ones included. */
  hourCounts(mostDays: number): HourCount[] {
    return this.#days.slice(-mostDays).flatMap((dayMs) => {
      const byHour = [...(this.#ordersByHour.get(dayMs) ?? [])];
      const first = byHour.findIndex((count) => count > 0);
      const last = byHour.findLastIndex((count) => count > 0);
      return byHour.flatMap((count, hour) => (hour < first || hour > last ? [] : [{ dayMs, hour, hours: 1, count }]));
    });
  }

  /** When a usual market day ends, in minutes after midnight: the median of its last orders to the next quarter of an hour. */
  usualCloseMinute(): number | null {
    const last = [...this.#lastMinutes.values()].sort((a, b) => a - b);
    const middle = last[last.length >> 1];
    return middle === undefined ? null : Math.min(24 * 60 - 1, Math.ceil((middle + 1) / 15) * 15);
  }

  /** @param categoryOf category of an item, empty when it has none */
  learn(
    categoryOf: (itemId: string) => string,
    giveWay: GiveWay = goOn,
  ): { demand: DemandModel; nextItem: NextItemModel } {
    const items = this.#demandItems(categoryOf);
    const histories = this.#variants.map((variant) => {
      giveWay();
      return this.#historyOf(variant);
    });
    return {
      demand: learnDemand({ items, histories }, giveWay),
      nextItem: new NextItemModel(this.baskets, giveWay),
    };
  }

  /** Learns what changed since: the variants at these places, and the items that go with them. */
  update(
    before: { demand: DemandModel; nextItem: NextItemModel },
    categoryOf: (itemId: string) => string,
    changed: readonly number[],
  ): { demand: DemandModel; nextItem: NextItemModel } {
    const items = this.#demandItems(categoryOf);
    const histories = new Map(
      changed.flatMap((place) => {
        const variant = this.#variants[place];
        return variant === undefined ? [] : [[place, this.#historyOf(variant)] as const];
      }),
    );
    before.nextItem.relearn(new Set(changed.map((place) => this.#itemPlaces.get(items[place]?.group ?? '') ?? 0)));
    return { demand: relearnItems(before.demand, items, histories), nextItem: before.nextItem };
  }

  #demandItems(categoryOf: (itemId: string) => string): (DemandItem & { readonly group: string })[] {
    return this.#variants.map(({ variantId, itemId }) => ({
      itemId: variantId,
      group: itemId,
      category: categoryOf(itemId),
    }));
  }

  #sell({ itemId, variantId, units, unitPriceMinor }: SoldLine, dayMs: number): number {
    const known = this.#variantPlaces.get(variantId);
    const place = known ?? this.#variants.push({ itemId, variantId, sales: [], days: 0 }) - 1;
    if (known === undefined) this.#variantPlaces.set(variantId, place);
    const variant = this.#variants[place];
    if (variant === undefined) throw new Error(`no variant ${place}`);
    const { sales } = variant;
    for (let index = sales.length - 1; index >= 0; index -= 1) {
      const sale = sales[index];
      if (sale === undefined || sale.dayMs < dayMs) break;
      if (sale.dayMs === dayMs && sale.priceMinor === unitPriceMinor) {
        sale.units += units;
        return place;
      }
    }
    // Orders of other devices may come days late.
    let at = sales.length;
    while (at > 0 && (sales[at - 1]?.dayMs ?? 0) > dayMs) at -= 1;
    if (sales[at - 1]?.dayMs !== dayMs) variant.days += 1;
    sales.splice(at, 0, { dayMs, priceMinor: unitPriceMinor, units });
    this.#observations += 1;
    return place;
  }

  /** The days of a variant, those without a sale included, at the price it had before. */
  #historyOf({ sales }: VariantSales): ItemHistory {
    const at: number[] = [];
    const logPrice: number[] = [];
    const units: number[] = [];
    const logExposure: number[] = [];
    const row = (dayMs: number, priceMinor: number, sold: number, parts: number): void => {
      // At noon, so that it is the same day in every reckoning.
      at.push(dayMs + DAY_MS / 2);
      logPrice.push(Math.log(priceMinor / 100));
      units.push(sold);
      logExposure.push(Math.log(1 / parts));
    };
    const first = sales[0];
    let day = first === undefined ? 0 : this.#dayIndex(first.dayMs);
    let priceMinor = first?.priceMinor ?? 0;
    for (let index = 0; index < sales.length;) {
      const dayMs = sales[index]?.dayMs ?? 0;
      let today = day;
      while ((this.#days[today] ?? dayMs) < dayMs) today += 1;
      if (today - day <= ABSENT_DAYS)
        for (let quiet = day + 1; quiet < today; quiet += 1) row(this.#days[quiet] ?? 0, priceMinor, 0, 1);
      let next = index;
      while (sales[next]?.dayMs === dayMs) next += 1;
      // Several prices on one day had part of the day each.
      for (let one = index; one < next; one += 1) {
        const sale = sales[one];
        if (sale !== undefined) row(dayMs, sale.priceMinor, sale.units, next - index);
      }
      priceMinor = sales[next - 1]?.priceMinor ?? priceMinor;
      day = today;
      index = next;
    }
    // Today is not over: what it has not sold yet says nothing.
    const after = first === undefined ? 0 : Math.min(this.#days.length - 1, day + 1 + ABSENT_DAYS);
    for (let quiet = day + 1; quiet < after; quiet += 1) row(this.#days[quiet] ?? 0, priceMinor, 0, 1);
    return {
      at: new Float64Array(at),
      logPrice: new Float64Array(logPrice),
      units: new Float64Array(units),
      isPromoted: new Uint8Array(at.length),
      logExposure: new Float64Array(logExposure),
    };
  }

  #rememberDay(dayMs: number): void {
    const last = this.#days[this.#days.length - 1];
    if (last !== undefined && last >= dayMs) {
      const at = this.#dayIndex(dayMs);
      if (this.#days[at] !== dayMs) this.#days.splice(at, 0, dayMs);
    } else this.#days.push(dayMs);
  }

  /** Where a day stands among the market days, or would. */
  #dayIndex(dayMs: number): number {
    let low = 0;
    let high = this.#days.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#days[middle] ?? 0) < dayMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetOldest(): void {
    const middle = this.#days[Math.floor(this.#days.length / 4)] ?? 0;
    this.#observations = 0;
    for (const variant of this.#variants) {
      const { sales } = variant;
      const kept = sales.findIndex(({ dayMs }) => dayMs >= middle);
      sales.splice(0, kept < 0 ? sales.length : kept);
      this.#observations += sales.length;
      variant.days = new Set(sales.map((sale) => sale.dayMs)).size;
    }
  }
}

function placeOf(name: string, names: string[], places: Map<string, number>): number {
  const known = places.get(name);
  if (known !== undefined) return known;
  places.set(name, names.length);
  return names.push(name) - 1;
}
