import type { DisplayWindowChoice } from '../core/display-desk';

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A screen of the machine. */
export interface ScreenHere {
  readonly screenId: string;
  readonly bounds: Bounds;
}

/** Where the display's window belongs: nowhere, over a whole screen, or as an ordinary window beside the till. */
export type DisplayPlace =
  | { readonly kind: 'closed' }
  | { readonly kind: 'screen'; readonly bounds: Bounds }
  | { readonly kind: 'window'; readonly bounds: Bounds };

/** Small enough to leave most of the till in sight on the screen they share. */
const WINDOW = { width: 800, height: 500 };

/**
 * Where the display's window goes. It covers a screen that the till is not on, the chosen one where it is there, and never the
 * till's: on that it is a small window, and only when it is asked for.
 */
export function placeDisplay(
  screens: readonly ScreenHere[],
  tillScreenId: string,
  { mode, screenId }: DisplayWindowChoice,
): DisplayPlace {
  if (mode === 'off') return { kind: 'closed' };
  const others = screens.filter((screen) => screen.screenId !== tillScreenId);
  const other = others.find((screen) => screen.screenId === screenId) ?? others[0];
  if (other) return { kind: 'screen', bounds: other.bounds };
  const own = screens.find((screen) => screen.screenId === tillScreenId);
  if (mode !== 'always' || !own) return { kind: 'closed' };
  const { x, y, width, height } = own.bounds;
  const size = { width: Math.min(WINDOW.width, width), height: Math.min(WINDOW.height, height) };
  return { kind: 'window', bounds: { x: x + width - size.width, y: y + height - size.height, ...size } };
}
