import type { ReceiptWords } from '../domain/receipt';
import type { Stall } from '../domain/stall';
import { m } from './i18n/generated/messages';
import { baseLocale, isLocale, type Locale } from './i18n/generated/runtime';

/** The language in which a stall speaks to its shoppers: its own where we have it, else English. */
export function receiptLocale({ locale }: Pick<Stall, 'locale'>): Locale {
  const { language } = new Intl.Locale(locale);
  return isLocale(language) ? language : baseLocale;
}

/** The words of a stall's paper. */
export function receiptWords(stall: Pick<Stall, 'locale'>): ReceiptWords {
  const locale = receiptLocale(stall);
  const options = { locale };
  return {
    language: locale,
    total: m.receipt_total({}, options),
    cash: m.receipt_cash({}, options),
    card: (provider) => m.receipt_card({ provider }, options),
    change: m.receipt_change({}, options),
    rounding: m.receipt_rounding({}, options),
    saved: m.receipt_saved({}, options),
    free: m.receipt_free({}, options),
    tax: m.receipt_tax({}, options),
    net: m.receipt_net({}, options),
    taxAmount: m.receipt_tax_amount({}, options),
    gross: m.receipt_gross({}, options),
    taxOn: (rate, amount) => m.receipt_tax_on({ rate, amount }, options),
    unitPrice: (amount) => m.receipt_unit_price({ amount }, options),
    weighed: (kilograms, amount) => m.receipt_weighed({ kilograms, amount }, options),
    pricedLabel: m.receipt_priced_label({}, options),
    typedPrice: m.receipt_typed_price({}, options),
    discountPercent: (percent, reason) =>
      reason === ''
        ? m.receipt_discount_percent({ percent }, options)
        : m.receipt_discount_percent_reason({ percent, reason }, options),
    discountAmount: (amount, reason) =>
      reason === ''
        ? m.receipt_discount_amount({ amount }, options)
        : m.receipt_discount_amount_reason({ amount, reason }, options),
    note: (text) => m.receipt_note({ text }, options),
    flag(flag) {
      switch (flag) {
        case 'online':
          return { word: m.receipt_flag_online({}, options), sentences: m.receipt_flag_online_words({}, options) };
        case 'queued':
          return { word: m.receipt_flag_queued({}, options), sentences: m.receipt_flag_queued_words({}, options) };
        case 'offline-confirmed':
          return {
            word: m.receipt_flag_offline_confirmed({}, options),
            sentences: m.receipt_flag_offline_confirmed_words({}, options),
          };
      }
    },
    scanCaption: m.receipt_scan_caption({}, options),
    webCaption: m.receipt_web_caption({}, options),
    number: (number) => m.receipt_number({ number }, options),
    servedBy: (name) => m.receipt_served_by({ name }, options),
    check: m.receipt_check({}, options),
    copy: m.receipt_copy({}, options),
    copyPrinted: (number, at) => m.receipt_copy_printed({ number, at }, options),
    vatNumber: (number) => m.receipt_vat_number({ number }, options),
    shiftTitle: m.receipt_shift_title({}, options),
    shiftOpened: (at) => m.receipt_shift_opened({ at }, options),
    shiftClosed: (at) => m.receipt_shift_closed({ at }, options),
    shiftStillOpen: m.receipt_shift_still_open({}, options),
    shiftOrders: m.receipt_shift_orders({}, options),
    shiftSales: m.receipt_shift_sales({}, options),
    shiftTax: m.receipt_shift_tax({}, options),
    shiftSaved: m.receipt_shift_saved({}, options),
    shiftCard: m.receipt_shift_card({}, options),
    shiftCash: m.receipt_shift_cash({}, options),
    shiftFloat: m.receipt_shift_float({}, options),
    shiftExpected: m.receipt_shift_expected({}, options),
    shiftCounted: m.receipt_shift_counted({}, options),
    shiftDifference: m.receipt_shift_difference({}, options),
    reason: (text) => m.receipt_reason({ text }, options),
    testTitle: m.receipt_test_title({}, options),
    testBody: m.receipt_test_body({}, options),
    prices: {
      title: m.slip_title({}, options),
      printed: (at) => m.slip_printed({ at }, options),
      unpaid: m.slip_unpaid({}, options),
      catalogue: m.slip_catalogue({}, options),
      feed: (feed) => m.slip_feed({ feed }, options),
      age(age, freshness) {
        switch (freshness) {
          case 'fresh':
            return m.slip_age_fresh({ age }, options);
          case 'ageing':
            return m.slip_age_ageing({ age }, options);
          case 'stale':
          case 'unknown':
            return m.slip_age_stale({ age }, options);
        }
      },
      rule: (name) => m.slip_rule({ name }, options),
      drop: (name) => m.slip_drop({ name }, options),
      test: (name) => m.slip_test({ name }, options),
      advice: (name) => m.slip_advice({ name }, options),
      arm: (arm) => m.slip_arm({ arm }, options),
      fallback(rung) {
        switch (rung) {
          case 'last-known':
            return m.slip_fallback_last_known({}, options);
          case 'last-known-plus':
            return m.slip_fallback_last_known_plus({}, options);
          case 'floor':
            return m.slip_fallback_floor({}, options);
          case 'ask':
            return m.slip_fallback_ask({}, options);
        }
      },
      cap: (percent) => m.slip_cap({ percent }, options),
      floor: m.slip_floor({}, options),
      grace: (until) => m.slip_grace({ until }, options),
      offer: (name) => m.slip_offer({ name }, options),
      spent: (name) => m.slip_spent({ name }, options),
      ofSale: m.slip_of_sale({}, options),
      charged: m.slip_charged({}, options),
    },
  };
}
