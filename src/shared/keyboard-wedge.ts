/**
 * Tells a barcode scanner that pretends to be a keyboard from a person who types, by the rhythm of the keys, whatever has
 * the focus. Pure: times come with the keys, so it needs no clock. Every key that may belong to a scan is held back; when
 * it turns out to be typing it is given back unchanged and in order, a twentieth of a second late at most.
 *
 * A window listens in the capture phase and, for every key event:
 * performs `actions` in order, then stops the event if `hold` says so; and calls `flush` at `deadlineMs()`.
 */

/** What is needed of a `KeyboardEvent`. */
export interface WedgeKey {
  readonly type: 'down' | 'up';
  /** `event.key` */
  readonly key: string;
  /** `event.code`: the key's place on a US keyboard, whatever layout the machine has. */
  readonly code: string;
  /** `event.timeStamp`, milliseconds. */
  readonly timeStampMs: number;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  /** `event.getModifierState('CapsLock')` */
  readonly capsLock: boolean;
  /** `event.repeat`: a finger rests on the key. */
  readonly repeat: boolean;
  /** Whether a text field has the focus; carried along for whoever gives the key back. */
  readonly targetIsEditable: boolean;
}

/** `event.key` of the key that ended a scan, or `none` where silence did. */
export type WedgeTerminator = string;

export type WedgeAction =
  /** A person typed these: give them back to what has the focus. */
  | { readonly kind: 'replay'; readonly keys: readonly WedgeKey[] }
  /** A scan. `alternatives` are other readings, should nobody know `code`: without Caps Lock undone, by key position. */
  | {
      readonly kind: 'scanned';
      readonly code: string;
      readonly alternatives: readonly string[];
      readonly terminator: WedgeTerminator;
    }
  | { readonly kind: 'discarded'; readonly reason: 'too-long' };

export interface WedgeAnswer {
  /** Stop the event: it must reach nobody else. */
  readonly hold: boolean;
  readonly actions: readonly WedgeAction[];
}

export interface WedgeOptions {
  /** Mean time between keys up to which they are a scan; 50 for slow scanners. */
  readonly averageMs: number;
  /** Longest pause between the first keys of a scan. Fast typists seldom stay below 60. */
  readonly startGapMs: number;
  /** Silence that ends a scan. */
  readonly endGapMs: number;
  /** `event.key` of a key the scanner is programmed to send first; null for none. */
  readonly prefixKey: string | null;
  /** `event.key` of the keys that end a scan: what the scanner is programmed to send last. */
  readonly terminators: readonly string[];
  /** Whether a burst that just stops is a scan too; otherwise it is given back as typing. */
  readonly acceptsSilence: boolean;
}

/**
 * Scanners as they come, and scanners programmed to send F13 first: a key that no hand has, so that the rhythm need not
 * decide. F14 may end a scan where Enter and Tab mean something else.
 */
export const DEFAULT_WEDGE_OPTIONS: WedgeOptions = {
  averageMs: 35,
  startGapMs: 50,
  endGapMs: 100,
  prefixKey: 'F13',
  terminators: ['Enter', 'Tab', 'F14'],
  acceptsSilence: true,
};

/** For scanners that take up to 50 ms a character. */
export const SLOW_WEDGE_OPTIONS: WedgeOptions = { ...DEFAULT_WEDGE_OPTIONS, averageMs: 50, startGapMs: 70 };

export interface KeyboardWedge {
  handle(key: WedgeKey): WedgeAnswer;
  /** Settles what has waited long enough. Harmless at any time. */
  flush(nowMs: number): readonly WedgeAction[];
  /** When `flush` is next worth calling; null when nothing is held. */
  deadlineMs(): number | null;
  /** While true, characters that come without a key event (Alt codes) belong to the scan: cancel `beforeinput`. */
  isScanning(): boolean;
}

/** No symbology in retail holds more; anything longer is an accident. */
export const MAXIMUM_SCAN_LENGTH = 4_096;
/** Fewer keys than this say nothing about rhythm. */
const MINIMUM_KEYS = 3;

