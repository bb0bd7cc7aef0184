import { createEscposPrinter } from '../../src/hardware/drivers/escpos-printer';
import { PRINTER_PROFILES } from '../../src/hardware/models/profiles';
import { systemClock } from '../../src/hardware/ports';
import { usbTransport } from '../../src/hardware/transports/usb';
import { createVirtualPrinter } from '../../src/hardware/virtual/printer-device';
import { printerConformance, type PrinterBench } from '../hardware/printer-conformance';
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

printerConformance('USB', usbBench);
