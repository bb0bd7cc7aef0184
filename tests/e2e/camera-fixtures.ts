import { join } from 'node:path';
import { _electron, chromium, expect, test as base, type ElectronApplication, type Page } from '@playwright/test';
import { resolveRuntime } from '../../scripts/lib/runtime.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { OPERATOR } from './fixtures';
import { TillPage } from './pages/till-page';

/** What the machine has: a camera that plays a film, or so many that show a test picture. */
type Cameras = { readonly film: string } | { readonly count: number };

const cameraSwitches = (cameras: Cameras): string[] =>
  'film' in cameras
    ? ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${cameras.film}`]
    : [`--use-fake-device-for-media-stream=device-count=${cameras.count}`];

/** What the till gave a person to keep. */
interface SavedFile {
  readonly name: string;
  readonly path: string;
}

/** A till, and how to wait for the file that comes of something done at it. */
type CameraTill = TillPage & { readonly saved: (act: () => Promise<void>) => Promise<SavedFile> };

/** In the app the file goes where the system would ask for, which nobody does here. */
function savedByApp(app: ElectronApplication, folder: string): Promise<SavedFile> {
  return app.evaluate(
    ({ session }, to) =>
      new Promise<SavedFile>((resolve) => {
        session.defaultSession.once('will-download', (_event, item) => {
          const name = item.getFilename();
          const path = `${to}/${name}`;
          item.setSavePath(path);
          item.once('done', () => resolve({ name, path }));
        });
      }),
    folder,
  );
}

async function savedByBrowser(page: Page): Promise<SavedFile> {
  const download = await page.waitForEvent('download', { timeout: SAVING_MS });
  return { name: download.suggestedFilename(), path: await download.path() };
}

/** A film is drawn anew, picture by picture, before it is saved. */
const SAVING_MS = 90_000;

/** A till whose machine has a camera. */
export const test = base.extend<{ tillWith: (cameras: Cameras) => Promise<CameraTill>; folder: string }>({
  folder: async ({}, use) => {
    const folder = temporaryFolder();
    await use(folder.path);
    folder.remove();
  },
  tillWith: async ({ folder }, use, { project }) => {
    const closers: (() => Promise<unknown>)[] = [];
    const complaints: string[] = [];
    let app: ElectronApplication | null = null;
    async function open(cameras: Cameras): Promise<Page> {
      const dataDir = join(folder, 'till');
      if (project.name === 'electron') {
        const runtime = resolveRuntime();
        const launched = await _electron.launch({
          executablePath: runtime.executable,
          // The till itself says who may use the camera: no switch here grants it.
          args: [...runtime.args, ...cameraSwitches(cameras), root, '--data', dataDir, '--demo', '--devices', 'none'],
          env: { ...(process.env as Record<string, string>), ...runtime.env },
          cwd: root,
          timeout: 60_000,
        });
        app = launched;
        closers.push(() => launched.close());
        return launched.firstWindow();
      }
      const kiosk = await startKioskProcess(dataDir, ['--demo', '--devices', 'none']);
      closers.push(() => kiosk.stop());
      const { launchOptions } = project.use;
      const browser = await chromium.launch({
        ...launchOptions,
        args: [...(launchOptions?.args ?? []), ...cameraSwitches(cameras)],
      });
      closers.push(() => browser.close());
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['camera'] });
      const page = await context.newPage();
      await page.goto(`${kiosk.socket.replace(/^ws/, 'http').replace(/socket$/, 'till/')}#${kiosk.token}`);
      return page;
    }
    await use(async (cameras) => {
      const page = await open(cameras);
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      const till = new TillPage(page);
      await till.signOn(OPERATOR.name, OPERATOR.pin);
      await till.openShift(5000);
      const saved = async (act: () => Promise<void>): Promise<SavedFile> => {
        const file = app ? savedByApp(app, folder) : savedByBrowser(page);
        await act();
        return file;
      };
      return Object.assign(till, { saved });
    });
    for (const close of closers.reverse()) await close();
    expect(complaints).toEqual([]);
  },
});
