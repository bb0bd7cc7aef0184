import { fail, ok } from '../../domain/result';
import { createListeners } from '../listeners';
import { systemClock, type Clock, type Unsubscribe } from '../ports';
import type { HidConnection, HidTransport } from '../transports/hid-transport';
import type { Connection, Transport, WriteOutcome } from '../transports/transport';

/** What can be wrong between the till and a virtual device. */
export type WireFault =
  /** The plug is out. */
  | 'unplugged'
  /** The system lets nobody but the administrator open it. */
  | 'no-permission'
  /** The device takes no byte. */
  | 'stalled';

const STALL_MS = 1_000;

/** A cable to a virtual device in the same process: bytes for serial devices, reports for HID ones. */
export interface VirtualWire {
  /** The till's end, whichever of the two it wants. */
  readonly transport: Transport & HidTransport;
  /** The device says something; it arrives in a later turn, as over any wire. Dropped when nobody is connected. */
  send(bytes: Uint8Array): void;
  onReceive(listener: (bytes: Uint8Array) => void): Unsubscribe;
  /** Feature reports the till sends; refused while nobody listens. */
  onFeature(listener: (report: Uint8Array) => void): Unsubscribe;
  setFault(fault: WireFault): void;
  clearFault(): void;
  /** How often it was opened. */
  connections(): number;
}

/** @param descriptor the HID report descriptor, for a system that gives it out */
export function createVirtualWire(
  address: string,
  clock: Clock = systemClock,
  descriptor: Uint8Array | null = null,
): VirtualWire {
  const received = createListeners<[Uint8Array]>();
  const features = createListeners<[Uint8Array]>();
  let takesFeatures = false;
  const unplugged = createListeners<[]>();
  let fault: WireFault | null = null;
  let tellHost: ((bytes: Uint8Array) => void) | null = null;
  let connections = 0;

  function connect(): Connection & HidConnection {
    const data = createListeners<[Uint8Array]>();
    const closed = createListeners<[]>();
    let isClosed = false;
    const tell = (bytes: Uint8Array): void => data.tell(bytes);
    const end = (): void => {
      if (isClosed) return;
      isClosed = true;
      if (tellHost === tell) tellHost = null;
      forget();
      closed.tell();
    };
    const forget = unplugged.add(end);
    tellHost = tell;
    return {
      descriptor,
      async write(bytes): Promise<WriteOutcome> {
        await new Promise((resolve) => setImmediate(resolve));
        if (isClosed) return { outcome: 'closed', bytesSent: 0 };
        if (fault === 'stalled') {
          await new Promise<void>((resolve) => clock.after(STALL_MS, resolve));
          return { outcome: 'stalled', bytesSent: 0 };
        }
        received.tell(bytes);
        return { outcome: 'written', bytesSent: bytes.length };
      },
      sendFeature(report) {
        features.tell(report);
        return Promise.resolve(takesFeatures);
      },
      onData: (listener) => data.add(listener),
      onReport: (listener) => data.add(listener),
      onClose(listener) {
        if (!isClosed) return closed.add(listener);
        listener();
        return () => undefined;
      },
      close() {
        end();
        return Promise.resolve();
      },
    };
  }

  return {
    transport: {
      address,
      open() {
        if (fault === 'unplugged') return Promise.resolve(fail('absent', `${address} is unplugged.`));
        if (fault === 'no-permission') return Promise.resolve(fail('access-denied', `${address} may not be opened.`));
        connections += 1;
        return Promise.resolve(ok(connect()));
      },
    },
    send(bytes) {
      const tell = tellHost;
      // Whoever hangs up in between hears nothing more.
      setImmediate(() => tellHost === tell && tell?.(bytes));
    },
    onReceive: (listener) => received.add(listener),
    onFeature(listener) {
      takesFeatures = true;
      return features.add(listener);
    },
    setFault(next) {
      fault = next;
      if (next === 'unplugged') unplugged.tell();
    },
    clearFault() {
      fault = null;
    },
    connections: () => connections,
  };
}
