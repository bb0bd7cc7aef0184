import type { VirtualPrinter, VirtualPrinterSession } from '../../../src/hardware/virtual/printer-device';
import { createUsbDevice, type UsbDescription, type UsbDevice } from './usb-device';

const OUT = 0x01;
const IN = 0x82;

/** Requests of the USB printer class, 4.2. */
const request = { getDeviceId: 0, getPortStatus: 1, softReset: 2 };

/** A model of Epson's: one of the makers that the till knows. */
export const USB_PRINTER_IDS = { vendorId: 0x04b8, productId: 0x0e15 } as const;

export interface UsbPrinterOptions {
  readonly serialNumber?: string;
  /** Default true; false makes it a device of no class, as many cheap printers are. */
  readonly isClassPrinter?: boolean;
}

/** A virtual printer on a real USB port: bidirectional, at high speed. Its fault `refuse` is its plug pulled. */
export function usbPrinter(printer: VirtualPrinter, options: UsbPrinterOptions = {}): UsbDevice {
  const { serialNumber, isClassPrinter = true } = options;
  const deviceId = 'MFG:Trestle;CMD:ESC/POS;MDL:Virtual 80 mm;CLS:PRINTER;';
  const description: UsbDescription = {
    ...USB_PRINTER_IDS,
    maker: 'Trestle',
    product: 'Virtual 80 mm',
    serialNumber,
    interfaces: [
      {
        ...(isClassPrinter ? { class: 7, subclass: 1, protocol: 2 } : { class: 0xff, subclass: 0, protocol: 0 }),
        endpoints: [
          { address: OUT, type: 'bulk', maxPacketBytes: 512 },
          { address: IN, type: 'bulk', maxPacketBytes: 512 },
        ],
      },
    ],
  };
  let session: VirtualPrinterSession | null = null;
  let hasRoom = Promise.resolve();
  let ready = (): void => undefined;

  const device = createUsbDevice(description, {
    control({ requestType, request: code }) {
      if (!isClassPrinter || (requestType & 0x60) !== 0x20) return null;
      if (code === request.getDeviceId) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(deviceId.length + 2);
        return Buffer.concat([length, Buffer.from(deviceId)]);
      }
      if (code === request.getPortStatus) return Uint8Array.of(printer.hasFault('paper-out') ? 0x30 : 0x18);
      return code === request.softReset ? new Uint8Array() : null;
    },
    async receive(_, packet) {
      await hasRoom;
      if (session?.receive(packet) === false) hasRoom = new Promise((resolve) => (ready = resolve));
    },
    plugged() {
      session = printer.connect({
        send: (bytes) => device.send(IN, bytes),
        drop: restart,
        ready: () => ready(),
      });
    },
    unplugged() {
      session?.end();
      session = null;
      ready();
    },
  });

  /** A printer that loses its power comes back with it, unless it is switched off. */
  function restart(): void {
    void device.unplug();
    if (!printer.hasFault('refuse')) void device.plugIn();
  }
  printer.onFaultChanged(() => {
    if (device.isPlugged === printer.hasFault('refuse')) restart();
  });
  return device;
}
