import type { CartLine } from './cart';
import { MAX_PIECES } from './cart';
import type { PriceTrace } from './pricing/trace';
import type { Minor } from './money';
import { refuse, type Verdict } from './refusal';
import { ok } from './result';

/** Goods put aside for a shopper until an instant, at a price that is promised until then. Pieces only: what is weighed has no price yet. */
export interface Hold {
  /** 80 bits as 16 letters and digits, see `holdIdFrom`. Its code says it to everybody: no shopper may do anything by it. */
  readonly holdId: string;
  readonly itemId: string;
  readonly variantId: string;
  /** As it was called when it was held. */
  readonly name: string;
  readonly quantity: number;
  /** The promise, with its reasons. */
  readonly unitPriceMinor: Minor;
  readonly wasMinor?: Minor | undefined;
  readonly trace?: PriceTrace | undefined;
  /** UTC instants. */
  readonly placedAt: string;
  readonly expiresAt: string;
  /** A random reference to the phone or tablet that asked, or null for the till itself. */
  readonly holder: string | null;
  /** A random reference to the name that was given, or null. What it stands for is kept nowhere else than where it was said. */
  readonly person: string | null;
}

/** What a line of the docket keeps of the hold it came from. */
export interface LineHold {
  readonly holdId: string;
  /** The till whose stock it was put aside from. */
  readonly deviceId: string;
  /** Pieces that were held: no more of them have the promised price. */
  readonly quantity: number;
  readonly placedAt: string;
  readonly expiresAt: string;
}

/** Why a hold was over before its time. `given-to-another`: somebody at the till decided to sell its goods to someone else. */
export type HoldEndReason = 'by-shopper' | 'by-till' | 'given-to-another';

/** A hold with all that is known here of what became of it. */
export interface KnownHold {
  readonly hold: Hold;
  /** The till that put it aside. */
  readonly deviceId: string;
  /** With every extension. */
  readonly expiresAt: string;
  /** How often its shopper was given more time. */
  readonly timesAsked: number;
  readonly end: { readonly at: string; readonly reason: HoldEndReason } | null;
  /** Orders that sold it; more than one when tills that could not hear each other both did. */
  readonly orderIds: readonly string[];
}

/** What becomes of a hold that is given more time. */
export type MoreTime = Pick<KnownHold, 'expiresAt' | 'timesAsked'>;

export type HoldPhase = 'open' | 'sold' | 'released' | 'expired';

export const HOLD_LIMITS = {
  /** Pieces in one hold. */
  pieces: 5,
  leastMinutes: 5,
  mostMinutes: 120,
  usualMinutes: 30,
  /** What a shopper is given who asks for more time, and how often. */
  moreMinutes: 10,
  timesMore: 1,
  /** The longest a hold lasts with all its extensions. */
  longestMs: 8 * 60 * 60_000,
  /** Open holds of one phone, and of everybody. */
  perHolder: 3,
  open: 100,
  /** How often a phone may hold the same thing in `againMs`: who holds again and again keeps it from everybody else. */
  again: 2,
  againMs: 3 * 60 * 60_000,
} as const;

/** Where a hold stands at a UTC instant. */
export function holdPhase({ expiresAt, end, orderIds }: KnownHold, now: string): HoldPhase {
  if (orderIds.length > 0) return 'sold';
  if (end !== null) return 'released';
  return now < expiresAt ? 'open' : 'expired';
}

/**
 * Whether a hold keeps its goods from everybody else at a UTC instant: while it lasts, and while they lie on a docket, which may
 * take longer.
 */
export function keepsGoods(known: KnownHold, now: string, onDocket: Pick<ReadonlySet<string>, 'has'>): boolean {
  const phase = holdPhase(known, now);
  return phase === 'open' || (phase !== 'sold' && onDocket.has(known.hold.holdId));
}

/** How many pieces of a variant are held. */
export function heldPieces(holds: readonly KnownHold[], variantId: string): number {
  return holds.reduce((sum, { hold }) => sum + (hold.variantId === variantId ? hold.quantity : 0), 0);
}

/**
 * Checks a hold that somebody asks for.
 * @param world `available` pieces nobody holds or has on the docket, or null where nobody counts; `holds` all that may count
 */
