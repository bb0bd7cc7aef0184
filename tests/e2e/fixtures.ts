import { _electron, expect, test as base, type Page } from '@playwright/test';
import { resolveRuntime } from '../../scripts/lib/runtime.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { TillPage } from './pages/till-page';

export { expect } from '@playwright/test';

/** The demo stall's operator, who may do everything. */
export const OPERATOR = { name: 'Mo', pin: '2468' };

/** Goods of the demo stall that the specs sell. */
export const MUG = { name: 'Enamel mug', code: '5012345014845', priceMinor: 1200 };
export const LOAF = { name: 'Sourdough loaf', code: '5012345010779', priceMinor: 450 };
export const HONEY = { name: 'Heather honey', code: '5012345012995', priceMinor: 750 };

/** One till on the demo stall, for all tests of a worker. */
interface Seat {
  /** The till's window, newly loaded. */
  open(): Promise<Page>;
  /** Done with a window that `open` gave. */
  leave(page: Page): Promise<void>;
  /** Loopback address that sets faults of the virtual printer; only in the browser project. */
  readonly printerControl: string | null;
}

interface TestFixtures {
  /** Signed on as the operator, shift open, nothing on the docket. No test may leave an error on the console. */
  till: TillPage;
}
interface WorkerFixtures {
  seat: Seat;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  seat: [
    async ({ playwright }, use, workerInfo) => {
      const folder = temporaryFolder();
      if (workerInfo.project.name === 'electron') {
        const runtime = resolveRuntime();
        const app = await _electron.launch({
          executablePath: runtime.executable,
          args: [...runtime.args, root, '--data', folder.path, '--demo', '--devices', 'virtual'],
          env: { ...(process.env as Record<string, string>), ...runtime.env },
          cwd: root,
          timeout: 60_000,
        });
        const window = await app.firstWindow();
        await use({
          async open() {
            await window.reload();
            return window;
          },
          leave: () => Promise.resolve(),
          printerControl: null,
        });
        await app.close();
      } else {
        const kiosk = await startKioskProcess(folder.path, [
          '--demo',
          '--devices',
          'virtual',
          '--printer-control-port',
          '0',
        ]);
        const { launchOptions } = workerInfo.project.use;
        const browser = await playwright.chromium.launch(launchOptions);
        const address = `${kiosk.socket.replace(/^ws/, 'http').replace(/socket$/, 'till/')}#${kiosk.token}`;
        await use({
          async open() {
            const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
            await page.goto(address);
            return page;
          },
          leave: (page) => page.close(),
          printerControl: kiosk.printerControl ?? null,
        });
        await browser.close();
        await kiosk.stop();
      }
      folder.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  till: async ({ seat }, use) => {
    const page = await seat.open();
    page.setDefaultTimeout(20_000);
    const complaints: string[] = [];
    const onConsole = (message: { type(): string; text(): string }): void => {
      if (message.type() === 'error') complaints.push(message.text());
    };
    const onError = (error: Error): void => void complaints.push(error.message);
    page.on('console', onConsole);
    page.on('pageerror', onError);
    const till = new TillPage(page);
    await begin(till);
    await use(till);
    page.off('console', onConsole);
    page.off('pageerror', onError);
    await seat.leave(page);
    expect(complaints).toEqual([]);
  },
});

/** From wherever the test before left the till to an empty docket in an open shift. */
async function begin(till: TillPage): Promise<void> {
  const { page, docket } = till;
  if ((await till.at('sign-on', 'sell', 'pay', 'done')) === 'sign-on') {
    await till.signOn(OPERATOR.name, OPERATOR.pin);
  }
  const float = till.sheet(m.shift_open_title());
  if (await float.isVisible()) await till.openShift(5000);
  const screen = await till.at('sell', 'pay', 'done');
  if (screen === 'done') await till.nextSale();
  if (screen === 'pay') await page.getByText(m.pay_back({ number: '' }).trim()).click();
  await till.at('sell');
  if ((await docket.locator('[data-line]').count()) > 0) await till.void('between tests');
  await docket.getByText(m.docket_empty()).waitFor();
}
