import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createKeyboardWedge,
  DEFAULT_WEDGE_OPTIONS,
  MAXIMUM_SCAN_LENGTH,
  SLOW_WEDGE_OPTIONS,
  type WedgeAction,
  type WedgeKey,
  type WedgeOptions,
} from '../../src/shared/keyboard-wedge';

const CODES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  '-': 'Minus',
  ':': 'Semicolon',
  '/': 'Slash',
  '.': 'Period',
  ']': 'BracketRight',
  Enter: 'Enter',
  Tab: 'Tab',
};

function keyOf(key: string, change: Partial<WedgeKey> = {}): WedgeKey {
  const code = /^[a-z]$/i.test(key)
    ? `Key${key.toUpperCase()}`
    : /^\d$/.test(key)
      ? `Digit${key}`
      : (CODES[key] ?? key);
  return {
    type: 'down',
    key,
    code,
    timeStampMs: 0,
    shift: /^[A-Z:]$/.test(key),
    ctrl: false,
    alt: false,
    meta: false,
    capsLock: false,
    repeat: false,
    targetIsEditable: true,
    ...change,
  };
}

type Script = readonly { readonly key: WedgeKey; readonly gapMs: number }[];

const keysOf = (text: string, gapMs: number, change: Partial<WedgeKey> = {}): Script =>
  [...text].map((character) => ({ key: keyOf(character, change), gapMs }));
const press = (key: string, gapMs: number, change: Partial<WedgeKey> = {}): Script => [
  { key: keyOf(key, change), gapMs },
];

/** Plays keys to a wedge as a window would, and keeps what reached the focus and what was scanned. */
function play(script: Script, options: WedgeOptions = DEFAULT_WEDGE_OPTIONS) {
  const wedge = createKeyboardWedge(options);
  const reached: string[] = [];
  const scans: Extract<WedgeAction, { kind: 'scanned' }>[] = [];
  const discarded: string[] = [];
  const perform = (actions: readonly WedgeAction[]): void => {
    for (const action of actions) {
      if (action.kind === 'replay') reached.push(...action.keys.map((key) => key.key));
      else if (action.kind === 'scanned') scans.push(action);
      else discarded.push(action.reason);
    }
  };
  let nowMs = 1_000;
  for (const { key, gapMs } of script) {
    const untilMs = nowMs + gapMs;
    for (let dueMs = wedge.deadlineMs(); dueMs !== null && dueMs < untilMs; dueMs = wedge.deadlineMs()) {
      perform(wedge.flush(dueMs));
    }
    nowMs = untilMs;
    const { hold, actions } = wedge.handle({ ...key, timeStampMs: nowMs });
    perform(actions);
    if (!hold && key.type === 'down') reached.push(key.key);
  }
  perform(wedge.flush(nowMs + 1_000));
  expect(wedge.deadlineMs()).toBeNull();
  return { reached, scans, discarded, codes: scans.map((scan) => scan.code) };
}

const ean = '4006381333931';

