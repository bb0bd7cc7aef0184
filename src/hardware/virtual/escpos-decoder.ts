import { decodeByte, EPSON_PAGES, isKnownInternationalSet, type PageEncodings } from './code-page-tables';
import {
  CHARACTER_DOTS,
  type Align,
  type BarcodeSymbology,
  type Place,
  type PaperElement,
  type PrinterEvent,
  type TextRun,
} from './paper';

/** Reads a stream of ESC/POS bytes as an Epson printer would, whoever wrote it. */
export interface EscposDecoder {
  /** Takes one byte and returns what it completed. */
  write(byte: number): readonly PrinterEvent[];
  /** The sender broke off: a command not yet whole is dropped; every setting and the line not yet printed stay. */
  interrupt(): void;
  /** Ends the stream: a line without its line feed is printed, as pulling the paper out would show it. */
  end(): readonly PrinterEvent[];
}

/** Vertical distance `ESC 2` sets: a sixth of an inch in the units of most 203 dpi printers. */
const DEFAULT_LINE_SPACING_DOTS = 30;
/** From the head to the cutter, fed by `GS V 65` and `66` before the cut. */
const HEAD_TO_CUTTER_DOTS = 96;
const TAB_CHARACTERS = 8;

/** `GS k` by number: function A 0–6, function B 65–73. */
const SYMBOLOGIES: readonly BarcodeSymbology[] = [
  'upc-a',
  'upc-e',
  'ean-13',
  'ean-8',
  'code-39',
  'itf',
  'codabar',
  'code-93',
  'code-128',
];
const BARCODE_TEXTS = ['none', 'above', 'below', 'both'] as const;
const ALIGNS: readonly Align[] = ['left', 'centre', 'right'];
const CORRECTIONS = ['L', 'M', 'Q', 'H'] as const;

/** Commands that set something we do not draw, with the number of bytes that follow. */
const IGNORED_ESC: Readonly<Record<string, number>> = {
  '=': 1,
  '?': 1,
  '%': 1,
  c: 2,
  r: 1,
  V: 1,
  G: 1,
  T: 1,
  U: 1,
  S: 0,
  W: 8,
  B: 2,
  '{': 1,
};
const IGNORED_GS: Readonly<Record<string, number>> = { ':': 0, b: 1, f: 1, P: 2, j: 1, g: 4, '|': 1 };
const IGNORED_FS: Readonly<Record<string, number>> = { '.': 0, '&': 0, '!': 1, '-': 1, C: 1, S: 2, W: 1 };

const NOTHING: readonly PrinterEvent[] = [];

interface Style {
  font: 'A' | 'B';
  scaleX: number;
  scaleY: number;
  bold: boolean;
  underline: boolean;
  inverse: boolean;
  spacingDots: number;
}

/**
 * @param dotsWide what the head can reach: 576 on 80 mm paper, 384 on 58 mm
 * @param pages the code pages of its make, Epson's unless told
 */
