/**
 * Every check of the project: format, lint, types, unit and integration tests, market days from seeds, the real app in
 * Electron and Chromium, the real drivers on a real kernel. Those that use one core run two at a time. All of them run even
 * when an early one fails. Where windows, processes and servers are real, what failed is tried once more, and named at the end if it passed
 * then; the last line counts the tests, each once.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { notesFolder, root } from './lib/paths.mjs';
import { explain, seconds } from './lib/report.mjs';
import { read, runBeside } from './lib/run.mjs';
import { describeRuntime, resolveRuntime } from './lib/runtime.mjs';

const reports = join(notesFolder, 'reports');

/**
 * @typedef {{ file: string, title: string, said: string }} Failure What failed, and what it said. No title: all of the file.
 * @typedef {{ passed: number, failed: Failure[], skipped: number, again: Failure[] }} Count `again` holds those of the passed
 *   that passed only when they were tried again, with what they said first.
 * @typedef {(report: any, second?: any) => Count} Counter Counts one run, or one and the second of the files that failed in it.
 */

/** Lines of what a failed test said that tell what it was about. */
const TELLING_LINES = 6;

/** @returns {Failure[]} */
function vitestFailures(/** @type {any} */ { name, status, message, assertionResults }) {
  const failed = assertionResults.filter((/** @type {any} */ one) => one.status === 'failed');
  // A file whose set-up failed, or that cannot be loaded, fails without a test to count.
  if (failed.length === 0) return status === 'failed' ? [{ file: name, title: '', said: message }] : [];
  return failed.map((/** @type {any} */ { fullName, failureMessages }) => ({
    file: name,
    title: fullName,
    said: failureMessages.join('\n'),
  }));
}

/** @type {Counter} */
function vitestCount(first, second = { testResults: [] }) {
  const isSecond = (/** @type {any} */ { name }) =>
    second.testResults.some((/** @type {any} */ one) => one.name === name);
  const files = [...first.testResults.filter((/** @type {any} */ one) => !isSecond(one)), ...second.testResults];
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = files.flatMap(vitestFailures);
  const passed = tests.filter(({ status }) => status === 'passed');
  return {
    passed: passed.length,
    failed,
    skipped: tests.filter(({ status }) => status !== 'passed' && status !== 'failed').length,
    again: first.testResults
      .filter(isSecond)
      .flatMap(vitestFailures)
      .filter(
        (/** @type {Failure} */ { file, title }) =>
          !failed.some((one) => one.file === file && (one.title === title || one.title === '' || title === '')),
      ),
  };
}

/** @type {Counter} */
function playwrightCount({ stats, errors, suites }) {
  const specs = suites.flatMap(playwrightSpecs);
  /** @returns {Failure[]} what tests of a status said when they failed for the first time */
  const saidBy = (/** @type {string} */ status) =>
    specs.flatMap((/** @type {any} */ { file, title, tests }) =>
      tests
        .filter((/** @type {any} */ test) => test.status === status)
        .map((/** @type {any} */ { projectName, results }) => ({
          file: join('tests', 'e2e', file),
          title: `${title} (${projectName})`,
          said: results.find((/** @type {any} */ { error }) => error)?.error.message ?? '',
        })),
    );
  return {
    passed: stats.expected + stats.flaky,
    failed: [
      ...errors.map((/** @type {any} */ { message = '' }) => ({ file: 'Playwright', title: '', said: message })),
      ...saidBy('unexpected'),
    ],
    skipped: stats.skipped,
    again: saidBy('flaky'),
  };
}

/** @returns {any[]} */
function playwrightSpecs(/** @type {any} */ { suites = [], specs = [] }) {
  return [...specs, ...suites.flatMap(playwrightSpecs)];
}

/** @returns {string} */
function told(/** @type {Failure} */ { file, title, said }) {
  const lines = stripVTControlCharacters(said).split('\n', TELLING_LINES);
  const name = isAbsolute(file) ? relative(root, file) : file;
  return [`${name}${title && ` › ${title}`}`, ...lines.map((line) => `    ${line}`)].join('\n');
}

const vitest = (/** @type {string} */ project) => ({
  command: ['vitest/vitest.mjs', 'run', '--project', project, '--reporter=default', '--reporter=json'],
  report: (/** @type {string} */ file) => ({ args: [`--outputFile.json=${file}`], env: {} }),
  count: vitestCount,
});

const playwright = (/** @type {string} */ project) => ({
  command: [
    ...['@playwright/test/cli.js', 'test', `--project=${project}`, '--reporter=list,json', '--retries=1'],
    // Each project empties its own when it begins.
    ...['--output', join('test-results', project)],
  ],
  report: (/** @type {string} */ file) => ({ args: [], env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file } }),
  count: playwrightCount,
});

