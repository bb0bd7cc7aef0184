import type { HidConnection } from '../../../src/hardware/transports/hid-transport';
import type { VirtualWire } from '../../../src/hardware/virtual/virtual-wire';
import { createUsbDevice, type UsbDescription, type UsbDevice } from './usb-device';
import { holdWire } from './wire';

const IN = 0x81;
const OUT = 0x02;
/** Whole reports fit into one packet. */
const PACKET_BYTES = 256;

/** Requests and descriptor types of HID 1.11, 7.1 and 7.2. */
const request = { getDescriptor: 6, setReport: 9, setIdle: 10, setProtocol: 11 };
const reportDescriptorType = 0x22;
const featureReport = 3;

export interface UsbHidOptions extends Pick<
  UsbDescription,
  'vendorId' | 'productId' | 'maker' | 'product' | 'serialNumber'
> {
  readonly wire: VirtualWire;
  readonly reportDescriptor: Uint8Array;
}

/** A virtual HID device on a real USB port. */
export function usbHid(options: UsbHidOptions): UsbDevice {
  const { wire, reportDescriptor, ...names } = options;
  const line = holdWire<HidConnection>(wire.transport);
  const hasReportIds = reportDescriptor.includes(0x85);
  /** A report as our transports know it: its id first, 0 where the device has none. */
  const named = (report: Uint8Array): Uint8Array => (hasReportIds ? report : Uint8Array.of(0, ...report));

  const device = createUsbDevice(
    {
      ...names,
      interfaces: [
        {
          class: 3,
          subclass: 0,
          protocol: 0,
          classDescriptors: Uint8Array.of(
            ...[9, 0x21, 0x11, 0x01, 0, 1, reportDescriptorType],
            ...[reportDescriptor.length & 0xff, reportDescriptor.length >> 8],
          ),
          endpoints: [
            { address: IN, type: 'interrupt', maxPacketBytes: PACKET_BYTES },
            { address: OUT, type: 'interrupt', maxPacketBytes: PACKET_BYTES },
          ],
        },
      ],
    },
    {
      control({ request: code, value }, data) {
        if (code === request.getDescriptor && value >> 8 === reportDescriptorType) return reportDescriptor;
        if (code === request.setReport && value >> 8 === featureReport)
          void line.then(({ sendFeature }) => sendFeature(named(data)));
        return [request.setReport, request.setIdle, request.setProtocol].includes(code) ? new Uint8Array() : null;
      },
      async receive(_, report) {
        await (await line).write(named(report));
      },
    },
  );
  void line.then(({ onReport }) => onReport((report) => device.send(IN, report)));
  return device;
}
