/**
 * Holds what people saw, and what came out of the printer, against the exported journal. It computes every sum itself
 * and believes nothing the till says of itself.
 */
import { formatMoney } from '../src/domain/money';
import type { Order } from '../src/domain/order';
import type { Entry, EntryKind } from '../src/journal/kinds';
import type { VerifyReport } from '../src/journal/verify';

/** A sale whose end the cashier saw on the screen. */
export interface ConfirmedSale {
  readonly number: string;
  /** What the Pay key said, in minor units. */
  readonly totalMinor: number;
}

/** One piece of paper out of the printer, from one cut to the next. */
export interface Paper {
  /** `0007`: its files are `0007.txt` and `0007.png`. */
  readonly name: string;
  readonly text: string;
  /** False when it was torn off before the cut. */
  readonly isCut: boolean;
}

/** Everything known from outside the till about the morning. */
export interface Witness {
  /** The exported journal, in its order. */
  readonly entries: readonly Entry[];
  /** What `trestle journal verify` found. */
  readonly verify: VerifyReport;
  readonly confirmed: readonly ConfirmedSale[];
  readonly papers: readonly Paper[];
  /** How often the drawer's solenoid was fired. */
  readonly pulses: number;
  /** Counted less expected when the shift was closed, as planned, in minor units. */
  readonly plannedDifferenceMinor: number;
}

/** One question put to the witness. */
export interface Check {
  readonly id: string;
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'M6' | 'M8' | 'M9' | 'M10';
  readonly title: string;
  /** What was looked at, in a few words with its figures. */
  readonly looked: string;
  /** What is wrong; empty when it holds. */
  readonly wrong: readonly string[];
}

/** A receipt as read off its paper. */
export interface ReadReceipt {
  readonly paper: Paper;
  readonly number: string;
  readonly total: string;
  /** 0 for the receipt itself, else which copy. */
  readonly copy: number;
}

const STALL = { currency: 'GBP', locale: 'en-GB' } as const;
const money = (amountMinor: number): string => formatMoney(amountMinor, STALL);
const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

/** Reads a paper as a receipt; null when it is none, or not whole enough to be one. */
export function readReceipt(paper: Paper): ReadReceipt | null {
  const number = /^No\. (\S+)/m.exec(paper.text)?.[1];
  const total = /^TOTAL\s+(\S+)$/m.exec(paper.text)?.[1];
  if (!paper.isCut || number === undefined || total === undefined) return null;
  return { paper, number, total, copy: Number(/^\s*Copy (\d+), printed/m.exec(paper.text)?.[1] ?? 0) };
}

/** Reads a paper as the report of a closed shift; null when it is none. */
export function readShiftReport(paper: Paper): ReadonlyMap<string, string> | null {
  if (!paper.isCut || !/^\s*SHIFT REPORT$/m.test(paper.text)) return null;
  const rows = [...paper.text.matchAll(/^(\S.*?)\s{2,}(\S+)$/gm)];
  return new Map(rows.map(([, left = '', right = '']) => [left, right]));
}

/** The bodies of all entries of a kind, in the journal's order. */
export function bodiesOf<K extends EntryKind>(entries: readonly Entry[], kind: K): Entry<K>['body'][] {
  return entries.filter((entry): entry is Entry<K> => entry.kind === kind).map(({ body }) => body);
}

/** The orders of a journal. */
export function ordersOf(entries: readonly Entry[]): Order[] {
  return bodiesOf(entries, 'order.placed').map(({ order }) => order);
}

/** Asks everything. */
export function examine(witness: Witness): Check[] {
  return [
    confirmedSales(witness),
    printedReceipts(witness),
    noSaleTwice(witness),
    receiptsOnce(witness),
    cardsOnce(witness),
    chain(witness),
    verified(witness),
    ordersAddUp(witness),
    shiftAddsUp(witness),
    reportAgrees(witness),
    drawer(witness),
  ];
}

function confirmedSales({ entries, confirmed }: Witness): Check {
  const orders = new Map(ordersOf(entries).map((order) => [order.number, order]));
  return {
    id: 'confirmed',
    invariant: 'I1',
    title: 'Every sale the till confirmed is in the journal, at the price that was shown',
    looked: `${confirmed.length} sales confirmed on the screen`,
    wrong: confirmed.flatMap(({ number, totalMinor }) => {
      const order = orders.get(number);
      if (!order) return [`${number} was confirmed, but the journal has no such order`];
      if (order.totalMinor === totalMinor) return [];
      return [`${number} was shown as ${money(totalMinor)}, but recorded as ${money(order.totalMinor)}`];
    }),
  };
}

