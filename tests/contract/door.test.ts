import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { CALLS, ROLES, type CallName } from '../../src/shared/contract';
import type { CallResult } from '../../src/shared/errors';
import { callResult } from '../../src/shared/wire';
import { startTestKiosk, temporaryFolder } from '../helpers/kiosk';
import { EXAMPLE_INPUTS } from './examples';

const folder = temporaryFolder();
const names = Object.keys(CALLS) as CallName[];
let running: RunningKiosk;

beforeAll(async () => {
  running = await startTestKiosk({ dataDir: folder.path, devices: 'none', server: null });
});
afterAll(async () => {
  await running.close();
  folder.remove();
});

let requests = 0;
function ask(
  role: (typeof ROLES)[number],
  call: string,
  input: unknown,
  requestId?: string,
): Promise<CallResult<unknown>> {
  requests += 1;
  return running.kiosk.dispatch({ role }, { call, input, requestId: requestId ?? `request-${requests}` });
}
async function code(answer: Promise<CallResult<unknown>>): Promise<string> {
  const result = await answer;
  return result.ok ? 'ok' : result.error.code;
}

async function signOn(role: 'operator' | 'cashier'): Promise<void> {
  const state = await ask('till', 'state.get', {});
  if (!state.ok) throw new Error(state.error.message);
  const { staff } = CALLS['state.get'].output.parse(state.value).session;
  const member = staff.find((one) => one.role === role);
  expect(await code(ask('till', 'staff.sign-on', { staffId: member?.staffId, pin: member?.demoPin }))).toBe('ok');
}

describe('every call', () => {
  test.each(names)('%s takes its example', (name) => {
    expect(CALLS[name].input.safeParse(EXAMPLE_INPUTS[name]).error).toBeUndefined();
  });

  test.each(names)('%s is refused to those it is not for', async (name) => {
    for (const role of ROLES.filter((one) => !(CALLS[name].roles as readonly string[]).includes(one))) {
      expect(await code(ask(role, name, EXAMPLE_INPUTS[name]))).toBe('not-allowed');
    }
  });

  test.each(names.filter((name) => CALLS[name].staff !== 'none'))('%s needs somebody signed on', async (name) => {
    expect(await code(ask('till', name, EXAMPLE_INPUTS[name]))).toBe('not-signed-on');
  });

  test.each(names)('%s answers in the form of every answer, whatever it is given', async (name) => {
    await signOn('operator');
    for (const input of [EXAMPLE_INPUTS[name], undefined, null, [], 'x'.repeat(9_000), { surprise: true }]) {
      const answer = await ask('till', name, input);
      expect(callResult.safeParse(answer).error).toBeUndefined();
      // An example may meet a state it does not fit; nothing a client sends may be unforeseen.
      expect(answer.ok ? 'ok' : answer.error.code).not.toBe('internal');
    }
    await ask('till', 'staff.sign-off', {});
  });
});

test('operator calls are refused to a cashier', async () => {
  await signOn('cashier');
  const operatorCalls = names.filter((name) => CALLS[name].staff === 'operator');
  expect(operatorCalls.length).toBeGreaterThan(0);
  for (const name of operatorCalls) expect(await code(ask('till', name, EXAMPLE_INPUTS[name]))).toBe('not-allowed');
  await ask('till', 'staff.sign-off', {});
});

describe('the door itself', () => {
  test.each([['no.such-call'], ['toString'], ['__proto__'], ['constructor']])('knows no call %s', async (name) => {
    expect(await code(ask('till', name, {}))).toBe('unknown-call');
  });

  test.each([undefined, null, 7, 'state.get', [], {}, { call: 7 }, { call: 'x'.repeat(200) }])(
    'refuses %j as a message',
    async (message) => {
      const answer = await running.kiosk.dispatch({ role: 'till' }, message);
      expect(answer.ok ? 'ok' : answer.error.code).toMatch(/^(bad-request|unknown-call)$/);
    },
  );

  test('wants a request id for a command and not for a query', async () => {
    const command = { call: 'settings.set-theme', input: { theme: 'evening' } };
    expect(await code(running.kiosk.dispatch({ role: 'till' }, command))).toBe('bad-request');
    expect(await code(running.kiosk.dispatch({ role: 'till' }, { call: 'state.get', input: {} }))).toBe('ok');
  });

  test('refuses input over its size', async () => {
    await signOn('cashier');
    expect(await code(ask('till', 'cart.scan', { code: '1'.repeat(8_193) }))).toBe('bad-request');
    expect(await code(ask('till', 'cart.scan', { code: '1'.repeat(8_192) }))).toBe('too-long');
    expect(await code(ask('till', 'cart.note', { note: 'n'.repeat(201) }))).toBe('bad-request');
    await ask('till', 'staff.sign-off', {});
  });

  test('never repeats what it was sent', async () => {
    const answer = await ask('till', 'settings.set-theme', { theme: '<script>secret</script>' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});
