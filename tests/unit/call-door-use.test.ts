import { expect, test } from 'vitest';
import { CallDoor, type CallHandlers } from '../../src/main/core/call-door';

test('whoever sells is noted when they ask and when they are answered; a shopper never', async () => {
  const seen: string[] = [];
  const door = new CallDoor({
    handlers: {
      'sale.next': () => (seen.push('sale'), {}),
      'shop.came': () => (seen.push('came'), {}),
    } as unknown as CallHandlers,
    signedOn: () => ({ staffId: 'ade', role: 'operator' }),
    resultOf: () => ({ found: false }),
    toldBy: () => undefined,
    onCommand: () => seen.push('use'),
    explain: (error) => error,
    format: () => {
      throw new Error('No amount is told here.');
    },
    log: { error: () => undefined } as never,
  });
  const ids = ['0192d3a0-0000-7000-8000-000000000001', '0192d3a0-0000-7000-8000-000000000002'];
  const sold = await door.dispatch({ role: 'till' }, { call: 'sale.next', input: {}, requestId: ids[0] });
  const came = await door.dispatch({ role: 'shopper' }, { call: 'shop.came', input: { people: 1 }, requestId: ids[1] });
  expect([sold, came]).toEqual([expect.objectContaining({ ok: true }), expect.objectContaining({ ok: true })]);
  expect(seen).toEqual(['use', 'sale', 'use', 'came']);
});
