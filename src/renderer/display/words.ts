import type { CheckedItem, ShownItem, ShownLine, ShownReason } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Format } from '../../shared/format';

/** Why a price is what it is, in a few words; empty for an offer or rule without a name. */
export function reasonWords({ kind, name }: ShownReason): string {
  switch (kind) {
    case 'drop':
      return m.shopper_reason_drop({ name });
    case 'rule':
    case 'offer':
      return name;
    case 'kept':
      return m.shopper_reason_kept();
    case 'label':
      return m.shopper_reason_label();
  }
}

/** What stands under a line: how much of it, and why it costs that. */
export function lineWords(
  { pricing, quantity, unitPriceMinor, discount, reasons }: ShownLine,
  format: Format,
): { readonly text: string; readonly tone: 'plain' | 'saves' | 'drop' } {
  const price = format.money(unitPriceMinor);
  const amount =
    pricing === 'kg'
      ? [m.shopper_weighed({ weight: format.weight(quantity), price })]
      : quantity > 1
        ? [m.shopper_each({ price })]
        : [];
  const off = discount
    ? [
        m.shopper_off({
          amount:
            discount.kind === 'percent' ? format.percent(discount.basisPoints) : format.money(discount.amountMinor),
        }),
        discount.reason,
      ]
    : [];
  const why = reasons.map(reasonWords);
  const tone = reasons.some(({ kind }) => kind === 'drop') ? 'drop' : discount || why.length > 0 ? 'saves' : 'plain';
  return { text: [...amount, ...why, ...off].filter(Boolean).join(', '), tone };
}

/** How much is left to buy; empty where nobody counts. */
export function leftWords({ left, pricing }: Pick<ShownItem, 'left' | 'pricing'>, format: Format): string {
  if (left === null) return '';
  if (left <= 0) return m.shopper_none_left();
  return pricing === 'kg'
    ? m.shopper_left_weight({ weight: format.roughWeight(left) })
    : m.shopper_left({ count: left });
}

type Offer = CheckedItem['offers'][number];
type Step = Offer['steps'][number];

/** What a step of an offer makes of the price. */
export function chargeWords({ unit, isBundle }: Offer, { charge }: Step, format: Format): string {
  switch (charge.kind) {
    case 'price': {
      const amount = format.money(charge.priceMinor);
      if (isBundle) return amount;
      return unit === 'kg' ? m.shopper_offer_kilogram({ amount }) : m.shopper_offer_each({ amount });
    }
    case 'percent-off':
      return m.shopper_off({ amount: format.percent(charge.basisPoints) });
    case 'amount-off':
      return m.shopper_off({ amount: format.money(charge.amountMinor) });
  }
}
