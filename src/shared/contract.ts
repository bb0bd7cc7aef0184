/**
 * The one contract between the kiosk core and everything that talks to it: the till window over Electron IPC, a
 * browser over the loopback or LAN WebSocket, outside tests. Channel lists, the main-side registry, the preload and the
 * typed client all derive from this file; input and output are parsed at both ends.
 *
 * Queries change nothing. Commands carry a `requestId` minted where the person acted: the same id again returns the
 * stored result and does nothing. State reaches screens as topics: subscribe, fetch `state.get`, apply events by `seq`,
 * fetch again on a gap.
 */
import { z } from 'zod';
import { adjustment, adviceAnswer, adviceState, adviceWishes, goesWith } from './advice-schemas';
import { clipCaption, clipView, contentHash } from './clip-schemas';
import type { LabelSheetId } from '../domain/label-sheet';
import { deviceSettings } from './device-settings';
import {
  checkedItem,
  displaysState,
  displayState,
  DISPLAY_WINDOW_MODES,
  pricedItem,
  shownCard,
  shownItem,
  type shownLine,
  type shownReason,
} from './display-schemas';
import { deviceHead } from './exchange';
import { IMPORT_PROBLEMS } from './import-problems';
import {
  drop,
  dropEndReason,
  dropTemplate,
  priceCause,
  pricePolicy,
  priceRule,
  selector,
  sellingPlace,
} from './pricing-schemas';
import { playlist } from './reel-schemas';
import { webReceipt } from './receipt-schemas';
import { stallFront, stallServerState, stallServing } from './shop-schemas';
import { LANGUAGES } from './language';
import { THEMES } from './theme';
import {
  priceTestEnd,
  priceTestMeasure,
  priceTestNote,
  priceTestNoteKind,
  priceTestPlan,
  priceTestReadOut,
} from './price-test-schemas';
import {
  backdrop,
  basisPoints,
  discount,
  drawerReason,
  drillCheck,
  holdEndReason,
  id,
  instant,
  item,
  logoImage,
  minor,
  minorPositive,
  minorSum,
  order,
  paymentView,
  priceTrace,
  pricedCart,
  pricedLine,
  pricing,
  quantity,
  receiptDocument,
  resilienceFlag,
  shiftTotals,
  stall,
  type Frozen,
} from './zod';

/** Who is calling. `service` is a local tool or test holding the token; it may do what the till may. */
export const ROLES = ['till', 'display', 'shopper', 'service'] as const;
export type ClientRole = (typeof ROLES)[number];

const tillOnly = ['till', 'service'] as const satisfies readonly ClientRole[];

interface CallDefinition<I extends z.ZodType, O extends z.ZodType> {
  readonly kind: 'query' | 'command';
  readonly roles: readonly ClientRole[];
  /** `operator` calls also need an operator signed on; checked in core. */
  readonly staff: 'none' | 'signed-on' | 'operator';
  readonly input: I;
  readonly output: O;
}

function query<I extends z.ZodType, O extends z.ZodType>(
  input: I,
  output: O,
  staff: CallDefinition<I, O>['staff'] = 'signed-on',
): CallDefinition<I, O> {
  return { kind: 'query', roles: tillOnly, staff, input, output };
}
function command<I extends z.ZodType, O extends z.ZodType>(
  input: I,
  output: O,
  staff: CallDefinition<I, O>['staff'] = 'signed-on',
): CallDefinition<I, O> {
  return { kind: 'command', roles: tillOnly, staff, input, output };
}

/** The same call for what stands before the shopper, too. */
function forDisplays<I extends z.ZodType, O extends z.ZodType>(call: CallDefinition<I, O>): CallDefinition<I, O> {
  return { ...call, roles: [...call.roles, 'display'] };
}

/** What the shop's pages do for a shopper's phone. */
function forShoppers<I extends z.ZodType, O extends z.ZodType>(call: CallDefinition<I, O>): CallDefinition<I, O> {
  return { ...call, roles: ['shopper', ...tillOnly], staff: 'none' };
}

/** The same call wherever it comes from. */
function forEverybody<I extends z.ZodType, O extends z.ZodType>(call: CallDefinition<I, O>): CallDefinition<I, O> {
  return { ...call, roles: ROLES };
}

const nothing = z.object({});
const text = (most: number) => z.string().max(most);

const labelsWanted = z.array(z.object({ variantId: id, copies: z.int().min(1).max(50) })).min(1);
const labelCode = z.enum(['bars', 'qr', 'none']);
const labelSheetId = z.enum([
  'L7651',
  'L7159',
  'L7160',
  'L7161',
  'L7162',
  'L7163',
  'L7173',
  'L7165',
  '3474',
] as const satisfies readonly LabelSheetId[]);
/** More labels than a person sticks in a day; the till makes so many in seconds. */
export const MOST_SHEET_LABELS = 5_000;

const staffRole = z.enum(['operator', 'cashier']);
export const staffMember = z.object({ staffId: id, name: text(80), role: staffRole });
/** Four to twelve digits; a service says which are too easy to guess. */
const newPin = text(40);

/** What an operator may change of the stall at any time. */
const stallWords = z.object({
  name: text(400),
  place: text(400),
  vatNumber: text(400),
  receiptFooter: text(1000),
  refundPolicy: text(3000).optional(),
  /** Whether receipts carry a signed copy of their order; absent leaves it. */
  receiptCopies: z.boolean().optional(),
  /** A rate without id is new; one that is missing is taken off. */
  taxRates: z.array(z.object({ id: text(40).nullable(), name: text(400), basisPoints })).max(50),
});
/** What is chosen once, since every recorded price stands on it. */
const ownStall = stallWords.extend({
  /** ISO 4217. */
  currency: text(3),
  /** BCP 47. */
  locale: text(35),
  /** IANA. */
  timeZone: text(64),
  taxIncluded: z.boolean(),
  /** Who owns the stall: the first person who can sign on. */
  operator: z.object({ name: text(400), pin: newPin }),
});

export const sessionState = z.object({
  /** False in a new data folder until `stall.set-up`; `stall` is empty words until then. */
  isSetUp: z.boolean(),
  stall,
  device: z.object({ deviceId: id, prefix: text(12), publicKey: z.string() }),
  /** `demoPin` is shown on the sign-on screen of the demo stall, and null on every real one. */
  staff: z.array(staffMember.extend({ demoPin: text(12).nullable() })),
  signedOn: staffMember.extend({ since: instant }).nullable(),
  shift: z
    .object({ shiftId: id, openedAt: instant, openedBy: id, floatMinor: minorSum, totals: shiftTotals })
    .nullable(),
  /** The number the next order will get. */
  nextNumber: text(20),
  theme: z.enum(THEMES),
  /** What this till speaks to whoever works at it. */
  language: z.enum(LANGUAGES),
  /** Where the same till runs in a browser, or null when the WebSocket server is off. */
  browserTill: z.string().nullable(),
  /** True for the demo stall alone. */
  demo: z.boolean(),
  /** What a person must know about the store: recovered, disk nearly full. */
  notices: z.array(
    z.object({
      noticeId: id,
      code: z.enum(['store-recovered', 'disk-full', 'rebuilt', 'set-aside']),
      detail: text(500),
      at: instant,
    }),
  ),
});

export const orderSummary = z.object({
  orderId: id,
  number: text(20),
  placedAt: instant,
  totalMinor: minorSum,
  itemCount: z.int(),
  tenders: z.array(z.enum(['cash', 'card'])),
  /** True while a card outcome of this order is unknown. */
  unsettled: z.boolean(),
  flag: resilienceFlag,
  staffName: text(80),
  /** State of the newest receipt job, or `none`. */
  receipt: z.enum([
    'none',
    'waiting',
    'running',
    'acknowledged',
    'sent-unconfirmed',
    'failed',
    'unknown',
    'expired',
    'discarded',
    'held',
  ]),
});

export const parkedCart = z.object({
  parkedCartId: id,
  label: text(80),
  parkedAt: instant,
  staffName: text(80),
  itemCount: z.int(),
  totalMinor: minorSum,
  firstItems: z.array(text(330)),
  /** A card payment of unknown outcome travels with it. */
  unsettled: z.boolean(),
});

/** A card payment nobody has said the end of, whose sale is gone: lost with a damaged store. */
const strayTender = z.object({
  tenderId: id,
  paymentId: id,
  provider: text(40),
  amountMinor: minorPositive,
  state: z.enum(['pending', 'unknown']),
  startedAt: instant,
});

export const saleState = z.object({
  cart: pricedCart,
  /** The line the keys act on, or null. */
  markedLineId: id.nullable(),
  payment: paymentView.nullable(),
  /** Quick-tender keys shown under the docket before Pay. */
  quickTendersMinor: z.array(minorSum),
  parked: z.array(parkedCart),
  /** To be settled by a person, see `payment.settle-stray`; oldest first. */
  strayTenders: z.array(strayTender),
  /** The order just placed, until the next sale begins or the cashier moves on. */
  done: z
    .object({
      order,
      changeMinor: minorSum,
      /** Notes and coins to hand back, largest first. */
      coins: z.array(z.object({ denominationMinor: minorSum, count: z.int() })),
    })
    .nullable(),
  lastOrder: orderSummary.nullable(),
});

