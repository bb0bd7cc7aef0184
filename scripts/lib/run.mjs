import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * @typedef {{ ok: boolean, code: number | null, signal: string | null, output: string }} Outcome `output` is stdout and
 *   stderr together, as they came.
 */

/**
 * Runs a command to its end without blocking, and keeps what it printed for the error message.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // What was started ends with us, also when we are stopped half-way.
    const kill = () => child.kill();
    process.once('exit', kill);
    const end = (/** @type {Outcome} */ outcome) => {
      process.off('exit', kill);
      resolve(outcome);
    };
    child.on('error', (error) => end({ ok: false, code: null, signal: null, output: error.message }));
    child.on('close', (code, signal) => end({ ok: code === 0, code, signal, output }));
  });
}

/**
 * The trimmed stdout of a short command, or null when it is not there or fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {string | null}
 */
export function read(command, args, { env } = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  return result.status === 0 ? result.stdout.trim() : null;
}

/**
 * Runs a command that talks to the person itself.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<number>} the exit code; 1 when a signal ended it
 */
export function runAttached(command, args, { env, cwd } = {}) {
  return ended(spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' }));
}

/**
 * Runs a command beside others: what it prints comes line by line, each with its name before it.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<number>} the exit code; 1 when a signal ended it
 */
export function runBeside(name, command, args, { env, cwd } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => console.log(`${name} │ ${line}`));
  }
  return ended(child);
}

/**
 * Waits for a child, and passes on the signals that end this process.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
function ended(child) {
  return new Promise((resolve, reject) => {
    // Ctrl+C reaches the child too, through the terminal; only a signal sent to this process alone has to be passed on.
    const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    process.on('SIGTERM', forward);
    process.on('SIGINT', forward);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGTERM', forward);
      process.off('SIGINT', forward);
      resolve(code ?? 1);
    });
  });
}

/** The last lines of what a failed command printed. */
export function tail(/** @type {string} */ output, lines = 20) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Whether a failed command's words say that the network, not the command, was the trouble. */
export function soundsUnreachable(/** @type {string} */ output) {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|Temporary failure resolving|Could not connect|Could not resolve|Network is unreachable/i.test(
    output,
  );
}
