import { offeredOf, type PricedLine, type TaxSum } from './cart';
import { formatAmount, formatMoney, type Minor } from './money';
import type { Order, ResilienceFlag } from './order';
import { receiptCode } from './own-code';
import { changeOf } from './payment';
import type { FallbackRung, Freshness } from './pricing/trace';
import type { Shift, ShiftTotals } from './shift';
import type { Stall } from './stall';

/**
 * A receipt as content, not layout: encoders turn it into ESC/POS bytes for a paper width, screens into HTML.
 * Amounts arrive already formatted, since the domain knows the stall's locale and the paper does not.
 */
export interface ReceiptDocument {
  /** What job it is for: the receipt of an order, a test page, a shift report, why prices were what they were, or shelf labels. */
  readonly kind: 'receipt' | 'test' | 'shift' | 'prices' | 'labels';
  /** BCP 47 language of the words. */
  readonly language: string;
  readonly blocks: readonly ReceiptBlock[];
}

export type ReceiptBlock =
  /** The stall's mark, centred. */
  | { readonly kind: 'mark' }
  /** A picture of the stall's own, centred; left out where it is wider than the paper or the printer has no pictures. */
  | { readonly kind: 'logo'; readonly image: LogoImage }
  /** One paragraph. `double` doubles width and height, so half the columns. Wrapped at words, never cut. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly align: 'left' | 'centre' | 'right';
      readonly size: 'normal' | 'double';
      readonly bold: boolean;
    }
  /** Left words and a right amount on one row; the left wraps, the amount never does. */
  | {
      readonly kind: 'row';
      readonly left: string;
      readonly right: string;
      readonly size: 'normal' | 'double';
      readonly bold: boolean;
      /** Columns of indent. */
      readonly indent: number;
    }
  /** Equal columns, first left-aligned, the others right; used for the VAT table where the paper is wide enough. */
  | {
      readonly kind: 'columns';
      readonly rows: readonly (readonly string[])[];
      readonly narrow: readonly ReceiptBlock[];
    }
  | { readonly kind: 'rule' }
  | { readonly kind: 'feed'; readonly lines: number }
  /** A two-dimensional code of at least `minimumMillimetres` width; `fallback` is printed where no code can be. */
  | {
      readonly kind: 'qr';
      readonly data: string;
      readonly minimumMillimetres: number;
      readonly fallback: string;
    }
  | { readonly kind: 'barcode'; readonly symbology: 'code128'; readonly data: string }
  | { readonly kind: 'cut' };

/** A picture of black and white, as documents are kept: rows of whole bytes in Base64, the leftmost dot in the highest bit. */
export interface LogoImage {
  readonly widthDots: number;
  readonly heightDots: number;
  readonly data: string;
}

/** The words of the paper, in the receipt's language. Amounts and dates come in already formatted. */
export interface ReceiptWords {
  readonly language: string;
  readonly total: string;
  readonly cash: string;
  /** `Card` and the provider. */
  card(provider: string): string;
  readonly change: string;
  readonly rounding: string;
  readonly saved: string;
  readonly free: string;
  /** Heads of the tax table. */
  readonly tax: string;
  readonly net: string;
  readonly taxAmount: string;
  readonly gross: string;
  /** One row of the tax table on narrow paper: `VAT 20% on 10.80`. */
  taxOn(rate: string, grossAmount: string): string;
  /** Each, for `2 x 4.50`. */
  unitPrice(amount: string): string;
  /** `0.312 kg at 18.00/kg`. */
  weighed(kilograms: string, amount: string): string;
  readonly pricedLabel: string;
  readonly typedPrice: string;
  discountPercent(percent: string, reason: string): string;
  discountAmount(amount: string, reason: string): string;
  note(text: string): string;
  /** The word of a resilience flag, in capitals, and the sentences under it. */
  flag(flag: ResilienceFlag): { readonly word: string; readonly sentences: string };
  /** Under a code that finds the sale at the till, and under one that opens the receipt on a phone. */
  readonly scanCaption: string;
  readonly webCaption: string;
  number(number: string): string;
  servedBy(name: string): string;
  readonly check: string;
  readonly copy: string;
  copyPrinted(number: number, at: string): string;
  vatNumber(number: string): string;
  readonly shiftTitle: string;
  shiftOpened(at: string): string;
  shiftClosed(at: string): string;
  readonly shiftStillOpen: string;
  readonly shiftOrders: string;
  readonly shiftSales: string;
  readonly shiftTax: string;
  readonly shiftSaved: string;
  readonly shiftCard: string;
  readonly shiftCash: string;
  readonly shiftFloat: string;
  readonly shiftExpected: string;
  readonly shiftCounted: string;
  readonly shiftDifference: string;
  reason(text: string): string;
  readonly testTitle: string;
  readonly testBody: string;
  /** Why prices were what they were, step by step. */
  readonly prices: PriceWords;
}

