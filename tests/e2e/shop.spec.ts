import { chromium, type Browser, type Page } from '@playwright/test';
import { temporaryFolder } from '../helpers/kiosk';
import { openShopTill, type ShopTill } from '../helpers/stall-shoppers';
import { axeProblems } from '../helpers/axe';
import { expect, test } from './fixtures';

test.describe.configure({ mode: 'serial' });

const folder = temporaryFolder();
let kiosk: ShopTill['kiosk'];
let client: ShopTill['client'];
let close: ShopTill['close'];
let browser: Browser;
let url: string;

test.beforeAll(async ({ launchOptions }) => {
  ({ kiosk, client, url, close } = await openShopTill(folder.path));
  browser = await chromium.launch(launchOptions);
});
test.afterAll(async () => {
  await browser.close();
  await close();
  folder.remove();
});

/** A phone without script, which is all the pages need. */
async function phone(look: 'light' | 'dark' = 'light', javaScriptEnabled = false): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    colorScheme: look,
    javaScriptEnabled,
    locale: 'en-GB',
  });
  return context.newPage();
}

test('a phone scans the code, looks around and finds what it wants at the price of the till, without script', async () => {
  const page = await phone();
  await page.goto(`${url}/q`);
  await expect(page).toHaveURL(`${url}/`);
  await page.getByRole('searchbox').fill('sourdough');
  await page.getByRole('searchbox').press('Enter');
  await page
    .getByRole('link', { name: /Sourdough loaf/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sourdough loaf');
  await expect(page.getByRole('img', { name: 'Sourdough loaf' })).toBeVisible();
  await expect(page.locator('.variants')).toContainText('£4.50');

  const { tiles } = await client.call('catalogue.search', { text: 'sourdough', limit: 1 });
  const { handle: _handle, ...item } = await client.call('catalogue.item', { itemId: tiles[0]?.itemId ?? '' });
  const variants = item.variants.map((variant) => ({ ...variant, priceMinor: 395 }));
  await client.call('catalogue.put-item', { ...item, variants });
  await page.reload();
  await expect(page.locator('.variants')).toContainText('£3.95');
  await page.context().close();
});

test('every page of the shop is clean for who cannot see it, by day and by night', async () => {
  for (const look of ['light', 'dark'] as const) {
    const page = await phone(look, true);
    for (const path of ['/', '/?q=jam', '/?q=nothingbythatname', '/nowhere']) {
      await page.goto(url + path);
      expect(await axeProblems(page), `${path}, ${look}`).toEqual([]);
    }
    await page.goto(url);
    await page.locator('.goods a').first().click();
    expect(await axeProblems(page), `an item, ${look}`).toEqual([]);
    await page.context().close();
  }
});

test('a port that another program has is said, and the till goes on', async () => {
  const { isOn, address, port, offers, publicUrl } = client.topics.shop;
  const wanted = { isOn, address, port, publicUrl, offers: [...offers] };
  // The till's own tools have it.
  await client.call('shop.serve', { ...wanted, port: Number(new URL(kiosk.socket).port) });
  await client.until(({ shop }) => shop.problem === 'port-taken' && shop.url === null, 'the port');
  await client.call('shop.serve', wanted);
  await client.until(({ shop }) => shop.problem === null && shop.url === url, 'the stall server');
});

test('switched off at the till, nobody is served any more', async () => {
  const { shop } = client.topics;
  const { isOn: _isOn, url: _url, problem: _problem, addresses: _addresses, ...wanted } = shop;
  await client.call('shop.serve', { ...wanted, offers: [...wanted.offers], isOn: false });
  await expect(async () => {
    await expect(fetch(url)).rejects.toThrow();
  }).toPass();
});
