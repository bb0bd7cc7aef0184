import { access, constants, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { UsbIdentity } from '../configuration';
import { parseHidReportDescriptor } from '../drivers/hid-report-descriptor';
import { parseUsbDescriptors, printerInterface, USB_CLASS } from '../transports/usb-descriptors';
import {
  pluggedName,
  type Permission,
  type Plugged,
  type PluggedHid,
  type PluggedSerial,
  type PluggedUsb,
} from './plugged';

export interface LinuxFolders {
  /** Default `/sys`. */
  readonly sys?: string;
  /** Default `/dev`. */
  readonly dev?: string;
}

/** Ports that name hardware; the consoles and pseudo-terminals beside them do not. */
const SERIAL_NAME = /^(ttyACM|ttyUSB|ttyAMA|ttyS|rfcomm)\d+$/;

/**
 * Reads what is plugged in from the files in which the kernel tells it. It needs no right, no running udev and opens no
 * device, so that looking every few seconds disturbs nobody.
 */
export async function lookAtLinux({ sys = '/sys', dev = '/dev' }: LinuxFolders = {}): Promise<readonly Plugged[]> {
  const [usb, hid, serial] = await Promise.all([
    eachIn(join(sys, 'bus/usb/devices'), (folder) => readUsb(folder, dev)),
    eachIn(join(sys, 'class/hidraw'), (folder, name) => readHid(folder, join(dev, name))),
    eachIn(join(sys, 'class/tty'), (folder, name) => readSerial(folder, name, join(dev, name))),
  ]);
  return [...usb, ...hid, ...serial];
}

async function readUsb(folder: string, dev: string): Promise<PluggedUsb | null> {
  const identity = await identityIn(folder);
  const descriptors = await readFile(join(folder, 'descriptors')).catch(() => null);
  // Interfaces lie in folders of their own beside their device and have no identity.
  if (!identity || !descriptors) return null;
  const interfaces = parseUsbDescriptors(descriptors);
  const printer = printerInterface(interfaces);
  if (!printer) return null;
  const { device, number, configuration } = { device: folder.split('/').at(-1) ?? '', ...printer };
  const [bus, address] = await Promise.all([textIn(folder, 'busnum'), textIn(folder, 'devnum')]);
  const node = join(dev, 'bus/usb', bus.padStart(3, '0'), address.padStart(3, '0'));
  const ieee1284Id = await textIn(join(folder, `${device}:${configuration}.${number}`), 'ieee1284_id');
  return {
    bus: 'usb',
    address: `usb:${device}`,
    ...identity,
    name: await nameIn(folder),
    isPrinterClass: printer.interfaceClass === USB_CLASS.printer,
    ieee1284Id: ieee1284Id === '' ? null : ieee1284Id,
    permission: await permissionOf(node),
  };
}

async function readHid(folder: string, node: string): Promise<PluggedHid | null> {
  const device = join(folder, 'device');
  const said = await textIn(device, 'uevent');
  // HID_ID is bus:vendor:product in hexadecimal; hid-core fills the others from the USB strings.
  const [, vendor, product] = /^HID_ID=[0-9A-F]+:([0-9A-F]{8}):([0-9A-F]{8})$/im.exec(said) ?? [];
  if (vendor === undefined || product === undefined) return null;
  const serialNumber = /^HID_UNIQ=(.+)$/m.exec(said)?.[1]?.trim() ?? '';
  const descriptor = await readFile(join(device, 'report_descriptor')).catch(() => null);
  return {
    bus: 'hid',
    address: `hid:${folder.split('/').at(-1) ?? ''}`,
    vendorId: Number.parseInt(vendor, 16),
    productId: Number.parseInt(product, 16),
    serialNumber: serialNumber === '' ? null : serialNumber,
    name: pluggedName('', /^HID_NAME=(.+)$/m.exec(said)?.[1] ?? ''),
    usages: (descriptor && parseHidReportDescriptor(descriptor)?.applications) ?? [],
    permission: await permissionOf(node),
  };
}

async function readSerial(folder: string, name: string, node: string): Promise<PluggedSerial | null> {
  if (!SERIAL_NAME.test(name)) return null;
  // The kernel lists four to thirty-two board ports whether they are there or not; the type of those that are not is 0.
  if (name.startsWith('ttyS') && ['', '0'].includes(await textIn(folder, 'type'))) return null;
  const behind = await usbAbove(join(folder, 'device'));
  return {
    bus: 'serial',
    address: `serial:${name}`,
    path: node,
    usb: behind === null ? null : await identityIn(behind),
    name: behind === null ? name : await nameIn(behind),
    permission: await permissionOf(node),
  };
}

/** The folder of the USB device that something belongs to, or null. */
async function usbAbove(link: string): Promise<string | null> {
  let folder = await realpath(link).catch(() => null);
  for (let depth = 0; folder !== null && folder !== dirname(folder) && depth < 6; depth += 1) {
    if (await identityIn(folder)) return folder;
    folder = dirname(folder);
  }
  return null;
}

async function identityIn(folder: string): Promise<UsbIdentity | null> {
  const [vendor, product, serialNumber] = await Promise.all([
    textIn(folder, 'idVendor'),
    textIn(folder, 'idProduct'),
    textIn(folder, 'serial'),
  ]);
  if (vendor === '' || product === '') return null;
  return {
    vendorId: Number.parseInt(vendor, 16),
    productId: Number.parseInt(product, 16),
    serialNumber: serialNumber === '' ? null : serialNumber,
  };
}

async function nameIn(folder: string): Promise<string> {
  return pluggedName(await textIn(folder, 'manufacturer'), await textIn(folder, 'product'));
}

/** Asks the kernel, which knows groups and access lists better than any reading of mode bits. */
async function permissionOf(node: string): Promise<Permission> {
  try {
    await access(node, constants.R_OK | constants.W_OK);
    return 'granted';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'denied' : 'unknown';
  }
}

/** The text of a file without its line end; empty where there is none, or it went away while it was read. */
async function textIn(folder: string, name: string): Promise<string> {
  return (await readFile(join(folder, name), 'utf8').catch(() => '')).trim();
}

async function eachIn<T>(folder: string, read: (folder: string, name: string) => Promise<T | null>): Promise<T[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const all = await Promise.all(names.sort().map((name) => read(join(folder, name), name)));
  return all.filter((one): one is Awaited<T> & NonNullable<T> => one !== null);
}
