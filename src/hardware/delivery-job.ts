import type { ReceiptDocument } from '../domain/receipt';
import type { DrawerPin, FailureReason, UnconfirmedReason } from './ports';

/**
 * Where a job stands.
 *
 * ```
 * waiting ─▶ running ─▶ acknowledged        the device said it is printed (or the drawer pulsed)
 *    ▲ │         ├────▶ sent-unconfirmed    every byte left, to a device that never proves anything
 *    │ │         ├────▶ unknown             torn on the way, the proof stayed away, or found running at start
 *    │ │         ├────▶ failed              refused for good: it would fail again
 *    │ └▶ held   └────▶ waiting             not one byte left: tried again later
 *    └────┘  └────────▶ discarded           a person said no
 *   drawer only: waiting ─▶ expired         too late to be wanted
 * ```
 */
export type JobState =
  'waiting' | 'running' | 'held' | 'acknowledged' | 'sent-unconfirmed' | 'unknown' | 'failed' | 'expired' | 'discarded';

/** Why a job stands where it stands; null while there is nothing to say. */
export type JobReason = FailureReason | UnconfirmedReason | 'restarted' | 'stale';

interface JobRow {
  readonly id: string;
  readonly deviceId: string;
  /** What it belongs to, an order's id for instance. Carried, never read, by the queue. */
  readonly reference: string | null;
  readonly state: JobState;
  readonly reason: JobReason | null;
  /** What the reason is about, the character of an `unprintable`; null where it says enough. */
  readonly detail: string | null;
  /** How often it was begun. */
  readonly attempts: number;
  /** Milliseconds UTC. */
  readonly createdAtMs: number;
  /** Since when it has been fresh: its creation, or the moment a person asked for it again. */
  readonly freshSinceMs: number;
  /** Not tried before this. */
  readonly notBeforeMs: number;
  readonly changedAtMs: number;
}

/** Paper. A `copy` is its own job with a document already marked COPY. */
export interface PrintJob extends JobRow {
  readonly kind: 'receipt' | 'copy' | 'test' | 'report' | 'prices';
  /** Null for the receipt of what it refers to, which is laid out when its turn comes: never on the way of a sale. */
  readonly document: ReceiptDocument | null;
}

/** A drawer to open. */
export interface DrawerJob extends JobRow {
  readonly kind: 'drawer';
  /** The pin of the printer it hangs on, or null for a drawer with a connection of its own. */
  readonly pin: DrawerPin | null;
}

export type DeliveryJob = PrintJob | DrawerJob;

/** What the queue changes in a row; everything else stays as it was written. */
export interface JobChange {
  readonly state: JobState;
  readonly reason: JobReason | null;
  readonly detail: string | null;
  readonly attempts: number;
  readonly freshSinceMs: number;
  readonly notBeforeMs: number;
  readonly changedAtMs: number;
}

/** The columns of a new row that have only one right value at creation. */
export function newJobState(createdAtMs: number): JobChange & { readonly createdAtMs: number } {
  return {
    state: 'waiting',
    reason: null,
    detail: null,
    attempts: 0,
    createdAtMs,
    freshSinceMs: createdAtMs,
    notBeforeMs: createdAtMs,
    changedAtMs: createdAtMs,
  };
}

/**
 * The rows, kept by somebody else and written in the transaction of the sale they belong to. Calls are synchronous and
 * durable when they return: a job is `running` on disk before its first byte leaves.
 */
export interface JobStore {
  find(id: string): DeliveryJob | undefined;
  /** Jobs in these states, of one device or of all, oldest first by `createdAtMs`, at most `limit`. */
  list(query: { states: readonly JobState[]; deviceId?: string; limit: number }): readonly DeliveryJob[];
  /** Changes a row and returns it as it is now. */
  update(id: string, change: JobChange): DeliveryJob;
}
