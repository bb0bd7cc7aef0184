import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ExchangeStore, FeedAddition } from '../../../src/exchange/exchange-store';
import { cursorOf } from '../../../src/exchange/routes';
import { serveWakeUps } from '../../../src/exchange/wake';

const place = { epoch: 1, serverSeq: 7 };
const app = { current: Fastify() };
let revoked: Set<string>;
let added: (addition: FeedAddition) => void;

beforeEach(async () => {
  revoked = new Set();
  app.current = Fastify();
  const store: Pick<ExchangeStore, 'onAdded' | 'place' | 'heads'> = {
    onAdded(listener) {
      added = listener;
      return () => undefined;
    },
    place: () => Promise.resolve(place),
    heads: () =>
      Promise.resolve(
        ['north', 'south'].map((device) => ({
          device,
          name: '',
          prefix: 'T1',
          publicKey: '',
          seq: 0,
          hash: '',
          isRevoked: revoked.has(device),
          lastSyncAt: null,
          status: null,
        })),
      ),
  };
  serveWakeUps(app.current, {
    store,
    cursorOf,
    heartbeatMs: 20,
    bearerOf: (token) => Promise.resolve({ stallId: 'stall', deviceId: token, publicKey: '', isRevoked: false }),
  });
  await app.current.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => app.current.close());

/** A device's socket, welcomed: its first hint has come. */
async function listening(device: string): Promise<WebSocket> {
  const { port } = app.current.server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stalls/stall/wake`);
  await once(socket, 'open');
  socket.send(JSON.stringify({ token: device }));
  await once(socket, 'message');
  return socket;
}

test('a device that was shut out hears no more, and the others do', async () => {
  const north = await listening('north');
  const south = await listening('south');
  const closed = once(north, 'close');
  revoked.add('north');
  expect((await closed)[0]).toBe(4401);
  const heard = once(south, 'message');
  added({ stallId: 'stall', device: 'north', place: { ...place, serverSeq: 8 } });
  expect(String((await heard)[0])).toBe('{"cursor":"1.8"}');
  south.close();
});
