import { addVariant, type AddedLine, type Cart, type CartLine, type CartProblem } from '../cart';
import type { Quantity } from '../catalogue';
import type { Context } from '../context';
import type { Verdict } from '../refusal';
import { ok } from '../result';
import { offersOf, versionedId, type OfferLine } from './offers';
import type { PriceBook } from './book';
import { NO_CAPS, priceOf, type PriceNow, type PriceSubject, type RulesLeft } from './price';
import type { Audience } from './rule';
import type { LineOffer, PriceTrace } from './trace';

/** What prices of a cart depend on besides the cart. */
export interface CartWorld {
  readonly book: PriceBook;
  /** UTC milliseconds. */
  readonly nowMs: number;
  /** Since when prices are what they are: grace counts from there. */
  readonly sinceMs: number;
  /** What rules with a cap have left for this cart. */
  readonly left?: RulesLeft;
  /** The goods of a line, or null when they are no longer in the catalogue. */
  subjectOf(variantId: string): PriceSubject | null;
}

/** Whether rules and feeds say what a line costs: labels, typed amounts and what was promised with a hold stand as they are. */
export function isPricedByRules(
  line: Pick<CartLine, 'variantId' | 'priceSource' | 'labelAmountMinor' | 'hold'>,
): boolean {
  const { variantId, priceSource, labelAmountMinor, hold } = line;
  return variantId !== null && priceSource === 'catalogue' && labelAmountMinor === null && hold === undefined;
}

/**
 * Brings a cart to the prices of now. A lower price holds at once. Where a price has risen, a line keeps the one it was shown
 * with until its grace is over. The same cart comes back when nothing changed.
 * @param before the cart as it was shown last: offers it had that ended since stay through their grace
 */
export function repriceCart(cart: Cart, world: CartWorld, before: Cart = cart): Cart {
  const audience = cart.audience ?? 'everyone';
  const offerLines: OfferLine[] = [];
  const had = new Set(before.lines.flatMap(({ offers }) => offers ?? []).map(versionedId));
  const left = new Map(world.left ?? NO_CAPS);
  const priced = cart.lines.map((line): CartLine => {
    const subject = line.variantId === null || !isPricedByRules(line) ? null : world.subjectOf(line.variantId);
    if (subject === null) return line;
    const pieces = piecesOf(line);
    const now = priceOf(world.book, subject, audience, { left, quantity: pieces });
    const isSpent = rulesOf(line.trace).some((ruleId) => (left.get(ruleId) ?? pieces) < pieces);
    const changed = priceLine(line, now, world, isSpent);
    for (const ruleId of rulesOf(changed.trace)) {
      const before = left.get(ruleId);
      if (before !== undefined) left.set(ruleId, before - pieces);
    }
    offerLines.push({
      lineId: line.lineId,
      subject,
      pricing: line.pricing,
      quantity: line.quantity,
      unitPriceMinor: changed.unitPriceMinor,
      floorMinor: now.floorMinor,
      isReduced: changed.wasMinor !== undefined,
    });
    return changed;
  });
  const { byLine } = offersOf(world.book, offerLines, { audience, had, left });
  const lines = priced.map((line, index) => {
    const given = cart.lines[index];
    const offers = byLine.get(line.lineId);
    const { offers: _offers, ...rest } = line;
    const after: CartLine = offers === undefined ? rest : { ...rest, offers };
    return given !== undefined && isSamePrice(given, after) ? given : after;
  });
  return lines.every((line, index) => line === cart.lines[index]) ? cart : { ...cart, lines };
}

/** Pieces of a line, which caps are counted in: what is weighed is one, whatever it weighs. */
export function piecesOf({ pricing, quantity }: Pick<CartLine, 'pricing' | 'quantity'>): number {
  return pricing === 'kg' ? 1 : quantity;
}

/** How many pieces of a cart are priced by each rule, but for those that were held: they count as held until they are sold. */
export function piecesByRule({ lines }: Pick<Cart, 'lines'>): Map<string, number> {
  const pieces = new Map<string, number>();
  for (const line of lines) {
    if (line.hold !== undefined) continue;
    for (const ruleId of rulesOf(line.trace)) pieces.set(ruleId, (pieces.get(ruleId) ?? 0) + piecesOf(line));
  }
  return pieces;
}

/** What a line keeps of a price: its reasons only where there is more to say than that it is the catalogue's. */
export function linePrice({
  unitPriceMinor,
  wasMinor,
  trace,
}: Pick<PriceNow, 'unitPriceMinor' | 'wasMinor' | 'trace'>): Pick<CartLine, 'unitPriceMinor' | 'wasMinor' | 'trace'> {
  const isPlain = trace.steps.length === 0 && trace.base.source === 'catalogue' && trace.spent === undefined;
  return { unitPriceMinor, ...(wasMinor !== null && { wasMinor }), ...(!isPlain && { trace }) };
}

