import type { CallMessage, ClientRole } from '../../../shared/contract';
import { CLOSE_CODES, serverMessage } from '../../../shared/wire';
import { Listeners } from './listeners';
import { ConnectionLost, type Connection, type Transport, type Unsubscribe } from './transport';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/** The part of the browser's WebSocket that is used here; the `ws` package has it too. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}

export interface SocketTransportOptions {
  /** `ws://127.0.0.1:4180/socket` */
  readonly url: string;
  readonly token: string;
  readonly role: ClientRole;
  /** Default: the browser's WebSocket. */
  readonly openSocket?: (url: string) => SocketLike;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ConnectionLost) => void;
}

/** The transport of the till in a browser, and of outside programs. Reconnects with growing pauses until closed. */
export function socketTransport(options: SocketTransportOptions): Transport {
  const { url, token, role, openSocket = (address) => new WebSocket(address) as SocketLike } = options;
  const events = new Listeners<unknown>();
  const connections = new Listeners<Connection>();
  const pending = new Map<number, Pending>();
  let connection: Connection = 'connecting';
  let socket: SocketLike | null = null;
  let nextId = 0;
  let retryMs = FIRST_RETRY_MS;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function become(next: Connection): void {
    if (connection === next) return;
    connection = next;
    connections.tell(next);
  }

  function hear(data: unknown): void {
    const message = serverMessage.parse(JSON.parse(String(data)));
    if ('welcome' in message) {
      retryMs = FIRST_RETRY_MS;
      become('connected');
    } else if ('event' in message) {
      events.tell(message.event);
    } else {
      pending.get(message.id)?.resolve(message.result);
      pending.delete(message.id);
    }
  }

  function lose(code: number): void {
    socket = null;
    const lost = [...pending.values()];
    pending.clear();
    if (code === CLOSE_CODES.notAllowed) {
      become('refused');
    } else if (!closed) {
      if (connection === 'connected') become('disconnected');
      // A little chance in the pause keeps many screens from returning in step.
      retryTimer = setTimeout(open, retryMs * (0.75 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
    for (const { reject } of lost) reject(new ConnectionLost());
  }

  function open(): void {
    const opening = openSocket(url);
    socket = opening;
    opening.addEventListener('open', () => opening.send(JSON.stringify({ hello: { token, role } })));
    opening.addEventListener('message', (event) => hear(event.data));
    opening.addEventListener('close', (event) => lose(event.code));
    // The close that follows says all there is to know.
    opening.addEventListener('error', () => undefined);
  }

  open();

  return {
    send(message: CallMessage) {
      if (connection !== 'connected' || !socket) return Promise.reject(new ConnectionLost());
      const id = nextId++;
      const answer = new Promise<unknown>((resolve, reject) => pending.set(id, { resolve, reject }));
      socket.send(JSON.stringify({ id, ...message }));
      return answer;
    },
    onEvent: (listener) => events.add(listener),
    onConnection(listener): Unsubscribe {
      listener(connection);
      return connections.add(listener);
    },
    close() {
      closed = true;
      clearTimeout(retryTimer);
      become('disconnected');
      socket?.close();
    },
  };
}
