import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, HONEY, LOAF, MUG, test } from './fixtures';
import { typeCode } from './pages/wedge-scanner';

test('a cash sale: scan, one tap on a cash key, change, next', async ({ till }) => {
  await till.scan(MUG.code);
  await till.scan(MUG.code);
  await till.scan(LOAF.code);
  await expect(till.line(MUG.name)).toContainText('£24.00');
  await expect(till.payKey).toContainText('£28.50');

  await till.quickCash('£40');
  await till.at('done');
  await expect(till.page.getByRole('main')).toContainText('£11.50');
  await expect(till.page.getByRole('main')).toContainText(m.flag_offline_confirmed());
  await till.nextSale();
  await expect(till.docket).toContainText(m.docket_empty());
});

test('scanning on the done screen begins the next sale', async ({ till }) => {
  await till.scan(MUG.code);
  await till.quickCash(m.cash_exact_key());
  await till.at('done');
  await till.scan(LOAF.code);
  await till.at('sell');
  await expect(till.docket.locator('[data-line]')).toHaveCount(1);
  await expect(till.line(LOAF.name)).toBeVisible();
});

test('a scan is heard in the search field and leaves nothing in it', async ({ till }) => {
  const search = till.page.getByLabel(m.sell_search(), { exact: true });
  await search.pressSequentially('ho', { delay: 120 });
  await expect(search).toHaveValue('ho');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
  await expect(search).toHaveValue('ho');
});

test('a scan closes an open sheet and leaves nothing in its fields', async ({ till }) => {
  await till.button(m.sell_type_a_price(), till.goods).click();
  const sheet = till.sheet(m.sell_type_a_price());
  await sheet.getByLabel(m.amount_name()).click();
  await till.scan(HONEY.code);
  await expect(till.line(HONEY.name)).toBeVisible();
  await expect(sheet).toBeHidden();
});

for (const keyMs of [2, 20]) {
  test(`a scanner that takes ${keyMs} ms a key is heard`, async ({ till }) => {
    await typeCode(till.page, MUG.code, keyMs);
    await expect(till.line(MUG.name)).toBeVisible();
    await expect(till.docket.locator('[data-line]')).toHaveCount(1);
  });
}

test('search as you type, accents or not, and Enter sells the first', async ({ till }) => {
  const search = till.page.getByLabel(m.sell_search(), { exact: true });
  await search.pressSequentially('creme fra', { delay: 100 });
  await expect(till.tile('Crème fraîche')).toBeVisible();
  await search.press('Enter');
  await expect(till.line('Crème fraîche')).toBeVisible();
  await expect(search).toHaveValue('');
});

test('a label that has run out warns until somebody has read it', async ({ till }) => {
  const dayMs = 24 * 3600 * 1000;
  const longGone = new Date(Date.now() - 2 * dayMs).toISOString().slice(2, 10).replaceAll('-', '');
  await till.scan(`010${LOAF.code}17${longGone}`);
  await expect(till.line(LOAF.name)).toBeVisible();
  const warning = till.banner.filter({ hasText: m.date_use_by_past() });
  await expect(warning).toContainText(LOAF.name);
  // The next scan does not sweep it away, nor does a banner that lies over it for a while.
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
  await till.scan('404404404');
  await expect(till.banner).toContainText('404404404');
  await till.button(m.hide(), till.banner).click();
  await expect(warning).toBeVisible();
  await till.button(m.date_take_off(), warning).click();
  await expect(till.line(LOAF.name)).toBeHidden();
  await expect(warning).toBeHidden();
  await expect(till.line(MUG.name)).toBeVisible();
});

test('Enter on a typed code scans it', async ({ till }) => {
  const search = till.page.getByLabel(m.sell_search(), { exact: true });
  await search.pressSequentially(LOAF.code, { delay: 100 });
  await search.press('Enter');
  await expect(till.line(LOAF.name)).toBeVisible();
});

test('an item with variants asks which one', async ({ till }) => {
  await till.tap('Larder', 'Bramble jam', '227 g');
  await expect(till.line('Bramble jam, 227 g')).toContainText('£3.25');
});

test('a weighed item asks for its weight and can be weighed again', async ({ till }) => {
  await till.tap('Dairy', 'Cave cheddar');
  await till.weigh('Cave cheddar', 312);
  await expect(till.line('Cave cheddar')).toContainText('£5.62');
  await till.button('0.312 kg', till.docket).click();
  const sheet = till.sheet('Cave cheddar');
  await till.keyIn('500', sheet);
  await till.button(m.weight_change(), sheet).click();
  await expect(till.line('Cave cheddar')).toContainText('£9.00');
});

