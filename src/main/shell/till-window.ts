import { join } from 'node:path';
import { BrowserWindow } from 'electron';
import type { Theme } from '../../shared/theme';
import { APP_ORIGIN } from './app-protocol';

export interface TillWindowOptions {
  /** The folder of the build, `out/`. */
  readonly buildDir: string;
  readonly kioskMode: boolean;
  readonly theme: Theme;
  readonly onCrash: (reason: string) => void;
}

/** A window that crashes more often than this in a minute is left alone, so that the log stays readable. */
const MAX_RELOADS_A_MINUTE = 5;

/** The `--canvas` of each theme in tokens.css, so that nothing flashes before the first paint. */
const CANVAS: Readonly<Record<Theme, string>> = { daylight: '#efebdf', evening: '#121614' };

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
    webPreferences: {
      preload: join(buildDir, 'preload', 'till.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
      // Sound answers a scan, which is no gesture in Chromium's eyes.
      autoplayPolicy: 'no-user-gesture-required',
      // A till behind another window still has to hear its scanner in time.
      backgroundThrottling: false,
    },
  });
  window.once('ready-to-show', () => window.show());

  let reloads: number[] = [];
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    onCrash(reason);
    const nowMs = Date.now();
    reloads = [...reloads.filter((atMs) => nowMs - atMs < 60_000), nowMs];
    if (reason !== 'clean-exit' && reloads.length <= MAX_RELOADS_A_MINUTE) window.webContents.reload();
  });
  void window.loadURL(`${APP_ORIGIN}/till/index.html`);
  return window;
}
