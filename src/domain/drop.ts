import type { Minor } from './money';
import { DROP_LIMITS } from './pricing/limits';
import { checkRule, isUnitEffect, type Effect, type PriceRule, type Selector } from './pricing/rule';
import { fail, ok, type Result } from './result';
import { shareLeft, type StockGift, type StockShares } from './stock-share';
import { plainText } from './text';

/** An offer for half an hour to an hour and a half. Fixed once it is scheduled; only its end can come sooner. */
export interface Drop {
  readonly dropId: string;
  readonly name: string;
  readonly what: Selector;
  /** A price, something off, or a bundle. */
  readonly effect: Effect;
  /** UTC instants. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** Pieces (of a bundle: bundles) that are sold at this price in all; null for as many as there are. */
  readonly unitCap: number | null;
  /**
   * The cap divided among devices: each sells its share and no more, so that two tills without a network cannot both sell the
   * last one. Empty without a cap.
   */
  readonly shares: readonly { readonly deviceId: string; readonly quantity: number }[];
  /** How long an open cart keeps its price after the end. */
  readonly graceMs: number;
}

/** What a drop is made from in a few taps. */
export interface DropTemplate {
  readonly templateId: string;
  readonly name: string;
  readonly what: Selector;
  readonly effect: Effect;
  readonly minutes: number;
  readonly unitCap: number | null;
  readonly graceMs: number;
}

/** Why a drop was over before its time. */
export type DropEndReason = 'sold-out' | 'by-hand';

export interface DropEnd {
  /** UTC instant. */
  readonly at: string;
  readonly reason: DropEndReason;
}

/** What is known here of the sales of a drop. */
export interface DropSales {
  /** Parts of shares that one device gave another. */
  readonly gifts: readonly StockGift[];
  /** Pieces in orders, by device. */
  readonly sold: readonly { readonly deviceId: string; readonly pieces: number; readonly at: string }[];
}

export type DropPhase = 'planned' | 'running' | 'over';

export const DROP_DEFAULTS = { minutes: 45, graceMs: 5 * 60_000 } as const;

/** Before the arms of price tests, which a drop spoils anyway, and all ordinary rules. */
export const DROP_PRIORITY = 900;

const MINUTE_MS = 60_000;

/**
 * Checks a drop before it is scheduled, and gives it back tidied.
 * @param now UTC instant
 */
export function checkDrop(drop: Drop, now: string): Result<Drop, 'bad-drop'> {
  const name = plainText(drop.name);
  if (name === '') return bad('The drop needs a name: shoppers read it.');
  const startMs = Date.parse(drop.startsAt);
  const endMs = Date.parse(drop.endsAt);
  const nowMs = Date.parse(now);
  const minutes = (endMs - startMs) / MINUTE_MS;
  if (!(minutes >= DROP_LIMITS.leastMinutes && minutes <= DROP_LIMITS.mostMinutes)) {
    return bad(`A drop lasts ${DROP_LIMITS.leastMinutes} to ${DROP_LIMITS.mostMinutes} minutes.`);
  }
  if (endMs <= nowMs) return bad('This drop would be over already.');
  if (startMs > nowMs + DROP_LIMITS.aheadMs) return bad('That is more than two months ahead.');
  if (!isWhole(drop.graceMs, 0, DROP_LIMITS.graceMs)) return bad('Open carts keep the price for 15 minutes at most.');
  if (drop.effect.kind === 'markdown') return bad('A drop has one price for all of its time.');
  const { unitCap, shares } = drop;
  if (unitCap !== null) {
    if (drop.effect.kind === 'tiers') return bad('A drop of so many pieces has one price for each of them.');
    if (!isWhole(unitCap, 1, DROP_LIMITS.unitCap)) return bad('A drop has one piece or more.');
    const isShared = shares.every(({ quantity }) => isWhole(quantity, 0, DROP_LIMITS.unitCap));
    if (shares.length === 0 || shares.length > DROP_LIMITS.shares || !isShared) {
      return bad('Say how many of the pieces each till sells.');
    }
    if (sum(shares.map(({ quantity }) => quantity)) !== unitCap)
      return bad('The shares are not as many as the drop has.');
  } else if (shares.length > 0) return bad('There is nothing to share where there is no end of it.');
  const rule = checkRule(ruleOfDrop({ ...drop, name }, null));
  return rule.ok ? ok({ ...drop, name }) : bad(rule.error.message);
}

