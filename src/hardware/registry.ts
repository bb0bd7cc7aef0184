import { createEscposPrinter } from './drivers/escpos-printer';
import { createListeners } from './listeners';
import { PRINTER_PROFILES, type PrinterModel } from './models/profiles';
import type { Clock, DeviceStatus, DrawerPin, DrawerState, PrinterPort, PrinterSource, Unsubscribe } from './ports';
import { tcpTransport } from './transports/tcp';
import type { Transport } from './transports/transport';
import { loopbackTransport } from './virtual/loopback-transport';
import type { VirtualPrinter } from './virtual/printer-device';

/** One printer as the stall has set it up. */
export type PrinterConfiguration = {
  readonly deviceId: string;
  readonly model: PrinterModel;
  readonly drawerPin: DrawerPin;
} & (
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A printer made of nothing in this process, for practice and for tests. */
  | { readonly kind: 'virtual'; readonly printer: VirtualPrinter }
);

/** All printers of this till. They can be added, replaced and removed while it sells. */
export interface PrinterRegistry extends PrinterSource {
  printers(): readonly PrinterPort[];
  configuration(deviceId: string): PrinterConfiguration | undefined;
  /** Adds a printer, or replaces the one with the same id. It connects by itself. */
  put(configuration: PrinterConfiguration): PrinterPort;
  remove(deviceId: string): Promise<void>;
  onDrawerState(listener: (deviceId: string, state: DrawerState) => void): Unsubscribe;
  close(): Promise<void>;
}

interface Entry {
  readonly configuration: PrinterConfiguration;
  readonly port: PrinterPort;
}

export function createPrinterRegistry(clock: Clock): PrinterRegistry {
  const entries = new Map<string, Entry>();
  const statusListeners = createListeners<[string, DeviceStatus]>();
  const drawerListeners = createListeners<[string, DrawerState]>();

  function transportOf(configuration: PrinterConfiguration): Transport {
    return configuration.kind === 'tcp'
      ? tcpTransport({ host: configuration.host, port: configuration.port, clock })
      : loopbackTransport(configuration.printer);
  }

  async function remove(deviceId: string): Promise<void> {
    const entry = entries.get(deviceId);
    if (!entry) return;
    entries.delete(deviceId);
    statusListeners.tell(deviceId, { state: 'absent' });
    await entry.port.close();
  }

  return {
    printer: (deviceId) => entries.get(deviceId)?.port,
    printers: () => [...entries.values()].map((entry) => entry.port),
    configuration: (deviceId) => entries.get(deviceId)?.configuration,
    put(configuration) {
      const { deviceId, model } = configuration;
      void remove(deviceId);
      const profile = PRINTER_PROFILES[model];
      const port = createEscposPrinter({ deviceId, profile, transport: transportOf(configuration), clock });
      entries.set(deviceId, { configuration, port });
      // A printer that was replaced may still say goodbye.
      const isCurrent = (): boolean => entries.get(deviceId)?.port === port;
      port.onStatus((status) => isCurrent() && statusListeners.tell(deviceId, status));
      port.onDrawerState((state) => isCurrent() && drawerListeners.tell(deviceId, state));
      statusListeners.tell(deviceId, port.status);
      return port;
    },
    remove,
    onStatus: (listener) => statusListeners.add(listener),
    onDrawerState: (listener) => drawerListeners.add(listener),
    async close() {
      await Promise.all([...entries.keys()].map(remove));
    },
  };
}
