import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOptions } from '../../scripts/lib/messages.mjs';

/** Makes the typed message functions, which sources import and no build may have made yet. */
export default function compileMessages(): void {
  const { project, outdir, strategy } = messageOptions;
  const compiled = join(outdir, 'messages.js');
  const newest = Math.max(...readdirSync('messages').map((file) => statSync(join('messages', file)).mtimeMs));
  if (existsSync(compiled) && statSync(compiled).mtimeMs > newest) return;
  // In a process of its own: the compiler leaves a watcher behind that would keep the test run alive.
  execFileSync(
    process.execPath,
    [
      'node_modules/@inlang/paraglide-js/bin/run.js',
      'compile',
      ...['--project', project],
      ...['--outdir', outdir],
      ...['--strategy', ...strategy],
      '--silent',
    ],
    { stdio: 'inherit' },
  );
}
