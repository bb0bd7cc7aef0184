import { describe, expect, test } from 'vitest';
import {
  checkPlaylist,
  firstTurns,
  itemsOf,
  nextTurn,
  weightsOf,
  type Card,
  type Playlist,
} from '../../../src/domain/playlist';
import { PLAYLIST_LIMITS } from '../../../src/domain/playlist-limits';
import { ALWAYS } from '../../../src/domain/pricing/rule';

const item = (cardId: string): Card => ({ cardId, caption: '', kind: 'item', itemId: `item-${cardId}` });
const made = (parts: Partial<Playlist> = {}): Playlist => ({
  playlistId: 'p1',
  name: 'Every day',
  isOn: true,
  when: ALWAYS,
  cards: [item('a')],
  ...parts,
});
function turnsOf(weights: Readonly<Record<string, number>>, count: number, seed = 0): string[] {
  const cards = Object.entries(weights).map(([cardId, weight]) => ({ cardId, weight }));
  let turns = firstTurns(seed);
  return Array.from({ length: count }, () => {
    const next = nextTurn(turns, cards);
    if (!next) throw new Error('There is a card');
    turns = next.turns;
    return next.cardId;
  });
}

describe('a playlist', () => {
  test('is tidied: names and captions are plain text', () => {
    const checked = checkPlaylist(
      made({ name: ' Every\n day ', cards: [{ ...item('a'), caption: 'Baked\u202e today ' }] }),
    );
    expect(checked).toMatchObject({ ok: true, value: { name: 'Every day', cards: [{ caption: 'Baked today' }] } });
  });

  test.each([
    ['no name', made({ name: '  ' })],
    ['a name past its length', made({ name: 'a'.repeat(PLAYLIST_LIMITS.nameLength + 1) })],
    ['a card twice', made({ cards: [item('a'), item('a')] })],
    ['more cards than it can have', made({ cards: Array.from({ length: 61 }, (_, at) => item(`c${at}`)) })],
    ['a caption past its length', made({ cards: [{ ...item('a'), caption: 'a'.repeat(121) }] })],
    ['a pair of one thing', made({ cards: [{ cardId: 'a', caption: '', kind: 'pair', itemId: 'x', otherId: 'x' }] })],
    [
      'an end before its start',
      made({ when: { ...ALWAYS, from: '2026-06-13T10:00:00.000Z', until: '2026-06-13T09:00:00.000Z' } }),
    ],
  ])('is refused with %s', (_what, playlist) => {
    expect(checkPlaylist(playlist)).toMatchObject({ ok: false, error: { code: 'bad-playlist' } });
  });

  test('knows the items of its cards', () => {
    expect(itemsOf({ cardId: 'a', caption: '', kind: 'pair', itemId: 'x', otherId: 'y' })).toEqual(['x', 'y']);
    expect(itemsOf({ cardId: 'a', caption: '', kind: 'clip', clip: 'c', itemId: null })).toEqual([]);
  });
});

describe('the next card', () => {
  test('comes in the order of the playlist where all weigh the same', () => {
    expect(turnsOf({ a: 1, b: 1, c: 1 }, 7)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']);
    expect(turnsOf({ a: 1, b: 1, c: 1 }, 4, 2)).toEqual(['c', 'a', 'b', 'c']);
  });

  test('is the heavier one more often, never twice in a row', () => {
    const shown = turnsOf({ a: 2, b: 1, c: 1 }, 40);
    // Half of the weight, half of the turns, but for where it begins.
    expect(Math.abs(shown.filter((cardId) => cardId === 'a').length - 20)).toBeLessThanOrEqual(1);
    expect(shown.some((cardId, at) => cardId === shown[at - 1])).toBe(false);
  });

  test('is the only one again and again, and none of none', () => {
    expect(turnsOf({ a: 0.5 }, 3)).toEqual(['a', 'a', 'a']);
    expect(nextTurn(firstTurns(3), [])).toBeNull();
  });
});

describe('weights', () => {
  test('are the usual one where nothing is known, and bounded whatever is', () => {
    const none = { sold: 0, looked: 0 };
    expect([
      ...weightsOf(
        new Map([
          ['a', none],
          ['b', none],
        ]),
      ).values(),
    ]).toEqual([1, 1]);
    const far = weightsOf(
      new Map([['a', { sold: 900, looked: 0 }], ...'bcdefghij'.split('').map((id) => [id, none] as const)]),
    );
    expect(far.get('a')).toBe(2);
    expect(far.get('b')).toBe(0.5);
  });

  test('rise with what is bought, and by less with what is looked at', () => {
    const weights = weightsOf(
      new Map([
        ['bought', { sold: 20, looked: 0 }],
        ['looked', { sold: 0, looked: 20 }],
        ['left', { sold: 0, looked: 0 }],
      ]),
    );
    const [bought = 0, looked = 0, left = 0] = [...weights.values()];
    expect(bought).toBeGreaterThan(looked);
    expect(looked).toBeGreaterThan(left);
  });
});
