import type { DeviceConfiguration, PrinterConfiguration, ScannerConfiguration } from './configuration';
import { createEscposPrinter } from './drivers/escpos-printer';
import { createHidDrawer } from './drivers/hid-drawer';
import { BAR_CODE_SCANNER, createHidPosScanner } from './drivers/hid-pos-scanner';
import { createLineDisplay } from './drivers/line-display';
import { createOemScanner } from './drivers/oem-scanner';
import { createPrinterDrawer } from './drivers/printer-drawer';
import { createScale } from './drivers/scale';
import { createSerialScanner } from './drivers/serial-scanner';
import { hidTransportTo, transportTo } from './links';
import { LINE_DISPLAY_PROFILES } from './models/line-displays';
import { SCALE_PROFILES } from './models/scales';
import { PRINTER_PROFILES } from './models/profiles';
import type { Clock, DrawerPort, LineDisplayPort, PrinterPort, PrinterProbe, ScalePort, ScannerPort } from './ports';
import type { VirtualDevices } from './virtual/virtual-devices';
import { loopbackTransport } from './virtual/loopback-transport';

/** What a configuration is opened with. */
export interface OpenOptions {
  readonly clock: Clock;
  /** Devices made of nothing, for those that are set up as virtual. */
  readonly virtual: VirtualDevices;
  /** What a printer turned out to answer before the last start; spares it the questions. */
  readonly known?: (deviceId: string) => PrinterProbe | null;
}

/** The port of each kind of device. */
export interface PortOf {
  readonly printer: PrinterPort;
  readonly scanner: ScannerPort;
  readonly drawer: DrawerPort;
  readonly scale: ScalePort;
  readonly 'line-display': LineDisplayPort;
}
export type DeviceKind = keyof PortOf;

/** An open device by its kind. */
export type OpenDevice = { [K in DeviceKind]: { readonly kind: K; readonly port: PortOf[K] } }[DeviceKind];

/** The driver of a device on its way to it. It connects by itself, and again whenever the device comes back. */
export function openDevice(configuration: DeviceConfiguration, options: OpenOptions): OpenDevice {
  const { clock, virtual } = options;
  switch (configuration.kind) {
    case 'printer':
      return { kind: 'printer', port: openPrinter(configuration, options) };
    case 'scanner':
      return { kind: 'scanner', port: openScanner(configuration, options) };
    case 'drawer': {
      const { kind, deviceId, link, profile } = configuration;
      const transport = link.via === 'virtual' ? virtual.drawer(deviceId).wire.transport : hidTransportTo(link, clock);
      return { kind, port: createHidDrawer({ deviceId, profile, transport, clock }) };
    }
    case 'scale': {
      const { kind, deviceId, link } = configuration;
      const profile = SCALE_PROFILES[configuration.model];
      const transport =
        link.via === 'virtual' ? virtual.scale(deviceId).wire.transport : transportTo(link, clock, profile.serial);
      return { kind, port: createScale({ deviceId, profile, transport, clock }) };
    }
    case 'line-display': {
      const { kind, deviceId, link } = configuration;
      const profile = LINE_DISPLAY_PROFILES[configuration.model];
      const transport =
        link.via === 'virtual'
          ? virtual.lineDisplay(deviceId).wire.transport
          : transportTo(link, clock, profile.serial);
      return { kind, port: createLineDisplay({ deviceId, profile, transport, clock }) };
    }
  }
}

function openPrinter(
  { deviceId, model, link, drawer }: PrinterConfiguration,
  { clock, virtual, known }: OpenOptions,
): PrinterPort {
  const transport = link.via === 'virtual' ? loopbackTransport(virtual.printer(deviceId)) : transportTo(link, clock);
  return createEscposPrinter({
    deviceId,
    profile: PRINTER_PROFILES[model],
    transport,
    clock,
    known: known?.(deviceId) ?? null,
    drawer: { ...(drawer?.switch && { switch: drawer.switch }), ...(drawer?.pulse && { pulse: drawer.pulse }) },
  });
}

/** The drawer that hangs on a printer, under an id of its own; null where nothing hangs on it. */
export function openPrinterDrawer(
  printer: PrinterPort,
  { drawer }: PrinterConfiguration,
  clock: Clock,
): DrawerPort | null {
  return drawer && createPrinterDrawer({ printer, pin: drawer.pin, clock });
}

function openScanner(configuration: ScannerConfiguration, { clock, virtual }: OpenOptions): ScannerPort {
  const { deviceId, protocol, link, layout = 'standard', suffix } = configuration;
  if (link.via === 'serial') {
    const terminators = suffix === undefined ? {} : { terminators: [suffix.charCodeAt(0)] };
    return createSerialScanner({ deviceId, transport: transportTo(link, clock), clock, ...terminators });
  }
  const options = { deviceId, clock, ...(suffix !== undefined && { suffixes: [suffix] }) };
  if (link.via === 'virtual') {
    return createHidPosScanner({ ...options, layout, transport: virtual.scanner(deviceId).wire.transport });
  }
  if (protocol === 'oem') return createOemScanner({ ...options, transport: hidTransportTo(link, clock) });
  // Microscan's reports lie on no usage page of scanners.
  const usage = { usagePage: BAR_CODE_SCANNER >>> 16, usage: BAR_CODE_SCANNER & 0xffff };
  const transport = layout === 'microscan' ? hidTransportTo(link, clock) : hidTransportTo(link, clock, usage);
  return createHidPosScanner({ ...options, layout, transport });
}
