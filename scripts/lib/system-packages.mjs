import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError, say, step } from './report.mjs';
import { read, run, soundsUnreachable, tail } from './run.mjs';

/**
 * What the operating system has to bring: a shared library or a command, and the Debian package that holds it. Looking
 * for the thing itself rather than for the package also works where a distribution names its packages differently.
 *
 * @typedef {{ library: string, debianPackage: string } | { command: string, debianPackage: string }} Need
 */

/** @type {Need[]} */
const electronNeeds = [
  { library: 'libgtk-3.so.0', debianPackage: 'libgtk-3-0' },
  { library: 'libnss3.so', debianPackage: 'libnss3' },
  { library: 'libasound.so.2', debianPackage: 'libasound2' },
  { library: 'libgbm.so.1', debianPackage: 'libgbm1' },
  // What node-hid is linked against.
  { library: 'libusb-1.0.so.0', debianPackage: 'libusb-1.0-0' },
  { library: 'libudev.so.1', debianPackage: 'libudev1' },
];
/** @type {Need} */
const virtualDisplay = { command: 'Xvfb', debianPackage: 'xvfb' };
/** @type {Need[]} */
const testNeeds = [
  { command: 'chromium', debianPackage: 'chromium' },
  { command: 'zbarimg', debianPackage: 'zbar-tools' },
  { command: 'pdftoppm', debianPackage: 'poppler-utils' },
];
/**
 * What the tests of cut networks are made with. Only root may make networks; without them these tests are skipped and say so.
 *
 * @type {Need[]}
 */
const networkNeeds = [
  { command: 'ip', debianPackage: 'iproute2' },
  { command: 'nft', debianPackage: 'nftables' },
];
/** @type {Need[]} */
export const compilerNeeds = [
  { command: 'g++', debianPackage: 'g++' },
  { command: 'make', debianPackage: 'make' },
  { command: 'python3', debianPackage: 'python3' },
];

/** What set-up can be for. */
export const purposes = /** @type {const} */ (['start', 'test', 'demo', 'bench', 'bench-vm']);
/** @typedef {(typeof purposes)[number]} Purpose */

/**
 * What a purpose needs of the system: whatever draws gets a display of its own where there is none.
 *
 * @param {Purpose} purpose
 * @param {boolean} hasDisplay
 * @returns {Need[]}
 */
export function needsFor(purpose, hasDisplay) {
  const draws = purpose !== 'bench-vm';
  return [
    ...electronNeeds,
    ...(draws && !hasDisplay ? [virtualDisplay] : []),
    ...(purpose === 'test' ? testNeeds : []),
  ];
}

/**
 * @param {Need[]} needs
 * @param {{ libraries: Set<string>, hasCommand: (name: string) => boolean }} system
 * @returns {Need[]} those that are missing
 */
export function missingNeeds(needs, system) {
  return needs.filter((need) =>
    'library' in need ? !system.libraries.has(need.library) : !system.hasCommand(need.command),
  );
}

/** Whether this machine installs packages with apt. */
function usesApt() {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

function hasCommand(/** @type {string} */ name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

function installedLibraries() {
  // ldconfig stands in /sbin, which is not on every user's PATH.
  const listing = read('/sbin/ldconfig', ['-p']) ?? '';
  return new Set(listing.split('\n').map((line) => line.trim().split(' ')[0] ?? ''));
}

/** What stands before a command that installs: nothing for root, `sudo` where it asks no password, else null. */
function privilege() {
  if (process.getuid?.() === 0) return [];
  return read('sudo', ['-n', 'true']) === null ? null : ['sudo', '-n'];
}

/**
 * Sees to it that the system brings what is needed: installs it on Debian and its kin where we may, else says what to
 * install.
 *
 * @param {Need[]} needs
 * @throws {SetupError} with the one command to run
 */
export async function ensureSystemPackages(needs) {
  if (process.platform !== 'linux') return;
  const missing = missingNeeds(needs, { libraries: installedLibraries(), hasCommand });
  if (missing.length === 0) return;
  const packages = missing.map((need) => need.debianPackage);
  if (!usesApt()) {
    throw new SetupError(
      `This system lacks ${missing.map((need) => ('library' in need ? need.library : need.command)).join(', ')}.`,
      `Install what Debian calls ${packages.join(', ')} with your package manager, then run the command again.`,
    );
  }
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const byHand = `sudo apt-get update && sudo ${install.join(' ')}`;
  const prefix = privilege();
  if (prefix === null) {
    throw new SetupError(
      `System packages are missing: ${packages.join(', ')}.`,
      `Run this, then try again:\n${byHand}`,
    );
  }
  await step(`Installing system packages: ${packages.join(' ')}`, async () => {
    for (const command of [['apt-get', 'update'], install]) {
      const [program = '', ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
      const outcome = await run(program, [...args, '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=2']);
      // `update` says yes even when no list could be fetched; then `install` has the last word.
      if (outcome.ok) continue;
      throw soundsUnreachable(outcome.output)
        ? new SetupError(
            "Debian's package servers cannot be reached.",
            `Check the network, then try again; or on a connected machine run: ${byHand}`,
          )
        : new SetupError(`apt could not install ${packages.join(', ')}:\n${tail(outcome.output, 8)}`, `Run: ${byHand}`);
    }
  });
}

/** Installs what tests of cut networks need, where that is possible; what cannot be had is missed by nothing else. */
export async function ensureNetworkTools() {
  if (process.getuid?.() !== 0) return;
  try {
    await ensureSystemPackages(networkNeeds);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`  ${error.message} Tests that cut real networks will be skipped.`);
  }
}
