import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { PAPER_FONT, PAPER_TYPE, registerFont, registerPaperFonts } from '../fonts';
import type { Bitmap } from './bitmap';
import { COLUMN_DOTS, type Cell } from './layout';

/** Draws what a printer has no characters for, in the measures of its own. Skia joins and orders the letters. */
export interface TextPainter {
  /** Dots a text takes up at normal size. */
  widthOf(text: string): number;
  /** The first character no font here can draw, whole and with its marks; undefined where all can be. */
  missingIn(text: string): string | undefined;
  /** One line of a receipt as a picture. */
  paint(line: LineToPaint): Bitmap;
}

export interface LineToPaint {
  readonly cells: readonly Cell[];
  readonly isDouble: boolean;
  readonly bold: boolean;
  readonly widthBytes: number;
  /** The line is at least so high, as its neighbours are. */
  readonly minimumHeight: number;
}

/** The fonts that ship for paper and the writing each is for, read when the first such text comes. */
const FONTS: readonly { readonly family: string; readonly file: string; readonly covers: RegExp }[] = [
  { family: 'Trestle Hebrew', file: 'noto-sans-hebrew', covers: /\p{Script=Hebrew}/u },
  { family: 'Trestle Arabic', file: 'noto-sans-arabic', covers: /\p{Script=Arabic}/u },
  { family: 'Trestle Thai', file: 'noto-sans-thai', covers: /\p{Script=Thai}|฿/u },
  { family: 'Trestle Devanagari', file: 'noto-sans-devanagari', covers: /\p{Script=Devanagari}/u },
  { family: 'Trestle Bengali', file: 'noto-sans-bengali', covers: /\p{Script=Bengali}/u },
  { family: 'Trestle Gurmukhi', file: 'noto-sans-gurmukhi', covers: /\p{Script=Gurmukhi}/u },
  { family: 'Trestle Gujarati', file: 'noto-sans-gujarati', covers: /\p{Script=Gujarati}/u },
  { family: 'Trestle Tamil', file: 'noto-sans-tamil', covers: /\p{Script=Tamil}/u },
  { family: 'Trestle Telugu', file: 'noto-sans-telugu', covers: /\p{Script=Telugu}/u },
  {
    family: 'Trestle Emoji',
    file: 'noto-emoji',
    covers: /[\p{Extended_Pictographic}\p{Emoji_Presentation}\p{Regional_Indicator}\u20e3]/u,
  },
  {
    family: 'Trestle CJK',
    file: 'noto-sans-cjk',
    covers:
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u,
  },
];
/**
 * The paper font stands first: it is of the same widths as the neighbouring lines, and the blank it has in place of a
 * missing character is how one is recognised.
 */
const FAMILIES = [PAPER_FONT.regular, PAPER_FONT.others, ...FONTS.map(({ family }) => family)]
  .map((family) => `"${family}"`)
  .join(', ');

/** Ink of a dot from which it is printed, of 255: thin strokes must not break. */
const INK_THRESHOLD = 96;
/** Thickens the strokes: a little, as a printer's own letters are heavy, and more where bold, of which no font ships. */
const STROKE_DOTS = { regular: 0.35, bold: 1.1 } as const;
/** Blank rows below the lowest stroke. */
const LEADING_DOTS = 3;
/** Where single characters are tried: room for the longest emoji on one side, for marks that reach back on the other. */
const PROBE = { width: 224, height: 96, x: 32, baseline: 60 } as const;

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const STRONG = /\p{L}/u;
/** Never inked by itself: it only tells its neighbours how to look. */
const SILENT = /[\s\p{Default_Ignorable_Code_Point}]/u;

/**
 * @param language BCP 47, decides between Chinese, Japanese and Korean forms of one character
 */
