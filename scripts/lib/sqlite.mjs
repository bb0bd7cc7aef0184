import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCached } from './cache.mjs';
import { cacheFolder, notesFolder, root } from './paths.mjs';
import { SetupError, step } from './report.mjs';
import { run, soundsUnreachable, tail } from './run.mjs';
import { compilerNeeds, ensureSystemPackages } from './system-packages.mjs';

/** The Node-API version that better-sqlite3's prebuilt binary asks for. On an older one it crashes the process. */
const prebuiltNeedsNapi = 10;

/**
 * What the source is compiled with for an older Node-API: it keeps references to strings, which Node-API 9 allows to
 * experimental modules only.
 */
const olderNapiDefines = [
  'NAPI_EXPERIMENTAL',
  'NODE_API_EXPERIMENTAL_NO_WARNING',
  'NODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT',
];

const packageFolder = join(root, 'node_modules/better-sqlite3');
const compiledFile = join(packageFolder, 'build/Release/better_sqlite3.node');
const noteFile = join(notesFolder, 'sqlite.json');

/**
 * Whether the prebuilt binary will do, or the source has to be compiled.
 *
 * @param {string[]} napiVersions of every runtime that will load it
 */
export function prebuiltWillDo(napiVersions) {
  return napiVersions.every((version) => Number(version) >= prebuiltNeedsNapi);
}

/** `version` of better-sqlite3 compiled for a Node-API older than the prebuilt's, once per machine. */
async function compiledAddon(/** @type {string} */ version) {
  const name = `better-sqlite3/${version}-${process.platform}-${process.arch}-experimental`;
  const cached = join(cacheFolder, name, 'better_sqlite3.node');
  if (existsSync(cached)) return cached;
  await ensureSystemPackages(compilerNeeds);
  await step(`Compiling better-sqlite3 ${version} for this Node (about a minute)`, () =>
    makeCached(name, async (temporary) => {
      const source = join(temporary, 'source');
      cpSync(packageFolder, source, { recursive: true });
      const recipe = join(source, 'binding.gyp');
      const before = readFileSync(recipe, 'utf8');
      const after = before.replace("'NAPI_VERSION=10'", olderNapiDefines.map((define) => `'${define}'`).join(', '));
      if (after === before)
        throw new Error(`binding.gyp of better-sqlite3 ${version} is not the one we know how to adapt`);
      writeFileSync(recipe, after);

      // Node's own headers where Node was installed with them; else node-gyp fetches them.
      const prefix = dirname(dirname(process.execPath));
      const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
      const outcome = await run(
        process.execPath,
        [join(root, 'node_modules/node-gyp/bin/node-gyp.js'), 'rebuild', '--release', '--force_build=1', ...headers],
        // The copy stands outside `node_modules`, and its recipe asks for node-addon-api.
        { cwd: source, env: { NODE_PATH: join(root, 'node_modules') } },
      );
      if (!outcome.ok) {
        throw soundsUnreachable(outcome.output)
          ? new SetupError(
              'better-sqlite3 has to be compiled, and the headers of this Node cannot be downloaded.',
              'Use a Node that brings its headers (nodejs.org, NodeSource, nvm), or Node 22.14 or later.',
            )
          : new SetupError(
              `better-sqlite3 could not be compiled:\n${tail(outcome.output)}`,
              'Mend what the compiler names above, then try again.',
            );
      }
      const product = join(temporary, 'product');
      mkdirSync(product);
      copyFileSync(join(source, 'build/Release/better_sqlite3.node'), join(product, 'better_sqlite3.node'));
      return product;
    }),
  );
  return cached;
}

/**
 * Sees to it that better-sqlite3 works in every runtime that loads it: this Node and the chosen Electron. Each writes
 * one durable row in a process of its own before we believe it, since a wrong binary does not throw but crashes.
 *
 * @param {import('./runtime.mjs').RuntimeNote} electron
 * @throws {SetupError}
 */
export async function ensureSqlite(electron) {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const prebuilt = prebuiltWillDo([process.versions.napi ?? '0', electron.versions.napi]);
  const state = () =>
    JSON.stringify({
      version,
      node: process.version,
      electron: [electron.executable, electron.versions.electron],
      compiled: existsSync(compiledFile) ? statSync(compiledFile).mtimeMs : null,
    });
  const noted = existsSync(noteFile) ? readFileSync(noteFile, 'utf8') : '';
  if (noted === state()) return;

  // The loader prefers a compiled addon over the prebuilt one.
  if (prebuilt) rmSync(join(packageFolder, 'build'), { recursive: true, force: true });
  else {
    const addon = await compiledAddon(version);
    mkdirSync(dirname(compiledFile), { recursive: true });
    // Removed first: a running till may have the old file mapped.
    rmSync(compiledFile, { force: true });
    copyFileSync(addon, compiledFile);
  }

  const check = join(root, 'scripts/lib/sqlite-check.mjs');
  for (const [name, executable, env] of /** @type {const} */ ([
    [`Node ${process.version}`, process.execPath, {}],
    [`Electron ${electron.versions.electron}`, electron.executable, { ELECTRON_RUN_AS_NODE: '1' }],
  ])) {
    const outcome = await run(executable, [check], { env, timeoutMs: 60_000 });
    if (!outcome.ok) {
      throw new SetupError(
        `better-sqlite3 does not work in ${name} (${outcome.signal ?? `exit ${outcome.code}`}):\n${tail(outcome.output, 8)}`,
        `Delete ${join(cacheFolder, 'better-sqlite3')} and try again.`,
      );
    }
  }
  mkdirSync(notesFolder, { recursive: true });
  writeFileSync(noteFile, state());
}
