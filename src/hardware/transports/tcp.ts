import { createConnection, type Socket } from 'node:net';
import { fail, ok, type Result } from '../../domain/result';
import { createListeners } from '../listeners';
import type { Clock } from '../ports';
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

/** Small, so that progress is seen while the kernel's buffer is full, and the count of bytes sent stays near the truth. */
const CHUNK_BYTES = 1_024;

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
  const data = createListeners<[Uint8Array]>();
  const closed = createListeners<[]>();
  let isClosed = false;
  socket.on('data', (bytes) => data.tell(bytes));
  // 'close' follows every error, and is the one place where the end is announced.
  socket.on('error', () => undefined);
  // A printer that closes its half is gone: nothing written after that could be proved.
  socket.on('end', () => socket.destroy());
  socket.once('close', () => {
    isClosed = true;
    closed.tell();
  });

  /** Hands one piece to the kernel; false when it was not taken in time or the connection ended. */
  function writeChunk(chunk: Uint8Array): Promise<WriteOutcome['outcome']> {
    return new Promise((resolve) => {
      const settle = (outcome: WriteOutcome['outcome']): void => {
        cancelTimeout();
        forget();
        resolve(outcome);
      };
      const cancelTimeout = clock.after(stallTimeoutMs, () => settle('stalled'));
      const forget = closed.add(() => settle('closed'));
      socket.write(chunk, (error) => settle(error ? 'closed' : 'written'));
    });
  }

  return {
    async write(bytes) {
      let bytesSent = 0;
      while (bytesSent < bytes.length) {
        if (isClosed || socket.destroyed) return { outcome: 'closed', bytesSent };
        const chunk = bytes.subarray(bytesSent, bytesSent + CHUNK_BYTES);
        bytesSent += chunk.length;
        const outcome = await writeChunk(chunk);
        if (outcome !== 'written') return { outcome, bytesSent };
      }
      return { outcome: 'written', bytesSent };
    },
    onData: (listener) => data.add(listener),
    onClose(listener) {
      if (!isClosed) return closed.add(listener);
      listener();
      return () => undefined;
    },
    close: () =>
      new Promise((resolve) => {
        if (isClosed) return resolve();
        closed.add(resolve);
        socket.destroy();
      }),
  };
}
