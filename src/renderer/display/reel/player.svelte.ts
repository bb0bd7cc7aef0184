import { nextTurn, type Turns } from '../../../domain/playlist';
import type { ShownCard } from '../../../shared/contract';

/** How long a card stays; a clip for as long as it is. */
const STAYS_MS: Readonly<Record<Exclude<ShownCard['kind'], 'clip'>, number>> = {
  item: 8_000,
  photo: 8_000,
  pair: 9_000,
  face: 6_000,
  gallery: 9_000,
};
/** A clip that does not end by itself is taken off so long after it should have. */
const CLIP_GRACE_MS = 1_500;
/** As long as the fade in the style sheet. */
export const FADE_MS = 600;
/** A picture that is not there by then is left out this time. */
const PATIENCE_MS = 6_000;
/** What could not be shown is tried again after this: its file may still be on the way. */
const TRY_AGAIN_MS = 10 * 60_000;

/** A card on its way over the screen: waiting behind, shown, or leaving. */
export interface Layer {
  /** Unique, so that a card that comes again is drawn anew. */
  readonly number: number;
  /** As it was when it was chosen; what is true of it now is in the cards. */
  readonly card: ShownCard;
  readonly place: 'next' | 'current' | 'leaving';
}

/** Where the reel was when somebody was served: it goes on from there. */
export interface ReelPlace {
  turns: Turns;
}

/**
 * Moves cards over the screen: one is shown, one waits behind it with its picture loaded, and for the time of a fade one leaves.
 * There are never more than three, whatever is in the reel and however long it runs.
 */
export class ReelPlayer {
  layers = $state.raw<readonly Layer[]>([]);
  /** No card can be shown. */
  isEmpty = $state.raw(true);

  readonly #place: ReelPlace;
  #cards: readonly ShownCard[] = [];
  /** By card; nothing shown goes by it. */
  #brokenAt: Readonly<Record<string, number>> = {};
  #number = 0;
  #isReady = false;
  /** The card shown had its time, and only waits for the next one's picture. */
  #isDue = false;
  #stay: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #fade: ReturnType<typeof setTimeout> | undefined;

  constructor(place: ReelPlace) {
    this.#place = place;
  }

  close(): void {
    for (const timer of [this.#stay, this.#patience, this.#fade]) clearTimeout(timer);
    this.layers = [];
  }

  /** The cards are others, or something is true of them that was not. */
  update(cards: readonly ShownCard[]): void {
    this.#cards = cards;
    const isThere = (cardId: string): boolean => cards.some((card) => card.cardId === cardId);
    this.#brokenAt = Object.fromEntries(Object.entries(this.#brokenAt).filter(([cardId]) => isThere(cardId)));
    const next = this.#at('next');
    if (next && !isThere(next.card.cardId)) this.#prepare();
    const current = this.#at('current');
    if (!current) this.#begin();
    else if (!isThere(current.card.cardId)) this.#over();
  }

  ready(number: number): void {
    if (this.#at('next')?.number !== number) return;
    this.#isReady = true;
    if (this.#isDue) this.#advance();
  }

  broken(number: number): void {
    const layer = this.layers.find((one) => one.number === number);
    if (!layer || layer.place === 'leaving') return;
    this.#brokenAt = { ...this.#brokenAt, [layer.card.cardId]: performance.now() };
    if (layer.place === 'next') this.#prepare();
    else this.#over();
  }

  ended(number: number): void {
    if (this.#at('current')?.number === number) this.#over();
  }

  #at(place: Layer['place']): Layer | undefined {
    return this.layers.find((layer) => layer.place === place);
  }

  #begin(): void {
    const card = this.#choose();
    this.isEmpty = card === null;
    if (!card) return this.close();
    this.layers = [this.#layer(card, 'current')];
    this.#hold(card);
    this.#prepare();
  }

  /** Lets the card shown stay its time. */
  #hold(card: ShownCard): void {
    clearTimeout(this.#stay);
    this.#isDue = false;
    const forMs = card.kind === 'clip' ? card.durationMs + CLIP_GRACE_MS : STAYS_MS[card.kind];
    this.#stay = setTimeout(() => this.#over(), forMs);
  }

  /** Puts the next card behind the one shown. */
  #prepare(): void {
    clearTimeout(this.#patience);
    const current = this.#at('current');
    const card = this.#choose();
    this.#isReady = false;
    // The only card stays where it is; a clip begins again.
    const isSame = card !== null && card.cardId === current?.card.cardId && card.kind !== 'clip';
    const others = this.layers.filter(({ place }) => place !== 'next');
    this.layers = card === null || isSame ? others : [...others, this.#layer(card, 'next')];
    if (card === null) return;
    this.#isReady = card.kind !== 'photo' && card.kind !== 'clip';
    if (!this.#isReady) {
      const { number } = this.#at('next') ?? { number: 0 };
      this.#patience = setTimeout(() => {
        if (!this.#isReady && this.#isDue) this.broken(number);
      }, PATIENCE_MS);
    }
    if (this.#isDue && this.#isReady) this.#advance();
  }

  /** The card shown had its time, or can be shown no more. */
  #over(): void {
    this.#isDue = true;
    const next = this.#at('next');
    if (next && this.#isReady) return this.#advance();
    if (next) {
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => !this.#isReady && this.broken(next.number), PATIENCE_MS);
      return;
    }
    // Nothing waits: what is shown goes on, or everything is new.
    const current = this.#at('current');
    if (current && this.#playable().some(({ cardId }) => cardId === current.card.cardId)) {
      this.#hold(current.card);
      return this.#prepare();
    }
    clearTimeout(this.#stay);
    this.layers = [];
    this.#begin();
  }

  #advance(): void {
    const next = this.#at('next');
    if (!next) return;
    clearTimeout(this.#patience);
    clearTimeout(this.#fade);
    this.layers = this.layers.flatMap((layer): Layer[] => {
      if (layer.place === 'leaving') return [];
      return [{ ...layer, place: layer.place === 'next' ? 'current' : 'leaving' }];
    });
    this.#hold(next.card);
    this.#fade = setTimeout(() => {
      this.layers = this.layers.filter(({ place }) => place !== 'leaving');
      this.#prepare();
    }, FADE_MS);
  }

  #playable(): readonly ShownCard[] {
    const nowMs = performance.now();
    return this.#cards.filter(
      ({ cardId }) => nowMs - (this.#brokenAt[cardId] ?? Number.NEGATIVE_INFINITY) > TRY_AGAIN_MS,
    );
  }

  #choose(): ShownCard | null {
    const playable = this.#playable();
    const next = nextTurn(this.#place.turns, playable);
    if (!next) return null;
    this.#place.turns = next.turns;
    return playable.find(({ cardId }) => cardId === next.cardId) ?? null;
  }

  #layer(card: ShownCard, place: Layer['place']): Layer {
    this.#number += 1;
    return { number: this.#number, card, place };
  }
}
