import * as m from '../../src/shared/i18n/generated/messages.js';
import { expect, MUG, test } from './fixtures';

test('a price test is set up in four taps and a word, says where it stands, and ends', async ({ till }) => {
  const { page } = till;
  await till.go('prices');
  await page.getByRole('tab', { name: m.place_tests() }).click();
  await till.button(m.ptest_new()).click();
  const form = page.getByRole('form', { name: m.ptest_new() });
  await form.getByLabel(m.ptest_which()).pressSequentially('enamel', { delay: 60 });
  await form.getByRole('button', { name: new RegExp(MUG.name) }).click();
  await form.getByLabel(m.ptest_against()).fill('-4');
  await form.getByLabel(m.ptest_against()).fill('9.60');
  await form.getByRole('button', { name: m.ptest_measure_units() }).click();
  await expect(form.getByText(/First look after/)).toBeVisible();
  await till.button(m.ptest_start(), form).click();

  const detail = page.getByRole('region', { name: MUG.name });
  await expect(detail).toHaveAttribute('data-phase', 'running');
  await expect(detail.getByText(/£(12\.00|9\.60) is shown until/)).toBeVisible();
  await expect(detail.getByRole('status')).toContainText(m.ptest_open());
  await till.button(m.ptest_rain(), detail).click();
  await expect(till.button(m.ptest_rain_over(), detail)).toHaveAttribute('aria-pressed', 'true');
  await till.button(m.ptest_pause(), detail).click();
  await expect(detail).toHaveAttribute('data-phase', 'paused');
  await till.button(m.ptest_resume(), detail).click();
  await expect(detail).toHaveAttribute('data-phase', 'running');
  await till.button(m.ptest_stop(), detail).click();
  await till.button(m.ptest_stop_sure(), detail).click();
  await expect(detail).toHaveAttribute('data-phase', 'over');
});
