import { HOLD_LIMITS } from '../domain/hold';
import type { CallOutput } from '../shared/contract';
import type { Format } from '../shared/format';
import * as m from '../shared/i18n/generated/messages.js';
import { Backdrops, itemPath, photoPath, ticket } from './goods';
import { html, Html } from './html';
import { pageOf, type Page, type PageFrame } from './layout';

export type SeenHold = NonNullable<CallOutput<'hold.look'>>;
export type HoldOffer = CallOutput<'hold.offer'>;

/** Why a hold was not made, for the shopper who asked. */
export type HoldRefusal = 'none' | 'limit' | 'off' | 'consent' | 'other';

/** What stands in the form of a hold: what was typed, where it was refused. */
export interface TypedHold {
  /** Null for the first there is. */
  readonly variantId: string | null;
  readonly quantity: string;
  readonly name: string;
  readonly phone: string;
  readonly agrees: boolean;
}

/**
 * Where goods are asked for; every other thing about holds is at the address of the hold.
 * @param variantId the variant that is meant; null for whichever
 */
export function holdFormPath(itemId: string, variantId: string | null = null): string {
  const which = variantId === null ? '' : `?variant=${encodeURIComponent(variantId)}`;
  return `/hold/of/${encodeURIComponent(itemId)}${which}`;
}

/** The page of a hold. Whoever has its address may let the hold go. */
export function holdPath(pageKey: string): string {
  return `/hold/${encodeURIComponent(pageKey)}`;
}

/** The way from an item to its hold. */
export function holdLink(itemId: string): Html {
  return html`<p><a class="btn btn--go" href="${holdFormPath(itemId)}">${m.hold_page_hold()}</a></p>`;
}

/** What can be held of an item: what, how many, and whose it is if they like. */
export function holdFormPage(
  frame: PageFrame,
  offer: HoldOffer,
  format: Format,
  form: {
    readonly itemId: string;
    readonly typed: TypedHold;
    readonly requestId: string;
    readonly refusal: HoldRefusal | null;
  },
): Page {
  const { itemId, typed, requestId, refusal } = form;
  const left = offer.variants.filter(({ available }) => available === null || available > 0);
  const pieces = Math.min(
    offer.mostPieces,
    Math.max(1, ...left.map(({ available }) => available ?? HOLD_LIMITS.pieces)),
  );
  const refused = refusal === null ? null : html`<p class="panel why" role="alert">${refusalWords(refusal)}</p>`;
  const back = html`<p><a class="btn" href="${itemPath(itemId)}">${m.hold_page_back()}</a></p>`;
  if (!offer.isOn || left.length === 0) {
    return pageOf(frame, {
      title: m.hold_page_hold(),
      main: html`<div class="stack">
        <h1>${m.hold_page_none()}</h1>
        ${refused}
        <p>${m.hold_page_none_detail()}</p>
        ${back}
      </div>`,
    });
  }
  const only = left.length === 1 ? left[0] : undefined;
  const what =
    only === undefined
      ? html`<label class="field"
          ><span>${m.hold_page_which()}</span
          ><select name="variantId">
            ${left.map(
              ({ variantId, name, priceMinor }) =>
                html`<option value="${variantId}" ${variantId === typed.variantId ? new Html('selected') : null}>
                  ${name}, ${format.money(priceMinor)}
                </option>`,
            )}
          </select></label
        >`
      : html`<input type="hidden" name="variantId" value="${only.variantId}" />
          <p class="row"><bdi>${only.name}</bdi> <b>${format.money(only.priceMinor)}</b></p>`;
  return pageOf(frame, {
    title: m.hold_page_hold(),
    main: html`<form class="stack" method="post" action="${holdFormPath(itemId)}">
      <h1>${m.hold_page_hold()}</h1>
      ${refused}
      <p>${m.hold_page_terms({ minutes: offer.minutes })}</p>
      <input type="hidden" name="requestId" value="${requestId}" />
      <section class="panel stack">
        ${what}
        <label class="field"
          ><span>${m.hold_page_how_many()}</span
          ><input
            name="quantity"
            type="number"
            inputmode="numeric"
            min="1"
            max="${pieces}"
            value="${typed.quantity}"
            required
        /></label>
      </section>
      <section class="panel stack">
        <h2>${m.hold_page_who()}</h2>
        <p class="note">${m.hold_page_who_detail()}</p>
        <label class="field"
          ><span>${m.hold_page_name()}</span
          ><input name="name" value="${typed.name}" maxlength="60" autocomplete="name"
        /></label>
        <label class="field"
          ><span>${m.hold_page_phone()}</span
          ><input name="phone" value="${typed.phone}" type="tel" maxlength="30" autocomplete="tel"
        /></label>
        <label class="agree"
          ><input name="consent" type="checkbox" value="yes" ${typed.agrees ? new Html('checked') : null} />
          <span>${m.hold_page_consent()}</span></label
        >
      </section>
      <button class="btn btn--go" type="submit">${m.hold_page_do()}</button>
      ${back}
    </form>`,
  });
}