/** One key that may belong to a scan, with what it would contribute to a code. */
interface Stroke {
  readonly key: WedgeKey;
  readonly character: string;
  /** The character this key has on a US keyboard, which most scanners believe they are. */
  readonly usCharacter: string;
}

export function createKeyboardWedge(options: WedgeOptions = DEFAULT_WEDGE_OPTIONS): KeyboardWedge {
  let state: 'idle' | 'suspecting' | 'scanning' = 'idle';
  let strokes: Stroke[] = [];
  /** Times of the strokes, of those without a character too. */
  let timesMs: number[] = [];
  let lastMs = 0;
  let altDigits = '';
  let isTooLong = false;
  let isPrefixed = false;
  let finishedMs = -Infinity;

  function reset(): void {
    state = 'idle';
    strokes = [];
    timesMs = [];
    altDigits = '';
    isTooLong = false;
    isPrefixed = false;
  }

  function giveBack(): WedgeAction[] {
    const keys = strokes.map((stroke) => stroke.key).filter((key) => !isAltDigit(key));
    reset();
    return keys.length === 0 ? [] : [{ kind: 'replay', keys }];
  }

  function finish(terminator: WedgeTerminator): WedgeAction[] {
    if (isTooLong) {
      reset();
      return [{ kind: 'discarded', reason: 'too-long' }];
    }
    const scan = readStrokes(withoutFrame(isPrefixed ? strokes.slice(1) : strokes));
    const isShort = strokes.length < (isPrefixed ? 2 : MINIMUM_KEYS);
    if (isShort || (terminator === 'none' && !options.acceptsSilence)) return giveBack();
    reset();
    return [{ kind: 'scanned', ...scan, terminator }];
  }

  function flush(nowMs: number): WedgeAction[] {
    const silenceMs = nowMs - lastMs;
    if (state === 'suspecting' && silenceMs > options.startGapMs) return giveBack();
    if (state === 'scanning' && silenceMs > options.endGapMs) return finish('none');
    return [];
  }

  /** Takes a stroke in and decides what the keys so far are. */
  function take(key: WedgeKey, character: string, usCharacter: string): WedgeAction[] {
    lastMs = key.timeStampMs;
    if (strokes.length >= MAXIMUM_SCAN_LENGTH) isTooLong = true;
    else strokes.push({ key, character, usCharacter });
    if (state === 'scanning') return [];
    state = 'suspecting';
    timesMs.push(lastMs);
    if (timesMs.length < MINIMUM_KEYS) return [];
    const [firstMs = 0] = timesMs;
    if ((lastMs - firstMs) / (timesMs.length - 1) <= options.averageMs) {
      state = 'scanning';
      return [];
    }
    // Too slow so far; a scan may still begin with the latest keys.
    timesMs.shift();
    const typed = strokes.shift();
    return typed && !isAltDigit(typed.key) ? [{ kind: 'replay', keys: [typed.key] }] : [];
  }

  function handle(key: WedgeKey): WedgeAnswer {
    const settled = flush(key.timeStampMs);
    if (key.type === 'up') return { hold: false, actions: [...settled, ...endAltRun(key)] };
    const pass = (actions: WedgeAction[] = []): WedgeAnswer => ({ hold: false, actions: [...settled, ...actions] });
    const hold = (actions: WedgeAction[] = []): WedgeAnswer => ({ hold: true, actions: [...settled, ...actions] });

    const terminator = terminatorOf(key, options.terminators);
    if (terminator !== null) {
      if (state === 'scanning' && options.terminators.includes(terminator)) {
        finishedMs = key.timeStampMs;
        return hold(finish(terminator));
      }
      // A line feed after the carriage return belongs to the scan just finished.
      if (state === 'idle' && key.timeStampMs - finishedMs <= options.startGapMs) return hold();
      const before = state === 'scanning' ? finish('none') : giveBack();
      return key.ctrl ? hold(before) : pass(before);
    }
    if (key.repeat) return pass(state === 'scanning' ? [] : giveBack());
    if (options.prefixKey !== null && key.key === options.prefixKey && state !== 'scanning') {
      const before = giveBack();
      take(key, '', '');
      state = 'scanning';
      isPrefixed = true;
      return hold(before);
    }
    if (isAltDigit(key)) {
      // Writes nothing by itself; the character comes when Alt is let go.
      altDigits += key.code.slice(-1);
      return { hold: state === 'scanning', actions: [...settled, ...take(key, '', '')] };
    }
    const character = characterOf(key);
    if (character !== null) return hold(take(key, character, usCharacterOf(key) ?? character));
    const usCharacter = usCharacterOf(key);
    // A dead key or an input method keeps the character back from us; its place on the keyboard still tells.
    if (state === 'scanning' && usCharacter !== null) return hold(take(key, usCharacter, usCharacter));
    // Whatever key comes in a scan, the scanner sent it: it makes a control character or nothing, never a shortcut.
    const control = controlCharacterOf(key);
    if (state === 'scanning') return hold(isModifier(key) ? [] : take(key, control, control));
    if (isModifier(key)) return pass();
    if (isFunctionKey(key) || (state === 'suspecting' && isChord(key))) return hold(take(key, control, control));
    // Backspace, arrows, shortcuts: what was typed before them comes first.
    return isChord(key) && !isForPeople(key) ? hold(giveBack()) : pass(giveBack());
  }

  /** Letting go of Alt after digits of the number pad makes a character. */
  function endAltRun(key: WedgeKey): WedgeAction[] {
    if (key.key !== 'Alt' || altDigits === '') return [];
    const number = Number(altDigits);
    altDigits = '';
    // Scanners in this mode send ASCII; above it the machine's code page would decide.
    const character = number > 0 && number <= 255 ? String.fromCharCode(number) : '';
    return take({ ...key, code: 'NumpadAlt', alt: true }, character, character);
  }

  return {
    handle,
    flush,
    deadlineMs() {
      if (state === 'idle') return null;
      // One past the gap: a key exactly at it still belongs.
      return lastMs + 1 + (state === 'scanning' ? options.endGapMs : options.startGapMs);
    },
    isScanning: () => state === 'scanning',
  };
}

