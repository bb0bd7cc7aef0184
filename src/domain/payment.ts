import type { PricedCart } from './cart';
import type { Context } from './context';
import { currency, MAX_MINOR, roundCash, type Currency, type Minor } from './money';
import { refuse, type Verdict } from './refusal';
import { ok } from './result';
import type { Stall } from './stall';
import { plainText } from './text';

/**
 * The state of one tender.
 * - `pending`: the card machine has been asked, nobody has said how it ended
 * - `approved`: the money was taken
 * - `declined`: it was not
 * - `unknown`: somebody looked and could not tell. Money may have moved: no other tender may be started and the cart
 *   may not be cleared until a person settles it.
 */
export type TenderState = 'pending' | 'approved' | 'declined' | 'unknown';

export interface CashTender {
  readonly kind: 'cash';
  readonly tenderId: string;
  readonly state: 'approved';
  /** What this tender pays of the order, after cash rounding. */
  readonly amountMinor: Minor;
  /** What was handed over. */
  readonly givenMinor: Minor;
  readonly changeMinor: Minor;
  readonly at: string;
}

/** A card payment taken on a machine of its own; the till never sees card data. */
export interface CardTender {
  readonly kind: 'card';
  readonly tenderId: string;
  readonly state: TenderState;
  readonly amountMinor: Minor;
  /** For instance `SumUp`. */
  readonly provider: string;
  /** The provider's slip or transaction number, or empty. */
  readonly reference: string;
  /** UTC instant the card machine was asked. */
  readonly at: string;
}

export type Tender = CashTender | CardTender;

/** The paying half of a sale, opened when the cashier taps Pay. The cart cannot change while it is open. */
export interface Payment {
  readonly paymentId: string;
  /** The cart's total when payment was opened. */
  readonly dueMinor: Minor;
  readonly tenders: readonly Tender[];
}

/** A payment with its sums. `leftMinor` is what is still to pay, `leftCashMinor` the same if paid in cash. */
export interface PaymentView extends Payment {
  readonly paidMinor: Minor;
  readonly leftMinor: Minor;
  readonly leftCashMinor: Minor;
  /** Quick-tender keys for what is left, ascending, the first exact. */
  readonly quickTendersMinor: readonly Minor[];
  /** True while a pending or unknown tender stops every other. */
  readonly locked: boolean;
}

/**
 * Cash this many times what is left is a slip of the finger (two zeros too many), unless it is little enough to be one
 * note: currencies of small units have notes a hundred times the price of a tea.
 */
const UNLIKELY_FACTOR = 100;
const LIKELY_MINOR: Minor = 100_000;

/** Tenders of one payment: splits are few, and a card machine that declines for ever is broken. */
export const MAX_TENDERS = 50;

type PaymentProblem =
  'empty-cart' | 'bad-tender' | 'amount-unlikely' | 'payment-locked' | 'unknown-tender' | 'tender-final';

/** Opens the payment of a cart. */
export function openPayment(cart: PricedCart, context: Context): Verdict<Payment, PaymentProblem> {
  if (cart.lines.length === 0) return refuse('empty-cart');
  return ok({ paymentId: context.newId(), dueMinor: cart.totalMinor, tenders: [] });
}

/**
 * Takes cash. Enough pays what is left, rounded to what coins can pay, and gives change; less is a part payment of
 * exactly what was handed over.
 * Errors: `bad-tender` when there is nothing to pay or no coins make up the amount, `amount-unlikely`, `payment-locked`.
 */
