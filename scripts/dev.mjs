/**
 * Starts the till from source, with hot reload.
 */
import { join } from 'node:path';
import { ensureDisplay } from './lib/display.mjs';
import { ensureMessages } from './lib/messages.mjs';
import { root } from './lib/paths.mjs';
import { explain } from './lib/report.mjs';
import { runAttached } from './lib/run.mjs';
import { resolveRuntime } from './lib/runtime.mjs';

try {
  const { executable, args, env } = resolveRuntime();
  await ensureMessages();
  const display = await ensureDisplay();
  process.exitCode = await runAttached(
    process.execPath,
    [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'dev', '--', ...args, ...process.argv.slice(2)],
    { cwd: root, env: { ...env, ELECTRON_EXEC_PATH: executable } },
  );
  await display.stop();
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