function printedReceipts({ entries, papers }: Witness): Check {
  const orders = new Map(ordersOf(entries).map((order) => [order.number, order]));
  const receipts = papers.flatMap((paper) => readReceipt(paper) ?? []);
  return {
    id: 'printed',
    invariant: 'I1',
    title: 'Every receipt that left the printer whole belongs to an order of the journal',
    looked: `${receipts.length} receipts and copies read off ${papers.length} papers`,
    wrong: receipts.flatMap(({ number, total, paper }) => {
      const order = orders.get(number);
      if (!order) return [`Paper ${paper.name} is the receipt of ${number}, which the journal does not have`];
      if (money(order.totalMinor) === total) return [];
      return [`Paper ${paper.name} says ${total}, the order ${number} ${money(order.totalMinor)}`];
    }),
  };
}

function noSaleTwice({ entries, confirmed }: Witness): Check {
  const orders = ordersOf(entries);
  const known = new Set(confirmed.map(({ number }) => number));
  const repeated = (of: string, values: readonly string[]): string[] =>
    values.filter((value, index) => values.indexOf(value) !== index).map((value) => `${of} ${value} comes twice`);
  return {
    id: 'twice',
    invariant: 'I1',
    title: 'No sale happened twice, and none that nobody saw',
    looked: `${orders.length} orders, their numbers, carts and payments`,
    wrong: [
      ...repeated(
        'The number',
        orders.map(({ number }) => number),
      ),
      ...repeated(
        'The order',
        orders.map(({ orderId }) => orderId),
      ),
      ...repeated(
        'The cart',
        orders.map(({ cartId }) => cartId),
      ),
      ...repeated(
        'The payment',
        orders.flatMap(({ tenders }) => tenders.map(({ tenderId }) => tenderId)),
      ),
      ...orders.flatMap(({ number }, index) => {
        const expected = `T1-${String(index + 1).padStart(4, '0')}`;
        return number === expected ? [] : [`The order after ${index} others has the number ${number}`];
      }),
      ...orders.flatMap(({ number }) => (known.has(number) ? [] : [`${number} was placed, but nobody saw it end`])),
    ],
  };
}

function receiptsOnce({ entries, papers }: Witness): Check {
  const receipts = papers.flatMap((paper) => readReceipt(paper) ?? []);
  const orders = ordersOf(entries);
  const copies = bodiesOf(entries, 'receipt.copied');
  const of = (orderId: string): string => orders.find((order) => order.orderId === orderId)?.number ?? orderId;
  return {
    id: 'receipts',
    invariant: 'I1',
    title: 'Every order has a paper, and no receipt came out twice without saying COPY',
    looked: `${receipts.filter(({ copy }) => copy === 0).length} receipts, ${copies.length} copies`,
    wrong: [
      ...orders.flatMap(({ number }) => {
        const papersOfIt = receipts.filter((receipt) => receipt.number === number);
        const originals = papersOfIt.filter(({ copy }) => copy === 0);
        if (originals.length > 1) return [`${number} was printed ${originals.length} times without the word COPY`];
        return papersOfIt.length === 0 ? [`${number} has no receipt and no copy`] : [];
      }),
      ...copies.flatMap(({ orderId, copy }) => {
        const printed = receipts.filter((receipt) => receipt.number === of(orderId) && receipt.copy === copy);
        return printed.length === 1 ? [] : [`Copy ${copy} of ${of(orderId)} was printed ${printed.length} times`];
      }),
      ...receipts.flatMap(({ number, copy, paper }) => {
        const isKnown = copy === 0 || copies.some((copied) => of(copied.orderId) === number && copied.copy === copy);
        return isKnown ? [] : [`Paper ${paper.name} is copy ${copy} of ${number}, which nobody asked for`];
      }),
    ],
  };
}

