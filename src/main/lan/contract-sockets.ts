import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { z } from 'zod';
import type { ClientRole, TopicEvent } from '../../shared/contract';
import type { CallResult } from '../../shared/errors';
import { CLOSE_CODES, helloMessage, MAX_MESSAGE_BYTES, PROTOCOL_VERSION, requestMessage } from '../../shared/wire';
import type { CallClient } from '../core/call-door';
import type { Log } from '../core/log';

const HELLO_TIMEOUT_MS = 5_000;
const PING_EVERY_MS = 15_000;
const MAX_CALLS_UNDER_WAY = 256;
/** A client that reads nothing while this much waits for it is cut off; it fetches the state again when it returns. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** A browser may take its time over the closing handshake; the till does not wait for it. */
export const CLOSE_PATIENCE_MS = 300;

/** What speaking the contract needs of the kiosk. */
export interface SpokenKiosk {
  readonly deviceId: string;
  dispatch(client: CallClient, message: unknown): Promise<CallResult<unknown>>;
  subscribe(role: ClientRole, listener: (event: TopicEvent) => void): () => void;
}

export interface ContractSocketsOptions {
  readonly kiosk: SpokenKiosk;
  readonly log: Log;
  readonly maxConnections: number;
  readonly maxCallsPerSecond: number;
  /** Default: enough for a photo. */
  readonly maxMessageBytes?: number;
  /** Who says hello like this, or null for nobody who may come in. */
  readonly authorise: (hello: z.infer<typeof helloMessage>['hello']) => CallClient | null;
  /** A client that was let in is gone. */
  readonly onGone?: (caller: CallClient) => void;
}

/** WebSockets on which the contract is spoken; whoever owns the HTTP server says whose upgrades come here. */
export interface ContractSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Shows out those who are no longer to be here. */
  closeWhere(isOut: (caller: CallClient) => boolean): void;
  close(): void;
}

/** Speaks the contract of `src/shared/wire.ts` with every client that says the right hello, and with no other. */
export function openContractSockets(options: ContractSocketsOptions): ContractSockets {
  const { kiosk, log, maxConnections, maxCallsPerSecond, maxMessageBytes = MAX_MESSAGE_BYTES } = options;
  const { authorise, onGone } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  const callers = new WeakMap<WebSocket, CallClient>();
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

  function serve(client: WebSocket): void {
    let caller: CallClient | null = null;
    let stopEvents: () => void = () => undefined;
    let underWay = 0;
    let secondStartedMs = 0;
    let callsThisSecond = 0;
    alive.add(client);
    client.on('pong', () => alive.add(client));
    const helloTimer = setTimeout(() => client.close(CLOSE_CODES.helloTimeout, 'no hello'), HELLO_TIMEOUT_MS);

    function send(message: unknown): void {
      if (client.readyState !== client.OPEN) return;
      if (client.bufferedAmount > MAX_BUFFERED_BYTES) {
        client.terminate();
        return;
      }
      client.send(typeof message === 'string' ? message : JSON.stringify(message));
    }

    function greet(message: unknown): void {
      const hello = helloMessage.safeParse(message);
      if (!hello.success) return client.close(CLOSE_CODES.badMessage, 'say hello first');
      caller = authorise(hello.data.hello);
      if (!caller) {
        log.warn({ role: hello.data.hello.role }, 'A connection was refused');
        return client.close(CLOSE_CODES.notAllowed, 'wrong token or role');
      }
      clearTimeout(helloTimer);
      callers.set(client, caller);
      send({ welcome: { protocol: PROTOCOL_VERSION, deviceId: kiosk.deviceId } });
      stopEvents = kiosk.subscribe(caller.role, (event) => send(eventText(event)));
    }

    async function run(from: CallClient, message: unknown): Promise<void> {
      const request = requestMessage.safeParse(message);
      if (!request.success) return client.close(CLOSE_CODES.badMessage, 'not a request');
      const { id, ...call } = request.data;
      const nowMs = Date.now();
      if (nowMs - secondStartedMs >= 1_000) {
        secondStartedMs = nowMs;
        callsThisSecond = 0;
      }
      callsThisSecond += 1;
      if (callsThisSecond > maxCallsPerSecond || underWay >= MAX_CALLS_UNDER_WAY) {
        return client.close(CLOSE_CODES.tooMany, 'too many calls');
      }
      underWay += 1;
      try {
        send({ id, result: await kiosk.dispatch(from, call) });
      } finally {
        underWay -= 1;
      }
    }

    client.on('message', (data, isBinary) => {
      const message = isBinary ? undefined : parseJson(String(data));
      if (message === undefined) return client.close(CLOSE_CODES.badMessage, 'not JSON text');
      if (caller === null) greet(message);
      else void run(caller, message);
    });
    client.on('error', (error) => log.warn({ error }, 'A connection failed'));
    client.on('close', () => {
      clearTimeout(helloTimer);
      stopEvents();
      if (caller) onGone?.(caller);
    });
  }

  return {
    upgrade(request, socket, head) {
      if (sockets.clients.size >= maxConnections) return refuseUpgrade(socket);
      sockets.handleUpgrade(request, socket, head, (client) => serve(client));
    },
    closeWhere(isOut) {
      for (const client of sockets.clients) {
        const caller = callers.get(client);
        if (caller && isOut(caller)) client.close(CLOSE_CODES.notAllowed, 'no longer welcome');
      }
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

/** The text of an event, made once however many clients hear it. */
const eventTexts = new WeakMap<TopicEvent, string>();
function eventText(event: TopicEvent): string {
  let text = eventTexts.get(event);
  if (text === undefined) {
    text = JSON.stringify({ event });
    eventTexts.set(event, text);
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
