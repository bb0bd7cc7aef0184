import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { gtinCheckDigit } from '../../src/domain/barcode';
import type { Entry } from '../../src/journal/kinds';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import type { RunningKiosk } from '../../src/main/boot';
import { readyToSell, startTestTill, temporaryFolder, type TestClient } from '../helpers/kiosk';
import { typedRule } from '../helpers/price-rules';

const SOURDOUGH = '5012345010779';
const GINGER_BEER = '5012345014104';
/** Item number of the cave cheddar at £18.00 a kilogram. */
const CHEDDAR = '00031';

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;

async function start(options: Parameters<typeof startTestTill>[0] = { dataDir: folder.path }): Promise<void> {
  ({ running, till } = await startTestTill({ demo: true, ...options }));
}
async function restart(): Promise<void> {
  till.close();
  await running.close();
  await start();
}

beforeEach(async () => {
  folder = temporaryFolder();
  await start();
  await readyToSell(till);
});
afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

function entries(): Entry[] {
  return [...exportFolder(folder.path)].map((line) => JSON.parse(line) as Entry);
}
function kinds(): string[] {
  return entries().map(({ kind }) => kind);
}
function count(kind: string): number {
  return kinds().filter((one) => one === kind).length;
}
/** What every test ends with: nothing wrong in the journal, and its replay is what the till has. */
async function expectSoundJournal(): Promise<void> {
  expect((await verifyFolder(folder.path)).findings).toEqual([]);
}
const printed = (): readonly string[] => running.virtualPrinter?.papers().map(({ text }) => text) ?? [];
const allPrinted = () => till.until(({ jobs }) => jobs.unprinted.length === 0, 'all paper is printed');

test('a receipt that the shopper saw on the screen confirms the order, once somebody says so', async () => {
  running.virtualPrinter?.setFault('paper-out');
  await till.call('cart.scan', { code: SOURDOUGH });
  const orderId = (await till.call('payment.cash', { givenMinor: 1_000 })).orderId ?? '';
  const flags = async () => (await till.call('order.get', { orderId })).flags;
  // Looking at it is nobody's word.
  expect(await flags()).toEqual([]);
  await till.call('order.confirm-shown', { orderId });
  await expect.poll(flags).toMatchObject([{ flag: 'offline-confirmed', cause: 'receipt-shown' }]);
  await till.call('order.confirm-shown', { orderId });
  await restart();
  expect(await flags()).toHaveLength(1);
  expect(await till.failure('order.confirm-shown', { orderId: 'no such order' })).toBe('unknown-order');
});

test('a slip says why prices are what they are: of a line, of an order, as a copy, and never on the way of a sale', async () => {
  const found = await till.call('catalogue.lookup', { code: SOURDOUGH });
  const only = { kind: 'variants' as const, variantIds: [found?.variantId ?? ''] };
  const { ruleId } = await till.call('prices.put-rule', typedRule({ name: 'A tenth off', what: only }));
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.scan', { code: GINGER_BEER });
  const lineId = till.topics.sale.cart.lines[0]?.lineId ?? '';
  const { jobId } = await till.call('order.print-prices', { orderId: null, lineId });
  await allPrinted();
  const [slip = ''] = printed();
  for (const words of ['COPY', 'Not paid yet', 'Rule: A tenth off', 'Charged']) expect(slip).toContain(words);
  expect(slip.replace(/\s+/g, '')).toContain(`${ruleId}@1`);
  expect(slip).not.toContain('Ginger');
  expect(await till.call('job.get', { jobId })).toMatchObject({ kind: 'prices', orderId: null, state: 'acknowledged' });
  expect(await till.failure('order.print-prices', { orderId: null, lineId: 'gone' })).toBe('unknown-line');

  running.virtualPrinter?.setFault('paper-out');
  const orderId = (await till.call('payment.cash', { givenMinor: 1_000 })).orderId ?? '';
  await till.call('order.print-prices', { orderId, lineId: null });
  await till.call('sale.next', {});
  await till.call('cart.scan', { code: SOURDOUGH });
  expect((await till.call('payment.cash', { givenMinor: 1_000 })).orderId).not.toBeNull();
  running.virtualPrinter?.clearFault('paper-out');
  await allPrinted();
  const { order, copies } = await till.call('order.get', { orderId });
  const slips = printed().filter((text) => text.includes('Charged') && text.includes(`No. ${order.number}`));
  expect(slips).toHaveLength(1);
  expect(slips[0]).toContain('Ginger');
  // A slip is no copy of the receipt, which was printed once.
  expect(copies).toBe(0);
  await expectSoundJournal();
});

