import type { Pricing, Quantity } from './catalogue';
import { refuse, type Refusal, type Verdict } from './refusal';
import { ok } from './result';

/**
 * Scarce stock divided among devices: each may sell its share and no more, so that two tills without a network cannot both
 * sell the last one. A share is the device's own: it can give part of it away, and nobody can take it. So whatever a device
 * has not heard of yet can only mean that it may sell more than it thinks, never less.
 *
 * Quantities are those of cart lines: pieces, or grams.
 */
export interface StockShares {
  /** The division that counts, or null where the variant is not divided. */
  readonly division: {
    /** Hybrid instant. */
    readonly at: string;
    readonly shares: readonly { readonly deviceId: string; readonly quantity: number }[];
  } | null;
  /** Parts of shares given away, as far as known here. */
  readonly gifts: readonly StockGift[];
  /** What devices sold of it, as far as known here. */
  readonly sales: readonly { readonly at: string; readonly deviceId: string; readonly quantity: number }[];
}

export interface StockGift {
  /** Hybrid instant. */
  readonly at: string;
  readonly fromDevice: string;
  readonly toDevice: string;
  readonly quantity: number;
}

/**
 * What a device may still sell of a variant, as far as known here, or null when it is not divided.
 * @param deviceIds the device, and the ids it went by before
 */
export function shareLeft(shares: StockShares, deviceIds: readonly string[]): number | null {
  const balance = shareBalance(shares, deviceIds);
  return balance === null ? null : Math.max(0, balance);
}

/**
 * How much more of a variant devices sold or gave than they had, as far as known here: 0 unless something went wrong, as
 * when a till that another one took over sold on without knowing.
 * @param devices each of them by all its ids
 */
export function oversold(shares: StockShares, devices: readonly (readonly string[])[]): number {
  return devices.reduce((sum, deviceIds) => sum + Math.max(0, -(shareBalance(shares, deviceIds) ?? 0)), 0);
}

/** Divides a quantity as evenly as it goes; the first get what is left over. */
export function equalShares(
  quantity: number,
  deviceIds: readonly string[],
): { readonly deviceId: string; readonly quantity: number }[] {
  const each = Math.floor(quantity / deviceIds.length);
  const leftOver = quantity - each * deviceIds.length;
  return deviceIds.map((deviceId, index) => ({ deviceId, quantity: each + (index < leftOver ? 1 : 0) }));
}

function shareBalance({ division, gifts, sales }: StockShares, deviceIds: readonly string[]): number | null {
  if (division === null || division.shares.length === 0) return null;
  const { at: since, shares } = division;
  const isOwn = (deviceId: string): boolean => deviceIds.includes(deviceId);
  const sum = (quantities: readonly { readonly quantity: number }[]): number =>
    quantities.reduce((total, { quantity }) => total + quantity, 0);
  return (
    sum(shares.filter(({ deviceId }) => isOwn(deviceId))) +
    sum(gifts.filter(({ at, toDevice }) => at > since && isOwn(toDevice))) -
    sum(gifts.filter(({ at, fromDevice }) => at > since && isOwn(fromDevice))) -
    sum(sales.filter(({ at, deviceId }) => at > since && isOwn(deviceId)))
  );
}

/** Whether a device can give so much of its share away. */
export function canGive(shares: StockShares, deviceIds: readonly string[], quantity: number): boolean {
  const left = shareLeft(shares, deviceIds);
  return left !== null && Number.isSafeInteger(quantity) && quantity > 0 && quantity <= left;
}

/**
 * Checks a new division by a device. While another division counts, only what this device itself has left can be divided
 * again, and only once no other device holds any of it: one that cannot be heard may be selling its share right now. An
 * empty list ends a division, which is for a person to decide.
 */
export function checkDivision(
  current: StockShares,
  deviceIds: readonly string[],
  shares: readonly { readonly deviceId: string; readonly quantity: number }[],
  pricing: Pricing,
): Verdict<null, 'bad-quantity' | 'share-held'> {
  if (shares.some(({ quantity }) => !Number.isSafeInteger(quantity) || quantity < 0)) {
    return refuse('bad-quantity', { reason: 'share-negative' });
  }
  const left = shareLeft(current, deviceIds);
  if (left === null || shares.length === 0) return ok(null);
  const others = new Set(
    [
      ...(current.division?.shares ?? []).map(({ deviceId }) => deviceId),
      ...current.gifts.map(({ toDevice }) => toDevice),
    ].filter((deviceId) => !deviceIds.includes(deviceId)),
  );
  if ([...others].some((deviceId) => (shareLeft(current, [deviceId]) ?? 0) > 0)) {
    return refuse('share-held');
  }
  return shares.reduce((total, { quantity }) => total + quantity, 0) <= left
    ? ok(null)
    : refuse('bad-quantity', leftToDivide(left, pricing));
}

/** @param left pieces, or grams of what is sold by weight */
export function leftToDivide(left: Quantity, pricing: Pricing): Refusal {
  return { reason: pricing === 'kg' ? 'left-to-divide-weighed' : 'left-to-divide', left };
}
