import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import type { HidConnection } from '../../../src/hardware/transports/hid-transport';
import type { VirtualWire } from '../../../src/hardware/virtual/virtual-wire';
import { holdWire } from './wire';

/** Events of /dev/uhid (Documentation/hid/uhid.rst, include/uapi/linux/uhid.h): packed, little-endian. */
const event = {
  destroy: 1,
  output: 6,
  getReport: 9,
  getReportReply: 10,
  create: 11,
  input: 12,
  setReport: 13,
  setReportReply: 14,
};
const EVENT_BYTES = 4_376;
const DATA_BYTES = 4_096;
const BLUETOOTH = 5;
const featureReport = 0;
const notSupported = 95;
/** The device is asked this often what the host wrote: a blocking read would hold one of Node's few threads. */
const POLL_MS = 5;

export interface UhidOptions {
  readonly wire: VirtualWire;
  readonly reportDescriptor: Uint8Array;
  readonly vendorId: number;
  readonly productId: number;
  readonly product: string;
  readonly serialNumber: string;
}

export interface UhidDevice {
  plugIn(): void;
  unplug(): void;
}

/** A virtual HID device that reaches the kernel without USB, as one paired over Bluetooth does. */
export async function uhidDevice(options: UhidOptions): Promise<UhidDevice> {
  const { wire, reportDescriptor, vendorId, productId, product, serialNumber } = options;
  const line = await holdWire<HidConnection>(wire.transport);
  let file = -1;
  let timer: NodeJS.Timeout | undefined;

  function tell(type: number, fill: (bytes: Buffer) => void): void {
    const bytes = Buffer.alloc(EVENT_BYTES);
    bytes.writeUInt32LE(type);
    fill(bytes.subarray(4));
    writeSync(file, bytes);
  }

  function obey(bytes: Buffer): void {
    const body = bytes.subarray(4);
    switch (bytes.readUInt32LE()) {
      case event.output:
        return void line.write(Uint8Array.from(body.subarray(0, body.readUInt16LE(DATA_BYTES))));
      case event.setReport: {
        const [id, kind, size] = [body.readUInt32LE(0), body.readUInt8(5), body.readUInt16LE(6)];
        if (kind === featureReport) void line.sendFeature(Uint8Array.from(body.subarray(8, 8 + size)));
        return tell(event.setReportReply, (reply) => reply.writeUInt32LE(id));
      }
      case event.getReport:
        return tell(event.getReportReply, (reply) => {
          reply.writeUInt32LE(body.readUInt32LE());
          reply.writeUInt16LE(notSupported, 4);
        });
    }
  }

  function hear(): void {
    const bytes = Buffer.alloc(EVENT_BYTES);
    try {
      while (file >= 0 && readSync(file, bytes) > 0) obey(bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  line.onReport((report) => {
    if (file < 0) return;
    tell(event.input, (body) => {
      body.writeUInt16LE(report.length);
      body.set(report, 2);
    });
  });

  return {
    plugIn() {
      file = openSync('/dev/uhid', constants.O_RDWR | constants.O_NONBLOCK);
      tell(event.create, (body) => {
        body.write(product, 0, 127);
        body.write(serialNumber, 192, 63);
        body.writeUInt16LE(reportDescriptor.length, 256);
        body.writeUInt16LE(BLUETOOTH, 258);
        body.writeUInt32LE(vendorId, 260);
        body.writeUInt32LE(productId, 264);
        body.set(reportDescriptor, 276);
      });
      timer = setInterval(hear, POLL_MS);
    },
    unplug() {
      if (file < 0) return;
      clearInterval(timer);
      // Closing it destroys the device.
      closeSync(file);
      file = -1;
    },
  };
}