test('a whole sale: scanned, paid in cash, printed, drawer opened, recorded', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.scan', { code: GINGER_BEER });
  expect(till.topics.sale.cart.lines.map(({ quantity }) => quantity)).toEqual([2, 1]);
  expect(till.topics.sale.cart.totalMinor).toBe(1_220);
  expect(till.topics.sale.quickTendersMinor[0]).toBe(1_220);

  const placed = await till.call('payment.cash', { givenMinor: 2_000 });
  expect(placed).toMatchObject({ number: 'T1-0001', changeMinor: 780 });
  const { sale, session } = till.topics;
  expect(sale.cart.lines).toEqual([]);
  expect(sale.done?.order.orderId).toBe(placed.orderId);
  expect(sale.done?.coins.reduce((sum, { denominationMinor, count }) => sum + denominationMinor * count, 0)).toBe(780);
  expect(session.nextNumber).toBe('T1-0002');
  expect(session.shift?.totals).toMatchObject({ orderCount: 1, salesMinor: 1_220, expectedCashMinor: 6_220 });

  await till.until(({ sale: { lastOrder } }) => lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
  expect(printed()).toHaveLength(1);
  expect(printed()[0]).toContain('£12.20');
  expect(printed()[0]).toContain('T1-0001');
  expect(running.virtualPrinter?.state().pulses).toHaveLength(1);

  const placedEntry = entries().find(({ kind }) => kind === 'order.placed');
  expect(printed()[0]).toContain(placedEntry?.hash.slice(0, 16).match(/.{4}/g)?.join(' '));
  const placedAt = kinds().indexOf('order.placed');
  expect(kinds().slice(placedAt, placedAt + 2)).toEqual(['order.placed', 'drawer.kicked']);
  await expectSoundJournal();
});

test('a note in writing the printer lacks is drawn on the receipt', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.note', { note: 'شكراً جزيلاً 🍓 寿司' });
  await till.call('payment.cash', { givenMinor: 2_000 });
  await till.until(({ sale: { lastOrder } }) => lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
  // The mark and the note.
  expect(printed()[0]?.match(/\[picture \d+ x \d+\]/g)).toHaveLength(2);
});

test('the same request pays once, at the same time and later', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  const message = { call: 'payment.cash', requestId: 'one-tap', input: { givenMinor: 1_000 } };
  const pay = async (): Promise<unknown> => {
    const answer = await running.kiosk.dispatch({ role: 'till' }, message);
    return answer.ok ? answer.value : answer.error;
  };
  const [first, second] = await Promise.all([pay(), pay()]);
  expect(first).toMatchObject({ number: 'T1-0001', changeMinor: 550 });
  expect(second).toEqual(first);
  await till.call('cart.scan', { code: SOURDOUGH });
  expect(await pay()).toEqual(first);
  await restart();
  expect(await pay()).toEqual(first);

  expect(till.topics.sale.cart.lines).toHaveLength(1);
  expect(count('order.placed')).toBe(1);
  await allPrinted();
  expect(count('drawer.kicked')).toBe(1);
});

test('a request id sent twice over the WebSocket is answered twice and done once', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  const socket = new WebSocket(running.server?.socketUrl ?? '');
  const answers: unknown[] = [];
  await new Promise<void>((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ hello: { token: running.server?.token, role: 'service' } })));
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as Record<string, unknown>;
      if ('welcome' in message) {
        for (const id of [1, 2]) {
          socket.send(JSON.stringify({ id, call: 'payment.cash', requestId: 'r', input: { givenMinor: 500 } }));
        }
      }
      if ('id' in message && answers.push(message['result']) === 2) resolve();
    });
  });
  socket.close();
  expect(answers[0]).toMatchObject({ ok: true, value: { number: 'T1-0001' } });
  expect(answers[1]).toEqual(answers[0]);
  expect(count('order.placed')).toBe(1);
});

