import type { Format } from '../shared/format';
import * as m from '../shared/i18n/generated/messages.js';
import type { ShownItem } from '../shared/contract';
import type { StallFront } from '../shared/shop-schemas';
import { Backdrops, itemPath, photoPath, stockWords, ticket } from './goods';
import { html, type Html } from './html';
import { pageOf, type Page, type PageFrame } from './layout';

/** Things on one page of the gallery: some screens of a phone, and few photos at once. */
export const GALLERY_PAGE = 24;

/** What is looked at: everything, a category, or what a text finds. */
export interface GalleryView {
  readonly category: string | null;
  readonly text: string;
  /** From 1. */
  readonly pageNumber: number;
}

/** The stall's goods, as photos with tickets. */
export function galleryPage(
  frame: PageFrame,
  front: Pick<StallFront, 'place' | 'categories'>,
  view: GalleryView,
  { total, items }: { readonly total: number; readonly items: readonly ShownItem[] },
  format: Format,
): Page {
  const backdrops = new Backdrops();
  const { category, text, pageNumber } = view;
  const goods = items.map((item, index) => goodsTile(item, index, backdrops, format));
  const pageCount = text === '' ? Math.ceil(total / GALLERY_PAGE) : 1;
  const heading = text !== '' ? m.shop_found({ count: total }) : (category ?? m.shop_everything());
  return pageOf(frame, {
    title: heading,
    aside: html`<bdi>${front.place}</bdi>`,
    style: backdrops.style,
    main: html`<div class="stack">
      <h1><bdi>${heading}</bdi></h1>
      <form class="search" action="/" method="get" role="search">
        <label class="field"
          ><span>${m.shop_search()}</span
          ><input name="q" type="search" maxlength="80" value="${text}" autocomplete="off"
        /></label>
        <button class="btn">${m.shop_search_go()}</button>
      </form>
      ${front.categories.length < 2 ? null : categoryNav(front.categories, view)}
      ${
        items.length === 0
          ? html`<p class="panel">${text === '' ? m.shop_empty() : m.shop_nothing_found()}</p>`
          : html`<ul class="goods">
              ${goods}
            </ul>`
      }
      ${pageCount < 2 ? null : pages(view, pageNumber, pageCount)}
    </div>`,
  });
}

function goodsTile(item: ShownItem, index: number, backdrops: Backdrops, format: Format): Html {
  const { itemId, name, photo, backdrop, pricing, priceMinor, priceVaries, wasMinor, mustAsk, left, drop } = item;
  const stock = stockWords(left, pricing, format);
  const picture =
    photo === null
      ? null
      : html`<img
          src="${photoPath(photo, 320)}"
          alt=""
          width="320"
          height="320"
          loading="${index < 4 ? 'eager' : 'lazy'}"
        />`;
  return html`<li>
    <a href="${itemPath(itemId)}" class="${left === 0 ? 'is-gone' : ''}">
      <span class="stage ${backdrops.classOf(backdrop)}">
        ${picture} ${mustAsk ? null : ticket(priceMinor, format, { pricing, from: priceVaries, isDrop: drop !== null })}
      </span>
      <span class="text"
        ><bdi>${name}</bdi> ${mustAsk ? html`<span class="note">${m.shop_ask_price()}</span>` : null}
        ${
          wasMinor === undefined || mustAsk
            ? null
            : html`<span class="note">${m.shop_was({ price: format.money(wasMinor) })}</span>`
        }
        ${drop === null ? null : html`<span class="why">${m.shop_until({ time: format.time(drop.until) })}</span>`}
        ${stock === null ? null : html`<span class="note">${stock}</span>`}</span
      >
    </a>
  </li>`;
}

function categoryNav(categories: StallFront['categories'], { category, text }: GalleryView): Html {
  const current = html` aria-current="page"`;
  return html`<nav class="chips slide" aria-label="${m.shop_categories()}">
    <a href="/" ${category === null && text === '' ? current : null}>${m.shop_everything()}</a>
    ${categories.map(
      ({ name }) =>
        html`<a href="${galleryPath({ category: name, text: '', pageNumber: 1 })}" ${name === category ? current : null}
          ><bdi>${name}</bdi></a
        >`,
    )}
  </nav>`;
}

function pages(view: GalleryView, pageNumber: number, pageCount: number): Html {
  const to = (number: number): string => galleryPath({ ...view, pageNumber: number });
  return html`<nav class="chips" aria-label="${m.shop_pages()}">
    ${pageNumber > 1 ? html`<a href="${to(pageNumber - 1)}" rel="prev">${m.shop_page_before()}</a>` : null}
    <span class="note">${m.shop_page_of({ page: pageNumber, count: pageCount })}</span>
    ${pageNumber < pageCount ? html`<a href="${to(pageNumber + 1)}" rel="next">${m.shop_page_next()}</a>` : null}
  </nav>`;
}

/** Where a view of the gallery is. */
export function galleryPath({ category, text, pageNumber }: GalleryView): string {
  const query = new URLSearchParams({
    ...(category !== null && { in: category }),
    ...(text !== '' && { q: text }),
    ...(pageNumber > 1 && { page: String(pageNumber) }),
  }).toString();
  return query === '' ? '/' : `/?${query}`;
}
