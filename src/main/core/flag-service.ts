import type { ResilienceFlag } from '../../domain/order';
import type { DeliveryJob, JobState } from '../../hardware/delivery-job';
import type { EntryBody } from '../../journal/kinds';
import type { CoreContext } from './core-context';

/** Flags written in one commit, and orders looked at for them. */
const FLAGS_PER_COMMIT = 20;
const ORDERS_PER_COMMIT = 100;
/** Between two commits of a backlog: thousands change at once when a hub comes back. */
const PAUSE_MS = 40;
/** While somebody sells, a backlog waits; of one that waited so long, one commit is made all the same. */
const LONGEST_WAIT_MS = 3_000;
const LOOK_AGAIN_MS = 250;
const AFTER_TROUBLE_MS = 4_000;

/** The shopper has the paper in hand, as far as anybody can tell. */
const HANDED_OVER: readonly JobState[] = ['acknowledged', 'sent-unconfirmed'];

type Flagged = EntryBody<'order.flagged'>;

type FlagContext = Pick<CoreContext, 'store' | 'now' | 'log'>;

interface FlagHooks {
  /** Whether somebody sells just now. */
  readonly isInUse: () => boolean;
  /** Whether the last exchange with the hub went through. */
  readonly isOnline: () => boolean;
  /** The flag of an order moved on. */
  readonly onFlagged: (orderId: string, flag: ResilienceFlag) => void;
}

/**
 * Moves the resilience flag of this till's orders on from `queued`, once each: to `online` when the hub has the order before
 * the shopper has a confirmation, to `offline-confirmed` when the shopper has one first. Each move is a fact of its own.
 */
export class FlagService {
  readonly #core: FlagContext;
  readonly #hooks: FlagHooks;
  /** Decided and not yet written, the oldest first: of orders just placed, whose receipts may wait for it, and of others. */
  readonly #fresh = new Map<string, Flagged>();
  readonly #backlog = new Map<string, Flagged>();
  #backlogMs = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(core: FlagContext, hooks: FlagHooks) {
    this.#core = core;
    this.#hooks = hooks;
  }

  /**
   * How long a receipt may wait for its flag: only while the hub answers, and less than anybody notices. Never the sale.
   */
  get receiptPatienceMs(): number {
    return this.#hooks.isOnline() ? RECEIPT_PATIENCE_MS : 0;
  }

  /** What a stop left undecided: orders the hub has, or whose receipt is out, with a flag that does not say so. */
  start(): void {
    const { store } = this.#core;
    const { deviceId, formerDeviceIds } = store.device;
    const hub = store.sync.hub();
    for (const { orderId, device, entrySeq } of store.orders.queued([deviceId, ...formerDeviceIds])) {
      const printed = store.jobs.ofReference(orderId).find((job) => isHandedOver(job));
      const seqThere = hub === null ? 0 : (store.sync.acknowledged(hub.serverId, device)?.seq ?? 0);
      // Which came first is not known any more: the paper is the weaker claim.
      if (printed) this.confirmed(orderId, 'receipt-printed', new Date(printed.changedAtMs));
      else if (hub !== null && seqThere >= entrySeq) {
        const flagged = { orderId, flag: 'online', cause: 'hub-acknowledged', hub: null } as const;
        this.#decide(flagged, this.#core.now(), this.#backlog);
      }
    }
  }

  /** The hub has these orders, and has signed for it. */
  acknowledged(
    orders: readonly { readonly orderId: string; readonly serverSeq: number }[],
    hub: { readonly serverId: string; readonly epoch: number },
  ): void {
    const { serverId, epoch } = hub;
    // More at a time than a till sells is a queue that was handed over.
    const pending = orders.length < FLAGS_PER_COMMIT ? this.#fresh : this.#backlog;
    for (const { orderId, serverSeq } of orders) {
      const flagged = {
        orderId,
        flag: 'online',
        cause: 'hub-acknowledged',
        hub: { serverId, epoch, serverSeq },
      } as const;
      this.#decide(flagged, this.#core.now(), pending);
    }
  }

  /** Hears what became of paper. */
  jobChanged(job: DeliveryJob): void {
    if (job.reference !== null && isHandedOver(job)) this.confirmed(job.reference, 'receipt-printed');
  }

  /** The shopper has a confirmation of an order: on paper, on a screen, or sent. */
  confirmed(orderId: string, cause: Exclude<Flagged['cause'], 'hub-acknowledged'>, at?: Date): void {
    this.#decide({ orderId, flag: 'offline-confirmed', cause, hub: null }, at ?? this.#core.now(), this.#fresh);
  }

  /** Writes what is decided. Nothing is lost by not calling it: the next start decides the same. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const pending of [this.#fresh, this.#backlog]) while (pending.size > 0) this.#write(pending);
  }

  /** What is decided first about an order counts. Whether it needs a flag at all is looked up when it is written. */
  #decide(flagged: Omit<Flagged, 'at'>, at: Date, pending: Map<string, Flagged>): void {
    const { orderId } = flagged;
    if (this.#fresh.has(orderId) || this.#backlog.has(orderId)) return;
    pending.set(orderId, { ...flagged, at: at.toISOString() });
    if (pending === this.#fresh) this.#plan(0);
    else if (!this.#timer) this.#plan(LOOK_AGAIN_MS);
  }

  #plan(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), ms);
    this.#timer.unref();
  }

  #turn(): void {
    this.#timer = null;
    try {
      if (this.#fresh.size > 0) this.#write(this.#fresh);
      else if (!this.#hooks.isInUse() || performance.now() - this.#backlogMs >= LONGEST_WAIT_MS) {
        this.#write(this.#backlog);
        this.#backlogMs = performance.now();
      }
    } catch (error) {
      // The disk is full, for instance: tried again later, and at the next start.
      this.#core.log.warn({ error }, 'Flags of orders could not be written');
      this.#plan(AFTER_TROUBLE_MS);
      return;
    }
    if (this.#fresh.size > 0) this.#plan(0);
    else if (this.#backlog.size > 0) this.#plan(this.#hooks.isInUse() ? LOOK_AGAIN_MS : PAUSE_MS);
  }

  #write(pending: Map<string, Flagged>): void {
    const { store } = this.#core;
    const looked = [...pending.values()].slice(0, ORDERS_PER_COMMIT);
    const batch: Flagged[] = [];
    const settled: string[] = [];
    for (const flagged of looked) {
      if (batch.length === FLAGS_PER_COMMIT) break;
      settled.push(flagged.orderId);
      if (store.orders.flagOf(flagged.orderId) === 'queued') batch.push(flagged);
    }
    const drafts = batch.map((body) => ({ kind: 'order.flagged' as const, body }));
    if (drafts.length > 0) store.commit({ actor: null, drafts, result: null });
    for (const orderId of settled) pending.delete(orderId);
    for (const { orderId, flag } of batch) this.#hooks.onFlagged(orderId, flag);
  }
}

const RECEIPT_PATIENCE_MS = 150;

function isHandedOver({ kind, state }: DeliveryJob): boolean {
  return kind === 'receipt' && HANDED_OVER.includes(state);
}
