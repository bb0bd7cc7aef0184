import { formatMoney } from '../../domain/money';
import type { Stall } from '../../domain/stall';
import { m } from '../../shared/i18n/generated/messages';
import { getLocale } from '../../shared/i18n/generated/runtime';
import { localeFor } from '../../shared/language';
import type { Database } from '../database';
import {
  connectorRemarks,
  connectorViews,
  type ConnectorOrder,
  type ConnectorView,
} from '../connectors/shop-connector';
import { reconciliation, type Reconciliation } from '../outward/reconciliation';
import type { WebhookEndpoint, WebhookEndpoints } from '../webhooks/endpoints';
import type { DeviceRow } from '../stalls';
import { html, type Html } from '../../pages/html';
import { ago, nameOf, type Frame } from './pages';

/** What a stall sold and where it goes, as its operator looks at it. */
export interface Trade {
  readonly reconciliation: Reconciliation;
  /** How the stall writes money; null until its configuration is here. */
  readonly stall: Pick<Stall, 'currency' | 'locale'> | null;
  readonly webhooks: readonly WebhookEndpoint[];
  readonly shop: ConnectorView | null;
  readonly remarks: readonly ConnectorOrder[];
}

export async function readTrade(
  { database, webhooks }: { readonly database: Database; readonly webhooks: WebhookEndpoints },
  stallId: string,
  now: Date,
): Promise<Trade> {
  const [found, configurations, endpoints, shops, remarks] = await Promise.all([
    reconciliation(database, stallId, now),
    database.query<{ stall: Stall }>(
      {
        name: 'trade-stall',
        text: 'SELECT stall FROM stall_configuration WHERE stall_id = $1 ORDER BY at DESC LIMIT 1',
      },
      [stallId],
    ),
    webhooks.list(stallId),
    connectorViews(database),
    connectorRemarks(database, stallId),
  ]);
  return {
    reconciliation: found,
    stall: configurations[0]?.stall ?? null,
    webhooks: endpoints,
    shop: shops.find((one) => one.stallId === stallId) ?? null,
    remarks,
  };
}

/** The sections of a stall's page about its trade; those that have nothing to say are left out. */
export function tradeSections(frame: Frame, trade: Trade, devices: readonly DeviceRow[]): Html {
  const { late, lateCount, overdue, problems } = trade.reconciliation;
  const device = (id: string): string =>
    nameOf(
      devices.find(({ deviceId }) => deviceId === id),
      id,
    );
  return html`${shiftsSection(frame, trade, device)}
  ${
    lateCount + overdue.length + problems.length === 0
      ? null
      : html`<section class="panel">
          <h2>${m.hub_late_title()}</h2>
          <p class="note">${m.hub_late_text()}</p>
          <ul>
            ${overdue.map(
              ({ device: id, queued, oldestQueuedAt }) =>
                html`<li class="is-hand">
                  ${m.hub_overdue({ device: device(id), count: queued })} ${ago(frame, new Date(oldestQueuedAt))}
                </li>`,
            )}
            ${problems.map(
              ({ device: id, seq, problem }) =>
                html`<li class="is-hand">${m.hub_problem({ device: device(id), seq, problem })}</li>`,
            )}
            ${late.map(
              ({ number, placedAt, receivedAt }) =>
                html`<li>
                  ${m.hub_late({ number, hours: Math.round((receivedAt.getTime() - placedAt.getTime()) / 3_600_000) })}
                </li>`,
            )}
          </ul>
          ${lateCount > late.length ? html`<p class="note">${m.hub_late_count({ count: lateCount })}</p>` : null}
        </section>`
  }
  ${trade.webhooks.length === 0 ? null : webhooksSection(frame, trade.webhooks)}
  ${trade.shop === null ? null : shopSection(frame, trade.shop, trade.remarks)}`;
}

const SHIFT_STATES = {
  open: { look: 'noted', words: m.hub_shift_open },
  missing: { look: 'hand', words: m.hub_shift_missing },
  counted: { look: 'good', words: m.hub_shift_counted },
  reconciled: { look: 'good', words: m.hub_shift_reconciled },
} as const;

