import type { GiveWay } from '../../analysis/give-way';
import type { TillUse } from '../core/till-use';

/** After a tap or scan the till is left alone for so long: a sale, its commit included, is over sooner. */
export const QUIET_MS = 30;
/** Where nobody ever stops selling, the work goes on all the same: so long at a time, */
export const STRETCH_MS = 1;
/** after so long a wait at most: of a hundred taps that follow each other without a rest less than one meets it. */
export const LONGEST_WAIT_MS = 250;

/** The clock and the sleep of a thread; tests have their own. */
export interface Patience {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Blocks this thread. */
  readonly sleep: (forMs: number) => void;
}

/**
 * Stops the thread that calls it while somebody uses the till. The till knows nothing of it and never waits. Nor does the
 * work wait for ever: it takes at most `1 + LONGEST_WAIT_MS / STRETCH_MS` times as long as at a till at rest.
 */
export function givingWayTo(use: Pick<TillUse, 'sinceMs'>, { nowMs, sleep }: Patience = threadPatience()): GiveWay {
  let goesOnUntilMs = -Infinity;
  return () => {
    if (use.sinceMs() >= QUIET_MS) return;
    const startedMs = nowMs();
    if (startedMs < goesOnUntilMs) return;
    let leftMs = LONGEST_WAIT_MS;
    for (let restMs = QUIET_MS - use.sinceMs(); restMs > 0 && leftMs > 0; restMs = QUIET_MS - use.sinceMs()) {
      sleep(Math.min(restMs, leftMs));
      leftMs = startedMs + LONGEST_WAIT_MS - nowMs();
    }
    goesOnUntilMs = use.sinceMs() < QUIET_MS ? nowMs() + STRETCH_MS : -Infinity;
  };
}

function threadPatience(): Patience {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return {
    nowMs: () => performance.now(),
    sleep: (forMs) => void Atomics.wait(never, 0, 0, forMs),
  };
}
