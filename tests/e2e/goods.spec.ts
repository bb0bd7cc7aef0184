import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, test } from './fixtures';
import { ItemForm } from './pages/stall-pages';

const CODE = '4006381333931';

test('a scan that nothing goes by becomes an item, which sells, changes and goes', async ({ till }) => {
  await till.scan(CODE);
  await till.button(m.banner_add_it(), till.banner).click();
  const adding = new ItemForm(till.page, m.item_add());
  await expect(adding.field(m.item_barcodes())).toHaveValue(CODE);
  await adding.field(m.item_name()).fill('<i>Chutney</i> & co');
  await adding.field(m.item_price()).fill('-6.50');
  await expect(adding.form.getByRole('status')).toContainText('below zero');
  await adding.field(m.item_price()).fill('6.50');
  await adding.field(m.item_category()).fill('Larder');
  // While an item is open a scan names it and sells nothing.
  await till.scan('96385074');
  await expect(adding.field(m.item_barcodes())).toHaveValue(`${CODE}, 96385074`);
  await adding.save();

  await till.go('sell');
  await till.scan('96385074');
  await expect(till.line('<i>Chutney</i> & co')).toContainText('£6.50');
  await till.void('a test');

  await till.openMore();
  await till.button(m.place_goods(), till.sheet(m.more_title())).click();
  await till.page.getByPlaceholder(m.goods_search()).pressSequentially('chutney co', { delay: 90 });
  const tile = till.page.locator('[data-item]').filter({ hasText: 'Chutney' });
  await tile.click();
  const changing = new ItemForm(till.page, m.item_change());
  await changing.field(m.item_price()).fill('7');
  await changing.save();
  await expect(tile).toContainText('7');
  await tile.click();
  await changing.remove();
  await expect(till.page.getByText(m.sell_no_results())).toBeVisible();

  await till.go('sell');
  await till.scan(CODE);
  await expect(till.banner).toContainText(m.banner_unknown_code({ code: CODE }));
});

test('a layout of scale labels is tried, kept, sells and goes', async ({ till }) => {
  const label = '2900031003125';
  const pattern = '29IIIIIWWWWWC';
  const labels = till.page.getByRole('region', { name: m.label_title() });
  const openLabels = async (): Promise<void> => {
    await till.openMore();
    await till.button(m.place_stall(), till.sheet(m.more_title())).click();
  };
  await openLabels();
  await till.button(m.label_add(), labels).click();
  await labels.getByLabel(m.label_pattern()).fill('29IIIIIWWWWW');
  await till.scan('4006381333931');
  await expect(labels.getByRole('status')).toContainText(m.label_not_read());
  await labels.getByLabel(m.label_pattern()).fill(pattern);
  // While a layout is open a scan tries it and sells nothing.
  await till.scan(label);
  await expect(labels.getByRole('status')).toContainText(m.label_read({ number: '00031', value: '0.312 kg' }));
  await till.button(m.save(), labels).click();
  await expect(till.button(`${pattern} ${m.label_weight()}`, labels)).toBeVisible();

  await till.go('sell');
  await till.scan(label);
  await expect(till.line('Cave cheddar')).toBeVisible();
  await till.void('a test');

  await openLabels();
  await till.button(`${pattern} ${m.label_weight()}`, labels).click();
  await till.button(m.staff_remove(), labels).click();
  await expect(till.button(m.label_add(), labels)).toBeVisible();
  await expect(labels.getByText(pattern)).toBeHidden();
  await till.go('sell');
});
