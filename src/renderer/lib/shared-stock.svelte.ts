import type { SharedStock } from '../../shared/contract';
import type { Till } from './till.svelte';

/**
 * Stock divided among tills, of one item or with null of everything that is divided; asked for again whenever something of
 * the catalogue or of the docket changes. Make it while a component is made.
 */
export function watchSharedStock(
  till: Till,
  itemId: string | null,
): { readonly variants: readonly SharedStock[] | null; again(): Promise<void> } {
  let variants = $state.raw<readonly SharedStock[] | null>(null);
  const version = $derived(till.catalogue?.version ?? 0);
  // What is on the docket cannot be given away.
  const onDocket = $derived(till.sale?.cart.lines.reduce((sum, { quantity }) => sum + quantity, 0));
  async function again(): Promise<void> {
    const found = await till.client.call('stock.shared', { itemId });
    if (found.ok) variants = found.value.variants;
  }
  $effect(() => {
    void version;
    void onDocket;
    void again();
  });
  return {
    get variants() {
      return variants;
    },
    again,
  };
}
