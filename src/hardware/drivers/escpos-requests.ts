import type { PrinterProfile } from '../models/profile';

const ESC = 0x1b;
const GS = 0x1d;

/** `DLE EOT n`: answered at once, even in the middle of a picture. 1 printer, 2 offline cause, 3 error cause, 4 paper. */
export function statusQuestion(question: 1 | 2 | 3 | 4): Uint8Array {
  return Uint8Array.of(0x10, 0x04, question);
}

/** `GS I n`: 66 maker, 67 model. */
export function informationQuestion(which: 66 | 67): Uint8Array {
  return Uint8Array.of(GS, 0x49, which);
}

/** `GS a`: report drawer, online state, errors and paper by itself, now and on every change. `ESC @` undoes it. */
export const REPORT_CHANGES = Uint8Array.of(GS, 0x61, 0x0f);

/** Filler for any command but those that say how long they are, such as pictures. */
export const SHORT_COMMAND_BYTES = 16;
/** Filler for the longest picture of a receipt. */
export const LONGEST_COMMAND_BYTES = 16_384;

/** Bytes that end whatever command was broken off: to a command they are empty data, between commands nothing at all. */
export function filler(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/**
 * Clears the way after a job that was broken off. The filler completes the command that hangs, which would otherwise eat
 * what comes next; the reset drops a line not yet printed; the cut keeps half a receipt from hanging on the next one.
 */
export function clearTornJob(tornBytes: number, cutter: PrinterProfile['cutter']): Uint8Array {
  const part = cutter === 'none' ? [ESC, 0x64, 4] : [GS, 0x56, 66, 0];
  return Buffer.concat([filler(tornBytes), Uint8Array.of(ESC, 0x40, ...part)]);
}