/**
 * What layouts write where a US keyboard has {@link US_ROWS}: for keys that come without their place, as those of virtual
 * keyboards and remote desktops do.
 */
const LAYOUT_ROWS: Readonly<Record<string, readonly [plain: string, shifted: string]>> = {
  french: [`²&é"'(-è_çà)=azertyuiop^$*qsdfghjklmùwxcvbn,;:!`, ' 1234567890°+AZERTYUIOP¨£µQSDFGHJKLM%WXCVBN?./§'],
  belgian: [`²&é"'(§è!çà)-azertyuiop^$µqsdfghjklmùwxcvbn,;:=`, '³1234567890°_AZERTYUIOP¨*£QSDFGHJKLM%WXCVBN?./+'],
  german: ['^1234567890ß´qwertzuiopü+#asdfghjklöäyxcvbnm,.-', `°!"§$%&/()=?\`QWERTZUIOPÜ*'ASDFGHJKLÖÄYXCVBNM;:_`],
  swiss: [`§1234567890'^qwertzuiopü¨$asdfghjklöäyxcvbnm,.-`, '°+"*ç%&/()=?`QWERTZUIOPè!£ASDFGHJKLéàYXCVBNM;:_'],
  czech: [';+ěščřžýáíé=´qwertzuiopú)¨asdfghjklů§yxcvbnm,.-', `°1234567890%ˇQWERTZUIOP/('ASDFGHJKL"!YXCVBNM?:_`],
  italian: [`\\1234567890'ìqwertyuiopè+ùasdfghjklòàzxcvbnm,.-`, '|!"£$%&/()=?^QWERTYUIOPé*§ASDFGHJKLç°ZXCVBNM;:_'],
  spanish: ["º1234567890'¡qwertyuiop`+çasdfghjklñ´zxcvbnm,.-", 'ª!"·$%&/()=?¿QWERTYUIOP^*ÇASDFGHJKLÑ¨ZXCVBNM;:_'],
  nordic: [`§1234567890+´qwertyuiopå¨'asdfghjklöäzxcvbnm,.-`, '½!"#¤%&/()=?`QWERTYUIOPÅ^*ASDFGHJKLÖÄZXCVBNM;:_'],
  british: ["`1234567890-=qwertyuiop[]#asdfghjkl;'zxcvbnm,./", '¬!"£$%^&*()_+QWERTYUIOP{}~ASDFGHJKL:@ZXCVBNM<>?'],
};
const US_ROWS = [
  "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./",
  '~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?',
] as const;

