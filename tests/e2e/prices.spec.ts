import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, LOAF, MUG, test } from './fixtures';
import type { TillPage } from './pages/till-page';

test('a rule is written as a sentence, previewed, shown and charged, switched off and removed', async ({ till }) => {
  await till.go('prices');
  await till.button(m.rule_new()).click();
  const form = till.page.getByRole('form', { name: m.rule_new() });
  await form.getByPlaceholder(m.rule_name()).fill('Mugs for less');
  await till.button(m.rule_kind_price(), form.getByRole('group')).click();
  await form.getByRole('group').getByRole('textbox').fill('9');
  await form.locator('[data-blank=what]').click();
  await till.button(m.rule_pick_items(), form).click();
  await expect(form.getByRole('status')).toContainText(m.rule_missing_what());
  await form.getByPlaceholder(m.rule_search()).pressSequentially('enamel', { delay: 90 });
  await till.button(MUG.name, form).click();
  const preview = form.getByRole('region', { name: m.preview_title() });
  await expect(preview).toContainText('£12.00');
  await expect(preview).toContainText('£9.00');
  await till.button(m.save(), form).click();

  const row = till.page.locator('[data-rule="Mugs for less"]');
  await expect(row).toContainText(m.rule_on());
  await expect(row).toContainText('£9.00: Enamel mug');
  await till.page.getByRole('tab', { name: m.prices_calendar() }).click();
  await expect(till.page.getByRole('region', { name: m.prices_calendar() })).toContainText('Mugs for less');

  await till.go('sell');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toContainText('£9.00');
  await till.void('a test');

  await till.go('prices');
  await row.getByRole('switch').click();
  await expect(row).toContainText(m.rule_off());
  await till.go('sell');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toContainText('£12.00');
  await till.void('a test');

  await till.go('prices');
  await row.getByRole('button').first().click();
  const changing = till.page.getByRole('form', { name: m.rule_change() });
  await till.button(m.rule_remove(), changing).click();
  await till.button(m.rule_remove(), changing).click();
  await expect(till.page.getByText(m.rule_none())).toBeVisible();
  await till.page.getByRole('tab', { name: m.prices_log() }).click();
  await expect(till.page.getByRole('cell', { name: MUG.name }).first()).toBeVisible();
  await till.go('sell');
});

test('a drop flips the price of tile and docket, counts down and ends by hand', async ({ till }) => {
  await startDrop(till);
  const chip = till.page.locator('[data-chip=drop]');
  await expect(chip).toContainText('Bread hour');
  await expect(chip).toContainText(/29:\d\d|30:00/);
  await till.go('sell');
  await till.scan(LOAF.code);
  await expect(till.line(LOAF.name)).toContainText('£3.60');

  await till.go('prices');
  await till.page.getByRole('tab', { name: m.prices_drops() }).click();
  const row = till.page.locator('[data-drop="Bread hour"]');
  await till.button(m.drop_end(), row).click();
  await till.button(m.drop_end_sure(), row).click();
  await expect(chip).toBeHidden();
  // The price shown is the price charged: a line in an open sale keeps it for the grace.
  await till.go('sell');
  await expect(till.line(LOAF.name)).toContainText('£3.60');
  await till.void('a test');
  await till.scan(LOAF.code);
  await expect(till.line(LOAF.name)).toContainText('£4.50');
  await till.void('a test');
});

test('a rule near a point holds where the till says it sells, and its slip is printed from the line and from the sale', async ({
  till,
}) => {
  const { page } = till;
  await till.go('prices');
  await till.button(m.rule_new()).click();
  const form = page.getByRole('form', { name: m.rule_new() });
  await form.getByPlaceholder(m.rule_name()).fill('Near the market');
  await form.locator('[data-blank=where]').click();
  await till.button(m.rule_where_radius(), form).click();
  await form.getByLabel(m.rule_where_point()).fill('London');
  await expect(form.getByRole('status')).toContainText(m.rule_missing_where());
  await form.getByLabel(m.rule_where_point()).fill('51,5055; -0,0910');
  await expect(form.getByText(m.rule_where_no_position())).toBeVisible();
  await till.button(m.save(), form).click();

  const place = page.getByRole('region', { name: m.place_title() });
  await till.button(m.place_change(), place).click();
  await place.getByLabel(m.place_point()).fill('51.5085, -0.0910');
  await till.button(m.save(), place).click();
  const row = page.locator('[data-rule="Near the market"]');
  await row.getByRole('button').first().click();
  const changing = page.getByRole('form', { name: m.rule_change() });
  await changing.locator('[data-blank=where]').click();
  await expect(changing.getByText(/334 m/)).toBeVisible();
  await till.button(m.cancel(), changing).click();

  await till.go('sell');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toContainText('£10.80');
  await till.button(m.linebar_why(), till.docket).click();
  await till.button(m.why_print(), till.sheet(m.why_title({ amount: '£10.80' }))).click();
  await expect(page.getByText(m.why_printing())).toBeVisible();
  await till.quickCash((await till.cashKeys())[0] ?? '');
  const number = await till.confirmedNumber();
  await till.nextSale();
  await till.go('orders');
  await page.getByRole('button', { name: new RegExp(`^${number}`) }).click();
  await till.button(m.orders_why()).click();
  await expect(page.getByRole('region', { name: MUG.name })).toContainText('Near the market');
  await till.button(m.why_print()).click();
  await expect(page.getByText(m.why_printing())).toBeVisible();

  await till.go('prices');
  await row.getByRole('button').first().click();
  await till.button(m.rule_remove(), changing).click();
  await till.button(m.rule_remove(), changing).click();
  await till.go('sell');
});

async function startDrop(till: TillPage): Promise<void> {
  await till.go('prices');
  await till.page.getByRole('tab', { name: m.prices_drops() }).click();
  await till.button(m.drop_new()).click();
  const form = till.page.getByRole('form', { name: m.drop_new() });
  await form.getByRole('textbox').first().fill('Bread hour');
  await form.getByPlaceholder(m.rule_search()).pressSequentially('sourdough', { delay: 90 });
  await till.button(LOAF.name, form).click();
  await till.button(m.drop_minutes({ count: 30 }), form).click();
  await till.button(m.drop_start(), form).click();
  await form.waitFor({ state: 'detached' });
}