test('split tender: part cash, a declined card, an approved card', async () => {
  await till.call('cart.add', { variantId: await variantOf('Enamel mug') });
  await till.call('payment.open', {});
  expect(await till.call('payment.cash', { givenMinor: 500 })).toMatchObject({ orderId: null });
  expect(till.topics.sale.payment).toMatchObject({ leftMinor: 700, locked: false });
  expect(await till.failure('cart.scan', { code: SOURDOUGH })).toBe('payment-open');
  expect(await till.failure('payment.cancel', {})).toBe('money-taken');
  expect(await till.failure('payment.card-start', { amountMinor: 701, provider: 'SumUp' })).toBe('bad-tender');

  const declined = await till.call('payment.card-start', { amountMinor: 700, provider: 'SumUp' });
  expect(till.topics.sale.payment?.locked).toBe(true);
  await till.call('payment.card-settle', { tenderId: declined.tenderId, outcome: 'declined', reference: '' });
  const taken = await till.call('payment.card-start', { amountMinor: 700, provider: 'SumUp' });
  const settle = { tenderId: taken.tenderId, outcome: 'approved', reference: 'TX 81' } as const;
  expect(await till.call('payment.card-settle', settle)).toMatchObject({ number: 'T1-0001', changeMinor: 0 });

  const { sale, session } = till.topics;
  expect(sale.done?.order.tenders.map(({ kind, state }) => `${kind} ${state}`)).toContain('card approved');
  expect(session.shift?.totals).toMatchObject({ cashMinor: 500, cardMinor: 700, salesMinor: 1_200 });
  expect(count('tender.started')).toBe(2);
  expect(count('tender.settled')).toBe(2);
  await expectSoundJournal();
});

test('an unknown card outcome locks the sale, is set aside, and is settled later', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.open', {});
  const { tenderId } = await till.call('payment.card-start', { amountMinor: 450, provider: 'SumUp' });
  await till.call('payment.card-settle', { tenderId, outcome: 'unknown', reference: '' });
  expect(await till.failure('payment.cash', { givenMinor: 450 })).toBe('payment-locked');
  expect(await till.failure('payment.card-start', { amountMinor: 450, provider: 'Square' })).toBe('payment-locked');
  expect(await till.failure('payment.cancel', {})).toBe('payment-locked');
  expect(await till.failure('cart.void', { reason: '' })).toBe('payment-open');
  expect(await till.failure('shift.close', { countedMinor: 5_000, reason: '' })).toBe('payment-open');

  const { parkedCartId } = await till.call('cart.park', { label: 'lady in red' });
  expect(till.topics.sale).toMatchObject({ payment: null, cart: { lines: [] } });
  expect(till.topics.sale.parked).toMatchObject([{ label: 'lady in red', unsettled: true, totalMinor: 450 }]);
  expect(await till.failure('cart.discard-parked', { parkedCartId })).toBe('money-taken');

  await till.call('cart.scan', { code: GINGER_BEER });
  expect(await till.failure('cart.unpark', { parkedCartId })).toBe('sale-in-progress');
  await till.call('payment.cash', { givenMinor: 320 });

  await restart();
  await till.call('cart.unpark', { parkedCartId });
  expect(till.topics.sale.parked).toEqual([]);
  expect(till.topics.sale.payment?.tenders).toMatchObject([{ tenderId, state: 'unknown' }]);
  const settled = await till.call('payment.card-settle', { tenderId, outcome: 'approved', reference: 'TX 9' });
  expect(settled.number).toBe('T1-0002');
  await expectSoundJournal();
});

test('parked carts come back whole, and can be thrown away', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.discount', { discount: { kind: 'percent', basisPoints: 1_000, reason: 'regular' } });
  const before = till.topics.sale.cart;
  const first = await till.call('cart.park', { label: '' });
  expect(await till.failure('cart.park', { label: '' })).toBe('empty-cart');
  await till.call('cart.scan', { code: GINGER_BEER });
  const second = await till.call('cart.park', { label: 'two' });
  expect(till.topics.sale.parked).toHaveLength(2);
  await till.call('cart.discard-parked', second);
  await till.call('cart.unpark', first);
  expect(till.topics.sale.cart).toEqual(before);
  expect(await till.failure('cart.unpark', first)).toBe('unknown-parked-cart');
  await expectSoundJournal();
});

