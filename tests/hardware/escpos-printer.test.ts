import { afterEach, describe, expect, test } from 'vitest';
import { createEscposPrinter } from '../../src/hardware/drivers/escpos-printer';
import { ok } from '../../src/domain/result';
import { encodeReceipt } from '../../src/hardware/encoders/escpos';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import type { PrinterProfile } from '../../src/hardware/models/profile';
import {
  systemClock,
  type Clock,
  type FaultReason,
  type PrinterPort,
  type PrinterProbe,
} from '../../src/hardware/ports';
import { tcpTransport } from '../../src/hardware/transports/tcp';
import type { Transport } from '../../src/hardware/transports/transport';
import { loopbackTransport } from '../../src/hardware/virtual/loopback-transport';
import {
  createVirtualPrinter,
  type VirtualPrinter,
  type VirtualPrinterOptions,
} from '../../src/hardware/virtual/printer-device';
import { startPrinterServer } from '../../src/hardware/virtual/printer-server';
import { fakeTransport, type FakeTransport } from '../helpers/fake-transport';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { picturesReceipt, sampleReceipt, shortReceipt } from '../helpers/receipts';
import { printerConformance, type PrinterBench } from './printer-conformance';

const profile = PRINTER_PROFILES['epson-tm-t20-like'];

interface FakeBench extends PrinterBench {
  readonly wire: FakeTransport;
  readonly clock: ManualClock;
}

async function fakeBench(
  use: PrinterProfile = profile,
  device: Partial<VirtualPrinterOptions> = {},
  known: PrinterProbe | null = null,
): Promise<FakeBench> {
  const clock = manualClock();
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, ...device });
  const wire = fakeTransport(printer, clock);
  const port = createEscposPrinter({ deviceId: 'printer-1', profile: use, transport: wire, clock, known });
  return {
    port,
    printer,
    wire,
    clock,
    async settle(promise) {
      let isSettled = false;
      const done = promise.finally(() => (isSettled = true));
      // As many of the till's moments as it takes: drawing happens on a thread, in real time. The test's limit is the limit.
      while (!isSettled) await clock.advance(100);
      return done;
    },
    async until(condition) {
      for (let step = 0; step < 600 && !condition(); step += 1) await clock.advance(100);
      expect(condition()).toBe(true);
    },
    async close() {
      const closed = port.close();
      await clock.advance(1_000);
      await closed;
    },
  };
}

async function tcpBench(): Promise<PrinterBench> {
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
  const server = await startPrinterServer({ printer, port: 0 });
  const port = createEscposPrinter({
    deviceId: 'printer-1',
    profile,
    transport: tcpTransport({ host: server.host, port: server.port, clock: systemClock }),
    clock: systemClock,
    // Patient enough for a busy machine; only the tests of silence wait for it.
    timing: {
      replyTimeoutMs: 1_000,
      pollIntervalMs: 20,
      checkIntervalMs: 20,
      firstReconnectMs: 20,
      lastReconnectMs: 100,
    },
  });
  return {
    port,
    printer,
    settle: (promise) => promise,
    async until(condition) {
      await expect.poll(condition, { interval: 10 }).toBe(true);
    },
    async close() {
      await port.close();
      await server.close();
    },
  };
}

printerConformance('a fake wire', () => fakeBench());
printerConformance('TCP', tcpBench);

