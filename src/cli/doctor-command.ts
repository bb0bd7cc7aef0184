import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { readDoor } from '../main/door-note';
import { projectFolder } from '../main/project-folder';
import type { DeviceStatusView, FoundDevice } from '../shared/contract';
import { deviceWords, foundWords, kindName, linkWords } from '../shared/device-words';
import { lookOurselves } from './doctor/own-look';
import { TRIALS, type Devices, type Patient, type Trial, type Tried } from './doctor/patient';
import { askRunningTill } from './doctor/running-till';

interface DoctorFlags {
  readonly data?: string;
  readonly json?: true;
  readonly try?: readonly Trial[];
  readonly report?: string;
}

type Health = Devices & { readonly source: Patient['source']; readonly tried: readonly Tried[] };

/** What a person is to do for a trial, or is told before it. */
const BIDDINGS: Readonly<Partial<Record<Trial, string>>> = {
  scan: 'Scan something now.',
  scale: 'Weighing what lies on the scale.',
};

/** Adds `trestle doctor`. */
export function registerDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'say which devices are set up and plugged in, what is wrong and how to mend it; exits 1 when something is',
    )
    .option('--data <folder>', 'data folder of the till; without it, only what is plugged in')
    .addOption(
      new Option(
        '--try <what...>',
        'print a test page, open the drawer, greet on the display, wait for a scan, weigh',
      ).choices([...TRIALS]),
    )
    .option('--report <file>', 'write a report for support there; it names devices, and no person')
    .option('--json', 'print the findings as JSON')
    .action(async ({ data, json, try: trials = [], report }: DoctorFlags) => {
      const patient = await reach(data === undefined ? null : resolve(data));
      try {
        const tried: Tried[] = [];
        for (const trial of trials) {
          const bidding = BIDDINGS[trial];
          if (bidding !== undefined) process.stderr.write(`${bidding}\n`);
          tried.push({ trial, ...(await patient.attempt(trial)) });
        }
        if (report !== undefined) writeFileSync(report, (await patient.report()).text);
        const health: Health = { ...patient.devices, source: patient.source, tried };
        if (hasTrouble(health)) process.exitCode = 1;
        process.stdout.write(json ? `${JSON.stringify(health, null, 2)}\n` : inWords(health));
      } finally {
        await patient.close();
      }
    });
}

/** Through the till that runs on the folder; where none runs, by opening what is set up there for a moment. */
async function reach(dataDir: string | null): Promise<Patient> {
  const door = dataDir === null ? null : readDoor(dataDir);
  return (door && (await askRunningTill(door))) ?? lookOurselves(dataDir);
}

function isTrouble({ kind, state }: DeviceStatusView): boolean {
  return kind !== 'network' && ['absent', 'faulted', 'no-permission'].includes(state);
}

function isKeptOut({ permission }: FoundDevice): boolean {
  return permission === 'denied';
}

function hasTrouble({ devices, found, tried }: Health): boolean {
  return devices.some(isTrouble) || found.some(isKeptOut) || tried.some(({ isFine }) => !isFine);
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
  if (health.tried.length > 0) {
    lines.push('', 'Tried:', ...health.tried.map(({ isFine, said }) => `${isFine ? ' ' : '!'} ${said}`));
    if (health.source === 'own-look' && health.tried.some(({ trial }) => trial === 'drawer')) {
      lines.push('    No till runs on this folder, so its journal does not know of the opening.');
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
