import { HID_POS_LAYOUTS, type HidPosLayout, type ScanReportLayout } from '../models/scanners';
import type { Clock, ScannerPort } from '../ports';
import type { HidConnection, HidTransport } from '../transports/hid-transport';
import { hidUsage, parseHidReportDescriptor, writeHidBits, type HidReportDescriptor } from './hid-report-descriptor';
import { keepConnected, type ReconnectTiming } from './kept-connection';
import { createLabelAssembler, DEFAULT_SUFFIXES, type LabelPart } from './label-assembler';
import { createScannerListeners, scannerPort } from './scanner-port';

/** Usage page of bar code scanners (HID Point of Sale Usage Tables 1.02). */
export const SCANNER_PAGE = 0x8c;
/** What a HID POS scanner's top-level collection says it is. */
export const BAR_CODE_SCANNER = hidUsage(SCANNER_PAGE, 0x02);

const BYTE_COUNT = hidUsage(0x01, 0x3b);
const ERROR_BEEP = hidUsage(SCANNER_PAGE, 0x85);
const SYMBOLOGY_IDENTIFIER_1 = hidUsage(SCANNER_PAGE, 0xfb);
const DECODED_DATA = hidUsage(SCANNER_PAGE, 0xfe);
const DECODE_DATA_CONTINUED = hidUsage(SCANNER_PAGE, 0xff);

/** Makes devices that are keyboard and scanner in one send here what they read (Honeywell guide, page 1-12). */
const REDIRECT_FEATURE = Uint8Array.of(0xfe, 0x01);
/** Trigger report with the error beep's bit, for devices without a descriptor (the same page). */
const ERROR_BEEP_REPORT = Uint8Array.of(0x04, 0x20);

export interface HidPosScannerOptions {
  readonly deviceId: string;
  readonly transport: HidTransport;
  readonly clock: Clock;
  /** For devices whose descriptor cannot be had or does not say; `standard` unless given. */
  readonly layout?: HidPosLayout;
  /** What the scanner adds to every label; carriage return and line feed unless given. */
  readonly suffixes?: readonly string[];
  readonly timing?: Partial<ReconnectTiming>;
}

/**
 * A scanner in HID POS mode. Its report descriptor says where the label lies; where the system does not give it out, the
 * table of 64 bytes that nearly all of them use.
 */
export function createHidPosScanner(options: HidPosScannerOptions): ScannerPort {
  const { deviceId, transport, clock, layout = 'standard', suffixes = DEFAULT_SUFFIXES, timing } = options;
  const listeners = createScannerListeners();
  const labels = createLabelAssembler({
    clock,
    suffixes,
    onScan: (scan) => listeners.scans.tell(scan),
    onFault: (fault) => listeners.faults.tell(fault),
  });
  let errorBeep: Uint8Array = ERROR_BEEP_REPORT;

  const kept = keepConnected<HidConnection>({
    transport,
    clock,
    ...(timing && { timing }),
    onOpen(connection) {
      const descriptor = connection.descriptor && parseHidReportDescriptor(connection.descriptor);
      const declared = descriptor && layoutOf(descriptor);
      const layouts = declared ? [declared] : HID_POS_LAYOUTS[layout];
      errorBeep = (descriptor && errorBeepOf(descriptor)) ?? ERROR_BEEP_REPORT;
      connection.onReport((report) => {
        const reportLayouts = layouts.filter(({ reportId }) => reportId === 0 || report[0] === reportId);
        // What the device has to say besides labels is not for us.
        if (reportLayouts.length === 0) return;
        const part = readPart(report, reportLayouts);
        if (part) labels.take(part);
        else listeners.faults.tell('malformed-report');
      });
      // Most devices know nothing of it and refuse.
      void connection.sendFeature(REDIRECT_FEATURE);
    },
    onEnd: () => labels.reset(),
  });
  return scannerPort({ deviceId, label: transport.address }, kept, listeners, async () =>
    kept.current()?.write(errorBeep),
  );
}

/** Where a device says its labels lie; null when it does not, or in a form no label comes in. */
function layoutOf(descriptor: HidReportDescriptor): ScanReportLayout | null {
  const data = descriptor.find('input', DECODED_DATA);
  if (!data || data.bitSize !== 8 || data.bitOffset % 8 !== 0) return null;
  const inReport = (usage: number) => descriptor.find('input', usage, data.reportId);
  const byteAt = (usage: number): number | null => {
    const field = inReport(usage);
    return field?.bitSize === 8 && field.bitOffset % 8 === 0 ? field.bitOffset / 8 : null;
  };
  const continued = inReport(DECODE_DATA_CONTINUED);
  return {
    reportId: data.reportId,
    lengthAt: byteAt(BYTE_COUNT),
    aimAt: byteAt(SYMBOLOGY_IDENTIFIER_1),
    dataAt: data.bitOffset / 8,
    dataBytes: data.count,
    continuedBit: continued && { at: continued.bitOffset >> 3, mask: 1 << (continued.bitOffset & 7) },
  };
}

function errorBeepOf(descriptor: HidReportDescriptor): Uint8Array | null {
  const beep = descriptor.find('output', ERROR_BEEP);
  if (!beep) return null;
  const report = new Uint8Array(descriptor.reportLength('output', beep.reportId));
  writeHidBits(report, beep.bitOffset, beep.bitSize, 1);
  // Where there are no ids, a zero goes before the report instead.
  if (beep.reportId === 0) return Uint8Array.of(0, ...report);
  report[0] = beep.reportId;
  return report;
}

/** Reads a report by the first layout it fits; null when it fits none. */
function readPart(report: Uint8Array, layouts: readonly ScanReportLayout[]): LabelPart | null {
  for (const layout of layouts) {
    const part = readPartBy(report, layout);
    if (part) return part;
  }
  return null;
}

function readPartBy(report: Uint8Array, layout: ScanReportLayout): LabelPart | null {
  const { lengthAt, aimAt, dataAt, dataBytes, continuedBit } = layout;
  const symbology = aimAt === null ? null : readIdentifier(report.subarray(aimAt, aimAt + 3));
  if (symbology === undefined) return null;
  const room = report.subarray(dataAt, dataAt + dataBytes);
  const length = lengthAt === null ? lengthWithoutPadding(room) : (report[lengthAt] ?? 0);
  if (length > room.length) return null;
  if (continuedBit && continuedBit.at >= report.length) return null;
  return {
    symbology,
    data: room.slice(0, length),
    isContinued: continuedBit
      ? ((report[continuedBit.at] ?? 0) & continuedBit.mask) !== 0
      : length > 0 && length === dataBytes,
  };
}

/** An AIM identifier, null where the device leaves it empty, undefined for anything else. */
function readIdentifier(bytes: Uint8Array): string | null | undefined {
  if (bytes.length < 3) return undefined;
  if (bytes.every((byte) => byte === 0)) return null;
  const text = Buffer.from(bytes).toString('latin1');
  return /^\][A-Za-z][0-9A-Za-z]$/.test(text) ? text : undefined;
}

function lengthWithoutPadding(room: Uint8Array): number {
  let length = room.length;
  while (length > 0 && room[length - 1] === 0) length -= 1;
  return length;
}
