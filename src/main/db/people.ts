import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';

/** What is known of a person. Lives here alone: the journal holds the reference, so that a person can be forgotten. */
export interface Person {
  readonly reference: string;
  readonly name: string;
  readonly wrongPins: number;
  /** UTC instant of the last wrong PIN, or null. */
  readonly lastWrongAt: string | null;
}

/** scrypt at 2^15 × 8: 32 MB and some tens of milliseconds a guess (OWASP Password Storage, scrypt). */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 32;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** Names and PINs of staff. */
export class People {
  readonly #database: Database;
  readonly #changed: () => void;

  constructor(database: Database, changed: () => void) {
    this.#database = database;
    this.#changed = changed;
  }

  /** Adds a person or changes their name and PIN. The PIN is hashed off the main thread. */
  async put(reference: string, name: string, pin: string): Promise<void> {
    const salt = randomBytes(16);
    const key = await derive(pin, salt, KEY_BYTES, COST);
    prepared(
      this.#database,
      `INSERT INTO person VALUES (?, ?, ?, 0, NULL) ON CONFLICT DO UPDATE SET
         name = excluded.name, pin_hash = excluded.pin_hash, wrong_pins = 0, last_wrong_at = NULL`,
    ).run(reference, name, `${salt.toString('base64')}.${key.toString('base64')}`);
    this.#changed();
  }

  /** Changes a person's name and leaves their PIN. */
  rename(reference: string, name: string): void {
    prepared(this.#database, 'UPDATE person SET name = ? WHERE reference = ?').run(name, reference);
    this.#changed();
  }

  find(reference: string): Person | null {
    return (
      (prepared(
        this.#database,
        `SELECT reference, name, wrong_pins AS wrongPins, last_wrong_at AS lastWrongAt FROM person WHERE reference = ?`,
      ).get(reference) as Person | undefined) ?? null
    );
  }

  /** A person's name, or empty once forgotten. */
  nameOf(reference: string): string {
    return this.find(reference)?.name ?? '';
  }

  /** Whether this is the person's PIN. Counts nothing: see `countWrongPin`. */
  async isPin(reference: string, pin: string): Promise<boolean> {
    const kept = prepared(this.#database, 'SELECT pin_hash FROM person WHERE reference = ?').pluck().get(reference);
    const [salt, key] = typeof kept === 'string' ? kept.split('.') : [];
    if (salt === undefined || key === undefined) return false;
    const expected = Buffer.from(key, 'base64');
    return timingSafeEqual(await derive(pin, Buffer.from(salt, 'base64'), expected.length, COST), expected);
  }

  /** Notes a wrong PIN and returns how many there were since the last right one. */
  countWrongPin(reference: string, at: string): number {
    const count = prepared(
      this.#database,
      'UPDATE person SET wrong_pins = wrong_pins + 1, last_wrong_at = ? WHERE reference = ? RETURNING wrong_pins',
    )
      .pluck()
      .get(at, reference) as number | undefined;
    return count ?? 0;
  }

  /** Notes a right PIN. */
  clearWrongPins(reference: string): void {
    prepared(
      this.#database,
      'UPDATE person SET wrong_pins = 0, last_wrong_at = NULL WHERE reference = ? AND wrong_pins > 0',
    ).run(reference);
  }

  /** Erases everything known of a person. Every hash of the journal stays valid. */
  forget(reference: string): void {
    prepared(this.#database, 'DELETE FROM person WHERE reference = ?').run(reference);
    this.#changed();
  }
}