export function createEscposDecoder(dotsWide: number, pages: PageEncodings = EPSON_PAGES): EscposDecoder {
  let events: PrinterEvent[] = [];
  let style: Style;
  let align: Align;
  let lineSpacingDots: number;
  let marginDots: number;
  let areaDots: number;
  let codePage: number;
  let country: number;
  let barcode: { heightDots: number; moduleDots: number; text: (typeof BARCODE_TEXTS)[number] };
  let qr: { model: 1 | 2; moduleDots: number; correction: (typeof CORRECTIONS)[number]; data: string };
  let storedImage: { widthDots: number; heightDots: number; data: Uint8Array; scaleX: number; scaleY: number } | null;
  let runs: TextRun[];
  let xDots: number;
  let strip: { image: Uint8Array[]; xDots: number; heightDots: number; scaleX: number; scaleY: number } | null;

  function reset(): void {
    style = { font: 'A', scaleX: 1, scaleY: 1, bold: false, underline: false, inverse: false, spacingDots: 0 };
    align = 'left';
    lineSpacingDots = DEFAULT_LINE_SPACING_DOTS;
    marginDots = 0;
    areaDots = dotsWide;
    codePage = 0;
    country = 0;
    barcode = { heightDots: 162, moduleDots: 3, text: 'none' };
    qr = { model: 2, moduleDots: 3, correction: 'L', data: '' };
    storedImage = null;
    runs = [];
    xDots = 0;
    strip = null;
  }
  reset();

  const emit = (event: PrinterEvent): void => void events.push(event);
  const place = (): Place => ({ align, leftDots: marginDots, widthDots: Math.min(areaDots, dotsWide - marginDots) });

  /** The width the line may fill, and where a thing of some width starts in it. */
  function startDots(widthDots: number): number {
    const { leftDots, widthDots: roomDots } = place();
    const spareDots = Math.max(0, roomDots - widthDots);
    return leftDots + (align === 'left' ? 0 : align === 'right' ? spareDots : Math.floor(spareDots / 2));
  }

  function printLine(feedDots: number): void {
    if (strip) {
      // A column image of `ESC *` stands in the line like a character.
      const data = columnsToRows(strip.image, strip.heightDots);
      const widthDots = strip.image.length;
      const image = { widthDots, heightDots: strip.heightDots, data, scaleX: strip.scaleX, scaleY: strip.scaleY };
      emit({ kind: 'image', xDots: startDots(xDots) + strip.xDots, image });
      const rest = feedDots - strip.heightDots * strip.scaleY;
      if (rest > 0) emit({ kind: 'feed', dots: rest });
      strip = null;
    } else if (runs.length > 0) {
      const start = startDots(xDots);
      const tallest = Math.max(...runs.map((run) => CHARACTER_DOTS[run.font].height * run.scaleY));
      const placed = runs.map((run) => ({ ...run, xDots: run.xDots + start }));
      emit({ kind: 'line', runs: placed, heightDots: Math.max(feedDots, tallest) });
    } else if (feedDots > 0) {
      emit({ kind: 'feed', dots: feedDots });
    }
    runs = [];
    xDots = 0;
  }

  /** Things that print at once, pictures and codes, stand on a line of their own. */
  function finishLine(): void {
    if (runs.length > 0 || strip) printLine(lineSpacingDots);
    xDots = 0;
  }

  function printCharacter(byte: number): void {
    const advanceDots = (CHARACTER_DOTS[style.font].width + style.spacingDots) * style.scaleX;
    if (xDots + advanceDots > place().widthDots) printLine(lineSpacingDots);
    const { spacingDots: _, ...look } = style;
    const last = runs.at(-1);
    const text = decodeByte(byte, codePage, country, pages);
    const continues =
      last &&
      last.xDots + last.text.length * last.advanceDots === xDots &&
      last.advanceDots === advanceDots &&
      last.codePage === codePage &&
      Object.entries(look).every(([key, value]) => last[key as keyof typeof look] === value);
    if (continues) runs[runs.length - 1] = { ...last, text: last.text + text };
    else runs.push({ ...look, text, xDots, advanceDots, codePage });
    xDots += advanceDots;
  }

  function cut(kind: 'full' | 'partial', feedDots: number): void {
    finishLine();
    if (feedDots > 0) emit({ kind: 'feed', dots: feedDots });
    emit({ kind: 'cut', cut: kind });
  }

  function printImage(image: Extract<PaperElement, { kind: 'image' }>['image']): void {
    finishLine();
    emit({ kind: 'image', xDots: startDots(image.widthDots * image.scaleX), image });
  }

  function* take(count: number): Generator<void, number[], number> {
    const bytes: number[] = [];
    while (bytes.length < count) bytes.push(yield);
    return bytes;
  }
  function* takeOne(): Generator<void, number, number> {
    return yield;
  }
  /** A little-endian number of two bytes. */
  function* takeWord(): Generator<void, number, number> {
    const low: number = yield;
    const high: number = yield;
    return low + high * 256;
  }
  function* takeUntilNul(): Generator<void, number[], number> {
    const bytes: number[] = [];
    for (;;) {
      const byte: number = yield;
      if (byte === 0) return bytes;
      bytes.push(byte);
    }
  }
  /** A switch parameter: the number itself or its digit in ASCII. */
  const digit = (value: number): number => (value >= 48 ? value - 48 : value);

  function* readStream(): Generator<void, never, number> {
    for (;;) {
      const byte: number = yield;
      if (byte === 0x1b) yield* readEscape();
      else if (byte === 0x1d) yield* readGroup();
      else if (byte === 0x1c) yield* readField();
      else if (byte === 0x10) yield* readRealTime();
      else if (byte === 0x0a) printLine(lineSpacingDots);
      else if (byte === 0x09) xDots = nextTab();
      else if (byte === 0x0d || byte === 0x00 || byte === 0x0c || byte === 0x18) continue;
      else if (byte < 0x20 || byte === 0x7f) emit({ kind: 'unknown', bytes: Uint8Array.of(byte) });
      else printCharacter(byte);
    }
  }

  function nextTab(): number {
    const tabDots = TAB_CHARACTERS * (CHARACTER_DOTS[style.font].width + style.spacingDots) * style.scaleX;
    return Math.min((Math.floor(xDots / tabDots) + 1) * tabDots, place().widthDots);
  }

  /** Real-time commands were obeyed on arrival; here they are only passed over. */
  function* readRealTime(): Generator<void, void, number> {
    const command = yield* takeOne();
    if (command === 0x04 || command === 0x05) yield* take(1);
    else if (command === 0x14) {
      const action = yield* takeOne();
      if (action === 1 || action === 2) yield* take(2);
      else if (action === 8) yield* take(7);
      else yield* take(1);
    } else return emit({ kind: 'unknown', bytes: Uint8Array.of(0x10, command) });
    emit({ kind: 'real-time' });
  }

  function* readEscape(): Generator<void, void, number> {
    const code = yield* takeOne();
    const letter = String.fromCharCode(code);
    switch (letter) {
      case '@':
        // Clears the line not yet printed, which is how a torn job's remains disappear.
        reset();
        return emit({ kind: 'initialise' });
      case '!': {
        const bits = yield* takeOne();
        style.font = bits & 1 ? 'B' : 'A';
        style.bold = (bits & 8) !== 0;
        style.scaleY = bits & 16 ? 2 : 1;
        style.scaleX = bits & 32 ? 2 : 1;
        style.underline = (bits & 128) !== 0;
        return;
      }
      case ' ':
        style.spacingDots = yield* takeOne();
        return;
      case 'E':
      case 'G':
        style.bold = ((yield* takeOne()) & 1) === 1;
        return;
      case '-':
        style.underline = digit(yield* takeOne()) > 0;
        return;
      case 'M':
        style.font = digit(yield* takeOne()) === 1 ? 'B' : 'A';
        return;
      case 'a': {
        const chosen = ALIGNS[digit(yield* takeOne())];
        // Obeyed only at the beginning of a line.
        if (chosen && runs.length === 0) align = chosen;
        return;
      }
      case '2':
        lineSpacingDots = DEFAULT_LINE_SPACING_DOTS;
        return;
      case '3':
        lineSpacingDots = yield* takeOne();
        return;
      case 'd': {
        const lines = yield* takeOne();
        printLine(lines === 0 ? 0 : lineSpacingDots);
        if (lines > 1) emit({ kind: 'feed', dots: (lines - 1) * lineSpacingDots });
        return;
      }
      case 'J':
        return printLine(yield* takeOne());
      case 't': {
        const page = yield* takeOne();
        if (pages[page] !== undefined) codePage = page;
        else emit({ kind: 'unknown', bytes: Uint8Array.of(0x1b, code, page) });
        return;
      }
      case 'R': {
        const set = digit(yield* takeOne());
        if (isKnownInternationalSet(set)) country = set;
        else emit({ kind: 'unknown', bytes: Uint8Array.of(0x1b, code, set) });
        return;
      }
      case '$':
        xDots = yield* takeWord();
        return;
      case '\\': {
        const move = yield* takeWord();
        xDots = Math.max(0, xDots + (move >= 32768 ? move - 65536 : move));
        return;
      }
      case 'p': {
        const [connector = 0, on = 0, off = 0] = yield* take(3);
        return emit({ kind: 'drawer-pulse', pin: digit(connector) === 0 ? 2 : 5, onMs: on * 2, offMs: off * 2 });
      }
      case 'i':
      case 'm':
        return cut('partial', 0);
      case 'D':
        yield* takeUntilNul();
        return;
      case '*':
        return yield* readColumnImage();
      case '(':
        yield* take(1);
        yield* take(yield* takeWord());
        return;
    }
    const ignored = IGNORED_ESC[letter];
    if (ignored === undefined) emit({ kind: 'unknown', bytes: Uint8Array.of(0x1b, code) });
    else yield* take(ignored);
  }

  function* readColumnImage(): Generator<void, void, number> {
    const mode = yield* takeOne();
    const columns = yield* takeWord();
    const bytesPerColumn = mode >= 32 ? 3 : 1;
    const image: Uint8Array[] = [];
    for (let column = 0; column < columns; column += 1) image.push(Uint8Array.from(yield* take(bytesPerColumn)));
    const scaleX = mode === 0 || mode === 32 ? 2 : 1;
    const scaleY = bytesPerColumn === 1 ? 3 : 1;
    strip ??= { image: [], xDots, heightDots: bytesPerColumn * 8, scaleX, scaleY };
    strip.image.push(...image);
    xDots += columns * scaleX;
  }

  function* readGroup(): Generator<void, void, number> {
    const code = yield* takeOne();
    const letter = String.fromCharCode(code);
    switch (letter) {
      case '!': {
        const size = yield* takeOne();
        style.scaleX = ((size >> 4) & 7) + 1;
        style.scaleY = (size & 7) + 1;
        return;
      }
      case 'B':
        style.inverse = ((yield* takeOne()) & 1) === 1;
        return;
      case 'L':
        marginDots = Math.min(yield* takeWord(), dotsWide);
        return;
      case 'W':
        areaDots = yield* takeWord();
        return;
      case 'V': {
        const kind = yield* takeOne();
        if (kind === 65 || kind === 66)
          return cut(kind === 65 ? 'full' : 'partial', HEAD_TO_CUTTER_DOTS + (yield* takeOne()));
        return cut(digit(kind) === 0 ? 'full' : 'partial', 0);
      }
      case 'h':
        barcode.heightDots = yield* takeOne();
        return;
      case 'w':
        barcode.moduleDots = yield* takeOne();
        return;
      case 'H':
        barcode.text = BARCODE_TEXTS[digit(yield* takeOne())] ?? 'none';
        return;
      case 'k':
        return yield* readBarcode();
      case 'v':
        return yield* readRaster();
      case 'r':
        return emit({ kind: 'transmit-status', which: digit(yield* takeOne()) });
      case 'a':
        return emit({ kind: 'automatic-status', mask: yield* takeOne() });
      case 'I': {
        const which = yield* takeOne();
        // 1 to 3 may also come as the digits 49 to 51.
        return emit({ kind: 'identify', which: which >= 49 && which <= 51 ? which - 48 : which });
      }
      case 'S':
        yield* take(2);
        return;
      case '(': {
        const name = String.fromCharCode(yield* takeOne());
        return readParameters(name, Uint8Array.from(yield* take(yield* takeWord())));
      }
      case '8': {
        const name = String.fromCharCode(yield* takeOne());
        const low = yield* takeWord();
        const high = yield* takeWord();
        return readParameters(name, Uint8Array.from(yield* take(low + high * 65536)));
      }
    }
    const ignored = IGNORED_GS[letter];
    if (ignored === undefined) emit({ kind: 'unknown', bytes: Uint8Array.of(0x1d, code) });
    else yield* take(ignored);
  }

  function* readBarcode(): Generator<void, void, number> {
    const kind = yield* takeOne();
    const isCounted = kind >= 65;
    const symbology = SYMBOLOGIES[isCounted ? kind - 65 : kind];
    const bytes = isCounted ? yield* take(yield* takeOne()) : yield* takeUntilNul();
    if (!symbology) return emit({ kind: 'unknown', bytes: Uint8Array.of(0x1d, 0x6b, kind) });
    const data = symbology === 'code-128' ? readCode128(bytes) : String.fromCharCode(...bytes);
    finishLine();
    emit({ kind: 'barcode', symbology, data, ...barcode, place: place() });
  }

  function* readRaster(): Generator<void, void, number> {
    yield* take(1);
    const mode = digit(yield* takeOne());
    const widthBytes = yield* takeWord();
    const heightDots = yield* takeWord();
    const data = Uint8Array.from(yield* take(widthBytes * heightDots));
    printImage({ widthDots: widthBytes * 8, heightDots, data, scaleX: mode & 1 ? 2 : 1, scaleY: mode & 2 ? 2 : 1 });
  }

  /** `GS (` and `GS 8`: a letter, a length, a function. */
  function readParameters(name: string, bytes: Uint8Array): void {
    const [first = 0, second = 0] = bytes;
    if (name === 'k' && first === 49) return readQr(second, bytes.subarray(2));
    if (name === 'L' && first === 48) return readGraphics(second, bytes.subarray(2));
    if (name === 'H' && first === 48 && second === 48) return emit({ kind: 'process-id', id: bytes.slice(2, 6) });
    if (!'ADEKMNPQ'.includes(name)) emit({ kind: 'unknown', bytes: Uint8Array.of(0x1d, 0x28, name.charCodeAt(0)) });
  }

  function readQr(code: number, bytes: Uint8Array): void {
    const [first = 0] = bytes;
    if (code === 65) qr.model = first === 49 ? 1 : 2;
    else if (code === 67) qr.moduleDots = first;
    else if (code === 69) qr.correction = CORRECTIONS[digit(first)] ?? 'L';
    else if (code === 80) qr.data = Buffer.from(bytes.subarray(1)).toString('utf8');
    else if (code === 81) {
      finishLine();
      emit({ kind: 'qr', ...qr, place: place() });
    }
  }

  function readGraphics(code: number, bytes: Uint8Array): void {
    if (code === 112) {
      const [, scaleX = 1, scaleY = 1, , widthLow = 0, widthHigh = 0, heightLow = 0, heightHigh = 0] = bytes;
      const widthDots = widthLow + widthHigh * 256;
      const heightDots = heightLow + heightHigh * 256;
      storedImage = { widthDots, heightDots, data: bytes.slice(8), scaleX, scaleY };
    } else if ((code === 50 || code === 2) && storedImage) {
      printImage(storedImage);
      storedImage = null;
    }
  }

  function* readField(): Generator<void, void, number> {
    const code = yield* takeOne();
    const letter = String.fromCharCode(code);
    const ignored = IGNORED_FS[letter];
    if (letter === '(') {
      yield* take(1);
      yield* take(yield* takeWord());
    } else if (letter === 'p') yield* take(2);
    else if (ignored === undefined) emit({ kind: 'unknown', bytes: Uint8Array.of(0x1c, code) });
    else yield* take(ignored);
  }

  let stream = readStream();
  stream.next();
  const taken = (): readonly PrinterEvent[] => {
    const result = events;
    events = [];
    return result;
  };
  return {
    write(byte) {
      stream.next(byte);
      return events.length === 0 ? NOTHING : taken();
    },
    interrupt() {
      stream = readStream();
      stream.next();
    },
    end() {
      finishLine();
      return taken();
    },
  };
}

