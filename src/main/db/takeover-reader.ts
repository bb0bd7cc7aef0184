import type { Database } from 'better-sqlite3';
import type { DrillCheck } from '../../domain/takeover';
import { prepared } from '../../journal/statements';

/** A device that another one took over, and that nobody handed back since. */
export interface Takeover {
  readonly formerDevice: string;
  /** Who took over. */
  readonly device: string;
  /** Hybrid instant. */
  readonly at: string;
  /** The last entry of the device that was known then. */
  readonly heardSeq: number;
}

/** A rehearsal of a takeover. */
export interface Drill {
  /** Hybrid instant. */
  readonly at: string;
  readonly checks: readonly DrillCheck[];
}

/** Not handed back since, by either side. */
const STANDS = `is_drill = 0 AND takeover.at > coalesce(
  (SELECT max(at) FROM handed_back WHERE handed_back.former_device = takeover.former_device), '')`;

/** Reads which devices were taken over by which, and when that was rehearsed. */
export class TakeoverReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Who took a device over, newest first: more than one when backup tills did not hear of each other. */
  of(formerDevices: readonly string[]): Takeover[] {
    return prepared(
      this.#database,
      `SELECT former_device AS formerDevice, device, at, heard_seq AS heardSeq FROM takeover
       WHERE ${STANDS} AND former_device IN (SELECT value FROM json_each(?)) ORDER BY at DESC`,
    ).all(JSON.stringify(formerDevices)) as Takeover[];
  }

  /** The devices that some device, by all its ids, has taken over. */
  formerDevices(devices: readonly string[]): string[] {
    return prepared(
      this.#database,
      `SELECT DISTINCT former_device FROM takeover WHERE ${STANDS} AND device IN (SELECT value FROM json_each(?))`,
    )
      .pluck()
      .all(JSON.stringify(devices)) as string[];
  }

  /** The last time that a device, by all its ids, rehearsed to take another one over; or null. */
  lastDrill(formerDevices: readonly string[], devices: readonly string[]): Drill | null {
    const row = prepared(
      this.#database,
      `SELECT at, checks FROM takeover WHERE is_drill = 1 AND former_device IN (SELECT value FROM json_each(?))
         AND device IN (SELECT value FROM json_each(?)) ORDER BY at DESC LIMIT 1`,
    ).get(JSON.stringify(formerDevices), JSON.stringify(devices)) as
      { readonly at: string; readonly checks: string } | undefined;
    return row ? { at: row.at, checks: JSON.parse(row.checks) as DrillCheck[] } : null;
  }
}
