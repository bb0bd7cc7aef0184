import { join } from 'node:path';
import { BrowserWindow, screen, type Display, type WebContents } from 'electron';
import type { Theme } from '../../shared/theme';
import type { DisplayDesk, DisplayWindowChoice } from '../core/display-desk';
import { APP_ORIGIN } from './app-protocol';
import { placeDisplay, type DisplayPlace } from './display-place';
import { CANVAS, reloadWhenGone, WINDOW_PREFERENCES } from './windows';

/** Screens that come and go say so several times in a row. */
const SETTLE_MS = 300;

export interface DisplayWindowOptions {
  readonly till: BrowserWindow;
  /** The folder of the build, `out/`. */
  readonly buildDir: string;
  readonly theme: () => Theme;
  readonly desk: DisplayDesk;
  /** Asked for on the command line: open it even beside the till on its one screen. */
  readonly isAsked: boolean;
  readonly onCrash: (reason: string) => void;
}

export interface DisplayWindow {
  /** Whether web contents are the display's. */
  owns(contents: WebContents): boolean;
}

/**
 * Keeps the display's window where it belongs, whatever happens to the screens: opened when the second one comes, gone before
 * the system could move it over the till when that goes, and back on the same screen later.
 */
export function keepDisplayWindow(options: DisplayWindowOptions): DisplayWindow {
  const { till, desk, isAsked } = options;
  let window: BrowserWindow | null = null;
  /** Somebody closed it: it stays so until it is asked for again. */
  let isDismissed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function choice(): DisplayWindowChoice {
    const chosen = desk.choice();
    return isAsked ? { ...chosen, mode: 'always' } : chosen;
  }

  function place(): void {
    if (till.isDestroyed()) return;
    const tillScreenId = idOf(screen.getDisplayMatching(till.getBounds()));
    const displays = screen.getAllDisplays();
    desk.screensChanged(
      displays.map((display) => ({
        screenId: idOf(display),
        name: display.label.slice(0, 120),
        width: display.size.width,
        height: display.size.height,
        isTills: idOf(display) === tillScreenId,
      })),
    );
    const screens = displays.map((display) => ({ screenId: idOf(display), bounds: display.bounds }));
    const belongs = placeDisplay(screens, tillScreenId, choice());
    if (belongs.kind === 'closed' || isDismissed) return close();
    if (window && kindOf(window) !== belongs.kind) close();
    if (window) {
      if (belongs.kind === 'screen') cover(window, belongs);
    } else open(belongs);
  }

  function later(): void {
    clearTimeout(timer);
    timer = setTimeout(place, SETTLE_MS);
  }

  function open(belongs: Exclude<DisplayPlace, { kind: 'closed' }>): void {
    const opened = openWindow(belongs, options);
    window = opened;
    kinds.set(opened, belongs.kind);
    opened.once('ready-to-show', () => {
      // The till keeps the keyboard, and with it the scanner that types.
      opened.showInactive();
      if (belongs.kind === 'screen') cover(opened, belongs);
      desk.windowChanged(true);
    });
    opened.on('close', () => {
      isDismissed = window === opened;
    });
    opened.once('closed', () => {
      if (window !== opened) return;
      window = null;
      desk.windowChanged(false);
    });
  }

  function close(): void {
    const closing = window;
    if (!closing) return;
    window = null;
    closing.destroy();
    desk.windowChanged(false);
  }

  screen.on('display-removed', (_event, gone) => {
    // The system is about to move what stood there onto the till's screen.
    if (window && isOn(window, gone)) close();
    later();
  });
  screen.on('display-added', later);
  screen.on('display-metrics-changed', later);
  till.on('moved', later);
  till.once('closed', () => {
    clearTimeout(timer);
    close();
  });
  desk.onChoice(() => {
    isDismissed = false;
    place();
  });
  place();
  return { owns: (contents) => window?.webContents === contents };
}

const kinds = new WeakMap<BrowserWindow, DisplayPlace['kind']>();
function kindOf(window: BrowserWindow): DisplayPlace['kind'] {
  return kinds.get(window) ?? 'closed';
}

function idOf({ id }: Display): string {
  return String(id);
}

function isOn(window: BrowserWindow, { bounds }: Display): boolean {
  const { x, y } = window.getBounds();
  return x >= bounds.x && x < bounds.x + bounds.width && y >= bounds.y && y < bounds.y + bounds.height;
}

function cover(window: BrowserWindow, { bounds }: Extract<DisplayPlace, { kind: 'screen' }>): void {
  const now = window.getBounds();
  const isThere =
    now.x === bounds.x && now.y === bounds.y && now.width === bounds.width && now.height === bounds.height;
  if (isThere) return;
  // A window that fills one screen is not moved to another by every window manager.
  window.setFullScreen(false);
  window.setBounds(bounds);
  window.setFullScreen(true);
}

function openWindow(
  { kind, bounds }: Exclude<DisplayPlace, { kind: 'closed' }>,
  { buildDir, theme, onCrash }: DisplayWindowOptions,
): BrowserWindow {
  const window = new BrowserWindow({
    ...bounds,
    show: false,
    frame: kind === 'window',
    autoHideMenuBar: true,
    backgroundColor: CANVAS[theme()],
    title: 'Trestle',
    webPreferences: { ...WINDOW_PREFERENCES, preload: join(buildDir, 'preload', 'till.cjs') },
  });
  reloadWhenGone(window, onCrash);
  void window.loadURL(`${APP_ORIGIN}/display/index.html`);
  return window;
}
