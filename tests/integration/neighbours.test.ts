import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, readyToSell, startTestKiosk, temporaryFolder } from '../helpers/kiosk';
import { startTwoTills, type TwoTills } from '../helpers/two-tills';

let stall: TwoTills;
beforeEach(async () => {
  stall = await startTwoTills();
});
afterEach(() => stall.close());

/** A port that nothing listens on now, or with a listener that keeps it. */
async function aPort(): Promise<{ readonly port: number; free(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    free: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test('tills are let in from a screen, found without a code where both know each other, and again after a restart', async () => {
  const { first, second } = stall;
  expect(second.client.topics.sync.sharing.isOn).toBe(false);
  const { port, free } = await aPort();
  expect(await second.client.failure('sync.serve', { isOn: true, port })).toBe('port-taken');
  expect(second.client.topics.sync.serving).toEqual([]);
  await free();
  const { addresses } = await second.client.call('sync.serve', { isOn: true, port });
  expect(addresses[0]).toContain(`:${port}`);
  expect(second.client.topics.sync).toMatchObject({ serving: addresses, sharing: { isOn: true, port, problem: null } });

  await first.client.call('sync.meet', { address: `127.0.0.1:${port}`, code: null, name: '' });
  const { sync, session } = first.client.topics;
  expect(sync.servers).toMatchObject([{ role: 'neighbour', serverId: second.deviceId, state: 'online' }]);
  // Nobody was enrolled anew: it keeps its numbers.
  expect(session.device.prefix).toBe('T1');

  await stall.switchOff('second');
  await stall.switchOn('second');
  expect(stall.second.client.topics.sync.sharing).toEqual({ isOn: true, port, problem: null });
  await first.client.call('sync.now', {});
  await first.client.until(({ sync: now }) => now.servers[0]?.state === 'online', 'the other till again');

  // Taken after a restart: the till sells on and says why nobody reaches it.
  await stall.switchOff('second');
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(port, '0.0.0.0', resolve));
  await stall.switchOn('second');
  expect(stall.second.client.topics.sync.sharing).toEqual({ isOn: false, port, problem: 'port-taken' });
  await new Promise((resolve) => taken.close(resolve));
  await stall.second.client.call('sync.serve', { isOn: true, port });
  await stall.second.client.call('sync.serve', { isOn: false, port });
  expect(stall.second.client.topics.sync).toMatchObject({ serving: [], sharing: { isOn: false, problem: null } });
});

test('a till of another stall finds nothing, whatever it types', async () => {
  const folder = temporaryFolder();
  const stranger = await startTestKiosk({ dataDir: folder.path });
  try {
    const client = await connect(stranger.server ?? { socketUrl: '', token: '' });
    await readyToSell(client);
    const [address = ''] = stall.first.client.topics.sync.serving;
    expect(await client.failure('sync.meet', { address, code: null, name: '' })).toBe('server-refused');
    const { code } = await stall.first.client.call('sync.new-code', { name: '', here: true });
    expect(await client.failure('sync.meet', { address, code, name: '' })).toBe('server-refused');
    expect(client.topics.sync.servers).toEqual([]);
    expect(await client.failure('sync.meet', { address: '127.0.0.1:9', code: null, name: '' })).toBe(
      'server-unreachable',
    );
    client.close();
  } finally {
    await stranger.close();
    folder.remove();
  }
});
