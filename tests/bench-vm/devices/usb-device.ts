import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * USB devices made in this process and plugged into the real kernel: its virtual host controller (vhci) speaks USB/IP
 * over a socket to whoever plays the device (Documentation/usb/usbip_protocol.rst). Everything above it, enumeration,
 * class drivers, device nodes and udev, is what a cable would meet.
 */

export interface UsbEndpoint {
  /** With bit 7 set for IN, as in the descriptor. */
  readonly address: number;
  readonly type: 'bulk' | 'interrupt';
  readonly maxPacketBytes: number;
}

export interface UsbInterface {
  readonly class: number;
  readonly subclass: number;
  readonly protocol: number;
  /** Descriptors of the class, which stand between the interface's and its endpoints'. */
  readonly classDescriptors?: Uint8Array;
  readonly endpoints: readonly UsbEndpoint[];
}

export interface UsbDescription {
  readonly vendorId: number;
  readonly productId: number;
  readonly maker: string;
  readonly product: string;
  readonly serialNumber?: string;
  /** Default 0: the interfaces say what it is. */
  readonly deviceClass?: number;
  readonly interfaces: readonly UsbInterface[];
}

/** The eight bytes that begin a control transfer (USB 2.0, 9.3). */
export interface UsbSetup {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

export interface UsbBehaviour {
  /** Answers a request that is not a standard one every device answers alike; null refuses it (a stall). */
  control?(setup: UsbSetup, data: Uint8Array): Uint8Array | null;
  /** Takes one packet of an OUT endpoint. While the promise is pending the device has no room and says NAK. */
  receive?(endpoint: number, packet: Uint8Array): Promise<void> | void;
  /** The kernel has enumerated it. */
  plugged?(): void;
  /** It is out of its socket. */
  unplugged?(): void;
}

export interface UsbDevice {
  readonly isPlugged: boolean;
  /** Puts it in, after whatever was asked before; settles when the kernel has chosen its configuration. */
  plugIn(): Promise<void>;
  /** Pulls it out, after whatever was asked before; settles when the kernel has let go of it. */
  unplug(): Promise<void>;
  /** What an IN endpoint has to say: given to the host as it asks, each piece in transfers of its own. */
  send(endpoint: number, bytes: Uint8Array): void;
}

const CONTROLLER = '/sys/devices/platform/vhci_hcd.0';
const HEADER_BYTES = 48;
const HIGH_SPEED = 3;
const CONNECTION_RESET = -104;
const BROKEN_PIPE = -32;

const standardRequest = { getStatus: 0, clearFeature: 1, getDescriptor: 6, setConfiguration: 9, setInterface: 11 };
const descriptorType = { device: 1, configuration: 2, string: 3, interface: 4, endpoint: 5 };

function descriptor(type: number, ...body: number[]): number[] {
  return [body.length + 2, type, ...body];
}
const word = (value: number): [number, number] => [value & 0xff, value >> 8];

function deviceDescriptor(description: UsbDescription): number[] {
  const { vendorId, productId, serialNumber, deviceClass = 0 } = description;
  return descriptor(
    descriptorType.device,
    ...word(0x0200),
    ...[deviceClass, 0, 0, 64],
    ...word(vendorId),
    ...word(productId),
    ...word(0x0100),
    ...[1, 2, serialNumber === undefined ? 0 : 3, 1],
  );
}

function configurationDescriptor({ interfaces }: UsbDescription): number[] {
  const body = interfaces.flatMap(({ class: code, subclass, protocol, classDescriptors = [], endpoints }, number) => [
    ...descriptor(descriptorType.interface, number, 0, endpoints.length, code, subclass, protocol, 0),
    ...classDescriptors,
    ...endpoints.flatMap(({ address, type, maxPacketBytes }) =>
      descriptor(
        descriptorType.endpoint,
        address,
        type === 'bulk' ? 2 : 3,
        ...word(maxPacketBytes),
        // In microframes, as a power of two: every millisecond.
        type === 'bulk' ? 0 : 4,
      ),
    ),
  ]);
  const head = [interfaces.length, 1, 0, 0x80, 50];
  return [...descriptor(descriptorType.configuration, ...word(9 + body.length), ...head), ...body];
}

/** A transfer the host has asked for. */
interface Transfer {
  readonly sequence: number;
  readonly length: number;
}

/** Ports of the controller that a device is about to take: the kernel lists one as taken only when it is. */
const takenPorts = new Set<number>();

function portStates(): { port: number; isFree: boolean }[] {
  return readFileSync(`${CONTROLLER}/status`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('hs'))
    .map((line) => line.trim().split(/\s+/))
    .map(([, port = '', state]) => ({ port: Number(port), isFree: state === '004' }));
}

export function createUsbDevice(description: UsbDescription, behaviour: UsbBehaviour): UsbDevice {
  const strings = [description.maker, description.product, description.serialNumber];
  const endpoints = description.interfaces.flatMap((each) => each.endpoints);
  let server: Server | null = null;
  let socket: Socket | null = null;
  let port = -1;
  let configured = (): void => undefined;
  /** Transfers of IN endpoints that wait for data, and data that waits for transfers. */
  const asking = new Map<number, Transfer[]>();
  const saying = new Map<number, Uint8Array[]>();
  /** OUT transfers under way, and what the host no longer waits for. */
  const taking = new Map<number, Promise<void>>();
  const unfinished = new Set<number>();

  function answer(command: 3 | 4, sequence: number, status: number, data: Uint8Array, actualLength: number): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(command, 0);
    header.writeUInt32BE(sequence, 4);
    header.writeInt32BE(status, 20);
    header.writeUInt32BE(actualLength, 24);
    socket?.write(Buffer.concat([header, data]));
  }
  const done = (sequence: number, data: Uint8Array = new Uint8Array(), actualLength = data.length): void =>
    answer(3, sequence, 0, data, actualLength);
  const stall = (sequence: number): void => answer(3, sequence, BROKEN_PIPE, new Uint8Array(), 0);

