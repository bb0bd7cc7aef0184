import type { PrinterModel } from './models/profiles';
import type { ScaleModel } from './models/scales';
import type { LineDisplayModel } from './models/line-displays';
import type { HidDrawerProfile } from './models/drawers';
import type { HidPosLayout } from './models/scanners';
import type { DrawerPin, DrawerPulse, DrawerSwitch } from './ports';

/** How a USB device says who it is. Two of one kind are told apart by the serial number, where the maker gave one. */
export interface UsbIdentity {
  readonly vendorId: number;
  readonly productId: number;
  /** `null`: it tells none, or any of its kind will do. */
  readonly serialNumber: string | null;
}

export interface TcpLink {
  readonly via: 'tcp';
  readonly host: string;
  readonly port: number;
}
export interface UsbLink extends UsbIdentity {
  readonly via: 'usb';
}
export interface HidLink extends UsbIdentity {
  readonly via: 'hid';
}
/** A serial port, of a board, a USB adapter or a paired Bluetooth device. */
export interface SerialLink {
  readonly via: 'serial';
  /** `/dev/ttyACM0`, `/dev/rfcomm0`, `COM3`. */
  readonly path: string;
  readonly baudRate: number;
  /** Who is behind the port, so that it is known again under another path; `null` for a port of the board. */
  readonly usb: UsbIdentity | null;
}
/** A queue of the printing system of Linux and macOS. */
export interface CupsLink {
  readonly via: 'cups';
  readonly queue: string;
}
/** A printer of the Windows spooler, by the name Windows shows. */
export interface SpoolerLink {
  readonly via: 'spooler';
  readonly printerName: string;
}
/** A device made of nothing in this process, for practice and for tests. */
export interface VirtualLink {
  readonly via: 'virtual';
}

export type PrinterLink = TcpLink | UsbLink | SerialLink | CupsLink | SpoolerLink | VirtualLink;
export type ScannerLink = HidLink | SerialLink | VirtualLink;
export type DrawerLink = HidLink | VirtualLink;
export type SerialOnlyLink = SerialLink | VirtualLink;
export type DeviceLink = PrinterLink | ScannerLink | DrawerLink;

export interface PrinterConfiguration {
  readonly kind: 'printer';
  readonly deviceId: string;
  readonly link: PrinterLink;
  readonly model: PrinterModel;
  /** What hangs on its drawer socket, or null for nothing. */
  readonly drawer: {
    readonly pin: DrawerPin;
    /** What calibrating found of its switch; null until then. */
    readonly switch: DrawerSwitch | null;
    /** Null for what opens most drawers. */
    readonly pulse: DrawerPulse | null;
  } | null;
}

export interface ScannerConfiguration {
  readonly kind: 'scanner';
  readonly deviceId: string;
  readonly link: ScannerLink;
  /** What it speaks: HID POS, IBM's hand-held and table-top protocol, or plain lines on a serial port. */
  readonly protocol: 'hid-pos' | 'oem' | 'serial';
  /** Where the label lies in its reports, for a HID POS scanner that does not say so itself. */
  readonly layout?: HidPosLayout | undefined;
  /** The one character it was set to add to every label; carriage return or line feed unless given. */
  readonly suffix?: string | undefined;
}

/** A drawer with a link of its own. */
export interface DrawerConfiguration {
  readonly kind: 'drawer';
  readonly deviceId: string;
  readonly link: DrawerLink;
  readonly profile: HidDrawerProfile;
}

export interface ScaleConfiguration {
  readonly kind: 'scale';
  readonly deviceId: string;
  readonly link: SerialOnlyLink;
  readonly model: ScaleModel;
}

export interface LineDisplayConfiguration {
  readonly kind: 'line-display';
  readonly deviceId: string;
  readonly link: SerialOnlyLink;
  readonly model: LineDisplayModel;
}

/** One device as the stall has set it up. */
export type DeviceConfiguration =
  PrinterConfiguration | ScannerConfiguration | DrawerConfiguration | ScaleConfiguration | LineDisplayConfiguration;
