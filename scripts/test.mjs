/**
 * Every check of the project, one after the other: format, lint, types, unit and integration tests, market days from seeds,
 * then the real app in Electron and Chromium, then the real drivers on a real kernel. All of them run even when an early one
 * fails; the last line counts the tests.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ensureDisplay } from './lib/display.mjs';
import { notesFolder, root } from './lib/paths.mjs';
import { explain, seconds } from './lib/report.mjs';
import { read, runAttached } from './lib/run.mjs';
import { describeRuntime, resolveRuntime } from './lib/runtime.mjs';

const reports = join(notesFolder, 'reports');

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Count What failed: where, and what it said. */

/** Lines of what a failed test said that tell what it was about. */
const TELLING_LINES = 6;

/** @returns {Count} */
function vitestCount(/** @type {any} */ report) {
  return {
    passed: report.numPassedTests,
    // A file that cannot be loaded fails without a test to count.
    failed: Math.max(report.numFailedTests, report.success ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap((/** @type {any} */ { name, status, message, assertionResults }) => {
      const failed = assertionResults.filter((/** @type {any} */ one) => one.status === 'failed');
      if (failed.length === 0) return status === 'failed' ? [failure(name, '', message)] : [];
      return failed.map((/** @type {any} */ one) => failure(name, one.fullName, one.failureMessages.join('\n')));
    }),
  };
}

function failure(/** @type {string} */ file, /** @type {string} */ title, /** @type {string} */ said) {
  const lines = stripVTControlCharacters(said).split('\n', TELLING_LINES);
  return [`${relative(root, file)}${title && ` › ${title}`}`, ...lines.map((line) => `    ${line}`)].join('\n');
}

/** @returns {Count} */
function playwrightCount(/** @type {any} */ { stats, errors, suites }) {
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    failures: [
      ...errors.map((/** @type {any} */ { message }) => failure('Playwright', '', message ?? '')),
      ...suites.flatMap(playwrightFailures),
    ],
  };
}

/** @returns {string[]} */
function playwrightFailures(/** @type {any} */ { suites = [], specs = [] }) {
  return [
    ...specs.flatMap((/** @type {any} */ { ok, file, title, tests }) => {
      if (ok) return [];
      const { error } = tests.at(-1).results.at(-1) ?? {};
      return [failure(join(root, 'tests', 'e2e', file), title, error?.message ?? '')];
    }),
    ...suites.flatMap(playwrightFailures),
  ];
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
  let counted = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    if (count) counted = count(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The runner died before it could report.
    counted = { passed: 0, failed: 1, skipped: 0, failures: [`${name}: no report`] };
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
  const total = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    results.reduce((sum, { counted }) => sum + counted[key], 0);
  // Once more at the end, where somebody who sees only that will find it.
  const failures = results.flatMap(({ counted }) => counted.failures);
  if (failures.length > 0) console.log(`\n── what failed ──\n${failures.join('\n')}`);
  console.log(`\n${results.map(({ line }) => line).join(' · ')}`);
  console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
