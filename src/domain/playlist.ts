import { PLAYLIST_LIMITS } from './playlist-limits';
import { wrongSchedule, type Schedule } from './pricing/rule';
import { fail, ok, type Failure, type Result } from './result';
import { plainText } from './text';

/** A list of cards that the idle display shows one after the other, as long as it is on. */
export interface Playlist {
  readonly playlistId: string;
  readonly name: string;
  readonly isOn: boolean;
  /** Windows as prices have them. The reel has the cards of every playlist whose window is open. */
  readonly when: Schedule;
  readonly cards: readonly Card[];
}

/** One card of a playlist, as a person put it there. What it shows of goods is read when it is shown. */
export type Card = {
  readonly cardId: string;
  /** A line of the stall's own; may be empty. */
  readonly caption: string;
} &
  /** An item on its table with the price of now. */
  (
    | { readonly kind: 'item'; readonly itemId: string }
    /** A photo over the whole screen; with an item, its price goes with it. */
    | { readonly kind: 'photo'; readonly photo: string; readonly itemId: string | null }
    /** A clip over the whole screen, by its SHA-256. */
    | { readonly kind: 'clip'; readonly clip: string; readonly itemId: string | null }
    /** Whatever is in a drop now, item by item; nothing while there is no drop. */
    | { readonly kind: 'drops' }
    /** Two items side by side, with the offer that is for both of them. */
    | { readonly kind: 'pair'; readonly itemId: string; readonly otherId: string }
    /** The stall's name and place. */
    | { readonly kind: 'face' }
    /** The code that leads to all of the goods. */
    | { readonly kind: 'gallery' }
  );

export type CardKind = Card['kind'];

/** The items a card is about. */
export function itemsOf(card: Card): readonly string[] {
  switch (card.kind) {
    case 'item':
      return [card.itemId];
    case 'photo':
    case 'clip':
      return card.itemId === null ? [] : [card.itemId];
    case 'pair':
      return [card.itemId, card.otherId];
    case 'drops':
    case 'face':
    case 'gallery':
      return [];
  }
}

/** Checks a playlist before it is kept, and gives it back tidied. */
export function checkPlaylist(playlist: Playlist): Result<Playlist, 'bad-playlist'> {
  const name = plainText(playlist.name);
  if (name === '') return bad('The playlist needs a name.');
  if (name.length > PLAYLIST_LIMITS.nameLength) {
    return bad(`The name can have ${PLAYLIST_LIMITS.nameLength} characters.`);
  }
  const schedule = wrongSchedule(playlist.when);
  if (schedule !== null) return bad(schedule.error.message);
  if (playlist.cards.length > PLAYLIST_LIMITS.cards) {
    return bad(`A playlist has ${PLAYLIST_LIMITS.cards} cards at most. Make another one.`);
  }
  const cards = playlist.cards.map((card) => ({ ...card, caption: plainText(card.caption) }));
  if (new Set(cards.map(({ cardId }) => cardId)).size < cards.length) return bad('A card is in there twice.');
  if (cards.some(({ caption }) => caption.length > PLAYLIST_LIMITS.captionLength)) {
    return bad(`A caption can have ${PLAYLIST_LIMITS.captionLength} characters.`);
  }
  if (cards.some((card) => card.kind === 'pair' && card.itemId === card.otherId)) {
    return bad('A pair has two different things.');
  }
  return ok({ ...playlist, name, cards });
}

function bad(message: string): Failure<'bad-playlist'> {
  return fail('bad-playlist', message);
}

/** What shoppers made of an item lately. */
export interface Interest {
  /** Orders it was in. */
  readonly sold: number;
  /** How often somebody looked it up at a display: once a minute at most. */
  readonly looked: number;
}

export const NO_INTEREST: Interest = { sold: 0, looked: 0 };

/** How often a card comes, against one about which nothing is known. */
export const WEIGHTS = { least: 0.5, usual: 1, most: 2 } as const;

