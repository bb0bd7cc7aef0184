/** What shoppers may see of the stall, and what the operator sets of the server that shows it to them. */
import { z } from 'zod';
import type { Frozen } from './zod';

const text = (most: number) => z.string().max(most);

/** What the stall server may offer; each is switched on by itself. */
export const STALL_OFFERS = ['gallery', 'holds', 'receipts', 'display'] as const;
export type StallOffer = (typeof STALL_OFFERS)[number];

/** How the operator wants the stall server. */
export const stallServing = z.object({
  isOn: z.boolean(),
  /** The address of this machine to serve, for instance `192.168.1.20`; null for whichever the network gives. */
  address: text(64).nullable(),
  port: z.int().min(1024).max(65_535),
  offers: z.array(z.enum(STALL_OFFERS)).max(STALL_OFFERS.length),
  /**
   * Where the stall's hub is on the internet, without a slash at the end: codes of receipts name it instead of this machine. Goods
   * and holds are asked of the till, which alone knows what they cost and whether they are there.
   */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(300)
    .regex(/[^/]$/)
    .nullable(),
});
export type StallServing = Frozen<z.infer<typeof stallServing>>;

export const stallServerState = stallServing.extend({
  /** Where shoppers reach it now, for instance `http://192.168.1.20:8720`; null while it is not up. */
  url: text(400).nullable(),
  /** Why it is not up though it should be; it is tried again by itself. */
  problem: z.enum(['port-taken', 'address-gone', 'no-network', 'failed']).nullable(),
  /** Addresses that networks gave this machine. */
  addresses: z.array(z.object({ address: text(64), network: text(80) })),
});

/** What every page for shoppers is drawn with. Nothing in it is anybody's secret. */
export const stallFront = z.object({
  /** Another text whenever anything shown of goods or stall has changed. */
  version: text(200),
  name: text(400),
  place: text(400),
  /** ISO 4217. */
  currency: text(3),
  /** BCP 47: the language of who asks for none that we have. */
  locale: text(35),
  /** IANA. */
  timeZone: text(64),
  taxIncluded: z.boolean(),
  offers: stallServing.shape.offers,
  categories: z.array(z.object({ name: text(80), itemCount: z.int() })),
  itemCount: z.int(),
  /** How long all this holds at least, unless somebody changes it; null for until then. */
  freshForMs: z.int().min(0).nullable(),
});
export type StallFront = Frozen<z.infer<typeof stallFront>>;
