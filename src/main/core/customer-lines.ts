import { formatMoney } from '../../domain/money';
import type { Stall } from '../../domain/stall';
import type { SaleState } from '../../shared/contract';
import { receiptLocale } from '../../shared/receipt-words';
import { m } from '../../shared/i18n/generated/messages';

/** The two lines of a customer display. */
export type CustomerLines = readonly [upper: string, lower: string];

/** Of the sale only what a shopper is shown. */
type ShownSale = Pick<SaleState, 'cart' | 'markedLineId' | 'payment' | 'done'>;

const COLUMNS = 20;

/**
 * What the shopper reads while being served: the item just added with its price and the total, then what is to pay, then the
 * change; a greeting in between. Amounts are always whole and at the right edge; names give way.
 */
export function customerLines(sale: ShownSale, stall: Stall): CustomerLines {
  const options = { locale: receiptLocale(stall) };
  const money = (amountMinor: number): string => formatMoney(amountMinor, stall);
  const { cart, payment, done } = sale;
  if (done) {
    const { order, changeMinor } = done;
    return [
      spread(m.display_paid({}, options), money(order.totalMinor + order.roundingMinor)),
      changeMinor > 0
        ? spread(m.display_change({}, options), money(changeMinor))
        : centred(m.display_thanks({}, options)),
    ];
  }
  if (payment) {
    const { paidMinor, leftMinor } = payment;
    return [
      paidMinor > 0 ? spread(m.display_paid({}, options), money(paidMinor)) : '',
      spread(m.display_to_pay({}, options), money(leftMinor)),
    ];
  }
  const line = cart.lines.find(({ lineId }) => lineId === sale.markedLineId) ?? cart.lines.at(-1);
  if (!line) return greeting(stall);
  return [
    spread(nameOf(line, stall), money(line.amountMinor)),
    spread(m.display_total({}, options), money(cart.totalMinor)),
  ];
}

/** What stands there between two shoppers. */
export function greeting(stall: Stall): CustomerLines {
  return [centred(stall.name), centred(m.display_welcome({}, { locale: receiptLocale(stall) }))];
}

/** How many, or how heavy, before the name: `2 x Tea`, `0.350 kg Plums`. */
function nameOf({ name, pricing, quantity }: ShownSale['cart']['lines'][number], { locale }: Stall): string {
  if (pricing === 'kg') {
    const kilograms = new Intl.NumberFormat(locale, { numberingSystem: 'latn', minimumFractionDigits: 3 });
    return `${kilograms.format(quantity / 1_000)}kg ${name}`;
  }
  return quantity === 1 ? name : `${quantity} x ${name}`;
}

/** The left text, cut where the right one needs the room. */
function spread(left: string, right: string): string {
  const room = Math.max(0, COLUMNS - [...right].length - 1);
  const kept = [...left].slice(0, room);
  return `${kept.join('')}${' '.repeat(room - kept.length)} ${right}`;
}

function centred(text: string): string {
  const characters = [...text].slice(0, COLUMNS);
  return ' '.repeat((COLUMNS - characters.length) >> 1) + characters.join('');
}
