import { describe, expect, test } from 'vitest';
import { languageOf, localeFor, tillLanguage } from '../../src/shared/language';
import { windowPage } from '../../src/shared/theme';

describe('the language of a tag', () => {
  test('is the first one we have', () => {
    expect(languageOf('de-CH')).toBe('de');
    expect(languageOf('FR')).toBe('fr');
    expect(languageOf('it-IT', 'es-MX')).toBe('es');
    expect(languageOf(undefined, 'en-GB')).toBe('en');
  });

  test('is none where there is none', () => {
    expect(languageOf('it-IT')).toBeNull();
    expect(languageOf(7, null, '', 'dezember')).toBeNull();
  });
});

test('a till speaks the language chosen for it before that of its stall', () => {
  expect(tillLanguage('es', 'de-AT')).toBe('es');
  expect(tillLanguage(undefined, 'de-AT')).toBe('de');
  expect(tillLanguage('nonsense', 'fr-BE')).toBe('fr');
});

test('amounts are written as the reader of the words is used to, in the region of the stall', () => {
  expect(localeFor('de', 'de-CH')).toBe('de-CH');
  expect(localeFor('fr', 'de-CH')).toBe('fr-CH');
  expect(localeFor('de', 'en-GB')).toBe('de-GB');
  expect(localeFor('es', 'de')).toBe('es-DE');
});

test('a page is served in the theme and language of its window', () => {
  const page = windowPage('<!doctype html>\n<html lang="en" class="on-display" data-theme="daylight">', {
    theme: 'evening',
    language: 'fr',
  });
  expect(page).toBe('<!doctype html>\n<html lang="fr" class="on-display" data-theme="evening">');
});