export const jobSummary = z.object({
  jobId: id,
  kind: z.enum(['receipt', 'copy', 'test', 'report', 'prices', 'drawer']),
  deviceId: id,
  orderId: id.nullable(),
  orderNumber: text(20).nullable(),
  state: orderSummary.shape.receipt.exclude(['none']),
  reason: text(80),
  /** What the reason is about: the character that a printer does not have. */
  detail: text(80),
  createdAt: instant,
});

export const jobsState = z.object({
  /** Waiting, held, failed or of unknown outcome: what is not known to be printed, oldest first. */
  unprinted: z.array(jobSummary),
  /** Receipts that wait for a person's word before they print. */
  heldCount: z.int(),
  unknownCount: z.int(),
  /** Receipts that were refused, and are refused again until something is changed. */
  failedCount: z.int(),
});

export const DEVICE_KINDS = ['printer', 'scanner', 'drawer', 'scale', 'line-display'] as const;

/** Why a device is as it is: the codes of hardware/ports.ts, and two of devices that no port stands for. */
export const DEVICE_REASONS = [
  'paper-near-end',
  'no-status',
  'drawer-open',
  'paper-out',
  'cover-open',
  'cutter-error',
  'device-error',
  'offline',
  'unreachable',
  'not-answering',
  'access-denied',
  // There is no hub yet.
  'no-hub',
  // A scanner that types cannot be told from a keyboard.
  'keyboard',
] as const;
export type DeviceReason = (typeof DEVICE_REASONS)[number];

export const deviceStatus = z.object({
  deviceId: id,
  kind: z.enum([...DEVICE_KINDS, 'network', 'power']),
  /** What the device answered about itself, or where it is looked for until it did. */
  label: text(120),
  state: z.enum(['absent', 'connecting', 'ready', 'degraded', 'faulted', 'no-permission']),
  reason: z.enum([...DEVICE_REASONS, '']),
  /** Since when it is as it is. */
  since: instant,
  /** Of a drawer: `unknown` until its switch was seen to change. */
  drawer: z.enum(['open', 'closed', 'unknown']).nullable(),
  /** What a printer turned out to answer; null until it was ready once, and for other devices. */
  answers: z
    .object({
      /** How it proves that it printed: the answer of `GS ( H`, the paper status of `GS r`, or not at all. */
      proof: z.enum(['process-id', 'paper-status', 'none']),
      reportsChanges: z.boolean(),
      maker: z.string(),
      model: z.string(),
      /** Status questions (`DLE EOT` n) it leaves unanswered. */
      unanswered: z.array(z.int()),
    })
    .nullable(),
  /** How it is set up; null for what is not a person's to change here. */
  settings: deviceSettings.nullable(),
  /** The till set it up when it was plugged in. */
  bySelf: z.boolean(),
});

/** Something plugged in that is not set up. */
export const foundDevice = z.object({
  /** Unique among what is plugged in, and the same as long as it stays plugged in. */
  address: text(300),
  /** What it says of itself; may be empty. */
  name: text(120),
  kind: z.enum([...DEVICE_KINDS, 'keyboard-scanner', 'unknown']),
  /** Whether the till may open it; `unknown` where the system does not tell. */
  permission: z.enum(['granted', 'denied', 'unknown']),
  /** How it would be set up, the likeliest first; several where a person must say what it is. */
  suggestions: z.array(deviceSettings).max(8),
  /** Why it cannot be used, though it is known what it is. */
  unsupported: z.enum(['no-public-protocol', 'in-bootloader']).nullable(),
});

export const devicesState = z.object({
  devices: z.array(deviceStatus),
  found: z.array(foundDevice),
  /** The system the till runs on; what mends a device differs between them. */
  platform: z.enum(['linux', 'windows', 'macos', 'other']),
});

/** Scans of devices the till listens to itself, which no window has answered yet. */
export const scanState = z.object({
  scans: z.array(
    z.object({
      /** Sent as the `requestId` of `cart.scan`, so that two windows cannot sell one scan twice. */
      scanId: id,
      /** AIM symbology identifier first, where the device tells one. */
      code: z.string().max(8192),
      deviceId: id,
      at: instant,
    }),
  ),
});

/** One tile of the grid. */
export const tile = pricedItem.extend({
  /** The last known price is too old: the till asks for it. */
  mustAsk: z.boolean().optional(),
  /** The running drop that makes its price; absent where none does. */
  dropId: id.optional(),
  /** Sum over counted variants, or null when none is counted. */
  stock: z.int().nullable(),
  /** Pieces held for shoppers; absent for none. */
  held: z.int().optional(),
  /** What this till may still sell where its stock is divided among tills; null where it is not. */
  share: z.int().nullable(),
  variantCount: z.int(),
  /** The only variant, so that one tap sells it; null when there are several. */
  variantId: id.nullable(),
});

/** A till of the stall as this one knows it. */
const tillOfStall = z.object({
  deviceId: id,
  prefix: text(12),
  /** What people call it; may be empty. */
  name: text(80),
  isOwn: z.boolean(),
  /** When the newest of its entries that came here was written. */
  lastHeardAt: instant.nullable(),
});

/** A variant as its stock is divided among the stall's tills, or could be. Quantities are pieces, or grams. */
export const sharedStock = z.object({
  itemId: id,
  variantId: id,
  name: text(330),
  photo: item.shape.photo,
  backdrop,
  pricing,
  /** What is on the table as far as known here; null where nobody counts. */
  onHand: z.int().nullable(),
  isDivided: z.boolean(),
  /** The most that can be divided from here; null where nobody counted. */
  toDivide: z.int().nullable(),
  /** What this till can give away: its own share less what is on its docket. */
  toGive: z.int(),
  /** How much more was sold than the shares allowed: two tills sold one share. */
  oversold: z.int(),
  /** Every till of the stall, this one first. */
  tills: z.array(
    tillOfStall.extend({
      /** What it may still sell, as far as known here. */
      left: z.int(),
    }),
  ),
});

export const catalogueState = z.object({
  /** Grows with every change of the catalogue: what a screen has cached is stale when it does. */
  version: z.int(),
  itemCount: z.int(),
  categories: z.array(z.object({ name: text(80), icon: text(40), itemCount: z.int() })),
});

export const importProblem = z.object({
  /** Line in the file as an editor counts, 0 when it concerns the file. */
  line: z.int(),
  column: text(120),
  code: z.enum(IMPORT_PROBLEMS),
  message: text(400),
});
export const importPreview = z.object({
  importId: id,
  format: z.enum(['trestle', 'shopify', 'woocommerce', 'square']),
  encoding: text(20),
  rowCount: z.int(),
  itemCount: z.int(),
  variantCount: z.int(),
  createdCount: z.int(),
  updatedCount: z.int(),
  unchangedCount: z.int(),
  photoCount: z.int(),
  errorCount: z.int(),
  warningCount: z.int(),
  /** The first 200 of each; the counts are complete. */
  errors: z.array(importProblem),
  warnings: z.array(importProblem),
  /** A few items as they would become. */
  sample: z.array(item),
});
export const importState = z
  .object({
    importId: id,
    fileName: text(300),
    phase: z.enum(['receiving', 'reading', 'previewed', 'writing', 'done', 'failed', 'cancelled']),
    done: z.int(),
    total: z.int(),
    error: z.string().nullable(),
  })
  .nullable();

/** A drop as it stands on this till. */
export const dropView = drop.extend({
  phase: z.enum(['planned', 'running', 'over']),
  /** When it is over, which may be before it was planned to be. */
  overAt: instant,
  endedBy: dropEndReason.nullable(),
  /** Sold by all tills, as far as known here. */
  sold: z.int().min(0),
  /** What this till may still sell at its price; null for as many as there are. */
  left: z.int().min(0).nullable(),
});

/** What prices go by. Sent whenever any of it changes, in the same turn as the sale and the catalogue. */
export const pricesState = z.object({
  /** Grows with every change of prices. */
  epoch: z.int(),
  /** The time prices go by when this was told; countdowns go on from here. */
  now: instant,
  /** How far this machine's clock is ahead of it; anything but 0 is for a person to look at. */
  clockAheadMs: z.int(),
  nextChangeAt: instant.nullable(),
  ruleCount: z.int(),
  policy: pricePolicy,
  place: sellingPlace,
  feeds: z.array(
    z.object({ source: text(80), observedAt: instant, freshness: z.enum(['fresh', 'ageing', 'stale', 'unknown']) }),
  ),
  /** Planned, running, and over since yesterday; by their start. */
  drops: z.array(dropView),
  templates: z.array(dropTemplate),
});

/** A problem of the exchange, as `src/shared/exchange.ts` and the client's own codes name it. */
const syncError = z.object({ code: text(40), detail: text(300), at: instant });

/** A till that another one took over, until somebody hands it back. */
const takenOver = z.object({
  at: instant,
  /** Prefix and name of who took over; the name may be empty. */
  by: text(12),
  byName: text(80),
  byThis: z.boolean(),
});

