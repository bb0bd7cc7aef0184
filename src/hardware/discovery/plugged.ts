import type { UsbIdentity } from '../configuration';

/** Whether this user may open it; the system tells without opening it on Linux only. */
export type Permission = 'granted' | 'denied' | 'unknown';

interface Plug {
  /** Unique among what is plugged in now, and the same as long as it stays plugged in. */
  readonly address: string;
  /** What it says of itself: maker and product, as far as it tells them. */
  readonly name: string;
  readonly permission: Permission;
}

/** A USB device with an interface that takes print data, or might. */
export interface PluggedUsb extends Plug, UsbIdentity {
  readonly bus: 'usb';
  /** Whether it says that it is a printer (interface class 7), not just a device with bulk endpoints of a vendor's own. */
  readonly isPrinterClass: boolean;
  /** The IEEE 1284 device id, where the system has asked for it (`MFG:…;CMD:…;MDL:…;`); else null. */
  readonly ieee1284Id: string | null;
}

/** One HID interface. */
export interface PluggedHid extends Plug, UsbIdentity {
  readonly bus: 'hid';
  /** Usages of the top-level collections, with the page in the upper 16 bits; empty where the system keeps them to itself. */
  readonly usages: readonly number[];
}

/** A serial port that something stands behind. */
export interface PluggedSerial extends Plug {
  readonly bus: 'serial';
  readonly path: string;
  /** Null for a port of the board or of Bluetooth. */
  readonly usb: UsbIdentity | null;
}

/** A queue of the printing system. */
export interface PluggedQueue extends Plug {
  readonly bus: 'queue';
  readonly queue: string;
}

/** What the system sees, before anybody asks what it is. */
export type Plugged = PluggedUsb | PluggedHid | PluggedSerial | PluggedQueue;

/** Looks at what is plugged in. Never rejects: what cannot be looked at holds nothing. */
export type LookAtPlugs = () => Promise<readonly Plugged[]>;

/** `EPSON TM-T20III` from what a device says; makers repeat themselves, and pad with blanks. */
export function pluggedName(manufacturer: string, product: string): string {
  const [maker, what] = [manufacturer, product].map((text) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim()) as [
    string,
    string,
  ];
  const name = what.toLowerCase().startsWith(maker.toLowerCase()) ? what : `${maker} ${what}`;
  return name.trim().slice(0, 120);
}