/** @param isSpent nothing is left of what the line was priced by: there is no grace for more than there is */
function priceLine(line: CartLine, now: PriceNow, { book, nowMs, sinceMs }: CartWorld, isSpent: boolean): CartLine {
  const { wasMinor: _was, trace, ...rest } = line;
  // A price that a person has to say is never taken from a feed while the cart is open.
  if (now.mustAsk) return line;
  if (now.unitPriceMinor > line.unitPriceMinor && !isSpent) {
    const untilMs = keptUntilMs(trace) ?? sinceMs + graceOf(trace, book);
    if (nowMs < untilMs) {
      const steps: PriceTrace['steps'] = [
        ...(trace?.steps ?? []).filter(({ kind }) => kind !== 'grace'),
        {
          kind: 'grace',
          until: new Date(untilMs).toISOString(),
          beforeMinor: now.unitPriceMinor,
          afterMinor: line.unitPriceMinor,
        },
      ];
      return { ...line, trace: { base: trace?.base ?? { ...now.trace.base, priceMinor: line.unitPriceMinor }, steps } };
    }
  }
  return { ...rest, ...linePrice(now) };
}

/** When the first grace of a cart's lines ends, UTC milliseconds, or null. */
export function nextGraceEndMs({ lines }: Pick<Cart, 'lines'>): number | null {
  const ends = lines.map(({ trace }) => keptUntilMs(trace)).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

/**
 * What so much costs, in as many parts as it has prices: where a rule with a cap has fewer left than are wanted, those cost its
 * price, and the others what they cost without it.
 * @param left what rules with a cap have left beside what is in the cart already
 */
export function pricesFor(
  book: PriceBook,
  subject: PriceSubject,
  audience: Audience,
  { left, pricing, quantity }: Pick<CartLine, 'pricing' | 'quantity'> & { readonly left: RulesLeft },
): { readonly quantity: Quantity; readonly price: PriceNow }[] {
  const parts: { quantity: Quantity; price: PriceNow }[] = [];
  const still = new Map(left);
  // What is weighed is one piece, whatever it weighs.
  for (let rest = piecesOf({ pricing, quantity }); rest > 0;) {
    const price = priceOf(book, subject, audience, { left: still, quantity: 1 });
    const capped = rulesOf(price.trace).filter((ruleId) => still.has(ruleId));
    const pieces = Math.min(rest, ...capped.map((ruleId) => still.get(ruleId) ?? rest));
    for (const ruleId of capped) still.set(ruleId, (still.get(ruleId) ?? 0) - pieces);
    parts.push({ quantity: pricing === 'kg' ? quantity : pieces, price });
    rest -= pieces;
  }
  return parts;
}

/**
 * Puts a variant into a cart at its prices: on a line for each of the parts that {@link pricesFor} found.
 * @param parts one at least
 * @returns the line of the first part
 */
export function addPriced(
  cart: Cart,
  goods: Pick<Parameters<typeof addVariant>[1], 'stall' | 'item' | 'variant'>,
  parts: ReturnType<typeof pricesFor>,
  context: Context,
): Verdict<AddedLine, CartProblem> {
  const [first, ...others] = parts;
  const add = (before: Cart, part: typeof first): Verdict<AddedLine, CartProblem> =>
    addVariant(before, { ...goods, quantity: part?.quantity, price: part && linePrice(part.price) }, context);
  let added = add(cart, first);
  const lineId = added.ok ? added.value.lineId : '';
  for (const part of others) {
    if (!added.ok) return added;
    added = add(added.value.cart, part);
  }
  return added.ok ? ok({ ...added.value, lineId }) : added;
}

/** What rules with a cap have left beside what lies in a cart already. */
export function leftBeside(left: RulesLeft, cart: Pick<Cart, 'lines'>): RulesLeft {
  if (left.size === 0) return left;
  const taken = piecesByRule(cart);
  return new Map([...left].map(([ruleId, pieces]) => [ruleId, pieces - (taken.get(ruleId) ?? 0)]));
}

/** Ids of the rules that made a price. */
function rulesOf(trace: PriceTrace | undefined): string[] {
  return (trace?.steps ?? []).flatMap((step) => (step.kind === 'rule' ? [step.ruleId] : []));
}

function keptUntilMs(trace: PriceTrace | undefined): number | null {
  const step = trace?.steps.at(-1);
  return step?.kind === 'grace' ? Date.parse(step.until) : null;
}

/** The longest grace of the rules that made the shown price, or the stall's. */
function graceOf(trace: PriceTrace | undefined, book: PriceBook): number {
  const ownMs = (trace?.steps ?? []).flatMap((step) => {
    const graceMs = step.kind === 'rule' ? book.graceMs.get(step.ruleId) : undefined;
    return graceMs === undefined ? [] : [graceMs];
  });
  return ownMs.length === 0 ? book.policy.graceMs : Math.max(...ownMs);
}

function isSamePrice(before: CartLine, after: CartLine): boolean {
  return (
    before.unitPriceMinor === after.unitPriceMinor &&
    before.wasMinor === after.wasMinor &&
    isSameJson(before.trace, after.trace) &&
    isSameJson(before.offers, after.offers)
  );
}

function isSameJson(one: PriceTrace | readonly LineOffer[] | undefined, other: typeof one): boolean {
  return one === other || (one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other));
}
