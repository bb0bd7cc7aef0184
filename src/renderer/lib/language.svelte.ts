import type * as EnglishWords from '../../shared/i18n/generated/messages/en.js';
import { languageOf, type Language } from '../../shared/language';

type Words = typeof EnglishWords;

const LOADERS: Readonly<Record<Language, () => Promise<Words>>> = {
  en: () => import('../../shared/i18n/generated/messages/en.js'),
  de: () => import('../../shared/i18n/generated/messages/de.js'),
  fr: () => import('../../shared/i18n/generated/messages/fr.js'),
  es: () => import('../../shared/i18n/generated/messages/es.js'),
};

/** Every message in the language in use; what a window shows is built with `windowMessages`, which asks here. */
export let words: Words;

let current = $state.raw<Language>('en');
let wanted: Language | null = null;

/**
 * The language this window speaks. What draws messages stands within `{#key spoken()}`: they are written once, so another
 * language draws everything anew.
 */
export function spoken(): Language {
  return current;
}

/** The language the page was served in. */
export function pageLanguage(): Language {
  return languageOf(document.documentElement.lang) ?? 'en';
}

/** Loads a language and speaks it. Of several asked for at once the last one wins. */
export async function speak(language: Language): Promise<void> {
  if (wanted === language) return;
  wanted = language;
  const loaded = await LOADERS[language]().catch((error: unknown) => {
    wanted = null;
    throw error;
  });
  if (wanted !== language) return;
  words = loaded;
  current = language;
}
