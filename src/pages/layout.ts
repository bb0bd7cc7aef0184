import { createHash } from 'node:crypto';
import * as m from '../shared/i18n/generated/messages.js';
import { html, Html } from './html';
import type { PageLocale } from './language';
import { pageStyle } from './look';

/** What stands around every page. */
export interface PageFrame {
  readonly locale: PageLocale;
  /** The stall's name, as text. */
  readonly stallName: string;
  /** Where the stall's name leads; null where there is nothing to lead to. */
  readonly home: string | null;
}

export interface PageContent {
  /** As text: what the page is about, before the stall's name. */
  readonly title: string;
  readonly main: Html;
  /** Stands at the right of the stall's name. */
  readonly aside?: Html;
  /** Rules of this page alone. Nothing a person typed may stand in them. */
  readonly style?: string;
  /** Data for machines (JSON-LD); its text is kept from ending the element it stands in. */
  readonly data?: unknown;
}

/** A page ready to be sent, with the policy under which nothing runs in it and nothing comes from elsewhere. */
export interface Page {
  readonly text: string;
  readonly contentSecurityPolicy: string;
}

const mark = new Html(
  '<svg viewBox="0 0 48 48" aria-hidden="true"><rect x="3" y="9" width="42" height="8" rx="2.5" fill="currentColor"/><path d="M13 17 7.5 40M13 17l5.5 23M35 17l-5.5 23M35 17l5.5 23" stroke="currentColor" stroke-width="5" stroke-linecap="round" fill="none"/></svg>',
);

/** A whole page. Its style stands within it: one answer paints it, and its hash is all that the policy lets in. */
export function pageOf({ locale, stallName, home }: PageFrame, content: PageContent): Page {
  const style = pageStyle + (content.style ?? '');
  const name = html`${mark}<bdi>${stallName}</bdi>`;
  const text = html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${isolated(content.title)}: ${isolated(stallName)}</title>
        ${new Html(`<style>${style}</style>`)} ${content.data === undefined ? null : jsonLd(content.data)}
      </head>
      <body>
        <a class="skip" href="#main">${m.page_skip()}</a>
        <header class="top">
          ${home === null ? html`<span class="row">${name}</span>` : html`<a href="${home}">${name}</a>`}
          ${content.aside ? html`<span class="push note">${content.aside}</span>` : null}
        </header>
        <main id="main">${content.main}</main>
      </body>
    </html> `.text;
  return { text, contentSecurityPolicy: policyFor(style) };
}

/**
 * Text in a place without markup, a title or an attribute, that cannot turn round what stands beside it: first strong
 * isolate and pop directional isolate (Unicode UAX #9), without overrides of its own.
 */
export function isolated(text: string): string {
  return `\u2068${text.replace(/[\u202A-\u202E\u2066-\u2069]/g, '')}\u2069`;
}

/** JSON within a script element: no `<` may stand in it, whatever the data says. */
function jsonLd(data: unknown): Html {
  const json = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return new Html(`<script type="application/ld+json">${json}</script>`);
}

/** No script at all, one style known by its hash, pictures and fonts of this server; a form goes nowhere but here. */
function policyFor(style: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
