import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Together } from '../../src/hub/together';

/** Doubles numbers; each turn waits until it is let go. */
function doubling(howMany?: (waiting: readonly number[]) => number) {
  const turns: (readonly number[])[] = [];
  const goOn: (() => void)[] = [];
  let idle = 0;
  const together = new Together<number, number>({
    async work(asks) {
      turns.push(asks);
      await new Promise<void>((resolve) => goOn.push(resolve));
      if (asks.includes(13)) throw new Error('not thirteen');
      return asks.map((ask) => ask * 2);
    },
    ...(howMany && { howMany }),
    onIdle: () => (idle += 1),
  });
  const next = async (): Promise<void> => {
    goOn.shift()?.();
    await pause(0);
  };
  return { together, turns, next, idle: () => idle };
}

test('what is asked meanwhile goes together, and everybody gets his own answer', async () => {
  const { together, turns, next, idle } = doubling();
  const answers = Promise.all([1, 2, 3].map((ask) => together.ask(ask)));
  expect(turns).toEqual([[1]]);
  await next();
  expect(turns).toEqual([[1], [2, 3]]);
  expect(idle()).toBe(0);
  await next();
  expect(await answers).toEqual([2, 4, 6]);
  expect(idle()).toBe(1);
});

test('no more go together than may', async () => {
  const { together, turns, next } = doubling((waiting) => Math.min(2, waiting.length));
  const answers = Promise.all([1, 2, 3, 4].map((ask) => together.ask(ask)));
  for (let turn = 0; turn < 3; turn += 1) await next();
  expect(turns).toEqual([[1], [2, 3], [4]]);
  expect(await answers).toEqual([2, 4, 6, 8]);
});

test('a turn that fails, fails for its own asks only', async () => {
  const { together, next } = doubling((waiting) => Math.min(1, waiting.length));
  const answers = Promise.allSettled([13, 1].map((ask) => together.ask(ask)));
  await next();
  await next();
  expect(await answers).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 2 }]);
});
