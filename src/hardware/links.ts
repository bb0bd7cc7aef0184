import type { DeviceLink, HidLink, PrinterLink, SerialLink, VirtualLink } from './configuration';
import type { Clock } from './ports';
import { cupsTransport } from './transports/cups';
import type { HidTransport } from './transports/hid-transport';
import { hidTransport } from './transports/hid';
import { serialTransport, type SerialTransportOptions } from './transports/serial';
import { spoolerTransport } from './transports/spooler';
import { tcpTransport } from './transports/tcp';
import type { Transport } from './transports/transport';
import { usbTransport } from './transports/usb';

/** What else a driver knows of a serial line besides its speed. */
export type LineSettings = Pick<SerialTransportOptions, 'dataBits' | 'parity' | 'stopBits' | 'flowControl'>;

/** The way bytes take to a device that is not virtual. */
export function transportTo(link: Exclude<PrinterLink, VirtualLink>, clock: Clock, line: LineSettings = {}): Transport {
  switch (link.via) {
    case 'tcp':
      return tcpTransport({ host: link.host, port: link.port, clock });
    case 'usb':
      return usbTransport({ ...link, clock });
    case 'serial':
      return serialTransportTo(link, clock, line);
    case 'cups':
      return cupsTransport({ queue: link.queue, clock });
    case 'spooler':
      return spoolerTransport({ printerName: link.printerName, clock });
  }
}

export function serialTransportTo({ path, baudRate }: SerialLink, clock: Clock, line: LineSettings = {}): Transport {
  return serialTransport({ ...line, path, baudRate, clock });
}

export function hidTransportTo(
  { vendorId, productId, serialNumber }: HidLink,
  clock: Clock,
  usage?: { readonly usagePage: number; readonly usage: number },
): HidTransport {
  return hidTransport({
    match: { vendorId, productId, ...(serialNumber !== null && { serialNumber }), ...usage },
    clock,
  });
}

/** A link as a person recognises it. */
export function addressOf(link: DeviceLink): string {
  switch (link.via) {
    case 'tcp':
      return `${link.host}:${link.port}`;
    case 'usb':
    case 'hid':
      return `${hex(link.vendorId)}:${hex(link.productId)}`;
    case 'serial':
      return link.path;
    case 'cups':
      return link.queue;
    case 'spooler':
      return link.printerName;
    case 'virtual':
      return 'virtual';
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(4, '0');
}
