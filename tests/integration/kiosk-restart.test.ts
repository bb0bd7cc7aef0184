import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry } from '../../src/journal/kinds';
import { exportFolder, verifyFolder } from '../../src/main/db/inspect';
import { startKiosk, type RunningKiosk } from '../../src/main/boot';
import {
  connect,
  type KioskProcess,
  readyToSell,
  startKioskProcess,
  startTestKiosk,
  startTestTill,
  temporaryFolder,
  type TestClient,
} from '../helpers/kiosk';

const SOURDOUGH = '5012345010779';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function entries(): Entry[] {
  return [...exportFolder(folder.path)].map((line) => JSON.parse(line) as Entry);
}

describe('a kiosk process killed at any time', () => {
  let kiosk: KioskProcess;
  let till: TestClient;

  async function start(): Promise<void> {
    kiosk = await startKioskProcess(folder.path, ['--demo', '--printer-control-port', '0']);
    till = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  }
  async function crash(): Promise<void> {
    till.close();
    await kiosk.kill();
    await start();
  }
  async function fault(command: object): Promise<void> {
    const answer = await fetch(`${kiosk.printerControl}/fault`, { method: 'POST', body: JSON.stringify(command) });
    expect(answer.status).toBe(200);
  }

  beforeEach(async () => {
    await start();
    await readyToSell(till);
  });
  afterEach(async () => {
    till.close();
    await kiosk.stop();
  });

  test('brings back the cart and an unsettled card payment', async () => {
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('cart.scan', { code: SOURDOUGH });
    await crash();
    expect(till.topics.sale.cart).toMatchObject({ totalMinor: 900, lines: [{ quantity: 2 }] });
    await till.call('payment.open', {});
    const { tenderId } = await till.call('payment.card-start', { amountMinor: 900, provider: 'SumUp' });
    await crash();
    expect(till.topics.sale.payment).toMatchObject({ locked: true, tenders: [{ tenderId, state: 'pending' }] });
    expect(entries().at(-1)).toMatchObject({ kind: 'tender.started', body: { tenderId } });
  });

  test('keeps a sale whose answer was heard, once, and does not print it twice', async () => {
    await till.call('cart.scan', { code: SOURDOUGH });
    const { number } = await till.call('payment.cash', { givenMinor: 450 });
    await till.until(({ sale }) => sale.lastOrder?.receipt === 'acknowledged', 'the receipt is printed');
    await crash();
    expect(till.topics.sale.lastOrder).toMatchObject({ number, receipt: 'acknowledged' });
    expect(till.topics.jobs.unprinted).toEqual([]);
    expect(entries().filter(({ kind }) => kind === 'order.placed')).toHaveLength(1);
    const state = (await (await fetch(`${kiosk.printerControl}/state`)).json()) as { papers: number };
    expect(state.papers).toBe(0);
    expect((await verifyFolder(folder.path)).findings).toEqual([]);
  });

  test('says what may have printed, and prints it again only as a COPY', async () => {
    // Seconds of printing, so that the process dies in the middle of it.
    await fault({ set: 'slow' });
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('payment.cash', { givenMinor: 450 });
    await till.until(({ sale }) => sale.lastOrder?.receipt === 'running', 'the receipt is under way');
    await crash();
    expect(till.topics.jobs).toMatchObject({ unknownCount: 1 });
    const [job] = till.topics.jobs.unprinted;
    expect(job).toMatchObject({ kind: 'receipt', orderNumber: 'T1-0001', state: 'unknown', reason: 'restarted' });

    await till.call('job.print', { jobIds: [job?.jobId ?? ''] });
    await till.until(
      ({ jobs, sale }) => jobs.unprinted.length === 0 && sale.lastOrder?.receipt === 'acknowledged',
      'copy',
    );
    expect(entries().map(({ kind }) => kind)).toEqual(expect.arrayContaining(['job.decided', 'receipt.copied']));
  });

  test('ends in good order when asked', async () => {
    till.close();
    await kiosk.stop();
    expect(kiosk.child.exitCode).toBe(0);
    await start();
  });
});

test('a second kiosk on the same folder is refused, naming the mend', async () => {
  const running = await startTestKiosk({ dataDir: folder.path, devices: 'none', server: null });
  await expect(startKiosk({ dataDir: folder.path, devices: 'none', demo: false, server: null })).rejects.toThrow(
    /another folder/,
  );
  await running.close();
});

test('a port that is taken is said, and the folder given back', async () => {
  const other = temporaryFolder();
  const running = await startTestKiosk({ dataDir: other.path, devices: 'none' });
  const port = running.server?.port ?? 0;
  const refused = startTestKiosk({ dataDir: folder.path, devices: 'none', server: { port } });
  await expect(refused).rejects.toThrow('EADDRINUSE');
  const again = await startTestKiosk({ dataDir: folder.path, devices: 'none', server: null });
  await again.close();
  await running.close();
  other.remove();
});

