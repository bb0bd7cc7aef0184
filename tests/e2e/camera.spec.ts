import { join } from 'node:path';
import { expect } from '@playwright/test';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { filmLabel } from '../helpers/camera-film';
import { test } from './camera-fixtures';
import { HONEY, MUG } from './fixtures';
import type { TillPage } from './pages/till-page';

const openCamera = (till: TillPage): Promise<void> => till.button(m.camera_title(), till.goods).click();

test('a label held up to the camera is sold once, and the camera stays for the next', async ({ tillWith, folder }) => {
  const film = join(folder, 'mug.mjpeg');
  await filmLabel(film, 'ean13', MUG.code);
  const till = await tillWith({ film });
  await openCamera(till);
  await expect(till.line(MUG.name)).toContainText('£12.00');
  await expect(till.sheet(m.camera_title())).toBeVisible();
  // It is in sight all the time and stays one line of one piece, also when something else is scanned meanwhile.
  await till.scan(HONEY.code);
  await expect(till.line(HONEY.name)).toBeVisible();
  await expect(till.payKey).toContainText('£19.50');
  await expect(till.sheet(m.camera_title())).toContainText(m.camera_next());
  await till.button(m.camera_done(), till.sheet(m.camera_title())).click();
  await expect(till.sheet(m.camera_title())).toBeHidden();
  await expect(till.page.locator('video')).toHaveCount(0);
});

test('an unknown code is named, and the camera goes on looking', async ({ tillWith, folder }) => {
  const film = join(folder, 'unknown.mjpeg');
  await filmLabel(film, 'qrcode', 'NOTHING-WE-SELL');
  const till = await tillWith({ film });
  await openCamera(till);
  await expect(till.banner).toContainText(m.banner_unknown_code({ code: 'NOTHING-WE-SELL' }));
  await expect(till.sheet(m.camera_title())).toBeVisible();
  await expect(till.docket).toContainText(m.docket_empty());
});

test('without a camera it says so, and how to go on', async ({ tillWith }) => {
  const till = await tillWith({ count: 0 });
  await openCamera(till);
  await expect(till.page.getByRole('alert')).toContainText(m.camera_none());
  await till.button(m.camera_again(), till.goods).click();
  await expect(till.page.getByRole('alert')).toContainText(m.camera_none());
  await till.scan(MUG.code);
  await expect(till.line(MUG.name)).toBeVisible();
});

test('another camera can be chosen', async ({ tillWith }) => {
  const till = await tillWith({ count: 2 });
  await openCamera(till);
  const sheet = till.sheet(m.camera_title());
  const other = sheet.getByRole('button', { name: /fake_device_/ });
  const name = (await other.innerText()).trim();
  await other.click();
  await expect(sheet.getByRole('button', { name: /fake_device_/ })).not.toContainText(name);
  await expect(other).toHaveCount(1);
});
