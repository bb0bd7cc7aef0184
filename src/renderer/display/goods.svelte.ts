import type { ShownItem } from '../../shared/contract';
import type { Display } from './display.svelte';

/** What there is to look through of one category, or of all. */
interface Wanted {
  readonly category: string | null;
  readonly limit: number;
}

/**
 * Goods as the till has them now, fetched again whenever they or their prices change; what was there stays until then. To be
 * called while a component is made.
 */
export function shownGoods(
  display: Display,
  wanted: () => Wanted,
): { readonly items: readonly ShownItem[]; readonly total: number } {
  let items = $state.raw<readonly ShownItem[]>([]);
  let total = $state(0);
  let number = 0;
  const version = $derived(display.state?.goodsVersion);
  $effect(() => {
    if (version === undefined) return;
    const { category, limit } = wanted();
    const asked = ++number;
    void display.client.call('display.goods', { category, offset: 0, limit }).then((found) => {
      if (asked !== number || !found.ok) return;
      ({ items, total } = found.value);
    });
  });
  return {
    get items() {
      return items;
    },
    get total() {
      return total;
    },
  };
}
