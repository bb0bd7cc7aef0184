import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { SetupError, step } from './report.mjs';
import { run, soundsUnreachable, tail } from './run.mjs';

/** A registry that has not answered by then is taken to be out of reach. */
const pingMs = 30_000;

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean, link?: boolean }> }} Lockfile */

/**
 * Whether the installed packages are those of the lockfile. npm keeps its own list of what it installed inside
 * `node_modules`; an optional package may be missing there, because it is for another platform.
 *
 * @param {Lockfile} wanted package-lock.json
 * @param {Lockfile | null} installed node_modules/.package-lock.json, null when there is none
 */
export function isInstalled(wanted, installed) {
  if (installed === null) return false;
  return Object.entries(wanted.packages).every(([path, { version, optional, link }]) => {
    if (path === '' || link) return true;
    const found = installed.packages[path];
    return found ? found.version === version : optional === true;
  });
}

/** @returns {Lockfile | null} */
function readLockfile(/** @type {string} */ path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Installs the npm packages of a lockfile when `node_modules` beside it holds others or none.
 *
 * @param {string} folder of the lockfile, from the root of the project
 * @throws {SetupError}
 */
export async function ensureDependencies(folder = '.') {
  const lockfile = join(folder, 'package-lock.json');
  const cwd = join(root, folder);
  const wanted = readLockfile(lockfile);
  if (wanted === null) {
    throw new SetupError(`${lockfile} is missing or damaged.`, `Restore it: git checkout ${lockfile}`);
  }
  if (isInstalled(wanted, readLockfile(join(folder, 'node_modules/.package-lock.json')))) return;
  const place = folder === '.' ? '' : ` for ${folder}`;
  await step(`Installing ${Object.keys(wanted.packages).length - 1} npm packages${place}`, async () => {
    // No package of ours needs its install script; what Electron and SQLite need is done below, with checks.
    // The log level keeps back the engine warnings of Electron's downloader, which wants a newer Node than we ask for.
    const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    // Asked first, because `npm ci` tries every package for minutes before it gives up. Without a network npm's own
    // cache may still hold them all.
    const ping = await run('npm', ['ping', '--fetch-retries=1', '--fetch-retry-mintimeout=2000', '--loglevel=error'], {
      cwd,
      timeoutMs: pingMs,
    });
    const isOffline = ping.signal !== null || soundsUnreachable(ping.output);
    const outcome = await run('npm', isOffline ? [...install, '--offline'] : install, { cwd });
    if (outcome.ok) return;
    throw isOffline || soundsUnreachable(outcome.output)
      ? new SetupError(
          'The npm registry cannot be reached.',
          'Check the network or `npm config get registry`, then try again.',
        )
      : new SetupError(`npm ci failed:\n${tail(outcome.output)}`, 'Mend what npm names above, then try again.');
  });
}
