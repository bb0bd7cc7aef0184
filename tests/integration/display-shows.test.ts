import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CALLS, type TopicState } from '../../src/shared/contract';
import type { RunningKiosk } from '../../src/main/boot';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { manualClock, type ManualClock } from '../helpers/manual-clock';

/** Past the time that a thank-you stays. */
const READ_MS = 31_000;

let folder: ReturnType<typeof temporaryFolder>;
let clock: ManualClock;
let running: RunningKiosk;
let till: TestClient;

async function start(): Promise<void> {
  ({ running, till } = await startTestTill({
    dataDir: folder.path,
    devices: 'none',
    now: () => new Date(clock.now()),
    prices: { clock, steadyMs: () => clock.steady() },
  }));
}

beforeEach(async () => {
  folder = temporaryFolder();
  clock = manualClock();
  await start();
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

async function shown(): Promise<TopicState<'display'>> {
  const answer = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.get', input: {} });
  if (!answer.ok) throw new Error(answer.error.message);
  return CALLS['display.get'].output.parse(answer.value).display;
}

/** The same numbers for the same seed: `mulberry32` (public domain). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) % below);
  };
}

describe('what stands before the shopper', () => {
  test.each([11, 12])('is the sale that is open, or was just paid, and nobody else’s (seed %i)', async (seed) => {
    const pick = chance(seed);
    const { staff } = till.topics.session;
    const operator = staff.find(({ role }) => role === 'operator');
    const taxRateId = till.topics.session.stall.taxRates[0]?.id ?? '';
    /** Names that nothing else on the till has, of the lines that may be on the display now. */
    let open: string[] = [];
    let thanked: string[] = [];
    let all: string[] = [];
    let number = 0;
    let parkedCount = 0;
    const secret = (what: string): string => {
      number += 1;
      const name = `${what}-${seed}-${number}.`;
      all = [...all, name];
      return name;
    };

    const steps: readonly (() => Promise<void>)[] = [
      async () => {
        const name = secret('goods');
        await till.call('cart.add-amount', { name, amountMinor: 100 + pick(900), taxRateId });
        open = [...open, name];
        thanked = [];
      },
      async () => {
        if (open.length === 0) return;
        await till.call('cart.note', { note: secret('note') });
      },
      async () => {
        if (open.length === 0) return;
        await till.call('cart.park', { label: secret('lady') });
        parkedCount += 1;
        // Nobody stands there any more whose goods these are.
        open = [];
        thanked = [];
      },
      async () => {
        if (open.length === 0) return;
        await till.call('cart.void', { reason: secret('reason') });
        open = [];
        thanked = [];
      },
      async () => {
        if (open.length === 0) return;
        await till.call('payment.open', {});
        expect((await shown()).scene.mode).toBe('pay');
        if (pick(3) === 0) await till.call('payment.cancel', {});
        else {
          await till.call('payment.cash', { givenMinor: 100_000 });
          thanked = open;
          open = [];
        }
      },
      async () => {
        await till.call('sale.next', {});
        thanked = [];
      },
      async () => {
        await clock.advance(READ_MS);
        thanked = [];
      },
      async () => {
        const [parked] = till.topics.sale.parked;
        if (!parked || open.length > 0 || till.topics.sale.payment) return;
        await till.call('cart.unpark', { parkedCartId: parked.parkedCartId });
        parkedCount -= 1;
        open = till.topics.sale.cart.lines.map(({ name }) => name);
        thanked = [];
      },
      async () => {
        await till.call('staff.sign-off', {});
        expect((await shown()).scene).toEqual({ mode: 'closed' });
        await till.call('staff.sign-on', { staffId: operator?.staffId ?? '', pin: operator?.demoPin ?? '' });
      },
    ];

    const modes = new Set<string>();
    for (let step = 0; step < 50; step += 1) {
      await steps[pick(steps.length)]?.();
      const display = await shown();
      const text = JSON.stringify(display);
      modes.add(display.scene.mode);
      const names = all.filter((name) => text.includes(name));
      expect(names.filter((name) => ![...open, ...thanked].includes(name))).toEqual([]);
      const mode = open.length > 0 ? 'cart' : thanked.length > 0 ? 'thanks' : 'reel';
      expect(display.scene.mode).toBe(mode);
      if (mode === 'cart') expect(names).toEqual(open);
      for (const { staffId, name } of staff) {
        expect(text).not.toContain(staffId);
        expect(text).not.toContain(`"${name}"`);
      }
      expect(text).not.toMatch(/cost|floor|parked|trace|ruleId/i);
    }
    expect(parkedCount).toBeGreaterThanOrEqual(0);
    expect(modes).toContain('cart');
  });

  test('the last order is not shown after a restart, though the till still offers its receipt', async () => {
    const taxRateId = till.topics.session.stall.taxRates[0]?.id ?? '';
    await till.call('cart.add-amount', { name: 'Odd plate', amountMinor: 150, taxRateId });
    await till.call('payment.cash', { givenMinor: 200 });
    expect((await shown()).scene).toMatchObject({ mode: 'thanks', changeMinor: 50, totalMinor: 150 });
    till.close();
    await running.close();
    await start();
    expect(till.topics.sale.done).not.toBeNull();
    expect((await shown()).scene.mode).toBe('reel');
  });

  test('a drop is told to displays in the turn the till flips, also when the clock is set meanwhile', async () => {
    const found = await till.call('catalogue.lookup', { code: '5012345010779' });
    const itemId = found?.item.itemId ?? '';
    const look = async () => {
      const answer = await running.kiosk.dispatch({ role: 'display' }, { call: 'display.look', input: { itemId } });
      return CALLS['display.look'].output.parse(answer.ok && answer.value);
    };
    await till.call('drop.schedule', {
      name: 'Bread hour',
      what: { kind: 'items', itemIds: [itemId] },
      effect: { kind: 'unit-price', priceMinor: 350 },
      startsAt: new Date(clock.now() + 60_000).toISOString(),
      minutes: 30,
      // More than there are on the table.
      unitCap: 12,
      shares: null,
      graceMs: null,
    });
    const before = await shown();
    expect(await look()).toMatchObject({ item: { priceMinor: 450, drop: null } });
    // Somebody sets the clock an hour ahead: the drop comes when it was to come.
    clock.set(60 * 60_000);
    await clock.advance(59_000);
    expect(await look()).toMatchObject({ item: { priceMinor: 450, drop: null } });
    let newest = before.goodsVersion;
    let toldTogether = false;
    running.kiosk.subscribe('display', (event) => {
      if (event.topic === 'display') newest = event.state.goodsVersion;
    });
    running.kiosk.subscribe('till', (event) => {
      if (event.topic !== 'catalogue') return;
      const { version } = event.state;
      setImmediate(() => (toldTogether = newest === version));
    });
    await clock.advance(2_000);
    expect(toldTogether).toBe(true);
    expect(await look()).toMatchObject({
      item: { priceMinor: 350, wasMinor: 450, drop: { name: 'Bread hour', left: 9 } },
      variants: [{ reasons: [{ kind: 'drop', name: 'Bread hour' }] }],
    });
    expect((await shown()).goodsVersion).toBeGreaterThan(before.goodsVersion);
  });
});

