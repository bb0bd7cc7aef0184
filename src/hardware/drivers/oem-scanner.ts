import { OEM_SYMBOLOGIES } from '../models/scanners';
import type { Clock, ScannerPort } from '../ports';
import type { HidConnection, HidTransport } from '../transports/hid-transport';
import { keepConnected, type ReconnectTiming } from './kept-connection';
import { createLabelAssembler, DEFAULT_SUFFIXES, type LabelPart } from './label-assembler';
import { createScannerListeners, scannerPort } from './scanner-port';

export interface OemScannerOptions {
  readonly deviceId: string;
  readonly transport: HidTransport;
  readonly clock: Clock;
  /** What the scanner adds to every label; carriage return and line feed unless given. */
  readonly suffixes?: readonly string[];
  readonly timing?: Partial<ReconnectTiming>;
}

/** Commands are eleven bytes after the report id, which is 0 for none. */
const command = (...bytes: number[]): Uint8Array => {
  const report = new Uint8Array(12);
  report.set(bytes, 1);
  return report;
};
const ENABLE = command(0x11);
const ERROR_BEEP = command(0x30, 0x00, 0x05);

/** Length, three status bytes. A report of nothing else tells the status. */
const HEADER_BYTES = 4;
/** Bits of the first status byte: what follows is firmware, configuration or a command's answer, and no label. */
const NOT_A_LABEL = 0x01 | 0x02 | 0x04 | 0x40;
/** In the first byte of an identifier of three or four bytes: the label goes on in the next report. */
const CONTINUED = 0x10;

/**
 * A scanner in IBM mode, also called USB OEM or USB OPOS, hand-held or table-top. Source: Datalogic's published driver
 * and its table of label identifiers.
 */
export function createOemScanner(options: OemScannerOptions): ScannerPort {
  const { deviceId, transport, clock, suffixes = DEFAULT_SUFFIXES, timing } = options;
  const listeners = createScannerListeners();
  const labels = createLabelAssembler({
    clock,
    suffixes,
    onScan: (scan) => listeners.scans.tell(scan),
    onFault: (fault) => listeners.faults.tell(fault),
  });
  const kept = keepConnected<HidConnection>({
    transport,
    clock,
    ...(timing && { timing }),
    onOpen(connection) {
      connection.onReport((report) => {
        const part = readOemReport(report);
        if (part === 'malformed') listeners.faults.tell('malformed-report');
        else if (part !== 'status') labels.take(part);
      });
      // Some wait for the host before they read anything.
      void connection.write(ENABLE);
    },
    onEnd: () => labels.reset(),
  });
  return scannerPort({ deviceId, label: transport.address }, kept, listeners, async () =>
    kept.current()?.write(ERROR_BEEP),
  );
}

function readOemReport(report: Uint8Array): LabelPart | 'status' | 'malformed' {
  const [length = 0, status = 0] = report;
  if (length < HEADER_BYTES || length > report.length) return 'malformed';
  if (length === HEADER_BYTES || (status & NOT_A_LABEL) !== 0) return 'status';
  const body = report.slice(HEADER_BYTES, length);
  const identifierBytes = { 0x0b: 3, 0x00: 4 }[body.at(-1) ?? -1] ?? 1;
  if (body.length <= identifierBytes) return 'malformed';
  const data = body.subarray(0, body.length - identifierBytes);
  const identifier = body.slice(body.length - identifierBytes);
  const isContinued = identifierBytes > 1 && ((identifier[0] ?? 0) & CONTINUED) !== 0;
  if (identifierBytes > 1) identifier[0] = (identifier[0] ?? 0) & ~CONTINUED;
  const symbology = OEM_SYMBOLOGIES[Buffer.from(identifier).toString('hex')];
  if (!symbology) return { symbology: null, data, isContinued };
  if (!symbology.digits) return { symbology: symbology.aim, data, isContinued };
  const digits = digitsOf(data);
  const isWhole = digits !== null && symbology.digits.includes(digits.length) && !isContinued;
  return isWhole ? { symbology: symbology.aim, data: digits, isContinued } : 'malformed';
}

/** Table-top models send digits as numbers from 0 to 9, hand-held ones as characters. Null when it is neither. */
function digitsOf(data: Uint8Array): Uint8Array | null {
  if (data.every((byte) => byte <= 9)) return data.map((byte) => byte + 0x30);
  return data.every((byte) => byte >= 0x30 && byte <= 0x39) ? data : null;
}
