/** A playlist as the operator puts it together at the till, and what a display makes of it at once. */
import { expect, test } from '@playwright/test';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { addClip, webmFilm } from '../helpers/clips';
import { connect, startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { serveShoppers } from '../helpers/stall-shoppers';
import { LOAF, OPERATOR } from './fixtures';
import { TillPage } from './pages/till-page';

test('cards are added, worded, moved and looked at; a display plays the clip among them', async ({ playwright }) => {
  const { use } = test.info().project;
  test.setTimeout(120_000);
  const browser = await playwright.chromium.launch(use.launchOptions);
  const folder = temporaryFolder();
  const kiosk = await startKioskProcess(folder.path, ['--demo', '--devices', 'none']);
  const door = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.goto(`${kiosk.socket.replace(/^ws/, 'http').replace(/socket$/, 'till/')}#${kiosk.token}`);
  const till = new TillPage(page);
  await till.signOn(OPERATOR.name, OPERATOR.pin);
  await till.openShift(5000);
  await addClip(door, await webmFilm({ seconds: 2, framesPerSecond: 8, width: 320, height: 180 }), 'Out of the oven');

  await till.go('reel');
  const screen = page.getByRole('region', { name: m.place_reel(), exact: true });
  await expect(screen.getByText(m.reel_none())).toBeVisible();
  await till.button(m.reel_new(), screen).click();
  const rows = screen.locator('[data-row]');

  await screen.locator('[data-add=item]').click();
  await screen.getByLabel(m.reel_find()).fill('sourdough');
  await screen.getByRole('button', { name: LOAF.name }).click();
  await screen.locator('[data-add=clip]').click();
  await screen.getByRole('button', { name: 'Out of the oven' }).click();
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText(LOAF.name);
  await expect(rows.nth(1)).toContainText('Out of the oven');

  // The first card, by keys: its words, and one place down.
  await rows.nth(0).getByRole('button').first().click();
  await screen.getByLabel(m.reel_caption()).fill('Baked at <b>four</b>');
  await screen.getByLabel(m.reel_caption()).press('Tab');
  const preview = screen.locator('[aria-hidden=true] .screen');
  await expect(preview).toContainText('Baked at <b>four</b>');
  await rows.nth(0).getByRole('button').first().press('Alt+ArrowDown');
  await expect(rows.nth(1)).toContainText(LOAF.name);
  await screen.getByRole('button', { name: m.reel_up({ name: LOAF.name }) }).click();
  await expect(rows.nth(0)).toContainText(LOAF.name);

  // On its side and on its end the preview is the whole card.
  for (const [label, width, height] of [
    [m.reel_tall(), 9, 16],
    [m.reel_wide(), 16, 9],
  ] as const) {
    await till.button(label, screen).click();
    const box = await preview.boundingBox();
    const frame = await preview.locator('..').boundingBox();
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(width / height, 1);
    expect(Math.abs((box?.width ?? 0) - (frame?.width ?? 0))).toBeLessThan(6);
  }

  // It only shows while its window is open.
  await till.button(m.reel_when(), screen).click();
  await screen.getByRole('switch').first().click();
  await expect(screen.getByText(m.reel_not_now())).toBeVisible();
  await screen.getByRole('switch').first().click();
  await till.button(m.reel_when(), screen).click();

  // A clip of the studio: one tap, to the end of the playlist that shows.
  const warm = await addClip(door, await webmFilm({ seconds: 1, width: 96 }), 'Still warm');
  await till.go('clips');
  const studio = page.getByRole('region', { name: m.place_clips(), exact: true });
  const name = m.reel_first_name();
  const clips = studio.getByRole('listitem');
  await expect(clips.filter({ hasText: 'Out of the oven' })).toContainText(m.clip_on_reel({ name }));
  await till.button(m.clip_to_reel(), studio).click();
  await expect(till.banner).toContainText(m.clip_reel_last({ name }));
  await expect(clips.filter({ hasText: 'Still warm' })).toContainText(m.clip_on_reel({ name }));
  await expect(till.button(m.clip_to_reel(), studio)).toBeHidden();
  const { playlists } = await door.call('reel.playlists', {});
  const added = playlists.flatMap(({ playlist }) => playlist.cards).map((card) => ('clip' in card ? card.clip : ''));
  expect(added).toEqual([expect.any(String), expect.any(String), warm]);

  await serveShoppers(door, ['display', 'gallery']);
  await door.until(({ displays }) => displays.servedAt !== null, 'the displays');
  const display = await browser.newPage({ viewport: { width: 1024, height: 768 } });
  display.on('pageerror', ({ message }) => complaints.push(message));
  await display.goto((await door.call('display.new-code', {})).link ?? '');
  const film = display.locator('[data-place=current] video');
  await expect(film).toBeVisible({ timeout: 60_000 });
  await expect
    .poll(() => film.evaluate((video: HTMLVideoElement) => video.played.length > 0 && video.currentTime > 0))
    .toBe(true);
  // It ends by itself, and the next card takes its place.
  await expect(display.locator('[data-place=current]')).toContainText('Baked at <b>four</b>', { timeout: 30_000 });

  expect(complaints).toEqual([]);
  await browser.close();
  door.close();
  await kiosk.stop();
  folder.remove();
});
