import { parametersOf, type Refusal, type RefusalReason, type REFUSALS } from '../domain/refusal';
import { SENTENCED_CODES, type CallError, type ErrorCode } from './errors';
import type { Format } from './format';
import * as m from './i18n/generated/messages.js';
import type { Language } from './language';

/** What went wrong, and what to do about it. */
export interface Words {
  readonly title: string;
  readonly detail: string;
}

/** A message; a window speaks one language alone and takes no other. */
type Message<Inputs> = (inputs: Inputs, options: { readonly locale: Language }) => string;
type Plain = Message<Record<string, never>>;

/** What the words of a reason are made of: counts by which a language may choose its form, the rest as it writes it. */
type Inputs<R extends RefusalReason> = {
  readonly [P in keyof (typeof REFUSALS)[R]]: (typeof REFUSALS)[R][P] extends 'count' ? number : string;
};

/** The exact sentence of every refusal. */
const REFUSAL_WORDS: { readonly [R in RefusalReason]: Message<Inputs<R>> } = {
  'scan-too-long': m.refusal_scan_too_long,
  'scan-empty': m.refusal_scan_empty,
  'scan-unprintable': m.refusal_scan_unprintable,
  'scan-in-part': m.refusal_scan_in_part,
  'label-without-weight': m.refusal_label_without_weight,
  'label-without-price': m.refusal_label_without_price,
  'label-other-currency': m.refusal_label_other_currency,
  'order-elsewhere': m.refusal_order_elsewhere,
  'cart-lines': m.refusal_cart_lines,
  'cart-total': m.refusal_cart_total,
  'price-range': m.refusal_price_range,
  'amount-range': m.refusal_amount_range,
  'pieces-range': m.refusal_pieces_range,
  'weight-range': m.refusal_weight_range,
  'price-in-label': m.refusal_price_in_label,
  'fewer-held': m.refusal_fewer_held,
  'text-length': m.refusal_text_length,
  'goods-without-tax': m.refusal_goods_without_tax,
  'goods-held': m.refusal_goods_held,
  'drop-left': m.refusal_drop_left,
  'share-left': m.refusal_share_left,
  'share-left-weighed': m.refusal_share_left,
  'nothing-to-park': m.refusal_nothing_to_park,
  'parked-money': m.refusal_parked_money,
  'given-missing': m.refusal_given_missing,
  'nothing-due': m.refusal_nothing_due,
  'no-such-coins': m.refusal_no_such_coins,
  'given-unlikely': m.refusal_given_unlikely,
  'card-too-much': m.refusal_card_too_much,
  'tenders-at-most': m.refusal_tenders_at_most,
  'sale-changed': m.refusal_sale_changed,
  'still-due': m.refusal_still_due,
  'float-uncounted': m.refusal_float_uncounted,
  'drawer-uncounted': m.refusal_drawer_uncounted,
  'shift-closed': m.refusal_shift_closed,
  'unknown-shift': m.refusal_unknown_shift,
  'payment-before-close': m.refusal_payment_before_close,
  'hold-pieces': m.refusal_hold_pieces,
  'hold-minutes': m.refusal_hold_minutes,
  'hold-extension': m.refusal_hold_extension,
  'hold-until': m.refusal_hold_until,
  'hold-ran-out': m.refusal_hold_ran_out,
  'some-to-hold': m.refusal_some_to_hold,
  'some-at-price': m.refusal_some_at_price,
  'none-to-hold': m.refusal_none_to_hold,
  'holds-at-most': m.refusal_holds_at_most,
  'phone-holds': m.refusal_phone_holds,
  'phone-held-often': m.refusal_phone_held_often,
  'hold-extended': m.refusal_hold_extended,
  'hold-of-another-till': m.refusal_hold_of_another_till,
  'weighed-goods': m.refusal_weighed_goods,
  'old-price-promised': m.refusal_old_price_promised,
  'old-price-printed': m.refusal_old_price_printed,
  'held-item-gone': m.refusal_held_item_gone,
  'consent-missing': m.refusal_consent_missing,
  'share-negative': m.refusal_share_negative,
  'left-to-divide': m.refusal_left_to_divide,
  'left-to-divide-weighed': m.refusal_left_to_divide,
  'left-to-give': m.refusal_left_to_give,
  'left-to-give-weighed': m.refusal_left_to_give,
  'drop-left-to-give': m.refusal_drop_left_to_give,
  'price-tested': m.refusal_price_tested,
  'test-decides': m.refusal_test_decides,
  'no-address': m.refusal_no_address,
  'address-scheme': m.refusal_address_scheme,
  'port-in-use': m.refusal_port_in_use,
  'stick-gone': m.refusal_stick_gone,
  'stick-full': m.refusal_stick_full,
  'stick-protected': m.refusal_stick_protected,
  'stick-pulled': m.refusal_stick_pulled,
  'labels-at-most': m.refusal_labels_at_most,
  'sheet-labels': m.refusal_sheet_labels,
  'displays-at-most': m.refusal_displays_at_most,
  'nobody-counted': m.refusal_nobody_counted,
  'more-counted': m.refusal_more_counted,
  'staff-unnamed': m.refusal_staff_unnamed,
  'staff-name-length': m.refusal_staff_name_length,
  'staff-namesake': m.refusal_staff_namesake,
  'pin-digits': m.refusal_pin_digits,
  'pin-guessed': m.refusal_pin_guessed,
  'rate-of-goods': m.refusal_rate_of_goods,
  'code-of-goods': m.refusal_code_of_goods,
  'locked-for': m.sign_on_locked,
};