export function createTextPainter(language: string): TextPainter {
  registerPaperFonts();
  const drawable = new Map<string, boolean>();
  const probe = createCanvas(PROBE.width, PROBE.height).getContext('2d', { alpha: true });
  const measure = createCanvas(1, 1).getContext('2d');

  function prepare(context: SKRSContext2D, text: string): void {
    for (const { family, file, covers } of FONTS) {
      if (covers.test(text)) registerFont(family, `receipt/${file}.woff2`);
    }
    context.font = `${PAPER_TYPE.A.fontPixels}px ${FAMILIES}`;
    context.lang = language;
    context.direction = directionOf(text);
    context.textAlign = 'left';
    context.textBaseline = 'alphabetic';
  }

  /** The dots of a text alone on the canvas. */
  function look(text: string): Buffer {
    probe.clearRect(0, 0, PROBE.width, PROBE.height);
    prepare(probe, text);
    probe.fillText(text, PROBE.x, PROBE.baseline);
    return Buffer.from(probe.getImageData(0, 0, PROBE.width, PROBE.height).data.buffer);
  }
  const nothing = look(' ');
  /** What stands for a character no font has: one that none will ever have. */
  const substitute = look('\u{10fffd}');

  /** Whether every character of a grapheme leaves a mark of its own on paper. */
  function isDrawable(grapheme: string): boolean {
    const known = drawable.get(grapheme);
    if (known !== undefined) return known;
    const characters = [...grapheme];
    const whole = look(grapheme);
    const result = characters.every((character, index) => {
      if (SILENT.test(character)) return true;
      if (index === 0) {
        const alone = look(character);
        return !alone.equals(nothing) && !alone.equals(substitute);
      }
      // A mark its base has no font with would vanish, and the name with it.
      return !look(characters.filter((_, each) => each !== index).join('')).equals(whole);
    });
    drawable.set(grapheme, result);
    return result;
  }

  return {
    widthOf(text) {
      prepare(measure, text);
      return measure.measureText(text).width;
    },

    missingIn(text) {
      for (const { segment } of graphemes.segment(text)) {
        if (!isDrawable(segment)) return segment;
      }
      return undefined;
    },

    paint({ cells, isDouble, bold, widthBytes, minimumHeight }) {
      const scale = isDouble ? 2 : 1;
      const placed = cells.map(({ text, startColumn, endColumn, align }) => {
        prepare(measure, text);
        const { width, actualBoundingBoxAscent: ascent, actualBoundingBoxDescent: descent } = measure.measureText(text);
        const spare = (endColumn - startColumn) * COLUMN_DOTS - width;
        const before = align === 'left' ? 0 : align === 'right' ? spare : Math.floor(spare / 2);
        return { text, x: startColumn * COLUMN_DOTS + before, ascent, descent };
      });
      const baseline = Math.ceil(Math.max(PAPER_TYPE.A.baseline, ...placed.map(({ ascent }) => ascent + 1)));
      const depth = Math.ceil(Math.max(...placed.map(({ descent }) => descent)) + LEADING_DOTS);
      const height = Math.max(minimumHeight, (baseline + depth) * scale);
      const context = createCanvas(widthBytes * 8, height).getContext('2d');
      context.scale(scale, scale);
      context.lineWidth = bold ? STROKE_DOTS.bold : STROKE_DOTS.regular;
      context.lineJoin = 'round';
      for (const { text, x } of placed) {
        prepare(context, text);
        context.fillText(text, x, baseline);
        context.strokeText(text, x, baseline);
      }
      return toBitmap(context, widthBytes, height);
    },
  };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The direction of a paragraph is that of its first letter (Unicode Bidirectional Algorithm, P2 and P3). */
function directionOf(text: string): 'ltr' | 'rtl' {
  const first = STRONG.exec(text)?.[0] ?? '';
  return RIGHT_TO_LEFT.test(first) ? 'rtl' : 'ltr';
}

function toBitmap(context: SKRSContext2D, widthBytes: number, height: number): Bitmap {
  const pixels = context.getImageData(0, 0, widthBytes * 8, height).data;
  const data = new Uint8Array(widthBytes * height);
  for (let dot = 0; dot < widthBytes * 8 * height; dot += 1) {
    if ((pixels[dot * 4 + 3] ?? 0) >= INK_THRESHOLD) data[dot >> 3] = (data[dot >> 3] ?? 0) | (0x80 >> (dot & 7));
  }
  return { widthBytes, height, data };
}
