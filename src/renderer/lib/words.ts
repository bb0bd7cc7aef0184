import type { PricedLine } from '../../domain/cart';
import type { Variant } from '../../domain/catalogue';
import { errorWords as allErrorWords, type Told, type Words } from '../../shared/error-words';
import type { CallError } from '../../shared/errors';
import type { CallOutput, DateWarning, JobSummary, OrderSummary, SharedStock, TopicState } from '../../shared/contract';
import * as m from '../../shared/i18n/generated/messages.js';
import type { Format } from '../../shared/format';
import { spoken } from './language.svelte';
import type { CameraProblem } from './camera';

/** A code or name shortened for a line of text, without characters that would not show. */
export function excerpt(text: string, most = 24): string {
  const visible = Array.from(text.replace(/[\p{Cc}\p{Cf}]/gu, '·'));
  return visible.length <= most ? visible.join('') : `${visible.slice(0, most - 1).join('')}…`;
}

/** What a person can do when a camera shows nothing. */
export const CAMERA_PROBLEMS: Readonly<Record<CameraProblem, () => string>> = {
  'no-camera': m.camera_none,
  'not-allowed': m.camera_not_allowed,
  busy: m.camera_busy,
  unsupported: m.camera_unsupported,
};

type Notice = TopicState<'session'>['notices'][number];
const NOTICE_TITLES: Readonly<Record<Notice['code'], () => string>> = {
  'store-recovered': m.notice_store_recovered,
  'disk-full': m.notice_disk_full,
  rebuilt: m.notice_rebuilt,
  'set-aside': m.notice_set_aside,
};

/** What exactly is wrong, where the core can say it: its sentences are English. Other languages have words for the code. */
export function told({ message }: Pick<CallError, 'message'>, general: string): string {
  return spoken() === 'en' && message !== '' ? message : general;
}

/** What went wrong and what to do, in the language of this window. */
export function errorWords(error: Told, format: Format): Words {
  return allErrorWords(error, format, spoken());
}

/** How much of divided stock this till may still sell, and who else has some. */
export function sharesWords({ name, pricing, tills }: SharedStock, format: Format): Words {
  const amount = (quantity: number): string => (pricing === 'kg' ? format.roughWeight(quantity) : String(quantity));
  const own = tills.find(({ isOwn }) => isOwn)?.left ?? 0;
  const others = tills.filter(({ isOwn, left }) => !isOwn && left > 0);
  const list = others.map(({ prefix, left }) => m.share_till_has({ till: prefix, amount: amount(left) })).join(', ');
  return {
    title: own === 0 ? m.share_spent({ name }) : m.share_spent_but({ name, amount: amount(own) }),
    detail: others.length > 0 ? m.share_ask({ tills: list }) : m.share_ask_nobody(),
  };
}

/** What happened to the store; the notice itself says the rest, in English. */
export function noticeWords({ code, detail }: Pick<Notice, 'code' | 'detail'>): Words {
  return { title: NOTICE_TITLES[code](), detail: spoken() === 'en' ? detail : '' };
}

/** What the day on a label means for who sells it. */
export function dateWords({ date, on, isPast }: DateWarning, name: string, format: Format): Words {
  const day = isPast ? format.date(on) : m.date_today();
  switch (date) {
    case 'use-by':
      return { title: m.date_use_by({ day, name }), detail: isPast ? m.date_use_by_past() : m.date_use_by_today() };
    case 'sell-by':
      return { title: m.date_sell_by({ day, name }), detail: isPast ? m.date_sell_by_past() : m.date_sell_by_today() };
    case 'best-before':
      return { title: m.date_best_before({ day, name }), detail: m.date_best_before_detail() };
  }
}

