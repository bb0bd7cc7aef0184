import * as m from '../shared/i18n/generated/messages.js';
import { html } from './html';
import { pageOf, type Page, type PageFrame } from './layout';

/** What can go wrong on a shopper's phone, each with one thing to do. */
export type PageProblem = 'not-found' | 'busy' | 'refused' | 'failed';

/** Says what went wrong, that nothing is lost, and what to do. */
export function problemPage(frame: PageFrame, problem: PageProblem): Page {
  const { title, detail } = problemWords(problem);
  return pageOf(frame, {
    title,
    main: html`<div class="panel stack">
      <h1>${title}</h1>
      <p>${detail}</p>
      ${frame.home === null ? null : html`<p><a class="btn btn--ink" href="${frame.home}">${m.shop_everything()}</a></p>`}
    </div>`,
  });
}

/** What went wrong, and what to do, in the language of now. */
export function problemWords(problem: PageProblem): { readonly title: string; readonly detail: string } {
  switch (problem) {
    case 'not-found':
      return { title: m.shop_not_found(), detail: m.shop_not_found_detail() };
    case 'busy':
      return { title: m.shop_busy(), detail: m.shop_busy_detail() };
    case 'refused':
      return { title: m.shop_refused(), detail: m.shop_refused_detail() };
    case 'failed':
      return { title: m.shop_failed(), detail: m.shop_failed_detail() };
  }
}
