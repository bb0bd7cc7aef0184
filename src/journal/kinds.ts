/**
 * Every kind of fact the journal knows, with the schema of its body. A kind's meaning never changes once shipped:
 * new fields are optional, a new meaning is a new kind.
 *
 * No body holds personal data: people are random references into the `people` store, which can forget them.
 */
import { z } from 'zod';
import {
  footfallCalibration,
  footfallCount,
  priceTestEnd,
  priceTestNote,
  priceTestPlan,
  priceTestReadOut,
} from '../shared/price-test-schemas';
import {
  drop,
  dropEndReason,
  dropTemplate,
  observedPrice,
  priceCause,
  priceChange,
  pricePolicy,
  priceRule,
  sellingPlace,
} from '../shared/pricing-schemas';
import { clip, contentHash } from '../shared/clip-schemas';
import { adjustment, advice, adviceAnswer, adviceWishes } from '../shared/advice-schemas';
import { playlist } from '../shared/reel-schemas';
import {
  cart,
  drawerReason,
  drillCheck,
  hold,
  holdEndReason,
  id,
  instant,
  item,
  minorPositive,
  minorSum,
  order,
  payment,
  price,
  resilienceFlag,
  shift,
  shiftClose,
  stall,
  tenderState,
} from '../shared/zod';

