import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Card, Playlist } from '../../src/domain/playlist';
import { ALWAYS } from '../../src/domain/pricing/rule';
import type { RunningKiosk } from '../../src/main/boot';
import { ShownPhotos } from '../../src/main/db/shown-photos';
import { verifyFolder } from '../../src/main/db/inspect';
import { CALLS, type DisplayScene, type ShownCard, type Tile } from '../../src/shared/contract';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { typedRule } from '../helpers/price-rules';

/** A Saturday, 11:00 in London. */
const START_MS = Date.parse('2026-06-13T10:00:00.000Z');
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let running: RunningKiosk;
let till: TestClient;
let tiles: readonly Tile[];

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({
    dataDir: folder.path,
    devices: 'none',
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() },
  }));
}

// One till for all: what a test changes of goods it needs again, it puts back.
beforeAll(async () => {
  folder = temporaryFolder();
  clock = manualClock(START_MS);
  await start();
  await readyToSell(till);
  ({ tiles } = await till.call('catalogue.items', { category: null, offset: 0, limit: 50 }));
}, 60_000);
afterEach(async () => {
  const { playlists } = await till.call('reel.playlists', {});
  for (const { playlist } of playlists) {
    await till.call('reel.remove-playlist', { playlistId: playlist.playlistId });
  }
});
afterAll(async () => {
  till.close();
  await running.close();
  const { findings } = await verifyFolder(folder.path);
  folder.remove();
  expect(findings).toEqual([]);
});

async function scene(): Promise<Extract<DisplayScene, { mode: 'reel' }>> {
  const answer = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.get', input: {} });
  if (!answer.ok) throw new Error(answer.error.message);
  const shown = CALLS['display.get'].output.parse(answer.value).display.scene;
  if (shown.mode !== 'reel') throw new Error(`it shows ${shown.mode}`);
  return shown;
}
const shownIds = async (): Promise<string[]> => (await scene()).cards.map(({ cardId }) => cardId);
async function card(cardId: string): Promise<ShownCard | undefined> {
  return (await scene()).cards.find((one) => one.cardId === cardId);
}
const tile = (at: number): Tile => {
  const found = tiles[at];
  if (!found) throw new Error('the demo stall has more goods');
  return found;
};
const itemCard = (cardId: string, at: number): Card => ({
  cardId,
  caption: '',
  kind: 'item',
  itemId: tile(at).itemId,
});
const put = (cards: readonly Card[], parts: Partial<Playlist> = {}): Promise<unknown> =>
  till.call('reel.put-playlist', {
    playlist: { playlistId: 'p1', name: 'Every day', isOn: true, when: ALWAYS, cards, ...parts },
  });
/** Changes what an item costs or how much of it there is. */
async function change(at: number, parts: { readonly priceMinor?: number; readonly stock?: number }): Promise<void> {
  const item = await till.call('catalogue.item', { itemId: tile(at).itemId });
  await till.call('catalogue.put-item', {
    ...item,
    variants: item.variants.map((variant) => ({ ...variant, ...parts })),
  });
}

