import type { CallMessage } from '../../../shared/contract';
import { Listeners } from './listeners';
import { ConnectionLost, type Connection, type Transport, type Unsubscribe } from './transport';

/** What the preload puts on the window of the Electron app. */
export interface TrestleBridge {
  call(message: CallMessage): Promise<unknown>;
  /** Topic events flow to the listener, as JSON, once the promise is fulfilled. */
  subscribe(listener: (eventText: string) => void): Promise<void>;
}

declare global {
  interface Window {
    readonly trestle?: TrestleBridge;
  }
}

/** The transport of the Electron window. It never reconnects: without the main process there is no window. */
export function bridgeTransport(bridge: TrestleBridge): Transport {
  const events = new Listeners<unknown>();
  const connections = new Listeners<Connection>();
  let connection: Connection = 'connecting';

  function become(next: Connection): void {
    connection = next;
    connections.tell(next);
  }

  bridge
    .subscribe((eventText) => events.tell(JSON.parse(eventText)))
    .then(
      () => become('connected'),
      () => become('refused'),
    );

  return {
    async send(message) {
      try {
        return await bridge.call(message);
      } catch {
        throw new ConnectionLost();
      }
    },
    onEvent: (listener) => events.add(listener),
    onConnection(listener): Unsubscribe {
      listener(connection);
      return connections.add(listener);
    },
    close() {
      become('disconnected');
    },
  };
}
