/** Schemas of prices: rules, policy, feeds and drops. Those of what stands on a cart line are with the line, in `zod.ts`. */
import { z } from 'zod';
import type { Drop, DropTemplate } from '../domain/drop';
import type { SellingPlace } from '../domain/pricing/book';
import type { PricePolicy } from '../domain/pricing/policy';
import { DROP_LIMITS, RULE_LIMITS } from '../domain/pricing/limits';
import type { Effect, MarkdownStep, PriceRule, Schedule, Selector, UnitCharge } from '../domain/pricing/rule';
import { basisPoints, id, instant, price, pricing, quantity } from './zod';

const text = (most: number) => z.string().max(most);
const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

export const selector = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('everything') }),
  z.object({ kind: z.literal('categories'), categories: z.array(text(80)).min(1).max(RULE_LIMITS.selected) }),
  z.object({ kind: z.literal('items'), itemIds: z.array(id).min(1).max(RULE_LIMITS.selected) }),
  z.object({ kind: z.literal('variants'), variantIds: z.array(id).min(1).max(RULE_LIMITS.selected) }),
  z.object({
    kind: z.literal('words'),
    words: z.array(text(RULE_LIMITS.wordLength).min(1)).min(1).max(RULE_LIMITS.words),
  }),
]) satisfies z.ZodType<Selector>;

export const unitCharge = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('price'), priceMinor: price }),
  z.object({ kind: z.literal('percent-off'), basisPoints: basisPoints.min(1) }),
  z.object({ kind: z.literal('amount-off'), amountMinor: price.min(1) }),
]) satisfies z.ZodType<UnitCharge>;

export const markdownStep = z.object({
  beforeCloseMinutes: z.int().min(1).max(1_440),
  basisPoints: basisPoints.min(1),
  priceMinor: price.min(1).optional(),
}) satisfies z.ZodType<MarkdownStep>;

export const priceEffect = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unit-price'), priceMinor: price }),
  z.object({ kind: z.literal('percent-off'), basisPoints: basisPoints.min(1) }),
  z.object({ kind: z.literal('amount-off'), amountMinor: price.min(1) }),
  z.object({
    kind: z.literal('markdown'),
    closesAt: localTime,
    steps: z.array(markdownStep).min(1).max(RULE_LIMITS.steps),
  }),
  z.object({
    kind: z.literal('tiers'),
    unit: pricing,
    across: z.enum(['variant', 'rule']),
    tiers: z
      .array(z.object({ fromQuantity: quantity.min(2), charge: unitCharge }))
      .min(1)
      .max(RULE_LIMITS.tiers),
  }),
  z.object({
    kind: z.literal('bundle'),
    parts: z
      .array(z.object({ what: selector, quantity: z.int().min(1).max(RULE_LIMITS.bundlePieces) }))
      .min(1)
      .max(RULE_LIMITS.parts),
    at: unitCharge,
    mostPerCart: z.int().min(1).max(RULE_LIMITS.bundlesPerCart).nullable(),
  }),
]) satisfies z.ZodType<Effect>;

export const schedule = z.object({
  from: instant.nullable(),
  until: instant.nullable(),
  windows: z
    .array(z.object({ from: instant, until: instant }))
    .max(RULE_LIMITS.windows)
    .optional(),
  weekly: z
    .array(z.object({ days: z.array(z.int().min(1).max(7)).min(1).max(7), from: localTime, until: localTime }))
    .max(RULE_LIMITS.weekly),
}) satisfies z.ZodType<Schedule>;

export const priceRule = z.object({
  ruleId: id,
  version: z.int().min(1),
  name: text(RULE_LIMITS.nameLength),
  origin: z.enum(['rule', 'drop', 'test', 'advice']),
  originId: id.optional(),
  arm: text(40).optional(),
  setId: id.optional(),
  setVersion: z.int().min(1).optional(),
  isOn: z.boolean(),
  what: selector,
  effect: priceEffect,
  when: schedule,
  where: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('anywhere') }),
    z.object({ kind: z.literal('event'), event: text(RULE_LIMITS.placeLength) }),
    z.object({ kind: z.literal('pitch'), pitch: text(RULE_LIMITS.placeLength) }),
    z.object({
      kind: z.literal('radius'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      radiusMetres: z.number().positive().max(RULE_LIMITS.radiusMetres),
    }),
  ]),
  audience: z.enum(['everyone', 'trade', 'repeat']),
  stock: z.object({ atLeast: z.int().min(0).nullable(), atMost: z.int().min(0).nullable() }).nullable(),
  priority: z.int().min(0).max(RULE_LIMITS.priority),
  stacking: z.enum(['alone', 'stacks']),
  capBasisPoints: basisPoints.nullable(),
  graceMs: z.int().min(0).max(RULE_LIMITS.graceMs).nullable(),
}) satisfies z.ZodType<PriceRule>;

const fallback = z.object({
  rung: z.enum(['last-known', 'last-known-plus', 'floor', 'ask']),
  holdbackBasisPoints: basisPoints,
});

export const pricePolicy = z.object({
  graceMs: z.int().min(0).max(RULE_LIMITS.graceMs),
  mostOffBasisPoints: basisPoints.nullable(),
  marginBasisPoints: z.int().min(0).max(100_000),
  freshMs: z.int().min(0),
  staleMs: z.int().min(0),
  fallback,
  categoryFallbacks: z.array(fallback.extend({ category: text(80) })).max(200),
}) satisfies z.ZodType<PricePolicy>;

export const sellingPlace = z.object({
  event: text(RULE_LIMITS.placeLength),
  pitch: text(RULE_LIMITS.placeLength),
  position: z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }).nullable(),
}) satisfies z.ZodType<SellingPlace>;

/** What a feed said of one variant. */
export const observedPrice = z.object({
  itemId: id,
  variantId: id,
  priceMinor: price.nullable(),
  stock: z.int().nullable(),
});

/** Why prices are others than they were. */
export const priceCause = z.object({
  kind: z.enum(['catalogue', 'import', 'rule', 'drop', 'test', 'advice', 'policy', 'feed', 'place']),
  /** Rules with the version that counts now, drops, a feed: what it was. */
  ids: z.array(text(100)).max(50),
});

export const priceChange = z.object({
  itemId: id,
  variantId: id,
  name: text(330),
  beforeMinor: price,
  afterMinor: price,
});

export const dropTemplate = z.object({
  templateId: id,
  name: text(RULE_LIMITS.nameLength),
  what: selector,
  effect: priceEffect,
  minutes: z.int().min(DROP_LIMITS.leastMinutes).max(DROP_LIMITS.mostMinutes),
  unitCap: z.int().min(1).max(DROP_LIMITS.unitCap).nullable(),
  graceMs: z.int().min(0).max(DROP_LIMITS.graceMs),
}) satisfies z.ZodType<DropTemplate>;

export const drop = z.object({
  dropId: id,
  name: text(RULE_LIMITS.nameLength),
  what: selector,
  effect: priceEffect,
  startsAt: instant,
  endsAt: instant,
  unitCap: z.int().min(1).max(DROP_LIMITS.unitCap).nullable(),
  shares: z.array(z.object({ deviceId: id, quantity: z.int().min(0) })).max(DROP_LIMITS.shares),
  graceMs: z.int().min(0).max(DROP_LIMITS.graceMs),
}) satisfies z.ZodType<Drop>;

export const dropEndReason = z.enum(['sold-out', 'by-hand']);
