import { createHidPosScanner } from '../../src/hardware/drivers/hid-pos-scanner';
import { createSerialScanner } from '../../src/hardware/drivers/serial-scanner';
import { systemClock, type ScannerPort } from '../../src/hardware/ports';
import type { HidTransport } from '../../src/hardware/transports/hid-transport';
import { hidTransport } from '../../src/hardware/transports/hid';
import { serialTransport } from '../../src/hardware/transports/serial';
import type { Transport } from '../../src/hardware/transports/transport';
import {
  createVirtualHidPosScanner,
  createVirtualSerialScanner,
  HID_POS_DESCRIPTOR,
  type VirtualScanner,
} from '../../src/hardware/virtual/scanner-device';
import { scannerConformance, type ScannerBench } from '../hardware/scanner-conformance';
import { uhidDevice } from './devices/uhid-device';
import { usbHid } from './devices/usb-hid';
import { usbSerial } from './devices/usb-serial';
import { until } from './waiting';

const clock = systemClock;
const honeywell = { vendorId: 0x0c2e, productId: 0x0b61, maker: 'Trestle', product: 'Virtual scanner' };

interface Parts<T> {
  readonly scanner: VirtualScanner;
  readonly device: { plugIn(): unknown; unplug(): unknown };
  readonly transport: T;
  readonly driver: (transport: T) => ScannerPort;
  /** Default true: the till tells such a scanner something before it sends labels. */
  readonly isToldFirst?: boolean;
}

async function benchOf<T extends Transport | HidTransport>(parts: Parts<T>): Promise<ScannerBench> {
  const { scanner, device, driver, isToldFirst = true } = parts;
  const { wire } = scanner;
  let isSetUp = !isToldFirst;
  wire.onFeature(() => (isSetUp = true));
  wire.onReceive(() => (isSetUp = true));
  let bytesSaid = 0;
  let bytesHeard = 0;
  const port = driver(
    listenedTo(parts.transport, (bytes) => {
      bytesHeard += bytes.length;
    }),
  );
  // One hand does one thing after the other, and is slower than any wire.
  let hand: Promise<unknown> = Promise.resolve(device.plugIn());
  const next = (act: () => unknown): void => void (hand = hand.then(act));
  const isHeard = (): Promise<void> => until(() => bytesHeard >= bytesSaid, 'the till to hear the scanner');
  return {
    port,
    scan: (label) =>
      next(async () => {
        await until(() => isSetUp, 'the till to set the scanner up');
        scanner.scan(label);
      }),
    scanHalf(label) {
      const reports = scanner.reportsOf(label);
      const [only = Uint8Array.of()] = reports;
      const half = reports.length === 1 ? [only.subarray(0, only.length / 2)] : reports.slice(0, -1);
      next(async () => {
        await isHeard();
        [bytesSaid, bytesHeard] = [Buffer.concat(half).length, 0];
        for (const report of half) wire.send(report);
      });
    },
    errorBeeps: () => scanner.errorBeeps(),
    unplug() {
      next(isHeard);
      next(() => device.unplug());
    },
    plugIn: () => next(() => device.plugIn()),
    settle: (promise) => promise,
    until: (condition) => until(condition, 'the scanner'),
    async close() {
      await port.close();
      await hand;
      await device.unplug();
    },
  };
}

/** The same transport, with somebody who listens to whatever the device says. */
function listenedTo<T extends Transport | HidTransport>(transport: T, hear: (bytes: Uint8Array) => void): T {
  return {
    ...transport,
    async open() {
      const opened = await transport.open();
      if (!opened.ok) return opened;
      const connection = opened.value;
      if ('onReport' in connection) connection.onReport(hear);
      else connection.onData(hear);
      return opened;
    },
  };
}

const hidPos = (transport: HidTransport): ScannerPort => createHidPosScanner({ deviceId: 'scanner', transport, clock });

scannerConformance('HID POS on USB', () => {
  const scanner = createVirtualHidPosScanner({ suffix: '\r' });
  const { wire } = scanner;
  return benchOf({
    scanner,
    device: usbHid({ ...honeywell, serialNumber: 'S1', wire, reportDescriptor: HID_POS_DESCRIPTOR }),
    transport: hidTransport({ match: { usagePage: 0x8c, usage: 0x02 }, clock }),
    driver: hidPos,
  });
});

scannerConformance('HID POS over Bluetooth', async () => {
  const scanner = createVirtualHidPosScanner();
  const { wire } = scanner;
  return benchOf({
    scanner,
    device: await uhidDevice({ ...honeywell, serialNumber: 'B1', wire, reportDescriptor: HID_POS_DESCRIPTOR }),
    transport: hidTransport({ match: { vendorId: honeywell.vendorId, productId: honeywell.productId }, clock }),
    driver: hidPos,
  });
});

scannerConformance('CDC serial on USB', () => {
  const scanner = createVirtualSerialScanner();
  const { wire } = scanner;
  return benchOf({
    scanner,
    device: usbSerial({ ...honeywell, productId: 0x0b6a, serialNumber: 'C1', wire }),
    // By the name udev gives it, which is the same on every port.
    transport: serialTransport({
      path: '/dev/serial/by-id/usb-Trestle_Virtual_scanner_C1-if00',
      baudRate: 9_600,
      clock,
    }),
    driver: (transport) => createSerialScanner({ deviceId: 'scanner', transport, clock }),
    isToldFirst: false,
  });
});
