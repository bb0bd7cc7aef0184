import { currency, formatMoney, type Minor } from '../domain/money';
import type { Stall } from '../domain/stall';

/** A price as a ticket shows it: the pence raised, and left out when there are none. */
export interface TicketParts {
  readonly symbol: string;
  readonly symbolFirst: boolean;
  readonly whole: string;
  /** Empty for a round amount. */
  readonly fraction: string;
}

/** How this stall writes amounts, weights and times on its screens. */
export interface Format {
  /** `£35.42` */
  money(amountMinor: Minor): string;
  /** `£36`, but `£35.42`: for keys, where round amounts are the rule. */
  short(amountMinor: Minor): string;
  /** `£2`, `50p`: what is stamped on a coin or note. */
  coin(denominationMinor: Minor): string;
  ticket(amountMinor: Minor): TicketParts;
  /** Grams as `0.312 kg`. */
  weight(grams: number): string;
  /** `2.4 kg`, for a stock hint. */
  roughWeight(grams: number): string;
  /** `500 m`, `1.2 km` */
  distance(metres: number): string;
  /** `12.5%` */
  percent(basisPoints: number): string;
  /** `11:31`, in the stall's zone; of an ISO instant or milliseconds since 1970. */
  time(instant: string | number): string;
  /** `3 minutes ago`, `yesterday`: how long before `nowMs` an instant was, in one unit. */
  ago(instant: string, nowMs: number): string;
  /** `Sat 13 June` */
  day(instant: string | number): string;
  /** `Sat 13 June 11:31`, where the time alone could be of any day. */
  moment(instant: string | number): string;
  /** `13 June 2026`, of a calendar day `YYYY-MM-DD` */
  date(day: string): string;
}

/** Signs for amounts under one whole unit, where people have one. */
const SMALL_COIN_SIGNS: Readonly<Record<string, string>> = { GBP: 'p', EUR: 'c', USD: '¢', CAD: '¢', AUD: 'c' };

/** Makes the writers of a stall; its Intl formatters are built once. */
export function createFormat(stall: Pick<Stall, 'currency' | 'locale' | 'timeZone'>): Format {
  const { currency: code, locale, timeZone } = stall;
  const { digits } = currency(code);
  const unit = 10 ** digits;
  const style = { currency: code, locale };
  const kilograms = new Intl.NumberFormat(locale, { minimumFractionDigits: 3 });
  const roughly = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const length = { style: 'unit', unitDisplay: 'short' } as const;
  const inMetres = new Intl.NumberFormat(locale, { ...length, unit: 'meter', maximumFractionDigits: 0 });
  const inKilometres = new Intl.NumberFormat(locale, { ...length, unit: 'kilometer', maximumFractionDigits: 1 });
  const percentage = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });
  const round = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: code,
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: 0,
  });
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false, timeZone });
  const calendar = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'long', timeZone });
  // A day without a time begins at midnight UTC.
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  const parts = round.formatToParts(1);
  const symbol = parts.find(({ type }) => type === 'currency')?.value ?? code;
  const symbolFirst = parts[0]?.type === 'currency';
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const grouped = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

  const isRound = (amountMinor: Minor): boolean => amountMinor % unit === 0;
  const short = (amountMinor: Minor): string =>
    isRound(amountMinor) ? round.format(amountMinor / unit) : formatMoney(amountMinor, style);

  const time = (instant: string | number): string => clock.format(new Date(instant));
  const day = (instant: string | number): string => calendar.format(new Date(instant)).replace(',', '');

  return {
    money: (amountMinor) => formatMoney(amountMinor, style),
    short,
    coin(denominationMinor) {
      const sign = SMALL_COIN_SIGNS[code];
      return sign && denominationMinor < unit ? `${denominationMinor}${sign}` : short(denominationMinor);
    },
    ticket: (amountMinor) => ({
      symbol,
      symbolFirst,
      whole: grouped.format(Math.trunc(amountMinor / unit)),
      fraction: isRound(amountMinor) ? '' : String(amountMinor % unit).padStart(digits, '0'),
    }),
    weight: (grams) => `${kilograms.format(grams / 1000)} kg`,
    roughWeight: (grams) => `${roughly.format(grams / 1000)} kg`,
    distance: (metres) => (metres < 1_000 ? inMetres.format(metres) : inKilometres.format(metres / 1_000)),
    percent: (basisPoints) => percentage.format(basisPoints / 10_000),
    time,
    date: (day) => date.format(new Date(day)),
    ago(instant, nowMs) {
      // A clock that was set back since must not show the future.
      const seconds = Math.max(0, (nowMs - Date.parse(instant)) / 1000);
      if (seconds < 60) return relative.format(-Math.floor(seconds / 10) * 10, 'second');
      if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), 'minute');
      if (seconds < 48 * 3600) return relative.format(-Math.floor(seconds / 3600), 'hour');
      return relative.format(-Math.floor(seconds / 86_400), 'day');
    },
    day,
    moment: (instant) => `${day(instant)} ${time(instant)}`,
  };
}
