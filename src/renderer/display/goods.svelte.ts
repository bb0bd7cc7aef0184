import type { ShownItem } from '../../shared/contract';
import type { Display } from './display.svelte';

/** What there is to look through of one category, or of all. */
interface Wanted {
  readonly category: string | null;
  readonly limit: number;
}

/** The till tells of no more at once. */
const MOST_AT_ONCE = 100;

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
    void fetchGoods(wanted(), ++number);
  });
  async function fetchGoods({ category, limit }: Wanted, asked: number): Promise<void> {
    let found: readonly ShownItem[] = [];
    let ofVersion: number | null = null;
    for (;;) {
      const part = { category, offset: found.length, limit: Math.min(MOST_AT_ONCE, limit - found.length) };
      const result = await display.client.call('display.goods', part);
      if (asked !== number || !result.ok) return;
      const { value } = result;
      // The catalogue changed between two parts: nothing may stand there twice.
      const isOther: boolean = ofVersion !== null && ofVersion !== value.version;
      ofVersion = isOther ? null : value.version;
      found = isOther ? [] : [...found, ...value.items];
      if (isOther || (value.items.length > 0 && found.length < Math.min(limit, value.total))) continue;
      items = found;
      total = value.total;
      return;
    }
  }
  return {
    get items() {
      return items;
    },
    get total() {
      return total;
    },
  };
}
