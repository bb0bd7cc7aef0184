import type { Context } from './context';
import { MAX_MINOR, type Minor } from './money';
import type { Order } from './order';
import { refuse, type Verdict } from './refusal';
import { ok } from './result';
import { plainText } from './text';

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
  /** Orders that sold something a shopper had held, and what they came to; absent for none. */
  readonly heldOrderCount?: number | undefined;
  readonly heldSalesMinor?: Minor | undefined;
}

/** Opens a cash session with what is in the drawer. */
export function openShift(
  { floatMinor, staffId }: { readonly floatMinor: Minor; readonly staffId: string },
  context: Context,
): Verdict<Shift, 'bad-amount'> {
  if (!isCount(floatMinor)) return refuse('bad-amount', { reason: 'float-uncounted' });
  return ok({ shiftId: context.newId(), openedAt: context.now, openedBy: staffId, floatMinor, closed: null });
}

/** Closes a shift with what was counted. A variance is written down with its reason and never stops a close. */
export function closeShift(
  shift: Shift,
  given: { readonly countedMinor: Minor; readonly reason: string; readonly staffId: string },
  totals: ShiftTotals,
  context: Context,
): Verdict<Shift, 'bad-amount' | 'no-shift'> {
  const { countedMinor, reason, staffId } = given;
  if (shift.closed) return refuse('no-shift', { reason: 'shift-closed' });
  if (!isCount(countedMinor)) return refuse('bad-amount', { reason: 'drawer-uncounted' });
  const expectedMinor = totals.expectedCashMinor;
  return ok({
    ...shift,
    closed: {
      closedAt: context.now,
      closedBy: staffId,
      countedMinor,
      expectedMinor,
      differenceMinor: countedMinor - expectedMinor,
      reason: plainText(reason),
      totals,
    },
  });
}

/** The totals of a shift that has sold nothing yet. */
export function emptyTotals(floatMinor: Minor): ShiftTotals {
  return {
    orderCount: 0,
    salesMinor: 0,
    taxMinor: 0,
    savedMinor: 0,
    roundingMinor: 0,
    cashMinor: 0,
    cardMinor: 0,
    expectedCashMinor: floatMinor,
  };
}

/** What two parts of a shift come to together. */
export function addTotals(one: ShiftTotals, other: ShiftTotals): ShiftTotals {
  return {
    orderCount: one.orderCount + other.orderCount,
    salesMinor: one.salesMinor + other.salesMinor,
    taxMinor: one.taxMinor + other.taxMinor,
    savedMinor: one.savedMinor + other.savedMinor,
    roundingMinor: one.roundingMinor + other.roundingMinor,
    cashMinor: one.cashMinor + other.cashMinor,
    cardMinor: one.cardMinor + other.cardMinor,
    expectedCashMinor: one.expectedCashMinor + other.expectedCashMinor,
    ...held(
      (one.heldOrderCount ?? 0) + (other.heldOrderCount ?? 0),
      (one.heldSalesMinor ?? 0) + (other.heldSalesMinor ?? 0),
    ),
  };
}

/** The totals after one more order. */
export function addOrderToTotals(totals: ShiftTotals, order: Order): ShiftTotals {
  const taken = (kind: 'cash' | 'card'): Minor =>
    order.tenders.reduce(
      (sum, tender) => sum + (tender.kind === kind && tender.state === 'approved' ? tender.amountMinor : 0),
      0,
    );
  const cashMinor = taken('cash');
  const isHeld = order.lines.some((line) => line.hold !== undefined);
  return {
    orderCount: totals.orderCount + 1,
    salesMinor: totals.salesMinor + order.totalMinor,
    taxMinor: totals.taxMinor + order.taxMinor,
    savedMinor: totals.savedMinor + order.savedMinor,
    roundingMinor: totals.roundingMinor + order.roundingMinor,
    cashMinor: totals.cashMinor + cashMinor,
    cardMinor: totals.cardMinor + taken('card'),
    expectedCashMinor: totals.expectedCashMinor + cashMinor,
    ...held(
      (totals.heldOrderCount ?? 0) + (isHeld ? 1 : 0),
      (totals.heldSalesMinor ?? 0) + (isHeld ? order.totalMinor : 0),
    ),
  };
}

/** The totals without an order that is among them. */
export function takeOrderFromTotals(totals: ShiftTotals, order: Order): ShiftTotals {
  const its = addOrderToTotals(emptyTotals(0), order);
  return {
    orderCount: totals.orderCount - its.orderCount,
    salesMinor: totals.salesMinor - its.salesMinor,
    taxMinor: totals.taxMinor - its.taxMinor,
    savedMinor: totals.savedMinor - its.savedMinor,
    roundingMinor: totals.roundingMinor - its.roundingMinor,
    cashMinor: totals.cashMinor - its.cashMinor,
    cardMinor: totals.cardMinor - its.cardMinor,
    expectedCashMinor: totals.expectedCashMinor - its.expectedCashMinor,
    ...held(
      (totals.heldOrderCount ?? 0) - (its.heldOrderCount ?? 0),
      (totals.heldSalesMinor ?? 0) - (its.heldSalesMinor ?? 0),
    ),
  };
}

function held(heldOrderCount: number, heldSalesMinor: Minor): Pick<ShiftTotals, 'heldOrderCount' | 'heldSalesMinor'> {
  return heldOrderCount === 0 ? {} : { heldOrderCount, heldSalesMinor };
}

function isCount(amountMinor: Minor): boolean {
  return Number.isSafeInteger(amountMinor) && amountMinor >= 0 && amountMinor <= MAX_MINOR;
}
