import { z } from 'zod';
import type { PrinterProbe } from '../../hardware/ports';
import { readKeptDevices, type DeviceSettings, type KeptDevice } from '../../shared/device-settings';
import type { Store } from '../db/store';

/** Under which settings the devices are kept; printers alone before there were others. */
const DEVICES = 'devices';
const PRINTERS_BEFORE = 'printers';
/** What printers turned out to answer, by their ids. */
const PROBES = 'printer-probes';
/** What a person took away while it was plugged in. */
const LEFT_OUT = 'devices-left-out';
const MOST_LEFT_OUT = 100;

const probes = z
  .record(
    z.string(),
    z.object({
      proof: z.enum(['process-id', 'paper-status', 'none']),
      reportsChanges: z.boolean(),
      maker: z.string(),
      model: z.string(),
      unanswered: z.array(z.int()),
    }),
  )
  .catch({});
const keys = z.array(z.string()).catch([]);

/** The devices that are kept in a till's settings, in the order in which they came. */
export function keptDevices(settings: { get(key: string): unknown }): readonly KeptDevice[] {
  return readKeptDevices(settings.get(DEVICES), settings.get(PRINTERS_BEFORE));
}

/** How the devices are set up, as it is kept through restarts: in the order in which they came. */
export class DeviceList {
  readonly #settings: Store['settings'];
  #devices: readonly KeptDevice[];

  constructor(settings: Store['settings']) {
    this.#settings = settings;
    this.#devices = keptDevices(settings);
  }

  all(): readonly KeptDevice[] {
    return this.#devices;
  }

  find(deviceId: string): KeptDevice | undefined {
    return this.#devices.find((device) => device.deviceId === deviceId);
  }

  /** What a printer turned out to answer before the last start, or null. */
  probe(deviceId: string): PrinterProbe | null {
    return probes.parse(this.#settings.get(PROBES))[deviceId] ?? null;
  }

  putProbe(deviceId: string, probe: PrinterProbe): void {
    if (JSON.stringify(this.probe(deviceId)) === JSON.stringify(probe)) return;
    this.#settings.set(PROBES, { ...probes.parse(this.#settings.get(PROBES)), [deviceId]: probe });
  }

  /** Adds a device, or takes the place of the one with this id. What another printer answered is no longer true. */
  put(device: KeptDevice): void {
    const before = this.find(device.deviceId);
    const isKnown = before !== undefined;
    if (before && keyOf(before.settings) !== keyOf(device.settings)) this.#forgetProbe(device.deviceId);
    this.#keep(
      isKnown
        ? this.#devices.map((one) => (one.deviceId === device.deviceId ? device : one))
        : [...this.#devices, device],
    );
    const key = keyOf(device.settings);
    const leftOut = this.#leftOut();
    if (leftOut.includes(key)) {
      this.#settings.set(
        LEFT_OUT,
        leftOut.filter((one) => one !== key),
      );
    }
  }

  /** Takes a device away; the till does not set it up again by itself. */
  remove(deviceId: string): void {
    const device = this.find(deviceId);
    if (!device) return;
    this.#keep(this.#devices.filter((one) => one !== device));
    this.#forgetProbe(deviceId);
    this.#settings.set(LEFT_OUT, [...this.#leftOut(), keyOf(device.settings)].slice(-MOST_LEFT_OUT));
  }

  isLeftOut(settings: DeviceSettings): boolean {
    return this.#leftOut().includes(keyOf(settings));
  }

  #forgetProbe(deviceId: string): void {
    const { [deviceId]: _gone, ...others } = probes.parse(this.#settings.get(PROBES));
    this.#settings.set(PROBES, others);
  }

  #keep(devices: readonly KeptDevice[]): void {
    this.#devices = devices;
    this.#settings.set(DEVICES, devices);
  }

  #leftOut(): readonly string[] {
    return keys.parse(this.#settings.get(LEFT_OUT));
  }
}

/** What a device is known by when it is plugged in again. */
function keyOf({ kind, link }: DeviceSettings): string {
  return `${kind} ${JSON.stringify(link)}`;
}
