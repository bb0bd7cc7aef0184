import { join } from 'node:path';
import { BrowserWindow } from 'electron';
import type { Theme } from '../../shared/theme';
import { APP_ORIGIN } from './app-protocol';
import { CANVAS, reloadWhenGone, WINDOW_PREFERENCES } from './windows';

export interface TillWindowOptions {
  /** The folder of the build, `out/`. */
  readonly buildDir: string;
  readonly kioskMode: boolean;
  readonly theme: Theme;
  readonly onCrash: (reason: string) => void;
}

/** Opens the till's window: sandboxed, without Node, shown with its first paint, loaded again when its process dies. */
export function openTillWindow({ buildDir, kioskMode, theme, onCrash }: TillWindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 1024,
    minHeight: 600,
    show: false,
    kiosk: kioskMode,
    fullscreen: kioskMode,
    autoHideMenuBar: true,
    backgroundColor: CANVAS[theme],
    title: 'Trestle',
    webPreferences: { ...WINDOW_PREFERENCES, preload: join(buildDir, 'preload', 'till.cjs') },
  });
  window.once('ready-to-show', () => window.show());

  reloadWhenGone(window, onCrash);
  void window.loadURL(`${APP_ORIGIN}/till/index.html`);
  return window;
}
