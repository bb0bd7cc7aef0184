import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Nobody tells of plugs any more, as on a system without udev. */
export async function stopUdev(): Promise<void> {
  await run('udevadm', ['control', '--exit']);
  rmSync('/run/udev/control', { force: true });
}

export async function startUdev(): Promise<void> {
  await run('/lib/systemd/systemd-udevd', ['--daemon']);
}

/** Waits until udev has seen to everything the kernel told it. */
export async function udevSettled(): Promise<void> {
  await run('udevadm', ['settle', '--timeout=30']);
}

export async function reloadUdevRules(): Promise<void> {
  await run('udevadm', ['control', '--reload']);
}