/** The exchange with hub and neighbours: what went through last decides what is shown, not the network card. */
export const syncState = z.object({
  /**
   * `off`: this till has joined no hub and no neighbour. Else how the hub stands, or without one the best neighbour:
   * `refused` and `revoked` need a person, and the queue stays whatever they are.
   */
  state: z.enum(['off', 'enrolling', 'connecting', 'online', 'offline', 'refused', 'revoked']),
  /** Every server that was joined, the hub first. */
  servers: z.array(
    z.object({
      serverId: id,
      role: z.enum(['hub', 'neighbour']),
      address: text(400),
      state: z.enum(['connecting', 'online', 'offline', 'refused', 'revoked']),
      lastSuccessAt: instant.nullable(),
      nextTryAt: instant.nullable(),
      /** The last things that went wrong with it, newest first. */
      errors: z.array(syncError).max(20),
      /** Every device of the stall as this server knows it. */
      devices: z.array(deviceHead),
    }),
  ),
  /** Who took over from this till while it was away, and when; null while nobody did. */
  takenOver: takenOver.nullable(),
  /** Where tills beside this one reach it, while it serves them. */
  serving: z.array(text(400)),
  /** Whether it serves them, under which port it would, and why it cannot though it should. */
  sharing: z.object({ isOn: z.boolean(), port: z.int(), problem: z.enum(['port-taken', 'failed']).nullable() }),
  /** Entries the hub has not confirmed, and when the oldest of them was written. All of them while there is no hub. */
  queued: z.int().min(0),
  oldestQueuedAt: instant.nullable(),
  /** Orders that wait for longer than the 24 hours within which a queue clears. */
  overdueOrders: z.int().min(0),
  lastSuccessAt: instant.nullable(),
  nextTryAt: instant.nullable(),
  /** Entries of this till that a server has set aside until a person decides; newest first. */
  quarantined: z.array(
    z.object({ serverId: id, device: id, seq: z.int(), kind: text(60), cause: text(40), at: instant }),
  ),
  /** Entries kept here that no screen can show: damaged, or written by a newer till. */
  unapplied: z.array(z.object({ device: id, seq: z.int(), kind: text(60), why: text(400) })),
  /** Closed shifts that the hub has otherwise, order by order. */
  mismatches: z.array(
    z.object({
      serverId: id,
      shiftId: id,
      at: instant,
      orders: z.array(
        z.object({ orderId: id, number: text(20), fault: z.enum(['missing-there', 'missing-here', 'differs']) }),
      ),
    }),
  ),
  /** Parked carts that two tills sold, each without knowing of the other. */
  doubleSold: z.array(
    z.object({
      cartId: id,
      orders: z.array(z.object({ orderId: id, number: text(20), device: id, totalMinor: minorSum, placedAt: instant })),
    }),
  ),
});

/** Lines that took the place of others: `gone` lines from index `from` on are replaced by `put`. */
const linesChange = z.object({ from: z.int().min(0), gone: z.int().min(0), put: z.array(pricedLine).max(500) });
export type LinesChange = Frozen<z.infer<typeof linesChange>>;

/** Price tests of the stall, the newest first. What they say is `price-test.read-out`. */
export const priceTestsState = z.object({
  tests: z.array(
    z.object({
      plan: priceTestPlan,
      /** `waiting`: never begun. */
      phase: z.enum(['waiting', 'running', 'paused', 'over']),
      /** Whether a person or the closed stall keeps it from running. */
      pausedBy: z.enum(['person', 'stall']).nullable(),
      /** The block that is on. */
      block: z
        .object({
          round: z.int(),
          position: z.int(),
          arm: z.int(),
          from: instant,
          to: instant,
          countsFrom: instant,
          isCut: z.boolean(),
        })
        .nullable(),
      roundsBehind: z.int(),
      /** When its last round ends if nothing interrupts it any more. */
      plannedEnd: instant.nullable(),
      stopped: z.object({ at: instant, end: priceTestEnd }).nullable(),
      /** What spoils rounds now. */
      notes: z.array(priceTestNote),
      /** Rounds of the looks that were read out. */
      readOutRounds: z.array(z.int()),
    }),
  ),
});

/** What a person says of a price test; null for what is usual. */
const priceTestDraft = z.object({
  itemId: id,
  /** All of them at one price; null for all of the item. */
  variantIds: z.array(id).min(1).max(200).nullable(),
  name: text(120).nullable(),
  otherPricesMinor: z.array(minor).min(1).max(3),
  measure: priceTestMeasure.nullable(),
  /** In the measure per hour on sale. */
  minimumDifference: z.number().nullable(),
  blockMs: z.int().nullable(),
  washoutMs: z.int().nullable(),
  lookRounds: z.array(z.int()).min(1).max(200).nullable(),
  falseWinnerBasisPoints: z.int().nullable(),
});

const armSums = z.object({ units: z.number(), revenueMinor: z.number(), marginMinor: z.number().nullable() });

/** The counter of people who come by. */
export const footfallState = z.object({
  /** Since when somebody counts, or null. */
  countingSince: instant.nullable(),
  /** People tapped in the last hour, on all tills. */
  lastHour: z.int(),
  /** Whether anybody ever counted a second time beside the counter. */
  isCalibrated: z.boolean(),
});

const estimate = z.object({ middle: z.number(), low: z.number(), high: z.number() });
/** See `src/analysis/footfall/report.ts`. */
const footfallRow = z.object({
  from: instant,
  to: instant,
  countedMs: z.number(),
  counted: z.int(),
  visitors: estimate.nullable(),
  visitorsPerHour: estimate.nullable(),
  orders: z.int(),
  ordersWhileCounted: z.int(),
  conversion: estimate.nullable(),
  noticed: z.object({ display: z.int(), qr: z.int(), scan: z.int() }),
});

/** Something put aside for a shopper, as the till sees it. */
export const holdView = z.object({
  holdId: id,
  /** To be read out and typed: `K7M-2QX`. */
  shortCode: text(7),
  itemId: id,
  variantId: id,
  name: text(330),
  photo: item.shape.photo,
  backdrop: backdrop.nullable(),
  quantity: z.int().min(1),
  /** What was promised, per piece. */
  unitPriceMinor: minor,
  wasMinor: minor.nullable(),
  placedAt: instant,
  expiresAt: instant,
  phase: z.enum(['open', 'sold', 'released', 'expired']),
  endReason: holdEndReason.nullable(),
  /** How often its shopper was given more time. */
  timesAsked: z.int().min(0),
  /** More than once when two tills that could not hear each other both sold it. */
  timesSold: z.int().min(0),
  /** It is being sold, or lies on a cart that was set aside. */
  isOnDocket: z.boolean(),
  /** Prefix of the till that put it aside, or null for this one. */
  till: text(12).nullable(),
  /** What the shopper said of themselves, where it was said to this till and is not forgotten. */
  heldFor: z.object({ name: text(60), phone: text(30) }).nullable(),
});

const holdPolicy = z.object({
  /** Whether shoppers may hold anything while the stall is open. */
  isOn: z.boolean(),
  /** How long a hold lasts unless said. */
  minutes: z.int(),
  /** Whether a shopper may ask for more time, once. */
  mayAskMore: z.boolean().default(true),
});

/** What is held for shoppers, and what was lately; who runs out first stands first. */
export const holdsState = holdPolicy.extend({
  /** The time holds go by when this was told; countdowns go on from here. */
  now: instant,
  holds: z.array(holdView),
  /** Goods of which more is held than there is: tills that could not hear each other held the same. A person decides. */
  clashes: z.array(z.object({ variantId: id, name: text(330), held: z.int(), onHand: z.int() })),
});

/** Grows with every clip that is added, changed, removed or has arrived: what screens hold of `clips.list` is old. */
export const clipsState = z.object({ version: z.int() });
/** Grows with every playlist that is changed, opens or closes: what screens hold of `reel.playlists` is old. */
export const reelState = z.object({ version: z.int() });

/** What the till's windows and the machine's own tools hear, each topic with its whole state. */
const TILL_TOPICS = {
  session: sessionState,
  sale: saleState,
  jobs: jobsState,
  devices: devicesState,
  scan: scanState,
  catalogue: catalogueState,
  import: importState,
  sync: syncState,
  priceTests: priceTestsState,
  footfall: footfallState,
  advice: adviceState,
  prices: pricesState,
  holds: holdsState,
  shop: stallServerState,
  displays: displaysState,
  clips: clipsState,
  reel: reelState,
} as const;
/** What a display hears, and nothing else: only what a shopper may see is in it. */
const DISPLAY_TOPICS = { display: displayState } as const;

/** Topics are numbered, heard and fetched by groups. */
const TOPIC_GROUPS = { till: TILL_TOPICS, display: DISPLAY_TOPICS } as const;
export type TopicGroup = keyof typeof TOPIC_GROUPS;

export const TOPICS = { ...TILL_TOPICS, ...DISPLAY_TOPICS } as const;
export type Topic = keyof typeof TOPICS;

/** The topics a role hears; null for one that hears none. */
export function groupOf(role: ClientRole): TopicGroup | null {
  if (role === 'display') return 'display';
  return role === 'till' || role === 'service' ? 'till' : null;
}

