import { createVirtualPosiflexDrawer, type VirtualDrawer } from './drawer-device';
import { createVirtualLineDisplay, type VirtualLineDisplay } from './line-display-device';
import { createVirtualScale, type VirtualScale } from './scale-device';
import { createVirtualPrinter, type VirtualPrinter } from './printer-device';
import { createVirtualHidPosScanner, type VirtualScanner } from './scanner-device';

/** The id of the printer that is there while no real one is set up. */
export const VIRTUAL_PRINTER = 'virtual-printer';

/** Devices made of nothing, by the id under which they are set up; each is made when it is first asked for. */
export interface VirtualDevices {
  printer(deviceId: string): VirtualPrinter;
  scanner(deviceId: string): VirtualScanner;
  drawer(deviceId: string): VirtualDrawer;
  scale(deviceId: string): VirtualScale;
  lineDisplay(deviceId: string): VirtualLineDisplay;
}

export function createVirtualDevices(): VirtualDevices {
  return {
    printer: madeOnce(() => createVirtualPrinter({ paperWidthMillimetres: 80 })),
    scanner: madeOnce(createVirtualHidPosScanner),
    drawer: madeOnce(createVirtualPosiflexDrawer),
    scale: madeOnce(() => createVirtualScale({ protocol: 'nci' })),
    lineDisplay: madeOnce(() => createVirtualLineDisplay({ commands: 'epson' })),
  };
}

function madeOnce<T>(make: () => T): (deviceId: string) => T {
  const made = new Map<string, T>();
  return (deviceId) => {
    const device = made.get(deviceId) ?? make();
    made.set(deviceId, device);
    return device;
  };
}