/** The words of a slip that says why something cost what it cost. */
export interface PriceWords {
  readonly title: string;
  printed(at: string): string;
  readonly unpaid: string;
  readonly catalogue: string;
  feed(feed: string): string;
  age(age: string, freshness: Freshness): string;
  rule(name: string): string;
  drop(name: string): string;
  test(name: string): string;
  advice(name: string): string;
  arm(arm: string): string;
  fallback(rung: FallbackRung): string;
  cap(percent: string): string;
  readonly floor: string;
  grace(until: string): string;
  offer(name: string): string;
  /** A capped rule was passed over: too little was left of it. */
  spent(name: string): string;
  readonly ofSale: string;
  readonly charged: string;
}

/** Flags drawn in type, so that they survive the plainest printer. */
const FLAG_SIGNS: Readonly<Record<ResilienceFlag, string>> = {
  online: '(#)',
  queued: '(=)',
  'offline-confirmed': '(o)',
};

/** A QR code narrower than this is hard for a phone to read off thermal paper. */
const QR_MILLIMETRES = 24;
/** One that holds the order has many modules, and should be read after weeks in a pocket. */
const FULL_QR_MILLIMETRES = 30;

export interface ReceiptContext {
  readonly stall: Stall;
  readonly words: ReceiptWords;
}

/** What the code on a receipt holds, and whether a phone that scans it opens the receipt. */
export interface ReceiptCode {
  readonly text: string;
  readonly isAddress: boolean;
}

/** The receipt of an order, in the order a shopper reads it. */
export function receiptDocument(
  order: Order,
  given: ReceiptContext & {
    /** Null where names of people do not belong: on the copy that the hub keeps. */
    readonly staffName: string | null;
    /** First 16 hex digits of the hash of the journal entry that placed the order. */
    readonly check: string;
    /** The text of its code; without one the code is the number alone. */
    readonly code?: ReceiptCode | undefined;
    /** Set when this is not the first print. */
    readonly copy?: { readonly number: number; readonly at: string } | undefined;
  },
): ReceiptDocument {
  const { stall, words, staffName, check, copy, code } = given;
  const { money, moment, time } = writersFor(stall);
  const flag = words.flag(order.flag);
  const blocks: ReceiptBlock[] = [
    ...heading(stall),
    text(moment(order.placedAt)),
    ...(stall.vatNumber === '' ? [] : [text(words.vatNumber(stall.vatNumber))]),
    ...(copy
      ? [
          { kind: 'rule' } as const,
          text(words.copy, { size: 'double', bold: true }),
          text(words.copyPrinted(copy.number, moment(copy.at))),
        ]
      : []),
    { kind: 'rule' },
    ...order.lines.flatMap((line) => lineBlocks(line, given)),
    ...cartDiscountRows(order, given),
    ...addedTaxRows(order, given),
    ...(order.note === '' ? [] : [text(words.note(order.note), { align: 'left' })]),
    { kind: 'rule' },
    row(words.total, money(order.totalMinor), { size: 'double', bold: true }),
    { kind: 'feed', lines: 1 },
    ...tenderRows(order, given),
    ...(order.savedMinor > 0 ? [row(words.saved, money(order.savedMinor))] : []),
    { kind: 'rule' },
    ...taxBlocks(order, given),
    text(`${FLAG_SIGNS[order.flag]} ${flag.word}  ${time(order.placedAt)}`, { align: 'left', bold: true }),
    text(flag.sentences, { align: 'left' }),
    {
      kind: 'qr',
      data: code?.text ?? receiptCode(order.number),
      minimumMillimetres: code === undefined ? QR_MILLIMETRES : FULL_QR_MILLIMETRES,
      fallback: receiptCode(order.number),
    },
    text(code?.isAddress ? words.webCaption : words.scanCaption),
    { kind: 'feed', lines: 1 },
    row(words.number(order.number), staffName === null ? '' : words.servedBy(staffName)),
    row(words.check, check.match(/.{1,4}/g)?.join(' ') ?? ''),
    // Laser scanners read no QR code.
    { kind: 'barcode', symbology: 'code128', data: receiptCode(order.number) },
    ...(stall.receiptFooter === '' ? [] : [text(stall.receiptFooter)]),
    { kind: 'cut' },
  ];
  return { kind: 'receipt', language: words.language, blocks };
}

