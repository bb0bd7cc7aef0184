import { expect, test, type Locator, type Page } from '@playwright/test';
import type { Card } from '../../src/domain/playlist';
import { ALWAYS } from '../../src/domain/pricing/rule';
import { axeProblems } from '../helpers/axe';
import { addClip, webmFilm } from '../helpers/clips';
import { openShopTill, serveShoppers } from '../helpers/stall-shoppers';
import { connect, readyToSell, startKioskProcess, temporaryFolder } from '../helpers/kiosk';
import { HONEY, LOAF, MUG } from './fixtures';

/** Longer than any card stays. */
const CARD_MS = 11_000;

/** Lets the card on the screen have its time, by the page's own clock. */
async function nextCard(page: Page): Promise<void> {
  const current = page.locator('[data-place=current]');
  const number = await current.getAttribute('data-number');
  await expect
    .poll(
      async () => {
        await page.clock.runFor(CARD_MS / 10);
        return current.getAttribute('data-number');
      },
      { timeout: 30_000, intervals: [50] },
    )
    .not.toBe(number);
}

test('the reel goes through its cards, flips prices where they are and leaves out what it cannot sell or show', async ({
  playwright,
}) => {
  const { use } = test.info().project;
  test.setTimeout(180_000);
  const browser = await playwright.chromium.launch(use.launchOptions);
  const folder = temporaryFolder();
  const kiosk = await startKioskProcess(folder.path, ['--demo', '--devices', 'none']);
  const till = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(till);
  const item = async ({ code }: { readonly code: string }) => {
    const found = await till.call('catalogue.lookup', { code });
    if (!found) throw new Error(`the demo stall sells ${code}`);
    return found.item;
  };
  const [loaf, honey, mug] = [await item(LOAF), await item(HONEY), await item(MUG)];
  const cards: readonly Card[] = [
    { cardId: 'loaf', caption: 'Baked at four', kind: 'item', itemId: loaf.itemId },
    { cardId: 'broken', caption: '', kind: 'photo', photo: 'ab'.repeat(32), itemId: null },
    { cardId: 'pair', caption: '', kind: 'pair', itemId: honey.itemId, otherId: mug.itemId },
    { cardId: 'face', caption: '', kind: 'face' },
    { cardId: 'gallery', caption: '', kind: 'gallery' },
  ];
  const put = (some: readonly Card[]): Promise<unknown> =>
    till.call('reel.put-playlist', {
      playlist: { playlistId: 'every-day', name: 'Every day', isOn: true, when: ALWAYS, cards: some },
    });
  await put(cards);
  await serveShoppers(till, ['display', 'gallery', 'holds']);
  await till.until(({ displays }) => displays.servedAt !== null, 'the displays');

  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.clock.install();
  await page.goto((await till.call('display.new-code', {})).link ?? '');
  const current = page.locator('[data-place=current]');
  const shownId = (): Promise<string> => current.getAttribute('data-card').then((cardId) => cardId ?? '');
  const next = async (): Promise<string> => {
    await nextCard(page);
    return shownId();
  };
  const until = async (cardId: string): Promise<Locator> => {
    await expect.poll(() => next(), { timeout: 60_000 }).toBe(cardId);
    return page.locator(`[data-place=current][data-card=${cardId}]`);
  };
  // A display that begins at the broken photo is past it at once.
  await expect.poll(shownId).not.toBe('broken');

  // In their order, from wherever this display began; the photo that is not there is nobody's trouble.
  const seen = [await shownId()];
  for (let turn = 0; turn < 8; turn += 1) seen.push(await next());
  const order = ['loaf', 'pair', 'face', 'gallery'];
  const first = order.indexOf(seen[0] ?? '');
  expect(seen).toEqual(seen.map((_, at) => order[(first + at) % order.length]));
  expect(await page.locator('[data-place]').count()).toBeLessThanOrEqual(3);

  // A price flips where it stands, with the drop's clock.
  const card = await until('loaf');
  await expect(card.locator('[data-price]')).toHaveAttribute('data-price', '450');
  await expect(card.locator('[data-code]')).toHaveAttribute('data-code', new RegExp(`/q/${loaf.itemId}$`));
  const number = await current.getAttribute('data-number');
  const { dropId } = await till.call('drop.schedule', {
    ...{ name: 'Bread hour', what: { kind: 'items', itemIds: [loaf.itemId] }, startsAt: null, minutes: 30 },
    ...{ effect: { kind: 'unit-price', priceMinor: 350 }, unitCap: null, shares: null, graceMs: null },
  });
  await expect(card.locator('[data-price]')).toHaveAttribute('data-price', '350');
  await expect(card.locator('.count')).toContainText(/29:|30:/);
  expect(await current.getAttribute('data-number')).toBe(number);
  expect(await axeProblems(page)).toEqual([]);
  await till.call('drop.end', { dropId });

  // The honey is sold: nobody is shown it. With it back, it comes back.
  const stock = (count: number): Promise<unknown> =>
    till.call('catalogue.put-item', {
      ...honey,
      variants: honey.variants.map((variant) => ({ ...variant, stock: count })),
    });
  await stock(0);
  await until('loaf');
  for (let turn = 0; turn < 6; turn += 1) expect(await next()).not.toBe('pair');
  await stock(5);
  await until('pair');

  // Nothing to show: the wall of goods.
  await put([cards[1] as Card]);
  await page.clock.runFor(CARD_MS);
  await expect(page.locator('figure[data-item]').first()).toBeVisible();
  expect(complaints).toEqual([]);
  await browser.close();
  till.close();
  await kiosk.stop();
  folder.remove();
});

test('a card that has left the screen leaves memory', async ({ playwright }) => {
  test.setTimeout(120_000);
  const browser = await playwright.chromium.launch(test.info().project.use.launchOptions);
  const folder = temporaryFolder();
  const till = await openShopTill(folder.path);
  const { tiles } = await till.client.call('catalogue.items', { category: null, offset: 0, limit: 20 });
  const photos = tiles.flatMap(({ photo }) => photo ?? []).slice(0, 2);
  const clip = await addClip(till.client, await webmFilm());
  const cards: readonly Card[] = [
    ...photos.map((photo): Card => ({ cardId: photo, caption: 'Here today', kind: 'photo', photo, itemId: null })),
    { cardId: 'clip', caption: '', kind: 'clip', clip, itemId: null },
    { cardId: 'item', caption: '', kind: 'item', itemId: tiles[0]?.itemId ?? '' },
  ];
  await till.client.call('reel.put-playlist', {
    playlist: { playlistId: 'every-day', name: 'Every day', isOn: true, when: ALWAYS, cards },
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.clock.install();
  await page.goto(String((await till.client.call('display.new-code', {})).link));
  const devTools = await page.context().newCDPSession(page);
  /** Nodes of the page in memory after so many more cards. */
  const nodesAfter = async (turns: number): Promise<number> => {
    for (let turn = 0; turn < turns; turn += 1) await nextCard(page);
    await devTools.send('HeapProfiler.collectGarbage');
    return (await devTools.send('Memory.getDOMCounters')).nodes;
  };
  // Every card was there once, with all that is made only once.
  const before = await nodesAfter(2 * cards.length);
  const perCard = await page.locator('[data-place=current] *').count();
  expect(perCard).toBeGreaterThan(5);
  const turns = 4 * cards.length;
  // A few cards may still be on their way out.
  expect((await nodesAfter(turns)) - before).toBeLessThan((turns / 2) * perCard);
  await browser.close();
  await till.close();
  folder.remove();
});
