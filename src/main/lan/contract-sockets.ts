import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES } from '../../shared/wire';
import { speakContract, type SpeakOptions } from './speak-contract';

const PING_EVERY_MS = 15_000;
/** A browser may take its time over the closing handshake; the till does not wait for it. */
export const CLOSE_PATIENCE_MS = 300;

export interface ContractSocketsOptions extends SpeakOptions {
  readonly maxConnections: number;
}

/** WebSockets on which the contract is spoken; whoever owns the HTTP server says whose upgrades come here. */
export interface ContractSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

export function openContractSockets(options: ContractSocketsOptions): ContractSockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const alive = new WeakSet<WebSocket>();
  const pings = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.has(client)) {
        client.terminate();
        continue;
      }
      alive.delete(client);
      client.ping();
    }
  }, PING_EVERY_MS);
  pings.unref();

  return {
    upgrade(request, socket, head) {
      if (sockets.clients.size >= options.maxConnections) return refuseUpgrade(socket);
      sockets.handleUpgrade(request, socket, head, (client) => {
        alive.add(client);
        client.on('pong', () => alive.add(client));
        speakContract(client, options);
      });
    },
    close() {
      clearInterval(pings);
      for (const client of sockets.clients) client.close(1001, 'the kiosk is stopping');
      setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, CLOSE_PATIENCE_MS);
    },
  };
}

/** Answers a client that wants a WebSocket it cannot have. */
export function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
}
