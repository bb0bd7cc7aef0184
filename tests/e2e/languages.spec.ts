import { receiptCode } from '../../src/domain/own-code';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { LANGUAGE_NAMES, LANGUAGES } from '../../src/shared/language';
import { expect, LOAF, MUG, test } from './fixtures';

test('the till speaks another language at once, refusals too, and keeps the sale', async ({ till }) => {
  const { page } = till;
  const docket = page.locator('aside').filter({ has: page.locator('[data-line]') });
  await till.scan(MUG.code);
  await till.scan(LOAF.code);
  await till.go('settings');
  for (const locale of [...LANGUAGES.filter((language) => language !== 'en'), 'en'] as const) {
    await till.button(LANGUAGE_NAMES[locale]).click();
    await expect(page.locator('html')).toHaveAttribute('lang', locale);
    await expect(till.button(m.settings_sign_off({}, { locale }))).toBeVisible();
    const rail = page.getByRole('navigation', { name: m.more_places({}, { locale }) });
    await rail.getByRole('button', { name: m.place_sell({}, { locale }) }).click();
    await till.at('sell');
    await expect(docket.locator('[data-line]')).toHaveCount(2);
    await expect(docket).toContainText(m.docket_items({ count: 2 }, { locale }));
    const number = 'Z-123456';
    await till.scan(receiptCode(number));
    const refusal = m.refusal_order_elsewhere({ number }, { locale });
    await expect(page.getByRole('status').filter({ hasText: refusal })).toBeVisible();
    // A window that is loaded anew speaks it from its first word on.
    await page.reload();
    await till.at('sell');
    await expect(page.locator('html')).toHaveAttribute('lang', locale);
    await expect(docket.locator('[data-line]')).toHaveCount(2);
    await till.button(m.docket_more({}, { locale }), docket).click();
    await till.button(m.place_settings({}, { locale })).click();
    await till.at('office');
  }
  await till.go('sell');
});

test('a window asks for the words of its language alone', async ({ till }) => {
  const { page } = till;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.reload();
  await till.at('sell');
  const words = asked.flatMap((path) => /\/(en|de|fr|es)-[^/]*\.js$/.exec(path)?.[1] ?? []);
  expect([...new Set(words)]).toEqual(['en']);
});
