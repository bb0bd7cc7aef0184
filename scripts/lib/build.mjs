import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureMessages } from './messages.mjs';
import { notesFolder, root } from './paths.mjs';
import { SetupError, step } from './report.mjs';
import { run, tail } from './run.mjs';

/** Everything the bundles are made from. */
const inputs = [
  'src',
  'messages',
  'project.inlang/settings.json',
  'electron.vite.config.ts',
  'svelte.config.js',
  'scripts/lib/messages.mjs',
  'scripts/lib/window-messages.mjs',
  'package.json',
  'package-lock.json',
];
/** Compiled from the messages by the build itself. */
const generated = join('src', 'shared', 'i18n', 'generated');

const noteFile = join(notesFolder, 'build.txt');

/** @returns {string} a digest of the names and contents of all inputs */
function inputsDigest() {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const paths = input.includes('.')
      ? [input]
      : readdirSync(join(root, input), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
          .filter((path) => !path.startsWith(generated))
          .sort();
    for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/**
 * Builds the app into `out/` when anything it is made from has changed since the last time.
 *
 * @throws {SetupError}
 */
export async function ensureBuild() {
  const digest = inputsDigest();
  const built = ['main/index.js', 'main/trestle.js', 'renderer/till/index.html'].every((file) =>
    existsSync(join(root, 'out', file)),
  );
  if (built && existsSync(noteFile) && readFileSync(noteFile, 'utf8') === digest) return;
  await step('Building the app', async () => {
    await ensureMessages();
    const outcome = await run(process.execPath, ['node_modules/electron-vite/bin/electron-vite.js', 'build'], {
      cwd: root,
      env: { NO_COLOR: '1' },
    });
    if (!outcome.ok)
      throw new SetupError(
        `The build failed:\n${tail(outcome.output, 30)}`,
        'Mend the source named above, then try again.',
      );
  });
  mkdirSync(notesFolder, { recursive: true });
  writeFileSync(noteFile, digest);
}
