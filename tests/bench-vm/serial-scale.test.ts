import { createScale } from '../../src/hardware/drivers/scale';
import { SCALE_PROFILES } from '../../src/hardware/models/scales';
import { systemClock } from '../../src/hardware/ports';
import { serialTransport } from '../../src/hardware/transports/serial';
import { createVirtualScale } from '../../src/hardware/virtual/scale-device';
import { scaleConformance } from '../hardware/scale-conformance';
import { usbSerial } from './devices/usb-serial';
import { until } from './waiting';

const profile = SCALE_PROFILES['nci-7e1'];

scaleConformance('NCI over CDC serial', async () => {
  const scale = createVirtualScale({ protocol: profile.protocol });
  const names = { maker: 'Trestle', product: 'Virtual scale', serialNumber: 'W1' };
  const plug = usbSerial({ vendorId: 0x0b67, productId: 0x555e, ...names, wire: scale.wire });
  await plug.plugIn();
  const port = createScale({
    deviceId: 'scale-1',
    profile,
    transport: serialTransport({
      path: '/dev/serial/by-id/usb-Trestle_Virtual_scale_W1-if00',
      ...profile.serial,
      clock: systemClock,
    }),
    clock: systemClock,
  });
  return {
    port,
    scale: {
      put: scale.put,
      shake: scale.shake,
      unplug: () => void plug.unplug(),
      plugIn: () => void plug.plugIn(),
      goSilent: () => scale.setFault('silent'),
      answerByHalves: () => scale.setFault('half'),
      talkNonsense: () => scale.setFault('noise'),
      break: () => scale.setFault('broken'),
      mend: () => scale.clearFault(),
    },
    settle: (promise) => promise,
    until: (condition) => until(condition, 'the scale'),
    async close() {
      await port.close();
      await plug.unplug();
    },
  };
});
