import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import type { TypedRule } from '../../src/shared/contract';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { openToAxe } from '../helpers/axe';
import { filmLabel } from '../helpers/camera-film';
import { temporaryFolder } from '../helpers/kiosk';
import { typedRule } from '../helpers/price-rules';
import { openShopTill, type ShopTill } from '../helpers/stall-shoppers';
import { expect, HONEY, LOAF, MUG, test } from './fixtures';
import { typeCode } from './pages/wedge-scanner';

test.describe.configure({ mode: 'serial' });

const folder = temporaryFolder();
let till: ShopTill['client'];
let close: ShopTill['close'];
let browser: Browser;
let tablet: BrowserContext;
let page: Page;
let url: string;
/** What axe finds wrong with the tablet's page as it stands. */
let problems: () => Promise<string[]>;
const complaints: string[] = [];

test.beforeAll(async ({ launchOptions }) => {
  const film = join(folder.path, 'mug.mjpeg');
  await filmLabel(film, 'ean13', MUG.code);
  ({ client: till, url, close } = await openShopTill(join(folder.path, 'till')));
  const itemIdOf = async (code: string): Promise<string> => {
    const found = await till.call('catalogue.lookup', { code });
    if (!found) throw new Error(`nothing goes by ${code}`);
    return found.item.itemId;
  };
  const loaf = { kind: 'items' as const, itemIds: [await itemIdOf(LOAF.code)] };
  const honey = { kind: 'items' as const, itemIds: [await itemIdOf(HONEY.code)] };
  const putRule = (said: Partial<TypedRule>) => till.call('prices.put-rule', typedRule({ what: loaf, ...said }));
  await putRule({
    name: 'Three loaves',
    effect: {
      kind: 'bundle',
      parts: [{ what: loaf, quantity: 3 }],
      at: { kind: 'price', priceMinor: 1_200 },
      mostPerCart: null,
    },
  });
  await putRule({
    name: 'Bread and honey',
    effect: {
      kind: 'bundle',
      parts: [
        { what: loaf, quantity: 1 },
        { what: honey, quantity: 1 },
      ],
      at: { kind: 'price', priceMinor: 1_000 },
      mostPerCart: null,
    },
  });
  browser = await chromium.launch({
    ...launchOptions,
    args: [
      ...(launchOptions?.args ?? []),
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${film}`,
    ],
  });
  tablet = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    hasTouch: true,
    permissions: ['camera'],
    locale: 'en-GB',
  });
  page = await tablet.newPage();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  const { link } = await till.call('display.new-code', {});
  await page.goto(link ?? '');
  await page.locator('[data-shown=reel]').waitFor();
  problems = await openToAxe(page);
  await page.locator('[data-shown=reel]').waitFor();
});
test.afterAll(async () => {
  await browser.close();
  await close();
  folder.remove();
  expect(complaints).toEqual([]);
});
test.afterEach(() => {
  // Nothing that is looked up is ever sold.
  expect(till.topics.sale.cart.lines).toEqual([]);
});

const shown = (what: string): Promise<void> => page.locator(`[data-shown=${what}]`).waitFor();

test('a scanner that types at the tablet looks up: what more costs, what goes with it, and that is touched to look at', async () => {
  await typeCode(page, LOAF.code);
  await shown('item');
  await expect(page.locator('[data-steps]')).toContainText('1 for £4.50 · 3 for £12 (save £1.50)');
  await expect(page.locator('[data-steps]')).toContainText('Three loaves');
  const companion = page.locator('.tell button[data-item]');
  await expect(companion).toContainText(HONEY.name);
  await expect(companion).toContainText('2 together for £10 (save £2)');
  expect(await problems()).toEqual([]);
  await companion.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(HONEY.name);
  await expect(companion).toContainText(LOAF.name);
});

test('what is touched to be held shows the code to the page where a phone holds it', async () => {
  await typeCode(page, LOAF.code);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(LOAF.name);
  await expect(page.locator('[data-code]')).toHaveCount(0);
  const hold = page.getByRole('button', { name: m.hold_page_hold() });
  await hold.click();
  const code = await page.locator('[data-code]').getAttribute('data-code');
  expect(code).toContain(`${url}/h/`);
  await expect(page.locator('[data-code] img')).toBeVisible();
  expect(await problems()).toEqual([]);

  const phone = await (await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false })).newPage();
  await phone.goto(code ?? '');
  await phone.getByRole('button', { name: m.hold_page_do() }).click();
  await expect(phone.getByRole('heading', { level: 1 })).toContainText(LOAF.name);
  await till.until(({ holds }) => holds.holds.length === 1, 'the hold');
  // On the phone the same is told of it.
  await phone.goto(`${url}/item/${till.topics.holds.holds[0]?.itemId ?? ''}`);
  await expect(phone.locator('.variants')).toContainText('1 for £4.50 · 3 for £12 (save £1.50)');
  await expect(phone.locator('.companions')).toContainText('2 together for £10 (save £2)');

  await till.call('hold.set-policy', { isOn: false, minutes: 20 });
  await typeCode(page, HONEY.code);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(HONEY.name);
  await expect(hold).toHaveCount(0);
});

test('the tablet’s camera reads what is held up to it, and is closed again', async () => {
  await page.reload();
  await shown('reel');
  await page.getByRole('button', { name: m.shopper_show_code() }).click();
  await shown('item');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(MUG.name);
  await expect(page.locator('video')).toHaveCount(0);
});

test('where the browser gives no camera none is offered, and one that is refused says so', async () => {
  const plain = await tablet.newPage();
  // What a page of the stall's network has that is not secure.
  await plain.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
  await plain.goto(`${url}/display/`);
  await plain.locator('[data-shown=reel]').waitFor();
  await expect(plain.getByRole('button', { name: m.shopper_look_around() })).toBeVisible();
  await expect(plain.getByRole('button', { name: m.shopper_show_code() })).toHaveCount(0);
  await plain.close();

  await tablet.clearPermissions();
  problems = await openToAxe(page);
  await shown('reel');
  await page.getByRole('button', { name: m.shopper_show_code() }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  expect(await problems()).toEqual([]);
  await page.getByRole('button', { name: m.shopper_back() }).click();
  await shown('reel');
});

test('all there is can be looked through, though the till tells of a hundred at once', async () => {
  const { total } = await till.call('catalogue.items', { category: null, offset: 0, limit: 1 });
  expect(total).toBeGreaterThan(100);
  await page.getByRole('button', { name: m.shopper_look_around() }).click();
  await shown('browse');
  const more = page.getByRole('button', { name: m.shopper_more() });
  const goods = page.locator('.goods [data-item]');
  for (let seen = 40; seen < total; seen += 40) {
    await expect(goods).toHaveCount(seen);
    await more.click();
  }
  await expect(goods).toHaveCount(total);
  await expect(more).toHaveCount(0);
});

test('nothing that a shopper is shown keeps somebody out', async () => {
  problems = await openToAxe(page);
  await shown('reel');
  const found: Record<string, string[]> = { reel: await problems() };
  await page.getByRole('button', { name: m.shopper_look_around() }).click();
  await shown('browse');
  found.browse = await problems();
  await till.call('cart.scan', { code: MUG.code });
  await shown('cart');
  found.cart = await problems();
  await till.call('payment.open', {});
  await shown('pay');
  found.pay = await problems();
  await till.call('payment.cash', { givenMinor: 5_000 });
  await shown('thanks');
  await expect(page.locator('[data-receipt] img')).toBeVisible();
  found.thanks = await problems();
  await till.call('sale.next', {});
  await shown('reel');
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((scene) => [scene, []])));
});

test('a browser that is not paired yet asks for the code in its own language', async () => {
  for (const locale of ['de', 'fr', 'es'] as const) {
    const context = await browser.newContext({ locale });
    const asking = await context.newPage();
    await asking.goto(`${url}/display/`);
    await expect(asking.getByRole('heading', { level: 1 })).toHaveText(m.shopper_pair_title({}, { locale }));
    await expect(asking.locator('html')).toHaveAttribute('lang', locale);
    await context.close();
  }
});
