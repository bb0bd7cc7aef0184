import { pluggedName, type Plugged, type PluggedHid, type PluggedSerial, type PluggedUsb } from './plugged';

/** Base class of printers, USB class definition for printing devices 1.1. */
const PRINTER_CLASS = 7;
const VENDOR_CLASS = 0xff;

/** Asks the libraries that open the devices what they see; for Windows and macOS, whose systems have no files that tell. */
export async function lookThroughLibraries(): Promise<readonly Plugged[]> {
  const looks = await Promise.allSettled([lookAtUsb(), lookAtHid(), lookAtSerial()]);
  return looks.flatMap((look): readonly Plugged[] => (look.status === 'fulfilled' ? look.value : []));
}

async function lookAtUsb(): Promise<PluggedUsb[]> {
  const { usb } = await import('usb');
  return (await usb.getDevices()).flatMap((device): PluggedUsb[] => {
    const classes = device.configurations.flatMap(({ interfaces }) =>
      interfaces.flatMap(({ alternates }) => alternates.map(({ interfaceClass }) => interfaceClass)),
    );
    const isPrinterClass = classes.includes(PRINTER_CLASS);
    if (!isPrinterClass && !classes.includes(VENDOR_CLASS)) return [];
    return [
      {
        bus: 'usb',
        address: `usb:${device.bus}-${device.ports.join('.')}`,
        vendorId: device.vendorId,
        productId: device.productId,
        serialNumber: device.serialNumber ?? null,
        name: pluggedName(device.manufacturerName ?? '', device.productName ?? ''),
        isPrinterClass,
        ieee1284Id: null,
        permission: 'unknown',
      },
    ];
  });
}

async function lookAtHid(): Promise<PluggedHid[]> {
  const { default: hid } = await import('node-hid');
  return (await hid.devicesAsync()).flatMap((device): PluggedHid[] => {
    const { path, vendorId, productId, serialNumber, manufacturer = '', product = '', usagePage, usage } = device;
    if (path === undefined) return [];
    return [
      {
        bus: 'hid',
        // One interface with several collections is listed once for each.
        address: `hid:${path}:${usagePage ?? 0}:${usage ?? 0}`,
        vendorId,
        productId,
        serialNumber: serialNumber === undefined || serialNumber === '' ? null : serialNumber,
        name: pluggedName(manufacturer, product),
        usages: usagePage === undefined || usage === undefined ? [] : [usagePage * 0x1_0000 + usage],
        permission: 'unknown',
      },
    ];
  });
}

async function lookAtSerial(): Promise<PluggedSerial[]> {
  const { SerialPort } = await import('serialport');
  return (await SerialPort.list()).map(({ path, manufacturer = '', serialNumber, vendorId, productId }) => ({
    bus: 'serial',
    address: `serial:${path}`,
    path,
    usb:
      vendorId === undefined || productId === undefined
        ? null
        : {
            vendorId: Number.parseInt(vendorId, 16),
            productId: Number.parseInt(productId, 16),
            serialNumber: serialNumber ?? null,
          },
    name: pluggedName(manufacturer, path),
    permission: 'unknown',
  }));
}
