import { expect, test } from '@playwright/test';
import { readyToSell, startTestTill, temporaryFolder } from '../helpers/kiosk';
import { manualClock } from '../helpers/manual-clock';
import { LOAF } from './fixtures';
import { TillPage } from './pages/till-page';

const HOUR_MS = 3_600_000;
/** As tickets read, with the pence raised. */
const [USUAL, IN_DROP] = ['£450', '£350'];

/** The kiosk runs in this process, so that its clock is the test's; both windows are real. */
test('a drop begins and ends on till and display together, though the clock is set meanwhile', async ({ context }) => {
  const folder = temporaryFolder();
  const clock = manualClock();
  const { running, till: client } = await startTestTill({
    dataDir: folder.path,
    devices: 'none',
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() },
  });
  await readyToSell(client);
  const { tillUrl = '' } = running.server ?? {};
  const tillWindow = await context.newPage();
  await tillWindow.setViewportSize({ width: 1280, height: 800 });
  await tillWindow.goto(tillUrl);
  const display = await context.newPage();
  await display.goto(tillUrl.replace('/till/#', '/display/#token='));
  const till = new TillPage(tillWindow);
  await till.at('sell');
  const tile = till.tile(LOAF.name).first();
  const shown = display.locator('[data-item]', { hasText: LOAF.name }).first();
  await expect(tile).toContainText(USUAL);
  await expect(shown).toContainText(USUAL);
  const found = await client.call('catalogue.lookup', { code: LOAF.code });
  await client.call('drop.schedule', {
    name: 'Bread hour',
    what: { kind: 'items', itemIds: [found?.item.itemId ?? ''] },
    effect: { kind: 'unit-price', priceMinor: 350 },
    startsAt: new Date(clock.now() + 60_000).toISOString(),
    minutes: 30,
    unitCap: null,
    shares: null,
    graceMs: null,
  });

  clock.set(HOUR_MS);
  await clock.advance(59_000);
  await till.scan(LOAF.code);
  await expect(till.line(LOAF.name)).toContainText('4.50');
  await till.void('too early');
  await clock.advance(2_000);
  await expect(tile).toContainText(IN_DROP);
  await expect(shown).toContainText(IN_DROP);
  await till.scan(LOAF.code);
  await expect(till.line(LOAF.name)).toContainText('3.50');
  await expect(display.locator('[data-due]')).toHaveText('£3.50');
  await till.void('to see it end');

  // Set back before its beginning, it ends after half an hour all the same.
  clock.set(-2 * HOUR_MS);
  await clock.advance(29 * 60_000);
  await expect(tile).toContainText(IN_DROP);
  await clock.advance(70_000);
  await expect(tile).toContainText(USUAL);
  await expect(shown).toContainText(USUAL);
  client.close();
  await running.close();
  folder.remove();
});
