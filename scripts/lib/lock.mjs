import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './report.mjs';

/** @returns {number | null} the process that holds the lock, or null when that process is gone */
function holderOf(/** @type {string} */ file) {
  let pid;
  try {
    pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM' && pid ? pid : null;
  }
}

/**
 * Runs `work` while no other set-up on this machine does: two at once would install into the same folders. A lock left
 * by a process that is gone is taken over.
 *
 * @template T
 * @param {string} folder where the lock file stands
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, work) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'setup.lock');
  let announced = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder === null) {
      rmSync(file, { force: true });
      continue;
    }
    if (!announced) say(`Another set-up is running (process ${holder}); waiting for it.`);
    announced = true;
    await sleep(250);
  }
  // `process.exit` does not run `finally`.
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
