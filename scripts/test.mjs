/**
 * Every check of the project, one after the other: format, lint, types, unit and integration tests, market days from seeds,
 * then the real app in Electron and Chromium, then the real drivers on a real kernel. All of them run even when an early one
 * fails; the last line counts the tests.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDisplay } from './lib/display.mjs';
import { notesFolder, root } from './lib/paths.mjs';
import { explain, seconds } from './lib/report.mjs';
import { read, runAttached } from './lib/run.mjs';
import { describeRuntime, resolveRuntime } from './lib/runtime.mjs';

const reports = join(notesFolder, 'reports');

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

/** @returns {Count} */
function vitestCount(/** @type {any} */ report) {
  return {
    passed: report.numPassedTests,
    // A file that cannot be loaded fails without a test to count.
    failed: Math.max(report.numFailedTests, report.success ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @returns {Count} */
function playwrightCount(/** @type {any} */ { stats, errors }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length, skipped: stats.skipped };
}

const vitest = (/** @type {string} */ project) => ({
  command: ['vitest/vitest.mjs', 'run', '--project', project, '--reporter=default', '--reporter=json'],
  report: (/** @type {string} */ file) => ({ args: [`--outputFile.json=${file}`], env: {} }),
  count: vitestCount,
});

const steps = {
  format: { command: ['prettier/bin/prettier.cjs', '--check', '.'] },
  lint: { command: ['eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  types: { command: ['../scripts/types.mjs'] },
  unit: vitest('unit'),
  integration: vitest('integration'),
  simulation: vitest('simulation'),
  'end to end': {
    command: ['@playwright/test/cli.js', 'test', '--reporter=list,json'],
    report: (/** @type {string} */ file) => ({ args: [], env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file } }),
    count: playwrightCount,
  },
  'kernel bench': {
    command: ['../scripts/test-bench.mjs'],
    report: (/** @type {string} */ file) => ({ args: ['--report', file], env: {} }),
    count: vitestCount,
  },
};

/**
 * @param {string} name
 * @param {{ command: string[], report?: ReturnType<typeof vitest>['report'], count?: (report: any) => Count }} step
 * @param {NodeJS.ProcessEnv} env
 */
async function perform(name, { command: [script = '', ...args], report, count }, env) {
  console.log(`\n── ${name} ──`);
  const started = performance.now();
  const file = join(reports, `${name.replaceAll(' ', '-')}.json`);
  const reporting = report?.(file) ?? { args: [], env: {} };
  const code = await runAttached(process.execPath, [join(root, 'node_modules', script), ...args, ...reporting.args], {
    cwd: root,
    env: { ...env, ...reporting.env },
  });
  /** @type {Count} */
  let counted = { passed: 0, failed: 0, skipped: 0 };
  try {
    if (count) counted = count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The runner died before it could report.
    counted.failed = 1;
  }
  return { line: `${name} ${code === 0 ? 'ok' : 'FAILED'} (${seconds(started)})`, ok: code === 0, counted };
}

try {
  const runtime = resolveRuntime();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const display = await ensureDisplay();
  console.log(
    `Node ${process.version} · ${describeRuntime(runtime)} · ${read('chromium', ['--version']) ?? 'no Chromium'}`,
  );
  /** @type {Awaited<ReturnType<typeof perform>>[]} */
  const results = [];
  for (const [name, step] of Object.entries(steps)) results.push(await perform(name, step, runtime.env));
  await display.stop();
  const total = (/** @type {keyof Count} */ key) => results.reduce((sum, { counted }) => sum + counted[key], 0);
  console.log(`\n${results.map(({ line }) => line).join(' · ')}`);
  console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