/** Why a docket line costs what it costs, in short; empty when there is nothing to say. */
export function lineReason(line: PricedLine, format: Format): { readonly text: string; readonly saves: boolean } {
  const { discount, pricing, quantity, unitPriceMinor, priceSource, trace, offers, note } = line;
  if (discount) {
    const off =
      discount.kind === 'percent'
        ? m.line_percent_off({ percent: format.percent(discount.basisPoints) })
        : m.line_amount_off({ amount: format.money(discount.amountMinor) });
    return { text: [off, discount.reason, note].filter(Boolean).join(', '), saves: true };
  }
  const reasons: string[] = [];
  if (pricing === 'kg') {
    reasons.push(m.line_weight({ weight: format.weight(quantity), price: format.money(unitPriceMinor) }));
  } else if (quantity > 1) {
    reasons.push(m.line_each({ price: format.money(unitPriceMinor) }));
  }
  const rules = [...(trace?.steps ?? []), ...(offers ?? [])].flatMap((one) => ('name' in one ? [one.name] : []));
  reasons.push(...new Set(rules));
  if (trace?.steps.at(-1)?.kind === 'grace') reasons.push(m.line_grace());
  if (trace?.spent) reasons.push(m.line_spent({ name: trace.spent.name }));
  if (line.hold) reasons.push(m.line_hold({ time: format.time(line.hold.placedAt) }));
  if (priceSource === 'label') reasons.push(m.line_label());
  if (priceSource === 'typed') reasons.push(m.line_typed());
  if (note) reasons.push(note);
  return { text: reasons.join(', '), saves: rules.length > 0 };
}

/** How the receipt of an order fares, honestly: sent is not printed. */
export function receiptWords(state: OrderSummary['receipt']): {
  readonly title: string;
  readonly detail: string;
  readonly tone: 'fine' | 'under-way' | 'hand';
} {
  switch (state) {
    case 'none':
      return { title: m.paper_none(), detail: m.paper_none_detail(), tone: 'under-way' };
    case 'waiting':
      return { title: m.paper_waiting(), detail: m.paper_waiting_detail(), tone: 'under-way' };
    case 'running':
      return { title: m.paper_running(), detail: m.paper_running_detail(), tone: 'under-way' };
    case 'acknowledged':
      return { title: m.paper_printed(), detail: m.paper_printed_detail(), tone: 'fine' };
    case 'sent-unconfirmed':
      return { title: m.paper_unconfirmed(), detail: m.paper_unconfirmed_detail(), tone: 'under-way' };
    case 'unknown':
      return { title: m.paper_unknown(), detail: m.paper_unknown_detail(), tone: 'hand' };
    case 'failed':
      return { title: m.paper_failed(), detail: m.paper_failed_detail(), tone: 'hand' };
    case 'held':
      return { title: m.paper_held(), detail: m.paper_held_detail(), tone: 'hand' };
    case 'expired':
    case 'discarded':
      return { title: m.paper_discarded(), detail: m.paper_discarded_detail(), tone: 'under-way' };
  }
}

export function jobWords(job: JobSummary): string {
  switch (job.kind) {
    case 'receipt':
      return m.job_receipt({ number: job.orderNumber ?? '' });
    case 'copy':
      return m.job_copy({ number: job.orderNumber ?? '' });
    case 'test':
      return m.job_test();
    case 'report':
      return m.job_report();
    case 'prices':
      return m.job_prices();
    case 'drawer':
      return m.job_drawer();
  }
}

/**
 * How many of something are left: `3 left`, `2.4 kg left`
 * @param left pieces, or grams of what is sold by weight
 */
export function stockLeft(left: number, pricing: Variant['pricing'], format: Format): string {
  return pricing === 'kg'
    ? m.stock_left({ count: left / 1000, amount: format.roughWeight(left) })
    : m.stock_left({ count: left, amount: String(left) });
}

/** Why an order has the resilience flag it has. */
export function flagCause(change: CallOutput<'order.get'>['flags'][number], format: Format): string {
  const time = format.time(change.at);
  switch (change.cause) {
    case 'hub-acknowledged':
      return m.flag_cause_hub({ time });
    case 'receipt-printed':
      return m.flag_cause_printed({ time });
    case 'receipt-shown':
      return m.flag_cause_shown({ time });
    case 'receipt-sent':
      return m.flag_cause_sent({ time });
  }
}
