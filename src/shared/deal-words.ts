import type { CheckedItem } from './contract';
import type { Format } from './format';
import * as m from './i18n/generated/messages.js';

type Variant = CheckedItem['variants'][number];
type Together = NonNullable<CheckedItem['goesWith'][number]['together']>;

/** What more and more of a variant comes to: `1 for £3 · 3 for £8 (save £1)`; empty where more costs no less. */
export function stepsWords({ steps, pricing }: Pick<Variant, 'steps' | 'pricing'>, format: Format): string {
  return steps
    .map(({ quantity, totalMinor, savedMinor }) => {
      const much = pricing === 'kg' ? format.weight(quantity) : String(quantity);
      const amount = format.short(totalMinor);
      return savedMinor > 0
        ? m.shopper_step_saves({ much, amount, saved: format.short(savedMinor) })
        : m.shopper_step({ much, amount });
    })
    .join(' · ');
}

/** What an item and another come to that an offer puts together. */
export function togetherWords({ count, totalMinor, savedMinor }: Together, format: Format): string {
  return m.shopper_together({ count, amount: format.short(totalMinor), saved: format.short(savedMinor) });
}

/** Until when something holds; empty where that is not told. */
export function untilWords(until: string | undefined, format: Format): string {
  return until === undefined ? '' : m.shop_until({ time: format.time(until) });
}

/** The offers by which more of a variant costs less, and until when. */
export function stepsNames({ steps }: Pick<Variant, 'steps'>): { readonly names: string; readonly until?: string } {
  const ends = steps.flatMap(({ until }) => until ?? []).sort();
  return {
    names: [...new Set(steps.flatMap(({ names }) => names))].join(', '),
    ...(ends[0] !== undefined && { until: ends[0] }),
  };
}
