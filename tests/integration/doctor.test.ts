import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, readyToSell, startKioskProcess, temporaryFolder, type KioskProcess } from '../helpers/kiosk';

interface Findings {
  readonly source: string;
  readonly devices: readonly { readonly kind: string; readonly state: string; readonly reason: string }[];
}

/** Runs the built `trestle doctor`. */
function doctor(...flags: string[]): Promise<{ code: number; said: string; complaint: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['out/main/trestle.js', 'doctor', ...flags], (error, said, complaint) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said, complaint });
    });
  });
}

let folder: ReturnType<typeof temporaryFolder>;
let kiosk: KioskProcess;
beforeEach(async () => {
  folder = temporaryFolder();
  kiosk = await startKioskProcess(folder.path, ['--demo']);
});
afterEach(async () => {
  await kiosk.stop();
  folder.remove();
});

/** Sets up a printer at an address where nothing listens. */
async function addDeadPrinter(): Promise<void> {
  const till = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await readyToSell(till);
  const { deviceId } = await till.call('device.configure', {
    deviceId: null,
    settings: {
      kind: 'printer',
      link: { via: 'tcp', host: '127.0.0.1', port: 9 },
      model: 'generic-80',
      drawer: { pin: 2, switch: null, pulse: null },
    },
  });
  await till.until(
    ({ devices }) => devices.devices.some((one) => one.deviceId === deviceId && one.state === 'faulted'),
    'nothing answers there',
  );
  till.close();
}

test('a till whose devices are well has nothing to mend', async () => {
  const till = await connect({ socketUrl: kiosk.socket, token: kiosk.token });
  await till.until(
    ({ devices }) => devices.devices.some(({ kind, state }) => kind === 'printer' && state === 'ready'),
    'ready',
  );
  till.close();
  const { code, said } = await doctor('--data', folder.path, '--json');
  const findings = JSON.parse(said) as Findings;
  expect(findings.source).toBe('running-till');
  expect(findings.devices).toContainEqual(expect.objectContaining({ kind: 'printer', state: 'ready' }));
  expect(code).toBe(0);
});

test('what is wrong is said with its mend, while the till runs and after it was killed', async () => {
  await addDeadPrinter();
  const running = await doctor('--data', folder.path);
  expect(running.said).toContain('! Printer, 127.0.0.1:9: no answer at its address');
  expect(running.said).toContain('is its address still 127.0.0.1:9?');
  expect(running.code).toBe(1);

  await kiosk.kill();
  const alone = await doctor('--data', folder.path, '--json');
  expect(JSON.parse(alone.said)).toMatchObject({
    source: 'own-look',
    devices: [{ kind: 'printer', state: 'faulted', reason: 'unreachable' }, { kind: 'drawer' }],
  });
  expect(alone.code).toBe(1);
});

test('the note of where the till is reached is for its own user alone, and goes with the till', async () => {
  const note = join(folder.path, 'door.json');
  expect(statSync(note).mode & 0o777).toBe(0o600);
  await kiosk.stop();
  expect(() => statSync(note)).toThrow('ENOENT');
});

test('without a folder it says what is plugged in, and a folder without a till is named', async () => {
  expect((await doctor('--json')).said).toContain('"source": "own-look"');
  const { complaint, code } = await doctor('--data', join(folder.path, 'nothing'));
  expect(complaint).toContain('holds no store');
  expect(code).toBe(1);
});