describe('keyboard wedge', () => {
  test('a scan ended by Enter reaches nobody but the till', () => {
    const { reached, scans } = play([...keysOf(ean, 8), ...press('Enter', 8)]);
    expect(scans).toEqual([{ kind: 'scanned', code: ean, alternatives: [], terminator: 'Enter' }]);
    expect(reached).toEqual([]);
  });

  test.each([
    ['Tab', press('Tab', 8), 'Tab'],
    ['nothing', [], 'none'],
    ['a control M', press('m', 8, { ctrl: true }), 'Enter'],
    ['Enter and a line feed', [...press('Enter', 8), ...press('j', 8, { ctrl: true })], 'Enter'],
  ] as const)('ended by %s', (_, end, terminator) => {
    const { reached, scans } = play([...keysOf(ean, 8), ...end]);
    expect(scans.map((scan) => [scan.code, scan.terminator])).toEqual([[ean, terminator]]);
    expect(reached).toEqual([]);
  });

  test('where silence does not end a scan, a burst without its suffix is given back', () => {
    const { reached, scans } = play(keysOf(ean, 8), { ...DEFAULT_WEDGE_OPTIONS, acceptsSilence: false });
    expect(scans).toEqual([]);
    expect(reached.join('')).toBe(ean);
  });

  test('typing, a scan, typing: each gets its own', () => {
    const script = [...keysOf('2 lo', 120), ...keysOf(ean, 5), ...press('Enter', 5), ...keysOf('aves', 130)];
    // The first key of the scan comes long after the last one typed.
    script[4] = { key: keyOf('4'), gapMs: 200 };
    const { reached, codes } = play(script);
    expect(reached.join('')).toBe('2 loaves');
    expect(codes).toEqual([ean]);
  });

  test('two scans in a row are two', () => {
    const one = [...keysOf(ean, 5), ...press('Enter', 5)];
    expect(play([...one, ...one]).codes).toEqual([ean, ean]);
  });

  test('Shift between the keys of a scan does not disturb it', () => {
    const script = [...'TR1:T1-0412'].flatMap((character) => [...press('Shift', 2), ...press(character, 3)]);
    expect(play([...script, ...press('Enter', 4)]).codes).toEqual(['TR1:T1-0412']);
  });

  test('a finger resting on a key is typing', () => {
    const { reached, scans } = play([...press('a', 100), ...Array(20).fill(press('a', 30, { repeat: true })[0])]);
    expect(reached).toEqual(Array(21).fill('a'));
    expect(scans).toEqual([]);
  });

  test('a key that edits waits for what was typed before it', () => {
    expect(play([...keysOf('ab', 90), ...press('Backspace', 20)]).reached).toEqual(['a', 'b', 'Backspace']);
  });

  test('Enter after two quick keys is a person', () => {
    expect(play([...keysOf('12', 20), ...press('Enter', 20)])).toMatchObject({
      reached: ['1', '2', 'Enter'],
      scans: [],
    });
  });

  test('a shortcut passes', () => {
    expect(play(press('c', 100, { ctrl: true })).reached).toEqual(['c']);
  });

  test.each([
    ['Ctrl+]', press(']', 5, { ctrl: true })],
    ['F8', press('F8', 5)],
  ] as const)('the group separator comes as %s', (_, separator) => {
    const { codes, reached } = play([...keysOf('10ABC', 5), ...separator, ...keysOf('21X', 5), ...press('Enter', 5)]);
    expect(codes).toEqual(['10ABC\x1d21X']);
    expect(reached).toEqual([]);
  });

  test('digits of the number pad under Alt are characters', () => {
    const script = [...'Jam1'].flatMap((character) => [
      ...press('Alt', 3, { alt: true }),
      ...[...String(character.charCodeAt(0))].flatMap((digit) =>
        press(digit, 3, { alt: true, code: `Numpad${digit}` }),
      ),
      ...press('Alt', 3, { type: 'up' }),
    ]);
    const { codes } = play([...script, ...press('Enter', 3)]);
    expect(codes).toEqual(['Jam1']);
  });

  test('an Alt code typed by a person is left to the machine', () => {
    const script = [
      ...press('Alt', 200, { alt: true }),
      ...[...'0233'].flatMap((digit) => press(digit, 150, { alt: true, code: `Numpad${digit}` })),
      ...press('Alt', 150, { type: 'up' }),
    ];
    expect(play(script)).toMatchObject({ reached: ['Alt', '0', '2', '3', '3'], scans: [] });
  });

  test('a prefix key catches the scan from its first key', () => {
    for (const end of ['Enter', 'Tab', 'F14']) {
      // Slower than any rhythm would tell.
      const script = [...press('F13', 300), ...keysOf('A7', 80), ...press(end, 80)];
      expect(play(script)).toMatchObject({ reached: [], codes: ['A7'] });
    }
    expect(play(press('F13', 300))).toMatchObject({ reached: ['F13'], codes: [] });
  });

  test('more than a scan can hold is discarded whole', () => {
    const long = [...keysOf('7'.repeat(MAXIMUM_SCAN_LENGTH + 1), 3), ...press('Enter', 3)];
    expect(play(long)).toMatchObject({ scans: [], reached: [], discarded: ['too-long'] });
    const longest = [...keysOf('7'.repeat(MAXIMUM_SCAN_LENGTH), 3), ...press('Enter', 3)];
    expect(play(longest).codes).toEqual(['7'.repeat(MAXIMUM_SCAN_LENGTH)]);
  });

  test('Caps Lock is undone, and what was typed stays an alternative', () => {
    const { scans } = play([...keysOf('tr1:t1-0412', 5, { capsLock: true }), ...press('Enter', 5)]);
    expect(scans).toMatchObject([{ code: 'TR1:T1-0412', alternatives: ['tr1:t1-0412'] }]);
  });

  test('a number scrambled by a French layout is recovered when its check digit agrees', () => {
    const row = 'à&é"\'(-è_ç';
    const script = [...ean].map((digit) => ({
      key: keyOf(row[Number(digit)] ?? '', { code: `Digit${digit}` }),
      gapMs: 5,
    }));
    expect(play([...script, ...press('Enter', 5)]).codes).toEqual([ean]);
  });

  test('letters scrambled by a French layout come as an alternative, by key position', () => {
    const script = [
      ...press('a', 5, { code: 'KeyQ' }),
      ...press('z', 5, { code: 'KeyW' }),
      ...press('&', 5, { code: 'Digit1' }),
    ];
    expect(play([...script, ...press('Enter', 5)]).scans).toMatchObject([{ code: 'az&', alternatives: ['qw1'] }]);
  });

  test('slow scanners are told apart when set so', () => {
    const script = [...keysOf('5012345678900', 48), ...press('Enter', 48)];
    expect(play(script, SLOW_WEDGE_OPTIONS)).toMatchObject({ codes: ['5012345678900'], reached: [] });
    expect(play(script).codes).toEqual([]);
  });
});

