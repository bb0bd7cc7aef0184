import { shiftReportDocument, type ReceiptDocument } from '../../domain/receipt';
import { closeShift, openShift } from '../../domain/shift';
import type { CallInput, CallOutput } from '../../shared/contract';
import type { CallContext } from './call-door';
import { CallFailure, unwrap } from './call-failure';
import { domainContext, requireStaff, type CoreContext } from './core-context';
import type { DeviceService } from './device-service';
import type { JobService } from './job-service';
import { receiptWords } from '../../shared/receipt-words';

/** Opens and closes cash sessions. */
export class ShiftService {
  readonly #core: CoreContext;
  readonly #devices: DeviceService;
  readonly #jobs: JobService;
  /** Whether a payment is open, with which no shift may close. */
  readonly #paying: () => boolean;

  constructor(core: CoreContext, devices: DeviceService, jobs: JobService, paying: () => boolean) {
    this.#core = core;
    this.#devices = devices;
    this.#jobs = jobs;
    this.#paying = paying;
  }

  open({ floatMinor }: CallInput<'shift.open'>, { requestId, staffId }: CallContext): CallOutput<'shift.open'> {
    const { store, topics } = this.#core;
    if (store.shifts.current()) throw new CallFailure('shift-open');
    const openedBy = requireStaff(staffId);
    const shift = unwrap(openShift({ floatMinor, staffId: openedBy }, domainContext(this.#core)));
    const { result } = store.commit({
      requestId,
      actor: openedBy,
      drafts: [{ kind: 'shift.opened', body: { shift } }],
      result: { shiftId: shift.shiftId },
    });
    topics.mark('session');
    return result;
  }

  close(
    { countedMinor, reason }: CallInput<'shift.close'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'shift.close'> {
    const { store, topics } = this.#core;
    const open = store.shifts.current();
    if (!open) throw new CallFailure('no-shift');
    if (this.#paying()) throw new CallFailure('payment-open', { details: { reason: 'payment-before-close' } });
    const closedBy = requireStaff(staffId);
    const { closed } = unwrap(
      closeShift(open.shift, { countedMinor, reason, staffId: closedBy }, open.totals, domainContext(this.#core)),
    );
    if (!closed) throw new Error('a closed shift has its close');
    const { shiftId } = open.shift;
    const { result } = store.commit({
      requestId,
      actor: closedBy,
      drafts: [{ kind: 'shift.closed', body: { shiftId, close: closed } }],
      result: { shiftId, differenceMinor: closed.differenceMinor },
    });
    topics.mark('session');
    return result;
  }

  report({ shiftId }: CallInput<'shift.report'>): ReceiptDocument {
    const { store } = this.#core;
    const found = store.shifts.get(shiftId);
    if (!found) throw new CallFailure('no-shift', { details: { reason: 'unknown-shift' } });
    const stall = this.#core.stall;
    return shiftReportDocument(found.shift, {
      stall,
      totals: found.totals,
      words: receiptWords(stall),
      staffName: store.people.nameOf(found.shift.closed?.closedBy ?? found.shift.openedBy),
    });
  }

  printReport(
    { shiftId }: CallInput<'shift.print-report'>,
    { requestId, staffId }: CallContext,
  ): CallOutput<'shift.print-report'> {
    const document = this.report({ shiftId });
    return this.#jobs.add({
      job: { kind: 'report', deviceId: this.#devices.requirePrinter(), reference: null, document },
      requestId,
      staffId,
    });
  }
}
