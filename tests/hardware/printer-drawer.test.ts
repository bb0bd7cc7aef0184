import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { calibrateDrawer, sampleDrawer } from '../../src/hardware/drawer-calibration';
import { createEscposPrinter } from '../../src/hardware/drivers/escpos-printer';
import { createPrinterDrawer } from '../../src/hardware/drivers/printer-drawer';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import type { DrawerLevel, DrawerPort, PrinterDrawer, PrinterPort } from '../../src/hardware/ports';
import { createVirtualPrinter, type VirtualPrinter } from '../../src/hardware/virtual/printer-device';
import { fakeTransport } from '../helpers/fake-transport';
import { manualBench } from '../helpers/manual-bench';
import { manualClock, type ManualClock } from '../helpers/manual-clock';
import { drawerConformance, type DrawerBench } from './drawer-conformance';

const CALIBRATED: PrinterDrawer = { switch: { wired: true, openLevel: 'high' } };

interface PrinterDrawerBench extends DrawerBench {
  readonly printer: VirtualPrinter;
  readonly printerPort: PrinterPort;
  readonly port: DrawerPort;
  readonly clock: ManualClock;
}

async function setUp(pin: 2 | 5, drawer?: PrinterDrawer, drawerWired = true): Promise<PrinterDrawerBench> {
  const clock = manualClock();
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80, clock, drawerWired });
  const wire = fakeTransport(printer, clock);
  const printerPort = createEscposPrinter({
    deviceId: 'printer-1',
    profile: PRINTER_PROFILES['epson-tm-t20-like'],
    transport: wire,
    clock,
    ...(drawer && { drawer }),
  });
  const port = createPrinterDrawer({ printer: printerPort, pin, clock });
  return {
    ...manualBench(clock),
    clock,
    printer,
    printerPort,
    port,
    drawer: {
      isOpen: () => printer.state().drawer === 'open',
      pulses: () => printer.state().pulses.length,
      push: () => printer.closeDrawer(),
      pull: () => printer.openDrawer(),
      unplug: () => wire.unplug(),
      plugIn: () => wire.plugIn(),
      goSilent: () => printer.setFault('silent'),
      speakAgain: () => printer.clearFault('silent'),
    },
    wait: (ms) => clock.advance(ms),
    async close() {
      const closed = Promise.all([port.close(), printerPort.close()]);
      await clock.advance(1_000);
      await closed;
    },
  };
}

drawerConformance('on a printer, pin 2', () => setUp(2, CALIBRATED));
drawerConformance('on a printer, pin 5', () => setUp(5, CALIBRATED));

describe('a drawer on a printer', { timeout: 60_000 }, () => {
  let bench: PrinterDrawerBench;
  afterEach(() => bench.close());

  test('calibrated, it is known from the first answer on', async () => {
    bench = await setUp(2, CALIBRATED);
    await bench.until(() => bench.port.drawerState() === 'closed');
    bench.drawer.pull();
    await bench.until(() => bench.port.drawerState() === 'open');
  });

  test('calibrated the other way round, the same levels mean the opposite', async () => {
    bench = await setUp(2, { switch: { wired: true, openLevel: 'low' } });
    await bench.until(() => bench.port.drawerState() === 'open');
  });

  test('found to have no switch, it stays unknown whatever the level does', async () => {
    bench = await setUp(2, { switch: { wired: false } });
    await bench.until(() => bench.port.status.state === 'ready');
    expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
    bench.drawer.push();
    await bench.wait(5_000);
    expect(bench.port.drawerState()).toBe('unknown');
  });

  test('opens with the paper out or the cover open, by the pulse that is not held back, as long as set', async () => {
    bench = await setUp(5, { ...CALIBRATED, pulse: { onMs: 150, offMs: 400 } });
    for (const fault of ['paper-out', 'cover-open'] as const) {
      bench.printer.setFault(fault);
      await bench.until(() => bench.printerPort.status.state === 'faulted');
      expect(bench.port.status).toEqual({ state: 'ready' });
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
      // Open already: nothing moves, and nothing is wrong.
      expect(await bench.settle(bench.port.open())).toEqual({ outcome: 'acknowledged' });
      bench.printer.clearFault();
      bench.drawer.push();
      await bench.until(() => bench.port.drawerState() === 'closed');
    }
    const pulses = bench.printer.state().pulses;
    expect(pulses).toHaveLength(4);
    expect(new Set(pulses.map((pulse) => JSON.stringify(pulse)))).toEqual(
      new Set([JSON.stringify({ pin: 5, onMs: 200, isRealTime: true })]),
    );
    await bench.settle(bench.port.open());
    expect(bench.printer.state().pulses.at(-1)).toEqual({ pin: 5, onMs: 150, isRealTime: false });
  });

  test('calibrates in two steps against the printer itself', async () => {
    bench = await setUp(2);
    await bench.until(() => bench.port.status.state === 'ready');
    const closed = await bench.settle(sampleDrawer(bench.printerPort));
    bench.drawer.pull();
    const open = await bench.settle(sampleDrawer(bench.printerPort));
    expect(calibrateDrawer({ closed, open })).toEqual({ ok: true, value: { wired: true, openLevel: 'high' } });
  });

  test('calibrates a drawer without a switch as such', async () => {
    bench = await setUp(2, undefined, false);
    await bench.until(() => bench.port.status.state === 'ready');
    const closed = await bench.settle(sampleDrawer(bench.printerPort));
    bench.drawer.pull();
    const open = await bench.settle(sampleDrawer(bench.printerPort));
    expect(calibrateDrawer({ closed, open })).toEqual({ ok: true, value: { wired: false } });
  });

  test('calibrates nothing while the printer is silent', async () => {
    bench = await setUp(2);
    await bench.until(() => bench.port.status.state === 'ready');
    bench.printer.setFault('silent');
    const closed = await bench.settle(sampleDrawer(bench.printerPort));
    expect(closed).toEqual(Array(closed.length).fill(null));
    expect(calibrateDrawer({ closed, open: closed })).toMatchObject({ ok: false, error: { code: 'not-answering' } });
  });
});

describe('calibrating', () => {
  const level = fc.constantFrom<DrawerLevel>('high', 'low');
  const samples = fc.array(fc.option(level), { maxLength: 6 });

  test('finds a switch only where every sample of one position differs from every sample of the other', () => {
    fc.assert(
      fc.property(samples, samples, (closed, open) => {
        const found = calibrateDrawer({ closed, open });
        const all = [...closed, ...open];
        const isSound =
          closed.length > 0 &&
          open.length > 0 &&
          !all.includes(null) &&
          new Set(closed).size === 1 &&
          new Set(open).size === 1;
        expect(found.ok).toBe(isSound);
        if (!found.ok) return;
        expect(found.value).toEqual(closed[0] === open[0] ? { wired: false } : { wired: true, openLevel: open[0] });
      }),
    );
  });
});