describe('ESC/POS driver', { timeout: 60_000 }, () => {
  const shortBytes = encodeReceipt(shortReceipt, profile);
  if (!shortBytes.ok) throw new Error(shortBytes.error.message);
  const jobBytes = shortBytes.value;
  let bench: FakeBench;
  afterEach(() => bench.close());

  const ready = async (profileUsed?: Parameters<typeof fakeBench>[0]): Promise<FakeBench> => {
    bench = await fakeBench(profileUsed);
    await bench.until(() => bench.port.label.startsWith('Trestle'));
    return bench;
  };

  test('torn at every byte: says what left, never repeats it, and the next receipt is whole', async () => {
    // A printer that goes on where it was: whatever hangs must be cleared by the driver.
    bench = await fakeBench(profile, { keepsTornJobs: true });
    const { wire, printer, port, settle, until } = bench;
    await until(() => port.status.state === 'ready');
    expect(await settle(port.print(picturesReceipt))).toEqual({ outcome: 'acknowledged' });
    const whole = printer.papers().at(-1);
    const encoded = encodeReceipt(picturesReceipt, profile);
    if (!encoded.ok) throw new Error(encoded.error.message);
    const { length } = encoded.value;
    for (let byte = 0; byte <= length; byte += 1) {
      const before = printer.state().papers;
      wire.tearNextJobAt(byte);
      const outcome = await settle(port.print(picturesReceipt));
      const wanted =
        byte < length
          ? { outcome: 'failed', reason: 'disconnected', bytesSent: byte, truncated: byte > 0 }
          : { outcome: 'sent-unconfirmed', reason: 'disconnected' };
      expect(outcome, `torn at byte ${byte}`).toEqual(wanted);
      await until(() => port.status.state === 'ready');
      expect(await settle(port.print(picturesReceipt))).toEqual({ outcome: 'acknowledged' });
      // Half a receipt is cut off on its own; the next one starts on fresh paper and is whole.
      expect(printer.papers().at(-1)?.elements, `after byte ${byte}`).toEqual(whole?.elements);
      expect(printer.state().papers - before).toBeLessThanOrEqual(byte < length - 2 ? 2 : 3);
    }
  });

  test('a picture that an earlier till broke off does not swallow what this one sends', async () => {
    const clock = manualClock();
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, keepsTornJobs: true });
    const before = await loopbackTransport(printer).open();
    if (!before.ok) throw new Error(before.error.message);
    const encoded = encodeReceipt(picturesReceipt, profile);
    if (!encoded.ok) throw new Error(encoded.error.message);
    await before.value.write(encoded.value.subarray(0, 60));
    await before.value.close();
    const wire = fakeTransport(printer, clock);
    const port = createEscposPrinter({ deviceId: 'printer-1', profile, transport: wire, clock });
    await clock.advance(10_000);
    expect(port.probed?.proof).toBe('process-id');
    const printed = port.print(shortReceipt);
    await clock.advance(2_000);
    expect(await printed).toEqual({ outcome: 'acknowledged' });
    expect(printer.papers().at(-1)?.text).toContain('Jam');
    const closed = port.close();
    await clock.advance(1_000);
    await closed;
    bench = await fakeBench();
  });

  test('a printer that reports changes is heard at once, and asked less often', async () => {
    const { port, printer, clock, wire } = await ready();
    expect(port.probed).toEqual({
      proof: 'process-id',
      reportsChanges: true,
      maker: 'Trestle',
      model: 'Virtual 80 mm',
      unanswered: [],
    });
    await clock.advance(5_000);
    const asked = wire.written().length;
    await clock.advance(4_000);
    expect(wire.written().length).toBe(asked);
    printer.setFault('cover-open');
    await clock.advance(0);
    expect(port.status).toEqual({ state: 'faulted', reason: 'cover-open' });
    printer.clearFault();
    await clock.advance(0);
    expect(port.status).toEqual({ state: 'ready' });
    // The reset at the beginning of a job undoes the reports; its end asks for them again.
    const printed = port.print(shortReceipt);
    await clock.advance(100);
    await printed;
    printer.setFault('near-end');
    await clock.advance(0);
    expect(port.status).toEqual({ state: 'degraded', reason: 'paper-near-end' });
  });

  test('a printer that reports nothing by itself is asked every second', async () => {
    bench = await fakeBench(profile, { reportsChanges: false });
    const { port, printer, clock, until } = bench;
    await until(() => port.probed !== null);
    expect(port.probed?.reportsChanges).toBe(false);
    await clock.advance(3_000);
    printer.setFault('cover-open');
    await clock.advance(1_500);
    expect(port.status).toEqual({ state: 'faulted', reason: 'cover-open' });
  });

  test('what is known of a printer is not asked again, and a printer that changed is met afresh', async () => {
    const known: PrinterProbe = {
      proof: 'process-id',
      reportsChanges: true,
      maker: 'Trestle',
      model: 'Virtual 80 mm',
      unanswered: [],
    };
    bench = await fakeBench(profile, {}, known);
    const { port, wire, until, clock } = bench;
    expect(port.label).toBe('Trestle Virtual 80 mm');
    await until(() => port.status.state === 'ready');
    await clock.advance(5_000);
    expect(Buffer.from(wire.written()).toString('hex')).not.toContain('1d49');
    await bench.close();

    // In the same place stands another model now, that proves nothing by process ids.
    bench = await fakeBench(profile, { provesPrinting: false, model: 'Other' }, known);
    const probes: PrinterProbe[] = [];
    bench.port.onProbe((probe) => probes.push(probe));
    await bench.until(() => bench.port.status.state === 'ready');
    for (let job = 0; job < 2; job += 1) {
      const outcome = await bench.settle(bench.port.print(shortReceipt));
      expect(outcome).toEqual({ outcome: 'sent-unconfirmed', reason: 'proof-timeout' });
    }
    await bench.until(() => probes.length > 0);
    expect(probes).toEqual([{ ...known, proof: 'paper-status', model: 'Other' }]);
    expect(await bench.settle(bench.port.print(shortReceipt))).toEqual({ outcome: 'acknowledged' });
  });

  test('what cannot answer is judged by what carries it, and never asked', async () => {
    const clock = manualClock();
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock });
    const wire = fakeTransport(printer, clock);
    let fault: FaultReason | null = 'paper-out';
    const oneWay: Transport = {
      address: 'queue',
      async open() {
        const opened = await wire.open();
        if (!opened.ok) return opened;
        return ok({ ...opened.value, isOneWay: true, fault: () => Promise.resolve(fault) });
      },
    };
    const port = createEscposPrinter({ deviceId: 'printer-1', profile, transport: oneWay, clock });
    await clock.advance(1_000);
    expect(port.status).toEqual({ state: 'faulted', reason: 'paper-out' });
    const held = port.print(shortReceipt);
    await clock.advance(1_000);
    expect(await held).toEqual({ outcome: 'failed', reason: 'paper-out', bytesSent: 0, truncated: false });
    expect(wire.written()).toHaveLength(0);
    fault = null;
    await clock.advance(5_000);
    expect(port.status).toEqual({ state: 'degraded', reason: 'no-status' });
    const printed = port.print(shortReceipt);
    await clock.advance(1_000);
    expect(await printed).toEqual({ outcome: 'sent-unconfirmed', reason: 'no-status' });
    expect(wire.written()).toEqual(jobBytes);
    const closed = port.close();
    await clock.advance(1_000);
    await closed;
    bench = await fakeBench();
  });

  test('stalled at every byte: gives up after the wire’s patience and says what left', async () => {
    const { wire, port, settle, until } = await ready();
    for (let byte = 1; byte < jobBytes.length; byte += 5) {
      wire.stallNextJobAt(byte);
      const outcome = await settle(port.print(shortReceipt));
      expect(outcome).toEqual({ outcome: 'failed', reason: 'not-answering', bytesSent: byte, truncated: true });
      await until(() => port.status.state === 'ready');
    }
  });

  test('a wire that opens late, or is pulled and put back, only delays', async () => {
    bench = await fakeBench();
    const { wire, port, clock, until, settle } = bench;
    await until(() => port.status.state === 'ready');
    wire.openLate(2_500);
    wire.unplug();
    await until(() => port.status.state === 'faulted');
    wire.plugIn();
    expect(await settle(port.print(shortReceipt))).toMatchObject({ outcome: 'failed', bytesSent: 0 });
    await until(() => port.status.state === 'ready');
    expect(wire.opened()).toBe(2);
    expect(clock.pending()).toBeGreaterThan(0);
  });

  test('a drawer pulse is five bytes on pin 2 and on pin 5, and nothing stray is printed', async () => {
    const { wire, port, printer, settle } = await ready();
    const before = wire.written().length;
    await settle(port.kickDrawer(2));
    await settle(port.kickDrawer(5));
    const sent = Buffer.from(wire.written().slice(before)).toString('hex');
    expect(sent).toContain('1b700019fa');
    expect(sent).toContain('1b700119fa');
    expect(printer.papers()).toEqual([]);
    expect(printer.state().unknownCommands).toEqual([]);
  });

  test('a receipt that is slow to print does not keep the drawer shut', async () => {
    const { printer, port, clock, settle } = await ready();
    printer.setFault('slow');
    const printing = port.print(sampleReceipt);
    await clock.advance(200);
    const kicked = port.kickDrawer(5);
    await clock.advance(1_200);
    expect(await kicked).toEqual({ outcome: 'acknowledged' });
    expect(printer.state().pulses).toEqual([{ pin: 5, onMs: 100, isRealTime: true }]);
    expect(printer.papers()).toEqual([]);
    expect(await settle(printing)).toEqual({ outcome: 'acknowledged' });
    expect(printer.papers().at(-1)?.text).toContain('TOTAL             £35.42\n');
  });

  test('without a drawer switch the drawer stays unknown', async () => {
    const clock = manualClock();
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, drawerWired: false });
    const port = createEscposPrinter({
      deviceId: 'printer-1',
      profile,
      transport: fakeTransport(printer, clock),
      clock,
    });
    await clock.advance(3_000);
    const kicked = port.kickDrawer(2);
    await clock.advance(3_000);
    expect(await kicked).toEqual({ outcome: 'acknowledged' });
    expect(printer.state().drawer).toBe('open');
    expect(port.drawerState()).toBe('unknown');
    const closed = port.close();
    await clock.advance(1_000);
    await closed;
    bench = await fakeBench();
  });

  test('falls back to the paper status as proof where the printer has no process ids', async () => {
    const clock = manualClock();
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, provesPrinting: false });
    const wire = fakeTransport(printer, clock);
    const port = createEscposPrinter({ deviceId: 'printer-1', profile, transport: wire, clock });
    await clock.advance(5_000);
    const printed = port.print(shortReceipt);
    await clock.advance(2_000);
    expect(await printed).toEqual({ outcome: 'acknowledged' });
    expect(Buffer.from(wire.written()).toString('hex')).toContain('1d5642001d610f1d7201');
    const closed = port.close();
    await clock.advance(1_000);
    await closed;
    bench = await fakeBench();
  });

  test.each([true, false])(
    'the late proof of one job never passes for the next one’s (process ids: %s)',
    async (provesPrinting) => {
      const clock = manualClock();
      const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, provesPrinting });
      const port = createEscposPrinter({
        deviceId: 'printer-1',
        profile,
        transport: fakeTransport(printer, clock),
        clock,
        // A receipt takes this printer two seconds: the first proof comes while the second is awaited.
        timing: { proofTimeoutMs: 1_200 },
      });
      await clock.advance(5_000);
      printer.setFault('slow');
      const outcomes = Promise.all([port.print(sampleReceipt), port.print(sampleReceipt)]);
      await clock.advance(20_000);
      expect(await outcomes).toEqual(Array(2).fill({ outcome: 'sent-unconfirmed', reason: 'proof-timeout' }));
      expect(printer.papers()).toHaveLength(2);
      const closed = port.close();
      await clock.advance(1_000);
      await closed;
      bench = await fakeBench();
    },
  );

  test('a printer known to answer nothing prints, unconfirmed', async () => {
    bench = await fakeBench(PRINTER_PROFILES['silent-80']);
    const { port, printer, settle, until } = bench;
    await until(() => port.status.state === 'degraded');
    expect(await settle(port.print(shortReceipt))).toEqual({ outcome: 'sent-unconfirmed', reason: 'no-status' });
    expect(await settle(port.kickDrawer(2))).toEqual({ outcome: 'sent-unconfirmed', reason: 'no-status' });
    expect(printer.papers()).toHaveLength(1);
    expect(printer.state().pulses).toHaveLength(1);
  });
});

