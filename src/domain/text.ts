/**
 * Characters that no name or note needs and that mislead a reader or break paper and files: controls, zero-width
 * spaces, direction marks and overrides, half surrogates. The joiners U+200C and U+200D stay, as scripts and emoji need
 * them.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** One line of plain text: unseen characters gone, single spaces, trimmed. Markup stays as the text it is. */
export function plainText(text: string): string {
  return text.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim();
}