/** The topics of a group. */
export function topicsOf(group: TopicGroup): readonly Topic[] {
  return Object.keys(TOPIC_GROUPS[group]) as Topic[];
}

export type TopicState<T extends Topic> = Frozen<z.infer<(typeof TOPICS)[T]>>;
export type SaleState = TopicState<'sale'>;

/** What an event of each topic carries: the whole state, of the sale's lines only those that changed. */
export const TOPIC_CHANGES = {
  ...TOPICS,
  sale: saleState.extend({ cart: pricedCart.extend({ lines: linesChange }) }),
} as const;
export type TopicChange<T extends Topic> = Frozen<z.infer<(typeof TOPIC_CHANGES)[T]>>;

const wholeState = z.object({ seq: z.int(), ...TILL_TOPICS });
const wholeDisplay = z.object({ seq: z.int(), ...DISPLAY_TOPICS });
/** Every topic of a group as of its last event. */
export interface WholeStates {
  readonly till: Frozen<z.infer<typeof wholeState>>;
  readonly display: Frozen<z.infer<typeof wholeDisplay>>;
}

/** A day on the label that has come or gone: the cashier must see it, and decides. */
const dateWarning = z.object({
  date: z.enum(['use-by', 'sell-by', 'best-before']),
  on: z.iso.date(),
  isPast: z.boolean(),
});

/** What a scan turned out to be. */
export const scanOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('line'), lineId: id, name: text(330), dateWarning: dateWarning.nullable() }),
  /** A weighed item without a weight in its label: the till asks for grams. */
  z.object({
    kind: z.literal('weight-needed'),
    variantId: id,
    name: text(330),
    dateWarning: dateWarning.nullable(),
  }),
  /** Its last known price is too old: the till asks for it. */
  z.object({
    kind: z.literal('price-needed'),
    variantId: id,
    name: text(330),
    lastMinor: minor,
    quantity: quantity.nullable(),
  }),
  /** The code of one of our receipts. */
  z.object({ kind: z.literal('order'), orderId: id }),
]);

/** What the till's scale says, or why it says nothing. */
export const weighing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('weight'), weightGrams: z.int().min(0) }),
  z.object({
    kind: z.literal('none'),
    reason: z.enum(['no-scale', 'unstable', 'overload', 'negative', 'device-error', 'not-answering', 'disconnected']),
  }),
]);

/** An item as it was typed; the core checks and tidies it. */
const typedItem = z.object({
  /** Null for a new one. */
  itemId: id.nullable(),
  name: text(1000),
  category: text(1000),
  description: text(8000),
  /** SHA-256 of a photo the till has, see `catalogue.add-photo`. */
  photo: item.shape.photo,
  /** What stands behind the photo; null for the colours of its category. */
  backdrop: backdrop.nullable(),
  variants: z
    .array(
      z.object({
        /** Null for a new one. A variant that is missing is taken off. */
        variantId: id.nullable(),
        name: text(1000),
        receiptName: text(1000),
        sku: text(1000),
        barcodes: z.array(text(1000)).max(100),
        pricing,
        priceMinor: z.number(),
        costMinor: z.number().nullable(),
        taxRateId: text(40),
        /** Pieces or grams that were counted; null for not counted, absent where nobody counted anew. */
        stock: z.number().nullable().optional(),
      }),
    )
    .max(300),
});

/** A rule as a person wrote it; the core checks and tidies it, and counts its versions. */
const typedRule = priceRule
  .omit({ ruleId: true, version: true, origin: true, originId: true, arm: true, setId: true, setVersion: true })
  .extend({ ruleId: id.nullable() });

/** Rows of a feed in one call. */
export const FEED_ROWS = 250;

const priceLogKind = z.enum(['price', 'rule', 'policy', 'drop', 'discount', 'typed', 'void', 'sale', 'clock']);
const priceLogFilter = z.object({
  /** UTC instants: from the one on, and before the other. */
  from: instant.nullable(),
  until: instant.nullable(),
  kinds: z.array(priceLogKind).max(20),
  staffId: id.nullable(),
});
/** Why a price changed, where the till and no person says so: screens have words for it in their language. */
const priceLogReason = z.discriminatedUnion('code', [
  z.object({ code: priceCause.shape.kind }),
  z.object({
    code: z.enum(['off', 'removed', 'accepted', 'adjusted', 'ignored', 'taken-back', 'sold-out', 'by-hand']),
  }),
  z.object({ code: z.enum(['fallback', 'cap', 'floor', 'grace', 'clock']) }),
  /** A rule or an offer by its name, and one of which too few were left. */
  z.object({ code: z.enum(['named', 'spent']), name: text(400) }),
  z.object({ code: z.literal('signed-set'), version: z.int() }),
  z.object({ code: z.literal('window'), from: instant, until: instant }),
]);
const priceLogRow = z.object({
  /** Hybrid instant of the entry: where to go on from. */
  cursor: text(100),
  at: instant,
  device: id,
  seq: z.int(),
  kind: priceLogKind,
  staffId: id.nullable(),
  staffName: text(80),
  /** What it is about: a variant, a rule, an order. */
  subject: text(400),
  variantId: id.nullable(),
  /** Rules with their version, `id@version`. */
  rules: z.array(text(100)),
  beforeMinor: minorSum.nullable(),
  afterMinor: minorSum.nullable(),
  /** Why, in a word meant for a file or in somebody's own. */
  why: text(400),
  /** The same for a screen; absent where `why` is somebody's own words. */
  reasons: z.array(priceLogReason).optional(),
  /** So many more changed with it that are not named. */
  more: z.int().optional(),
});
/** How restless prices were, as somebody who insures the stall reads it. */
const priceVolatility = z.object({
  changes: z.int(),
  variants: z.int(),
  /** Mean and greatest size of a change, in basis points of the price before. */
  meanBasisPoints: z.int(),
  mostBasisPoints: z.int(),
  /** Given by hand: how often, and what it came to. */
  discounts: z.int(),
  discountedMinor: minorSum,
  typedPrices: z.int(),
  voids: z.int(),
});

const orderPlaced = z.object({ orderId: id.nullable(), number: text(20).nullable(), changeMinor: minorSum });

