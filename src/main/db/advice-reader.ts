import type { Database } from 'better-sqlite3';
import type { Advice, AdviceAnswer } from '../../domain/advice';
import { prepared } from '../../journal/statements';

/** Advice as it is known here, with what a person made of it. */
export interface StoredAdvice {
  readonly advice: Advice;
  readonly answer: AdviceAnswer | null;
  readonly ruleId: string | null;
}

const COLUMNS = 'advice.body, answer, rule_id FROM advice LEFT JOIN advice_answer USING (advice_id)';

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
}

interface AdviceRow {
  readonly body: string;
  readonly answer: AdviceAnswer | null;
  readonly rule_id: string | null;
}

function stored({ body, answer, rule_id: ruleId }: AdviceRow): StoredAdvice {
  return { advice: JSON.parse(body) as Advice, answer, ruleId };
}
