import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDelivery, type Delivery } from '../../src/hardware/delivery';
import { newJobState } from '../../src/hardware/delivery-job';
import type { DeviceStatus, KickOutcome, PrinterSource, PrintOutcome } from '../../src/hardware/ports';
import { createListeners } from '../../src/hardware/listeners';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { memoryJobs, type MemoryJobs } from '../helpers/memory-jobs';
import { shortReceipt } from '../helpers/receipts';

const unsent = (reason: 'unreachable' | 'paper-out'): PrintOutcome => ({
  outcome: 'failed',
  reason,
  bytesSent: 0,
  truncated: false,
});

/** Printers whose every answer the test decides. */
function scriptedPrinters() {
  const listeners = createListeners<[string, DeviceStatus]>();
  const calls: string[] = [];
  const languages: string[] = [];
  const printers = new Map<
    string,
    { status: DeviceStatus; answer: () => Promise<PrintOutcome>; kick: () => Promise<KickOutcome> }
  >();
  const source: PrinterSource = {
    printer(deviceId) {
      const printer = printers.get(deviceId);
      if (!printer) return undefined;
      return {
        deviceId,
        label: deviceId,
        profile: PRINTER_PROFILES['generic-80'],
        status: printer.status,
        probed: null,
        onProbe: () => () => undefined,
        print: (document) => {
          calls.push(`${deviceId} print`);
          languages.push(document.language);
          return printer.answer();
        },
        kickDrawer: (pin) => {
          calls.push(`${deviceId} kick ${pin}`);
          return printer.kick();
        },
        onStatus: () => () => undefined,
        drawerState: () => 'unknown',
        drawerLevel: () => Promise.resolve(null),
        onDrawerState: () => () => undefined,
        close: () => Promise.resolve(),
      };
    },
    drawer: () => undefined,
    onStatus: (listener) => listeners.add(listener),
  };
  return {
    source,
    calls,
    languages,
    add(deviceId: string): void {
      printers.set(deviceId, {
        status: { state: 'ready' },
        answer: () => Promise.resolve({ outcome: 'acknowledged' }),
        kick: () => Promise.resolve({ outcome: 'acknowledged' }),
      });
    },
    answer(deviceId: string, answer: () => Promise<PrintOutcome>): void {
      printers.get(deviceId)!.answer = answer;
    },
    kickAnswer(deviceId: string, kick: () => Promise<KickOutcome>): void {
      printers.get(deviceId)!.kick = kick;
    },
    status(deviceId: string, status: DeviceStatus): void {
      printers.get(deviceId)!.status = status;
      listeners.tell(deviceId, status);
    },
  };
}

