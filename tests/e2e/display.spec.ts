import { _electron, expect, test, type Page } from '@playwright/test';
import { resolveRuntime } from '../../scripts/lib/runtime.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import type { DisplayScene } from '../../src/shared/contract';
import * as m from '../../src/shared/i18n/generated/messages.js';
import type { TrestleBridge } from '../../src/renderer/lib/client';
import { freePort } from '../helpers/free-port';
import { connect, readyToSell, startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { HONEY, LOAF, MUG } from './fixtures';
import { TillPage } from './pages/till-page';

type Shown = DisplayScene['mode'] | 'browse' | 'item' | 'unknown' | 'lost';

/** What the shopper reads. */
class DisplayPage {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(20_000);
  }
  shows(what: Shown): Promise<void> {
    return this.page.locator(`[data-shown=${what}]`).waitFor();
  }
  get text(): Promise<string> {
    return this.page.locator('body').innerText();
  }
}

/** One sale that the display follows, and that nobody reads any more afterwards. */
async function sellBefore(
  display: DisplayPage,
  till: Pick<TillPage, 'page'>,
  scan: (code: string) => Promise<unknown>,
) {
  await display.shows('reel');
  await scan(MUG.code);
  await scan(LOAF.code);
  await display.shows('cart');
  await expect(display.page.locator('[data-line]')).toHaveCount(2);
  await expect(display.page.locator('[data-line][aria-current]')).toContainText(LOAF.name);
  await expect(display.page.locator('[data-due]')).toHaveText('£16.50');
  await till.page.locator('[data-screen=sell]').waitFor();
}

/** The app with its second window, a cashier at the till and nothing on the docket. */
async function openApp(folder: string) {
  const runtime = resolveRuntime();
  const app = await _electron.launch({
    executablePath: runtime.executable,
    args: [...runtime.args, root, '--data', folder, '--demo', '--devices', 'virtual', '--display'],
    env: { ...(process.env as Record<string, string>), ...runtime.env },
    cwd: root,
    timeout: 60_000,
  });
  const isDisplay = (page: Page): boolean => page.url().includes('/display/');
  await expect.poll(() => app.windows().some(isDisplay), { timeout: 30_000 }).toBe(true);
  const [displayWindow] = app.windows().filter(isDisplay);
  const [tillWindow] = app.windows().filter((page) => !isDisplay(page));
  if (!displayWindow || !tillWindow) throw new Error('the app has a till and a display');
  const till = new TillPage(tillWindow);
  const display = new DisplayPage(displayWindow);
  const ask = (page: Page, call: string, input: object): Promise<unknown> =>
    page.evaluate((message) => (window as unknown as { trestle: TrestleBridge }).trestle.call(message), {
      call,
      input,
      requestId: `display-${call}-${Math.random()}`,
    });
  await display.shows('closed');
  await till.signOn('Mo', '2468');
  await till.openShift(5_000);
  await sellBefore(display, till, (code) => ask(tillWindow, 'cart.scan', { code }));
  return {
    app,
    ask,
    displayWindow,
    tillWindow,
    /** What the display's window says, also one that came after the first; empty while there is none. */
    text: (): Promise<string> =>
      app.evaluate(({ webContents }) => {
        const contents = webContents.getAllWebContents().find((one) => one.getURL().includes('/display/'));
        if (!contents || contents.isCrashed()) return '';
        const said = contents.executeJavaScript('document.body.innerText') as Promise<string>;
        // Electron never answers what it was asked while a page went.
        return Promise.race([said, new Promise<string>((resolve) => setTimeout(resolve, 2_000, ''))]);
      }),
  };
}

test('a second window mirrors the sale, thanks and forgets it', async () => {
  test.skip(test.info().project.name !== 'electron', 'two windows are the app’s');
  const folder = temporaryFolder();
  const { app, ask, displayWindow, tillWindow, text } = await openApp(folder.path);

  // The display's own bridge opens nothing of the till's.
  expect(await ask(displayWindow, 'state.get', {})).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  expect(await ask(displayWindow, 'cart.void', { reason: 'x' })).toMatchObject({ ok: false });

  await ask(tillWindow, 'payment.cash', { givenMinor: 2_000 });
  await expect.poll(text).toContain('£3.50');
  await ask(tillWindow, 'sale.next', {});
  await expect.poll(text).not.toContain('£3.50');
  expect(await text()).not.toContain('Mo');
  await app.close();
  folder.remove();
});

