/**
 * A text of one line as it may be kept, shown and printed: control characters and the marks that turn the direction of
 * writing become spaces, runs of spaces one. Markup stays what it is: plain text.
 */
export function cleanText(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}
