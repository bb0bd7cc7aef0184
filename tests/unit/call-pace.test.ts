import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pacedLink } from '../../src/main/lan/call-pace';
import type { CallResult } from '../../src/shared/errors';

test('shoppers’ calls reach the till one after the other, displays’ at once', async () => {
  const reached: unknown[] = [];
  const answers: ((result: CallResult<unknown>) => void)[] = [];
  const link = pacedLink(
    {
      dispatch(_role, message) {
        reached.push(message);
        return new Promise((answer) => answers.push(answer));
      },
      subscribe: () => () => undefined,
      onAged: () => () => undefined,
    },
    () => 0,
  );
  const asked = ['first', 'second', 'third'].map((message) => link.dispatch('shopper', message));
  void link.dispatch('display', 'shown');
  await nextTurn();
  expect(reached).toEqual(['shown', 'first']);
  answers[1]?.({ ok: true, value: 1 });
  expect(await asked[0]).toEqual({ ok: true, value: 1 });
  await nextTurn();
  expect(reached).toEqual(['shown', 'first', 'second']);
  answers[2]?.({ ok: true, value: 2 });
  await asked[1];
  await nextTurn();
  expect(reached).toEqual(['shown', 'first', 'second', 'third']);
});
