import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningKiosk } from '../../src/main/boot';
import { CALLS, topicsOf, type ClientRole, type Topic, type TopicEvent } from '../../src/shared/contract';
import { startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';

const folder = temporaryFolder();
let running: RunningKiosk;
let till: TestClient;

beforeAll(async () => {
  ({ running, till } = await startTestTill({ dataDir: folder.path, devices: 'none' }));
});
afterAll(async () => {
  await running.close();
  folder.remove();
});

function listen(role: ClientRole): TopicEvent[] {
  const heard: TopicEvent[] = [];
  running.kiosk.subscribe(role, (event) => heard.push(event));
  return heard;
}

describe('what each role hears of the topics', () => {
  test('a display hears of the display alone, the till all else, a shopper nothing; each numbered without a gap', async () => {
    const heard = { till: listen('till'), display: listen('display'), shopper: listen('shopper') };
    const { staff } = await till.call('state.get', {}).then(({ session }) => session);
    const operator = staff.find(({ role }) => role === 'operator');
    await till.call('staff.sign-on', { staffId: operator?.staffId ?? '', pin: operator?.demoPin ?? '' });
    await till.call('shift.open', { floatMinor: 5_000 });
    const { items } = await till.call('display.goods', { category: null, offset: 0, limit: 5 });
    for (const { itemId } of items) {
      const { variants } = await till.call('catalogue.item', { itemId });
      await till.call('cart.add', { variantId: variants[0]?.variantId ?? '', quantity: 1 });
    }
    await till.call('cart.void', { reason: 'changed their mind' });
    const topics = (events: readonly TopicEvent[]): Topic[] => [...new Set(events.map(({ topic }) => topic))];
    expect(topics(heard.display)).toEqual(topicsOf('display'));
    expect(topics(heard.till)).toEqual(expect.arrayContaining(['session', 'sale']));
    expect(topics(heard.till)).not.toContain('display');
    expect(heard.shopper).toEqual([]);
    for (const events of [heard.till, heard.display]) {
      const [first] = events;
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => (first?.seq ?? 0) + index));
    }
  });

  test('a display fetches its own state and is refused the till’s', async () => {
    const dispatch = (call: string) => running.kiosk.dispatch({ role: 'display' }, { call, input: {} });
    const own = await dispatch('display.get');
    expect(Object.keys(CALLS['display.get'].output.parse(own.ok && own.value))).toEqual(['seq', 'display']);
    expect(await dispatch('state.get')).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  });
});
