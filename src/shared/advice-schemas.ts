/** Schemas of the advisor's advice. */
import { z } from 'zod';
import type { Adjustment, Advice, AdviceWishes } from '../domain/advice';
import { markdownStep } from './pricing-schemas';
import { basisPoints, id, instant, minor, price } from './zod';

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const steps = z.array(markdownStep).min(1).max(8);

const head = { adviceId: id, offeredAt: instant, orders: count, confidence: share };

export const advice = z.discriminatedUnion('kind', [
  z.object({
    ...head,
    kind: z.literal('markdown'),
    itemId: id,
    variantId: id,
    day: z.iso.date(),
    closesAt: localTime,
    steps,
    priceMinor: price,
    floorMinor: price.nullable(),
    onHand: count,
    soldWithout: estimate,
    soldWith: estimate,
    gainMinor: minor,
    probabilityBetter: share,
    elasticity: estimate,
    days: count,
    prices: count,
    curve: z
      .array(z.object({ priceMinor: price, sold: estimate }))
      .max(20)
      .optional(),
    strength: z.object({ likeGoods: count, ownShare: share }).optional(),
  }),
  z.object({
    ...head,
    kind: z.literal('bundle'),
    itemIds: z.tuple([id, id]),
    basisPoints,
    together: count,
    first: count,
    second: count,
    baskets: count,
    lift: estimate,
    falseShare: share,
  }),
  z.object({
    ...head,
    kind: z.literal('drop-time'),
    day: z.iso.date(),
    startsAt: instant,
    minutes: z.int().min(1).max(1_440),
    basis: z.enum(['people', 'sales']),
    expected: estimate,
    usual: z.number(),
    probabilityBetter: share,
    days: count,
    hours: z.number().min(0),
    hourly: z.array(z.object({ from: instant, expected: estimate })).max(24),
  }),
]) satisfies z.ZodType<Advice>;

/** What often goes with an item, each beyond what chance explains. */
export const goesWith = z.object({
  itemId: id,
  name: z.string(),
  /** Baskets with both, of those with the item that was asked about; and of all those looked at. */
  together: count,
  of: count,
  baskets: count,
  lift: estimate,
  falseShare: share,
});

export const adviceAnswer = z.enum(['accepted', 'adjusted', 'ignored']);

export const adjustment = z.object({
  steps: steps.optional(),
  basisPoints: basisPoints.min(1).optional(),
}) satisfies z.ZodType<Adjustment>;

export const adviceWishes = z.object({
  closesAt: localTime.nullable(),
  perishable: z.array(z.string().max(80)).max(200).nullable(),
}) satisfies z.ZodType<AdviceWishes>;

/** How markdowns that were taken sold against those that were not. */
export const adviceValue = z.object({
  /** Markdowns whose day is over. */
  taken: count,
  ignored: count,
  /** Units sold from the offer to closing, as a multiple of what was expected without a markdown. */
  takenRatio: z.number().nullable(),
  ignoredRatio: z.number().nullable(),
  /** The one over the other, with its interval; null while there are too few to say. */
  value: estimate.nullable(),
});

export const adviceState = z.object({
  /** The advisor is at work. */
  isLearning: z.boolean(),
  /** UTC instant of what it last learned, or null. */
  learnedAt: instant.nullable(),
  orders: count,
  marketDays: count,
  wishes: adviceWishes,
  /** Newest first: what is still to be answered, and what was answered lately. Of what says the same, one. */
  advice: z.array(
    z.object({
      advice,
      names: z.array(z.string().max(400)),
      /** Of a markdown's goods. */
      pricing: z.enum(['each', 'kg']),
      category: z.string(),
      /** What a piece or kilogram costs before rules; of a bundle both together. Null where that is not one price. */
      priceMinor: minor.nullable(),
      /** What one costs to buy; null where nobody wrote it down. Of a bundle it is looked at when it is taken. */
      floorMinor: minor.nullable(),
      /** Until when it can be taken, UTC instant; null for any time. */
      until: instant.nullable(),
      answer: adviceAnswer.nullable(),
      adjustment: adjustment.nullable(),
      /** The rule it became, while that stands. */
      ruleId: id.nullable(),
      canTakeBack: z.boolean(),
    }),
  ),
  value: adviceValue,
});
