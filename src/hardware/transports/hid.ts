import { access, constants, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Device, HIDAsync } from 'node-hid';
import { fail, ok, type Result } from '../../domain/result';
import type { Clock } from '../ports';
import { connectionState, within } from './connection-state';
import type { HidConnection, HidTransport } from './hid-transport';
import type { OpenError, WriteOutcome } from './transport';

/** What to look for; whatever is left out may be anything. */
export interface HidMatch {
  readonly vendorId?: number;
  readonly productId?: number;
  /** Tells two of a kind apart. */
  readonly serialNumber?: string;
  /** The top-level collection, such as page 0x8C usage 2 for a bar code scanner. */
  readonly usagePage?: number;
  readonly usage?: number;
}

export interface HidTransportOptions {
  readonly match: HidMatch;
  readonly clock: Clock;
  /** Default 5 000: how long the device may leave a report untaken. */
  readonly stallTimeoutMs?: number;
}

const CLOSE_TIMEOUT_MS = 2_000;

/** A HID device, found by what it is wherever it is plugged in. Node's `net` of HID: reports as they are. */
export function hidTransport(options: HidTransportOptions): HidTransport {
  const { match, clock, stallTimeoutMs = 5_000 } = options;
  const address = addressOf(match);
  return {
    address,
    async open() {
      let last: Result<HidConnection, OpenError> = fail('absent', `No ${address} is plugged in.`);
      try {
        const { devicesAsync, HIDAsync } = await import('node-hid');
        for (const { path } of (await devicesAsync()).filter((device) => isMatch(device, match))) {
          if (path === undefined || held.has(path)) continue;
          last = await openPath(HIDAsync, path, clock, stallTimeoutMs);
          if (last.ok) return last;
        }
      } catch (error) {
        // The library does not load on this system, or it cannot list what is plugged in.
        return fail('unreachable', String(error));
      }
      return last;
    },
  };
}

/** Whether a device as node-hid lists it is the one looked for. */
export function isMatch(device: Device, match: HidMatch): boolean {
  const keys = ['vendorId', 'productId', 'serialNumber', 'usagePage', 'usage'] as const;
  return keys.every((key) => match[key] === undefined || match[key] === device[key]);
}

function addressOf({ vendorId, productId, serialNumber, usagePage, usage }: HidMatch): string {
  const hex = (number: number | undefined): string => number?.toString(16).padStart(4, '0') ?? '*';
  const name = vendorId === undefined ? `usage ${hex(usagePage)}:${hex(usage)}` : `${hex(vendorId)}:${hex(productId)}`;
  return `HID ${name}${serialNumber === undefined ? '' : ` ${serialNumber}`}`;
}

/** Paths of the devices this process holds: two of a kind are two devices. */
const held = new Set<string>();

async function openPath(
  opener: typeof HIDAsync,
  path: string,
  clock: Clock,
  stallTimeoutMs: number,
): Promise<Result<HidConnection, OpenError>> {
  held.add(path);
  try {
    const descriptor = await reportDescriptor(path);
    return ok(connectionOf(await opener.open(path), path, descriptor, clock, stallTimeoutMs));
  } catch (error) {
    held.delete(path);
    return (await mayOpen(path))
      ? fail('unreachable', String(error))
      : fail('access-denied', `${path}: ${String(error)}`);
  }
}

/** Whether rights stand in the way. The library does not say; where files have no rights, being listed and refused means so. */
async function mayOpen(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    // Unplugged in between: whoever asks again will not find it.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** The report descriptor (HID 1.11 §6.2.2), which only Linux shows to everybody. */
async function reportDescriptor(path: string): Promise<Uint8Array | null> {
  if (process.platform !== 'linux') return null;
  return readFile(`/sys/class/hidraw/${basename(path)}/device/report_descriptor`).catch(() => null);
}

function connectionOf(
  device: HIDAsync,
  path: string,
  descriptor: Uint8Array | null,
  clock: Clock,
  stallTimeoutMs: number,
): HidConnection {
  const state = connectionState();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      state.end();
      await within(clock, CLOSE_TIMEOUT_MS, device.close());
      held.delete(path);
    })();
    return closing;
  };
  device.on('data', (report: Uint8Array) => state.hear(report));
  // A string, not an Error; it means that the device is gone.
  device.on('error', () => void close());

  return {
    descriptor,
    write: (report) =>
      new Promise((resolve) => {
        const settle = (outcome: WriteOutcome['outcome'], bytesSent: number): void => {
          cancel();
          resolve({ outcome, bytesSent });
        };
        const cancel = clock.after(stallTimeoutMs, () => settle('stalled', report.length));
        if (state.isClosed) return settle('closed', 0);
        device.write(Buffer.from(report)).then(
          () => settle('written', report.length),
          () => settle('closed', report.length),
        );
      }),
    async sendFeature(report) {
      if (state.isClosed) return false;
      let isTaken = false;
      const sent = device.sendFeatureReport(Buffer.from(report)).then(() => (isTaken = true));
      await within(clock, stallTimeoutMs, sent);
      return isTaken;
    },
    onReport: state.onData,
    onClose: state.onClose,
    close,
  };
}