/** To buy says more than to look. */
const LOOK_COUNTS = 0.25;
/** So much interest is taken for granted: a few orders on a slow morning must not turn the reel over. */
const GRANTED = 5;

/**
 * How often each item comes: the root of its interest against that of the usual item, so that four times the interest makes a
 * card come twice as often, and never less than half or more than twice as often as usual.
 * @param interests by item
 * @returns weights by item, from `WEIGHTS.least` to `WEIGHTS.most`
 */
export function weightsOf(interests: ReadonlyMap<string, Interest>): ReadonlyMap<string, number> {
  const scores = [...interests].map(([itemId, { sold, looked }]) => [itemId, sold + looked * LOOK_COUNTS] as const);
  const mean = scores.reduce((sum, [, score]) => sum + score, 0) / Math.max(1, scores.length);
  return new Map(
    scores.map(([itemId, score]) => {
      const ratio = Math.sqrt((score + GRANTED) / (mean + GRANTED));
      return [itemId, Math.min(WEIGHTS.most, Math.max(WEIGHTS.least, Math.round(ratio * 100) / 100))];
    }),
  );
}

/** What the choice of the next card goes by. */
export interface WeighedCard {
  readonly cardId: string;
  /** More than nothing. */
  readonly weight: number;
}

/** Where a reel is: everything the next choice depends on beside the cards. */
export interface Turns {
  /** Which of the cards came first: several displays begin at different ones. Whole and not below nothing. */
  readonly seed: number;
  /** When each card is due, against the one that was due first. */
  readonly dues: ReadonlyMap<string, number>;
  readonly lastId: string | null;
}

export function firstTurns(seed: number): Turns {
  return { seed, dues: new Map(), lastId: null };
}

/** A card that was due for longer is not due any earlier: one that could not come has nothing to make up for. */
const MOST_LATE = 2;

/**
 * Chooses the next card: the one that is due first, which is then due again after so long as it is light (stride scheduling,
 * Waldspurger 1995). Cards of one weight so come in their order, heavier ones more often and evenly spread, whatever comes in
 * between or goes. No card follows itself while there is another one. The same turns and cards always give the same card.
 * @param cards in the order of the playlist, each id once
 * @returns null where there are no cards
 */
export function nextTurn(
  { seed, dues, lastId }: Turns,
  cards: readonly WeighedCard[],
): { readonly cardId: string; readonly turns: Turns } | null {
  const known = cards.flatMap(({ cardId }) => dues.get(cardId) ?? []);
  // A card that is new is due at once.
  const soonest = known.length === 0 ? 0 : Math.min(...known);
  const dueOf = (cardId: string): number => dues.get(cardId) ?? soonest;
  const lastPlace = cards.findIndex(({ cardId }) => cardId === lastId);
  // Of several that are due together the one that follows in the playlist.
  const from = lastId === null ? seed : lastPlace + 1;
  let chosen: WeighedCard | null = null;
  for (let place = 0; place < cards.length; place += 1) {
    const card = cards[(place + from) % cards.length];
    if (!card || (card.cardId === lastId && cards.length > 1)) continue;
    // Sums of fractions differ in the last digits: only what is clearly sooner is sooner.
    if (chosen === null || dueOf(card.cardId) < dueOf(chosen.cardId) - 1e-6) chosen = card;
  }
  if (chosen === null) return null;
  const { cardId: chosenId, weight } = chosen;
  const nowDue = dueOf(chosenId);
  const after = cards.map(({ cardId }): [string, number] => [
    cardId,
    // Counted from the one that came, so that the numbers stay small for as long as the reel runs.
    cardId === chosenId ? 1 / weight : Math.max(-MOST_LATE, dueOf(cardId) - nowDue),
  ]);
  return { cardId: chosenId, turns: { seed, dues: new Map(after), lastId: chosenId } };
}
