/** What the playlists of a stall may hold, so that a mistaken one costs bounded work. */
export const PLAYLIST_LIMITS = {
  playlists: 20,
  cards: 60,
  nameLength: 80,
  captionLength: 120,
} as const;
