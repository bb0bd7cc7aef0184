import { expect, test } from 'vitest';
import { denominationsOf } from '../../../src/domain/denominations';
import { currency } from '../../../src/domain/money';
import { COUNTRIES } from '../../../src/shared/countries';
import { stall } from '../../../src/shared/zod';
import { saltAndBramble } from '../../helpers/stall';

test('a series of notes and coins for any currency', () => {
  expect(denominationsOf('EUR')).toEqual([20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1]);
  expect(denominationsOf('KWD')[0]).toBe(200_000);
  expect(denominationsOf('CHF').at(-1)).toBe(5);
  for (const code of Intl.supportedValuesOf('currency')) {
    const all = denominationsOf(code);
    expect(all.length).toBeGreaterThan(5);
    expect([...all]).toEqual([...new Set(all)].sort((a, b) => b - a));
    expect(all.at(-1)).toBeGreaterThanOrEqual(currency(code).cashStepMinor);
  }
});

test.each(COUNTRIES)('what is suggested for $code makes a stall', (country) => {
  const taxRates = country.taxPercents.map((percent, index) => ({
    id: `tax-${index}`,
    name: `${country.taxName} ${percent}%`,
    basisPoints: Math.round(percent * 100),
  }));
  const suggested = { ...saltAndBramble, ...country, taxRates, denominations: denominationsOf(country.currency) };
  expect(stall.safeParse(suggested).success).toBe(true);
  expect(new Intl.DateTimeFormat(country.locale, { timeZone: country.timeZone }).format(0)).toBeTruthy();
  expect(Intl.DateTimeFormat.supportedLocalesOf(country.locale)).toHaveLength(1);
  expect(Intl.supportedValuesOf('currency')).toContain(country.currency);
  expect(new Intl.DisplayNames('en', { type: 'region' }).of(country.code)).not.toBe(country.code);
});