/** Where each character is on a US keyboard, for scanners that believe to be one. */
const US_PLACES = new Map<string, { code: string; shift: boolean }>();
const ROWS: readonly [codes: readonly string[], plain: string, shifted: string][] = [
  [[...'1234567890'].map((digit) => `Digit${digit}`), '1234567890', '!@#$%^&*()'],
  [['Minus', 'Equal', 'BracketLeft', 'BracketRight', 'Semicolon', 'Slash', 'Period'], '-=[];/.', '_+{}:?>'],
  [
    [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `Key${letter}`),
    'abcdefghijklmnopqrstuvwxyz',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ],
];
for (const [codes, plain, shifted] of ROWS) {
  codes.forEach((code, index) => {
    US_PLACES.set(plain[index] ?? '', { code, shift: false });
    US_PLACES.set(shifted[index] ?? '', { code, shift: true });
  });
}

/** What these layouts write at the places above: plain, shifted. */
const HOSTS: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  french: {
    ...Object.fromEntries(
      [...'&é"\'(-è_çà'].map((key, index) => [`Digit${(index + 1) % 10}`, [key, `${(index + 1) % 10}`]]),
    ),
    ...{ KeyA: ['q', 'Q'], KeyQ: ['a', 'A'], KeyW: ['z', 'Z'], KeyZ: ['w', 'W'], KeyM: [',', '?'] },
    ...{ Minus: [')', '°'], Semicolon: ['m', 'M'], Slash: ['!', '§'], Period: [':', '/'], BracketRight: ['$', '£'] },
  },
  german: {
    ...{ KeyY: ['z', 'Z'], KeyZ: ['y', 'Y'], Minus: ['ß', '?'], Semicolon: ['ö', 'Ö'], Slash: ['-', '_'] },
    ...{ BracketRight: ['+', '*'], Period: ['.', ':'] },
  },
  czech: {
    ...Object.fromEntries(
      [...'+ěščřžýáíé'].map((key, index) => [`Digit${(index + 1) % 10}`, [key, `${(index + 1) % 10}`]]),
    ),
    ...{ KeyY: ['z', 'Z'], KeyZ: ['y', 'Y'], Minus: ['=', '%'], Semicolon: ['ů', '"'], Slash: ['-', '_'] },
    ...{ BracketRight: [')', '('] },
  },
};

/** What a scanner that believes in a US keyboard makes a machine with another layout hear. */
const throughLayout = (host: string, text: string, change: Partial<WedgeKey> = {}): Script =>
  [...text].map((character) => {
    const { code, shift } = US_PLACES.get(character) ?? { code: '', shift: false };
    const key = HOSTS[host]?.[code]?.[shift ? 1 : 0] ?? character;
    return { key: keyOf(key, { code, shift, ...change }), gapMs: 5 };
  });

