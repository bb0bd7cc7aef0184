import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';

/** Small values by name, as JSON: theme, printers. */
export class KeyValue {
  readonly #database: Database;
  readonly #changed: () => void;
  /** Values as their texts: read once, since a sale asks for some. */
  readonly #texts: Map<string, string>;

  constructor(database: Database, changed: () => void) {
    this.#database = database;
    this.#changed = changed;
    const rows = prepared(database, 'SELECT key, value FROM setting').all() as { key: string; value: string }[];
    this.#texts = new Map(rows.map(({ key, value }) => [key, value]));
  }

  /** The value kept under a key, or undefined. It is whatever was written: parse it. */
  get(key: string): unknown {
    const text = this.#texts.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  set(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    prepared(this.#database, 'INSERT OR REPLACE INTO setting VALUES (?, ?)').run(key, text);
    this.#texts.set(key, text);
    this.#changed();
  }

  delete(key: string): void {
    prepared(this.#database, 'DELETE FROM setting WHERE key = ?').run(key);
    this.#texts.delete(key);
    this.#changed();
  }
}

export interface Notice {
  readonly noticeId: string;
  readonly code: 'store-recovered' | 'disk-full' | 'rebuilt' | 'set-aside';
  readonly detail: string;
  /** UTC instant. */
  readonly at: string;
}

/** What a person must be told about the store, until they have dismissed it. */
export class Notices {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(): Notice[] {
    return prepared(
      this.#database,
      'SELECT notice_id AS noticeId, code, detail, at FROM notice ORDER BY at, notice_id',
    ).all() as Notice[];
  }

  add(notice: Notice): void {
    const { noticeId, code, detail, at } = notice;
    prepared(this.#database, 'INSERT OR REPLACE INTO notice VALUES (?, ?, ?, ?)').run(
      noticeId,
      code,
      detail.slice(0, 500),
      at,
    );
  }

  dismiss(noticeId: string): void {
    prepared(this.#database, 'DELETE FROM notice WHERE notice_id = ?').run(noticeId);
  }
}
