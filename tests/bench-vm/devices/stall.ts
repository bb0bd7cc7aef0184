import type { Scan } from '../../../src/hardware/ports';
import { createVirtualPosiflexDrawer, type VirtualDrawer } from '../../../src/hardware/virtual/drawer-device';
import { createVirtualPrinter, type VirtualPrinter } from '../../../src/hardware/virtual/printer-device';
import {
  createVirtualHidPosScanner,
  HID_POS_DESCRIPTOR,
  type VirtualScanner,
} from '../../../src/hardware/virtual/scanner-device';
import type { UsbDevice } from './usb-device';
import { usbHid } from './usb-hid';
import { usbPrinter } from './usb-printer';

/** Honeywell's numbers. */
export const SCANNER_IDS = { vendorId: 0x0c2e, productId: 0x0b61 } as const;
export const DRAWER_IDS = { vendorId: 0x0d3a, productId: 0x0207 } as const;

/** Page FFA0, reports of 120 bytes both ways, without ids. */
const POSIFLEX_DESCRIPTOR = Uint8Array.of(
  ...[0x06, 0xa0, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x78],
  ...[0x09, 0x02, 0x81, 0x02, 0x09, 0x03, 0x91, 0x02, 0xc0],
);

/** A device and the plug it has. */
export interface Plugged<D> {
  readonly device: D;
  readonly plug: UsbDevice;
}

export function stallScanner(): Plugged<VirtualScanner> {
  const device = createVirtualHidPosScanner();
  const names = { maker: 'Trestle', product: 'Virtual scanner', serialNumber: 'S1' };
  const plug = usbHid({ ...SCANNER_IDS, ...names, wire: device.wire, reportDescriptor: HID_POS_DESCRIPTOR });
  return { device, plug };
}

export function stallDrawer(): Plugged<VirtualDrawer> {
  const device = createVirtualPosiflexDrawer();
  const names = { maker: 'Posiflex', product: 'Cash drawer' };
  const plug = usbHid({ ...DRAWER_IDS, ...names, wire: device.wire, reportDescriptor: POSIFLEX_DESCRIPTOR });
  return { device, plug };
}

export function stallPrinter(): Plugged<VirtualPrinter> {
  const device = createVirtualPrinter({ paperWidthMillimetres: 80 });
  return { device, plug: usbPrinter(device, { serialNumber: 'P1' }) };
}

/** Ginger beer of the demo stall. */
export const GINGER_BEER: Scan = { text: '5012345014104', symbology: ']E0' };