function shiftsSection(
  frame: Frame,
  { reconciliation: { shifts }, stall }: Trade,
  device: (id: string) => string,
): Html {
  const money = (minor: number): string =>
    stall ? formatMoney(minor, { ...stall, locale: localeFor(getLocale(), stall.locale) }) : String(minor);
  return html`<section class="panel">
    <h2>${m.hub_shifts_title()}</h2>
    ${
      shifts.length === 0
        ? html`<p class="empty">${m.hub_shifts_none()}</p>`
        : html`<div class="scroll">
            <table class="tbl">
              <thead>
                <tr>
                  <th scope="col">${m.hub_shift_opened()}</th>
                  <th scope="col">${m.hub_device()}</th>
                  <th scope="col">${m.hub_state()}</th>
                  <th scope="col" class="r">${m.hub_shift_here()}</th>
                  <th scope="col" class="r">${m.hub_shift_till()}</th>
                  <th scope="col" class="r">${m.hub_shift_drawer()}</th>
                </tr>
              </thead>
              <tbody>
                ${shifts.map((shift) => {
                  const { look, words } = SHIFT_STATES[shift.state];
                  const { closed } = shift;
                  const orders = (count: number, totalMinor: number): string =>
                    m.hub_shift_orders({ count, total: money(totalMinor) });
                  return html`<tr>
                    <th scope="row">${ago(frame, shift.openedAt === null ? null : new Date(shift.openedAt))}</th>
                    <td>${device(shift.device)}</td>
                    <td><span class="state state--${look}">${words()}</span></td>
                    <td class="r">${orders(shift.orderCount, shift.totalMinor)}</td>
                    <td class="r">${closed ? orders(closed.orderCount, closed.totalMinor) : ''}</td>
                    <td class="r ${closed && closed.cashDifferenceMinor !== 0 ? 'is-hand' : ''}">
                      ${closed ? money(closed.cashDifferenceMinor) : ''}
                    </td>
                  </tr>`;
                })}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function webhooksSection(frame: Frame, endpoints: readonly WebhookEndpoint[]): Html {
  const stateOf = ({ disabledAt, disabledCause, failingSince }: WebhookEndpoint): Html => {
    if (disabledAt !== null) {
      const why =
        disabledCause === 'gone'
          ? m.hub_webhook_gone()
          : disabledCause === 'failing'
            ? m.hub_webhook_gave_up()
            : m.hub_webhook_off();
      return html`<span class="state state--stop">${why}</span>`;
    }
    return failingSince === null
      ? html`<span class="state state--good">${m.hub_webhook_works()}</span>`
      : html`<span class="state state--hand">${m.hub_webhook_failing()}</span> ${ago(frame, failingSince)}`;
  };
  return html`<section class="panel">
    <h2>${m.hub_webhooks_title()}</h2>
    <div class="scroll">
      <table class="tbl">
        <thead>
          <tr>
            <th scope="col">${m.hub_webhook_address()}</th>
            <th scope="col">${m.hub_state()}</th>
            <th scope="col">${m.hub_webhook_types()}</th>
            <th scope="col" class="r">${m.hub_waiting()}</th>
            <th scope="col" class="r">${m.hub_webhook_failed()}</th>
          </tr>
        </thead>
        <tbody>
          ${endpoints.map(
            (endpoint) =>
              html`<tr>
                <th scope="row">${endpoint.description || new URL(endpoint.url).host}</th>
                <td>${stateOf(endpoint)}</td>
                <td class="mono">${endpoint.types.join(' ')}</td>
                <td class="r">${endpoint.waiting}</td>
                <td class="r ${endpoint.failed > 0 ? 'is-hand' : ''}">${endpoint.failed}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function shopSection(frame: Frame, shop: ConnectorView, remarks: readonly ConnectorOrder[]): Html {
  return html`<section class="panel">
    <h2>${m.hub_shop_title()}</h2>
    <p class="note mono">${shop.address}</p>
    <p>
      ${m.hub_shop_counts({ done: shop.done, waiting: shop.waiting, refused: shop.refused })} ${m.hub_shop_last()}
      ${ago(frame, shop.lastSuccessAt)}.
    </p>
    ${shop.lastError === null ? null : html`<p class="banner banner--stop" role="alert">${shop.lastError}</p>`}
    ${
      remarks.length === 0
        ? null
        : html`<ul class="cards">
            ${remarks.map(
              ({ number, state, remoteCode, remarks: words, at }) =>
                html`<li class="card">
                  <div class="card__head">
                    <h3>${remoteCode === null ? number : `${number}, ${remoteCode}`}</h3>
                    <span class="note">${ago(frame, at)}</span>
                  </div>
                  ${
                    state === 'refused'
                      ? html`<p><span class="state state--hand">${m.hub_shop_refused()}</span></p>`
                      : null
                  }
                  ${words.map((text) => html`<p>${text}</p>`)}
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}
