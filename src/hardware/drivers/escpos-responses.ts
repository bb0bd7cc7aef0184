import type { DrawerLevel, FaultReason } from '../ports';

/** Something an ESC/POS printer said of its own accord or when asked. */
export type PrinterResponse =
  /** One byte of `DLE EOT`. */
  | { readonly kind: 'real-time'; readonly byte: number }
  /** One byte of `GS r`. */
  | { readonly kind: 'status'; readonly byte: number }
  /** Four bytes of automatic status, sent because something changed. */
  | { readonly kind: 'automatic'; readonly status: RealTimeStatus }
  /** `GS ( H` function 48: everything before the request with this id is printed. */
  | { readonly kind: 'process-id'; readonly id: string }
  /** Text of `GS I`. */
  | { readonly kind: 'information'; readonly text: string };

/** No text a printer tells of itself is longer. */
const MAXIMUM_TEXT_BYTES = 80;
/** The first byte of `GS I` texts. */
const TEXT_HEADER = 0x5f;
/** The first two of an answer to `GS ( H`, four characters of ours, NUL. */
const PROCESS_HEADER = 0x37;
const PROCESS_KIND = 0x22;
const PROCESS_BYTES = 7;
const AUTOMATIC_BYTES = 4;

/** What a frame has become with its latest byte: whole, still open, or none, so that its last byte begins another. */
type Reading = PrinterResponse | 'open' | 'broken' | 'skip';

/**
 * Splits what a printer sends into responses. Their first bytes tell them apart (Epson's "how to identify a status"):
 * `DLE EOT` is 0xx1xx10, automatic status 0xx1xx00 and three of 0xx0xxxx, `GS r` 0xx0xxxx, texts and process ids have
 * headers. A frame that cannot be what it began as is given up, so that nonsense never swallows what comes after it.
 */
export function createResponseReader(hear: (response: PrinterResponse) => void): (bytes: Uint8Array) => void {
  let frame: number[] = [];
  const take = (byte: number): void => {
    frame.push(byte);
    const reading = read(frame);
    if (reading === 'open') return;
    const isAlone = frame.length === 1;
    frame = [];
    if (reading === 'broken' && !isAlone) take(byte);
    else if (typeof reading === 'object') hear(reading);
  };
  return (bytes) => {
    for (const byte of bytes) take(byte);
  };
}

function read(frame: readonly number[]): Reading {
  const first = frame[0] ?? 0;
  const last = frame.at(-1) ?? 0;
  if (first === TEXT_HEADER) return readText(frame, last);
  if (first === PROCESS_HEADER) return readProcessId(frame, last);
  if ((first & 0x93) === 0x10) return readAutomatic(frame, last);
  if ((first & 0x93) === 0x12) return { kind: 'real-time', byte: first };
  return (first & 0x90) === 0 ? { kind: 'status', byte: first } : 'skip';
}

function readText(frame: readonly number[], last: number): Reading {
  if (frame.length === 1) return 'open';
  if (last === 0) return { kind: 'information', text: String.fromCharCode(...frame.slice(1, -1)) };
  return last < 0x20 || frame.length > MAXIMUM_TEXT_BYTES ? 'broken' : 'open';
}

function readProcessId(frame: readonly number[], last: number): Reading {
  if (frame.length === 2 && last !== PROCESS_KIND) return 'broken';
  if (frame.length < PROCESS_BYTES) return 'open';
  return last === 0 ? { kind: 'process-id', id: String.fromCharCode(...frame.slice(2, -1)) } : 'broken';
}

function readAutomatic(frame: readonly number[], last: number): Reading {
  if (frame.length > 1 && (last & 0x90) !== 0) return 'broken';
  if (frame.length < AUTOMATIC_BYTES) return 'open';
  const [printer = 0, error = 0, paper = 0] = frame;
  const status = {
    // The same bits as in the answers to DLE EOT 1, 3 and, moved, 2 and 4.
    printer: printer & 0x0c,
    offlineCause: printer & 0x20 ? 0x04 : 0,
    errorCause: error & 0x6c,
    paper: (paper & 0x03 ? 0x0c : 0) | (paper & 0x0c ? 0x60 : 0),
  };
  return { kind: 'automatic', status };
}

/** What the four `DLE EOT` bytes say; a question that was not answered is left out. */
export interface RealTimeStatus {
  readonly printer?: number;
  readonly offlineCause?: number;
  readonly errorCause?: number;
  readonly paper?: number;
}

/** The fault that stops printing, nearest cause first; null when it can print. Bits as in Epson's `DLE EOT` tables. */
export function faultOf(status: RealTimeStatus): FaultReason | null {
  const { printer = 0, offlineCause = 0, errorCause = 0, paper = 0 } = status;
  if (offlineCause & 0x04) return 'cover-open';
  if (paper & 0x60 || offlineCause & 0x20) return 'paper-out';
  if (errorCause & 0x08) return 'cutter-error';
  if (errorCause & 0x64 || offlineCause & 0x40) return 'device-error';
  return printer & 0x08 ? 'offline' : null;
}

export function isPaperNearEnd(status: RealTimeStatus): boolean {
  return ((status.paper ?? 0) & 0x0c) !== 0;
}

/** The level on the drawer switch's wire (pin 3 of the connector, whichever pin drives the solenoid). */
export function drawerLevel(status: RealTimeStatus): DrawerLevel | null {
  if (status.printer === undefined) return null;
  return status.printer & 0x04 ? 'high' : 'low';
}
