import type { Language } from './language';

/** How the screens look: in the sun, and at a night market. */
export const THEMES = ['daylight', 'evening'] as const;
export type Theme = (typeof THEMES)[number];

/** What was kept as the theme, or daylight when it is none. */
export function themeOf(kept: unknown): Theme {
  return THEMES.find((theme) => theme === kept) ?? 'daylight';
}

/** How a window looks and speaks from its first paint on. */
export interface WindowLook {
  readonly theme: Theme;
  readonly language: Language;
}

/** The page of a window, so that not even its first paint is in another theme or language. */
export function windowPage(html: string, { theme, language }: WindowLook): string {
  return html
    .replace(/(<html[^>]* data-theme=)"[^"]*"/, `$1"${theme}"`)
    .replace(/(<html[^>]* lang=)"[^"]*"/, `$1"${language}"`);
}
