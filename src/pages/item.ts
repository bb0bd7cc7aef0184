import type { CheckedItem, ShownReason } from '../shared/contract';
import { stepsNames, stepsWords, togetherWords, untilWords } from '../shared/deal-words';
import type { Format } from '../shared/format';
import * as m from '../shared/i18n/generated/messages.js';
import { galleryPath } from './gallery';
import { Backdrops, itemPath, photoPath, priceWords, stockWords, ticket } from './goods';
import { html, type Html } from './html';
import { pageOf, type Page, type PageFrame } from './layout';

/** One thing: its photo, what it costs and why, how much is left, and what else applies. */
export function itemPage(
  frame: PageFrame,
  { item, description, variants, offers, goesWith }: CheckedItem,
  format: Format,
  options: {
    /** When these prices were looked at, ISO instant. */
    readonly asOf: string;
    /** What can be done with it, below its prices; null for nothing. */
    readonly actions: Html | null;
  },
): Page {
  const { name, category, photo, backdrop, pricing, priceMinor, priceVaries, mustAsk, left, drop } = item;
  const backdrops = new Backdrops();
  const isGone = left === 0;
  const stage = html`<figure class="stage stage--wide ${backdrops.classOf(backdrop)} ${isGone ? 'is-gone' : ''}">
    ${photo === null ? null : html`<img src="${photoPath(photo, 800)}" alt="${name}" width="800" height="800" />`}
    ${mustAsk ? null : ticket(priceMinor, format, { pricing, from: priceVaries, isDrop: drop !== null })}
  </figure>`;
  const offered = html`<section class="panel stack">
    <h2>${m.shop_deals()}</h2>
    <ul>
      ${offers.map((offer) => html`<li class="why"><bdi>${offer.name}</bdi> ${untilWords(offer.until, format)}</li>`)}
    </ul>
  </section>`;
  // Its walls are among the page's rules, which come first.
  const beside = goesWith.length === 0 ? null : companions(goesWith, backdrops, format);
  return pageOf(frame, {
    title: name,
    style: backdrops.style,
    main: html`<div class="stack">
      <nav class="chips" aria-label="${m.shop_categories()}">
        <a href="/">${m.shop_everything()}</a>
        ${
          category === ''
            ? null
            : html`<a href="${galleryPath({ category, text: '', pageNumber: 1 })}"><bdi>${category}</bdi></a>`
        }
      </nav>
      <div class="stack beside">
        ${stage}
        <div class="stack">
          <h1><bdi>${name}</bdi></h1>
          <section class="panel stack" aria-label="${m.shop_prices()}">
            ${
              drop === null
                ? null
                : html`<p class="why">
                    ${m.shop_why_drop()} <bdi>${drop.name}</bdi> ${m.shop_until({ time: format.time(drop.until) })}${
                      drop.left === null ? null : html` · ${m.shopper_drop_left({ count: drop.left })}`
                    }
                  </p>`
            }
            <ul class="variants">
              ${variants.map((variant) => variantRow(variant, drop?.name ?? null, format))}
            </ul>
          </section>
          ${offers.length === 0 ? null : offered} ${options.actions} ${beside}
          ${description === '' ? null : html`<p class="words"><bdi>${description}</bdi></p>`}
          <p class="note">${m.shop_as_of({ time: format.time(options.asOf) })}</p>
        </div>
      </div>
    </div>`,
  });
}

/** What goes with it: each a way to its own page. */
function companions(goesWith: CheckedItem['goesWith'], backdrops: Backdrops, format: Format): Html {
  return html`<section class="panel stack">
    <h2>${m.shopper_goes_with()}</h2>
    <ul class="companions">
      ${goesWith.map(
        ({ itemId, name, photo, backdrop, pricing, priceMinor, priceVaries, together }) =>
          html`<li>
            <a href="${itemPath(itemId)}">
              <span class="stage ${backdrops.classOf(backdrop)}"
                >${photo === null ? null : html`<img src="${photoPath(photo, 320)}" alt="" width="320" height="320" />`}</span
              >
              <span class="text"
                ><b><bdi>${name}</bdi></b>
                <span>${priceWords(priceMinor, format, { pricing, from: priceVaries })}</span>
                ${
                  together === undefined
                    ? null
                    : html`<span class="why"
                        >${togetherWords(together, format)} ${untilWords(together.until, format)}</span
                      >`
                }</span
              >
            </a>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** @param dropName stands above already */
function variantRow(variant: CheckedItem['variants'][number], dropName: string | null, format: Format): Html {
  const { name, pricing, priceMinor, wasMinor, mustAsk, reasons, left, lastKnownAt } = variant;
  const steps = stepsWords(variant, format);
  const { names, until } = stepsNames(variant);
  const stock = stockWords(left, pricing, format);
  const why = reasons.filter((reason) => reason.name !== '' && !(reason.kind === 'drop' && reason.name === dropName));
  const was =
    wasMinor === null ? null : html`<s><span class="unseen">${m.shop_was_said()} </span>${format.money(wasMinor)}</s>`;
  return html`<li>
    <span><bdi>${name === '' ? m.shop_price() : name}</bdi></span>
    <b class="price">${mustAsk ? m.shop_ask_price() : html`${was} ${priceWords(priceMinor, format, { pricing })}`}</b>
    ${mustAsk ? null : why.map((reason) => html`<span class="why">${reasonWords(reason)} ${untilWords(reason.until, format)}</span>`)}
    ${steps === '' ? null : html`<span class="why"><bdi>${names}</bdi> ${untilWords(until, format)}</span><span class="steps">${steps}</span>`}
    ${lastKnownAt === null ? null : html`<span class="note">${m.shop_why_last_known()}</span>`}
    ${stock === null ? null : html`<span class="note">${stock}</span>`}
  </li>`;
}

/** Why it costs that, in a shopper's words. */
function reasonWords({ kind, name }: ShownReason): Html {
  return kind === 'drop' ? html`${m.shop_why_drop()} <bdi>${name}</bdi>` : html`<bdi>${name}</bdi>`;
}
