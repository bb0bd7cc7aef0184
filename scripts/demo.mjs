/**
 * Plays a market morning through the real till and leaves `out/demo/index.html`.
 *
 *   npm run demo                  another morning each time
 *   npm run demo -- --seed 7      the same morning again
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { ensureDisplay } from './lib/display.mjs';
import { root } from './lib/paths.mjs';
import { SetupError, explain } from './lib/report.mjs';
import { describeRuntime, resolveRuntime } from './lib/runtime.mjs';

const bundleFolder = join(root, 'out', 'demo-program');

async function bundle() {
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      ssr: true,
      target: 'node20',
      outDir: bundleFolder,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: { run: join(root, 'demo', 'run.ts') },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  });
}

try {
  const { values } = parseArgs({ options: { seed: { type: 'string' } } });
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new SetupError('A seed is a whole number.', 'Run: npm run demo -- --seed 7');
  const runtime = resolveRuntime();
  await bundle();
  const display = await ensureDisplay();
  /** @type {typeof import('../demo/run')} */
  const { playDemo } = await import(pathToFileURL(join(bundleFolder, 'run.js')).href);
  try {
    const went = await playDemo({
      root,
      folder: join(root, 'out', 'demo'),
      runtime: { ...runtime, description: describeRuntime(runtime) },
      seed,
    });
    process.exitCode = went ? 0 : 1;
  } finally {
    await display.stop();
  }
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