/** The report of a shift: what was sold, how it was paid, what the drawer should hold and what it held. */
export function shiftReportDocument(
  shift: Shift,
  given: ReceiptContext & { readonly totals: ShiftTotals; readonly staffName: string },
): ReceiptDocument {
  const { stall, words, totals, staffName } = given;
  const { money, moment } = writersFor(stall);
  const { closed } = shift;
  const blocks: ReceiptBlock[] = [
    ...heading(stall),
    text(words.shiftTitle, { bold: true }),
    { kind: 'rule' },
    text(words.shiftOpened(moment(shift.openedAt)), { align: 'left' }),
    text(closed ? words.shiftClosed(moment(closed.closedAt)) : words.shiftStillOpen, { align: 'left' }),
    text(words.servedBy(staffName), { align: 'left' }),
    { kind: 'rule' },
    row(words.shiftOrders, String(totals.orderCount)),
    row(words.shiftSales, money(totals.salesMinor), { bold: true }),
    row(words.shiftTax, money(totals.taxMinor)),
    row(words.shiftSaved, money(totals.savedMinor)),
    ...(totals.roundingMinor === 0 ? [] : [row(words.rounding, money(totals.roundingMinor))]),
    { kind: 'rule' },
    row(words.shiftCard, money(totals.cardMinor)),
    row(words.shiftCash, money(totals.cashMinor)),
    row(words.shiftFloat, money(shift.floatMinor)),
    row(words.shiftExpected, money(totals.expectedCashMinor), { bold: true }),
    ...(closed
      ? [
          row(words.shiftCounted, money(closed.countedMinor), { bold: true }),
          row(words.shiftDifference, money(closed.differenceMinor), { bold: true }),
          ...(closed.reason === '' ? [] : [text(words.reason(closed.reason), { align: 'left' })]),
        ]
      : []),
    { kind: 'cut' },
  ];
  return { kind: 'shift', language: words.language, blocks };
}

/** A page that shows whether a printer prints what it should: sizes, signs, a code. */
export function testPageDocument(stall: Stall, words: ReceiptWords): ReceiptDocument {
  const { money } = writersFor(stall);
  return {
    kind: 'test',
    language: words.language,
    blocks: [
      ...heading(stall),
      text(words.testTitle, { bold: true }),
      { kind: 'rule' },
      text(words.testBody, { align: 'left' }),
      row(words.total, money(123_456), { size: 'double', bold: true }),
      {
        kind: 'qr',
        data: receiptCode('T0-0000'),
        minimumMillimetres: QR_MILLIMETRES,
        fallback: receiptCode('T0-0000'),
      },
      { kind: 'barcode', symbology: 'code128', data: receiptCode('T0-0000') },
      { kind: 'cut' },
    ],
  };
}

/** Whose paper it is. */
export function heading({ name, place, locale, logo }: Stall): ReceiptBlock[] {
  return [
    logo ? { kind: 'logo', image: logo } : { kind: 'mark' },
    text(name.toLocaleUpperCase(locale), { size: 'double', bold: true }),
    ...(place === '' ? [] : [text(place)]),
  ];
}

