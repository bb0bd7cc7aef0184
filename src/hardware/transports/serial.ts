import type { SerialPort } from 'serialport';
import { fail, ok } from '../../domain/result';
import type { Clock } from '../ports';
import { connectionState, within, writeInPieces } from './connection-state';
import type { Connection, OpenError, Transport, WriteOutcome } from './transport';

export interface SerialTransportOptions {
  /** `/dev/ttyUSB0`, `/dev/serial/by-id/…`, `/dev/rfcomm0`, `COM3`. */
  readonly path: string;
  readonly baudRate: number;
  readonly clock: Clock;
  readonly dataBits?: 7 | 8;
  readonly parity?: 'none' | 'even' | 'odd';
  readonly stopBits?: 1 | 2;
  /** Default none. `hardware`: RTS/CTS, as most serial printers want it; `software`: XON/XOFF. */
  readonly flowControl?: 'none' | 'hardware' | 'software';
  /** Default 5 000: how long an opening may take; Bluetooth ports reach out while they open. */
  readonly openTimeoutMs?: number;
  /** Default 5 000: how long the device may take no byte at all. A slow printer that takes some is never cut off. */
  readonly stallTimeoutMs?: number;
}

/** A quarter of a second at 9600 baud. */
const PIECE_BYTES = 256;
const CLOSE_TIMEOUT_MS = 2_000;

/** A serial line: RS-232, USB-CDC, or a Bluetooth serial port the system has bound. */
export function serialTransport(options: SerialTransportOptions): Transport {
  const { path, clock, openTimeoutMs = 5_000, stallTimeoutMs = 5_000 } = options;
  return {
    address: path,
    async open() {
      try {
        const { SerialPort } = await import('serialport');
        const port = new SerialPort({
          path,
          baudRate: options.baudRate,
          dataBits: options.dataBits ?? 8,
          parity: options.parity ?? 'none',
          stopBits: options.stopBits ?? 1,
          rtscts: options.flowControl === 'hardware',
          xon: options.flowControl === 'software',
          xoff: options.flowControl === 'software',
          autoOpen: false,
        });
        const problem = await openPort(port, clock, openTimeoutMs);
        if (problem === null) return ok(connectionOf(port, clock, stallTimeoutMs));
        return fail(codeOf(problem), `${path} cannot be opened: ${problem}`);
      } catch (error) {
        return fail('unreachable', error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** Null once it is open, else what the system said. */
function openPort(port: SerialPort, clock: Clock, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let isGivenUp = false;
    const cancel = clock.after(timeoutMs, () => {
      isGivenUp = true;
      resolve('it does not open');
    });
    port.open((error) => {
      cancel();
      // Opened after all, too late: nobody holds it any more.
      if (isGivenUp && !error) port.close(() => undefined);
      resolve(error ? error.message : null);
    });
  });
}

/** The binding's errors bear no codes on every system, only the system's words. */
function codeOf(message: string): OpenError {
  if (/no such (file|device)|file not found/i.test(message)) return 'absent';
  // Windows also says so while another program has the port, and grants it to everybody else.
  const isDenied = /permission denied|access denied/i.test(message);
  return isDenied && process.platform !== 'win32' ? 'access-denied' : 'unreachable';
}

function connectionOf(port: SerialPort, clock: Clock, stallTimeoutMs: number): Connection {
  const state = connectionState();
  port.on('data', (bytes: Uint8Array) => state.hear(bytes));
  // A line that was unplugged closes; 'close' is the one place where the end is announced.
  port.on('error', () => undefined);
  port.once('close', () => state.end());

  const send = (piece: Uint8Array): Promise<WriteOutcome['outcome']> =>
    new Promise((resolve) => void port.write(piece, (error) => resolve(error ? 'closed' : 'written')));
  return {
    write: (bytes) => writeInPieces(bytes, { state, clock, pieceBytes: PIECE_BYTES, stallTimeoutMs, send }),
    onData: state.onData,
    onClose: state.onClose,
    async close() {
      if (state.isClosed) return;
      const closed = new Promise<void>((resolve) => {
        // What the line has not taken would otherwise hold the closing up, and be sent after all.
        port.flush(() => port.close(() => resolve()));
      });
      await within(clock, CLOSE_TIMEOUT_MS, closed);
      state.end();
    },
  };
}