function cardsOnce({ entries }: Witness): Check {
  const started = bodiesOf(entries, 'tender.started');
  const settled = bodiesOf(entries, 'tender.settled');
  const paid = ordersOf(entries).flatMap(({ tenders }) => tenders);
  const approved = started.filter(({ tenderId }) =>
    settled.some((one) => one.tenderId === tenderId && one.outcome === 'approved'),
  );
  return {
    id: 'cards',
    invariant: 'I1',
    title: 'Every card payment ended one way, and each that was taken paid for one order',
    looked: `${started.length} card payments begun, ${approved.length} taken`,
    wrong: started.flatMap(({ tenderId, amountMinor, provider }) => {
      const ends = settled.filter((one) => one.tenderId === tenderId && one.outcome !== 'unknown');
      const what = `${money(amountMinor)} by ${provider}`;
      if (ends.length !== 1) return [`${what} ended ${ends.length} times`];
      if (ends[0]?.outcome === 'declined') return [];
      const orders = paid.filter((tender) => tender.tenderId === tenderId && tender.state === 'approved');
      const fits = orders.length === 1 && orders[0]?.amountMinor === amountMinor;
      return fits ? [] : [`${what} was taken, but pays for ${orders.length} orders`];
    }),
  };
}

function chain({ entries }: Witness): Check {
  const devices = [...new Set(entries.map(({ device }) => device))];
  return {
    id: 'chain',
    invariant: 'I3',
    title: 'The exported journal has no gap, and each entry carries the hash of the one before',
    looked: `${entries.length} entries of ${devices.length} device${devices.length === 1 ? '' : 's'}`,
    wrong: devices.flatMap((device) => {
      const own = entries.filter((entry) => entry.device === device);
      return own.flatMap(({ seq, prev }, index) => [
        ...(seq === index + 1 ? [] : [`Entry ${seq} stands where ${index + 1} belongs`]),
        ...(index === 0 || prev === own[index - 1]?.hash ? [] : [`Entry ${seq} does not follow from the one before`]),
      ]);
    }),
  };
}

function verified({ entries, verify }: Witness): Check {
  const closedAt = entries.findLast(({ kind }) => kind === 'shift.closed')?.seq ?? Infinity;
  return {
    id: 'verify',
    invariant: 'I3',
    title: 'trestle journal verify: hashes, signed head, and a replay that equals the living till',
    looked: `${verify.entryCount} entries and ${verify.orderCount} orders, signed up to ${verify.devices
      .map(({ signedSeq }) => signedSeq ?? 'nothing')
      .join(', ')}`,
    wrong: [
      ...verify.findings.map(({ code, detail }) => `${code}: ${detail}`),
      ...(verify.entryCount === entries.length
        ? []
        : [`It saw ${verify.entryCount} entries, the export has ${entries.length}`]),
      ...verify.devices.flatMap(({ signedSeq }) =>
        signedSeq !== null && signedSeq >= closedAt ? [] : ['The close of the shift is not signed'],
      ),
    ],
  };
}

function ordersAddUp({ entries }: Witness): Check {
  const orders = ordersOf(entries);
  return {
    id: 'orders',
    invariant: 'I4',
    title: 'In every order, what the lines cost is what the tenders paid, less rounding',
    looked: `${sum(orders.map(({ lines }) => lines.length))} lines, ${sum(orders.map(({ tenders }) => tenders.length))} tenders`,
    wrong: orders.flatMap(({ number, lines, tenders, roundingMinor, totalMinor }) => {
      const linesMinor = sum(lines.map(({ amountMinor }) => amountMinor));
      const taken = tenders.filter(({ state }) => state === 'approved');
      const paidMinor = sum(taken.map(({ amountMinor }) => amountMinor));
      const keptMinor = sum(
        taken.map((tender) => (tender.kind === 'cash' ? tender.givenMinor - tender.changeMinor : tender.amountMinor)),
      );
      return [
        ...(linesMinor === paidMinor - roundingMinor
          ? []
          : [`${number}: lines ${money(linesMinor)}, tenders ${money(paidMinor)}, rounding ${money(roundingMinor)}`]),
        ...(linesMinor === totalMinor ? [] : [`${number}: lines ${money(linesMinor)}, total ${money(totalMinor)}`]),
        ...(keptMinor === paidMinor ? [] : [`${number}: kept ${money(keptMinor)} of ${money(paidMinor)}`]),
      ];
    }),
  };
}

