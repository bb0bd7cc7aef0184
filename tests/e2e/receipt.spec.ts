import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from '@playwright/test';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { temporaryFolder } from '../helpers/kiosk';
import { openShopTill, type ShopTill } from '../helpers/stall-shoppers';
import { axeProblems } from '../helpers/axe';
import { expect, LOAF, MUG, test } from './fixtures';

test.describe.configure({ mode: 'serial' });

const folder = temporaryFolder();
let client: ShopTill['client'];
let close: ShopTill['close'];
let browser: Browser;
let display: Page;

test.beforeAll(async ({ launchOptions }) => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  await prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer }, fireImmediately: true });
  ({ client, close } = await openShopTill(folder.path));
  browser = await chromium.launch(launchOptions);
  display = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const { link } = await client.call('display.new-code', {});
  await display.goto(link ?? '');
});
test.afterAll(async () => {
  await browser.close();
  await close();
  folder.remove();
});

/** Sells, and reads the code on the display as a phone's camera does. */
async function receiptOnDisplay(): Promise<string> {
  await client.call('sale.next', {});
  await client.call('cart.scan', { code: LOAF.code });
  await client.call('cart.scan', { code: MUG.code });
  await client.call('payment.open', {});
  await client.call('payment.cash', { givenMinor: 10_000 });
  // Drawn a moment after the thanks.
  let text = '';
  await expect
    .poll(async () => {
      const [code] = await readBarcodes(await display.screenshot(), { formats: ['QRCode'] });
      return (text = code?.text ?? '');
    })
    .not.toBe('');
  return text;
}

test('a phone scans the display’s code, keeps its receipt as a PDF, and everybody can read it by day and by night', async () => {
  const receipt = await receiptOnDisplay();
  expect(receipt).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/r\/T1-\d{4}-[\w-]{22}$/);
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme, locale: 'en-GB' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // Chromium asks for it by itself.
      if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(receipt).origin) complaints.push(request.url());
    });
    await page.goto(receipt);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('£16.50');
    await expect(page.locator('.bought li')).toHaveCount(2);
    await expect(page.locator('.bought')).toContainText(LOAF.name);
    await expect(page.locator('[data-flag=queued]')).toContainText('Your receipt is good now');
    // Nothing is wider than the phone.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(complaints).toEqual([]);
    expect(await context.cookies()).toEqual([]);
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save as PDF' }).click();
    const file = await saved;
    expect(file.suggestedFilename()).toMatch(/^receipt-T1-\d{4}\.pdf$/);
    expect(
      readFileSync(await file.path())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    expect(await axeProblems(page), colorScheme).toEqual([]);
    await page.goto(`${receipt.slice(0, -1)}_`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('No receipt here');
    expect(await axeProblems(page), `a wrong address, ${colorScheme}`).toEqual([]);
    await context.close();
  }
});

test('a phone reads it in its own language', async () => {
  const receipt = await receiptOnDisplay();
  for (const [locale, words] of [
    ['de-DE', 'Ihr Beleg gilt schon jetzt'],
    ['fr-FR', 'Votre ticket est déjà valable'],
    ['es-ES', 'Su tique ya vale'],
  ] as const) {
    const page = await browser.newPage({ locale, viewport: { width: 390, height: 844 } });
    await page.goto(receipt);
    await expect(page.locator('[data-flag]')).toContainText(words);
    await expect(page.locator('html')).toHaveAttribute('lang', locale.slice(0, 2));
    await page.close();
  }
});
