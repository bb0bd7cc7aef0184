/// <reference lib="dom" />
import { existsSync, rmSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import { LANGUAGES, type Language } from '../src/shared/language';
import { THEMES, type Theme } from '../src/shared/theme';
import { serveShoppers } from '../tests/helpers/stall-shoppers';
import { startTestTill, type TestClient } from '../tests/helpers/kiosk';
import type { Story } from './story';

/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';
const PATIENCE_MS = 20_000;
const TABLET = { width: 1024, height: 768 };
const DISPLAY = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };
/** A mug, a loaf and honey. */
const CODES = ['5012345014845', '5012345010779', '5012345012995'];

/** One screen in one language and theme. */
export interface LanguagePicture {
  /** What is shown, in words. */
  readonly screen: string;
  readonly language: Language;
  readonly theme: Theme;
  /** Its name among the story's pictures. */
  readonly picture: string;
}

/**
 * Shows one sale to the till, to a display and to a phone in every language and theme: the till's language is set, the
 * display is touched by its shopper, and the phone's browser asks for its own.
 * @param dataDir a new, empty data folder for the till of this part
 * @returns nothing where there is no browser
 */
export async function pictureLanguages(dataDir: string, story: Story): Promise<LanguagePicture[]> {
  story.begin('speak four languages');
  if (!existsSync(CHROMIUM)) return [];
  rmSync(dataDir, { recursive: true, force: true });
  const { running, till: client } = await startTestTill({ dataDir, devices: 'none' });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const pictures: LanguagePicture[] = [];
  try {
    const operator = client.topics.session.staff.find(({ role }) => role === 'operator');
    await client.call('staff.sign-on', { staffId: operator?.staffId ?? '', pin: operator?.demoPin ?? '' });
    await client.call('shift.open', { floatMinor: 5_000 });
    const shop = await serveShoppers(client);
    const { link } = await client.call('display.new-code', {});
    const till = await open(browser, running.server?.tillUrl ?? '', { viewport: TABLET });
    const display = await open(browser, link ?? '', { viewport: DISPLAY, hasTouch: true });
    const { tiles } = await client.call('catalogue.search', { text: 'honey', limit: 1 });
    for (const theme of THEMES) {
      await client.call('settings.set-theme', { theme });
      for (const language of LANGUAGES) {
        const take = async (page: Page, screen: string, file: string): Promise<void> => {
          await page.locator(`html[lang^=${language}]`).waitFor();
          await settled(page);
          const picture = await story.shoot(page, `${language}-${theme}-${file}`);
          pictures.push({ screen, language, theme, picture });
        };
        const receipt = await sell({ client, till, display, language, take });
        const phone = await open(browser, `${shop}/item/${tiles[0]?.itemId ?? ''}`, {
          viewport: PHONE,
          locale: language,
          colorScheme: theme === 'evening' ? 'dark' : 'light',
        });
        await take(phone, 'The shop on a phone', 'phone');
        await phone.goto(receipt);
        await take(phone, 'The receipt on a phone', 'receipt');
        await phone.context().close();
      }
    }
  } finally {
    await browser.close();
    client.close();
    await running.close();
  }
  return pictures;
}

interface Sale {
  readonly client: TestClient;
  readonly till: Page;
  readonly display: Page;
  readonly language: Language;
  readonly take: (page: Page, screen: string, file: string) => Promise<void>;
}

/**
 * One basket from the first look around to the change.
 * @returns where the code on the display leads: to the receipt
 */
async function sell({ client, till, display, language, take }: Sale): Promise<string> {
  await client.call('settings.set-language', { language });
  await display.locator(`.languages [lang=${language}]`).tap();
  await display.locator('[data-shown=browse]').waitFor();
  await take(display, 'The display, looked through', 'goods');
  for (const code of CODES) await client.call('cart.scan', { code });
  await till
    .locator('[data-line]')
    .nth(CODES.length - 1)
    .waitFor();
  await take(till, 'The till', 'till');
  await display.locator('[data-shown=cart]').waitFor();
  await take(display, 'The display in a sale', 'cart');
  await client.call('payment.cash', { givenMinor: 5_000 });
  await till.locator('[data-screen=done]').waitFor();
  await take(till, 'The till, paid', 'paid');
  await display.locator('[data-shown=thanks]').waitFor();
  const code = display.locator('[data-receipt]');
  await code.locator('img').waitFor();
  const receipt = await code.getAttribute('data-receipt');
  await take(display, 'The display, paid', 'thanks');
  await client.call('sale.next', {});
  await display.locator('[data-shown=reel]').waitFor();
  return receipt ?? '';
}

async function open(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  return page;
}

/** Waits for the letters and for every picture that is in sight. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const inSight = [...document.images].filter(({ loading, complete }) => complete || loading !== 'lazy');
    await Promise.all(inSight.map((image) => image.decode().catch(() => undefined)));
  });
}
