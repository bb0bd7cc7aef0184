import { m } from '../../shared/i18n/generated/messages';
import { getLocale } from '../../shared/i18n/generated/runtime';
import type { DeviceRow } from '../stalls';
import { html, Html } from '../../pages/html';
import type { AsideRow, ForkRow, StallGlance } from './overview';

/** Whole pages of the operator, without a script: they work in any browser, and nothing can be slipped into them. */

export interface Frame {
  readonly now: Date;
  readonly epoch: number;
  readonly isSignedIn: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function signInPage(frame: Frame, problem: string | null): Html {
  return page(
    frame,
    m.hub_sign_in(),
    html`<form class="panel narrow" method="post" action="/sign-in">
      <h1>${m.hub_sign_in()}</h1>
      ${problem === null ? null : html`<p class="banner banner--stop" role="alert">${problem}</p>`}
      <label>
        <span>${m.hub_token()}</span>
        <input type="password" name="token" required autofocus autocomplete="current-password" maxlength="200" />
      </label>
      <p class="note">${m.hub_token_hint()}</p>
      <button class="btn btn--go">${m.hub_sign_in()}</button>
    </form>`,
  );
}

export function stallsPage(frame: Frame, stalls: readonly StallGlance[], aside: readonly AsideRow[]): Html {
  return page(
    frame,
    m.hub_stalls(),
    html`<section class="panel">
        <h1>${m.hub_stalls()}</h1>
        ${stalls.length === 0 ? html`<p class="empty">${m.hub_no_stalls()}</p>` : stallTable(frame, stalls)}
        <form class="inline" method="post" action="/stalls">
          <label><span>${m.hub_stall_name()}</span><input name="name" required maxlength="80" /></label>
          <button class="btn">${m.hub_add_stall()}</button>
        </form>
      </section>
      ${asideSection(frame, aside, '/')}`,
  );
}

export function stallPage(
  frame: Frame,
  stall: { readonly stallId: string; readonly name: string },
  devices: readonly DeviceRow[],
  aside: readonly AsideRow[],
  forks: readonly ForkRow[],
  trade: Html,
): Html {
  const path = stallPath(stall.stallId);
  return page(
    frame,
    stall.name,
    html`<section class="panel">
        <p><a href="/">${m.hub_back()}</a></p>
        <h1>${stall.name}</h1>
        <p class="note mono">${m.hub_copy_id({ id: stall.stallId })}</p>
        ${
          devices.length === 0
            ? html`<p class="empty">${m.hub_no_devices()}</p>`
            : html`<div class="scroll">
                <table class="tbl">
                  <thead>
                    <tr>
                      <th scope="col">${m.hub_device()}</th>
                      <th scope="col">${m.hub_state()}</th>
                      <th scope="col">${m.hub_last_sync()}</th>
                      <th scope="col" class="r">${m.hub_waiting()}</th>
                      <th scope="col">${m.hub_oldest()}</th>
                      <th scope="col">${m.hub_errors()}</th>
                      <th scope="col" class="r">${m.hub_entries()}</th>
                      <td></td>
                    </tr>
                  </thead>
                  <tbody>
                    ${devices.map((device) => deviceRow(frame, path, device))}
                  </tbody>
                </table>
              </div>`
        }
        <form class="inline" method="post" action="${path}/code">
          <button class="btn btn--go">${m.hub_add_device()}</button>
        </form>
      </section>
      ${asideSection(frame, aside, path)}
      ${
        forks.length === 0
          ? null
          : html`<section class="panel">
              <h2>${m.hub_forks_title()}</h2>
              <p class="note">${m.hub_forks_text()}</p>
              <ul class="cards">
                ${forks.map(({ deviceId, seq, seenAt, entry }) => {
                  const device = devices.find((one) => one.deviceId === deviceId);
                  const about = m.hub_fork_of({ seq, device: nameOf(device, deviceId), time: wordsAgo(frame, seenAt) });
                  return html`<li class="card">
                    <details>
                      <summary>${about}</summary>
                      ${code(entry)}
                    </details>
                  </li>`;
                })}
              </ul>
            </section>`
      }
      ${trade}`,
  );
}

export function codePage(
  frame: Frame,
  stall: { readonly stallId: string; readonly name: string },
  code: { readonly code: string; readonly address: string; readonly expiresAt: Date; readonly qrSvg: string },
): Html {
  return page(
    frame,
    m.hub_code_title({ name: stall.name }),
    html`<section class="panel code">
      <div class="qr">${new Html(code.qrSvg)}</div>
      <div>
        <h1>${m.hub_code_title({ name: stall.name })}</h1>
        <p>${m.hub_code_text({ time: clock(code.expiresAt) })}</p>
        <dl>
          <dt>${m.hub_code_address()}</dt>
          <dd class="mono">${code.address}</dd>
          <dt>${m.hub_code_code()}</dt>
          <dd class="mono big">${code.code}</dd>
        </dl>
        <a class="btn btn--go" href="${stallPath(stall.stallId)}">${m.hub_done()}</a>
      </div>
    </section>`,
  );
}

export function shutOutPage(frame: Frame, stallId: string, device: DeviceRow): Html {
  const path = stallPath(stallId);
  const title = m.hub_shut_out_title({ name: nameOf(device, device.deviceId) });
  return page(
    frame,
    title,
    html`<form
      class="panel narrow"
      method="post"
      action="${path}/devices/${encodeURIComponent(device.deviceId)}/shut-out"
    >
      <h1>${title}</h1>
      <p>${m.hub_shut_out_text()}</p>
      <p class="actions">
        <a class="btn" href="${path}">${m.hub_keep()}</a>
        <button class="btn btn--stop">${m.hub_shut_out_do()}</button>
      </p>
    </form>`,
  );
}

/** What a phone's own camera shows of a code. */
export function joinPage(frame: Frame): Html {
  return page(
    frame,
    m.hub_join_title(),
    html`<section class="panel narrow">
      <h1>${m.hub_join_title()}</h1>
      <p>${m.hub_join_text()}</p>
    </section>`,
  );
}

export function stallPath(stallId: string): string {
  return `/stalls/${encodeURIComponent(stallId)}`;
}

function page({ epoch, isSignedIn }: Frame, title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="${getLocale()}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${m.hub_title()}</title>
        <link rel="stylesheet" href="/operator/operator.css" />
        <link rel="icon" href="/operator/mark.svg" type="image/svg+xml" />
      </head>
      <body>
        <header class="strip">
          <a class="strip__who" href="/"><img class="mark" src="/operator/mark.svg" alt="" /><b>${m.hub_title()}</b></a>
          ${
            isSignedIn
              ? html`<span class="note">${m.hub_epoch({ epoch })}</span>
                  <form method="post" action="/sign-out">
                    <button class="btn btn--quiet">${m.hub_sign_out()}</button>
                  </form>`
              : null
          }
        </header>
        <main>${content}</main>
      </body>
    </html>`;
}

function stallTable(frame: Frame, stalls: readonly StallGlance[]): Html {
  return html`<div class="scroll">
    <table class="tbl">
      <thead>
        <tr>
          <th scope="col">${m.hub_stall()}</th>
          <th scope="col" class="r">${m.hub_devices()}</th>
          <th scope="col">${m.hub_last_sync()}</th>
          <th scope="col" class="r">${m.hub_waiting()}</th>
          <th scope="col">${m.hub_oldest()}</th>
          <th scope="col" class="r">${m.hub_errors()}</th>
          <th scope="col" class="r">${m.hub_aside()}</th>
          <th scope="col" class="r">${m.hub_entries()}</th>
        </tr>
      </thead>
      <tbody>
        ${stalls.map(
          ({ stallId, name, devices, lastSyncAt, queued, oldestQueuedAt, troubled, aside, entries }) =>
            html`<tr>
              <th scope="row"><a href="${stallPath(stallId)}">${name}</a></th>
              <td class="r">${devices}</td>
              <td>${ago(frame, lastSyncAt)}</td>
              <td class="r">${queued}</td>
              <td>${oldestQueuedAt === null ? m.hub_nothing() : ago(frame, oldestQueuedAt)}</td>
              <td class="r ${troubled > 0 ? 'is-hand' : ''}">${troubled}</td>
              <td class="r ${aside > 0 ? 'is-hand' : ''}">${aside}</td>
              <td class="r">${entries}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function deviceRow(frame: Frame, path: string, device: DeviceRow): Html {
  const { deviceId, entries, lastSyncAt, revokedAt, status } = device;
  const { look, words } = stateOf(frame, device);
  const oldest = status?.oldestQueuedAt ?? null;
  const errors = status?.errors ?? [];
  return html`<tr>
    <th scope="row">${nameOf(device, deviceId)}</th>
    <td><span class="state state--${look}">${words}</span></td>
    <td>${ago(frame, lastSyncAt)}</td>
    <td class="r">${status?.queued ?? ''}</td>
    <td>${oldest === null ? m.hub_nothing() : ago(frame, new Date(oldest))}</td>
    <td>
      ${
        errors.length === 0
          ? m.hub_nothing()
          : html`<details>
              <summary>${errors.length}</summary>
              <ul>
                ${errors.map(({ code: what, detail, at }) => html`<li><b>${what}</b> ${ago(frame, new Date(at))}<br />${detail}</li>`)}
              </ul>
            </details>`
      }
    </td>
    <td class="r">${entries}</td>
    <td class="r">
      ${
        revokedAt === null
          ? html`<a class="btn btn--small" href="${path}/devices/${encodeURIComponent(deviceId)}/shut-out"
              >${m.hub_shut_out()}</a
            >`
          : null
      }
    </td>
  </tr>`;
}

/** How a device is, by the worst that is known of it. */
function stateOf(
  { now }: Frame,
  { revokedAt, refusedCode, lastSyncAt, status }: DeviceRow,
): { readonly look: 'good' | 'noted' | 'hand' | 'stop'; readonly words: string } {
  if (revokedAt !== null) return { look: 'stop', words: m.hub_state_shut_out() };
  if (refusedCode === 'forked') return { look: 'stop', words: m.hub_state_forked() };
  if (refusedCode === 'gap') return { look: 'hand', words: m.hub_state_gap() };
  if (lastSyncAt === null) return { look: 'noted', words: m.hub_state_new() };
  if (status && status.errors.length > 0) return { look: 'hand', words: m.hub_state_trouble() };
  if (now.getTime() - lastSyncAt.getTime() > DAY_MS) return { look: 'hand', words: m.hub_state_silent() };
  if (status && status.queued > 0) return { look: 'noted', words: m.hub_state_waiting({ count: status.queued }) };
  return { look: 'good', words: m.hub_state_in_step() };
}

function asideSection(frame: Frame, aside: readonly AsideRow[], back: string): Html {
  return html`<section class="panel">
    <h2>${m.hub_aside_title()}</h2>
    ${
      aside.length === 0
        ? html`<p class="empty">${m.hub_aside_none()}</p>`
        : html`<ul class="cards">
            ${aside.map((row) => asideCard(frame, row, back))}
          </ul>`
    }
  </section>`;
}

function asideCard(frame: Frame, row: AsideRow, back: string): Html {
  const { stallId, stallName, deviceId, prefix, deviceName, seq, cause, detail, kind, notedAt, resolution, body } = row;
  const { title, mend } = CAUSES[cause];
  const action = `${stallPath(stallId)}/aside/${encodeURIComponent(deviceId)}/${seq}`;
  return html`<li class="card">
    <div class="card__head">
      <h3>${title()}</h3>
      <span class="note">${stallName} · ${ago(frame, notedAt)}</span>
    </div>
    <p><b>${m.hub_aside_of({ kind, seq, device: nameOf({ name: deviceName, prefix }, deviceId) })}</b>: ${detail}</p>
    <p>${mend()}</p>
    <details>
      <summary>${m.hub_aside_content()}</summary>
      ${code(body)}
    </details>
    ${
      resolution === null
        ? html`<form class="actions" method="post" action="${action}">
            <input type="hidden" name="back" value="${back}" />
            <button class="btn" name="resolution" value="set-aside">${m.hub_aside_set_aside()}</button>
            <button class="btn" name="resolution" value="accepted">${m.hub_aside_accept()}</button>
          </form>`
        : html`<p class="state state--good">
            ${resolution === 'accepted' ? m.hub_aside_accepted() : m.hub_aside_left_out()}
          </p>`
    }
  </li>`;
}

const CAUSES: Readonly<Record<AsideRow['cause'], { readonly title: () => string; readonly mend: () => string }>> = {
  'wrong-hash': { title: m.hub_cause_wrong_hash, mend: m.hub_mend_wrong_hash },
  'bad-body': { title: m.hub_cause_bad_body, mend: m.hub_mend_bad_body },
  'unknown-kind': { title: m.hub_cause_unknown_kind, mend: m.hub_mend_unknown_kind },
  'bad-order': { title: m.hub_cause_bad_order, mend: m.hub_mend_bad_order },
  'future-clock': { title: m.hub_cause_future_clock, mend: m.hub_mend_future_clock },
};

/** JSON as a person reads it; anything else as it is. */
function code(text: string): Html {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Damaged, or cut off for its length.
  }
  return html`<pre class="mono">${shown}</pre>`;
}

/** What people call a device; its id where they call it nothing. */
export function nameOf(
  device: { readonly name: string; readonly prefix: string } | undefined,
  deviceId: string,
): string {
  return device ? [device.prefix, device.name].filter((part) => part !== '').join(', ') : deviceId;
}

/** How long ago something was, or that it never was. */
export function ago(frame: Frame, at: Date | null): Html {
  if (at === null) return html`${m.hub_never()}`;
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString()}">${wordsAgo(frame, at)}</time>`;
}

function wordsAgo({ now }: Frame, at: Date): string {
  const minutes = Math.round((at.getTime() - now.getTime()) / 60_000);
  if (minutes === 0) return m.hub_just_now();
  const relative = new Intl.RelativeTimeFormat(getLocale(), { numeric: 'always' });
  if (Math.abs(minutes) < 60) return relative.format(minutes, 'minute');
  if (Math.abs(minutes) < 48 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  return relative.format(Math.round(minutes / 60 / 24), 'day');
}

function clock(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
