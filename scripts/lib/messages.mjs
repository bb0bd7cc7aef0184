import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { SetupError } from './report.mjs';
import { run, tail } from './run.mjs';

const messages = join(root, 'messages');
const settings = join(root, 'project.inlang/settings.json');
const compiled = join(root, 'src/shared/i18n/generated');

/**
 * Compiles messages/*.json into typed functions, which the screens and the receipts share, when they are not there or
 * older than the messages. For the build, the type check and the tests alike.
 *
 * The locale is a setting of the stall, so it is set by the window at start and never guessed from a browser or kept in
 * a cookie.
 *
 * @throws {SetupError}
 */
export async function ensureMessages() {
  const product = join(compiled, 'messages.d.ts');
  const sources = [settings, ...readdirSync(messages).map((file) => join(messages, file))];
  if (existsSync(product)) {
    const madeAt = statSync(product).mtimeMs;
    if (sources.every((file) => statSync(file).mtimeMs < madeAt)) return;
  }
  // In a process of its own: the compiler leaves timers behind that keep a process alive for half a minute.
  const outcome = await run(
    process.execPath,
    [
      join(root, 'node_modules/@inlang/paraglide-js/bin/run.js'),
      'compile',
      ...['--project', join(root, 'project.inlang')],
      ...['--outdir', compiled],
      ...['--strategy', 'globalVariable', 'baseLocale'],
      // Declarations keep the type check of every layer out of the compiled code, which names what only a browser has.
      '--emit-ts-declarations',
      // One module for each language, so that a window can load one alone.
      ...['--output-structure', 'locale-modules'],
      '--silent',
    ],
    { cwd: root },
  );
  if (!outcome.ok)
    throw new SetupError(`The messages do not compile:\n${tail(outcome.output)}`, 'Mend messages/*.json.');
}
