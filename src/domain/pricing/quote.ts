import { emptyCart, grossOf, priceCart, type PricedCart } from '../cart';
import type { Item, Quantity, Variant } from '../catalogue';
import type { Minor } from '../money';
import type { Stall } from '../stall';
import { isAbout, rulesAbout } from './book';
import { addPriced, leftBeside, pricesFor, repriceCart, type CartWorld } from './cart-prices';
import { NO_CAPS } from './price';
import type { LineOffer } from './trace';

/** So much of one variant: pieces, or grams. */
export interface WantedGoods {
  readonly item: Item;
  readonly variant: Variant;
  readonly quantity: Quantity;
}

/** What so much of one variant comes to, and what that saves against as much at the price of one. */
export interface PriceStep {
  readonly quantity: Quantity;
  /** Before tax where prices do not include it, as prices are shown. */
  readonly totalMinor: Minor;
  readonly savedMinor: Minor;
  /** What takes it off. */
  readonly offers: readonly LineOffer[];
}

type QuoteStall = Pick<Stall, 'taxRates' | 'taxIncluded'>;

/** More quantities than anybody compares. */
const MOST_STEPS = 6;

/**
 * The sale that anybody would be charged for these goods alone, made as the till makes it.
 * @returns null when they cannot be sold without asking somebody
 */
export function quote(goods: readonly WantedGoods[], world: CartWorld, stall: QuoteStall): PricedCart | null {
  let cart = emptyCart('quote');
  let lineCount = 0;
  const context = { now: '', newId: () => `line ${(lineCount += 1)}` };
  for (const { item, variant, quantity } of goods) {
    const subject = world.subjectOf(variant.variantId);
    if (subject === null) return null;
    const left = leftBeside(world.left ?? NO_CAPS, cart);
    const parts = pricesFor(world.book, subject, 'everyone', { left, pricing: variant.pricing, quantity });
    if (parts.some(({ price }) => price.mustAsk)) return null;
    const added = addPriced(cart, { stall, item, variant }, parts, context);
    if (!added.ok) return null;
    cart = added.value.cart;
  }
  return priceCart(repriceCart(cart, world), stall);
}

/** What the goods of a quote come to, before tax where prices do not include it. */
export function goodsTotal({ lines }: PricedCart): Minor {
  return lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** What offers take off the goods of a quote, line by line. */
export function offersIn({ lines }: PricedCart): LineOffer[] {
  return lines.flatMap(({ offers }) => offers ?? []);
}

/**
 * From how many of a variant on each costs less, by the offers that need nothing else: one piece first, then every quantity at
 * which an offer begins, as far as it makes each cheaper than the quantity before.
 * @param left what there is to buy; null where nobody counts
 * @returns none where more of it costs no less
 */
export function priceSteps(
  { item, variant }: Omit<WantedGoods, 'quantity'>,
  world: CartWorld,
  { stall, left }: { readonly stall: QuoteStall; readonly left: Quantity | null },
): PriceStep[] {
  const subject = world.subjectOf(variant.variantId);
  if (subject === null) return [];
  const { pricing } = variant;
  const begins = new Set<Quantity>();
  for (const { effect } of rulesAbout(world.book.offers, subject)) {
    if (effect.kind === 'tiers') {
      if (effect.unit === pricing) effect.tiers.forEach(({ fromQuantity }) => begins.add(fromQuantity));
    } else if (pricing === 'each' && effect.parts.every(({ what }) => isAbout(what, subject))) {
      begins.add(effect.parts.reduce((sum, { quantity }) => sum + quantity, 0));
    }
  }
  if (begins.size === 0) return [];
  const one = quote([{ item, variant, quantity: 1 }], world, stall);
  const unitPriceMinor = one?.lines[0]?.unitPriceMinor;
  if (one === null || unitPriceMinor === undefined) return [];
  const steps: PriceStep[] = [];
  for (const quantity of [...begins].sort((a, b) => a - b)) {
    if (steps.length === MOST_STEPS || (left !== null && quantity > left)) break;
    const quoted = quote([{ item, variant, quantity }], world, stall);
    if (quoted === null) break;
    const totalMinor = goodsTotal(quoted);
    const savedMinor = grossOf({ labelAmountMinor: null, pricing, unitPriceMinor, quantity }) - totalMinor;
    const before = steps.at(-1);
    const isCheaper = before === undefined || totalMinor * before.quantity < before.totalMinor * quantity;
    if (savedMinor <= 0 || !isCheaper) continue;
    steps.push({ quantity, totalMinor, savedMinor, offers: offersIn(quoted) });
  }
  // What is weighed has its price per kilogram.
  if (steps.length === 0 || pricing === 'kg') return steps;
  return [{ quantity: 1, totalMinor: goodsTotal(one), savedMinor: 0, offers: [] }, ...steps];
}
