/// <reference types="w3c-web-usb" />
import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { usb } from 'usb';
import { fail, ok, type Result } from '../../domain/result';
import type { Clock, FaultReason } from '../ports';
import { connectionState, within, writeInPieces } from './connection-state';
import type { Connection, OpenError, Transport } from './transport';
import { parseUsbDescriptors, printerInterface, USB_CLASS, type UsbInterface } from './usb-descriptors';

/** A device as the library lists it. */
export type UsbDevice = Awaited<ReturnType<typeof usb.getDevices>>[number];

export interface UsbTransportOptions {
  readonly vendorId: number;
  readonly productId: number;
  /** Tells two of a kind apart; null takes the first of its kind, since many devices have no number, or all the same. */
  readonly serialNumber: string | null;
  readonly clock: Clock;
  /** Default 5 000: how long the device may take no byte at all. A slow printer that takes some is never cut off. */
  readonly stallTimeoutMs?: number;
}

/** A few packets: a printer that prints line by line takes one well within the patience. */
const PIECE_BYTES = 1_024;
/** A reading under way holds the interface, so closing waits up to this long for it. */
const READ_TIMEOUT_MS = 500;
const CONTROL_TIMEOUT_MS = 1_000;
/** Some printers answer a reading at once with nothing; asked again without a pause they would keep a core busy. */
const EMPTY_PAUSE_MS = 20;
/** Stalls cleared in a row before the device is given up. */
const STALLS_ALLOWED = 3;

/** A printer on USB, of the printer class or a vendor's own, by its bulk endpoints. */
export function usbTransport(options: UsbTransportOptions): Transport {
  const { vendorId, productId, serialNumber, clock, stallTimeoutMs = 5_000 } = options;
  const name = [vendorId, productId].map((id) => id.toString(16).padStart(4, '0')).join(':');
  const address = `USB ${name}${serialNumber === null ? '' : ` ${serialNumber}`}`;
  return {
    address,
    async open() {
      let last: Result<Connection, OpenError> = fail(
        'absent',
        `No ${address} is plugged in. Check its cable and power.`,
      );
      try {
        for (const device of await findDevices(vendorId, productId, serialNumber)) {
          last = await openDevice(device, clock, stallTimeoutMs);
          if (last.ok) return last;
        }
      } catch (error) {
        // The library does not load on this system, or the system has no USB at all.
        return fail(codeOf(error), messageOf(error));
      }
      return last;
    },
  };
}

/** Handles of the devices this process holds: another one of a kind is somebody else's. */
const held = new Set<string>();

async function findDevices(vendorId: number, productId: number, serialNumber: string | null): Promise<UsbDevice[]> {
  const { usb } = await import('usb');
  return (await usb.getDevices()).filter(
    (device) =>
      device.vendorId === vendorId &&
      device.productId === productId &&
      !held.has(device.handle) &&
      (serialNumber === null || serialNumberOf(device) === serialNumber),
  );
}

/** Null where it has none, or where it cannot be read without rights. */
export function serialNumberOf(device: UsbDevice): string | null {
  try {
    return device.serialNumber ?? null;
  } catch {
    return null;
  }
}

const systemPath = (device: UsbDevice): string =>
  `/sys/bus/usb/devices/${Number(device.bus)}-${device.ports.join('.')}`;

/**
 * The interfaces of a device, with no need to open it on Linux: the library would read their names from the device
 * itself, in the main thread, and refuse a device that gets one of them wrong. Elsewhere it must be open.
 */
export async function usbInterfaces(device: UsbDevice): Promise<UsbInterface[]> {
  if (process.platform === 'linux') {
    const bytes = await readFile(`${systemPath(device)}/descriptors`).catch(() => null);
    if (bytes) return parseUsbDescriptors(bytes);
  }
  const { configuration } = device;
  if (!configuration) return [];
  return configuration.interfaces.flatMap(({ interfaceNumber, alternates }) =>
    alternates.map((alternate): UsbInterface => {
      const bulk = (direction: 'in' | 'out'): UsbInterface['bulkIn'] => {
        const found = alternate.endpoints.find((each) => each.type === 'bulk' && each.direction === direction);
        return found ? { number: found.endpointNumber, packetBytes: found.packetSize } : null;
      };
      return {
        configuration: configuration.configurationValue,
        number: interfaceNumber,
        alternate: alternate.alternateSetting,
        interfaceClass: alternate.interfaceClass,
        subclass: alternate.interfaceSubclass,
        protocol: alternate.interfaceProtocol,
        bulkOut: bulk('out'),
        bulkIn: bulk('in'),
      };
    }),
  );
}

