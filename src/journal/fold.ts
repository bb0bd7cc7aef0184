/** Marks the first word of a name in the search index. */
export const START_MARK = '^';

/** Letters that are no base letter with a mark, and what people type for them. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
};

/**
 * The words of a text as search sees them: lower case, accents off, split at everything that is neither letter nor
 * digit. Index and query are folded by this one function, so `creme` finds `Crème`.
 */
export function foldWords(text: string): string[] {
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[ßæœøłđðþ]/g, (letter) => SPELLINGS[letter] ?? letter);
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}
