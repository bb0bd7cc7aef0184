/** One item whose demand is learned. */
export interface DemandItem {
  readonly itemId: string;
  /** Items of one category lend each other strength; empty when nobody says. */
  readonly category: string;
}

/** What sold of one item over one stretch of time in which its price stood still. */
export interface Observation {
  /** Place in the list of items. */
  readonly item: number;
  /** Milliseconds since 1970, of the stall's local clock read as if it were UTC: hours and weekdays are the stall's. */
  readonly at: number;
  /** Per unit, above zero, in any one currency unit. */
  readonly price: number;
  /** Sold, zero or more. */
  readonly units: number;
  /** Offered with something other than its price: a sign, a place at the front. */
  readonly isPromoted: boolean;
  /** How long the stretch was against the usual one; 1 unless known. */
  readonly exposure: number;
}

/** The observations of one item by column, in order of time. */
export interface ItemHistory {
  readonly at: Float64Array;
  readonly logPrice: Float64Array;
  readonly units: Float64Array;
  readonly isPromoted: Uint8Array;
  readonly logExposure: Float64Array;
}

export interface ObservationTable {
  readonly items: readonly DemandItem[];
  /** One of each item, empty for one never observed. */
  readonly histories: readonly ItemHistory[];
}

/** Sorts observations by item and time. Those without a price or with negative units are the caller's to leave out. */
export function tabulate(items: readonly DemandItem[], observations: readonly Observation[]): ObservationTable {
  const own = items.map((): Observation[] => []);
  for (const observation of observations) own[observation.item]?.push(observation);
  return { items, histories: own.map(historyOf) };
}

/** Puts the observations of one item in order of time. */
export function historyOf(observations: readonly Observation[]): ItemHistory {
  const sorted = [...observations].sort((a, b) => a.at - b.at);
  return {
    at: Float64Array.from(sorted, ({ at }) => at),
    logPrice: Float64Array.from(sorted, ({ price }) => Math.log(price)),
    units: Float64Array.from(sorted, ({ units }) => units),
    isPromoted: Uint8Array.from(sorted, ({ isPromoted }) => (isPromoted ? 1 : 0)),
    logExposure: Float64Array.from(sorted, ({ exposure }) => Math.log(exposure)),
  };
}
