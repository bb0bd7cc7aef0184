import { setTimeout as sleep } from 'node:timers/promises';
import { createHidDrawer } from '../../src/hardware/drivers/hid-drawer';
import { HID_DRAWER_PROFILES } from '../../src/hardware/models/drawers';
import { systemClock } from '../../src/hardware/ports';
import { hidTransport } from '../../src/hardware/transports/hid';
import { createVirtualPosiflexDrawer } from '../../src/hardware/virtual/drawer-device';
import { drawerConformance } from '../hardware/drawer-conformance';
import { usbHid } from './devices/usb-hid';
import { until } from './waiting';

/** Minutes of a market day pass in seconds here. */
const HASTE = 20;

/** Page FFA0, reports of 120 bytes both ways, without ids. */
const POSIFLEX_DESCRIPTOR = Uint8Array.of(
  ...[0x06, 0xa0, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x78],
  ...[0x09, 0x02, 0x81, 0x02, 0x09, 0x03, 0x91, 0x02, 0xc0],
);

drawerConformance('Posiflex on USB', async () => {
  const profile = HID_DRAWER_PROFILES[7];
  if (!profile) throw new Error('there is a Posiflex number 7');
  const drawer = createVirtualPosiflexDrawer();
  const { wire } = drawer;
  const names = { maker: 'Posiflex', product: 'Cash drawer' };
  const device = await usbHid({ ...profile.match, ...names, wire, reportDescriptor: POSIFLEX_DESCRIPTOR });
  await device.plugIn();
  const port = createHidDrawer({
    deviceId: 'drawer-1',
    profile,
    transport: hidTransport({ match: profile.match, clock: systemClock }),
    clock: systemClock,
    openTooLongMs: 60_000 / HASTE,
  });
  return {
    port,
    drawer: {
      isOpen: drawer.isOpen,
      pulses: drawer.pulses,
      push: drawer.push,
      pull: drawer.pull,
      unplug: () => void device.unplug(),
      plugIn: () => void device.plugIn(),
      goSilent: () => drawer.setFault('silent'),
      speakAgain: () => drawer.clearFault(),
    },
    settle: (promise) => promise,
    until: (condition) => until(condition, 'the drawer'),
    wait: (ms) => sleep(ms / HASTE),
    async close() {
      await port.close();
      await device.unplug();
    },
  };
});
