import { join } from 'node:path';
import { _electron, chromium, expect, test as base, type Page } from '@playwright/test';
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

/** A till whose machine has a camera. */
export const test = base.extend<{ tillWith: (cameras: Cameras) => Promise<TillPage>; folder: string }>({
  folder: async ({}, use) => {
    const folder = temporaryFolder();
    await use(folder.path);
    folder.remove();
  },
  tillWith: async ({ folder }, use, { project }) => {
    const closers: (() => Promise<unknown>)[] = [];
    const complaints: string[] = [];
    async function open(cameras: Cameras): Promise<Page> {
      const dataDir = join(folder, 'till');
      if (project.name === 'electron') {
        const runtime = resolveRuntime();
        const app = await _electron.launch({
          executablePath: runtime.executable,
          // The till itself says who may use the camera: no switch here grants it.
          args: [...runtime.args, ...cameraSwitches(cameras), root, '--data', dataDir, '--demo', '--devices', 'none'],
          env: { ...(process.env as Record<string, string>), ...runtime.env },
          cwd: root,
          timeout: 60_000,
        });
        closers.push(() => app.close());
        return app.firstWindow();
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
      return till;
    });
    for (const close of closers.reverse()) await close();
    expect(complaints).toEqual([]);
  },
});
