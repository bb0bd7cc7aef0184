import type { Database } from 'better-sqlite3';
import {
  rulesThatStand,
  type Adjustment,
  type Advice,
  type AdviceAnswer,
  type AdviceWishes,
} from '../../domain/advice';
import type { PriceRule } from '../../domain/pricing/rule';
import { prepared } from '../../journal/statements';

/** Advice as it is known here, with what a person made of it. */
export interface StoredAdvice {
  readonly advice: Advice;
  readonly answer: AdviceAnswer | null;
  readonly adjustment: Adjustment | null;
  readonly ruleId: string | null;
  /** Hybrid instant of the last word on it, or null. */
  readonly answeredAt: string | null;
  /** UTC instant at which its rule ends, or null without one. */
  readonly ruleUntil: string | null;
}

const COLUMNS = `advice.body, answer, adjustment, rule_id AS ruleId, rule_until AS ruleUntil, advice_answer.at AS answeredAt
  FROM advice LEFT JOIN advice_answer USING (advice_id)`;

/** Reads advice and what was sold after it. */
export class AdviceReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  list(limit: number): StoredAdvice[] {
    return prepared(this.#database, `SELECT ${COLUMNS} ORDER BY advice.at DESC LIMIT ?`)
      .all(limit)
      .map((row) => stored(row as AdviceRow));
  }

  get(adviceId: string): StoredAdvice | null {
    const row = prepared(this.#database, `SELECT ${COLUMNS} WHERE advice_id = ?`).get(adviceId);
    return row === undefined ? null : stored(row as AdviceRow);
  }

  /**
   * Rules of the advice that stands taken, of several about the same goods that of the last answer.
   * @param since UTC instant before which they are over
   */
  rules(since: string): PriceRule[] {
    const rules = prepared(
      this.#database,
      'SELECT rule FROM advice_answer WHERE rule IS NOT NULL AND rule_until > ? ORDER BY at, advice_id',
    ).pluck();
    return rulesThatStand((rules.all(since) as string[]).map((rule) => JSON.parse(rule) as PriceRule));
  }

  /** Version of the last rule that advice became, taken back since or not; 0 where it never was one. */
  lastVersion(adviceId: string): number {
    return prepared(
      this.#database,
      `SELECT coalesce(max(json_extract(body, '$.rule.version')), 0) FROM price_log JOIN journal USING (device, seq)
       WHERE price_log.kind = 'advice.answered' AND json_extract(body, '$.adviceId') = ?`,
    )
      .pluck()
      .get(adviceId) as number;
  }

  wishes(): AdviceWishes {
    const body = prepared(this.#database, 'SELECT body FROM advice_wishes').pluck().get() as string | undefined;
    return body === undefined ? { closesAt: null, perishable: null } : (JSON.parse(body) as AdviceWishes);
  }

  /** Pieces or grams of a variant that went over the table between two UTC instants. */
  soldBetween(itemId: string, variantId: string, from: string, to: string): number {
    // Hybrid instants begin with a UTC instant, and sort as text.
    return prepared(
      this.#database,
      `SELECT coalesce(sum(quantity), 0) FROM sold WHERE item_id = ? AND variant_id = ? AND at >= ? AND at < ?`,
    )
      .pluck()
      .get(itemId, variantId, from, to) as number;
  }

  /**
   * Whether any of an item was sold since.
   * @param variantId null for whichever
   * @param since hybrid or UTC instant
   */
  hasSold(itemId: string, variantId: string | null, since: string): boolean {
    return (
      prepared(this.#database, 'SELECT 1 FROM sold WHERE item_id = ? AND variant_id = ifnull(?, variant_id) AND at > ?')
        .pluck()
        .get(itemId, variantId, since) !== undefined
    );
  }
}

interface AdviceRow extends Pick<StoredAdvice, 'answer' | 'ruleId' | 'answeredAt' | 'ruleUntil'> {
  readonly body: string;
  readonly adjustment: string | null;
}

function stored({ body, adjustment, ...row }: AdviceRow): StoredAdvice {
  return {
    ...row,
    advice: JSON.parse(body) as Advice,
    adjustment: adjustment === null ? null : (JSON.parse(adjustment) as Adjustment),
  };
}
