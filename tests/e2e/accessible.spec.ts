/** What axe finds wrong with the till's screens: by WCAG 2.2 A and AA, and by its own good practice. */
import * as m from '../../src/shared/i18n/generated/messages.js';
import { openToAxe } from '../helpers/axe';
import { expect, MUG, test } from './fixtures';
import type { Office } from './pages/till-page';

const PLACES: readonly Office[] = [
  'orders',
  'holds',
  'day',
  'people',
  'goods',
  'prices',
  'clips',
  'labels',
  'reel',
  'import',
  'devices',
  'sync',
  'stall',
  'settings',
];

test('no screen of the till has what keeps somebody out, and each has a heading to begin at', async ({ till }) => {
  const { page } = till;
  const look = await openToAxe(page);
  const found: Record<string, string[]> = {};
  await till.at('sell');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
  found.sell = await look();
  await till.pay();
  found.pay = await look();
  await till.takeCash();
  await till.at('done');
  found.done = await look();
  await till.nextSale();
  // Now there is a receipt, which is longer than its place.
  for (const place of PLACES) {
    await till.go(place);
    if (place === 'orders' || place === 'day') await page.locator('article.slip').waitFor();
    found[place] = await look();
  }
  await till.go('prices');
  await page.getByRole('tab', { name: m.prices_advice() }).click();
  await till.button(m.advice_look()).waitFor();
  found.advice = await look();
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((screen) => [screen, []])));
});
