import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createVirtualPrinter } from '../../src/hardware/virtual/printer-device';
import { startPrinterServer } from '../../src/hardware/virtual/printer-server';
import type { RunningKiosk } from '../../src/main/boot';
import { exportFolder } from '../../src/main/db/inspect';
import type { DeviceSettings } from '../../src/shared/device-settings';
import { connect, readyToSell, startTestKiosk, temporaryFolder, type TestClient } from '../helpers/kiosk';

const link = { via: 'virtual' } as const;

interface Findings {
  readonly source: string;
  readonly tried: readonly { readonly trial: string; readonly isFine: boolean; readonly said: string }[];
}

let folder: ReturnType<typeof temporaryFolder>;
let running: RunningKiosk;
let till: TestClient;
beforeEach(async () => {
  folder = temporaryFolder();
  running = await startTestKiosk({ dataDir: folder.path, look: () => Promise.resolve([]) });
  till = await connect({ socketUrl: running.server?.socketUrl ?? '', token: running.server?.token ?? '' });
});
afterEach(async () => {
  till.close();
  await running.close();
  folder.remove();
});

const virtual = () => running.virtualDevices ?? expect.fail('these tests have virtual devices');

/** Runs the built `trestle doctor` on this till's folder. */
function doctor(...flags: string[]): Promise<{ code: number; findings: Findings }> {
  return new Promise((resolve) => {
    const args = ['out/main/trestle.js', 'doctor', '--data', folder.path, '--json', ...flags];
    execFile(process.execPath, args, (error, said) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, findings: JSON.parse(said) as Findings });
    });
  });
}

async function setUp(settings: DeviceSettings): Promise<string> {
  const { deviceId } = await till.call('device.configure', { deviceId: null, settings });
  await till.until(
    ({ devices }) =>
      ['ready', 'degraded'].includes(devices.devices.find((one) => one.deviceId === deviceId)?.state ?? ''),
    `${settings.kind} is there`,
  );
  return deviceId;
}

/** Why the drawer was opened, as the journal says. */
function openings(): readonly unknown[] {
  return [...exportFolder(folder.path)]
    .map((line) => JSON.parse(line) as { kind: string; body: unknown })
    .filter(({ kind }) => kind === 'drawer.kicked')
    .map(({ body }) => body);
}

test('a running till prints, opens its drawer with the reason in its journal, greets and weighs', async () => {
  await readyToSell(till);
  const scale = virtual().scale(await setUp({ kind: 'scale', link, model: 'nci-8n1' }));
  const display = virtual().lineDisplay(await setUp({ kind: 'line-display', link, model: 'epson-dm-d' }));
  scale.put(350);
  const { code, findings } = await doctor('--try', 'print', 'drawer', 'display', 'scale');
  expect(findings).toMatchObject({
    source: 'running-till',
    tried: [
      { trial: 'print', isFine: true },
      { trial: 'drawer', isFine: true },
      { trial: 'display', isFine: true },
      { trial: 'scale', isFine: true, said: '350 g lie on the scale.' },
    ],
  });
  expect(code).toBe(0);
  expect(running.virtualPrinter?.papers().map(({ text }) => text)).toEqual([expect.stringContaining('TEST PAGE')]);
  expect(running.virtualPrinter?.state().drawer).toBe('open');
  expect(openings()).toMatchObject([{ reason: 'test', orderId: null, note: 'trestle doctor' }]);
  await expect.poll(() => display.lines()[0].trim()).toBe(till.topics.session.stall.name);
});

test('the scan that the doctor waits for is read to it and sold by nobody', async () => {
  await readyToSell(till);
  const scanner = virtual().scanner(await setUp({ kind: 'scanner', link, protocol: 'hid-pos' }));
  const told = new Set<string>();
  const stop = till.client.onChange(({ scan }) => scan?.scans.forEach(({ scanId }) => told.add(scanId)));
  let scans = 0;
  const scanOnce = (text = '5012345010779'): void => {
    scans += 1;
    scanner.scan({ text, symbology: ']E0' });
  };
  const trial = doctor('--try', 'scan');
  // Until the doctor listens, the windows are told.
  const asked = setInterval(() => scanOnce(), 400);
  const { code, findings } = await trial;
  clearInterval(asked);
  expect(findings.tried).toMatchObject([{ isFine: true, said: 'Read "]E05012345010779".' }]);
  expect(code).toBe(0);
  scanOnce('4006381333931');
  await till.until(({ scan }) => scan.scans.some(({ code }) => code.endsWith('4006381333931')), 'the scan after');
  stop();
  expect(told.size).toBe(scans - 1);
});

test('what needs somebody signed on says so; the report does not', async () => {
  const path = join(folder.path, 'report.json');
  const { code, findings } = await doctor('--try', 'drawer', '--report', path);
  expect(findings.tried).toEqual([
    { trial: 'drawer', isFine: false, said: 'Nobody is signed on at the till. Sign on there, then try again.' },
  ]);
  expect(code).toBe(1);
  expect(running.virtualPrinter?.state().pulses).toEqual([]);
  expect(openings()).toEqual([]);
  const report = JSON.parse(readFileSync(path, 'utf8')) as { history: unknown[] };
  expect(report).toMatchObject({ versions: { node: process.version } });
  expect(report.history).not.toEqual([]);
});

test('a page that cannot be printed is no success', async () => {
  await readyToSell(till);
  await till.call('device.configure', {
    deviceId: null,
    settings: { kind: 'printer', link: { via: 'tcp', host: '127.0.0.1', port: 9 }, model: 'generic-80', drawer: null },
  });
  const { code, findings } = await doctor('--try', 'print');
  expect(findings.tried).toMatchObject([{ trial: 'print', isFine: false }]);
  expect(code).toBe(1);
});

test('without a running till the doctor opens the devices itself', async () => {
  const printer = createVirtualPrinter({ paperWidthMillimetres: 80 });
  const server = await startPrinterServer({ printer, port: 0 });
  await readyToSell(till);
  await setUp({
    kind: 'printer',
    link: { via: 'tcp', host: server.host, port: server.port },
    model: 'generic-80',
    drawer: { pin: 5, switch: null, pulse: null },
  });
  await running.close();
  const path = join(folder.path, 'report.json');
  const { code, findings } = await doctor('--try', 'print', 'drawer', 'scale', '--report', path);
  await server.close();
  expect(findings).toMatchObject({
    source: 'own-look',
    tried: [
      { trial: 'print', isFine: true },
      { trial: 'drawer', isFine: true },
      { trial: 'scale', isFine: false, said: 'No scale is set up.' },
    ],
  });
  expect(code).toBe(1);
  expect(printer.papers().map(({ text }) => text)).toEqual([expect.stringContaining('TEST PAGE')]);
  expect(printer.state().pulses).toMatchObject([{ pin: 5 }]);
  expect(openings()).toEqual([]);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ versions: {}, devices: [{ kind: 'printer' }, {}] });
});
