import type { ResilienceFlag } from '../../domain/order';
import type { DeliveryJob, JobState } from '../../hardware/delivery-job';
import type { EntryBody } from '../../journal/kinds';
import type { CoreContext } from './core-context';

/** Flags written in one commit, and the pause after it: thousands may change at once when a hub comes back, and selling goes on. */
const FLAGS_PER_COMMIT = 20;
const PAUSE_MS = 40;

/** The shopper has the paper in hand, as far as anybody can tell. */
const HANDED_OVER: readonly JobState[] = ['acknowledged', 'sent-unconfirmed'];

type Flagged = EntryBody<'order.flagged'>;

interface FlagHooks {
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
  readonly #core: CoreContext;
  readonly #hooks: FlagHooks;
  /** Decided and not yet written, the oldest first. */
  readonly #pending = new Map<string, Flagged>();
  #timer: NodeJS.Timeout | null = null;

  constructor(core: CoreContext, hooks: FlagHooks) {
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
    const hub = store.sync.hub();
    for (const { orderId, device, entrySeq } of store.orders.queued([store.device.deviceId])) {
      const printed = store.jobs.ofReference(orderId).find((job) => isHandedOver(job));
      const seqThere = hub === null ? 0 : (store.sync.acknowledged(hub.serverId, device)?.seq ?? 0);
      // Which came first is not known any more: the paper is the weaker claim.
      if (printed) this.confirmed(orderId, 'receipt-printed', new Date(printed.changedAtMs));
      else if (hub !== null && seqThere >= entrySeq)
        this.#decide({ orderId, flag: 'online', cause: 'hub-acknowledged', hub: null });
    }
  }

  /** The hub has these orders, and has signed for it. */
  acknowledged(
    orders: readonly { readonly orderId: string; readonly serverSeq: number }[],
    hub: { readonly serverId: string; readonly epoch: number },
  ): void {
    for (const { orderId, serverSeq } of orders) {
      const { serverId, epoch } = hub;
      this.#decide({ orderId, flag: 'online', cause: 'hub-acknowledged', hub: { serverId, epoch, serverSeq } });
    }
  }

  /** Hears what became of paper. */
  jobChanged(job: DeliveryJob): void {
    if (job.reference !== null && isHandedOver(job)) this.confirmed(job.reference, 'receipt-printed');
  }

  /** The shopper has a confirmation of an order: on paper, on a screen, or sent. */
  confirmed(orderId: string, cause: Exclude<Flagged['cause'], 'hub-acknowledged'>, at?: Date): void {
    this.#decide({ orderId, flag: 'offline-confirmed', cause, hub: null }, at);
  }

  /** Writes what is decided. Nothing is lost by not calling it: the next start decides the same. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#pending.size > 0) this.#write();
  }

  #decide(flagged: Omit<Flagged, 'at'>, at = this.#core.now()): void {
    const { orderId } = flagged;
    if (this.#pending.has(orderId) || this.#core.store.orders.flagOf(orderId) !== 'queued') return;
    this.#pending.set(orderId, { ...flagged, at: at.toISOString() });
    this.#timer ??= setTimeout(() => this.#turn(), 0);
  }

  #turn(): void {
    this.#timer = null;
    try {
      this.#write();
    } catch (error) {
      // The disk is full, for instance: tried again later, and at the next start.
      this.#core.log.warn({ error }, 'Flags of orders could not be written');
      this.#timer = setTimeout(() => this.#turn(), 100 * PAUSE_MS);
      this.#timer.unref();
      return;
    }
    if (this.#pending.size > 0) this.#timer = setTimeout(() => this.#turn(), PAUSE_MS);
  }

  #write(): void {
    const batch = [...this.#pending.values()].slice(0, FLAGS_PER_COMMIT);
    const drafts = batch.map((body) => ({ kind: 'order.flagged' as const, body }));
    this.#core.store.commit({ actor: null, drafts, result: null });
    for (const { orderId, flag } of batch) {
      this.#pending.delete(orderId);
      this.#hooks.onFlagged(orderId, flag);
    }
  }
}

const RECEIPT_PATIENCE_MS = 150;

function isHandedOver({ kind, state }: DeliveryJob): boolean {
  return kind === 'receipt' && HANDED_OVER.includes(state);
}
