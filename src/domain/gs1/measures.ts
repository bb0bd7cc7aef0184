import { currency } from '../money';
import { CURRENCY_BY_NUMBER } from './code-lists';
import { fullDate } from './dates';
import type { Elements } from './element-string';

const GRAMS_PER_KILOGRAM = 1000;

/** The international avoirdupois pound (International Yard and Pound Agreement, 1959). */
const GRAMS_PER_POUND = 453.59237;

/**
 * The net weight on a label: AI 310n in kilograms, else 320n in pounds, with n decimals.
 * @returns grams, with what fractions the label gives; null when it gives no weight
 */
export function weightGrams(elements: Elements): number | null {
  for (const [ai, value] of elements) {
    const decimals = Number(ai.slice(-1));
    // One division, so that every weight has the one number closest to it.
    if (ai.startsWith('310')) return (Number(value) * GRAMS_PER_KILOGRAM) / 10 ** decimals;
    if (ai.startsWith('320')) return Math.round((Number(value) * GRAMS_PER_POUND) / 10 ** decimals);
  }
  return null;
}

/** The price of the goods as a label gives it. */
export interface LabelPrice {
  /** ISO 4217: on the label (AI 393n), else that of the stall (AI 392n). */
  readonly currency: string;
  /** Null when it is finer than the currency's minor unit, or beyond any amount. */
  readonly amountMinor: number | null;
}

/**
 * The amount payable for a variable measure item on a label: AI 392n, or AI 393n with its currency, with n decimals.
 * @param localCurrency ISO 4217, that of the stall
 */
export function labelPrice(elements: Elements, localCurrency: string): LabelPrice | null {
  for (const [ai, value] of elements) {
    const isForeign = ai.startsWith('393');
    if (!isForeign && !ai.startsWith('392')) continue;
    const code = isForeign ? (CURRENCY_BY_NUMBER.get(value.slice(0, 3)) ?? '') : localCurrency;
    const digits = BigInt(isForeign ? value.slice(3) : value);
    const shift = currency(code).digits - Number(ai.slice(-1));
    const divisor = 10n ** BigInt(Math.max(-shift, 0));
    const isExact = digits % divisor === 0n;
    const amountMinor = Number((digits * 10n ** BigInt(Math.max(shift, 0))) / divisor);
    return { currency: code, amountMinor: isExact && Number.isSafeInteger(amountMinor) ? amountMinor : null };
  }
  return null;
}

/** Days on a label, `YYYY-MM-DD`. */
export interface LabelDates {
  /** The last day it may be used: AI 17, or the day of AI 7003. */
  readonly expiresOn: string | null;
  /** The last day it may be sold: AI 16. */
  readonly sellBy: string | null;
  /** The last day it is at its best: AI 15. */
  readonly bestBefore: string | null;
}

/** @param currentYear four digits, to tell the century by */
export function labelDates(elements: Elements, currentYear: number): LabelDates {
  const day = (digits: string | undefined) => (digits === undefined ? null : fullDate(digits, currentYear));
  return {
    expiresOn: day(elements.get('17') ?? elements.get('7003')?.slice(0, 6)),
    sellBy: day(elements.get('16')),
    bestBefore: day(elements.get('15')),
  };
}

/** A day on a label that has come or gone. */
export interface DateWarning {
  readonly date: 'use-by' | 'sell-by' | 'best-before';
  /** `YYYY-MM-DD` */
  readonly on: string;
  /** False on the day itself. */
  readonly isPast: boolean;
}

/**
 * What a cashier must know of the days on a label before handing the goods over: the gravest that has passed, else one that
 * is today. Food past its use-by date is unsafe by law (Regulation (EU) No 1169/2011, article 24); past its best-before
 * date it may be sold.
 * @param today `YYYY-MM-DD` where the stall stands
 */
export function dateWarning({ expiresOn, sellBy, bestBefore }: LabelDates, today: string): DateWarning | null {
  const reached = (
    [
      ['use-by', expiresOn],
      ['sell-by', sellBy],
      ['best-before', bestBefore],
    ] as const
  ).flatMap(([date, on]) => (on !== null && on <= today ? [{ date, on, isPast: on < today }] : []));
  return reached.find(({ isPast }) => isPast) ?? reached[0] ?? null;
}
