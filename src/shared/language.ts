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