test('a restart brings back the cart, the payment and who is signed on', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.note', { note: 'for Sam' });
  await till.call('payment.open', {});
  await till.call('payment.cash', { givenMinor: 200 });
  const { tenderId } = await till.call('payment.card-start', { amountMinor: 250, provider: 'SumUp' });
  const { sale, session } = till.topics;
  await restart();
  expect(till.topics.sale).toEqual(sale);
  expect(till.topics.session.signedOn).toEqual(session.signedOn);
  expect(till.topics.session.shift).toEqual(session.shift);
  const settle = { tenderId, outcome: 'approved', reference: '' } as const;
  expect(await till.call('payment.card-settle', settle)).toMatchObject({ number: 'T1-0001' });
});

test('nothing is sold without a shift, but a cart may be built', async () => {
  await till.call('shift.close', { countedMinor: 4_990, reason: 'a coin rolled away' });
  await till.call('cart.scan', { code: SOURDOUGH });
  expect(await till.failure('payment.open', {})).toBe('no-shift');
  expect(await till.failure('payment.cash', { givenMinor: 450 })).toBe('no-shift');
  const closed = entries().find(({ kind }) => kind === 'shift.closed') as Entry<'shift.closed'>;
  expect(closed.body.close).toMatchObject({ countedMinor: 4_990, expectedMinor: 5_000, differenceMinor: -10 });
  const report = await till.call('shift.report', { shiftId: closed.body.shiftId });
  expect(JSON.stringify(report)).toContain('a coin rolled away');
  await till.call('shift.open', { floatMinor: 0 });
  expect(await till.failure('shift.open', { floatMinor: 0 })).toBe('shift-open');
  await till.call('payment.cash', { givenMinor: 450 });
});

test('with the paper out the sale goes on, the drawer opens, and the receipt prints when there is paper', async () => {
  running.virtualPrinter?.setFault('paper-out');
  await till.until(
    ({ devices }) => devices.devices.some(({ kind, reason }) => kind === 'printer' && reason === 'paper-out'),
    'the printer says that its paper is out',
  );
  await till.call('cart.scan', { code: SOURDOUGH });
  expect(await till.call('payment.cash', { givenMinor: 450 })).toMatchObject({ number: 'T1-0001' });
  await till.until(() => running.virtualPrinter?.state().drawer === 'open', 'the drawer is open');
  expect(till.topics.sale.lastOrder?.receipt).toBe('waiting');
  expect(till.topics.jobs.unprinted).toMatchObject([{ kind: 'receipt', orderNumber: 'T1-0001', state: 'waiting' }]);
  expect(printed()).toEqual([]);

  running.virtualPrinter?.clearFault();
  await till.until(({ sale }) => sale.lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
  expect(printed()).toHaveLength(1);
  expect(till.topics.jobs.unprinted).toEqual([]);
});

test('an unwanted receipt is discarded and never printed', async () => {
  running.virtualPrinter?.setFault('paper-out');
  await till.until(({ devices }) => devices.devices.some(({ reason }) => reason === 'paper-out'), 'paper out');
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 450 });
  const jobIds = till.topics.jobs.unprinted.map(({ jobId }) => jobId);
  await till.call('job.discard', { jobIds });
  expect(till.topics.jobs.unprinted).toEqual([]);
  expect(count('job.decided')).toBe(1);
  running.virtualPrinter?.clearFault();
  await till.call('device.test', { deviceId: 'virtual-printer' });
  await allPrinted();
  expect(printed()).toHaveLength(1);
  expect(printed()[0]).not.toContain('T1-0001');
  expect(till.topics.sale.lastOrder?.receipt).toBe('discarded');
});

