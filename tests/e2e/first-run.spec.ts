import { expect, test as base } from '@playwright/test';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { LANGUAGE_NAMES } from '../../src/shared/language';
import { startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { FirstRunPage } from './pages/stall-pages';
import { TillPage } from './pages/till-page';

/** The window of a till whose data folder is new. */
const test = base.extend<{ till: TillPage }>({
  till: async ({ page }, use) => {
    const folder = temporaryFolder();
    const kiosk = await startKioskProcess(folder.path, ['--devices', 'none']);
    await page.goto(`${kiosk.socket.replace(/^ws/, 'http').replace(/socket$/, 'till/')}#${kiosk.token}`);
    await use(new TillPage(page));
    await kiosk.stop();
    folder.remove();
  },
});

test('a trader sets up a stall of their own and sells in its money', async ({ till, page }) => {
  const first = new FirstRunPage(page);
  await first.chooseOwn();
  await expect(first.missing).toHaveText(m.first_missing_name());
  await first.fill(m.stall_name(), 'Käse & <b>Söhne</b>');
  await first.chooseCountry('DE');
  await first.next();
  await expect(page.getByLabel(m.stall_tax_name()).first()).toHaveValue('MwSt. 19%');
  await page.getByLabel(m.stall_tax_percent()).first().fill('190');
  await expect(first.missing).toHaveText(m.first_missing_rates());
  await page.getByLabel(m.stall_tax_percent()).first().fill('19');
  await first.next();
  await first.fill(m.staff_name(), 'Jule');
  await first.fill(m.staff_pin(), '1234');
  await expect(first.missing).toHaveText(m.first_missing_same_pin());
  await first.fill(m.staff_pin_again(), '1234');
  await first.open();
  await expect(till.banner).toContainText('Anybody would try that PIN first');
  await first.fill(m.staff_pin(), '8642');
  await first.fill(m.staff_pin_again(), '8642');
  await first.open();

  // A German stall: the till goes on in the language its trader reads.
  await till.openShift(5000);
  await expect(page.locator('.strip__who')).toContainText('Käse & <b>Söhne</b>');
  await till.typePrice('Bergkäse', 1070, 'MwSt. 7%');
  await expect(till.line('Bergkäse')).toContainText('€10.70');
});

test('or looks round on the demo stall, in a language of their own', async ({ till, page }) => {
  for (const locale of ['fr', 'en'] as const) {
    await page.getByRole('button', { name: LANGUAGE_NAMES[locale] }).click();
    await expect(page.getByRole('heading', { name: m.first_title({}, { locale }) })).toBeVisible();
  }
  await new FirstRunPage(page).chooseDemo();
  await till.signOn('Mo', '2468');
  await till.openShift(5000);
  await expect(till.tile('Sourdough loaf')).toBeVisible();
});
