import { expect } from 'vitest';
import type { ManualClock } from './manual-clock';

/** How a test waits where a manual clock decides the time. */
export interface ManualBench {
  /** Moves the clock until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Moves the clock until the condition holds. Fails the test if it never does. */
  until(condition: () => boolean): Promise<void>;
}

export function manualBench(clock: ManualClock): ManualBench {
  return {
    async settle(promise) {
      let isSettled = false;
      const done = promise.finally(() => (isSettled = true));
      for (let step = 0; step < 600 && !isSettled; step += 1) await clock.advance(100);
      if (!isSettled) throw new Error('not settled within a minute of the till');
      return done;
    },
    async until(condition) {
      for (let step = 0; step < 600 && !condition(); step += 1) await clock.advance(100);
      expect(condition()).toBe(true);
    },
  };
}
