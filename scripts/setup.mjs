/**
 * Makes a bare clone ready: system packages, npm packages, an Electron to run, a SQLite that works in it, the build.
 * Called before `start`, `test`, `demo` and `bench`; does nothing, quickly, when nothing has changed.
 *
 * Built with Node alone, because it runs before the first npm package is there.
 *
 *     node scripts/setup.mjs [--for start|test|demo|bench|bench-vm]
 */
import { parseArgs } from 'node:util';
import { ensureBuild } from './lib/build.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { hasDisplay } from './lib/display.mjs';
import { ensureElectron } from './lib/electron.mjs';
import { withLock } from './lib/lock.mjs';
import { cacheFolder } from './lib/paths.mjs';
import { SetupError, explain, say, seconds } from './lib/report.mjs';
import { describeRuntime } from './lib/runtime.mjs';
import { ensureSqlite } from './lib/sqlite.mjs';
import { ensureNetworkTools, ensureSystemPackages, needsFor, purposes } from './lib/system-packages.mjs';

/** The oldest Node that our tools run on. */
const oldestNode = { major: 20, minor: 19 };

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)) return;
  throw new SetupError(
    `Node ${process.version} is too old.`,
    `Install Node ${oldestNode.major}.${oldestNode.minor} or later.`,
  );
}

async function setUp(/** @type {import('./lib/system-packages.mjs').Purpose} */ purpose) {
  await ensureSystemPackages(needsFor(purpose, hasDisplay()));
  if (purpose === 'test') await ensureNetworkTools();
  await ensureDependencies();
  // A shop to try the connector on; the product itself never depends on it.
  if (purpose === 'test') await ensureDependencies('tests/vendure');
  // A peer to measure against and orders to learn from, likewise.
  if (purpose === 'bench') {
    await ensureDependencies('bench/pouchdb');
    await ensureDependencies('bench/superstore');
  }
  const electron = await ensureElectron();
  await ensureSqlite(electron);
  await ensureBuild();
  return electron;
}

// A signal's default is to end without the `exit` event, on which the lock is released and children are stopped.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.once(signal, () => process.exit(1));

try {
  const started = performance.now();
  const { values } = parseArgs({ options: { for: { type: 'string', default: 'start' } } });
  const purpose = purposes.find((known) => known === values.for);
  if (!purpose) throw new SetupError(`There is no set-up for "${values.for}".`, `Say one of ${purposes.join(', ')}.`);
  checkNode();
  const electron = await withLock(cacheFolder, () => setUp(purpose));
  say(`Set up in ${seconds(started)} · ${describeRuntime(electron)}`);
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
