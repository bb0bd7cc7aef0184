import { describe, expect, test } from 'vitest';
import { checkPlaylist, type Card, type Playlist } from '../../../src/domain/playlist';
import { PLAYLIST_LIMITS } from '../../../src/domain/playlist-limits';
import { ALWAYS } from '../../../src/domain/pricing/rule';
import { placeOnReel, playlistWith, type KnownPlaylist } from '../../../src/renderer/till/parts/clip-to-reel';

const CLIP = { clip: 'a'.repeat(64), itemId: 'loaf', caption: 'Out of the oven' };
const MADE = { cardId: 'new-card', playlistId: 'new-list', name: 'Every day' };
const CARD: Card = { cardId: MADE.cardId, kind: 'clip', ...CLIP };
const FACE: Card = { cardId: 'face', kind: 'face', caption: '' };

function known(
  name: string,
  { isOpen = true, isOn = true, cards = [FACE] }: Partial<Playlist & KnownPlaylist> = {},
): KnownPlaylist {
  return { playlist: { playlistId: name, name, isOn, when: ALWAYS, cards }, isOpen };
}
const full = Array.from({ length: PLAYLIST_LIMITS.cards }, (_, index) => ({ ...FACE, cardId: `card ${index}` }));

describe('the place of a clip on the reel', () => {
  test('is the end of the playlist that shows now', () => {
    const place = placeOnReel(CLIP, [known('closed', { isOpen: false }), known('open'), known('other')], MADE);
    expect(place).toMatchObject({ kind: 'put', isNew: false, isOpen: true });
    expect(place).toHaveProperty('playlist', { ...known('open').playlist, cards: [FACE, CARD] });
  });

  test.each([
    [
      'one that is on before one that is off',
      [known('off', { isOpen: false, isOn: false }), known('on', { isOpen: false })],
      'on',
    ],
    [
      'one with room before one that shows',
      [known('full', { cards: full }), known('off', { isOpen: false, isOn: false })],
      'off',
    ],
  ])('is %s', (_, playlists, name) => {
    expect(placeOnReel(CLIP, playlists, MADE)).toMatchObject({ kind: 'put', isOpen: false, playlist: { name } });
  });

  test.each([
    ['there is none', []],
    ['all are full', [known('full', { cards: full })]],
  ])('is a new playlist where %s', (_, playlists) => {
    const place = placeOnReel(CLIP, playlists, MADE);
    expect(place).toMatchObject({ kind: 'put', isNew: true, isOpen: true });
    const { playlist } = place as Extract<typeof place, { kind: 'put' }>;
    expect(playlist).toMatchObject({ playlistId: MADE.playlistId, name: MADE.name, cards: [CARD] });
    expect(checkPlaylist(playlist)).toMatchObject({ ok: true });
  });

  test('is nowhere where nothing more fits', () => {
    const all = Array.from({ length: PLAYLIST_LIMITS.playlists }, (_, index) =>
      known(`list ${index}`, { cards: full }),
    );
    expect(placeOnReel(CLIP, all, MADE)).toEqual({ kind: 'full' });
  });

  test('is where it is already, also in a playlist that is off', () => {
    const off = known('off', { isOpen: false, isOn: false, cards: [FACE, { ...CARD, caption: 'Other words' }] });
    expect(placeOnReel(CLIP, [known('open'), off], MADE)).toEqual({ kind: 'there', name: 'off' });
    expect(playlistWith(CLIP.clip, [known('open'), off])).toBe('off');
    expect(playlistWith('b'.repeat(64), [known('open'), off])).toBeNull();
  });
});