test('a receipt whose printer was taken away is printed by the one that is here', async () => {
  const { deviceId } = await till.call('device.configure', {
    deviceId: null,
    settings: {
      kind: 'printer',
      // Nothing listens there.
      link: { via: 'tcp', host: '127.0.0.1', port: 9 },
      model: 'generic-80',
      drawer: { pin: 2, switch: null, pulse: null },
    },
  });
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.cash', { givenMinor: 450 });
  expect(till.topics.jobs.unprinted).toMatchObject([{ deviceId, orderNumber: 'T1-0001', state: 'waiting' }]);
  await till.call('device.remove', { deviceId });
  expect(printed()).toEqual([]);
  await till.call('job.print', { jobIds: till.topics.jobs.unprinted.map(({ jobId }) => jobId) });
  await till.until(({ sale }) => sale.lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
  expect(printed()).toHaveLength(1);
  expect(printed()[0]).not.toContain('COPY');
});

test('the drawer opened without a sale is a fact of its own', async () => {
  await till.call('drawer.open', { reason: 'no-sale', note: ' change for\u202e a note ' });
  expect(entries().at(-1)).toMatchObject({
    kind: 'drawer.kicked',
    actor: till.topics.session.signedOn?.staffId,
    body: { reason: 'no-sale', orderId: null, note: 'change for a note' },
  });
  await till.until(() => running.virtualPrinter?.state().pulses.length === 1, 'one pulse');
  expect(await till.failure('drawer.open', { reason: 'no-sale', note: '  ' })).toBe('bad-request');
  await till.call('drawer.open', { reason: 'count', note: '' });
  expect(entries().at(-1)).toMatchObject({ body: { reason: 'count', orderId: null } });
  await till.until(() => running.virtualPrinter?.state().pulses.length === 2, 'another pulse');
});

test('a card sale leaves the drawer shut', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('payment.open', {});
  const { tenderId } = await till.call('payment.card-start', { amountMinor: 450, provider: 'SumUp' });
  await till.call('payment.card-settle', { tenderId, outcome: 'approved', reference: '' });
  await allPrinted();
  expect(running.virtualPrinter?.state().pulses).toEqual([]);
  expect(count('drawer.kicked')).toBe(0);
});

test('a receipt is found by scanning its code, and printed again as a COPY', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  const { orderId } = await till.call('payment.cash', { givenMinor: 450 });
  await allPrinted();
  expect(await till.call('cart.scan', { code: 'TR1:T1-0001\r' })).toEqual({ kind: 'order', orderId });
  expect(await till.call('order.find', { code: 'TR1:T1-0001' })).toEqual({ orderId });
  expect(await till.call('order.find', { code: 't1-0001' })).toEqual({ orderId });
  expect(await till.failure('cart.scan', { code: 'TR1:T1-0099' })).toBe('unknown-order');

  expect(await till.call('order.print', { orderId: orderId ?? '' })).toMatchObject({ copy: 1 });
  await till.until(() => printed().length === 2, 'the copy is printed');
  expect(printed()[0]).not.toContain('COPY');
  expect(printed()[1]).toContain('COPY');
  const { copies, jobs } = await till.call('order.get', { orderId: orderId ?? '' });
  expect(copies).toBe(1);
  expect(jobs.map(({ kind }) => kind).sort()).toEqual(['copy', 'drawer', 'receipt']);
});

describe('labels with a weight or a price inside', () => {
  const label = (digits: string): string => digits + gtinCheckDigit(digits);

  test('a weight is priced by the kilogram', async () => {
    await till.call('cart.scan', { code: label(`21${CHEDDAR}00312`) });
    expect(till.topics.sale.cart.lines).toMatchObject([{ pricing: 'kg', quantity: 312, amountMinor: 562 }]);
  });

  test('a price is charged as printed', async () => {
    await till.call('cart.scan', { code: label(`20${CHEDDAR}00499`) });
    expect(till.topics.sale.cart.lines).toMatchObject([{ priceSource: 'label', amountMinor: 499 }]);
    expect(await till.call('payment.cash', { givenMinor: 500 })).toMatchObject({ changeMinor: 1 });
    await expectSoundJournal();
  });

  test('a misread label is refused', async () => {
    const good = label(`20${CHEDDAR}00499`);
    const misread = good.slice(0, 8) + ((Number(good[8]) + 1) % 10) + good.slice(9);
    expect(await till.failure('cart.scan', { code: misread })).toBe('bad-label');
    expect(till.topics.sale.cart.lines).toEqual([]);
  });
});

