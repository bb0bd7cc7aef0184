import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { identify } from '../hardware/discovery/identify';
import { lookAtThisMachine } from '../hardware/discovery/plug-watch';
import { systemClock } from '../hardware/ports';
import { createDeviceRegistry } from '../hardware/registry';
import { createVirtualDevices } from '../hardware/virtual/virtual-devices';
import { toConfiguration, toSettings } from '../main/core/device-configuration';
import { DEVICES, PRINTERS_BEFORE } from '../main/core/device-list';
import { silentLog } from '../main/core/log';
import { readSettings } from '../main/db/inspect';
import { readDoor, type DoorNote } from '../main/door-note';
import { readOwnDrawers } from '../main/own-drawers';
import { projectFolder } from '../main/project-folder';
import { TOPICS, type DeviceStatusView, type FoundDevice, type TopicState } from '../shared/contract';
import { readKeptDevices } from '../shared/device-settings';
import { deviceWords, foundWords, kindName, linkWords } from '../shared/device-words';
import { callResult } from '../shared/wire';

/** Time for a device to be opened and to answer, or to be given up. */
const SETTLE_MS = 4_000;
const ANSWER_WITHIN_MS = 5_000;

interface DoctorFlags {
  readonly data?: string;
  readonly json?: true;
}

type Devices = TopicState<'devices'>;
type Health = Pick<Devices, 'devices' | 'found' | 'platform'> & { readonly source: 'running-till' | 'own-look' };

/** Adds `trestle doctor`. */
export function registerDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'say which devices are set up and plugged in, what is wrong and how to mend it; exits 1 when something is',
    )
    .option('--data <folder>', 'data folder of the till; without it, only what is plugged in')
    .option('--json', 'print the findings as JSON')
    .action(async ({ data, json }: DoctorFlags) => {
      const health = await examine(data === undefined ? null : resolve(data));
      if (hasTrouble(health)) process.exitCode = 1;
      process.stdout.write(json ? `${JSON.stringify(health, null, 2)}\n` : inWords(health));
    });
}

/** Asks the till that runs on the folder; where none runs, opens what is set up there for a moment. */
async function examine(dataDir: string | null): Promise<Health> {
  const door = dataDir === null ? null : readDoor(dataDir);
  const running = door && (await askTill(door));
  if (running) return { ...running, source: 'running-till' };
  return { ...(await lookOurselves(dataDir)), source: 'own-look' };
}

/** What the running till says of its devices, after a look at what is plugged in; null when it runs no more. */
function askTill({ socketUrl, token }: DoorNote): Promise<Devices | null> {
  return new Promise((answer) => {
    const socket = new WebSocket(socketUrl);
    const settle = (devices: Devices | null): void => {
      clearTimeout(timer);
      socket.close();
      answer(devices);
    };
    const timer = setTimeout(() => settle(null), ANSWER_WITHIN_MS);
    socket.on('error', () => settle(null));
    socket.on('close', () => settle(null));
    socket.on('open', () => socket.send(JSON.stringify({ hello: { token, role: 'service' } })));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { welcome?: unknown; id?: number; result?: unknown };
      if (message.welcome) socket.send(JSON.stringify({ id: 1, call: 'device.look', input: {} }));
      // Whether somebody is signed on or not, the state is told.
      if (message.id === 1) socket.send(JSON.stringify({ id: 2, call: 'state.get', input: {} }));
      if (message.id !== 2) return;
      const result = callResult.parse(message.result);
      settle(result.ok ? z.object({ devices: TOPICS.devices }).parse(result.value).devices : null);
    });
  });
}

async function lookOurselves(dataDir: string | null): Promise<Devices> {
  const [devices, printersBefore] = dataDir === null ? [] : readSettings(dataDir, [DEVICES, PRINTERS_BEFORE]);
  const kept = readKeptDevices(devices, printersBefore).filter(({ settings }) => settings.link.via !== 'virtual');
  const ownDrawers = dataDir === null ? [] : readOwnDrawers(dataDir, silentLog());
  const registry = createDeviceRegistry({ clock: systemClock, virtual: createVirtualDevices() });
  for (const { deviceId, settings } of kept) {
    const configuration = toConfiguration(deviceId, settings, ownDrawers);
    if (configuration) registry.put(configuration);
  }
  const [plugged] = await Promise.all([lookAtThisMachine(), kept.length > 0 && settled()]);
  const since = new Date().toISOString();
  const views = kept.map(({ deviceId, bySelf, settings }): DeviceStatusView => {
    const device = registry.devices().find((one) => one.deviceId === deviceId);
    const status = device?.port.status ?? { state: 'absent' };
    return {
      deviceId,
      kind: settings.kind,
      label: device?.port.label ?? '',
      state: status.state,
      reason: 'reason' in status ? status.reason : '',
      since,
      drawer: device?.kind === 'drawer' ? device.port.drawerState() : null,
      answers: device?.kind === 'printer' ? device.port.probed : null,
      settings,
      bySelf,
    };
  });
  await registry.close();
  const found = plugged.flatMap((one): FoundDevice[] => {
    const is = identify(one, ownDrawers);
    if (!is) return [];
    const { address, name, permission } = one;
    const { kind, unsupported } = is;
    return [{ address, name, permission, kind, unsupported, suggestions: is.suggestions.map(toSettings) }];
  });
  const platform = process.platform === 'linux' ? 'linux' : process.platform === 'win32' ? 'windows' : 'macos';
  return { devices: views, found, platform };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

function isTrouble({ kind, state }: DeviceStatusView): boolean {
  return kind !== 'network' && ['absent', 'faulted', 'no-permission'].includes(state);
}

function isKeptOut({ permission }: FoundDevice): boolean {
  return permission === 'denied';
}

function hasTrouble({ devices, found }: Health): boolean {
  return devices.some(isTrouble) || found.some(isKeptOut);
}

function inWords(health: Health): string {
  const { devices, found, platform } = health;
  const lines: string[] = [];
  for (const device of devices.filter(({ kind }) => kind !== 'network')) {
    const { state, mend } = deviceWords(device, platform);
    const where = device.label || (device.settings ? linkWords(device.settings.link) : '');
    lines.push(
      `${isTrouble(device) ? '!' : ' '} ${[kindName(device.kind), where].filter(Boolean).join(', ')}: ${state}`,
    );
    if (mend !== '') lines.push(`    ${mend}`);
  }
  if (devices.length === 0) lines.push('  No device is set up here.');
  if (found.length > 0) {
    lines.push('', health.source === 'running-till' ? 'Plugged in, not set up:' : 'Plugged in:');
    for (const one of found) {
      lines.push(`${isKeptOut(one) ? '!' : ' '} ${one.name || one.address}: ${kindName(one.kind)}`);
      const words = foundWords(one);
      if (words !== '') lines.push(`    ${words}`);
    }
  }
  const isDenied = found.some(isKeptOut) || devices.some(({ state }) => state === 'no-permission');
  if (isDenied && platform === 'linux') lines.push('', ...accessCommands());
  return `${lines.join('\n')}\n`;
}

/** What lets the till open its devices on Linux, once and for all. */
function accessCommands(): string[] {
  const rules = join(projectFolder, 'resources', 'udev', '60-trestle.rules');
  return [
    'To let the till open its devices, once, then sign out and in again:',
    `  sudo install -m 644 ${rules} /etc/udev/rules.d/`,
    '  sudo udevadm control --reload && sudo udevadm trigger',
    '  sudo usermod -aG plugdev,lp,dialout "$USER"',
  ];
}
