import { z } from 'zod';
import {
  checkPlaylist,
  itemsOf,
  NO_INTEREST,
  weightsOf,
  WEIGHTS,
  type Card,
  type Interest,
  type Playlist,
} from '../../domain/playlist';
import { PLAYLIST_LIMITS } from '../../domain/playlist-limits';
import type { Selector } from '../../domain/pricing/rule';
import type { Clock, Unsubscribe } from '../../hardware/ports';
import { REEL_LIMITS } from '../../shared/display-schemas';
import type {
  CallInput,
  CallOutput,
  CheckedItem,
  DropView,
  ShownCard,
  ShownItem,
  TopicState,
} from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import type { CatalogueService } from './catalogue-service';
import { attempt, requireStaff, type CoreContext } from './core-context';
import { areAround, localDays, openWindows, type LocalDays } from './price-windows';
import type { ShownGoods } from './shown-goods';

type Nothing = Record<string, never>;
type CardView = CallOutput<'reel.playlists'>['playlists'][number]['cards'][number];
type ClipCard = Extract<ShownCard, { kind: 'clip' }>;

export interface ReelHooks {
  readonly catalogue: CatalogueService;
  readonly goods: ShownGoods;
  readonly drops: () => readonly DropView[];
  readonly clock: Clock;
  /** The time prices go by, UTC milliseconds. */
  readonly nowMs: () => number;
  /** Where codes lead shoppers' phones, without a slash at the end; null while they can reach nothing. */
  readonly shopAddress: () => string | null;
  /** A clip whose file is here, or null. */
  readonly clip: (clip: string) => Omit<ClipCard, 'kind' | 'cardId' | 'weight' | 'caption' | 'item' | 'url'> | null;
  /** Says that the reel is another. */
  readonly onChanged: () => void;
}

const DAY_MS = 24 * 60 * 60_000;
/** What was sold and looked at so long ago still counts. */
const INTEREST_DAYS = 14;
/** Sales are counted anew after so long: no shopper sees a weight change. */
const WEIGH_EVERY_MS = 10 * 60_000;
/** One person taps about: somebody is interested once a minute. */
const LOOK_COUNTS_MS = 60_000;
const WRITE_AFTER_MS = 10 * 60_000;
const MOST_LOOKED = 500;
/** Goods of one drop that the reel shows. */
const MOST_OF_DROP = 6;
/** An item's own words under its name, where its card has no caption. */
const MOST_WORDS = 90;
const LONGEST_WAIT_MS = 60 * 60_000;
const LOOKED = 'reel.looked';

/** How often displays were asked about items, by day. */
const keptLooks = z.array(z.object({ day: z.iso.date(), items: z.record(z.string(), z.int()) })).catch([]);

interface OpenPlaylists {
  /** IANA zone that it was worked out in. */
  readonly zone: string;
  /** When it is to be worked out again, UTC milliseconds. */
  readonly untilMs: number;
  readonly ids: ReadonlySet<string>;
}

/** What the idle display shows: the cards of the playlists whose time it is, each with what is true of its goods now. */
export class ReelService {
  readonly #core: CoreContext;
  readonly #hooks: ReelHooks;
  #version = 1;
  /** Which playlists are on, until one opens or closes. */
  #open: OpenPlaylists | null = null;
  #playlists: readonly Playlist[] | null = null;
  #days: LocalDays | null = null;
  #interests = new Map<string, Interest>();
  #weighAtMs = 0;
  #looks: z.output<typeof keptLooks> | null = null;
  readonly #lookedAt = new Map<string, number>();
  #cancelTimer: Unsubscribe = () => undefined;
  #cancelWrite: Unsubscribe | null = null;

