import { DEFAULT_POLICY } from '../../src/domain/pricing/policy';
import { describe, expect, test } from 'vitest';
import { createClient, type Topics } from '../../src/renderer/lib/client/client';
import { ConnectionLost, type Connection, type Transport } from '../../src/renderer/lib/client/transport';
import type { CallMessage } from '../../src/shared/contract';

const catalogue = (version: number) => ({ version, itemCount: 0, categories: [] });
const session = {
  stall: {
    stallId: 's',
    name: 'Salt & Bramble',
    place: '',
    currency: 'GBP',
    locale: 'en-GB',
    timeZone: 'Europe/London',
    taxIncluded: true,
    taxRates: [{ id: 'zero', name: 'VAT 0%', basisPoints: 0 }],
    vatNumber: '',
    receiptFooter: '',
    labelRules: [],
    categories: [],
    cardProviders: [],
    denominations: [100],
  },
  device: { deviceId: 'd', prefix: 'T1', publicKey: 'k' },
  staff: [],
  signedOn: null,
  shift: null,
  nextNumber: 'T1-0001',
  theme: 'daylight',
  language: 'en',
  isSetUp: true,
  browserTill: null,
  demo: false,
  notices: [],
};
const cart = {
  cartId: 'c',
  lines: [],
  discount: null,
  note: '',
  itemCount: 0,
  savedMinor: 0,
  taxes: [],
  taxMinor: 0,
  totalMinor: 0,
};
function wholeState(seq: number, version: number) {
  return {
    seq,
    session,
    sale: {
      cart,
      markedLineId: null,
      payment: null,
      quickTendersMinor: [],
      parked: [],
      strayTenders: [],
      done: null,
      lastOrder: null,
    },
    jobs: { unprinted: [], heldCount: 0, unknownCount: 0, failedCount: 0 },
    devices: { devices: [], found: [], platform: 'linux' },
    scan: { scans: [] },
    catalogue: catalogue(version),
    import: null,
    sync: {
      state: 'off',
      servers: [],
      takenOver: null,
      serving: [],
      sharing: { isOn: false, port: 1, problem: null },
      queued: 0,
      oldestQueuedAt: null,
      overdueOrders: 0,
      lastSuccessAt: null,
      nextTryAt: null,
      quarantined: [],
      unapplied: [],
      mismatches: [],
      doubleSold: [],
    },
    priceTests: { tests: [] },
    footfall: { countingSince: null, lastHour: 0, isCalibrated: false },
    advice: {
      isLearning: false,
      learnedAt: null,
      orders: 0,
      marketDays: 0,
      wishes: { closesAt: null, perishable: null },
      advice: [],
      value: { taken: 0, ignored: 0, takenRatio: null, ignoredRatio: null, value: null },
    },
    prices: {
      epoch: 1,
      now: '2026-06-13T10:00:00.000Z',
      clockAheadMs: 0,
      nextChangeAt: null,
      ruleCount: 0,
      policy: DEFAULT_POLICY,
      place: { event: '', pitch: '', position: null },
      feeds: [],
      drops: [],
      templates: [],
    },
    holds: { now: '2026-06-13T10:00:00.000Z', isOn: true, minutes: 30, holds: [], clashes: [] },
    shop: {
      isOn: false,
      address: null,
      port: 8720,
      offers: [],
      publicUrl: null,
      url: null,
      problem: null,
      addresses: [],
    },
    clips: { version: 1 },
    reel: { version: 1 },
    displays: {
      screens: [],
      window: { mode: 'off', screenId: null, isOpen: false },
      servedAt: null,
      scannerId: null,
      paired: [],
    },
  };
}

