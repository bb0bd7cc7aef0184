import { CURRENCY_DATA, DEFAULT_CURRENCY_DATA } from './currency-data';

/** An amount in the currency's minor unit (pence, cents), always a safe integer. Its currency is the stall's. */
export type Minor = number;

/** No amount in the till may exceed this: ten million pounds in pence. Keeps every product of amounts a safe integer. */
export const MAX_MINOR: Minor = 1_000_000_000;

/** One currency's rules, from Unicode CLDR `supplemental/currencyData`. */
export interface Currency {
  /** ISO 4217 code, for instance `GBP`. */
  readonly code: string;
  /** Decimal places of the minor unit. */
  readonly digits: number;
  /** Step, in minor units, to which a cash amount is rounded; 1 means cash is exact. */
  readonly cashStepMinor: Minor;
}

/**
 * Looks up a currency.
 * @param code ISO 4217 alphabetic code; an unknown one gets CLDR's DEFAULT row.
 */
export function currency(code: string): Currency {
  const { digits, cashStepMinor } = CURRENCY_DATA[code] ?? DEFAULT_CURRENCY_DATA;
  return { code, digits, cashStepMinor };
}

/**
 * Integer division rounded half away from zero, so that a refund mirrors its sale exactly:
 * `divideRounded(-a, b) === -divideRounded(a, b)`.
 * @param denominator a positive integer
 */
export function divideRounded(numerator: number, denominator: number): number {
  const magnitude = Math.abs(numerator);
  const quotient = Math.floor(magnitude / denominator);
  const remainder = magnitude - quotient * denominator;
  const rounded = remainder * 2 >= denominator ? quotient + 1 : quotient;
  return numerator < 0 ? 0 - rounded : rounded;
}

/** `amount × basisPoints / 10 000`, rounded half away from zero. */
export function portion(amountMinor: Minor, basisPoints: number): Minor {
  return divideRounded(amountMinor * basisPoints, 10_000);
}

/**
 * Splits an amount over weights by the largest-remainder method: the parts add up to the amount exactly, no part is
 * more than one unit from its exact share, and equal remainders favour the earlier part.
 * @param weights non-negative integers; if all are zero the whole amount falls to the first part
 */
export function allocate(amountMinor: Minor, weights: readonly number[]): Minor[] {
  if (weights.length === 0) return [];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) return weights.map((_, index) => (index === 0 ? amountMinor : 0));
  const sign = amountMinor < 0 ? -1 : 1;
  // BigInt: amount × weight may pass 2^53 when a large cart discount meets large lines.
  const magnitude = BigInt(Math.abs(amountMinor));
  const divisor = BigInt(sum);
  const parts = weights.map((weight, index) => {
    const product = magnitude * BigInt(weight);
    return { index, floor: Number(product / divisor), remainder: product % divisor };
  });
  let left = Math.abs(amountMinor) - parts.reduce((total, part) => total + part.floor, 0);
  const result = parts.map((part) => part.floor);
  const byRemainder = [...parts].sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const part of byRemainder) {
    if (left === 0) break;
    result[part.index] = (result[part.index] ?? 0) + 1;
    left -= 1;
  }
  return result.map((part) => (part === 0 ? 0 : part * sign));
}

/** Rounds an amount to what can be paid in coins and notes (CLDR `_cashRounding`), half away from zero. */
export function roundCash(amountMinor: Minor, of: Currency): Minor {
  return divideRounded(amountMinor, of.cashStepMinor) * of.cashStepMinor;
}
