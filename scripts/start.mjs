/**
 * Starts the till. Arguments are passed on to it.
 */
import { ensureDisplay } from './lib/display.mjs';
import { root } from './lib/paths.mjs';
import { explain, say } from './lib/report.mjs';
import { runAttached } from './lib/run.mjs';
import { resolveRuntime } from './lib/runtime.mjs';

try {
  const { executable, args, env } = resolveRuntime();
  const display = await ensureDisplay();
  if (display.isVirtual)
    say('There is no display here: the till draws on a virtual one. Use it in a browser, at the address below.');
  if (args.includes('--no-sandbox'))
    say("Running as root: Chromium's sandbox is off (--no-sandbox). A stall runs the till as an ordinary user.");
  // A virtual display has no desktop behind it, and Chromium would complain about its missing bus line after line.
  const quiet = display.isVirtual ? ['--log-level=3'] : [];
  // Who names no data folder wants to look round; one's own stall is set up in a folder of one's own.
  const given = process.argv.slice(2);
  const demo = given.some((flag) => flag.startsWith('--data')) ? [] : ['--demo'];
  process.exitCode = await runAttached(executable, [...args, ...quiet, root, ...demo, ...given], { env });
  await display.stop();
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
