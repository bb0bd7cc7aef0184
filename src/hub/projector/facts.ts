import type { Order, ResilienceFlag } from '../../domain/order';
import type { Shift, ShiftClose } from '../../domain/shift';
import type { Stall } from '../../domain/stall';
import { readEntry, type SealedEntry } from '../../journal/entry';
import type { EntryBody, EntryKind } from '../../journal/kinds';

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
  | Of<'shift-reconciled', EntryBody<'shift.reconciled'>>;

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
};

/** The kinds that the hub's tables are made of; of any other only its place in the feed matters here. */
export const PROJECTED_KINDS = Object.keys(READERS);

/** Reads an entry of a projected kind: the fact in it, or why there is none. */
export function readFact(entry: FeedEntry): Fact | { readonly kind: 'unreadable'; readonly why: string } {
  const read = readEntry(entry);
  if (!read.ok) return { kind: 'unreadable', why: read.unreadable.why };
  const reader = READERS[read.entry.kind] as Reader<EntryKind> | undefined;
  return reader?.(read.entry.body, entry) ?? { kind: 'unreadable', why: `nothing is made of ${entry.kind}` };
}
