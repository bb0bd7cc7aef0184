import type { FastifyInstance } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import { EXCHANGE_PATHS, wakeHello, type wakeMessage } from '../shared/exchange';
import type { z } from 'zod';
import type { ExchangeStore, FeedPlace, KnownDevice } from './exchange-store';

const HELLO_TIMEOUT_MS = 5_000;
const PING_EVERY_MS = 25_000;
const MAX_HELLO_BYTES = 4_096;
const MAX_SOCKETS = 4_096;
/** A hint that waits is as good as two. */
const MAX_BUFFERED_BYTES = 4_096;

/** WebSocket close codes of our own (RFC 6455, 7.4.2). */
const NOT_ALLOWED = 4401;

const PATH = new RegExp(`^${EXCHANGE_PATHS.wake.replace(':stall', '([^/?]{1,200})')}(?:\\?|$)`);

/**
 * Hints over a WebSocket: whoever has shown its token hears of every addition to its stall's feed that is not its own. Only
 * ever a hint: the feed's cursor is the truth.
 */
export function serveWakeUps(
  app: FastifyInstance,
  {
    store,
    bearerOf,
    cursorOf,
    heartbeatMs = PING_EVERY_MS,
  }: {
    readonly store: Pick<ExchangeStore, 'onAdded' | 'place' | 'heads'>;
    /** Throws for a token or a device that is not good any more. */
    readonly bearerOf: (token: string) => Promise<KnownDevice>;
    readonly cursorOf: (place: FeedPlace) => string;
    /** How often sockets are asked for a sign of life, and devices that were shut out are looked for. */
    readonly heartbeatMs?: number;
  },
): void {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_HELLO_BYTES, perMessageDeflate: false });
  const byStall = new Map<string, Map<WebSocket, string>>();
  const alive = new WeakSet<WebSocket>();

  const hint = (socket: WebSocket, place: FeedPlace): void => {
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount > MAX_BUFFERED_BYTES) return;
    const message: z.infer<typeof wakeMessage> = { cursor: cursorOf(place) };
    socket.send(JSON.stringify(message));
  };

  const unsubscribe = store.onAdded(({ stallId, device, place }) => {
    for (const [socket, deviceId] of byStall.get(stallId) ?? []) if (deviceId !== device) hint(socket, place);
  });

  /** @param stall as its path had it */
  const welcome = async (socket: WebSocket, stall: string, text: string): Promise<void> => {
    const { stallId, deviceId } = await bearerOf(wakeHello.parse(JSON.parse(text)).token);
    if (encodeURIComponent(stallId) !== stall) throw new Error('of another stall');
    const sockets = byStall.get(stallId) ?? new Map<WebSocket, string>();
    byStall.set(stallId, sockets.set(socket, deviceId));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && byStall.get(stallId) === sockets) byStall.delete(stallId);
    });
    // What came while it connected.
    hint(socket, await store.place(stallId));
  };

  server.on('connection', (socket: WebSocket, stall: string) => {
    const turnAway = (): void => socket.close(NOT_ALLOWED, 'show a good token first');
    const patience = setTimeout(turnAway, HELLO_TIMEOUT_MS);
    alive.add(socket);
    socket.on('pong', () => alive.add(socket));
    socket.on('error', () => socket.terminate());
    socket.once('close', () => clearTimeout(patience));
    socket.once('message', (data) => {
      clearTimeout(patience);
      welcome(socket, stall, String(data)).catch(turnAway);
    });
  });

  app.server.on('upgrade', (request, socket, head) => {
    const stall = PATH.exec(request.url ?? '')?.[1];
    if (stall === undefined || server.clients.size >= MAX_SOCKETS) {
      socket.end(
        `HTTP/1.1 ${stall === undefined ? '404 Not Found' : '503 Service Unavailable'}\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, stall));
  });

  /** A device that was shut out, here or by another process of this server, hears nothing more. */
  const shutOut = async (): Promise<void> => {
    for (const [stallId, sockets] of byStall) {
      const revoked = new Set((await store.heads(stallId)).filter((head) => head.isRevoked).map((head) => head.device));
      for (const [socket, deviceId] of sockets) if (revoked.has(deviceId)) socket.close(NOT_ALLOWED, 'shut out');
    }
  };

  const heartbeat = setInterval(() => {
    // What cannot be read now is read with the next beat.
    shutOut().catch(() => undefined);
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, heartbeatMs);
  heartbeat.unref();

  app.addHook('preClose', async () => {
    clearInterval(heartbeat);
    unsubscribe();
    for (const socket of server.clients) socket.close(1001, 'the server is closing');
    server.close();
  });
}
