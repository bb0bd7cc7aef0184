import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Client } from '../../../src/renderer/lib/client';
import { repeatWeighing } from '../../../src/renderer/lib/weighing';
import { weighingWords } from '../../../src/shared/device-words';
import type { Weighing } from '../../../src/shared/contract';
import { weighing as weighingSchema } from '../../../src/shared/contract';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A till whose answers a test gives one by one. */
function scriptedClient() {
  const waiting: ((result: unknown) => void)[] = [];
  const call = () => new Promise((resolve) => waiting.push(resolve));
  return {
    client: { call } as unknown as Pick<Client, 'call'>,
    asked: () => waiting.length,
    answer: async (result: unknown) => {
      waiting.at(-1)?.(result);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}
const rests = (weightGrams: number): Weighing => ({ kind: 'weight', weightGrams });

test('asks one question after the other, and hears every answer', async () => {
  const { client, asked, answer } = scriptedClient();
  const heard: (Weighing | null)[] = [];
  const stop = repeatWeighing(client, (said) => heard.push(said));
  await vi.advanceTimersByTimeAsync(60_000);
  // A scale that takes its time is not asked twice.
  expect(asked()).toBe(1);
  await answer({ ok: true, value: rests(350) });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked()).toBe(2);
  await answer({ ok: false, error: { code: 'disconnected', message: '', retryable: true } });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked()).toBe(3);
  expect(heard).toEqual([rests(350), null]);
  stop();
});

test('stopped, it asks and tells nothing more, even of what was asked', async () => {
  const { client, asked, answer } = scriptedClient();
  const heard: unknown[] = [];
  const stop = repeatWeighing(client, (said) => heard.push(said));
  stop();
  await answer({ ok: true, value: rests(350) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect([asked(), heard]).toEqual([1, []]);
});

test('every state of the scale has words of its own', () => {
  const reasons = weighingSchema.options[1].shape.reason.options;
  const all = [
    weighingWords(null),
    weighingWords(rests(0)),
    weighingWords(rests(350)),
    ...reasons.map((reason) => weighingWords({ kind: 'none', reason })),
  ];
  expect(new Set(all).size).toBe(all.length);
});