test('goods whose label has run out are sold with a warning, by the day where the stall stands', async () => {
  // Half past midnight of the 14th in London, where the demo stall stands.
  const now = () => new Date('2026-06-13T23:30:00.000Z');
  till.close();
  await running.close();
  await start({ dataDir: folder.path, now });
  const scan = (date: string) => till.call('cart.scan', { code: `]C1010${SOURDOUGH}17${date}` });
  expect(await scan('260615')).toMatchObject({ kind: 'line', dateWarning: null });
  expect(await scan('260614')).toMatchObject({ dateWarning: { date: 'use-by', on: '2026-06-14', isPast: false } });
  expect(await scan('260613')).toMatchObject({ dateWarning: { date: 'use-by', on: '2026-06-13', isPast: true } });
  expect(till.topics.sale.cart.lines).toMatchObject([{ quantity: 3 }]);
});

test('what is sold comes off the stock that was counted, by piece and by weight', async () => {
  const tileOf = async (name: string) => {
    const { tiles } = await till.call('catalogue.search', { text: name, limit: 1 });
    return tiles[0] ?? expect.fail(`no ${name}`);
  };
  const loaf = await tileOf('Sourdough loaf');
  const cheddar = await tileOf('Cave cheddar');
  const { version } = till.topics.catalogue;
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.add', { variantId: cheddar.variantId ?? '', quantity: 312 });
  expect((await tileOf('Sourdough loaf')).stock).toBe(loaf.stock);
  await till.call('payment.cash', { givenMinor: 2_000 });
  expect((await tileOf('Sourdough loaf')).stock).toBe((loaf.stock ?? 0) - 2);
  expect((await tileOf('Cave cheddar')).stock).toBe((cheddar.stock ?? 0) - 312);
  const { variants } = await till.call('catalogue.item', { itemId: loaf.itemId });
  expect(variants[0]?.stock).toBe((loaf.stock ?? 0) - 2);
  // Screens hear that what they hold is stale.
  expect(till.topics.catalogue.version).toBeGreaterThan(version);
  await expectSoundJournal();
});

test('an order that costs nothing is placed without a tender', async () => {
  await till.call('cart.scan', { code: SOURDOUGH });
  await till.call('cart.discount', { discount: { kind: 'percent', basisPoints: 10_000, reason: 'on the house' } });
  expect(till.topics.sale.cart.totalMinor).toBe(0);
  expect(till.topics.sale.quickTendersMinor).toEqual([]);
  expect(await till.call('payment.finish-free', {})).toMatchObject({ number: 'T1-0001' });
  expect(till.topics.sale.done?.order.tenders).toEqual([]);
  await expectSoundJournal();
});

test('bad codes and hostile text are answered plainly and change nothing', async () => {
  expect(await till.failure('cart.scan', { code: '9'.repeat(4_097) })).toBe('too-long');
  expect(await till.failure('cart.scan', { code: '50\x0012' })).toBe('malformed-code');
  expect(await till.failure('cart.scan', { code: '' })).toBe('malformed-code');
  expect(await till.failure('cart.scan', { code: "'; DROP TABLE journal; --" })).toBe('unknown-code');
  expect(till.topics.sale.cart.lines).toEqual([]);
  await till.call('cart.add-amount', { name: '<img src=x onerror=alert(1)>\x07', amountMinor: 100, taxRateId: 'zero' });
  expect(till.topics.sale.cart.lines[0]?.name).toBe('<img src=x onerror=alert(1)>');
  await till.call('payment.cash', { givenMinor: 100 });
  await allPrinted();
  expect(printed()[0]).toContain('<img src=x onerror=alert(1)>');
});

async function variantOf(name: string): Promise<string> {
  const { tiles } = await till.call('catalogue.search', { text: name, limit: 1 });
  const variantId = tiles[0]?.variantId;
  if (!variantId) throw new Error(`no single variant of ${name}`);
  return variantId;
}
