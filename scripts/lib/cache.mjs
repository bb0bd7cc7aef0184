import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from './paths.mjs';

/**
 * Makes a folder in the cache all at once: whatever stops `make`, a half-made folder never gets the name.
 *
 * @param {string} name
 * @param {(temporary: string) => Promise<string>} make fills the temporary folder and returns the part of it to keep
 * @returns {Promise<string>} the folder's path
 */
export async function makeCached(name, make) {
  const target = join(cacheFolder, name);
  mkdirSync(dirname(target), { recursive: true });
  const temporary = mkdtempSync(join(cacheFolder, 'making-'));
  try {
    const made = await make(temporary);
    rmSync(target, { recursive: true, force: true });
    renameSync(made, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return target;
}
