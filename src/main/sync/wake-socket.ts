import { WebSocket } from 'ws';
import { EXCHANGE_PATHS, wakeMessage } from '../../shared/exchange';
import type { OpenWake } from './peer-link';

/** A hint is a few dozen bytes. */
const MAX_MESSAGE_BYTES = 4 * 1024;
/** Without a sign of life for so long the connection counts as half open; the server pings more often. */
const SILENCE_MS = 60_000;

/** Listens for hints over the server's WebSocket. Whatever goes wrong with it is no error: the next exchange opens another. */
export const openWakeSocket: OpenWake = ({ address, stallId, token, onHint, onClosed }) => {
  const path = EXCHANGE_PATHS.wake.replace(':stall', encodeURIComponent(stallId));
  const socket = new WebSocket(address.replace(/^http/, 'ws') + path, {
    maxPayload: MAX_MESSAGE_BYTES,
    handshakeTimeout: 10_000,
    followRedirects: false,
    perMessageDeflate: false,
  });
  let silence: NodeJS.Timeout;
  const alive = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.terminate(), SILENCE_MS);
    silence.unref();
  };
  alive();
  socket.on('open', () => socket.send(JSON.stringify({ token })));
  socket.on('ping', alive);
  socket.on('message', (data) => {
    alive();
    if (isHint(String(data))) onHint();
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearTimeout(silence);
    onClosed();
  });
  return { close: () => socket.terminate() };
};

function isHint(text: string): boolean {
  try {
    return wakeMessage.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
