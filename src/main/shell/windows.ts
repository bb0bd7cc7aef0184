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

/** A window that crashes more often than this in a minute is left alone, so that the log stays readable. */
const MAX_RELOADS_A_MINUTE = 5;

/** Loads a window again when its process dies. */
export function reloadWhenGone(window: BrowserWindow, onCrash: (reason: string) => void): void {
  let reloads: number[] = [];
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    onCrash(reason);
    const nowMs = Date.now();
    reloads = [...reloads.filter((atMs) => nowMs - atMs < 60_000), nowMs];
    if (reason !== 'clean-exit' && reloads.length <= MAX_RELOADS_A_MINUTE) window.webContents.reload();
  });
}