  constructor(core: CoreContext, hooks: ReelHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  start(): void {
    this.#setTimer();
  }

  stop(): void {
    this.#cancelTimer();
    if (this.#cancelWrite) this.#writeLooks();
  }

  state(): TopicState<'reel'> {
    return { version: this.#version };
  }

  /** Playlists came from another device. */
  received(): void {
    this.#changed();
  }

  /** Somebody looked an item up at a display. */
  looked(itemId: string): void {
    const nowMs = this.#hooks.nowMs();
    if (nowMs - (this.#lookedAt.get(itemId) ?? Number.NEGATIVE_INFINITY) < LOOK_COUNTS_MS) return;
    const day = new Date(nowMs).toISOString().slice(0, 10);
    const looks = this.#kept();
    let today = looks.find((one) => one.day === day);
    if (!today) {
      today = { day, items: {} };
      this.#lookedAt.clear();
      this.#looks = [...looks.slice(-INTEREST_DAYS + 1), today];
    }
    this.#lookedAt.set(itemId, nowMs);
    const count = today.items[itemId];
    if (count === undefined && Object.keys(today.items).length >= MOST_LOOKED) return;
    today.items[itemId] = (count ?? 0) + 1;
    // Not at each look: a word in the settings is a word on the disk.
    this.#cancelWrite ??= this.#hooks.clock.after(WRITE_AFTER_MS, () => this.#writeLooks());
  }

  /** The cards of now in their order, without those that have nothing to show. */
  shown(): ShownCard[] {
    const cards = this.#all()
      .filter(({ playlistId }) => this.#isOpen(playlistId))
      .flatMap((playlist) => playlist.cards);
    const weigh = this.#weights(cards);
    return cards
      .flatMap((card) => {
        const { state, shown } = this.#resolved(card, weigh);
        return state === 'shown' ? shown : [];
      })
      .slice(0, REEL_LIMITS.cards);
  }

  playlists(): CallOutput<'reel.playlists'> {
    const playlists = this.#all();
    const weigh = this.#weights(playlists.flatMap(({ cards }) => cards));
    return {
      playlists: playlists.map((playlist) => ({
        playlist,
        isOpen: this.#isOpen(playlist.playlistId),
        cards: playlist.cards.map((card): CardView => {
          const { state, shown } = this.#resolved(card, weigh);
          const known = itemsOf(card).map((itemId) => this.#interests.get(itemId) ?? NO_INTEREST);
          return {
            cardId: card.cardId,
            state,
            shown,
            weight: weigh(itemsOf(card)),
            sold: Math.max(0, ...known.map(({ sold }) => sold)),
            looked: Math.max(0, ...known.map(({ looked }) => looked)),
          };
        }),
      })),
    };
  }

  put({ playlist }: CallInput<'reel.put-playlist'>, { requestId, staffId }: CallContext): Nothing {
    const before = this.#all();
    const isNew = !before.some(({ playlistId }) => playlistId === playlist.playlistId);
    if (isNew && before.length >= PLAYLIST_LIMITS.playlists) {
      throw new CallFailure('bad-playlist', `The reel has ${PLAYLIST_LIMITS.playlists} playlists at most.`);
    }
    this.#core.store.commit({
      requestId,
      actor: requireStaff(staffId),
      drafts: [{ kind: 'reel.playlist-put', body: { playlist: unwrap(checkPlaylist(playlist)) } }],
      result: {},
    });
    this.#changed();
    return {};
  }

  remove({ playlistId }: CallInput<'reel.remove-playlist'>, { requestId, staffId }: CallContext): Nothing {
    if (!this.#all().some((one) => one.playlistId === playlistId)) {
      throw new CallFailure('unknown-playlist');
    }
    this.#core.store.commit({
      requestId,
      actor: requireStaff(staffId),
      drafts: [{ kind: 'reel.playlist-removed', body: { playlistId } }],
      result: {},
    });
    this.#changed();
    return {};
  }

  #changed(): void {
    this.#playlists = null;
    this.#open = null;
    this.#weighAtMs = 0;
    this.#version += 1;
    this.#core.topics.mark('reel');
    this.#hooks.onChanged();
    this.#setTimer();
  }

  #all(): readonly Playlist[] {
    this.#playlists ??= this.#core.store.playlists.all();
    return this.#playlists;
  }

  #isOpen(playlistId: string): boolean {
    const { timeZone: zone } = this.#core.stall;
    const nowMs = this.#hooks.nowMs();
    if (!this.#open || this.#open.zone !== zone || nowMs >= this.#open.untilMs) this.#open = this.#openAt(nowMs, zone);
    return this.#open.ids.has(playlistId);
  }

  #openAt(nowMs: number, zone: string): OpenPlaylists {
    if (!this.#days || this.#days.timeZone !== zone || !areAround(this.#days, nowMs)) {
      this.#days = localDays(nowMs, zone);
    }
    const ids = new Set<string>();
    let untilMs = nowMs + LONGEST_WAIT_MS;
    for (const { playlistId, isOn, when } of this.#all()) {
      for (const { fromMs, untilMs: endMs } of isOn ? openWindows(when, this.#days) : []) {
        if (fromMs <= nowMs && nowMs < endMs) ids.add(playlistId);
        for (const edgeMs of [fromMs, endMs]) if (edgeMs > nowMs) untilMs = Math.min(untilMs, edgeMs);
      }
    }
    return { zone, untilMs, ids };
  }

  /** Wakes when a playlist opens or closes. */
  #setTimer(): void {
    this.#cancelTimer();
    this.#isOpen('');
    const untilMs = this.#open?.untilMs ?? 0;
    this.#cancelTimer = this.#hooks.clock.after(Math.max(1_000, untilMs - this.#hooks.nowMs()), () => {
      attempt(this.#core, 'The reel could not be looked through', () => {
        this.#hooks.onChanged();
        this.#core.topics.mark('reel');
      });
      this.#setTimer();
    });
  }

  /** What a card shows now, and why the reel leaves it out. */
  #resolved(
    card: Card,
    weigh: (itemIds: readonly string[]) => number,
  ): { readonly state: CardView['state']; readonly shown: ShownCard[] } {
    const { cardId, caption } = card;
    const words = { cardId, caption, weight: weigh(itemsOf(card)) };
    const items = itemsOf(card).map((itemId) => this.#hooks.goods.item(itemId));
    if (items.includes(null)) return { state: 'gone', shown: [] };
    const [item = null, other = null] = items;
    const state = items.some((one) => one?.left === 0) ? 'sold-out' : 'shown';
    switch (card.kind) {
      case 'item':
        return item === null ? { state: 'gone', shown: [] } : { state, shown: [this.#itemCard(words, item)] };
      case 'photo': {
        const { kind, photo } = card;
        return { state, shown: [{ ...words, kind, photo, item, url: this.#itemUrl(item) }] };
      }
      case 'clip': {
        const clip = this.#hooks.clip(card.clip);
        if (clip === null) return { state: 'gone', shown: [] };
        return { state, shown: [{ ...words, kind: card.kind, ...clip, item, url: this.#itemUrl(item) }] };
      }
      case 'pair': {
        if (item === null || other === null) return { state: 'gone', shown: [] };
        const offer = this.#offerOf(item, other);
        return {
          state,
          shown: [{ ...words, kind: card.kind, item, other, offer, url: this.#itemUrl(item) }],
        };
      }
      case 'drops': {
        const shown = this.#inDrops().map((one) =>
          this.#itemCard({ ...words, cardId: `${cardId}/${one.itemId}`, weight: weigh([one.itemId]) }, one),
        );
        return { state: shown.length > 0 ? 'shown' : 'no-drop', shown };
      }
      case 'face':
        return { state, shown: [{ ...words, kind: card.kind, place: this.#core.stall.place }] };
      case 'gallery': {
        const url = this.#hooks.shopAddress();
        return url === null
          ? { state: 'no-address', shown: [] }
          : { state, shown: [{ ...words, kind: card.kind, url }] };
      }
    }
  }

  #itemCard(words: Pick<ShownCard, 'cardId' | 'caption' | 'weight'>, item: ShownItem): ShownCard {
    const own = words.caption || firstWords(this.#core.store.catalogue.item(item.itemId)?.description ?? '');
    return { ...words, caption: own, kind: 'item', item, url: this.#itemUrl(item) };
  }

  #itemUrl(item: ShownItem | null): string | null {
    const address = item && this.#hooks.shopAddress();
    return address === null ? null : `${address}/q/${encodeURIComponent(item?.itemId ?? '')}`;
  }

  /** The bundle that both of two items count towards. */
  #offerOf(one: ShownItem, other: ShownItem): CheckedItem['offers'][number] | null {
    const { goods } = this.#hooks;
    const others = new Set(goods.offers(other.itemId).map((offer) => JSON.stringify(offer)));
    return goods.offers(one.itemId).find((offer) => offer.isBundle && others.has(JSON.stringify(offer))) ?? null;
  }

  /** Goods that a drop makes cheaper now and that there are, without those that come twice. */
  #inDrops(): ShownItem[] {
    const running = this.#hooks.drops().filter(({ phase, left }) => phase === 'running' && left !== 0);
    const ids = new Set(
      running.flatMap(({ what, effect }) =>
        [what, ...(effect.kind === 'bundle' ? effect.parts.map((part) => part.what) : [])].flatMap((selector) =>
          this.#itemsIn(selector),
        ),
      ),
    );
    return [...ids]
      .flatMap((itemId) => this.#hooks.goods.item(itemId) ?? [])
      .filter(({ drop, left }) => drop !== null && left !== 0)
      .slice(0, MOST_OF_DROP);
  }

  #itemsIn(what: Selector): readonly string[] {
    const { catalogue } = this.#hooks;
    const limit = MOST_OF_DROP;
    switch (what.kind) {
      case 'everything':
        return catalogue.items({ category: null, offset: 0, limit }).tiles.map(({ itemId }) => itemId);
      case 'categories':
        return what.categories.flatMap((category) =>
          catalogue.items({ category, offset: 0, limit }).tiles.map(({ itemId }) => itemId),
        );
      case 'items':
        return what.itemIds.slice(0, limit);
      case 'variants':
        return what.variantIds
          .slice(0, limit)
          .flatMap((variantId) => this.#core.store.catalogue.variant(variantId)?.item.itemId ?? []);
      case 'words':
        return catalogue.search({ text: what.words.join(' '), limit }).tiles.map(({ itemId }) => itemId);
    }
  }

  /** How often the cards about some items come, by what shoppers made of these and of all goods in these cards. */
  #weights(cards: readonly Card[]): (itemIds: readonly string[]) => number {
    const itemIds = new Set(cards.flatMap(itemsOf));
    const nowMs = this.#hooks.nowMs();
    if (nowMs >= this.#weighAtMs) {
      this.#interests = new Map();
      this.#weighAtMs = nowMs + WEIGH_EVERY_MS;
    }
    const since = new Date(nowMs - INTEREST_DAYS * DAY_MS).toISOString();
    for (const itemId of itemIds) {
      if (this.#interests.has(itemId)) continue;
      const sold = this.#core.store.playlists.ordersWith(itemId, since);
      const looked = this.#kept().reduce((sum, { items }) => sum + (items[itemId] ?? 0), 0);
      this.#interests.set(itemId, { sold, looked });
    }
    const interests = [...itemIds].map((itemId) => [itemId, this.#interests.get(itemId) ?? NO_INTEREST] as const);
    const weights = weightsOf(new Map(interests));
    return (about) =>
      about.length === 0 ? WEIGHTS.usual : Math.max(...about.map((itemId) => weights.get(itemId) ?? WEIGHTS.usual));
  }

  #kept(): z.output<typeof keptLooks> {
    this.#looks ??= keptLooks.parse(this.#core.store.settings.get(LOOKED) ?? []);
    return this.#looks;
  }

  #writeLooks(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    attempt(this.#core, 'What shoppers looked at could not be written', () =>
      this.#core.store.settings.set(LOOKED, this.#kept()),
    );
  }
}

/** The first sentence of a description, if it is short enough to stand on a card. */
function firstWords(description: string): string {
  const first = /^[^\n.!?]*/.exec(description.trim())?.[0].trim() ?? '';
  return first.length <= MOST_WORDS ? first : '';
}
