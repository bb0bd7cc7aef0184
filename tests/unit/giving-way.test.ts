import { describe, expect, it } from 'vitest';
import { givingWayTo, LONGEST_WAIT_MS, QUIET_MS, STRETCH_MS } from '../../src/main/advisor/giving-way';

/** Work in steps of a quarter of a millisecond beside a till that is used at the given instants. */
function work(steps: number, isUsedAt: (ms: number) => boolean) {
  let nowMs = 0;
  let usedMs = -Infinity;
  let restedMs = 0;
  const rests: number[] = [];
  const pass = (forMs: number): void => {
    for (const untilMs = nowMs + forMs; nowMs < untilMs;) {
      nowMs += 0.25;
      if (isUsedAt(nowMs)) usedMs = nowMs;
    }
  };
  const giveWay = givingWayTo(
    { sinceMs: () => nowMs - usedMs },
    {
      nowMs: () => nowMs,
      sleep(forMs) {
        const startedMs = nowMs;
        pass(forMs);
        restedMs += nowMs - startedMs;
        rests.push(startedMs);
      },
    },
  );
  let disturbedMs = 0;
  for (let step = 0; step < steps; step += 1) {
    giveWay();
    if (nowMs - usedMs < QUIET_MS) disturbedMs += 0.25;
    pass(0.25);
  }
  return { tookMs: nowMs, restedMs, rests, disturbedMs };
}

describe('giving way to the till', () => {
  it('costs no time while nobody uses it', () => {
    expect(work(4_000, () => false)).toMatchObject({ tookMs: 1_000, restedMs: 0 });
  });

  it('rests from a tap until the till has been quiet', () => {
    const { tookMs, restedMs, rests, disturbedMs } = work(4_000, (ms) => ms === 100);
    expect(rests[0]).toBe(100);
    expect(restedMs).toBe(QUIET_MS);
    expect(tookMs).toBe(1_000 + QUIET_MS);
    expect(disturbedMs).toBe(0);
  });

  it('rests through taps that follow each other', () => {
    const { disturbedMs, restedMs } = work(4_000, (ms) => ms === 100 || ms === 110 || ms === 120);
    expect(disturbedMs).toBe(0);
    expect(restedMs).toBe(20 + QUIET_MS);
  });

  it('comes to its end beside a till that is never quiet, a stretch at a time', () => {
    const { tookMs, disturbedMs } = work(4_000, () => true);
    expect(disturbedMs).toBeGreaterThan(999);
    expect(tookMs).toBeGreaterThan((1_000 / STRETCH_MS) * LONGEST_WAIT_MS * 0.9);
    expect(tookMs).toBeLessThanOrEqual(1_000 * (1 + LONGEST_WAIT_MS / STRETCH_MS) + LONGEST_WAIT_MS);
  });
});
