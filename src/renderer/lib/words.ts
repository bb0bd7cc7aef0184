import type { PricedLine } from '../../domain/cart';
import type { Variant } from '../../domain/catalogue';
import type { CallError, ErrorCode } from '../../shared/errors';
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

interface Words {
  readonly title: string;
  readonly detail: string;
}

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

const says = (title: () => string, general: () => string) => (error: CallError) => ({
  title: title(),
  detail: told(error, general()),
});
const gone = says(m.error_gone, m.error_gone_detail);

const ERROR_WORDS: Readonly<Partial<Record<ErrorCode, (error: CallError) => Words>>> = {
  disconnected: () => ({ title: m.error_disconnected(), detail: m.error_disconnected_detail() }),
  'disk-full': () => ({ title: m.error_disk_full(), detail: m.error_disk_full_detail() }),
  'not-signed-on': () => ({ title: m.banner_sign_on_first(), detail: m.banner_sign_on_first_detail() }),
  'not-allowed': () => ({ title: m.error_not_allowed(), detail: m.error_not_allowed_detail() }),
  'malformed-code': () => ({ title: m.error_malformed_code(), detail: m.error_scan_again() }),
  'too-long': () => ({ title: m.error_code_too_long(), detail: m.error_scan_again() }),
  'bad-label': () => ({ title: m.error_bad_label(), detail: m.error_bad_label_detail() }),
  'hold-code': () => ({ title: m.error_hold_code(), detail: m.error_hold_code_detail() }),
  'coupon-code': () => ({ title: m.error_coupon_code(), detail: m.error_coupon_code_detail() }),
  'unknown-order': () => ({ title: m.error_unknown_order(), detail: m.error_unknown_order_detail() }),
  'unknown-item': () => ({ title: m.error_unknown_item(), detail: m.error_unknown_item_detail() }),
  'drop-spent': () => ({ title: m.error_drop_spent(), detail: m.error_drop_spent_detail() }),
  held: () => ({ title: m.error_held(), detail: m.error_held_detail() }),
  'holds-off': () => ({ title: m.error_holds_off(), detail: m.error_holds_off_detail() }),
  'none-to-hold': says(m.error_none_to_hold, m.error_none_to_hold_detail),
  'bad-clip': ({ message }) => ({ title: m.error_bad_clip(), detail: message }),
  'unknown-clip': () => ({ title: m.error_unknown_clip(), detail: m.error_nothing_lost() }),
  'unknown-hold': () => ({ title: m.error_unknown_hold(), detail: m.error_nothing_added() }),
  'hold-on-docket': () => ({ title: m.error_hold_on_docket(), detail: m.error_nothing_added() }),
  'hold-expired': () => ({ title: m.error_hold_expired(), detail: m.error_hold_over_detail() }),
  'hold-released': () => ({ title: m.error_hold_released(), detail: m.error_hold_over_detail() }),
  'hold-sold': () => ({ title: m.error_hold_sold(), detail: m.error_nothing_added() }),
  'hold-forged': () => ({ title: m.error_hold_forged(), detail: m.error_nothing_added() }),
  'share-spent': () => ({ title: m.error_share_spent(), detail: m.error_share_spent_detail() }),
  'share-held': () => ({ title: m.error_share_held(), detail: m.error_share_held_detail() }),
  'bad-price-test': says(m.error_bad_price_test, m.error_not_right_detail),
  'price-test-running': () => ({ title: m.error_price_test_running(), detail: m.error_price_test_running_detail() }),
  'below-cost': () => ({ title: m.error_below_cost(), detail: m.error_below_cost_detail() }),
  'advice-past': () => ({ title: m.error_advice_past(), detail: m.error_nothing_lost() }),
  'advice-answered': () => ({ title: m.error_advice_answered(), detail: m.error_nothing_lost() }),
  'bad-count': says(m.error_bad_count, m.error_bad_count_detail),
  'cart-full': () => ({ title: m.error_cart_full(), detail: m.error_cart_full_detail() }),
  'payment-open': () => ({ title: m.banner_paying_title(), detail: m.banner_paying_detail() }),
  'payment-locked': () => ({ title: m.error_payment_locked(), detail: m.error_payment_locked_detail() }),
  'money-taken': () => ({ title: m.error_money_taken(), detail: m.error_money_taken_detail() }),
  'amount-unlikely': () => ({ title: m.error_amount_unlikely(), detail: m.error_amount_unlikely_detail() }),
  'sale-in-progress': () => ({ title: m.error_sale_in_progress(), detail: m.error_sale_in_progress_detail() }),
  'no-shift': () => ({ title: m.error_no_shift(), detail: m.error_no_shift_detail() }),
  'no-printer': () => ({ title: m.error_no_printer(), detail: m.error_no_printer_detail() }),
  'bad-code': () => ({ title: m.error_bad_code(), detail: m.error_bad_code_detail() }),
  'no-server': () => ({ title: m.error_no_server(), detail: m.error_no_server_detail() }),
  'unknown-stick': says(m.error_unknown_stick, m.error_unknown_stick_detail),
  'bad-file': says(m.error_bad_file, m.error_bad_file_detail),
  'server-refused': says(m.error_server_refused, m.error_server_refused_detail),
  'port-taken': says(m.error_port_taken, m.error_port_taken_detail),
  'server-unreachable': () => ({ title: m.error_server_unreachable(), detail: m.error_server_unreachable_detail() }),
  'no-labels': () => ({ title: m.error_no_labels(), detail: m.error_no_labels_detail() }),
  'too-many-labels': ({ message }) => ({ title: m.error_too_many_labels(), detail: message }),
  'unknown-sheet': () => ({ title: m.error_unknown_sheet(), detail: m.error_nothing_lost() }),
  'no-drawer': () => ({ title: m.error_no_drawer(), detail: m.error_no_printer_detail() }),
  'wrong-pin': () => ({ title: m.sign_on_wrong(), detail: m.error_nothing_lost() }),
  'unknown-staff': gone,
  'unknown-line': gone,
  'unknown-parked-cart': gone,
  'unknown-rule': gone,
  'unknown-drop': gone,
  'unknown-tender': gone,
  'unknown-price-test': gone,
  'unknown-advice': gone,
  'unknown-job': gone,
  'unknown-device': gone,
  'unknown-import': gone,
  'unknown-playlist': gone,
  'store-damaged': says(m.error_store_damaged, m.error_store_damaged_detail),
  'bad-staff': says(m.error_bad_staff, m.error_bad_staff_detail),
  'bad-pin': says(m.error_bad_pin, m.error_bad_pin_detail),
  'last-operator': says(m.error_last_operator, m.error_last_operator_detail),
  'stall-exists': says(m.error_stall_exists, m.error_stall_exists_detail),
  'bad-stall': says(m.error_bad_stall, m.error_bad_stall_detail),
  'tax-rate-in-use': says(m.error_tax_rate_in_use, m.error_tax_rate_in_use_detail),
  'shift-open': says(m.error_shift_open, m.error_shift_open_detail),
  'unknown-code': says(m.error_unknown_code, m.error_unknown_code_detail),
  'bad-item': says(m.error_bad_item, m.error_bad_item_detail),
  'code-taken': says(m.error_code_taken, m.error_code_taken_detail),
  'bad-photo': says(m.error_bad_photo, m.error_bad_photo_detail),
  'unknown-tax-rate': says(m.error_unknown_tax_rate, m.error_unknown_tax_rate_detail),
  'price-needed': says(m.error_price_needed, m.error_price_needed_detail),
  'bad-quantity': says(m.error_bad_quantity, m.error_bad_quantity_detail),
  'bad-amount': says(m.error_bad_amount, m.error_bad_amount_detail),
  'bad-discount': says(m.error_bad_discount, m.error_bad_discount_detail),
  'weight-needed': says(m.error_weight_needed, m.error_weight_needed_detail),
  'empty-cart': says(m.error_empty_cart, m.error_empty_cart_detail),
  'bad-hold': says(m.error_bad_hold, m.error_bad_hold_detail),
  'hold-limit': says(m.error_hold_limit, m.error_hold_limit_detail),
  'bad-playlist': says(m.error_not_right, m.error_not_right_detail),
  'too-many-displays': says(m.error_too_many, m.error_too_many_detail),
  'bad-rule': says(m.error_not_right, m.error_not_right_detail),
  'too-many-rules': says(m.error_too_many, m.error_too_many_detail),
  'bad-policy': says(m.error_not_right, m.error_not_right_detail),
  'bad-drop': says(m.error_not_right, m.error_not_right_detail),
  'bad-rule-set': says(m.error_not_taken_in, m.error_not_taken_in_detail),
  'rule-set-older': says(m.error_not_taken_in, m.error_not_taken_in_detail),
  'bad-feed': says(m.error_not_taken_in, m.error_not_taken_in_detail),
  'no-payment': says(m.error_no_payment, m.error_no_payment_detail),
  'bad-tender': says(m.error_bad_tender, m.error_bad_tender_detail),
  'tender-final': says(m.error_tender_final, m.error_nothing_lost),
  'price-test-over': says(m.error_price_test_over, m.error_nothing_lost),
  'advisor-busy': says(m.error_advisor_busy, m.error_advisor_busy_detail),
  'import-invalid': says(m.error_import_invalid, m.error_import_invalid_detail),
  'import-too-large': says(m.error_import_too_large, m.error_import_too_large_detail),
  'import-busy': says(m.error_import_busy, m.error_import_busy_detail),
};

/** What went wrong and what to do, in the till's own words where it has them. */
export function errorWords(error: CallError): Words {
  const known = ERROR_WORDS[error.code]?.(error);
  if (known) return known;
  const detail = error.incidentId ? m.error_incident({ incident: error.incidentId }) : m.error_nothing_lost();
  return { title: told(error, m.error_not_done()), detail };
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