export const CALLS = {
  'state.get': query(nothing, wholeState, 'none'),
  /** What a display begins with. */
  'display.get': forDisplays(query(nothing, wholeDisplay, 'none')),
  /** What the stall sells, to look through; of one category, or of all, or what a text finds. */
  'display.goods': forEverybody(
    query(
      z.object({
        category: text(80).nullable(),
        text: text(80).optional(),
        offset: z.int().min(0).max(1_000_000),
        limit: z.int().min(1).max(100),
      }),
      z.object({ version: z.int(), total: z.int(), items: z.array(shownItem) }),
      'none',
    ),
  ),
  /** Price, reasons, stock and offers of an item, by its id or by the code of a label; null where nothing goes by it. */
  'display.look': forEverybody(
    query(
      z.union([z.object({ itemId: id }), z.object({ code: z.string().max(8192) })]),
      checkedItem.nullable(),
      'none',
    ),
  ),
  /** Whether and on which screen the display has a window of its own. */
  'display.set-window': command(
    z.object({ mode: z.enum(DISPLAY_WINDOW_MODES), screenId: text(40).nullable() }),
    nothing,
    'operator',
  ),
  /** Gives one of the till's own scanners to the shoppers, or takes it back. */
  'display.set-scanner': command(z.object({ deviceId: id.nullable() }), nothing, 'operator'),
  /** A code with which one browser becomes a display; `link` and `address` are null while none is served. */
  'display.new-code': command(
    nothing,
    z.object({ code: text(40), expiresAt: instant, address: text(400).nullable(), link: text(400).nullable() }),
    'operator',
  ),
  'display.rename': command(z.object({ displayId: id, name: text(80) }), nothing, 'operator'),
  /** Takes back what a browser was given: it shows nothing of the stall any more. */
  'display.unpair': command(z.object({ displayId: id }), nothing, 'operator'),
  /** Exchanges a code for a token of this display's own; null when the code is not good. */
  'display.pair': forDisplays(
    command(
      z.object({ code: text(40), name: text(80) }),
      z.object({ displayId: id, token: text(200) }).nullable(),
      'none',
    ),
  ),
  /** Whose token this is; null when it is nobody's any more. Asked when a display comes, and while it stays. */
  'display.enter': forDisplays(query(z.object({ token: text(200) }), z.object({ displayId: id }).nullable(), 'none')),
  /** Somebody touched the display, or held something up to it. */
  'display.noticed': forDisplays(command(z.object({ how: z.enum(['touch', 'scan']) }), nothing, 'none')),

  'staff.sign-on': command(z.object({ staffId: id, pin: text(12) }), nothing, 'none'),
  'staff.sign-off': command(nothing, nothing),
  'staff.add': command(
    z.object({ name: text(400), role: staffRole, pin: newPin }),
    z.object({ staffId: id }),
    'operator',
  ),
  /** A PIN of null stays as it is. */
  'staff.change': command(
    z.object({ staffId: id, name: text(400), role: staffRole, pin: newPin.nullable() }),
    nothing,
    'operator',
  ),
  'staff.remove': command(z.object({ staffId: id }), nothing, 'operator'),

  /** Sets up the stall of a new data folder: the demo stall, or one's own, whose operator is signed on at once. */
  'stall.set-up': command(
    z.discriminatedUnion('stall', [
      z.object({ stall: z.literal('demo') }),
      ownStall.extend({ stall: z.literal('own') }),
    ]),
    nothing,
    'none',
  ),
  'stall.change': command(stallWords, nothing, 'operator'),
  /** The layouts of labels with a weight or a price inside, all of them. */
  'stall.set-label-rules': command(stall.pick({ labelRules: true }), nothing, 'operator'),
  /** A photo of `catalogue.add-photo` as it would stand on paper: its shades spread over the dots, or black where it is dark. */
  'stall.draw-logo': query(
    z.object({ photo: z.string(), tones: z.enum(['shades', 'black']) }),
    z.object({ logo: logoImage }),
    'operator',
  ),
  /** Puts a logo at the top of every paper from now on; null takes it away. */
  'stall.set-logo': command(z.object({ logo: logoImage.nullable() }), nothing, 'operator'),

  'settings.set-theme': command(z.object({ theme: z.enum(THEMES) }), nothing, 'none'),
  'settings.set-language': command(z.object({ language: z.enum(LANGUAGES) }), nothing, 'none'),
  'notice.dismiss': command(z.object({ noticeId: id }), nothing),

  'shift.open': command(z.object({ floatMinor: z.int().min(0) }), z.object({ shiftId: id })),
  'shift.close': command(
    z.object({ countedMinor: z.int().min(0), reason: text(200) }),
    z.object({ shiftId: id, differenceMinor: minorSum }),
  ),
  'shift.report': query(z.object({ shiftId: id }), receiptDocument),
  'shift.print-report': command(z.object({ shiftId: id }), z.object({ jobId: id })),

  'catalogue.items': query(
    z.object({ category: text(80).nullable(), offset: z.int().min(0), limit: z.int().min(1).max(500) }),
    z.object({ version: z.int(), total: z.int(), tiles: z.array(tile) }),
  ),
  'catalogue.search': query(
    z.object({ text: text(200), limit: z.int().min(1).max(100) }),
    z.object({ tiles: z.array(tile) }),
  ),
  'catalogue.item': query(z.object({ itemId: id }), item),
  /** Barcode to item, without touching the cart. */
  'catalogue.lookup': query(
    z.object({ code: z.string().max(8192) }),
    z.object({ item, variantId: id, quantity: quantity.nullable(), amountMinor: minor.nullable() }).nullable(),
  ),

  'catalogue.put-item': command(typedItem, z.object({ itemId: id }), 'operator'),
  'catalogue.remove-item': command(z.object({ itemId: id }), nothing, 'operator'),
  /** Keeps a photo, reduced, for `catalogue.put-item`. JPEG, PNG, WebP, AVIF, GIF or SVG, at most 12 MB. */
  'catalogue.add-photo': command(
    z.object({ base64: z.string().max(16_800_000) }),
    z.object({ photo: z.string(), backdrop: backdrop.nullable() }),
    'operator',
  ),

  /** How the stock of an item's variants is divided among the tills, or with null of everything that is divided. */
  'stock.shared': query(z.object({ itemId: id.nullable() }), z.object({ variants: z.array(sharedStock).max(500) })),
  /** Divides the stock of a variant anew; an empty list ends the division. */
  'stock.share': command(
    z.object({
      itemId: id,
      variantId: id,
      shares: z.array(z.object({ deviceId: id, quantity: z.int().min(0) })).max(100),
    }),
    nothing,
    'operator',
  ),
  /** Gives part of this till's share to another till. */
  'stock.give': command(z.object({ itemId: id, variantId: id, toDevice: id, quantity: z.int().min(1) }), nothing),

  'cart.scan': command(z.object({ code: z.string().max(8192) }), scanOutcome),
  /** `priceMinor` is a price typed by hand, per piece or kilogram; a variant whose price is too old is not sold without. */
  'cart.add': command(
    z.object({ variantId: id, quantity: quantity.optional(), priceMinor: minorPositive.optional() }),
    z.object({ lineId: id }),
  ),
  /** What of an item a shopper can hold now; `available` is null where nobody counts. */
  'hold.offer': forShoppers(
    query(
      z.object({ itemId: id }),
      z.object({
        isOn: z.boolean(),
        minutes: z.int(),
        mostPieces: z.int(),
        variants: z.array(
          z.object({
            variantId: id,
            name: text(330),
            priceMinor: minor,
            wasMinor: minor.nullable(),
            available: z.int().min(0).nullable(),
          }),
        ),
      }),
    ),
  ),
  /**
   * Puts goods aside at the price of now. `holder` is a random reference to the phone, minted by whoever serves its page, or
   * null for the till itself. What a person says of themselves needs `consent`, the words they agreed to.
   */
  'hold.place': forShoppers(
    command(
      z.object({
        variantId: id,
        quantity,
        /** Null for as long as the stall usually holds. */
        minutes: z.int().nullable().default(null),
        holder: id.nullable(),
        person: z.object({ name: text(200), phone: text(100), consent: text(1000) }).nullable(),
      }),
      z.object({ holdId: id, pageKey: id }),
    ),
  ),
  /**
   * A hold, for whoever knows the key of its page, which is told once, to who asked for the hold: never whose it is. `code` is the
   * text of its QR code, while it can be sold and this till made it; `moreMinutes` what its shopper may still ask for, or null.
   */
  'hold.look': forShoppers(
    query(
      z.object({ pageKey: id }),
      holdView
        .omit({ heldFor: true })
        .extend({ now: instant, code: text(600).nullable(), moreMinutes: z.int().nullable() })
        .nullable(),
    ),
  ),
  /** The shopper asks the till that made it for more time. Its code stays good, and says when it ends now. */
  'hold.more': forShoppers(command(z.object({ pageKey: id }), z.object({ expiresAt: instant }))),
  /** The shopper gives it up, and what they said of themselves is forgotten. */
  'hold.give-up': forShoppers(command(z.object({ pageKey: id }), nothing)),
  /** A receipt, for whoever knows its address; null for any other. */
  'receipt.look': forShoppers(query(z.object({ name: text(64) }), webReceipt.nullable())),
  'hold.release': command(
    z.object({ holdId: id, reason: holdEndReason.extract(['by-till', 'given-to-another']) }),
    nothing,
  ),
  'hold.extend': command(z.object({ holdId: id, minutes: z.int() }), z.object({ expiresAt: instant })),
  /** Brings it to the docket at the promised price, as scanning its code does. */
  'hold.take': command(z.object({ holdId: id }), z.object({ lineId: id })),
  /** Forgets what its shopper said of themselves; the hold stays. */
  'hold.forget': command(z.object({ holdId: id }), nothing),
  'hold.set-policy': command(holdPolicy, nothing, 'operator'),

  /** Says whom the prices of this sale are for. */
  'cart.set-audience': command(z.object({ audience: z.enum(['everyone', 'trade', 'repeat']) }), nothing),
  'cart.add-amount': command(
    z.object({ name: text(120), amountMinor: minorPositive, taxRateId: text(40) }),
    z.object({ lineId: id }),
  ),
  'cart.mark-line': command(z.object({ lineId: id }), nothing),
  'cart.set-quantity': command(z.object({ lineId: id, quantity: z.int().min(0).max(999_999) }), nothing),
  'cart.remove-line': command(z.object({ lineId: id }), nothing),
  'cart.discount-line': command(z.object({ lineId: id, discount: discount.nullable() }), nothing),
  'cart.discount': command(z.object({ discount: discount.nullable() }), nothing),
  'cart.note-line': command(z.object({ lineId: id, note: text(200) }), nothing),
  'cart.note': command(z.object({ note: text(200) }), nothing),
  'cart.void': command(z.object({ reason: text(200) }), nothing),
  'cart.park': command(z.object({ label: text(80) }), z.object({ parkedCartId: id })),
  'cart.unpark': command(z.object({ parkedCartId: id }), nothing),
  'cart.discard-parked': command(z.object({ parkedCartId: id }), nothing),

  'payment.open': command(nothing, nothing),
  'payment.cancel': command(nothing, nothing),
  /** Cash handed over. Opens the payment when it is not open, so that a quick-tender key is one tap. */
  'payment.cash': command(z.object({ givenMinor: minorPositive }), orderPlaced),
  'payment.remove-cash': command(z.object({ tenderId: id }), nothing),
  'payment.card-start': command(
    z.object({ amountMinor: minorPositive, provider: text(40) }),
    z.object({ tenderId: id }),
  ),
  'payment.card-settle': command(
    z.object({ tenderId: id, outcome: z.enum(['approved', 'declined', 'unknown']), reference: text(80) }),
    orderPlaced,
  ),
  /** Says how a card payment ended whose sale is gone. No order is placed: nobody knows any more what it was for. */
  'payment.settle-stray': command(
    z.object({ tenderId: id, outcome: z.enum(['approved', 'declined', 'unknown']), reference: text(80) }),
    nothing,
  ),
  /** Places an order whose total is nothing, after discounts. */
  'payment.finish-free': command(nothing, orderPlaced),
  /** Leaves the done screen; the next scan does the same by itself. */
  'sale.next': command(nothing, nothing),

  /** What the variants of an item cost now. */
  'prices.of': query(
    z.object({ itemId: id }),
    z.object({
      variants: z.array(
        z.object({
          variantId: id,
          priceMinor: minor,
          wasMinor: minor.nullable(),
          mustAsk: z.boolean(),
          /** Under what price no rule goes, or null. */
          floorMinor: minor.nullable(),
          trace: priceTrace,
        }),
      ),
    }),
  ),
  'prices.rules': query(
    nothing,
    z.object({
      rules: z.array(
        z.object({
          rule: priceRule,
          isOn: z.boolean(),
          /** When it begins or ends next, or null. */
          nextChangeAt: instant.nullable(),
        }),
      ),
      sets: z.array(
        z.object({
          setId: id,
          version: z.int(),
          name: text(80),
          ruleCount: z.int(),
          signedBy: text(200),
          isOurs: z.boolean(),
        }),
      ),
    }),
    'operator',
  ),
  /** Writes a rule; one without id is new. */
  'prices.put-rule': command(typedRule, z.object({ ruleId: id, version: z.int() }), 'operator'),
  'prices.remove-rule': command(z.object({ ruleId: id }), nothing, 'operator'),
  'prices.set-policy': command(z.object({ policy: pricePolicy }), nothing, 'operator'),
  /** Says where this till sells, for rules about places. */
  'prices.set-place': command(z.object({ place: sellingPlace }), nothing, 'operator'),
  /** What a rule would change: prices of goods, and what the last hundred sales would have come to. Changes nothing. */
  'prices.preview': query(
    z.object({ rule: typedRule }),
    z.object({
      /** The instant it is worked out for: now, or when the rule begins next; null when it never does. */
      at: instant.nullable(),
      goodsCount: z.int(),
      changedCount: z.int(),
      /** The first of them. */
      goods: z.array(
        z.object({
          variantId: id,
          name: text(330),
          beforeMinor: minor,
          afterMinor: minor,
          costMinor: minor.nullable(),
          stoppedBy: z.enum(['floor', 'cap']).nullable(),
        }),
      ),
      /** Other rules about the same goods, and which of the two is looked at first. */
      others: z.array(z.object({ ruleId: id, name: text(80), isFirst: z.boolean() })),
      carts: z.object({
        count: z.int(),
        changedCount: z.int(),
        beforeMinor: minorSum,
        afterMinor: minorSum,
      }),
    }),
    'operator',
  ),
  /** Which rules are on when, over the next two weeks. */
  'prices.calendar': query(
    nothing,
    z.object({
      from: instant,
      until: instant,
      rules: z.array(
        z.object({
          ruleId: id,
          name: text(80),
          origin: z.enum(['rule', 'drop', 'test', 'advice']),
          /** Null for no beginning or no end within. */
          windows: z.array(z.object({ from: instant.nullable(), until: instant.nullable() })),
        }),
      ),
    }),
    'operator',
  ),
  /** Every change of a price and everything taken off one, newest first. */
  'prices.log': query(
    priceLogFilter.extend({ limit: z.int().min(1).max(500), before: text(100).nullable() }),
    z.object({ rows: z.array(priceLogRow), more: z.boolean(), volatility: priceVolatility }),
    'operator',
  ),
  'prices.export-log': query(
    priceLogFilter.extend({ format: z.enum(['csv', 'json']) }),
    z.object({ fileName: text(120), text: z.string() }),
    'operator',
  ),
  /**
   * Prices and stock that a feed said, each for a SKU, a barcode or a variant's id. A long feed comes in several calls, so that
   * the till sells between them.
   */
  'prices.observe': command(
    z.object({
      source: text(80).min(1),
      observedAt: instant,
      rows: z
        .array(z.object({ code: text(120).min(1), priceMinor: z.number().nullable(), stock: z.number().nullable() }))
        .min(1)
        .max(FEED_ROWS),
    }),
    z.object({ taken: z.int(), refused: z.array(z.object({ row: z.int(), code: text(120), why: text(200) })) }),
    'operator',
  ),
  /** This stall's own rules as a signed file. */
  'prices.export-rules': command(
    z.object({ name: text(80) }),
    z.object({ fileName: text(120), text: z.string(), version: z.int(), ruleCount: z.int() }),
    'operator',
  ),
  /** Takes in a signed rule set. One with a bad signature or an older version is refused, and the last good one stays. */
  'prices.take-in-rules': command(
    z.object({ text: z.string().max(20_000_000) }),
    z.object({ setId: id, version: z.int(), ruleCount: z.int() }),
    'operator',
  ),
  /** The wall clock is right: prices go by it from now on. */
  'prices.accept-clock': command(nothing, nothing, 'operator'),

  'drop.schedule': command(
    z.object({
      name: text(400),
      what: selector,
      effect: priceRule.shape.effect,
      /** Null for now. */
      startsAt: instant.nullable(),
      minutes: z.number(),
      unitCap: z.number().nullable(),
      /** How the cap is divided among tills; null for evenly among all there are. */
      shares: drop.shape.shares.nullable(),
      /** The advice it follows, which it answers. */
      adviceId: id.optional(),
      /** Null for five minutes. */
      graceMs: z.number().nullable(),
    }),
    z.object({ dropId: id }),
    'operator',
  ),
  'drop.end': command(z.object({ dropId: id }), nothing, 'operator'),
  /** Gives another till part of what this one may still sell of a drop. */
  'drop.give': command(z.object({ dropId: id, toDevice: id, quantity: z.int().min(1) }), nothing),
  /** Every drop there was, newest first, with what came of it. */
  'drop.list': query(
    nothing,
    z.object({
      drops: z.array(
        dropView.extend({
          summary: z.object({ units: z.int(), orders: z.int(), revenueMinor: minorSum, savedMinor: minorSum }),
        }),
      ),
    }),
    'operator',
  ),
  'drop.put-template': command(
    dropTemplate.omit({ templateId: true }).extend({ templateId: id.nullable() }),
    z.object({ templateId: id }),
    'operator',
  ),
  'drop.remove-template': command(z.object({ templateId: id }), nothing, 'operator'),

  /** The clips of the stall, the first added first. A till plays them from `clipAddress`. */
  'clips.list': query(nothing, z.object({ clips: z.array(clipView) })),
  /** Begins to take in the file of a clip; a newer one ends an older one. At most 64 MB. */
  'clips.open': command(z.object({ totalBytes: z.int().min(0) }), z.object({ uploadId: id }), 'operator'),
  /** The file in order, in slices of at most 1 MiB. */
  'clips.append': command(
    z.object({ uploadId: id, offset: z.int().min(0), base64: z.string().max(1_500_000) }),
    z.object({ receivedBytes: z.int() }),
    'operator',
  ),
  /** Checks the whole file and makes a clip of it. The poster is a photo of `catalogue.add-photo`. */
  'clips.keep': command(
    z.object({ uploadId: id, poster: contentHash.nullable(), caption: clipCaption, itemId: id.nullable() }),
    z.object({ clip: contentHash }),
    'operator',
  ),
  'clips.cancel': command(z.object({ uploadId: id }), nothing, 'operator'),
  'clips.change': command(
    z.object({ clip: contentHash, caption: clipCaption, itemId: id.nullable() }),
    nothing,
    'operator',
  ),
  'clips.remove': command(z.object({ clip: contentHash }), nothing, 'operator'),
  /** The playlists of the reel, the first made first, and what each of their cards shows now. */
  'reel.playlists': query(
    nothing,
    z.object({
      playlists: z.array(
        z.object({
          playlist,
          isOpen: z.boolean(),
          cards: z.array(
            z.object({
              cardId: id,
              /** Why the reel leaves it out. */
              state: z.enum(['shown', 'sold-out', 'gone', 'no-drop', 'no-address']),
              /** What it would show; several where goods in drops are meant. */
              shown: z.array(shownCard),
              weight: z.number(),
              /** What the weight comes from: orders and look-ups of a fortnight. */
              sold: z.int(),
              looked: z.int(),
            }),
          ),
        }),
      ),
    }),
    'operator',
  ),
  /** Writes a playlist whole, a new one too: the ids of it and of its cards are the screen's. */
  'reel.put-playlist': command(z.object({ playlist }), nothing, 'operator'),
  'reel.remove-playlist': command(z.object({ playlistId: id }), nothing, 'operator'),

  /** The labels that hang, those first that say another price than the one of now. */
  'label.list': query(
    nothing,
    z.object({
      labels: z.array(
        z.object({
          itemId: id,
          variantId: id,
          name: text(330),
          saysMinor: minor,
          nowMinor: minor,
          printedAt: instant,
        }),
      ),
    }),
  ),
  /** Prints shelf labels at the prices of now. A QR code leads phones to the item while the stall serves its pages. */
  'label.print': command(z.object({ labels: labelsWanted.max(120), code: labelCode }), z.object({ jobId: id })),
  /**
   * Makes A4 sheets of labels as a PDF file, which is there to be fetched in parts until the next is made. Whoever saves it
   * prints it: its labels count as printed. Goods without a price of today are left out where they were not named.
   */
  'label.sheet': command(
    z.object({
      sheet: labelSheetId,
      /** The first place used on the first sheet, from 1. */
      startAt: z.int().min(1).max(100),
      which: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('chosen'), labels: labelsWanted.max(MOST_SHEET_LABELS) }),
        /** Those whose price is another since they were printed. */
        z.object({ kind: z.literal('old') }),
        z.object({ kind: z.literal('goods'), category: text(80).nullable() }),
      ]),
      code: labelCode,
    }),
    z.object({ sheetId: id, byteCount: z.int(), labelCount: z.int(), pageCount: z.int() }),
  ),
  'label.sheet-part': query(
    z.object({ sheetId: id, offset: z.int().min(0) }),
    z.object({ base64: z.string(), more: z.boolean() }),
  ),
  /** Says that the labels of these hang no more. */
  'label.take-down': command(z.object({ variantIds: z.array(id).min(1).max(500) }), nothing),

  'order.list': query(
    z.object({ text: text(80), beforeSequence: z.int().nullable(), limit: z.int().min(1).max(200) }),
    z.object({ orders: z.array(orderSummary.extend({ sequence: z.int() })), more: z.boolean() }),
  ),
  'order.get': query(
    z.object({ orderId: id }),
    z.object({
      order,
      summary: orderSummary,
      copies: z.int(),
      receipt: receiptDocument,
      jobs: z.array(jobSummary),
      /** How its resilience flag came to be what it is, oldest first; the first decides. */
      flags: z.array(
        z.object({
          flag: resilienceFlag,
          cause: z.enum(['hub-acknowledged', 'receipt-printed', 'receipt-shown', 'receipt-sent']),
          at: instant,
        }),
      ),
    }),
  ),
  'order.find': query(z.object({ code: z.string().max(8192) }), z.object({ orderId: id }).nullable()),
  /** Prints the receipt of an order that has none yet, or a COPY. */
  'order.print': command(z.object({ orderId: id }), z.object({ jobId: id, copy: z.int() })),
  /**
   * Prints why things cost what they cost, marked COPY: every line of an order, or without one of the open sale; with a line's id
   * that line alone.
   */
  'order.print-prices': command(z.object({ orderId: id.nullable(), lineId: id.nullable() }), z.object({ jobId: id })),
  /** Somebody says that the shopper saw the receipt on a screen: a confirmation like the printed one. */
  'order.confirm-shown': command(z.object({ orderId: id }), nothing),

  'job.get': query(z.object({ jobId: id }), jobSummary),
  'job.print': command(z.object({ jobIds: z.array(id).min(1).max(500) }), nothing),
  'job.discard': command(z.object({ jobIds: z.array(id).min(1).max(500) }), nothing),

  /** Opens the drawer without a sale. The reason is journalled; a `no-sale` must say more in its note. */
  'drawer.open': command(
    z
      .object({ reason: drawerReason.exclude(['tender']), note: text(200) })
      .refine(({ reason, note }) => reason !== 'no-sale' || note.trim() !== '', 'Say why the drawer is opened.'),
    z.object({ jobId: id }),
  ),
  /** What lies on the scale now. Asked again and again while somebody weighs. */
  'scale.weigh': query(nothing, weighing),
  /** Sets up a device, or changes the one with this id. */
  'device.configure': command(
    z.object({ deviceId: id.nullable(), settings: deviceSettings }),
    z.object({ deviceId: id }),
    'operator',
  ),
  /** Every model, profile and protocol that a device may be set up as. */
  'device.models': query(
    nothing,
    z.object({ models: z.array(z.object({ kind: z.enum(DEVICE_KINDS), model: text(40), name: text(80) })) }),
  ),
  'device.remove': command(z.object({ deviceId: id }), nothing, 'operator'),
  /** Lets the device do its one thing: print a page, beep, show a greeting. `jobId` is a printer's. */
  'device.test': command(z.object({ deviceId: id }), z.object({ jobId: id.nullable() })),
  /**
   * One step of calibrating the drawer on a printer, whose state is unknown until then: with the drawer shut, then with
   * it open. What is found is kept.
   */
  'device.sample-drawer': command(
    z.object({ deviceId: id, drawer: z.enum(['closed', 'open']) }),
    z.object({ finding: z.enum(['now-open', 'wired', 'not-wired', 'not-answering', 'unsteady']) }),
    'operator',
  ),
  /** Looks at what is plugged in; what is found is told in the `devices` topic. Asked again and again while somebody waits for a device. */
  'device.look': query(nothing, nothing, 'none'),
  /** Everything that helps somebody else to see what is wrong, as the text of a JSON file. No personal data. */
  'device.report': query(nothing, z.object({ fileName: text(120), text: z.string() }), 'none'),
  /** The next label that one of the till's own scanners reads, which is then sold by nobody; null when none came in time. */
  'scan.next': query(
    z.object({ withinMs: z.int().min(1).max(60_000) }),
    z.object({ scan: scanState.shape.scans.element.omit({ scanId: true }).nullable() }),
  ),
  /** Says that a scan of the `scan` topic is dealt with other than by `cart.scan`; one not accepted is signalled at its scanner. */
  'scan.settle': command(z.object({ scanId: id, accepted: z.boolean() }), nothing, 'none'),

  /**
   * Joins the stall of a one-time code at a hub or a neighbour. Anybody may in a new data folder, which becomes a till of that
   * stall; later it needs an operator.
   */
  'sync.enrol': command(
    z.object({ address: text(400), code: text(40), name: text(80) }),
    z.object({ stallId: id, prefix: text(12) }),
    'none',
  ),
  /** Stops exchanging with a server. What waits for it stays and goes to the next one. */
  'sync.leave': command(z.object({ serverId: id }), nothing, 'operator'),
  /** Tries now, whatever pause was left. Answers when it is done, however it ended: the topic tells. */
  'sync.now': command(nothing, nothing, 'none'),
  /** Serves shoppers' phones and displays on the stall's network, or no more; the topic tells whether it is up. */
  'shop.serve': command(stallServing, nothing, 'operator'),
  'shop.front': forEverybody(query(nothing, stallFront, 'none')),
  /** So many people came by a code since the last time. */
  'shop.came': forEverybody(command(z.object({ people: z.int().min(1).max(1_000) }), nothing, 'none')),

  /** Lets other tills of the stall connect here, or no more. `port-taken` where another program has the port. */
  'sync.serve': command(
    z.object({ isOn: z.boolean(), port: z.int().min(1024).max(65_535) }),
    z.object({ addresses: z.array(text(400)) }),
    'operator',
  ),
  /**
   * Exchanges with another till of the stall as well. Two tills that know each other from the hub need no code; with one, a
   * till that is not known yet joins by it.
   */
  'sync.meet': command(
    z.object({ address: text(400), code: text(40).nullable(), name: text(80) }),
    nothing,
    'operator',
  ),
  /** A code with which one more device joins this stall: at the hub, or with `here` at this till. */
  'sync.new-code': command(
    z.object({ name: text(80), here: z.boolean().default(false) }),
    z.object({ code: text(40), expiresAt: instant, link: text(400), address: text(400) }),
    'operator',
  ),
  /** Sticks that are in and can be written to. */
  'sync.sticks': query(
    nothing,
    z.object({ sticks: z.array(z.object({ path: text(400), name: text(120), freeBytes: z.number() })) }),
    'operator',
  ),
  /**
   * Puts what waits for the hub on a stick, encrypted to it, after taking the hub's answer to an earlier one from there.
   * `acknowledged`: how many devices' entries the answer confirmed.
   */
  'sync.carry': command(
    z.object({ path: text(400) }),
    z.object({ fileName: text(120), entries: z.int(), acknowledged: z.int() }),
    'operator',
  ),
  /** The exchange as a person far away needs it, as the text of a JSON file. No personal data, no keys. */
  'sync.report': query(nothing, z.object({ fileName: text(120), text: z.string() }), 'none'),

  /** The advisor learns from what was sold since, and offers what is new; the `advice` topic has it. The wishes are kept. */
  'advice.refresh': command(adviceWishes, z.object({ offered: z.int() }), 'operator'),
  /** Takes advice as it is or adjusted, by which it becomes a price rule, or leaves it. */
  'advice.answer': command(
    z.object({ adviceId: id, answer: adviceAnswer, adjustment: adjustment.optional() }),
    z.object({ ruleId: id.nullable() }),
    'operator',
  ),
  /** What often goes with goods, beyond what chance explains, the likeliest first. */
  'advice.goes-with': query(
    z.object({ variantId: id, most: z.int().min(1).max(5) }),
    z.object({ goods: z.array(goesWith) }),
    'none',
  ),
  /** How many people (or, where nobody counted them, sales) to expect in a stretch of time; null where too little is known. */
  'advice.footfall': query(
    z.object({ from: instant, to: instant }),
    z.object({
      basis: z.enum(['people', 'sales']),
      /** Days that were counted. */
      days: z.int(),
      expected: z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
    }),
    'operator',
  ),
  /**
   * Takes an answer back. Before anything was sold by it, it is as if it had not been given; afterwards its price ends and the
   * answer stands.
   */
  'advice.take-back': command(z.object({ adviceId: id }), nothing, 'operator'),

  /** What a price test would be with what was said so far, and what it could find. Nothing is kept. */
  'price-test.propose': query(
    priceTestDraft,
    z.object({
      plan: priceTestPlan,
      /** Time on sale until its last look, and until its first. */
      plannedMs: z.int(),
      firstLookMs: z.int(),
      /** What is usually sold in an hour; null where nothing was lately. */
      unitsPerHour: z.number().nullable(),
      /** The difference per hour in the measure that it finds four times out of five; null where nobody can tell. */
      detectable: z.number().nullable(),
    }),
    'operator',
  ),
  'price-test.register': command(
    priceTestDraft.extend({ startNow: z.boolean() }),
    z.object({ testId: id }),
    'operator',
  ),
  'price-test.switch': command(z.object({ testId: id, isOn: z.boolean() }), nothing, 'operator'),
  /** Notes something that spoils rounds from now on; with its id, that it goes on or is over. Whoever sells sees the rain. */
  'price-test.note': command(
    z.object({
      testId: id,
      noteId: id.nullable(),
      kind: priceTestNoteKind.extract(['rain', 'other']),
      text: text(200),
      isOver: z.boolean(),
    }),
    z.object({ noteId: id }),
  ),
  'price-test.stop': command(z.object({ testId: id }), nothing, 'operator'),
  /** Makes the price of an arm of a test that is over the price in the catalogue; the first arm is the price before it. */
  'price-test.use': command(z.object({ testId: id, arm: z.int().min(0) }), nothing, 'operator'),
  'price-test.read-out': query(
    z.object({ testId: id }),
    z.object({
      readOut: priceTestReadOut,
      rounds: z.array(
        z.object({
          round: z.int(),
          from: instant,
          to: instant,
          spoiltBy: z.array(z.enum(['stock-out', 'drop', 'rain', 'clock-jump', 'other', 'closed'])),
          arms: z.array(armSums.nullable()),
          strays: z.int(),
        }),
      ),
      notes: z.array(priceTestNote),
    }),
    'operator',
  ),

  /** Somebody begins to count people who come by, or ends. */
  'footfall.counting': command(z.object({ isOn: z.boolean() }), nothing),
  /** So many people came by; -1 takes the last tap back. */
  'footfall.tap': command(z.object({ people: z.int().min(-1).max(100) }), nothing),
  /** A second, careful count: of `seen` people the counter had `counted`. */
  'footfall.calibrate': command(z.object({ counted: z.int(), seen: z.int() }), nothing),
  /** People and conversion from one instant to another in steps, and in windows that are asked for, as drops are. */
  'footfall.report': query(
    z.object({
      from: instant,
      to: instant,
      stepMs: z.int().min(60_000),
      windows: z.array(z.object({ from: instant, to: instant })).max(50),
      /** What is left out of the usual: drops. */
      without: z
        .array(z.object({ from: instant, to: instant }))
        .max(50)
        .optional(),
    }),
    z.object({
      steps: z.array(footfallRow),
      windows: z.array(footfallRow),
      /** All of it but what was to be left out, as one row. */
      usual: footfallRow,
      /** What share of the people the counter catches, as far as known. */
      caughtShare: z.number(),
      isCalibrated: z.boolean(),
    }),
    'operator',
  ),

  /** The tills of the stall, this one first, as far as heard here. */
  'backup.tills': query(
    nothing,
    z.object({
      tills: z.array(
        tillOfStall.extend({
          takenOver: takenOver.nullable(),
          /** When taking it over was rehearsed here last, and what that found. */
          rehearsal: z.object({ at: instant, checks: z.array(drillCheck) }).nullable(),
        }),
      ),
    }),
  ),
  /** What this till would take over from another one, as far as known here. */
  'backup.look': query(
    z.object({ deviceId: id }),
    z.object({
      lastHeardAt: instant.nullable(),
      /** Entries of it that a server has and this till has not. */
      missing: z.int().min(0),
      shift: z
        .object({ openedAt: instant, floatMinor: minorSum, expectedCashMinor: minorSum, orderCount: z.int() })
        .nullable(),
      parked: z.object({ count: z.int(), totalMinor: minorSum }),
      openTenders: z.array(strayTender.pick({ tenderId: true, amountMinor: true, provider: true })),
      shares: z.array(z.object({ name: text(330), pricing, quantity: z.int() })),
    }),
  ),
  /** This till takes over for another one, which must be switched off. A second time changes nothing. */
  'backup.take-over': command(z.object({ deviceId: id }), nothing),
  /** The till sells again: another one that this one took over, or this one. */
  'backup.hand-back': command(z.object({ deviceId: id }), nothing),
  /** Looks for all that a takeover needs, changes nothing, and keeps what it found. */
  'backup.rehearse': command(z.object({ deviceId: id }), z.object({ checks: z.array(drillCheck) })),

  'import.open': command(
    z.object({ fileName: text(300), totalBytes: z.int().min(0) }),
    z.object({ importId: id }),
    'operator',
  ),
  /** The file in order, in slices of at most 1 MiB. */
  'import.append': command(
    z.object({ importId: id, offset: z.int().min(0), base64: z.string().max(1_500_000) }),
    z.object({ receivedBytes: z.int() }),
    'operator',
  ),
  'import.add-photo': command(
    z.object({ importId: id, fileName: text(300), base64: z.string().max(16_000_000) }),
    nothing,
    'operator',
  ),
  'import.preview': command(
    z.object({
      importId: id,
      format: z.enum(['auto', 'trestle', 'shopify', 'woocommerce', 'square']),
      taxRateId: text(40),
    }),
    importPreview,
    'operator',
  ),
  'import.commit': command(
    z.object({ importId: id }),
    z.object({ itemCount: z.int(), variantCount: z.int() }),
    'operator',
  ),
  'import.cancel': command(z.object({ importId: id }), nothing, 'operator'),
} as const;

