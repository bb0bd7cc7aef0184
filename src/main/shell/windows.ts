import type { BrowserWindow, WebPreferences } from 'electron';
import type { Theme } from '../../shared/theme';

/** The `--canvas` of each theme in tokens.css, so that nothing flashes before the first paint. */
export const CANVAS: Readonly<Record<Theme, string>> = { daylight: '#efebdf', evening: '#121614' };

/** Of every window of ours: sandboxed, without Node, and awake. */
export const WINDOW_PREFERENCES: WebPreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  webSecurity: true,
  spellcheck: false,
  // Sound answers a scan, which is no gesture in Chromium's eyes.
  autoplayPolicy: 'no-user-gesture-required',
  // A till behind another window still has to hear its scanner in time, and a display nobody touches still tells prices.
  backgroundThrottling: false,
};

/** From a window's death until it is loaded again: longer each time it does not stay, so that the log stays readable. */
const PAUSES_MS = [200, 1_000, 5_000, 15_000];
const LAST_PAUSE_MS = 60_000;
/** A window that has lived for so long begins with the first pause again. */
const STAYED_MS = 60_000;
/** Electron may forget a load asked for while a process dies (electron/electron#48661): by now it would be there. */
const LOADED_WITHIN_MS = 15_000;

/** Loads a window again when its process dies, as often as it does. */
export function reloadWhenGone(window: BrowserWindow, onCrash: (reason: string) => void): void {
  const { webContents } = window;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const after = (ms: number, work: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
  function load(): void {
    webContents.reload();
    after(LOADED_WITHIN_MS, loadSoon);
  }
  function loadSoon(): void {
    after(PAUSES_MS[tries] ?? LAST_PAUSE_MS, load);
    tries += 1;
  }
  webContents.on('render-process-gone', (_event, { reason }) => {
    onCrash(reason);
    if (reason !== 'clean-exit') loadSoon();
  });
  webContents.on('did-finish-load', () => after(STAYED_MS, () => (tries = 0)));
  window.once('closed', () => clearTimeout(timer));
}
