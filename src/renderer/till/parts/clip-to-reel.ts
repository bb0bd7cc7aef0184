import type { Playlist } from '../../../domain/playlist';
import { PLAYLIST_LIMITS } from '../../../domain/playlist-limits';
import { ALWAYS } from '../../../domain/pricing/rule';
import type { ClipView } from '../../../shared/contract';

/** What displays know of a playlist: itself, and whether it shows at this time. */
export interface KnownPlaylist {
  readonly playlist: Playlist;
  readonly isOpen: boolean;
}

/** Where a clip goes when it is added to the reel. */
export type ReelPlace =
  /** It is there already: nothing is to be done. */
  | { readonly kind: 'there'; readonly name: string }
  /** Every playlist is full, and no more can be made. */
  | { readonly kind: 'full' }
  /** The playlist with the clip as its last card, to be kept. */
  | { readonly kind: 'put'; readonly playlist: Playlist; readonly isNew: boolean; readonly isOpen: boolean };

/** The name of the playlist that shows a clip, the first that does; null where none does. */
export function playlistWith(clip: string, known: readonly KnownPlaylist[]): string | null {
  const found = known.find(({ playlist }) => playlist.cards.some((card) => card.kind === 'clip' && card.clip === clip));
  return found?.playlist.name ?? null;
}

/**
 * Finds the place of a clip on the reel: the end of the playlist that shows now, else of one that is on, else of any, as long
 * as it has room; a new one where there is none. No clip is put on the reel twice.
 * @param made ids for a new card and a new playlist, and the name of the latter
 */
export function placeOnReel(
  { clip, itemId, caption }: Pick<ClipView, 'clip' | 'itemId' | 'caption'>,
  known: readonly KnownPlaylist[],
  made: { readonly cardId: string; readonly playlistId: string; readonly name: string },
): ReelPlace {
  const name = playlistWith(clip, known);
  if (name !== null) return { kind: 'there', name };
  const card = { cardId: made.cardId, kind: 'clip', clip, itemId, caption } as const;
  const withRoom = known.filter(({ playlist }) => playlist.cards.length < PLAYLIST_LIMITS.cards);
  const chosen = withRoom.find(({ isOpen }) => isOpen) ?? withRoom.find(({ playlist }) => playlist.isOn) ?? withRoom[0];
  if (chosen) {
    const { playlist, isOpen } = chosen;
    return { kind: 'put', playlist: { ...playlist, cards: [...playlist.cards, card] }, isNew: false, isOpen };
  }
  if (known.length >= PLAYLIST_LIMITS.playlists) return { kind: 'full' };
  const { playlistId } = made;
  const playlist = { playlistId, name: made.name, isOn: true, when: ALWAYS, cards: [card] };
  return { kind: 'put', playlist, isNew: true, isOpen: true };
}
