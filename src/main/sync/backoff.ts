const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * How long to wait after so many failures in a row: doubled each time up to a minute, then cut by chance to between half and
 * all of it, so that fifty tills whose hub comes back do not all knock at once. Never sooner than the server asked for.
 * @param random from 0 to 1
 */
export function pauseMs(failures: number, random: number, retryAfterMs: number | null): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.max(longest * (0.5 + random / 2), retryAfterMs ?? 0);
}
