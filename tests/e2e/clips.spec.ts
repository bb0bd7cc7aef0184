import { readFileSync } from 'node:fs';
import { expect, type Locator } from '@playwright/test';
import { BufferSource } from 'mediabunny';
import { readClip } from '../../src/shared/clip-check';
import * as m from '../../src/shared/i18n/generated/messages.js';
import { endlessFilm, mp4Film, webmFilm } from '../helpers/clips';
import { test } from './camera-fixtures';
import { MUG } from './fixtures';
import type { TillPage } from './pages/till-page';

async function openStudio(till: TillPage): Promise<Locator> {
  await till.go('clips');
  const studio = till.page.getByRole('region', { name: m.place_clips() });
  await expect(studio).toBeVisible();
  return studio;
}

const choose = ({ page }: TillPage, name: string, buffer: Buffer): Promise<void> =>
  page
    .getByLabel(m.clip_import(), { exact: true })
    .and(page.locator('input'))
    .setInputFiles({
      name,
      mimeType: name.endsWith('mp4') ? 'video/mp4' : 'video/webm',
      buffer,
    });

/** Waits until the film that is shown has moved on. */
async function expectPlaying(video: Locator): Promise<void> {
  await expect
    .poll(() => video.evaluate((each: HTMLVideoElement) => each.readyState >= 2 && each.played.length > 0), {
      timeout: 20_000,
    })
    .toBe(true);
}

test('a film is recorded, trimmed, worded, linked to an item and kept', async ({ tillWith }) => {
  const till = await tillWith({ count: 1 });
  const { page } = till;
  await openStudio(till);
  await page.getByRole('button', { name: m.clip_record() }).click();
  const recorder = page.getByRole('region', { name: m.clip_record() });
  await recorder.getByRole('button', { name: m.clip_start() }).click();
  await expect(recorder.locator('.time')).toHaveText(m.clip_seconds({ seconds: 4 }), { timeout: 20_000 });
  await recorder.getByRole('button', { name: m.clip_stop() }).click();

  const editor = page.getByRole('region', { name: m.clip_new() });
  await expectPlaying(editor.locator('video'));
  const until = editor.getByLabel(m.clip_until());
  const recorded = Number(await until.inputValue());
  // A busy machine's camera misses some of the beginning.
  expect(recorded).toBeGreaterThan(1.6);
  await editor.getByLabel(m.clip_from()).fill('0.3');
  await until.fill('1.5');
  await editor.getByLabel(m.clip_caption()).fill('Hand thrown <b>this morning</b>');
  await editor.getByLabel(m.clip_item()).fill('enamel');
  await editor.getByRole('button', { name: MUG.name }).click();
  await editor.getByRole('button', { name: m.clip_keep() }).click();

  const card = page.locator('[data-clip]');
  await expect(card).toContainText('Hand thrown <b>this morning</b>', { timeout: 30_000 });
  await expect(card.locator('img')).toBeVisible();
  await card.click();
  const kept = page.getByRole('region', { name: m.clip_edit(), exact: true });
  await expect(kept).toContainText(MUG.name);
  const video = kept.locator('video');
  await expectPlaying(video);
  const seconds = await video.evaluate((each: HTMLVideoElement) => each.duration);
  expect(seconds).toBeGreaterThan(1);
  expect(seconds).toBeLessThan(1.5);

  await kept.getByRole('button', { name: m.clip_remove() }).click();
  await kept.getByRole('button', { name: m.clip_remove_sure() }).click();
  await expect(page.getByText(m.clips_none())).toBeVisible();
});

test('a file is checked before it is kept, and exported for social posts', async ({ tillWith }) => {
  const till = await tillWith({ count: 1 });
  const { page } = till;
  const studio = await openStudio(till);
  const mp4 = await mp4Film({ seconds: 2 });
  const script = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  const refused: readonly [string, Buffer, string][] = [
    ['cut.mp4', mp4.subarray(0, mp4.length * 0.6), m.clip_fault_broken()],
    ['script.mp4', script, m.clip_fault_container()],
    ['other-size.webm', await webmFilm({ saidWidth: 640 }), m.clip_fault_other_size()],
    ['nothing.webm', Buffer.alloc(0), m.clip_fault_empty()],
  ];
  for (const [name, bytes, words] of refused) {
    await choose(till, name, bytes);
    await expect(page.getByText(words), name).toBeVisible();
  }
  // Read for ever, a film is given up; the window goes on meanwhile.
  await page.clock.install();
  await choose(till, 'endless.webm', await endlessFilm());
  const looking = studio.getByRole('button', { name: m.clip_looking() });
  await expect(looking).toBeDisabled();
  await page.clock.fastForward(10_000);
  await expect(page.getByText(m.clip_fault_broken())).toBeVisible();
  await expect(studio.locator('[data-clip]')).toHaveCount(0);

  const editor = page.getByRole('region', { name: m.clip_new() });
  for (const [name, film] of [
    ['<img src=x onerror=alert(1)>.webm', await webmFilm({ seconds: 2, width: 160, height: 120 })],
    ['grey.mp4', mp4],
  ] as const) {
    await choose(till, name, film);
    await editor.getByLabel(m.clip_caption()).fill(name);
    await editor.getByRole('button', { name: m.clip_keep() }).click();
    await expect(studio.locator('[data-clip]').filter({ hasText: name })).toBeVisible({ timeout: 30_000 });
  }

  await studio.locator('[data-clip]').filter({ hasText: 'onerror' }).click();
  const kept = page.getByRole('region', { name: m.clip_edit(), exact: true });
  await kept.getByLabel(m.clip_item()).fill('enamel');
  await kept.getByRole('button', { name: MUG.name }).click();
  for (const [label, width, height] of [
    [m.clip_export_square(), 1080, 1080],
    [m.clip_export_portrait(), 1080, 1920],
  ] as const) {
    const file = await till.saved(() => kept.getByRole('button', { name: label }).click());
    expect(file.name).toMatch(/^img-src-x-onerror-alert-1-webm-(square|portrait)\.(mp4|webm)$/);
    const bytes = readFileSync(file.path);
    const reading = await readClip(new BufferSource(bytes), bytes.length);
    expect(reading).toMatchObject({ ok: true, facts: { width, height } });
  }
});
