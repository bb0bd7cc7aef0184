import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, HONEY, LOAF, MUG, test } from './fixtures';

test('cash by keypad: change on the way and at the end', async ({ till }) => {
  await till.scan(MUG.code);
  await till.pay();
  const ways = till.page.getByRole('region', { name: m.pay_ways() });
  await till.keyIn('1550', ways);
  await expect(ways).toContainText('£3.50');
  await till.takeCash();
  await till.at('done');
  await expect(till.page.getByRole('main')).toContainText('£3.50');
});

test('a double tap neither pays twice nor complains', async ({ till }) => {
  await till.scan(MUG.code);
  await till.payKey.dblclick();
  await till.at('pay');
  // A complaint would stand for seconds: by the next answer of the till it would be there.
  await till.page.getByText(m.pay_back({ number: '' }).trim()).click();
  await till.at('sell');
  await expect(till.banner).toBeHidden();
  await till.button('£20', till.docket).dblclick();
  await till.at('done');
  await expect(till.page.getByRole('main')).toContainText('£8.00');
  await till.nextSale();
  await expect(till.banner).toBeHidden();
});

test('part in cash, the rest by card', async ({ till }) => {
  await till.scan(MUG.code);
  await till.scan(HONEY.code);
  await till.pay();
  await till.payBy('cash');
  const ways = till.page.getByRole('region', { name: m.pay_ways() });
  await till.keyIn('1000', ways);
  await till.button(`${m.cash_take_part()} £10`, ways).click();
  await expect(till.page.getByRole('main')).toContainText(m.pay_still());
  await expect(till.page.locator('.due')).toHaveText('£9.50');
  await till.payBy('card');
  await till.startCard('SumUp');
  await till.settleCard('paid', 'slip 77');
  await till.at('done');
  await expect(till.page.getByRole('main')).toContainText('£10.00 cash + £9.50 by SumUp');
});

test('cash taken by mistake can be handed back', async ({ till }) => {
  await till.scan(MUG.code);
  await till.pay();
  const ways = till.page.getByRole('region', { name: m.pay_ways() });
  await till.keyIn('500', ways);
  await till.button(`${m.cash_take_part()} £5`, ways).click();
  await expect(till.page.locator('.due')).toHaveText('£7.00');
  await till.button(m.pay_remove_cash({ amount: '£5.00' })).click();
  await expect(till.page.locator('.due')).toHaveText('£12.00');
});

test('half by split', async ({ till }) => {
  await till.scan(MUG.code);
  await till.pay();
  await till.payBy('split');
  await till.page.getByRole('button', { name: new RegExp(`^${m.split_half()}`) }).click();
  const ways = till.page.getByRole('region', { name: m.pay_ways() });
  await till.button(m.card_machine(), ways).click();
  await expect(ways).toContainText(m.card_start_title({ amount: '£6.00' }));
  await till.startCard('SumUp');
  await till.settleCard('paid');
  await expect(till.page.locator('.due')).toHaveText('£6.00');
  await till.payBy('cash');
  await till.takeCash();
  await till.at('done');
});

test('a card whose outcome is unknown locks the rest, steps aside and is settled later', async ({ till }) => {
  await till.scan(MUG.code);
  await till.pay();
  await till.payBy('card');
  await till.startCard('SumUp');
  await till.settleCard('unsure');
  await expect(till.page.getByRole('main')).toContainText(m.unknown_title());
  const cash = till.page.getByRole('tab', { name: m.cash(), exact: true });
  await expect(cash).toHaveAttribute('aria-disabled', 'true');
  await cash.dispatchEvent('click');
  await expect(till.page.getByRole('main')).toContainText(m.unknown_title());

  await till.button(m.unknown_aside()).click();
  await till.at('sell');
  await till.scan(LOAF.code);
  await till.quickCash(m.cash_exact_key());
  await till.nextSale();

  await till.bringBack(m.park_label_card({ amount: '£12.00' }), true);
  await till.at('pay');
  await till.page.reload();
  await expect(till.page.getByRole('main')).toContainText(m.unknown_title());
  await till.button(m.unknown_paid()).click();
  await till.at('done');
});

test('a sale discounted to nothing is finished without money', async ({ till }) => {
  await till.scan(MUG.code);
  await till.discount('line', { amountMinor: 1200 }, 'gift');
  await till.pay();
  await expect(till.page.getByRole('main')).toContainText(m.pay_free());
  await till.page.getByRole('button', { name: new RegExp(`^${m.pay_free_do()}`) }).click();
  await till.at('done');
});

test('a second print says COPY, and the code on a receipt finds its sale', async ({ till }) => {
  await till.scan(MUG.code);
  await till.quickCash(m.cash_exact_key());
  const number = await till.confirmedNumber();
  await expect(till.page.getByRole('main')).toContainText(m.paper_printed());
  await till.nextSale();
  await till.scan(`TR1:${number}`);
  await till.at('office');
  const detail = till.page.getByRole('region', { name: m.orders_detail() });
  await expect(detail).toContainText(number);
  await till.printCopy();
  await expect(till.banner).toContainText(m.orders_printing_copy({ count: 1 }));
  await expect(detail).toContainText(m.orders_copies({ count: 1 }));
  await till.page.getByLabel(m.orders_search()).fill('no such thing');
  await expect(till.page.getByText(m.orders_none_found())).toBeVisible();
  await till.page.getByLabel(m.orders_search()).fill(number);
  await expect(till.page.getByRole('button', { name: new RegExp(number) })).toBeVisible();
  await till.go('sell');
});
