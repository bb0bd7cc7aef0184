import { bridgeTransport } from './bridge-transport';
import { createClient, type Client } from './client';
import { socketTransport } from './socket-transport';

export { createClient, type Client, type ClientOptions, type Topics, type TopicsOf } from './client';
export { bridgeTransport, type TrestleBridge } from './bridge-transport';
export { socketTransport, type SocketLike, type SocketTransportOptions } from './socket-transport';
export { ConnectionLost, type Connection, type Transport, type Unsubscribe } from './transport';

/**
 * The till's client wherever it runs: over the bridge in the Electron window, else over the WebSocket of the kiosk that
 * served the page, with the token from the address (`http://127.0.0.1:4180/till/#token`).
 */
export function connectTill(): Client {
  if (window.trestle) return createClient(bridgeTransport(window.trestle));
  const { host, hash } = window.location;
  return createClient(socketTransport({ url: `ws://${host}/socket`, token: hash.slice(1), role: 'till' }));
}