  function standard({ request, value, index, length }: UsbSetup): Uint8Array | null {
    switch (request) {
      case standardRequest.getDescriptor: {
        const [number, type] = word(value);
        if (type === descriptorType.device) return Uint8Array.from(deviceDescriptor(description));
        if (type === descriptorType.configuration) return Uint8Array.from(configurationDescriptor(description));
        if (type !== descriptorType.string) return null;
        if (number === 0) return Uint8Array.from(descriptor(descriptorType.string, 0x09, 0x04));
        const text = strings[number - 1];
        if (text === undefined) return null;
        return Uint8Array.from(descriptor(descriptorType.string, ...Buffer.from(text, 'utf16le')));
      }
      case standardRequest.getStatus:
        return new Uint8Array(2);
      case standardRequest.setConfiguration:
        setImmediate(configured);
        return new Uint8Array();
      case standardRequest.clearFeature:
      case standardRequest.setInterface:
        return new Uint8Array();
      default:
        return behaviour.control?.({ requestType: 0, request, value, index, length }, new Uint8Array()) ?? null;
    }
  }

  function control(sequence: number, setupBytes: Buffer, data: Uint8Array): void {
    const setup: UsbSetup = {
      requestType: setupBytes.readUInt8(0),
      request: setupBytes.readUInt8(1),
      value: setupBytes.readUInt16LE(2),
      index: setupBytes.readUInt16LE(4),
      length: setupBytes.readUInt16LE(6),
    };
    const isStandardOfDevice = (setup.requestType & 0x60) === 0 && (setup.requestType & 0x1f) !== 1;
    const isStandardOfInterface = (setup.requestType & 0x60) === 0 && setup.request === standardRequest.setInterface;
    const reply =
      isStandardOfDevice || isStandardOfInterface ? standard(setup) : (behaviour.control?.(setup, data) ?? null);
    if (reply === null) stall(sequence);
    else if (setup.requestType & 0x80) done(sequence, reply.subarray(0, setup.length));
    else done(sequence, undefined, data.length);
  }

  function give(endpoint: number): void {
    const transfers = asking.get(endpoint) ?? [];
    const waiting = saying.get(endpoint) ?? [];
    while (transfers.length > 0 && waiting.length > 0) {
      const [transfer, data] = [transfers.shift(), waiting.shift()];
      if (!transfer || !data) return;
      const rest = data.subarray(transfer.length);
      if (rest.length > 0) waiting.unshift(rest);
      done(transfer.sequence, data.subarray(0, transfer.length));
    }
  }

