import type { ReceiptDocument } from '../domain/receipt';
import type { DeliveryJob, JobChange, JobReason, JobState, JobStore, PrintJob } from './delivery-job';
import { createListeners } from './listeners';
import type { Clock, DeviceStatus, KickOutcome, PrinterSource, PrintOutcome, Unsubscribe } from './ports';

/** The most rows looked at in one turn; the rest have their turn after these. */
const ROWS_PER_TURN = 500;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

export interface DeliveryOptions {
  readonly store: JobStore;
  readonly printers: PrinterSource;
  /** Lays out the receipt of a job that has no document of its own. */
  readonly receiptOf: (job: PrintJob) => ReceiptDocument;
  readonly clock: Clock;
  /** A print that waited longer is held until a person asks for it. Default 120 000. */
  readonly staleAfterMs?: number;
  /** A drawer kick that waited longer is dropped. Default 5 000. */
  readonly drawerExpiryMs?: number;
  /** Hears that the store refused a row, because the disk is full for instance. The queue tries again later. */
  readonly onStoreError: (error: unknown) => void;
}

/** A fact: this is how the job stands now. */
export interface JobChanged {
  readonly type: 'job-changed';
  readonly job: DeliveryJob;
}

/**
 * Carries jobs to devices. Every device has its own queue: oldest first, one at a time, and a dead device delays nobody
 * but itself. A drawer does not wait for paper: its kicks go before it and beside it. What may have happened is never done again by itself.
 */
export interface Delivery {
  /** Settles what a crash left: `running` becomes `unknown`. Then begins. Call once. */
  start(): void;
  /** Says that rows were added. Returns at once; the work begins in a later turn of the event loop. */
  wake(deviceId?: string): void;
  onJobChanged(listener: (fact: JobChanged) => void): Unsubscribe;
  /** Begins nothing more and waits for what is running. */
  stop(): Promise<void>;
}

/** The way of one job to its device. */
interface Way {
  readonly status: DeviceStatus;
  go(begun: DeliveryJob): Promise<void>;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { store, printers, receiptOf, clock, staleAfterMs = 120_000, drawerExpiryMs = 5_000, onStoreError } = options;
  const listeners = createListeners<[JobChanged]>();
  const running = new Map<string, Promise<void>>();
  const alarms = new Map<string, { readonly atMs: number; readonly cancel: Unsubscribe }>();
  const couldPrint = new Set<string>();
  let stopListening: Unsubscribe = () => undefined;
  let stopped = true;

  function move(
    job: DeliveryJob,
    state: JobState,
    reason: JobReason | null,
    change: Partial<JobChange> = {},
  ): DeliveryJob {
    const { attempts, freshSinceMs, notBeforeMs } = job;
    const moved = store.update(job.id, {
      attempts,
      freshSinceMs,
      notBeforeMs,
      detail: null,
      ...change,
      state,
      reason,
      changedAtMs: clock.now(),
    });
    listeners.tell({ type: 'job-changed', job: moved });
    return moved;
  }

  /** When a waiting job stops being wanted as it is. */
  function deadlineMs(job: DeliveryJob): number {
    return job.kind === 'drawer' ? job.createdAtMs + drawerExpiryMs : job.freshSinceMs + staleAfterMs;
  }

  function schedule(deviceId: string, atMs: number): void {
    if (stopped) return;
    const alarm = alarms.get(deviceId);
    // An alarm overdue and not gone off is one whose clock was set forward: its timer still counts the old way.
    if (alarm && alarm.atMs <= atMs && alarm.atMs >= clock.now()) return;
    alarm?.cancel();
    const cancel = clock.after(Math.max(0, atMs - clock.now()), () => {
      alarms.delete(deviceId);
      try {
        takeTurn(deviceId);
      } catch (error) {
        onStoreError(error);
        schedule(deviceId, clock.now() + LAST_RETRY_MS);
      }
    });
    alarms.set(deviceId, { atMs, cancel });
  }

  function waitingJobs(deviceId?: string): readonly DeliveryJob[] {
    return store.list({ states: ['waiting'], ...(deviceId === undefined ? {} : { deviceId }), limit: ROWS_PER_TURN });
  }

  /** Sets aside what waited too long, begins at most one kick and one print, and sees to being called again. */
  function takeTurn(deviceId: string): void {
    const now = clock.now();
    const fresh = waitingJobs(deviceId).filter((job) => {
      if (deadlineMs(job) > now) return true;
      move(job, job.kind === 'drawer' ? 'expired' : 'held', 'stale');
      return false;
    });
    // The kick first: it is the quicker one, and the money waits.
    const heads = [fresh.find((job) => job.kind === 'drawer'), fresh.find((job) => job.kind !== 'drawer')];
    const begun = heads.filter((job) => job !== undefined && begin(job, now));
    const left = fresh.filter((job) => !begun.includes(job));
    if (left.length === 0) return;
    const pauses = left.flatMap(({ notBeforeMs }) => (notBeforeMs > now ? notBeforeMs : []));
    schedule(deviceId, Math.min(...left.map(deadlineMs), ...pauses));
  }

