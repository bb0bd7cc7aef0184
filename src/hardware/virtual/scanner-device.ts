import { systemClock, type Clock, type Scan } from '../ports';
import { createVirtualWire, type VirtualWire } from './virtual-wire';

/** A bar code scanner made of nothing, in one of the modes real ones have. */
export interface VirtualScanner {
  readonly wire: VirtualWire;
  /** The trigger is pulled over a label. */
  scan(label: Scan): void;
  /** What the scanner sends for a label: reports, or one run of bytes. */
  reportsOf(label: Scan): readonly Uint8Array[];
  /** How often it complained. */
  errorBeeps(): number;
}

export interface VirtualScannerOptions {
  readonly clock?: Clock;
  /** What it is set to add to every label; nothing unless given, and a carriage return in serial mode. */
  readonly suffix?: string;
}

/**
 * The report descriptor of a HID POS scanner with the reports of Honeywell's guide: 02 scanned data, 04 trigger with the
 * beeps, feature FE.
 */
export const HID_POS_DESCRIPTOR = Uint8Array.of(
  ...[0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01],
  // Report 02: byte count, three identifiers, 56 bytes of data, two of the vendor's, the continued flag.
  ...[0x09, 0x12, 0xa1, 0x02, 0x85, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x01],
  ...[0x05, 0x01, 0x09, 0x3b, 0x81, 0x02],
  ...[0x05, 0x8c, 0x95, 0x03, 0x09, 0xfb, 0x09, 0xfc, 0x09, 0xfd, 0x81, 0x02],
  ...[0x95, 0x38, 0x09, 0xfe, 0x82, 0x02, 0x01],
  ...[0x95, 0x02, 0x06, 0x66, 0xff, 0x09, 0x04, 0x81, 0x02],
  ...[0x05, 0x8c, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0xff, 0x81, 0x02, 0x75, 0x07, 0x81, 0x03, 0xc0],
  // Report 04, out: a spare bit, prevent read, initiate read, two spare bits, error beep, good-read beep, a spare bit.
  ...[0x09, 0x14, 0xa1, 0x02, 0x85, 0x04, 0x75, 0x01, 0x95, 0x01, 0x91, 0x03],
  ...[0x95, 0x02, 0x09, 0x5f, 0x09, 0x60, 0x91, 0x02, 0x91, 0x03],
  ...[0x09, 0x85, 0x09, 0x86, 0x91, 0x02, 0x95, 0x01, 0x91, 0x03, 0xc0],
  // Feature FE: redirect output.
  ...[0x06, 0x66, 0xff, 0x85, 0xfe, 0x75, 0x08, 0x09, 0xfe, 0xb1, 0x02, 0xc0],
);

const DATA_BYTES = 56;

/** HID POS mode. `describes` false: the system keeps the report descriptor to itself. */
export function createVirtualHidPosScanner(
  options: VirtualScannerOptions & { readonly describes?: boolean } = {},
): VirtualScanner {
  const { clock = systemClock, suffix = '', describes = true } = options;
  const wire = createVirtualWire('virtual HID POS scanner', clock, describes ? HID_POS_DESCRIPTOR : null);
  // Both keyboard and scanner until the host says which.
  let isRedirected = false;
  wire.onFeature((report) => (isRedirected ||= report[0] === 0xfe && report[1] === 1));
  const reportsOf = ({ text, symbology }: Scan): Uint8Array[] =>
    slices(Buffer.from(text + suffix), DATA_BYTES).map((data, index, all) => {
      const report = new Uint8Array(64);
      report.set([0x02, data.length, ...Buffer.from(symbology ?? ']X0')]);
      report.set(data, 5);
      report[63] = index < all.length - 1 ? 1 : 0;
      return report;
    });
  return scanner(
    wire,
    (label) => (isRedirected ? reportsOf(label) : []),
    reportsOf,
    (bytes) => bytes[0] === 0x04 && ((bytes[1] ?? 0) & 0x20) !== 0,
  );
}

