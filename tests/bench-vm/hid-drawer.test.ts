import { setTimeout as sleep } from 'node:timers/promises';
import { createHidDrawer } from '../../src/hardware/drivers/hid-drawer';
import { HID_DRAWER_PROFILES } from '../../src/hardware/models/drawers';
import { systemClock } from '../../src/hardware/ports';
import { hidTransport } from '../../src/hardware/transports/hid';
import { drawerConformance } from '../hardware/drawer-conformance';
import { stallDrawer } from './devices/stall';
import { until } from './waiting';

/** Minutes of a market day pass in seconds here. */
const HASTE = 20;

drawerConformance('Posiflex on USB', async () => {
  const profile = HID_DRAWER_PROFILES[7];
  if (!profile) throw new Error('there is a Posiflex number 7');
  const { device: drawer, plug } = stallDrawer();
  await plug.plugIn();
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
      unplug: () => void plug.unplug(),
      plugIn: () => void plug.plugIn(),
      goSilent: () => drawer.setFault('silent'),
      speakAgain: () => drawer.clearFault(),
    },
    settle: (promise) => promise,
    until: (condition) => until(condition, 'the drawer'),
    wait: (ms) => sleep(ms / HASTE),
    async close() {
      await port.close();
      await plug.unplug();
    },
  };
});
