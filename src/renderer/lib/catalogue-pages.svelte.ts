import { SvelteMap } from 'svelte/reactivity';
import type { Tile } from '../../shared/contract';
import type { Client } from './client';

const PAGE = 60;

/**
 * The tiles of one category, fetched a page at a time as they come in sight. After a change of the catalogue the old tiles
 * stay until the new ones are there, so nothing flickers.
 */
export class CataloguePages {
  readonly #client: Client;
  readonly #category: string | null;
  readonly #pages = new SvelteMap<number, readonly Tile[]>();
  /** Under which version of the catalogue each page was asked for. */
  readonly #asked: (number | undefined)[] = [];
  total = $state.raw(0);
  /** False until the first answer. */
  known = $state.raw(false);

  constructor(client: Client, category: string | null) {
    this.#client = client;
    this.#category = category;
  }

  at(index: number): Tile | null {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  /** Sees to it that these tiles are there and of this version. */
  see(from: number, to: number, version: number): void {
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.max(to, 1); page += 1) {
      if (this.#asked[page] === version) continue;
      this.#asked[page] = version;
      void this.#fetch(page, version);
    }
  }

  async #fetch(page: number, version: number): Promise<void> {
    const input = { category: this.#category, offset: page * PAGE, limit: PAGE };
    const result = await this.#client.call('catalogue.items', input);
    if (this.#asked[page] !== version) return;
    if (!result.ok) {
      this.#asked[page] = undefined;
      return;
    }
    this.#pages.set(page, result.value.tiles);
    this.total = result.value.total;
    this.known = true;
  }
}
