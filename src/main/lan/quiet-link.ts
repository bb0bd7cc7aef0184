import { setTimeout as pause } from 'node:timers/promises';
import type { TillUse } from '../core/till-use';
import type { StallLink } from './stall-link';

/** What a screen asks for because of an answer comes sooner than this: a payment after its scan, a page after its tap. */
export const QUIET_MS = 5;
/** A shopper waits no longer than this for a till that is never quiet; */
export const LONGEST_WAIT_MS = 100;
/** then shoppers are answered for so long, whatever it does: a fifth of its time is theirs. */
export const STRETCH_MS = 25;

/** The clock and the sleep; tests have their own. */
export interface Patience {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly sleep: (forMs: number) => Promise<unknown>;
}

/**
 * Lets shoppers' calls wait, in the thread that sells, until the till has been quiet for a moment: what came while a scan was
 * written would else be answered right after it, where the payment comes. At a till at rest nobody waits. Displays never do.
 * @param link asked one call at a time
 */
export function quietLink(
  link: StallLink,
  use: Pick<TillUse, 'sinceMs'>,
  { nowMs, sleep }: Patience = { nowMs: () => performance.now(), sleep: (forMs) => pause(forMs) },
): StallLink {
  let goesOnUntilMs = -Infinity;

  async function untilQuiet(): Promise<void> {
    const startedMs = nowMs();
    if (startedMs < goesOnUntilMs) return;
    let leftMs = LONGEST_WAIT_MS;
    for (let restMs = QUIET_MS - use.sinceMs(); restMs > 0 && leftMs > 0; restMs = QUIET_MS - use.sinceMs()) {
      await sleep(Math.min(restMs, leftMs));
      leftMs = startedMs + LONGEST_WAIT_MS - nowMs();
    }
    if (use.sinceMs() < QUIET_MS) goesOnUntilMs = nowMs() + STRETCH_MS;
  }

  return {
    ...link,
    async dispatch(role, message) {
      if (role === 'shopper' && use.sinceMs() < QUIET_MS) await untilQuiet();
      return link.dispatch(role, message);
    },
  };
}
