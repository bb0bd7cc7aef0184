import { Parser } from 'htmlparser2';

const BLOCKS = new Set([
  'address',
  'article',
  'blockquote',
  'br',
  'dd',
  'div',
  'dl',
  'dt',
  'figure',
  'footer',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'header',
  'hr',
  'li',
  'ol',
  'p',
  'pre',
  'section',
  'table',
  'tr',
  'ul',
]);
const UNSEEN = new Set(['head', 'iframe', 'noscript', 'object', 'script', 'style', 'template', 'title']);

/**
 * The text a browser would show for a piece of HTML: paragraphs and list items on lines of their own, entities decoded,
 * scripts and styles left out. Text without markup comes back as it is.
 */
export function htmlToText(html: string): string {
  if (!/[<&]/.test(html)) return tidyLines(html);
  const parts: string[] = [];
  let unseen = 0;
  const parser = new Parser({
    onopentagname(name) {
      if (UNSEEN.has(name)) unseen += 1;
      else if (name === 'li') parts.push('\n- ');
      else if (BLOCKS.has(name)) parts.push('\n');
      else if (name === 'td' || name === 'th') parts.push(' ');
    },
    ontext(text) {
      if (unseen === 0) parts.push(text.replace(/\s+/g, ' '));
    },
    onclosetag(name) {
      if (UNSEEN.has(name)) unseen -= 1;
      else if (BLOCKS.has(name) && name !== 'br' && name !== 'li') parts.push('\n');
    },
  });
  parser.end(html);
  return tidyLines(parts.join(''));
}

/** True for a text with tags or entities in it, which nobody means to read on a receipt. */
export function looksLikeHtml(text: string): boolean {
  return /<\/?[a-z][a-z0-9]*(\s[^<>]*)?\/?>|<!--|&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/i.test(text);
}

/** Invisible or misleading characters: controls, zero-width spaces, direction overrides. */
const CONTROLS = /[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

export function hasControls(text: string): boolean {
  return CONTROLS.test(text);
}

/** UTF-8 that was once read as Windows-1252 and saved again: `CrÃ¨me`, `Â£`, `donâ€™t`. */
export function looksGarbled(text: string): boolean {
  return /\ufffd|Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Â[£©®°·«»\u00a0]|â€[™œ\u009d“”˜¦]|â‚¬/.test(text);
}

/** Several lines: controls gone, no trailing spaces, at most one empty line between paragraphs. */
export function tidyLines(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n)[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/- \n+/g, '- ')
    .trim();
}
