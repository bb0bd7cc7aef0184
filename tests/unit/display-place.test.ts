import { expect, test } from 'vitest';
import { placeDisplay, type ScreenHere } from '../../src/main/shell/display-place';

const TILL: ScreenHere = { screenId: 'till', bounds: { x: 0, y: 0, width: 1280, height: 800 } };
const LEFT: ScreenHere = { screenId: 'left', bounds: { x: -1920, y: 0, width: 1920, height: 1080 } };
const RIGHT: ScreenHere = { screenId: 'right', bounds: { x: 1280, y: 0, width: 800, height: 1280 } };

test.each([
  ['nothing while it is off', [TILL, RIGHT], { mode: 'off', screenId: null }, { kind: 'closed' }],
  ['nothing with one screen', [TILL], { mode: 'second-screen', screenId: null }, { kind: 'closed' }],
  [
    'the screen the till is not on',
    [TILL, RIGHT],
    { mode: 'second-screen', screenId: null },
    { kind: 'screen', bounds: RIGHT.bounds },
  ],
  [
    'the chosen screen',
    [LEFT, TILL, RIGHT],
    { mode: 'second-screen', screenId: 'right' },
    { kind: 'screen', bounds: RIGHT.bounds },
  ],
  [
    'another one while the chosen is gone',
    [LEFT, TILL],
    { mode: 'second-screen', screenId: 'right' },
    { kind: 'screen', bounds: LEFT.bounds },
  ],
  [
    'another one when the till was moved to the chosen',
    [TILL, RIGHT],
    { mode: 'always', screenId: 'till' },
    { kind: 'screen', bounds: RIGHT.bounds },
  ],
  [
    'a corner of the till’s screen, when it is asked for',
    [TILL],
    { mode: 'always', screenId: null },
    { kind: 'window', bounds: { x: 480, y: 300, width: 800, height: 500 } },
  ],
] as const)('the display’s window covers %s', (_what, screens, choice, place) => {
  expect(placeDisplay(screens, 'till', choice)).toEqual(place);
});
