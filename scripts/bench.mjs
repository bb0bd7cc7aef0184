/**
 * Measures every figure beside its limit or peer in the same run.
 *
 *   npm run bench                          a table
 *   npm run bench -- --json                one JSON document on stdout
 *   npm run bench -- --only lookup,search  some of them
 *
 * Each file of bench/ that exports `measure` is one figure or a few; it runs in a process of its own: Electron's main
 * process when it exports `runtime = 'electron'`, else Node.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { ensureDisplay } from './lib/display.mjs';
import { root } from './lib/paths.mjs';
import { explain } from './lib/report.mjs';
import { describeRuntime, resolveRuntime } from './lib/runtime.mjs';

/** @typedef {import('../bench/figure').Figure} Figure */

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });

const folder = join(root, 'bench');
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ id: file.slice(0, -3), source: readFileSync(join(folder, file), 'utf8') }))
  .filter(({ source }) => source.includes('export async function measure'))
  .map(({ id, source }) => ({
    id,
    runtime: source.includes("export const runtime = 'electron'") ? 'electron' : 'node',
  }));

async function bundle() {
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      ssr: true,
      target: 'node20.18',
      outDir: join(root, 'out', 'bench'),
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: {
          ...Object.fromEntries([...benches.map(({ id }) => id), 'run'].map((id) => [id, join(folder, `${id}.ts`)])),
          // Threads are looked for beside what starts them.
          'push-kiosks': join(folder, 'push-kiosks.ts'),
          'phones-crowd': join(folder, 'phones-crowd.ts'),
          'advisor-worker': join(root, 'src', 'main', 'advisor-worker.ts'),
          'import-worker': join(root, 'src', 'main', 'import-worker.ts'),
          'receipt-worker': join(root, 'src', 'hardware', 'encoders', 'receipt-worker.ts'),
        },
        external: ['electron'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  });
}

/**
 * @param {typeof benches[number]} bench
 * @param {ReturnType<typeof resolveRuntime>} runtime
 * @returns {Promise<Figure[]>}
 */
async function perform({ id, runtime: where }, runtime) {
  process.stderr.write(`${id}\n`);
  const scratch = mkdtempSync(join(tmpdir(), `trestle-bench-${id}-`));
  const results = join(scratch, 'figures.json');
  const entry = join(root, 'out', 'bench', 'run.js');
  const [command, args] =
    where === 'electron'
      ? [runtime.executable, [...runtime.args, join(folder, 'electron'), id, results, scratch]]
      : [process.execPath, [entry, id, results, scratch]];
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...runtime.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Chromium's own remarks about a machine without D-Bus or GPU help nobody.
  child.stderr.on('data', (chunk) => process.stderr.write(String(chunk).replace(/^\[\d+:.*\n/gm, '')));
  const code = await new Promise((resolve) => child.on('close', resolve));
  try {
    if (code !== 0) throw new Error(`${id} ended with ${code}.`);
    return JSON.parse(readFileSync(results, 'utf8'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const rounded = (/** @type {number} */ value) => Number(value.toPrecision(3));

function table(/** @type {Figure[]} */ figures) {
  console.table(
    figures.map(({ id, what, value, unit, reference, referenceWhat, ratio, target, pass }) => ({
      id,
      what,
      value: `${rounded(value)} ${unit}`,
      against: `${rounded(reference)} ${unit}, ${referenceWhat}`,
      ratio: `${rounded(ratio)}×`,
      target,
      ok: pass ? 'yes' : 'NO',
    })),
  );
}

try {
  const runtime = resolveRuntime();
  const wanted = options.only?.split(',') ?? benches.map(({ id }) => id);
  const unknown = wanted.filter((id) => !benches.some((bench) => bench.id === id));
  if (unknown.length > 0)
    throw new Error(`No such bench: ${unknown.join(', ')}. There are: ${benches.map(({ id }) => id).join(', ')}`);
  mkdirSync(join(root, 'out', 'bench'), { recursive: true });
  process.stderr.write(`Node ${process.version} · ${describeRuntime(runtime)}\n`);
  await bundle();
  const display = await ensureDisplay();
  /** @type {Figure[]} */
  const figures = [];
  let failed = false;
  for (const bench of benches.filter(({ id }) => wanted.includes(id))) {
    try {
      figures.push(...(await perform(bench, runtime)));
    } catch (error) {
      failed = true;
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    }
  }
  await display.stop();
  if (options.json) console.log(JSON.stringify(figures, null, 2));
  else table(figures);
  process.exitCode = failed || figures.some(({ pass }) => !pass) ? 1 : 0;
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