export function payCash(
  payment: Payment,
  { givenMinor }: { readonly givenMinor: Minor },
  of: Currency,
  context: Context,
): Verdict<Payment, PaymentProblem> {
  const refused = refuseNew(payment);
  if (refused) return refused;
  if (!Number.isSafeInteger(givenMinor) || givenMinor < 1) return refuse('bad-tender', { reason: 'given-missing' });
  if (isPaid(payment, of)) return refuse('bad-tender', { reason: 'nothing-due' });
  if (givenMinor % of.cashStepMinor !== 0) {
    return refuse('bad-tender', { reason: 'no-such-coins', given: givenMinor, smallest: of.cashStepMinor });
  }
  const leftMinor = leftInCash(payment, of);
  if (givenMinor > Math.min(Math.max(leftMinor * UNLIKELY_FACTOR, LIKELY_MINOR), MAX_MINOR)) {
    return refuse('amount-unlikely', { reason: 'given-unlikely', given: givenMinor, due: leftMinor });
  }
  const amountMinor = Math.min(givenMinor, leftMinor);
  return ok(
    withTender(payment, {
      kind: 'cash',
      tenderId: context.newId(),
      state: 'approved',
      amountMinor,
      givenMinor,
      changeMinor: givenMinor - amountMinor,
      at: context.now,
    }),
  );
}

/** A card machine is about to be asked for an amount of what is left. */
export function startCard(
  payment: Payment,
  given: { readonly amountMinor: Minor; readonly provider: string; readonly tenderId?: string },
  context: Context,
): Verdict<Payment, PaymentProblem> {
  const refused = refuseNew(payment);
  if (refused) return refused;
  const { amountMinor, provider, tenderId = context.newId() } = given;
  const leftMinor = leftToPay(payment);
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 1 || amountMinor > leftMinor) {
    return refuse('bad-tender', { reason: 'card-too-much', left: leftMinor });
  }
  return ok(
    withTender(payment, {
      kind: 'card',
      tenderId,
      state: 'pending',
      amountMinor,
      provider: plainText(provider),
      reference: '',
      at: context.now,
    }),
  );
}

/**
 * How a card tender ended. `approved` and `declined` are final; `unknown` may still become either. Saying the same
 * again changes nothing and gives back the same payment.
 */
export function settleCard(
  payment: Payment,
  given: {
    readonly tenderId: string;
    readonly outcome: 'approved' | 'declined' | 'unknown';
    readonly reference: string;
  },
): Verdict<Payment, PaymentProblem> {
  const tender = payment.tenders.find(({ tenderId }) => tenderId === given.tenderId);
  if (tender?.kind !== 'card') return refuse('unknown-tender');
  if (tender.state === given.outcome) return ok(payment);
  if (tender.state === 'approved' || tender.state === 'declined') {
    return refuse('tender-final');
  }
  const reference = plainText(given.reference) || tender.reference;
  const settled: CardTender = { ...tender, state: given.outcome, reference };
  return ok({ ...payment, tenders: payment.tenders.map((other) => (other === tender ? settled : other)) });
}

/** Hands cash back that was taken as a part payment. */
export function removeCash(
  payment: Payment,
  { tenderId }: { readonly tenderId: string },
): Verdict<Payment, PaymentProblem> {
  const tenders = payment.tenders.filter((tender) => tender.kind !== 'cash' || tender.tenderId !== tenderId);
  if (tenders.length === payment.tenders.length) return refuse('unknown-tender');
  return ok({ ...payment, tenders });
}

/** Whether the payment can be closed without a sale: no money was taken, and none may have been. */
export function canCancel({ tenders }: Payment): boolean {
  return tenders.every(({ state }) => state === 'declined');
}

/** Whether tenders cover what is due, the last cash tender having been rounded to coins. */
export function isPaid(payment: Payment, of: Currency): boolean {
  return (
    !isLocked(payment) && (leftToPay(payment) <= 0 || (endsInCash(payment) && roundCash(leftToPay(payment), of) <= 0))
  );
}

/** What was handed back: the change of all cash tenders. */
export function changeOf({ tenders }: Pick<Payment, 'tenders'>): Minor {
  return tenders.reduce((total, tender) => total + (tender.kind === 'cash' ? tender.changeMinor : 0), 0);
}

