import type { DeliveryJob, JobState, PrintJob } from '../../hardware/delivery-job';
import { newJobState } from '../../hardware/delivery-job';
import type { DrawerPin } from '../../hardware/ports';
import type { EntryDraft } from '../../journal/kinds';
import type { CallInput, JobSummary, TopicState } from '../../shared/contract';
import type { JobHead } from '../db/jobs-store';
import type { CallContext } from './call-door';
import { CallFailure } from './call-failure';
import type { CoreContext } from './core-context';
import type { DeviceService } from './device-service';

/** The most jobs a screen is shown; the counts are complete. */
const LISTED_JOBS = 200;

/** A job to be, before it has an id and a state. */
export type NewJob =
  | Pick<PrintJob, 'kind' | 'deviceId' | 'reference' | 'document'>
  | {
      readonly kind: 'drawer';
      readonly deviceId: string;
      readonly reference: string | null;
      readonly pin: DrawerPin | null;
    };

/** Nothing proves that these were printed, and part of them may have been: never printed again but as a copy. */
const MAY_HAVE_PRINTED: readonly JobState[] = ['unknown', 'sent-unconfirmed'];

/** Keeps the print and drawer jobs, and carries out what a person decides about them. */
export class JobService {
  readonly #core: CoreContext;
  readonly #devices: DeviceService;
  /** Prints the receipt of an order again, marked COPY. */
  readonly #printCopy: (orderId: string, staffId: string | null) => void;
  /** Hears that the paper of an order changed its state. */
  readonly #orderChanged: (orderId: string) => void;
  /** How long a receipt waits for the flag it shows; 0 without a hub that answers. */
  readonly #receiptPatienceMs: () => number;