async function openDevice(
  device: UsbDevice,
  clock: Clock,
  stallTimeoutMs: number,
): Promise<Result<Connection, OpenError>> {
  held.add(device.handle);
  const giveUp = async (code: OpenError, message: string): Promise<Result<Connection, OpenError>> => {
    await device.close().catch(() => undefined);
    held.delete(device.handle);
    return fail(code, message);
  };
  try {
    await device.open();
    const chosen = printerInterface(await usbInterfaces(device));
    if (!chosen?.bulkOut) return await giveUp('unreachable', 'This USB device takes no print data.');
    await takeFromSystem(device, chosen);
    await device.claimInterface(chosen.number);
    if (chosen.alternate !== 0) await device.selectAlternateInterface(chosen.number, chosen.alternate);
    return ok(connectionOf(device, chosen, chosen.bulkOut.number, clock, stallTimeoutMs));
  } catch (error) {
    return giveUp(codeOf(error), messageOf(error));
  }
}

/** Linux gives printers to usblp, which must let go first. What another program holds (usbfs) is left to it. */
async function takeFromSystem(device: UsbDevice, { configuration, number }: UsbInterface): Promise<void> {
  if (process.platform !== 'linux') return;
  const driver = await readlink(`${systemPath(device)}:${configuration}.${number}/driver`).catch(() => null);
  if (driver !== null && basename(driver) !== 'usbfs') await device.detachKernelDriver(number);
}

function connectionOf(
  device: UsbDevice,
  chosen: UsbInterface,
  bulkOut: number,
  clock: Clock,
  stallTimeoutMs: number,
): Connection {
  const state = connectionState();
  let isOpen = true;
  let closing: Promise<void> | null = null;
  let sending: Promise<unknown> = Promise.resolve();
  /** Whether the port status ever said that all is well: clones that always say otherwise are not believed. */
  let saidWell = false;

  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => void clock.after(delayMs, resolve));

  async function readAll(): Promise<void> {
    const { bulkIn } = chosen;
    if (!bulkIn) return;
    let stalls = 0;
    while (isOpen) {
      try {
        // One packet a time: a reading cut short by its timeout can then lose nothing.
        const bytes = await device.nativeTransferIn(bulkIn.number, READ_TIMEOUT_MS, bulkIn.packetBytes);
        stalls = 0;
        if (bytes && bytes.length > 0) state.hear(bytes);
        else await pause(EMPTY_PAUSE_MS);
      } catch (error) {
        if (isTimeout(error)) continue;
        stalls += 1;
        if (!messageOf(error).includes('Stall') || stalls > STALLS_ALLOWED) return void close();
        await device.clearHalt('in', bulkIn.number).catch(() => undefined);
      }
    }
  }

  function close(): Promise<void> {
    closing ??= (async () => {
      isOpen = false;
      state.end();
      // What is still under way holds the interface.
      await within(clock, 2 * READ_TIMEOUT_MS + stallTimeoutMs, Promise.all([reading, sending]));
      try {
        await device.releaseInterface(chosen.number);
        // The system's own driver gets back what was taken from it.
        await device.attachKernelDriver(chosen.number);
      } catch {
        // Unplugged, or there was none.
      }
      await device.close().catch(() => undefined);
      held.delete(device.handle);
    })();
    return closing;
  }

  /** GET_PORT_STATUS of the USB printer class 1.1 §4.2.2: bit 5 paper empty, bit 4 selected, bit 3 no error. */
  async function fault(): Promise<FaultReason | null> {
    if (chosen.interfaceClass !== USB_CLASS.printer || state.isClosed) return null;
    try {
      const setup = {
        requestType: 'class',
        recipient: 'interface',
        request: 1,
        value: 0,
        index: chosen.number,
      } as const;
      const status = (await device.nativeControlTransferIn(setup, CONTROL_TIMEOUT_MS, 1))?.[0];
      if (status === undefined) return null;
      saidWell ||= (status & 0x38) === 0x18;
      if (!saidWell) return null;
      if (status & 0x20) return 'paper-out';
      return status & 0x08 ? null : 'device-error';
    } catch (error) {
      // With no way in, this is where an unplugged printer is noticed.
      if (messageOf(error).includes('Disconnected')) void close();
      return null;
    }
  }

  const reading = readAll();
  return {
    isOneWay: chosen.bulkIn === null,
    write: (bytes) =>
      writeInPieces(bytes, {
        state,
        clock,
        pieceBytes: PIECE_BYTES,
        stallTimeoutMs,
        send: (piece) => {
          // Every transfer has its own timeout, or the library's second would cut a printer off that waits for paper.
          const sent = device.nativeTransferOut(bulkOut, stallTimeoutMs, piece);
          sending = sent.catch(() => undefined);
          return sent.then(
            (count) => (count === piece.length ? 'written' : 'closed'),
            (error) => {
              if (isTimeout(error)) return 'stalled';
              void close();
              return 'closed';
            },
          );
        },
      }),
    onData: state.onData,
    onClose: state.onClose,
    fault,
    close,
  };
}

/** The library's errors bear no codes; its words for them are the same on every system (nusb, `ErrorKind`). */
function codeOf(error: unknown): OpenError {
  const message = messageOf(error);
  if (/permission denied|access (is )?denied|not permitted|EACCES/i.test(message)) return 'access-denied';
  return /not found|disconnected/i.test(message) ? 'absent' : 'unreachable';
}

/** The library's word for a transfer that ran into its timeout. */
function isTimeout(error: unknown): boolean {
  return messageOf(error).includes('Cancelled');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
