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

/** What is known of a person, as devices tell each other. */
export interface PersonChange {
  readonly reference: string;
  /** Null when forgotten. */
  readonly person: { readonly name: string; readonly pinHash: string | null } | null;
  /** Hybrid instant of the change; the newest wins. */
  readonly at: string;
}

/** scrypt at 2^15 × 8: 32 MB and some tens of milliseconds a guess (OWASP Password Storage, scrypt). */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 32;

const derive = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/** Names and PINs of staff. */
export class People {
  readonly #database: Database;
  readonly #changed: () => void;
  readonly #nextInstant: () => string;

  /**
   * @param changed hears after every change
   * @param nextInstant gives the hybrid instant of a change made here
   */
  constructor(database: Database, changed: () => void, nextInstant: () => string) {
    this.#database = database;
    this.#changed = changed;
    this.#nextInstant = nextInstant;
  }

  /** Adds a person or changes their name and PIN. The PIN is hashed off the main thread. */
  async put(reference: string, name: string, pin: string): Promise<void> {
    const salt = randomBytes(16);
    const key = await derive(pin, salt, KEY_BYTES, COST);
    const pinHash = `${salt.toString('base64')}.${key.toString('base64')}`;
    this.#write([{ reference, person: { name, pinHash }, at: this.#nextInstant() }]);
  }

  /** Changes a person's name and leaves their PIN. */
  rename(reference: string, name: string): void {
    const kept = this.#kept(reference);
    if (kept) this.#write([{ reference, person: { ...kept, name }, at: this.#nextInstant() }]);
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
    const [salt, key] = this.#kept(reference)?.pinHash?.split('.') ?? [];
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
    this.#write([{ reference, person: null, at: this.#nextInstant() }]);
  }

  /** Everybody known or forgotten, with the instant of the last change. */
  changes(): PersonChange[] {
    const rows = prepared(
      this.#database,
      `SELECT reference, name, pin_hash AS pinHash, at FROM person FULL JOIN person_change USING (reference)
       ORDER BY reference`,
    ).all() as { reference: string; name: string | null; pinHash: string | null; at: string | null }[];
    return rows.map(({ reference, name, pinHash, at }) => ({
      reference,
      person: name === null ? null : { name, pinHash },
      at: at ?? UNDATED,
    }));
  }

  /**
   * Takes over what other devices changed, where it is newer. Whoever was forgotten stays so.
   * @returns whether anything is different now
   */
  receive(changes: readonly PersonChange[]): boolean {
    const known = new Map(this.changes().map((change) => [change.reference, change]));
    const newer = changes.filter(({ reference, person, at }) => {
      const held = known.get(reference);
      if (held === undefined) return true;
      if (held.person === null) return false;
      return person === null || at > held.at;
    });
    if (newer.length > 0) this.#write(newer);
    return newer.length > 0;
  }

  #kept(reference: string): PersonChange['person'] {
    const sql = 'SELECT name, pin_hash AS pinHash FROM person WHERE reference = ?';
    return (prepared(this.#database, sql).get(reference) as PersonChange['person'] | undefined) ?? null;
  }

  #write(changes: readonly PersonChange[]): void {
    this.#database
      .transaction(() => {
        for (const { reference, person, at } of changes) {
          prepared(this.#database, 'INSERT OR REPLACE INTO person_change VALUES (?, ?)').run(reference, at);
          if (person === null) prepared(this.#database, 'DELETE FROM person WHERE reference = ?').run(reference);
          else {
            prepared(
              this.#database,
              `INSERT INTO person VALUES (?, ?, ?, 0, NULL) ON CONFLICT DO UPDATE SET name = excluded.name,
                 wrong_pins = iif(pin_hash IS excluded.pin_hash, wrong_pins, 0),
                 last_wrong_at = iif(pin_hash IS excluded.pin_hash, last_wrong_at, NULL),
                 pin_hash = excluded.pin_hash`,
            ).run(reference, person.name, person.pinHash);
          }
        }
      })
      .immediate();
    this.#changed();
  }
}

/** Of a person written before changes were dated: every dated change is newer. */
const UNDATED = '1970-01-01T00:00:00.000Z-0000-undated';
