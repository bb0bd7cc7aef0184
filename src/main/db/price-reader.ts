import type { Database } from 'better-sqlite3';
import type { Drop, DropEnd, DropSales, DropSummary, DropTemplate } from '../../domain/drop';
import type { SellingPlace } from '../../domain/pricing/book';
import type { Observation } from '../../domain/pricing/matrix';
import { DEFAULT_POLICY, type PricePolicy } from '../../domain/pricing/policy';
import type { PriceRule } from '../../domain/pricing/rule';
import { deviceOf } from '../../journal/clock';
import { readEntry } from '../../journal/entry';
import { journalEntry } from '../../journal/journal-rows';
import type { Entry, EntryKind } from '../../journal/kinds';
import { prepared } from '../../journal/statements';

/** A signed rule set that was taken in. */
export interface TakenRuleSet {
  readonly setId: string;
  readonly version: number;
  readonly name: string;
  readonly ruleCount: number;
  readonly signedBy: string;
}

export interface StoredDrop {
  readonly drop: Drop;
  readonly end: DropEnd | null;
}

/** Which entries of the price log are asked for. */
export interface PriceLogQuery {
  /** Hybrid instants or the beginnings of such: from the one on, and before the other. */
  readonly from: string | null;
  readonly before: string | null;
  readonly kinds: readonly EntryKind[];
  readonly actor: string | null;
  readonly limit: number;
}

/** Reads what prices are made of: rules, the policy, feeds, drops and their log. */
export class PriceReader {
  readonly #database: Database;
  readonly #devices: () => readonly string[];
  /** As they were read last: one that did not change is the same object. */
  #rules: ReadonlyMap<string, { readonly body: string; readonly rule: PriceRule }> = new Map();

  /** @param devices this device, and the ids it went by before */
  constructor(database: Database, devices: () => readonly string[]) {
    this.#database = database;
    this.#devices = devices;
  }

  /** Every rule that was not removed; of signed sets those of the version that was taken in last, once it is whole. */
  rules(): PriceRule[] {
    const rows = prepared(
      this.#database,
      `SELECT rule_id AS ruleId, body FROM price_rule LEFT JOIN price_rule_set USING (set_id)
       WHERE body IS NOT NULL AND (set_id IS NULL OR set_version = price_rule_set.version) ORDER BY rule_id`,
    ).all() as { readonly ruleId: string; readonly body: string }[];
    const before = this.#rules;
    this.#rules = new Map(
      rows.map(({ ruleId, body }) => {
        const known = before.get(ruleId);
        return [ruleId, known?.body === body ? known : { body, rule: JSON.parse(body) as PriceRule }];
      }),
    );
    return [...this.#rules.values()].map(({ rule }) => rule);
  }

