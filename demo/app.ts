import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, chromium, type Browser, type ElectronApplication, type Page } from '@playwright/test';
import { TillPage } from '../tests/e2e/pages/till-page';

/** The Electron to start, as set-up resolved it. */
export interface Runtime {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface AppOptions {
  readonly root: string;
  readonly runtime: Runtime;
  readonly dataDir: string;
  /** Lay out the demo stall in a new folder, or let the till ask what it is to be. */
  readonly demo: boolean;
}

/** The real till in its real window, which can be killed. */
export interface App {
  readonly till: TillPage;
  /** kill -9 of the main process; everything of it is gone when this returns. */
  kill(): Promise<void>;
  /** kill -9 of the process that draws the window, and waits for the window the till puts in its place. */
  killRenderer(): Promise<TillPage>;
  /** Moves the clock by which receipts grow stale, and gives back what sets it right again. */
  letPass(milliseconds: number): Promise<() => Promise<void>>;
  /** Ends in good order. */
  close(): Promise<void>;
}

const PATIENCE_MS = 20_000;
const LAUNCH_MS = 30_000;

/**
 * Launches the till. On a busy machine Playwright now and then misses that it has connected, although the till says on its
 * output that it is up; only then is it ended (it may be killed at any time) and launched once more.
 */
async function launch({ root, runtime, dataDir, demo }: AppOptions): Promise<ElectronApplication> {
  const attempt = (): Promise<ElectronApplication> =>
    _electron.launch({
      executablePath: runtime.executable,
      args: [
        ...runtime.args,
        '--log-level=3',
        root,
        '--data',
        dataDir,
        ...(demo ? ['--demo'] : []),
        '--devices',
        'real',
      ],
      env: { ...(process.env as Record<string, string>), ...runtime.env },
      cwd: root,
      timeout: LAUNCH_MS,
    });
  try {
    return await attempt();
  } catch (error) {
    if (!String(error).includes('The till is up.')) throw error;
    return attempt();
  }
}

/** Starts the till on a data folder. */
export async function startApp(options: AppOptions): Promise<App> {
  const { dataDir } = options;
  const app = await launch(options);
  const child = app.process();
  const ended = once(child, 'exit');
  let outside: Browser | null = null;
  const look = (page: Page): TillPage => {
    page.setDefaultTimeout(PATIENCE_MS);
    return new TillPage(page);
  };
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);

  return {
    till: look(await app.firstWindow()),
    async kill() {
      process.off('exit', end);
      child.kill('SIGKILL');
      await ended;
    },
    async killRenderer() {
      await app.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        if (!contents) throw new Error('The till has no window');
        const isBack = new Promise<void>((resolve) => contents.once('did-finish-load', () => resolve()));
        process.kill(contents.getOSProcessId(), 'SIGKILL');
        return isBack;
      });
      // Playwright gives a crashed page up for good, so the new one is met from outside.
      outside = await chromium.connectOverCDP(debuggerAddress(dataDir));
      const context = outside.contexts()[0];
      const page = context?.pages()[0] ?? (await context?.waitForEvent('page'));
      if (!page) throw new Error('The till did not open its window again');
      return look(page);
    },
    async letPass(milliseconds) {
      await app.evaluate((_electron, ms) => {
        const { now } = Date;
        Object.assign(globalThis, { realNow: now });
        Date.now = () => now() + ms;
      }, milliseconds);
      return () =>
        app.evaluate(() => {
          Date.now = (globalThis as unknown as { realNow: () => number }).realNow;
        });
    },
    async close() {
      process.off('exit', end);
      await outside?.close();
      await app.close();
    },
  };
}

/** Where Chromium lets itself be looked at; it says so in a file beside its own. */
function debuggerAddress(dataDir: string): string {
  const [port, path] = readFileSync(join(dataDir, 'window', 'DevToolsActivePort'), 'utf8').split('\n');
  return `ws://127.0.0.1:${port}${path}`;
}

/** A new, empty data folder in the demo's own folder. */
export function freshDataFolder(folder: string, name: string): string {
  const dataDir = join(folder, name);
  rmSync(dataDir, { recursive: true, force: true });
  return dataDir;
}
