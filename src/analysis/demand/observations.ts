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

/** Observations by column, those of one item together and in order of time. */
export interface ObservationTable {
  readonly items: readonly DemandItem[];
  /** Where the rows of each item begin, and one past the last row of the last. */
  readonly start: Int32Array;
  readonly at: Float64Array;
  readonly logPrice: Float64Array;
  readonly units: Float64Array;
  readonly isPromoted: Uint8Array;
  readonly logExposure: Float64Array;
}

/** Sorts observations into columns. Those without a price or with negative units are the caller's to leave out. */
export function tabulate(items: readonly DemandItem[], observations: readonly Observation[]): ObservationTable {
  const start = new Int32Array(items.length + 1);
  for (const { item } of observations) start[item + 1] = (start[item + 1] ?? 0) + 1;
  for (let index = 1; index < start.length; index += 1) start[index] = (start[index] ?? 0) + (start[index - 1] ?? 0);
  const sorted = [...observations].sort((a, b) => a.item - b.item || a.at - b.at);
  return {
    items,
    start,
    at: Float64Array.from(sorted, ({ at }) => at),
    logPrice: Float64Array.from(sorted, ({ price }) => Math.log(price)),
    units: Float64Array.from(sorted, ({ units }) => units),
    isPromoted: Uint8Array.from(sorted, ({ isPromoted }) => (isPromoted ? 1 : 0)),
    logExposure: Float64Array.from(sorted, ({ exposure }) => Math.log(exposure)),
  };
}