  rule(ruleId: string): PriceRule | null {
    const body = prepared(this.#database, 'SELECT body FROM price_rule WHERE rule_id = ?').pluck().get(ruleId);
    return typeof body === 'string' ? (JSON.parse(body) as PriceRule) : null;
  }

  ruleSets(): TakenRuleSet[] {
    return prepared(
      this.#database,
      `SELECT set_id AS setId, version, name, rule_count AS ruleCount, signed_by AS signedBy FROM price_rule_set
       ORDER BY set_id`,
    ).all() as TakenRuleSet[];
  }

  policy(): PricePolicy {
    const body = prepared(this.#database, 'SELECT body FROM price_policy').pluck().get();
    return typeof body === 'string' ? (JSON.parse(body) as PricePolicy) : DEFAULT_POLICY;
  }

  /** Where this device sells; nowhere in particular until somebody says so. */
  place(): SellingPlace {
    const body = prepared(
      this.#database,
      'SELECT body FROM price_place WHERE device IN (SELECT value FROM json_each(?)) ORDER BY device DESC LIMIT 1',
    )
      .pluck()
      .get(JSON.stringify(this.#devices()));
    return typeof body === 'string' ? (JSON.parse(body) as SellingPlace) : { event: '', pitch: '', position: null };
  }

  /** The last a feed said of a variant, or null. */
  observation(variantId: string): Observation | null {
    const row = prepared(
      this.#database,
      `SELECT source, price_minor AS priceMinor, stock, observed_ms AS observedMs FROM price_observation
       WHERE variant_id = ?`,
    ).get(variantId);
    return (row as Observation | undefined) ?? null;
  }

  /** Feeds and when each last said something, UTC milliseconds. */
  feeds(): { readonly source: string; readonly observedMs: number }[] {
    return prepared(
      this.#database,
      'SELECT source, observed_ms AS observedMs FROM price_feed ORDER BY source',
    ).all() as {
      source: string;
      observedMs: number;
    }[];
  }

  /** When feeds observed the prices that count, each instant once, UTC milliseconds. */
  observedInstants(): number[] {
    return prepared(this.#database, 'SELECT DISTINCT observed_ms FROM price_observation').pluck().all() as number[];
  }

  drops(): StoredDrop[] {
    const rows = prepared(
      this.#database,
      `SELECT body, ended_at AS at, reason FROM sale_drop LEFT JOIN drop_end USING (drop_id)`,
    ).all() as { readonly body: string; readonly at: string | null; readonly reason: DropEnd['reason'] | null }[];
    return rows
      .map(({ body, at, reason }) => ({
        drop: JSON.parse(body) as Drop,
        end: at === null || reason === null ? null : { at, reason },
      }))
      .sort((a, b) => (a.drop.startsAt < b.drop.startsAt ? -1 : a.drop.startsAt > b.drop.startsAt ? 1 : 0));
  }

  dropSales(dropId: string): DropSales {
    const gifts = prepared(
      this.#database,
      'SELECT at, device AS fromDevice, to_device AS toDevice, quantity FROM drop_gift WHERE drop_id = ?',
    ).all(dropId) as DropSales['gifts'];
    const sold = prepared(this.#database, 'SELECT at, pieces FROM drop_sold WHERE drop_id = ?').all(dropId) as {
      readonly at: string;
      readonly pieces: number;
    }[];
    return { gifts, sold: sold.map(({ at, pieces }) => ({ at, pieces, deviceId: deviceOf(at) })) };
  }

  /** What came of a drop, but for its units. */
  dropSums(dropId: string): Omit<DropSummary, 'units'> {
    return prepared(
      this.#database,
      `SELECT count(*) AS orders, coalesce(sum(revenue_minor), 0) AS revenueMinor,
         coalesce(sum(saved_minor), 0) AS savedMinor FROM drop_sold WHERE drop_id = ?`,
    ).get(dropId) as Omit<DropSummary, 'units'>;
  }

  dropTemplates(): DropTemplate[] {
    const bodies = prepared(
      this.#database,
      'SELECT body FROM drop_template WHERE body IS NOT NULL ORDER BY template_id',
    )
      .pluck()
      .all() as string[];
    return bodies.map((body) => JSON.parse(body) as DropTemplate);
  }

  /** Entries that changed a price or took something off one, newest first, each read when it is asked for. */
  *log({ from, before, kinds, actor, limit }: PriceLogQuery): Generator<Entry> {
    const keys = prepared(
      this.#database,
      `SELECT device, seq FROM price_log JOIN journal USING (device, seq)
       WHERE price_log.at >= ? AND price_log.at < ? AND (? IS NULL OR journal.actor = ?)
         AND (json_array_length(?) = 0 OR price_log.kind IN (SELECT value FROM json_each(?)))
       ORDER BY price_log.at DESC LIMIT ?`,
    ).all(from ?? '', before ?? '\uffff', actor, actor, JSON.stringify(kinds), JSON.stringify(kinds), limit) as {
      readonly device: string;
      readonly seq: number;
    }[];
    for (const { device, seq } of keys) {
      const row = journalEntry(this.#database, device, seq);
      const read = row && readEntry(row);
      if (read?.ok) yield read.entry;
    }
  }

  /** The newest hybrid instant this device wrote, or null. */
  lastOwnInstant(): string | null {
    const at = prepared(this.#database, 'SELECT at FROM journal WHERE device = ? ORDER BY seq DESC LIMIT 1')
      .pluck()
      .get(this.#devices()[0]);
    return typeof at === 'string' ? at : null;
  }
}
