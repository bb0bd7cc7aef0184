import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Watches how long the event loop is held up. A timer of 1 ms says when it should have been called; what it is late is
 * what anything else, a scan for instance, would have waited. Node's own histogram samples the same and must agree, or
 * one of the two missed a block.
 */
export function watchBlocks(): {
  /** @returns the longest block in milliseconds */
  stop(): number;
} {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  let longestMs = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last - 1);
    last = now;
  };
  const timer = setInterval(look, 1);
  return {
    stop() {
      look();
      clearInterval(timer);
      histogram.disable();
      return Math.max(longestMs, histogram.max / 1e6 - 1);
    },
  };
}