/**
 * A shopper's hold: its time, its codes, more time, and letting it go.
 * @param show `codePicture` the address of a picture of its code, or null when it has none to show
 */
export function holdPage(
  frame: PageFrame,
  hold: SeenHold,
  format: Format,
  show: { readonly pageKey: string; readonly codePicture: string | null; readonly requestId: string },
): Page {
  const { pageKey, codePicture, requestId } = show;
  const { name, photo, backdrop, quantity, unitPriceMinor, expiresAt, now, phase, shortCode, wasMinor } = hold;
  const backdrops = new Backdrops();
  const stage =
    backdrop === null
      ? null
      : html`<figure class="stage stage--wide ${backdrops.classOf(backdrop)} ${phase === 'open' ? '' : 'is-gone'}">
          ${photo === null ? null : html`<img src="${photoPath(photo, 800)}" alt="${name}" width="800" height="800" />`}
          ${ticket(unitPriceMinor, format, { pricing: 'each', isDrop: wasMinor !== null })}
        </figure>`;
  const button = (path: string, words: string, kind = ''): Html =>
    html`<form method="post" action="${holdPath(pageKey)}/${path}">
      <input type="hidden" name="requestId" value="${requestId}" />
      <button class="btn ${kind}" type="submit">${words}</button>
    </form>`;
  const minutes = Math.max(0, Math.ceil((Date.parse(expiresAt) - Date.parse(now)) / 60_000));
  const open = html`<p class="left">
      <b>${m.hold_page_minutes({ count: minutes })}</b> ${m.hold_page_until({ time: format.time(expiresAt) })}
    </p>
    <section class="panel code">
      <div>
        <span>${m.hold_page_show()}</span><b class="mono">${shortCode}</b
        ><span class="note">${m.hold_page_offline()}</span>
      </div>
      ${codePicture === null ? null : html`<img src="${codePicture}" alt="${m.hold_page_code()}" width="180" height="180" />`}
    </section>
    <p>${m.hold_page_price({ price: format.money(unitPriceMinor * quantity) })}</p>
    ${hold.moreMinutes === null ? null : button('more', m.hold_page_more({ minutes: hold.moreMinutes }), 'btn--ink')}
    ${hold.timesAsked === 0 ? null : html`<p class="note">${m.hold_page_more_given()}</p>`}
    <div class="two">
      <p><a class="btn" href="${holdPath(pageKey)}">${m.hold_page_again()}</a></p>
      ${button('give-up', m.hold_page_give_up())}
    </div>`;
  const over = html`<p>${overWords(hold, format)}</p>
    <p><a class="btn btn--go" href="${itemPath(hold.itemId)}">${m.hold_page_look()}</a></p>`;
  return pageOf(frame, {
    title: phase === 'open' ? m.hold_page_held_short() : m.hold_page_over(),
    style: `${HOLD_STYLE}${backdrops.style}`,
    main: html`<div class="stack">
      ${stage}
      <h1>${phase === 'open' ? html`${quantity} × <bdi>${name}</bdi>, ${m.hold_page_held()}` : m.hold_page_over()}</h1>
      ${phase === 'open' ? open : over}
    </div>`,
  });
}

const HOLD_STYLE =
  '.stage--wide{aspect-ratio:2}' +
  '.code{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:center;border:2px solid var(--ink)}' +
  '.code div{display:grid;text-align:center}.code b{font-size:2.5rem;line-height:1.1;white-space:nowrap}' +
  '.code img{width:min(68vw,18rem);height:auto;background:#fff;padding:1rem;image-rendering:pixelated}' +
  '.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem}' +
  '.left b{font-size:2rem}';

function refusalWords(refusal: HoldRefusal): string {
  switch (refusal) {
    case 'none':
      return m.hold_page_refused_none();
    case 'limit':
      return m.hold_page_refused_limit();
    case 'off':
      return m.hold_page_none_detail();
    case 'consent':
      return m.hold_page_refused_consent();
    case 'other':
      return m.shop_refused_detail();
  }
}

function overWords({ phase, endReason, expiresAt }: SeenHold, format: Format): string {
  if (phase === 'sold') return m.hold_page_over_sold();
  if (phase === 'expired') return m.hold_page_over_expired({ time: format.time(expiresAt) });
  return endReason === 'by-shopper' ? m.hold_page_over_given_up() : m.hold_page_over_by_stall();
}