/** @type {Record<string, Step>} in the order they begin; `cores` is how many of them one uses, or must not share. */
const steps = {
  types: { cores: 2, command: ['../scripts/types.mjs'] },
  unit: { cores: 2, ...vitest('unit') },
  lint: { cores: 1, command: ['eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  // Its files start processes and servers of their own, so that whole files are tried again, in processes of their own.
  integration: { cores: 1, ...vitest('integration'), isTriedAgain: true },
  format: { cores: 1, command: ['prettier/bin/prettier.cjs', '--check', '.'] },
  chromium: { cores: 1, ...playwright('chromium') },
  electron: { cores: 1, ...playwright('electron') },
  simulation: { cores: 2, ...vitest('simulation') },
  // Drivers wait in real time for answers of a machine that is slow enough by itself.
  'kernel bench': {
    cores: 2,
    command: ['../scripts/test-bench.mjs'],
    report: (/** @type {string} */ file) => ({ args: ['--report', file], env: {} }),
    count: vitestCount,
  },
};

/** What the gate is made for. */
const CORES = 2;

/**
 * @typedef {object} Step
 * @property {number} cores
 * @property {string[]} command
 * @property {ReturnType<typeof vitest>['report']} [report]
 * @property {Counter} [count]
 * @property {boolean} [isTriedAgain] whether files that failed are run a second time
 */

/**
 * @param {string} name
 * @param {Step} step
 * @param {NodeJS.ProcessEnv} env
 */
async function perform(name, { command: [script = '', ...args], report, count, isTriedAgain = false }, env) {
  console.log(`── ${name} begins ──`);
  const started = performance.now();
  /** @returns {Promise<{ code: number, reported: any }>} */
  const attempt = async (/** @type {string} */ title, /** @type {string[]} */ files) => {
    const file = join(reports, `${title.replaceAll(' ', '-')}.json`);
    const reporting = report?.(file) ?? { args: [], env: {} };
    const all = [join(root, 'node_modules', script), ...args, ...reporting.args, ...files];
    const code = await runBeside(name, process.execPath, all, { cwd: root, env: { ...env, ...reporting.env } });
    return { code, reported: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null };
  };
  let { code, reported } = await attempt(name, []);
  /** @type {Count} */
  let counted = { passed: 0, failed: [], skipped: 0, again: [] };
  if (count) {
    // Without a report the runner died.
    if (reported) counted = count(reported);
    else counted.failed = [{ file: name, title: '', said: 'no report' }];
  }
  if (isTriedAgain && count && reported && counted.failed.length > 0) {
    const files = [...new Set(counted.failed.map(({ file }) => file))];
    console.log(`── ${name}: what failed is tried again ──`);
    const second = await attempt(`${name} again`, files);
    code = second.code;
    if (second.reported) counted = count(reported, second.reported);
  }
  const line = `${name} ${code === 0 ? 'ok' : 'FAILED'} (${seconds(started)})`;
  console.log(`── ${line} ──`);
  return { line, ok: code === 0, counted };
}

/** Begins each step, in their order, as soon as enough cores are free. @returns what became of them, in the same order */
async function performAll(/** @type {NodeJS.ProcessEnv} */ env) {
  /** @type {Set<Promise<unknown>>} */
  const running = new Set();
  let free = CORES;
  const all = [];
  for (const [name, step] of Object.entries(steps)) {
    while (free < step.cores) await Promise.race(running);
    free -= step.cores;
    const performed = perform(name, step, env);
    const ended = performed.finally(() => {
      free += step.cores;
      running.delete(ended);
    });
    running.add(ended);
    all.push(performed);
  }
  return Promise.all(all);
}

try {
  const runtime = resolveRuntime();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  console.log(
    `Node ${process.version} · ${describeRuntime(runtime)} · ${read('chromium', ['--version']) ?? 'no Chromium'}`,
  );
  const results = await performAll(runtime.env);
  const counts = results.map(({ counted }) => counted);
  const failed = counts.flatMap((count) => count.failed);
  const again = counts.flatMap((count) => count.again);
  // Once more at the end, where somebody who sees only that will find it.
  if (again.length > 0) console.log(`\n── passed only when tried again ──\n${again.map(told).join('\n')}`);
  if (failed.length > 0) console.log(`\n── what failed ──\n${failed.map(told).join('\n')}`);
  console.log(`\n${results.map(({ line }) => line).join(' · ')}`);
  const total = (/** @type {'passed' | 'skipped'} */ key) => counts.reduce((sum, count) => sum + count[key], 0);
  console.log(`${total('passed')} passed, ${failed.length} failed, ${total('skipped')} skipped`);
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
