import { currency, type Minor } from './money';

/** Notes and coins in everyday use, in minor units, largest first, where they are no plain 1-2-5 series. */
const DENOMINATIONS: Readonly<Record<string, readonly Minor[]>> = {
  AUD: [10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5],
  CAD: [10000, 5000, 2000, 1000, 500, 200, 100, 25, 10, 5],
  CZK: [500000, 200000, 100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100],
  DKK: [50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50],
  GBP: [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
  HUF: [20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5],
  JPY: [10000, 5000, 1000, 500, 100, 50, 10, 5, 1],
  NOK: [100000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 100],
  PLN: [50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
  SEK: [50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100],
  USD: [10000, 5000, 2000, 1000, 500, 100, 25, 10, 5, 1],
};

const SERIES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];

/**
 * The notes and coins of a currency, largest first: as they are where we know them, else the 1-2-5 series from its
 * smallest cash step to 200 whole units.
 * @param code ISO 4217
 */
export function denominationsOf(code: string): readonly Minor[] {
  const known = DENOMINATIONS[code];
  if (known) return known;
  const { digits, cashStepMinor } = currency(code);
  const largestMinor = 200 * 10 ** digits;
  return SERIES.flatMap((step) => (digits > 2 ? [step, step * 1000] : [step]))
    .filter((minor) => minor >= cashStepMinor && minor <= largestMinor)
    .toSorted((a, b) => b - a)
    .filter((minor, index, all) => minor !== all[index - 1]);
}