export function checkHold(
  asked: Pick<Hold, 'variantId' | 'quantity' | 'holder'> & { readonly minutes: number },
  world: { readonly available: number | null; readonly holds: readonly KnownHold[]; readonly now: string },
): Verdict<null, 'bad-hold' | 'hold-limit' | 'none-to-hold'> {
  const { variantId, quantity, holder, minutes } = asked;
  const { available, holds, now } = world;
  const { pieces } = HOLD_LIMITS;
  if (!isWhole(quantity, 1, Math.min(pieces, MAX_PIECES)))
    return refuse('bad-hold', { reason: 'hold-pieces', most: pieces });
  const lasts = checkHoldMinutes(minutes);
  if (!lasts.ok) return lasts;
  if (available !== null && quantity > available) {
    return refuse(
      'none-to-hold',
      available > 0 ? { reason: 'some-to-hold', left: available } : { reason: 'none-to-hold' },
    );
  }
  const open = holds.filter((known) => holdPhase(known, now) === 'open');
  if (open.length >= HOLD_LIMITS.open) {
    return refuse('hold-limit', { reason: 'holds-at-most', most: HOLD_LIMITS.open });
  }
  if (holder === null) return ok(null);
  if (open.filter(({ hold }) => hold.holder === holder).length >= HOLD_LIMITS.perHolder) {
    return refuse('hold-limit', { reason: 'phone-holds', most: HOLD_LIMITS.perHolder });
  }
  const sinceMs = Date.parse(now) - HOLD_LIMITS.againMs;
  const again = holds.filter(
    ({ hold, orderIds }) =>
      hold.holder === holder &&
      hold.variantId === variantId &&
      orderIds.length === 0 &&
      Date.parse(hold.placedAt) > sinceMs,
  );
  return again.length >= HOLD_LIMITS.again ? refuse('hold-limit', { reason: 'phone-held-often' }) : ok(null);
}

/** Whether a hold may last so long when it is placed. */
export function checkHoldMinutes(minutes: number): Verdict<null, 'bad-hold'> {
  const { leastMinutes, mostMinutes } = HOLD_LIMITS;
  return isWhole(minutes, leastMinutes, mostMinutes)
    ? ok(null)
    : refuse('bad-hold', { reason: 'hold-minutes', least: leastMinutes, most: mostMinutes });
}

/** When an extended hold expires, UTC instant, or why it cannot be extended. */
export function extendHold(
  known: KnownHold,
  minutes: number,
  now: string,
): Verdict<string, 'bad-hold' | 'hold-expired' | 'hold-released' | 'hold-sold'> {
  const usable = checkUsable(known, now);
  if (!usable.ok) return usable;
  if (!isWhole(minutes, 1, HOLD_LIMITS.mostMinutes)) {
    return refuse('bad-hold', { reason: 'hold-extension', most: HOLD_LIMITS.mostMinutes });
  }
  const untilMs = Date.parse(known.expiresAt) + minutes * 60_000;
  const latestMs = Date.parse(known.hold.placedAt) + HOLD_LIMITS.longestMs;
  if (untilMs > latestMs) {
    return refuse('bad-hold', { reason: 'hold-until', until: new Date(latestMs).toISOString() });
  }
  return ok(new Date(untilMs).toISOString());
}

/**
 * What becomes of a hold whose shopper asks for more time, or why it stays as it is. Only the till that put it aside may decide:
 * two that could not hear each other would both give it.
 */
export function giveMoreTime(
  known: KnownHold,
  now: string,
): Verdict<MoreTime, 'bad-hold' | 'hold-limit' | 'hold-expired' | 'hold-released' | 'hold-sold'> {
  const extended = extendHold(known, HOLD_LIMITS.moreMinutes, now);
  if (!extended.ok) return extended;
  return known.timesAsked >= HOLD_LIMITS.timesMore
    ? refuse('hold-limit', { reason: 'hold-extended' })
    : ok({ expiresAt: extended.value, timesAsked: known.timesAsked + 1 });
}

/** Whether a hold can still be sold, given up or extended; each reason why not is a code of its own. */
export function checkUsable(
  known: KnownHold,
  now: string,
): Verdict<null, 'hold-expired' | 'hold-released' | 'hold-sold'> {
  switch (holdPhase(known, now)) {
    case 'open':
      return ok(null);
    case 'sold':
      return refuse('hold-sold');
    case 'released':
      return refuse('hold-released');
    case 'expired':
      return refuse('hold-expired', { reason: 'hold-ran-out', at: known.expiresAt });
  }
}

/** What a line keeps of a hold. */
export function lineHold({ hold, deviceId, expiresAt }: KnownHold): LineHold {
  const { holdId, quantity, placedAt } = hold;
  return { holdId, deviceId, quantity, placedAt, expiresAt };
}

/** How many pieces of a variant lines have that come from no hold. */
export function unheldPieces(lines: readonly CartLine[], variantId: string): number {
  return lines.reduce(
    (sum, line) => sum + (line.variantId === variantId && line.hold === undefined ? line.quantity : 0),
    0,
  );
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
