import type { DrawerLevel, FaultReason } from '../ports';

/** Something an ESC/POS printer said of its own accord or when asked. */
export type PrinterResponse =
  /** One byte of `DLE EOT`. */
  | { readonly kind: 'real-time'; readonly byte: number }
  /** One byte of `GS r`. */
  | { readonly kind: 'status'; readonly byte: number }
  /** `GS ( H` function 48: everything before the request with this id is printed. */
  | { readonly kind: 'process-id'; readonly id: string }
  /** Text of `GS I`. */
  | { readonly kind: 'information'; readonly text: string };

/** No text a printer tells of itself is longer. */
const MAXIMUM_TEXT_BYTES = 80;
/** The first byte of `GS I` texts, and the two of process id answers. */
const TEXT_HEADER = 0x5f;
const PROCESS_HEADER = 0x37;
const AUTOMATIC_STATUS_BYTES = 4;

/**
 * Splits what a printer sends into responses. Their first bytes tell them apart (Epson's "how to identify a status"):
 * `DLE EOT` is 0xx1xx10, automatic status 0xx1xx00 and three more, `GS r` 0xx0xxxx, texts and process ids have headers.
 */
export function createResponseReader(hear: (response: PrinterResponse) => void): (bytes: Uint8Array) => void {
  let frame: number[] = [];
  const finish = (response: PrinterResponse | null): void => {
    frame = [];
    if (response) hear(response);
  };
  return (bytes) => {
    for (const byte of bytes) {
      frame.push(byte);
      const [first = 0] = frame;
      if (first === TEXT_HEADER || first === PROCESS_HEADER) {
        if (byte === 0 && frame.length > 1) finish(readFrame(frame));
        else if (frame.length > MAXIMUM_TEXT_BYTES) finish(null);
      } else if ((first & 0x93) === 0x10) {
        if (frame.length === AUTOMATIC_STATUS_BYTES) finish(null);
      } else if ((first & 0x93) === 0x12) finish({ kind: 'real-time', byte });
      else finish((first & 0x90) === 0 ? { kind: 'status', byte } : null);
    }
  };
}

function readFrame(frame: readonly number[]): PrinterResponse | null {
  const text = String.fromCharCode(...frame.slice(1, -1));
  if (frame[0] === TEXT_HEADER) return { kind: 'information', text };
  return text.startsWith('"') && text.length === 5 ? { kind: 'process-id', id: text.slice(1) } : null;
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