/** Writes figures as the stall does. */
interface Writers {
  money(amountMinor: Minor): string;
  amount(amountMinor: Minor): string;
  kilograms(grams: number): string;
  percent(basisPoints: number): string;
  /** Time of an instant in the zone of the event: `11:31`. */
  time(instant: string): string;
  /** `Sat 13 June 2026  11:31` */
  moment(instant: string): string;
  /** `35 minutes`, `3 hours`, `4 days`: in one unit. */
  age(ms: number): string;
}

/** Making formats takes longer than a whole receipt, and a receipt is made within a sale. */
const writers = new Map<string, Writers>();

export function writersFor({ currency, locale, timeZone }: Pick<Stall, 'currency' | 'locale' | 'timeZone'>): Writers {
  const key = `${currency} ${locale} ${timeZone}`;
  let found = writers.get(key);
  if (!found) {
    found = makeWriters({ currency, locale, timeZone });
    writers.set(key, found);
  }
  return found;
}

function makeWriters(stall: Pick<Stall, 'currency' | 'locale' | 'timeZone'>): Writers {
  const { locale, timeZone } = stall;
  // Receipt printers have no other digits.
  const numberingSystem = 'latn';
  const weight = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, numberingSystem });
  const percentage = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2, numberingSystem });
  const date = new Intl.DateTimeFormat(locale, {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    numberingSystem,
  });
  const clock = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', numberingSystem });
  const time = (instant: string): string => clock.format(new Date(instant));
  const unit = (name: 'minute' | 'hour' | 'day') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'long', numberingSystem });
  const [minutes, hours, days] = [unit('minute'), unit('hour'), unit('day')];
  return {
    money: (amountMinor) => formatMoney(amountMinor, stall),
    amount: (amountMinor) => formatAmount(amountMinor, stall),
    kilograms: (grams) => weight.format(grams / 1000),
    percent: (basisPoints) => percentage.format(basisPoints / 10_000),
    time,
    age(ms) {
      const whole = Math.max(0, Math.floor(ms / 60_000));
      if (whole < 120) return minutes.format(whole);
      return whole < 48 * 60 ? hours.format(Math.floor(whole / 60)) : days.format(Math.floor(whole / (24 * 60)));
    },
    moment: (instant) => `${date.format(new Date(instant)).replace(/,/g, '')}  ${time(instant)}`,
  };
}

function lineBlocks(line: PricedLine, { stall, words }: ReceiptContext): ReceiptBlock[] {
  const { money, amount, kilograms, percent } = writersFor(stall);
  const { discount } = line;
  const name = line.receiptName || line.name || words.typedPrice;
  const reasons: string[] = [];
  if (line.pricing === 'kg' && line.labelAmountMinor === null) {
    reasons.push(words.weighed(kilograms(line.quantity), amount(line.unitPriceMinor)));
  } else if (line.labelAmountMinor !== null) reasons.push(words.pricedLabel);
  else if (line.quantity > 1) reasons.push(words.unitPrice(amount(line.unitPriceMinor)));
  if (discount?.kind === 'percent') {
    reasons.push(words.discountPercent(percent(discount.basisPoints), discount.reason));
  } else if (discount) reasons.push(words.discountAmount(money(line.lineDiscountMinor), discount.reason));
  reasons.push(...(line.offers ?? []).map((offer) => words.discountAmount(money(offer.amountMinor), offer.name)));
  if (line.note !== '') reasons.push(words.note(line.note));
  return [
    row(
      line.pricing === 'kg' ? name : `${line.quantity} x ${name}`,
      amount(line.grossMinor - offeredOf(line) - line.lineDiscountMinor),
    ),
    ...reasons.map((reason): ReceiptBlock => row(reason, '', { indent: 2 })),
  ];
}

