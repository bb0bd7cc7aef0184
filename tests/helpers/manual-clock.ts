import type { Clock } from '../../src/hardware/ports';

/** A clock that stands still until told; timers fire in order of their time while it is moved. */
export interface ManualClock extends Clock {
  /** Moves time on, firing what falls due, and lets promises settle in between. */
  advance(byMs: number): Promise<void>;
  /** Somebody sets the clock; timers run on as they were. */
  set(byMs: number): void;
  /** Milliseconds that really passed, whatever the clock was set to. */
  steady(): number;
  /** Timers not yet fired. */
  pending(): number;
}

export function manualClock(startMs = Date.UTC(2026, 5, 13, 10, 31)): ManualClock {
  let nowMs = startMs;
  let setByMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  /** Enough turns of the event loop for a chain of questions and answers to come to rest before time goes on. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => nowMs + setByMs,
    steady: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    async advance(byMs) {
      const untilMs = nowMs + byMs;
      await settle();
      for (;;) {
        const next = timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (!next) break;
        nowMs = Math.max(nowMs, next.atMs);
        timers = timers.filter((timer) => timer !== next);
        next.callback();
        await settle();
      }
      nowMs = untilMs;
    },
    set(byMs) {
      setByMs += byMs;
    },
    pending: () => timers.length,
  };
}