describe('a card payment under way when the store came to harm', () => {
  let running: RunningKiosk;
  let till: TestClient;

  async function start(): Promise<void> {
    ({ running, till } = await startTestTill({ dataDir: folder.path, devices: 'none' }));
    await readyToSell(till);
  }
  async function stop(): Promise<void> {
    till.close();
    await running.close();
  }
  /** Ends the till, loses its database, and starts it again from the copy of the journal. */
  async function recover(): Promise<void> {
    await stop();
    rmSync(join(folder.path, 'trestle.db'));
    await start();
    expect(till.topics.session.notices).toMatchObject([{ code: 'store-recovered' }]);
  }
  async function startCard(): Promise<string> {
    await till.call('cart.scan', { code: SOURDOUGH });
    await till.call('payment.open', {});
    const { tenderId } = await till.call('payment.card-start', { amountMinor: 450, provider: 'SumUp' });
    return tenderId;
  }
  const settled = () => entries().filter(({ kind }) => kind === 'tender.settled');

  beforeEach(start);
  afterEach(stop);

  test('is shown without its sale until a person settles it', async () => {
    const tenderId = await startCard();
    // As long as its sale is there, it is settled there.
    expect(till.topics.sale.strayTenders).toEqual([]);
    expect(await till.failure('payment.settle-stray', { tenderId, outcome: 'declined', reference: '' })).toBe(
      'unknown-tender',
    );
    await recover();
    expect(till.topics.sale).toMatchObject({
      payment: null,
      strayTenders: [{ tenderId, provider: 'SumUp', amountMinor: 450, state: 'pending' }],
    });

    const unsure = { tenderId, outcome: 'unknown', reference: '' } as const;
    await till.call('payment.settle-stray', unsure);
    await till.call('payment.settle-stray', unsure);
    expect(settled()).toMatchObject([{ body: { tenderId, outcome: 'unknown' } }]);
    await stop();
    await start();
    expect(till.topics.sale.strayTenders).toMatchObject([{ tenderId, state: 'unknown' }]);

    const paid = { tenderId, outcome: 'approved', reference: 'TX 81' } as const;
    await till.call('payment.settle-stray', paid);
    expect(till.topics.sale.strayTenders).toEqual([]);
    expect(settled().at(-1)).toMatchObject({ body: paid });
    expect(await till.failure('payment.settle-stray', paid)).toBe('unknown-tender');
    await stop();
    expect((await verifyFolder(folder.path)).findings).toEqual([]);
    await start();
    expect(till.topics.sale.strayTenders).toEqual([]);
  });

  test('is settled with its cart where that was set aside', async () => {
    const tenderId = await startCard();
    await till.call('payment.card-settle', { tenderId, outcome: 'unknown', reference: '' });
    await till.call('cart.park', { label: 'at the car' });
    await recover();
    expect(till.topics.sale).toMatchObject({ strayTenders: [], parked: [{ unsettled: true }] });
  });
});

describe('wrong PINs', () => {
  test('a guess sent again under its request id counts once', async () => {
    const { running, till } = await startTestTill({ dataDir: folder.path, devices: 'none' });
    const [person] = till.topics.session.staff;
    const guess = (requestId: string, pin = '9999') =>
      running.kiosk.dispatch(
        { role: 'till' },
        { call: 'staff.sign-on', requestId, input: { staffId: person?.staffId, pin } },
      );
    await Promise.all(Array.from({ length: 8 }, () => guess('one-guess')));
    expect(await guess('right', person?.demoPin ?? '')).toMatchObject({ ok: true });
    // Different guesses at once are all counted, however they overtake each other.
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => guess(`guess-${index}`)));
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
    expect(codes.filter((code) => code === 'wrong-pin')).toHaveLength(4);
    expect(codes.filter((code) => code === 'locked-out')).toHaveLength(4);
    till.close();
    await running.close();
  });

  test('lock a person out for 30 seconds, then for twice as long, through a restart', async () => {
    let nowMs = Date.parse('2026-06-13T09:00:00.000Z');
    const options = { dataDir: folder.path, devices: 'none' as const, now: () => new Date(nowMs) };
    let { running, till } = await startTestTill(options);
    const [first, second] = till.topics.session.staff;
    const staffId = first?.staffId ?? '';
    const pin = first?.demoPin ?? '';

    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expect(await till.failure('staff.sign-on', { staffId, pin: '9999' })).toBe('wrong-pin');
    }
    const fifth = await till.client.call('staff.sign-on', { staffId, pin: '9999' });
    expect(fifth).toMatchObject({ error: { code: 'locked-out', retryAfterMs: 30_000 } });
    expect(await till.failure('staff.sign-on', { staffId, pin })).toBe('locked-out');
    // Nobody else is.
    await till.call('staff.sign-on', { staffId: second?.staffId ?? '', pin: second?.demoPin ?? '' });
    expect(await till.failure('staff.sign-on', { staffId: 'nobody', pin })).toBe('unknown-staff');

    till.close();
    await running.close();
    ({ running, till } = await startTestTill(options));
    nowMs += 29_999;
    expect(await till.failure('staff.sign-on', { staffId, pin })).toBe('locked-out');
    nowMs += 1;
    expect(await till.client.call('staff.sign-on', { staffId, pin: '9999' })).toMatchObject({
      error: { code: 'locked-out', retryAfterMs: 60_000 },
    });
    nowMs += 60_000;
    await till.call('staff.sign-on', { staffId, pin });
    expect(till.topics.session.signedOn?.staffId).toBe(staffId);
    // A right PIN forgives what was before.
    expect(await till.failure('staff.sign-on', { staffId, pin: '9999' })).toBe('wrong-pin');
    till.close();
    await running.close();
  });
});
