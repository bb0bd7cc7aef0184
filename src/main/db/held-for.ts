import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';

/** Whom something is held for, as they said it themselves on the till's own page. */
export interface HeldFor {
  readonly name: string;
  readonly phone: string;
  /** The words they agreed to. */
  readonly consent: string;
}

/**
 * Names and phone numbers of shoppers who hold something. They stay on the device they were given to: another till of the stall
 * knows the hold by its code. A row is gone when its shopper or a person at the till asks, and a day after the hold at the latest.
 */
export class HeldForStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param keepUntil UTC instant */
  put(reference: string, { name, phone, consent }: HeldFor, keepUntil: string): void {
    prepared(this.#database, 'INSERT OR REPLACE INTO held_for VALUES (?, ?, ?, ?, ?)').run(
      reference,
      name,
      phone,
      consent,
      keepUntil,
    );
  }

  get(reference: string): HeldFor | null {
    const row = prepared(this.#database, 'SELECT name, phone, consent FROM held_for WHERE reference = ?').get(
      reference,
    );
    return (row as HeldFor | undefined) ?? null;
  }

  forget(reference: string): void {
    prepared(this.#database, 'DELETE FROM held_for WHERE reference = ?').run(reference);
  }

  /** Forgets everybody whose time is over. */
  forgetBefore(instant: string): void {
    prepared(this.#database, 'DELETE FROM held_for WHERE keep_until <= ?').run(instant);
  }
}