describe('the reel', () => {
  test('has no cards before there is a playlist: the goods are shown as a wall', async () => {
    expect(await scene()).toMatchObject({ cards: [] });
  });

  test('has the cards of a playlist in their order, with the price of now', async () => {
    await put([itemCard('a', 0), { cardId: 'f', caption: 'Since 1987', kind: 'face' }, itemCard('b', 1)]);
    expect(await shownIds()).toEqual(['a', 'f', 'b']);
    expect(await card('a')).toMatchObject({ item: { name: tile(0).name, priceMinor: tile(0).priceMinor } });
    await change(0, { priceMinor: 1234 });
    expect(await card('a')).toMatchObject({ item: { priceMinor: 1234 } });
  });

  test('is kept over a restart, and gone when it is removed', async () => {
    await put([itemCard('a', 0)]);
    till.close();
    await running.close();
    await start();
    expect(await shownIds()).toEqual(['a']);
    await till.call('reel.remove-playlist', { playlistId: 'p1' });
    expect(await shownIds()).toEqual([]);
    expect(await till.failure('reel.remove-playlist', { playlistId: 'p1' })).toBe('unknown-playlist');
  });

  test('leaves out what is sold out or not in the catalogue, and says so to the operator', async () => {
    await put([
      itemCard('a', 0),
      { ...itemCard('gone', 1), itemId: 'nothing' } as Card,
      { cardId: 'p', caption: '', kind: 'pair', itemId: tile(0).itemId, otherId: tile(2).itemId },
      itemCard('b', 1),
    ]);
    await change(0, { stock: 0 });
    expect(await shownIds()).toEqual(['b']);
    const { playlists } = await till.call('reel.playlists', {});
    expect(playlists[0]?.cards.map(({ cardId, state }) => [cardId, state])).toEqual([
      ['a', 'sold-out'],
      ['gone', 'gone'],
      ['p', 'sold-out'],
      ['b', 'shown'],
    ]);
    await change(0, { stock: 3 });
    expect(await shownIds()).toEqual(['a', 'p', 'b']);
  });

  test('opens and closes playlists with the clock of the stall', async () => {
    const days = [1, 2, 3, 4, 5, 6, 7];
    await clock.advance(START_MS + DAY_MS - clock.now());
    await put([itemCard('a', 0)], { when: { ...ALWAYS, weekly: [{ days, from: '11:30', until: '12:00' }] } });
    await put([itemCard('b', 1)], { playlistId: 'p2' });
    expect(await shownIds()).toEqual(['b']);
    await clock.advance(31 * MINUTE_MS);
    expect(await shownIds()).toEqual(['a', 'b']);
    await clock.advance(30 * MINUTE_MS);
    expect(await shownIds()).toEqual(['b']);
    await put([itemCard('b', 1)], { playlistId: 'p2', isOn: false });
    expect(await shownIds()).toEqual([]);
  });

  test('tells a display by itself when a playlist opens', async () => {
    const from = new Date(clock.now() + 10 * MINUTE_MS).toISOString();
    await put([itemCard('a', 0)], { when: { ...ALWAYS, from } });
    const heard: number[] = [];
    const stop = running.kiosk.subscribe('display', (event) => {
      if (event.topic === 'display' && event.state.scene.mode === 'reel') heard.push(event.state.scene.cards.length);
    });
    await clock.advance(11 * MINUTE_MS);
    stop();
    expect(heard.at(-1)).toBe(1);
  });

  test('shows what is in a drop as long as it is, with its end', async () => {
    await put([itemCard('a', 5), { cardId: 'd', caption: 'Be quick', kind: 'drops' }]);
    expect(await shownIds()).toEqual(['a']);
    const { dropId } = await till.call('drop.schedule', {
      name: 'Half an hour',
      what: { kind: 'items', itemIds: [tile(0).itemId] },
      effect: { kind: 'percent-off', basisPoints: 2000 },
      startsAt: null,
      minutes: 30,
      unitCap: null,
      shares: null,
      graceMs: null,
    });
    const shown = await card(`d/${tile(0).itemId}`);
    expect(shown).toMatchObject({ kind: 'item', caption: 'Be quick', item: { drop: { name: 'Half an hour' } } });
    await till.call('drop.end', { dropId });
    expect(await shownIds()).toEqual(['a']);
  });

  test('says what a pair costs together', async () => {
    const parts = [0, 1].map((at) => ({ what: { kind: 'items' as const, itemIds: [tile(at).itemId] }, quantity: 1 }));
    await till.call(
      'prices.put-rule',
      typedRule({
        name: 'Together',
        what: { kind: 'items', itemIds: [tile(0).itemId, tile(1).itemId] },
        effect: { kind: 'bundle', parts, at: { kind: 'price', priceMinor: 500 }, mostPerCart: null },
      }),
    );
    await put([{ cardId: 'p', caption: '', kind: 'pair', itemId: tile(0).itemId, otherId: tile(1).itemId }]);
    expect(await card('p')).toMatchObject({ offer: { name: 'Together', isBundle: true } });
  });

  test('brings more often what shoppers look up, and counts one person once', async () => {
    await put([itemCard('a', 0), itemCard('b', 1)]);
    const look = (): Promise<unknown> =>
      running.kiosk.dispatch({ role: 'display' }, { call: 'display.look', input: { itemId: tile(1).itemId } });
    for (let minute = 0; minute < 40; minute += 1) {
      await look();
      await look();
      await clock.advance(MINUTE_MS);
    }
    const weigh = async () => (await till.call('reel.playlists', {})).playlists[0]?.cards ?? [];
    const [a, b] = await weigh();
    expect(b).toMatchObject({ looked: 40 });
    expect(b?.weight).toBeGreaterThan(a?.weight ?? 0);
    till.close();
    await running.close();
    await start();
    expect((await weigh())[1]).toMatchObject({ looked: 40 });
  });

  test('keeps the photos of its cards for displays and other tills', async () => {
    const photo = tile(3).photo ?? '';
    const other = 'ab'.repeat(32);
    const shown = ShownPhotos.open(folder.path);
    expect(shown.all()).toContain(photo);
    expect(shown.all()).not.toContain(other);
    await put([{ cardId: 'x', caption: '', kind: 'photo', photo: other, itemId: null }]);
    expect(shown.all()).toContain(other);
    shown.close();
  });

  test('is the operator’s to change, and nobody’s beside the till', async () => {
    const playlist = { playlistId: 'p1', name: 'Mine', isOn: true, when: ALWAYS, cards: [itemCard('a', 0)] };
    for (const role of ['display', 'shopper'] as const) {
      const refused = await running.kiosk.dispatch(
        { role },
        { call: 'reel.put-playlist', requestId: `r-${role}`, input: { playlist } },
      );
      expect(refused).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
    }
    const cashier = till.topics.session.staff.find(({ role }) => role === 'cashier');
    await till.call('staff.sign-on', { staffId: cashier?.staffId ?? '', pin: cashier?.demoPin ?? '' });
    expect(await till.failure('reel.put-playlist', { playlist })).toBe('not-allowed');
    expect(await till.failure('reel.playlists', {})).toBe('not-allowed');
    await readyToSell(till);
  });

  test('refuses what no reel can show, by name', async () => {
    expect(
      await till.failure('reel.put-playlist', {
        playlist: { playlistId: 'p', name: ' ', isOn: true, when: ALWAYS, cards: [] },
      }),
    ).toBe('bad-playlist');
    const many = Array.from({ length: 61 }, (_, at) => itemCard(`c${at}`, 0));
    expect(
      await till.failure('reel.put-playlist', {
        playlist: { playlistId: 'p', name: 'Long', isOn: true, when: ALWAYS, cards: many },
      }),
    ).toBe('bad-request');
  });
});
