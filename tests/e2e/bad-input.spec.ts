import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, MUG, test } from './fixtures';

test('an unknown code is named and offers to type a price', async ({ till }) => {
  await till.scan('4006381333931');
  await expect(till.banner).toContainText(m.banner_unknown_code({ code: '4006381333931' }));
  await till.button(m.sell_type_a_price(), till.banner).click();
  await expect(till.sheet(m.sell_type_a_price())).toBeVisible();
  await expect(till.docket).toContainText(m.docket_empty());
});

test('a code of 4 KB is shortened on the screen and adds nothing', async ({ till }) => {
  await till.scan('7'.repeat(4096));
  await expect(till.banner).toBeVisible();
  expect((await till.banner.innerText()).length).toBeLessThan(300);
  await expect(till.docket).toContainText(m.docket_empty());
});

test('HTML in a name is shown as text, on the docket and on the receipt', async ({ till }) => {
  const name = '<img src=x onerror=alert(1)> & "tea"';
  await till.typePrice(name, 250, 'VAT 0%');
  await expect(till.line(name)).toBeVisible();
  await till.quickCash(m.cash_exact_key());
  await till.at('done');
  await till.button(m.done_see()).click();
  await till.at('office');
  await expect(till.page.locator('.slip')).toContainText('<img src=x');
  await expect(till.page.locator('.slip img[src=x]')).toHaveCount(0);
  await till.page.getByRole('navigation').getByRole('button', { name: m.place_sell() }).click();
  await till.nextSale();
});

test('a wrong PIN says so, and a scan never lands in the PIN', async ({ till }) => {
  await till.go('settings');
  await till.button(m.settings_sign_off()).click();
  await till.at('sign-on');
  const { page } = till;
  await page.getByRole('button', { name: /^Mo/ }).click();
  await till.scan(MUG.code);
  await expect(till.banner).toContainText(m.banner_sign_on_first());
  await expect(page.locator('.dots .typed')).toHaveCount(0);
  await page.keyboard.type('1357', { delay: 120 });
  await expect(page.locator('.dots .typed')).toHaveCount(4);
  await till.button(m.sign_on_do()).click();
  await expect(page.getByRole('alert')).toHaveText(m.sign_on_wrong());
  await till.signOn('Mo', '2468');
});