/** Everything a whole stream of bytes makes a printer do. */
export function decodeEscpos(bytes: Uint8Array, dotsWide: number, pages = EPSON_PAGES): PrinterEvent[] {
  const decoder = createEscposDecoder(dotsWide, pages);
  const events: PrinterEvent[] = [];
  for (const byte of bytes) events.push(...decoder.write(byte));
  events.push(...decoder.end());
  return events;
}

/** Code 128 data with its escapes: `{A {B {C` choose a set, `{1` is FNC1, `{{` a brace; set C packs two digits a byte. */
function readCode128(bytes: readonly number[]): string {
  let set = 'B';
  let data = '';
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === 0x7b) {
      index += 1;
      const escape = String.fromCharCode(bytes[index] ?? 0);
      if ('ABC'.includes(escape)) set = escape;
      else if (escape === '{') data += '{';
      else if (escape === '1') data += '\x1d';
    } else data += set === 'C' ? String(byte).padStart(2, '0') : String.fromCharCode(byte);
  }
  return data;
}

/** `ESC *` sends columns, top bit first; pictures are kept as rows. */
function columnsToRows(columns: readonly Uint8Array[], heightDots: number): Uint8Array {
  const widthBytes = Math.ceil(columns.length / 8);
  const rows = new Uint8Array(widthBytes * heightDots);
  columns.forEach((column, x) => {
    for (let y = 0; y < heightDots; y += 1) {
      if (((column[y >> 3] ?? 0) & (0x80 >> (y & 7))) === 0) continue;
      const index = y * widthBytes + (x >> 3);
      rows[index] = (rows[index] ?? 0) | (0x80 >> (x & 7));
    }
  });
  return rows;
}
