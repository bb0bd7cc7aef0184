import type { WebReceipt } from '../domain/web-receipt';
import * as m from '../shared/i18n/generated/messages.js';
import { html, Html } from './html';
import { pageOf, type Page, type PageFrame } from './layout';
import { receiptData } from './receipt-data';
import { writtenReceipt, type WrittenLine, type WrittenSum } from './written-receipt';

/**
 * The receipt of an order.
 * @param pdfPath where the same is as a file
 */
export function receiptPage(frame: PageFrame, receipt: WebReceipt, pdfPath: string): Page {
  const { stall, flag } = receipt;
  const written = writtenReceipt(receipt, frame.locale);
  return pageOf(frame, {
    title: written.title,
    aside: html`${stall.place === '' ? null : html`<bdi>${stall.place}</bdi><br />`}${written.moment}`,
    style: STYLE,
    data: receiptData(receipt),
    main: html`<article class="paper">
        <header>
          <h1><span class="unseen">${m.receipt_page_paid()} </span>${written.total}</h1>
          <b class="mono">${written.number}</b>
        </header>
        <h2 class="unseen">${m.receipt_page_goods()}</h2>
        <ul class="bought">
          ${written.lines.map(boughtLine)}
        </ul>
        <h2 class="unseen">${m.receipt_page_sums()}</h2>
        <dl>${[...written.extras, ...written.sums].map(sumRow)}</dl>
        ${written.note === null ? null : html`<p><bdi>${written.note}</bdi></p>`}
        <section class="kept kept--${flag}" data-flag="${flag}">
          <h2>${FLAG_SIGNS[flag]} ${written.flag.word}</h2>
          <p>${written.flag.words}</p>
          <h3 class="unseen">${m.receipt_page_history()}</h3>
          <ol>
            ${written.history.map(({ what, moment }) => html`<li>${moment} · ${what}</li>`)}
          </ol>
        </section>
        <p class="note">
          ${m.receipt_page_check()} <span class="mono">${written.check}</span>. ${m.receipt_page_check_detail()}
        </p>
        ${written.vatNumber === null ? null : html`<p class="note">${written.vatNumber}</p>`}
        ${stall.receiptFooter === '' ? null : html`<p><bdi>${stall.receiptFooter}</bdi></p>`}
      </article>
      <p class="acts"><a class="btn" href="${pdfPath}" download="${fileName(receipt)}">${m.receipt_page_save()}</a></p>
      ${
        stall.refundPolicy === ''
          ? null
          : html`<section class="policy">
              <h2>${m.receipt_page_policy()}</h2>
              <p><bdi>${stall.refundPolicy}</bdi></p>
            </section>`
      }`,
  });
}

/** Says that an address leads to no receipt, in one manner for all that do not. */
export function noReceiptPage(frame: PageFrame): Page {
  return pageOf(frame, {
    title: m.receipt_page_lost(),
    main: html`<div class="panel stack">
      <h1>${m.receipt_page_lost()}</h1>
      <p>${m.receipt_page_lost_detail()}</p>
    </div>`,
  });
}

/** What a saved receipt is called. */
export function fileName({ number }: Pick<WebReceipt, 'number'>): string {
  return `receipt-${number.replace(/[^\w-]/g, '_')}.pdf`;
}

function boughtLine({ count, name, reasons, amount }: WrittenLine): Html {
  return html`<li>
    <b>${count === null ? '' : html`${count}<span class="unseen"> ×</span>`}</b>
    <span
      ><bdi>${name}</bdi
      >${reasons.map(({ tone, text }) => html` <small class="${tone}"><bdi>${text}</bdi></small>`)}</span
    >
    <b class="amount">${amount}</b>
  </li>`;
}

function sumRow({ label, amount, isSaving }: WrittenSum): Html {
  const tone = isSaving ? 'saved' : 'plain';
  return html`<div class="${tone}">
    <dt><bdi>${label}</bdi></dt>
    <dd>${amount}</dd>
  </div>`;
}

/** A whole disc, half of one, and a ring: no flag is known by its colour alone. */
const FLAG_SIGNS: Readonly<Record<WebReceipt['flag'], Html>> = {
  online: sign('<circle cx="8" cy="8" r="7" fill="currentColor"/>'),
  queued: sign(
    '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 2a6 6 0 0 0 0 12z" fill="currentColor"/>',
  ),
  'offline-confirmed': sign(
    '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/><circle cx="8" cy="8" r="2.5" fill="currentColor"/>',
  ),
};

function sign(shapes: string): Html {
  return html`<svg viewBox="0 0 16 16" aria-hidden="true">${new Html(shapes)}</svg>`;
}

const STYLE = `
body{max-width:32rem}
.paper{position:relative;background:var(--paper);padding:1.125rem;border-radius:.625rem .625rem 0 0;display:grid;gap:.75rem}
.paper::after{content:"";position:absolute;left:0;right:0;top:100%;height:.5rem;background:conic-gradient(from -45deg at 50% 100%,transparent 25%,var(--paper) 0) 0 0/.75rem .5rem repeat-x}
.paper header{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;justify-content:space-between;border-bottom:2px solid var(--ink);padding-bottom:.75rem}
.paper h1{font-size:3.5rem;letter-spacing:-.03em;overflow-wrap:normal}
.bought li{display:grid;grid-template-columns:minmax(1.75rem,auto) minmax(0,1fr) auto;gap:0 .5rem;align-items:baseline;padding:.6rem 0;border-bottom:1px solid var(--rule)}
.bought small{font-size:.9375rem;color:var(--ink-2)}
.bought small+small::before{content:"· "}
.paper dl{display:grid;gap:.15rem}
.paper dl div{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 1rem}
.amount,.paper dd{text-align:right;white-space:nowrap}
.paper .drop{color:var(--drop-text);font-weight:700}
.paper .saved{color:var(--go-text);font-weight:700}
.kept{display:grid;gap:.25rem;padding:.75rem .875rem;border-radius:.625rem;background:var(--queue-tint);color:var(--queue-text)}
.kept--online{background:var(--go-tint);color:var(--go-text)}
.kept h2{font-size:1.0625rem;display:flex;align-items:center;gap:.4rem}
.kept svg{width:1rem;height:1rem;flex:none}
.kept ol{font-size:.9375rem}
.acts{margin:1.5rem 0 1rem;display:grid}
.policy{display:grid;gap:.25rem;color:var(--ink-2)}
.policy h2{font-size:1.0625rem}
@media print{.paper,.kept{background:none;padding-inline:0}.kept{color:inherit}.paper::after{display:none}.top .push{display:block}li,div,section{break-inside:avoid}}
`;
