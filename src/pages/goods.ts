import type { Backdrop, Pricing, Quantity } from '../domain/catalogue';
import type { Minor } from '../domain/money';
import type { Format } from '../shared/format';
import * as m from '../shared/i18n/generated/messages.js';
import { html, type Html } from './html';

/** Sides of the squares photos are made to fit, in pixels: a tile on a phone, and a phone's whole width. */
export const PHOTO_SIDES = [320, 800] as const;
export type PhotoSide = (typeof PHOTO_SIDES)[number];

/** Where a photo is, made to fit. */
export function photoPath(photo: string, side: PhotoSide): string {
  return `/photo/${photo}-${side}.webp`;
}

export function itemPath(itemId: string): string {
  return `/item/${encodeURIComponent(itemId)}`;
}

/** A price as a ticket in the goods shows it, and once more as it is read aloud. */
export function ticket(
  priceMinor: Minor,
  format: Format,
  {
    pricing,
    from = false,
    isDrop = false,
  }: { readonly pricing: Pricing; readonly from?: boolean; readonly isDrop?: boolean },
): Html {
  const { symbol, symbolFirst, whole, fraction } = format.ticket(priceMinor);
  const sign = html`<i>${symbol}</i>`;
  return html`<span class="ticket${isDrop ? ' ticket--drop' : ''}"
    ><span class="unseen">${priceWords(priceMinor, format, { pricing, from })}</span
    ><span aria-hidden="true"
      >${from ? html`<small>${m.tile_from()}</small>` : null}${symbolFirst ? sign : null}${whole}${fraction === '' ? null : html`<sup>${fraction}</sup>`}${
        symbolFirst ? null : sign
      }${pricing === 'kg' ? html`<small>/kg</small>` : null}</span
    ></span
  >`;
}

export function priceWords(
  priceMinor: Minor,
  format: Format,
  { pricing, from = false }: { readonly pricing: Pricing; readonly from?: boolean },
): string {
  const price = pricing === 'kg' ? m.shop_per_kilo({ price: format.money(priceMinor) }) : format.money(priceMinor);
  return from ? m.shop_price_from({ price }) : price;
}

/** So many are few: a shopper is told how many. Pieces, and grams. */
const FEW: Readonly<Record<Pricing, number>> = { each: 9, kg: 2_000 };

/** How much is left, in words; null when there is nothing to say: nobody counts, or there are plenty. */
export function stockWords(left: Quantity | null, pricing: Pricing, format: Format): string | null {
  if (left === null || left > FEW[pricing]) return null;
  if (left <= 0) return m.shop_none_left();
  return pricing === 'kg' ? m.shop_weight_left({ weight: format.roughWeight(left) }) : m.shop_few_left({ count: left });
}

/**
 * The wall and plank behind photos, as rules of one page: no element carries a style of its own, so that the page's policy
 * can name every style there is.
 */
export class Backdrops {
  readonly #classes = new Map<string, string>();

  /** The class of an element before this wall. */
  classOf({ wall, plank }: Backdrop): string {
    const rule = `{--wall:${colour(wall)};--plank:${colour(plank)}}`;
    const known = this.#classes.get(rule) ?? `w${this.#classes.size}`;
    this.#classes.set(rule, known);
    return known;
  }

  /** For `PageContent.style`, once every class was asked for. */
  get style(): string {
    return [...this.#classes].map(([rule, name]) => `.${name}${rule}`).join('');
  }
}

/** Colours come from the catalogue: anything that is none must not become a rule. */
function colour(text: string): string {
  return /^#[0-9a-f]{6}$/i.test(text) ? text : 'transparent';
}
