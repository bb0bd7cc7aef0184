import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Database } from '../../src/hub/database';
import { Hints } from '../../src/hub/hints';

test('a hub that is told to stop while it still connects for hints stops all the same', async () => {
  const client = Object.assign(new EventEmitter(), {
    isEnded: false,
    query: () => Promise.resolve(),
    end() {
      client.isEnded = true;
      client.emit('end');
      return Promise.resolve();
    },
  });
  let connect: (connected: typeof client) => void = () => undefined;
  const connecting = new Promise<typeof client>((resolve) => (connect = resolve));
  const database = { ownClient: () => connecting } as unknown as Database;
  const hints = new Hints({ database, log: pino({ level: 'silent' }), processId: 'this one' });
  hints.listen();
  const closed = hints.close();
  connect(client);
  await closed;
  expect(client.isEnded).toBe(true);
});
