import { writersFor } from '../domain/receipt';
import type { WebReceipt, WebReceiptLine } from '../domain/web-receipt';
import { localeFor } from '../shared/language';
import * as m from '../shared/i18n/generated/messages.js';
import type { PageLocale } from './language';

/** A receipt in one language, amounts and times as they are read: what page and PDF both say. */
export interface WrittenReceipt {
  readonly title: string;
  readonly number: string;
  readonly moment: string;
  /** What was paid in all, rounding included. */
  readonly total: string;
  readonly lines: readonly WrittenLine[];
  /** Below the lines, before what was paid. */
  readonly extras: readonly WrittenSum[];
  readonly sums: readonly WrittenSum[];
  readonly note: string | null;
  readonly flag: { readonly word: string; readonly words: string };
  readonly history: readonly { readonly what: string; readonly moment: string }[];
  /** In groups of four. */
  readonly check: string;
  readonly vatNumber: string | null;
}

export interface WrittenLine {
  /** Pieces; null of what was weighed. */
  readonly count: string | null;
  readonly name: string;
  readonly reasons: readonly { readonly tone: 'plain' | 'drop' | 'saved'; readonly text: string }[];
  readonly amount: string;
}

export interface WrittenSum {
  readonly label: string;
  readonly amount: string;
  readonly isSaving: boolean;
}

/** Writes a receipt in the language that messages are in. */
export function writtenReceipt(receipt: WebReceipt, locale: PageLocale): WrittenReceipt {
  const { stall, number, placedAt, totalMinor, roundingMinor, flag, flags, check } = receipt;
  const write = writersFor({ ...stall, locale: localeFor(locale, stall.locale) });
  const { money, moment } = write;
  const sum = (label: string, amount: string, isSaving = false): WrittenSum => ({ label, amount, isSaving });
  const taxName = ({ name, basisPoints }: WebReceipt['taxes'][number]): string =>
    name === '' ? `${m.receipt_tax()} ${write.percent(basisPoints)}` : name;
  const tenders = receipt.tenders.map((tender) => {
    if (tender.kind === 'card') return sum(m.receipt_card({ provider: tender.provider }), money(tender.amountMinor));
    const { givenMinor, changeMinor } = tender;
    return changeMinor === 0
      ? sum(m.receipt_cash(), money(givenMinor))
      : sum(m.receipt_page_given({ amount: money(givenMinor) }), money(changeMinor));
  });
  return {
    title: m.receipt_page_title({ number }),
    number,
    moment: moment(placedAt).replace('  ', ', '),
    total: money(totalMinor + roundingMinor),
    lines: receipt.lines.map((line) => writtenLine(line, write)),
    extras: [
      ...(receipt.discount === null || receipt.discount.amountMinor === 0
        ? []
        : [sum(discountWords(receipt.discount, write), money(-receipt.discount.amountMinor), true)]),
      ...(receipt.taxIncluded
        ? []
        : receipt.taxes.filter(({ taxMinor }) => taxMinor > 0).map((tax) => sum(taxName(tax), money(tax.taxMinor)))),
    ],
    sums: [
      ...(tenders.length === 0 ? [sum(m.receipt_free(), money(0))] : tenders),
      ...(roundingMinor === 0 ? [] : [sum(m.receipt_rounding(), money(roundingMinor))]),
      ...receipt.taxes.map((tax) =>
        sum(m.receipt_tax_on({ rate: taxName(tax), amount: money(tax.totalMinor) }), money(tax.taxMinor)),
      ),
      ...(receipt.savedMinor > 0 ? [sum(m.receipt_saved(), money(receipt.savedMinor), true)] : []),
    ],
    note: receipt.note === '' ? null : m.receipt_note({ text: receipt.note }),
    flag: flagWords(flag),
    history: [
      { what: m.receipt_page_placed(), moment: moment(placedAt) },
      ...flags.map(({ cause, at }) => ({ what: causeWords(cause), moment: moment(at) })),
    ],
    check: check.match(/.{1,4}/g)?.join(' ') ?? '',
    vatNumber: stall.vatNumber === '' ? null : m.receipt_vat_number({ number: stall.vatNumber }),
  };
}

type Writers = ReturnType<typeof writersFor>;

function writtenLine(line: WebReceiptLine, write: Writers): WrittenLine {
  const { name, pricing, quantity, unitPriceMinor, wasMinor, isFromLabel, rules, offers, discount, note } = line;
  const { money, amount, kilograms } = write;
  const reasons: WrittenLine['reasons'][number][] = [];
  const say = (text: string, tone: 'plain' | 'drop' | 'saved' = 'plain') => reasons.push({ tone, text });
  if (isFromLabel) say(m.receipt_priced_label());
  else if (pricing === 'kg') {
    say(m.receipt_weighed({ kilograms: kilograms(quantity), amount: amount(unitPriceMinor) }));
  } else if (quantity > 1) say(m.receipt_unit_price({ amount: money(unitPriceMinor) }));
  if (wasMinor !== null && wasMinor > unitPriceMinor) say(m.receipt_page_was({ amount: money(wasMinor) }));
  for (const rule of rules) say(rule.name || m.receipt_page_drop(), rule.isDrop ? 'drop' : 'saved');
  for (const offer of offers) {
    say(m.receipt_discount_amount_reason({ amount: money(offer.amountMinor), reason: offer.name }), 'saved');
  }
  if (discount !== null) say(discountWords(discount, write), 'saved');
  if (note !== '') say(m.receipt_note({ text: note }));
  return {
    count: pricing === 'kg' ? null : String(quantity),
    name: name || m.receipt_typed_price(),
    reasons,
    amount: money(line.amountMinor),
  };
}

function discountWords(
  { amountMinor, basisPoints, reason }: NonNullable<WebReceiptLine['discount']>,
  { money, percent }: Writers,
): string {
  if (basisPoints === null) {
    const amount = money(amountMinor);
    return reason === '' ? m.receipt_discount_amount({ amount }) : m.receipt_discount_amount_reason({ amount, reason });
  }
  const share = percent(basisPoints);
  return reason === ''
    ? m.receipt_discount_percent({ percent: share })
    : m.receipt_discount_percent_reason({ percent: share, reason });
}

function flagWords(flag: WebReceipt['flag']): WrittenReceipt['flag'] {
  switch (flag) {
    case 'online':
      return { word: m.receipt_flag_online(), words: m.receipt_flag_online_words() };
    case 'queued':
      return { word: m.receipt_flag_queued(), words: m.receipt_flag_queued_words() };
    case 'offline-confirmed':
      return { word: m.receipt_flag_offline_confirmed(), words: m.receipt_flag_offline_confirmed_words() };
  }
}

function causeWords(cause: string): string {
  switch (cause) {
    case 'hub-acknowledged':
      return m.receipt_page_acknowledged();
    case 'receipt-printed':
      return m.receipt_page_printed();
    case 'receipt-shown':
      return m.receipt_page_shown();
    case 'receipt-sent':
      return m.receipt_page_sent();
    default:
      return cause;
  }
}
