import { createContext } from 'svelte';
import type { CheckedItem, TopicState } from '../../shared/contract';
import { languageOf, localeFor, type Language } from '../../shared/language';
import type { Client, Connection } from '../lib/client';
import type { ReelPlace } from './reel/player.svelte';
import { firstTurns } from '../../domain/playlist';
import { createFormat, type Format } from '../../shared/format';

/** How long what somebody looked up stays when nobody touches it. */
export const LOOK_MS = 20_000;
/** How long somebody takes to get a phone out and scan, or to hold something up to the camera. */
export const WAIT_MS = 60_000;
/** How long a code that nothing goes by is told of. */
const UNKNOWN_MS = 8_000;
const SECOND_MS = 1_000;

/** What a shopper who is not being served looks at. */
export type Look =
  | { readonly kind: 'browse' }
  | { readonly kind: 'camera' }
  | { readonly kind: 'item'; readonly checked: CheckedItem; readonly isScanned: boolean }
  | { readonly kind: 'unknown' };

/**
 * What this display shows: the kiosk's one topic as it comes, and what somebody who stands before it looks up meanwhile. It
 * keeps nothing of a sale: when the connection goes, so does what was on the screen.
 */
export class Display {
  readonly client: Client<'display'>;
  connection = $state.raw<Connection>('connecting');
  state = $state.raw<TopicState<'display'> | null>(null);
  look = $state.raw<Look | null>(null);
  /** What the shopper who stands here chose; null speaks the stall's. */
  language = $state.raw<Language | null>(null);
  /** Whole seconds until the reel comes back. */
  secondsLeft = $state.raw(0);
  /** The time prices go by, moving on with the second. */
  nowMs = $state.raw(Date.now());

  /** What it speaks now: as the shopper chose, or the stall's. */
  readonly spoken: Language = $derived(this.language ?? languageOf(this.state?.stall.locale) ?? 'en');
  readonly format: Format = $derived.by(() => {
    const stall = this.state?.stall ?? { currency: 'GBP', locale: 'en-GB', timeZone: 'UTC' };
    return createFormat({ ...stall, locale: localeFor(this.spoken, stall.locale) });
  });
  /** Where the reel is. Displays beside each other begin at different cards. */
  readonly reel: ReelPlace = { turns: firstTurns(Math.floor(Math.random() * 1_000)) };
  /** The stall's name stays while the till is away. */
  stallName = $state.raw('');

  #toldMs = Date.now();
  #heardAt = performance.now();
  #askId: string | null = null;
  #endsAt = 0;
  #touchedAt = performance.now();
  /** Which look-up is the current one; one that answers late is ignored. */
  #lookNumber = 0;
  readonly #ticking: ReturnType<typeof setInterval>;
  readonly #stops: readonly (() => void)[];

  constructor(client: Client<'display'>) {
    this.client = client;
    this.#stops = [
      client.onConnection((connection) => {
        this.connection = connection;
        // What was on the screen may be over by the time the till is back.
        if (connection !== 'connected') this.#forget();
      }),
      client.onChange(({ display }) => display && this.#take(display)),
    ];
    this.#ticking = setInterval(() => this.#tick(), SECOND_MS);
  }

  close(): void {
    clearInterval(this.#ticking);
    for (const stop of this.#stops) stop();
    this.client.close();
  }

  #take(state: TopicState<'display'>): void {
    const isNewer = this.state !== null && this.state.goodsVersion !== state.goodsVersion;
    // Whoever was served is gone.
    if (state.scene.mode === 'reel' && this.state !== null && this.state.scene.mode !== 'reel') this.language = null;
    this.state = state;
    this.stallName = state.stall.name;
    this.#toldMs = Date.parse(state.now);
    this.#heardAt = performance.now();
    this.nowMs = this.#toldMs;
    if (state.scene.mode !== 'reel') this.endLook();
    else {
      const { asked } = state.scene;
      // One that was asked before this display came is nobody's question any more.
      if (asked && this.#askId !== null && asked.askId !== this.#askId) void this.lookUp({ code: asked.code });
      if (isNewer && this.look?.kind === 'item') void this.#again(this.look);
    }
    this.#askId = state.scene.mode === 'reel' ? (state.scene.asked?.askId ?? '') : (this.#askId ?? '');
  }

  #forget(): void {
    this.state = null;
    this.#askId = null;
    this.endLook();
  }

  #tick(): void {
    this.nowMs = this.#toldMs + performance.now() - this.#heardAt;
    if (!this.look) {
      const isAlone = this.state?.scene.mode === 'reel' && performance.now() - this.#touchedAt > LOOK_MS;
      if (isAlone) this.language = null;
      return;
    }
    this.secondsLeft = Math.max(0, Math.ceil((this.#endsAt - performance.now()) / SECOND_MS));
    if (this.secondsLeft === 0) this.endLook();
  }

  /** Somebody touched the screen: it stays for as long again. */
  touched(): void {
    this.#touchedAt = performance.now();
    if (this.look) this.#stay(LOOK_MS);
  }

  /** Speaks another language until this shopper is gone, and shows the goods in it. */
  choose(language: Language): void {
    this.language = language;
    this.browse();
  }

  browse(): void {
    if (this.state?.scene.mode !== 'reel') return;
    void this.client.call('display.noticed', { how: 'touch' });
    this.#lookNumber += 1;
    this.look = { kind: 'browse' };
    this.#stay(LOOK_MS * 2);
  }

  /** Opens the camera of this display for a code that is held up to it. */
  showCode(): void {
    if (this.state?.scene.mode !== 'reel') return;
    void this.client.call('display.noticed', { how: 'touch' });
    this.#lookNumber += 1;
    this.look = { kind: 'camera' };
    this.#stay(WAIT_MS);
  }

  /** Somebody needs a while for what is on the screen. */
  wait(): void {
    if (this.look) this.#stay(WAIT_MS);
  }

  /** Shows what goes by a code or an id, when nobody is being served. */
  async lookUp(what: { readonly code: string } | { readonly itemId: string }): Promise<void> {
    if (this.state?.scene.mode !== 'reel') return;
    const number = ++this.#lookNumber;
    const isScanned = 'code' in what;
    if (isScanned) void this.client.call('display.noticed', { how: 'scan' });
    const found = await this.client.call('display.look', what);
    if (number !== this.#lookNumber || !found.ok) return;
    this.look = found.value ? { kind: 'item', checked: found.value, isScanned } : { kind: 'unknown' };
    this.#stay(found.value ? LOOK_MS : UNKNOWN_MS);
  }

  /** Prices or stock changed while somebody reads them. */
  async #again({ checked, isScanned }: Extract<Look, { kind: 'item' }>): Promise<void> {
    const number = this.#lookNumber;
    const { itemId } = checked.item;
    const found = await this.client.call('display.look', { itemId });
    if (number !== this.#lookNumber || !found.ok || this.look?.kind !== 'item') return;
    this.look = found.value
      ? { kind: 'item', checked: { ...found.value, label: checked.label }, isScanned }
      : { kind: 'unknown' };
  }

  endLook(): void {
    this.#lookNumber += 1;
    this.look = null;
  }

  #stay(forMs: number): void {
    this.#endsAt = performance.now() + forMs;
    this.secondsLeft = Math.ceil(forMs / SECOND_MS);
  }
}

export const [useDisplay, provideDisplay] = createContext<Display>();