/** A wire in the test's hand: it decides what is answered, lost and heard. */
function wire() {
  const sent: { message: CallMessage; answer: (value: unknown, seq?: number) => void; lose: () => void }[] = [];
  let tell: (event: unknown) => void = () => undefined;
  let become: (connection: Connection) => void = () => undefined;
  const transport: Transport = {
    send: (message) =>
      new Promise((resolve, reject) => {
        sent.push({
          message,
          answer: (value, seq) => resolve({ ok: true, value, ...(seq !== undefined && { seq }) }),
          lose: () => reject(new ConnectionLost()),
        });
      }),
    onEvent(listener) {
      tell = listener;
      return () => undefined;
    },
    onConnection(listener) {
      become = listener;
      listener('connecting');
      return () => undefined;
    },
    close: () => undefined,
  };
  return {
    transport,
    sent,
    tell: (seq: number, version: number) => tell({ topic: 'catalogue', seq, state: catalogue(version) }),
    become: (connection: Connection) => become(connection),
    /** Lets promises run. */
    settle: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
}

describe('state', () => {
  test('events that overtake the snapshot are applied after it, older ones are dropped', async () => {
    const line = wire();
    const client = createClient(line.transport);
    const versions: (number | undefined)[] = [];
    client.onChange((changed: Partial<Topics>) => versions.push(changed.catalogue?.version));
    line.become('connected');
    await line.settle();
    line.tell(9, 90);
    line.tell(10, 100);
    line.tell(11, 110);
    line.sent[0]?.answer(wholeState(9, 90));
    await line.settle();
    expect(versions).toEqual([90, 100, 110]);
    expect(client.topics?.catalogue.version).toBe(110);
  });

  test('a command has answered only when the topics tell what it did', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    line.sent[0]?.answer(wholeState(1, 1));
    await line.settle();
    let seen: number | undefined;
    void client.call('sale.next', {}).then(() => (seen = client.topics?.catalogue.version));
    await line.settle();
    line.sent[1]?.answer({}, 3);
    await line.settle();
    line.tell(2, 2);
    await line.settle();
    expect(seen).toBeUndefined();
    line.tell(3, 3);
    await line.settle();
    expect(seen).toBe(3);
  });

  test('a command answers without its events when the connection is lost', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    line.sent[0]?.answer(wholeState(1, 1));
    await line.settle();
    const answered = client.call('sale.next', {});
    await line.settle();
    line.sent[1]?.answer({}, 3);
    await line.settle();
    line.become('disconnected');
    expect(await answered).toEqual({ ok: true, value: {} });
  });

  test('a missing number makes it fetch everything again', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    line.sent[0]?.answer(wholeState(1, 1));
    await line.settle();
    line.tell(3, 3);
    await line.settle();
    expect(client.topics?.catalogue.version).toBe(1);
    expect(line.sent.map(({ message }) => message.call)).toEqual(['state.get', 'state.get']);
    line.tell(4, 4);
    line.sent[1]?.answer(wholeState(3, 3));
    await line.settle();
    expect(client.topics?.catalogue.version).toBe(4);
  });

  test('a new kiosk, counting from the start, replaces what the old one said', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    line.sent[0]?.answer(wholeState(500, 5));
    await line.settle();
    line.become('disconnected');
    line.become('connected');
    await line.settle();
    line.sent[1]?.answer(wholeState(2, 6));
    await line.settle();
    line.tell(3, 7);
    expect(client.topics?.catalogue.version).toBe(7);
  });
});

describe('calls', () => {
  test('a command that lost its connection is sent again under the same request id', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    line.sent[0]?.answer(wholeState(1, 1));
    const paid = client.call('payment.cash', { givenMinor: 500 });
    await line.settle();
    line.become('disconnected');
    line.sent[1]?.lose();
    await line.settle();
    expect(line.sent).toHaveLength(2);
    line.become('connected');
    await line.settle();
    const repeats = line.sent.filter(({ message }) => message.call === 'payment.cash');
    expect(repeats).toHaveLength(2);
    expect(repeats[1]?.message.requestId).toBe(repeats[0]?.message.requestId);
    repeats[1]?.answer({ orderId: 'o', number: 'T1-0001', changeMinor: 0 });
    expect(await paid).toEqual({ ok: true, value: { orderId: 'o', number: 'T1-0001', changeMinor: 0 } });
  });

  test('two taps are two requests', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    void client.call('sale.next', {});
    void client.call('sale.next', {});
    await line.settle();
    const ids = line.sent.filter(({ message }) => message.call === 'sale.next').map(({ message }) => message.requestId);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(undefined);
  });

  test('patience ends: the answer is disconnected', async () => {
    const client = createClient(wire().transport, { patienceMs: 5 });
    const result = await client.call('state.get', {});
    expect(result).toMatchObject({ ok: false, error: { code: 'disconnected', retryable: true } });
  });

  test('a refused token is not waited for', async () => {
    const line = wire();
    const client = createClient(line.transport, { patienceMs: 60_000 });
    const result = client.call('state.get', {});
    line.become('refused');
    expect(await result).toMatchObject({ ok: false, error: { code: 'disconnected' } });
  });

  test('an answer of another shape is not let through', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    const result = client.call('shift.open', { floatMinor: 0 });
    await line.settle();
    line.sent.at(-1)?.answer({ shiftId: 7 });
    expect(await result).toMatchObject({ ok: false, error: { code: 'internal' } });
  });

  test('input that does not fit never leaves', async () => {
    const line = wire();
    const client = createClient(line.transport);
    line.become('connected');
    await line.settle();
    const before = line.sent.length;
    expect(await client.call('shift.open', { floatMinor: -1 })).toMatchObject({ error: { code: 'bad-request' } });
    expect(line.sent).toHaveLength(before);
  });
});
