import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What set-up noted about this `node_modules`; goes when `node_modules` goes. */
export const notesFolder = join(root, 'node_modules', '.trestle');

/**
 * Where downloaded runtimes and compiled addons are kept, outside `node_modules` and shared by every clone, so that a
 * clean install neither downloads nor compiles again. `TRESTLE_CACHE_DIR` moves it.
 */
export const cacheFolder =
  process.env.TRESTLE_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'trestle');
