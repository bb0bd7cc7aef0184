import type { Discount, PricedLine } from './cart';
import type { Order } from './order';
import type { LineOffer, PriceTrace, TraceStep } from './pricing/trace';
import {
  heading,
  row,
  text,
  writersFor,
  type ReceiptBlock,
  type ReceiptContext,
  type ReceiptDocument,
} from './receipt';

/** What a slip is about. */
export interface PricedSale {
  readonly lines: readonly PricedLine[];
  /** Null while it is not paid. */
  readonly order: Pick<Order, 'number' | 'placedAt'> | null;
  /** On the whole sale. */
  readonly discount: Discount | null;
}

interface SlipContext extends ReceiptContext {
  /** UTC instant of the print. */
  readonly at: string;
}

/** The arm that a test compares the others with is the first: people count from one. */
const FIRST_ARM = 1;

/**
 * Why things cost what they cost, for somebody who disputes it: every step from the price in the catalogue or of a feed to what is
 * charged, with the ids and versions under which the journal has it. It is no receipt, so it is marked COPY.
 */
export function priceSlipDocument(sale: PricedSale, context: SlipContext): ReceiptDocument {
  const { stall, words, at } = context;
  const { moment } = writersFor(stall);
  const { order } = sale;
  const blocks: ReceiptBlock[] = [
    ...heading(stall),
    { kind: 'rule' },
    text(words.copy, { size: 'double', bold: true }),
    text(words.prices.title, { bold: true }),
    text(words.prices.printed(moment(at))),
    { kind: 'rule' },
    row(order === null ? words.prices.unpaid : words.number(order.number), ''),
    ...(order === null ? [] : [row(moment(order.placedAt), '')]),
    ...sale.lines.flatMap((line) => [{ kind: 'rule' } as const, ...lineBlocks(line, sale, context)]),
    { kind: 'cut' },
  ];
  return { kind: 'prices', language: words.language, blocks };
}

function lineBlocks(line: PricedLine, { order, discount }: PricedSale, context: SlipContext): ReceiptBlock[] {
  const { stall, words, at } = context;
  const { amount, kilograms, percent } = writersFor(stall);
  const { pricing, quantity, unitPriceMinor, labelAmountMinor, priceSource, trace, grossMinor, offers = [] } = line;
  const name = line.name || words.typedPrice;
  const source =
    labelAmountMinor !== null
      ? words.pricedLabel
      : pricing === 'kg'
        ? words.weighed(kilograms(quantity), amount(unitPriceMinor))
        : words.unitPrice(amount(unitPriceMinor));
  const off = (why: string, takenOffMinor: number): ReceiptBlock[] =>
    takenOffMinor === 0 ? [] : [step(why, amount(-takenOffMinor))];
  const reasonOf = (given: Discount | null): string =>
    given === null
      ? ''
      : given.kind === 'percent'
        ? words.discountPercent(percent(given.basisPoints), given.reason)
        : words.discountAmount(amount(given.amountMinor), given.reason);
  return [
    text(pricing === 'kg' ? name : `${quantity} x ${name}`, { align: 'left', bold: true }),
    ...(trace ? traceBlocks(trace, order?.placedAt ?? at, context) : []),
    ...(trace || priceSource !== 'catalogue' || labelAmountMinor !== null
      ? []
      : [step(words.prices.catalogue, amount(unitPriceMinor))]),
    ...(priceSource === 'typed' ? [step(words.typedPrice, amount(unitPriceMinor))] : []),
    row(source, amount(grossMinor)),
    ...offers.flatMap((offer) => [step(words.prices.offer(offer.name), amount(-offer.amountMinor)), idOf(offer)]),
    ...off(reasonOf(line.discount), line.lineDiscountMinor),
    ...off([words.prices.ofSale, reasonOf(discount)].filter(Boolean).join(': '), line.cartDiscountMinor),
    ...(line.note === '' ? [] : [step(words.note(line.note), '')]),
    row(words.prices.charged, amount(line.amountMinor), { bold: true }),
  ];
}

/** The steps of a price of one piece or kilogram. */
function traceBlocks({ base, steps, spent }: PriceTrace, pricedAt: string, context: SlipContext): ReceiptBlock[] {
  const { stall, words } = context;
  const { amount, age, moment } = writersFor(stall);
  const { observedAt } = base;
  const from =
    observedAt === null
      ? [step(words.prices.catalogue, amount(base.priceMinor))]
      : [
          step(words.prices.feed(base.feed ?? ''), amount(base.priceMinor)),
          detail(moment(observedAt)),
          detail(words.prices.age(age(Date.parse(pricedAt) - Date.parse(observedAt)), base.freshness)),
        ];
  return [
    ...from,
    ...steps.flatMap((one) => stepBlocks(one, context)),
    ...(spent ? [step(words.prices.spent(spent.name), ''), detail(spent.ruleId)] : []),
  ];
}

function stepBlocks(one: TraceStep, context: SlipContext): ReceiptBlock[] {
  const { stall, words } = context;
  const { amount, percent, time } = writersFor(stall);
  const after = amount(one.afterMinor);
  switch (one.kind) {
    case 'rule': {
      const arm = one.arm === undefined ? [] : [detail(words.prices.arm(String(Number(one.arm) + FIRST_ARM)))];
      return [step(words.prices[one.origin](one.name), after), ...arm, idOf(one)];
    }
    case 'fallback':
      return [step(words.prices.fallback(one.rung), after)];
    case 'cap':
      return [step(words.prices.cap(percent(one.capBasisPoints)), after)];
    case 'floor':
      return [step(words.prices.floor, after)];
    case 'grace':
      return [step(words.prices.grace(time(one.until)), after)];
  }
}

function idOf({ ruleId, version }: Pick<LineOffer, 'ruleId' | 'version'>): ReceiptBlock {
  // As the price log names it.
  return detail(`${ruleId}@${version}`);
}

function step(left: string, right: string): ReceiptBlock {
  return row(left, right, { indent: 2 });
}

function detail(words: string): ReceiptBlock {
  return row(words, '', { indent: 4 });
}