/** What every code says, with the mend where nothing more exact is known. */
const CODE_WORDS: Readonly<Record<ErrorCode, readonly [title: Plain, detail: Plain]>> = {
  'bad-request': [m.error_not_done, m.error_nothing_lost],
  'unknown-call': [m.error_not_done, m.error_nothing_lost],
  internal: [m.error_not_done, m.error_nothing_lost],
  'locked-out': [m.error_locked_out, m.error_advisor_busy_detail],
  disconnected: [m.error_disconnected, m.error_disconnected_detail],
  'disk-full': [m.error_disk_full, m.error_disk_full_detail],
  'not-signed-on': [m.banner_sign_on_first, m.banner_sign_on_first_detail],
  'not-allowed': [m.error_not_allowed, m.error_not_allowed_detail],
  'malformed-code': [m.error_malformed_code, m.error_scan_again],
  'too-long': [m.error_too_long, m.error_scan_again],
  'bad-label': [m.error_bad_label, m.error_bad_label_detail],
  'hold-code': [m.error_hold_code, m.error_hold_code_detail],
  'coupon-code': [m.error_coupon_code, m.error_coupon_code_detail],
  'unknown-order': [m.error_unknown_order, m.error_unknown_order_detail],
  'unknown-item': [m.error_unknown_item, m.error_unknown_item_detail],
  'drop-spent': [m.error_drop_spent, m.error_drop_spent_detail],
  held: [m.error_held, m.error_held_detail],
  'holds-off': [m.error_holds_off, m.error_holds_off_detail],
  'none-to-hold': [m.error_none_to_hold, m.error_none_to_hold_detail],
  'bad-clip': [m.error_bad_clip, m.error_bad_file_detail],
  'unknown-clip': [m.error_unknown_clip, m.error_nothing_lost],
  'unknown-hold': [m.error_unknown_hold, m.error_nothing_added],
  'hold-on-docket': [m.error_hold_on_docket, m.error_nothing_added],
  'hold-expired': [m.error_hold_expired, m.error_hold_over_detail],
  'hold-released': [m.error_hold_released, m.error_hold_over_detail],
  'hold-sold': [m.error_hold_sold, m.error_nothing_added],
  'hold-forged': [m.error_hold_forged, m.error_nothing_added],
  'share-spent': [m.error_share_spent, m.error_share_spent_detail],
  'share-held': [m.error_share_held, m.error_share_held_detail],
  'bad-price-test': [m.error_bad_price_test, m.error_not_right_detail],
  'price-test-running': [m.error_price_test_running, m.error_price_test_running_detail],
  'below-cost': [m.error_below_cost, m.error_below_cost_detail],
  'advice-past': [m.error_advice_past, m.error_nothing_lost],
  'advice-answered': [m.error_advice_answered, m.error_nothing_lost],
  'bad-count': [m.error_bad_count, m.error_bad_count_detail],
  'cart-full': [m.error_cart_full, m.error_cart_full_detail],
  'payment-open': [m.banner_paying_title, m.banner_paying_detail],
  'payment-locked': [m.error_payment_locked, m.error_payment_locked_detail],
  'money-taken': [m.error_money_taken, m.error_money_taken_detail],
  'amount-unlikely': [m.error_amount_unlikely, m.error_amount_unlikely_detail],
  'sale-in-progress': [m.error_sale_in_progress, m.error_sale_in_progress_detail],
  'no-shift': [m.error_no_shift, m.error_no_shift_detail],
  'no-printer': [m.error_no_printer, m.error_no_printer_detail],
  'bad-code': [m.error_bad_code, m.error_bad_code_detail],
  'no-server': [m.error_no_server, m.error_no_server_detail],
  'unknown-stick': [m.error_unknown_stick, m.error_unknown_stick_detail],
  'bad-file': [m.error_bad_file, m.error_bad_file_detail],
  'server-refused': [m.error_server_refused, m.error_server_refused_detail],
  'port-taken': [m.error_port_taken, m.error_port_taken_detail],
  'server-unreachable': [m.error_server_unreachable, m.error_server_unreachable_detail],
  'no-labels': [m.error_no_labels, m.error_no_labels_detail],
  'too-many-labels': [m.error_too_many_labels, m.error_too_many_detail],
  'unknown-sheet': [m.error_unknown_sheet, m.error_nothing_lost],
  'no-drawer': [m.error_no_drawer, m.error_no_printer_detail],
  'wrong-pin': [m.sign_on_wrong, m.error_nothing_lost],
  'unknown-staff': [m.error_gone, m.error_gone_detail],
  'unknown-line': [m.error_gone, m.error_gone_detail],
  'unknown-parked-cart': [m.error_gone, m.error_gone_detail],
  'unknown-rule': [m.error_gone, m.error_gone_detail],
  'unknown-drop': [m.error_gone, m.error_gone_detail],
  'unknown-tender': [m.error_gone, m.error_gone_detail],
  'unknown-price-test': [m.error_gone, m.error_gone_detail],
  'unknown-advice': [m.error_gone, m.error_gone_detail],
  'unknown-job': [m.error_gone, m.error_gone_detail],
  'unknown-device': [m.error_gone, m.error_gone_detail],
  'unknown-import': [m.error_gone, m.error_gone_detail],
  'unknown-playlist': [m.error_gone, m.error_gone_detail],
  'store-damaged': [m.error_store_damaged, m.error_store_damaged_detail],
  'bad-staff': [m.error_bad_staff, m.error_bad_staff_detail],
  'bad-pin': [m.error_bad_pin, m.error_bad_pin_detail],
  'last-operator': [m.error_last_operator, m.error_last_operator_detail],
  'stall-exists': [m.error_stall_exists, m.error_stall_exists_detail],
  'bad-stall': [m.error_bad_stall, m.error_bad_stall_detail],
  'tax-rate-in-use': [m.error_tax_rate_in_use, m.error_tax_rate_in_use_detail],
  'shift-open': [m.error_shift_open, m.error_shift_open_detail],
  'unknown-code': [m.error_unknown_code, m.error_unknown_code_detail],
  'bad-item': [m.error_bad_item, m.error_bad_item_detail],
  'code-taken': [m.error_code_taken, m.error_code_taken_detail],
  'bad-photo': [m.error_bad_photo, m.error_bad_photo_detail],
  'unknown-tax-rate': [m.error_unknown_tax_rate, m.error_unknown_tax_rate_detail],
  'price-needed': [m.error_price_needed, m.error_price_needed_detail],
  'bad-quantity': [m.error_bad_quantity, m.error_bad_quantity_detail],
  'bad-amount': [m.error_bad_amount, m.error_bad_amount_detail],
  'bad-discount': [m.error_bad_discount, m.error_bad_discount_detail],
  'weight-needed': [m.error_weight_needed, m.error_weight_needed_detail],
  'empty-cart': [m.error_empty_cart, m.error_empty_cart_detail],
  'bad-hold': [m.error_bad_hold, m.error_bad_hold_detail],
  'hold-limit': [m.error_hold_limit, m.error_hold_limit_detail],
  'bad-playlist': [m.error_not_right, m.error_not_right_detail],
  'too-many-displays': [m.error_too_many, m.error_too_many_detail],
  'bad-rule': [m.error_not_right, m.error_not_right_detail],
  'too-many-rules': [m.error_too_many, m.error_too_many_detail],
  'bad-policy': [m.error_not_right, m.error_not_right_detail],
  'bad-drop': [m.error_not_right, m.error_not_right_detail],
  'bad-rule-set': [m.error_not_taken_in, m.error_not_taken_in_detail],
  'rule-set-older': [m.error_not_taken_in, m.error_not_taken_in_detail],
  'bad-feed': [m.error_not_taken_in, m.error_not_taken_in_detail],
  'no-payment': [m.error_no_payment, m.error_no_payment_detail],
  'bad-tender': [m.error_bad_tender, m.error_bad_tender_detail],
  'tender-final': [m.error_tender_final, m.error_nothing_lost],
  'price-test-over': [m.error_price_test_over, m.error_nothing_lost],
  'advisor-busy': [m.error_advisor_busy, m.error_advisor_busy_detail],
  'import-invalid': [m.error_import_invalid, m.error_import_invalid_detail],
  'import-too-large': [m.error_import_too_large, m.error_import_too_large_detail],
  'import-busy': [m.error_import_busy, m.error_import_busy_detail],
};

