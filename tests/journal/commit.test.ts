import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryJob } from '../../src/hardware/delivery-job';
import { StoreError } from '../../src/main/db/store-error';
import { verifyFolder } from '../../src/main/db/inspect';
import { drawerJob, makeItem, receiptJob, StallLife } from './stall-life';
import { failAt } from './statement-faults';

let life: StallLife;
beforeEach(() => {
  life = new StallLife();
});
afterEach(() => {
  vi.restoreAllMocks();
  life.end();
});

/** Everything a commit may change, as one value. */
function wholeState(of: StallLife): unknown {
  const { store } = of;
  return {
    orders: store.orders.list({ text: '', beforeSequence: null, limit: 100 }),
    next: store.nextOrderSequence(),
    sale: store.sale(),
    result: store.resultOf('request'),
    jobs: store.jobs.list({ states: ['waiting', 'running', 'held'], limit: 100 }),
    shift: store.shifts.current(),
    parked: store.parked.list(),
  };
}

describe('a commit', () => {
  it.each([
    ['before', 'SQLITE_FULL'],
    ['after', 'SQLITE_FULL'],
    ['before', 'SQLITE_IOERR_WRITE'],
    ['after', 'SQLITE_IOERR_FSYNC'],
  ] as const)('leaves the state before it whichever statement fails, %s it ran, with %s', async (when, code) => {
    life.put(makeItem(1), makeItem(2));
    life.openShift();
    const parkedCartId = life.park(['variant-2']);
    life.store.saveSale({ cart: life.cart(['variant-1']), markedLineId: null, payment: null, doneOrderId: null });
    const order = life.order(['variant-1', 'variant-2']);
    const totals = life.store.shifts.current()?.totals;
    if (!totals) throw new Error('the shift is not open');
    const close = {
      closedAt: order.placedAt,
      closedBy: 'ada',
      countedMinor: 0,
      expectedMinor: 0,
      differenceMinor: 0,
      reason: '',
      totals,
    };
    const commit = () =>
      life.store.commit({
        requestId: 'request',
        actor: 'ada',
        drafts: [
          { kind: 'order.placed', body: { order } },
          { kind: 'drawer.kicked', body: { reason: 'tender', orderId: order.orderId } },
          { kind: 'cart.unparked', body: { parkedCartId, reason: 'discarded' } },
          { kind: 'shift.closed', body: { shiftId: order.shiftId, close } },
        ],
        sale: null,
        jobs: [receiptJob('receipt', order.orderId, 1), drawerJob('drawer', order.orderId, 1)],
        result: { orderId: order.orderId },
      });
    const before = wholeState(life);
    let failures = 0;
    for (let n = 1, done = false; !done; n += 1) {
      const faults = failAt(n, when, code);
      let thrown: unknown = null;
      try {
        commit();
      } catch (error) {
        thrown = error;
      }
      done = faults.count() < n;
      vi.restoreAllMocks();
      if (done) break;
      failures += 1;
      expect(thrown).toBeInstanceOf(StoreError);
      expect((thrown as StoreError).code).toBe('disk-full');
      expect(wholeState(life)).toEqual(before);
    }
    // Four entries with what they mean, the sale, two jobs, the result, the signature: at the least.
    expect(failures).toBeGreaterThan(10);
    expect(life.store.resultOf('request')).toEqual({ found: true, value: { orderId: order.orderId } });
    expect(life.store.orders.count()).toBe(1);
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('answers a repeated request from what it kept', () => {
    life.put(makeItem(1));
    expect(life.store.resultOf('r1')).toEqual({ found: false });
    const order = life.sell(['variant-1'], 'r1');
    expect(life.store.resultOf('r1')).toEqual({ found: true, value: { orderId: order.orderId } });
    life.close();
    expect(life.store.resultOf('r1')).toEqual({ found: true, value: { orderId: order.orderId } });
  });

  it('refuses the same request twice rather than doing it twice', () => {
    life.put(makeItem(1));
    life.sell(['variant-1'], 'r1');
    expect(() => life.sell(['variant-1'], 'r1')).toThrow();
    expect(life.store.orders.count()).toBe(1);
  });

  it('forgets results after 7 days', () => {
    life.store.commit({ requestId: 'old', actor: null, drafts: [], result: 1 });
    life.nowMs += 8 * 24 * 3600 * 1000;
    life.store.commit({ requestId: 'new', actor: null, drafts: [], result: 2 });
    life.close();
    expect(life.store.resultOf('old')).toEqual({ found: false });
    expect(life.store.resultOf('new')).toEqual({ found: true, value: 2 });
  });

  it('refuses a body that does not fit its kind, and changes nothing', () => {
    const draft = { kind: 'staff.added', body: { staffId: '', role: 'queen' } };
    expect(() => life.store.commit({ actor: null, drafts: [draft as never], result: null })).toThrow();
    expect(life.store.stall.staff()).toEqual([]);
  });

  it('numbers orders without a gap, also across restarts', () => {
    life.put(makeItem(1));
    const numbers = [life.sell(['variant-1']), life.sell(['variant-1'])].map(({ number }) => number);
    life.close();
    numbers.push(life.sell(['variant-1']).number);
    expect(numbers).toEqual(['T1-0001', 'T1-0002', 'T1-0003']);
  });

  it('gives each entry an instant after the last, with the clock set back between two starts', () => {
    const [first] = life.put(makeItem(1));
    life.close();
    life.nowMs -= 24 * 3600 * 1000;
    const [second] = life.put(makeItem(2));
    expect((second?.at ?? '') > (first?.at ?? '')).toBe(true);
  });
});

describe('working state', () => {
  it('comes back after a restart: the sale, the jobs, people and settings', async () => {
    life.put(makeItem(1));
    const sale = { cart: life.cart(['variant-1']), markedLineId: null, payment: null, doneOrderId: null };
    life.store.saveSale(sale, 'r1', { lineId: 'line' });
    life.store.settings.set('theme', 'evening');
    await life.store.people.put('ada', 'Ada', '1234');
    life.close();
    expect(life.store.sale()).toEqual(sale);
    expect(life.store.resultOf('r1')).toEqual({ found: true, value: { lineId: 'line' } });
    expect(life.store.settings.get('theme')).toBe('evening');
    expect(await life.store.people.isPin('ada', '1234')).toBe(true);
    expect(await life.store.people.isPin('ada', '1235')).toBe(false);
    expect(await life.store.people.isPin('bob', '1234')).toBe(false);
  });

  it('counts wrong PINs until the right one, and forgets a person whole', async () => {
    const { people } = life.store;
    await people.put('ada', 'Ada', '1234');
    expect(people.countWrongPin('ada', '2026-06-13T10:00:00.000Z')).toBe(1);
    expect(people.countWrongPin('ada', '2026-06-13T10:00:01.000Z')).toBe(2);
    expect(people.find('ada')).toMatchObject({ wrongPins: 2, lastWrongAt: '2026-06-13T10:00:01.000Z' });
    people.clearWrongPins('ada');
    expect(people.find('ada')).toMatchObject({ wrongPins: 0, lastWrongAt: null });
    people.forget('ada');
    expect(people.find('ada')).toBeNull();
    expect(people.nameOf('ada')).toBe('');
    life.close();
    expect((await verifyFolder(life.dataDir)).findings).toEqual([]);
  });

  it('keeps jobs as the queue wants them', () => {
    life.put(makeItem(1));
    const { orderId } = life.sell(['variant-1']);
    const { jobs } = life.store;
    const [receipt, drawer] = jobs.ofReference(orderId) as [DeliveryJob, DeliveryJob];
    expect(receipt).toMatchObject({ kind: 'receipt', document: { kind: 'receipt' } });
    expect(drawer).toMatchObject({ kind: 'drawer', pin: 2 });
    const change = { ...receipt, state: 'held', reason: 'stale', attempts: 2, changedAtMs: 9 } as const;
    expect(jobs.update(receipt.id, change)).toEqual({ ...receipt, ...change });
    expect(jobs.list({ states: ['waiting', 'held'], limit: 1 })).toHaveLength(1);
    expect(jobs.list({ states: ['held'], deviceId: 'other', limit: 5 })).toEqual([]);
    expect(jobs.receiptState(orderId)).toBe('held');
    expect(jobs.unprinted(10).map(({ id }) => id)).toEqual([receipt.id]);
    expect(jobs.count('held')).toBe(1);
    expect(() => jobs.update('nobody', change)).toThrow('there is no job nobody');
  });

  it('shows notices until they are dismissed', () => {
    const notice = { noticeId: 'n', code: 'disk-full', detail: 'Nearly full', at: '2026-06-13T10:00:00.000Z' } as const;
    life.store.notices.add(notice);
    life.close();
    expect(life.store.notices.list()).toEqual([notice]);
    life.store.notices.dismiss('n');
    expect(life.store.notices.list()).toEqual([]);
  });
});

describe('orders', () => {
  it('are found by number, by a name on them and by their total as typed, newest first, in pages', () => {
    life.put(makeItem(0), makeItem(1), makeItem(2));
    const jam = life.sell(['variant-0']);
    const creme = life.sell(['variant-1', 'variant-2']);
    const found = (text: string) =>
      life.store.orders.list({ text, beforeSequence: null, limit: 10 }).orders.map(({ order }) => order.number);
    expect(found('')).toEqual([creme.number, jam.number]);
    expect(found('creme')).toEqual([creme.number]);
    expect(found('Crème BRÛ')).toEqual([creme.number]);
    expect(found('amble')).toEqual([]);
    expect(found('t1-0001')).toEqual([jam.number]);
    expect(found((creme.totalMinor / 100).toFixed(2))).toEqual([creme.number]);
    expect(found(`£${(jam.totalMinor / 100).toFixed(2).replace('.', ',')}`)).toEqual([jam.number]);
    expect(found('%')).toEqual([]);
    const page = life.store.orders.list({ text: '', beforeSequence: null, limit: 1 });
    expect(page.more).toBe(true);
    const next = life.store.orders.list({ text: '', beforeSequence: page.orders[0]?.sequence ?? 0, limit: 1 });
    expect(next).toMatchObject({ more: false, orders: [{ order: { number: jam.number } }] });
    expect(life.store.orders.byNumber(jam.number)?.order).toEqual(jam);
    expect(life.store.orders.byNumber('junk')).toBeNull();
  });

  it('count their copies and add up in their shift', () => {
    life.put(makeItem(1));
    const first = life.sell(['variant-1']);
    const second = life.sell(['variant-1', 'variant-1']);
    const body = { orderId: first.orderId, copy: 1 };
    life.store.commit({ actor: null, drafts: [{ kind: 'receipt.copied', body }], result: null });
    expect(life.store.orders.get(first.orderId)?.copies).toBe(1);
    expect(life.store.orders.get(second.orderId)?.copies).toBe(0);
    expect(life.store.shifts.current()?.totals).toMatchObject({
      orderCount: 2,
      salesMinor: first.totalMinor + second.totalMinor,
    });
  });
});
