import { expect, test } from '@playwright/test';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { rememberMarketDays } from '../helpers/market-days';
import { OPERATOR } from './fixtures';
import { TillPage } from './pages/till-page';

const SCONE = '5012345018911';
const YOGHURT = '5012345029276';

/** On a till of its own: what it remembers would be in the way of the other specs. */
test('advice is changed, done, taken back and left with one tap each, and the docket follows it', async ({ page }) => {
  const folder = temporaryFolder();
  await (await startKioskProcess(folder.path, ['--demo', '--devices', 'none'])).stop();
  const { markdown, bundle, closesAt, perishable } = rememberMarketDays(folder.path);
  const kiosk = await startKioskProcess(folder.path, ['--demo', '--devices', 'none']);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${kiosk.socket.replace(/^ws/, 'http').replace(/socket$/, 'till/')}#${kiosk.token}`);
  const till = new TillPage(page);
  await till.signOn(OPERATOR.name, OPERATOR.pin);
  await till.openShift(5000);

  /** What the two cost together now, on a docket that is then put away. */
  async function together(): Promise<string> {
    await till.go('sell');
    await till.scan(SCONE);
    await till.scan(YOGHURT);
    await expect(till.docket.locator('[data-line]')).toHaveCount(2);
    const total = await till.payKey.innerText();
    await till.void('to see what it costs');
    return total;
  }
  async function openAdvice(): Promise<void> {
    await till.go('prices');
    await page.getByRole('tab', { name: m.prices_advice() }).click();
  }

  const usual = await together();
  await openAdvice();
  await page.getByRole('button', { name: m.advice_all_goods() }).click();
  const wishes = page.getByRole('form', { name: m.advice_wishes() });
  await wishes.getByLabel(m.advice_closes_at()).fill(closesAt);
  for (const category of perishable) await till.button(category, wishes).click();
  await till.button(m.advice_keep_wishes(), wishes).click();

  const card = page.locator(`[data-advice="${markdown}"]`);
  await expect(card).toContainText('£4.50', { timeout: 30_000 });
  await expect(card).toContainText(m.advice_floor({ price: '£1.80' }));

  // A price below cost is refused, with the reason.
  await till.button(m.advice_adjust(), card).click();
  const sheet = page.getByRole('region', { name: new RegExp(markdown) });
  await till.keyIn('179', sheet);
  await expect(sheet.getByText(m.advice_wrong_floor({ price: '£1.80' }))).toBeVisible();
  await page.keyboard.press('Escape');
  await till.button(m.advice_ignore(), card).click();
  const left = page.locator(`[data-answered="${markdown}"]`);
  await expect(left).toContainText(m.advice_left());

  const pair = page.locator(`[data-advice="${bundle.join(' + ')}"]`);
  await expect(pair).toContainText('84');
  await till.button(m.advice_accept(), pair).click();
  const taken = page.locator(`[data-answered="${bundle.join(' + ')}"]`);
  await expect(taken).toContainText(m.advice_taken());
  expect(await together()).not.toBe(usual);

  await openAdvice();
  await till.button(m.advice_take_back(), taken).click();
  await expect(pair).toBeVisible();
  expect(await together()).toBe(usual);
  await kiosk.stop();
  folder.remove();
});