/** The rule a drop is: in its window, before all others, alone. */
export function ruleOfDrop(drop: Drop, end: DropEnd | null): PriceRule {
  const { dropId, name, what, effect, startsAt, graceMs } = drop;
  const until = overAt(drop, end);
  return {
    ruleId: dropRuleId(dropId),
    version: 1,
    name,
    origin: 'drop',
    originId: dropId,
    // One that was ended before it began never was.
    isOn: until > startsAt,
    what,
    effect,
    when: { from: null, until: null, windows: [{ from: startsAt, until }], weekly: [] },
    where: { kind: 'anywhere' },
    audience: 'everyone',
    stock: null,
    priority: DROP_PRIORITY,
    stacking: 'alone',
    capBasisPoints: null,
    graceMs,
  };
}

export function dropRuleId(dropId: string): string {
  return `drop:${dropId}`;
}

/** When a drop is over, UTC instant. */
export function overAt({ endsAt }: Pick<Drop, 'endsAt'>, end: DropEnd | null): string {
  return end !== null && end.at < endsAt ? end.at : endsAt;
}

/** Where a drop stands at a UTC instant. */
export function phaseOf(drop: Pick<Drop, 'startsAt' | 'endsAt'>, end: DropEnd | null, now: string): DropPhase {
  if (now >= overAt(drop, end)) return 'over';
  return now < drop.startsAt ? 'planned' : 'running';
}

/**
 * How many more pieces (of a bundle: bundles) this device may sell at the drop's price, or null for as many as there are.
 * @param deviceIds the device, and the ids it went by before
 */
export function dropLeft(drop: Drop, sales: DropSales, deviceIds: readonly string[]): number | null {
  return drop.unitCap === null ? null : shareLeft(sharesOf(drop, sales), deviceIds);
}

/** The cap and its sales as shares of stock: the same rules hold. */
export function sharesOf(drop: Drop, { gifts, sold }: DropSales): StockShares {
  const pieces = piecesOf(drop);
  return {
    division: { at: '', shares: drop.shares },
    gifts,
    sales: sold.map(({ deviceId, pieces: quantity, at }) => ({ deviceId, at, quantity: Math.ceil(quantity / pieces) })),
  };
}

/** Pieces (of a bundle: bundles) sold at a drop's price by all devices, as far as known here. */
export function soldOf(drop: Drop, sold: DropSales['sold']): number {
  return Math.ceil(sum(sold.map(({ pieces }) => pieces)) / piecesOf(drop));
}

/** Whether all of a drop's pieces are sold, as far as known here. */
export function isSoldOut(drop: Drop, sold: DropSales['sold']): boolean {
  return drop.unitCap !== null && soldOf(drop, sold) >= drop.unitCap;
}

/** What came of a drop. */
export interface DropSummary {
  readonly units: number;
  readonly orders: number;
  /** What shoppers paid for its goods. */
  readonly revenueMinor: Minor;
  /** What they saved by it. */
  readonly savedMinor: Minor;
}

/** How many pieces one unit of a drop has: one, or all those of its bundle. */
function piecesOf({ effect }: Pick<Drop, 'effect'>): number {
  return isUnitEffect(effect) || effect.kind === 'tiers' ? 1 : sum(effect.parts.map(({ quantity }) => quantity));
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function bad(message: string) {
  return fail('bad-drop' as const, message);
}
