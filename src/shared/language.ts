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
