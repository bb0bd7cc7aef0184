/** Schemas of the reel's playlists. Those of what a display shows of them are in `display-schemas.ts`. */
import { z } from 'zod';
import type { Card, Playlist } from '../domain/playlist';
import { PLAYLIST_LIMITS } from '../domain/playlist-limits';
import { contentHash } from './clip-schemas';
import { schedule } from './pricing-schemas';
import { id } from './zod';

const text = (most: number) => z.string().max(most);
const words = { cardId: id, caption: text(PLAYLIST_LIMITS.captionLength) };

export const card = z.discriminatedUnion('kind', [
  z.object({ ...words, kind: z.literal('item'), itemId: id }),
  z.object({ ...words, kind: z.literal('photo'), photo: contentHash, itemId: id.nullable() }),
  z.object({ ...words, kind: z.literal('clip'), clip: contentHash, itemId: id.nullable() }),
  z.object({ ...words, kind: z.literal('drops') }),
  z.object({ ...words, kind: z.literal('pair'), itemId: id, otherId: id }),
  z.object({ ...words, kind: z.literal('face') }),
  z.object({ ...words, kind: z.literal('gallery') }),
]) satisfies z.ZodType<Card>;

export const playlist = z.object({
  playlistId: id,
  name: text(PLAYLIST_LIMITS.nameLength),
  isOn: z.boolean(),
  when: schedule,
  cards: z.array(card).max(PLAYLIST_LIMITS.cards),
}) satisfies z.ZodType<Playlist>;