test('discounts on a line and on the sale show what is saved and why', async ({ till }) => {
  await till.scan(MUG.code);
  await till.discount('line', { percent: 10 }, 'chipped glaze');
  await expect(till.line(MUG.name)).toContainText('10% off, chipped glaze');
  await expect(till.payKey).toContainText('£10.80');
  await till.discount('sale', { amountMinor: 80 }, 'regular');
  await expect(till.payKey).toContainText('£10.00');
  await expect(till.docket).toContainText(m.docket_saved());
  await till.button(m.linebar_why(), till.docket).click();
  await expect(till.sheet(m.why_title({ amount: '£10.00' }))).toContainText('chipped glaze');
});

test('quick taps on + add up, whatever the till is still answering', async ({ till }) => {
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
  await till.page.evaluate((name) => {
    const more = document.querySelector<HTMLButtonElement>(`.linebar [aria-label="${name}"]`);
    for (let tap = 0; tap < 9; tap += 1) more?.click();
  }, m.linebar_more());
  await expect(till.line(MUG.name).locator('.line__qty')).toHaveText('10');
  await expect(till.payKey).toContainText('£120.00');
});

test('a long docket shows the newest line, scrolls by hand and comes back', async ({ till }) => {
  for (let index = 1; index <= 14; index += 1) {
    await till.typePrice(`Thing ${index}`, 100 * index, 'VAT 0%');
    await expect(till.line(`Thing ${index}`)).toBeInViewport();
  }
  const unseen = till.docket.getByText(new RegExp(`^${m.docket_unseen({ count: 0 }).replace('0', '(\\d+)')}$`));
  await expect(unseen).toHaveCount(1);
  const above = Number.parseInt(await unseen.innerText(), 10);
  expect(above).toBeGreaterThan(0);
  await expect(till.line(`Thing ${above + 1}`)).toBeInViewport({ ratio: 0.9 });
  await till.line('Thing 14').hover();
  await till.page.mouse.wheel(0, -5000);
  await expect(till.line('Thing 1')).toBeInViewport();
  await till.line('Thing 1').click();
  await till.button(m.linebar_more(), till.docket).click();
  await expect(till.line('Thing 1')).toContainText('£2.00');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeInViewport();
});

test('a parked cart comes back whole', async ({ till }) => {
  await till.scan(MUG.code);
  await till.scan(HONEY.code);
  await till.park('red coat');
  await till.scan(LOAF.code);
  await till.quickCash(m.cash_exact_key());
  await till.nextSale();
  await till.bringBack('red coat');
  await expect(till.line(MUG.name)).toBeVisible();
  await expect(till.line(HONEY.name)).toBeVisible();
  await expect(till.payKey).toContainText('£19.50');
});

test('a whole sale by keyboard alone', async ({ till }) => {
  const { keyboard } = till.page;
  await keyboard.press('F2');
  await keyboard.type('enamel', { delay: 100 });
  await expect(till.tile(MUG.name)).toBeVisible();
  await keyboard.press('Enter');
  await expect(till.line(MUG.name)).toBeVisible();
  await keyboard.press('F4');
  await till.at('pay');
  await keyboard.type('2000', { delay: 100 });
  await expect(till.page.getByRole('region', { name: m.pay_ways() })).toContainText('£8.00');
  await keyboard.press('Enter');
  await till.at('done');
  await keyboard.press('Enter');
  await till.at('sell');
});

test('a reloaded window shows the sale again', async ({ till }) => {
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
  await till.page.reload();
  await expect(till.line(MUG.name)).toBeVisible();
});

test('the theme changes and stays, from the first paint of the next start', async ({ till }) => {
  const root = till.page.locator('html');
  await till.page.addInitScript(noteThemes);
  await till.go('settings');
  await till.button(m.settings_evening()).click();
  await expect(root).toHaveAttribute('data-theme', 'evening');
  await till.page.reload();
  await till.at('office', 'sell');
  expect(await till.page.evaluate(() => Reflect.get(globalThis, 'notedThemes') as unknown)).toEqual(['evening']);
  await expect(root).toHaveAttribute('data-theme', 'evening');
  await till.go('settings');
  await till.button(m.settings_daylight()).click();
  await expect(root).toHaveAttribute('data-theme', 'daylight');
  await till.go('sell');
});

/** Runs in the page, before anything of its own: every theme it is ever in, from the one it was served with. */
function noteThemes(): void {
  const noted: (string | undefined)[] = [];
  Reflect.set(globalThis, 'notedThemes', noted);
  const note = (): void => {
    const { theme } = document.documentElement.dataset;
    if (noted.at(-1) !== theme) noted.push(theme);
  };
  document.addEventListener('readystatechange', note);
  new MutationObserver(note).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-theme'] });
}
