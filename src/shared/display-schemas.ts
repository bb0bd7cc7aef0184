/** What a display is told. Everything here is read by people who do not work at the stall: nothing else may be added. */
import { z } from 'zod';
import { contentHash } from './clip-schemas';
import { unitCharge } from './pricing-schemas';
import { THEMES } from './theme';
import {
  backdrop,
  discount,
  id,
  instant,
  item,
  minor,
  minorSum,
  pricing,
  quantity,
  resilienceFlag,
  stall,
} from './zod';

const text = (most: number) => z.string().max(most);

/** Why something costs what it costs, as far as it is the shopper's business: no cost, no floor, no price test. */
export const shownReason = z.object({
  /** `kept`: the price went up meanwhile, and the lower one stands; `label`: it is what the label says. */
  kind: z.enum(['drop', 'rule', 'offer', 'kept', 'label']),
  /** Of drop, rule or offer; empty for the others. */
  name: text(200),
  /** When that ends, where it does within a day. */
  until: instant.optional(),
});

/** A line of the sale as its shopper reads it. */
export const shownLine = z.object({
  lineId: id,
  name: text(330),
  photo: item.shape.photo,
  backdrop,
  pricing,
  quantity,
  unitPriceMinor: minor,
  /** Before rules, offers and discounts; more than `amountMinor` where something is taken off. */
  beforeMinor: minorSum,
  amountMinor: minorSum,
  discount: discount.nullable(),
  reasons: z.array(shownReason).max(60),
});

const shownCart = z.object({
  /** In their order; of a long sale those around the last one touched. */
  lines: z.array(shownLine).max(40),
  /** How many lines stand before them. */
  earlierCount: z.int().min(0),
  /** The line that was touched last. */
  lastLineId: id.nullable(),
  itemCount: z.int(),
  savedMinor: minorSum,
  /** Added to the lines; null where prices include it. */
  taxMinor: minorSum.nullable(),
  totalMinor: minorSum,
});

/** What the till's tiles and the screens of shoppers show alike of an item. */
export const pricedItem = z.object({
  itemId: id,
  name: text(200),
  category: text(80),
  photo: item.shape.photo,
  backdrop,
  pricing,
  /** Lowest price of its variants. */
  priceMinor: minor,
  priceVaries: z.boolean(),
  /** Its price without rules, shown struck through; absent where there is nothing to show. */
  wasMinor: minor.optional(),
});

/** An item of the stall as anybody may see it. */
export const shownItem = pricedItem.extend({
  /** Nobody knows its price now: ask. */
  mustAsk: z.boolean().optional(),
  /** What can be bought here now: pieces, or grams; null where nobody counts. */
  left: z.int().nullable(),
  /** The drop it is in, and when that ends. */
  drop: z.object({ name: text(200), from: instant, until: instant, left: z.int().nullable() }).nullable(),
});

/** An offer for several pieces, as anybody may see it. */
const shownOffer = z.object({
  name: text(200),
  /** In what quantities are counted: pieces, or grams. */
  unit: pricing,
  /** In rising order. Of a bundle there is one, and it is for all of its pieces together. */
  steps: z.array(z.object({ fromQuantity: quantity, charge: unitCharge })).max(20),
  isBundle: z.boolean(),
  /** When it ends, where it does within a day. */
  until: instant.optional(),
});

export const REEL_LIMITS = {
  /** Cards a display is told of at once; half an hour passes until the last of them comes. */
  cards: 120,
} as const;

const cardWords = {
  /** Unique among the cards of now. */
  cardId: text(130),
  /** How often it comes, against one card about which nothing is known. */
  weight: z.number().positive(),
  caption: text(120),
};
/** What the code on a card leads to; null while no page is served. */
const url = z.string().max(2_000).nullable();

/** A card of the reel with what is true of its goods now. */
export const shownCard = z.discriminatedUnion('kind', [
  z.object({ ...cardWords, kind: z.literal('item'), item: shownItem, url }),
  z.object({ ...cardWords, kind: z.literal('photo'), photo: contentHash, item: shownItem.nullable(), url }),
  z.object({
    ...cardWords,
    kind: z.literal('clip'),
    /** Under which path it is played. */
    address: text(200),
    durationMs: z.int().min(1),
    poster: item.shape.photo,
    item: shownItem.nullable(),
    url,
  }),
  z.object({
    ...cardWords,
    kind: z.literal('pair'),
    item: shownItem,
    other: shownItem,
    /** The bundle of both. */
    offer: shownOffer.nullable(),
    url,
  }),
  z.object({ ...cardWords, kind: z.literal('face'), place: text(400) }),
  z.object({ ...cardWords, kind: z.literal('gallery'), url: url.unwrap() }),
]);

