import type { LineDisplayProfile } from '../models/line-displays';
import type { CodePage } from '../models/profile';
import { encodeCharacter, PLAIN_PUNCTUATION } from './printable-text';

/** Every display we know is this wide. */
export const DISPLAY_COLUMNS = 20;

/** From 1, dim, to 4, full. */
export type DisplayBrightness = 1 | 2 | 3 | 4;

const ESC = 0x1b;
const US = 0x1f;
const CR = 0x0d;
const CLEAR = 0x0c;
const UNKNOWN = 0x3f;

/** One character for one, so that a price keeps its column. */
const STAND_INS: Readonly<Record<string, string>> = { '€': 'E', '…': '.' };

/** What a display is told when it is connected: forget everything, no cursor, this bright. */
export function encodeDisplayStart({ commands }: LineDisplayProfile, brightness: DisplayBrightness): Uint8Array {
  return Uint8Array.from(
    commands === 'epson'
      ? [ESC, 0x40, US, 0x01, US, 0x43, 0, US, 0x58, brightness]
      : [ESC, 0x40, ESC, 0x11, ESC, 0x5f, 0, ESC, 0x2a, brightness],
  );
}

/** Both lines, whole, from whatever the display was left in. */
export function encodeDisplayLines(upper: string, lower: string, profile: LineDisplayProfile): Uint8Array {
  const lines = [upper, lower].map(displayed);
  const page = bestPage(lines.join(''), profile.codePages);
  const [first, second] = lines.map((line) => encodeLine(line, page));
  if (!first || !second) throw new Error('two lines were given');
  if (profile.commands === 'cd5220') {
    // ESC Q A and ESC Q B, ended by CR; the display takes nothing else for a line.
    return Uint8Array.from([ESC, 0x51, 0x41, ...first, CR, ESC, 0x51, 0x42, ...second, CR]);
  }
  const select = profile.codePages.length > 1 ? [ESC, 0x74, page.number] : [];
  // US $ column row, from 1.
  return Uint8Array.from([...select, US, 0x24, 1, 1, ...first, US, 0x24, 1, 2, ...second]);
}

/** An empty display. The same byte in both command sets, and it ends the string mode of the CD5220. */
export function encodeDisplayClear(): Uint8Array {
  return Uint8Array.of(CLEAR);
}

/** The characters as a display counts them: composed, without what has no width, every space a plain one. */
function displayed(text: string): string[] {
  return [...text.normalize('NFC')]
    .map((character) => (/[\p{Z}\t\n\v\f\r]/u.test(character) ? ' ' : character))
    .filter((character) => !/[\p{C}\p{M}]/u.test(character))
    .slice(0, DISPLAY_COLUMNS);
}

function bestPage(text: string, pages: LineDisplayProfile['codePages']): CodePage {
  const missing = (page: CodePage): number =>
    [...text].filter((character) => encodeCharacter(character, page) === undefined).length;
  return pages.reduce((best, page) => (missing(page) < missing(best) ? page : best));
}

function encodeLine(characters: readonly string[], page: CodePage): number[] {
  const bytes = characters.map(
    (character) => encodeCharacter(character, page) ?? standIn(character)?.charCodeAt(0) ?? UNKNOWN,
  );
  return [...bytes, ...Array<number>(DISPLAY_COLUMNS - bytes.length).fill(0x20)];
}

/** A plain character that reads the same, or the letter without its accent. */
function standIn(character: string): string | undefined {
  const plain = STAND_INS[character] ?? PLAIN_PUNCTUATION[character] ?? character.normalize('NFD');
  return [...plain].find((each) => each >= ' ' && each <= '~');
}