/** What exactly was refused, in a language. */
export function refusalWords(refusal: Refusal, format: Format, locale: Language): string {
  const given = refusal as unknown as Readonly<Record<string, string | number>>;
  const inputs = parametersOf(refusal.reason).map(([name, kind]) => {
    const value = given[name] as never;
    switch (kind) {
      case 'minor':
        return [name, format.money(value)];
      case 'grams':
        return [name, format.weight(value)];
      case 'instant':
        return [name, format.moment(value)];
      case 'count':
      case 'text':
        return [name, value];
    }
  });
  const words = REFUSAL_WORDS[refusal.reason] as Message<unknown>;
  return words(Object.fromEntries(inputs), { locale });
}

/** What words are made of: an error of the contract, or of a domain function. */
export type Told = Pick<CallError, 'code' | 'details'> & Partial<CallError>;

/** What an error is to a person, in a language. */
export function errorWords(error: Told, format: Format, locale: Language): Words {
  const { code, message = '', details, incidentId } = error;
  const [title, general] = CODE_WORDS[code];
  return { title: title({}, { locale }), detail: detailOf() };

  function detailOf(): string {
    if (details) return refusalWords(details, format, locale);
    if (incidentId !== undefined) return m.error_incident({ incident: incidentId }, { locale });
    const isSentenced = (SENTENCED_CODES as readonly ErrorCode[]).includes(code);
    return locale === 'en' && isSentenced && message !== '' ? message : general({}, { locale });
  }
}

/** The English sentence for programs and their logs. */
export function errorSentence({ code, details }: Told, format: () => Format): string {
  if (details) return refusalWords(details, format(), 'en');
  const [title, detail] = CODE_WORDS[code].map((words) => words({}, { locale: 'en' }).replace(/\.$/, ''));
  return `${title}. ${detail}.`;
}