/** The totals of the morning, summed over the orders of the journal. */
export function totalsOf(orders: readonly Order[]): {
  readonly orderCount: number;
  readonly salesMinor: number;
  readonly taxMinor: number;
  readonly savedMinor: number;
  readonly cashMinor: number;
  readonly cardMinor: number;
} {
  const taken = (kind: 'cash' | 'card'): number =>
    sum(
      orders.flatMap(({ tenders }) =>
        tenders.filter((tender) => tender.kind === kind && tender.state === 'approved').map((one) => one.amountMinor),
      ),
    );
  return {
    orderCount: orders.length,
    salesMinor: sum(orders.map(({ totalMinor }) => totalMinor)),
    taxMinor: sum(orders.map(({ taxMinor }) => taxMinor)),
    savedMinor: sum(orders.map(({ savedMinor }) => savedMinor)),
    cashMinor: taken('cash'),
    cardMinor: taken('card'),
  };
}

function shiftAddsUp({ entries, plannedDifferenceMinor }: Witness): Check {
  const [opened] = bodiesOf(entries, 'shift.opened');
  const closes = bodiesOf(entries, 'shift.closed');
  const orders = ordersOf(entries);
  const expected = totalsOf(orders);
  const floatMinor = opened?.shift.floatMinor ?? 0;
  const [close] = closes;
  return {
    id: 'shift',
    invariant: 'I4',
    title: 'The totals of the shift are the sums over its orders, and the drawer is short by what was taken out',
    looked: `${expected.orderCount} orders, ${money(expected.salesMinor)}`,
    wrong: [
      ...(closes.length === 1 ? [] : [`The shift was closed ${closes.length} times`]),
      ...orders.flatMap(({ number, shiftId }) =>
        shiftId === opened?.shift.shiftId ? [] : [`${number} is of no shift`],
      ),
      ...Object.entries(expected).flatMap(([name, value]) => {
        const said = close?.close.totals[name as keyof typeof expected];
        return said === value ? [] : [`${name}: the shift says ${said}, its orders ${value}`];
      }),
      ...(close?.close.expectedMinor === floatMinor + expected.cashMinor
        ? []
        : [`The drawer should hold ${money(floatMinor + expected.cashMinor)}`]),
      ...(close?.close.differenceMinor === plannedDifferenceMinor
        ? []
        : [`The difference should be ${money(plannedDifferenceMinor)}`]),
    ],
  };
}

function reportAgrees({ entries, papers, plannedDifferenceMinor }: Witness): Check {
  const reports = papers.flatMap((paper) => readShiftReport(paper) ?? []);
  const totals = totalsOf(ordersOf(entries));
  const floatMinor = bodiesOf(entries, 'shift.opened')[0]?.shift.floatMinor ?? 0;
  const expectedMinor = floatMinor + totals.cashMinor;
  const rows: readonly (readonly [string, string])[] = [
    ['Sales', String(totals.orderCount)],
    ['Taken', money(totals.salesMinor)],
    ['of which tax', money(totals.taxMinor)],
    ['Discounts given', money(totals.savedMinor)],
    ['Card', money(totals.cardMinor)],
    ['Cash kept', money(totals.cashMinor)],
    ['Float', money(floatMinor)],
    ['Drawer should hold', money(expectedMinor)],
    ['Drawer was counted', money(expectedMinor + plannedDifferenceMinor)],
    ['Difference', money(plannedDifferenceMinor)],
  ];
  return {
    id: 'report',
    invariant: 'I4',
    title: 'The printed shift report says the same',
    looked: `${reports.length} report, ${rows.length} figures`,
    wrong: [
      ...(reports.length === 1 ? [] : [`${reports.length} shift reports were printed`]),
      ...reports.flatMap((report) =>
        rows.flatMap(([name, value]) => {
          // Printers have no minus but the hyphen.
          const said = report.get(name)?.replace('−', '-');
          return said === value.replace('−', '-') ? [] : [`${name}: the paper says ${said}, the journal ${value}`];
        }),
      ),
    ],
  };
}

function drawer({ entries, pulses }: Witness): Check {
  const cashSales = ordersOf(entries).filter(({ tenders }) => tenders.some(({ kind }) => kind === 'cash')).length;
  const noSales = bodiesOf(entries, 'drawer.kicked').filter(({ reason }) => reason === 'no-sale').length;
  return {
    id: 'drawer',
    invariant: 'I4',
    title: 'The drawer opened once for every cash sale and every no-sale, and never else',
    looked: `${pulses} pulses, ${cashSales} cash sales, ${noSales} no-sale${noSales === 1 ? '' : 's'}`,
    wrong: pulses === cashSales + noSales ? [] : [`${pulses} pulses for ${cashSales + noSales} reasons to open it`],
  };
}
