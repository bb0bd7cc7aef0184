import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesFolder } from './paths.mjs';
import { SetupError } from './report.mjs';

/**
 * Which Electron this clone runs on. Set-up decides once and notes it; the till, the tests, the demo and the bench all
 * read the same note.
 *
 * @typedef {{ electron: string, chrome: string, node: string, napi: string }} RuntimeVersions
 *
 * @typedef {object} RuntimeNote
 * @property {string} folder the unpacked distribution
 * @property {string} executable absolute path
 * @property {'override' | 'official' | 'fallback'} source
 * @property {string} why one clause for a person: why this one was taken
 * @property {RuntimeVersions} versions
 * @property {number} officialTriedAt when the official download was last tried, in milliseconds since the epoch
 *
 * @typedef {RuntimeNote & { args: string[], env: { ELECTRON_OVERRIDE_DIST_PATH: string } }} Runtime `args` go before
 *   the app's own arguments; `env` is added to the environment, so that `electron` from npm, electron-vite and
 *   Playwright find the same runtime.
 */

const noteFile = join(notesFolder, 'runtime.json');

/** @returns {RuntimeNote | null} */
export function readRuntimeNote() {
  try {
    return JSON.parse(readFileSync(noteFile, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {RuntimeNote} note */
export function writeRuntimeNote(note) {
  mkdirSync(notesFolder, { recursive: true });
  writeFileSync(noteFile, `${JSON.stringify(note, null, 2)}\n`);
}

/**
 * The Electron to start, with what it has to be started with.
 *
 * @returns {Runtime}
 * @throws {SetupError} when set-up has not been run, or `ELECTRON_OVERRIDE_DIST_PATH` has changed since
 */
export function resolveRuntime() {
  const note = readRuntimeNote();
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (note === null || (override && override !== note.folder)) {
    throw new SetupError('The Electron runtime has not been set up.', 'Run: npm run setup');
  }
  return {
    ...note,
    // Chromium's sandbox refuses to start as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    env: { ELECTRON_OVERRIDE_DIST_PATH: note.folder },
  };
}

/**
 * One line, so that nobody mistakes what runs.
 *
 * @param {RuntimeNote} note
 */
export function describeRuntime({ versions, source, why }) {
  return `Electron ${versions.electron} (Chromium ${versions.chrome}, Node ${versions.node}), ${source}: ${why}`;
}
