import type { Selector } from '../../domain/pricing/rule';
import type { Client } from './client';

/** Names of items that rules speak of, fetched once each. An item that is gone keeps an empty name. */
export class GoodsNames {
  readonly #client: Client;
  #names = $state.raw<Readonly<Record<string, string>>>({});
  /** By item; nothing shown goes by it. */
  readonly #asked: Record<string, true> = {};

  constructor(client: Client) {
    this.#client = client;
  }

  of(itemId: string): string {
    return this.#names[itemId] ?? '';
  }

  learn(itemId: string, name: string): void {
    this.#asked[itemId] = true;
    this.#names = { ...this.#names, [itemId]: name };
  }

  /** Asks for the names a selector needs; they are there a moment later. */
  see(what: Selector): void {
    if (what.kind !== 'items') return;
    for (const itemId of what.itemIds) {
      if (this.#asked[itemId]) continue;
      this.#asked[itemId] = true;
      void this.#client.call('catalogue.item', { itemId }).then((found) => {
        if (found.ok) this.learn(itemId, found.value.name);
      });
    }
  }
}
