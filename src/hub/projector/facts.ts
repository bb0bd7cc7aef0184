import { fullName } from '../../domain/catalogue';
import type { Order, ResilienceFlag } from '../../domain/order';
import type { Shift, ShiftClose } from '../../domain/shift';
import type { Stall } from '../../domain/stall';
import { readEntry, type SealedEntry } from '../../journal/entry';
import type { EntryBody, EntryKind } from '../../journal/kinds';
import { NOTHING_SAID, type MatrixMove } from './matrix';

/** Items of one entry that are named to those outside. */
const MOST_ITEMS = 500;

/** An entry of the feed with what the hub knows of it. */
export interface FeedEntry extends SealedEntry {
  readonly serverSeq: number;
  readonly receivedAt: Date;
}

interface Of<K extends string, V> {
  readonly kind: K;
  readonly entry: FeedEntry;
  readonly value: V;
}

/** What an entry means to those outside; no person is named in any of it. */
export type Fact =
  | Of<'stall', Stall>
  | Of<'order', Order>
  | Of<'flag', Flagging>
  | Of<'shift-opened', Shift>
  | Of<'shift-closed', { readonly shiftId: string; readonly close: ShiftClose }>
  | Of<'shift-reconciled', EntryBody<'shift.reconciled'>>
  | Of<'matrix', MatrixMove>;

export interface Flagging {
  readonly orderId: string;
  readonly flag: ResilienceFlag;
  readonly cause: string;
  /** UTC instant. */
  readonly at: string;
}

type Reader<K extends EntryKind> = (body: EntryBody<K>, entry: FeedEntry) => Fact;

const READERS: { readonly [K in EntryKind]?: Reader<K> } = {
  'stall.configured': ({ stall }, entry) => ({ kind: 'stall', entry, value: stall }),
  'order.placed': ({ order }, entry) => ({ kind: 'order', entry, value: order }),
  'order.flagged': (value, entry) => ({ kind: 'flag', entry, value }),
  'shift.opened': ({ shift }, entry) => ({ kind: 'shift-opened', entry, value: shift }),
  'shift.closed': (value, entry) => ({ kind: 'shift-closed', entry, value }),
  'shift.reconciled': (value, entry) => ({ kind: 'shift-reconciled', entry, value }),
  'price.changed': ({ cause, changes, count }, entry) => ({
    kind: 'matrix',
    entry,
    value: {
      cause: { kind: cause.kind, ids: cause.ids },
      changes: changes.map((change) => ({ ...NOTHING_SAID, ...change })),
      more: Math.max(0, count - changes.length),
    },
  }),
  // What it costs by a feed is in the entry about the price.
  'price.observed': ({ source, rows }, entry) => ({
    kind: 'matrix',
    entry,
    value: {
      cause: { kind: 'feed', ids: [source] },
      changes: rows.flatMap(({ itemId, variantId, stock }) =>
        stock === null ? [] : [{ ...NOTHING_SAID, itemId, variantId, stock }],
      ),
      more: 0,
    },
  }),
  'catalogue.items-put': ({ items }, entry) => ({
    kind: 'matrix',
    entry,
    value: {
      cause: { kind: 'catalogue', ids: [] },
      changes: items.slice(0, MOST_ITEMS).flatMap((item) =>
        item.variants.map((variant) => {
          const { variantId, priceMinor: listMinor, stock } = variant;
          const { itemId } = item;
          return {
            ...NOTHING_SAID,
            itemId,
            variantId,
            name: fullName(item, variant),
            listMinor,
            stock,
            isOnSale: true,
          };
        }),
      ),
      more: Math.max(0, items.length - MOST_ITEMS),
    },
  }),
  'catalogue.items-removed': ({ itemIds }, entry) => ({
    kind: 'matrix',
    entry,
    value: {
      cause: { kind: 'catalogue', ids: [] },
      changes: itemIds.map((itemId) => ({ ...NOTHING_SAID, itemId, isOnSale: false })),
      more: 0,
    },
  }),
  'catalogue.import-committed': ({ importId, itemCount }, entry) => ({
    kind: 'matrix',
    entry,
    value: { cause: { kind: 'import', ids: [importId] }, changes: [], more: itemCount },
  }),
};

/** The kinds that the hub's tables are made of; of any other only its place in the feed matters here. */
export const PROJECTED_KINDS = Object.keys(READERS);

/** Reads an entry of a projected kind: the fact in it, or why there is none. */
export function readFact(entry: FeedEntry): Fact | { readonly kind: 'unreadable'; readonly why: string } {
  const read = readEntry(entry);
  if (!read.ok) return { kind: 'unreadable', why: read.unreadable.why };
  const reader = READERS[read.entry.kind] as Reader<EntryKind> | undefined;
  const body = UNKEEPABLE.test(entry.body) ? keepable(read.entry.body) : read.entry.body;
  return reader?.(body, entry) ?? { kind: 'unreadable', why: `nothing is made of ${entry.kind}` };
}

/** How JSON writes a NUL, or half of a surrogate pair; it may write whole pairs so as well. */
const UNKEEPABLE = /\\u(?:0000|d[89a-f])/i;

/** A body whose texts PostgreSQL's tables can hold, as they hold neither: U+FFFD stands for each. The entry keeps its own. */
function keepable<T extends object>(body: T): T {
  return JSON.parse(JSON.stringify(body), (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value,
  ) as T;
}
