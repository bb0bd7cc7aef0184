/** What axe finds wrong with the till's screens: by WCAG 2.2 A and AA, and by its own good practice. */
import { openToAxe } from '../helpers/axe';
import { expect, MUG, test } from './fixtures';
import type { Office } from './pages/till-page';

const PLACES: readonly Office[] = ['orders', 'day', 'devices', 'prices', 'sync', 'settings', 'reel', 'clips'];

test('no screen of the till has what keeps somebody out, and each has a heading to begin at', async ({ till }) => {
  const { page } = till;
  const look = await openToAxe(page);
  const found: Record<string, string[]> = {};
  await till.at('sell');
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
  found.sell = await look();
  for (const place of PLACES) {
    await till.go(place);
    found[place] = await look();
  }
  await till.go('sell');
  await till.pay();
  found.pay = await look();
  await till.takeCash();
  await till.at('done');
  found.done = await look();
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((screen) => [screen, []])));
});
