import type { Clock } from '../ports';
import type { ConnectionState } from './connection-state';
import type { WriteOutcome } from './transport';

/** A job in a print queue of the system. */
export interface QueuedJob {
  /**
   * Where it stands: waiting or being printed; handed on whole (`done`); ended before it was whole, with or without a
   * byte handed on; or unknown, because the queue does not answer.
   */
  stand(): Promise<'under-way' | 'done' | 'ended-begun' | 'ended-unbegun' | 'unknown'>;
  /** Takes it out of the queue, whatever became of it; `stand` then says what that was. */
  takeBack(): Promise<void>;
}

/** How often the queue is asked what became of a job. */
const FOLLOW_MS = 300;

/**
 * Follows a job until the queue is done with it. One that stays longer than its time, or whose connection ends, is taken
 * back: left in the queue it would come out tonight, when nobody wants it any more.
 */
export async function followJob(
  job: QueuedJob,
  length: number,
  options: {
    readonly state: ConnectionState<unknown>;
    readonly clock: Clock;
    readonly stallTimeoutMs: number;
  },
): Promise<WriteOutcome> {
  const { state, clock, stallTimeoutMs } = options;
  let patientUntilMs = clock.now() + stallTimeoutMs;
  let isTakenBack = false;
  for (;;) {
    const stand = await job.stand();
    const outcome = isTakenBack ? 'stalled' : 'closed';
    if (stand === 'done') return { outcome: 'written', bytesSent: length };
    if (stand === 'ended-unbegun') return { outcome, bytesSent: 0 };
    const isOverdue = clock.now() >= patientUntilMs || state.isClosed;
    if (stand !== 'under-way' || (isTakenBack && isOverdue)) return { outcome, bytesSent: length };
    if (isOverdue) {
      isTakenBack = true;
      patientUntilMs = clock.now() + stallTimeoutMs;
      await job.takeBack();
    } else await new Promise<void>((resolve) => void clock.after(FOLLOW_MS, resolve));
  }
}