export const ENTRY_KINDS = {
  /** First entry of every device: who it is and the key that signs its journal head. */
  'device.registered': z.object({ deviceId: id, prefix: z.string(), publicKey: z.string() }),
  /** It joined a stall at a hub or a neighbour, which gave it a prefix nobody else has. */
  'device.enrolled': z.object({ deviceId: id, stallId: id, prefix: z.string(), serverId: id }),
  /**
   * Another device wrote under this one's name (a copied folder, a restored backup). What this one wrote from `fromSeq` on
   * follows again under a new name; `formerDevice` keeps what the hub has.
   */
  'device.forked': z.object({ formerDevice: id, fromSeq: z.int(), entries: z.int() }),
  /** A backup till took over for a device that cannot sell, or rehearsed it. */
  'device.taken-over': z.object({
    formerDevice: id,
    isDrill: z.boolean(),
    /** The last entry of that device that was known then; 0 for none. */
    heardSeq: z.int().min(0).optional(),
    /** What it was known to have left of its shares, which count for the backup till from then on. Not of a drill. */
    shares: z.array(z.object({ itemId: id, variantId: id, quantity: z.int().min(1) })).optional(),
    /** What a drill found. */
    checks: z.array(drillCheck).optional(),
  }),
  /** A device that was taken over sells again: it says so itself, or the backup till does. */
  'device.handed-back': z.object({ formerDevice: id }),
  /** The store was damaged and this device continues from what the journal still held. */
  'store.recovered': z.object({ quarantined: z.string(), entriesKept: z.int(), entriesLost: z.int(), at: instant }),
  'stall.configured': z.object({ stall }),
  /** Somebody came, or what they may do has changed. */
  'staff.added': z.object({ staffId: id, role: z.enum(['operator', 'cashier']) }),
  'staff.removed': z.object({ staffId: id }),
  'staff.signed-on': z.object({ staffId: id }),
  'staff.signed-off': z.object({ staffId: id }),
  'shift.opened': z.object({ shift }),
  'shift.closed': z.object({ shiftId: id, close: shiftClose }),
  /** Items written by hand, whole. Last writer wins per item, by the entry's hybrid clock. */
  'catalogue.items-put': z.object({ items: z.array(item).min(1) }),
  /** Items taken off the stall by hand; one that is put later is back. */
  'catalogue.items-removed': z.object({ itemIds: z.array(id).min(1) }),
  /** One slice of an import. Inert until its `catalogue.import-committed` names it. */
  'catalogue.import-part': z.object({
    importId: id,
    part: z.int(),
    items: z.array(item).min(1),
    /** What variants of these items cost in the catalogue until then, where that is another price. */
    before: z.array(z.object({ variantId: id, priceMinor: price })).optional(),
  }),
  /** The one fact that makes an import real: all its parts, which lie between the two sequence numbers. */
  'catalogue.import-committed': z.object({
    importId: id,
    source: z.string(),
    firstSeq: z.int(),
    lastSeq: z.int(),
    parts: z.int(),
    itemCount: z.int(),
    /** Sequence numbers of the parts that change a price. */
    pricedSeqs: z.array(z.int()).optional(),
  }),
  /** The sale in progress was set aside, with its payment when a card outcome is unknown. */
  'cart.parked': z.object({ parkedCartId: id, label: z.string(), cart, payment: payment.nullable() }),
  /** A parked cart came back to a till, or was thrown away. */
  'cart.unparked': z.object({ parkedCartId: id, reason: z.enum(['resumed', 'discarded']) }),
  /** A cart with lines was cleared without a sale. */
  'cart.voided': z.object({ cart, reason: z.string() }),
  /** The card machine is about to be asked: written before, so that no crash can hide a payment. */
  'tender.started': z.object({
    tenderId: id,
    paymentId: id,
    cartId: id,
    provider: z.string(),
    amountMinor: minorPositive,
  }),
  'tender.settled': z.object({
    tenderId: id,
    paymentId: id,
    outcome: tenderState.exclude(['pending']),
    reference: z.string(),
  }),
  'order.placed': z.object({ order }),
  /**
   * An order whose till is lost, from the signed copy on its receipt. Counts until the entry that placed it arrives, and then
   * no more; of several the first counts.
   */
  'order.recovered': z.object({
    /** As far as the copy says: discounts are amounts without reasons, goods have names where they are known. */
    order,
    /** The till that sold it, and where it stood in its journal. */
    deviceId: id,
    entry: z.object({ seq: z.int().min(1), at: z.string().max(120), check: z.string() }),
    shift: shift.omit({ closed: true }),
    /** Set where each line stands for all of its tax rate: how many there were. */
    groupedLineCount: z.int().min(1).nullable(),
    /** The signed bytes with their signature in Base64url, as in the code, and the public key that signed. */
    copy: z.string().max(2_000),
    signedBy: z.string().max(200),
  }),
  /** The resilience flag of an order moved on: why, when, and where the hub has it if that was why. */
  'order.flagged': z.object({
    orderId: id,
    flag: resilienceFlag.exclude(['queued']),
    cause: z.enum(['hub-acknowledged', 'receipt-printed', 'receipt-shown', 'receipt-sent']),
    at: instant,
    hub: z.object({ serverId: id, epoch: z.int(), serverSeq: z.int() }).nullable(),
  }),
  /**
   * Scarce stock was divided: each device may sell its share and no more, so that two tills without a network cannot both
   * sell the last one. Replaces every earlier division of the variant; an empty list ends it.
   */
  'stock.shared': z.object({
    itemId: id,
    variantId: id,
    shares: z.array(z.object({ deviceId: id, quantity: z.int().min(0) })),
  }),
  /** A device gave part of its own share away; nobody can take one. */
  'stock.share-given': z.object({ itemId: id, variantId: id, toDevice: id, quantity: z.int().min(1) }),
  /** Goods were put aside for a shopper. Its sale is an order whose line names it; that it ran out, its own instant says. */
  'hold.placed': z.object({ hold }),
  /** It lasts until then; of several the longest counts. `timesAsked` by its shopper, this time among them, where it was them. */
  'hold.extended': z.object({ holdId: id, expiresAt: instant, timesAsked: z.int().min(1).optional() }),
  /** It was over before its time. Where several devices say so, the first counts. */
  'hold.ended': z.object({ holdId: id, at: instant, reason: holdEndReason }),
  /** Both sides have the same orders of a shift, at once or after mending. */
  'shift.reconciled': z.object({
    shiftId: id,
    serverId: id,
    orderCount: z.int(),
    totalMinor: minorSum,
    ordersHash: z.string(),
    mended: z.int(),
  }),
  /** Price rules were written, whole. Last writer wins per rule, by the entry's hybrid clock. */
  'price.rules-put': z.object({ rules: z.array(priceRule).min(1).max(200) }),
  'price.rules-removed': z.object({ ruleIds: z.array(id).min(1).max(500) }),
  /** A signed rule set was taken in whole: of its rules those of this version count and no others. */
  'price.rule-set-taken': z.object({
    setId: id,
    version: z.int().min(1),
    ruleCount: z.int().min(0),
    name: z.string().max(80),
    /** Public key of who signed it. */
    signedBy: z.string().max(200),
  }),
  /** Grace, floors and what to do about old prices, for the stall. */
  'price.policy-set': z.object({ policy: pricePolicy }),
  /** Where this device sells, for rules about places. */
  'price.place-set': z.object({ place: sellingPlace }),
  /** A feed said prices and stock. The newest word on a variant counts. */
  'price.observed': z.object({
    source: z.string().max(80),
    observedAt: instant,
    rows: z.array(observedPrice).min(1).max(500),
  }),
  /** Prices shown became others, and why; `count` of them at least, of which the first are named. */
  'price.changed': z.object({
    cause: priceCause,
    at: instant,
    count: z.int().min(0),
    changes: z.array(priceChange).max(500),
  }),
  /** The wall clock went its own way by so much; prices went on by a steady one. */
  'clock.jumped': z.object({ byMs: z.int(), at: instant }),
  'drop.scheduled': z.object({ drop }),
  /** It was over before its time. Where several devices say so, the first counts. */
  'drop.ended': z.object({ dropId: id, at: instant, reason: dropEndReason }),
  /** A device gave part of its own share of a drop away; nobody can take one. */
  'drop.share-given': z.object({ dropId: id, toDevice: id, quantity: z.int().min(1) }),
  'drop.template-put': z.object({ template: dropTemplate }),
  'drop.template-removed': z.object({ templateId: id }),
  /** A price test was fixed, before its first block. */
  'price-test.registered': z.object({ plan: priceTestPlan }),
  /** Its clock runs from here, or stands still: by a person's word, or because the stall opened or closed. */
  'price-test.switched': z.object({ testId: id, isOn: z.boolean(), at: instant, cause: z.enum(['person', 'stall']) }),
  /** Something that spoils rounds began; the same note again, when it ended. */
  'price-test.noted': z.object({ testId: id, note: priceTestNote }),
  /** What a look said, from what was known here by then. */
  'price-test.read-out': z.object({ testId: id, readOut: priceTestReadOut }),
  /** It is over. Where several devices say so, the first instant counts. */
  'price-test.stopped': z.object({ testId: id, at: instant, end: priceTestEnd }),
  /** People counted in a stretch of time: many to an entry. */
  'footfall.counted': footfallCount,
  /** A second, careful count beside the usual one, which says how many that misses. */
  'footfall.calibrated': footfallCalibration,
  /** The advisor recommended something, with what it rests on. */
  'advice.offered': z.object({ advice }),
  /**
   * A person took it as it is or with changes, or did not. The last word counts, and the rule with it: of two tills that
   * answer differently without a network, one answer stands and never the other's price.
   */
  'advice.answered': z.object({
    adviceId: id,
    answer: adviceAnswer,
    ruleId: id.nullable(),
    adjustment: adjustment.optional(),
    /** What taken advice became. */
    rule: priceRule.optional(),
  }),
  /** The rule it became is over. The answer that stands: none, when nothing was sold by it yet. */
  'advice.taken-back': z.object({ adviceId: id, answer: adviceAnswer.nullable(), ruleId: id.nullable() }),
  /** What the stall tells its advisor. Last writer wins. */
  'advice.wishes-set': z.object({ wishes: adviceWishes }),
  /** Shelf labels went to the printer, saying these prices. The newest word on a variant counts. */
  'labels.printed': z.object({
    labels: z
      .array(z.object({ itemId: id, variantId: id, priceMinor: price }))
      .min(1)
      .max(200),
  }),
  /** Their labels hang no more. */
  'labels.taken-down': z.object({ variantIds: z.array(id).min(1).max(500) }),
  /** A clip of the reel, whole. Last writer wins per clip, by the entry's hybrid clock. */
  'clip.put': z.object({ clip }),
  /** It is shown no more; one that is put later is back. */
  'clip.removed': z.object({ clip: contentHash }),
  /** A playlist of the reel, whole. Last writer wins per playlist, by the entry's hybrid clock. */
  'reel.playlist-put': z.object({ playlist }),
  /** The reel has it no more; one that is put later is back. */
  'reel.playlist-removed': z.object({ playlistId: id }),
  /** A copy of a receipt was asked for. */
  'receipt.copied': z.object({ orderId: id, copy: z.int() }),
  /** The drawer was told to open: for a tender of an order, or by a person, who may say more in a note. */
  'drawer.kicked': z.object({ reason: drawerReason, orderId: id.nullable(), note: z.string().optional() }),
  /** What became of a print job that a person decided about. */
  'job.decided': z.object({ jobId: id, decision: z.enum(['print', 'discard']), orderId: id.nullable() }),
} as const;

export type EntryKind = keyof typeof ENTRY_KINDS;
/** What an entry of a kind says. Facts do not change, so nor does a body. */
export type EntryBody<K extends EntryKind> = Immutable<z.infer<(typeof ENTRY_KINDS)[K]>>;

type Immutable<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [K in keyof T]: Immutable<T[K]> };

/** A fact about to be written: the store adds device, sequence, id, clock and hash. */
export type EntryDraft = { [K in EntryKind]: { readonly kind: K; readonly body: EntryBody<K> } }[EntryKind];

/** One line of the journal. */
export interface Entry<K extends EntryKind = EntryKind> {
  readonly device: string;
  /** Gapless per device, from 1. */
  readonly seq: number;
  /** UUIDv7. */
  readonly id: string;
  readonly kind: K;
  /** Hybrid logical clock, sortable as text. */
  readonly at: string;
  /** The market day it belongs to, or null. */
  readonly event: string | null;
  /** Who did it: a staff reference, or null for the device itself. */
  readonly actor: string | null;
  readonly body: EntryBody<K>;
  /** Hash of the entry before, 64 hex; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 over `prev` and the canonical entry (RFC 8785 JSON), 64 hex. */
  readonly hash: string;
}
