import { SERIAL_ERROR_BEEPS, type SerialErrorBeep } from '../models/scanners';
import type { Clock, ScanFault, ScannerPort } from '../ports';
import type { Connection, Transport } from '../transports/transport';
import { keepConnected, type ReconnectTiming } from './kept-connection';
import { MAXIMUM_LABEL_BYTES, textOf } from './label-assembler';
import { createScannerListeners, scannerPort } from './scanner-port';

export interface SerialScannerOptions {
  readonly deviceId: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Bytes of which each ends a label; CR, LF, TAB and ETX unless given. */
  readonly terminators?: readonly number[];
  /** `bell` unless given. */
  readonly errorBeep?: SerialErrorBeep;
  readonly timing?: Partial<ReconnectTiming>;
}

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const ETX = 0x03;
const STX = 0x02;
const DEFAULT_TERMINATORS: readonly number[] = [CR, LF, TAB, ETX];

/** Silence that ends a label of a scanner that sends no terminator; Bluetooth may pause this long within one. */
const SILENCE_MS = 250;
/** How long the rest of a refused label is waited for, so that it does not pass for one of its own. */
const LATE_MS = 1_000;

/**
 * A scanner on a serial line: USB-CDC, Bluetooth serial or RS-232. A label ends with a terminator. Silence ends it too,
 * until the scanner has shown that it sends terminators: from then on silence means that the rest was lost.
 */
export function createSerialScanner(options: SerialScannerOptions): ScannerPort {
  const { deviceId, transport, clock, terminators = DEFAULT_TERMINATORS, errorBeep = 'bell', timing } = options;
  const listeners = createScannerListeners();
  let bytes: number[] = [];
  let sendsTerminators = false;
  /** Of a refused label: dropped until it ends, or nothing of it has come for a while. */
  let isSkipping = false;
  let cancelTimer = (): void => undefined;

  function refuse(fault: ScanFault, isOver: boolean): void {
    bytes = [];
    isSkipping = !isOver;
    listeners.faults.tell(fault);
  }

  function finish(): void {
    const text = textOf(Uint8Array.from(bytes[0] === STX ? bytes.slice(1) : bytes));
    bytes = [];
    // A wrong speed or a loose plug makes bytes that no label holds. FS, GS, RS, US and EOT frame the data of some.
    if (text === '' || /[^\P{Cc}\x04\x1c-\x1f]/u.test(text)) return refuse('malformed-report', true);
    const symbology = /^\][A-Za-z][0-9A-Za-z](?=.)/s.exec(text)?.[0] ?? null;
    listeners.scans.tell({ text: text.slice(symbology?.length ?? 0), symbology });
  }

  function fallSilent(): void {
    if (isSkipping) isSkipping = false;
    else if (!sendsTerminators) finish();
    else {
      refuse('half-label', false);
      awaitSilence();
    }
  }

  function awaitSilence(): void {
    cancelTimer();
    if (bytes.length > 0 || isSkipping) cancelTimer = clock.after(isSkipping ? LATE_MS : SILENCE_MS, fallSilent);
  }

  function take(byte: number): void {
    if (terminators.includes(byte)) {
      if (isSkipping) isSkipping = false;
      else if (bytes.length > 0) {
        sendsTerminators = true;
        finish();
      }
    } else if (!isSkipping) {
      bytes.push(byte);
      if (bytes.length > MAXIMUM_LABEL_BYTES + SYMBOLOGY_BYTES) refuse('too-long', false);
    }
  }

  const kept = keepConnected<Connection>({
    transport,
    clock,
    ...(timing && { timing }),
    onOpen(connection) {
      connection.onData((received) => {
        for (const byte of received) take(byte);
        awaitSilence();
      });
    },
    onEnd() {
      cancelTimer();
      const hadBegun = bytes.length > 0;
      bytes = [];
      isSkipping = false;
      sendsTerminators = false;
      if (hadBegun) listeners.faults.tell('half-label');
    },
  });
  const beep = SERIAL_ERROR_BEEPS[errorBeep];
  return scannerPort({ deviceId, label: transport.address }, kept, listeners, async () =>
    beep.length > 0 ? kept.current()?.write(beep) : undefined,
  );
}

/** Bytes of an AIM identifier. */
const SYMBOLOGY_BYTES = 3;