/** The discount on the whole sale, so that the lines above and this add up to the total. */
function cartDiscountRows(order: Order, { stall, words }: ReceiptContext): ReceiptBlock[] {
  const { money, amount, percent } = writersFor(stall);
  const { discount } = order;
  const takenOffMinor = order.lines.reduce((sum, line) => sum + line.cartDiscountMinor, 0);
  if (discount === null || takenOffMinor === 0) return [];
  const reason =
    discount.kind === 'percent'
      ? words.discountPercent(percent(discount.basisPoints), discount.reason)
      : words.discountAmount(money(takenOffMinor), discount.reason);
  return [row(reason, amount(-takenOffMinor))];
}

/** The tax that comes on top of the lines where prices do not include it. */
function addedTaxRows(order: Order, { stall, words }: ReceiptContext): ReceiptBlock[] {
  if (order.taxIncluded) return [];
  const { amount } = writersFor(stall);
  return order.taxes
    .filter(({ taxMinor }) => taxMinor > 0)
    .map((tax) => row(rateName(tax, { stall, words }), amount(tax.taxMinor)));
}

/** The tax table with the rule under it; nothing at a stall that is not registered for tax and charges none. */
function taxBlocks(order: Order, { stall, words }: ReceiptContext): ReceiptBlock[] {
  if (stall.vatNumber === '' && order.taxes.every(({ basisPoints }) => basisPoints === 0)) return [];
  const { amount, percent } = writersFor(stall);
  const percents = order.taxes.map(({ basisPoints }) => percent(basisPoints));
  const widest = Math.max(...percents.map(({ length }) => length));
  return [
    {
      kind: 'columns',
      rows: [
        [words.tax, words.net, words.taxAmount, words.gross],
        ...order.taxes.map((tax, index) => [
          percents[index]?.padStart(widest) ?? '',
          amount(tax.netMinor),
          amount(tax.taxMinor),
          amount(tax.totalMinor),
        ]),
      ],
      narrow: order.taxes.map((tax) =>
        row(words.taxOn(rateName(tax, { stall, words }), amount(tax.totalMinor)), amount(tax.taxMinor)),
      ),
    },
    { kind: 'rule' },
  ];
}

/** `VAT 20%`: as the stall calls the rate, unless it has changed it since. */
function rateName(tax: TaxSum, { stall, words }: ReceiptContext): string {
  const { percent } = writersFor(stall);
  return nameOfRate(tax, stall) ?? `${words.tax} ${percent(tax.basisPoints)}`;
}

/** What the stall calls a rate; null when it has another of that id by now. */
export function nameOfRate(
  { taxRateId, basisPoints }: Pick<TaxSum, 'taxRateId' | 'basisPoints'>,
  { taxRates }: Pick<Stall, 'taxRates'>,
): string | null {
  const rate = taxRates.find(({ id }) => id === taxRateId);
  return rate?.basisPoints === basisPoints ? rate.name : null;
}

function tenderRows(order: Order, { stall, words }: ReceiptContext): ReceiptBlock[] {
  const { money } = writersFor(stall);
  const changeMinor = changeOf(order);
  const taken = order.tenders.filter(({ state }) => state === 'approved');
  return [
    ...(taken.length === 0 ? [row(words.free, '')] : []),
    ...taken.map((tender) =>
      tender.kind === 'cash'
        ? row(words.cash, money(tender.givenMinor))
        : row([words.card(tender.provider), tender.reference].filter(Boolean).join(' '), money(tender.amountMinor)),
    ),
    ...(changeMinor === 0 ? [] : [row(words.change, money(changeMinor))]),
    ...(order.roundingMinor === 0 ? [] : [row(words.rounding, money(order.roundingMinor))]),
  ];
}

type TextBlock = Extract<ReceiptBlock, { kind: 'text' }>;
type RowBlock = Extract<ReceiptBlock, { kind: 'row' }>;

export function text(content: string, style: Partial<Omit<TextBlock, 'kind' | 'text'>> = {}): TextBlock {
  return { kind: 'text', text: content, align: 'centre', size: 'normal', bold: false, ...style };
}

export function row(
  left: string,
  right: string,
  style: Partial<Omit<RowBlock, 'kind' | 'left' | 'right'>> = {},
): RowBlock {
  return { kind: 'row', left, right, size: 'normal', bold: false, indent: 0, ...style };
}
