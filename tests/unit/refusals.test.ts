import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefusal, parametersOf, REFUSALS, type Refusal, type RefusalReason } from '../../src/domain/refusal';
import { errorSentence, errorWords, refusalWords } from '../../src/shared/error-words';
import { ERROR_CODES, SENTENCED_CODES } from '../../src/shared/errors';
import { createFormat } from '../../src/shared/format';
import { LANGUAGES, localeFor, type Language } from '../../src/shared/language';
import { callError } from '../../src/shared/wire';

const reasons = Object.keys(REFUSALS) as RefusalReason[];
const stall = { currency: 'EUR', timeZone: 'Europe/Berlin' };
const formatOf = (language: Language) => createFormat({ ...stall, locale: localeFor(language, 'de-DE') });

/** Values that no sentence has of itself. */
const SAMPLES = {
  count: [7_351, 8_462, 9_573],
  minor: [735_100, 846_200],
  grams: [73_510, 84_620],
  instant: ['2026-06-13T12:10:00.000Z', '2026-07-14T13:20:00.000Z'],
  text: ['Brie de Meaux', 'Rote Grütze'],
};

function sampleOf(reason: RefusalReason): Refusal {
  const given = parametersOf(reason).map(([name, kind], index) => [name, SAMPLES[kind][index]]);
  return { reason, ...Object.fromEntries(given) } as Refusal;
}

describe.each(LANGUAGES)('refusals in %s', (language) => {
  const format = formatOf(language);
  const say = (refusal: Refusal): string => refusalWords(refusal, format, language);

  test('every parameter is told', () => {
    const untold = reasons.flatMap((reason) => {
      const before = sampleOf(reason);
      return parametersOf(reason).flatMap(([name, kind]) => {
        const value = SAMPLES[kind].find((sample) => !Object.values(before).includes(sample));
        const after = { ...before, [name]: value } as Refusal;
        return say(after) === say(before) ? [`${reason}: ${name}`] : [];
      });
    });
    expect(untold).toEqual([]);
  });

  test('no sentence shows a raw value, whatever is given', () => {
    const value = { text: fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'Käse19') }) };
    const whole = fc.integer({ min: 0, max: 1_000_000_000 });
    const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    const refusals = fc.constantFrom(...reasons).chain((reason) => {
      const given = parametersOf(reason).map(([name, kind]) => [
        name,
        kind === 'text' ? value.text : kind === 'instant' ? instant.map((date) => date.toISOString()) : whole,
      ]);
      return fc.record({ reason: fc.constant(reason), ...Object.fromEntries(given) }) as fc.Arbitrary<Refusal>;
    });
    fc.assert(
      fc.property(refusals, (refusal) => {
        expect(isRefusal(refusal)).toBe(true);
        const words = say(refusal);
        expect(words).toMatch(/\p{L}.*[.]$/u);
        expect(words).not.toMatch(/undefined|NaN|Invalid|\[object|[{}]|refusal_|\dT\d/);
        if (refusal.reason.includes('-')) expect(words).not.toContain(refusal.reason);
      }),
    );
  });

  test('every code has words', () => {
    const english = ERROR_CODES.filter((code) => {
      const { title, detail } = errorWords({ code, message: 'Said in English.' }, format, language);
      for (const words of [title, detail]) {
        expect(words, code).toMatch(/\p{L}/u);
        expect(words, code).not.toMatch(/undefined|error_|[{}]/);
      }
      return detail === 'Said in English.';
    });
    // What only the English sentence tells is told nobody who reads another language.
    expect(new Set<string>(english)).toEqual(new Set<string>(language === 'en' ? SENTENCED_CODES : []));
  });
});

test('every refusal is said differently in every language', () => {
  const same = reasons.filter((reason) => {
    const said = LANGUAGES.map((language) => refusalWords(sampleOf(reason), formatOf('en'), language));
    return new Set(said).size < LANGUAGES.length;
  });
  expect(same).toEqual([]);
});

test('a refusal with a number, an amount, a time or a name', () => {
  const german = (refusal: Refusal): string => refusalWords(refusal, formatOf('de'), 'de').replaceAll(/\s/gu, ' ');
  expect(german({ reason: 'cart-lines', most: 500 })).toContain('höchstens 500 Zeilen');
  expect(german({ reason: 'given-unlikely', given: 500_000, due: 1_250 })).toContain('12,50 €');
  expect(german({ reason: 'hold-until', until: '2026-06-13T12:10:00.000Z' })).toContain('bis Sa. 13. Juni 14:10');
  expect(german({ reason: 'share-left-weighed', name: 'Brie', left: 2_400 })).toContain('Von Brie darf');
  expect(german({ reason: 'share-left-weighed', name: 'Brie', left: 2_400 })).toContain('2,400 kg');
});

test('the English message of an error is made of the same words', () => {
  const format = () => formatOf('en');
  const details: Refusal = { reason: 'some-to-hold', left: 3 };
  expect(errorSentence({ code: 'none-to-hold', details }, format)).toBe(refusalWords(details, format(), 'en'));
  expect(errorSentence({ code: 'empty-cart' }, format)).toBe(
    'There is nothing in the sale yet. Scan or tap the first thing.',
  );
});

test('a window takes details that it knows, and goes by the code where it does not', () => {
  const error = { code: 'cart-full', message: 'Full.', retryable: false };
  const details = { reason: 'cart-lines', most: 500 };
  expect(callError.parse({ ...error, details }).details).toEqual(details);
  for (const strange of [
    { reason: 'of-tomorrow', most: 500 },
    { reason: 'toString' },
    { reason: 'cart-lines' },
    { reason: 'cart-lines', most: '500' },
    { reason: 'hold-until', until: 'soon' },
    'cart-lines',
    null,
  ]) {
    const parsed = callError.parse({ ...error, details: strange });
    expect(parsed).toMatchObject(error);
    expect(parsed.details).toBeUndefined();
  }
  expect(callError.parse(error)).toEqual(error);
});