  constructor(
    core: CoreContext,
    devices: DeviceService,
    hooks: {
      readonly printCopy: (orderId: string, staffId: string | null) => void;
      readonly orderChanged: (orderId: string) => void;
      readonly receiptPatienceMs: () => number;
    },
  ) {
    this.#core = core;
    this.#devices = devices;
    this.#printCopy = hooks.printCopy;
    this.#orderChanged = hooks.orderChanged;
    this.#receiptPatienceMs = hooks.receiptPatienceMs;
    devices.delivery.onJobChanged(({ job }) => this.#changed(job));
  }

  /** A row ready to be written with the change it belongs to. */
  row(job: NewJob): DeliveryJob {
    const nowMs = this.#core.now().getTime();
    const row = { id: this.#core.newId(), ...job, ...newJobState(nowMs) };
    return job.kind === 'receipt' ? { ...row, notBeforeMs: nowMs + this.#receiptPatienceMs() } : row;
  }

  /** The flag of an order is known: its receipt waits for nothing more. */
  hurry(orderId: string): void {
    const nowMs = this.#core.now().getTime();
    for (const job of this.#core.store.jobs.ofReference(orderId)) {
      if (job.kind !== 'receipt' || job.state !== 'waiting' || job.attempts > 0 || job.notBeforeMs <= nowMs) continue;
      this.#core.store.jobs.update(job.id, { ...job, notBeforeMs: nowMs, changedAtMs: nowMs });
      this.#devices.delivery.wake(job.deviceId);
    }
  }

  /** Writes one job that belongs to no other change, and begins it. */
  add({
    job,
    drafts = [],
    requestId,
    staffId,
  }: {
    readonly job: NewJob;
    readonly drafts?: readonly EntryDraft[];
    readonly requestId?: string;
    readonly staffId: string | null;
  }): { readonly jobId: string } {
    const row = this.row(job);
    const { result } = this.#core.store.commit({
      requestId,
      actor: staffId,
      drafts,
      jobs: [row],
      result: { jobId: row.id },
    });
    this.written(row);
    return result;
  }

  /** Says that a row was committed: screens hear of it and its device begins, both after the fact. */
  written(row: DeliveryJob): void {
    this.#changed(row);
    this.#devices.delivery.wake(row.deviceId);
  }

  /**
   * How a job stands now.
   * @throws {CallFailure} `unknown-job`
   */
  get({ jobId }: CallInput<'job.get'>): JobSummary {
    return this.summary(this.#one(jobId));
  }

  /** What a person asked to have on paper after all. */
  print({ jobIds }: CallInput<'job.print'>, { staffId }: CallContext): Record<string, never> {
    for (const job of this.#find(jobIds)) {
      if (job.kind === 'drawer') continue;
      if (job.state === 'waiting' || job.state === 'held' || job.state === 'failed') this.#release(job, staffId);
      else if (MAY_HAVE_PRINTED.includes(job.state)) this.#replaceByCopy(job, staffId);
    }
    return {};
  }

  /** What nobody wants on paper any more. */
  discard({ jobIds }: CallInput<'job.discard'>, { staffId }: CallContext): Record<string, never> {
    for (const job of this.#find(jobIds)) {
      if (job.state === 'running' || job.state === 'acknowledged' || job.state === 'discarded') continue;
      this.#decide(job, 'discard', staffId);
      this.#settle(job, 'discarded');
    }
    return {};
  }

  summary(job: JobHead): JobSummary {
    const { id, kind, deviceId, reference, state, reason, detail, createdAtMs } = job;
    const orderNumber = reference === null ? null : this.#core.store.orders.numberOf(reference);
    return {
      jobId: id,
      kind,
      deviceId,
      orderId: orderNumber === null ? null : reference,
      orderNumber,
      state,
      reason: reason ?? '',
      detail: detail ?? '',
      createdAt: new Date(createdAtMs).toISOString(),
    };
  }

  state(): TopicState<'jobs'> {
    const { jobs } = this.#core.store;
    return {
      unprinted: jobs.unprinted(LISTED_JOBS).map((job) => this.summary(job)),
      heldCount: jobs.count('held'),
      unknownCount: jobs.count('unknown'),
      failedCount: jobs.count('failed'),
    };
  }

  #find(jobIds: readonly string[]): DeliveryJob[] {
    return jobIds.map((jobId) => this.#one(jobId));
  }

  #one(jobId: string): DeliveryJob {
    const job = this.#core.store.jobs.find(jobId);
    if (!job) throw new CallFailure('unknown-job');
    return job;
  }

  /** Not one byte of it was printed, so the receipt itself may still be. */
  #release(job: PrintJob, staffId: string | null): void {
    const isSetUp = this.#devices.isSetUp(job.deviceId);
    const deviceId = isSetUp ? job.deviceId : this.#devices.requirePrinter();
    this.#decide(job, 'print', staffId);
    if (!isSetUp) {
      // Its printer was taken away: the one that is here now prints it.
      const { kind, reference, document } = job;
      this.add({ job: { kind, deviceId, reference, document }, staffId });
      this.#settle(job, 'discarded');
      return;
    }
    const nowMs = this.#core.now().getTime();
    const released = this.#core.store.jobs.update(job.id, {
      state: 'waiting',
      reason: null,
      detail: null,
      attempts: job.attempts,
      freshSinceMs: nowMs,
      notBeforeMs: nowMs,
      changedAtMs: nowMs,
    });
    this.written(released);
  }

  #replaceByCopy(job: PrintJob, staffId: string | null): void {
    if (job.reference === null || !this.#core.store.orders.get(job.reference)) {
      // A test page or a report: a second one misleads nobody.
      this.#release(job, staffId);
      return;
    }
    // The copy first: without a printer for it, nothing is decided.
    this.#printCopy(job.reference, staffId);
    this.#decide(job, 'print', staffId);
    this.#settle(job, 'discarded');
  }

  #settle(job: DeliveryJob, state: JobState): void {
    const { attempts, freshSinceMs, notBeforeMs, reason, detail } = job;
    const changedAtMs = this.#core.now().getTime();
    this.#changed(
      this.#core.store.jobs.update(job.id, { state, reason, detail, attempts, freshSinceMs, notBeforeMs, changedAtMs }),
    );
  }

  #decide(job: DeliveryJob, decision: 'print' | 'discard', staffId: string | null): void {
    const orderId = job.reference;
    const draft: EntryDraft = { kind: 'job.decided', body: { jobId: job.id, decision, orderId } };
    this.#core.store.commit({ actor: staffId, drafts: [draft], result: null });
  }

  #changed(job: DeliveryJob): void {
    this.#core.topics.mark('jobs');
    if (job.reference !== null && job.kind !== 'drawer') this.#orderChanged(job.reference);
  }
}