const LAYOUTS: readonly ReadonlyMap<string, string>[] = Object.values(LAYOUT_ROWS).map(
  ([plain, shifted]) =>
    new Map([...(plain + shifted)].map((character, index) => [character, [...US_ROWS.join('')][index] ?? character])),
);

/** A code as each layout would have had it typed; characters no layout has stay as they are. */
function readingsByLayout(code: string): string[] {
  // Under Caps Lock the accented letters of a digit row come as capitals.
  const undo = (layout: ReadonlyMap<string, string>, character: string): string =>
    layout.get(character) ?? layout.get(character.toLowerCase()) ?? character;
  return LAYOUTS.map((layout) => [...code].map((character) => undo(layout, character)).join(''));
}

/** GS1 General Specifications 7.9: weights 3 and 1 from the right, the sum with the check digit a multiple of ten. */
function hasCheckDigit(code: string): boolean {
  if (!/^(?:\d{8}|\d{12,14})$/.test(code)) return false;
  const sum = [...code].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}

/** The best reading first. The check digit is the referee; without one, what the keys said, Caps Lock undone. */
function readStrokes(strokes: readonly Stroke[]): { readonly code: string; readonly alternatives: readonly string[] } {
  const asTyped = strokes.map((stroke) => stroke.character).join('');
  const withoutCapsLock = strokes
    .map(({ key, character }) => (key.capsLock ? swapCase(character) : character))
    .join('');
  const byPosition = strokes.map((stroke) => stroke.usCharacter).join('');
  const lacksPlaces = strokes.some(({ key, character }) => key.code === '' && character !== '');
  const readings = [
    withoutCapsLock,
    asTyped,
    byPosition,
    ...digitsByPlace(strokes),
    ...(lacksPlaces ? readingsByLayout(withoutCapsLock) : []),
  ];
  const code = readings.find(hasCheckDigit) ?? readings.find(isUnmistakable) ?? withoutCapsLock;
  return { code, alternatives: [...new Set(readings)].filter((reading) => reading !== code) };
}

/** The digits printed on the keys, whatever Shift and the layout made of them. A code with one true digit needs no such help. */
function digitsByPlace(strokes: readonly Stroke[]): string[] {
  const digits = strokes.map(({ key }) => /^Digit(\d)$/.exec(key.code)?.[1] ?? '');
  const isScrambled = strokes.every(({ character }) => !/\d/.test(character));
  return isScrambled && digits.every((digit) => digit !== '') ? [digits.join('')] : [];
}

/** What no other text begins with: our own codes, an AIM identifier, a web address, a GTIN in an element string. */
function isUnmistakable(code: string): boolean {
  if (/^(?:T[RHC]1:[A-Z0-9]|\][A-Za-z]\d|https?:\/\/[a-z0-9])/i.test(code)) return true;
  const gtin = /^\x1d?01(\d{14})/.exec(code)?.[1];
  return gtin !== undefined && hasCheckDigit(gtin);
}

/** Without the STX and ETX that some scanners put around a code. */
function withoutFrame(strokes: readonly Stroke[]): readonly Stroke[] {
  const from = strokes[0]?.character === '\x02' ? 1 : 0;
  const to = strokes.at(-1)?.character === '\x03' ? -1 : undefined;
  return strokes.slice(from, to);
}