describe('a browser that is to be a display', () => {
  const displayCall = async (call: 'display.pair' | 'display.enter', input: object): Promise<unknown> => {
    const answer = await running.kiosk.dispatch(
      { role: 'display' },
      { call, input, requestId: `pairing-${Math.random()}` },
    );
    return answer.ok ? answer.value : answer.error.code;
  };

  test('is paired once by a code, known by its token over a restart, and unknown once it is taken off', async () => {
    const { code, link } = await till.call('display.new-code', {});
    expect(link).toBeNull();
    const paired = (await displayCall('display.pair', { code: code.toLowerCase(), name: 'iPad' })) as {
      token: string;
      displayId: string;
    };
    expect(await displayCall('display.pair', { code, name: 'another' })).toBeNull();
    expect(JSON.stringify(till.topics)).not.toContain(paired.token);
    till.close();
    await running.close();
    await start();
    expect(await displayCall('display.enter', { token: paired.token })).toEqual({ displayId: paired.displayId });
    await till.until(({ displays }) => displays.paired[0]?.isHere === true, 'the tablet');
    // It shows that it is there every few seconds, and is gone when it no longer does.
    await clock.advance(20_000);
    await displayCall('display.enter', { token: paired.token });
    await clock.advance(20_000);
    expect((await till.call('state.get', {})).displays.paired[0]?.isHere).toBe(true);
    await clock.advance(20_000);
    await till.until(({ displays }) => displays.paired[0]?.isHere === false, 'the tablet to be gone');
    await displayCall('display.enter', { token: paired.token });
    await till.until(({ displays }) => displays.paired[0]?.isHere === true, 'the tablet again');
    await till.call('display.unpair', { displayId: paired.displayId });
    expect(await displayCall('display.enter', { token: paired.token })).toBeNull();
  });

  test('cannot guess its way in, nor use a code that is too old', async () => {
    const { code } = await till.call('display.new-code', {});
    for (let guess = 0; guess < 5; guess += 1) await displayCall('display.pair', { code: 'AAAA-AAAA', name: '' });
    expect(await displayCall('display.pair', { code, name: '' })).toBeNull();
    const second = await till.call('display.new-code', {});
    await clock.advance(11 * 60_000);
    expect(await displayCall('display.pair', { code: second.code, name: '' })).toBeNull();
    const third = await till.call('display.new-code', {});
    expect(await displayCall('display.pair', { code: third.code, name: '' })).toMatchObject({
      token: expect.anything(),
    });
  });
});
