import type { Locale } from './i18n/generated/runtime';

/** The languages every message is written in, each by its own name. */
export const LANGUAGE_NAMES = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
} as const satisfies Readonly<Record<Locale, string>>;

export type Language = keyof typeof LANGUAGE_NAMES;

export const LANGUAGES = Object.keys(LANGUAGE_NAMES) as [Language, ...Language[]];

/**
 * The first of these that names a language we have, or null.
 * @param tags BCP 47; what is no tag names none
 */
export function languageOf(...tags: readonly unknown[]): Language | null {
  for (const tag of tags) {
    if (typeof tag !== 'string') continue;
    const [language] = tag.toLowerCase().split('-');
    const found = LANGUAGES.find((one) => one === language);
    if (found) return found;
  }
  return null;
}

/**
 * What a till speaks: the language chosen for it, else the stall's, else the one its computer is set to, else English.
 * @param chosen as it was kept; undefined where nobody chose
 * @param stallLocale BCP 47, or empty before there is a stall
 */
export function tillLanguage(chosen: unknown, stallLocale: string): Language {
  return languageOf(chosen, stallLocale, new Intl.DateTimeFormat().resolvedOptions().locale) ?? 'en';
}

/**
 * In which locale somebody who reads a language is told amounts, dates and lists of a stall: the stall's own where it is in
 * that language, else the language as it is written in the stall's region, where that is known.
 * @param stallLocale BCP 47
 */
export function localeFor(language: Language, stallLocale: string): string {
  const stall = new Intl.Locale(stallLocale);
  if (stall.language === language) return stallLocale;
  return new Intl.Locale(language, { region: stall.maximize().region }).toString();
}
