import type { DeviceConfiguration } from './configuration';
import {
  openDevice,
  openPrinterDrawer,
  type DeviceKind,
  type OpenDevice,
  type OpenOptions,
  type PortOf,
} from './open-device';
import type {
  DevicePort,
  DeviceStatus,
  DrawerPort,
  DrawerState,
  PrinterProbe,
  PrinterSource,
  ScaleSource,
  Scan,
  ScanFault,
  Unsubscribe,
} from './ports';

/** A device of this till: how it was set up, and the port to it. */
export type Device = OpenDevice & {
  readonly deviceId: string;
  readonly configuration: DeviceConfiguration;
  /** Of a printer: the drawer that hangs on it, a device with an id of its own. */
  readonly drawer: DrawerPort | null;
};

/** What the registry tells of its devices, each from the next time on. */
export interface DeviceListener {
  /** Every change of status of every device and of the drawers on printers, of new ones too; `absent` when one is removed. */
  status?(deviceId: string, status: DeviceStatus): void;
  /** A printer was found out about. */
  probe?(deviceId: string, probe: PrinterProbe): void;
  drawerState?(deviceId: string, state: DrawerState): void;
  scan?(deviceId: string, scan: Scan): void;
  scanFault?(deviceId: string, fault: ScanFault): void;
}

/** All devices of this till. They can be added, replaced and removed while it sells. */
export interface DeviceRegistry extends PrinterSource, ScaleSource {
  devices(): readonly Device[];
  /** The ports of every device of a kind, in the order in which they were set up. */
  ports<K extends DeviceKind>(kind: K): readonly PortOf[K][];
  /** The port of a device, when it is of this kind. */
  port<K extends DeviceKind>(kind: K, deviceId: string): PortOf[K] | undefined;
  /** Adds a device, or replaces the one with the same id. It connects by itself. */
  put(configuration: DeviceConfiguration): void;
  remove(deviceId: string): Promise<void>;
  listen(listener: DeviceListener): Unsubscribe;
  close(): Promise<void>;
}

export function createDeviceRegistry(options: OpenOptions): DeviceRegistry {
  const devices = new Map<string, Device>();
  const listeners = new Set<DeviceListener>();

  function tell(fact: (listener: DeviceListener) => void): void {
    for (const listener of [...listeners]) fact(listener);
  }

  async function remove(deviceId: string): Promise<void> {
    const device = devices.get(deviceId);
    if (!device) return;
    devices.delete(deviceId);
    for (const { deviceId: gone } of portsOf(device)) tell((listener) => listener.status?.(gone, { state: 'absent' }));
    await Promise.all(portsOf(device).map((port) => port.close()));
  }

  function ports<K extends DeviceKind>(kind: K): PortOf[K][] {
    return [...devices.values()].flatMap((device) => (device.kind === kind ? [device.port as PortOf[K]] : []));
  }

  function port<K extends DeviceKind>(kind: K, deviceId: string): PortOf[K] | undefined {
    const device = devices.get(deviceId);
    return device?.kind === kind ? (device.port as PortOf[K]) : undefined;
  }

  /** Passes on what a device says, for as long as it is this one: a device that was replaced may still say goodbye. */
  function hear(device: Device): void {
    const { deviceId, drawer } = device;
    const pass =
      <T>(told: (listener: DeviceListener, fact: T) => void) =>
      (fact: T): void => {
        if (devices.get(deviceId) === device) tell((listener) => told(listener, fact));
      };
    device.port.onStatus(pass((listener, status) => listener.status?.(deviceId, status)));
    if (device.kind === 'printer') device.port.onProbe(pass((listener, probe) => listener.probe?.(deviceId, probe)));
    if (drawer) {
      drawer.onStatus(pass((listener, status) => listener.status?.(drawer.deviceId, status)));
      drawer.onDrawerState(pass((listener, state) => listener.drawerState?.(drawer.deviceId, state)));
    } else if (device.kind === 'drawer') {
      device.port.onDrawerState(pass((listener, state) => listener.drawerState?.(deviceId, state)));
    } else if (device.kind === 'scanner') {
      device.port.onScan(pass((listener, scan) => listener.scan?.(deviceId, scan)));
      device.port.onFault(pass((listener, fault) => listener.scanFault?.(deviceId, fault)));
    }
  }

  return {
    devices: () => [...devices.values()],
    ports,
    port,
    printer: (deviceId) => port('printer', deviceId),
    scale() {
      const scales = ports('scale');
      return scales.find(({ status }) => status.state === 'ready') ?? scales[0];
    },
    drawer(deviceId) {
      const onPrinter = [...devices.values()].find(({ drawer }) => drawer?.deviceId === deviceId)?.drawer;
      return onPrinter ?? port('drawer', deviceId);
    },
    put(configuration) {
      const { deviceId } = configuration;
      void remove(deviceId);
      const opened = openDevice(configuration, options);
      const drawer =
        opened.kind === 'printer' && configuration.kind === 'printer'
          ? openPrinterDrawer(opened.port, configuration, options.clock)
          : null;
      const device: Device = { ...opened, deviceId, configuration, drawer };
      devices.set(deviceId, device);
      hear(device);
      for (const { deviceId: added, status } of portsOf(device)) tell((listener) => listener.status?.(added, status));
    },
    remove,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onStatus: (status) => {
      const listener = { status };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.all([...devices.keys()].map(remove));
    },
  };
}

/** A drawer goes before the printer it hangs on. */
function portsOf({ port, drawer }: Device): readonly DevicePort[] {
  return drawer ? [drawer, port] : [port];
}