export type CallName = keyof typeof CALLS;
export type CallInput<N extends CallName> = Frozen<z.input<(typeof CALLS)[N]['input']>>;
export type CallOutput<N extends CallName> = Frozen<z.output<(typeof CALLS)[N]['output']>>;
export type QueryName = { [N in CallName]: (typeof CALLS)[N]['kind'] extends 'query' ? N : never }[CallName];
export type CommandName = Exclude<CallName, QueryName>;

/** What travels from a client. `requestId` is required for commands. */
export const callMessage = z.object({
  call: z.string().max(80),
  requestId: id.optional(),
  input: z.unknown(),
});
export type CallMessage = z.infer<typeof callMessage>;
/** What travels to every client whose role hears the topic. */
export type TopicEvent = {
  [T in Topic]: {
    readonly topic: T;
    /** One gapless sequence over the topics of a group, from 1 at every start of the kiosk. */
    readonly seq: number;
    readonly state: TopicChange<T>;
  };
}[Topic];

export type PricesState = TopicState<'prices'>;
export type DropView = Frozen<z.infer<typeof dropView>>;
export type PriceLogReason = Frozen<z.infer<typeof priceLogReason>>;
export type PriceLogRow = Frozen<z.infer<typeof priceLogRow>>;
export type PriceVolatility = Frozen<z.infer<typeof priceVolatility>>;
export type DisplayScene = TopicState<'display'>['scene'];
export type ShownLine = Frozen<z.infer<typeof shownLine>>;
export type ShownReason = Frozen<z.infer<typeof shownReason>>;
export type ShownItem = Frozen<z.infer<typeof shownItem>>;
export type CheckedItem = Frozen<z.infer<typeof checkedItem>>;
export type TypedRule = CallInput<'prices.put-rule'>;
export type Tile = Frozen<z.infer<typeof tile>>;
export type SharedStock = Frozen<z.infer<typeof sharedStock>>;
export type OrderSummary = Frozen<z.infer<typeof orderSummary>>;
export type ShownCard = Frozen<z.infer<typeof shownCard>>;
export type HoldView = Frozen<z.infer<typeof holdView>>;
export type ClipView = Frozen<z.infer<typeof clipView>>;
export type ParkedCart = Frozen<z.infer<typeof parkedCart>>;
export type JobSummary = Frozen<z.infer<typeof jobSummary>>;
export type DeviceStatusView = Frozen<z.infer<typeof deviceStatus>>;
export type FoundDevice = Frozen<z.infer<typeof foundDevice>>;
export type ImportPreview = Frozen<z.infer<typeof importPreview>>;
export type ImportProblem = Frozen<z.infer<typeof importProblem>>;
export type SyncState = TopicState<'sync'>;
export type PriceTestView = TopicState<'priceTests'>['tests'][number];
export type Weighing = Frozen<z.infer<typeof weighing>>;
export type DateWarning = Frozen<z.infer<typeof dateWarning>>;
export type ScanOutcome = Frozen<z.infer<typeof scanOutcome>>;
export type StaffMember = Frozen<z.infer<typeof staffMember>>;