/** Identifiers of IBM mode by AIM identifier and length, as the virtual scanner needs them. */
const OEM_IDENTIFIERS: Readonly<Record<string, readonly number[]>> = {
  ']E0': [0x16],
  ']E4': [0x0c],
  ']C0': [0x00, 0x18, 0x0b],
  ']C1': [0x00, 0x25, 0x0b],
  ']Q1': [0x00, 0x33, 0x0b],
  ']Q3': [0x00, 0x37, 0x0b],
  ']d2': [0x00, 0x36, 0x0b],
};
const OEM_DATA_BYTES = 56;

/** IBM mode: hand-held ones send the digits of EAN and UPC as characters, table-top ones as numbers. */
export function createVirtualOemScanner(
  options: VirtualScannerOptions & { readonly model?: 'hand-held' | 'table-top' } = {},
): VirtualScanner {
  const { clock = systemClock, suffix = '', model = 'hand-held' } = options;
  const wire = createVirtualWire(`virtual ${model} scanner`, clock);
  let isEnabled = false;
  wire.onReceive((report) => {
    if (report[1] === 0x11) isEnabled = true;
    // It tells its status after every command: nothing but length and three status bytes.
    wire.send(oemReport([], []));
  });
  const reportsOf = ({ text, symbology }: Scan): Uint8Array[] => {
    const [first = 0x00, ...rest] = OEM_IDENTIFIERS[symbology ?? ''] ?? [0x00, 0x18, 0x0b];
    if (rest.length === 0) {
      const digits = [...text].map((digit) => (model === 'table-top' ? Number(digit) : digit.charCodeAt(0)));
      return [oemReport(digits, [first])];
    }
    return slices(Buffer.from(text + suffix), OEM_DATA_BYTES).map((data, index, all) =>
      oemReport(data, [index < all.length - 1 ? first | 0x10 : first, ...rest]),
    );
  };
  return scanner(
    wire,
    (label) => (isEnabled ? reportsOf(label) : []),
    reportsOf,
    (bytes) => bytes[1] === 0x30 && bytes[3] === 0x05,
  );
}

function oemReport(data: Iterable<number>, identifier: readonly number[]): Uint8Array {
  const body = [0x00, 0x02, 0x00, ...data, ...identifier];
  const report = new Uint8Array(64);
  report.set([body.length + 1, ...body]);
  return report;
}

/** A serial line: the label as it is, with its AIM identifier where it is set so, and a carriage return. */
export function createVirtualSerialScanner(
  options: VirtualScannerOptions & { readonly sendsIdentifier?: boolean } = {},
): VirtualScanner {
  const { clock = systemClock, suffix = '\r', sendsIdentifier = true } = options;
  const wire = createVirtualWire('virtual serial scanner', clock);
  const reportsOf = ({ text, symbology }: Scan): Uint8Array[] => [
    Buffer.from((sendsIdentifier ? (symbology ?? '') : '') + text + suffix),
  ];
  return scanner(wire, reportsOf, reportsOf, (bytes) => bytes[0] === 0x07);
}

function scanner(
  wire: VirtualWire,
  read: (label: Scan) => readonly Uint8Array[],
  reportsOf: (label: Scan) => readonly Uint8Array[],
  isErrorBeep: (bytes: Uint8Array) => boolean,
): VirtualScanner {
  let errorBeeps = 0;
  wire.onReceive((bytes) => {
    if (isErrorBeep(bytes)) errorBeeps += 1;
  });
  return {
    wire,
    scan(label) {
      // In a later turn, so that what the till wrote before has arrived.
      setImmediate(() => {
        for (const report of read(label)) wire.send(report);
      });
    },
    reportsOf,
    errorBeeps: () => errorBeeps,
  };
}

function slices(bytes: Uint8Array, size: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size));
  return found;
}
