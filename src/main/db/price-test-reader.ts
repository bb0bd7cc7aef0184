import type { Database } from 'better-sqlite3';
import type { PriceTestEnd, PriceTestNote, PriceTestPlan, PriceTestRun } from '../../domain/experiment';
import { runsOf } from '../../domain/experiment';
import type { Drop } from '../../domain/drop';
import type { Order } from '../../domain/order';
import { deviceOf } from '../../journal/clock';
import type { EntryBody } from '../../journal/kinds';
import { prepared } from '../../journal/statements';

/** Orders may stand so far from the instant they were placed at, since keys follow the hybrid clock. */
const KEY_SLACK_MS = 24 * 3_600_000;
const KEYS_PER_MS = 1024;

/** A price test as it is known here. */
export interface StoredPriceTest {
  readonly plan: PriceTestPlan;
  /** The device that set it up. */
  readonly device: string;
  readonly runs: readonly PriceTestRun[];
  /** Why it pauses, or null while it runs, has never run or is over. */
  readonly pausedBy: 'person' | 'stall' | null;
  /** What people and the till noted, and the drops and clock jumps that fell into it. */
  readonly notes: readonly PriceTestNote[];
  /** When and why it ended, or null. */
  readonly stopped: { readonly at: string; readonly end: PriceTestEnd } | null;
  /** Rounds of the looks that were read out and journalled, in order. */
  readonly readOutRounds: readonly number[];
}

/** One line that was sold. */
export interface SoldLine {
  /** When its order was placed, by the clock prices go by. */
  readonly at: string;
  readonly variantId: string | null;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly amountMinor: number;
  readonly taxBasisPoints: number;
  readonly taxIncluded: boolean;
}

