/** One interface setting of a USB device, with its bulk endpoints. Numbers as in USB 2.0 §9.6. */
export interface UsbInterface {
  readonly configuration: number;
  readonly number: number;
  readonly alternate: number;
  readonly interfaceClass: number;
  readonly subclass: number;
  readonly protocol: number;
  readonly bulkOut: UsbEndpoint | null;
  readonly bulkIn: UsbEndpoint | null;
}

export interface UsbEndpoint {
  /** Without the direction bit. */
  readonly number: number;
  readonly packetBytes: number;
}

/** USB base classes (usb.org, "Defined Class Codes"). */
export const USB_CLASS = { hid: 0x03, printer: 0x07, massStorage: 0x08, vendor: 0xff } as const;

/** Descriptor types of USB 2.0 table 9-5. */
const CONFIGURATION = 2;
const INTERFACE = 4;
const ENDPOINT = 5;
const BULK = 2;

/**
 * Reads descriptors as Linux gives them in `/sys/bus/usb/devices/…/descriptors`: the device's, then every configuration
 * with all that belongs to it. What is cut off or malformed ends the reading; what came before stands.
 */
export function parseUsbDescriptors(bytes: Uint8Array): UsbInterface[] {
  const interfaces: UsbInterface[] = [];
  let configuration = 0;
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes[at] ?? 0;
    if (length < 2 || at + length > bytes.length) break;
    const field = (offset: number): number => (offset < length ? (bytes[at + offset] ?? 0) : 0);
    const type = field(1);
    // A second configuration is never in use unless somebody asks for it.
    if (type === CONFIGURATION && interfaces.length > 0) break;
    if (type === CONFIGURATION) configuration = field(5);
    else if (type === INTERFACE) {
      interfaces.push({
        configuration,
        number: field(2),
        alternate: field(3),
        interfaceClass: field(5),
        subclass: field(6),
        protocol: field(7),
        bulkOut: null,
        bulkIn: null,
      });
    } else if (type === ENDPOINT && (field(3) & 3) === BULK) {
      const last = interfaces.pop();
      const endpoint = { number: field(2) & 0x0f, packetBytes: field(4) | ((field(5) & 7) << 8) };
      const side = field(2) & 0x80 ? 'bulkIn' : 'bulkOut';
      // The first of each direction is the one that counts.
      if (last) interfaces.push({ ...last, [side]: last[side] ?? endpoint });
    }
    at += length;
  }
  return interfaces;
}

/**
 * The interface to print through: a printer's own (class 7), two-way before one-way, else a vendor's with bulk endpoints,
 * as many ESC/POS printers have. Null where nothing takes bytes.
 */
export function printerInterface(interfaces: readonly UsbInterface[]): UsbInterface | null {
  const rank = ({ interfaceClass, protocol, bulkIn }: UsbInterface): number => {
    if (interfaceClass === USB_CLASS.printer) return protocol === 2 ? 0 : protocol === 1 ? 1 : 2;
    return bulkIn ? 3 : 4;
  };
  const usable = interfaces.filter(
    ({ interfaceClass, bulkOut }) =>
      bulkOut !== null && (interfaceClass === USB_CLASS.printer || interfaceClass === USB_CLASS.vendor),
  );
  return [...usable].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}
