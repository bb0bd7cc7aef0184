import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { prepared } from '../../journal/statements';
import { DATABASE_FILE, openReadOnly } from './open';

/** A closed shift as it is here, order by order, for comparing it with what a hub has. */
export interface ShiftAccount {
  readonly shiftId: string;
  readonly device: string;
  readonly totalMinor: number;
  /** In the order of `seq`. */
  readonly orders: readonly {
    readonly orderId: string;
    readonly number: string;
    readonly seq: number;
    readonly hash: string;
    readonly totalMinor: number;
  }[];
}

/** Shifts looked at in one go. */
const SHIFTS_AT_ONCE = 10;

/** Reads closed shifts on a connection of its own, which another thread may hold. */
export class ShiftAccounts {
  readonly #database: Database;
  /** Shifts known to be reconciled: facts, so they are looked up once. */
  #reconciled: Set<string> | null = null;

  private constructor(database: Database) {
    this.#database = database;
  }

  static open(dataDir: string): ShiftAccounts {
    return new ShiftAccounts(openReadOnly(join(dataDir, DATABASE_FILE)));
  }

  close(): void {
    this.#database.close();
  }

  /** Says that a shift is reconciled from now on. */
  settle(shiftId: string): void {
    this.#known().add(shiftId);
  }

  /**
   * Closed shifts of a device that are not reconciled, oldest first.
   * @param confirmedSeq how far the hub has the device's entries: a shift with later orders is left for later
   */
  unreconciled(device: string, confirmedSeq: number): ShiftAccount[] {
    const closed = prepared(
      this.#database,
      'SELECT shift_id FROM shift WHERE is_open = 0 AND device = ? ORDER BY opened_at',
    )
      .pluck()
      .all(device) as string[];
    const accounts: ShiftAccount[] = [];
    for (const shiftId of closed) {
      if (accounts.length === SHIFTS_AT_ONCE) break;
      if (this.#known().has(shiftId)) continue;
      const orders = this.#ordersOf(shiftId, device);
      if ((orders.at(-1)?.seq ?? 0) > confirmedSeq) continue;
      const totalMinor = orders.reduce((sum, order) => sum + order.totalMinor, 0);
      accounts.push({ shiftId, device, totalMinor, orders });
    }
    return accounts;
  }

  #ordersOf(shiftId: string, device: string): ShiftAccount['orders'] {
    return prepared(
      this.#database,
      `SELECT order_id AS orderId, number, entry_seq AS seq, hash, total_minor AS totalMinor
       FROM placed_order JOIN journal ON journal.device = entry_device AND journal.seq = entry_seq
       WHERE placed_order.device = ? AND shift_id = ? ORDER BY entry_seq`,
    ).all(device, shiftId) as ShiftAccount['orders'];
  }

  #known(): Set<string> {
    this.#reconciled ??= new Set(
      prepared(this.#database, 'SELECT DISTINCT shift_id FROM shift_reconciled').pluck().all() as string[],
    );
    return this.#reconciled;
  }
}