describe('TCP transport', { timeout: 60_000 }, () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function blackHole(): Promise<{ port: PrinterPort; printer: VirtualPrinter }> {
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
    const server = await startPrinterServer({ printer, port: 0 });
    open.push(() => server.close());
    printer.setFault('stalled');
    const port = createEscposPrinter({
      deviceId: 'hole',
      profile,
      transport: tcpTransport({ host: server.host, port: server.port, clock: systemClock }),
      clock: systemClock,
      timing: {
        replyTimeoutMs: 1_000,
        pollIntervalMs: 20,
        checkIntervalMs: 20,
        firstReconnectMs: 20,
        lastReconnectMs: 50,
      },
    });
    open.push(() => port.close());
    return { port, printer };
  }

  test('a host that takes connections and never reads gets no job', async () => {
    const { port, printer } = await blackHole();
    const outcome = await port.print(shortReceipt);
    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'not-answering', bytesSent: 0 });
    printer.clearFault();
    await expect.poll(() => port.status.state, { interval: 10 }).toBe('ready');
    expect(await port.print(shortReceipt)).toEqual({ outcome: 'acknowledged' });
    expect(printer.papers()).toHaveLength(1);
  });

  test('a reader that stops is found by its lack of progress, with the bytes it may have', async () => {
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
    const server = await startPrinterServer({ printer, port: 0 });
    open.push(() => server.close());
    const transport = tcpTransport({ host: server.host, port: server.port, clock: systemClock, stallTimeoutMs: 200 });
    const opened = await transport.open();
    if (!opened.ok) throw new Error(opened.error.message);
    open.push(() => opened.value.close());
    printer.setFault('stalled');
    const flood = new Uint8Array(64 * 1024 * 1024);
    const written = await opened.value.write(flood);
    expect(written.outcome).toBe('stalled');
    expect(written.bytesSent).toBeGreaterThan(0);
    expect(written.bytesSent).toBeLessThan(flood.length);
  });

  test('a slow reader is never cut off while it makes progress', async () => {
    const clock = manualClock();
    const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
    const server = await startPrinterServer({ printer, port: 0 });
    open.push(() => server.close());
    // The transport sets a timer for every piece it hands over: that is its progress.
    let pieces = 0;
    const counting: Clock = {
      now: () => clock.now(),
      after(delayMs, callback) {
        pieces += 1;
        return clock.after(delayMs, callback);
      },
    };
    const transport = tcpTransport({ host: server.host, port: server.port, clock: counting, stallTimeoutMs: 5_000 });
    const opened = await transport.open();
    if (!opened.ok) throw new Error(opened.error.message);
    open.push(() => opened.value.close());
    let isWritten = false;
    // More than all buffers on the way hold; the printer only swallows it.
    const size = 40_000_000;
    printer.setFault('silent');
    const written = opened.value.write(new Uint8Array(size)).finally(() => (isWritten = true));
    const startMs = clock.now();
    while (!isWritten) {
      printer.setFault('stalled');
      await clock.advance(4_000);
      const before = pieces;
      printer.clearFault('stalled');
      while (!isWritten && pieces === before) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await written).toEqual({ outcome: 'written', bytesSent: size });
    // Longer than the patience with one piece: the whole may take any time.
    expect(clock.now() - startMs).toBeGreaterThan(5_000);
  });

  test('an address nobody answers for is given up after the connect timeout', async () => {
    const clock = manualClock();
    // TEST-NET-1 (RFC 5737): routed nowhere.
    const transport = tcpTransport({ host: '192.0.2.1', port: 9100, clock });
    const opening = transport.open();
    await clock.advance(3_000);
    expect(await opening).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    expect(clock.pending()).toBe(0);
  });
});
