/**
 * What set-up says. Everything goes to stderr: stdout belongs to the command that follows (`npm run bench -- --json`).
 */

/** A problem that a person can mend; `mend` says how. Shown without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message what is wrong
   * @param {string} mend what to do about it
   */
  constructor(message, mend) {
    super(message);
    this.name = 'SetupError';
    this.mend = mend;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {number} sinceMs a `performance.now()` reading */
export function seconds(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** How often a long step shows that it is alive. */
const heartbeatMs = 10_000;

/**
 * Runs one step that takes time, with a line before, a sign of life during and a line after.
 *
 * @template T
 * @param {string} title
 * @param {(progress: (text: string) => void) => Promise<T>} work may report how far it is; shown with the next sign of life
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now();
  let progress = '';
  say(`• ${title} …`);
  const heartbeat = setInterval(() => say(`  … ${seconds(started)}${progress && `, ${progress}`}`), heartbeatMs);
  try {
    const result = await work((text) => {
      progress = text;
    });
    say(`  done in ${seconds(started)}`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Prints a failure as one message that names the mend; anything unexpected keeps its stack.
 *
 * @param {unknown} error
 */
export function explain(error) {
  if (error instanceof SetupError) say(`\n✗ ${error.message}\n  ${error.mend.replaceAll('\n', '\n  ')}\n`);
  else say(`\n✗ ${error instanceof Error ? error.stack : String(error)}\n`);
}
