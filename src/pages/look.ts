// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- whoever compiles this file needs the declaration too
/// <reference path="./css.d.ts" />
/* eslint-disable boundaries/no-unknown-dependencies -- stylesheets as text: the resolver does not know the build's ?raw */
import tokens from '../renderer/lib/design/tokens.css?raw';
import own from './pages.css?raw';
/* eslint-enable boundaries/no-unknown-dependencies */

/** Files of resources/fonts that pages ask for, at `/look/<name>`. They never change under one name. */
export const PAGE_FONTS = [
  'atkinson-hyperlegible-next.woff2',
  'atkinson-hyperlegible-mono-700.woff2',
  'bricolage-figures.woff2',
] as const;

/**
 * The stylesheet of every page: the till's colours and sizes, its evening by the phone's own setting. Text is there before
 * its font is: over a busy network nobody waits for letters.
 */
export const pageStyle = [
  `@font-face{font-family:'Atkinson Hyperlegible Next';src:url(/look/${PAGE_FONTS[0]}) format('woff2');font-weight:200 800;font-display:swap}`,
  `@font-face{font-family:'Atkinson Hyperlegible Mono';src:url(/look/${PAGE_FONTS[1]}) format('woff2');font-weight:700;font-display:swap}`,
  // Digits as on the till, whose zero has no slash.
  `@font-face{font-family:'Trestle Figures';src:url(/look/${PAGE_FONTS[2]}) format('woff2');font-weight:400 800;font-stretch:75% 100%;font-display:swap;unicode-range:U+30-39}`,
  `:root${blockOf(/:root,\s*\[data-theme='daylight'\]\s*(\{[^}]*\})/)}`,
  `@media(prefers-color-scheme:dark){:root${blockOf(/\n\[data-theme='evening'\]\s*(\{[^}]*\})/)}}`,
  own,
]
  .map(withoutSlack)
  .join('');

/** The declarations of a theme, as tokens.css has them. */
function blockOf(pattern: RegExp): string {
  const block = pattern.exec(tokens)?.[1];
  if (block === undefined) throw new Error('tokens.css has another form than the pages expect');
  return block;
}

/** A stylesheet without comments and the spaces that mean nothing: it travels with every page. */
function withoutSlack(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/\s*([{};,])\s*/g, '$1')
    .replace(/:\s+/g, ':')
    .trim();
}