  /** Takes one OUT transfer packet by packet, behind those before it. A host that gives up in between loses the rest. */
  async function take(endpoint: number, sequence: number, data: Uint8Array): Promise<void> {
    const size = endpoints.find(({ address }) => address === endpoint)?.maxPacketBytes ?? 64;
    for (let start = 0; start < Math.max(data.length, 1); start += size) {
      if (!unfinished.has(sequence)) return;
      await behaviour.receive?.(endpoint, data.subarray(start, start + size));
    }
    if (unfinished.delete(sequence)) done(sequence, undefined, data.length);
  }

  function submit(sequence: number, isIn: boolean, number: number, header: Buffer, data: Uint8Array): void {
    const length = header.readUInt32BE(24);
    if (number === 0) return control(sequence, header.subarray(40, 48), data);
    if (isIn) {
      const endpoint = number | 0x80;
      asking.set(endpoint, [...(asking.get(endpoint) ?? []), { sequence, length }]);
      return give(endpoint);
    }
    unfinished.add(sequence);
    const before = taking.get(number) ?? Promise.resolve();
    taking.set(
      number,
      before.then(() => take(number, sequence, data)),
    );
  }

  /** The unlinked transfer itself is never answered: an answer to it makes the controller drop the device. */
  function unlink(sequence: number, unlinked: number): void {
    let isUnlinked = unfinished.delete(unlinked);
    for (const [endpoint, transfers] of asking) {
      const others = transfers.filter((transfer) => transfer.sequence !== unlinked);
      isUnlinked ||= others.length < transfers.length;
      asking.set(endpoint, others);
    }
    answer(4, sequence, isUnlinked ? CONNECTION_RESET : 0, new Uint8Array(), 0);
  }

  function serve(connection: Socket): void {
    socket = connection.setNoDelay();
    let received: Buffer = Buffer.alloc(0);
    connection.on('error', () => undefined);
    connection.on('data', (chunk) => {
      // What the kernel still asks of a device that is out belongs to nobody: an answer would go to the next one.
      if (socket !== connection) return;
      received = Buffer.concat([received, chunk]);
      while (received.length >= HEADER_BYTES) {
        const [command, sequence] = [received.readUInt32BE(0), received.readUInt32BE(4)];
        const isSubmit = command === 1;
        const isIn = received.readUInt32BE(12) === 1;
        const total = HEADER_BYTES + (isSubmit && !isIn ? received.readUInt32BE(24) : 0);
        if (received.length < total) return;
        const header = received.subarray(0, HEADER_BYTES);
        const data = Uint8Array.from(received.subarray(HEADER_BYTES, total));
        received = received.subarray(total);
        if (isSubmit) submit(sequence, isIn, header.readUInt32BE(16), header, data);
        else unlink(sequence, header.readUInt32BE(20));
      }
    });
  }

  async function attach(): Promise<void> {
    if (server) return;
    const listening = createServer({ pauseOnConnect: false }, serve);
    server = listening;
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    if (address === null || typeof address === 'string') throw new Error('no address to plug in at');
    for (let found: number | undefined; port < 0; port = found ?? -1) {
      found = portStates().find((each) => each.isFree && !takenPorts.has(each.port))?.port;
      if (found === undefined) await sleep(20);
    }
    takenPorts.add(port);
    const isConfigured = new Promise<void>((resolve) => (configured = resolve));
    // The kernel takes over a socket of whoever asks; a shell can open one and then leave.
    await promisify(execFile)('bash', [
      '--norc',
      '-c',
      `exec 3<>"/dev/tcp/127.0.0.1/${address.port}" && echo "${port} 3 65537 ${HIGH_SPEED}" > ${CONTROLLER}/attach`,
    ]);
    await isConfigured;
    behaviour.plugged?.();
  }

  async function detach(): Promise<void> {
    if (!server) return;
    const leaving = port;
    server.close();
    // What was given before still arrives before the end.
    socket?.end();
    server = null;
    socket = null;
    port = -1;
    asking.clear();
    saying.clear();
    taking.clear();
    unfinished.clear();
    behaviour.unplugged?.();
    while (!portStates().some((each) => each.port === leaving && each.isFree)) await sleep(10);
    takenPorts.delete(leaving);
  }

  let last = Promise.resolve();
  const inTurn = (task: () => Promise<void>): Promise<void> => (last = last.then(task));

  return {
    get isPlugged() {
      return server !== null;
    },
    plugIn: () => inTurn(attach),
    unplug: () => inTurn(detach),
    send(endpoint, bytes) {
      if (!server) return;
      saying.set(endpoint, [...(saying.get(endpoint) ?? []), bytes]);
      give(endpoint);
    },
  };
}