describe('a layout that is not the scanner’s', () => {
  const codes = [ean, '96385074', 'TR1:T1-0412', 'https://example.org/01/09506000134352', ']C10109506000134352'];

  test.each(['french', 'german', 'czech'].flatMap((host) => codes.map((code) => [host, code] as const)))(
    '%s: %s comes as it is on the label, with the places of the keys and without',
    (host, code) => {
      const end = press('Enter', 5);
      expect(play([...throughLayout(host, code), ...end]).codes).toEqual([code]);
      expect(play([...throughLayout(host, code, { code: '' }), ...end]).codes).toEqual([code]);
    },
  );

  test('digits under a stuck Shift, or from a scanner that believes in another layout', () => {
    const script = [...ean].map((digit) => ({
      key: keyOf(')!@#$%^&*('[Number(digit)] ?? '', { code: `Digit${digit}`, shift: true }),
      gapMs: 5,
    }));
    expect(play([...script, ...press('Enter', 5)]).codes).toEqual([ean]);
  });

  test('a code that ends in a dollar is no number, though the key of the dollar has its check digit', () => {
    const script = [...keysOf('9638507', 5), ...press('$', 5, { code: 'Digit4', shift: true }), ...press('Enter', 5)];
    expect(play(script).codes).toEqual(['9638507$']);
  });

  test.each([
    // Its check digit would agree if the hyphen were a French 6.
    '624-6349',
    // Nor does a wrong check digit make it a number.
    '4006381333932',
    'sourdough',
  ])('%s is left as it is', (code) => {
    expect(play([...keysOf(code, 5), ...press('Enter', 5)]).codes).toEqual([code]);
    expect(play([...keysOf(code, 5, { code: '' }), ...press('Enter', 5)]).codes).toEqual([code]);
  });
});

describe('key chords', () => {
  const chord = (letter: string): Script => press(letter, 5, { ctrl: true, code: `Key${letter.toUpperCase()}` });

  test.each([
    ['in a scan', 2],
    ['as its second key', 1],
    ['before it', 0],
  ])('of a scanner reach nobody, %s', (_, after) => {
    for (const key of ['p', 'w', 'r', 'f', 's', 'd', 'o', 't']) {
      const script = [
        ...keysOf(ean.slice(0, after), 5),
        ...chord(key),
        ...keysOf(ean.slice(after), 5),
        ...press('Enter', 5),
      ];
      expect(play(script).reached).toEqual([]);
    }
    for (const key of ['F1', 'F3', 'F5', 'F10']) {
      const script = [
        ...keysOf(ean.slice(0, after), 5),
        ...press(key, 5),
        ...keysOf(ean.slice(after), 5),
        ...press('Enter', 5),
      ];
      expect(play(script)).toMatchObject({ reached: [], codes: [ean] });
    }
  });

  test.each(['F5', 'F11', 'F12', 'Escape', 'Delete', 'ArrowDown', 'Alt', 'Shift', 'PageUp'])(
    '%s in a scan reaches nobody',
    (key) => {
      expect(
        play([...keysOf('40063', 5), ...press(key, 5), ...keysOf('81333931', 5), ...press('Enter', 5)]),
      ).toMatchObject({
        reached: [],
        codes: [ean],
      });
    },
  );

  test('control characters are data, and STX and ETX a frame around it', () => {
    const script = [
      ...chord('b'),
      ...keysOf('10A', 5),
      ...press(']', 5, { ctrl: true }),
      ...keysOf('21', 5),
      ...press('6', 5, { ctrl: true, code: 'Digit6' }),
      ...keysOf('X', 5),
      ...chord('d'),
      ...chord('c'),
    ];
    expect(play(script)).toMatchObject({ reached: [], codes: ['10A\x1d21\x1eX\x04'] });
  });

  test('people copy, paste, zoom and leave; what would print or reload does nothing', () => {
    const alone = (key: string, change: Partial<WedgeKey>): readonly string[] => play(press(key, 400, change)).reached;
    for (const key of ['a', 'c', 'v', 'x', 'y', 'z']) expect(alone(key, { ctrl: true })).toEqual([key]);
    for (const key of ['-', '0']) expect(alone(key, { ctrl: true })).toEqual([key]);
    expect(alone('q', { meta: true })).toEqual(['q']);
    expect(alone('i', { ctrl: true, shift: true })).toEqual(['i']);
    for (const key of ['p', 'r', 'w', 's']) expect(alone(key, { ctrl: true })).toEqual([]);
    expect(alone('d', { alt: true })).toEqual([]);
    expect(alone('@', { alt: true, code: 'KeyL' })).toEqual(['@']);
    expect(alone('@', { alt: true, ctrl: true, code: 'KeyQ' })).toEqual(['@']);
    expect(alone('F2', {})).toEqual(['F2']);
  });
});

