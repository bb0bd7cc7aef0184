import { expect, test } from 'vitest';
import { LONGEST_WAIT_MS, QUIET_MS, quietLink, STRETCH_MS } from '../../src/main/lan/quiet-link';
import type { StallRole } from '../../src/main/lan/stall-link';

const CALL_MS = 1;

/** Calls one after the other, each of a millisecond, at a till that is used at the given instants. */
async function calls(count: number, isUsedAt: (ms: number) => boolean, role: StallRole = 'shopper') {
  let nowMs = 0;
  let usedMs = -Infinity;
  const pass = (forMs: number): void => {
    for (const untilMs = nowMs + forMs; nowMs < untilMs;) {
      nowMs += 0.25;
      if (isUsedAt(nowMs)) usedMs = nowMs;
    }
  };
  const answeredMs: number[] = [];
  const link = quietLink(
    {
      dispatch() {
        answeredMs.push(nowMs);
        pass(CALL_MS);
        return Promise.resolve({ ok: true, value: null });
      },
      subscribe: () => () => undefined,
      onAged: () => () => undefined,
    },
    { sinceMs: () => nowMs - usedMs },
    { nowMs: () => nowMs, sleep: (forMs) => Promise.resolve(pass(forMs)) },
  );
  const waitedMs: number[] = [];
  for (let call = 0; call < count; call += 1) {
    const askedMs = nowMs;
    await link.dispatch(role, { call: 'shop.front', input: {} });
    waitedMs.push((answeredMs.at(-1) ?? Infinity) - askedMs);
  }
  return { answeredMs, waitedMs, tookMs: nowMs };
}

test('nobody waits at a till at rest', async () => {
  expect(await calls(100, () => false)).toMatchObject({ tookMs: 100 * CALL_MS });
});

test('a call waits from the last command on until the till has been quiet', async () => {
  const { answeredMs } = await calls(5, (ms) => ms === 2 || ms === 4);
  expect(answeredMs).toEqual([0, 1, 4 + QUIET_MS, 5 + QUIET_MS, 6 + QUIET_MS]);
});

test('where the till is never quiet a fifth of its time is the shoppers’, and none waits longer than is said', async () => {
  const { tookMs, waitedMs } = await calls(1_000, () => true);
  const periods = Math.ceil((1_000 * CALL_MS) / STRETCH_MS);
  expect(Math.max(...waitedMs)).toBe(LONGEST_WAIT_MS);
  // The first comes before anybody used it.
  expect(waitedMs.filter((ms) => ms > 0)).toHaveLength(periods);
  expect(tookMs).toBe(1_000 * CALL_MS + periods * LONGEST_WAIT_MS);
});

test('displays wait for nobody', async () => {
  expect(await calls(100, () => true, 'display')).toMatchObject({ tookMs: 100 * CALL_MS });
});