test('a second window that dies or is closed comes back as the sale is, and the till never waits for it', async () => {
  test.skip(test.info().project.name !== 'electron', 'two windows are the app’s');
  const folder = temporaryFolder();
  const { app, ask, tillWindow, text } = await openApp(folder.path);
  const onDisplay = (what: 'crash' | 'close'): Promise<void> =>
    app.evaluate(({ BrowserWindow }, wanted) => {
      const window = BrowserWindow.getAllWindows().find(({ webContents }) =>
        webContents.getURL().includes('/display/'),
      );
      if (wanted === 'crash') window?.webContents.forcefullyCrashRenderer();
      else window?.close();
    }, what);

  await onDisplay('crash');
  expect(await ask(tillWindow, 'cart.scan', { code: HONEY.code })).toMatchObject({ ok: true });
  await expect.poll(text, { timeout: 60_000 }).toContain('£24.00');

  // Closed by hand it stays closed, until it is asked for again.
  await onDisplay('close');
  const windows = (): Promise<number> => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
  await expect.poll(windows).toBe(1);
  expect(await ask(tillWindow, 'cart.scan', { code: LOAF.code })).toMatchObject({ ok: true });
  expect(await ask(tillWindow, 'display.set-window', { mode: 'always', screenId: null })).toMatchObject({ ok: true });
  await expect.poll(text, { timeout: 20_000 }).toContain('£28.50');
  expect(await ask(tillWindow, 'payment.cash', { givenMinor: 3_000 })).toMatchObject({ ok: true });
  await expect.poll(text).toContain('£1.50');
  await app.close();
  folder.remove();
});

test('a tablet is paired by the code, mirrors and checks prices, shows nothing stale, and is taken off', async ({
  playwright,
}) => {
  const { name, use } = test.info().project;
  test.skip(name !== 'chromium', 'tablets have browsers');
  const browser = await playwright.chromium.launch(use.launchOptions);
  const folder = temporaryFolder();
  const kiosk = await startKioskProcess(folder.path, ['--demo', '--devices', 'none']);
  const till = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(till);
  const port = await freePort();
  const serving = { isOn: true, address: '127.0.0.1', port, offers: ['display' as const], publicUrl: null };
  await till.call('shop.serve', serving);
  await till.until(({ displays }) => displays.servedAt !== null, 'the stall server');

  const tablet = await browser.newContext({ viewport: { width: 800, height: 1280 } });
  const page = await tablet.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  const display = new DisplayPage(page);
  const { link, code } = await till.call('display.new-code', {});
  await page.goto(link ?? '');
  await display.shows('reel');
  expect(page.url()).not.toContain(code);

  // Looked through by touch; a price that flips meanwhile flips here too.
  await page.locator('.around').click();
  await display.shows('browse');
  await page.locator('.goods button', { hasText: LOAF.name }).click();
  await display.shows('item');
  await expect(page.locator('[data-price]')).toContainText('£4.50');
  const found = await till.call('catalogue.lookup', { code: LOAF.code });
  await till.call('drop.schedule', {
    name: 'Bread hour',
    what: { kind: 'items', itemIds: [found?.item.itemId ?? ''] },
    effect: { kind: 'unit-price', priceMinor: 350 },
    startsAt: null,
    minutes: 30,
    unitCap: null,
    shares: null,
    graceMs: null,
  });
  await expect(page.locator('[data-price]')).toContainText('£3.50');
  await expect(page.locator('.count')).toContainText(/29:|30:/);

  // A sale at the till takes over; what was typed by the shopper's own scanner before does not matter.
  await till.call('cart.scan', { code: MUG.code });
  await display.shows('cart');
  await expect(page.locator('[data-due]')).toHaveText('£12.00');

  // The till goes away: no cart stays on the screen. It comes back: so does the sale.
  await kiosk.stop();
  await display.shows('lost');
  expect(await display.text).not.toContain(MUG.name);
  till.close();
  const again = await startKioskProcess(folder.path, ['--devices', 'none']);
  const back = await connect({ socketUrl: again.socket, token: again.token });
  await display.shows('cart');
  await back.call('payment.cash', { givenMinor: 1_999 });
  await display.shows('thanks');
  await expect(page.locator('[data-change]')).toHaveText('£7.99');
  await back.call('sale.next', {});
  await display.shows('reel');
  // Nothing on the wall costs that.
  expect(await display.text).not.toContain('£7.99');

  const [paired] = back.topics.displays.paired;
  await back.call('display.unpair', { displayId: paired?.displayId ?? '' });
  await page.getByText(m.shopper_unpaired()).waitFor();
  expect(complaints).toEqual([]);
  await browser.close();
  back.close();
  await again.stop();
  folder.remove();
});
