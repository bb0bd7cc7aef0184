import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createEscposPrinter } from '../../src/hardware/drivers/escpos-printer';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { systemClock } from '../../src/hardware/ports';
import { usbTransport } from '../../src/hardware/transports/usb';
import { createVirtualPrinter } from '../../src/hardware/virtual/printer-device';
import { printerConformance, type PrinterBench } from '../hardware/printer-conformance';
import { sampleReceipt, shortReceipt } from '../helpers/receipts';
import { usbPrinter, USB_PRINTER_IDS, type UsbPrinterOptions } from './devices/usb-printer';
import { until } from './waiting';

async function usbBench(options?: UsbPrinterOptions): Promise<PrinterBench> {
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
  const device = usbPrinter(printer, options);
  await device.plugIn();
  const port = createEscposPrinter({
    deviceId: 'printer-1',
    profile: PRINTER_PROFILES['epson-tm-t20-like'],
    transport: usbTransport({ ...USB_PRINTER_IDS, serialNumber: null, clock: systemClock, stallTimeoutMs: 10_000 }),
    clock: systemClock,
    // Patient enough for an emulated processor; only the tests of silence wait for it.
    timing: { replyTimeoutMs: 1_000, pollIntervalMs: 50, firstReconnectMs: 50, lastReconnectMs: 200 },
  });
  return {
    port,
    printer,
    switchedOff: 'absent',
    settle: (promise) => promise,
    until: (condition) => until(condition, 'the printer'),
    async close() {
      await port.close();
      await device.unplug();
    },
  };
}

printerConformance('USB', () => usbBench());

describe('a printer on USB', () => {
  let bench: PrinterBench;
  afterEach(() => bench.close());
  const start = async (options?: UsbPrinterOptions): Promise<void> => {
    bench = await usbBench(options);
    await until(() => bench.port.label === 'Trestle Virtual 80 mm', 'the printer to be known');
  };
  /** usblp names what it has. */
  const hasSystemDriver = (): boolean => existsSync('/dev/usb/lp0');

  test('is taken from usblp, and given back', async () => {
    await start();
    expect(hasSystemDriver()).toBe(false);
    await bench.port.close();
    await until(hasSystemDriver, 'usblp to have it again');
  });

  test('takes nothing for longer than the library waits by itself, and the receipt is whole', async () => {
    await start();
    bench.printer.faultAfter(0, 'stalled');
    const printed = bench.port.print(sampleReceipt);
    // The library's own patience is a second; the till's is ten here.
    await sleep(3_000);
    bench.printer.clearFault();
    expect(await printed).toEqual({ outcome: 'acknowledged' });
    expect(bench.printer.papers()).toMatchObject([{ isCut: true, text: expect.stringContaining('£35.42') as string }]);
  });

  test('of no class prints as well', async () => {
    await start({ isClassPrinter: false });
    expect(hasSystemDriver()).toBe(false);
    expect(await bench.port.print(shortReceipt)).toEqual({ outcome: 'acknowledged' });
  });

  test('that lost its plug in a receipt says how much may have left; the next receipt is whole', async () => {
    await start();
    bench.printer.faultAfter(40, 'refuse');
    const torn = await bench.port.print(sampleReceipt);
    expect(torn.outcome).not.toBe('acknowledged');
    await until(() => bench.port.status.state === 'absent', 'it to be absent');
    bench.printer.clearFault();
    await until(() => bench.port.status.state === 'ready', 'it to be back');
    expect(await bench.port.print(shortReceipt)).toEqual({ outcome: 'acknowledged' });
    const papers = bench.printer.papers();
    expect(papers[0]?.isCut).toBe(false);
    expect(papers.at(-1)?.text.trim().split('\n')[0]).toBe(`Jam${'£4.50'.padStart(45)}`);
  });
});