/** Reads price tests and what was sold meanwhile. */
export class PriceTestReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  list(limit: number): StoredPriceTest[] {
    return prepared(this.#database, 'SELECT at, body FROM price_test ORDER BY at DESC LIMIT ?')
      .all(limit)
      .map((row) => this.#stored(row as PriceTestRow));
  }

  /** Those that are not over, newest first. */
  active(): StoredPriceTest[] {
    return prepared(
      this.#database,
      'SELECT at, body FROM price_test WHERE test_id NOT IN (SELECT test_id FROM price_test_stop) ORDER BY at DESC',
    )
      .all()
      .map((row) => this.#stored(row as PriceTestRow));
  }

  get(testId: string): StoredPriceTest | null {
    const row = prepared(this.#database, 'SELECT at, body FROM price_test WHERE test_id = ?').get(testId);
    return row === undefined ? null : this.#stored(row as PriceTestRow);
  }

  /** Whether any device of the stall has a shift open, as far as known here. */
  isStallOpen(): boolean {
    return prepared(this.#database, 'SELECT 1 FROM shift WHERE is_open = 1 LIMIT 1').get() !== undefined;
  }

  /**
   * Lines of some variants in orders placed within a stretch of time, in the order of their orders.
   * @param from UTC instants, the second not included
   */
  soldBetween(variantIds: readonly string[], from: string, to: string): SoldLine[] {
    const wanted = new Set(variantIds);
    const lines: SoldLine[] = [];
    for (const { placedAt, pricedAt = placedAt, taxIncluded, lines: all } of this.#ordersBetween(from, to)) {
      if (pricedAt < from || pricedAt >= to) continue;
      for (const { variantId, quantity, unitPriceMinor, amountMinor, taxBasisPoints } of all) {
        if (variantId === null || !wanted.has(variantId)) continue;
        lines.push({ at: pricedAt, variantId, quantity, unitPriceMinor, amountMinor, taxBasisPoints, taxIncluded });
      }
    }
    return lines;
  }

  /** When orders were placed within a stretch of time. */
  placedBetween(from: string, to: string): string[] {
    return prepared(
      this.#database,
      `SELECT placed_at FROM placed_order WHERE order_key BETWEEN ? AND ? AND placed_at >= ? AND placed_at < ?
       ORDER BY order_key`,
    )
      .pluck()
      .all(...keysAround(from, to), from, to) as string[];
  }

  /**
   * How many pieces or grams of some variants were sold since an instant, and in how many hours of the clock anything was.
   * @param since UTC instant
   */
  soldSince(
    itemId: string,
    variantIds: readonly string[],
    since: string,
  ): { readonly quantity: number; readonly hours: number } {
    const quantity = prepared(
      this.#database,
      `SELECT coalesce(sum(quantity), 0) FROM sold
       WHERE item_id = ? AND variant_id IN (SELECT value FROM json_each(?)) AND at >= ?`,
    )
      .pluck()
      .get(itemId, JSON.stringify(variantIds), since) as number;
    const hours = prepared(
      this.#database,
      'SELECT count(DISTINCT substr(placed_at, 1, 13)) FROM placed_order WHERE order_key >= ? AND placed_at >= ?',
    )
      .pluck()
      .get(keysAround(since, since)[0], since) as number;
    return { quantity, hours };
  }

  /** Orders placed within a stretch of time by the wall clock, and those that may have been by the clock of prices. */
  *#ordersBetween(from: string, to: string): Generator<Order> {
    const bodies = prepared(
      this.#database,
      `SELECT body FROM placed_order JOIN journal ON journal.device = entry_device AND journal.seq = entry_seq
       WHERE order_key BETWEEN ? AND ? AND (placed_at >= ? AND placed_at < ? OR instr(body, '"pricedAt":') > 0)
       ORDER BY order_key`,
    )
      .pluck()
      .all(...keysAround(from, to), from, to) as string[];
    for (const body of bodies) yield (JSON.parse(body) as EntryBody<'order.placed'>).order as Order;
  }

  #stored({ at, body }: PriceTestRow): StoredPriceTest {
    const plan = JSON.parse(body) as PriceTestPlan;
    const { testId } = plan;
    const stop = prepared(
      this.#database,
      'SELECT stopped_at AS at, reason AS end FROM price_test_stop WHERE test_id = ?',
    ).get(testId) as StoredPriceTest['stopped'] | undefined;
    const switches = (
      prepared(
        this.#database,
        'SELECT switched_at AS at, is_on AS isOn, cause FROM price_test_switch WHERE test_id = ? ORDER BY switched_at, at',
      ).all(testId) as { readonly at: string; readonly isOn: number; readonly cause: 'person' | 'stall' }[]
    ).map((one) => ({ ...one, isOn: one.isOn === 1 }));
    const runs = runsOf(switches, stop?.at ?? null);
    const isPaused = !stop && runs.at(-1)?.to !== null;
    return {
      plan,
      device: deviceOf(at),
      runs,
      pausedBy: isPaused ? (switches.at(-1)?.cause ?? null) : null,
      notes: [...this.#noted(testId), ...this.#dropsAndJumps(plan, runs)],
      stopped: stop ?? null,
      readOutRounds: prepared(
        this.#database,
        'SELECT look_round FROM price_test_read_out WHERE test_id = ? ORDER BY look_round',
      )
        .pluck()
        .all(testId) as number[],
    };
  }

  #noted(testId: string): PriceTestNote[] {
    return (
      prepared(this.#database, 'SELECT body FROM price_test_note WHERE test_id = ?').pluck().all(testId) as string[]
    ).map((body) => JSON.parse(body) as PriceTestNote);
  }

  /** Facts about the stall that spoil a test they fall into. */
  #dropsAndJumps({ registeredAt }: PriceTestPlan, runs: readonly PriceTestRun[]): PriceTestNote[] {
    if (runs.length === 0) return [];
    const drops = prepared(
      this.#database,
      'SELECT body, ended_at AS endedAt FROM sale_drop LEFT JOIN drop_end USING (drop_id)',
    ).all() as { readonly body: string; readonly endedAt: string | null }[];
    const jumps = prepared(
      this.#database,
      `SELECT body FROM price_log JOIN journal USING (device, seq) WHERE price_log.kind = 'clock.jumped' AND price_log.at >= ?`,
    )
      .pluck()
      .all(registeredAt) as string[];
    return [
      ...drops.map(({ body, endedAt }): PriceTestNote => {
        const { dropId, name, startsAt, endsAt } = JSON.parse(body) as Drop;
        const to = endedAt !== null && endedAt < endsAt ? endedAt : endsAt;
        return { noteId: dropId, kind: 'drop', from: startsAt, to, text: name };
      }),
      ...jumps.map((body): PriceTestNote => {
        const { byMs, at } = JSON.parse(body) as EntryBody<'clock.jumped'>;
        // Whichever way it went, what was sold near it stands at another time than the price was on.
        const [from, to] = [-1, 1].map((side) => new Date(Date.parse(at) + side * Math.abs(byMs)).toISOString());
        return { noteId: `jump-${at}`, kind: 'clock-jump', from: from ?? at, to: to ?? at, text: '' };
      }),
    ].filter(({ from, to }) => to === null || from < to);
  }
}

interface PriceTestRow {
  /** Hybrid instant. */
  readonly at: string;
  readonly body: string;
}

function keysAround(from: string, to: string): [number, number] {
  return [Math.max(0, Date.parse(from) - KEY_SLACK_MS) * KEYS_PER_MS, (Date.parse(to) + KEY_SLACK_MS) * KEYS_PER_MS];
}
