import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { axeProblems } from '../helpers/axe';
import { temporaryFolder } from '../helpers/kiosk';
import { openShopTill, type ShopTill } from '../helpers/stall-shoppers';
import { expect, HONEY, LOAF, MUG, test } from './fixtures';
import { TillPage } from './pages/till-page';

test.describe.configure({ mode: 'serial' });

/**
 * What a till does in half an hour of sleep, told by a signal: its steady clock jumps, no timer fires. Sooner than that no
 * hold runs out.
 */
const SLEEPS = `
  const now = performance.now.bind(performance);
  let sleptMs = 0;
  performance.now = () => now() + sleptMs;
  process.on('SIGUSR2', () => { sleptMs += 31 * 60_000; });`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(SLEEPS)}`;

const folder = temporaryFolder();
let kiosk: ShopTill['kiosk'];
let client: ShopTill['client'];
let close: ShopTill['close'];
let url: string;

test.beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  await prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer }, fireImmediately: true });
  ({ kiosk, client, url, close } = await openShopTill(folder.path, { NODE_OPTIONS }));
});
test.afterAll(async () => {
  await close();
  folder.remove();
});

/** The till's own window, at the place where it sells. */
async function openTill(page: Page): Promise<TillPage> {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${kiosk.socket.replace(/^ws/, 'http').replace(/socket$/, 'till/')}#${kiosk.token}`);
  const till = new TillPage(page);
  await till.at('sell');
  return till;
}

/** A phone without script, which is all the pages need, holds something from the code on its label. @returns its page */
async function hold(till: TillPage, { code, name }: { readonly code: string; readonly name: string }, person = '') {
  const found = await client.call('catalogue.lookup', { code });
  const browser = till.page.context().browser();
  if (!found || browser === null) throw new Error('the demo stall sells it, and a browser looks at it');
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    javaScriptEnabled: false,
    locale: 'en-GB',
  });
  const phone = await context.newPage();
  await phone.goto(`${url}/q/${encodeURIComponent(found.item.itemId)}`);
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText(name);
  await phone.getByRole('link', { name: m.hold_page_hold() }).click();
  if (person !== '') {
    await phone.getByLabel(m.hold_page_name(), { exact: true }).fill(person);
    await phone.getByLabel(m.hold_page_consent()).check();
  }
  await phone.getByRole('button', { name: m.hold_page_do() }).click();
  await expect(phone.getByRole('heading', { level: 1 })).toContainText(m.hold_page_held());
  return phone;
}

/** The six letters that stand beside the code, for scanners and people that cannot read it. */
async function lettersOn(phone: Page): Promise<string> {
  return (await phone.locator('.code .mono').textContent()) ?? '';
}

/** What a scanner reads from the phone: too long to be typed key by key on a machine that is busy with other tests. */
async function codeOn(phone: Page): Promise<string> {
  const [read] = await readBarcodes(await phone.getByAltText(m.hold_page_code()).screenshot(), { formats: ['QRCode'] });
  return read?.text ?? '';
}

test('a phone holds, the till scans its code at the promised price, and nobody pays for it twice', async ({ page }) => {
  const till = await openTill(page);
  const phone = await hold(till, LOAF, 'Ada Lovelace');
  expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  // Anybody may look over a shoulder.
  await expect(phone.getByRole('main')).not.toContainText('Ada');
  const code = await codeOn(phone);

  await till.go('holds');
  const row = page.locator('[data-hold]', { hasText: LOAF.name });
  await expect(row).toContainText('Ada Lovelace');
  const letters = await lettersOn(phone);
  await expect(row).toContainText(letters);
  await phone.getByRole('button', { name: m.hold_page_more({ minutes: 10 }) }).click();
  await expect(phone.getByText(m.hold_page_more_given())).toBeVisible();
  await expect(row).toContainText(m.hold_asked_more());
  await till.go('sell');

  // Dearer for whoever comes now.
  const { item } = (await client.call('catalogue.lookup', { code: LOAF.code })) ?? {};
  if (!item) throw new Error('the loaf');
  const { handle: _handle, ...loaf } = await client.call('catalogue.item', { itemId: item.itemId });
  const variants = loaf.variants.map((variant) => ({ ...variant, priceMinor: LOAF.priceMinor + 100 }));
  await client.call('catalogue.put-item', { ...loaf, variants });
  await client.call('cart.scan', { code });
  await expect(till.line(LOAF.name)).toContainText('4.50');
  await till.scan(LOAF.code);
  await expect(till.line(LOAF.name).nth(1)).toContainText('5.50');
  await till.pay();
  await till.takeCash();
  await till.at('done');
  await phone.getByRole('link', { name: m.hold_page_again() }).click();
  await expect(phone.getByText(m.hold_page_over_sold())).toBeVisible();
  await till.nextSale();

  expect(await client.failure('cart.scan', { code })).toBe('hold-sold');
  await till.scan(letters);
  await expect(till.banner).toContainText(m.error_hold_sold());
  await expect(till.docket.locator('[data-line]')).toHaveCount(0);
  await phone.context().close();
  await till.go('day');
  await expect(page.getByText(m.day_average_held({ count: 1, total: 1 }))).toBeVisible();
});

test('what ran out or was given up at the till is said on the phone and brings nothing to the docket', async ({
  page,
}) => {
  const till = await openTill(page);
  const released = await hold(till, MUG);
  const releasedLetters = await lettersOn(released);
  await till.go('holds');
  const row = page.locator('[data-hold]', { hasText: MUG.name });
  await till.button(m.hold_release(), row).click();
  await till.button(m.hold_release_sure(), row).click();
  await expect(row).toContainText(m.hold_by_till());
  await till.go('sell');
  await released.reload();
  await expect(released.getByText(m.hold_page_over_by_stall())).toBeVisible();
  await till.scan(releasedLetters);
  await expect(till.banner).toContainText(m.error_hold_released());
  await released.context().close();

  const late = await hold(till, HONEY);
  const lateLetters = await lettersOn(late);
  kiosk.child.kill('SIGUSR2');
  await expect(async () => {
    await late.reload();
    await expect(late.getByRole('main')).toContainText('so it went back on the table', { timeout: 1 });
  }).toPass();
  await till.scan(lateLetters);
  await expect(till.banner).toContainText(m.error_hold_expired());
  await expect(till.docket.locator('[data-line]')).toHaveCount(0);
  await late.context().close();
});

test('the pages of a hold are clean for who cannot see them, by day and by night', async ({ page, browser }) => {
  const till = await openTill(page);
  const phone = await hold(till, MUG);
  const address = phone.url();
  await phone.context().close();
  const found = await client.call('catalogue.lookup', { code: HONEY.code });
  const form = `${url}/hold/of/${found?.item.itemId}`;
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme, locale: 'en-GB' });
    const look = await context.newPage();
    for (const path of [address, form]) {
      await look.goto(path);
      expect(await axeProblems(look), `${path}, ${colorScheme}`).toEqual([]);
    }
    await context.close();
  }
});