/** What stands on the display. */
export const displayScene = z.discriminatedUnion('mode', [
  /** Nobody sells: the stall's face. */
  z.object({ mode: z.literal('closed') }),
  /** Nobody is being served. */
  z.object({
    mode: z.literal('reel'),
    /** The label that the display's own scanner read last, for every display to look up; null before the first. */
    asked: z.object({ askId: id, code: z.string().max(8192) }).nullable(),
    /** The cards of now in their order; none where the goods are shown as a wall. */
    cards: z.array(shownCard).max(REEL_LIMITS.cards),
    /** How long something is kept for whoever scans its code; null while nothing is. */
    holdMinutes: z.int().nullable(),
  }),
  z.object({ mode: z.literal('cart'), cart: shownCart }),
  z.object({
    mode: z.literal('pay'),
    cart: shownCart,
    paidMinor: minorSum,
    leftMinor: minorSum,
    /** What is left when it is paid in cash, rounded as the currency asks for. */
    leftCashMinor: minorSum,
    tenders: z
      .array(z.object({ kind: z.enum(['cash', 'card']), isPending: z.boolean(), amountMinor: minorSum }))
      .max(50),
  }),
  /** The sale is paid; shown for a while, and never again. */
  z.object({
    mode: z.literal('thanks'),
    totalMinor: minorSum,
    changeMinor: minorSum,
    flag: resilienceFlag,
    /** A few of the things bought, to stand on the table. */
    goods: z.array(z.object({ name: text(330), photo: item.shape.photo, backdrop })).max(6),
    /** Where the receipt can be read with a phone; null where it cannot. */
    receiptUrl: z.string().max(2_000).nullable(),
  }),
]);

export const displayState = z.object({
  stall: stall.pick({ name: true, place: true, currency: true, locale: true, timeZone: true }),
  theme: z.enum(THEMES),
  /** The time prices go by when this was told; countdowns go on from here. */
  now: instant,
  /** Grows with every change of goods, stock or prices: what a display has fetched of them is stale when it does. */
  goodsVersion: z.int(),
  categories: z.array(z.object({ name: text(80), icon: text(40), itemCount: z.int() })),
  scene: displayScene,
});

/**
 * When the display has a window of its own: never, while there is a screen the till is not on, or always, if need be beside
 * the till on the same screen.
 */
export const DISPLAY_WINDOW_MODES = ['off', 'second-screen', 'always'] as const;

/** The displays of this till, as the till's own screens show them. */
export const displaysState = z.object({
  /** The machine's screens; none where the till has no windows. */
  screens: z.array(
    z.object({ screenId: text(40), name: text(120), width: z.int(), height: z.int(), isTills: z.boolean() }),
  ),
  window: z.object({
    mode: z.enum(DISPLAY_WINDOW_MODES),
    /** The screen that was chosen; null for the first that the till is not on. */
    screenId: text(40).nullable(),
    isOpen: z.boolean(),
  }),
  /** Where browsers of the stall's network find the display, without a path; null while nothing is served to them. */
  servedAt: text(400).nullable(),
  /** The scanner that shoppers hold things up to, whose codes the displays look up and the till never sells; null for none. */
  scannerId: id.nullable(),
  /** Browsers that may show it. */
  paired: z.array(
    z.object({
      displayId: id,
      name: text(80),
      pairedAt: instant,
      lastSeenAt: instant.nullable(),
      isHere: z.boolean(),
    }),
  ),
});

/** What several pieces come to that are bought in one sale, worked out as the till would charge for them. */
const shownTotal = {
  totalMinor: minorSum,
  /** Against each at the price of one. */
  savedMinor: minorSum,
  /** The offers that save it, by name. */
  names: z.array(text(200)).max(20),
  /** When the first of them ends, where one does within a day. */
  until: instant.optional(),
};

/** So much of one thing, and what it comes to; nothing else is needed for it. */
export const shownStep = z.object({ quantity, ...shownTotal });

/** Another item that is bought with one. */
const companion = shownItem.extend({
  /** So many pieces of both in one sale, where an offer makes that cheaper. */
  together: z.object({ count: z.int(), ...shownTotal }).optional(),
});

/** An item as the price checker shows it. */
export const checkedItem = z.object({
  item: shownItem,
  description: text(8000),
  /** What the code that was scanned says beyond the item: a weight, an amount. */
  label: z.object({ variantId: id, grams: z.int().nullable(), amountMinor: minor.nullable() }).nullable(),
  variants: z
    .array(
      z.object({
        variantId: id,
        name: text(200),
        pricing,
        priceMinor: minor,
        wasMinor: minor.nullable(),
        mustAsk: z.boolean(),
        left: z.int().nullable(),
        reasons: z.array(shownReason).max(60),
        /** When a feed said so, for a price that is not the stall's own and not fresh. */
        lastKnownAt: instant.nullable(),
        /** What more of it comes to, one piece first; none where more costs no less. */
        steps: z.array(shownStep).max(20).default([]),
      }),
    )
    .max(300),
  /** Offers that it counts towards and that neither its steps nor what goes with it tell. */
  offers: z.array(shownOffer).max(20),
  /** Where a phone asks for it to be put aside: `?variant=` names one of those that can be. Null while nothing can. */
  hold: z
    .object({ url: z.string().max(2_000), minutes: z.int(), variantIds: z.array(id).max(300) })
    .nullable()
    .default(null),
  /** What an offer puts with it, and what people often buy with it. */
  goesWith: z.array(companion).max(3),
});
