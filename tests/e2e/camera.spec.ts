import { join } from 'node:path';
import { _electron, chromium, expect, test as base, type Page } from '@playwright/test';
import { resolveRuntime } from '../../scripts/lib/runtime.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { filmLabel } from '../helpers/camera-film';
import { startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { HONEY, MUG, OPERATOR } from './fixtures';
import { TillPage } from './pages/till-page';

/** What the machine has: a camera that plays a film, or so many that show a test picture. */
type Cameras = { readonly film: string } | { readonly count: number };

const cameraSwitches = (cameras: Cameras): string[] =>
  'film' in cameras
    ? ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${cameras.film}`]
    : [`--use-fake-device-for-media-stream=device-count=${cameras.count}`];

/** A till whose machine has a camera. */
const test = base.extend<{ tillWith: (cameras: Cameras) => Promise<TillPage>; folder: string }>({
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

const openCamera = (till: TillPage): Promise<void> => till.button(m.camera_title(), till.goods).click();

test('a label held up to the camera is sold once, and the camera stays for the next', async ({ tillWith, folder }) => {
  const film = join(folder, 'mug.mjpeg');
  await filmLabel(film, 'ean13', MUG.code);
  const till = await tillWith({ film });
  await openCamera(till);
  await expect(till.line(MUG.name)).toContainText('£12.00');
  await expect(till.sheet(m.camera_title())).toBeVisible();
  // It is in sight all the time and stays one line of one piece, also when something else is scanned meanwhile.
  await till.scan(HONEY.code);
  await expect(till.line(HONEY.name)).toBeVisible();
  await expect(till.payKey).toContainText('£19.50');
  await expect(till.sheet(m.camera_title())).toContainText(m.camera_next());
  await till.button(m.camera_done(), till.sheet(m.camera_title())).click();
  await expect(till.sheet(m.camera_title())).toBeHidden();
  await expect(till.page.locator('video')).toHaveCount(0);
});

test('an unknown code is named, and the camera goes on looking', async ({ tillWith, folder }) => {
  const film = join(folder, 'unknown.mjpeg');
  await filmLabel(film, 'qrcode', 'NOTHING-WE-SELL');
  const till = await tillWith({ film });
  await openCamera(till);
  await expect(till.banner).toContainText(m.banner_unknown_code({ code: 'NOTHING-WE-SELL' }));
  await expect(till.sheet(m.camera_title())).toBeVisible();
  await expect(till.docket).toContainText(m.docket_empty());
});

test('without a camera it says so, and how to go on', async ({ tillWith }) => {
  const till = await tillWith({ count: 0 });
  await openCamera(till);
  await expect(till.page.getByRole('alert')).toContainText(m.camera_none());
  await till.button(m.camera_again(), till.goods).click();
  await expect(till.page.getByRole('alert')).toContainText(m.camera_none());
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
});

test('another camera can be chosen', async ({ tillWith }) => {
  const till = await tillWith({ count: 2 });
  await openCamera(till);
  const sheet = till.sheet(m.camera_title());
  const other = sheet.getByRole('button', { name: /fake_device_/ });
  const name = (await other.innerText()).trim();
  await other.click();
  await expect(sheet.getByRole('button', { name: /fake_device_/ })).not.toContainText(name);
  await expect(other).toHaveCount(1);
});
