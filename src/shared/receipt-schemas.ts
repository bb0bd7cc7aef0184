import { z } from 'zod';
import type { WebReceipt } from '../domain/web-receipt';
import { basisPoints, instant, minorSum, pricing, quantity, resilienceFlag } from './zod';

const text = (most: number) => z.string().max(most);
const discount = z.object({ amountMinor: minorSum, basisPoints: basisPoints.nullable(), reason: text(80) }).nullable();

/** The receipt of an order as whoever has its address reads it. */
export const webReceipt = z.object({
  stall: z.object({
    name: text(80),
    place: text(120),
    currency: text(3),
    locale: text(35),
    timeZone: text(64),
    vatNumber: text(40),
    receiptFooter: text(200),
    refundPolicy: text(600),
  }),
  number: text(20),
  placedAt: instant,
  taxIncluded: z.boolean(),
  lines: z.array(
    z.object({
      name: text(330),
      pricing,
      quantity,
      unitPriceMinor: minorSum,
      wasMinor: minorSum.nullable(),
      isFromLabel: z.boolean(),
      grossMinor: minorSum,
      amountMinor: minorSum,
      rules: z.array(z.object({ isDrop: z.boolean(), name: text(120) })),
      offers: z.array(z.object({ name: text(120), amountMinor: minorSum })),
      discount,
      note: text(200),
    }),
  ),
  discount,
  note: text(200),
  savedMinor: minorSum,
  taxes: z.array(
    z.object({ name: text(60), basisPoints, netMinor: minorSum, taxMinor: minorSum, totalMinor: minorSum }),
  ),
  totalMinor: minorSum,
  roundingMinor: minorSum,
  tenders: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('cash'), givenMinor: minorSum, changeMinor: minorSum }),
      z.object({ kind: z.literal('card'), provider: text(40), amountMinor: minorSum }),
    ]),
  ),
  flag: resilienceFlag,
  flags: z.array(z.object({ flag: resilienceFlag, cause: text(40), at: instant })),
  check: text(16),
}) satisfies z.ZodType<WebReceipt>;