function swapCase(character: string): string {
  const upper = character.toUpperCase();
  return upper === character ? character.toLowerCase() : upper;
}

function isModifier(key: WedgeKey): boolean {
  return ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock', 'Dead'].includes(key.key);
}

function isAltDigit(key: WedgeKey): boolean {
  return key.alt && !key.ctrl && (/^Numpad\d$/.test(key.code) || key.code === 'NumpadAlt');
}

/** A key that ends a scan: Enter and Tab, also as the control characters some scanners send for them, or one so set. */
function terminatorOf(key: WedgeKey, terminators: readonly string[]): string | null {
  const isBare = !key.ctrl && !key.alt && !key.meta;
  if (isBare && (key.key === 'Enter' || key.key === 'Tab' || terminators.includes(key.key))) return key.key;
  switch (isBare ? '' : controlCharacterOf(key)) {
    case '\r':
    case '\n':
      return 'Enter';
    case '\t':
      return 'Tab';
    default:
      return null;
  }
}

/** The control character that Ctrl and a key make on a US keyboard (ASCII's columns 4 and 5 less 64), '' for none. */
function controlCharacterOf(key: WedgeKey): string {
  if (!key.ctrl || key.alt || key.meta) return '';
  const letter = /^Key([A-Z])$/.exec(key.code)?.[1];
  if (letter !== undefined && !key.shift) return String.fromCharCode(letter.charCodeAt(0) - 64);
  return { Backslash: '\x1c', Digit6: '\x1e', Minus: key.shift ? '\x1f' : '' }[key.code] ?? '';
}

/** A key under Ctrl, Alt or the system's key, which programs take for a command. */
function isChord(key: WedgeKey): boolean {
  return key.ctrl || key.alt || key.meta;
}

/** Keys that a browser reloads pages with, and the till jumps with. F11 and F12 belong to whoever sets the machine up. */
function isFunctionKey(key: WedgeKey): boolean {
  return /^F(?:\d|10|1[3-9]|2\d)$/.test(key.key) && !isChord(key);
}

/** Chords by which people edit, zoom, or speak to the system. All others would print, reload or leave the till. */
function isForPeople(key: WedgeKey): boolean {
  if (key.meta || key.shift || (key.ctrl && key.alt)) return true;
  if (key.alt) return !/^[a-z]$/i.test(key.key);
  return !/^Key[A-Z]$/.test(key.code) || /^Key[ACVXYZ]$/.test(key.code);
}

/** The character a key contributes: what it writes, or the group separator GS1 codes hold, sent as Ctrl+] or F8. */
function characterOf(key: WedgeKey): string | null {
  const isGroupSeparator = (key.ctrl && !key.alt && key.code === 'BracketRight') || (key.key === 'F8' && !key.ctrl);
  if (isGroupSeparator) return '\x1d';
  // AltGr writes characters too, and comes as Ctrl and Alt together.
  const isShortcut = (key.ctrl || key.alt) && !(key.ctrl && key.alt);
  return [...key.key].length === 1 && !key.meta && !isShortcut ? key.key : null;
}

/** The keys of a US keyboard by place: plain and shifted. */
const US_KEYS: Readonly<Record<string, readonly [string, string]>> = {
  Backquote: ['`', '~'],
  Minus: ['-', '_'],
  Equal: ['=', '+'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  Comma: [',', '<'],
  Period: ['.', '>'],
  Slash: ['/', '?'],
  Space: [' ', ' '],
};
const US_SHIFTED_DIGITS = ')!@#$%^&*(';

function usCharacterOf(key: WedgeKey): string | null {
  if (key.ctrl || key.alt) return null;
  const letter = /^Key([A-Z])$/.exec(key.code)?.[1];
  if (letter !== undefined) return key.shift ? letter : letter.toLowerCase();
  const digit = /^Digit(\d)$/.exec(key.code)?.[1];
  if (digit !== undefined) return key.shift ? (US_SHIFTED_DIGITS[Number(digit)] ?? null) : digit;
  return US_KEYS[key.code]?.[key.shift ? 1 : 0] ?? null;
}