test('other keys can be set to begin and to end a scan', () => {
  const options = { ...DEFAULT_WEDGE_OPTIONS, prefixKey: '~', terminators: ['F9'], acceptsSilence: false };
  const script = [...press('~', 300), ...keysOf('A7', 80), ...press('F9', 80)];
  expect(play(script, options)).toMatchObject({ reached: [], codes: ['A7'] });
  expect(play([...keysOf(ean, 5), ...press('Enter', 5)], options).codes).toEqual([]);
});

describe('rhythm', () => {
  const printable = fc.string({ unit: fc.constantFrom(...'abcXYZ0123456789 -/.é£'), minLength: 1, maxLength: 30 });
  const focus = fc.boolean();

  test('typing at 80 to 300 ms a key arrives unchanged and in order', () => {
    const stroke = fc.record({
      character: fc.constantFrom(...'abcXYZ0123456789 -/.é£', 'Enter', 'Tab', 'Backspace'),
      gapMs: fc.integer({ min: 80, max: 300 }),
      targetIsEditable: focus,
    });
    fc.assert(
      fc.property(fc.array(stroke, { minLength: 1, maxLength: 40 }), (strokes) => {
        const script = strokes.map(({ character, gapMs, targetIsEditable }) => ({
          key: keyOf(character, { targetIsEditable }),
          gapMs,
        }));
        const { reached, scans, discarded } = play(script);
        expect(reached).toEqual(strokes.map((each) => each.character));
        expect(scans).toEqual([]);
        expect(discarded).toEqual([]);
      }),
    );
  });

  test('bursts at 2 to 30 ms a key are always scans, whatever has the focus, between whatever is typed', () => {
    const burst = fc
      .tuple(
        fc.string({ unit: fc.constantFrom(...'ABC0123456789-'), minLength: 3, maxLength: 40 }),
        fc.constantFrom<'Enter' | 'Tab' | 'none'>('Enter', 'Tab', 'none'),
      )
      .chain(([code, terminator]) =>
        fc.record({
          code: fc.constant(code),
          terminator: fc.constant(terminator),
          gaps: fc.array(fc.integer({ min: 2, max: 30 }), { minLength: code.length + 1, maxLength: code.length + 1 }),
          focuses: fc.array(focus, { minLength: code.length + 1, maxLength: code.length + 1 }),
        }),
      );
    const piece = fc.record({ typed: printable, typingMs: fc.integer({ min: 80, max: 300 }), burst });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const script = pieces.flatMap(({ typed, typingMs, burst: { code, terminator, gaps, focuses } }) => [
          ...keysOf(typed, typingMs).map((stroke, index) => (index === 0 ? { ...stroke, gapMs: 400 } : stroke)),
          ...[...code, ...(terminator === 'none' ? [] : [terminator])].map((character, index) => ({
            key: keyOf(character, { targetIsEditable: focuses[index] ?? false }),
            gapMs: index === 0 ? 200 : (gaps[index] ?? 2),
          })),
        ]);
        const { reached, scans } = play(script);
        expect(scans.map(({ code, terminator }) => ({ code, terminator }))).toEqual(
          pieces.map(({ burst: { code, terminator } }) => ({ code, terminator })),
        );
        expect(reached.join('')).toBe(pieces.map(({ typed }) => typed).join(''));
      }),
    );
  });
});
