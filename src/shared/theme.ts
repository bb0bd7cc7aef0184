/** How the screens look: in the sun, and at a night market. */
export const THEMES = ['daylight', 'evening'] as const;
export type Theme = (typeof THEMES)[number];

/** What was kept as the theme, or daylight when it is none. */
export function themeOf(kept: unknown): Theme {
  return THEMES.find((theme) => theme === kept) ?? 'daylight';
}

/** The page of a window in a theme, so that not even its first paint is in the other. */
export function themedPage(html: string, theme: Theme): string {
  return html.replace(/(<html[^>]* data-theme=)"[^"]*"/, `$1"${theme}"`);
}