/** The payment with the sums that screens show. */
export function viewPayment(payment: Payment, stall: Pick<Stall, 'currency' | 'denominations'>): PaymentView {
  const of = currency(stall.currency);
  const leftCashMinor = leftInCash(payment, of);
  return {
    ...payment,
    paidMinor: paidSoFar(payment),
    leftMinor: leftToPay(payment),
    leftCashMinor,
    quickTendersMinor: leftCashMinor > 0 ? quickTendersMinor(leftCashMinor, stall.denominations, of) : [],
    locked: isLocked(payment),
  };
}

/** How many quick-tender keys there are at most, the exact one included. */
const QUICK_TENDERS = 4;

/**
 * Amounts a shopper is likely to hand over, ascending: the exact one, then up to three round figures above it.
 *
 * A round figure is the next multiple of a coin or note, of at least one whole unit of the currency and at least a
 * fiftieth of the amount, for nobody rounds £35.42 up to £35.45 or £850 to £851. Ones and fives of any size give the
 * figures people say (36, 40, 45). The others, twos and twenties, count when one or two of them are enough: people pay
 * £35 with two twenties, but not £7 with four £2 coins. So £35.42 gives 35.42, 36, 40, 50; £7 gives 7, 10, 20, 50;
 * £18.20 gives 18.20, 19, 20, 50. Beyond the notes there may be fewer than three: £50 is paid with a fifty.
 */
export function quickTendersMinor(leftMinor: Minor, denominations: readonly Minor[], of: Currency): Minor[] {
  const exact = roundCash(leftMinor, of);
  const isLikely = (denomination: Minor): boolean =>
    denomination >= Math.max(10 ** of.digits, exact / 50) &&
    (/^[15]/.test(String(denomination)) || denomination * 2 >= exact);
  const rounded = denominations
    .filter(isLikely)
    .map((denomination) => Math.ceil(exact / denomination) * denomination)
    .sort((a, b) => a - b);
  return [...new Set([exact, ...rounded])].slice(0, QUICK_TENDERS);
}

/** Notes and coins to hand back, largest first. What no coin can pay is left out. */
export function changeCoins(
  changeMinor: Minor,
  denominations: readonly Minor[],
): { readonly denominationMinor: Minor; readonly count: number }[] {
  let left = changeMinor;
  return [...denominations]
    .sort((a, b) => b - a)
    .flatMap((denominationMinor) => {
      const count = Math.floor(left / denominationMinor);
      left -= count * denominationMinor;
      return count > 0 ? [{ denominationMinor, count }] : [];
    });
}

function paidSoFar({ tenders }: Payment): Minor {
  return tenders.reduce((total, { state, amountMinor }) => total + (state === 'approved' ? amountMinor : 0), 0);
}

/** What is still to pay, in minor units, before cash is rounded. */
export function leftToPay(payment: Payment): Minor {
  return payment.dueMinor - paidSoFar(payment);
}

/** What is left if cash pays it all. Never nothing while something is left: then the smallest coin is asked. */
function leftInCash(payment: Payment, of: Currency): Minor {
  const leftMinor = leftToPay(payment);
  return leftMinor > 0 ? Math.max(roundCash(leftMinor, of), of.cashStepMinor) : 0;
}

function endsInCash({ tenders }: Payment): boolean {
  return tenders.filter(({ state }) => state === 'approved').at(-1)?.kind === 'cash';
}

function isLocked({ tenders }: Payment): boolean {
  return tenders.some(({ state }) => state === 'pending' || state === 'unknown');
}

function refuseNew(payment: Payment) {
  if (isLocked(payment)) return refuse('payment-locked' as const);
  if (payment.tenders.length >= MAX_TENDERS) {
    return refuse('bad-tender' as const, { reason: 'tenders-at-most', most: MAX_TENDERS });
  }
  return null;
}

function withTender(payment: Payment, tender: Tender): Payment {
  return { ...payment, tenders: [...payment.tenders, tender] };
}
