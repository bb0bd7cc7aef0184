import type { Connection } from '../../../src/hardware/transports/transport';
import type { VirtualWire } from '../../../src/hardware/virtual/virtual-wire';
import { createUsbDevice, type UsbDescription, type UsbDevice } from './usb-device';
import { holdWire } from './wire';

const OUT = 0x01;
const IN = 0x82;
const NOTIFY = 0x83;

/** Requests of USB CDC PSTN 1.2, 6.3. */
const request = { setLineCoding: 0x20, getLineCoding: 0x21, setControlLineState: 0x22, sendBreak: 0x23 };

export type UsbSerialOptions = Pick<UsbDescription, 'vendorId' | 'productId' | 'maker' | 'product' | 'serialNumber'> & {
  readonly wire: VirtualWire;
};

/** A virtual serial device behind a USB port of the class CDC ACM, as scanners and scales have it: `/dev/ttyACM…`. */
export function usbSerial({ wire, ...names }: UsbSerialOptions): UsbDevice {
  const line = holdWire<Connection>(wire.transport);
  // 9600 baud, one stop bit, no parity, eight data bits.
  let lineCoding = Uint8Array.of(0x80, 0x25, 0, 0, 0, 0, 8);
  const device = createUsbDevice(
    {
      ...names,
      deviceClass: 2,
      interfaces: [
        {
          class: 2,
          subclass: 2,
          protocol: 1,
          // Header, call management, abstract control, union of both interfaces (CDC 1.2, 5.2.3).
          classDescriptors: Uint8Array.of(
            ...[5, 0x24, 0, 0x10, 0x01],
            ...[5, 0x24, 1, 0, 1],
            ...[4, 0x24, 2, 0x02],
            ...[5, 0x24, 6, 0, 1],
          ),
          endpoints: [{ address: NOTIFY, type: 'interrupt', maxPacketBytes: 16 }],
        },
        {
          class: 10,
          subclass: 0,
          protocol: 0,
          endpoints: [
            { address: OUT, type: 'bulk', maxPacketBytes: 512 },
            { address: IN, type: 'bulk', maxPacketBytes: 512 },
          ],
        },
      ],
    },
    {
      control({ request: code }, data) {
        if (code === request.getLineCoding) return lineCoding;
        if (code === request.setLineCoding) lineCoding = Uint8Array.from(data);
        return Object.values(request).includes(code) ? new Uint8Array() : null;
      },
      async receive(_, bytes) {
        await (await line).write(bytes);
      },
    },
  );
  void line.then(({ onData }) => onData((bytes) => device.send(IN, bytes)));
  return device;
}