describe('delivery', () => {
  let clock: ManualClock;
  let jobs: MemoryJobs;
  let printers: ReturnType<typeof scriptedPrinters>;
  let delivery: Delivery;
  let facts: string[];
  let storeErrors: unknown[];

  const add = (id: string, deviceId = 'a'): void => jobs.addPrint(id, deviceId, clock.now(), shortReceipt);
  const kick = (id: string, deviceId = 'a'): void => jobs.addKick(id, deviceId, clock.now());
  const run = async (byMs = 10): Promise<void> => {
    delivery.wake();
    await clock.advance(byMs);
  };

  beforeEach(() => {
    clock = manualClock();
    jobs = memoryJobs();
    printers = scriptedPrinters();
    printers.add('a');
    printers.add('b');
    facts = [];
    storeErrors = [];
    delivery = createDelivery({
      store: jobs,
      printers: printers.source,
      receiptOf: ({ reference }) => ({ ...shortReceipt, language: reference ?? '' }),
      clock,
      onStoreError: (error) => storeErrors.push(error),
    });
    delivery.onJobChanged(({ job }) => facts.push(`${job.id} ${job.state}`));
  });
  afterEach(() => delivery.stop());

  /** What whoever keeps the rows does when a person wants a job after all, or not any more. */
  function decide(id: string, state: 'waiting' | 'discarded'): void {
    const { attempts } = jobs.find(id) ?? expect.fail(id);
    const nowMs = clock.now();
    const times = { freshSinceMs: nowMs, notBeforeMs: nowMs, changedAtMs: nowMs };
    jobs.update(id, { state, reason: null, detail: null, attempts, ...times });
  }

  test('a receipt without a document of its own is laid out when its turn comes', async () => {
    delivery.start();
    jobs.put({
      ...newJobState(clock.now()),
      id: 'one',
      kind: 'receipt',
      deviceId: 'a',
      reference: 'order-7',
      document: null,
    });
    await run();
    expect(printers.languages).toEqual(['order-7']);
    expect(jobs.state('one')).toBe('acknowledged');
  });

  test('a job is running on record before its first byte, then acknowledged', async () => {
    delivery.start();
    add('one');
    let stateWhenPrinting = '';
    printers.answer('a', () => {
      stateWhenPrinting = jobs.state('one');
      return Promise.resolve({ outcome: 'acknowledged' });
    });
    await run();
    expect(stateWhenPrinting).toBe('running');
    expect(facts).toEqual(['one running', 'one acknowledged']);
  });

  test('waking returns before anything is begun', async () => {
    delivery.start();
    add('one');
    delivery.wake('a');
    expect(printers.calls).toEqual([]);
    expect(jobs.state('one')).toBe('waiting');
    await clock.advance(0);
    expect(printers.calls).toEqual(['a print']);
  });

  test('one device, one job at a time, in order; another device does not wait for it', async () => {
    delivery.start();
    let finish = (): void => undefined;
    printers.answer('a', () => new Promise((resolve) => (finish = () => resolve({ outcome: 'acknowledged' }))));
    add('a1');
    add('a2');
    add('b1', 'b');
    await run(60_000);
    expect([jobs.state('a1'), jobs.state('a2'), jobs.state('b1')]).toEqual(['running', 'waiting', 'acknowledged']);
    finish();
    await run();
    expect([jobs.state('a1'), jobs.state('a2')]).toEqual(['acknowledged', 'running']);
    finish();
    await run();
  });

  test('a kick goes before paper that waits', async () => {
    delivery.start();
    add('paper');
    kick('drawer');
    await run();
    expect(printers.calls).toEqual(['a kick 2', 'a print']);
  });

  test('a kick does not wait for a receipt that still prints', async () => {
    delivery.start();
    let finish = (): void => undefined;
    printers.answer('a', () => new Promise((resolve) => (finish = () => resolve({ outcome: 'acknowledged' }))));
    add('paper');
    add('more paper');
    await run();
    kick('drawer');
    await run();
    expect([jobs.state('paper'), jobs.state('drawer'), jobs.state('more paper')]).toEqual([
      'running',
      'acknowledged',
      'waiting',
    ]);
    finish();
    await run();
    expect(jobs.state('more paper')).toBe('running');
    finish();
    await run();
  });

  test('what never left is tried again, each pause longer, and held when stale', async () => {
    delivery.start();
    printers.answer('a', () => Promise.resolve(unsent('unreachable')));
    add('one');
    await run();
    expect(printers.calls).toHaveLength(1);
    await clock.advance(1_000);
    expect(printers.calls).toHaveLength(2);
    await clock.advance(1_000);
    expect(printers.calls).toHaveLength(2);
    await clock.advance(1_000);
    expect(printers.calls).toHaveLength(3);
    await clock.advance(120_000);
    expect(jobs.state('one')).toBe('held');
    const attempts = printers.calls.length;
    expect(attempts).toBeLessThan(12);
    await clock.advance(3_600_000);
    expect(printers.calls).toHaveLength(attempts);
    expect(clock.pending()).toBe(0);
  });

  test.each([
    [{ outcome: 'failed', reason: 'disconnected', bytesSent: 12, truncated: true }, 'unknown'],
    [{ outcome: 'sent-unconfirmed', reason: 'proof-timeout' }, 'unknown'],
    [{ outcome: 'sent-unconfirmed', reason: 'fault-after-sending' }, 'unknown'],
    [{ outcome: 'sent-unconfirmed', reason: 'disconnected' }, 'unknown'],
    [{ outcome: 'sent-unconfirmed', reason: 'no-status' }, 'sent-unconfirmed'],
    [{ outcome: 'failed', reason: 'unprintable', bytesSent: 0, truncated: false, detail: 'ж' }, 'failed'],
  ] as const)('%j is %s and never repeated by itself', async (outcome, state) => {
    delivery.start();
    printers.answer('a', () => Promise.resolve(outcome));
    add('one');
    await run();
    printers.status('a', { state: 'faulted', reason: 'unreachable' });
    printers.status('a', { state: 'ready' });
    await run(3_600_000);
    expect(jobs.find('one')).toMatchObject({ state, detail: 'detail' in outcome ? outcome.detail : null });
    expect(printers.calls).toEqual(['a print']);
  });

  test('a printer that comes back prints what is fresh, and what was held only when asked', async () => {
    delivery.start();
    printers.status('a', { state: 'faulted', reason: 'unreachable' });
    add('old 1');
    add('old 2');
    await run(121_000);
    add('fresh');
    await run();
    expect([jobs.state('old 1'), jobs.state('old 2'), jobs.state('fresh')]).toEqual(['held', 'held', 'waiting']);
    printers.status('a', { state: 'ready' });
    await run();
    expect(facts.filter((fact) => fact.endsWith('acknowledged'))).toEqual(['fresh acknowledged']);
    await run(3_600_000);
    expect(printers.calls).toHaveLength(1);
    decide('old 1', 'waiting');
    decide('old 2', 'waiting');
    delivery.wake('a');
    await run();
    expect(facts.slice(-4)).toEqual(['old 1 running', 'old 1 acknowledged', 'old 2 running', 'old 2 acknowledged']);
  });

  test('a printer that comes back is not kept waiting by an earlier failure', async () => {
    delivery.start();
    let attempts = 0;
    printers.answer('a', () => {
      attempts += 1;
      return Promise.resolve(attempts < 6 ? unsent('paper-out') : { outcome: 'acknowledged' });
    });
    add('one');
    await run(16_000);
    expect(attempts).toBe(5);
    printers.status('a', { state: 'faulted', reason: 'paper-out' });
    printers.status('a', { state: 'ready' });
    await clock.advance(1);
    expect(jobs.state('one')).toBe('acknowledged');
  });

  test('a kick is tried once, whatever comes of it', async () => {
    delivery.start();
    printers.kickAnswer('a', () => Promise.resolve({ outcome: 'failed', reason: 'unreachable' }));
    kick('drawer');
    await run(3_600_000);
    expect(jobs.state('drawer')).toBe('failed');
    expect(printers.calls).toEqual(['a kick 2']);
  });

  test('a kick works with the paper out', async () => {
    delivery.start();
    printers.status('a', { state: 'faulted', reason: 'paper-out' });
    add('paper');
    kick('drawer');
    await run();
    expect([jobs.state('drawer'), jobs.state('paper')]).toEqual(['acknowledged', 'waiting']);
  });

  test('a kick that comes too late is dropped', async () => {
    delivery.start();
    printers.status('a', { state: 'connecting' });
    kick('drawer');
    await run(4_000);
    expect(jobs.state('drawer')).toBe('waiting');
    await clock.advance(1_500);
    expect(jobs.state('drawer')).toBe('expired');
    printers.status('a', { state: 'ready' });
    await run();
    expect(printers.calls).toEqual([]);
  });

  test('what was running when the till stopped is unknown', async () => {
    add('one');
    kick('drawer');
    for (const id of ['one', 'drawer']) {
      const job = jobs.find(id)!;
      jobs.put({ ...job, ...newJobState(clock.now()), state: 'running', attempts: 1 });
    }
    add('next');
    delivery.start();
    await run();
    expect(jobs.find('one')).toMatchObject({ state: 'unknown', reason: 'restarted' });
    expect(jobs.state('drawer')).toBe('unknown');
    expect(jobs.state('next')).toBe('acknowledged');
    expect(printers.calls).toEqual(['a print']);
  });

  test('a clock set forward holds nothing back: the printer that comes back is attended to at once', async () => {
    delivery.start();
    printers.status('a', { state: 'faulted', reason: 'paper-out' });
    add('old');
    await run();
    clock.set(180_000);
    add('fresh');
    printers.status('a', { state: 'ready' });
    await clock.advance(10);
    expect([jobs.state('old'), jobs.state('fresh')]).toEqual(['held', 'acknowledged']);
  });

  test('last night’s jobs are held, not printed, in the morning', async () => {
    add('one');
    await clock.advance(8 * 3_600_000);
    delivery.start();
    await run();
    expect(jobs.state('one')).toBe('held');
    expect(printers.calls).toEqual([]);
  });

  test('what a person discards while it waits is not printed', async () => {
    delivery.start();
    printers.status('a', { state: 'faulted', reason: 'cover-open' });
    add('one');
    await run();
    decide('one', 'discarded');
    printers.status('a', { state: 'ready' });
    await run();
    expect(jobs.state('one')).toBe('discarded');
    expect(printers.calls).toEqual([]);
  });

  test('a device nobody knows holds its jobs and nobody else’s', async () => {
    delivery.start();
    add('lost', 'gone');
    add('one');
    await run(121_000);
    expect([jobs.state('lost'), jobs.state('one')]).toEqual(['held', 'acknowledged']);
  });

  test('nothing is printed that could not be written down first', async () => {
    delivery.start();
    add('one');
    jobs.failNextUpdate();
    await run();
    expect(printers.calls).toEqual([]);
    expect(storeErrors).toHaveLength(1);
    await clock.advance(30_000);
    expect(jobs.state('one')).toBe('acknowledged');
  });

  test('an outcome that cannot be written down is never printed twice', async () => {
    delivery.start();
    add('one');
    printers.answer('a', () => {
      jobs.failNextUpdate();
      return Promise.resolve({ outcome: 'acknowledged' });
    });
    await run(3_600_000);
    expect(printers.calls).toEqual(['a print']);
    expect(jobs.state('one')).toBe('running');
    expect(storeErrors).toHaveLength(1);
  });

  test('stopping waits for what runs and begins nothing more', async () => {
    delivery.start();
    let finish = (): void => undefined;
    printers.answer('a', () => new Promise((resolve) => (finish = () => resolve({ outcome: 'acknowledged' }))));
    add('one');
    add('two');
    await run();
    const stopped = delivery.stop();
    finish();
    await stopped;
    await clock.advance(60_000);
    expect([jobs.state('one'), jobs.state('two')]).toEqual(['acknowledged', 'waiting']);
    expect(clock.pending()).toBe(0);
  });
});
