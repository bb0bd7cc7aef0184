import type { Minor } from './money';

/** One cash session: opened with a float, closed with a count. */
export interface Shift {
  readonly shiftId: string;
  readonly openedAt: string;
  readonly openedBy: string;
  readonly floatMinor: Minor;
  readonly closed: ShiftClose | null;
}

export interface ShiftClose {
  readonly closedAt: string;
  readonly closedBy: string;
  readonly countedMinor: Minor;
  readonly expectedMinor: Minor;
  /** counted − expected: negative is short. A variance never stops a close. */
  readonly differenceMinor: Minor;
  readonly reason: string;
  readonly totals: ShiftTotals;
}

/** What happened in a shift, computed from its orders alone. */
export interface ShiftTotals {
  readonly orderCount: number;
  readonly salesMinor: Minor;
  readonly taxMinor: Minor;
  readonly savedMinor: Minor;
  readonly roundingMinor: Minor;
  /** Cash kept: given − change. */
  readonly cashMinor: Minor;
  readonly cardMinor: Minor;
  /** Float plus cash kept: what the drawer should hold. */
  readonly expectedCashMinor: Minor;
}
