import { createConnection, type Socket } from 'node:net';
import { fail, ok, type Result } from '../../domain/result';
import type { Clock } from '../ports';
import { connectionState, writeInPieces } from './connection-state';
import type { Connection, Transport, WriteOutcome } from './transport';

export interface TcpTransportOptions {
  readonly host: string;
  /** Printers listen on 9100. */
  readonly port: number;
  readonly clock: Clock;
  /** Default 3 000: an address nobody answers for is given up after this. */
  readonly connectTimeoutMs?: number;
  /** Default 5 000: how long the device may take no byte at all. A slow printer that takes some is never cut off. */
  readonly stallTimeoutMs?: number;
}

const PIECE_BYTES = 1_024;

/** Raw printing over TCP, as network printers and print servers offer it on port 9100. */
export function tcpTransport(options: TcpTransportOptions): Transport {
  const { host, port, clock, connectTimeoutMs = 3_000, stallTimeoutMs = 5_000 } = options;
  return {
    address: `${host}:${port}`,
    open: () =>
      new Promise((resolve) => {
        const socket = createConnection({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
        const settle = (result: Result<Connection, 'unreachable'>): void => {
          cancelTimeout();
          socket.off('connect', connected).off('error', refused);
          resolve(result);
        };
        const connected = (): void => settle(ok(connectionOf(socket, clock, stallTimeoutMs)));
        const refused = (): void => {
          // A late error of a socket already given up must find a listener.
          socket.on('error', () => undefined).destroy();
          settle(
            fail('unreachable', `Nothing answers at ${host}:${port}. Check the cable, the power and the address.`),
          );
        };
        const cancelTimeout = clock.after(connectTimeoutMs, refused);
        socket.once('connect', connected).once('error', refused);
      }),
  };
}

function connectionOf(socket: Socket, clock: Clock, stallTimeoutMs: number): Connection {
  const state = connectionState();
  socket.on('data', (bytes) => state.hear(bytes));
  // 'close' follows every error, and is the one place where the end is announced.
  socket.on('error', () => undefined);
  // A printer that closes its half is gone: nothing written after that could be proved.
  socket.on('end', () => socket.destroy());
  socket.once('close', () => state.end());

  const send = (piece: Uint8Array): Promise<WriteOutcome['outcome']> =>
    new Promise((resolve) => void socket.write(piece, (error) => resolve(error ? 'closed' : 'written')));
  return {
    write(bytes) {
      // Destroyed but not closed yet: nothing leaves any more.
      if (socket.destroyed) return Promise.resolve({ outcome: 'closed', bytesSent: 0 });
      return writeInPieces(bytes, { state, clock, pieceBytes: PIECE_BYTES, stallTimeoutMs, send });
    },
    onData: state.onData,
    onClose: state.onClose,
    close: () =>
      new Promise((resolve) => {
        state.onClose(resolve);
        socket.destroy();
      }),
  };
}
