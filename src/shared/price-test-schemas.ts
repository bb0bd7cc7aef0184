/** Schemas of price tests and footfall. */
import { z } from 'zod';
import type { PriceTestNote, PriceTestPlan } from '../domain/experiment';
import type { FootfallCalibration, FootfallCount } from '../domain/footfall';
import { id, instant, price, pricing } from './zod';

const text = (most: number) => z.string().max(most);

export const priceTestMeasure = z.enum(['units', 'revenue', 'margin']);
export const priceTestNoteKind = z.enum(['stock-out', 'drop', 'rain', 'clock-jump', 'other']);
export const priceTestEnd = z.enum(['settled', 'planned', 'by-hand']);
export const footfallSource = z.enum(['tap', 'display', 'qr', 'scan']);

export const priceTestPlan = z.object({
  testId: id,
  name: text(120),
  itemId: id,
  variantIds: z.array(id).min(1).max(200),
  pricing,
  costMinor: price.nullable(),
  armsMinor: z.array(price).min(2).max(4),
  measure: priceTestMeasure,
  minimumDifference: z.number().positive(),
  falseWinnerBasisPoints: z.int().min(10).max(2_000),
  blockMs: z.int().min(60_000).max(14_400_000),
  washoutMs: z.int().min(0),
  stop: z.object({ lookRounds: z.array(z.int().min(1).max(200)).min(1).max(200), whenSettled: z.boolean() }),
  seed: z.string().regex(/^[0-9a-f]{32}$/),
  registeredAt: instant,
}) satisfies z.ZodType<PriceTestPlan>;

export const priceTestNote = z.object({
  noteId: id,
  kind: priceTestNoteKind,
  from: instant,
  to: instant.nullable(),
  text: text(200),
}) satisfies z.ZodType<PriceTestNote>;

const bounds = { low: z.number().nullable(), high: z.number().nullable() };
const difference = z.object({ estimate: z.number(), ...bounds });

/** See `src/analysis/price-test/read-out.ts`. Amounts of money are minor units per hour, and no whole numbers. */
export const priceTestReadOut = z.object({
  roundsBehind: z.int().min(0),
  roundsCounted: z.int().min(0),
  roundsPlanned: z.int().min(1),
  lookRound: z.int().nullable(),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('winner'), arm: z.int().min(0) }),
    z.object({ kind: z.literal('no-difference') }),
    z.object({
      kind: z.literal('not-enough-data'),
      moreRounds: z.int().min(1).nullable(),
      moreMs: z.int().min(0).nullable(),
    }),
  ]),
  arms: z.array(
    z.object({
      priceMinor: price,
      hours: z.number(),
      units: z.number(),
      revenueMinor: z.number(),
      marginMinor: z.number().nullable(),
    }),
  ),
  comparisons: z.array(
    z.object({
      arm: z.int().min(1),
      units: difference,
      revenueMinor: difference,
      marginMinor: difference.nullable(),
      withSpoilt: z.object({ units: z.number(), revenueMinor: z.number(), marginMinor: z.number().nullable() }),
    }),
  ),
  strays: z.int().min(0),
});

export const footfallCount = z.object({
  source: footfallSource,
  from: instant,
  to: instant,
  count: z.int().min(0).max(100_000),
}) satisfies z.ZodType<FootfallCount>;

export const footfallCalibration = z.object({
  source: footfallSource,
  counted: z.int().min(0).max(100_000),
  seen: z.int().min(1).max(100_000),
  at: instant,
}) satisfies z.ZodType<FootfallCalibration>;