  /** Begins a job if its way is free; false when it has to wait. */
  function begin(job: DeliveryJob, nowMs: number): boolean {
    const way = wayOf(job);
    if (!way || running.has(laneOf(job)) || !canBegin(job, way.status) || job.notBeforeMs > nowMs) return false;
    // Written before the first byte leaves; when even that fails, nothing is begun.
    const begun = move(job, 'running', null, { attempts: job.attempts + 1 });
    running.set(laneOf(job), carry(begun, way));
    return true;
  }

  /** How a job is carried out; null while its device is not set up. */
  function wayOf(job: DeliveryJob): Way | null {
    const printer = printers.printer(job.deviceId);
    if (job.kind !== 'drawer') {
      if (!printer) return null;
      return {
        status: printer.status,
        go: async (begun) => settlePrint(begun, await printer.print(job.document ?? receiptOf(job))),
      };
    }
    const { pin } = job;
    const drawer =
      pin === null
        ? printers.drawer(job.deviceId)
        : printer && { status: printer.status, open: () => printer.kickDrawer(pin) };
    return drawer ? { status: drawer.status, go: async (begun) => settleKick(begun, await drawer.open()) } : null;
  }

  async function carry(job: DeliveryJob, way: Way): Promise<void> {
    let nextTurnMs = 0;
    try {
      await way.go(job);
    } catch (error) {
      // The row stays `running`, which the next start reads as `unknown`: true, and never a second receipt.
      onStoreError(error);
      nextTurnMs = LAST_RETRY_MS;
    } finally {
      running.delete(laneOf(job));
      schedule(job.deviceId, clock.now() + nextTurnMs);
    }
  }

  function settlePrint(job: DeliveryJob, outcome: PrintOutcome): void {
    if (outcome.outcome === 'acknowledged') move(job, 'acknowledged', null);
    else if (outcome.outcome === 'sent-unconfirmed') {
      // A printer that never proves anything leaves nothing to ask; one whose proof stayed away does.
      move(job, outcome.reason === 'no-status' ? 'sent-unconfirmed' : 'unknown', outcome.reason);
    } else if (outcome.reason === 'unprintable') {
      move(job, 'failed', outcome.reason, { detail: outcome.detail ?? null });
    } else if (outcome.bytesSent > 0) move(job, 'unknown', outcome.reason);
    else {
      const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (job.attempts - 1), LAST_RETRY_MS);
      move(job, 'waiting', outcome.reason, { notBeforeMs: clock.now() + retryMs });
    }
  }

  function settleKick(job: DeliveryJob, outcome: KickOutcome): void {
    if (outcome.outcome === 'acknowledged') move(job, 'acknowledged', null);
    else move(job, outcome.outcome, outcome.reason);
  }

  function hearStatus(deviceId: string, status: DeviceStatus): void {
    const canPrintNow = canPrint(status);
    const cameBack = canPrintNow && !couldPrint.has(deviceId);
    if (canPrintNow) couldPrint.add(deviceId);
    else couldPrint.delete(deviceId);
    if (cameBack) {
      // The pause after a failed attempt was for a device that might still be down: it is not.
      const head = waitingJobs(deviceId)[0];
      if (head && head.notBeforeMs > clock.now()) move(head, 'waiting', head.reason, { notBeforeMs: clock.now() });
    }
    schedule(deviceId, clock.now());
  }

  return {
    start() {
      stopped = false;
      for (const job of store.list({ states: ['running'], limit: ROWS_PER_TURN })) move(job, 'unknown', 'restarted');
      stopListening = printers.onStatus(hearStatus);
      this.wake();
    },
    wake(deviceId) {
      const deviceIds = deviceId === undefined ? new Set(waitingJobs().map((job) => job.deviceId)) : [deviceId];
      for (const id of deviceIds) schedule(id, clock.now());
    },
    onJobChanged: (listener) => listeners.add(listener),
    async stop() {
      stopped = true;
      stopListening();
      for (const alarm of alarms.values()) alarm.cancel();
      alarms.clear();
      await Promise.all(running.values());
    },
  };
}

/** Paper and kicks of one device: each waits for its own kind only. */
function laneOf({ deviceId, kind }: DeliveryJob): string {
  return `${kind === 'drawer' ? 'drawer' : 'paper'} ${deviceId}`;
}

function canPrint(status: DeviceStatus): boolean {
  return status.state === 'ready' || status.state === 'degraded';
}

/** A kick is worth one attempt whatever fails, since it also works with the paper out; only a device not there yet is awaited. */
function canBegin(job: DeliveryJob, status: DeviceStatus): boolean {
  if (job.kind !== 'drawer') return canPrint(status);
  return status.state !== 'absent' && status.state !== 'connecting';
}
