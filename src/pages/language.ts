import { getLocale, locales, overwriteGetLocale } from '../shared/i18n/generated/runtime.js';

export type PageLocale = (typeof locales)[number];

/** More than any browser asks for; the rest of a long header is not looked at. */
const MOST_ASKED = 20;

/**
 * The language to answer in: the best of those a browser asks for that we have, else the stall's, else English.
 * @param acceptLanguage an Accept-Language header (RFC 9110, 12.5.4), or nothing
 * @param stallLocale BCP 47
 */
export function chooseLocale(acceptLanguage: string | undefined, stallLocale: string): PageLocale {
  const asked = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .slice(0, MOST_ASKED)
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().split(';');
      const weight = /^q=(\d(?:\.\d{1,3})?)$/.exec(parameters[0]?.trim() ?? 'q=1')?.[1];
      return { tag, weight: Number(weight ?? 0) };
    })
    .filter(({ weight }) => weight > 0)
    // A stable sort: of equal ones the first is liked best.
    .toSorted((one, other) => other.weight - one.weight);
  for (const { tag } of [...asked, { tag: stallLocale }, { tag: 'en' }]) {
    const [language = ''] = tag.toLowerCase().split('-');
    const found = locales.find((locale) => locale.toLowerCase() === language);
    if (found !== undefined) return found;
  }
  return locales[0];
}

/**
 * Runs work that makes text, with every message in one language. The work must be done when it returns: messages asked for
 * later are in whatever language was there before.
 */
export function inLocale<T>(locale: PageLocale, work: () => T): T {
  const before = getLocale;
  overwriteGetLocale(() => locale);
  try {
    return work();
  } finally {
    overwriteGetLocale(before);
  }
}
