import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExchangeDevice, type EnrolledDevice } from '../helpers/exchange-device';
import { runHubCommand, startHubProcess, type HubProcess } from '../helpers/hub-process';
import { temporaryFolder } from '../helpers/kiosk-process';

/** Nothing but the folder: no database from outside. */
const env = { DATABASE_URL: '' };

const folder = temporaryFolder();
let hub: HubProcess;

const start = (): Promise<HubProcess> => startHubProcess(['--data', folder.path, '--port', '0'], { env });

/** Runs `trestle hub …` on the folder. @returns its JSON lines */
const command = (...words: string[]) => runHubCommand([...words, '--data', folder.path], env);

/** The process id of the folder's PostgreSQL, or null when none runs. */
function postgresPid(): number | null {
  const file = join(folder.path, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n', 1)[0]) : null;
}

let till: EnrolledDevice;

beforeAll(async () => {
  // PostgreSQL may run as another user than this one.
  chmodSync(folder.path, 0o755);
  hub = await start();
});
afterAll(async () => {
  till?.close();
  await hub.end('SIGTERM');
  folder.remove();
});

test('a new folder becomes a hub whose PostgreSQL is nobody’s but its own', async () => {
  expect(hub.operatorToken).toMatch(/^[\w-]{32}$/);
  expect(statSync(join(folder.path, 'postgres')).mode & 0o077).toBe(0);
  expect(statSync(join(folder.path, 'postgres-password')).mode & 0o077).toBe(0);
  if (process.getuid?.() === 0) expect(statSync(`/proc/${postgresPid()}`).uid).not.toBe(0);
});

test('a stall is added and listed while the hub runs, and a till joins with the code', async () => {
  const [added] = await command('stall', 'add', 'Bramble & Rye');
  expect(await command('stall', 'list')).toEqual([
    { stallId: added?.['stallId'], name: 'Bramble & Rye', entries: 0, devices: 0 },
  ]);
  till = await new ExchangeDevice().enrol(hub.url, added?.['code'] ?? '');
  till.device.sell();
  expect((await till.push()).head.seq).toBe(2);
  expect(await command('device', 'list', till.stallId)).toMatchObject([{ prefix: 'T1', entries: 2 }]);
});

test('one folder has one hub', async () => {
  await expect(start()).rejects.toThrow('Another hub serves');
  expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
});

test('a port that is taken, or no address of this machine, is named with what to do, and the hub in place goes on', async () => {
  const elsewhere = temporaryFolder();
  chmodSync(elsewhere.path, 0o755);
  const { port } = new URL(hub.url);
  const start = (...words: string[]) => runHubCommand(['--data', elsewhere.path, ...words], env);
  await expect(start('--port', port)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Port \d+ of 127\.0\.0\.1 is taken.*--port/s) as string,
  });
  await expect(start('--port', '0', '--host', '192.0.2.1')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--host') as string,
  });
  await expect(start('--port', 'eighty')).rejects.toMatchObject({
    stderr: expect.stringContaining('0 to 65535') as string,
  });
  // Its PostgreSQL went with it.
  expect(existsSync(join(elsewhere.path, 'postgres', 'postmaster.pid'))).toBe(false);
  expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
  elsewhere.remove();
});

test('after kill -9 of the hub it goes on with all it had acknowledged', async () => {
  expect(await hub.end('SIGKILL')).toBeNull();
  till.close();
  hub = await start();
  expect(hub.operatorToken).toBeUndefined();
  const [code] = await command('code', till.stallId);
  const reader = await new ExchangeDevice().enrol(hub.url, code?.['code'] ?? '');
  const { entries, epoch } = await reader.client.feed({ after: '0.0', own: 'others' });
  expect(entries).toEqual(till.device.entries);
  expect(epoch).toBe(1);
  reader.close();
});

test('when its PostgreSQL is killed under it, it is started again and lacks nothing', { timeout: 60_000 }, async () => {
  const pid = postgresPid() as number;
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(async () => [postgresPid() !== pid, (await fetch(`${hub.url}/readyz`)).status], { timeout: 50_000 })
    .toEqual([true, 200]);
  expect(await command('device', 'list', till.stallId)).toMatchObject([{ prefix: 'T1', entries: 2 }, {}]);
});

test('told to stop, it ends its PostgreSQL too; commands work without it, and start again where it was', async () => {
  const pid = postgresPid() as number;
  expect(await hub.end('SIGTERM')).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(postgresPid()).toBeNull();

  const [begun] = (await command('restored')) as unknown as [{ readonly epoch: number }];
  expect(begun.epoch).toBeGreaterThan(1);
  await command('device', 'revoke', till.stallId, till.device.deviceId);
  expect(postgresPid()).toBeNull();
  hub = await start();
  expect(await (await fetch(`${hub.url}/v1/server`)).json()).toMatchObject(begun);
});

test.skipIf(process.getuid?.() !== 0)('root is told where PostgreSQL’s user could not come in', async () => {
  const hidden = temporaryFolder();
  const started = runHubCommand(['stall', 'list', '--data', hidden.path], env);
  await expect(started).rejects.toMatchObject({
    stderr: expect.stringContaining('choose a data folder elsewhere') as string,
  });
  hidden.remove();
});
